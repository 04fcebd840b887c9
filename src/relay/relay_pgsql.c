/* SPDX-License-Identifier: ISC */
/*
 * relay-pgsql: hands what drain --stay gives it to a PostgreSQL database.
 * The number of the place there is the checkpoint.
 */
#include <config.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"
#include "config/vault.h"
#include "relay/pgsql.h"

#define REFUSED_MAX	5		/* 1 % */
#define REFUSED_OF	500		/* the last events, in all batches */

static const char usage[] =
    "usage: relay-pgsql [--init | --check | --place NAME] CONNINFO";
static const char help[] =
    "  --init        make the tables or upgrade older ones, and check them\n"
    "  --check       check the tables and the server\n"
    "  --place NAME  the name of this relay's place (the endpoint's)\n"
    "\n"
    "Without --init and --check it is a program for hookcask drain --stay.\n"
    "Manual: hookcask-relay-pgsql(8)\n";

struct relay {
	PGconn		*conn;
	const char	*place;		/* NULL: the endpoint's name */
	int64_t		 others;
	bool		 accepts;	/* it has kept something */
	int64_t		 seen;		/* events kept or refused */
	struct refused {
		uint64_t key;
		int64_t	 at;		/* seen, then */
	} refused[REFUSED_MAX];		/* each once, however often tried */
	size_t		 refused_count;
};

static bool	ask(void *, const char *, char *const *, size_t, const char **,
		    struct err *);
static bool	keep(void *, struct stay_line *, size_t, struct err *);

static const struct stay_engine engine = {
	.name = "relay-pgsql",
	.ask = ask,
	.keep = keep
};

static bool
ask(void *ctx, const char *endpoint, char *const *checkpoints, size_t count,
    const char **from, struct err *err)
{
	struct relay *r = ctx;
	size_t have = count;
	int64_t number;

	if (r->place == NULL)
		r->place = endpoint;
	if (!pgsql_place(r->conn, r->place, &number, err))
		return false;
	while (have > 0 && strtoll(checkpoints[have - 1], NULL, 10) > number)
		have--;
	if (have < count)
		*from = have == 0 ? STAY_FIRST : checkpoints[have - 1];
	return true;
}

static uint64_t
key_of(const struct stay_line *line)
{
	return line->body_hash ^ record_body_hash(span_text(line->view.id));
}

/* Forgets the one with this key, and those that are long ago. */
static void
forget(struct relay *r, uint64_t key)
{
	size_t left = 0;

	for (size_t i = 0; i < r->refused_count; i++)
		if (r->refused[i].key != key &&
		    r->seen - r->refused[i].at < REFUSED_OF)
			r->refused[left++] = r->refused[i];
	r->refused_count = left;
}

static void
note_kept(struct relay *r, const struct stay_line *lines, size_t count)
{
	r->seen += (int64_t)count;
	for (size_t i = 0; r->refused_count > 0 && i < count; i++)
		forget(r, key_of(&lines[i]));
}

/* False: there are too many for each to be to blame. */
static bool
note_refused(struct relay *r, const struct stay_line *line, struct err *err)
{
	uint64_t key = key_of(line);

	forget(r, key);
	if (r->refused_count == REFUSED_MAX)
		return err_set(err, OUTCOME_TRY_AGAIN, "%s; so were %d others "
		    "of the last %d events: something is wrong with the "
		    "table, and none is set aside", line->why, REFUSED_MAX,
		    REFUSED_OF);
	r->refused[r->refused_count++] = (struct refused){ key, r->seen++ };
	return true;
}

/* Halves what is refused until the line is found that is to blame. */
static bool
keep_half(struct relay *r, struct stay_line *lines, size_t count,
    struct err *err)
{
	struct err why = ERR_INIT;
	char token[24];
	int64_t number;

	switch (pgsql_keep(r->conn, lines, count, r->place, &number,
	    &r->others, &why)) {
	case PGSQL_KEPT:
		r->accepts = true;
		note_kept(r, lines, count);
		snprintf(token, sizeof(token), "%" PRId64, number);
		stay_ok(lines, &lines[count - 1], token);
		return true;
	case PGSQL_LATER:
		*err = why;
		return false;
	case PGSQL_REFUSED:
		break;
	}
	if (count > 1)
		return keep_half(r, lines, count / 2, err) &&
		    keep_half(r, lines + count / 2, count - count / 2, err);
	snprintf(lines->why, sizeof(lines->why), "%.255s", why.text);
	return note_refused(r, lines, err);
}

static bool
keep(void *ctx, struct stay_line *lines, size_t count, struct err *err)
{
	struct relay *r = ctx;
	bool ok = keep_half(r, lines, count, err);
	/* it was restarted, and the reason may be there still */
	if (ok && !r->accepts)
		ok = err_set(err, OUTCOME_TRY_AGAIN, "%s; and nothing was "
		    "accepted since the relay was started, so something may be "
		    "wrong with the table, and none is set aside",
		    lines[0].why);
	stay_say_others(&engine, r->others, "the table hookcask_other_body");
	r->others = 0;
	return ok;
}

static void
note(const char *text)
{
	stay_say(&engine, text);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "init", no_argument, NULL, 'i' },
		{ "check", no_argument, NULL, 'c' },
		{ "place", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	struct relay r = { .conn = NULL };
	struct err err = ERR_INIT;
	int c, what = 'r';
	bool ok;

	vault_hide();
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'p')
			r.place = optarg;
		else
			what = c;
	}
	if (what == 'h') {
		printf("%s\n\n%s", usage, help);
		return 0;
	}
	if (what == '?' || optind + 1 != argc) {
		stay_say(&engine, usage);
		return outcome_exit(OUTCOME_USAGE);
	}
	ok = pgsql_open(&r.conn, argv[optind], &err);
	if (ok && what == 'i')
		ok = pgsql_init(r.conn, note, &err);
	if (ok)
		ok = pgsql_check(r.conn, &err) &&
		    (what != 'r' || stay_run(&engine, &r, &err));
	PQfinish(r.conn);
	if (ok)
		return 0;
	stay_say(&engine, err.text);
	return outcome_exit(err.kind);
}
