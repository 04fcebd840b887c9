/* SPDX-License-Identifier: ISC */
/* The endpoint that a verb works on. */
#ifndef CLI_HOST_ENDPOINT_H
#define CLI_HOST_ENDPOINT_H

#include "config/configuration.h"

/*
 * Loads the configuration: from that file, or as the responder would, except
 * that home_config() comes before the system's file.  Warnings go to say().
 */
bool	config_open(struct config *, const char *file, struct err *);
/*
 * The same, and the endpoint of that name; NULL: all of them.  They are part
 * of the configuration, which the caller wipes after success.
 */
bool	endpoint_open(struct config *, const struct endpoint **first,
	    size_t *count, const char *file, const char *name, struct err *);
/* The same for exactly one: NULL is an error if there are several. */
bool	endpoint_choose(struct config *, const struct endpoint **,
	    const char *file, const char *name, struct err *);
/*
 * Calls run for the endpoint of that name; NULL: for each one, and it learns
 * whether there are several.  An error of one does not keep it from the others;
 * the first error is the result.
 */
struct endpoint_call {
	bool	(*run)(void *ctx, const struct endpoint *, bool several,
		    struct err *);
	void	 *ctx;
};
bool	endpoint_each(const char *file, const char *name,
	    const struct endpoint_call *, struct err *);
/* One a line; nothing if the configuration cannot be read. */
void	endpoint_print_names(const char *file);

#endif
