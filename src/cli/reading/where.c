/* SPDX-License-Identifier: ISC */
/*
 * Compares members of a body by their text: no number is converted, so that
 * one of 23 digits is what it is.
 */
#include <config.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_find.h"
#include "base/span.h"
#include "cli/reading/where.h"

/* "/a=x", "/a!=x", "/a=~x*" or "/a?" */
static bool
read_condition(struct where_condition *c, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);

	if (equals == NULL) {
		c->test = WHERE_EXISTS;
		if (len == 0 || word[--len] != '?')
			len = 0;
		c->text = "";
	} else if (equals[1] == '~') {
		c->test = WHERE_IS_LIKE;
		c->text = equals + 2;
	} else {
		c->test = WHERE_IS;
		c->text = equals + 1;
		if (len > 0 && word[len - 1] == '!') {
			c->test = WHERE_IS_NOT;
			len--;
		}
	}
	c->pointer = span_make(word, len);
	return (len > 0 && json_pointer_is_good(word, len)) ||
	    err_set(err, OUTCOME_USAGE, "--where %s: not a JSON pointer with "
	    "=TEXT, !=TEXT, =~GLOB or ?, such as /data/customer/id=42", word);
}

bool
where_init(struct where *w, const struct args_many *words, struct err *err)
{
	memset(w, 0, sizeof(*w));
	if (words == NULL)
		return true;
	for (; w->count < words->count; w->count++)
		if (!read_condition(&w->list[w->count],
		    words->value[w->count], err))
			return false;
	return true;
}

void
where_wipe(struct where *w)
{
	free(w->buf);
	memset(w, 0, sizeof(*w));
}

/* The value as a C string in buf; a NUL in it ends what is compared. */
static bool
take(struct where *w, struct hookcask_span value, size_t *len,
    struct err *err)
{
	char *buf;

	if (value.len >= w->size) {
		buf = realloc(w->buf, value.len + 1);
		if (buf == NULL)
			return err_set(err, OUTCOME_NO_MEMORY, "no memory");
		w->buf = buf;
		w->size = value.len + 1;
	}
	*len = json_plain(w->buf, value);
	w->buf[*len] = '\0';
	return true;
}

static bool
check(struct where *w, const struct where_condition *c,
    struct hookcask_span body, bool *fulfils, struct err *err)
{
	struct hookcask_span value;
	bool found, is_same;
	size_t len = 0;

	json_find(body, c->pointer, &value, &found);
	if (!found || c->test == WHERE_EXISTS) {
		*fulfils = found || c->test == WHERE_IS_NOT;
		return true;
	}
	if (!take(w, value, &len, err))
		return false;
	is_same = len == strlen(c->text) && memcmp(w->buf, c->text, len) == 0;
	*fulfils = c->test == WHERE_IS ? is_same :
	    c->test == WHERE_IS_NOT ? !is_same :
	    strlen(w->buf) == len && fnmatch(c->text, w->buf, 0) == 0;
	return true;
}

bool
where_match(struct where *w, struct hookcask_span body, bool *fulfils,
    struct err *err)
{
	struct json_scan scan;

	*fulfils = w->count == 0 ||
	    json_scan(&scan, body.data, body.len, JSON_DEPTH_MAX);
	for (int i = 0; *fulfils && i < w->count; i++)
		if (!check(w, &w->list[i], body, fulfils, err))
			return false;
	return true;
}
