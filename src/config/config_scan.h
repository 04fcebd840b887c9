/* SPDX-License-Identifier: ISC */
/* Inside the configuration: cuts the text of its file into keys and values. */
#ifndef CONFIG_CONFIG_SCAN_H
#define CONFIG_CONFIG_SCAN_H

#include "config/config_value.h"

struct config_given {
	unsigned	 line;		/* of the key; 0: not given */
	const char	*text;		/* as in struct config_text */
	size_t		 count;
};

struct config_section {
	unsigned		 line;		/* of its title */
	const char		*title;		/* NULL for the first */
	struct config_given	 given[CONFIG_KEYS];
};

struct config_scan {
	char			*text;		/* all values are in it */
	struct config_section	*sections;	/* [0]: outside any endpoint */
	size_t			 count;
};

/*
 * Pure.  Fails if a key is unknown, is given twice in its section, or does not
 * take the value or list given; if a section is no endpoint or does not end;
 * if two have one title.
 */
bool	config_scan(struct config_scan *, const char *name, const char *text,
	    size_t len, struct err *);
void	config_scan_wipe(struct config_scan *);

#endif
