/* SPDX-License-Identifier: ISC */
/*
 * prune while logs rotate: whatever happens between its look at a file and the
 * removal, only what it looked at is removed.
 */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"
#include "cli/keep/prune.h"
#include "scratch.h"
#include "store/log.h"
#include "store_scene.h"
#include "unit.h"

#define OLD	INT64_C(1700000000)
#define NEW	(OLD + 30 * 86400)

static const char *dir;
/* What others do when prune is about to rename or remove a file. */
static void (*others)(void);

static void
let_others(void)
{
	void (*now)(void) = others;

	others = NULL;
	if (now != NULL)
		now();
}

/* The linker puts these between prune and the system. */
int	__real_renameat(int, const char *, int, const char *);
int	__wrap_renameat(int, const char *, int, const char *);
int	__real_renameat2(int, const char *, int, const char *, unsigned);
int	__wrap_renameat2(int, const char *, int, const char *, unsigned);
int	__real_unlinkat(int, const char *, int);
int	__wrap_unlinkat(int, const char *, int);

int
__wrap_renameat(int from, const char *name, int to, const char *other)
{
	let_others();
	return __real_renameat(from, name, to, other);
}

#ifdef HAVE_RENAMEAT2
int
__wrap_renameat2(int from, const char *name, int to, const char *other,
    unsigned flags)
{
	let_others();
	return __real_renameat2(from, name, to, other, flags);
}
#endif

int
__wrap_unlinkat(int at, const char *name, int flags)
{
	let_others();
	return __real_unlinkat(at, name, flags);
}

static void
turn(const char *from, const char *to)
{
	char old[512], new[512];

	scene_path(old, dir, from);
	scene_path(new, dir, to);
	ck_assert_int_eq(rename(old, new), 0);
}

/* One event in the log, then another file's turn. */
static void
put(const char *id, int64_t time)
{
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct store *s = scene_open(&e);

	ck_assert_int_eq(scene_put_at(s, id, "{\"type\":\"a.b\"}", time),
	    OUTCOME_STORED);
	store_close(s);
}

/* log.2 has left the window, log.1 has not. */
static void
begin(void)
{
	const struct timespec then[2] = { { OLD, 0 }, { OLD, 0 } };
	char path[512];

	dir = scratch_dir();
	others = NULL;
	put("old", OLD);
	turn("log", "log.2");
	scene_path(path, dir, "log.2");
	ck_assert_int_eq(utimensat(AT_FDCWD, path, then, 0), 0);
	put("fresh", NEW);
	turn("log", "log.1");
	put("now", NEW);
}

static void
prune(struct prune *p)
{
	struct endpoint e = scene_endpoint(dir, "log", NULL);
	struct err err = ERR_INIT;
	char state[512];

	memset(p, 0, sizeof(*p));
	scene_path(state, dir, ".hookcask-test");
	p->ops = &fileops_posix;
	p->endpoint = &e;
	p->home = dir;
	p->state_dir = state;
	p->state_fd = open(state, O_RDONLY | O_DIRECTORY);
	p->older_us = INT64_MAX;
	p->max_size = -1;
	ck_assert(prune_consumers_read(p, p->state_fd, state, &err));
	ck_assert_msg(prune_log(p, &err), "%s", err.text);
	prune_consumers_wipe(p);
	close(p->state_fd);
}

/* The file that is named as no rotation names one; "" if there is none. */
static void
find_aside(char name[256])
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	ck_assert_ptr_nonnull(d);
	name[0] = '\0';
	while ((entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, "log.0-", 6) == 0)
			snprintf(name, 256, "%s", entry->d_name);
	closedir(d);
}

START_TEST(test_alone)
{
	char name[256];
	struct prune p;

	begin();
	prune(&p);
	ck_assert_int_eq(p.files, 1);
	ck_assert_int_eq(scratch_count(dir, "."), 2);
	find_aside(name);
	ck_assert_str_eq(name, "");
	scene_assert_ids(dir, "log.1", "fresh ");
	scene_assert_ids(dir, "log", "now ");
}
END_TEST

static void
rotate(void)
{
	turn("log.2", "log.3");
	turn("log.1", "log.2");
}

START_TEST(test_its_name_goes_to_another_file)
{
	char name[256];
	struct prune p;

	begin();
	others = rotate;
	prune(&p);
	ck_assert_int_eq(p.files, 0);
	scene_assert_ids(dir, "log.3", "old ");
	find_aside(name);
#ifdef HAVE_RENAMEAT2
	ck_assert_str_eq(name, "");
	scene_assert_ids(dir, "log.2", "fresh ");
#else
	scene_assert_ids(dir, name, "fresh ");
#endif
	prune(&p);
	ck_assert_int_eq(p.files, 1);
}
END_TEST

static void
take_its_place(void)
{
	turn("log", "log.2");
	put("last", NEW);
}

static void
rotate_twice(void)
{
	rotate();
	others = take_its_place;
}

START_TEST(test_and_to_a_third_one_meanwhile)
{
	char name[256];
	struct prune p;

	begin();
	others = rotate_twice;
	prune(&p);
	ck_assert_int_eq(p.files, 0);
	find_aside(name);
	ck_assert(log_name_is_rotated("log", name));
	scene_assert_ids(dir, name, "fresh ");
	scene_assert_ids(dir, "log.2", "now ");
	scene_assert_ids(dir, "log.3", "old ");
	scene_assert_ids(dir, "log", "last ");
}
END_TEST

static void
begin_a_consumer(void)
{
	scratch_write(dir, ".hookcask-test/drain-new",
	    "hookcask drain 1 log test new\n");
}

START_TEST(test_a_consumer_that_began_meanwhile)
{
	struct prune p;

	begin();
	others = begin_a_consumer;
	prune(&p);
	ck_assert_int_eq(p.files, 0);
#ifdef HAVE_RENAMEAT2
	scene_assert_ids(dir, "log.2", "old ");
#endif
}
END_TEST

/* Left by one that was killed: the next one removes it. */
START_TEST(test_killed_before_the_removal)
{
	char name[256], aside[INDEX_NAME_MAX + 1];
	struct prune p;

	begin();
	ck_assert(log_name_aside(aside, "log", OLD, "log.2", "0-1-1"));
	ck_assert_str_eq(aside, "log.0-1-1");
	turn("log.2", aside);
	prune(&p);
	ck_assert_int_eq(p.files, 1);
	find_aside(name);
	ck_assert_str_eq(name, "");
}
END_TEST

UNIT_MAIN("prune", test_alone, test_its_name_goes_to_another_file,
    test_and_to_a_third_one_meanwhile, test_a_consumer_that_began_meanwhile,
    test_killed_before_the_removal)
