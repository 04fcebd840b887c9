/* SPDX-License-Identifier: ISC */
/*
 * Remembers which events were replayed, so that an interrupted replay can
 * continue.  The journal's lines are "I id".
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"
#include "base/span.h"
#include "cli/batch/replay.h"
#include "lib/mac.h"

#define SYNC_MS 200		/* power loss repeats this much at most */
#define FIRST_SIZE 1024

static void
hash_of(struct hookcask_span id, unsigned char hash[16])
{
	unsigned char whole[HKC_SHA256_SIZE];

	hkc_sha256(&id, 1, whole);
	memcpy(hash, whole, 16);
}

/* Where it is, or would be. */
static size_t
place_of(const struct replay_log *l, const unsigned char hash[16])
{
	static const unsigned char empty[16];
	size_t at;

	memcpy(&at, hash, sizeof(at));
	for (at &= l->size - 1; memcmp(l->ids[at], empty, 16) != 0 &&
	    memcmp(l->ids[at], hash, 16) != 0; at = (at + 1) & (l->size - 1))
		continue;
	return at;
}

static bool
grow(struct replay_log *l)
{
	static const unsigned char empty[16];
	struct replay_log wider = { .size = l->size == 0 ? FIRST_SIZE :
		l->size * 2 };

	wider.ids = calloc(wider.size, sizeof(*wider.ids));
	if (wider.ids == NULL)
		return false;
	for (size_t i = 0; i < l->size; i++)
		if (memcmp(l->ids[i], empty, 16) != 0)
			memcpy(wider.ids[place_of(&wider, l->ids[i])],
			    l->ids[i], 16);
	free(l->ids);
	l->ids = wider.ids;
	l->size = wider.size;
	return true;
}

static bool
apply(void *ctx, const struct journal_line *line, struct err *err)
{
	struct replay_log *l = ctx;
	unsigned char hash[16];
	size_t at;

	if (line->len < 3 || memcmp(line->text, "I ", 2) != 0)
		return err_set(err, OUTCOME_BAD_DATA, "%s: byte %" PRId64
		    ": a line that this version does not know",
		    l->journal.path, line->offset);
	if (2 * l->count >= l->size && !grow(l))
		return err_set(err, OUTCOME_NO_MEMORY, "%s: no memory",
		    l->journal.path);
	hash_of(span_make(line->text + 2, line->len - 2), hash);
	at = place_of(l, hash);
	if (memcmp(l->ids[at], hash, 16) != 0)
		l->count++;
	memcpy(l->ids[at], hash, 16);
	return true;
}

static void
forget(void *ctx)
{
	struct replay_log *l = ctx;

	l->count = 0;
	if (l->size > 0)
		memset(l->ids, 0, l->size * sizeof(*l->ids));
}

/* Only the target's hash: a URL may hold a secret. */
static void
make_head(struct replay_log *l, const char *target)
{
	unsigned char hash[16];
	int len;

	hash_of(span_text(target), hash);
	len = snprintf(l->head, sizeof(l->head), "hookcask replay 1 ");
	for (int i = 0; i < 8; i++)
		len += snprintf(l->head + len, sizeof(l->head) - (size_t)len,
		    "%02x", hash[i]);
	snprintf(l->head + len, sizeof(l->head) - (size_t)len, "\n");
}

bool
replay_log_open(struct replay_log *l, const char *path, const char *target,
    struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct journal *j = &l->journal;
	int len = slash == NULL ? 0 : (int)(slash - path) + 1;

	if (strlen(path) >= sizeof(j->path))
		return err_set(err, OUTCOME_USAGE, "--resume: too long a path");
	j->ops = &fileops_posix;
	strcpy(j->path, path);
	snprintf(l->dir, sizeof(l->dir), "%.*s", len, path);
	j->dir = open(len == 0 ? "." : l->dir,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir == -1)
		return err_sys(err, OUTCOME_CANNOT_CREATE, errno, "%s", path);
	j->name = j->path + len;
	make_head(l, target);
	j->head = l->head;
	j->apply = apply;
	j->forget = forget;
	j->ctx = l;
	l->synced_ms = fileops_clock_ms();
	return (l->size > 0 || grow(l) ||
	    err_set(err, OUTCOME_NO_MEMORY, "no memory")) &&
	    journal_open(j, true, true, err);
}

bool
replay_log_has(const struct replay_log *l, const char *id)
{
	unsigned char hash[16];

	if (l->journal.fd == -1)
		return false;
	hash_of(span_text(id), hash);
	return memcmp(l->ids[place_of(l, hash)], hash, 16) == 0;
}

bool
replay_log_add(struct replay_log *l, const char *id, struct err *err)
{
	int64_t now = fileops_clock_ms();

	if (l->journal.fd == -1)
		return true;
	line_begin(&l->journal.out);
	line_add(&l->journal.out, "I %s", id);
	line_end(&l->journal.out);
	if (!journal_write(&l->journal, err))
		return false;
	if (now < l->synced_ms + SYNC_MS)
		return true;
	l->synced_ms = now;
	return journal_sync(&l->journal, err);
}

bool
replay_log_close(struct replay_log *l, struct err *err)
{
	bool ok = l->journal.fd == -1 || journal_sync(&l->journal, err);

	journal_close(&l->journal);
	if (l->journal.dir != -1)
		close(l->journal.dir);
	l->journal.dir = -1;
	free(l->ids);
	l->ids = NULL;
	l->count = l->size = 0;
	return ok;
}
