/* SPDX-License-Identifier: ISC */
/*
 * Each wrapped call fails as its manual says it can.  What no caller looks
 * at, and what cannot fail with good arguments, is left alone.
 */
#include <config.h>

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"

static struct fail_plan plan;
static atomic_bool armed;
static atomic_uint count;
static const char *reached;
static int64_t shift_ms;

void
fail_arm(const struct fail_plan *p)
{
	plan = *p;
	reached = NULL;
	atomic_store(&count, 0);
	atomic_store(&armed, true);
}

bool
fail_disarm(const char **name)
{
	atomic_store(&armed, false);
	*name = reached;
	return reached != NULL;
}

void
fail_wait(unsigned milliseconds)
{
	shift_ms += milliseconds;
}

static bool
is_due(const char *name)
{
	unsigned n;

	if (!atomic_load(&armed) ||
	    (plan.only != NULL && strcmp(plan.only, name) != 0))
		return false;
	n = atomic_fetch_add(&count, 1) + 1;
	if (n != plan.at && !(plan.stays && n > plan.at))
		return false;
	if (reached == NULL)
		reached = name;
	return true;
}

/* type, name, parameters, arguments, what is left in errno, the result */
#define FAIL(type, name, parameters, arguments, error, result)		\
	type	__real_##name parameters;				\
	type	__wrap_##name parameters;				\
	type								\
	__wrap_##name parameters					\
	{								\
		if (is_due(#name)) {					\
			errno = error;					\
			return result;					\
		}							\
		return __real_##name arguments;				\
	}

/* -- memory -- */
FAIL(void *, malloc, (size_t n), (n), ENOMEM, NULL)
FAIL(void *, calloc, (size_t n, size_t size), (n, size), ENOMEM, NULL)
FAIL(void *, realloc, (void *p, size_t n), (p, n), ENOMEM, NULL)
FAIL(char *, strdup, (const char *s), (s), ENOMEM, NULL)
FAIL(char *, strndup, (const char *s, size_t n), (s, n), ENOMEM, NULL)
FAIL(char *, realpath, (const char *path, char *buf), (path, buf), EACCES,
    NULL)

/* -- memory for keys -- */
FAIL(void *, mmap, (void *at, size_t n, int prot, int flags, int fd,
    off_t offset), (at, n, prot, flags, fd, offset), ENOMEM, MAP_FAILED)
FAIL(int, madvise, (void *p, size_t n, int advice), (p, n, advice), EINVAL,
    -1)
FAIL(int, mlock, (const void *p, size_t n), (p, n), ENOMEM, -1)

/* -- files -- */
FAIL(ssize_t, read, (int fd, void *buf, size_t n), (fd, buf, n), EIO, -1)
FAIL(ssize_t, pread, (int fd, void *buf, size_t n, off_t at),
    (fd, buf, n, at), EIO, -1)
FAIL(ssize_t, write, (int fd, const void *buf, size_t n), (fd, buf, n),
    ENOSPC, -1)
FAIL(ssize_t, pwrite, (int fd, const void *buf, size_t n, off_t at),
    (fd, buf, n, at), ENOSPC, -1)
FAIL(ssize_t, pwritev, (int fd, const struct iovec *iov, int n, off_t at),
    (fd, iov, n, at), ENOSPC, -1)
FAIL(int, fsync, (int fd), (fd), EIO, -1)
FAIL(int, fdatasync, (int fd), (fd), EIO, -1)
FAIL(int, ftruncate, (int fd, off_t size), (fd, size), EIO, -1)
FAIL(int, flock, (int fd, int how), (fd, how), ENOLCK, -1)
FAIL(int, fchmod, (int fd, mode_t mode), (fd, mode), EPERM, -1)
FAIL(int, fstat, (int fd, struct stat *st), (fd, st), EIO, -1)
FAIL(int, stat, (const char *path, struct stat *st), (path, st), EACCES, -1)
FAIL(int, lstat, (const char *path, struct stat *st), (path, st), EACCES, -1)
FAIL(int, fstatat, (int dir, const char *name, struct stat *st, int flags),
    (dir, name, st, flags), EACCES, -1)
FAIL(int, renameat, (int a, const char *from, int b, const char *to),
    (a, from, b, to), EIO, -1)
FAIL(int, unlinkat, (int dir, const char *name, int flags),
    (dir, name, flags), EIO, -1)
FAIL(int, mkdirat, (int dir, const char *name, mode_t mode),
    (dir, name, mode), ENOSPC, -1)
FAIL(int, mkdir, (const char *path, mode_t mode), (path, mode), ENOSPC, -1)
FAIL(DIR *, fdopendir, (int fd), (fd), ENOMEM, NULL)
FAIL(int, dup2, (int from, int to), (from, to), EMFILE, -1)
FAIL(int, pipe, (int fds[2]), (fds), EMFILE, -1)
FAIL(int, pipe2, (int fds[2], int flags), (fds, flags), EMFILE, -1)
FAIL(FILE *, fopen, (const char *path, const char *mode), (path, mode),
    EMFILE, NULL)

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & O_CREAT) != 0 ? (mode_t)va_arg(ap, int) : 0;
}

int	__real_open(const char *, int, mode_t);
int	__wrap_open(const char *, int, ...);
int	__real_openat(int, const char *, int, mode_t);
int	__wrap_openat(int, const char *, int, ...);

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	if (is_due("open")) {
		errno = EMFILE;
		return -1;
	}
	return __real_open(path, flags, mode);
}

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	if (is_due("openat")) {
		errno = EMFILE;
		return -1;
	}
	return __real_openat(dir, path, flags, mode);
}

/* -- sockets, threads, timers, processes -- */
FAIL(int, poll, (struct pollfd *fds, nfds_t n, int ms), (fds, n, ms),
    ENOMEM, -1)
FAIL(ssize_t, recv, (int fd, void *buf, size_t n, int flags),
    (fd, buf, n, flags), ECONNRESET, -1)
FAIL(ssize_t, send, (int fd, const void *buf, size_t n, int flags),
    (fd, buf, n, flags), EPIPE, -1)
FAIL(int, timer_create, (clockid_t clock, struct sigevent *event,
    timer_t *timer), (clock, event, timer), EAGAIN, -1)
FAIL(int, timer_settime, (timer_t timer, int flags,
    const struct itimerspec *new, struct itimerspec *old),
    (timer, flags, new, old), EINVAL, -1)
FAIL(int, pthread_create, (pthread_t *thread, const pthread_attr_t *attr,
    void *(*start)(void *), void *arg), (thread, attr, start, arg), EAGAIN,
    EAGAIN)
FAIL(pid_t, fork, (void), (), EAGAIN, -1)
FAIL(int, getentropy, (void *buf, size_t n), (buf, n), EIO, -1)

/* -- the sandbox -- */
FAIL(int, getrlimit, (__rlimit_resource_t what, struct rlimit *limit),
    (what, limit), EPERM, -1)
FAIL(int, setrlimit, (__rlimit_resource_t what, const struct rlimit *limit),
    (what, limit), EPERM, -1)

int	__real_prctl(int, unsigned long, unsigned long, unsigned long,
	    unsigned long);
int	__wrap_prctl(int, ...);
long	__real_syscall(long, long, long, long, long);
long	__wrap_syscall(long, ...);

int
__wrap_prctl(int what, ...)
{
	unsigned long a[4];
	va_list ap;

	va_start(ap, what);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (is_due("prctl")) {
		errno = EPERM;
		return -1;
	}
	return __real_prctl(what, a[0], a[1], a[2], a[3]);
}

/* A question is another call than the deed. */
static const char *
name_of(long number, long first)
{
	switch (number) {
	case 444:
		return first == 0 ? "landlock version" :
		    "landlock_create_ruleset";
	case 445:
		return "landlock_add_rule";
	case 446:
		return "landlock_restrict_self";
	case SYS_seccomp:
		return first == SECCOMP_SET_MODE_FILTER ? "seccomp" :
		    "seccomp action";
	default:
		return "syscall";
	}
}

/* With four arguments; ours have no more. */
long
__wrap_syscall(long number, ...)
{
	long a[4];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (is_due(name_of(number, a[0]))) {
		errno = EPERM;
		return -1;
	}
	return __real_syscall(number, a[0], a[1], a[2], a[3]);
}

/* -- SQLite: with the connection as it was before the call -- */
FAIL(int, sqlite3_prepare_v2, (sqlite3 *db, const char *sql, int n,
    sqlite3_stmt **stmt, const char **tail), (db, sql, n, stmt, tail), ENOMEM,
    (*stmt = NULL, SQLITE_NOMEM))
FAIL(int, sqlite3_prepare_v3, (sqlite3 *db, const char *sql, int n,
    unsigned flags, sqlite3_stmt **stmt, const char **tail),
    (db, sql, n, flags, stmt, tail), ENOMEM, (*stmt = NULL, SQLITE_NOMEM))
FAIL(int, sqlite3_open_v2, (const char *path, sqlite3 **db, int flags,
    const char *vfs), (path, db, flags, vfs), ENOMEM,
    (*db = NULL, SQLITE_NOMEM))
FAIL(int, sqlite3_step, (sqlite3_stmt *stmt), (stmt), EIO, SQLITE_IOERR)
FAIL(int, sqlite3_bind_text, (sqlite3_stmt *stmt, int i, const char *text,
    int n, void (*end)(void *)), (stmt, i, text, n, end), ENOMEM,
    SQLITE_NOMEM)
FAIL(int, sqlite3_bind_int64, (sqlite3_stmt *stmt, int i, sqlite3_int64 n),
    (stmt, i, n), ENOMEM, SQLITE_NOMEM)
FAIL(int, sqlite3_bind_blob, (sqlite3_stmt *stmt, int i, const void *data,
    int n, void (*end)(void *)), (stmt, i, data, n, end), ENOMEM,
    SQLITE_NOMEM)
FAIL(int, sqlite3_wal_checkpoint_v2, (sqlite3 *db, const char *name, int mode,
    int *log, int *done), (db, name, mode, log, done), EIO, SQLITE_IOERR)
FAIL(sqlite3_backup *, sqlite3_backup_init, (sqlite3 *to, const char *a,
    sqlite3 *from, const char *b), (to, a, from, b), ENOMEM, NULL)
FAIL(int, sqlite3_backup_step, (sqlite3_backup *b, int n), (b, n), EIO,
    SQLITE_IOERR)

/* All but a rollback: that always ends the transaction. */
int	__real_sqlite3_exec(sqlite3 *, const char *,
	    int (*)(void *, int, char **, char **), void *, char **);
int	__wrap_sqlite3_exec(sqlite3 *, const char *,
	    int (*)(void *, int, char **, char **), void *, char **);

int
__wrap_sqlite3_exec(sqlite3 *db, const char *sql,
    int (*row)(void *, int, char **, char **), void *arg, char **text)
{
	if (strncmp(sql, "ROLLBACK", 8) != 0 && is_due("sqlite3_exec"))
		return SQLITE_FULL;
	return __real_sqlite3_exec(db, sql, row, arg, text);
}

/* -- not failing: the clock for what is tried again later -- */
int64_t	__real_fileops_clock_ms(void);
int64_t	__wrap_fileops_clock_ms(void);

int64_t
__wrap_fileops_clock_ms(void)
{
	return __real_fileops_clock_ms() + shift_ms;
}
