/* SPDX-License-Identifier: ISC */
/* Programs that pack files, known by the first bytes of what they make. */
#ifndef BASE_PACKING_H
#define BASE_PACKING_H

#include <stddef.h>

#define PACKING_HEAD 6			/* bytes that are enough */

struct packing {
	const char	*name;		/* "xz" */
	const char	*undo;		/* the command that unpacks a file */
	const char	*magic;
	size_t		 len;		/* of the magic */
};

/* NULL: none that is known; len may be less than PACKING_HEAD. */
const struct packing *packing_of(const void *head, size_t len);

#endif
