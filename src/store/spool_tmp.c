/* SPDX-License-Identifier: ISC */
/*
 * Reads what a spool finds: files that were left in tmp/ and, if its index was
 * lost, those in new/ and where consumers have moved them.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/lines.h"
#include "store/spool.h"

/* A walk through one of the directories. */
struct walk {
	struct spool *spool;
	struct err *err;
	int dir;			/* its descriptor and name, to index */
	const char *dir_name;
	bool ok;
	bool any;			/* there is a file */
	bool published;			/* new/ must be synced */
	struct mark mark;		/* of what was found */
	int64_t until_ms;		/* no longer in one request */
	bool late;			/* stopped for that reason */
};

static bool
fail(struct spool *spool, const char *dir, const char *name, struct err *err)
{
	return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s/%s",
	    spool->ledger.path, dir, name);
}

/* A consumer may have made its directories unreadable, or put links there. */
static bool
is_closed(int errnum)
{
	return errnum == EACCES || errnum == EPERM || errnum == ELOOP ||
	    errnum == ENOTDIR;
}

enum found { FOUND_NOTHING, FOUND_OTHER, FOUND_RECORD };

/* Reads a file's record and makes a row of it. */
static bool
read_record(struct spool *spool, int dir, const char *dir_name,
    const char *name, enum found *found, struct record_view *view,
    struct index_row *row, struct err *err)
{
	const struct fileops *ops = spool->ledger.ops;
	struct lines lines;
	struct line line;
	struct stat st;
	bool ok;
	int fd, rc;

	*found = FOUND_NOTHING;
	fd = ops->open(ops->ctx, dir, name, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		/* a link is no record; an unreadable file may be one */
		return errno == ENOENT || (errno == ELOOP &&
		    dir != spool->tmp_fd && dir != spool->new_fd) ||
		    fail(spool, dir_name, name, err);
	*found = FOUND_OTHER;
	if (ops->stat(ops->ctx, fd, &st) != 0) {
		fail(spool, dir_name, name, err);
		ops->close(ops->ctx, fd);
		return false;
	}
	lines_init(&lines, ops, fd, 0, st.st_size);
	rc = S_ISREG(st.st_mode) ? lines_next(&lines, &line) : 0;
	/* a file that cannot be read now may be one */
	ok = rc >= 0 || fail(spool, dir_name, name, err);
	if (rc > 0 && line.whole && record_parse(view, line.text, line.len)) {
		*found = FOUND_RECORD;
		ok = ledger_row(row, view, 0, 0, err);
	}
	lines_wipe(&lines);
	ops->close(ops->ctx, fd);
	return ok;
}

/* We make no directory in tmp/: one (lost+found, say) is left alone. */
static bool
is_directory(const struct spool *spool, const char *name)
{
	const struct fileops *ops = spool->ledger.ops;
	struct stat st;

	return ops->stat_at(ops->ctx, spool->tmp_fd, name, &st) == 0 &&
	    S_ISDIR(st.st_mode);
}

/* Steps 4 and 5 for one that is indexed by this name; others are removed. */
static bool
finish_one(void *arg, const char *name)
{
	struct walk *w = arg;
	struct spool *spool = w->spool;
	const struct fileops *ops = spool->ledger.ops;
	struct record_view view;
	struct index_row row;
	enum found what;
	bool found = false;
	int rc;

	if (is_directory(spool, name))
		return true;
	w->ok = read_record(spool, spool->tmp_fd, "tmp", name, &what, &view,
	    &row, w->err) && (what != FOUND_RECORD ||
	    ledger_check(&spool->ledger, index_find(spool->ledger.index,
	    view.id, &found, &row, w->err)));
	if (!w->ok || what == FOUND_NOTHING)
		return w->ok;
	found = found && strcmp(row.name, name) == 0;
	rc = found ? ops->rename(ops->ctx, spool->tmp_fd, name,
	    spool->new_fd, name) : ops->unlink(ops->ctx, spool->tmp_fd, name);
	w->published |= found;
	w->ok = rc == 0 || fail(spool, "tmp", name, w->err);
	return w->ok;
}

/* Ends the listing at the first file. */
static bool
note_file(void *arg, const char *name)
{
	struct walk *w = arg;

	w->any = !is_directory(w->spool, name);
	return !w->any;
}

bool
spool_finish_tmp(struct spool *spool, struct err *err)
{
	struct walk walk = { .spool = spool, .err = err, .ok = true };
	struct ledger *l = &spool->ledger;

	if (l->ops->list(l->ops->ctx, spool->tmp_fd, note_file, &walk) != 0)
		return fail(spool, "tmp", "", err);
	if (!walk.any)
		return true;
	/*
	 * The commit of step 3 may have failed.  Then everybody sees it
	 * though it is not on the disk: the doubt is settled before any row
	 * of the index is trusted.
	 */
	if (!ledger_doubt(l, err) || !ledger_begin(l, true, err))
		return false;
	if (l->ops->list(l->ops->ctx, spool->tmp_fd, finish_one, &walk) != 0)
		walk.ok = fail(spool, "tmp", "", err);
	ledger_rollback(l);
	if (walk.ok && walk.published &&
	    l->ops->sync(l->ops->ctx, spool->new_fd) != 0)
		return fail(spool, "new", "", err);
	return walk.ok;
}

/* If a row has this name, its id is known without reading the file. */
static bool
is_indexed(struct walk *w, const char *name, bool *indexed)
{
	struct ledger *l = &w->spool->ledger;
	char id[SPOOL_NAME_SIZE];
	size_t len = strlen(name);
	struct index_row row;
	bool found;

	*indexed = false;
	if (len <= 17 + 5 || len >= SPOOL_NAME_SIZE)
		return true;
	snprintf(id, sizeof(id), "%.*s", (int)(len - 17 - 5), name + 17);
	if (!ledger_check(l, index_find(l->index, id, &found, &row, w->err)))
		return false;
	*indexed = found && strcmp(row.name, name) == 0;
	if (*indexed && row.time > w->mark.newest)
		w->mark.newest = row.time;
	return true;
}

/* Was it stored before the dedup window began? */
static bool
is_expired(struct walk *w, long long named_us)
{
	struct ledger *l = &w->spool->ledger;

	return named_us / 1000000 + HOOKCASK_TOLERANCE_MAX <
	    ledger_horizon(l->endpoint, l->ops, w->mark.newest);
}

static bool
index_one(void *arg, const char *name)
{
	struct walk *w = arg;
	struct ledger *l = &w->spool->ledger;
	struct record_view view;
	struct index_row row;
	enum found what;
	long long named = 0;
	bool indexed;

	if (sscanf(name, "%16lld-", &named) == 1 && named > w->mark.named)
		w->mark.named = named;
	if (w->dir != w->spool->new_fd && named > 0 && is_expired(w, named))
		return true;
	w->ok = is_indexed(w, name, &indexed);
	if (!w->ok || indexed)
		return w->ok;
	w->ok = read_record(w->spool, w->dir, w->dir_name, name, &what,
	    &view, &row, w->err);
	if (!w->ok || what != FOUND_RECORD || strlen(name) > INDEX_NAME_MAX)
		return w->ok;
	strcpy(row.name, name);
	if (row.time > w->mark.newest)
		w->mark.newest = row.time;
	w->ok = ledger_check(l, index_add(l->index, view.id, &row, w->err));
	w->late = w->ok && fileops_clock_ms() >= w->until_ms;
	return w->ok && !w->late;
}

/* Reads one of the directories; a consumer's may be missing. */
static bool
index_dir(struct walk *w, const char *name)
{
	struct spool *spool = w->spool;
	const struct fileops *ops = spool->ledger.ops;
	bool is_new = strcmp(name, "new") == 0;

	w->dir_name = name;
	w->dir = is_new ? spool->new_fd : ops->open(ops->ctx,
	    spool->ledger.dir.home_fd, name, O_RDONLY | O_DIRECTORY,
	    0);
	if (w->dir < 0)
		return errno == ENOENT || is_closed(errno) ||
		    fail(spool, name, "", w->err);
	if (ops->list(ops->ctx, w->dir, index_one, w) != 0 &&
	    (is_new || !is_closed(errno)))
		w->ok = fail(spool, name, "", w->err);
	if (!is_new)
		ops->close(ops->ctx, w->dir);
	return w->ok;
}

/*
 * In an order that misses no file that moves meanwhile: from new/ to cur/ and
 * from there to the others, or back from failed/ to new/.
 */
static bool
index_dirs(struct walk *w)
{
	static const char *const names[] = { "failed", "new", "cur", "done",
		"failed" };

	for (size_t i = 0; w->ok && !w->late &&
	    i < sizeof(names) / sizeof(*names); i++)
		w->ok = index_dir(w, names[i]);
	return w->ok;
}

bool
spool_index_new(struct spool *spool, struct err *err)
{
	struct walk walk = { .spool = spool, .err = err, .ok = true,
		.until_ms = fileops_clock_ms() + 1000 };
	const struct fileops *ops = spool->ledger.ops;
	struct ledger *l = &spool->ledger;

	walk.mark = l->mark;
	walk.mark.set = true;
	/* first make renames durable */
	if (ops->sync(ops->ctx, spool->new_fd) != 0)
		return fail(spool, "new", "", err);
	/* if this commit fails, no file in tmp/ shows it to the next batch */
	if (!index_dirs(&walk) || !ledger_doubt(l, err))
		return false;
	l->doubted = true;
	if (!walk.late)
		return ledger_commit_mark(l, &walk.mark, err) &&
		    ledger_begin(l, true, err);
	/* without a mark the next request continues */
	return ledger_commit(l, err) && err_set(err, OUTCOME_STORE_ERROR,
	    "%s: reading its records into the index; each request "
	    "continues", l->path);
}
