/* SPDX-License-Identifier: ISC */
/*
 * The JSON-lines log: steps 1 to 7 of a batch (log.c), and how a store that
 * was left in any state becomes settled again (log_settle.c, log_tail.c).
 */
#ifndef STORE_LOG_H
#define STORE_LOG_H

#include "base/lines.h"
#include "store/batch.h"
#include "store/ledger.h"

#define LOG_TAIL	"tail"		/* lines on their way back */
#define LOG_TAIL_NEW	"tail.new"	/* the same, not complete */
#define LOG_ORPHANS	"orphans"	/* lines whose file has gone */
/*
 * Bytes of a line that are hashed to recognise it: they include id, time and
 * signature.
 */
#define LOG_HASHED	1024

struct log {
	struct ledger	 ledger;
	const char	*pattern;	/* last component of the path */
	int		 fd;		/* the current file, or -1 */
	dev_t		 dev;
	ino_t		 ino;
	bool		 locked;	/* fd is */
	bool		 is_entered;	/* log_commit() has work to do */
	int64_t		 deadline_ms;	/* of this batch's locks */
	int64_t		 settle_until_ms; /* no longer in one request */
	bool		 late;		/* stopped for that reason */
	int64_t		 left;		/* then: bytes of that file */
};

bool	log_open(struct log *, const struct endpoint *,
	    const struct store_options *, struct err *);
void	log_close(struct log *);
bool	log_lock(struct log *, int64_t deadline_ms, struct err *);
void	log_unlock(struct log *);
/*
 * Steps 1 to 5b: writes the new records of a batch; each put gets its outcome,
 * and those that are stored may be answered.
 */
bool	log_write(struct log *, struct put **, size_t count, struct err *);
/* Step 6, before log_unlock(). */
void	log_commit(struct log *);
/* Only settles; under the lock.  Used to rebuild without a request. */
bool	log_settle_now(struct log *, int64_t until_ms, struct err *);

/* log_name.c: the file that a pattern names at a time (Unix seconds). */
bool	log_name(char name[INDEX_NAME_MAX + 1], const char *pattern,
	    int64_t seconds);
/* Is it such a name at any time, or what rotation and packing make of one? */
bool	log_name_is_rotated(const char *pattern, const char *name);
/* Does it share the letters that the names of this log have in common? */
bool	log_name_is_like(const char *pattern, const char *name);
/*
 * A name of the log for a file whose first record is of a time, which no
 * rotation makes: number (digits and "-") tells it from others, and the ending
 * of name says how it is packed.  False: too long.
 */
bool	log_name_aside(char aside[INDEX_NAME_MAX + 1], const char *pattern,
	    int64_t seconds, const char *name, const char *number);

/*
 * log_file.c.  Opens a file of the log's directory for reading and writing
 * and checks it: regular, one link, ours.  -1 with err; if it may miss, a
 * missing one leaves ENOENT in errno, and no err.
 */
int	log_open_file(struct log *, const char *name, bool may_miss,
	    struct stat *, struct err *);
/*
 * Can only we make files in the log's directory?  Then a second name of the
 * log is harmless: cp -al makes one for a backup.
 */
bool	log_has_own_home(const struct log *);
/* Makes fd the current file, locked. */
bool	log_use_file(struct log *, int fd, const struct stat *,
	    struct err *);
void	log_drop_file(struct log *);
/*
 * Cuts off what was written past an offset and cannot stay.  If it fails,
 * the next holder settles.
 */
void	log_cut_back(struct log *, int64_t offset);
/* Copies len bytes between two files; false with errno. */
bool	log_copy(struct log *, int from, int64_t from_offset, int to,
	    int64_t to_offset, int64_t len);
/* Finds a file by its inode, at its own name first; "" if it has gone. */
bool	log_find_file(struct log *, const char *hint, uint64_t inode,
	    char name[INDEX_NAME_MAX + 1], struct err *);
/* Parses a line as a record of this endpoint. */
bool	log_parse(const struct log *, const struct line *,
	    struct record_view *);
/*
 * Can a kill or power loss have made this line of a record of ours?  True of
 * an empty one.
 */
bool	log_may_be_ours(const struct log *, const struct line *);
/*
 * Is its first whole line a record of this endpoint?  BROKEN: or, where there
 * is none, is it what power loss may have made of the first batch?  FOREIGN:
 * lines of other programs may precede it, if a name tells whose file it is.
 */
enum { LOG_HEAD_BROKEN = 1, LOG_HEAD_FOREIGN = 2 };
#define LOG_FOREIGN_MAX	1024	/* bytes of such lines */
bool	log_is_ours(struct log *, int fd, int64_t size, unsigned head,
	    bool *ours, struct err *);
/* Makes the file that a mark names the current one, unless it has gone. */
enum log_found {
	LOG_GONE,
	LOG_SAME,		/* the mark's last line is in its place */
	LOG_CHANGED		/* ours, at its name, but cut or edited */
};
bool	log_open_marked(struct log *, const struct mark *, enum log_found *,
	    struct err *);
/* Moves the mark past a line (with its LF) that starts at an offset. */
void	log_mark_line(struct mark *, const struct iovec *, int count,
	    size_t len, int64_t offset);

/*
 * log_settle.c.  Settles the file that the mark names and takes up the one
 * of this name; no later name will be of a time before these seconds.  True:
 * settled, no transaction is open.
 */
bool	log_settle(struct log *, const char *name, int64_t seconds,
	    struct err *);

/*
 * log_index.c.  Indexes the lines of the current file from the mark to an
 * offset, all of them on stable storage, in committed steps.
 */
bool	log_index(struct log *, int64_t to, struct err *);
/*
 * True if this request's time budget is spent; err says how many bytes are
 * left.
 */
bool	log_is_late(struct log *, int64_t left, struct err *);
/* Likewise for the files that were found beside a log without an index. */
bool	log_index_unread(struct log *, struct err *);
/* Likewise, until settle_until_ms; *more: something is left. */
bool	log_index_unread_step(struct log *, bool *more, struct err *);
/*
 * log_siblings.c, in the open transaction: marks the files beside the log, but
 * for the current one, as unread.  False for a new index beside a file that
 * may hold ids and cannot be read here.
 */
bool	log_add_siblings(struct log *, const char *current, struct err *);
/* Marks every file of the log as unread. */
bool	log_mark_all_unread(struct log *, struct err *);

/*
 * log_tail.c: lines past the mark, copied aside and rewritten.  make leaves a
 * tail for redo, or has cut the file if nothing was worth keeping.
 */
bool	log_tail_make(struct log *, int64_t size, struct err *);
/*
 * Offset from which the last batch may start, for a file longer than one batch.
 */
bool	log_tail_start(struct log *, int64_t size, int64_t *offset,
	    struct err *);
/* Removes a tail.new, which can then not become a tail again. */
bool	log_tail_clear(struct log *, struct err *);
bool	log_tail_redo(struct log *, struct err *);
/*
 * log_orphans.c: appends the lines of a tail whose file has gone to the
 * current one.
 */
bool	log_orphans(struct log *, struct err *);

#endif
