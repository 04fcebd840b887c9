/* SPDX-License-Identifier: ISC */
/*
 * Writes the file "stats".  Nothing here may delay a delivery: the file's
 * lock is only ever tried, nothing is synced, a failed write is a lost count.
 * No mapping: a full disk would be a SIGBUS.
 */
#include <config.h>

#include "core/stats.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/stats_file.h"

#define MINUTE_US	INT64_C(60000000)
#define HOUR_US		(60 * MINUTE_US)
/* Shorter intervals without a put are kept only if a put failed in them. */
#define GAP_MIN_US	(10 * MINUTE_US)

const int64_t stats_skew_from[STATS_BUCKETS - 1] = {
	-86400, -3600, -300, -60, -10, -2, 0, 2, 6, 11, 31, 61, 301, 3601,
	86401
};

struct stats {
	/* file: tried only, held over I/O; local: short, memory only */
	pthread_mutex_t		 file_lock;
	pthread_mutex_t		 local_lock;
	struct stats_limit	 local[STATS_COUNTERS];
	char			*path;
	int			 fd;		/* -1: to be opened */
	dev_t			 dev;		/* of the open file */
	ino_t			 ino;
	mode_t			 mode;
	struct stats_head	 head;		/* of the delivery at hand */
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
	if (fstat(s->fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_nlink != 1) {
		file_close(s);
		return err_set(err, OUTCOME_STORE_ERROR,
		    "%s: not a plain file of its own; remove it", s->path);
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	/* the umask may have taken the group's right to read */
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
	if (!file_open(s, err)) {
		stats_close(s);
		return false;
	}
	*stats = s;
	return true;
}

void
stats_close(struct stats *s)
{
	if (s == NULL)
		return;
	file_close(s);
	free(s->path);
	pthread_mutex_destroy(&s->file_lock);
	pthread_mutex_destroy(&s->local_lock);
	free(s);
}

static bool
read_at(int fd, void *buf, size_t len, size_t at)
{
	return pread(fd, buf, len, (off_t)at) == (ssize_t)len;
}

static bool
write_at(int fd, const void *buf, size_t len, size_t at)
{
	return pwrite(fd, buf, len, (off_t)at) == (ssize_t)len;
}

static bool
file_start(struct stats *s, int64_t now_us)
{
	/* an extent for the whole of it, where the file system can */
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

/* Locks the file and reads its head; a broken file is started anew. */
static bool
file_begin(struct stats *s, int64_t now_us)
{
	const struct stats_head *h = &s->head;
	struct stat st;

	/* the operator may have removed it, or the whole state directory */
	if (s->fd != -1 && (lstat(s->path, &st) == -1 ||
	    st.st_ino != s->ino || st.st_dev != s->dev))
		file_close(s);
	if (s->fd == -1 && !file_open(s, NULL))
		return false;
	if (flock(s->fd, LOCK_EX | LOCK_NB) == -1)
		return false;
	if (fstat(s->fd, &st) == 0 &&
	    read_at(s->fd, &s->head, sizeof(s->head), 0) &&
	    memcmp(h->magic, STATS_MAGIC, sizeof(h->magic)) == 0 &&
	    h->order == STATS_ORDER) {
		if (h->version == STATS_VERSION &&
		    h->size == sizeof(struct stats_file) &&
		    st.st_size == (off_t)sizeof(struct stats_file))
			return true;
		/* a newer hookcask's file is not ours to break */
		if (h->version > STATS_VERSION) {
			flock(s->fd, LOCK_UN);
			return false;
		}
	}
	if (file_start(s, now_us))
		return true;
	flock(s->fd, LOCK_UN);
	return false;
}

/* One more line: see stats_count(). */
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

static bool
is_refusal(enum outcome o)
{
	return o >= OUTCOME_MISSING_HEADER && o < OUTCOME_STORE_ERROR;
}

/* The clock may step back: what lies in the future counts as no interval. */
static void
count_gap(struct stats_head *h, enum outcome o, int64_t now_us)
{
	struct stats_gap *gap;

	if (is_refusal(o)) {
		h->open_refused++;
		return;
	}
	if (o == OUTCOME_STORE_ERROR || o == OUTCOME_BAD_CONFIG) {
		h->open_errors++;
		return;
	}
	if (o != OUTCOME_STORED && o != OUTCOME_DUPLICATE)
		return;
	if (h->last_put_us > 0 && now_us > h->last_put_us &&
	    (now_us - h->last_put_us >= GAP_MIN_US || h->open_errors > 0)) {
		gap = &h->gap[h->gap_total++ % STATS_GAPS];
		gap->from_us = h->last_put_us;
		gap->to_us = now_us;
		gap->refused = h->open_refused;
		gap->errors = h->open_errors;
	}
	h->last_put_us = now_us;
	h->open_refused = h->open_errors = 0;
}

/* A key that is new takes a free place, or that of the one longest unused. */
static void
count_key(struct stats_head *h, const char *print, int64_t now_us)
{
	struct stats_key *key = NULL;

	for (size_t i = 0; i < STATS_KEYS; i++) {
		struct stats_key *k = &h->key[i];

		if (strncmp(k->print, print, sizeof(k->print) - 1) == 0) {
			key = k;
			break;
		}
		if (key == NULL || k->last_us < key->last_us)
			key = k;
	}
	if (strncmp(key->print, print, sizeof(key->print) - 1) != 0) {
		memset(key, 0, sizeof(*key));
		memcpy(key->print, print,
		    strnlen(print, sizeof(key->print) - 1));
	}
	key->count++;
	key->last_us = now_us;
}

static void
row_count(struct stats_row *row, const struct stats_entry *e)
{
	unsigned bucket = 0;

	if (e->outcome == OUTCOME_STORED)
		row->stored++;
	else if (e->outcome == OUTCOME_DUPLICATE)
		row->duplicate++;
	else if (e->outcome == OUTCOME_IGNORED)
		row->ignored++;
	else if (e->outcome == OUTCOME_PROBED)
		row->probed++;
	else if (is_refusal(e->outcome))
		row->refused++;
	else
		row->error++;
	if (!e->has_skew)
		return;
	while (bucket < STATS_BUCKETS - 1 &&
	    e->skew >= stats_skew_from[bucket])
		bucket++;
	row->skew[bucket]++;
}

/* Copies printable text, NUL-padded; anything else leaves it empty. */
static void
copy_text(char *dst, size_t size, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len >= size)
		return;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x21 || text[i] > 0x7e)
			return;
	if (len > 0)
		memcpy(dst, text, len);
}

static void
write_row(int fd, const struct stats_entry *e, int64_t now_us)
{
	int64_t hour = now_us / HOUR_US;
	size_t at = offsetof(struct stats_file, row) +
	    (size_t)(hour % STATS_ROWS) * sizeof(struct stats_row);
	struct stats_row row;

	if (!read_at(fd, &row, sizeof(row), at) || row.hour != hour) {
		memset(&row, 0, sizeof(row));
		row.hour = hour;
	}
	row_count(&row, e);
	(void)write_at(fd, &row, sizeof(row), at);
}

static void
write_refusal(struct stats *s, const struct stats_entry *e, int64_t now_us)
{
	size_t at = offsetof(struct stats_file, refusal) +
	    (size_t)(s->head.refusal_total % STATS_REFUSALS) *
	    sizeof(struct stats_refusal);
	struct stats_refusal r;

	memset(&r, 0, sizeof(r));
	r.time_us = now_us;
	r.outcome = (uint32_t)e->outcome;
	r.has_skew = e->has_skew;
	r.skew = e->has_skew ? e->skew : 0;
	copy_text(r.remote, sizeof(r.remote), e->remote);
	copy_text(r.id, sizeof(r.id), e->id);
	if (write_at(s->fd, &r, sizeof(r), at))
		s->head.refusal_total++;
}

/* False if the head was not written: then no other process knows of it. */
static bool
file_count(struct stats *s, const struct stats_entry *e, int64_t now_us,
    uint64_t *lines)
{
	struct stats_head *h = &s->head;
	bool ok;

	if (!file_begin(s, now_us))
		return false;
	h->counter[e->outcome].count++;
	h->counter[e->outcome].last_us = now_us;
	if (!e->is_quiet)
		*lines = limit_step(&h->limit[e->outcome],
		    now_us / MINUTE_US);
	count_gap(h, e->outcome, now_us);
	if (e->key != NULL && e->key[0] != '\0')
		count_key(h, e->key, now_us);
	write_row(s->fd, e, now_us);
	if (e->outcome >= OUTCOME_MISSING_HEADER)
		write_refusal(s, e, now_us);
	ok = write_at(s->fd, h, sizeof(*h), 0);
	flock(s->fd, LOCK_UN);
	return ok;
}

uint64_t
stats_count(struct stats *s, const struct stats_entry *e)
{
	int64_t now_us = e->now_us > 0 ? e->now_us : 0;
	int saved = errno;
	uint64_t lines = e->is_quiet ? 0 : 1;
	bool counted = false;

	if ((unsigned)e->outcome >= OUTCOME_DELIVERY_END)
		return lines;
	if (pthread_mutex_trylock(&s->file_lock) == 0) {
		counted = file_count(s, e, now_us, &lines);
		pthread_mutex_unlock(&s->file_lock);
	}
	if (!counted && !e->is_quiet) {
		pthread_mutex_lock(&s->local_lock);
		lines = limit_step(&s->local[e->outcome],
		    now_us / MINUTE_US);
		pthread_mutex_unlock(&s->local_lock);
	}
	errno = saved;
	return lines;
}
