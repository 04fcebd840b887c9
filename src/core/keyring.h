/* SPDX-License-Identifier: ISC */
/*
 * The secrets of one endpoint, read again when their file changes.  Readers
 * hold an immutable snapshot; the last one to leave wipes it.
 */
#ifndef CORE_KEYRING_H
#define CORE_KEYRING_H

#include "core/config.h"
#include "hookcask.h"

struct keyring;

struct keyset {
	struct hookcask_key	 keys[HOOKCASK_KEYS_MAX];
	size_t			 count;
	size_t			 weak;	/* keys under 24 bytes */
};

/* Opens it and reads the keys once; fails if they are bad. */
bool	keyring_open(struct keyring **, const struct endpoint *,
	    struct err *);
void	keyring_close(struct keyring *);
/* NULL with an error while the file is gone or bad.  Thread-safe. */
const struct keyset *keyring_acquire(struct keyring *, struct err *);
void	keyring_release(struct keyring *, const struct keyset *);

/* Parses the text of a secret file (name for messages): pure. */
bool	keyset_parse(struct keyset *, const char *name, const char *text,
	    size_t len, struct err *);
void	keyset_wipe(struct keyset *);

#endif
