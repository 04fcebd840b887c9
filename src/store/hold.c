/* SPDX-License-Identifier: ISC */
/* Opens and locks a store of either kind for the operator's changes. */
#include <config.h>

#include <stdlib.h>

#include "store/hold.h"

static int64_t
deadline(const struct admin *a)
{
	return fileops_clock_ms() + (int64_t)a->options.lock_timeout * 1000;
}

void
hold_unlock(struct hold *h)
{
	if (h->is_spool)
		spool_unlock(&h->spool);
	else
		log_unlock(&h->log);
}

bool
hold_lock(struct hold *h, const struct admin *a, struct err *err)
{
	struct ledger *l = h->ledger;
	bool ok;

	if (!(h->is_spool ? spool_lock(&h->spool, deadline(a), err) :
	    log_lock(&h->log, deadline(a), err)))
		return false;
	ok = ledger_begin(l, false, err) ||
	    (ledger_begin_again(l, err) && ledger_begin(l, false, err));
	if (ok)
		ledger_rollback(l);
	else
		hold_unlock(h);
	return ok;
}

void
hold_close(struct hold *h)
{
	if (h->is_spool)
		spool_close(&h->spool);
	else
		log_close(&h->log);
	free(h);
}

struct hold *
hold_open(const struct admin *a, struct err *err)
{
	struct hold *h = calloc(1, sizeof(*h));
	bool ok;

	if (h == NULL) {
		err_set(err, OUTCOME_NO_MEMORY, "no memory for a store");
		return NULL;
	}
	h->is_spool = a->endpoint->spool != NULL;
	h->ledger = h->is_spool ? &h->spool.ledger : &h->log.ledger;
	ok = h->is_spool ?
	    spool_open(&h->spool, a->endpoint, &a->options, err) :
	    log_open(&h->log, a->endpoint, &a->options, err);
	if (ok)
		return h;
	hold_close(h);
	return NULL;
}
