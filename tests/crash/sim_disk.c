/* SPDX-License-Identifier: ISC */
/*
 * Which bytes, sizes and names are on the disk, and which of the
 * others a power loss leaves.
 *
 *   not synced                    after power loss
 *   a block of 512 bytes          as before, or as written; each by itself
 *   a size that grew              as before, as it is, or between; blocks
 *                                 that did not make it read as NUL bytes
 *   a size that shrank            as before (with the old bytes after it),
 *                                 or shrunk, or grown again since
 *   bytes written after a cut     only with the cut: they have new blocks;
 *                                 but the block that the cut goes through
 *                                 is written in its place, with it or not
 *   a name made or removed        there or not, each by itself, but after
 *                                 what it depends on: the same name or the
 *                                 same inode number
 *   a rename                      whole or not at all, between two
 *                                 directories too
 *
 *   a sync that succeeds          of a file: its bytes and its size, cut or
 *                                 grown; never its name.  Of a directory:
 *                                 all its names (and the other side of a
 *                                 rename), nothing of the files
 *   a sync that fails             of a file: the blocks are clean and not on
 *                                 the disk.  The next sync succeeds without
 *                                 them, and so it does after they were
 *                                 written again in place if they never had
 *                                 been on the disk before (ext4's unwritten
 *                                 extents).  Only cutting them off and
 *                                 writing again makes honest blocks.  The
 *                                 size may be on the disk without them.  Of
 *                                 a directory: its changes stay unsynced
 *                                 The kernel may forget such blocks at any
 *                                 time, and read what the disk has
 *   a process that dies           nothing of this: the cache stays; its
 *                                 descriptors and locks go
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_state.h"

static int64_t
blocks_of(int64_t size)
{
	return (size + SIM_BLOCK - 1) / SIM_BLOCK;
}

void
sim_make_room(struct inode *i, int64_t size)
{
	int64_t room = i->room == 0 ? 4096 : i->room;

	if (size <= i->room)
		return;
	while (room < size)
		room *= 2;
	i->data = realloc(i->data, (size_t)room);
	i->disk = realloc(i->disk, (size_t)room);
	i->block = realloc(i->block, (size_t)(room / SIM_BLOCK));
	if (i->data == NULL || i->disk == NULL || i->block == NULL)
		abort();
	memset(i->data + i->room, 0, (size_t)(room - i->room));
	memset(i->disk + i->room, 0, (size_t)(room - i->room));
	memset(i->block + i->room / SIM_BLOCK, 0,
	    (size_t)((room - i->room) / SIM_BLOCK));
	i->room = room;
}

static void
soil(struct inode *i, int64_t from, int64_t to)
{
	for (int64_t b = from / SIM_BLOCK; b < blocks_of(to); b++) {
		/* written again in place, and still nowhere */
		if ((i->block[b] & (BLOCK_LOST | BLOCK_BORN)) == BLOCK_LOST)
			continue;
		i->block[b] = (unsigned char)
		    ((i->block[b] & ~BLOCK_LOST) | BLOCK_DIRTY);
	}
}

void
sim_write_bytes(struct inode *i, const void *data, size_t len,
    int64_t offset)
{
	int64_t end = offset + (int64_t)len;

	if (len == 0)
		return;
	sim_make_room(i, end);
	memcpy(i->data + offset, data, len);
	i->mtime_us = sim_clock_us;
	soil(i, offset < i->size ? offset : i->size, end);
	if (end > i->size)
		i->size = end;
}

void
sim_set_size(struct inode *i, int64_t size)
{
	sim_make_room(i, size);
	i->mtime_us = sim_clock_us;
	if (size < i->size) {
		memset(i->data + size, 0, (size_t)(i->size - size));
		for (int64_t b = blocks_of(size); b < blocks_of(i->size); b++)
			i->block[b] = 0;
		if (size % SIM_BLOCK != 0)
			i->block[size / SIM_BLOCK] = (unsigned char)
			    ((i->block[size / SIM_BLOCK] & BLOCK_BORN) |
			    BLOCK_DIRTY);
		if (size < i->low)
			i->low = size;
	} else if (size > i->size) {
		soil(i, i->size, size);
	}
	i->size = size;
}

static void
keep_block(struct inode *i, int64_t b)
{
	memcpy(i->disk + b * SIM_BLOCK, i->data + b * SIM_BLOCK, SIM_BLOCK);
	i->block[b] = BLOCK_BORN;
}

/* What was cut off is no longer on the disk. */
static void
keep_size(struct inode *i, int64_t size)
{
	int64_t b = i->low / SIM_BLOCK;

	if (i->low < i->disk_size) {
		memset(i->disk + i->low, 0, (size_t)(i->room - i->low));
		/* the block it goes through may have been written since */
		if (i->low % SIM_BLOCK != 0 &&
		    (i->block[b] & (BLOCK_DIRTY | BLOCK_LOST)) == 0)
			memcpy(i->disk + b * SIM_BLOCK,
			    i->data + b * SIM_BLOCK, SIM_BLOCK);
	}
	i->disk_size = i->low = size;
}

void
sim_sync_file(struct inode *i)
{
	keep_size(i, i->size);
	for (int64_t b = 0; b < blocks_of(i->size); b++)
		if ((i->block[b] & BLOCK_DIRTY) != 0)
			keep_block(i, b);
}

void
sim_fail_sync(struct inode *i, unsigned survive)
{
	if ((survive & 4) != 0) {
		sim_sync_file(i);
		return;
	}
	if ((survive & 1) != 0)
		keep_size(i, i->size);
	for (int64_t b = 0; b < blocks_of(i->size); b++) {
		if ((i->block[b] & BLOCK_DIRTY) == 0)
			continue;
		if ((survive & 2) != 0 && b % 2 != 0 &&
		    b * SIM_BLOCK < i->low)
			keep_block(i, b);
		else
			i->block[b] = (unsigned char)
			    ((i->block[b] & ~BLOCK_DIRTY) | BLOCK_LOST);
	}
}

/* -- names --------------------------------------------------------------- */

static void
set_entry(struct entry *table, int dir, const char *name, int inode)
{
	int spot = -1;

	for (int i = 0; i < SIM_ENTRIES; i++) {
		if (table[i].dir == dir && strcmp(table[i].name, name) == 0) {
			spot = i;
			break;
		}
		if (table[i].dir < 0 && spot < 0)
			spot = i;
	}
	if (inode < 0) {
		if (spot >= 0 && table[spot].dir >= 0)
			table[spot].dir = -1;
		return;
	}
	if (spot < 0)
		abort();
	table[spot].dir = dir;
	strcpy(table[spot].name, name);
	table[spot].inode = inode;
}

static void
apply(struct entry *table, const struct pending *p)
{
	if (p->from >= 0)
		set_entry(table, p->from, p->from_name, -1);
	if (p->to >= 0)
		set_entry(table, p->to, p->to_name, p->inode);
}

void
sim_change(int from, const char *from_name, int to, const char *to_name,
    int inode)
{
	struct pending *p = &sim.pending[sim.pendings];

	if (sim.pendings == SIM_PENDING)
		abort();
	sim.pendings++;
	p->from = from;
	p->to = to;
	strcpy(p->from_name, from_name);
	strcpy(p->to_name, to_name);
	p->inode = inode;
	p->replaced = to < 0 ? -1 : sim_lookup(sim.cached, to, to_name);
	if (from >= 0)
		sim.inode[from].mtime_us = sim_clock_us;
	if (to >= 0)
		sim.inode[to].mtime_us = sim_clock_us;
	apply(sim.cached, p);
	sim_changes++;
}

static bool
same_name(int dir, const char *name, const struct pending *p)
{
	return dir >= 0 &&
	    ((p->from == dir && strcmp(p->from_name, name) == 0) ||
	    (p->to == dir && strcmp(p->to_name, name) == 0));
}

static bool
same_number(int inode, const struct pending *p)
{
	ino_t n;

	if (inode < 0)
		return false;
	n = sim.inode[inode].number;
	return sim.inode[p->inode].number == n || (p->replaced >= 0 &&
	    sim.inode[p->replaced].number == n);
}

static bool
depends(const struct pending *later, const struct pending *earlier)
{
	return same_name(later->from, later->from_name, earlier) ||
	    same_name(later->to, later->to_name, earlier) ||
	    same_number(later->inode, earlier) ||
	    same_number(later->replaced, earlier);
}

void
sim_sync_dir(int dir)
{
	bool due[SIM_PENDING] = { false };
	int left = 0;

	for (int i = sim.pendings - 1; i >= 0; i--) {
		struct pending *p = &sim.pending[i];

		if (p->from == dir || p->to == dir)
			due[i] = true;
		for (int j = 0; due[i] && j < i; j++)
			if (depends(p, &sim.pending[j]))
				due[j] = true;
	}
	for (int i = 0; i < sim.pendings; i++) {
		if (due[i])
			apply(sim.durable, &sim.pending[i]);
		else
			sim.pending[left++] = sim.pending[i];
	}
	sim.pendings = left;
}

/* -- ends ---------------------------------------------------------------- */

void
sim_drop(int fd)
{
	struct inode *i = &sim.inode[sim.fd[fd].inode];

	if (i->lock_fd == fd)
		i->lock_fd = -1;
	sim.fd[fd].used = false;
}

void
sim_kill(int process)
{
	for (int i = 0; i < SIM_FDS; i++)
		if (sim.fd[i].used && sim.fd[i].process == process)
			sim_drop(i);
	sim_in_sqlite = false;
}

void
sim_kill_all(void)
{
	for (int i = 0; i < SIM_FDS; i++)
		if (sim.fd[i].used)
			sim_drop(i);
	sim_in_sqlite = false;
}

static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static bool
survives(struct sim_loss *l, unsigned class)
{
	unsigned n = l->asked++;

	switch (l->kind) {
	case LOSS_CLASS:
		return (l->mask & class) != 0;
	case LOSS_BITS:
		return n < 64 && (l->bits >> n & 1) != 0;
	case LOSS_CHANCE:
		/* mask: how many of 16 survive */
		return next_random(&l->seed) % 16 < l->mask;
	}
	return false;
}

/* The size that comes back; *cut: what was cut off is gone for good. */
static int64_t
size_left(const struct inode *i, struct sim_loss *l, bool *cut)
{
	bool shrank = i->low < i->disk_size;
	int64_t between = i->low;

	*cut = false;
	if (i->size == i->disk_size && !shrank)
		return i->size;
	if (!survives(l, SIM_SIZES))
		return i->disk_size;
	*cut = shrank;
	if (!shrank)
		between = i->disk_size + (i->size - i->disk_size) / 2;
	if (l->kind != LOSS_CLASS && between != i->size &&
	    !survives(l, SIM_SIZES))
		return between;
	return i->size;
}

static void
lose_file(struct inode *i, struct sim_loss *l)
{
	bool shrank = i->low < i->disk_size, cut;
	int64_t low = i->low;
	int64_t size = size_left(i, l, &cut);

	if (cut)
		keep_size(i, size);
	for (int64_t b = 0; b < blocks_of(i->size); b++) {
		if ((i->block[b] & BLOCK_DIRTY) == 0)
			continue;
		if (shrank && !cut && b * SIM_BLOCK >= low)
			continue;
		if (survives(l, i->sqlite ? SIM_SQLITE : SIM_STORE))
			keep_block(i, b);
	}
	sim_make_room(i, size);
	if (i->room > size)
		memset(i->disk + size, 0, (size_t)(i->room - size));
	for (int64_t b = 0; b < i->room / SIM_BLOCK; b++)
		i->block[b] = b < blocks_of(size) ?
		    i->block[b] & BLOCK_BORN : 0;
	if (i->room > 0)
		memcpy(i->data, i->disk, (size_t)i->room);
	i->size = i->disk_size = i->low = size;
}

void
sim_power_loss(struct sim_loss *l)
{
	bool kept[SIM_PENDING];

	sim_kill_all();
	l->asked = 0;
	for (int i = 0; i < sim.pendings; i++) {
		kept[i] = true;
		for (int j = 0; j < i && kept[i]; j++)
			kept[i] = kept[j] ||
			    !depends(&sim.pending[i], &sim.pending[j]);
		kept[i] = kept[i] && survives(l, SIM_NAMES);
		if (kept[i])
			apply(sim.durable, &sim.pending[i]);
	}
	sim.pendings = 0;
	memcpy(sim.cached, sim.durable, sizeof(sim.cached));
	for (int i = 0; i < sim.inodes; i++)
		if (!sim.inode[i].is_dir)
			lose_file(&sim.inode[i], l);
	sim_changes++;
}

bool
sim_forget(void)
{
	bool any = false;

	for (int n = 0; n < sim.inodes; n++) {
		struct inode *i = &sim.inode[n];

		for (int64_t b = 0; !i->is_dir && b < blocks_of(i->size); b++) {
			if ((i->block[b] & BLOCK_LOST) == 0)
				continue;
			memcpy(i->data + b * SIM_BLOCK, i->disk + b *
			    SIM_BLOCK, SIM_BLOCK);
			any = true;
		}
	}
	return any;
}

unsigned
sim_unsynced(void)
{
	unsigned count = (unsigned)sim.pendings;

	for (int n = 0; n < sim.inodes; n++) {
		const struct inode *i = &sim.inode[n];

		if (i->is_dir)
			continue;
		if (i->size != i->disk_size || i->low < i->disk_size)
			count += 2;
		for (int64_t b = 0; b < blocks_of(i->size); b++)
			count += (i->block[b] & BLOCK_DIRTY) != 0;
	}
	return count;
}

void
sim_write_back(uint64_t seed)
{
	for (int n = 0; n < sim.inodes; n++) {
		struct inode *i = &sim.inode[n];

		if (i->is_dir)
			continue;
		if (next_random(&seed) % 2 == 0)
			keep_size(i, i->size);
		for (int64_t b = 0; b < blocks_of(i->size); b++)
			if ((i->block[b] & BLOCK_DIRTY) != 0 &&
			    b * SIM_BLOCK < i->low &&
			    next_random(&seed) % 2 == 0)
				keep_block(i, b);
	}
	sim_changes++;
}
