/* SPDX-License-Identifier: ISC */
/* Where nobody listens in. */
#ifndef RELAY_LOOPBACK_H
#define RELAY_LOOPBACK_H

#include <stdbool.h>

/* "localhost", or an address of this machine's own; brackets may be around. */
bool	loopback_is(const char *host);

#endif
