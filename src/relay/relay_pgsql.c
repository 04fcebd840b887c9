/* SPDX-License-Identifier: ISC */
/*
 * relay-pgsql: hands what drain --stay gives it to a PostgreSQL database.
 * It never decides by itself that an event is lost or set aside: where the
 * database is not as it should be it ends, and drain starts it again.
 */
#include <config.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "relay/pgsql.h"

#define HELLO		"hookcask-stay 1"
#define REFUSED_MAX	10		/* in a row or a batch */

struct relay {
	PGconn			*conn;
	const char		*place;		/* NULL: the endpoint's name */
	char			 endpoint[64];
	int64_t			 count;		/* lines since the start */
	struct relay_line	*lines;		/* without an answer */
	size_t			 held, size;
	int64_t			*told;		/* checkpoints, oldest first */
	size_t			 told_count;
	int64_t			 others;
	int			 refused;	/* in a row */
};

static void
say(const char *text)
{
	fprintf(stderr, "relay-pgsql: %s\n", text);
}

static bool
no_memory(struct err *err)
{
	return err_set(err, OUTCOME_TRY_AGAIN, "no memory");
}

/* The newest checkpoint that the database still has. */
static bool
greet(struct relay *r, struct err *err)
{
	const char *place = r->place == NULL ? r->endpoint : r->place;
	size_t have = r->told_count;
	int64_t number;

	r->place = place;
	if (!pgsql_place(r->conn, place, &number, err))
		return false;
	puts(HELLO);
	while (have > 0 && r->told[have - 1] > number)
		have--;
	if (have == r->told_count)
		puts("resume");
	else if (have == 0)
		puts("resume -");
	else
		printf("resume %" PRId64 "\n", r->told[have - 1]);
	return true;
}

static bool
take_checkpoint(struct relay *r, const char *text, struct err *err)
{
	int64_t *told = realloc(r->told, (r->told_count + 1) * sizeof(*told));

	if (told == NULL)
		return no_memory(err);
	r->told = told;
	told[r->told_count++] = strtoll(text, NULL, 10);
	return true;
}

static bool
take_record(struct relay *r, const char *text, size_t len, struct err *err)
{
	struct relay_line *line, *more;
	unsigned char *buf = NULL;
	struct hookcask_span body;

	r->count++;
	if (r->held == r->size) {
		r->size = r->size == 0 ? 1000 : 2 * r->size;
		more = realloc(r->lines, r->size * sizeof(*more));
		if (more == NULL)
			return no_memory(err);
		r->lines = more;
	}
	line = &r->lines[r->held];
	memset(line, 0, sizeof(*line));
	line->number = r->count;
	line->len = len;
	line->text = malloc(len + 1);
	if (line->text == NULL)
		return no_memory(err);
	memcpy(line->text, text, len);
	line->text[len] = '\0';
	if (!record_parse(&line->view, line->text, len)) {
		free(line->text);
		printf("failed %" PRId64 " not a record\n", r->count);
		return true;
	}
	r->held++;
	if (line->view.base64.len > 0 &&
	    (buf = malloc(line->view.body_len + 3)) == NULL)
		return no_memory(err);
	if (record_body(&line->view, buf, &body))
		line->body_hash = record_body_hash(body);
	free(buf);
	return true;
}

/* Halves what is refused until the line is found that is to blame. */
static bool
keep(struct relay *r, struct relay_line *lines, size_t count,
    struct err *err)
{
	struct err why = ERR_INIT;
	int64_t number;

	switch (pgsql_keep(r->conn, lines, count, r->place, &number,
	    &r->others, &why)) {
	case PGSQL_KEPT:
		r->refused = 0;
		printf("ok %" PRId64 "-%" PRId64 " %" PRId64 "\n",
		    lines[0].number, lines[count - 1].number, number);
		return true;
	case PGSQL_LATER:
		*err = why;
		return false;
	case PGSQL_REFUSED:
		break;
	}
	if (count > 1)
		return keep(r, lines, count / 2, err) &&
		    keep(r, lines + count / 2, count - count / 2, err);
	snprintf(lines->why, sizeof(lines->why), "%.255s", why.text);
	if (++r->refused < REFUSED_MAX)
		return true;
	return err_set(err, OUTCOME_TRY_AGAIN, "%s; so were %d events in a "
	    "row: something is wrong with the table, and none is set aside",
	    why.text, REFUSED_MAX);
}

static size_t
count_refused(const struct relay *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->held; i++)
		count += r->lines[i].why[0] != '\0';
	return count;
}

static bool
flush(struct relay *r, struct err *err)
{
	size_t refused, from = 0;
	bool ok = true;

	/* "failed" leaves a gap in the numbers: a range must have none */
	for (size_t i = 1; ok && i <= r->held; i++)
		if (i == r->held || r->lines[i].number !=
		    r->lines[i - 1].number + 1) {
			ok = keep(r, r->lines + from, i - from, err);
			from = i;
		}
	refused = count_refused(r);
	if (ok && refused >= REFUSED_MAX && refused * 100 > r->held)
		ok = err_set(err, OUTCOME_TRY_AGAIN, "%zu of %zu events are "
		    "refused: something is wrong with the table, and none is "
		    "set aside", refused, r->held);
	for (size_t i = 0; i < r->held; i++) {
		if (ok && r->lines[i].why[0] != '\0')
			printf("failed %" PRId64 " %s\n", r->lines[i].number,
			    r->lines[i].why);
		free(r->lines[i].text);
	}
	r->held = 0;
	if (r->others > 0)
		fprintf(stderr, "relay-pgsql: %" PRId64 " events have another "
		    "body than is kept under their id; see the table "
		    "hookcask_other_body\n", r->others);
	r->others = 0;
	return ok;
}

static bool
take(struct relay *r, const char *text, size_t len, bool *greeted,
    struct err *err)
{
	if (text[0] == '{')
		return take_record(r, text, len, err);
	if (strncmp(text, "checkpoint ", 11) == 0)
		return take_checkpoint(r, text + 11, err);
	if (strncmp(text, HELLO " ", sizeof(HELLO)) == 0) {
		snprintf(r->endpoint, sizeof(r->endpoint), "%s",
		    text + sizeof(HELLO));
		return true;
	}
	if (len > 0)
		return true;
	if (*greeted)
		return flush(r, err);
	*greeted = true;
	return greet(r, err);
}

static bool
relay(struct relay *r, struct err *err)
{
	bool ok = true, greeted = false;
	char *text = NULL;
	size_t size = 0;
	ssize_t len;

	while (ok && (len = getline(&text, &size, stdin)) > 0) {
		if (text[len - 1] == '\n')
			text[--len] = '\0';
		ok = take(r, text, (size_t)len, &greeted, err);
		fflush(stdout);
	}
	free(text);
	return ok;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "init", no_argument, NULL, 'i' },
		{ "check", no_argument, NULL, 'c' },
		{ "place", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 }
	};
	struct relay r = { .conn = NULL };
	struct err err = ERR_INIT;
	int c, what = 'r';
	bool ok;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'p')
			r.place = optarg;
		else
			what = c;
	}
	if (what == '?' || optind + 1 != argc) {
		say("usage: relay-pgsql [--init | --check | --place NAME] "
		    "CONNINFO");
		return outcome_exit(OUTCOME_USAGE);
	}
	ok = pgsql_open(&r.conn, argv[optind], &err);
	if (ok && what == 'i')
		ok = pgsql_init(r.conn, &err);
	else if (ok)
		ok = pgsql_check(r.conn, &err) &&
		    (what == 'c' || relay(&r, &err));
	PQfinish(r.conn);
	free(r.lines);
	free(r.told);
	if (ok)
		return 0;
	say(err.text);
	return outcome_exit(err.kind);
}
