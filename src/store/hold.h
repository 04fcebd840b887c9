/* SPDX-License-Identifier: ISC */
/* Either store, opened and locked for as long as one call needs it. */
#ifndef STORE_HOLD_H
#define STORE_HOLD_H

#include "store/admin.h"
#include "store/log.h"
#include "store/spool.h"

struct hold {
	bool is_spool;
	struct log log;
	struct spool spool;
	struct ledger *ledger;
};

/* NULL with err. */
struct hold *hold_open(const struct admin *, struct err *);
void	hold_close(struct hold *);
/* Takes the lock and opens the index; replaces a broken one at once. */
bool	hold_lock(struct hold *, const struct admin *, struct err *);
void	hold_unlock(struct hold *);

#endif
