/* SPDX-License-Identifier: ISC */
/*
 * A site with one endpoint in walk_dir(), and a delivery to it: as a web
 * server hands it over, past the gateway.
 */
#ifndef TESTS_REQUEST_H
#define TESTS_REQUEST_H

#include "responder/serve.h"

/* kept twice: raw, data */
#define REQUEST_BODY	"{\"type\":\"a\",\r\n\"b\":1}"

/* For site_open(); the environment of the delivery. */
extern struct site_options request_options;
extern char *request_entries[];

/* Makes all but the site; the store is a "log" or a "spool". */
void	request_prepare(const char *store, const char *sandbox);
/* Signs it with another secret. */
void	request_sign(const char *secret);
/* One request; its status. */
int	request_ask(struct site *);
/* How many records there are, in a log or in a spool's new/. */
unsigned request_count(void);

#endif
