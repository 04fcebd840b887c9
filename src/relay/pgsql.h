/* SPDX-License-Identifier: ISC */
/* Events in a PostgreSQL database: rows, and a place, in one transaction. */
#ifndef RELAY_PGSQL_H
#define RELAY_PGSQL_H

#include <libpq-fe.h>

#include "relay/stay.h"

/*
 * Connects.  What conninfo leaves out has libpq's defaults, except sslmode:
 * verify-full.  OUTCOME_USAGE: conninfo is not safe or not understood;
 * OUTCOME_TRY_AGAIN: it cannot connect now.
 */
bool	pgsql_open(PGconn **, const char *conninfo, struct err *);
/* OUTCOME_TRY_AGAIN with the server's words; sqlstate may be NULL. */
bool	pgsql_run(PGconn *, const char *sql, char sqlstate[6], struct err *);
/* As above, with parameters; the result is the caller's, NULL with err. */
PGresult *pgsql_query(PGconn *, const char *sql, int count,
	    const char *const *values, char sqlstate[6], struct err *);

/* pgsql_table.c */
/*
 * Makes the tables, adds what those of an older version lack, and leaves the
 * others; all or nothing.  note: what is added.
 */
bool	pgsql_init(PGconn *, void (*note)(const char *), struct err *);
/* Are they there, and does the server keep what it acknowledges? */
bool	pgsql_check(PGconn *, struct err *);
/* The number of the last transaction of this place; 0: none. */
bool	pgsql_place(PGconn *, const char *place, int64_t *number,
	    struct err *);

/* pgsql_keep.c */
enum pgsql_kept {
	PGSQL_KEPT,
	PGSQL_REFUSED,		/* one of the lines is to blame */
	PGSQL_LATER		/* none of them is */
};
/*
 * Keeps them all in one transaction, or none; *number is then the place's.
 * others: how many have another body than is kept under their ids.
 */
enum pgsql_kept pgsql_keep(PGconn *, const struct stay_line *, size_t count,
	    const char *place, int64_t *number, int64_t *others,
	    struct err *);

#endif
