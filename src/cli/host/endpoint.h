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
/* False with err: it has no endpoint of that name, but these. */
bool	endpoint_unknown(const struct config *, const char *name,
	    struct err *);
/*
 * Calls run for the endpoint of that name; NULL: for each one, and it learns
 * whether there are several.  If it fails with an error, the others follow all
 * the same.
 */
struct endpoint_call {
	bool	(*run)(void *ctx, const struct endpoint *, bool several,
		    struct err *);
	void	 *ctx;
};
bool	endpoint_each(const char *file, const char *name,
	    const struct endpoint_call *, struct err *);
/* A line each, and nothing where the configuration cannot be read. */
void	endpoint_print_names(const char *file);
/* Only loads; the same warnings. */
bool	config_open(struct config *, const char *file, struct err *);

#endif
