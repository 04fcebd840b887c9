/* SPDX-License-Identifier: ISC */
/*
 * The tables.  record is the line as it was stored: json, since jsonb takes
 * neither \u0000 nor 1e400000.  data is what jsonb can hold of its body.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/pgsql.h"

#define COLUMNS								\
	"endpoint text NOT NULL, id text NOT NULL, type text NOT NULL, " \
	"time timestamptz NOT NULL, received timestamptz NOT NULL, "	\
	"record json NOT NULL, data jsonb, body_hash bigint NOT NULL"

/* What each version of hookcask_event has. */
#define ALWAYS								\
	"endpoint, id, type, time, received, record, body_hash"

static const char *const make[] = {
	"CREATE TABLE IF NOT EXISTS hookcask_event ("
	    "seq bigint GENERATED ALWAYS AS IDENTITY, " COLUMNS ", "
	    "PRIMARY KEY (endpoint, id))",
	/* bodies that came under the id of another one */
	"CREATE TABLE IF NOT EXISTS hookcask_other_body (" COLUMNS ", "
	    "PRIMARY KEY (endpoint, id, body_hash))",
	"CREATE TABLE IF NOT EXISTS hookcask_place ("
	    "name text PRIMARY KEY, number bigint NOT NULL, "
	    "written timestamptz NOT NULL)",
	"CREATE OR REPLACE FUNCTION hookcask_data(record json) RETURNS jsonb "
	    "LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
	    "RETURN (record->'data')::jsonb; "
	    "EXCEPTION WHEN data_exception OR program_limit_exceeded THEN "
	    "RETURN NULL; END $$",
};

/* What a table of an older version may lack. */
static const struct {
	const char	*column;
	const char	*add;
	const char	*fill;		/* or NULL */
} added[] = {
	{ "seq", "ALTER TABLE hookcask_event "
	    "ADD seq bigint GENERATED ALWAYS AS IDENTITY", NULL },
	{ "data", "ALTER TABLE hookcask_event ADD data jsonb",
	    "UPDATE hookcask_event SET data = hookcask_data(record)" },
};

static bool
check_tables(PGconn *conn, struct err *err)
{
	struct err why = ERR_INIT;
	char state[6] = "";

	if (pgsql_run(conn, "SELECT " ALWAYS ", seq, data, "
	    "hookcask_data(record) FROM hookcask_event LIMIT 0", state, &why) &&
	    pgsql_run(conn, "SELECT body_hash FROM hookcask_other_body "
	    "LIMIT 0", state, &why) &&
	    pgsql_run(conn, "SELECT name, number, written FROM "
	    "hookcask_place LIMIT 0", state, &why))
		return true;
	/* undefined column, table, function */
	return err_set(err, why.kind, "%s%s", why.text,
	    strcmp(state, "42703") == 0 || strcmp(state, "42P01") == 0 ||
	    strcmp(state, "42883") == 0 ?
	    "; --init makes the tables, and upgrades older ones" : "");
}

static bool
upgrade(PGconn *conn, void (*note)(const char *), struct err *err)
{
	const char *column;
	PGresult *result;
	char text[80];
	/* one of somebody else, with the same name, stays as it is */
	bool ok = pgsql_run(conn, "SELECT " ALWAYS " FROM hookcask_event "
	    "LIMIT 0", NULL, err);

	for (size_t i = 0; ok && i < sizeof(added) / sizeof(*added); i++) {
		column = added[i].column;
		result = pgsql_query(conn, "SELECT 1 FROM pg_attribute WHERE "
		    "attrelid = 'hookcask_event'::regclass AND attname = $1 "
		    "AND NOT attisdropped", 1, &column, NULL, err);
		ok = result != NULL;
		if (ok && PQntuples(result) == 0) {
			snprintf(text, sizeof(text), "hookcask_event is of an "
			    "older version: it gets the column %s", column);
			note(text);
			ok = pgsql_run(conn, added[i].add, NULL, err) &&
			    (added[i].fill == NULL || pgsql_run(conn,
			    added[i].fill, NULL, err));
		}
		PQclear(result);
	}
	return ok;
}

bool
pgsql_init(PGconn *conn, void (*note)(const char *), struct err *err)
{
	bool ok = pgsql_run(conn, "BEGIN", NULL, err);

	for (size_t i = 0; ok && i < sizeof(make) / sizeof(*make); i++)
		ok = pgsql_run(conn, make[i], NULL, err);
	return ok && upgrade(conn, note, err) && check_tables(conn, err) &&
	    pgsql_run(conn, "COMMIT", NULL, err);
}

/* One row and column, as text; what it should be. */
static bool
is_set(PGconn *conn, const char *what, const char *should, struct err *err)
{
	const char *values[] = { what };
	PGresult *result = pgsql_query(conn, "SELECT current_setting($1)", 1,
	    values, NULL, err);
	bool ok;

	if (result == NULL)
		return false;
	ok = strcmp(PQgetvalue(result, 0, 0), should) == 0 || err_set(err,
	    OUTCOME_BAD_DATA, "the server has %s = %s; events could be lost "
	    "or refused unless it is %s", what, PQgetvalue(result, 0, 0),
	    should);
	PQclear(result);
	return ok;
}

bool
pgsql_check(PGconn *conn, struct err *err)
{
	return is_set(conn, "server_encoding", "UTF8", err) &&
	    is_set(conn, "fsync", "on", err) &&
	    is_set(conn, "full_page_writes", "on", err) &&
	    check_tables(conn, err);
}

bool
pgsql_place(PGconn *conn, const char *place, int64_t *number,
    struct err *err)
{
	const char *values[] = { place };
	PGresult *result = pgsql_query(conn, "SELECT number FROM "
	    "hookcask_place WHERE name = $1", 1, values, NULL, err);

	if (result == NULL)
		return false;
	*number = PQntuples(result) == 0 ? 0 :
	    strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return true;
}
