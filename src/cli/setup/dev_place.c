/* SPDX-License-Identifier: ISC */
/*
 * Makes a directory with all of an endpoint in it, and removes it.  If root
 * runs this, the directory and the rest are an unprivileged user's.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/files.h"
#include "cli/host/owner.h"
#include "cli/host/trusted.h"
#include "cli/sender/random.h"
#include "cli/setup/dev.h"
#include "cli/setup/plan.h"
#include "cli/term/input.h"
#include "cli/term/say.h"
#include "config/keyset.h"
#include "config/vault.h"

#define SOCKET_PATH_MAX	90	/* lighttpd adds to it; 108 is the limit */
#define PROGRAM_MAX	((size_t)64 << 20)

static bool
join(char out[PATH_MAX], const struct dev_place *p, const char *name,
    struct err *err)
{
	return (size_t)snprintf(out, PATH_MAX, "%s/%s", p->dir, name) <
	    PATH_MAX || err_set(err, OUTCOME_USAGE, "%s: path too long",
	    p->dir);
}

/* Root works as another user, so that mistakes stay small. */
static const struct passwd *
somebody(void)
{
	static const char *const names[] = { "www-data", "nobody" };
	const struct passwd *user = NULL;

	if (geteuid() != 0)
		return NULL;
	for (size_t i = 0; i < 2 && user == NULL; i++)
		user = getpwnam(names[i]);
	return user;
}

static bool
make_directory(struct dev_place *p, const struct dev_choice *choice,
    struct err *err)
{
	const struct passwd *user = somebody();
	const char *parent = getenv("TMPDIR");
	bool done, made;

	if (choice->dir != NULL) {
		if (user == NULL)
			done = directory_create(choice->dir, FILE_KEEP_OWNER,
			    FILE_KEEP_OWNER, &made, err);
		else if (trusted_path(choice->dir, 0))
			done = directory_create(choice->dir, user->pw_uid,
			    user->pw_gid, &made, err);
		else
			/* with the rights of the user who could swap it */
			done = owner_act_as(user->pw_uid, user->pw_gid, err) &&
			    directory_create(choice->dir, FILE_KEEP_OWNER,
			    FILE_KEEP_OWNER, &made, err);
		owner_resume();
		if (!done)
			return false;
		if (realpath(choice->dir, p->dir) == NULL)
			return err_sys(err, OUTCOME_NO_INPUT, errno, "%s",
			    choice->dir);
		return true;
	}
	if (parent == NULL || parent[0] != '/' || user != NULL)
		parent = "/tmp";
	if ((size_t)snprintf(p->dir, sizeof(p->dir), "%s/hookcask-dev.XXXXXX",
	    parent) >= sizeof(p->dir) || mkdtemp(p->dir) == NULL) {
		p->dir[0] = '\0';
		return err_sys(err, OUTCOME_CANNOT_CREATE, errno,
		    "a directory in %s", parent);
	}
	p->temporary = true;
	if (user != NULL && chown(p->dir, user->pw_uid, user->pw_gid) != 0)
		return err_sys(err, OUTCOME_CANNOT_CREATE, errno, "%s",
		    p->dir);
	return true;
}

/* The named one, else the one beside this program, else the installed one. */
static bool
find_responder(char path[PATH_MAX], const char *named, struct err *err)
{
	ssize_t len;
	char *slash;

	if (named != NULL) {
		snprintf(path, PATH_MAX, "%s", named);
	} else {
		len = readlink("/proc/self/exe", path, PATH_MAX - 32);
		path[len > 0 ? len : 0] = '\0';
		slash = strrchr(path, '/');
		if (slash != NULL)
			strcpy(slash + 1, "hookcask.fcgi");
		if (slash == NULL || access(path, X_OK) != 0)
			snprintf(path, PATH_MAX, "%s",
			    RESPONDERDIR "/hookcask.fcgi");
	}
	return access(path, X_OK) == 0 || err_sys(err, OUTCOME_NO_INPUT,
	    errno, "%s: the responder; name it with --responder", path);
}

static bool
write_file(const char *path, unsigned mode, const char *data, size_t len,
    struct err *err)
{
	const struct new_file file = { path, mode, FILE_KEEP_OWNER,
	    FILE_KEEP_OWNER, data, len };

	unlink(path);
	return file_create(&file, err);
}

bool
dev_place_write(const struct dev_place *p, const char *name,
    const char *text, struct err *err)
{
	char path[PATH_MAX];

	return join(path, p, name, err) &&
	    write_file(path, 0600, text, strlen(text), err);
}

/*
 * Root reads the responder, since the other user may not get to its place, and
 * writes nothing where that user could swap a link in: the copy is the user's.
 */
static bool
copy_responder(struct dev_place *p, const struct dev_choice *choice,
    struct err *err)
{
	char from[PATH_MAX];
	struct input program;
	bool done;

	if (!find_responder(from, choice->responder, err) ||
	    !join(p->responder, p, "hookcask.fcgi", err) ||
	    !input_read(&program, from, PROGRAM_MAX, err))
		return false;
	done = owner_become_of(choice->dir != NULL ? choice->dir : p->dir,
	    err) &&
	    write_file(p->responder, 0700, program.data, program.len, err);
	input_wipe(&program);
	return done;
}

/* The given one, else the one that is there, else a fresh one. */
static bool
make_secret(struct dev_place *p, const char *name, const struct input *given,
    struct err *err)
{
	char file[64], *secret;
	bool done;

	snprintf(file, sizeof(file), "%s.secret", name);
	if (!join(p->secret, p, file, err))
		return false;
	if (given->data != NULL)
		return dev_place_write(p, file, given->data, err);
	if (access(p->secret, F_OK) == 0)
		return true;
	secret = random_secret(err);
	done = secret != NULL && dev_place_write(p, file, secret, err);
	vault_text_free(secret);
	return done;
}

static bool
make_parts(struct dev_place *p, const char *name, const struct input *given,
    struct err *err)
{
	static const char *const parts[] = { "store", "run" };
	char file[64], path[PATH_MAX], text[5 * PATH_MAX];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!join(path, p, parts[i], err) ||
		    (mkdir(path, 0700) != 0 && errno != EEXIST))
			return err_sys(err, OUTCOME_CANNOT_CREATE, errno,
			    "%s", path);
	snprintf(file, sizeof(file), "store/%s.jsonl", name);
	if (!make_secret(p, name, given, err) ||
	    !join(p->config, p, "hookcask.conf", err) ||
	    !join(p->log, p, file, err) || !join(p->diag, p, "diag", err))
		return false;
	snprintf(text, sizeof(text), "diag = \"%s\"\n"
	    "# any path of the URL will do\n"
	    "endpoint \"%s\" {\n"
	    "    secret-file = \"%s\"\n"
	    "    log = \"%s\"\n"
	    "}\n", p->diag, name, p->secret, p->log);
	return dev_place_write(p, "hookcask.conf", text, err);
}

/* Before this process becomes another user, who cannot read it. */
static bool
read_given(struct input *given, const char *name, struct err *err)
{
	struct keyset set;

	if (name == NULL)
		return true;
	if (!input_read(given, name, INPUT_SECRET_MAX, err))
		return false;
	memset(&set, 0, sizeof(set));
	if (keyset_parse(&set, name, given->data, given->len, err)) {
		keyset_wipe(&set);
		return true;
	}
	input_wipe(given);
	return false;
}

bool
dev_place_make(struct dev_place *p, const struct dev_choice *choice,
    struct err *err)
{
	struct input given = { NULL, 0, 0 };
	bool done;

	memset(p, 0, sizeof(*p));
	if (!plan_check_name(choice->name, err) ||
	    !read_given(&given, choice->secret_file, err))
		return false;
	done = make_directory(p, choice, err) &&
	    (strlen(p->dir) <= SOCKET_PATH_MAX || err_set(err, OUTCOME_USAGE,
	    "%s: too long for a socket in it; a shorter one goes to --dir or "
	    "TMPDIR", p->dir)) &&
	    copy_responder(p, choice, err) &&
	    make_parts(p, choice->name, &given, err);
	input_wipe(&given);
	return done;
}

static int
remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	if (remove(path) != 0)
		say("warning: %s: %s", path, strerror(errno));
	return 0;
}

void
dev_place_wipe(struct dev_place *p)
{
	if (p->temporary)
		/* depth first, links themselves */
		nftw(p->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	p->temporary = false;
}
