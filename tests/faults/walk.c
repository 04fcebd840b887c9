/* SPDX-License-Identifier: ISC */
/*
 * Walks the calls of each scene.  Under AddressSanitizer each of these
 * processes is also asked for what it has lost, and one call of four fails;
 * FAULT_STEP=1 fails all of them there, too.
 */
#include <config.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "walk.h"

#define CALLS_MAX	5000
#ifdef __SANITIZE_ADDRESS__
#define STEP		4	/* a process costs eight times as much here */
#else
#define STEP		1
#endif
#define SECONDS		60		/* for one process */
#define OVER		98		/* all calls have been walked */

static char directory[256];
static unsigned step = STEP;	/* from one call that fails to the next */

/* Shared with the processes: what failed there, and the reference. */
static struct {
	char			 call[64];
	struct walk_reference	 reference;
} *shared;

_Noreturn void
walk_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	fflush(stderr);
	_exit(EXIT_FAILURE);
}

struct walk_reference *
walk_reference(void)
{
	return &shared->reference;
}

const char *
walk_failed(void)
{
	return shared->call;
}

const char *
walk_dir(void)
{
	return directory;
}

const char *
walk_path(const char *name)
{
	static char paths[8][512];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

void
walk_write(const char *name, const char *text, unsigned mode)
{
	int fd = open(walk_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	WALK_HOLDS(fd >= 0 && fchmod(fd, mode) == 0);
	WALK_HOLDS(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

char *
walk_read(const char *name, size_t *len)
{
	int fd = open(walk_path(name), O_RDONLY);
	struct stat st = { 0 };
	char *text;

	WALK_HOLDS(fd < 0 || fstat(fd, &st) == 0);
	text = malloc((size_t)st.st_size + 1);
	WALK_HOLDS(text != NULL);
	*len = (size_t)st.st_size;
	WALK_HOLDS(fd < 0 || read(fd, text, *len) == st.st_size);
	text[*len] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static int
remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *walk)
{
	(void)st;
	(void)type;
	return walk->level > 0 ? remove(path) : 0;
}

static void
empty_directory(void)
{
	nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* In a process of its own.  at 0: nothing fails. */
static void
play(const struct scene *scene, const struct fail_plan *plan)
{
	const char *name;
	bool met;
	int status;

	alarm(SECONDS);
	/* what they say is not wanted */
	WALK_HOLDS(freopen("log", "a", stderr) != NULL);
	scene->prepare();
	fail_arm(plan);
	scene->play();
	met = fail_disarm(&name);
	if (met)
		snprintf(shared->call, sizeof(shared->call), "%s", name);
	scene->judge();
	status = met || plan->at == 0 ? EXIT_SUCCESS : OVER;
#ifndef __SANITIZE_ADDRESS__	/* which looks for leaks at the end */
	/* the ends of forty libraries would write to all their pages */
	fflush(NULL);
	_exit(status);
#endif
	exit(status);
}

/* True while there are calls left; *ok is cleared when something is wrong. */
static bool
walk_one(const struct scene *scene, const struct fail_plan *plan, bool *ok)
{
	size_t len;
	char *said;
	pid_t pid;
	int status;

	empty_directory();
	fflush(stdout);
	shared->call[0] = '\0';
	pid = fork();
	if (pid == 0) {
		if (chdir(directory) != 0)
			_exit(EXIT_FAILURE);
		play(scene, plan);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(EXIT_FAILURE);
	if (WIFEXITED(status) && WEXITSTATUS(status) == OVER)
		return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return true;
	*ok = false;
	printf("# %s: call %u (%s)%s: %s %d\n", scene->name, plan->at,
	    shared->call, plan->stays ? ", and all after it" : "",
	    WIFEXITED(status) ? "exit code" : "signal",
	    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	said = walk_read("log", &len);
	for (char *line = strtok(said, "\n"); line != NULL;
	    line = strtok(NULL, "\n"))
		printf("#   %.200s\n", line);
	free(said);
	return true;
}

static bool
walk(const struct scene *scene, unsigned *calls)
{
	struct fail_plan plan = { 0, false, scene->only };
	bool ok = true;

	memset(shared, 0, sizeof(*shared));
	walk_one(scene, &plan, &ok);
	for (int stays = 0; ok && stays < 2; stays++) {
		plan.stays = stays == 1;
		/* the second time others */
		for (plan.at = stays == 0 ? 1 : 1 + step / 2;
		    ok && plan.at <= CALLS_MAX; plan.at += step, ++*calls)
			if (!walk_one(scene, &plan, &ok))
				break;
	}
	return ok;
}

/* Of all scenes, or of that name. */
static int
walk_scenes(const char *wanted)
{
	unsigned point = 0;
	int failed = 0;

	for (const struct scene *s = scenes; s->name != NULL; s++) {
		unsigned calls = 0;
		bool ok;

		if (wanted != NULL && strcmp(wanted, s->name) != 0)
			continue;
		ok = walk(s, &calls);
		failed += !ok;
		printf("%sok %u - %s: %u calls failed, one of %u\n",
		    ok ? "" : "not ", ++point, s->name, calls, step);
		fflush(stdout);
	}
	printf("1..%u\n", point);
	return failed;
}

int
main(int argc, char **argv)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	const char *wanted = getenv("FAULT_STEP");
	int failed;

	if (wanted != NULL && atoi(wanted) > 0)
		step = (unsigned)atoi(wanted);

	snprintf(directory, sizeof(directory), "%s/hookcask.XXXXXX", tmp);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || mkdtemp(directory) == NULL) {
		perror(directory);
		return EXIT_FAILURE;
	}
	failed = walk_scenes(argc > 1 ? argv[1] : NULL);
	empty_directory();
	rmdir(directory);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
