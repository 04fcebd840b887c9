/* SPDX-License-Identifier: ISC */
/*
 * Writes the file "stats".  Nothing here may delay a delivery: it never waits
 * for the file's lock, syncs nothing, and loses a count if a write fails.
 * It maps no memory: on a full disk that would be a SIGBUS.
 */
#include <config.h>

#include "stats/stats.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stats/stats_add.h"
#include "stats/stats_file.h"
#include "stats/stats_migrate.h"
#include "stats/stats_queue.h"

#define MINUTE_US	INT64_C(60000000)

struct stats {
	/* file: only tried, held during I/O; local: short, memory only */
	pthread_mutex_t		 file_lock;
	pthread_mutex_t		 local_lock;
	struct stats_limit	 local[STATS_COUNTERS];
	struct stats_queue	 queue;
	char			*path;
	int			 fd;		/* -1: to be opened */
	dev_t			 dev;		/* of the open file */
	ino_t			 ino;
	mode_t			 mode;
	struct stats_head	 head;		/* while the file is locked */
};

static void
file_close(struct stats *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

static bool
file_open(struct stats *s, struct err *err)
{
	struct stat st;

	s->fd = open(s->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC | O_NOCTTY, s->mode);
	if (s->fd == -1)
		return err_sys(err, OUTCOME_STORE_ERROR, errno,
		    "%s: cannot be opened; nothing is counted", s->path);
	/* a backup may hard-link it: nobody else writes to its directory */
	if (fstat(s->fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		file_close(s);
		return err_set(err, OUTCOME_STORE_ERROR,
		    "%s: not a plain file; remove it", s->path);
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	/* the umask may have removed the group's right to read */
	if (st.st_uid == geteuid() && (st.st_mode & 0777) != s->mode)
		(void)fchmod(s->fd, s->mode);
	return true;
}

bool
stats_open(struct stats **stats, const char *dir, unsigned mode,
    struct err *err)
{
	size_t size = strlen(dir) + sizeof("/" STATS_NAME);
	struct stats *s = calloc(1, sizeof(*s));

	*stats = NULL;
	if (s == NULL || (s->path = malloc(size)) == NULL) {
		free(s);
		return err_set(err, OUTCOME_NO_MEMORY,
		    "statistics: out of memory");
	}
	snprintf(s->path, size, "%s/%s", dir, STATS_NAME);
	s->mode = (mode_t)mode;
	s->fd = -1;
	pthread_mutex_init(&s->file_lock, NULL);
	pthread_mutex_init(&s->local_lock, NULL);
	stats_queue_init(&s->queue);
	if (!file_open(s, err)) {
		stats_close(s);
		return false;
	}
	*stats = s;
	return true;
}

static bool
file_start(struct stats *s, int64_t now_us)
{
	/* one extent for all of it, if the file system can */
	if (ftruncate(s->fd, 0) == -1)
		return false;
	(void)posix_fallocate(s->fd, 0, sizeof(struct stats_file));
	if (ftruncate(s->fd, sizeof(struct stats_file)) == -1)
		return false;
	memset(&s->head, 0, sizeof(s->head));
	memcpy(s->head.magic, STATS_MAGIC, sizeof(s->head.magic));
	s->head.order = STATS_ORDER;
	s->head.version = STATS_VERSION;
	s->head.size = sizeof(struct stats_file);
	s->head.since_us = now_us;
	return true;
}

/* A full disk leaves its counters as they were. */
static bool
file_migrate(struct stats *s)
{
	struct stats_file *file = malloc(sizeof(*file));
	bool ok = false;

	if (file != NULL && posix_fallocate(s->fd, 0, sizeof(*file)) == 0 &&
	    pread(s->fd, file, sizeof(*file), 0) == (ssize_t)sizeof(*file)) {
		stats_migrate(file);
		ok = pwrite(s->fd, file, sizeof(*file), 0) ==
		    (ssize_t)sizeof(*file);
		s->head = file->head;
	}
	free(file);
	return ok;
}

/* Locks the file and reads its head; a broken file is started over. */
static bool
file_begin(struct stats *s, int64_t now_us)
{
	const struct stats_head *h = &s->head;
	bool is_older = false;
	struct stat st;

	/* someone may have removed it, or the whole state directory */
	if (s->fd != -1 && (lstat(s->path, &st) == -1 ||
	    st.st_ino != s->ino || st.st_dev != s->dev))
		file_close(s);
	if (s->fd == -1 && !file_open(s, NULL))
		return false;
	if (flock(s->fd, LOCK_EX | LOCK_NB) == -1)
		return false;
	if (fstat(s->fd, &st) == 0 &&
	    pread(s->fd, &s->head, sizeof(s->head), 0) ==
	    (ssize_t)sizeof(s->head) &&
	    memcmp(h->magic, STATS_MAGIC, sizeof(h->magic)) == 0 &&
	    h->order == STATS_ORDER) {
		if (h->version == STATS_VERSION &&
		    h->size == sizeof(struct stats_file) &&
		    st.st_size == (off_t)sizeof(struct stats_file))
			return true;
		/* do not break the file of a newer hookcask */
		if (h->version > STATS_VERSION) {
			flock(s->fd, LOCK_UN);
			return false;
		}
		is_older = stats_is_older(h, (size_t)st.st_size);
	}
	if (is_older ? file_migrate(s) : file_start(s, now_us))
		return true;
	flock(s->fd, LOCK_UN);
	return false;
}

/* How many lines to write: see stats_count(). */
static uint64_t
limit_step(struct stats_limit *limit, int64_t minute)
{
	uint64_t withheld = limit->withheld;

	if (limit->minute != minute) {
		limit->minute = minute;
		limit->shown = 1;
		limit->withheld = 0;
		return 1 + withheld;
	}
	if (limit->shown < STATS_LINES_MAX) {
		limit->shown++;
		return 1;
	}
	limit->withheld++;
	return 0;
}

/*
 * Counts all that wait, and then this one, which may be NULL.  False if the
 * head was not written: then no other process knows of them.
 */
static bool
file_count(struct stats *s, const struct stats_entry *e, int64_t now_us,
    uint64_t *lines)
{
	struct stats_adding a;
	struct stats_waiting waiting;
	bool ok;

	if (!file_begin(s, now_us))
		return false;
	stats_add_begin(&a, &s->head, s->fd);
	stats_queue_take(&s->queue, &waiting);
	for (unsigned i = 0; i < waiting.count; i++)
		stats_add(&a, &waiting.entry[i]);
	if (e != NULL) {
		stats_add(&a, e);
		*lines = limit_step(&s->head.limit[e->outcome],
		    now_us / MINUTE_US);
	}
	stats_add_end(&a);
	ok = pwrite(s->fd, &s->head, sizeof(s->head), 0) ==
	    (ssize_t)sizeof(s->head);
	flock(s->fd, LOCK_UN);
	return ok;
}

/*
 * A thread that arrives while another is writing hands its counts over to that
 * one.
 */
static bool
try_count(struct stats *s, const struct stats_entry *e, int64_t now_us,
    uint64_t *lines)
{
	bool counted = false, again;

	do {
		if (pthread_mutex_trylock(&s->file_lock) != 0)
			return counted;
		again = file_count(s, e, now_us, lines);
		pthread_mutex_unlock(&s->file_lock);
		counted = counted || again;
		e = NULL;
	} while (again && stats_queue_is_left(&s->queue));
	return counted;
}

void
stats_close(struct stats *s)
{
	uint64_t none;

	if (s == NULL)
		return;
	if (s->queue.waiting.count > 0)
		try_count(s, NULL, s->queue.waiting.entry[0].now_us, &none);
	file_close(s);
	free(s->path);
	pthread_mutex_destroy(&s->file_lock);
	pthread_mutex_destroy(&s->local_lock);
	stats_queue_wipe(&s->queue);
	free(s);
}

void
stats_begin(struct stats *s)
{
	stats_queue_begin(&s->queue);
}

uint64_t
stats_count(struct stats *s, const struct stats_entry *told)
{
	struct stats_entry e = *told;
	int saved = errno;
	uint64_t lines = 1;

	if ((unsigned)e.outcome >= OUTCOME_DELIVERY_END)
		return e.is_quiet ? 0 : lines;
	if (e.now_us < 0)
		e.now_us = 0;
	if (e.is_quiet) {
		if (stats_queue_add(&s->queue, &e))
			try_count(s, NULL, e.now_us, &lines);
		lines = 0;
	} else {
		if (e.has_begun)
			stats_queue_end(&s->queue);
		if (!try_count(s, &e, e.now_us, &lines)) {
			pthread_mutex_lock(&s->local_lock);
			lines = limit_step(&s->local[e.outcome],
			    e.now_us / MINUTE_US);
			pthread_mutex_unlock(&s->local_lock);
		}
	}
	errno = saved;
	return lines;
}
