/* SPDX-License-Identifier: ISC */
/* Keys of events and hashes of their bodies, by 64 bits of SHA-256 each. */
#ifndef RELAY_KNOWN_H
#define RELAY_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known {
	struct known_slot {
		uint64_t key, body;
		bool	 used;
	}		*slots;
	size_t		 count, size;		/* a power of 2 */
};

/* The first body of a key stays.  False without memory. */
bool	known_add(struct known *, uint64_t key, uint64_t body);
/* NULL: it is not there. */
const uint64_t *known_body(const struct known *, uint64_t key);
void	known_free(struct known *);

#endif
