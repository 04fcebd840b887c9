/* SPDX-License-Identifier: ISC */
/*
 * Finds where a consumer's state is kept: in the store's own directory, or, for
 * a reader who may not write there, in one of its own.  Makes neither.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/consumer/consumer.h"
#include "cli/host/endpoint.h"
#include "cli/host/owner.h"

static bool
read_secrets(const struct consumer *c, const struct consumer_choice *choice,
    struct err *err)
{
	struct secret_choice from = { choice->secret_file, NULL, NULL };

	if (choice->secrets == NULL)
		return true;
	return choice->secret_file != NULL ?
	    secrets_load(choice->secrets, &from, err) :
	    secrets_of(choice->secrets, c->endpoint, err);
}

static bool
choose(struct consumer *c, const struct consumer_choice *choice,
    struct err *err)
{
	const struct endpoint *e = c->endpoint;

	c->where.endpoint = e->name;
	c->where.is_spool = e->spool != NULL;
	if (e->spool != NULL && choice->name != NULL)
		return err_set(err, OUTCOME_USAGE, "--name: a spool has one "
		    "consumer, which removes its files; for several, choose a "
		    "log for endpoint \"%s\"", e->name);
	if (!read_secrets(c, choice, err))
		return false;
	if (!(choice->state != NULL ? owner_become_of(choice->state, err) :
	    owner_become(e, err)))
		return false;
	if (!statedir_init(&c->store, &fileops_posix, e, err))
		return false;
	c->where.dir_path = choice->state != NULL ? choice->state :
	    c->store.path;
	return true;
}

bool
consumer_choose(struct consumer *c, const struct consumer_choice *choice,
    struct err *err)
{
	memset(c, 0, sizeof(*c));
	c->where.ops = &fileops_posix;
	c->where.dir = -1;
	c->where.consumer = choice->name != NULL ? choice->name :
	    CONSUMER_DEFAULT;
	if (!consumer_check(c->where.consumer, err) ||
	    !endpoint_choose(&c->config, &c->endpoint, choice->config,
	    choice->endpoint, err))
		return false;
	if (choose(c, choice, err))
		return true;
	config_wipe(&c->config);
	return false;
}

/* Whoever may write there could forge or hide the state. */
static bool
check_directory(const struct consumer *c, struct err *err)
{
	struct stat st;

	if (c->where.ops->stat(c->where.ops->ctx, c->where.dir, &st) != 0)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s",
		    c->where.dir_path);
	/* even if root has followed a link that has changed since */
	if (st.st_uid != geteuid())
		return err_set(err, OUTCOME_NO_PERMISSION, "%s: belongs to "
		    "user %ld; a reader of another user keeps its place in a "
		    "directory of its own: --state DIR", c->where.dir_path,
		    (long)st.st_uid);
	if ((st.st_mode & 0022) != 0)
		return err_set(err, OUTCOME_NO_PERMISSION, "%s: others may "
		    "write to it (mode %04o); chmod go-w it",
		    c->where.dir_path, (unsigned)st.st_mode & 07777);
	return true;
}

bool
consumer_open(struct consumer *c, bool *missing, struct err *err)
{
	char path[PATH_MAX];

	*missing = false;
	/* a link that the operator made is followed */
	snprintf(path, sizeof(path), "%s/.", c->where.dir_path);
	c->where.dir = c->where.ops->open(c->where.ops->ctx, AT_FDCWD, path,
	    O_RDONLY | O_DIRECTORY, 0);
	if (c->where.dir != -1)
		return check_directory(c, err);
	if (errno == ENOENT && c->where.dir_path == c->store.path) {
		*missing = true;
		return true;
	}
	return err_sys(err, errno == EACCES ? OUTCOME_NO_PERMISSION :
	    OUTCOME_NO_INPUT, errno, "%s", c->where.dir_path);
}

void
consumer_close(struct consumer *c)
{
	if (c->where.dir != -1)
		c->where.ops->close(c->where.ops->ctx, c->where.dir);
	c->where.dir = -1;
	config_wipe(&c->config);
}
