/* SPDX-License-Identifier: ISC */
/*
 * Looks over the text of a configuration file before libConfuse reads it.
 * libConfuse takes a section that ends with the file for complete and a key
 * given twice for its last value, expands ${X}, and runs over its buffer at
 * some comments: what it gets from here holds none of these.
 */
#ifndef CONFIG_CONFIG_SCAN_H
#define CONFIG_CONFIG_SCAN_H

#include "config/config_value.h"

struct config_section {
	unsigned	 line;			/* where it begins */
	unsigned	 key_line[CONFIG_KEYS];	/* 0: not given */
	char		*title;			/* NULL for the first */
};

struct config_scan {
	char			*text;		/* comments are blanks now */
	struct config_section	*sections;	/* [0]: outside any endpoint */
	size_t			 count;
};

/*
 * Pure.  On success text is only: known keys, at most once in a section, with
 * plain values; closed sections "endpoint" with different titles.
 */
bool	config_scan(struct config_scan *, const char *name, const char *text,
	    size_t len, struct err *);
void	config_scan_wipe(struct config_scan *);

#endif
