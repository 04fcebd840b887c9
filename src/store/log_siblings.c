/* SPDX-License-Identifier: ISC */
/*
 * Looks at the files beside a log whose index is new and must know their ids.
 * An id is new only if it is in none of them, so a store does not begin beside
 * a file that may hold some and that we cannot read.
 *
 *   found beside a log without an index  done
 *   ours, plain, one name, or several    its lines are read into the index
 *   that only we can have made
 *   packed, linked, root's, in another   nothing is taken, until the tool has
 *   directory; younger than the window   added its ids (index --rebuild)
 *   the same, older                      nothing: its ids may be forgotten
 *   not to be opened, named like a log   nothing is taken
 *   anything else                        not looked at again
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/packing.h"
#include "base/span.h"
#include "store/log.h"

struct siblings {
	struct log	*log;
	const char	*current;	/* left out */
	bool		 fresh;		/* there is no mark */
	int		 dir;
	const char	*dir_name;	/* "": the log's own, else with "/" */
	struct err	*err;
	bool		 ok;
};

static bool
fail(struct siblings *s, const char *name)
{
	s->ok = err_sys(s->err, OUTCOME_STORE_ERROR, errno, "%s/%s%s",
	    s->log->ledger.dir.home, s->dir_name, name);
	return false;
}

/* A file that we may not open and that is not named like a log: a secret? */
static bool
is_foreign(const struct log *log, const char *name, int errnum)
{
	if ((errnum != EACCES && errnum != EPERM) ||
	    log_name_is_rotated(log->pattern, name))
		return false;
	ledger_note(&log->ledger, "%s/%s: %s; not read into the index, since "
	    "it is not named like a file of the log", log->ledger.dir.home,
	    name, strerror(errnum));
	return true;
}

/* By its time, may it hold ids of the dedup window? */
static bool
is_young(const struct log *log, const struct stat *st)
{
	const struct ledger *l = &log->ledger;

	return (int64_t)st->st_mtim.tv_sec >= l->ops->now_us(l->ops->ctx) /
	    1000000 - l->endpoint->dedup_window - HOOKCASK_TOLERANCE_MAX;
}

static bool
refuse(struct siblings *s, const char *name)
{
	s->ok = err_set(s->err, OUTCOME_STORE_ERROR, "%s%s%s%s: there is no "
	    "index that knows what it holds, and only the tool can read it: "
	    "run \"hookcask index --rebuild\"; until then no event is taken, "
	    "since it may already be stored there",
	    s->dir_name[0] == '/' ? "" : s->log->ledger.dir.home,
	    s->dir_name[0] == '/' ? "" : "/", s->dir_name, name);
	return false;
}

/* A file that shares the log's name may begin with lines of other programs. */
static unsigned
head_of(const struct siblings *s, const char *name)
{
	return log_name_is_like(s->log->pattern, name) ? LOG_HEAD_FOREIGN : 0;
}

/*
 * Is it packed, by whatever program, or has it records of ours, maybe after
 * lines of others?
 */
static bool
may_hold_ours(struct siblings *s, int fd, const struct stat *st, bool *may,
    const char *name)
{
	const struct fileops *ops = s->log->ledger.ops;
	char head[PACKING_HEAD];
	ssize_t n = ops->read(ops->ctx, fd, head, sizeof(head), 0);

	if (n < 0)
		return fail(s, name);
	*may = packing_of(head, (size_t)n) != NULL;
	return *may || log_is_ours(s->log, fd, st->st_size, LOG_HEAD_FOREIGN,
	    may, s->err);
}

/* A file that we cannot read into the index: does it matter? */
static bool
check_hidden(struct siblings *s, const char *name, const struct stat *st)
{
	const struct fileops *ops = s->log->ledger.ops;
	bool may = false;
	int fd;

	if (!s->fresh || !is_young(s->log, st))
		return true;
	fd = ops->open(ops->ctx, s->dir, name, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ||
		    !log_name_is_rotated(s->log->pattern, name) ||
		    refuse(s, name);
	s->ok = may_hold_ours(s, fd, st, &may, name);
	ops->close(ops->ctx, fd);
	return s->ok && (!may || refuse(s, name));
}

static bool add_sibling(void *, const char *name);

/* A directory in which rotation may have put files. */
static bool
look_below(struct siblings *s, const char *path, int dir, const char *name)
{
	const struct fileops *ops = s->log->ledger.ops;
	char dir_name[PATH_MAX];
	struct siblings below = *s;

	snprintf(dir_name, sizeof(dir_name), "%s/", path);
	below.dir_name = dir_name;
	below.current = "";
	below.dir = ops->open(ops->ctx, dir, name, O_RDONLY | O_DIRECTORY, 0);
	if (below.dir < 0)
		/* lost+found cannot be opened; only olddir must be readable */
		return dir != AT_FDCWD || refuse(&below, "");
	if (ops->list(ops->ctx, below.dir, add_sibling, &below) != 0)
		fail(&below, "");
	ops->close(ops->ctx, below.dir);
	s->ok = below.ok;
	return s->ok;
}

/*
 * Marks a file beside a log without an index as unread if it is ours.  Fails if
 * one of ours cannot be read now: its ids would be missed.
 */
static bool
add_sibling(void *arg, const char *name)
{
	struct siblings *s = arg;
	struct ledger *l = &s->log->ledger;
	bool is_home = s->dir_name[0] == '\0', ours, may = false;
	struct stat st;
	int64_t number;
	struct err why = ERR_INIT;
	int fd;

	if (name[0] == '.' || strcmp(name, s->current) == 0 ||
	    strlen(name) > INDEX_NAME_MAX)
		return true;
	if (l->ops->stat_at(l->ops->ctx, s->dir, name, &st) != 0)
		return errno == ENOENT || fail(s, name);
	if (S_ISDIR(st.st_mode) && is_home && s->fresh)
		return look_below(s, name, s->dir, name);
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return true;
	if (!is_home || st.st_uid != geteuid() ||
	    (st.st_nlink != 1 && !log_has_own_home(s->log)))
		return check_hidden(s, name, &st);
	fd = log_open_file(s->log, name, true, &st, &why);
	if (fd < 0) {
		/* the log may be beside the program that writes it */
		s->ok = errno == ENOENT || errno == ETXTBSY ||
		    is_foreign(s->log, name, errno);
		if (!s->ok && s->err != NULL)
			*s->err = why;
		return s->ok;
	}
	s->ok = log_is_ours(s->log, fd, st.st_size, head_of(s, name), &ours,
	    s->err);
	if (s->ok && ours)
		s->ok = ledger_check(l, index_file_number(l->index, name,
		    st.st_ino, false, &number, s->err)) &&
		    ledger_check(l, index_set_unread(l->index, number, 0,
		    s->err));
	else if (s->ok && s->fresh && is_young(s->log, &st))
		s->ok = may_hold_ours(s, fd, &st, &may, name) &&
		    (!may || refuse(s, name));
	l->ops->close(l->ops->ctx, fd);
	return s->ok;
}

bool
log_add_siblings(struct log *log, const char *current, struct err *err)
{
	struct ledger *l = &log->ledger;
	const char *olddir = l->endpoint->olddir;
	struct siblings s = { log, current, !l->mark.set && !l->options.added,
		l->dir.home_fd, "", err, true };

	if (l->ops->list(l->ops->ctx, s.dir, add_sibling, &s) != 0)
		return err_sys(err, OUTCOME_STORE_ERROR, errno, "%s",
		    l->dir.home);
	return s.ok && (olddir == NULL || !s.fresh ||
	    look_below(&s, olddir, AT_FDCWD, olddir));
}

bool
log_mark_all_unread(struct log *log, struct err *err)
{
	struct mark mark;

	if (!ledger_begin(&log->ledger, true, err) ||
	    !log_add_siblings(log, "", err))
		return false;
	mark = log->ledger.mark;
	if (!mark.set)
		return ledger_commit(&log->ledger, err);
	mark.unread = true;
	return ledger_commit_mark(&log->ledger, &mark, err);
}
