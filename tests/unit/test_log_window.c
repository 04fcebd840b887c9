/* SPDX-License-Identifier: ISC */
/* The events of a log that are being processed, and how far it is done. */
#include <config.h>

#include <string.h>

#include "cli/batch/log_window.h"
#include "unit.h"

/* The last calls to the state; the state itself is not needed. */
static struct {
	uint64_t	file;
	int64_t		place, last_at;
	int		places, passes, done;
} told;

void
state_place(struct consumer_state *s, const struct state_file *file)
{
	(void)s;
	told.file = file->id;
	told.place = file->place;
	told.last_at = file->last.at;
	told.places++;
}

void
state_pass(struct consumer_state *s, struct state_passed passed)
{
	(void)s;
	(void)passed;
	told.passes++;
}

void
state_file_done(struct consumer_state *s, const struct state_file *file)
{
	(void)s;
	told.file = file->id;
	told.done++;
}

static void
add(struct log_window *w, uint64_t file, int64_t from, int64_t to, bool done)
{
	struct window_item it = { .origin = { file, from }, .end = to,
		.done = done, .file.last = { .at = from, .len = to - from } };

	log_window_add(w, &it);
}

static void
add_end(struct log_window *w, uint64_t file, int64_t place)
{
	struct window_item it = { .origin = { file, 0 }, .done = true,
		.last = true, .file = { .id = file, .place = place,
		.done = true } };

	log_window_add(w, &it);
}

static void
finish(struct log_window *w, uint64_t file, int64_t offset)
{
	log_window_finish(w, NULL, (struct state_passed){ file, offset });
}

static void
begin(struct log_window *w)
{
	memset(&told, 0, sizeof(told));
	ck_assert(log_window_init(w));
}

START_TEST(test_ends_in_any_order)
{
	struct log_window w;

	begin(&w);
	for (int i = 0; i < 4; i++)
		add(&w, 7, 10 * i, 10 * i + 10, false);
	finish(&w, 7, 20);
	finish(&w, 7, 10);
	ck_assert_int_eq(told.passes, 2);
	log_window_tell(&w, NULL);
	ck_assert_int_eq(told.places, 0);
	finish(&w, 7, 0);
	log_window_tell(&w, NULL);
	ck_assert_int_eq(told.place, 30);
	ck_assert_int_eq(told.last_at, 20);
	finish(&w, 7, 30);
	log_window_tell(&w, NULL);
	ck_assert_int_eq(told.place, 40);
	ck_assert_int_eq(told.passes, 2);
	log_window_wipe(&w);
}
END_TEST

START_TEST(test_a_file_is_done_when_all_before_its_end_is)
{
	struct log_window w;

	begin(&w);
	add(&w, 7, 0, 10, false);
	add_end(&w, 7, 10);
	add(&w, 8, 0, 10, false);
	finish(&w, 8, 0);
	log_window_tell(&w, NULL);
	ck_assert_int_eq(told.done, 0);
	finish(&w, 7, 0);
	log_window_tell(&w, NULL);
	ck_assert_int_eq(told.done, 1);
	ck_assert_uint_eq(told.file, 8);
	ck_assert_int_eq(told.place, 10);
	log_window_wipe(&w);
}
END_TEST

START_TEST(test_how_far_a_file_was_read)
{
	struct state_file at;
	struct log_window w;

	begin(&w);
	ck_assert(!log_window_reach(&w, 7, &at));
	add(&w, 7, 0, 10, false);
	add(&w, 7, 10, 20, true);
	ck_assert(log_window_reach(&w, 7, &at));
	ck_assert(at.place == 20 && at.last.at == 10 && !at.done);
	add_end(&w, 7, 25);
	add(&w, 8, 0, 10, false);
	ck_assert(log_window_reach(&w, 7, &at));
	ck_assert(at.place == 25 && at.done);
	ck_assert(log_window_reach(&w, 8, &at));
	ck_assert(at.place == 10 && !at.done);
	finish(&w, 7, 0);
	ck_assert(!log_window_reach(&w, 7, &at));
	log_window_wipe(&w);
}
END_TEST

START_TEST(test_what_nobody_wants_takes_no_room)
{
	struct log_window w;

	begin(&w);
	for (int i = 0; i < 3 * LOG_WINDOW_MAX; i++)
		add(&w, 7, i, i + 1, true);
	ck_assert(!log_window_is_full(&w));
	log_window_tell(&w, NULL);
	ck_assert_int_eq(told.place, 3 * LOG_WINDOW_MAX);
	ck_assert_int_eq(told.last_at, 3 * LOG_WINDOW_MAX - 1);
	for (int i = 0; !log_window_is_full(&w); i++)
		add(&w, 8, 2 * i, 2 * i + 1, false);
	/* one is left for the end of a file */
	add_end(&w, 8, 100000);
	ck_assert_uint_eq(w.count, LOG_WINDOW_MAX);
	log_window_wipe(&w);
}
END_TEST

UNIT_MAIN("log_window", test_ends_in_any_order,
    test_a_file_is_done_when_all_before_its_end_is,
    test_how_far_a_file_was_read, test_what_nobody_wants_takes_no_room)
