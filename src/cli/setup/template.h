/* SPDX-License-Identifier: ISC */
/*
 * The configuration files of deploy/, compiled in from their templates, and
 * the places that are filled into them.
 */
#ifndef CLI_SETUP_TEMPLATE_H
#define CLI_SETUP_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/* Made by templates.awk; a NULL name ends the table. */
struct template {
	const char	*name;		/* "apache/wrapper" */
	const char	*text;
};
extern const struct template templates[];

/* The values of @name@: none, one, or several. */
struct word {
	const char	*name;
	char		**values;	/* owned, as each of them */
	size_t		 count;
};

/* NULL if there is none of that name. */
const char *template_text(const char *name);
/*
 * Prints it.  A line that holds a word is printed once for each of its
 * values, so not at all for a word without any; a line holds at most one
 * word that has not exactly one value.  words ends with a NULL name.
 */
void	template_print(FILE *, const char *text, const struct word *words);

/*
 * Adds a copy of a value, unless it is there already.  Refuses a value that one
 * of the servers would not read as it is: each quotes in another way.
 */
bool	word_add(struct word *, const char *value, struct err *);
void	word_wipe(struct word *);

#endif
