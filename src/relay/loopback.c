/* SPDX-License-Identifier: ISC */
/* A name such as 127.example.org is an address of somebody else. */
#include <config.h>

#include <arpa/inet.h>

#include <string.h>

#include "relay/loopback.h"

bool
loopback_is(const char *host)
{
	unsigned char ip[4];

	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	    strcmp(host, "[::1]") == 0 ||
	    (inet_pton(AF_INET, host, ip) == 1 && ip[0] == 127);
}
