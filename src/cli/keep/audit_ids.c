/* SPDX-License-Identifier: ISC */
/*
 * Find ids that stand in an archive twice, whatever its size.  Up to a
 * limit they are kept and sorted in memory.  Beyond it they go to unlinked
 * files in TMPDIR, by hash: what belongs together lies in one of them, and
 * only one is in memory at a time.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"
#include "cli/keep/audit.h"

#define PARTS	64

struct audit_ids {
	struct audit_id	*list;
	size_t		 count, size;
	FILE		*part[PARTS];	/* NULL: memory is enough so far */
	size_t		 part_count[PARTS];
};

bool
audit_ids_open(struct audit_ids **out, size_t in_memory, struct err *err)
{
	struct audit_ids *ids = calloc(1, sizeof(*ids));

	*out = ids;
	if (ids != NULL)
		ids->list = malloc(in_memory * sizeof(*ids->list));
	if (ids == NULL || ids->list == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory for ids");
	ids->size = in_memory;
	return true;
}

void
audit_ids_close(struct audit_ids *ids)
{
	if (ids == NULL)
		return;
	for (int i = 0; i < PARTS; i++)
		if (ids->part[i] != NULL)
			fclose(ids->part[i]);
	free(ids->list);
	free(ids);
}

static bool
fail(struct err *err)
{
	return err_sys(err, OUTCOME_IO_ERROR, errno,
	    "a temporary file for ids; TMPDIR names another directory");
}

/* A file that is gone when it is closed. */
static FILE *
open_part(void)
{
	const char *dir = getenv("TMPDIR");
	char path[PATH_MAX];
	FILE *f;
	int fd;

	if (dir == NULL || dir[0] != '/')
		dir = "/tmp";
	if ((size_t)snprintf(path, sizeof(path), "%s/hookcask-audit.XXXXXX",
	    dir) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = mkstemp(path);
	if (fd == -1)
		return NULL;
	unlink(path);
	f = fdopen(fd, "w+b");
	if (f == NULL)
		close(fd);
	return f;
}

/* Moves what is in memory to the files. */
static bool
spill(struct audit_ids *ids, struct err *err)
{
	for (size_t i = 0; i < ids->count; i++) {
		size_t at = (size_t)(ids->list[i].hash % PARTS);

		if (ids->part[at] == NULL) {
			ids->part[at] = open_part();
			if (ids->part[at] == NULL)
				return fail(err);
		}
		if (fwrite(&ids->list[i], sizeof(*ids->list), 1,
		    ids->part[at]) != 1)
			return fail(err);
		ids->part_count[at]++;
	}
	ids->count = 0;
	return true;
}

/* FNV-1a: who signs could make ids collide, and would find them compared. */
static uint64_t
hash_of(const char *id)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *id != '\0'; id++)
		hash = (hash ^ (unsigned char)*id) * UINT64_C(1099511628211);
	return hash;
}

bool
audit_ids_add(struct audit_ids *ids, const char *id, int64_t time,
    struct err *err)
{
	struct audit_id *a;
	size_t len = strlen(id);

	if (ids->count == ids->size && !spill(ids, err))
		return false;
	a = &ids->list[ids->count++];
	memset(a, 0, sizeof(*a));
	a->hash = hash_of(id);
	a->time = time;
	memcpy(a->id, id, len < sizeof(a->id) ? len : sizeof(a->id) - 1);
	return true;
}

static int
by_hash(const void *left, const void *right)
{
	const struct audit_id *a = left, *b = right;
	int order;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	order = strcmp(a->id, b->id);
	if (order != 0)
		return order;
	return a->time < b->time ? -1 : a->time > b->time;
}

static void
find_in(struct audit_id *list, size_t count,
    void (*twin)(void *ctx, const struct audit_id *,
    const struct audit_id *), void *ctx)
{
	if (count == 0)
		return;
	qsort(list, count, sizeof(*list), by_hash);
	for (size_t i = 1; i < count; i++)
		if (list[i].hash == list[i - 1].hash &&
		    strcmp(list[i].id, list[i - 1].id) == 0)
			twin(ctx, &list[i - 1], &list[i]);
}

bool
audit_ids_find(struct audit_ids *ids,
    void (*twin)(void *ctx, const struct audit_id *before,
    const struct audit_id *), void *ctx, struct err *err)
{
	bool spilled = false;

	for (int i = 0; i < PARTS; i++)
		spilled = spilled || ids->part[i] != NULL;
	if (!spilled) {
		find_in(ids->list, ids->count, twin, ctx);
		return true;
	}
	if (!spill(ids, err))
		return false;
	for (int i = 0; i < PARTS; i++) {
		size_t count = ids->part_count[i];

		if (count > ids->size) {
			free(ids->list);
			ids->size = 0;
			ids->list = malloc(count * sizeof(*ids->list));
			if (ids->list == NULL)
				return err_set(err, OUTCOME_NO_MEMORY,
				    "no memory for ids");
			ids->size = count;
		}
		if (count == 0)
			continue;
		if (fseek(ids->part[i], 0, SEEK_SET) != 0 ||
		    fread(ids->list, sizeof(*ids->list), count,
		    ids->part[i]) != count)
			return fail(err);
		find_in(ids->list, count, twin, ctx);
	}
	return true;
}
