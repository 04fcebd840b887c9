/* SPDX-License-Identifier: ISC */
/*
 * Signed bodies that came under an id whose first body was another one: a file
 * each, kept in the state directory for the operator.
 */
#ifndef STORE_OTHER_BODY_H
#define STORE_OTHER_BODY_H

#include "base/lines.h"
#include "store/batch.h"
#include "store/ledger.h"

#define OTHER_BODY_DIR		"other-body"
#define OTHER_BODY_NEW		"new"	/* a file that is being written */
/* Two hashes of 16 hex digits, of the id and the body: "ID-BODY.json". */
#define OTHER_BODY_NAME_SIZE	(16 + 1 + 16 + 5 + 1)
/* No more than this is kept. */
#define OTHER_BODY_FILES	1000
#define OTHER_BODY_BYTES	(4 * (int64_t)LINE_MAX_BYTES)

/* The digits of an id in its names. */
#define OTHER_BODY_ID_SIZE	(16 + 1)
void	other_body_id(char digits[OTHER_BODY_ID_SIZE], const char *id);
/* Is it one of those names? */
bool	other_body_is_named(const char *name);

/*
 * After a batch was written, under the lock: duplicates whose body is not
 * their id's first one are kept, and become OUTCOME_OTHER_BODY.  Those that
 * cannot be kept become OUTCOME_STORE_ERROR; false with err, of the last one.
 */
bool	other_bodies_keep(struct ledger *, struct put **, size_t count,
	    struct err *);

#endif
