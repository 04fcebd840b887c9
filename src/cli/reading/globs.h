/* SPDX-License-Identifier: ISC */
/* A list of event types on a command line: "phone_call.*,sms.*". */
#ifndef CLI_READING_GLOBS_H
#define CLI_READING_GLOBS_H

#include "base/err.h"

struct globs {
	char	 *text;
	char	**list;			/* NULL: all */
};

/* text: of --type, or NULL. */
bool	globs_init(struct globs *, const char *text, struct err *);
void	globs_wipe(struct globs *);
/* Does one of them match? */
bool	globs_match(const struct globs *, const char *type);

#endif
