/* SPDX-License-Identifier: ISC */
/* Is an endpoint as the responder needs it?  Looks, changes nothing. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/cli.h"
#include "core/config.h"

/*
 * Prints what it finds on standard output and what is wrong through say().
 * The number of faults; warnings do not count.
 */
unsigned endpoint_check(const struct endpoint *);
/* Prints the configuration with all defaults, as a file that loads. */
void	config_print(const struct config *);

#endif
