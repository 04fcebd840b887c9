/* SPDX-License-Identifier: ISC */
/* Knows which files of a log all consumers have finished. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/keep/prune.h"
#include "cli/reading/log_place.h"

#define PREFIX "drain-"

/* Does the head of this state name another endpoint? */
static bool
is_foreign(const struct prune *p, int dir, const char *name)
{
	char head[160], format[16], kind[8], endpoint[40];
	ssize_t n = -1;
	int fd;

	fd = p->ops->open(p->ops->ctx, dir, name, O_RDONLY | O_NONBLOCK, 0);
	if (fd != -1) {
		n = p->ops->read(p->ops->ctx, fd, head, sizeof(head) - 1, 0);
		p->ops->close(p->ops->ctx, fd);
	}
	head[n < 0 ? 0 : n] = '\0';
	return sscanf(head, "hookcask drain %15s %7s %39s ", format, kind,
	    endpoint) == 3 && strcmp(endpoint, p->endpoint->name) != 0;
}

static bool
add(struct prune *p, int dir, const char *path, const char *consumer,
    struct err *err)
{
	struct state_where where = { p->ops, dir, path, consumer,
		p->endpoint->name, p->endpoint->spool != NULL };
	struct consumer_state closed = STATE_CLOSED, *list;

	list = realloc(p->consumers, (p->consumer_count + 1) * sizeof(*list));
	if (list == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: no memory", path);
	p->consumers = list;
	list += p->consumer_count;
	*list = closed;
	/* a file that is finished only until the power is lost stays */
	if (!state_open(list, &where, STATE_READ, err) ||
	    !state_sync(list, err))
		return false;
	/* not read again: close it, to hold no descriptor for each */
	journal_close(&list->journal);
	p->consumer_count++;
	return true;
}

struct search {
	struct prune	*prune;
	int		 dir;
	const char	*path;
	struct err	*err;
	bool		 failed;
};

static bool
look_at(void *arg, const char *name)
{
	struct search *s = arg;

	/* a "." is in the names of locks and unfinished files */
	if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) == 0 &&
	    consumer_check(name + sizeof(PREFIX) - 1, NULL) &&
	    !is_foreign(s->prune, s->dir, name))
		s->failed = !add(s->prune, s->dir, s->path,
		    name + sizeof(PREFIX) - 1, s->err);
	return !s->failed;
}

bool
prune_consumers_read(struct prune *p, int dir, const char *path,
    struct err *err)
{
	struct search s = { p, dir, path, err, false };

	if (p->ops->list(p->ops->ctx, dir, look_at, &s) != 0 && !s.failed)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", path);
	/* likewise the names of their states */
	return !s.failed && (p->ops->sync(p->ops->ctx, dir) == 0 ||
	    err_sys(err, OUTCOME_IO_ERROR, errno, "%s", path));
}

void
prune_consumers_wipe(struct prune *p)
{
	for (size_t i = 0; i < p->consumer_count; i++)
		state_close(&p->consumers[i]);
	free(p->consumers);
	p->consumers = NULL;
	p->consumer_count = 0;
}

/*
 * A file that was finished may have been replaced or have grown since.  If it
 * cannot be read, it is not finished.
 */
static bool
is_finished(const struct log_dir *dir, const struct log_file *f,
    const struct state_file *known)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	bool holds = false, is_end = false;

	if (!known->done || log_place_is_done(known, f))
		return known->done;
	if (log_file_part(&part, path, dir, f, NULL) <= 0)
		return false;
	if (log_place_check(&part, known, &holds, NULL) && holds &&
	    !log_place_is_end(&part, known->place, &is_end, NULL))
		is_end = false;
	part_close(&part);
	return is_end;
}

/* Is all of it before what an engine will keep? */
static bool
is_kept(const struct consumer_state *s, const struct log_file *file)
{
	const struct state_mark *sure = state_sure_mark(s);

	return s->mark_count == 0 || (sure != NULL &&
	    file->id != sure->at.id &&
	    file->first_us < sure->at.last.received_us);
}

int64_t
prune_kept_since_ms(const struct prune *p)
{
	int64_t since = INT64_MAX;

	for (size_t i = 0; i < p->consumer_count; i++) {
		const struct consumer_state *s = &p->consumers[i];
		const struct state_mark *sure = state_sure_mark(s);
		int64_t ms = sure == NULL ? INT64_MIN : sure->at_ms;

		if (s->mark_count > 0 && ms < since)
			since = ms;
	}
	return since;
}

const char *
prune_unfinished(const struct prune *p, const struct log_file *file,
    bool *lost)
{
	for (size_t i = 0; i < p->consumer_count; i++) {
		const struct consumer_state *s = &p->consumers[i];
		const struct state_file *f = state_file(s, file->id);

		*lost = f != NULL && is_finished(p->dir, file, f);
		if (!*lost || !is_kept(s, file))
			return s->name + sizeof(PREFIX) - 1;
	}
	return NULL;
}

bool
prune_still_finished(const struct prune *p, const struct log_file *file,
    bool *finished, struct err *err)
{
	struct prune now = { .ops = p->ops, .endpoint = p->endpoint,
		.dir = p->dir };
	bool ok = prune_consumers_read(&now, p->state_fd, p->state_dir, err);
	bool lost;

	*finished = ok && prune_unfinished(&now, file, &lost) == NULL;
	prune_consumers_wipe(&now);
	return ok;
}
