/* SPDX-License-Identifier: ISC */
/* A journal that was cut, changed or written by two: what is left of it. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "cli/consumer/journal.h"
#include "scratch.h"
#include "unit.h"

#define HEAD "hookcask test 1\n"
#define LINES 6

/* What was applied, as a list of letters. */
struct facts {
	char	seen[64];
	size_t	count;
};

static bool
apply(void *ctx, const struct journal_line *line, struct err *err)
{
	struct facts *f = ctx;

	(void)err;
	ck_assert_uint_lt(f->count, sizeof(f->seen));
	ck_assert_uint_ge(line->len, 1);
	f->seen[f->count++] = line->text[0];
	return true;
}

static void
forget(void *ctx)
{
	struct facts *f = ctx;

	f->count = 0;
}

static bool
open_it(struct journal *j, struct facts *f, int dir, bool writable)
{
	memset(j, 0, sizeof(*j));
	memset(f, 0, sizeof(*f));
	j->ops = &fileops_posix;
	j->dir = dir;
	j->name = "facts";
	j->head = HEAD;
	strcpy(j->path, "facts");
	j->apply = apply;
	j->forget = forget;
	j->ctx = f;
	return journal_open(j, writable, writable, NULL);
}

static void
put(struct journal *j, char letter)
{
	/* of several lengths, and bytes that mean something elsewhere */
	line_begin(&j->out);
	line_add(&j->out, "%c %.*s", letter, letter - 'a', "\t\\\x1b x");
	line_end(&j->out);
	ck_assert(journal_write(j, NULL));
}

static int
open_dir(void)
{
	int dir = open(scratch_dir(), O_RDONLY | O_DIRECTORY);

	ck_assert_int_ne(dir, -1);
	return dir;
}

/* The file with its lines a, b, ...; its bytes and where each line ends. */
static size_t
make(int dir, char *data, size_t size, size_t end[LINES + 1])
{
	struct facts f;
	struct journal j;

	ck_assert(open_it(&j, &f, dir, true));
	end[0] = strlen(HEAD);
	for (int i = 0; i < LINES; i++) {
		put(&j, (char)('a' + i));
		end[i + 1] = (size_t)j.end;
	}
	ck_assert_uint_eq(f.count, LINES);
	ck_assert(pread(j.fd, data, size, 0) == (ssize_t)end[LINES]);
	journal_close(&j);
	return end[LINES];
}

static void
write_file(int dir, const char *data, size_t len)
{
	int fd = openat(dir, "facts", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert(write(fd, data, len) == (ssize_t)len);
	close(fd);
}

/* It holds the first count lines, takes one more, and keeps that. */
static void
check(int dir, size_t count)
{
	struct facts f;
	struct journal j;

	ck_assert(open_it(&j, &f, dir, true));
	ck_assert_uint_eq(f.count, count);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(f.seen[i], 'a' + (int)i);
	put(&j, 'z');
	journal_close(&j);
	ck_assert(open_it(&j, &f, dir, false));
	ck_assert_uint_eq(f.count, count + 1);
	ck_assert_int_eq(f.seen[count], 'z');
	journal_close(&j);
}

START_TEST(test_cut_at_every_byte)
{
	size_t end[LINES + 1], len;
	int dir = open_dir();
	char data[512];

	len = make(dir, data, sizeof(data), end);
	for (size_t cut = 0; cut <= len; cut++) {
		size_t whole = 0;

		while (whole < LINES && end[whole + 1] <= cut)
			whole++;
		write_file(dir, data, cut);
		check(dir, whole);
	}
	close(dir);
}
END_TEST

START_TEST(test_each_byte_changed)
{
	size_t end[LINES + 1], len;
	int dir = open_dir(), quiet = open("/dev/null", O_WRONLY);
	char data[512];

	len = make(dir, data, sizeof(data), end);
	/* it is reported each time: not here */
	dup2(quiet, STDERR_FILENO);
	for (size_t at = end[0]; at < len; at++) {
		size_t before = 0;

		while (end[before + 1] <= at)
			before++;
		data[at] ^= 0x20;
		write_file(dir, data, len);
		/* what preceded it, and nothing that followed it */
		check(dir, before);
		data[at] ^= 0x20;
	}
	close(quiet);
	close(dir);
}
END_TEST

START_TEST(test_zeros_behind_and_instead)
{
	static const char zeros[600];
	size_t end[LINES + 1], len;
	int dir = open_dir();
	char data[1200];

	len = make(dir, data, sizeof(data), end);
	memcpy(data + len, zeros, sizeof(zeros));
	write_file(dir, data, len + sizeof(zeros));
	check(dir, LINES);
	/* power was lost while it was made */
	for (size_t n = 0; n <= strlen(HEAD); n++) {
		write_file(dir, zeros, n);
		check(dir, 0);
	}
	close(dir);
}
END_TEST

START_TEST(test_another_head)
{
	int dir = open_dir();
	struct facts f;
	struct journal j;

	write_file(dir, "hookcask test 2\n", strlen(HEAD));
	ck_assert(!open_it(&j, &f, dir, true));
	write_file(dir, "hookcask test 1 and more\n", 25);
	ck_assert(!open_it(&j, &f, dir, true));
	close(dir);
}
END_TEST

START_TEST(test_two_writers)
{
	size_t end[LINES + 1];
	struct facts f, other_f;
	struct journal j, other;
	int dir = open_dir();
	char data[512];

	make(dir, data, sizeof(data), end);
	ck_assert(open_it(&other, &other_f, dir, true));
	ck_assert(open_it(&j, &f, dir, true));
	put(&other, 'y');
	put(&j, 'z');
	/* each learns of the other's line before it writes */
	ck_assert_uint_eq(f.count, LINES + 2);
	ck_assert_uint_eq(other_f.count, LINES + 1);
	ck_assert(journal_lock(&other, NULL));
	ck_assert_uint_eq(other_f.count, LINES + 2);
	journal_unlock(&other);
	/* removed: neither goes on in a file without a name */
	ck_assert_int_eq(unlinkat(dir, "facts", 0), 0);
	ck_assert(!journal_lock(&j, NULL));
	ck_assert(!journal_lock(&other, NULL));
	journal_close(&j);
	journal_close(&other);
	close(dir);
}
END_TEST

static bool
fill(void *ctx, struct lines_out *out)
{
	struct facts *f = ctx;

	/* of what was applied, the last two */
	if (f->count > 2) {
		memmove(f->seen, f->seen + f->count - 2, 2);
		f->count = 2;
	}
	if (f->count == 0)
		return false;
	line_begin(out);
	line_add(out, "%c", f->seen[--f->count]);
	line_end(out);
	return true;
}

START_TEST(test_put_in_its_place)
{
	size_t end[LINES + 1];
	struct facts f, other_f;
	struct journal j, other;
	int dir = open_dir();
	char data[512];

	make(dir, data, sizeof(data), end);
	ck_assert(open_it(&other, &other_f, dir, true));
	ck_assert(open_it(&j, &f, dir, true));
	ck_assert(journal_replace(&j, fill, NULL));
	ck_assert_uint_eq(f.count, 2);
	ck_assert_mem_eq(f.seen, "fe", 2);
	/* who had the old one open goes on in the new one */
	put(&other, 'z');
	ck_assert_uint_eq(other_f.count, 3);
	ck_assert_mem_eq(other_f.seen, "fez", 3);
	journal_close(&j);
	journal_close(&other);
	ck_assert(open_it(&j, &f, dir, false));
	ck_assert_mem_eq(f.seen, "fez", 3);
	journal_close(&j);
	close(dir);
}
END_TEST

UNIT_MAIN("journal", test_cut_at_every_byte, test_each_byte_changed,
    test_zeros_behind_and_instead, test_another_head,
    test_two_writers, test_put_in_its_place)
