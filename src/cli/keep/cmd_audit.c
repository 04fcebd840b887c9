/* SPDX-License-Identifier: ISC */
/* audit: verifies a whole archive with the secrets alone. */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fileops.h"
#include "cli/host/endpoint.h"
#include "cli/host/owner.h"
#include "cli/keep/audit.h"
#include "cli/reading/audit_last.h"
#include "cli/reading/gaps.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading.h"
#include "cli/sender/secrets.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"
#include "cli/verb/verb.h"
#include "config/configuration.h"
#include "index/index.h"
#include "store/ledger.h"
#include "store/statedir.h"

enum { CONFIG, ENDPOINT, SECRET_FILE, OLDER, JSON, UTC };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[SECRET_FILE] = OPTION_SECRET_FILE,
	[OLDER] = { "older", 'o', "FILE",
	    "a file with secrets that were used before" },
	[JSON] = { "json", 'j', NULL, "print the result as one JSON object" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

#define WINDOW_DEFAULT	(7 * 86400)	/* as dedup-window has it */
#define PRUNE_SLACK	86400		/* ids may expire while we read */

/* Ids must be in the index if it remembers them at least until tomorrow. */
static bool
open_index(struct audit *a, const struct endpoint *e, const char *dir,
    struct err *err)
{
	struct err missing = ERR_INIT;
	struct mark mark;

	if (index_open_read(&a->index, dir, &missing) != INDEX_OK) {
		say("note: not compared with the index: %s", missing.text);
		return true;
	}
	if (index_get_mark(a->index, &mark, err) != INDEX_OK)
		return false;
	a->index_from = ledger_horizon(e, &fileops_posix, mark.newest) +
	    PRUNE_SLACK;
	return true;
}

/* The ids whose records are looked for. */
static bool
find_known(struct audit *a, const struct endpoint *e, const char *home,
    struct err *err)
{
	const struct lost_names none = { NULL, 0 };

	a->searched = a->index != NULL && e->log != NULL;
	return !a->searched || lost_open(&a->lost, a->index, e, home, &none,
	    err);
}

/* The times when nothing was stored. */
static bool
read_counters(struct audit *a, const char *dir, struct err *err)
{
	struct err why = ERR_INIT;
	struct stats_file *stats;
	bool done;

	if (!gaps_counters(&stats, dir, &why)) {
		say("note: gaps are unknown: %s", why.text);
		return true;
	}
	done = stats == NULL || audit_add_counters(a, stats, err);
	free(stats);
	return done;
}

/* As the store's owner; a store that does not exist yet counts as empty. */
static bool
look_around(struct audit *a, const struct endpoint *e, struct err *err)
{
	struct statedir names;
	bool done;

	if (!statedir_init(&names, &fileops_posix, e, err) ||
	    !owner_assume(e, err))
		return false;
	done = open_index(a, e, names.path, err) &&
	    find_known(a, e, names.home, err) &&
	    read_counters(a, names.path, err);
	owner_resume();
	return done;
}

static bool
add_file(struct audit *a, const char *name, bool older, struct err *err)
{
	struct secret_choice choice = { name, NULL, NULL };
	struct secrets secrets;
	bool done;

	if (!secrets_load(&secrets, &choice, err))
		return false;
	done = audit_add_keys(a, secrets.set, older, err);
	secrets_wipe(&secrets);
	return done;
}

static bool
add_secrets(struct audit *a, const struct args *args,
    const struct endpoint *e, struct err *err)
{
	struct secret_choice choice = { args->value[SECRET_FILE], NULL,
	    NULL };
	struct secrets secrets;
	bool done;

	done = e != NULL && choice.file == NULL ?
	    secrets_of(&secrets, e, err) :
	    secrets_load(&secrets, &choice, err);
	done = done && audit_add_keys(a, secrets.set, false, err);
	secrets_wipe(&secrets);
	return done && (args->value[OLDER] == NULL ||
	    add_file(a, args->value[OLDER], true, err));
}

static bool
read_all(struct audit *a, const struct args *args, const struct endpoint *e,
    struct err *err)
{
	struct reader reader = { .record = audit_record, .skip = audit_skip,
	    .ctx = a };
	bool done;

	done = args->operand_count > 0 ? reader_files(&reader, args->operand,
	    args->operand_count, err) : look_around(a, e, err) &&
	    reader_endpoint(&reader, e, err);
	progress_clear();
	a->unread = reader.unread;
	return done && audit_finish(a, err);
}

/* For "status" and "report"; a reader of another user keeps nothing. */
static void
keep_result(const struct audit *a, const struct endpoint *e)
{
	const struct audit_last last = { fileops_posix.now_us(NULL),
		a->records, a->proven, audit_wrong(a), a->unread };
	struct err why = ERR_INIT;
	struct statedir names;

	if (!statedir_init(&names, &fileops_posix, e, &why) ||
	    !owner_assume(e, &why))
		return;
	if (faccessat(AT_FDCWD, names.path, W_OK, AT_EACCESS) == 0 &&
	    !audit_last_write(&last, names.path, names.mode, &why))
		say("note: the result is not kept: %s", why.text);
	owner_resume();
}

static bool
audit_all(struct audit *a, const struct args *args, const struct endpoint *e,
    struct err *err)
{
	a->window = WINDOW_DEFAULT;
	if (e != NULL) {
		a->source = e->name;
		a->window = e->dedup_window;
	}
	if (!twins_open(&a->ids, err) || !add_secrets(a, args, e, err) ||
	    !read_all(a, args, e, err))
		return false;
	if (e != NULL && args->operand_count == 0)
		keep_result(a, e);
	(args->value[JSON] != NULL ? audit_print_json : audit_print)(a);
	if (audit_wrong(a) == 0)
		return a->unread == 0 || err_set(err, OUTCOME_NO_INPUT,
		    "%" PRIu64 " file%s could not be read", a->unread,
		    a->unread == 1 ? "" : "s");
	return err_set(err, OUTCOME_BAD_DATA, "%" PRIu64 " fault%s",
	    audit_wrong(a), audit_wrong(a) == 1 ? "" : "s");
}

static bool
run(const struct args *args, struct err *err)
{
	const char *const *value = args->value;
	const struct endpoint *endpoint = NULL;
	struct config config;
	struct audit audit;
	bool done;

	memset(&audit, 0, sizeof(audit));
	memset(&config, 0, sizeof(config));
	/* files need no configuration, if a secret was named */
	if ((args->operand_count == 0 || value[CONFIG] != NULL ||
	    value[ENDPOINT] != NULL) && !endpoint_choose(&config, &endpoint,
	    value[CONFIG], value[ENDPOINT], err))
		return false;
	done = audit_all(&audit, args, endpoint, err);
	audit_wipe(&audit);
	config_wipe(&config);
	return done;
}

const struct verb verb_audit = {
	.name = "audit",
	.group = GROUP_KEEP,
	.summary = "verify every stored record again, and find what is wrong",
	.operands = "[FILE ...]",
	.operands_max = -1,
	.options = options,
	.run = run,
};
