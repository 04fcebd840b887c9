/* SPDX-License-Identifier: ISC */
/*
 * Connects to a database and asks it.  Over a network, TLS that verifies the
 * server is required, and a password is never an argument.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "relay/loopback.h"
#include "relay/pgsql.h"

static bool
is_local(const char *host)
{
	return host[0] == '/' || host[0] == '@' || loopback_is(host);
}

/* What it says for a key, or NULL. */
static const char *
said(const PQconninfoOption *options, const char *key)
{
	for (; options->keyword != NULL; options++)
		if (strcmp(options->keyword, key) == 0)
			return options->val;
	return NULL;
}

static bool
check_options(const PQconninfoOption *options, struct err *err)
{
	const char *mode = said(options, "sslmode");
	const char *host = said(options, "hostaddr");
	bool local;

	if (said(options, "password") != NULL)
		return err_set(err, OUTCOME_USAGE, "everybody can see a "
		    "password in an argument; put it into the file that "
		    "passfile= or PGPASSFILE names");
	if (host == NULL)
		host = said(options, "host");
	if (host == NULL)
		host = getenv("PGHOST");
	local = host == NULL ? said(options, "service") == NULL &&
	    getenv("PGSERVICE") == NULL : is_local(host);
	if (local || mode == NULL || strcmp(mode, "verify-full") == 0)
		return true;
	return err_set(err, OUTCOME_USAGE, "sslmode=%s does not know the "
	    "server; leave it out, or use a socket or loopback", mode);
}

static const char *
words(const char *text)
{
	static char line[512];
	size_t len = strcspn(text, "\n");

	/* the first line is enough */
	if (len >= sizeof(line))
		len = sizeof(line) - 1;
	memcpy(line, text, len);
	line[len] = '\0';
	return line;
}

bool
pgsql_open(PGconn **conn, const char *conninfo, struct err *err)
{
	/* conninfo is later, and overrides these */
	static const char *const keys[] = { "sslmode", "connect_timeout",
		"target_session_attrs", "application_name", "client_encoding",
		"dbname", NULL };
	const char *const values[] = { "verify-full", "10", "read-write",
		"hookcask", "UTF8", conninfo, NULL };
	char *why = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &why);
	bool ok;

	*conn = NULL;
	if (options == NULL) {
		err_set(err, OUTCOME_USAGE, "%s", why == NULL ? "no memory" :
		    words(why));
		PQfreemem(why);
		return false;
	}
	ok = check_options(options, err);
	PQconninfoFree(options);
	if (!ok)
		return false;
	*conn = PQconnectdbParams(keys, values, 1);
	return PQstatus(*conn) == CONNECTION_OK || err_set(err,
	    OUTCOME_TRY_AGAIN, "%s", words(PQerrorMessage(*conn)));
}

PGresult *
pgsql_query(PGconn *conn, const char *sql, int count,
    const char *const *values, char sqlstate[6], struct err *err)
{
	PGresult *result = PQexecParams(conn, sql, count, NULL, values, NULL,
	    NULL, 0);
	ExecStatusType status = PQresultStatus(result);
	const char *state;

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return result;
	state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (sqlstate != NULL)
		strcpy(sqlstate, state == NULL || strlen(state) != 5 ?
		    "08000" : state);
	err_set(err, OUTCOME_TRY_AGAIN, "%s%s%s",
	    words(PQerrorMessage(conn)), state == NULL ? "" : ", SQLSTATE ",
	    state == NULL ? "" : state);
	PQclear(result);
	return NULL;
}

bool
pgsql_run(PGconn *conn, const char *sql, char sqlstate[6], struct err *err)
{
	PGresult *result = pgsql_query(conn, sql, 0, NULL, sqlstate, err);

	PQclear(result);
	return result != NULL;
}
