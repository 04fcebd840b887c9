/* SPDX-License-Identifier: ISC */
/* The secrets of a file that changes, breaks, and is repaired. */
#include <config.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config/keyring.h"
#include "scratch.h"
#include "unit.h"

#define ONE	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define TWO	"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define THREE	"whsec_plJ3nmyCDGBKInavdOK15jsl"

static const char *dir;
static char path[300];
static char where[] = "test:1";
static struct endpoint endpoint;
static struct err err;

static void
set_up(const char *text)
{
	dir = scratch_dir();
	snprintf(path, sizeof(path), "%s/secret", dir);
	scratch_write(dir, "secret", text);
	ck_assert_int_eq(chmod(path, 0600), 0);
	endpoint.secret_file = path;
	endpoint.where = where;
	err = (struct err)ERR_INIT;
}

/* As an editor does it: a new file takes the name. */
static void
replace(const char *text)
{
	char other[320];

	scratch_write(dir, "new", text);
	snprintf(other, sizeof(other), "%s/new", dir);
	ck_assert_int_eq(chmod(other, 0600), 0);
	ck_assert_int_eq(rename(other, path), 0);
}

static size_t
count(struct keyring *ring)
{
	const struct keyset *set;
	size_t n;

	err = (struct err)ERR_INIT;
	set = keyring_acquire(ring, &err);
	if (set == NULL)
		return 0;
	n = set->count;
	keyring_release(ring, set);
	return n;
}

START_TEST(test_environment)
{
	char text[] = ONE " " TWO;
	struct endpoint e = { .secrets = text, .where = where };
	struct keyring *ring;

	ck_assert(keyring_open(&ring, &e, &err));
	ck_assert_uint_eq(count(ring), 2);
	keyring_close(ring);

	memcpy(text, "hunter2 and ", 12);
	ck_assert(!keyring_open(&ring, &e, &err));
	ck_assert_ptr_null(ring);
	ck_assert_int_eq(strncmp(err.text, "HOOKCASK_SECRET: ", 17), 0);
	ck_assert_ptr_null(strstr(err.text, "hunter2"));
}
END_TEST

START_TEST(test_changes)
{
	struct keyring *ring;

	set_up(ONE "\n");
	ck_assert(keyring_open(&ring, &endpoint, &err));
	ck_assert_uint_eq(count(ring), 1);
	replace(ONE "\n" TWO "\n");
	ck_assert_uint_eq(count(ring), 2);
	/* in place, another size */
	scratch_write(dir, "secret", ONE "\n" TWO "\n" THREE "\n");
	ck_assert_uint_eq(count(ring), 3);
	keyring_close(ring);
}
END_TEST

/* Gone or bad: no key, least of all the old one; good again by itself. */
START_TEST(test_bad_until_mended)
{
	struct keyring *ring;

	set_up(ONE "\n");
	ck_assert(keyring_open(&ring, &endpoint, &err));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_uint_eq(count(ring), 0);
	ck_assert_int_eq(err.kind, OUTCOME_BAD_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	replace(TWO "\n");
	ck_assert_uint_eq(count(ring), 1);

	replace(TWO "\nhunter2\n");
	ck_assert_uint_eq(count(ring), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "secret:2: "));
	ck_assert_ptr_null(strstr(err.text, "hunter2"));
	ck_assert_uint_eq(count(ring), 0);

	replace(TWO "\n");
	ck_assert_uint_eq(count(ring), 1);
	ck_assert_int_eq(chmod(path, 0604), 0);
	ck_assert_uint_eq(count(ring), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "chmod"));
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_uint_eq(count(ring), 1);
	keyring_close(ring);
}
END_TEST

static bool
holds(struct keyring *ring, unsigned char first)
{
	const struct keyset *set = keyring_acquire(ring, &err);
	bool yes;

	ck_assert_msg(set != NULL, "%s", err.text);
	yes = set->keys[0].bytes[0] == first;
	keyring_release(ring, set);
	return yes;
}

/*
 * A second change within the file system's clock tick leaves no trace, so a
 * young file is read once more when it has aged.  A store through a mapping
 * whose page is dirty already leaves none either, on any kernel.
 */
START_TEST(test_young)
{
	const struct timespec nap = { 0, 20000000 };
	struct stat before, after;
	struct keyring *ring;
	char *map;
	int fd;

	set_up(ONE "\n");
	fd = open(path, O_RDWR);
	ck_assert_int_ne(fd, -1);
	map = mmap(NULL, strlen(ONE), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	ck_assert_ptr_ne(map, MAP_FAILED);
	memcpy(map, ONE, strlen(ONE));
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert(keyring_open(&ring, &endpoint, &err));
	ck_assert(holds(ring, 0x31));
	memcpy(map, TWO, strlen(TWO));
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_ctim.tv_nsec, after.st_ctim.tv_nsec);
	for (int i = 0; i < 500 && !holds(ring, 0x0b); i++)
		nanosleep(&nap, NULL);
	ck_assert(holds(ring, 0x0b));
	keyring_close(ring);
	munmap(map, strlen(ONE));
	close(fd);
}
END_TEST

START_TEST(test_modes)
{
	static const struct {
		mode_t	 mode;
		bool	 root;		/* owner root: is it good? */
		bool	 user;		/* owner euid, not root */
	} rows[] = {
		{ 0600, true, true }, { 0400, true, true },
		{ 0640, true, false }, { 0440, true, false },
		{ 0660, false, false }, { 0650, false, false },
		{ 0620, false, false }, { 0604, false, false },
		{ 0601, false, false }, { 0644, false, false },
		{ 0666, false, false }
	};
	bool is_root = geteuid() == 0;

	set_up(ONE "\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct keyring *ring = NULL;
		bool good = is_root ? rows[i].root : rows[i].user;

		err = (struct err)ERR_INIT;
		ck_assert_int_eq(chmod(path, rows[i].mode), 0);
		ck_assert_msg(keyring_open(&ring, &endpoint, &err) == good,
		    "mode %04o: %s", (unsigned)rows[i].mode, err.text);
		keyring_close(ring);
	}
}
END_TEST

/* The rules for a user who is not root, and for a stranger's file. */
START_TEST(test_owner)
{
	struct keyring *ring;

	if (geteuid() != 0)
		return;
	set_up(ONE "\n");
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chown(path, 4321, 4321), 0);
	ck_assert(!keyring_open(&ring, &endpoint, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "user 4321"));

	ck_assert_int_eq(seteuid(4321), 0);
	err = (struct err)ERR_INIT;
	ck_assert(keyring_open(&ring, &endpoint, &err));
	keyring_close(ring);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert(!keyring_open(&ring, &endpoint, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "group"));
	ck_assert_int_eq(seteuid(0), 0);

	/* root's, for the group of the one who runs it */
	ck_assert_int_eq(chown(path, 0, 4321), 0);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(setegid(4321), 0);
	ck_assert_int_eq(seteuid(4321), 0);
	err = (struct err)ERR_INIT;
	ck_assert_msg(keyring_open(&ring, &endpoint, &err), "%s", err.text);
	keyring_close(ring);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(setegid(0), 0);
}
END_TEST

START_TEST(test_not_a_file)
{
	struct keyring *ring;
	char link[320];

	set_up(ONE "\n");
	snprintf(link, sizeof(link), "%s/link", dir);
	ck_assert_int_eq(symlink(path, link), 0);
	endpoint.secret_file = link;
	ck_assert(!keyring_open(&ring, &endpoint, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "symbolic link"));

	/* does not wait for a writer */
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(mkfifo(link, 0600), 0);
	err = (struct err)ERR_INIT;
	ck_assert(!keyring_open(&ring, &endpoint, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));

	endpoint.secret_file = (char *)(uintptr_t)dir;
	err = (struct err)ERR_INIT;
	ck_assert(!keyring_open(&ring, &endpoint, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
}
END_TEST

START_TEST(test_too_long)
{
	struct keyring *ring;
	FILE *f;

	set_up(ONE "\n");
	f = fopen(path, "a");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 65536; i++)
		fputc('#', f);
	fclose(f);
	ck_assert(!keyring_open(&ring, &endpoint, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "64 KiB"));
}
END_TEST

/* A reader keeps what it got, whatever becomes of the file. */
START_TEST(test_snapshot)
{
	const struct keyset *old, *young;
	struct keyset copy;
	struct keyring *ring;

	set_up(ONE "\n");
	ck_assert(keyring_open(&ring, &endpoint, &err));
	old = keyring_acquire(ring, &err);
	ck_assert_ptr_nonnull(old);
	copy = *old;
	replace(TWO "\n" THREE "\n");
	young = keyring_acquire(ring, &err);
	ck_assert_ptr_nonnull(young);
	ck_assert_uint_eq(young->count, 2);
	ck_assert_mem_eq(old, &copy, sizeof(copy));
	keyring_release(ring, young);
	ck_assert_mem_eq(old, &copy, sizeof(copy));
	keyring_release(ring, old);
	keyring_release(ring, NULL);
	keyring_close(ring);
}
END_TEST

static atomic_bool stop;

static void *
reader(void *arg)
{
	struct keyring *ring = arg;
	const struct keyset *set;
	uintptr_t bad = 0;

	while (!atomic_load(&stop)) {
		set = keyring_acquire(ring, NULL);
		if (set == NULL)
			bad++;
		else if (set->count != 1 && set->count != 2)
			bad++;
		keyring_release(ring, set);
	}
	return (void *)bad;
}

START_TEST(test_threads)
{
	pthread_t threads[4];
	struct keyring *ring;
	void *bad;

	set_up(ONE "\n");
	ck_assert(keyring_open(&ring, &endpoint, &err));
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, reader,
		    ring), 0);
	for (int i = 0; i < 200; i++)
		replace(i % 2 == 0 ? ONE "\n" TWO "\n" : THREE "\n");
	atomic_store(&stop, true);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &bad), 0);
		ck_assert_ptr_null(bad);
	}
	ck_assert_uint_eq(count(ring), 1);
	keyring_close(ring);
}
END_TEST

UNIT_MAIN("keyring", test_environment, test_changes, test_bad_until_mended,
    test_young, test_modes, test_owner, test_not_a_file, test_too_long,
    test_snapshot, test_threads)
