/* SPDX-License-Identifier: ISC */
/*
 * SQLite on the machine, call for call as its own VFS for Unix does
 * it, so that the index meets the same faults as the stores do.  Locks are
 * those of several processes; they die with their descriptors.  The shared
 * memory lives as long as one process has it.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_state.h"

#define REGION ((size_t)32768)

const char sim_vfs[] = "sim";

struct file {
	sqlite3_file base;
	int fd;
	int process;
	bool sync_name;			/* with the first sync: a new WAL */
	bool keep_wal;
	char path[512];
};

static bool
enter(void)
{
	bool before = sim_in_sqlite;

	sim_in_sqlite = true;
	return before;
}

#define OPS(call) (sim_ops.call)

static int
do_open(const char *path, int flags, mode_t mode)
{
	return OPS(open)(NULL, AT_FDCWD, path, flags, mode);
}

static int
vfs_close(sqlite3_file *f)
{
	struct file *file = (struct file *)f;
	bool before = enter();

	OPS(close)(NULL, file->fd); /* its error is only logged there */
	sim_in_sqlite = before;
	return SQLITE_OK;
}

static int
vfs_read(sqlite3_file *f, void *buf, int len, sqlite3_int64 offset)
{
	struct file *file = (struct file *)f;
	bool before = enter();
	int got = 0;
	ssize_t n = 1;

	while (got < len && n > 0) {
		n = OPS(read)(NULL, file->fd, (char *)buf + got,
		    (size_t)(len - got), offset + got);
		if (n > 0)
			got += (int)n;
	}
	sim_in_sqlite = before;
	if (n < 0)
		return SQLITE_IOERR_READ;
	memset((char *)buf + got, 0, (size_t)(len - got));
	return got == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int
vfs_write(sqlite3_file *f, const void *buf, int len, sqlite3_int64 offset)
{
	struct file *file = (struct file *)f;
	bool before = enter();
	int done = 0, rc = SQLITE_OK;

	while (done < len) {
		struct iovec iov = {
			(void *)((uintptr_t)buf + (uintptr_t)done),
			(size_t)(len - done)
		};
		ssize_t n = OPS(write)(NULL, file->fd, &iov, 1,
		    offset + done);

		if (n <= 0) {
			rc = n < 0 && errno != ENOSPC ? SQLITE_IOERR_WRITE :
			    SQLITE_FULL;
			break;
		}
		done += (int)n;
	}
	sim_in_sqlite = before;
	return rc;
}

static int
vfs_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct file *file = (struct file *)f;
	bool before = enter();
	int rc = OPS(truncate)(NULL, file->fd, size);

	sim_in_sqlite = before;
	return rc == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

/* Like unixSync(): what the sync of the directory says is not heard. */
static void
sync_parent(const char *path)
{
	char dir[512];
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	fd = do_open(dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return;
	OPS(sync)(NULL, fd);
	OPS(close)(NULL, fd);
}

static int
vfs_sync(sqlite3_file *f, int flags)
{
	struct file *file = (struct file *)f;
	bool before = enter();
	int rc = OPS(sync_data)(NULL, file->fd);

	(void)flags;
	if (rc == 0 && file->sync_name) {
		sync_parent(file->path);
		file->sync_name = false;
	}
	sim_in_sqlite = before;
	return rc == 0 ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int
vfs_size(sqlite3_file *f, sqlite3_int64 *size)
{
	struct file *file = (struct file *)f;
	bool before = enter();
	struct stat st;
	int rc = OPS(stat)(NULL, file->fd, &st);

	sim_in_sqlite = before;
	*size = st.st_size;
	return rc == 0 ? SQLITE_OK : SQLITE_IOERR_FSTAT;
}

/* The highest level of another descriptor on the same file. */
static int
others_level(const struct descriptor *d)
{
	int level = 0;

	for (int i = 0; i < SIM_FDS; i++)
		if (sim.fd[i].used && &sim.fd[i] != d &&
		    sim.fd[i].inode == d->inode && sim.fd[i].level > level)
			level = sim.fd[i].level;
	return level;
}

static int
vfs_lock(sqlite3_file *f, int level)
{
	struct descriptor *d = &sim.fd[((struct file *)f)->fd];
	int others = others_level(d);

	if (d->level >= level)
		return SQLITE_OK;
	if ((level == SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_PENDING) ||
	    (level == SQLITE_LOCK_RESERVED &&
	    others >= SQLITE_LOCK_RESERVED) ||
	    (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED))
		return SQLITE_BUSY;
	d->level = level;
	return SQLITE_OK;
}

static int
vfs_unlock(sqlite3_file *f, int level)
{
	struct descriptor *d = &sim.fd[((struct file *)f)->fd];

	if (d->level > level)
		d->level = level;
	return SQLITE_OK;
}

static int
vfs_is_reserved(sqlite3_file *f, int *result)
{
	const struct descriptor *d = &sim.fd[((struct file *)f)->fd];

	*result = d->level >= SQLITE_LOCK_RESERVED ||
	    others_level(d) >= SQLITE_LOCK_RESERVED;
	return SQLITE_OK;
}

static int
vfs_control(sqlite3_file *f, int op, void *arg)
{
	struct file *file = (struct file *)f;

	if (op != SQLITE_FCNTL_PERSIST_WAL)
		return SQLITE_NOTFOUND;
	if (*(int *)arg < 0)
		*(int *)arg = file->keep_wal;
	else
		file->keep_wal = *(int *)arg != 0;
	return SQLITE_OK;
}

static int
vfs_sector(sqlite3_file *f)
{
	(void)f;
	return 4096;
}

static int
vfs_characteristics(sqlite3_file *f)
{
	(void)f;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static bool
shares(const struct descriptor *o, const struct descriptor *d)
{
	return o->inode == d->inode && o->has_shm && o->shm_age == d->shm_age;
}

void
sim_drop_shm(int inode)
{
	unsigned age = ++sim.inode[inode].shm_age;

	for (int n = 0; n < SIM_FDS; n++)
		if (sim.fd[n].used && sim.fd[n].inode == inode &&
		    sim.fd[n].has_shm && sim.fd[n].shm_age + SIM_SHMS == age)
			abort();
}

static int
vfs_shm_map(sqlite3_file *f, int region, int size, int extend,
    void volatile **result)
{
	struct descriptor *d = &sim.fd[((struct file *)f)->fd];
	struct inode *i = &sim.inode[d->inode];
	bool users = false;
	void **shm;

	if ((size_t)size != REGION || region >= 8)
		abort();
	if (!d->has_shm)
		d->shm_age = i->shm_age;
	shm = i->shm[d->shm_age % SIM_SHMS];
	for (int n = 0; n < SIM_FDS; n++)
		if (sim.fd[n].used && shares(&sim.fd[n], d))
			users = true;
	if (!users) {
		/* the first one finds it empty and recovers */
		for (int n = 0; n < 8; n++) {
			free(shm[n]);
			shm[n] = NULL;
		}
	}
	d->has_shm = true;
	if (shm[region] == NULL && extend) {
		shm[region] = calloc(1, REGION);
		if (shm[region] == NULL)
			abort();
	}
	*result = shm[region];
	return SQLITE_OK;
}

static int
vfs_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	struct descriptor *d = &sim.fd[((struct file *)f)->fd];
	unsigned mask = ((1u << n) - 1) << offset;

	if ((flags & SQLITE_SHM_UNLOCK) != 0) {
		d->shared &= ~mask;
		d->exclusive &= ~mask;
		return SQLITE_OK;
	}
	for (int i = 0; i < SIM_FDS; i++) {
		const struct descriptor *o = &sim.fd[i];

		if (!o->used || o == d || !shares(o, d))
			continue;
		if ((o->exclusive & mask) != 0 ||
		    ((flags & SQLITE_SHM_EXCLUSIVE) != 0 &&
		    (o->shared & mask) != 0))
			return SQLITE_BUSY;
	}
	if ((flags & SQLITE_SHM_EXCLUSIVE) != 0)
		d->exclusive |= mask;
	else
		d->shared |= mask;
	return SQLITE_OK;
}

static void
vfs_shm_barrier(sqlite3_file *f)
{
	(void)f;
}

static int
vfs_shm_unmap(sqlite3_file *f, int delete)
{
	struct descriptor *d = &sim.fd[((struct file *)f)->fd];

	(void)delete;
	d->has_shm = false;
	d->shared = d->exclusive = 0;
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = vfs_close,
	.xRead = vfs_read,
	.xWrite = vfs_write,
	.xTruncate = vfs_truncate,
	.xSync = vfs_sync,
	.xFileSize = vfs_size,
	.xLock = vfs_lock,
	.xUnlock = vfs_unlock,
	.xCheckReservedLock = vfs_is_reserved,
	.xFileControl = vfs_control,
	.xSectorSize = vfs_sector,
	.xDeviceCharacteristics = vfs_characteristics,
	.xShmMap = vfs_shm_map,
	.xShmLock = vfs_shm_lock,
	.xShmBarrier = vfs_shm_barrier,
	.xShmUnmap = vfs_shm_unmap,
};

/* What cannot be opened for writing is opened for reading, as there. */
static int
vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags,
    int *out)
{
	const int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL |
	    SQLITE_OPEN_SUPER_JOURNAL;
	struct file *file = (struct file *)f;
	bool create = (flags & SQLITE_OPEN_CREATE) != 0;
	bool before = enter();

	(void)vfs;
	memset(file, 0, sizeof(*file));
	if (path == NULL)
		abort(); /* temporary files: not used by the index */
	file->fd = do_open(path, (create ? O_CREAT : 0) |
	    ((flags & SQLITE_OPEN_READWRITE) != 0 ? O_RDWR : O_RDONLY), 0600);
	if (file->fd < 0 && errno != EISDIR &&
	    (flags & SQLITE_OPEN_READWRITE) != 0) {
		flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
		flags |= SQLITE_OPEN_READONLY;
		file->fd = do_open(path, O_RDONLY, 0);
	}
	sim_in_sqlite = before;
	if (file->fd < 0)
		return SQLITE_CANTOPEN;
	snprintf(file->path, sizeof(file->path), "%s", path);
	file->sync_name = create && (flags & journals) != 0;
	file->base.pMethods = &methods;
	if (out != NULL)
		*out = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
	bool before = enter();
	int rc = SQLITE_OK;

	(void)vfs;
	if (OPS(unlink)(NULL, AT_FDCWD, path) != 0)
		rc = errno == ENOENT ? SQLITE_IOERR_DELETE_NOENT :
		    SQLITE_IOERR_DELETE;
	else if (sync_dir)
		sync_parent(path);
	sim_in_sqlite = before;
	return rc;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result)
{
	bool before = enter();
	struct stat st;

	(void)vfs;
	/* as there: what cannot be looked at is not there, nor is size 0 */
	*result = OPS(stat_at)(NULL, AT_FDCWD, path, &st) == 0 &&
	    (flags != SQLITE_ACCESS_EXISTS || st.st_size > 0);
	sim_in_sqlite = before;
	return SQLITE_OK;
}

static int
vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	(void)vfs;
	snprintf(out, (size_t)size, "%s", path);
	return SQLITE_OK;
}

/* The same numbers each time: a fault must be found again. */
static int
vfs_random(sqlite3_vfs *vfs, int len, char *out)
{
	static unsigned char n;

	(void)vfs;
	for (int i = 0; i < len; i++)
		out[i] = (char)(n += 37);
	return len;
}

static int
vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int
vfs_now(sqlite3_vfs *vfs, double *now)
{
	(void)vfs;
	*now = 2460000.5;
	return SQLITE_OK;
}

void
sim_vfs_register(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 1,
		.szOsFile = sizeof(struct file),
		.mxPathname = 500,
		.zName = sim_vfs,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xRandomness = vfs_random,
		.xSleep = vfs_sleep,
		.xCurrentTime = vfs_now,
	};

	/* a copy goes on in the middle of a call: no mutex may be held */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		abort();
}
