/* SPDX-License-Identifier: ISC */
/* Inside the configuration: the file it may come from. */
#ifndef CONFIG_CONFIG_FILE_H
#define CONFIG_CONFIG_FILE_H

#include "config/configuration.h"

/* Reads and parses the file; on failure config holds nothing. */
bool	config_file(struct config *, const char *path, struct err *);
/* Parses the text of a configuration file (name for messages): pure. */
bool	config_parse(struct config *, const char *name, const char *text,
	    size_t len, struct err *);

#endif
