/* SPDX-License-Identifier: ISC */
/*
 * Removes old files from a spool: only those in done/, where its consumer has
 * put them, and not before its engine, if it has one, can no longer lose them.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/keep/prune.h"
#include "cli/reading/spool_dirs.h"
#include "cli/term/progress.h"

#define SLACK_MS	2000	/* a file system's clock may be coarse */

static int64_t
stored_us(const char *name, const struct stat *st)
{
	int64_t us = spool_name_us(name);

	return us != 0 ? us : (int64_t)st->st_mtim.tv_sec * 1000000;
}

/* Sizes by place in the list; -1: gone, or not a file. */
static void
measure(struct prune *p, const struct spool_names *names,
    const struct spool_dirs *dirs, struct stat *st)
{
	for (size_t i = 0; i < names->count; i++) {
		progress_show("%s/done: %zu of %zu files", p->home, i,
		    names->count);
		if (p->ops->stat_at(p->ops->ctx, dirs->fd[SPOOL_DONE],
		    names->list[i], &st[i]) != 0 || !S_ISREG(st[i].st_mode)) {
			st[i].st_size = -1;
			continue;
		}
		p->left_files++;
		p->left_bytes += st[i].st_size;
	}
}

/* A file keeps the time of its last rename. */
static bool
is_kept(const struct stat *st, int64_t since_ms)
{
	return (int64_t)st->st_ctim.tv_sec * 1000 + SLACK_MS < since_ms;
}

static bool
prune_names(struct prune *p, const struct spool_names *names,
    struct spool_dirs *dirs, const struct stat *st, struct err *err)
{
	int64_t since_ms = prune_kept_since_ms(p);

	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->list[i];

		progress_show("%s/done: %" PRId64 " files removed", p->home,
		    p->files);
		if (st[i].st_size < 0 || !is_kept(&st[i], since_ms) ||
		    (stored_us(name, &st[i]) >= p->older_us &&
		    (p->max_size < 0 || p->left_bytes <= p->max_size)))
			continue;
		if (!p->dry_run &&
		    !spool_remove(dirs, SPOOL_DONE, name, err))
			return false;
		p->files++;
		p->bytes += st[i].st_size;
		p->left_files--;
		p->left_bytes -= st[i].st_size;
	}
	return spool_dirs_sync(dirs, err);
}

bool
prune_spool(struct prune *p, struct err *err)
{
	struct spool_names names = { NULL, 0 };
	struct spool_dirs dirs;
	struct stat *st = NULL;
	bool empty, ok;

	if (!spool_dirs_open(&dirs, p->ops, p->home, false, &empty, err))
		return false;
	if (empty)
		return true;
	ok = dirs.fd[SPOOL_DONE] == -1 ||
	    spool_names_read(&names, &dirs, SPOOL_DONE, err);
	if (ok && names.count > 0) {
		st = calloc(names.count, sizeof(*st));
		ok = st != NULL || err_set(err, OUTCOME_NO_MEMORY,
		    "%s: no memory", p->home);
	}
	if (st != NULL) {
		measure(p, &names, &dirs, st);
		ok = prune_names(p, &names, &dirs, st, err);
	}
	progress_clear();
	free(st);
	spool_names_wipe(&names);
	spool_dirs_close(&dirs);
	return ok;
}
