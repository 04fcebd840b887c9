/* SPDX-License-Identifier: ISC */
/*
 * The secrets of one endpoint, read again when their file changes.  Readers
 * hold an immutable snapshot; the last one to leave wipes it.
 */
#ifndef CONFIG_KEYRING_H
#define CONFIG_KEYRING_H

#include "config/configuration.h"
#include "config/keyset.h"

struct keyring;

/*
 * Opens it and reads the keys once; fails if they are bad.  Borrows the
 * endpoint.
 */
bool	keyring_open(struct keyring **, const struct endpoint *,
	    struct err *);
void	keyring_close(struct keyring *);
/*
 * NULL with an error while the file is gone or bad.  Costs one stat(2) if
 * nothing has changed.  Thread-safe.
 */
const struct keyset *keyring_acquire(struct keyring *, struct err *);
void	keyring_release(struct keyring *, const struct keyset *);

#endif
