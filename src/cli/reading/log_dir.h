/* SPDX-License-Identifier: ISC */
/* The directory of a log, and what is known of the files in it. */
#ifndef CLI_READING_LOG_DIR_H
#define CLI_READING_LOG_DIR_H

#include <sys/types.h>

#include <limits.h>

#include "cli/consumer/state.h"
#include "cli/reading/part.h"
#include "config/configuration.h"
#include "index/index.h"
#include "store/log.h"

#define LOG_FILE_NAME	(2 * INDEX_NAME_MAX + 2)

struct log_file {
	/* in the log's directory, "DIR/NAME" below it, or an absolute path */
	char	 name[LOG_FILE_NAME];
	uint64_t id;			/* of the hash of its first line */
	int64_t	 first_us;		/* its first record was received */
	bool	 current;		/* the mark is in it */
	bool	 packed;
	bool	 done;			/* is_done() said so: not looked at */
	bool	 hidden;		/* no responder reads it: see below */
	dev_t	 dev;
	uint64_t inode;
	int64_t	 size;			/* of the file, packed or not */
	int64_t	 mtime_us;
};

struct log_files {
	struct log_file	*list;		/* oldest first */
	size_t		 count, size;
	/* files that are not in the list, and may be of the log */
	size_t		 unreadable;	/* they cannot be opened, or trusted */
	size_t		 broken;	/* what they hold cannot be read */
};

struct log_dir {
	int		 fd;
	const char	*path;
	const char	*pattern;	/* last component of the log */
	const char	*endpoint;
	const char	*olddir;	/* NULL: none is named */
	uid_t		 owner;		/* of the store */
	dev_t		 dev;
	/*
	 * List all files with the same first line, not one of them, and also
	 * links, whoever owns them.  A file that cannot be read counts,
	 * whatever its name is.
	 */
	bool		 every;
	/*
	 * Is it known as finished from the last time?  Then sets its id.  May
	 * be NULL.
	 */
	bool		(*is_done)(void *ctx, struct log_file *);
	/*
	 * Called for each file that is broken, or else unreadable.  NULL:
	 * standard error names it.
	 */
	void		(*problem)(void *ctx, const char *path,
			    const char *why, bool broken);
	void		*ctx;
};

#define LOG_LINE_HASHED 4096		/* bytes of a first line: its id */
#define LOG_HEAD_SIZE (LOG_FOREIGN_MAX + LOG_LINE_HASHED) /* of a file */
/* A torn packed file that is younger may still be written. */
#define LOG_YOUNG_US (INT64_C(300) * 1000000)

/*
 * Opens the directory of an endpoint's log.  The caller sets every and the
 * functions.  The texts are borrowed.  state_dir: of its store; may be missing.
 */
bool	log_dir_open(struct log_dir *, const struct endpoint *,
	    const char *home, const char *state_dir, struct err *);
void	log_dir_close(struct log_dir *);
void	log_file_path(char path[PATH_MAX], const struct log_dir *,
	    const struct log_file *);
/* For reading; -1 with errno. */
int	log_file_open(const struct log_dir *, const struct log_file *);
/*
 * Opens it as a part whose path is path.  1; 0 with errno: it was renamed or
 * packed just now, or cannot be opened; -1 without memory.
 */
int	log_file_part(struct part *, char path[PATH_MAX],
	    const struct log_dir *, const struct log_file *, struct err *);

#endif
