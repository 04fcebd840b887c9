/* SPDX-License-Identifier: ISC */
/*
 * Adds the ids of records that are not read from the log itself, in
 * transactions between which responders get the lock.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/hold.h"

#define ADD_STEP 10000 /* records in a transaction */
#define RECORDS "records added"

struct admin_adding {
	const struct admin	*admin;
	struct hold		*hold;
	struct mark		 mark;
	int64_t			 records;
	int			 step;		/* of the open transaction */
	bool			 open;		/* it is, and the lock held */
};

bool
admin_adding_open(struct admin_adding **result, const struct admin *a,
    struct err *err)
{
	struct admin_adding *adding = calloc(1, sizeof(*adding));

	*result = NULL;
	if (adding == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory for ids");
	adding->admin = a;
	adding->hold = hold_open(a, err);
	if (adding->hold == NULL) {
		free(adding);
		return false;
	}
	if (a->progress != NULL)
		a->progress(0, RECORDS);
	*result = adding;
	return true;
}

static bool
begin(struct admin_adding *a, struct err *err)
{
	struct ledger *l = a->hold->ledger;

	if (!hold_lock(a->hold, a->admin, err))
		return false;
	if (!ledger_begin(l, false, err)) {
		hold_unlock(a->hold);
		return false;
	}
	a->mark = l->mark;
	a->step = 0;
	a->open = true;
	return true;
}

static bool
commit(struct admin_adding *a, struct err *err)
{
	bool ok;

	if (!a->open)
		return true;
	ok = ledger_commit_mark(a->hold->ledger, &a->mark, err);
	hold_unlock(a->hold);
	a->open = false;
	if (a->admin->progress != NULL)
		a->admin->progress(a->records, RECORDS);
	return ok;
}

bool
admin_adding_put(struct admin_adding *a, const struct record_view *view,
    struct err *err)
{
	struct ledger *l = a->hold->ledger;
	struct index_row row;

	if ((a->step == ADD_STEP && !commit(a, err)) ||
	    (!a->open && !begin(a, err)) ||
	    !ledger_row(&row, view, 0, 0, err) ||
	    !ledger_check(l, index_add(l->index, view->id, &row, err)))
		return false;
	if (view->time > a->mark.newest)
		a->mark.newest = view->time;
	a->records++;
	a->step++;
	return true;
}

bool
admin_adding_end(struct admin_adding *a, bool ok, struct err *err)
{
	if (a == NULL)
		return ok;
	ok = ok && commit(a, err);
	if (a->open)
		hold_unlock(a->hold);
	hold_close(a->hold);
	free(a);
	return ok;
}

static bool
add_lines(struct admin_adding *adding, FILE *f, const char *name,
    struct admin_count *count, struct err *err)
{
	const char *source = adding->admin->endpoint->name;
	struct record_view view;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool ok = true;

	while (ok && (len = getline(&line, &size, f)) >= 0) {
		if (line[len - 1] != '\n' ||
		    !record_parse(&view, line, (size_t)len - 1) ||
		    strcmp(view.source, source) != 0) {
			count->skipped++;
			continue;
		}
		ok = admin_adding_put(adding, &view, err);
		count->records += ok;
	}
	if (ok && ferror(f))
		ok = err_sys(err, OUTCOME_IO_ERROR, errno, "%s", name);
	free(line);
	return ok;
}

bool
admin_add(const struct admin *a, FILE *f, const char *name,
    struct admin_count *count, struct err *err)
{
	struct admin_count ids = { 0 };
	struct admin_adding *adding;
	bool ok;

	memset(count, 0, sizeof(*count));
	ok = admin_adding_open(&adding, a, err) &&
	    add_lines(adding, f, name, count, err);
	ok = admin_adding_end(adding, ok, err) && admin_look(a, &ids, err);
	count->ids = ids.ids;
	return ok;
}
