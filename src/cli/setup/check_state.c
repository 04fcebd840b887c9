/* SPDX-License-Identifier: ISC */
/*
 * Checks a state directory: who owns it, what the index knows, whether a
 * repair is due, and how far the clock is off.
 */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/setup/check.h"
#include "index/index.h"
#include "stats/stats_read.h"
#include "store/log.h"

#define SKEW_BAD	60	/* seconds; half of all are off by more */

static bool
has(const char *dir, const char *name, struct stat *st)
{
	char path[PATH_MAX];

	return (size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) <
	    sizeof(path) && lstat(path, st) == 0;
}

/* The file of the mark must have all indexed bytes. */
static void
check_mark(struct check *c, const char *home, const struct mark *mark)
{
	struct stat st;

	if (c->endpoint->log == NULL || !mark->set)
		return;
	if (!has(home, mark->file, &st)) {
		check_fact(c, "mark", "%s, which is not there now; the next "
		    "event settles it", mark->file);
		return;
	}
	if (st.st_ino != mark->inode)
		check_fact(c, "mark", "%s was replaced; the next event "
		    "settles it", mark->file);
	else if (st.st_size < mark->offset)
		check_fail(c, "index", "%s/%s: is shorter than the index "
		    "knows (%" PRId64 " bytes of %" PRId64 "): it was cut, "
		    "edited or restored; bring it back, then \"hookcask index "
		    "--rebuild\"", home, mark->file, (int64_t)st.st_size,
		    mark->offset);
	else if (st.st_size > mark->offset)
		check_fact(c, "mark", "%" PRId64 " bytes of %s are not "
		    "indexed yet; the next event settles them",
		    (int64_t)st.st_size - mark->offset, mark->file);
}

static void
check_index(struct check *c, const char *home, const char *dir)
{
	struct err err = ERR_INIT;
	struct index *index;
	struct stat st;
	struct mark mark;
	int64_t count;

	if (!has(dir, INDEX_FILE, &st)) {
		check_fact(c, "index", "none yet");
		return;
	}
	/* opening it without this file would make one */
	if (!has(dir, INDEX_FILE "-shm", &st)) {
		check_fact(c, "index", "not in use; \"hookcask index\" reads "
		    "it");
		return;
	}
	if (index_open_read(&index, dir, &err) != INDEX_OK) {
		check_fail(c, "index", "%s", err.text);
		return;
	}
	if (has(dir, INDEX_FILE "-wal", &st) && st.st_size > INDEX_WAL_LEFT)
		check_warn(c, "index", "%s/" INDEX_FILE "-wal: grows (%lld "
		    "MiB) while a program reads the index without end; end "
		    "the one that was stopped (fuser %s/" INDEX_FILE ")", dir,
		    (long long)st.st_size >> 20, dir);
	if (index_count(index, &count, &err) == INDEX_OK &&
	    index_get_mark(index, &mark, &err) == INDEX_OK) {
		check_fact(c, "index", "%" PRId64 " ids", count);
		check_mark(c, home, &mark);
	} else {
		check_fail(c, "index", "%s", err.text);
	}
	index_close(index);
}

/* Reports what a repair has left for the operator, or has still to do. */
static void
check_leftovers(struct check *c, const char *dir)
{
	struct dirent *entry;
	struct stat st;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, "bad-", 4) == 0)
			check_warn(c, "state", "%s/%s: was set aside as "
			    "broken; look at it, then remove it", dir,
			    entry->d_name);
	closedir(d);
	if (has(dir, LOG_TAIL, &st))
		check_fact(c, "state", "a repair was interrupted; the next "
		    "event ends it");
}

/* Finds the bucket of the median of all deliveries. */
static void
check_skew(struct check *c, const struct stats_file *stats)
{
	uint64_t sum[STATS_BUCKETS] = { 0 }, all = 0, seen = 0;
	int64_t low, high;
	int i = 0;

	for (int row = 0; row < STATS_ROWS; row++)
		for (int b = 0; b < STATS_BUCKETS; b++) {
			sum[b] += stats->row[row].skew[b];
			all += stats->row[row].skew[b];
		}
	if (all == 0)
		return;
	while ((seen += sum[i]) * 2 < all)
		i++;
	if (i == 0 || i == STATS_BUCKETS - 1) {
		check_fail(c, "skew", "half of all deliveries come over a day "
		    "%s; set this machine's clock by NTP", i == 0 ?
		    "before the time that they are signed for" : "late");
		return;
	}
	low = stats_skew_from[i - 1];
	high = stats_skew_from[i] - 1;
	check_fact(c, "skew", "%" PRId64 " to %" PRId64 " seconds (this clock "
	    "minus the sender's, the median of %" PRIu64 ")", low, high,
	    all);
	if (low > SKEW_BAD || high < -SKEW_BAD)
		check_warn(c, "skew", "this clock is %s the sender's by over "
		    "a minute; set it by NTP, or deliveries will be refused",
		    low > 0 ? "ahead of" : "behind");
}

static void
check_stats(struct check *c, const char *dir)
{
	struct stats_file *stats = malloc(sizeof(*stats));
	struct err err = ERR_INIT;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (stats != NULL && fd != -1) {
		if (stats_read(stats, fd, &err))
			check_skew(c, stats);
		else if (err.kind != OUTCOME_NO_INPUT)
			check_warn(c, "stats", "%s", err.text);
	}
	if (fd != -1)
		close(fd);
	free(stats);
}

/* A state directory must belong to its writer; nobody else may change it. */
void
check_state(struct check *c, const char *dir, const struct stat *home)
{
	char path[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(path, sizeof(path), "%s/.hookcask-%s", dir,
	    c->endpoint->name) >= sizeof(path)) {
		check_fail(c, "state", "the path of its store is too long");
		return;
	}
	if (lstat(path, &st) != 0) {
		if (errno == ENOENT)
			check_fact(c, "index", "none yet");
		else
			check_fail(c, "state", "%s: %s", path,
			    strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		check_fail(c, "state", "%s: is not a directory", path);
		return;
	}
	if ((st.st_mode & 0022) != 0)
		check_fail(c, "state",
		    "%s: others may write to it; chmod go-w", path);
	if (st.st_uid != home->st_uid)
		check_warn(c, "state", "%s belongs to user %ld, %s to user "
		    "%ld", path, (long)st.st_uid, dir, (long)home->st_uid);
	check_index(c, dir, path);
	check_leftovers(c, path);
	check_stats(c, path);
}
