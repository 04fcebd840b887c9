/* SPDX-License-Identifier: ISC */
/*
 * The operator's changes to an index.  Each is one transaction, or
 * many small ones between which responders get the lock.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/admin.h"
#include "store/hold.h"

#define EXPIRE_STEP 10000 /* ids */
#define MIB_LEFT "MiB of a file left to read"

static void
tell(const struct admin *a, int64_t count, const char *what)
{
	if (a->progress != NULL)
		a->progress(count, what);
}

static bool
count_ids(struct hold *h, const struct admin *a, struct admin_count *count,
    struct err *err)
{
	struct ledger *l = h->ledger;
	bool ok;

	if (!hold_lock(h, a, err))
		return false;
	/* opens the index, and finds it good */
	ok = ledger_begin(l, false, err);
	hold_unlock(h);
	/* it takes seconds: deliveries go on meanwhile */
	return ok && index_count(l->index, &count->ids, err) == INDEX_OK;
}

bool
admin_look(const struct admin *a, struct admin_count *count,
    struct err *err)
{
	struct hold *h = hold_open(a, err);
	bool ok;

	memset(count, 0, sizeof(*count));
	if (h == NULL)
		return false;
	ok = count_ids(h, a, count, err);
	hold_close(h);
	return ok;
}

bool
admin_rebuild(const struct admin *a, struct admin_count *count,
    struct err *err)
{
	struct hold *h;
	bool ok, more = true;

	memset(count, 0, sizeof(*count));
	if (a->endpoint->spool != NULL)
		return err_set(err, OUTCOME_BAD_DATA, "%s: the index of a "
		    "spool cannot be rebuilt: consumers take its files away; "
		    "give copies of them to --add",
		    a->endpoint->spool);
	h = hold_open(a, err);
	if (h == NULL)
		return false;
	tell(a, 0, MIB_LEFT);
	ok = hold_lock(h, a, err);
	if (ok) {
		ok = log_settle_now(&h->log, INT64_MAX, err) &&
		    log_mark_all_unread(&h->log, err);
		hold_unlock(h);
	}
	/* one step at a time: requests go on in between */
	while (ok && more) {
		ok = hold_lock(h, a, err);
		if (!ok)
			break;
		h->log.settle_until_ms = fileops_clock_ms() + 500;
		ok = log_index_unread_step(&h->log, &more, err);
		hold_unlock(h);
		tell(a, more ? h->log.left >> 20 : 0, MIB_LEFT);
	}
	if (ok)
		ok = count_ids(h, a, count, err);
	hold_close(h);
	return ok;
}

bool
admin_forget(const struct admin *a, const char *id, bool *found,
    struct err *err)
{
	struct hold *h = hold_open(a, err);
	struct ledger *l;
	bool ok;

	if (h == NULL)
		return false;
	ok = hold_lock(h, a, err);
	if (ok) {
		l = h->ledger;
		ok = ledger_begin(l, true, err) &&
		    ledger_check(l, index_forget(l->index, id, found, err)) &&
		    ledger_commit(l, err);
		hold_unlock(h);
	}
	hold_close(h);
	return ok;
}

bool
admin_settle(const struct admin *a, struct err *err)
{
	struct hold *h = hold_open(a, err);
	bool ok;

	if (h == NULL)
		return false;
	ok = hold_lock(h, a, err);
	if (ok) {
		ok = log_settle_now(&h->log, INT64_MAX, err);
		hold_unlock(h);
	}
	hold_close(h);
	return ok;
}

static bool
forget_each(struct ledger *l, const char *ids, size_t len, int64_t *gone,
    struct err *err)
{
	bool found;

	for (size_t at = 0; at < len; at += strlen(ids + at) + 1) {
		if (!ledger_check(l, index_forget(l->index, ids + at, &found,
		    err)))
			return false;
		*gone += found;
	}
	return true;
}

bool
admin_forget_all(const struct admin *a, const char *ids, size_t len,
    struct admin_count *count, struct err *err)
{
	struct hold *h = hold_open(a, err);
	struct mark mark;
	bool ok;

	memset(count, 0, sizeof(*count));
	if (h == NULL)
		return false;
	ok = hold_lock(h, a, err);
	if (ok) {
		ok = ledger_begin(h->ledger, true, err) &&
		    forget_each(h->ledger, ids, len, &count->forgotten, err);
		mark = h->ledger->mark;
		mark.cut = false;
		ok = ok && ledger_commit_mark(h->ledger, &mark, err);
		hold_unlock(h);
	}
	ok = ok && count_ids(h, a, count, err);
	hold_close(h);
	return ok;
}

static bool
expire_some(struct hold *h, struct mark *at, int64_t *gone, struct err *err)
{
	struct ledger *l = h->ledger;
	int64_t some;

	if (!ledger_begin(l, false, err) ||
	    !ledger_check(l, index_sweep(l->index, at,
	    ledger_horizon(l->endpoint, l->ops,
	    l->mark.newest), EXPIRE_STEP, &some, err)) ||
	    !ledger_commit(l, err))
		return false;
	*gone += some;
	return true;
}

bool
admin_expire(const struct admin *a, int64_t *gone, struct err *err)
{
	struct hold *h = hold_open(a, err);
	struct mark at = { .swept = "" };
	bool ok;

	*gone = 0;
	if (h == NULL)
		return false;
	/* one round: ids that are added meanwhile are young */
	do {
		ok = hold_lock(h, a, err);
		if (!ok)
			break;
		ok = expire_some(h, &at, gone, err);
		hold_unlock(h);
	} while (ok && at.swept[0] != '\0');
	hold_close(h);
	return ok;
}

bool
admin_count_expired(const struct admin *a, const char *dir, int64_t *count,
    struct err *err)
{
	struct index *index;
	struct mark mark;
	bool ok;

	*count = 0;
	if (index_open_read(&index, dir, err) != INDEX_OK)
		return false;
	ok = index_get_mark(index, &mark, err) == INDEX_OK &&
	    index_count_before(index, ledger_horizon(a->endpoint,
	    &fileops_posix, mark.newest), count, err) == INDEX_OK;
	index_close(index);
	return ok;
}

bool
admin_moved(const struct admin *a, struct err *err)
{
	struct admin moved = *a;
	struct hold *h;
	bool ok;

	moved.options.moved = true;
	h = hold_open(&moved, err);
	ok = h != NULL && hold_lock(h, &moved, err);
	if (ok) {
		/* synced, so that power loss cannot undo it */
		ok = ledger_begin(h->ledger, true, err) &&
		    ledger_check(h->ledger, index_set_mark(h->ledger->index,
		    &h->ledger->mark, err)) && ledger_commit(h->ledger, err);
		hold_unlock(h);
	}
	if (h != NULL)
		hold_close(h);
	return ok;
}
