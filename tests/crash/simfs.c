/* SPDX-License-Identifier: ISC */
/*
 * The calls of struct fileops on the machine's cache.  What of it is
 * on the disk, and what a power loss leaves, is sim_disk.c's.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim_state.h"

struct machine sim;
struct sim_answer (*sim_hook)(const struct sim_call *);
int sim_self = 1;
bool sim_in_sqlite;
int64_t sim_clock_us;
int64_t sim_monotonic_ms = 1000;
int64_t sim_step_ms;
unsigned sim_changes;

static const char *const op_names[OP_END] = {
	"open", "create", "close", "stat", "stat_at", "read", "write",
	"truncate", "start", "sync_data", "sync", "rename", "unlink", "mkdir",
	"chmod", "mkfifo", "receive", "send", "list", "lock", "unlock"
};

const char *
sim_op_name(enum sim_op op)
{
	return op_names[op];
}

struct sim_answer
sim_ask(enum sim_op op, const char *name, size_t len)
{
	struct sim_call call = { op, sim_in_sqlite, name, len };
	struct sim_answer pass = { 0 };

	return sim_hook == NULL ? pass : sim_hook(&call);
}

int
sim_lookup(const struct entry *table, int dir, const char *name)
{
	for (int i = 0; i < SIM_ENTRIES; i++)
		if (table[i].dir == dir && strcmp(table[i].name, name) == 0)
			return table[i].inode;
	return -1;
}

static struct descriptor *
descriptor(int fd)
{
	if (fd < 0 || fd >= SIM_FDS || !sim.fd[fd].used ||
	    sim.fd[fd].process != sim_self) {
		fprintf(stderr, "sim: process %d uses descriptor %d\n",
		    sim_self, fd);
		abort();
	}
	return &sim.fd[fd];
}

static struct inode *
inode_of(int fd)
{
	return &sim.inode[descriptor(fd)->inode];
}

int
sim_walk(int dir, const char *path, char last[SIM_NAME])
{
	int at = dir == AT_FDCWD || path[0] == '/' ? SIM_ROOT :
	    descriptor(dir)->inode;

	for (;;) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len >= SIM_NAME)
			abort();
		memcpy(last, path, len);
		last[len] = '\0';
		if (path[len] == '\0') {
			if (strcmp(last, ".") == 0)
				last[0] = '\0';
			return at;
		}
		path += len;
		at = sim_lookup(sim.cached, at, last);
		if (at < 0) {
			errno = ENOENT;
			return -1;
		}
		if (!sim.inode[at].is_dir) {
			errno = ENOTDIR;
			return -1;
		}
	}
}

/* Numbers of files that have gone are used again at once. */
static ino_t
free_number(void)
{
	for (ino_t n = 11;; n++) {
		bool taken = false;

		for (int i = 0; i < sim.inodes && !taken; i++) {
			if (sim.inode[i].number != n)
				continue;
			for (int j = 0; j < SIM_ENTRIES; j++)
				if (sim.cached[j].dir >= 0 &&
				    sim.cached[j].inode == i)
					taken = true;
			for (int j = 0; j < SIM_FDS; j++)
				if (sim.fd[j].used && sim.fd[j].inode == i)
					taken = true;
		}
		if (!taken)
			return n;
	}
}

int
sim_new_inode(bool is_dir, mode_t mode)
{
	ino_t number = free_number();
	struct inode *i = &sim.inode[sim.inodes];

	if (sim.inodes == SIM_INODES)
		abort();
	memset(i, 0, sizeof(*i));
	i->used = true;
	i->is_dir = is_dir;
	i->mode = mode;
	i->mtime_us = sim_clock_us;
	i->number = number;
	i->lock_fd = -1;
	return sim.inodes++;
}

static int
new_descriptor(int inode, int flags)
{
	for (int i = 3; i < SIM_FDS; i++) {
		if (sim.fd[i].used)
			continue;
		memset(&sim.fd[i], 0, sizeof(sim.fd[i]));
		sim.fd[i].used = true;
		sim.fd[i].process = sim_self;
		sim.fd[i].inode = inode;
		sim.fd[i].can_write = (flags & O_ACCMODE) != O_RDONLY;
		sim.fd[i].can_read = (flags & O_ACCMODE) != O_WRONLY;
		return i;
	}
	abort();
}

/* A directory that was removed takes no more names. */
static bool
is_removed(int dir)
{
	for (int i = 0; i < SIM_ENTRIES; i++)
		if (sim.cached[i].dir >= 0 && sim.cached[i].inode == dir)
			return false;
	return dir != SIM_ROOT;
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

/* Does a process have it open, so that it can read? */
static bool
is_read(int inode)
{
	for (int fd = 0; fd < SIM_FDS; fd++)
		if (sim.fd[fd].used && sim.fd[fd].inode == inode &&
		    sim.fd[fd].can_read)
			return true;
	return false;
}

static int
sim_open(void *ctx, int dir, const char *path, int flags, mode_t mode)
{
	struct sim_answer a;
	char name[SIM_NAME];
	int parent, inode;

	(void)ctx;
	a = sim_ask((flags & O_CREAT) != 0 ? OP_CREATE : OP_OPEN, path, 0);
	if (a.error != 0)
		return fail(a.error);
	parent = sim_walk(dir, path, name);
	if (parent < 0)
		return -1;
	inode = name[0] == '\0' ? parent :
	    sim_lookup(sim.cached, parent, name);
	if (inode >= 0) {
		if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
			return fail(EEXIST);
		if ((flags & O_DIRECTORY) != 0 && !sim.inode[inode].is_dir)
			return fail(ENOTDIR);
		if ((flags & O_ACCMODE) != O_RDONLY &&
		    sim.inode[inode].is_dir)
			return fail(EISDIR);
		if (S_ISFIFO(sim.inode[inode].mode) &&
		    (flags & O_ACCMODE) == O_WRONLY && !is_read(inode))
			return fail(ENXIO);
		if ((flags & O_TRUNC) != 0) {
			sim_set_size(&sim.inode[inode], 0);
			sim_changes++;
		}
		return new_descriptor(inode, flags);
	}
	if ((flags & O_CREAT) == 0 || is_removed(parent))
		return fail(ENOENT);
	inode = sim_new_inode(false, S_IFREG | mode);
	sim.inode[inode].sqlite = strncmp(name, "index.db", 8) == 0;
	sim_change(-1, "", parent, name, inode);
	return new_descriptor(inode, flags);
}

static int
sim_close(void *ctx, int fd)
{
	struct sim_answer a;

	(void)ctx;
	descriptor(fd);
	a = sim_ask(OP_CLOSE, "", 0);
	sim_drop(fd); /* also when it reports an error */
	return a.error != 0 ? fail(a.error) : 0;
}

static void
fill_stat(int inode, struct stat *st)
{
	const struct inode *i = &sim.inode[inode];
	static uid_t self = (uid_t)-1;

	/* once: there are millions of these */
	if (self == (uid_t)-1)
		self = geteuid();
	memset(st, 0, sizeof(*st));
	st->st_dev = 1;
	st->st_ino = i->number;
	st->st_mode = i->mode;
	st->st_uid = self;
	st->st_size = i->is_dir ? 4096 : i->size;
	st->st_mtim.tv_sec = (time_t)(i->mtime_us / 1000000);
	st->st_mtim.tv_nsec = (long)(i->mtime_us % 1000000) * 1000;
	for (int j = 0; j < SIM_ENTRIES; j++)
		if (sim.cached[j].dir >= 0 && sim.cached[j].inode == inode)
			st->st_nlink++;
}

static int
sim_stat(void *ctx, int fd, struct stat *st)
{
	struct sim_answer a = sim_ask(OP_STAT, "", 0);

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	fill_stat(descriptor(fd)->inode, st);
	return 0;
}

static int
sim_stat_at(void *ctx, int dir, const char *path, struct stat *st)
{
	struct sim_answer a = sim_ask(OP_STAT_AT, path, 0);
	char name[SIM_NAME];
	int parent, inode;

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	parent = sim_walk(dir, path, name);
	if (parent < 0)
		return -1;
	inode = sim_lookup(sim.cached, parent, name);
	if (inode < 0)
		return fail(ENOENT);
	fill_stat(inode, st);
	return 0;
}

static ssize_t
sim_read(void *ctx, int fd, void *buf, size_t len, int64_t offset)
{
	struct sim_answer a = sim_ask(OP_READ, "", len);
	const struct inode *i = inode_of(fd);

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	if (offset >= i->size)
		return 0;
	if ((int64_t)len > i->size - offset)
		len = (size_t)(i->size - offset);
	if (a.cut && len > a.limit)
		len = a.limit;
	memcpy(buf, i->data + offset, len);
	return (ssize_t)len;
}

static ssize_t
sim_write(void *ctx, int fd, const struct iovec *iov, int count,
    int64_t offset)
{
	struct inode *i = inode_of(fd);
	struct sim_answer a;
	size_t len = 0, done = 0;

	(void)ctx;
	if (!descriptor(fd)->can_write)
		return fail(EBADF);
	for (int k = 0; k < count; k++)
		len += iov[k].iov_len;
	a = sim_ask(OP_WRITE, "", len);
	if (a.error != 0)
		return fail(a.error);
	if (a.cut && len > a.limit)
		len = a.limit;
	for (int k = 0; k < count && done < len; k++) {
		size_t n = iov[k].iov_len < len - done ? iov[k].iov_len :
		    len - done;

		sim_write_bytes(i, iov[k].iov_base, n,
		    offset + (int64_t)done);
		done += n;
	}
	sim_changes++;
	return (ssize_t)len;
}

static int
sim_truncate(void *ctx, int fd, int64_t size)
{
	struct inode *i = inode_of(fd);
	struct sim_answer a = sim_ask(OP_TRUNCATE, "", 0);

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	if (!descriptor(fd)->can_write)
		return fail(EINVAL);
	sim_set_size(i, size);
	sim_changes++;
	return 0;
}

/* What it writes, the kernel may have written anyway: sim_write_back(). */
static int
sim_start(void *ctx, int fd)
{
	struct inode *i = inode_of(fd);
	struct sim_answer a = sim_ask(OP_START, "", 0);

	(void)ctx;
	if (a.error == 0)
		return 0;
	sim_fail_sync(i, a.survive);
	sim_changes++;
	return fail(a.error);
}

static const char *
name_of(int inode)
{
	for (int i = 0; i < SIM_ENTRIES; i++)
		if (sim.cached[i].dir >= 0 && sim.cached[i].inode == inode)
			return sim.cached[i].name;
	return "";
}

static int
sync_it(enum sim_op op, int fd)
{
	int inode = descriptor(fd)->inode;
	struct sim_answer a = sim_ask(op, name_of(inode), 0);

	sim_changes++;
	if (a.error != 0) {
		if (!sim.inode[inode].is_dir)
			sim_fail_sync(&sim.inode[inode], a.survive);
		return fail(a.error);
	}
	if (sim.inode[inode].is_dir)
		sim_sync_dir(inode);
	else
		sim_sync_file(&sim.inode[inode]);
	return 0;
}

static int
sim_sync_data(void *ctx, int fd)
{
	(void)ctx;
	return sync_it(OP_SYNC_DATA, fd);
}

static int
sim_sync(void *ctx, int fd)
{
	(void)ctx;
	return sync_it(OP_SYNC, fd);
}

static int
move(int from_dir, const char *from, int to_dir, const char *to, bool is_new)
{
	struct sim_answer a = sim_ask(OP_RENAME, from, 0);
	char from_name[SIM_NAME], to_name[SIM_NAME];
	int source, target, inode;

	if (a.error != 0)
		return fail(a.error);
	source = sim_walk(from_dir, from, from_name);
	target = sim_walk(to_dir, to, to_name);
	if (source < 0 || target < 0)
		return -1;
	inode = sim_lookup(sim.cached, source, from_name);
	if (inode < 0 || is_removed(target))
		return fail(ENOENT);
	if (is_new && sim_lookup(sim.cached, target, to_name) >= 0)
		return fail(EEXIST);
	sim_change(source, from_name, target, to_name, inode);
	return 0;
}

static int
sim_move(void *ctx, int from_dir, const char *from, int to_dir,
    const char *to)
{
	(void)ctx;
	return move(from_dir, from, to_dir, to, false);
}

static int
sim_move_new(void *ctx, int from_dir, const char *from, int to_dir,
    const char *to)
{
	(void)ctx;
	return move(from_dir, from, to_dir, to, true);
}

static int
sim_unlink(void *ctx, int dir, const char *path)
{
	struct sim_answer a = sim_ask(OP_UNLINK, path, 0);
	char name[SIM_NAME], *dash;
	int parent, inode;

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	parent = sim_walk(dir, path, name);
	if (parent < 0)
		return -1;
	inode = sim_lookup(sim.cached, parent, name);
	if (inode < 0 && (dash = strstr(name, "-shm")) != NULL) {
		*dash = '\0';
		inode = sim_lookup(sim.cached, parent, name);
		if (inode >= 0)
			sim_drop_shm(inode);
		return inode < 0 ? fail(ENOENT) : 0;
	}
	if (inode < 0)
		return fail(ENOENT);
	if (sim.inode[inode].is_dir)
		return fail(EISDIR);
	sim_change(parent, name, -1, "", inode);
	return 0;
}

/* A directory or a FIFO. */
static int
make_entry(enum sim_op op, int dir, const char *path, bool is_dir, mode_t mode)
{
	struct sim_answer a = sim_ask(op, path, 0);
	char name[SIM_NAME];
	int parent;

	if (a.error != 0)
		return fail(a.error);
	parent = sim_walk(dir, path, name);
	if (parent < 0)
		return -1;
	if (is_removed(parent))
		return fail(ENOENT);
	if (sim_lookup(sim.cached, parent, name) >= 0)
		return fail(EEXIST);
	sim_change(-1, "", parent, name, sim_new_inode(is_dir, mode));
	return 0;
}

static int
sim_make_dir(void *ctx, int dir, const char *path, mode_t mode)
{
	(void)ctx;
	return make_entry(OP_MKDIR, dir, path, true, S_IFDIR | mode);
}

static int
sim_mkfifo(void *ctx, int dir, const char *path, mode_t mode)
{
	(void)ctx;
	return make_entry(OP_MKFIFO, dir, path, false, S_IFIFO | mode);
}

static int
sim_chmod(void *ctx, int fd, mode_t mode)
{
	struct inode *i = inode_of(fd);
	struct sim_answer a = sim_ask(OP_CHMOD, "", 0);

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	i->mode = (i->mode & S_IFMT) | mode;
	return 0;
}

static const char *
sim_unfit(void *ctx, int fd)
{
	(void)ctx;
	descriptor(fd);
	return NULL;
}

static int
sim_list_dir(void *ctx, int dir, bool (*entry)(void *arg, const char *name),
    void *arg)
{
	static struct entry seen[SIM_ENTRIES];
	struct sim_answer a = sim_ask(OP_LIST, "", 0);
	int inode = descriptor(dir)->inode;

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	memcpy(seen, sim.cached, sizeof(seen));
	for (int i = 0; i < SIM_ENTRIES; i++)
		if (seen[i].dir == inode && !entry(arg, seen[i].name))
			break;
	return 0;
}

/* Nothing comes while this process waits. */
static ssize_t
sim_receive(void *ctx, int fd, void *buf, size_t len, int64_t deadline_ms)
{
	struct sim_answer a = sim_ask(OP_RECEIVE, "", len);
	struct inode *i = inode_of(fd);

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	if (i->mails == 0) {
		if (sim_monotonic_ms < deadline_ms)
			sim_monotonic_ms = deadline_ms;
		return fail(ETIMEDOUT);
	}
	if (len != SIM_MAIL)
		abort();
	memcpy(buf, i->mail[0], SIM_MAIL);
	i->mails--;
	memmove(i->mail[0], i->mail[1], (size_t)i->mails * SIM_MAIL);
	return SIM_MAIL;
}

static ssize_t
sim_send(void *ctx, int fd, const void *buf, size_t len)
{
	struct sim_answer a = sim_ask(OP_SEND, "", len);
	struct inode *i = inode_of(fd);

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	if (!is_read(descriptor(fd)->inode))
		return fail(EPIPE);
	if (i->mails == SIM_MAILS)
		return fail(EAGAIN);
	if (len != SIM_MAIL)
		abort();
	memcpy(i->mail[i->mails++], buf, SIM_MAIL);
	return SIM_MAIL;
}

static int
sim_lock(void *ctx, int fd, int64_t deadline_ms)
{
	struct inode *i = inode_of(fd);
	struct sim_answer a = sim_ask(OP_LOCK, "", 0);

	(void)ctx;
	(void)deadline_ms;
	if (a.error != 0)
		return fail(a.error);
	/* its holder does not move while this process waits */
	if (i->lock_fd >= 0 && i->lock_fd != fd)
		return fail(ETIMEDOUT);
	i->lock_fd = fd;
	return 0;
}

static int
sim_lock_shared(void *ctx, int fd)
{
	struct inode *i = inode_of(fd);
	struct sim_answer a = sim_ask(OP_LOCK, "", 0);

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	/* a reader keeps nobody away here: it is gone before others go on */
	return i->lock_fd >= 0 && i->lock_fd != fd ? fail(ETIMEDOUT) : 0;
}

static int
sim_unlock(void *ctx, int fd)
{
	struct inode *i = inode_of(fd);
	struct sim_answer a = sim_ask(OP_UNLOCK, "", 0);

	(void)ctx;
	if (a.error != 0)
		return fail(a.error);
	if (i->lock_fd == fd)
		i->lock_fd = -1;
	return 0;
}

static int64_t
sim_now_us(void *ctx)
{
	(void)ctx;
	return sim_clock_us += 1000;
}

/* The linker puts it in the place of fileops_clock_ms() (--wrap). */
int64_t	__wrap_fileops_clock_ms(void);

int64_t
__wrap_fileops_clock_ms(void)
{
	return sim_monotonic_ms += sim_step_ms;
}

const struct fileops sim_ops = {
	NULL, sim_open, sim_close, sim_stat, sim_stat_at, sim_read, sim_write,
	sim_truncate, sim_start, sim_sync_data, sim_sync, sim_move,
	sim_move_new, sim_unlink, sim_make_dir, sim_chmod, sim_mkfifo,
	sim_receive, sim_send, sim_unfit, sim_list_dir, sim_lock,
	sim_lock_shared, sim_unlock, sim_now_us
};

void
sim_init(void)
{
	memset(&sim, 0, sizeof(sim));
	for (int i = 0; i < SIM_ENTRIES; i++)
		sim.cached[i].dir = sim.durable[i].dir = -1;
	sim_new_inode(true, S_IFDIR | 0755);
	sim_clock_us = INT64_C(1700000000) * 1000000;
}
