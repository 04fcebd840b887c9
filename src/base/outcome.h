/* SPDX-License-Identifier: ISC */
/*
 * How a delivery or a command can end: one table maps each outcome to its
 * name, its HTTP status and its sysexits(3) code.
 */
#ifndef BASE_OUTCOME_H
#define BASE_OUTCOME_H

#include <stdbool.h>

#include "hookcask.h"

enum outcome {
	/* 200 */
	OUTCOME_STORED = 0,
	OUTCOME_DUPLICATE,
	OUTCOME_IGNORED,		/* its type is not wanted */
	OUTCOME_PROBED,			/* type hookcask.probe */
	/* refusals by verification: names as hookcask_status_name() */
	OUTCOME_MISSING_HEADER,
	OUTCOME_BAD_ID,
	OUTCOME_BAD_TIMESTAMP,
	OUTCOME_TOO_OLD,
	OUTCOME_TOO_NEW,
	OUTCOME_BAD_SIGNATURE_HEADER,
	OUTCOME_NO_MATCH,
	/* other refusals */
	OUTCOME_BAD_METHOD,
	OUTCOME_UNKNOWN_PATH,
	OUTCOME_TOO_LARGE,
	OUTCOME_DOUBLED_HEADER,
	OUTCOME_SHORT_BODY,
	OUTCOME_BODY_TIMEOUT,
	/* our own faults: 503, the sender tries again */
	OUTCOME_STORE_ERROR,
	OUTCOME_BAD_CONFIG,
	/* 200: a known id, kept beside the first one's body */
	OUTCOME_OTHER_BODY,
	OUTCOME_DELIVERY_END,		/* number of those above */

	/* the tool only */
	OUTCOME_USAGE = OUTCOME_DELIVERY_END,	/* EX_USAGE */
	OUTCOME_BAD_DATA,		/* EX_DATAERR */
	OUTCOME_NO_INPUT,		/* EX_NOINPUT */
	OUTCOME_UNAVAILABLE,		/* EX_UNAVAILABLE */
	OUTCOME_NO_MEMORY,		/* EX_OSERR */
	OUTCOME_IO_ERROR,		/* EX_IOERR */
	OUTCOME_TRY_AGAIN,		/* EX_TEMPFAIL */
	OUTCOME_NO_PERMISSION,		/* EX_NOPERM */
	OUTCOME_CANNOT_CREATE,		/* EX_CANTCREAT */
	/* status --check, which exits as monitoring plugins do */
	OUTCOME_WARNING,		/* 1 */
	OUTCOME_CRITICAL,		/* 2 */
	OUTCOME_UNKNOWN,		/* 3 */
	OUTCOME_END
};

const char	*outcome_name(enum outcome);	/* "bad-timestamp" */
const char	*outcome_hint(enum outcome);	/* what to try next, or "" */
/* Likewise, a closer one if there is one for this detail (or NULL). */
#define OUTCOME_NO_SIGNATURE	"no-signature"	/* of missing-header */
#define OUTCOME_NO_ENTRY	"no-entry"	/* of no-match */
#define OUTCOME_NO_DESCRIPTORS	"no-descriptors" /* of store-error */
const char	*outcome_hint_about(enum outcome, const char *detail);
int		 outcome_http(enum outcome);	/* 200, 400, ... */
int		 outcome_exit(enum outcome);	/* sysexits(3) */
bool		 outcome_is_temporary(enum outcome);
enum outcome	 outcome_of_status(enum hookcask_status);

#endif
