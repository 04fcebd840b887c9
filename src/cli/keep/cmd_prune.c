/* SPDX-License-Identifier: ISC */
/*
 * prune: removes what is old from a store, but nothing that somebody still
 * needs.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/endpoint.h"
#include "cli/host/owner.h"
#include "cli/keep/prune.h"
#include "cli/term/say.h"
#include "cli/term/size.h"
#include "cli/term/when.h"
#include "cli/verb/verb.h"
#include "index/index.h"

enum { CONFIG, ENDPOINT, MAX_AGE, MAX_SIZE, DRY_RUN, JSON, STATE, UTC };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[MAX_AGE] = { "max-age", 'a', "AGE",
	    "remove files whose newest event is older (90d)" },
	[MAX_SIZE] = { "max-size", 's', "SIZE",
	    "remove the oldest files until SIZE is left (10G)" },
	[DRY_RUN] = { "dry-run", 'n', NULL, "only say what would be removed" },
	[JSON] = { "json", 'j', NULL, "print JSON, a file a line" },
	[STATE] = { "state", 0, "DIR",
	    "also ask consumers that keep their places there" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

static bool
read_limits(const struct args *args, struct prune *p, struct err *err)
{
	const char *age = args->value[MAX_AGE], *size = args->value[MAX_SIZE];
	char before[WHEN_SIZE];
	int64_t seconds;

	p->older_us = PRUNE_NOW;
	p->max_size = -1;
	p->dry_run = args->value[DRY_RUN] != NULL;
	p->json = args->value[JSON] != NULL;
	if (age == NULL && size == NULL)
		return err_set(err, OUTCOME_USAGE, "prune: nothing to remove; "
		    "give --max-age, --max-size or both");
	if (age != NULL && !duration_parse(age, &seconds))
		return err_set(err, OUTCOME_USAGE, "--max-age %s: not a time "
		    "such as 90d, 12h or 2w", age);
	if (age != NULL) {
		p->older_us = fileops_posix.now_us(NULL) - seconds * 1000000;
		when_format(before, p->older_us / 1000000);
		say("files whose last event was received before %s", before);
	}
	if (size != NULL && !size_parse(size, &p->max_size))
		return err_set(err, OUTCOME_USAGE, "--max-size %s: not a size "
		    "such as 500M or 10G", size);
	return true;
}

/* Opens --state before root becomes another user. */
static bool
read_states_of(struct prune *p, const char *path, struct err *err)
{
	int fd;
	bool ok;

	if (path == NULL)
		return true;
	if (p->endpoint->spool != NULL)
		return err_set(err, OUTCOME_USAGE, "--state: only for a log; "
		    "for a spool, prune looks at done/ alone");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", path);
	ok = prune_consumers_read(p, fd, path, err);
	close(fd);
	return ok;
}

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	say("note: %s", text);
}

/* Removes the ids that are past the dedup window. */
static bool
prune_ids(struct prune *p, const struct config *config, struct err *err)
{
	struct admin admin = { .endpoint = p->endpoint, .options = {
		.note = note, .lock_timeout = config->lock_timeout } };
	char path[PATH_MAX + 16];

	/* no index is made for this */
	snprintf(path, sizeof(path), "%s/%s", p->state_dir, INDEX_FILE);
	if (access(path, F_OK) != 0)
		return true;
	return p->dry_run ? admin_count_expired(&admin, p->state_dir, &p->ids,
	    err) : admin_expire(&admin, &p->ids, err);
}

static bool
prune(struct prune *p, const struct config *config, struct err *err)
{
	const struct endpoint *e = p->endpoint;
	struct statedir names;
	bool ok;
	int fd;

	if (!owner_become(e, err) ||
	    !statedir_init(&names, &fileops_posix, e, err))
		return false;
	p->state_dir = names.path;
	p->home = names.home;
	fd = open(names.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return true; /* nothing was stored there yet */
	if (fd == -1)
		return err_sys(err, errno == EACCES ? OUTCOME_NO_PERMISSION :
		    OUTCOME_NO_INPUT, errno, "%s", names.path);
	p->state_fd = fd;
	ok = prune_consumers_read(p, fd, names.path, err) &&
	    (e->spool != NULL ? prune_spool(p, err) : prune_log(p, err));
	close(fd);
	ok = ok && prune_ids(p, config, err);
	if (ok && p->unread > 0)
		ok = err_set(err, OUTCOME_NO_INPUT, "%" PRIu64 " files could "
		    "not be looked at", p->unread);
	if (ok && p->broken > 0)
		ok = err_set(err, OUTCOME_BAD_DATA, "%" PRIu64 " files cannot "
		    "be read", p->broken);
	return ok;
}

static bool
run(const struct args *args, struct err *err)
{
	struct prune p = { .ops = &fileops_posix };
	struct config config;
	bool ok;

	if (!read_limits(args, &p, err) ||
	    !endpoint_choose(&config, &p.endpoint, args->value[CONFIG],
	    args->value[ENDPOINT], err))
		return false;
	ok = read_states_of(&p, args->value[STATE], err) &&
	    prune(&p, &config, err);
	/* even after an error: report what was removed */
	if (ok || p.files > 0)
		prune_print_sum(&p);
	prune_consumers_wipe(&p);
	config_wipe(&config);
	return ok;
}

const struct verb verb_prune = {
	.name = "prune",
	.group = GROUP_KEEP,
	.summary = "remove what is old and no longer needed",
	.operands = "",
	.options = options,
	.run = run,
};
