/* SPDX-License-Identifier: ISC */
/*
 * Prints the last events of a spool, and those that are published.  Names
 * begin with increasing times, so a new one sorts after the last.
 */
#include <config.h>

#include <sys/stat.h>

#include <stdio.h>
#include <string.h>

#include "cli/look/tail.h"
#include "cli/reading/reading_spool.h"
#include "cli/reading/spool_dirs.h"

/* Goes back until there are enough; returns where to begin. */
static bool
find_begin(struct tail *t, struct spool_reading *s, size_t *begin,
    struct err *err)
{
	t->count = 0;
	for (*begin = s->count; *begin > 0 && t->count < t->wanted; --*begin)
		if (!spool_reading_event(s, &t->counter,
		    &s->list[*begin - 1], err))
			return false;
	return true;
}

static bool
print_from(struct tail *t, struct spool_reading *s, size_t i,
    char last[NAME_MAX + 1], struct err *err)
{
	for (; i < s->count; i++) {
		if (!spool_reading_event(s, t->reader, &s->list[i], err))
			return false;
		snprintf(last, NAME_MAX + 1, "%s", s->list[i].name);
	}
	return true;
}

/* When each directory had last changed. */
struct seen {
	struct timespec	changed[SPOOL_STAGES];
};

/* Has any changed since?  Listing a million files takes time. */
static bool
has_changed(const struct endpoint *e, struct seen *seen)
{
	char path[PATH_MAX];
	bool changed = false;
	struct stat st;

	for (enum spool_stage i = 0; i < SPOOL_STAGES; i++) {
		snprintf(path, sizeof(path), "%s/%s", e->spool,
		    spool_stage_name(i));
		if (stat(path, &st) != 0)
			continue;
		if (memcmp(&seen->changed[i], &st.st_mtim,
		    sizeof(st.st_mtim)) != 0)
			changed = true;
		seen->changed[i] = st.st_mtim;
	}
	return changed;
}

static bool
follow(struct tail *t, const struct endpoint *e, char last[NAME_MAX + 1],
    struct err *err)
{
	struct spool_reading s;
	struct seen seen;
	bool again = true;

	memset(&seen, 0, sizeof(seen));
	do {
		/* once more: two moves may have the same time */
		bool changed = has_changed(e, &seen);

		if (changed || again) {
			if (!spool_reading_open(&s, e, last, err))
				return false;
			if (!print_from(t, &s, 0, last, err)) {
				spool_reading_close(&s);
				return false;
			}
			spool_reading_close(&s);
		}
		again = changed;
		if (fflush(stdout) != 0)
			return false;
	} while (tail_wait());
	return false;
}

bool
tail_spool(struct tail *t, const struct endpoint *e, struct err *err)
{
	char last[NAME_MAX + 1] = "";
	struct spool_reading s;
	size_t begin;
	bool done;

	if (!spool_reading_open(&s, e, "", err))
		return false;
	done = find_begin(t, &s, &begin, err) &&
	    print_from(t, &s, begin, last, err);
	if (s.count > 0)
		snprintf(last, sizeof(last), "%s", s.list[s.count - 1].name);
	spool_reading_close(&s);
	return done && (!t->follow || follow(t, e, last, err));
}
