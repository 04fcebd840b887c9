/* SPDX-License-Identifier: ISC */
/* The choice of records, for every verb that reads them. */
#ifndef CLI_READING_FILTER_H
#define CLI_READING_FILTER_H

#include "cli/reading/globs.h"
#include "cli/reading/where.h"
#include "event/stored_body.h"

#define OPTION_OTHER_BODY { "other-body", 'o', NULL, \
	"bodies that came under a known id, no events" }
#define OPTION_SINCE	{ "since", 'S', "TIME", \
	"received then or later: 2026-11-25T14:00:00Z, 2h" }
#define OPTION_UNTIL	{ "until", 'U', "TIME", "received before then" }
#define OPTION_TYPE	{ "type", 't', "GLOBS", \
	"only these event types, separated by commas" }
#define OPTION_ID	{ "id", 'i', "ID", \
	"only the record of this message id" }
#define OPTION_GREP	{ "grep", 'g', "TEXT", \
	"only if the body holds this text" }

/* What the options say; NULL where one was not given. */
struct filter_choice {
	const char	*since;
	const char	*until;
	const char	*type;
	const char	*id;
	const char	*grep;
	const struct args_many	*where;
};

struct filter {
	int64_t		 since_us;	/* received, Unix microseconds */
	int64_t		 until_us;	/* exclusive */
	struct globs	 types;
	const char	*id;		/* borrowed, or NULL */
	const char	*grep;		/* borrowed, or NULL */
	struct where	 where;
	struct stored_body	 body;
};

/* Without any option all records pass. */
bool	filter_init(struct filter *, const struct filter_choice *,
	    struct err *);
void	filter_wipe(struct filter *);
/* Says between which times it chooses, if it does. */
void	filter_tell(const struct filter *);
/* False with err: without memory. */
bool	filter_match(struct filter *, const struct record_view *,
	    bool *wanted, struct err *);

#endif
