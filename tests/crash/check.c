/* SPDX-License-Identifier: ISC */
/*
 * Look at what is on the machine and say what breaks a promise.  Reads
 * the files themselves, not through the store.
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "store/log_tail.h"
#include "store/other_body.h"
#include "sweep.h"

#define FILES_MAX SENT_MAX

/* One line: a record that the sender has sent, byte for byte. */
static void
check_line(const char *where, const char *line, size_t len, bool settled)
{
	struct hookcask_span body;
	struct record_view view;
	struct sent *s = NULL;
	bool is_known = false;

	if (!record_parse(&view, line, len)) {
		if (settled)
			violate("%s: a line that is no record", where);
		return;
	}
	if (!record_body(&view, NULL, &body))
		violate("%s: %s has no body", where, view.id);
	for (int i = 0; i < sent_count; i++) {
		if (strcmp(sent[i].id, view.id) != 0 || !sent[i].tried)
			continue;
		is_known = true;
		if (span_same(body, span_text(sent[i].body)))
			s = &sent[i];
	}
	if (!is_known)
		violate("%s: %s was never sent", where, view.id);
	if (s == NULL)
		violate("%s: %s: not the bytes that were signed", where,
		    view.id);
	s->seen++;
}

static void
check_lines(const char *where, const unsigned char *data, int64_t size,
    bool settled)
{
	const char *p = (const char *)data, *end = p + size, *lf;

	while (p < end) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL) {
			if (settled)
				violate("%s: a torn line", where);
			return;
		}
		check_line(where, p, (size_t)(lf - p), settled);
		p = lf + 1;
	}
}

/* Another endpoint's log, which must not be touched. */
static void
check_other(const struct sim_file *f)
{
	if (f->size != (int64_t)strlen(OTHER_TEXT) ||
	    memcmp(f->data, OTHER_TEXT, strlen(OTHER_TEXT)) != 0)
		violate("%s was changed", f->name);
}

static void
check_log(bool settled)
{
	struct sim_file files[FILES_MAX], f;
	static const char *const tails[] = { STATE "/" LOG_TAIL,
		STATE "/" LOG_ORPHANS };
	int count = sim_list(HOME, files, FILES_MAX);

	for (int i = 0; i < count; i++)
		if (strcmp(files[i].name, "other") == 0)
			check_other(&files[i]);
		else if (!files[i].is_dir)
			check_lines(files[i].name, files[i].data,
			    files[i].size, settled);
	if (settled)
		return;
	/* lines on their way back may be in both places */
	for (int t = 0; t < 2; t++) {
		int seen[SENT_MAX];

		if (!sim_find(tails[t], &f) || f.size < LOG_TAIL_HEAD)
			continue;
		for (int i = 0; i < sent_count; i++) {
			seen[i] = sent[i].seen;
			sent[i].seen = 0;
		}
		check_lines(tails[t], f.data + LOG_TAIL_HEAD,
		    f.size - LOG_TAIL_HEAD, false);
		for (int i = 0; i < sent_count; i++)
			if (seen[i] > sent[i].seen)
				sent[i].seen = seen[i];
	}
}

static void
check_spool(bool settled)
{
	struct sim_file files[FILES_MAX];
	int count = sim_list(HOME "/new", files, FILES_MAX);

	for (int i = 0; i < sent_count; i++)
		sent[i].seen = sent[i].consumed;
	for (int i = 0; i < count; i++)
		/* what is published is whole, always */
		check_lines(files[i].name, files[i].data, files[i].size,
		    true);
	count = sim_list(HOME "/tmp", files, FILES_MAX);
	if (settled && count > 0)
		violate("tmp/%s was left behind", files[0].name);
	/* acknowledged, its renaming lost: the next process does it again */
	for (int i = 0; i < count; i++)
		for (int j = 0; j < sent_count; j++)
			if (strstr(files[i].name, sent[j].id) != NULL &&
			    sent[j].acked && sent[j].seen == 0) {
				check_lines(files[i].name, files[i].data,
				    files[i].size, true);
				break;
			}
}

static void
check_state(void)
{
	struct sim_file files[FILES_MAX];
	int count = sim_list(STATE, files, FILES_MAX);

	for (int i = 0; i < count; i++)
		if (strcmp(files[i].name, "index.db") != 0 &&
		    strcmp(files[i].name, "index.db-wal") != 0 &&
		    strcmp(files[i].name, STATEDIR_WAITING) != 0 &&
		    strcmp(files[i].name, OTHER_BODY_DIR) != 0 &&
		    strcmp(files[i].name, OFFERS_FILE) != 0 &&
		    strncmp(files[i].name, OFFERS_FIFO,
		    strlen(OFFERS_FIFO)) != 0 &&
		    strncmp(files[i].name, "bad-", 4) != 0)
			violate("%s was left in the state directory",
			    files[i].name);
}

/* Of an id one body is the event, and each other one is kept aside once. */
static void
check_other_bodies(void)
{
	struct sim_file files[FILES_MAX];
	int count;

	for (int i = 0; i < sent_count; i++)
		for (int j = 0; j < i; j++)
			if (strcmp(sent[i].id, sent[j].id) == 0 &&
			    sent[i].seen > 0 && sent[j].seen > 0)
				violate("%s was stored with two bodies",
				    sent[i].id);
	count = sim_list(STATE "/" OTHER_BODY_DIR, files, FILES_MAX);
	for (int i = 0; i < count; i++)
		if (other_body_is_named(files[i].name))
			check_lines(files[i].name, files[i].data,
			    files[i].size, true);
		else if (strcmp(files[i].name, OTHER_BODY_NEW) != 0)
			violate("%s was left there", files[i].name);
}

void
check_store(bool settled)
{
	for (int i = 0; i < sent_count; i++)
		sent[i].seen = 0;
	if (scene->log != NULL)
		check_log(settled);
	else
		check_spool(settled);
	check_other_bodies();
	if (settled)
		check_state();
	for (int i = 0; i < sent_count; i++) {
		if (sent[i].seen > 1)
			violate("%s is there %d times", sent[i].token,
			    sent[i].seen);
		if (sent[i].acked && sent[i].seen == 0 &&
		    !sent[i].may_go && !sent[i].archived)
			violate("%s was acknowledged and is not there",
			    sent[i].token);
	}
}
