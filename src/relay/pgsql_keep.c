/* SPDX-License-Identifier: ISC */
/*
 * Keeps lines in one transaction, with the place.
 *
 *   refused with SQLSTATE                means
 *   22xxx, the first time                jsonb cannot hold a body: once more,
 *                                        row by row, NULL where it cannot
 *   one of blaming[]                     a line is to blame
 *   anything else                        none is
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/pgsql.h"

enum { ENDPOINT, ID, HASH, TYPE, TIME, RECEIVED, RECORD, DATA, PLACE, VALUES };

#define KEYS "unnest($1::text[], $2::text[], $3::bigint[]) "		\
	"AS g(endpoint, id, body_hash)"
#define ROWS(data) "unnest($1::text[], $2::text[], $3::bigint[], "	\
	"$4::text[], $5::timestamptz[], $6::timestamptz[], $7::json[]" data \
	") AS g(endpoint, id, body_hash, type, time, received, record"
#define INSERT								\
	"INSERT INTO hookcask_event (endpoint, id, body_hash, type, time, " \
	"received, record, data) "
#define NO_TWIN " ON CONFLICT (endpoint, id) DO NOTHING"
/* jsonb is made of the body alone, not found in the record again */
#define FAST INSERT "SELECT * FROM " ROWS(", $8::jsonb[]") ", data)" NO_TWIN
#define SLOW INSERT "SELECT *, hookcask_data(record) FROM " ROWS("") ")" NO_TWIN
#define OTHER "hookcask_event e USING (endpoint, id) "			\
	"WHERE e.body_hash <> g.body_hash"
#define ANY_OTHER "SELECT 1 FROM " KEYS " JOIN " OTHER " LIMIT 1"
#define KEEP_OTHERS							\
	"INSERT INTO hookcask_other_body (endpoint, id, body_hash, type, " \
	"time, received, record, data) SELECT g.*, hookcask_data(g.record) " \
	"FROM " ROWS("") ") JOIN " OTHER " ON CONFLICT DO NOTHING RETURNING 1"
#define PLACED								\
	"INSERT INTO hookcask_place VALUES ($1, 1, now()) "		\
	"ON CONFLICT (name) DO UPDATE SET "				\
	"number = hookcask_place.number + 1, written = now() "		\
	"RETURNING number"

static const char fast[] = FAST;

/* An array under construction, as PostgreSQL types it. */
struct array {
	char	*text;
	size_t	 len, size;
};

/* NULL is NULL. */
static bool
put(struct array *a, const char *text, size_t len)
{
	size_t need = a->len + 2 * len + 8;
	char *more;

	if (need > a->size) {
		more = realloc(a->text, 2 * need);
		if (more == NULL)
			return false;
		a->text = more;
		a->size = 2 * need;
	}
	a->text[a->len] = a->len == 0 ? '{' : ',';
	a->len++;
	if (text == NULL) {
		memcpy(a->text + a->len, "NULL", 5);
		a->len += 4;
		return true;
	}
	a->text[a->len++] = '"';
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			a->text[a->len++] = '\\';
		a->text[a->len++] = text[i];
	}
	memcpy(a->text + a->len, "\"", 2);
	a->len++;
	return true;
}

static bool
put_text(struct array *a, const char *text)
{
	return put(a, text, strlen(text));
}

static bool
fill(struct array all[VALUES], const struct stay_line *lines, size_t count)
{
	char time[CIVIL_SIZE], received[CIVIL_SIZE], hash[24];
	bool ok = true;

	for (size_t i = 0; ok && i < count; i++) {
		const struct record_view *v = &lines[i].view;

		civil_format(time, v->time);
		civil_format_us(received, v->received_us);
		snprintf(hash, sizeof(hash), "%" PRId64,
		    (int64_t)lines[i].body_hash);
		ok = put_text(&all[ENDPOINT], v->source) &&
		    put_text(&all[ID], v->id) &&
		    put_text(&all[TYPE], v->type) &&
		    put_text(&all[TIME], time) &&
		    put_text(&all[RECEIVED], received) &&
		    put(&all[RECORD], lines[i].text, lines[i].len) &&
		    put(&all[DATA], v->data.data, v->data.len) &&
		    put_text(&all[HASH], hash);
	}
	for (int i = 0; ok && i < PLACE; i++)
		memcpy(all[i].text + all[i].len, "}", 2);
	return ok;
}

/* One statement; the number of rows that it returned, or -1. */
static int
step(PGconn *conn, const char *sql, int count, const char *const *values,
    int64_t *first, char state[6], struct err *err)
{
	PGresult *result = pgsql_query(conn, sql, count, values, state, err);
	int rows;

	if (result == NULL)
		return -1;
	rows = PQntuples(result);
	if (first != NULL && rows > 0)
		*first = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return rows;
}

static bool
transact(PGconn *conn, const char *insert, const char *const *values,
    int64_t *number, int64_t *others, char state[6], struct err *err)
{
	int rows = 0;

	if (pgsql_run(conn, "BEGIN", state, err) &&
	    pgsql_run(conn, "SET LOCAL synchronous_commit = on", state, err) &&
	    step(conn, insert, insert == fast ? PLACE : DATA, values, NULL,
	    state, err) == 0 &&
	    (rows = step(conn, ANY_OTHER, TYPE, values, NULL, state,
	    err)) >= 0 &&
	    (rows == 0 || (rows = step(conn, KEEP_OTHERS, DATA, values, NULL,
	    state, err)) >= 0) &&
	    step(conn, PLACED, 1, values + PLACE, number, state, err) == 1 &&
	    pgsql_run(conn, "COMMIT", state, err)) {
		*others += rows;
		return true;
	}
	/* the error that counts is the first one */
	pgsql_run(conn, "ROLLBACK", NULL, NULL);
	return false;
}

/* The manual page has the same list. */
static bool
is_blaming(const char *state)
{
	static const char *const blaming[] = {
		"22001", "22003", "22007", "22008", "22021", "22P02", "22P05",
		"23502", "23503", "23505", "23514", "23P01", "54000", "54001"
	};

	for (size_t i = 0; i < sizeof(blaming) / sizeof(*blaming); i++)
		if (strcmp(state, blaming[i]) == 0)
			return true;
	return false;
}

enum pgsql_kept
pgsql_keep(PGconn *conn, const struct stay_line *lines, size_t count,
    const char *place, int64_t *number, int64_t *others, struct err *err)
{
	struct array all[VALUES] = { { NULL, 0, 0 } };
	const char *values[VALUES];
	char state[6] = "";
	bool ok = fill(all, lines, count);

	if (!ok)
		err_set(err, OUTCOME_TRY_AGAIN, "no memory");
	for (int i = 0; i < PLACE; i++)
		values[i] = all[i].text;
	values[PLACE] = place;
	if (ok) {
		ok = transact(conn, fast, values, number,
		    others, state, err);
		if (!ok && strncmp(state, "22", 2) == 0) {
			*err = (struct err)ERR_INIT;
			ok = transact(conn, SLOW, values, number, others,
			    state, err);
		}
	}
	for (int i = 0; i < PLACE; i++)
		free(all[i].text);
	if (ok)
		return PGSQL_KEPT;
	return is_blaming(state) ? PGSQL_REFUSED : PGSQL_LATER;
}
