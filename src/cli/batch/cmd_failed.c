/* SPDX-License-Identifier: ISC */
/*
 * failed: shows, retries or drops events that a drain has set aside.  A drain
 * may be running, which notices by the state.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "cli/batch/failed.h"
#include "cli/consumer/consumer.h"
#include "cli/reading/filter.h"
#include "cli/reading/spool_dirs.h"
#include "cli/verb/verb.h"

enum {
	CONFIG, ENDPOINT, ALL, SINCE, UNTIL, TYPE, GROUP, DRY_RUN, JSON, NAME,
	STATE, WHERE, UTC
};

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[ALL] = { "all", 'a', NULL, "retry or drop all of them" },
	[SINCE] = OPTION_SINCE,
	[UNTIL] = OPTION_UNTIL,
	[TYPE] = OPTION_TYPE,
	[GROUP] = { "group", 'g', NULL, "list them by their last words" },
	[DRY_RUN] = { "dry-run", 0, NULL,
	    "only list what would be retried or dropped" },
	[JSON] = { "json", 'j', NULL, "print JSON, an event a line" },
	[NAME] = OPTION_CONSUMER,
	[STATE] = OPTION_STATE,
	[WHERE] = OPTION_WHERE,
	[UTC] = OPTION_UTC,
	OPTION_END
};

enum action { LIST, SHOW, RETRY, DROP, ACTIONS };

static const char *const actions[ACTIONS] = {
	[LIST] = "list", [SHOW] = "show", [RETRY] = "retry", [DROP] = "drop",
};

struct failed_run {
	const struct args	*args;
	enum action		 action;
	char			**ids;
	int			 id_count;
	struct consumer		 consumer;
	struct consumer_state	 state;
	struct spool_dirs	 dirs;
	struct filter		 filter;
	bool			 is_filtered;
	bool			 has_state;	/* else a spool without one */
};

static bool
read_action(struct failed_run *r, struct err *err)
{
	const struct args *args = r->args;
	const char *name = args->operand_count == 0 ? "list" :
	    args->operand[0];
	bool all = args->value[ALL] != NULL;

	while (r->action < ACTIONS && strcmp(actions[r->action], name) != 0)
		r->action++;
	if (r->action == ACTIONS)
		return err_set(err, OUTCOME_USAGE, "%s: not one of list, "
		    "show, retry, drop; see hookcask failed --help", name);
	if (args->operand_count > 0) {
		r->ids = args->operand + 1;
		r->id_count = args->operand_count - 1;
	}
	if (r->action == LIST && r->id_count > 0)
		return err_set(err, OUTCOME_USAGE, "list: takes no id; try "
		    "show %s", r->ids[0]);
	if (all && (r->action == LIST || r->action == SHOW))
		return err_set(err, OUTCOME_USAGE,
		    "--all is for retry and drop");
	if (r->action != LIST &&
	    (r->id_count > 0) + all + r->is_filtered != 1)
		return err_set(err, OUTCOME_USAGE, "%s: which events? Give "
		    "ids, or --since, --until, --type or --where%s", name,
		    r->action == SHOW ? "" : ", or --all");
	if (r->action != LIST && args->value[GROUP] != NULL)
		return err_set(err, OUTCOME_USAGE, "--group is for list");
	if (r->action != RETRY && r->action != DROP &&
	    args->value[DRY_RUN] != NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--dry-run is for retry and drop");
	return true;
}

static bool
is_wanted(struct failed_run *r, const struct failed_item *item)
{
	bool passes = true;

	if (r->is_filtered)
		return item->is_record && filter_match(&r->filter,
		    &item->view, &passes, NULL) && passes;
	if (r->action == LIST || r->args->value[ALL] != NULL)
		return true;
	for (int i = 0; i < r->id_count; i++)
		if (strcmp(r->ids[i], failed_id(item)) == 0 ||
		    (item->file != NULL &&
		    strcmp(r->ids[i], item->file) == 0))
			return true;
	return false;
}

/* Is each id that was asked for there? */
static bool
check_ids(const struct failed_run *r, const struct failed_items *items,
    struct err *err)
{
	for (int i = 0; i < r->id_count; i++) {
		bool found = false;

		for (size_t j = 0; j < items->count && !found; j++)
			found = strcmp(r->ids[i],
			    failed_id(&items->list[j])) == 0 ||
			    (items->list[j].file != NULL &&
			    strcmp(r->ids[i], items->list[j].file) == 0);
		if (!found)
			return err_set(err, OUTCOME_NO_INPUT, "%s: was not set "
			    "aside by consumer \"%s\"", r->ids[i],
			    r->consumer.where.consumer);
	}
	return true;
}

static void
keep_wanted(struct failed_run *r, struct failed_items *items)
{
	size_t kept = 0;

	for (size_t i = 0; i < items->count; i++) {
		const struct failed_item item = items->list[i];

		if (!is_wanted(r, &item))
			continue;
		items->list[i] = items->list[kept];
		items->list[kept++] = item;
	}
	failed_truncate(items, kept);
}

static void
print(const struct failed_run *r, const struct failed_items *items)
{
	bool first = true;

	if (r->action != SHOW && r->args->value[JSON] == NULL) {
		failed_print_table(items);
		return;
	}
	for (size_t i = 0; i < items->count; i++) {
		if (r->args->value[JSON] != NULL) {
			failed_print_json(&items->list[i]);
			continue;
		}
		if (!first)
			putchar('\n');
		failed_print(&items->list[i]);
		first = false;
	}
}

static bool
choose(void *ctx, struct failed_items *items, struct err *err)
{
	if (!check_ids(ctx, items, err))
		return false;
	keep_wanted(ctx, items);
	return true;
}

static bool
change(struct failed_run *r, struct err *err)
{
	struct failed_change change = {
		.state = r->has_state ? &r->state : NULL,
		.dirs = r->consumer.where.is_spool ? &r->dirs : NULL,
		.drop = r->action == DROP,
		.choose = choose, .ctx = r };

	if (!failed_change(&change, err))
		return false;
	printf("%zu event%s %s\n", change.count, change.count == 1 ? "" : "s",
	    change.drop ? "dropped" : "to be tried again");
	return true;
}

static bool
does_change(const struct failed_run *r)
{
	return (r->action == RETRY || r->action == DROP) &&
	    r->args->value[DRY_RUN] == NULL;
}

static bool
look(struct failed_run *r, struct err *err)
{
	struct failed_items items;
	bool ok;

	if (!failed_read(&items, &r->state,
	    r->consumer.where.is_spool ? &r->dirs : NULL, err))
		return false;
	ok = choose(r, &items, err);
	if (ok && r->args->value[GROUP] != NULL)
		ok = failed_print_groups(&items, r->args->value[JSON] != NULL,
		    err);
	else if (ok)
		print(r, &items);
	failed_wipe(&items);
	return ok;
}

static bool
act(struct failed_run *r, struct err *err)
{
	return does_change(r) ? change(r, err) : look(r, err);
}

/* Opens the state and, for a spool, its directories. */
static bool
open_all(struct failed_run *r, struct err *err)
{
	struct state_where *where = &r->consumer.where;
	bool changes = does_change(r);
	bool missing = false, empty = false;

	if (!consumer_open(&r->consumer, &missing, err))
		return false;
	if (missing)
		return err_set(err, OUTCOME_NO_INPUT,
		    "%s: nothing was stored there yet", where->dir_path);
	if (where->is_spool && !spool_dirs_open(&r->dirs, where->ops,
	    r->consumer.store.home, false, &empty, err))
		return false;
	r->has_state = state_open(&r->state, where,
	    changes ? STATE_CHANGE : STATE_READ, err);
	if (r->has_state || !where->is_spool ||
	    err->kind != OUTCOME_NO_INPUT)
		return r->has_state;
	/* failed/ can be listed without a state */
	memset(err, 0, sizeof(*err));
	return true;
}

static bool
run(const struct args *args, struct err *err)
{
	struct consumer_choice choice = { .config = args->value[CONFIG],
		.endpoint = args->value[ENDPOINT], .name = args->value[NAME],
		.state = args->value[STATE] };
	struct failed_run r = { .args = args, .state = STATE_CLOSED,
		.dirs = { .home_fd = -1, .fd = { -1, -1, -1, -1 } } };
	struct filter_choice filter = { .since = args->value[SINCE],
		.until = args->value[UNTIL], .type = args->value[TYPE],
		.where = &args->many };
	bool ok;

	r.is_filtered = filter.since != NULL || filter.until != NULL ||
	    filter.type != NULL || args->many.count > 0;
	if (!read_action(&r, err) || !filter_init(&r.filter, &filter, err))
		return false;
	if (!consumer_choose(&r.consumer, &choice, err)) {
		filter_wipe(&r.filter);
		return false;
	}
	if (r.action != LIST)
		filter_tell(&r.filter);
	ok = open_all(&r, err) && act(&r, err);
	state_close(&r.state);
	spool_dirs_close(&r.dirs);
	consumer_close(&r.consumer);
	filter_wipe(&r.filter);
	return ok;
}

const struct verb verb_failed = {
	.name = "failed",
	.group = GROUP_BATCH,
	.summary = "list, show, retry or drop events that were set aside",
	.operands = "[list | show | retry | drop] [ID ...]",
	.operands_max = -1,
	.options = options,
	.many = "where",
	.run = run,
};
