/* SPDX-License-Identifier: ISC */
/* Other bodies under a known id: a file each, once, in bounded room. */
#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "store/other_body.h"
#include "store_scene.h"
#include "unit.h"

#define KEPT ".hookcask-test/other-body"

static const char *dir;
static struct endpoint endpoint;
static struct store *store;

static void
set_up(const char *log, const char *spool)
{
	char path[512];

	dir = scratch_dir();
	endpoint = scene_endpoint(dir, log, spool);
	if (spool != NULL) {
		scene_path(path, dir, spool);
		ck_assert_int_eq(mkdir(path, 0700), 0);
	}
	store = scene_open(&endpoint);
}

static enum outcome
put(const char *id, const char *body)
{
	return scene_put_at(store, id, body, 1700000000);
}

/* Each body once, whatever comes again. */
static void
put_several(const char *kept)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(put("m1", "[1]"), i == 0 ? OUTCOME_STORED :
		    OUTCOME_DUPLICATE);
		ck_assert_int_eq(put("m1", "[2]"), OUTCOME_OTHER_BODY);
		ck_assert_int_eq(put("m1", "[3]"), OUTCOME_OTHER_BODY);
		ck_assert_int_eq(put("m2", "[2]"), i == 0 ? OUTCOME_STORED :
		    OUTCOME_DUPLICATE);
		ck_assert_int_eq(put("m2", "[1]"), OUTCOME_OTHER_BODY);
		ck_assert_int_eq(scratch_count(dir, kept), 3);
		store_close(store);
		store = scene_open(&endpoint);
	}
	store_close(store);
}

START_TEST(test_log)
{
	set_up("log", NULL);
	put_several(KEPT);
	scene_assert_ids(dir, "log", "m1 m2 ");
}
END_TEST

START_TEST(test_spool)
{
	set_up(NULL, "spool");
	put_several("spool/" KEPT);
	ck_assert_int_eq(scratch_count(dir, "spool/new"), 2);
}
END_TEST

/* Only the sender of such a body waits for room. */
START_TEST(test_room)
{
	char path[512], name[96];

	set_up("log", NULL);
	ck_assert_int_eq(put("m1", "[1]"), OUTCOME_STORED);
	ck_assert_int_eq(put("m1", "[2]"), OUTCOME_OTHER_BODY);
	for (int i = 1; i < OTHER_BODY_FILES; i++) {
		snprintf(name, sizeof(name), KEPT "/%016d-%016d.json", i, i);
		scratch_write(dir, name, "");
	}
	ck_assert_int_eq(put("m1", "[3]"), OUTCOME_STORE_ERROR);
	ck_assert_ptr_nonnull(strstr(scene_noted, "hookcask list"));
	/* it replaces its own */
	ck_assert_int_eq(put("m1", "[2]"), OUTCOME_OTHER_BODY);
	ck_assert_int_eq(put("m1", "[1]"), OUTCOME_DUPLICATE);
	ck_assert_int_eq(put("m2", "[1]"), OUTCOME_STORED);
	scene_path(path, dir, name);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(put("m1", "[3]"), OUTCOME_OTHER_BODY);
	/* bytes are counted as well */
	for (int i = 2; i < OTHER_BODY_FILES - 1; i++) {
		snprintf(name, sizeof(name), KEPT "/%016d-%016d.json", i, i);
		scene_path(path, dir, name);
		ck_assert_int_eq(unlink(path), 0);
	}
	snprintf(name, sizeof(name), KEPT "/%016d-%016d.json", 1, 1);
	scene_path(path, dir, name);
	ck_assert_int_eq(truncate(path, OTHER_BODY_BYTES - 500), 0);
	ck_assert_int_eq(put("m1", "[4]"), OUTCOME_STORE_ERROR);
	store_close(store);
}
END_TEST

/* Twins of a batch: which one is the first decides, not who waits. */
START_TEST(test_twins)
{
	struct record r[5];
	struct put put[5], *puts[5];

	memset(r, 0, sizeof(r));
	memset(put, 0, sizeof(put));
	for (int i = 0; i < 5; i++) {
		strcpy(r[i].id, "m1");
		puts[i] = &put[i];
		put[i].record = &r[i];
	}
	r[1].body_hash = r[3].body_hash = 7;
	r[4].body_hash = 8;
	batch_find_twins(puts, 5);
	ck_assert_ptr_null(put[0].twin);
	ck_assert_ptr_eq(put[4].twin, &put[0]);
	/* the first one is new */
	put[0].outcome = OUTCOME_STORED;
	batch_settle_twins(puts, 5);
	ck_assert_uint_eq(put[3].first_body, 0);
	/* it is itself another body of an id that was stored with 7 */
	put[0].outcome = OUTCOME_DUPLICATE;
	put[0].first_body = 7;
	batch_settle_twins(puts, 5);
	for (int i = 1; i < 5; i++) {
		ck_assert_int_eq(put[i].outcome, OUTCOME_DUPLICATE);
		ck_assert_uint_eq(put[i].first_body, 7);
	}
}
END_TEST

START_TEST(test_names)
{
	char digits[OTHER_BODY_ID_SIZE];

	other_body_id(digits, "m1");
	ck_assert_uint_eq(strlen(digits), 16);
	ck_assert(other_body_is_named("0123456789abcdef-0123456789abcdef"
	    ".json"));
	ck_assert(!other_body_is_named("0123456789abcdef-0123456789abcdef"));
	ck_assert(!other_body_is_named(OTHER_BODY_NEW));
	ck_assert(!other_body_is_named("0123456789abcdeF-0123456789abcdef"
	    ".json"));
	ck_assert(!other_body_is_named(""));
}
END_TEST

UNIT_MAIN("other_body", test_log, test_spool, test_room, test_twins,
    test_names)
