/* SPDX-License-Identifier: ISC */
/* Reads the states that drains keep, without changing or locking one. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/consumer/standing.h"

#define PREFIX "drain-"

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
add(struct standings *s, const char *name)
{
	char **list = realloc(s->list, (s->count + 1) * sizeof(*list));

	if (list == NULL)
		return false;
	s->list = list;
	list[s->count] = strdup(name);
	return list[s->count++] != NULL;
}

/* "drain-billing", but not its lock or one that is being rewritten. */
static bool
is_state(const char *name)
{
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
	    consumer_check(name + strlen(PREFIX), NULL);
}

bool
standings_find(struct standings *s, const char *dir, struct err *err)
{
	struct dirent *entry;
	bool room = true;
	DIR *d;

	memset(s, 0, sizeof(*s));
	d = opendir(dir);
	if (d == NULL)
		return errno == ENOENT ||
		    err_sys(err, OUTCOME_NO_INPUT, errno, "%s", dir);
	while (room && (entry = readdir(d)) != NULL)
		if (is_state(entry->d_name))
			room = add(s, entry->d_name + strlen(PREFIX));
	closedir(d);
	if (!room) {
		standings_wipe(s);
		return err_set(err, OUTCOME_NO_MEMORY, "%s: no memory", dir);
	}
	if (s->count > 0)
		qsort(s->list, s->count, sizeof(*s->list), by_name);
	return true;
}

void
standings_wipe(struct standings *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i]);
	free(s->list);
	memset(s, 0, sizeof(*s));
}

bool
standing_open(struct consumer_state *state, const struct endpoint *e,
    const struct statedir *names, int dir_fd, const char *consumer,
    struct err *err)
{
	struct state_where where = { .ops = &fileops_posix, .dir = dir_fd,
		.dir_path = names->path, .consumer = consumer,
		.endpoint = e->name, .is_spool = e->spool != NULL };

	return state_open(state, &where, STATE_READ, err);
}

enum standing
standing_of(const struct consumer_state *s, uint64_t file, int64_t offset,
    int64_t *tries)
{
	const struct state_file *f = state_file(s, file);

	*tries = 0;
	for (size_t i = 0; i < s->entry_count; i++) {
		const struct state_entry *e = &s->entries[i];

		if (e->origin.file != file || e->origin.offset != offset)
			continue;
		*tries = e->tries;
		return e->failed ? STANDING_FAILED : STANDING_WAITING;
	}
	if (f != NULL && (f->done || offset < f->place))
		return STANDING_DONE;
	for (size_t i = 0; i < s->passed_count; i++)
		if (s->passed[i].file == file && s->passed[i].offset == offset)
			return STANDING_DONE;
	return STANDING_OPEN;
}
