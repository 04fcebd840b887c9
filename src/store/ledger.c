/* SPDX-License-Identifier: ISC */
/*
 * Keeps lock, state directory and index together: the index is that of the
 * locked directory, or it is closed.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/ledger.h"

/*
 * Rows examined for expiry per id inserted.  At equilibrium a quarter of the
 * rows are past the window.
 */
#define LOOKS 4
#define LOOKS_AT_ONCE 32

bool
ledger_init(struct ledger *l, const struct endpoint *endpoint,
    const struct store_options *options, struct err *err)
{
	memset(l, 0, sizeof(*l));
	l->ops = options->ops == NULL ? &fileops_posix : options->ops;
	l->endpoint = endpoint;
	l->options = *options;
	l->full = endpoint->spool != NULL;
	l->path = l->full ? endpoint->spool : endpoint->log;
	return statedir_init(&l->dir, l->ops, endpoint, err);
}

void
ledger_close(struct ledger *l)
{
	ledger_rollback(l);
	index_close(l->index);
	l->index = NULL;
	statedir_close(&l->dir);
}

bool
ledger_lock(struct ledger *l, int64_t deadline_ms, bool *reopened,
    struct err *err)
{
	bool replaced;

	*reopened = l->set_aside = false;
	do {
		if (l->dir.fd < 0) {
			if (!statedir_open(&l->dir, err))
				return false;
			*reopened = true;
		}
		if (!statedir_lock(&l->dir, deadline_ms, &replaced, err))
			return false;
		if (replaced) {
			index_close(l->index);
			l->index = NULL;
			statedir_close(&l->dir);
		}
	} while (replaced && fileops_clock_ms() < deadline_ms);
	if (replaced)
		return err_set(err, OUTCOME_STORE_ERROR,
		    "%s: is being replaced repeatedly", l->dir.path);
	return true;
}

void
ledger_unlock(struct ledger *l)
{
	ledger_rollback(l);
	/* the next process opens it exclusively */
	if (l->options.is_cgi) {
		index_close(l->index);
		l->index = NULL;
	}
	if (l->dir.fd >= 0)
		statedir_unlock(&l->dir);
}

int64_t
ledger_horizon(const struct endpoint *endpoint, const struct fileops *ops,
    int64_t newest)
{
	int64_t latest = ops->now_us(ops->ctx) / 1000000 +
	    HOOKCASK_TOLERANCE_MAX;

	/* with a slow clock more ids are kept, never fewer */
	return (newest < latest ? newest : latest) - endpoint->dedup_window;
}

bool
ledger_prune(struct ledger *l, struct mark *mark, int64_t added,
    struct err *err)
{
	int64_t due = mark->due + added * LOOKS, gone;

	/* under CGI, one or two ids are not worth a statement: batch them */
	mark->due = due < LOOKS_AT_ONCE ? due : 0;
	return due < LOOKS_AT_ONCE || ledger_check(l, index_sweep(l->index,
	    mark, ledger_horizon(l->endpoint, l->ops, mark->newest), due, &gone,
	    err));
}

bool
ledger_check(struct ledger *l, enum index_status status)
{
	static const char *const files[] = { INDEX_FILE, INDEX_FILE "-wal",
		INDEX_FILE "-shm", NULL };
	struct err err = ERR_INIT;
	char moved[64];

	if (status == INDEX_OK)
		return true;
	ledger_rollback(l);
	index_close(l->index);
	l->index = NULL;
	if (status != INDEX_BROKEN)
		return false;
	l->set_aside = statedir_set_aside(&l->dir, files, moved, &err);
	if (l->set_aside)
		ledger_note(l, "%s/%s was corrupt; it was moved to %s and is "
		    "being rebuilt", l->dir.path, INDEX_FILE, moved);
	else
		ledger_note(l, "%s", err.text);
	return false;
}

bool
ledger_begin_again(struct ledger *l, struct err *err)
{
	const struct err none = ERR_INIT;

	if (!l->set_aside)
		return false;
	l->set_aside = false;
	if (err != NULL)
		*err = none;
	return true;
}

static void
checkpoint(struct ledger *l)
{
	struct err err = ERR_INIT;

	if (!ledger_doubt(l, &err) ||
	    !ledger_check(l, index_checkpoint(l->index, &err)) ||
	    !ledger_trust(l, &err))
		ledger_note(l, "%s", err.text);
}

bool
ledger_commit(struct ledger *l, struct err *err)
{
	bool doubted = l->doubted;

	/* if this fails the doubt stays */
	l->open = l->doubted = false;
	if (!ledger_check(l, index_commit(l->index, err)) ||
	    (doubted && !ledger_trust(l, err)))
		return false;
	/* its failure changes nothing of what was committed */
	if (index_wants_checkpoint(l->index))
		checkpoint(l);
	return true;
}

bool
ledger_commit_mark(struct ledger *l, const struct mark *mark,
    struct err *err)
{
	if (!ledger_check(l, index_set_mark(l->index, mark, err)) ||
	    !ledger_commit(l, err))
		return false;
	l->mark = *mark;
	return true;
}

void
ledger_rollback(struct ledger *l)
{
	if (l->open && l->index != NULL)
		index_rollback(l->index);
	if (l->open && l->doubted)
		ledger_trust(l, NULL); /* there was nothing to sync yet */
	l->open = l->doubted = false;
}

bool
ledger_row(struct index_row *row, const struct record_view *view,
    int64_t file_number, int64_t offset, struct err *err)
{
	struct hookcask_span body;
	unsigned char *buf = NULL;

	if (view->base64.len > 0) {
		buf = malloc(view->body_len + 3);
		if (buf == NULL)
			return err_set(err, OUTCOME_STORE_ERROR,
			    "no memory for a body of %zu bytes",
			    view->body_len);
	}
	row->time = view->time;
	row->body_hash = record_body(view, buf, &body) ?
	    record_body_hash(body) : 0;
	row->file_number = file_number;
	row->offset = offset;
	row->name[0] = '\0';
	free(buf);
	return true;
}

void
ledger_note(const struct ledger *l, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (l->options.note == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->options.note(l->options.ctx, text);
}

bool
ledger_fail(struct ledger *l, const char *name, struct err *err)
{
	return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s/%s",
	    l->dir.path, name);
}

bool
ledger_remove(struct ledger *l, const char *name, struct err *err)
{
	if (l->ops->unlink(l->ops->ctx, l->dir.fd, name) != 0 &&
	    errno != ENOENT)
		return ledger_fail(l, name, err);
	return true;
}

bool
ledger_doubt(struct ledger *l, struct err *err)
{
	int fd = l->ops->open(l->ops->ctx, l->dir.fd, LEDGER_DOUBT,
	    O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		return ledger_fail(l, LEDGER_DOUBT, err);
	l->ops->close(l->ops->ctx, fd);
	return true;
}

bool
ledger_trust(struct ledger *l, struct err *err)
{
	return ledger_remove(l, LEDGER_DOUBT, err);
}
