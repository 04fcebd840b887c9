/* SPDX-License-Identifier: ISC */
/* The keys of one endpoint, from the text of a secret file. */
#ifndef CONFIG_KEYSET_H
#define CONFIG_KEYSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "hookcask.h"

struct keyset {
	struct hookcask_key	 keys[HOOKCASK_KEYS_MAX];
	size_t			 count;
	/* worth a warning: under 24 bytes; given again; hexadecimal digits
	 * that were taken for base64; a whsec_ that was taken for a text */
	size_t			 weak, twice, hex_like, text_like;
};

/*
 * Parses the text of a secret file (name for messages): pure.  One key a
 * line; "#" comments; "# until YYYY-MM-DD" after a key, that day included,
 * UTC; of a key that is given twice the later end counts.  A bad line or an
 * empty text fails, as "name:line: why; what to do", and leaves the set wiped.
 */
bool	keyset_parse(struct keyset *, const char *name, const char *text,
	    size_t len, struct err *);
/* Likewise for HOOKCASK_SECRET: keys with blanks between them only. */
bool	keyset_parse_words(struct keyset *, const char *name,
	    const char *text, size_t len, struct err *);
void	keyset_wipe(struct keyset *);

#endif
