/* SPDX-License-Identifier: ISC */
/*
 * Counts what consumers have not finished: exactly up to a limit of bytes to
 * read, and beyond it by the average record.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/consumer/standing.h"
#include "cli/look/status_oldest.h"
#include "cli/reading/log_missing.h"
#include "cli/reading/log_place.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading_log.h"
#include "cli/reading/reading_spool.h"
#include "cli/reading/spool_dirs.h"

#define READ_MAX	(INT64_C(64) << 20)	/* bytes, for each consumer */
#define STUCK_LOOKS	10	/* a living writer moves the mark before */
#define STUCK_LOOK_MS	30
#define PACKED_TIMES	5	/* records shrink about this much */

struct counting {
	const struct status	*status;
	struct log_reading	 log;
	struct status_consumer	*consumer;
	const struct consumer_state *state;
	int64_t			 left;		/* bytes that may be read */
	int64_t			 edited;	/* gone, but for a new name */
};

/* Lines from the place to the end of an open file. */
static bool
count_lines(struct counting *c, struct part *part, int64_t *at)
{
	static char buf[64 << 10];
	ssize_t n = 1;

	if (part->archive != NULL &&
	    archive_seek(part->archive, *at) != 0)
		return false;
	while (n > 0 && *at < part->to && c->left > 0) {
		size_t want = part->to - *at < (int64_t)sizeof(buf) ?
		    (size_t)(part->to - *at) : sizeof(buf);

		n = part->archive != NULL ?
		    archive_read(part->archive, buf, want) :
		    pread(part->fd, buf, want, (off_t)*at);
		for (const char *p = buf; n > 0 && (p = memchr(p, '\n',
		    (size_t)(buf + n - p))) != NULL; p++)
			c->consumer->events++;
		*at += n > 0 ? n : 0;
		c->left -= n > 0 ? n : 0;
	}
	/* it is torn: nobody knows what follows */
	if (n < 0)
		c->consumer->unknown = true;
	return n <= 0 || *at >= part->to;
}

static bool
count_file(struct counting *c, size_t *i, const struct state_file *at,
    struct err *err)
{
	char path[PATH_MAX];
	struct part part = PART(path);
	int64_t bytes, average = c->status->record_bytes;
	int64_t place = at->place;
	const struct log_file *f;
	bool holds = true;

	if (!log_reading_file(&c->log, i, path, &part, err))
		return false;
	f = &c->log.files.list[*i];
	if (!log_place_check(&part, at, &holds, err)) {
		part_close(&part);
		return false;
	}
	if (holds)
		oldest_in_part(c->consumer, &part, c->state, at);
	if (!holds)
		c->consumer->unknown = true;
	else if (!count_lines(c, &part, &place)) {
		bytes = f->packed ? f->size * PACKED_TIMES :
		    f->current ? c->log.mark.offset : f->size;
		c->consumer->about = true;
		if (bytes > place && average > 0)
			c->consumer->events += (bytes - place) / average;
	}
	part_close(&part);
	return true;
}

/* Was it begun, has it gone, and may it have had more events? */
static bool
has_gone(const struct counting *c, const struct state_file *f)
{
	return !f->done && !log_known_is_there(&c->log.files, f->id) &&
	    !log_known_is_all(c->log.marker.index, f);
}

/*
 * Where the consumer is in it: at is from the state, or is made for a file that
 * was edited.  *known is false if that cannot be found out.
 */
static bool
find_place(struct counting *c, const struct log_file *f,
    const struct consumer_state *s, struct state_file *at, bool *known,
    struct err *err)
{
	const struct log_known all = { s, &c->log.files };
	const struct state_file *is = state_file(s, f->id), *was;
	char path[PATH_MAX];
	struct part part = PART(path);
	int rc;

	*known = true;
	memset(at, 0, sizeof(*at));
	at->id = f->id;
	if (is != NULL) {
		*at = *is;
		return true;
	}
	rc = log_file_part(&part, path, &c->log.dir, f, err);
	if (rc <= 0)
		return rc == 0;
	switch (log_known_find(&part, f, &all, &was, at, err)) {
	case LOG_KNOWN_BY_LAST:
		c->edited += has_gone(c, was);
		break;
	case LOG_KNOWN_NOT:
		break;
	case LOG_KNOWN_LOST:
		*known = false;
		break;
	case LOG_KNOWN_ERROR:
		rc = -1;
		break;
	}
	part_close(&part);
	return rc > 0;
}

/* Events of a file that are finished, or kept, past its place. */
static int64_t
past_place(const struct consumer_state *s, uint64_t file, int64_t place)
{
	int64_t n = 0;

	for (size_t i = 0; i < s->passed_count; i++)
		n += s->passed[i].file == file &&
		    s->passed[i].offset >= place;
	for (size_t i = 0; i < s->entry_count; i++)
		n += s->entries[i].origin.file == file &&
		    s->entries[i].origin.offset >= place;
	return n;
}

static void
count_entries(struct status_consumer *consumer, struct consumer_state *s)
{
	for (size_t i = 0; i < s->entry_count; i++)
		if (s->entries[i].failed)
			consumer->failed++;
		else
			consumer->waiting++;
	consumer->events += consumer->waiting;
	oldest_of_entries(consumer, s);
}

static bool
count_log(struct counting *c, struct consumer_state *s, struct err *err)
{
	const struct log_known all = { s, &c->log.files };
	struct log_missing missing;
	int64_t gone = 0;
	bool ok;

	c->state = s;
	c->left = READ_MAX;
	c->edited = 0;
	for (size_t i = 0; i < c->log.files.count; i++) {
		const struct log_file *f = &c->log.files.list[i];
		struct state_file at;
		bool known;

		if (!find_place(c, f, s, &at, &known, err))
			return false;
		c->consumer->unknown |= !known;
		if (!f->current && log_place_is_done(&at, f))
			continue;
		if (!count_file(c, &i, &at, err))
			return false;
		c->consumer->events -= past_place(s, at.id, at.place);
	}
	for (size_t i = 0; i < s->file_count; i++)
		gone += has_gone(c, &s->files[i]);
	ok = log_missing_find(&missing, &all, &c->log.dir,
	    c->log.marker.index, &c->log.mark, err);
	c->consumer->unknown |= gone > c->edited || missing.count > 0;
	log_missing_wipe(&missing);
	if (c->consumer->events < 0)
		c->consumer->events = 0;
	count_entries(c->consumer, s);
	return ok;
}

/*
 * Are there bytes past a mark that nobody moves, perhaps acknowledged?  Or is
 * the file shorter: what is left of it?
 */
static bool
is_stuck(const struct counting *c, const struct statedir *names)
{
	struct marker marker = { .dir = names->path };
	struct mark mark = c->log.mark;
	bool stuck = mark.set;
	struct stat st;

	for (int i = 0; stuck && i < STUCK_LOOKS; i++) {
		if (i > 0)
			poll(NULL, 0, STUCK_LOOK_MS);
		stuck = marker_read(&marker, &mark, NULL) && mark.set &&
		    mark.offset == c->log.mark.offset &&
		    fstatat(c->log.dir.fd, mark.file, &st,
		    AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == mark.inode &&
		    st.st_size != mark.offset;
	}
	marker_close(&marker);
	return stuck;
}

static bool
read_log(struct status *s, const struct statedir *names,
    const struct standings *found, int dir, struct err *err)
{
	struct reader nobody = { .record = NULL };
	struct counting c = { .status = s };
	bool done = true, stuck;

	if (!log_reading_open(&c.log, &nobody, s->endpoint, names, err))
		return false;
	s->unread = nobody.unread + nobody.skipped;
	s->cut = c.log.mark.cut;
	s->stateless = dir == -1 && c.log.files.count > 0;
	for (size_t i = 0; i < c.log.files.count; i++)
		s->store_bytes += c.log.files.list[i].size;
	s->store_files = c.log.files.count;
	if (s->store_files > 0)
		s->first_us = c.log.files.list[0].first_us;
	stuck = found->count > 0 && is_stuck(&c, names);
	for (size_t i = 0; done && i < found->count; i++) {
		struct consumer_state state = STATE_CLOSED;

		c.consumer = &s->consumers[s->consumer_count++];
		strcpy(c.consumer->name, found->list[i]);
		c.consumer->unknown = stuck || s->unread > 0;
		done = standing_open(&state, s->endpoint, names, dir,
		    found->list[i], err) && count_log(&c, &state, err);
		state_close(&state);
	}
	if (done && found->count == 0 && !s->endpoint->external) {
		struct consumer_state nothing = STATE_CLOSED;

		c.consumer = &s->nobody;
		done = count_log(&c, &nothing, err);
	}
	log_reading_close(&c.log);
	return done;
}

/* A spool has one consumer, and its directories show everything. */
static bool
read_spool(struct status *s, const struct standings *found, int dir,
    struct err *err)
{
	struct status_consumer *c = &s->consumers[s->consumer_count++];
	struct spool_reading spool;
	int64_t waiting;

	strcpy(c->name, CONSUMER_DEFAULT);
	if (!spool_reading_open(&spool, s->endpoint, "", err))
		return false;
	c->events = (int64_t)(spool.names[SPOOL_NEW].count +
	    spool.names[SPOOL_CUR].count);
	c->waiting = (int64_t)spool.names[SPOOL_CUR].count;
	c->failed = (int64_t)spool.names[SPOOL_FAILED].count;
	c->oldest_us = oldest_of_names(&spool.names[SPOOL_NEW]);
	waiting = oldest_of_names(&spool.names[SPOOL_CUR]);
	if (waiting != 0 && (c->oldest_us == 0 || waiting < c->oldest_us))
		c->oldest_us = waiting;
	c->failed_us = oldest_of_names(&spool.names[SPOOL_FAILED]);
	s->store_bytes = (int64_t)spool.count * s->record_bytes;
	s->store_files = spool.count;
	if (spool.count > 0)
		s->first_us = spool_name_us(spool.list[0].name);
	s->stateless = dir == -1 && c->events > 0;
	if (found->count == 0 && !s->endpoint->external) {
		s->nobody.events = c->events;
		s->nobody.oldest_us = c->oldest_us;
	}
	spool_reading_close(&spool);
	return true;
}

bool
status_backlog(struct status *s, const struct statedir *names,
    struct err *err)
{
	struct standings found;
	bool done;
	int dir;

	if (!standings_find(&found, names->path, err))
		return false;
	s->consumers = calloc(found.count + 1, sizeof(*s->consumers));
	dir = open(names->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->consumers == NULL)
		done = err_set(err, OUTCOME_NO_MEMORY, "no memory");
	else if (s->endpoint->spool != NULL)
		done = read_spool(s, &found, dir, err);
	else
		done = read_log(s, names, &found, dir, err);
	if (dir != -1)
		close(dir);
	standings_wipe(&found);
	return done;
}
