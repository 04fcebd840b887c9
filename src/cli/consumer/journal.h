/* SPDX-License-Identifier: ISC */
/*
 * A small file of facts that several processes append to: lines with a check
 * sum, applied in order.  A later line overrides an earlier one.
 */
#ifndef CLI_CONSUMER_JOURNAL_H
#define CLI_CONSUMER_JOURNAL_H

#include "base/err.h"
#include "base/fileops.h"

/* Lines on their way into a file. */
struct lines_out {
	char	*data;
	size_t	 len, size;
	size_t	 start;		/* of the line under construction */
	bool	 lost;		/* memory ran out */
};

/* One line without check sum and LF; offset of its text. */
struct journal_line {
	const char	*text;
	size_t		 len;
	int64_t		 offset;
};

struct journal {
	const struct fileops *ops;
	int		  dir;		/* descriptor, borrowed */
	char		  path[4096];	/* for messages */
	const char	 *name;		/* in path */
	const char	 *head;		/* its first line, LF included */
	int		  fd;		/* -1: closed */
	int64_t		  end;		/* applied up to here */
	bool		  writable;
	bool		  locked;
	struct lines_out  out;
	/* false for a line that is not of its format */
	bool		(*apply)(void *ctx, const struct journal_line *,
			    struct err *);
	/* another file: forget everything that was applied */
	void		(*forget)(void *ctx);
	void		 *ctx;
};

#define JOURNAL_CLOSED { .dir = -1, .fd = -1 }

/*
 * Opens it and applies what it holds; make: it may be missing.  ops, dir,
 * path, head and the functions are set by the caller.
 */
bool	journal_open(struct journal *, bool writable, bool make,
	    struct err *);
void	journal_close(struct journal *);
/* Keeps others from writing until journal_unlock(); applies their lines. */
bool	journal_lock(struct journal *, struct err *);
void	journal_unlock(struct journal *);

/* Begin a line, add to it, end it; nothing is written yet. */
void	line_begin(struct lines_out *);
void	line_add(struct lines_out *, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 2, 3)));
void	line_add_span(struct lines_out *, struct hookcask_span);
void	line_end(struct lines_out *);
void	lines_out_wipe(struct lines_out *);
/* Is its sum right?  The text is after its first LINE_SUM_LEN bytes. */
#define LINE_SUM_LEN	9		/* 8 hex digits and a blank */
bool	line_is_sound(const char *line, size_t len);

/* Appends the lines and applies them; locks if that was not done. */
bool	journal_write(struct journal *, struct err *);
/* Brings all that was written to stable storage. */
bool	journal_sync(struct journal *, struct err *);
/*
 * Puts a new file in its place, durable at once.  The lines come from fill,
 * which returns false at the end; the lock is held throughout.
 */
bool	journal_replace(struct journal *,
	    bool (*fill)(void *ctx, struct lines_out *), struct err *);
/* Reads len bytes of a line's text again, and adds a NUL.  NULL with err. */
char	*journal_text(struct journal *, int64_t offset, size_t len,
	    struct err *);

#endif
