/* SPDX-License-Identifier: ISC */
/*
 * The files of a log: the current one and those that rotation left beside
 * it, plain or compressed.
 */
#ifndef CLI_READING_LOG_FILES_H
#define CLI_READING_LOG_FILES_H

#include <limits.h>

#include "cli/consumer/state.h"
#include "index/index.h"

struct log_file {
	char	 name[INDEX_NAME_MAX + 1];
	uint64_t id;			/* of the hash of its first line */
	int64_t	 first_us;		/* its first record was received */
	bool	 current;		/* the mark is in it */
	bool	 packed;
	uint64_t inode;
	int64_t	 size;			/* as it lies there */
	int64_t	 mtime_us;
	bool	 unreadable;		/* and may be one of the log */
};

struct log_files {
	struct log_file	*list;		/* oldest first */
	size_t		 count, size;
	size_t		 unreadable;	/* files: not in the list */
};

struct log_dir {
	int		 fd;
	const char	*path;
	const char	*pattern;	/* last component of the log */
	const char	*endpoint;
	/*
	 * Not one file of those with the same first line but all of them,
	 * whatever their names are, links as well.  What may be of the log and
	 * cannot be read, or not yet, is then counted as unreadable.
	 */
	bool		 every;
	/* is it known as finished from the last time? May be NULL */
	bool		(*is_done)(void *ctx, const struct log_file *);
	/*
	 * Told of one that is named as rotation names them and begins with
	 * something else than a record of the log.  May be NULL.
	 */
	void		(*strange)(void *ctx, const char *name);
	void		*ctx;
};

#define LOG_HEAD_SIZE 4096		/* bytes of it that are judged */
/* A packed file that cannot be read yet may still be being made. */
#define LOG_YOUNG_US (INT64_C(300) * 1000000)

/*
 * Finds those that begin with a record of the endpoint, each once.  What is
 * named alike and is something else is passed over; what cannot be read is
 * said, and counted if rotation may have named it.
 */
bool	log_files_find(struct log_files *, const struct log_dir *,
	    const struct mark *, struct err *);
void	log_files_wipe(struct log_files *);
/* Of a line without its LF: the first bytes of SHA-256 of its first ones. */
uint64_t log_line_hash(const char *line, size_t len);
/* Judges the first bytes of a file: sets id and first_us. */
bool	log_file_judge(struct log_file *, const char *endpoint,
	    const char *head, size_t len);
/* Can this be a file of the log? */
bool	log_file_is_named(const char *pattern, const char *name);

#endif
