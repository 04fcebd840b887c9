/* SPDX-License-Identifier: ISC */
/* Inside the configuration: checks for which all values must be known. */
#ifndef CONFIG_CONFIG_CHECK_H
#define CONFIG_CONFIG_CHECK_H

#include "config/configuration.h"

/* Names the endpoint; where is "file:line" or a variable, for messages. */
bool	endpoint_name(struct endpoint *, const char *where, const char *name,
	    struct err *);
/* Is each endpoint complete, and do no two clash? */
bool	config_check(const struct config *, struct err *);

#endif
