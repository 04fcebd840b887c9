/* SPDX-License-Identifier: ISC */
/*
 * Reads what drain --stay writes, and answers.  It never decides that an event
 * is lost or set aside: if the engine is not as it should be, the program ends,
 * and drain hands what has no answer to the next one.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"
#include "relay/stay.h"

#define HELLO		"hookcask-stay 1"
#define LOOK_MS		60000
#define INPUT_MIN	((size_t)256 << 10)

struct stay {
	const struct stay_engine *engine;
	void			*ctx;
	char			 endpoint[64];
	bool			 greeted;
	int64_t			 count;		/* lines since the start */
	struct stay_line	*lines;		/* without an answer */
	size_t			 held, size;
	char			**told;		/* checkpoints, oldest first */
	size_t			 told_count;
	int64_t			 looked_ms;
	char			*in;		/* from in_at on: not read */
	size_t			 in_at, in_seen, in_len, in_size;
};

void
stay_say(const struct stay_engine *engine, const char *text)
{
	fprintf(stderr, "%s: %s\n", engine->name, text);
}

void
stay_say_others(const struct stay_engine *engine, int64_t count,
    const char *where)
{
	if (count > 0)
		fprintf(stderr, "%s: %" PRId64 " events have another body "
		    "than is kept under their id; see %s\n", engine->name,
		    count, where);
}

void
stay_ok(const struct stay_line *first, const struct stay_line *last,
    const char *token)
{
	printf("ok %" PRId64 "-%" PRId64 " %s\n", first->number,
	    last->number, token);
}

static bool
no_memory(struct err *err)
{
	return err_set(err, OUTCOME_TRY_AGAIN, "no memory");
}

static bool
greet(struct stay *s, struct err *err)
{
	const char *from = NULL;

	s->greeted = true;
	s->looked_ms = fileops_clock_ms();
	if (!s->engine->ask(s->ctx, s->endpoint, s->told, s->told_count,
	    &from, err))
		return false;
	printf("%s\nresume%s%s\n", HELLO, from == NULL ? "" : " ",
	    from == NULL ? "" : from);
	return true;
}

static bool
take_checkpoint(struct stay *s, const char *text, struct err *err)
{
	char **told = realloc(s->told, (s->told_count + 1) * sizeof(*told));

	if (told == NULL)
		return no_memory(err);
	s->told = told;
	/* its time follows */
	told[s->told_count] = strndup(text, strcspn(text, " "));
	return told[s->told_count++] != NULL || no_memory(err);
}

static bool
take_record(struct stay *s, const char *text, size_t len, struct err *err)
{
	struct stay_line *line, *more;
	unsigned char *buf = NULL;
	struct hookcask_span body;

	s->count++;
	if (s->held == s->size) {
		s->size = s->size == 0 ? 1000 : 2 * s->size;
		more = realloc(s->lines, s->size * sizeof(*more));
		if (more == NULL)
			return no_memory(err);
		s->lines = more;
	}
	line = &s->lines[s->held];
	memset(line, 0, sizeof(*line));
	line->number = s->count;
	line->len = len;
	line->text = malloc(len + 1);
	if (line->text == NULL)
		return no_memory(err);
	memcpy(line->text, text, len);
	line->text[len] = '\0';
	if (!record_parse(&line->view, line->text, len)) {
		free(line->text);
		printf("failed %" PRId64 " not a record\n", s->count);
		return true;
	}
	s->held++;
	if (line->view.base64.len > 0 &&
	    (buf = malloc(line->view.body_len + 3)) == NULL)
		return no_memory(err);
	if (record_body(&line->view, buf, &body))
		line->body_hash = record_body_hash(body);
	free(buf);
	return true;
}

static void
drop_lines(struct stay *s)
{
	for (size_t i = 0; i < s->held; i++)
		free(s->lines[i].text);
	s->held = 0;
}

static bool
flush(struct stay *s, struct err *err)
{
	size_t from = 0;
	bool ok = true;

	/* "failed" leaves a gap in the numbers: a range must have none */
	for (size_t i = 1; ok && i <= s->held; i++)
		if (i == s->held || s->lines[i].number !=
		    s->lines[i - 1].number + 1) {
			ok = s->engine->keep(s->ctx, s->lines + from, i - from,
			    err);
			from = i;
		}
	for (size_t i = 0; ok && i < s->held; i++)
		if (s->lines[i].why[0] != '\0')
			printf("failed %" PRId64 " %s\n", s->lines[i].number,
			    s->lines[i].why);
	drop_lines(s);
	return ok;
}

static bool
take(struct stay *s, const char *text, size_t len, struct err *err)
{
	if (text[0] == '{')
		return take_record(s, text, len, err) &&
		    (s->held < STAY_BATCH || flush(s, err));
	if (strncmp(text, "checkpoint ", 11) == 0)
		return take_checkpoint(s, text + 11, err);
	if (strncmp(text, HELLO " ", sizeof(HELLO)) == 0)
		snprintf(s->endpoint, sizeof(s->endpoint), "%s",
		    text + sizeof(HELLO));
	if (len > 0)
		return true;
	return s->greeted ? flush(s, err) : greet(s, err);
}

/* Looks at the engine once a minute, also while nothing comes. */
static bool
look(struct stay *s, struct err *err)
{
	struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
	int64_t left;

	for (;;) {
		left = s->looked_ms + LOOK_MS - fileops_clock_ms();
		if (!s->greeted || s->engine->look == NULL)
			return true;
		if (left > 0 && poll(&in, 1, (int)left) != 0)
			return true;
		s->looked_ms = fileops_clock_ms();
		if (!s->engine->look(s->ctx, err))
			return false;
	}
}

/* 1, 0 at the end, -1. */
static int
fill(struct stay *s, struct err *err)
{
	size_t size = s->in_size == 0 ? INPUT_MIN : 2 * s->in_size;
	char *more;
	ssize_t n;

	if (s->in_at > 0)
		memmove(s->in, s->in + s->in_at, s->in_len - s->in_at);
	s->in_len -= s->in_at;
	s->in_at = 0;
	s->in_seen = s->in_len;
	if (s->in_len == s->in_size) {
		more = realloc(s->in, size);
		if (more == NULL)
			return no_memory(err) - 1;
		s->in = more;
		s->in_size = size;
	}
	fflush(stdout);
	if (!look(s, err))
		return -1;
	do
		n = read(STDIN_FILENO, s->in + s->in_len,
		    s->in_size - s->in_len);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 ? 0 : err_sys(err, OUTCOME_TRY_AGAIN, errno,
		    "standard input") - 1;
	s->in_len += (size_t)n;
	return 1;
}

/* An unfinished line at the end is left out. */
static bool
serve(struct stay *s, struct err *err)
{
	char *text, *lf;
	int rc = 1;

	while (rc > 0) {
		lf = s->in_len == s->in_seen ? NULL : memchr(s->in +
		    s->in_seen, '\n', s->in_len - s->in_seen);
		if (lf == NULL) {
			rc = fill(s, err);
			continue;
		}
		*lf = '\0';
		text = s->in + s->in_at;
		s->in_at = s->in_seen = (size_t)(lf - s->in) + 1;
		if (!take(s, text, (size_t)(lf - text), err))
			rc = -1;
	}
	fflush(stdout);
	return rc == 0;
}

bool
stay_run(const struct stay_engine *engine, void *ctx, struct err *err)
{
	struct stay s = { .engine = engine, .ctx = ctx };
	bool ok = serve(&s, err);

	drop_lines(&s);
	for (size_t i = 0; i < s.told_count; i++)
		free(s.told[i]);
	free(s.told);
	free(s.lines);
	free(s.in);
	return ok;
}
