/* SPDX-License-Identifier: ISC */
/*
 * The machine as an operator sees and changes it, and as a test sets
 * it up: no process makes these calls, and no fault meets them.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_state.h"

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct sim_file *)a)->name,
	    ((const struct sim_file *)b)->name);
}

static void
describe(const struct entry *e, struct sim_file *f)
{
	const struct inode *i = &sim.inode[e->inode];

	snprintf(f->name, sizeof(f->name), "%s", e->name);
	f->data = i->data;
	f->size = i->size;
	f->number = i->number;
	f->is_dir = i->is_dir;
}

static int
path_inode(const char *path)
{
	char name[SIM_NAME];
	int parent = sim_walk(AT_FDCWD, path, name);

	return parent < 0 ? -1 : sim_lookup(sim.cached, parent, name);
}

int
sim_list(const char *path, struct sim_file *files, int max)
{
	int dir = path_inode(path), count = 0;

	if (dir < 0)
		return 0;
	for (int i = 0; i < SIM_ENTRIES; i++) {
		if (sim.cached[i].dir != dir)
			continue;
		if (count == max)
			abort();
		describe(&sim.cached[i], &files[count++]);
	}
	qsort(files, (size_t)count, sizeof(*files), by_name);
	return count;
}

bool
sim_find(const char *path, struct sim_file *f)
{
	char name[SIM_NAME];
	int dir = sim_walk(AT_FDCWD, path, name);

	for (int i = 0; dir >= 0 && i < SIM_ENTRIES; i++)
		if (sim.cached[i].dir == dir &&
		    strcmp(sim.cached[i].name, name) == 0) {
			describe(&sim.cached[i], f);
			return true;
		}
	return false;
}

void
sim_mkdir(const char *path)
{
	char name[SIM_NAME];
	int dir = sim_walk(AT_FDCWD, path, name);

	sim_change(-1, "", dir, name, sim_new_inode(true, S_IFDIR | 0700));
}

void
sim_put_file(const char *path, const void *data, size_t len, bool durable)
{
	char name[SIM_NAME];
	int dir = sim_walk(AT_FDCWD, path, name);
	int inode = sim_lookup(sim.cached, dir, name);

	if (inode < 0) {
		inode = sim_new_inode(false, S_IFREG | 0600);
		sim_change(-1, "", dir, name, inode);
	} else {
		sim_set_size(&sim.inode[inode], 0);
	}
	sim_write_bytes(&sim.inode[inode], data, len, 0);
	if (durable) {
		sim_sync_file(&sim.inode[inode]);
		sim_sync_dir(dir);
	}
	sim_changes++;
}

void
sim_rename(const char *from, const char *to)
{
	char from_name[SIM_NAME], to_name[SIM_NAME];
	int source = sim_walk(AT_FDCWD, from, from_name);
	int target = sim_walk(AT_FDCWD, to, to_name);
	int inode = sim_lookup(sim.cached, source, from_name);

	if (inode >= 0)
		sim_change(source, from_name, target, to_name, inode);
}

void
sim_remove(const char *path)
{
	char name[SIM_NAME];
	int dir = sim_walk(AT_FDCWD, path, name);
	int inode = sim_lookup(sim.cached, dir, name);

	if (inode < 0)
		return;
	for (int i = 0; i < SIM_ENTRIES; i++)
		if (sim.cached[i].dir == inode) {
			char child[2 * SIM_NAME];

			snprintf(child, sizeof(child), "%s/%s", path,
			    sim.cached[i].name);
			sim_remove(child);
		}
	sim_change(dir, name, -1, "", inode);
}

void
sim_cut_file(const char *path, int64_t size)
{
	int inode = path_inode(path);

	sim_set_size(&sim.inode[inode], size);
	sim_changes++;
}

void
sim_sync_all(void)
{
	for (int i = 0; i < sim.inodes; i++)
		if (sim.inode[i].is_dir)
			sim_sync_dir(i);
		else
			sim_sync_file(&sim.inode[i]);
}

void
sim_sync_path(const char *path)
{
	sim_sync_dir(path_inode(path));
}
