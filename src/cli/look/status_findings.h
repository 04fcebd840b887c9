/* SPDX-License-Identifier: ISC */
/* What status --check found. */
#ifndef CLI_LOOK_STATUS_FINDINGS_H
#define CLI_LOOK_STATUS_FINDINGS_H

#include "cli/look/status.h"

struct finding {
	enum alert		 alert;
	const struct status	*of;	/* NULL: of all */
	char			*text;	/* owned */
};

/* Starts zeroed. */
struct findings {
	struct finding	*list;
	size_t		 count;
	bool		 is_lost;	/* memory ran out */
};

/* Adds one; of may be NULL. */
void	findings_add(struct findings *, const struct status *of, enum alert,
	    const char *fmt, ...)
	    __attribute__((__format__(__printf__, 4, 5)));
/* The worst of an endpoint; NULL: of all. */
enum alert findings_worst(const struct findings *, const struct status *of);
/* "HOOKCASK WARNING - what", without a line feed. */
void	findings_print_head(const struct findings *, const struct status *,
	    size_t count);
/* A line for each endpoint, or each problem if there is one endpoint. */
void	findings_print_lines(const struct findings *, const struct status *,
	    size_t count);
/* "OK", "WARNING" and so on. */
const char *findings_name(enum alert);
void	findings_wipe(struct findings *);

/* status_judge.c: adds what is wrong with an endpoint, and what to do. */
void	status_judge(struct findings *, const struct status *,
	    const struct thresholds *);

#endif
