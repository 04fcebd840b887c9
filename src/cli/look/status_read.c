/* SPDX-License-Identifier: ISC */
/*
 * Gathers the health of an endpoint from its counters, its newest records and
 * its disk.  The skew is that of records, which are verified: anybody can send
 * a wrong time in a header.
 */
#include <config.h>

#include <sys/statvfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/owner.h"
#include "cli/look/status.h"
#include "cli/look/tail.h"
#include "cli/reading/gaps.h"
#include "cli/reading/reading_other.h"
#include "config/keyring.h"
#include "index/index.h"

/* A disk that fills later than this. */
#define FAR_S (INT64_C(10) * 366 * 86400)
/* A key can be retired after this, if another has matched since. */
#define RETIRE_US (INT64_C(7) * 86400 * 1000000)

#define HOUR_US		(INT64_C(3600) * 1000000)
#define BLOCK		4096		/* disk space of a small file */

bool
status_is_refusal(uint32_t outcome)
{
	return outcome >= OUTCOME_MISSING_HEADER &&
	    outcome < OUTCOME_STORE_ERROR;
}

static uint64_t
sum(const struct status *s, uint32_t from, uint32_t to)
{
	uint64_t n = 0;

	for (uint32_t i = from; s->stats != NULL && i < to; i++)
		n += s->stats->head.counter[i].count;
	return n;
}

uint64_t
status_refused(const struct status *s)
{
	return sum(s, OUTCOME_MISSING_HEADER, OUTCOME_STORE_ERROR);
}

uint64_t
status_errors(const struct status *s)
{
	return sum(s, OUTCOME_STORE_ERROR, OUTCOME_OTHER_BODY);
}

static int
by_count(const void *left, const void *right)
{
	const struct stats_type *const *a = left, *const *b = right;

	return (*a)->count > (*b)->count ? -1 : (*a)->count < (*b)->count;
}

size_t
status_ignored(const struct status *s,
    const struct stats_type *types[STATS_TYPES])
{
	size_t count = 0;

	for (size_t i = 0; s->stats != NULL && i < STATS_TYPES; i++)
		if (s->stats->type[i].name[0] != '\0')
			types[count++] = &s->stats->type[i];
	qsort(types, count, sizeof(*types), by_count);
	return count;
}

const struct stats_key *
status_key(const struct status *s, const char *print)
{
	for (int i = 0; s->stats != NULL && i < STATS_KEYS; i++)
		if (strcmp(s->stats->head.key[i].print, print) == 0)
			return &s->stats->head.key[i];
	return NULL;
}

bool
status_is_filling(const struct status *s)
{
	return s->full_s >= 0 && s->full_s < FAR_S;
}

bool
status_key_is_past(const struct status *s, const struct stats_key *key)
{
	for (int i = 0; i < STATS_KEYS; i++)
		if (s->stats->head.key[i].last_us - key->last_us > RETIRE_US)
			return true;
	return false;
}

int64_t
status_last_us(const struct status *s)
{
	const struct stats_counter *c;

	if (s->stats == NULL)
		return 0;
	c = s->stats->head.counter;
	return c[OUTCOME_STORED].last_us > c[OUTCOME_DUPLICATE].last_us ?
	    c[OUTCOME_STORED].last_us : c[OUTCOME_DUPLICATE].last_us;
}

static void
count_recent(struct status *s)
{
	const struct stats_refusal *r;
	const struct stats_row *row;
	int64_t hour = s->now_us / HOUR_US;

	for (size_t i = 0; (r = stats_refusal(s->stats, i)) != NULL; i++) {
		if (r->time_us < s->now_us - HOUR_US)
			continue;
		if (status_is_refusal(r->outcome))
			s->refused_hour++;
		else if (r->outcome != OUTCOME_OTHER_BODY)
			s->errors_hour++;
	}
	for (int64_t i = 0; i < 24; i++)
		if ((row = stats_row(s->stats, hour - i)) != NULL)
			s->stored_day += row->stored;
}

/* The newest records. */
struct sample {
	int64_t	skew[STATUS_SAMPLE];
	size_t	count;
	int64_t	bytes;
	bool	is_spool;
};

static bool
take(void *ctx, const struct reading *r, struct err *err)
{
	struct sample *sample = ctx;
	int64_t len = (int64_t)r->line.len + 1;

	(void)err;
	if (sample->count == STATUS_SAMPLE)
		return false;
	sample->skew[sample->count++] = r->view.received_us / 1000000 -
	    r->view.time;
	if (sample->is_spool)
		len = (len + BLOCK - 1) / BLOCK * BLOCK;
	sample->bytes += len;
	return true;
}

static int
by_size(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static bool
read_sample(struct status *s, const struct statedir *names, struct err *err)
{
	struct sample *sample = calloc(1, sizeof(*sample));
	struct reader reader = { .record = take, .ctx = sample,
		.quiet = true };
	struct tail tail;
	bool done;

	if (sample == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	sample->is_spool = s->endpoint->spool != NULL;
	tail_init(&tail, &reader, STATUS_SAMPLE, false);
	done = sample->is_spool ? tail_spool(&tail, s->endpoint, err) :
	    tail_log(&tail, s->endpoint, names, err);
	s->sample = sample->count;
	if (done && sample->count > 0) {
		qsort(sample->skew, sample->count, sizeof(*sample->skew),
		    by_size);
		s->skew_median = sample->skew[sample->count / 2];
		s->skew_worst = sample->skew[sample->count - 1];
		if (llabs(sample->skew[0]) > llabs(s->skew_worst))
			s->skew_worst = sample->skew[0];
		s->record_bytes = sample->bytes / (int64_t)sample->count;
	}
	free(sample);
	return done;
}

/* Time until the disk is full, at the rate of the last week. */
static void
read_disk(struct status *s, const char *home)
{
	const struct stats_row *row;
	struct statvfs fs;
	double stored = 0, hours = 1, rate;

	s->full_s = -1;
	if (statvfs(home, &fs) != 0)
		return;
	s->disk_free = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	s->disk_size = (int64_t)fs.f_blocks * (int64_t)fs.f_frsize;
	if (s->stats == NULL)
		return;
	for (int64_t i = 0; i < STATS_ROWS; i++) {
		row = stats_row(s->stats, s->now_us / HOUR_US - i);
		if (row == NULL)
			continue;
		stored += row->stored;
		hours = (double)i + 1;
	}
	rate = stored * (double)s->record_bytes / (hours * 3600);
	if (rate > 0 && (double)s->disk_free / rate < 1e12)
		s->full_s = (int64_t)((double)s->disk_free / rate);
}

static void
read_index(struct status *s, const struct statedir *names)
{
	char path[PATH_MAX + sizeof(INDEX_FILE)];
	struct stat st;

	snprintf(path, sizeof(path), "%s/" INDEX_FILE, names->path);
	if (lstat(path, &st) == 0)
		s->index_bytes = st.st_size;
}

/* Reads them as the responder does; if that fails, "check" says why. */
static void
read_secrets(struct status *s)
{
	struct err why = ERR_INIT;
	const struct keyset *set = NULL;
	struct keyring *ring;

	if (!keyring_open(&ring, s->endpoint, &why))
		return;
	set = keyring_acquire(ring, &why);
	for (size_t i = 0; set != NULL && i < set->count; i++) {
		struct status_secret *secret = &s->secrets[i];

		hookcask_key_fingerprint(&set->keys[i], secret->print);
		secret->not_after = set->keys[i].not_after;
		s->secret_count = i + 1;
	}
	if (set != NULL)
		keyring_release(ring, set);
	keyring_close(ring);
}

static bool
read_all(struct status *s, const struct statedir *names, struct err *err)
{
	struct stat st;

	if (!gaps_counters(&s->stats, names->path, err))
		return false;
	if (s->stats != NULL)
		count_recent(s);
	if (!read_sample(s, names, err) || !status_backlog(s, names, err))
		return false;
	s->other_bodies = other_bodies_count(names->path, NULL);
	s->is_new = s->sample == 0 && lstat(names->path, &st) != 0 &&
	    errno == ENOENT;
	read_disk(s, names->home);
	read_index(s, names);
	read_secrets(s);
	audit_last_read(&s->audit, names->path);
	return true;
}

bool
status_read(struct status *s, const struct endpoint *e, struct err *err)
{
	struct statedir names;
	bool done;

	memset(s, 0, sizeof(*s));
	s->endpoint = e;
	s->full_s = -1;
	s->now_us = fileops_posix.now_us(NULL);
	if (!statedir_init(&names, &fileops_posix, e, err) ||
	    !owner_assume(e, err))
		return false;
	done = read_all(s, &names, err);
	owner_resume();
	if (!done)
		status_wipe(s);
	return done;
}

void
status_wipe(struct status *s)
{
	free(s->stats);
	free(s->consumers);
	s->stats = NULL;
	s->consumers = NULL;
	s->consumer_count = 0;
}
