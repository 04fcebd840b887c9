/* SPDX-License-Identifier: ISC */
/* Opens a store in a scratch directory, puts records, reads what is there. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "scratch.h"
#include "store_scene.h"
#include "unit.h"

struct endpoint
scene_endpoint(const char *dir, const char *log, const char *spool)
{
	static char path[512];
	struct endpoint e = { .name = "test", .mode = 0600, .tolerance = 300,
		.dedup_window = 7 * 86400, .where = (char *)(uintptr_t)"test" };

	snprintf(path, sizeof(path), "%s/%s", dir, log == NULL ? spool : log);
	if (log != NULL)
		e.log = path;
	else
		e.spool = path;
	return e;
}

char scene_noted[4096];

void
scene_note(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(scene_noted, sizeof(scene_noted), "%s", text);
}

struct store *
scene_open(const struct endpoint *e)
{
	struct store_options o = { .lock_timeout = 5, .note = scene_note };
	struct err err = ERR_INIT;
	struct store *s;

	ck_assert_msg(store_open(&s, e, &o, &err), "%s", err.text);
	return s;
}

enum outcome
scene_put_at(struct store *s, const char *id, const char *body, int64_t time)
{
	struct err err = ERR_INIT;
	struct event event;
	struct record record;
	enum outcome outcome;
	char text[256];

	snprintf(text, sizeof(text), "%s", body);
	scratch_event(&event, id, text, time);
	ck_assert(record_init(&record, &event, &err));
	outcome = store_put(s, &record, &err);
	record_wipe(&record);
	if (outcome == OUTCOME_STORE_ERROR)
		snprintf(scene_noted, sizeof(scene_noted), "%s", err.text);
	return outcome;
}

enum outcome
scene_put(struct store *s, const char *id)
{
	return scene_put_at(s, id, "{\"type\":\"a.b\"}", 1700000000);
}

/* The ids of a log, one after the other, each followed by a blank. */
static void
read_ids(char *ids, size_t size, const char *path)
{
	static char text[1 << 20];
	struct record_view view;
	size_t len = scratch_read(path, text, sizeof(text));

	ids[0] = '\0';
	for (char *p = text, *lf; p < text + len; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(text + len - p));
		ck_assert_msg(lf != NULL, "%s: torn", path);
		ck_assert(record_parse(&view, p, (size_t)(lf - p)));
		snprintf(ids + strlen(ids), size - strlen(ids), "%s ",
		    view.id);
	}
}

void
scene_assert_ids(const char *dir, const char *name, const char *expected)
{
	char path[512], ids[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	read_ids(ids, sizeof(ids), path);
	ck_assert_str_eq(ids, expected);
}

void
scene_path(char *path, const char *dir, const char *name)
{
	snprintf(path, 512, "%s/%s", dir, name);
}
