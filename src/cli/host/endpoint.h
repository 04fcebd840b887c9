/* SPDX-License-Identifier: ISC */
/* The endpoint that a verb works on. */
#ifndef CLI_HOST_ENDPOINT_H
#define CLI_HOST_ENDPOINT_H

#include "config/configuration.h"

/*
 * Loads the configuration, from that file or as the responder would, but from
 * home_config() rather than from the system's file, and finds the endpoint of
 * that name; NULL: its only one.  Warnings go to say().
 */
bool	endpoint_choose(struct config *, const struct endpoint **,
	    const char *file, const char *name, struct err *);
/* Only loads; the same warnings. */
bool	config_open(struct config *, const char *file, struct err *);

#endif
