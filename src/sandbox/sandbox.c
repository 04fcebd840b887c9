/* SPDX-License-Identifier: ISC */
/*
 * Confines the responder to what it needs once its configuration is read: the
 * directories of the stores, of diag and of the secret files (a new file may
 * replace one at any time), SQLite's source of randomness, and a number of
 * open files.
 */
#include <config.h>

#include "sandbox/sandbox.h"

#include <sys/stat.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_SYS_PRCTL_H
#include <sys/prctl.h>
#endif

#include "base/sanitized.h"
#include "sandbox/sandbox_parts.h"

static bool
has_no_new_privs(void)
{
#if defined(HAVE_PRCTL) && defined(PR_SET_NO_NEW_PRIVS)
	return true;
#else
	return false;
#endif
}

static bool
set_no_new_privs(void)
{
#if defined(HAVE_PRCTL) && defined(PR_SET_NO_NEW_PRIVS)
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
#else
	return false;
#endif
}

void
sandbox_probe(struct sandbox_parts *p)
{
	memset(p, 0, sizeof(*p));
	if (IS_SANITIZED)
		return;
	p->no_new_privs = has_no_new_privs();
	p->landlock = sandbox_files_version();
	p->seccomp = sandbox_calls_are_there();
#ifdef HAVE_PLEDGE
	p->pledge = true;
#endif
	p->rights = sandbox_rights_are_there();
	p->limits = true;
}

void
sandbox_describe(const struct sandbox_parts *p, char *text, size_t size)
{
	char landlock[32] = "";

	if (p->landlock > 0)
		snprintf(landlock, sizeof(landlock), "Landlock %d, ",
		    p->landlock);
	snprintf(text, size, "%s%s%s%s%s%s", p->no_new_privs ?
	    "no new privileges, " : "", landlock,
	    p->seccomp ? "seccomp, " : "", p->pledge ? "pledge, " : "",
	    p->rights ? "Capsicum rights, " : "",
	    p->limits ? "limit of open files, " : "");
	if (text[0] == '\0')
		snprintf(text, size, "nothing");
	else
		text[strlen(text) - 2] = '\0';
}

bool
sandbox_is_whole(const struct sandbox_parts *p)
{
	return p->limits && (p->pledge || (p->landlock > 0 && p->seccomp));
}

/*
 * The directory of a file.  If it does not exist, the nearest one above, if it
 * is ours: if /var/lib were allowed, only permissions would protect the rest
 * of it.
 */
static char *
nearest_directory(const char *path)
{
	char *dir = strdup(path), *slash;
	struct stat st;
	bool is_above = false;

	while (dir != NULL && (slash = strrchr(dir, '/')) != NULL) {
		/* the root would allow everything: allow nothing */
		*slash = '\0';
		if (slash == dir)
			break;
		if (stat(dir, &st) == 0) {
			if (is_above && st.st_uid != geteuid())
				*dir = '\0';
			break;
		}
		is_above = true;
	}
	return dir;
}

/* A spool is a directory itself, but may not exist yet. */
static char *
spool_of(const char *path)
{
	return access(path, F_OK) == 0 ? strdup(path) : nearest_directory(path);
}

/*
 * Where the directory is a link, that one's directory: Kubernetes changes a
 * mounted secret by another link.
 */
static char *
link_directory(const char *path)
{
	char *dir = nearest_directory(path), *above = NULL;
	struct stat st;

	if (dir == NULL)
		return NULL;
	above = lstat(dir, &st) == 0 && S_ISLNK(st.st_mode) ?
	    nearest_directory(dir) : strdup("");
	free(dir);
	return above;
}

struct paths {
	struct sandbox_path	*list;
	size_t			 count;
	bool			 is_whole;	/* false: memory ran out */
};

static void
add(struct paths *p, char *path, bool is_store)
{
	if (path == NULL)
		p->is_whole = false;
	else if (path[0] == '\0')
		free(path);
	else
		p->list[p->count++] = (struct sandbox_path){ path,
		    is_store, false };
}

/* At most five paths for each endpoint, and two more. */
static void
collect(struct paths *p, const struct config *config)
{
	p->count = 0;
	p->list = calloc(config->endpoint_count * 5 + 2, sizeof(*p->list));
	p->is_whole = p->list != NULL;
	if (!p->is_whole)
		return;
	add(p, strdup("/dev/urandom"), false);
	if (config->diag != NULL)
		add(p, nearest_directory(config->diag), true);
	for (size_t i = 0; i < config->endpoint_count; i++) {
		const struct endpoint *e = &config->endpoints[i];

		if (e->secret_file != NULL) {
			add(p, nearest_directory(e->secret_file), false);
			add(p, link_directory(e->secret_file), false);
		}
		if (e->log != NULL)
			add(p, nearest_directory(e->log), true);
		if (e->spool != NULL)
			add(p, spool_of(e->spool), true);
		if (e->olddir == NULL)
			continue;
		add(p, strdup(e->olddir), false);
		if (p->is_whole)
			p->list[p->count - 1].is_listed = true;
	}
}

static void
paths_wipe(struct paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		free((char *)(uintptr_t)p->list[i].path);
	free(p->list);
}

#ifdef HAVE_PLEDGE
/* Written from the manual pages; never run on OpenBSD. */
static bool
enter_pledge(const struct paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (unveil(p->list[i].path,
		    p->list[i].is_store ? "rwc" : "r") != 0)
			return false;
	return unveil(NULL, NULL) == 0 &&
	    pledge("stdio rpath wpath cpath fattr flock unix inet",
	    NULL) == 0;
}
#endif

/*
 * How many more files may be opened: connections; for each thread a secret file
 * and a file of a spool's batch; for each endpoint its directories, files and
 * index, and all of them once more while they are repaired.
 */
static size_t
descriptors(const struct config *config, bool is_cgi)
{
	const size_t served = 2 * (size_t)config->threads + CONNECTIONS_MAX;

	return 32 + (is_cgi ? 0 : served) + 16 * config->endpoint_count;
}

/* Enters all parts that this system has; the others stay false. */
static void
enter(struct sandbox_parts *done, const struct sandbox_parts *here,
    const struct paths *paths, const struct config *config, bool is_cgi)
{
	memset(done, 0, sizeof(*done));
	done->limits = here->limits &&
	    sandbox_limits_enter(descriptors(config, is_cgi));
	done->rights = here->rights && sandbox_rights_enter();
#ifdef HAVE_PLEDGE
	done->pledge = enter_pledge(paths);
#endif
	/* Landlock and seccomp need it */
	if (!here->no_new_privs || !set_no_new_privs())
		return;
	done->no_new_privs = true;
	if (here->landlock > 0 &&
	    sandbox_files_enter(paths->list, paths->count))
		done->landlock = here->landlock;
	if (here->seccomp)
		done->seccomp = sandbox_calls_enter(is_cgi,
		    config->sandbox == SANDBOX_STRICT);
}

/* Warns if something is available here and could not be used. */
static void
tell(const struct config *config, const struct sandbox_parts *here,
    const struct sandbox_parts *done,
    void (*note)(void *ctx, const char *text))
{
	char has[SANDBOX_TEXT], got[SANDBOX_TEXT], text[512];

	sandbox_describe(here, has, sizeof(has));
	sandbox_describe(done, got, sizeof(got));
	if (note == NULL || strcmp(has, got) == 0)
		return;
	snprintf(text, sizeof(text), "%.200s: sandbox = auto: this system has "
	    "%s, but only this was entered: %s; check what the "
	    "container allows",
	    config->source, has, got);
	note(NULL, text);
}

bool
sandbox_enter(const struct config *config, bool is_cgi,
    void (*note)(void *ctx, const char *text), struct err *err)
{
	struct sandbox_parts here, done;
	struct paths paths;
	char text[SANDBOX_TEXT];

	if (config->sandbox == SANDBOX_OFF)
		return true;
	sandbox_probe(&here);
	collect(&paths, config);
	if (paths.is_whole)
		enter(&done, &here, &paths, config, is_cgi);
	else
		memset(&done, 0, sizeof(done));
	paths_wipe(&paths);
	if (config->sandbox != SANDBOX_STRICT) {
		tell(config, &here, &done, note);
		return true;
	}
	if (sandbox_is_whole(&done))
		return true;
	sandbox_describe(&done, text, sizeof(text));
	return err_set(err, OUTCOME_BAD_CONFIG, "%s: sandbox = strict, but "
	    "this system has only: %s; strict needs Landlock and seccomp "
	    "(Linux 5.13) and a limit of open files; set it to auto, or check "
	    "what the container allows", config->source, text);
}
