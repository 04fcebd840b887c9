/* SPDX-License-Identifier: ISC */
/* Hosts to which nothing goes over a network. */
#ifndef RELAY_LOOPBACK_H
#define RELAY_LOOPBACK_H

#include <stdbool.h>

/* "localhost", or an address of this machine's own; brackets may be around. */
bool	loopback_is(const char *host);

#endif
