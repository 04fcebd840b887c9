/* SPDX-License-Identifier: ISC */
/*
 * Events that were set aside, for the operator.
 *
 * No .c: what the files of failed share.
 */
#ifndef CLI_BATCH_FAILED_H
#define CLI_BATCH_FAILED_H

#include "cli/consumer/state.h"
#include "cli/reading/spool_dirs.h"
#include "event/record.h"

struct failed_item {
	uint64_t		 seq;		/* 0: a file without entry */
	char			*file;		/* spool: owned; else NULL */
	char			*line;		/* the record, owned */
	size_t			 len;
	bool			 is_record;	/* view is set */
	struct record_view	 view;
	int64_t			 tries;
	int64_t			 tried_ms;	/* 0: not known */
	char			*why;		/* owned */
	struct hookcask_span	 reason;	/* "exit:1"; may be empty */
	struct hookcask_span	 said;		/* last of its stderr */
};

struct failed_items {
	struct failed_item	*list;
	size_t			 count;
};

/* Collects all that are set aside, oldest first.  dirs: a spool's, or NULL. */
bool	failed_read(struct failed_items *, struct consumer_state *,
	    struct spool_dirs *, struct err *);
void	failed_wipe(struct failed_items *);
/* Leaves the first ones. */
void	failed_truncate(struct failed_items *, size_t count);

/* -- failed_change.c -- */
struct failed_change {
	struct consumer_state	*state;		/* NULL: a spool without one */
	struct spool_dirs	*dirs;		/* a spool's, or NULL */
	bool			 drop;		/* else retry */
	/* Leaves those that are wanted; false: nothing is done. */
	bool			(*choose)(void *ctx, struct failed_items *,
				    struct err *);
	void			*ctx;
	size_t			 count;		/* changed */
};
/* Retries or drops events, durably. */
bool	failed_change(struct failed_change *, struct err *);

/* The id to call it by: of the record, or the file's name. */
const char *failed_id(const struct failed_item *);

#define FAILED_REASON	24
/* How a run ended, for people. */
void	failed_format_reason(char buf[FAILED_REASON], struct hookcask_span);
/* The last line of these words that is not empty. */
struct hookcask_span failed_last_line(struct hookcask_span said);
void	failed_print_table(const struct failed_items *);
/* By how runs ended, and their last words; the largest group first. */
bool	failed_print_groups(const struct failed_items *, bool json,
	    struct err *);
void	failed_print_json(const struct failed_item *);
void	failed_print(const struct failed_item *);

#endif
