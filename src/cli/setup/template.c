/* SPDX-License-Identifier: ISC */
/* Fills paths into templates.  Knows no configuration and no server. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/setup/template.h"

const char *
template_text(const char *name)
{
	for (const struct template *t = templates; t->name != NULL; t++)
		if (strcmp(t->name, name) == 0)
			return t->text;
	return NULL;
}

/* The word whose name is at p, between two @, or NULL. */
static const struct word *
word_at(const char *p, const char *end, const struct word *words)
{
	if (*p != '@')
		return NULL;
	for (const struct word *w = words; w->name != NULL; w++) {
		size_t len = strlen(w->name);

		if ((size_t)(end - p) >= len + 2 && p[len + 1] == '@' &&
		    memcmp(p + 1, w->name, len) == 0)
			return w;
	}
	return NULL;
}

/* The word that decides how often a line is printed, or NULL: once. */
static const struct word *
list_of(const char *line, const char *end, const struct word *words)
{
	for (const char *p = line; p < end; p++) {
		const struct word *w = word_at(p, end, words);

		if (w != NULL && w->count != 1)
			return w;
	}
	return NULL;
}

static void
print_line(FILE *to, const char *line, const char *end,
    const struct word *words, size_t turn)
{
	const char *p = line;

	while (p < end) {
		const struct word *w = word_at(p, end, words);

		if (w == NULL) {
			putc(*p++, to);
			continue;
		}
		fputs(w->values[w->count == 1 ? 0 : turn], to);
		p += strlen(w->name) + 2;
	}
}

static const char *
line_end(const char *line)
{
	const char *lf = strchr(line, '\n');

	return lf != NULL ? lf + 1 : line + strlen(line);
}

void
template_print(FILE *to, const char *text, const struct word *words)
{
	const char *line, *end;

	for (line = text; *line != '\0'; line = end) {
		const struct word *list;
		size_t turns;

		end = line_end(line);
		list = list_of(line, end, words);
		turns = list == NULL ? 1 : list->count;
		for (size_t i = 0; i < turns; i++)
			print_line(to, line, end, words, i);
	}
}

bool
word_add(struct word *word, const char *value, struct err *err)
{
	size_t good = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789/._+,:@~-");
	char **values;

	if (value[good] != '\0' || good == 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "\"%s\": web servers "
		    "quote in different ways; for hookcask config let names "
		    "hold letters, digits and / . _ + , : @ ~ - only", value);
	for (size_t i = 0; i < word->count; i++)
		if (strcmp(word->values[i], value) == 0)
			return true;
	values = realloc(word->values, (word->count + 1) * sizeof(*values));
	if (values == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	word->values = values;
	values[word->count] = strdup(value);
	if (values[word->count] == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	word->count++;
	return true;
}

void
word_wipe(struct word *word)
{
	for (size_t i = 0; i < word->count; i++)
		free(word->values[i]);
	free(word->values);
	word->values = NULL;
	word->count = 0;
}
