/* SPDX-License-Identifier: ISC */
/* index: shows, rebuilds and changes the ids that a store knows. */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/endpoint.h"
#include "cli/host/owner.h"
#include "cli/keep/forget_lost.h"
#include "cli/keep/rebuild.h"
#include "cli/term/jsonl.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"
#include "cli/verb/verb.h"
#include "index/index.h"
#include "store/admin.h"
#include "store/statedir.h"

enum {
	CONFIG, ENDPOINT, REBUILD, MOVED, ADD, FORGET, FORGET_LOST, DRY_RUN,
	JSON
};

static const struct option options[] = {
	OPTION_CONFIG,
	OPTION_ENDPOINT,
	{ "rebuild", 0, NULL, "read the log and its rotated files again" },
	{ "moved", 0, NULL, "the store was moved to the configured path" },
	{ "add", 0, "FILE", "add the ids of records in a file, or of -" },
	{ "forget", 0, "ID", "forget an id: its next delivery is stored" },
	{ "forget-lost", 0, NULL, "forget the ids whose events the log, or "
	    "FILE, has lost" },
	{ "dry-run", 0, NULL, "only count what --forget-lost would forget" },
	{ "json", 'j', NULL, "print the numbers as JSON" },
	OPTION_END
};

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	say("note: %s", text);
}

static void
progress(int64_t count, const char *what)
{
	progress_show("index: %" PRId64 " %s", count, what);
}

static bool
add(const struct admin *admin, const char *name, bool json, struct err *err)
{
	bool is_stdin = strcmp(name, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(name, "r");
	struct admin_count count;
	bool ok;

	if (f == NULL)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", name);
	ok = admin_add(admin, f, is_stdin ? "standard input" : name, &count,
	    err);
	if (!is_stdin)
		fclose(f);
	progress_clear();
	if (!ok)
		return false;
	printf(json ? "{\"records\":%" PRId64 ",\"ids\":%" PRId64 "}\n" :
	    "%" PRId64 " records read, %" PRId64 " ids known\n",
	    count.records, count.ids);
	if (count.skipped > 0)
		return err_set(err, OUTCOME_BAD_DATA, "%s: %" PRId64 " lines "
		    "are no records of endpoint \"%s\"", name, count.skipped,
		    admin->endpoint->name);
	return true;
}

static bool
forget(const struct admin *admin, const char *id, bool json,
    struct err *err)
{
	bool found = false;

	if (!admin_forget(admin, id, &found, err))
		return false;
	if (!found)
		return err_set(err, OUTCOME_NO_INPUT,
		    "%s: not an id that the index knows", id);
	puts(json ? "{\"forgotten\":1}" :
	    "forgotten: the next delivery of this id is stored");
	return true;
}

/* *path: its state directory; *there: has it an index? */
static bool
find_index(const struct endpoint *e, char path[PATH_MAX], bool *there,
    struct err *err)
{
	char name[PATH_MAX + 16];
	struct statedir names;
	struct stat st;

	if (!statedir_init(&names, &fileops_posix, e, err))
		return false;
	strcpy(path, names.path);
	snprintf(name, sizeof(name), "%s/%s", names.path, INDEX_FILE);
	*there = lstat(name, &st) == 0 ? st.st_size > 0 : errno != ENOENT;
	return true;
}

/* Makes none: a store that has no index yet knows nothing. */
static bool
look(const struct admin *admin, struct admin_count *count, struct err *err)
{
	char path[PATH_MAX];
	bool there;

	memset(count, 0, sizeof(*count));
	return find_index(admin->endpoint, path, &there, err) &&
	    (!there || admin_look(admin, count, err));
}

static bool
moved(const struct admin *admin, bool json, struct err *err)
{
	const struct endpoint *e = admin->endpoint;
	struct jsonl j = JSONL_INIT;
	char path[PATH_MAX];
	bool there;

	if (!find_index(e, path, &there, err))
		return false;
	if (!there)
		return err_set(err, OUTCOME_NO_INPUT, "%s: has no index: move "
		    "this directory together with the log, or let \"hookcask "
		    "index --rebuild\" make one", path);
	if (!admin_moved(admin, err))
		return false;
	if (json) {
		jsonl_open(&j, NULL);
		jsonl_string(&j, "path", e->log != NULL ? e->log : e->spool);
		jsonl_end(&j);
	} else {
		printf("%s: the store of endpoint \"%s\" from now on\n",
		    e->log != NULL ? e->log : e->spool, e->name);
	}
	return true;
}

static bool
rebuild_or_look(const struct admin *admin, bool is_rebuild, bool json,
    struct err *err)
{
	struct admin_count count;
	bool ok;

	ok = is_rebuild ? rebuild(admin, &count, err) :
	    look(admin, &count, err);
	progress_clear();
	if (!ok)
		return false;
	printf(json ? "{\"ids\":%" PRId64 "}\n" : "%" PRId64 " ids known\n",
	    count.ids);
	return true;
}

static bool
act(const struct args *args, const struct admin *admin, struct err *err)
{
	bool json = args->value[JSON] != NULL;

	/* with the responder's umask, so that files get the store's mode */
	umask(07);
	if (!owner_become(admin->endpoint, err))
		return false;
	if (args->value[ADD] != NULL)
		return add(admin, args->value[ADD], json, err);
	if (args->value[MOVED] != NULL)
		return moved(admin, json, err);
	if (args->value[FORGET] != NULL)
		return forget(admin, args->value[FORGET], json, err);
	if (args->value[FORGET_LOST] != NULL) {
		const struct lost_names names = { args->operand,
			args->operand_count };

		return forget_lost(admin, &names, args->value[DRY_RUN] !=
		    NULL, json, err);
	}
	return rebuild_or_look(admin, args->value[REBUILD] != NULL, json,
	    err);
}

static bool
run(const struct args *args, struct err *err)
{
	struct admin admin = { .options = { .note = note },
		.progress = progress };
	struct config config;
	bool ok;

	if ((args->value[REBUILD] != NULL) + (args->value[MOVED] != NULL) +
	    (args->value[ADD] != NULL) + (args->value[FORGET] != NULL) +
	    (args->value[FORGET_LOST] != NULL) > 1)
		return err_set(err, OUTCOME_USAGE, "--rebuild, --moved, --add, "
		    "--forget and --forget-lost cannot be used together");
	if (args->value[FORGET_LOST] == NULL &&
	    (args->value[DRY_RUN] != NULL || args->operand_count > 0))
		return err_set(err, OUTCOME_USAGE, "index: --dry-run and FILE "
		    "need --forget-lost");
	if (!endpoint_choose(&config, &admin.endpoint, args->value[CONFIG],
	    args->value[ENDPOINT], err))
		return false;
	admin.options.lock_timeout = config.lock_timeout;
	ok = act(args, &admin, err);
	config_wipe(&config);
	return ok;
}

const struct verb verb_index = {
	.name = "index",
	.group = GROUP_KEEP,
	.summary = "show, rebuild or correct the ids that a store knows",
	.operands = "[FILE ...]",
	.operands_max = LOST_NAMES_MAX,
	.options = options,
	.run = run,
};
