/* SPDX-License-Identifier: ISC */
/*
 * Finds the ids of an index that have no line in the log, in 8 bytes an id.
 * An id is lost only if the very file that its row names is there: a file
 * that was moved away, compressed or pruned proves nothing.
 */
#include <config.h>

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/keep/lost.h"

struct lost_file {
	int64_t		 number;	/* in the index */
	int64_t		 from;		/* its rows were signed since then */
};

/* A file of the directory; its inode may have been another file's. */
struct present {
	uint64_t	 inode;
	int64_t		 born;		/* Unix seconds; INT64_MAX: unknown */
};

struct opening {
	struct lost	*lost;
	const struct lost_names *names;
	struct present	*present;
	size_t		 present_count;
	int64_t		 tolerance;
	bool		 no_memory;
	uint64_t	 named;		/* bits of names that are known */
};

/* FNV-1a; if two ids have one hash and one is there, so is the other. */
static uint64_t
hash_of(const char *id)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *id != '\0'; id++)
		hash = (hash ^ (unsigned char)*id) * UINT64_C(1099511628211);
	return hash & ~UINT64_C(1);
}

static int64_t
born_at(int dir, const char *name)
{
#ifdef STATX_BTIME
	struct statx x;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) == 0 &&
	    (x.stx_mask & STATX_BTIME) != 0)
		return x.stx_btime.tv_sec;
#elif defined(__FreeBSD__)
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_birthtim.tv_sec > 0)
		return st.st_birthtim.tv_sec;
#else
	(void)dir;
	(void)name;
#endif
	return INT64_MAX;
}

static bool
no_memory(struct err *err)
{
	return err_set(err, OUTCOME_NO_MEMORY, "no memory for ids");
}

/* Room for one more, in an array that doubles; NULL without memory. */
static void *
grow(void *list, size_t count, size_t each)
{
	/* it is full at 16, 32, 64, ... */
	if (count < 16 ? count > 0 : (count & (count - 1)) != 0)
		return list;
	return realloc(list, (count == 0 ? 16 : count * 2) * each);
}

static bool
list_present(struct opening *o, const char *home, struct err *err)
{
	DIR *d = opendir(home);
	struct dirent *entry;
	struct stat st;
	void *more;

	if (d == NULL)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", home);
	while ((entry = readdir(d)) != NULL) {
		if (fstatat(dirfd(d), entry->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		more = grow(o->present, o->present_count, sizeof(*o->present));
		if (more == NULL) {
			closedir(d);
			return no_memory(err);
		}
		o->present = more;
		o->present[o->present_count].inode = st.st_ino;
		o->present[o->present_count++].born = born_at(dirfd(d),
		    entry->d_name);
	}
	closedir(d);
	return true;
}

/* Since when its rows count as missing; INT64_MAX: never. */
static int64_t
missed_from(struct opening *o, const char *name, uint64_t inode)
{
	for (int i = 0; i < o->names->count; i++)
		if (strcmp(o->names->name[i], name) == 0) {
			o->named |= UINT64_C(1) << i;
			return INT64_MIN;
		}
	for (size_t i = 0; i < o->present_count; i++)
		if (o->present[i].inode == inode &&
		    o->present[i].born != INT64_MAX)
			/* signed before it was received */
			return o->present[i].born - o->tolerance;
	return INT64_MAX;
}

static void
add_file(void *ctx, int64_t number, const char *name, uint64_t inode)
{
	struct opening *o = ctx;
	struct lost *l = o->lost;
	struct lost_file f = { number, missed_from(o, name, inode) };
	void *more;

	if (f.from == INT64_MAX || o->no_memory)
		return;
	more = grow(l->files, l->file_count, sizeof(*l->files));
	o->no_memory = more == NULL;
	if (more == NULL)
		return;
	l->files = more;
	l->files[l->file_count++] = f;
}

static int
by_number(const void *left, const void *right)
{
	const struct lost_file *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

/* Would this id be lost if no file has it? */
static bool
is_missed(const struct lost *l, const struct index_row *row)
{
	const struct lost_file key = { row->file_number, 0 }, *f;

	f = l->file_count == 0 ? NULL : bsearch(&key, l->files, l->file_count,
	    sizeof(*l->files), by_number);
	return f != NULL && row->time >= f->from;
}

static bool
add_id(void *ctx, const char *id, const struct index_row *row,
    struct err *err)
{
	struct lost *l = ctx;
	void *more;

	if (!is_missed(l, row))
		return true;
	more = grow(l->ids, l->count, sizeof(*l->ids));
	if (more == NULL)
		return no_memory(err);
	l->ids = more;
	l->ids[l->count++] = hash_of(id);
	return true;
}

static int
by_hash(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left | 1;
	uint64_t b = *(const uint64_t *)right | 1;

	return a < b ? -1 : a > b;
}

static bool
are_known(const struct opening *o, struct err *err)
{
	for (int i = 0; i < o->names->count; i++)
		if ((o->named & (UINT64_C(1) << i)) == 0)
			return err_set(err, OUTCOME_NO_INPUT, "%s: not a file "
			    "that the index knows; give the name that it had "
			    "when its events were written", o->names->name[i]);
	return true;
}

bool
lost_open(struct lost *l, struct index *index, const struct endpoint *e,
    const char *home, const struct lost_names *names, struct err *err)
{
	struct opening o = { .lost = l, .names = names,
		.tolerance = e->tolerance };
	bool done;

	memset(l, 0, sizeof(*l));
	done = list_present(&o, home, err) &&
	    index_each_file(index, add_file, &o, err) == INDEX_OK &&
	    (!o.no_memory || no_memory(err)) && are_known(&o, err) &&
	    index_walk(index, add_id, l, err) == INDEX_OK;
	free(o.present);
	if (done && l->count > 0)
		qsort(l->ids, l->count, sizeof(*l->ids), by_hash);
	return done;
}

void
lost_wipe(struct lost *l)
{
	free(l->files);
	free(l->ids);
	free(l->text);
	memset(l, 0, sizeof(*l));
}

static uint64_t *
find(const struct lost *l, const char *id)
{
	uint64_t hash = hash_of(id);

	return l->count == 0 ? NULL : bsearch(&hash, l->ids, l->count,
	    sizeof(*l->ids), by_hash);
}

void
lost_found(struct lost *l, const char *id)
{
	uint64_t *at = find(l, id);

	if (at != NULL)
		*at |= 1;
}

size_t
lost_count(const struct lost *l)
{
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++)
		count += (l->ids[i] & 1) == 0;
	return count;
}

static bool
list_id(void *ctx, const char *id, const struct index_row *row,
    struct err *err)
{
	size_t len = strlen(id) + 1;
	struct lost *l = ctx;
	const uint64_t *at = find(l, id);
	char *more;

	/* an id that was added meanwhile is not among them */
	if (!is_missed(l, row) || at == NULL || (*at & 1) != 0)
		return true;
	if (l->text_len + len > l->text_size) {
		l->text_size = l->text_size * 2 + 4096;
		more = realloc(l->text, l->text_size);
		if (more == NULL)
			return no_memory(err);
		l->text = more;
	}
	memcpy(l->text + l->text_len, id, len);
	l->text_len += len;
	return true;
}

bool
lost_list(struct lost *l, struct index *index, struct err *err)
{
	return index_walk(index, list_id, l, err) == INDEX_OK;
}
