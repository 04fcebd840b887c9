/* SPDX-License-Identifier: ISC */
/* Conditions on members of a body: --where /data/customer/id=42. */
#ifndef CLI_READING_WHERE_H
#define CLI_READING_WHERE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/verb/verb.h"
#include "hookcask.h"

#define OPTION_WHERE	{ "where", 'w', "CONDITION", \
	"only if the body has it: /data/id=42" }

enum where_test { WHERE_IS, WHERE_IS_NOT, WHERE_IS_LIKE, WHERE_EXISTS };

struct where_condition {
	struct hookcask_span	 pointer;	/* RFC 6901, borrowed */
	enum where_test		 test;
	const char		*text;		/* borrowed */
};

struct where {
	struct where_condition	 list[ARGS_MANY_MAX];
	int			 count;
	char			*buf;		/* owned */
	size_t			 size;
};

/* Reads the conditions that were given; the words must stay. */
bool	where_init(struct where *, const struct args_many *, struct err *);
void	where_wipe(struct where *);
/*
 * Does a body fulfil all of them?  One that is no JSON text fulfils none.
 * False with err: without memory.
 */
bool	where_match(struct where *, struct hookcask_span body, bool *fulfils,
	    struct err *);

#endif
