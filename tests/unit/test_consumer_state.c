/* SPDX-License-Identifier: ISC */
/* A consumer's state: its places and marks, and lines of older versions. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "cli/consumer/state.h"
#include "scratch.h"
#include "unit.h"

#define NAME "drain-c"
#define HEAD "hookcask drain 1 log e c\n"

static bool
open_it(struct consumer_state *s, int dir, enum state_open how)
{
	static const struct consumer_state closed = STATE_CLOSED;
	struct state_where where = { &fileops_posix, dir, scratch_dir(), "c",
		"e", false };

	*s = closed;
	return state_open(s, &where, how, NULL);
}

static int
open_dir(void)
{
	int dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY);

	ck_assert_int_ne(dir, -1);
	unlinkat(dir, NAME, 0);
	return dir;
}

/* The state with this one line. */
static bool
read_line(struct consumer_state *s, int dir, const char *text)
{
	struct lines_out out = { 0 };
	int fd = openat(dir, NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	line_add_span(&out, span_text(HEAD));
	line_begin(&out);
	line_add_span(&out, span_text(text));
	line_end(&out);
	ck_assert(write(fd, out.data, out.len) == (ssize_t)out.len);
	close(fd);
	lines_out_wipe(&out);
	return open_it(s, dir, STATE_READ);
}

START_TEST(test_last_record_of_a_place)
{
	static const char *const bad[] = {
		"P 1f 300 200", "P 1f 300 200 100 ff 5",
		"P 1f 300 200 100 ff 5 ",
		"P 1f 300 200 101 ff 5 a", "P 1f 300 -1 100 ff 5 a",
		"P 1f 300 200 0 ff 5 a", "P 1f 300 200 100 ff -5 a",
		"P 1f 300 200 100 fg 5 a", "P -9223372036854775808 0 1 1 0 a",
		"Z 1f 300 1 2 3 200 101 ff 5 a",
	};
	const struct state_file *f;
	struct consumer_state s;
	int dir = open_dir();

	ck_assert(read_line(&s, dir, "P 1f 300 200 100 ff 5 msg_1"));
	f = state_file(&s, 0x1f);
	ck_assert(f->place == 300 && f->last.at == 200 && f->last.len == 100);
	ck_assert(f->last.hash == 0xff && f->last.received_us == 5);
	ck_assert_str_eq(f->last.id, "msg_1");
	state_close(&s);
	/* of an older version */
	ck_assert(read_line(&s, dir, "P 1f 300"));
	ck_assert_int_eq(state_file(&s, 0x1f)->last.len, 0);
	state_close(&s);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(!read_line(&s, dir, bad[i]), "%s", bad[i]);
		state_close(&s);
	}
	close(dir);
}
END_TEST

START_TEST(test_last_record_is_kept)
{
	struct state_file f = { .id = 7, .place = 300, .last = { 200, 100,
		UINT64_MAX, 1767225600000000, "msg_1" } };
	const struct state_file *found;
	struct consumer_state s;
	int dir = open_dir();

	for (int i = 0; i < 3; i++) {
		ck_assert(open_it(&s, dir, STATE_MAKE));
		if (i == 0) {
			state_place(&s, &f);
			ck_assert(state_write(&s, NULL));
		}
		found = state_file(&s, 7);
		ck_assert(found->last.hash == UINT64_MAX);
		ck_assert_str_eq(found->last.id, "msg_1");
		ck_assert(!found->done);
		/* of a finished file it is kept, too */
		f.done = true;
		state_file_done(&s, &f);
		ck_assert(state_write(&s, NULL));
		ck_assert_str_eq(state_file(&s, 7)->last.id, "msg_1");
		state_place(&s, &f);
		ck_assert(state_write(&s, NULL));
		state_close(&s);
	}
	close(dir);
}
END_TEST

START_TEST(test_a_place_that_moves)
{
	struct state_file f = { .id = 7, .place = 100, .last = { 60, 40, 1, 1,
		"msg_1" } };
	struct state_passed past = { 7, 500 }, other = { 8, 500 };
	struct consumer_state s;
	int dir = open_dir();
	uint64_t seq;
	char *text;

	ck_assert(open_it(&s, dir, STATE_MAKE));
	state_pass(&s, past);
	state_pass(&s, other);
	seq = state_keep(&s, past, span_text("a record"));
	ck_assert(state_write(&s, NULL));
	ck_assert(state_move(&s, &f, NULL));
	state_close(&s);
	ck_assert(open_it(&s, dir, STATE_READ));
	ck_assert_int_eq(state_file(&s, 7)->place, 100);
	ck_assert(!state_file(&s, 7)->done);
	/* offsets of before say nothing about what is there now */
	ck_assert_uint_eq(s.passed_count, 1);
	ck_assert_uint_eq(s.passed[0].file, 8);
	ck_assert_uint_eq(state_entry(&s, seq)->origin.file, 0);
	text = state_text(&s, state_entry(&s, seq), NULL);
	ck_assert_str_eq(text, "a record");
	free(text);
	state_close(&s);
	close(dir);
}
END_TEST

static void
put_marks(struct consumer_state *s, int from, int to)
{
	struct state_mark mark = { .at = { .id = 7, .last = { 60, 40, 1, 1,
		"msg_1" } } };

	for (int i = from; i < to; i++) {
		mark.at_ms = i * 1000;
		mark.at.place = 100 + i;
		snprintf(mark.token, sizeof(mark.token), "t%d", i);
		state_mark(s, &mark);
	}
	ck_assert(state_write(s, NULL));
}

START_TEST(test_marks)
{
	static const char *const bad[] = { "C 5", "C 5 ", "C 5  1f 300",
		"C -5 t 1f 300", "C 5 t 1g 300", "C 5 t 1f 300 200",
		"K", "K x" };
	struct consumer_state s;
	int dir = open_dir();

	ck_assert(open_it(&s, dir, STATE_MAKE));
	put_marks(&s, 0, 3);
	put_marks(&s, 2, 3);		/* the same token again */
	ck_assert_uint_eq(s.mark_count, 3);
	ck_assert_ptr_null(state_sure_mark(&s));
	put_marks(&s, 3, 1000);
	/* ten minutes before the newest, or a little earlier */
	ck_assert_int_le((int)state_sure_mark(&s)->at_ms, 399000);
	ck_assert_int_gt((int)state_sure_mark(&s)[1].at_ms, 399000);
	ck_assert_uint_eq(s.mark_count, STATE_MARKS_MAX);
	/* the oldest and the newest stay, and the gaps grow with the age */
	ck_assert_str_eq(s.marks[0].token, "t0");
	ck_assert_str_eq(s.marks[STATE_MARKS_MAX - 1].token, "t999");
	ck_assert_str_eq(s.marks[STATE_MARKS_MAX - 2].token, "t998");
	for (size_t i = 1; i < STATE_MARKS_MAX; i++)
		ck_assert_int_lt((int)(s.marks[i].at_ms - s.marks[i - 1].at_ms),
		    20000 + (int)(999000 - s.marks[i].at_ms) / 2);
	state_keep_marks(&s, 5);
	ck_assert(state_write(&s, NULL));
	ck_assert(state_renew(&s, NULL));
	state_close(&s);
	ck_assert(open_it(&s, dir, STATE_READ));
	ck_assert_uint_eq(s.mark_count, 5);
	ck_assert_str_eq(s.marks[0].token, "t0");
	ck_assert_int_eq(s.marks[0].at.place, 100);
	ck_assert_str_eq(s.marks[0].at.last.id, "msg_1");
	state_close(&s);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(!read_line(&s, dir, bad[i]), "%s", bad[i]);
		state_close(&s);
	}
	close(dir);
}
END_TEST

UNIT_MAIN("consumer_state", test_last_record_of_a_place,
    test_last_record_is_kept, test_a_place_that_moves, test_marks)
