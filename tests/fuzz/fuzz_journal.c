/* SPDX-License-Identifier: ISC */
/*
 * A consumer's state.  The input is lain there as it is, and once more as
 * lines whose head and check sums are right, so that what they say is
 * reached.  What can be opened can be written to, and says the same when it
 * is opened again.
 */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "cli/consumer/state.h"
#include "fuzz.h"

#define NAME	"drain-c"
#define HEAD	"hookcask drain 1 log e c\n"

static int dir = -1;

static bool
open_state(struct consumer_state *s, enum state_open how)
{
	static const struct consumer_state closed = STATE_CLOSED;
	struct state_where where = { &fileops_posix, dir, fuzz_dir(), "c", "e",
		false };
	struct err err = ERR_INIT;
	bool ok;

	*s = closed;
	ok = state_open(s, &where, how, &err);
	FUZZ_HOLDS(ok || err.kind == OUTCOME_BAD_DATA);
	if (!ok)
		state_close(s);
	return ok;
}

static void
read_texts(struct consumer_state *s)
{
	struct hookcask_span reason, said;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < s->entry_count; i++) {
		struct state_entry *e = &s->entries[i];
		char *text = state_text(s, e, &err);

		FUZZ_HOLDS(text != NULL);
		FUZZ_HOLDS(memchr(text, '\n', e->text_len) == NULL);
		free(text);
		text = state_why(s, e, &reason, &said, &err);
		FUZZ_HOLDS(text != NULL);
		FUZZ_HOLDS(reason.len + said.len <= e->why_len + 1);
		free(text);
		FUZZ_HOLDS(state_entry(s, e->seq) == e);
		FUZZ_HOLDS(i == 0 || e[-1].seq < e->seq);
	}
	for (size_t i = 0; i < s->file_count; i++)
		FUZZ_HOLDS(state_file(s, s->files[i].id) ==
		    &s->files[i]);
}

static void
use(void)
{
	struct consumer_state s, again;
	struct state_file place = { .id = 7, .place = 100,
		.last = { 60, 40, 0xF00D, 1700000000000000, "msg_1" } };
	struct err err = ERR_INIT;
	uint64_t seq;

	if (!open_state(&s, STATE_CHANGE))
		return;
	read_texts(&s);
	state_place(&s, &place);
	seq = state_keep(&s, (struct state_passed){ 7, 10 },
	    span_text("a b"));
	FUZZ_HOLDS(state_write(&s, &err));
	FUZZ_HOLDS(state_entry(&s, seq) != NULL);
	FUZZ_HOLDS(state_file(&s, 7)->place == 100);
	FUZZ_HOLDS(open_state(&again, STATE_READ));
	FUZZ_HOLDS(state_file(&again, 7)->last.hash == place.last.hash);
	FUZZ_HOLDS(strcmp(state_file(&again, 7)->last.id, "msg_1") == 0);
	FUZZ_HOLDS(again.entry_count == s.entry_count);
	FUZZ_HOLDS(again.file_count == s.file_count);
	FUZZ_HOLDS(again.passed_count == s.passed_count);
	FUZZ_HOLDS(again.next_seq == s.next_seq);
	state_close(&again);
	s.pack_at = 0;
	FUZZ_HOLDS(state_pack(&s, &err));
	FUZZ_HOLDS(state_entry(&s, seq) != NULL);
	read_texts(&s);
	FUZZ_HOLDS(state_move(&s, &place, &err));
	FUZZ_HOLDS(state_entry(&s, seq)->origin.file == 0);
	FUZZ_HOLDS(!state_file(&s, 7)->done);
	read_texts(&s);
	state_close(&s);
}

static void
run(const uint8_t *data, size_t len)
{
	struct hookcask_span rest = span_make(data, len);
	struct lines_out out = { 0 };

	if (dir < 0)
		dir = open(fuzz_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fuzz_file(NAME, data, len);
	use();
	line_add_span(&out, span_text(HEAD));
	while (rest.len > 0) {
		line_begin(&out);
		line_add_span(&out, fuzz_cut(&rest, '\n'));
		line_end(&out);
	}
	fuzz_file(NAME, out.data, out.len);
	lines_out_wipe(&out);
	use();
}

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	static const char *const texts[] = {
		"P 1f 100\nD 1f 200\nE 1 1f 120 {\"a\":1}\nT 1 1 5000 w 4000 "
		"exit:1 said \\n so\nG 2\nZ 3 10 20 30 40\nP 1f 300\nX 1",
		"P 1f 300 200 100 00ff00ff00ff00ff 1767225600000000 msg_1\n"
		"Z 1f 300 10 300 40 200 100 ff 1767225600000000 msg_1\n"
		"P 2 9 0 9 0 5 ",
		"E 2 a 0 one\nE 1 a 1 two\nT 2 3 0 f 9 timeout \nX 2\nX 9\n"
		"D a 5\nD a 5\nZ a 0 1 2 3",
		"P ffffffffffffffff 9223372036854775807\nE "
		"18446744073709551615 0 0 x\nP 0 -1",
		HEAD "00000000 P 1 1\n",
		NULL
	};

	return fuzz_own(texts, n, buf, size);
}

const struct fuzz_driver fuzz_journal = { "journal", run, NULL, own, 2000 };
