/* SPDX-License-Identifier: ISC */
/* Chooses event types, by fnmatch(3) as the configuration does. */
#include <config.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reading/globs.h"

bool
globs_init(struct globs *g, const char *text, struct err *err)
{
	size_t count = 1, n = 0;
	char *rest, *glob;

	memset(g, 0, sizeof(*g));
	if (text == NULL)
		return true;
	for (const char *p = text; *p != '\0'; p++)
		count += *p == ',';
	/* cut at commas in one string of our own */
	g->text = rest = strdup(text);
	g->list = calloc(count + 1, sizeof(*g->list));
	if (g->text == NULL || g->list == NULL) {
		globs_wipe(g);
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	}
	while ((glob = strsep(&rest, ",")) != NULL) {
		if (*glob == '\0') {
			globs_wipe(g);
			return err_set(err, OUTCOME_USAGE,
			    "--type %s: a type is empty", text);
		}
		g->list[n++] = glob;
	}
	return true;
}

void
globs_wipe(struct globs *g)
{
	free(g->text);
	free(g->list);
	memset(g, 0, sizeof(*g));
}

bool
globs_match(const struct globs *g, const char *type)
{
	if (g->list == NULL)
		return true;
	for (char **glob = g->list; *glob != NULL; glob++)
		if (fnmatch(*glob, type, 0) == 0)
			return true;
	return false;
}
