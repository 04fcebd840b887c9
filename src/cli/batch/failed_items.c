/* SPDX-License-Identifier: ISC */
/*
 * Collects what was set aside: the entries of the state, and the files in a
 * spool's failed/ without an entry.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cli/batch/failed.h"
#include "cli/reading/spool_dirs.h"

const char *
failed_id(const struct failed_item *item)
{
	return item->is_record ? item->view.id :
	    item->file != NULL ? item->file : "?";
}

static void
wipe_item(struct failed_item *item)
{
	free(item->file);
	free(item->line);
	free(item->why);
}

void
failed_truncate(struct failed_items *items, size_t count)
{
	while (items->count > count)
		wipe_item(&items->list[--items->count]);
}

void
failed_wipe(struct failed_items *items)
{
	failed_truncate(items, 0);
	free(items->list);
	items->list = NULL;
}

static bool
parse(struct failed_item *item)
{
	item->is_record = item->line != NULL &&
	    record_parse(&item->view, item->line, item->len);
	return true;
}

static bool
from_entry(struct failed_item *item, struct consumer_state *state,
    const struct state_entry *e, struct spool_dirs *dirs, struct err *err)
{
	memset(item, 0, sizeof(*item));
	item->seq = e->seq;
	item->tries = e->tries;
	item->tried_ms = e->tried_ms;
	item->why = state_why(state, e, &item->reason, &item->said,
	    err);
	if (item->why == NULL)
		return false;
	if (dirs == NULL) {
		item->line = state_text(state, e, err);
		item->len = e->text_len;
		return item->line != NULL && parse(item);
	}
	item->file = state_text(state, e, err);
	if (item->file == NULL)
		return false;
	if (!spool_has(dirs, SPOOL_FAILED, item->file))
		return true; /* removed by hand */
	return spool_read(dirs, SPOOL_FAILED, item->file, &item->line,
	    &item->len, err) && parse(item);
}

static bool
from_file(struct failed_item *item, const char *name,
    struct spool_dirs *dirs, struct err *err)
{
	memset(item, 0, sizeof(*item));
	item->file = strdup(name);
	if (item->file == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	return spool_read(dirs, SPOOL_FAILED, name, &item->line, &item->len,
	    err) && parse(item);
}

static bool
is_listed(const struct failed_items *items, const char *name)
{
	for (size_t i = 0; i < items->count; i++)
		if (strcmp(items->list[i].file, name) == 0)
			return true;
	return false;
}

static bool
add_files(struct failed_items *items, const struct spool_names *names,
    struct spool_dirs *dirs, struct err *err)
{
	size_t entries = items->count;
	struct failed_items known = { items->list, entries };

	for (size_t i = 0; i < names->count; i++) {
		if (is_listed(&known, names->list[i]))
			continue;
		if (!from_file(&items->list[items->count++], names->list[i],
		    dirs, err))
			return false;
	}
	return true;
}

/*
 * Is the event of the entry set aside?  In a spool the directories decide: the
 * state may be out of date after power loss or a kill.
 */
static bool
is_set_aside(bool *set_aside, struct consumer_state *state,
    const struct state_entry *e, const struct spool_dirs *dirs,
    struct err *err)
{
	char *name;

	*set_aside = e->failed;
	if (dirs == NULL)
		return true;
	name = state_text(state, e, err);
	if (name == NULL)
		return false;
	*set_aside = spool_has(dirs, SPOOL_FAILED, name) || (e->failed &&
	    !spool_has(dirs, SPOOL_NEW, name) &&
	    !spool_has(dirs, SPOOL_CUR, name));
	free(name);
	return true;
}

bool
failed_read(struct failed_items *items, struct consumer_state *state,
    struct spool_dirs *dirs, struct err *err)
{
	struct spool_names names = { NULL, 0 };
	bool ok = true;

	items->count = 0;
	items->list = NULL;
	if (dirs != NULL && dirs->fd[SPOOL_FAILED] != -1 &&
	    !spool_names_read(&names, dirs, SPOOL_FAILED, err))
		return false;
	items->list = calloc(state->entry_count + names.count + 1,
	    sizeof(*items->list));
	if (items->list == NULL)
		ok = err_set(err, OUTCOME_NO_MEMORY, "no memory");
	for (size_t i = 0; ok && i < state->entry_count; i++) {
		const struct state_entry *e = &state->entries[i];
		bool set_aside;

		ok = is_set_aside(&set_aside, state, e, dirs, err) &&
		    (!set_aside || from_entry(&items->list[items->count++],
		    state, e, dirs, err));
	}
	ok = ok && add_files(items, &names, dirs, err);
	spool_names_wipe(&names);
	if (!ok)
		failed_wipe(items);
	return ok;
}
