/* SPDX-License-Identifier: ISC */
/*
 * The secrets of one endpoint, read again when their file changes.  Readers
 * hold an immutable snapshot; the last one to leave wipes it.
 */
#ifndef CONFIG_KEYRING_H
#define CONFIG_KEYRING_H

#include "config/configuration.h"
#include "hookcask.h"

struct keyring;

struct keyset {
	struct hookcask_key	 keys[HOOKCASK_KEYS_MAX];
	size_t			 count;
	size_t			 weak;	/* keys under 24 bytes */
};

/*
 * Opens it and reads the keys once; fails if they are bad.  The endpoint
 * is borrowed.
 */
bool	keyring_open(struct keyring **, const struct endpoint *,
	    struct err *);
void	keyring_close(struct keyring *);
/*
 * NULL with an error while the file is gone or bad.  Costs one stat(2) while
 * nothing changes.  Thread-safe.
 */
const struct keyset *keyring_acquire(struct keyring *, struct err *);
void	keyring_release(struct keyring *, const struct keyset *);

/*
 * Parses the text of a secret file (name for messages): pure.  One key a
 * line; "#" comments; "# until YYYY-MM-DD" after a key, that day included,
 * UTC.  A bad line, an empty text or a key given twice fails, as
 * "name:line: why; what to do", and leaves the set wiped.
 */
bool	keyset_parse(struct keyset *, const char *name, const char *text,
	    size_t len, struct err *);
/* The same for HOOKCASK_SECRET: keys with blanks between, nothing else. */
bool	keyset_parse_words(struct keyset *, const char *name,
	    const char *text, size_t len, struct err *);
void	keyset_wipe(struct keyset *);

#endif
