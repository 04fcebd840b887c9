/* SPDX-License-Identifier: ISC */
/*
 * What a consumer has finished and what not: the file drain-NAME.  Its running
 * drain and the operator's "failed" both write to it.
 */
#ifndef CLI_CONSUMER_STATE_H
#define CLI_CONSUMER_STATE_H

#include "cli/consumer/journal.h"
#include "hookcask.h"

#define CONSUMER_NAME_MAX 32		/* [A-Za-z0-9_-] */
#define CONSUMER_DEFAULT "default"
#define FAILED_STDERR_MAX 4096		/* bytes of it that are kept */

/*
 * The last record that ends at or before a place.  It shows whether the file
 * is still what was read up to there.
 */
struct state_last {
	int64_t		 at;		/* its offset */
	int64_t		 len;		/* with its LF; 0: unknown */
	uint64_t	 hash;		/* log_line_hash() */
	int64_t		 received_us;
	char		 id[HOOKCASK_ID_MAX + 1];
};

/*
 * One file of a log.  Its first record identifies it, even if it is renamed,
 * copied or compressed.
 */
struct state_file {
	uint64_t	 id;		/* of the hash of its first line */
	int64_t		 place;		/* all before it is finished */
	bool		 done;		/* all of it is, for good */
	/* as it was when it was found done; spares opening it */
	uint64_t	 inode;
	int64_t		 size;
	int64_t		 mtime_us;
	struct state_last last;		/* before the place */
};

/* An event past the place of its file that is finished already. */
struct state_passed {
	uint64_t	 file;
	int64_t		 offset;
};

/* An event whose run has failed.  The state keeps it from then on. */
struct state_entry {
	uint64_t	 seq;
	struct state_passed origin;	/* log only */
	int64_t		 text_at;	/* record (log), file name (spool) */
	size_t		 text_len;
	bool		 failed;	/* set aside; else waiting */
	int64_t		 tries;		/* runs that failed */
	int64_t		 when_ms;	/* waiting: not before (Unix, ms) */
	int64_t		 tried_ms;	/* its last run ended */
	int64_t		 why_at;	/* "reason stderr" */
	size_t		 why_len;
};

/* What an engine called its own place when ours was this. */
#define STATE_TOKEN_MAX	128		/* bytes, without blanks */
#define STATE_MARKS_MAX	64		/* older ones thin out */
#define STATE_MARK_SURE_MS 600000	/* from then on its engine keeps it */
struct state_mark {
	int64_t			 at_ms;		/* Unix */
	struct state_file	 at;	/* id, place, last; a spool: 0 */
	char			 token[STATE_TOKEN_MAX + 1];
};

struct consumer_state {
	struct journal		 journal;
	char			 head[160];
	char			 name[16 + CONSUMER_NAME_MAX];
	bool			 is_spool;
	struct state_file	*files;		/* by id */
	size_t			 file_count, file_size;
	struct state_passed	*passed;	/* in no order */
	size_t			 passed_count, passed_size;
	struct state_entry	*entries;	/* by seq: oldest first */
	size_t			 entry_count, entry_size;
	struct state_mark	*marks;		/* oldest first */
	size_t			 mark_count;
	uint64_t		 next_seq;
	int64_t			 filter_at;	/* in the journal */
	size_t			 filter_len;	/* 0: none was noted */
	int64_t			 pack_at;	/* its size then */
	size_t			 pack_next;	/* while it is rewritten */
};

#define STATE_CLOSED { .journal = JOURNAL_CLOSED }

struct state_where {
	const struct fileops *ops;
	int		 dir;		/* the state directory; borrowed */
	const char	*dir_path;
	const char	*consumer;
	const char	*endpoint;
	bool		 is_spool;
};

enum state_open { STATE_READ, STATE_CHANGE, STATE_MAKE };

bool	state_open(struct consumer_state *, const struct state_where *,
	    enum state_open, struct err *);
void	state_close(struct consumer_state *);

/* NULL if nothing is known of it. */
const struct state_file *state_file(const struct consumer_state *,
	    uint64_t id);
struct state_entry *state_entry(struct consumer_state *, uint64_t seq);

/* How a run failed. */
struct state_try {
	uint64_t		 seq;
	int64_t			 tries;
	int64_t			 when_ms;	/* the next one */
	bool			 failed;	/* there is none */
	int64_t			 tried_ms;
	char			 reason[24];	/* "exit:1", "timeout" */
	struct hookcask_span	 said;		/* last of its stderr */
};

/* New facts; they are valid once state_write() has returned true. */
/* Uses id, place and last of file. */
void	state_place(struct consumer_state *, const struct state_file *file);
void	state_pass(struct consumer_state *, struct state_passed);
void	state_file_done(struct consumer_state *,
	    const struct state_file *);
/* Returns its number. */
uint64_t state_keep(struct consumer_state *, struct state_passed origin,
	    struct hookcask_span text);
void	state_try(struct consumer_state *, const struct state_try *);
void	state_drop(struct consumer_state *, uint64_t seq);
/* A place of an engine; it replaces the newest one if that has its token. */
void	state_mark(struct consumer_state *, const struct state_mark *);
/*
 * The newest mark that was old when the engine answered last: engines look
 * once a minute whether they still have what they took.  NULL: none.
 */
const struct state_mark *state_sure_mark(const struct consumer_state *);
/* Forgets all but the oldest ones. */
void	state_keep_marks(struct consumer_state *, size_t count);
bool	state_write(struct consumer_state *, struct err *);
/*
 * The file was changed and now has this place.  Offsets known in it no longer
 * count; its entries are kept.  Written at once.
 */
bool	state_move(struct consumer_state *, const struct state_file *,
	    struct err *);
/*
 * What a drain hands over, in words; what it leaves out counts as done.  Notes
 * it at once if nothing was noted; OUTCOME_USAGE if something else was.
 */
bool	state_filter(struct consumer_state *, const char *filter,
	    struct err *);
/* Reads what the operator has changed meanwhile. */
bool	state_refresh(struct consumer_state *, struct err *);
bool	state_sync(struct consumer_state *, struct err *);
/* Rewrites the file without outdated lines, if those are most of it. */
bool	state_pack(struct consumer_state *, struct err *);
/*
 * Rewrites it, durably, after its last writer was killed or could not sync.
 * What a failed sync did not write looks good, and no later sync writes it.
 */
bool	state_renew(struct consumer_state *, struct err *);

/* Owned by the caller, with a NUL at its end; NULL with err. */
char	*state_text(struct consumer_state *, const struct state_entry *,
	    struct err *);
/* reason and said are spans of the result; said is unescaped. */
char	*state_why(struct consumer_state *, const struct state_entry *,
	    struct hookcask_span *reason, struct hookcask_span *said,
	    struct err *);

/* Is this a valid name for a consumer? */
bool	consumer_check(const char *name, struct err *);

#endif
