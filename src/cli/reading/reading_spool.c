/* SPDX-License-Identifier: ISC */
/*
 * Reads all events of a spool, in any of its directories, in the order of their
 * names, which begin with the time.  A consumer may move or remove them
 * meanwhile.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading_spool.h"
#include "cli/reading/spool_dirs.h"
#include "cli/term/say.h"

/* A file that moved between two listings is in both: drop the second. */
static int
by_name(const void *left, const void *right)
{
	const struct spool_found *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : (int)b->stage - (int)a->stage;
}

/* Joins the listings into one, without names up to the given one. */
static bool
join(struct spool_reading *s, const char *after, struct err *err)
{
	size_t count = 0, kept = 0;

	for (int i = 0; i < SPOOL_STAGES; i++)
		count += s->names[i].count;
	if (count == 0)
		return true;
	s->list = calloc(count, sizeof(*s->list));
	if (s->list == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: no memory",
		    s->dirs.home);
	for (int i = 0; i < SPOOL_STAGES; i++)
		for (size_t j = 0; j < s->names[i].count; j++)
			if (strcmp(s->names[i].list[j], after) > 0)
				s->list[s->count++] = (struct spool_found){
					s->names[i].list[j],
					(enum spool_stage)i };
	if (s->count == 0)
		return true;
	qsort(s->list, s->count, sizeof(*s->list), by_name);
	for (size_t i = 1; i < s->count; i++)
		if (strcmp(s->list[i].name, s->list[kept].name) != 0)
			s->list[++kept] = s->list[i];
	s->count = kept + 1;
	return true;
}

bool
spool_reading_open(struct spool_reading *s, const struct endpoint *e,
    const char *after, struct err *err)
{
	bool empty;

	memset(s, 0, sizeof(*s));
	if (!spool_dirs_open(&s->dirs, &fileops_posix, e->spool, false,
	    &empty, err))
		return false;
	/* in the order in which files move, so that none is missed */
	for (int i = 0; !empty && i < SPOOL_STAGES; i++)
		if (s->dirs.fd[i] != -1 && !spool_names_read(&s->names[i],
		    &s->dirs, (enum spool_stage)i, err))
			goto bad;
	if (join(s, after, err))
		return true;
bad:
	spool_reading_close(s);
	return false;
}

void
spool_reading_close(struct spool_reading *s)
{
	free(s->list);
	for (int i = 0; i < SPOOL_STAGES; i++)
		spool_names_wipe(&s->names[i]);
	spool_dirs_close(&s->dirs);
}

/* An event is stored a little after it arrived. */
static bool
is_in_time(const struct filter *filter, const char *name)
{
	int64_t us = spool_name_us(name);

	return filter == NULL || us == 0 ||
	    (us + READING_SLACK_US >= filter->since_us &&
	    us - READING_SLACK_US < filter->until_us);
}

/* Finds and reads it; *line NULL: it is nowhere, or not a line. */
static bool
read_moved(struct spool_reading *s, const struct spool_found *f,
    enum spool_stage *stage, char **line, size_t *len, struct err *err)
{
	*line = NULL;
	*stage = f->stage;
	for (int i = 0; i < SPOOL_STAGES; i++) {
		struct err gone = ERR_INIT;

		if (s->dirs.fd[*stage] != -1) {
			if (spool_read(&s->dirs, *stage, f->name, line, len,
			    &gone))
				return true;
			if (spool_has(&s->dirs, *stage, f->name)) {
				*err = gone;
				return false;
			}
		}
		*stage = (*stage + 1) % SPOOL_STAGES;
	}
	/* its consumer has removed it */
	return true;
}

bool
spool_reading_event(struct spool_reading *s, struct reader *r,
    const struct spool_found *f, struct err *err)
{
	char path[PATH_MAX];
	struct reading reading = { .path = path };
	struct err why = ERR_INIT;
	enum spool_stage stage;
	bool done = true;
	size_t len;
	char *line;

	if (!read_moved(s, f, &stage, &line, &len, &why)) {
		if (why.kind != OUTCOME_NO_PERMISSION) {
			*err = why;
			return false;
		}
		say("%s", why.text);
		r->unread++;
		return true;
	}
	snprintf(path, sizeof(path), "%s/%s/%s", s->dirs.home,
	    spool_stage_name(stage), f->name);
	reading.stage = spool_stage_name(stage);
	if (line != NULL && record_parse(&reading.view, line, len)) {
		reading.line = span_make(line, len);
		done = reader_give(r, &reading, err);
	} else if (spool_has(&s->dirs, stage, f->name)) {
		reader_skip(r, path, 0, "not a record");
	}
	free(line);
	return done;
}

bool
reader_spool(struct reader *r, const struct endpoint *e, struct err *err)
{
	struct spool_reading s;
	bool done = true;

	if (!spool_reading_open(&s, e, "", err))
		return false;
	for (size_t i = 0; done && i < s.count; i++)
		if (is_in_time(r->filter, s.list[i].name))
			done = spool_reading_event(&s, r, &s.list[i], err);
	spool_reading_close(&s);
	return done;
}
