/* SPDX-License-Identifier: ISC */
/*
 * Keeps the secrets of one endpoint as its file has them now.  If the file is
 * gone or bad, there is no key at all, because a key that the operator tried to
 * remove must not stay valid.  Links are not followed, and checks look at the
 * open file, not at its path.
 */
#include <config.h>

#include "config/keyring.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/vault.h"

#define SECRET_FILE_MAX	65536	/* bytes; 16 secrets and many comments */
/* A second change this soon may leave the times of the file as they are. */
#define YOUNG_S		2

/* The set is first: a reader's pointer to it is the snapshot's. */
struct snapshot {
	struct keyset	 set;
	unsigned	 refs;
};

/* Tells one state of a file from the next. */
struct identity {
	dev_t		 dev;
	ino_t		 ino;
	off_t		 size;
	struct timespec	 mtime;
	struct timespec	 ctime;
};

struct keyring {
	pthread_mutex_t	 lock;
	const char	*path;		/* NULL: from the environment */
	struct snapshot	*now;		/* NULL: bad, as err says */
	struct err	 err;
	struct identity	 id;		/* of the file that now came from */
	bool		 young;		/* read again once it has aged */
};

static struct identity
identity_of(const struct stat *st)
{
	struct identity id = {
		.dev = st->st_dev, .ino = st->st_ino, .size = st->st_size,
		.mtime = st->st_mtim, .ctime = st->st_ctim
	};

	return id;
}

static bool
time_is_same(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* A file may have any time, so nanoseconds since 1970 could overflow. */
static bool
time_is_young(const struct timespec *t, const struct timespec *now)
{
	return t->tv_sec >= now->tv_sec - YOUNG_S &&
	    t->tv_sec <= now->tv_sec + YOUNG_S;
}

static bool
identity_is_same(const struct identity *a, const struct identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    time_is_same(&a->mtime, &b->mtime) &&
	    time_is_same(&a->ctime, &b->ctime);
}

/* By age, so that a file with a time in the future is not young for ever. */
static bool
identity_is_young(const struct identity *id)
{
	struct timespec now;

	return clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	    (time_is_young(&id->mtime, &now) ||
	    time_is_young(&id->ctime, &now));
}

static bool
secret_check(const char *path, const struct stat *st, struct err *err)
{
	unsigned mode = st->st_mode & 07777;

	if (!S_ISREG(st->st_mode))
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: not a regular "
		    "file; name the file that holds the secret", path);
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: it belongs to "
		    "user %ld; chown it to user %ld, who runs this, or to "
		    "root", path, (long)st->st_uid, (long)geteuid());
	if ((mode & 0007) != 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: others may use "
		    "it (mode %04o); chmod 600", path, mode);
	if (st->st_uid == 0 && (mode & 0030) != 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: its group may "
		    "write it (mode %04o); chmod 640", path, mode);
	if (st->st_uid != 0 && (mode & 0070) != 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: its group may "
		    "use it (mode %04o); chmod 600, or chown root and chmod "
		    "640", path, mode);
	return true;
}

static int
secret_open(const char *path, struct err *err)
{
	/* O_NONBLOCK: a FIFO must not hang the responder */
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
	    O_NOCTTY);

	if (fd != -1)
		return fd;
	if (errno == ELOOP || errno == EMLINK)
		err_set(err, OUTCOME_BAD_CONFIG, "%s: a symbolic link; name "
		    "the file itself", path);
	else if (errno == ENOENT || errno == ENOTDIR)
		err_set(err, OUTCOME_BAD_CONFIG, "%s: no such secret file; "
		    "make it (hookcask init), or fix the path", path);
	else if (errno == EACCES)
		err_set(err, OUTCOME_BAD_CONFIG, "%s: user %ld may not read "
		    "it; chown it to that user and chmod 600, and check the "
		    "directories above it", path, (long)geteuid());
	else
		err_sys(err, OUTCOME_BAD_CONFIG, errno, "%s: cannot open "
		    "the secret file", path);
	return -1;
}

static bool
read_all(const char *path, int fd, char *buf, size_t *len, struct err *err)
{
	ssize_t n;

	*len = 0;
	while (*len <= SECRET_FILE_MAX) {
		n = read(fd, buf + *len, SECRET_FILE_MAX + 1 - *len);
		if (n == 0)
			return true;
		if (n > 0)
			*len += (size_t)n;
		else if (errno != EINTR)
			return err_sys(err, OUTCOME_BAD_CONFIG, errno,
			    "%s: cannot read the secret file", path);
	}
	return err_set(err, OUTCOME_BAD_CONFIG, "%s: longer than 64 KiB; "
	    "name the file that holds the secret", path);
}

static struct snapshot *
snapshot_new(struct err *err)
{
	struct snapshot *snap = vault_alloc(sizeof(*snap));

	if (snap == NULL)
		err_set(err, OUTCOME_NO_MEMORY, "secrets: out of memory");
	else
		snap->refs = 1;
	return snap;
}

static void
snapshot_leave(struct snapshot *snap)
{
	if (snap == NULL || --snap->refs > 0)
		return;
	vault_free(snap, sizeof(*snap));
}

/* Reads fd into a new snapshot; NULL and err if anything is wrong. */
static struct snapshot *
snapshot_read(const char *path, int fd, struct err *err)
{
	struct snapshot *snap = NULL;
	char *buf = vault_alloc(SECRET_FILE_MAX + 1);
	size_t len = 0;

	if (buf == NULL) {
		err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory", path);
		return NULL;
	}
	if (read_all(path, fd, buf, &len, err) &&
	    (snap = snapshot_new(err)) != NULL &&
	    !keyset_parse(&snap->set, path, buf, len, err)) {
		snapshot_leave(snap);
		snap = NULL;
	}
	vault_free(buf, SECRET_FILE_MAX + 1);
	return snap;
}

/* Under the lock: takes over the file that the path names now. */
static void
keyring_reload(struct keyring *ring)
{
	struct stat st;
	int fd;

	snapshot_leave(ring->now);
	ring->now = NULL;
	ring->err = (struct err)ERR_INIT;
	fd = secret_open(ring->path, &ring->err);
	if (fd == -1)
		return;
	if (fstat(fd, &st) == -1) {
		err_sys(&ring->err, OUTCOME_BAD_CONFIG, errno,
		    "%s: cannot examine the secret file", ring->path);
	} else {
		/* as it was before the read: a change since then shows */
		ring->id = identity_of(&st);
		ring->young = identity_is_young(&ring->id);
		if (secret_check(ring->path, &st, &ring->err))
			ring->now = snapshot_read(ring->path, fd, &ring->err);
	}
	close(fd);
}

static void
keyring_refresh(struct keyring *ring)
{
	struct identity id;
	struct stat st;

	if (ring->path == NULL)
		return;
	/* a bad file is read each time: its fault may have passed */
	if (ring->now != NULL && lstat(ring->path, &st) == 0) {
		id = identity_of(&st);
		if (identity_is_same(&id, &ring->id) &&
		    (!ring->young || identity_is_young(&id)))
			return;
	}
	keyring_reload(ring);
}

bool
keyring_open(struct keyring **keyring, const struct endpoint *endpoint,
    struct err *err)
{
	struct keyring *ring = calloc(1, sizeof(*ring));
	const char *text = endpoint->secrets;

	*keyring = NULL;
	if (ring == NULL)
		return err_set(err, OUTCOME_NO_MEMORY,
		    "secrets: out of memory");
	pthread_mutex_init(&ring->lock, NULL);
	ring->path = endpoint->secret_file;
	if (ring->path != NULL)
		keyring_reload(ring);
	else if (text == NULL)
		err_set(&ring->err, OUTCOME_BAD_CONFIG,
		    "%s: no secret is configured", endpoint->where);
	else if ((ring->now = snapshot_new(&ring->err)) != NULL &&
	    !keyset_parse_words(&ring->now->set, "HOOKCASK_SECRET", text,
	    strlen(text), &ring->err)) {
		snapshot_leave(ring->now);
		ring->now = NULL;
	}
	if (ring->now == NULL) {
		err_set(err, ring->err.kind, "%s", ring->err.text);
		keyring_close(ring);
		return false;
	}
	*keyring = ring;
	return true;
}

void
keyring_close(struct keyring *ring)
{
	if (ring == NULL)
		return;
	snapshot_leave(ring->now);
	pthread_mutex_destroy(&ring->lock);
	free(ring);
}

const struct keyset *
keyring_acquire(struct keyring *ring, struct err *err)
{
	const struct keyset *set = NULL;

	pthread_mutex_lock(&ring->lock);
	keyring_refresh(ring);
	if (ring->now != NULL) {
		ring->now->refs++;
		set = &ring->now->set;
	} else
		err_set(err, ring->err.kind, "%s", ring->err.text);
	pthread_mutex_unlock(&ring->lock);
	return set;
}

void
keyring_release(struct keyring *ring, const struct keyset *set)
{
	union {
		const struct keyset	*lent;
		struct snapshot		*own;
	} snap = { set };

	if (set == NULL)
		return;
	pthread_mutex_lock(&ring->lock);
	snapshot_leave(snap.own);
	pthread_mutex_unlock(&ring->lock);
}
