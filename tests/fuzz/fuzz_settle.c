/* SPDX-License-Identifier: ISC */
/*
 * A store in any state.  The input's first byte says where its bytes lie:
 *
 *	a	past the mark of a log that holds one record
 *	b	as a log without an index
 *	c	in the place of a log whose index knows another
 *	d	as the lines of a "tail", e: of "orphans"
 *	f	as a whole "tail"
 *	g	over the index, from its beginning
 *
 * Then one event is put.  Whatever was there, what the store has acknowledged
 * stays, what follows are whole records, and the event is known afterwards.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/span.h"
#include "events.h"
#include "fuzz.h"
#include "store/log.h"
#include "vectors.h"

#define STATE	".hookcask-" EVENT_SOURCE

static char home[512], log_path[520], state_path[540];
static struct endpoint endpoint = { .name = EVENT_SOURCE, .mode = 0600,
	.dedup_window = 7 * 86400, .log = log_path,
	.where = (char *)(uintptr_t)"fuzz" };

/* The log with one record, its index, and what the mark says of it. */
static char *first, *index_db, *index_wal;
static size_t first_len, index_db_len, index_wal_len;

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	FUZZ_HOLDS(strlen(text) > 0);
}

static enum outcome
put(const char *id)
{
	const struct store_options options = { .lock_timeout = 10,
		.note = note };
	struct err err = ERR_INIT;
	enum outcome outcome;
	struct record record;
	struct store *store;
	struct event event;

	event_make(&event, span_text(id), span_text("{}"));
	/* as intake lets it in: signed just now */
	event.signed_at = time(NULL);
	FUZZ_HOLDS(record_init(&record, &event, NULL));
	FUZZ_HOLDS(store_open(&store, &endpoint, &options, &err));
	outcome = store_put(store, &record, &err);
	FUZZ_HOLDS((outcome == OUTCOME_STORE_ERROR) ==
	    (err.kind != OUTCOME_STORED));
	store_close(store);
	record_wipe(&record);
	free(event.body);
	return outcome;
}

static char *
read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;

	*len = 0;
	if (fd < 0 || fstat(fd, &st) != 0)
		return fuzz_copy("", 1);
	text = malloc((size_t)st.st_size + 1);
	FUZZ_HOLDS(text != NULL);
	*len = (size_t)st.st_size;
	FUZZ_HOLDS(read(fd, text, *len) == st.st_size);
	close(fd);
	return text;
}

static char *
read_state(const char *name, size_t *len)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", state_path, name);
	return read_file(path, len);
}

/* In place, because the mark knows the inode of the log. */
static void
write_file(const char *name, struct hookcask_span a, struct hookcask_span b)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", home, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_HOLDS(fd >= 0);
	FUZZ_HOLDS(write(fd, a.data, a.len) == (ssize_t)a.len);
	FUZZ_HOLDS(b.len == 0 || write(fd, b.data, b.len) == (ssize_t)b.len);
	close(fd);
}

static int
remove_one(const char *path, const struct stat *st, int type,
    struct FTW *walk)
{
	(void)st;
	(void)type;
	return walk->level > 0 ? remove(path) : 0;
}

/* As it was after the first event, or with nothing in the state. */
static void
restore(bool with_index)
{
	struct hookcask_span none = { NULL, 0 };

	nftw(state_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	write_file("log", span_make(first, first_len), none);
	if (!with_index)
		return;
	write_file(STATE "/" INDEX_FILE, span_make(index_db, index_db_len),
	    none);
	write_file(STATE "/" INDEX_FILE "-wal", span_make(index_wal,
	    index_wal_len), none);
}

static void
prepare(void)
{
	if (first != NULL)
		return;
	fuzz_home(home, "settle");
	snprintf(log_path, sizeof(log_path), "%s/log", home);
	snprintf(state_path, sizeof(state_path), "%s/" STATE, home);
	FUZZ_HOLDS(put("first") == OUTCOME_STORED);
	first = read_file(log_path, &first_len);
	index_db = read_state(INDEX_FILE, &index_db_len);
	index_wal = read_state(INDEX_FILE "-wal", &index_wal_len);
}

/* A tail's head as log_tail.c writes it, for lines of that length. */
static void
make_head(char head[1024], size_t len)
{
	struct iovec line = { first, first_len };
	struct mark mark = { .set = true };
	char hash[65];
	struct stat st;
	int n;

	FUZZ_HOLDS(stat(log_path, &st) == 0);
	log_mark_line(&mark, &line, 1, first_len, 0);
	for (int i = 0; i < 32; i++)
		snprintf(hash + 2 * i, 3, "%02x", mark.last_hash[i]);
	memset(head, ' ', 1024);
	n = snprintf(head, 1024, "hookcask tail 1 %" PRIu64 " %" PRId64
	    " %zu %" PRId64 " %s log\n", (uint64_t)st.st_ino, mark.offset,
	    len, mark.last_len, hash);
	head[n] = ' ';
	head[1023] = '\n';
}

static bool
is_ours(struct hookcask_span line)
{
	struct record_view view;

	return record_parse(&view, line.data, line.len) &&
	    strcmp(view.source, EVENT_SOURCE) == 0;
}

/*
 * The log is the records that were there, and the new one; those of the
 * input that are whole are kept, each byte of them and in their order.
 */
static void
judge_kept(struct hookcask_span before, struct hookcask_span input)
{
	size_t len;
	char *log = read_file(log_path, &len);
	struct hookcask_span rest = span_make(log, len), line, kept;
	bool ended;

	FUZZ_HOLDS(len > 0 && log[len - 1] == '\n');
	FUZZ_HOLDS(before.len <= len);
	FUZZ_HOLDS(before.len == 0 || memcmp(log, before.data,
	    before.len) == 0);
	rest.data = log + before.len;
	rest.len -= before.len;
	while (input.len > 0) {
		ended = memchr(input.data, '\n', input.len) != NULL;
		kept = fuzz_cut(&input, '\n');
		if (!ended || !is_ours(kept))
			continue;
		line = fuzz_cut(&rest, '\n');
		FUZZ_HOLDS(span_same(line, kept));
	}
	line = fuzz_cut(&rest, '\n');
	FUZZ_HOLDS(is_ours(line) && rest.len == 0);
	free(log);
}

static void
judge_first(void)
{
	size_t len;
	char *log = read_file(log_path, &len);

	FUZZ_HOLDS(len >= first_len);
	FUZZ_HOLDS(memcmp(log, first, first_len) == 0);
	free(log);
}

static void
past_mark(struct hookcask_span input, char how)
{
	struct hookcask_span none = { NULL, 0 }, old = none;
	enum outcome outcome;
	size_t len;
	char *log;

	restore(how != 'b');
	if (how == 'a')
		old = span_make(first, first_len);
	write_file("log", old.len > 0 ? old : input, old.len > 0 ? input :
	    none);
	outcome = put("new");
	if (outcome == OUTCOME_STORE_ERROR) {
		/* somebody else's file: not a byte of it is touched */
		FUZZ_HOLDS(how != 'a');
		log = read_file(log_path, &len);
		FUZZ_HOLDS(span_same(span_make(log, len), input));
		free(log);
		return;
	}
	if (outcome == OUTCOME_STORED)
		judge_kept(old, input);
	FUZZ_HOLDS(put("new") == OUTCOME_DUPLICATE);
	FUZZ_HOLDS(how != 'a' || put("first") == OUTCOME_DUPLICATE);
}

static void
beside(struct hookcask_span input, const char *name, bool with_head)
{
	char head[1024];

	restore(true);
	make_head(head, input.len);
	write_file(name, span_make(head, with_head ? sizeof(head) : 0),
	    input);
	if (put("new") != OUTCOME_STORE_ERROR)
		FUZZ_HOLDS(put("new") == OUTCOME_DUPLICATE);
	judge_first();
}

static void
over_index(struct hookcask_span input)
{
	struct hookcask_span behind = { NULL, 0 };

	restore(true);
	if (input.len < index_db_len)
		behind = span_make(index_db + input.len,
		    index_db_len - input.len);
	write_file(STATE "/" INDEX_FILE "-wal", behind, behind);
	write_file(STATE "/" INDEX_FILE, input, behind);
	if (put("new") != OUTCOME_STORE_ERROR)
		FUZZ_HOLDS(put("new") == OUTCOME_DUPLICATE);
	judge_first();
}

static void
run(const uint8_t *data, size_t len)
{
	struct hookcask_span input;

	if (len < 1)
		return;
	prepare();
	input = span_make(data + 1, len - 1);
	switch (data[0]) {
	case 'a':
	case 'b':
	case 'c':
		past_mark(input, (char)data[0]);
		break;
	case 'd':
		beside(input, STATE "/" LOG_TAIL, true);
		break;
	case 'e':
		beside(input, STATE "/" LOG_ORPHANS, true);
		break;
	case 'f':
		beside(input, STATE "/" LOG_TAIL, false);
		break;
	case 'g':
		over_index(input);
		break;
	}
}

/* Two records, and what may be between and after them. */
static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	static const char between[] = "\n\0\0\0\n{\"specversion\":\"1.0\",\n";
	static unsigned turn;
	size_t len;

	if (size < 2)
		return 0;
	len = fuzz_record.seed(v, buf + 1, size - 1);
	if (len++ == 0)
		return 0;
	buf[0] = (uint8_t)("abcdef"[turn++ % 6]);
	fuzz_put(buf, size, &len, span_make(between, sizeof(between) - 1));
	fuzz_put(buf, size, &len, span_make(buf + 1, len / 2));
	return len;
}

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	size_t len = 0;

	if (n == 0) {
		prepare();
		fuzz_put_text(buf, size, &len, "g");
		fuzz_put(buf, size, &len, span_make(index_db, index_db_len));
		return len;
	}
	if (n == 1)
		fuzz_put_text(buf, size, &len, "fhookcask tail 1 1 0 5 0 "
		    "00 log\n");
	return len;
}

const struct fuzz_driver fuzz_settle = { "settle", run, seed, own, 300 };
