/* SPDX-License-Identifier: ISC */
/* The directories of a spool: in which order what was moved is made durable. */
#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/reading/spool_dirs.h"
#include "scratch.h"
#include "store_scene.h"
#include "unit.h"

#define NAME "0000000000000001-a.json"

static int synced[8];
static size_t synced_count;

/* The linker puts this between the directories and the system. */
int	__wrap_fsync(int);

int
__wrap_fsync(int fd)
{
	ck_assert_uint_lt(synced_count, sizeof(synced) / sizeof(*synced));
	synced[synced_count++] = fd;
	return 0;
}

static void
begin(struct spool_dirs *d, enum spool_stage stage)
{
	const char *dir = scratch_dir();
	struct err err = ERR_INIT;
	char path[512];
	bool empty;

	for (enum spool_stage i = 0; i < SPOOL_STAGES; i++) {
		scene_path(path, dir, spool_stage_name(i));
		ck_assert_int_eq(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/%s", spool_stage_name(stage), NAME);
	scratch_write(dir, path, "{}\n");
	ck_assert(spool_dirs_open(d, &fileops_posix, dir, false, &empty,
	    &err) && !empty);
	synced_count = 0;
}

static void
move(struct spool_dirs *d, enum spool_stage from, enum spool_stage to)
{
	struct err err = ERR_INIT;

	ck_assert_msg(spool_move(d, NAME, from, to, false, &err), "%s",
	    err.text);
}

/* Power loss must find the file somewhere: its new place comes first. */
static void
assert_synced(struct spool_dirs *d, const enum spool_stage *stages,
    size_t count)
{
	struct err err = ERR_INIT;

	ck_assert(spool_dirs_sync(d, &err));
	ck_assert_uint_eq(synced_count, count);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(synced[i], d->fd[stages[i]]);
	/* and once is enough */
	ck_assert(spool_dirs_sync(d, &err));
	ck_assert_uint_eq(synced_count, count);
	spool_dirs_close(d);
}

START_TEST(test_on_its_way)
{
	static const enum spool_stage order[] = { SPOOL_DONE, SPOOL_CUR,
		SPOOL_NEW };
	struct spool_dirs d;

	begin(&d, SPOOL_NEW);
	move(&d, SPOOL_NEW, SPOOL_CUR);
	move(&d, SPOOL_CUR, SPOOL_DONE);
	assert_synced(&d, order, 3);
}
END_TEST

START_TEST(test_on_its_way_back)
{
	static const enum spool_stage order[] = { SPOOL_NEW, SPOOL_FAILED };
	struct spool_dirs d;

	begin(&d, SPOOL_FAILED);
	move(&d, SPOOL_FAILED, SPOOL_NEW);
	assert_synced(&d, order, 2);
}
END_TEST

UNIT_MAIN("spool_dirs", test_on_its_way, test_on_its_way_back)
