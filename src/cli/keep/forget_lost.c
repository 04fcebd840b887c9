/* SPDX-License-Identifier: ISC */
/*
 * Makes a log accept again what it has lost.  An id that is forgotten wrongly
 * is stored twice, so nothing is forgotten until all that is left of the log
 * was read.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/keep/forget_lost.h"
#include "cli/reading/reading_every.h"
#include "cli/term/progress.h"
#include "store/statedir.h"

static bool
found(void *ctx, const struct reading *reading, struct err *err)
{
	(void)err;
	lost_found(ctx, reading->view.id);
	return true;
}

/* Finds what is lost; *records: how many were read. */
static bool
find_lost(struct lost *l, const struct admin *a,
    const struct lost_names *names, uint64_t *records, struct err *err)
{
	struct reader reader = { .record = found, .ctx = l };
	struct index *index = NULL;
	struct statedir dir;
	bool done;

	done = admin_settle(a, err) &&
	    statedir_init(&dir, &fileops_posix, a->endpoint, err) &&
	    index_open_read(&index, dir.path, err) == INDEX_OK &&
	    lost_open(l, index, a->endpoint, dir.home, names, err) &&
	    reader_log_every(&reader, a->endpoint, &dir, err) &&
	    lost_list(l, index, err);
	index_close(index);
	progress_clear();
	*records = reader.seen;
	return done;
}

static bool
forget(const struct admin *a, const struct lost *l, bool dry_run,
    struct admin_count *count, struct err *err)
{
	if (dry_run)
		return admin_look(a, count, err);
	return admin_forget_all(a, l->text, l->text_len, count, err);
}

bool
forget_lost(const struct admin *a, const struct lost_names *names,
    bool dry_run, bool json, struct err *err)
{
	struct lost lost = { 0 };
	struct admin_count count;
	uint64_t records = 0;
	bool done;

	if (a->endpoint->spool != NULL)
		return err_set(err, OUTCOME_USAGE, "index: --forget-lost is "
		    "for a log; consumers remove the files of a spool, so a "
		    "missing file need not be lost; --forget forgets one id");
	done = find_lost(&lost, a, names, &records, err) &&
	    forget(a, &lost, dry_run, &count, err);
	if (done)
		printf(json ? "{\"records\":%" PRIu64 ",\"lost\":%zu,"
		    "\"forgotten\":%" PRId64 ",\"ids\":%" PRId64 "}\n" :
		    "%" PRIu64 " records read, %zu ids lost, %" PRId64
		    " forgotten, %" PRId64 " known\n", records,
		    lost_count(&lost), count.forgotten, count.ids);
	lost_wipe(&lost);
	return done;
}
