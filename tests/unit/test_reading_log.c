/* SPDX-License-Identifier: ISC */
/* Who reads a log finds all that was answered before. */
#include <config.h>

#include <sys/stat.h>

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/fileops.h"
#include "cli/reading/log_files.h"
#include "cli/reading/reading_log.h"
#include "scratch.h"
#include "store_scene.h"
#include "unit.h"

static struct endpoint endpoint;
static sem_t has_looked, has_committed;
static atomic_bool has_waited;
static pthread_t reader;
static struct mark found;
static char calls[8];

/* In place of the C library's: a reader waits until the index has committed. */
int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	(void)fds;
	(void)n;
	(void)timeout;
	if (reader != 0 && !atomic_exchange(&has_waited, true)) {
		sem_post(&has_looked);
		sem_wait(&has_committed);
	}
	return 0;
}

static void *
look(void *store)
{
	struct reader nobody = { .record = NULL };
	struct statedir names;
	struct err err = ERR_INIT;
	struct log_reading l;

	(void)store;
	ck_assert(statedir_init(&names, &fileops_posix, &endpoint, &err));
	ck_assert_msg(log_reading_open(&l, &nobody, &endpoint, &names, &err),
	    "%s", err.text);
	found = l.mark;
	log_reading_close(&l);
	statedir_close(&names);
	sem_post(&has_looked);
	return NULL;
}

static void
stored(void *ctx)
{
	(void)ctx;
	strcat(calls, "S");
	ck_assert_int_eq(pthread_create(&reader, NULL, look, NULL), 0);
	sem_wait(&has_looked);
}

static void
done(void *ctx)
{
	(void)ctx;
	strcat(calls, "D");
}

START_TEST(test_answered_just_now)
{
	static char body[] = "{\"type\":\"a.b\"}";
	const char *dir = scratch_dir();
	struct store_request r = { .stored = stored, .done = done };
	struct record record;
	struct event event;
	struct store *s;
	struct stat st;
	char path[512];

	sem_init(&has_looked, 0, 0);
	sem_init(&has_committed, 0, 0);
	endpoint = scene_endpoint(dir, "log", NULL);
	s = scene_open(&endpoint);
	ck_assert_int_eq(scene_put(s, "first"), OUTCOME_STORED);
	scratch_event(&event, "second", body, 1700000000);
	ck_assert(record_init(&record, &event, NULL));
	r.put.record = &record;
	store_submit(s, &r);
	ck_assert_str_eq(calls, "SD");
	sem_post(&has_committed);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	/* the index was behind when it was answered, and the reader waited */
	ck_assert(has_waited);
	scene_path(path, dir, "log");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(found.offset, st.st_size);
	/* what the index knows already is not told early */
	store_submit(s, &r);
	ck_assert_str_eq(calls, "SDD");
	record_wipe(&record);
	store_close(s);
}
END_TEST

/* While the first of two files is looked at, the other one is renamed. */
struct rotation {
	const char	*dir;
	int		 renames;	/* how many will be done */
	int		 number;	/* of the last name */
};

static bool
rotate(void *ctx, struct log_file *f)
{
	struct rotation *r = ctx;
	char from[512], to[512], name[32];

	if (r->renames == 0 || strcmp(f->name, "log.stays") == 0)
		return false;
	r->renames--;
	scene_path(from, r->dir, f->name);
	snprintf(name, sizeof(name), "log.%d", ++r->number);
	scene_path(to, r->dir, name);
	ck_assert_int_eq(rename(from, to), 0);
	return false;
}

/* How many of two files are found; -1: it failed. */
static int
find_two(int renames, struct err *err)
{
	const char *dir = scratch_dir();
	const struct mark nowhere = { 0 };
	struct rotation r = { dir, renames, 0 };
	struct log_files files = { 0 };
	struct log_dir d;
	char from[512], to[512];
	struct store *s;
	int count = -1;

	endpoint = scene_endpoint(dir, "log", NULL);
	s = scene_open(&endpoint);
	ck_assert_int_eq(scene_put(s, "first"), OUTCOME_STORED);
	scene_path(from, dir, "log");
	scene_path(to, dir, "log.stays");
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(scene_put(s, "second"), OUTCOME_STORED);
	store_close(s);
	memset(&d, 0, sizeof(d));
	ck_assert(log_dir_open(&d, &endpoint, dir, dir, err));
	d.is_done = rotate;
	d.ctx = &r;
	if (log_files_find(&files, &d, &nowhere, err))
		count = (int)files.count;
	log_files_wipe(&files);
	log_dir_close(&d);
	return count;
}

/* Its name was listed, is gone when it is looked at, the new one not listed. */
START_TEST(test_renamed_while_listed)
{
	struct err err = ERR_INIT;

	ck_assert_msg(find_two(3, &err) == 2, "%s", err.text);
}
END_TEST

START_TEST(test_renamed_all_the_time)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(find_two(1000, &err), -1);
	ck_assert_int_eq(err.kind, OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(err.text, "try again"));
}
END_TEST

UNIT_MAIN("reading_log", test_answered_just_now, test_renamed_while_listed,
    test_renamed_all_the_time)
