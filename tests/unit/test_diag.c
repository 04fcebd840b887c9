/* SPDX-License-Identifier: ISC */
/* The operator's lines: escaped, cut, rolled, and a reader that is stuck. */
#include <config.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/diag.h"
#include "base/diag_writer.h"
#include "base/span.h"
#include "scratch.h"
#include "unit.h"

static char path[300], other[320], text[3 << 20];
static const char *dir;

/* stderr goes to a file of ours in each test's process. */
static void
set_up(void)
{
	int fd;

	dir = scratch_dir();
	snprintf(path, sizeof(path), "%s/diag", dir);
	snprintf(other, sizeof(other), "%s/stderr", dir);
	fd = open(other, O_WRONLY | O_CREAT | O_APPEND, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
	snprintf(other, sizeof(other), "%s/diag.1", dir);
}

static const char *
contents(const char *name)
{
	char file[320];
	size_t len;

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	len = scratch_read(file, text, sizeof(text) - 1);
	text[len] = '\0';
	return text;
}

START_TEST(test_line)
{
	struct diag_line line = DIAG_LINE_INIT;

	set_up();
	diag_text(&line, "endpoint", "levers");
	diag_number(&line, "skew", -301);
	diag_text(&line, "hint", "look here");
	diag_text(&line, "none", "");
	diag_text(&line, "pair", "a=b");
	diag_text(&line, "quote", "a\"b\\c");
	diag_add(&line, "null", span_make(NULL, 0));
	diag_send(&line);
	ck_assert_str_eq(contents("stderr"), "hookcask: endpoint=levers "
	    "skew=-301 hint=\"look here\" none=\"\" pair=\"a=b\" "
	    "quote=\"a\\\"b\\\\c\" null=\"\"\n");
}
END_TEST

/* No stranger's byte makes a line, a colour or a value of its own. */
START_TEST(test_escapes)
{
	static const char begin[] = "hookcask: note: x\\x0ahookcask: "
	    "forged\\x0d\n"
	    "hookcask: id=a\\x0a\\x1b[2J\\x00\\x80\\xff all=\"";
	struct diag_line line = DIAG_LINE_INIT;
	char all[256], seen;

	set_up();
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	diag_add(&line, "id", span_make("a\n\x1b[2J\0\x80\xff", 9));
	diag_add(&line, "all", span_make(all, sizeof(all)));
	diag_say("note", "x\nhookcask: forged\r");
	diag_send(&line);
	contents("stderr");
	ck_assert_int_eq(strncmp(text, begin, strlen(begin)), 0);
	ck_assert_ptr_nonnull(strstr(text, "\\x7f\\x80"));
	for (char *p = text; *p != '\0'; p++) {
		seen = *p;
		ck_assert(seen == '\n' || (seen >= 0x20 && seen <= 0x7e));
	}
}
END_TEST

START_TEST(test_cut)
{
	struct diag_line line;
	char many[3000];
	size_t len;

	set_up();
	/* every length around the end: cut between escapes, quotes closed */
	for (size_t n = 1980; n < 2060; n++) {
		line = (struct diag_line)DIAG_LINE_INIT;
		memset(many, 'x', sizeof(many));
		many[0] = ' ';
		memset(many + n, '\n', 20);
		diag_add(&line, "k", span_make(many, n + 20));
		diag_text(&line, "more", "not seen");
		ck_assert_uint_lt(line.len, sizeof(line.text));
		ck_assert_uint_eq(strlen(line.text), line.len);
		ck_assert(line.cut);
		ck_assert_str_eq(line.text + line.len - 4, "...\"");
		len = strcspn(line.text, "\\");
		ck_assert_uint_eq((line.len - 4 - len) % 4, 0);
	}
	line = (struct diag_line)DIAG_LINE_INIT;
	diag_add(&line, "k", span_make(many, 2000));
	ck_assert(!line.cut);
}
END_TEST

START_TEST(test_file)
{
	struct stat st;
	int64_t us;

	set_up();
	umask(0);
	diag_open(path);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	diag_say("error", "it is so");
	contents("diag");
	ck_assert(civil_parse(text, 20, &us));
	ck_assert_str_eq(text + 20, " hookcask: error: it is so\n");
	ck_assert_str_eq(contents("stderr"), "hookcask: error: it is so\n");
	/* removed by the operator: a new one */
	ck_assert_int_eq(unlink(path), 0);
	diag_say("note", "again");
	ck_assert_ptr_nonnull(strstr(contents("diag"), "note: again\n"));
	diag_close();
	diag_say("note", "closed");
	ck_assert_ptr_null(strstr(contents("diag"), "closed"));
	ck_assert_ptr_nonnull(strstr(contents("stderr"), "closed"));
	diag_close();
}
END_TEST

START_TEST(test_roll)
{
	struct stat st;
	char big[2001];
	FILE *f;

	set_up();
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < (1 << 20) - 2200; i++)
		fputc('o', f);
	fclose(f);
	diag_open(path);
	diag_say("note", big);
	ck_assert_int_eq(access(other, F_OK), -1);
	diag_say("note", big);
	ck_assert_int_eq(stat(other, &st), 0);
	ck_assert_int_le(st.st_size, 1 << 20);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_lt(st.st_size, 2200);
	diag_say("note", "after");
	ck_assert_ptr_nonnull(strstr(contents("diag"), "after"));
	diag_close();
}
END_TEST

START_TEST(test_bad_file)
{
	char target[320];

	set_up();
	snprintf(target, sizeof(target), "%s/target", dir);
	scratch_write(dir, "target", "kept");
	ck_assert_int_eq(symlink(target, path), 0);
	diag_open(path);
	diag_say("error", "one");
	diag_say("error", "two");
	ck_assert_str_eq(contents("target"), "kept");
	contents("stderr");
	/* said once, and nothing lost */
	ck_assert_ptr_eq(strstr(text, "cannot be opened"),
	    strstr(text, "cannot"));
	ck_assert_ptr_null(strstr(strstr(text, "cannot") + 1, "cannot"));
	ck_assert_ptr_nonnull(strstr(text, "error: one\n"));
	ck_assert_ptr_nonnull(strstr(text, "error: two\n"));
	/* repaired: goes on there */
	ck_assert_int_eq(unlink(path), 0);
	diag_say("error", "three");
	ck_assert_ptr_nonnull(strstr(contents("diag"), "three"));
	/* a FIFO that nobody reads does not hang */
	diag_close();
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	diag_open(path);
	diag_say("error", "four");
	diag_close();
}
END_TEST

static void
speak(int who)
{
	struct diag_line line;
	char value[600];

	memset(value, 'a' + who, sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 300; i++) {
		line = (struct diag_line)DIAG_LINE_INIT;
		diag_text(&line, "v", value);
		diag_send(&line);
	}
}

static void *
speaker(void *arg)
{
	speak(*(int *)arg);
	return NULL;
}

/* Lines of threads and processes do not mix, also while it is rolled. */
START_TEST(test_many)
{
	int who[] = { 0, 1, 2 }, status;
	size_t lines = 0, len;
	pthread_t threads[3];
	pid_t pid[3];

	set_up();
	diag_open(path);
	for (int i = 0; i < 3; i++) {
		pid[i] = fork();
		ck_assert_int_ne(pid[i], -1);
		if (pid[i] == 0) {
			speak(3 + i);
			_exit(0);
		}
	}
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, speaker,
		    &who[i]), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(waitpid(pid[i], &status, 0), pid[i]);
		ck_assert_int_eq(status, 0);
	}
	diag_close();
	for (int i = 0; i < 2; i++) {
		contents(i == 0 ? "diag" : "diag.1");
		for (char *p = text; *p != '\0'; p += len + 1) {
			len = strcspn(p, "\n");
			ck_assert_uint_eq(len, 20 + 11 + 2 + 599);
			ck_assert_uint_eq(strspn(p + 33, (char[2]){ p[33] }),
			    599);
			lines++;
		}
	}
	ck_assert_uint_eq(lines, 6 * 300);
}
END_TEST

/* Nobody reads standard error: its lines are kept, or counted as lost. */
START_TEST(test_stuck)
{
	char name[24], full[4096];
	struct timespec begun, ended;
	size_t len = 0;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	memset(full, 'x', sizeof(full));
	while (write(ends[1], full, sizeof(full)) > 0)
		continue;
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, 0), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	diag_writer_enable();
	clock_gettime(CLOCK_MONOTONIC, &begun);
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "line %d", i);
		diag_say("note", name);
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	/* less than a second for each of them */
	ck_assert_int_lt(ended.tv_sec - begun.tv_sec, 10);
	while (strstr(text, "were lost") == NULL) {
		ssize_t n = read(ends[0], full, sizeof(full));

		ck_assert_int_gt(n, 0);
		for (ssize_t i = 0; i < n; i++)
			if (full[i] != 'x' || len > 0)
				text[len++] = full[i];
		text[len] = '\0';
	}
	ck_assert_ptr_nonnull(strstr(text, "note: line 0\n"));
	ck_assert_ptr_nonnull(strstr(text, "note: line 31\n"));
	ck_assert_ptr_null(strstr(text, "note: line 32\n"));
	ck_assert_ptr_nonnull(strstr(text, "warning: 28 lines were lost"));
	/* it is written at once again */
	diag_say("note", "after");
	len = (size_t)read(ends[0], text, sizeof(text) - 1);
	text[len] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "note: after\n"));
}
END_TEST

UNIT_MAIN("diag", test_line, test_escapes, test_cut, test_file, test_roll,
    test_bad_file, test_many,
    test_stuck)
