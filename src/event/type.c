/* SPDX-License-Identifier: ISC */
/*
 * Finds the type of an event in a body that need not be strict JSON.  Looks
 * only at quotes, brackets and the members of the outermost object; no
 * allocation, no recursion.
 */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/span.h"
#include "event/type.h"

#define DEPTH_MAX 4096

struct walker {
	const unsigned char *p;
	const unsigned char *end;
};

/* Bytes at which a walk over a container stops, or one over a string. */
#define STOPS_WALK	1
#define STOPS_STRING	2
static const unsigned char stops[256] = {
	['"'] = STOPS_WALK | STOPS_STRING,
	['\\'] = STOPS_STRING,
	['{'] = STOPS_WALK, ['}'] = STOPS_WALK,
	['['] = STOPS_WALK, [']'] = STOPS_WALK,
};

enum found {
	FOUND,			/* with one string */
	FOUND_UNUSABLE,		/* with another value, or with several */
	FOUND_NOT
};

static void
skip_blanks(struct walker *w)
{
	while (w->p < w->end && (*w->p == ' ' || *w->p == '\t' ||
	    *w->p == '\n' || *w->p == '\r'))
		w->p++;
}

/* Eight bytes at once: is none of them a quote or a backslash? */
static bool
is_plain(uint64_t x)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t quote = x ^ (ones * '"'), slash = x ^ (ones * '\\');

	return ((((quote - ones) & ~quote) | ((slash - ones) & ~slash)) &
	    (ones * 0x80)) == 0;
}

/* p is at the opening quote; the span is what is between the quotes. */
static bool
skip_string(struct walker *w, struct hookcask_span *string)
{
	const unsigned char *p = ++w->p, *end = w->end;
	uint64_t eight;

	for (;;) {
		while (end - p >= 8) {
			memcpy(&eight, p, sizeof(eight));
			if (!is_plain(eight))
				break;
			p += 8;
		}
		while (p < end && (stops[*p] & STOPS_STRING) == 0)
			p++;
		if (p == end)
			return false;
		if (*p == '"')
			break;
		/* the escaped byte, whatever it is */
		if (end - p < 2)
			return false;
		p += 2;
	}
	*string = span_make(w->p, (size_t)(p - w->p));
	w->p = p + 1;
	return true;
}

/* p is at the opening bracket.  Each must be closed by one of its kind. */
static bool
skip_container(struct walker *w)
{
	unsigned char is_object[DEPTH_MAX / 8];
	struct hookcask_span string;
	unsigned depth = 0, bit;

	for (;;) {
		const unsigned char *p = w->p, *end = w->end;
		unsigned char c;

		while (p < end && (stops[*p] & STOPS_WALK) == 0)
			p++;
		w->p = p;
		if (p == end)
			return false;
		c = *p;
		if (c == '"') {
			if (!skip_string(w, &string))
				return false;
			continue;
		}
		w->p++;
		if (c == '{' || c == '[') {
			if (depth == DEPTH_MAX)
				return false;
			if (depth % 8 == 0)
				is_object[depth / 8] = 0;
			bit = (unsigned)(c == '{') << depth % 8;
			is_object[depth / 8] |= (unsigned char)bit;
			depth++;
		} else {
			depth--;
			bit = 1u << depth % 8;
			if (((is_object[depth / 8] & bit) != 0) != (c == '}'))
				return false;
			is_object[depth / 8] &= (unsigned char)~bit;
			if (depth == 0)
				return true;
		}
	}
}

/* Any value; *string has no data if it is not a string. */
static bool
skip_value(struct walker *w, struct hookcask_span *string)
{
	const unsigned char *start = w->p;

	*string = span_make(NULL, 0);
	if (w->p == w->end)
		return false;
	if (*w->p == '"')
		return skip_string(w, string);
	if (*w->p == '{' || *w->p == '[')
		return skip_container(w);
	while (w->p < w->end && *w->p > ' ' &&
	    strchr(",:{}[]\"", *w->p) == NULL)
		w->p++;
	return w->p > start;
}

/* Decodes printable ASCII without blanks; false for anything else. */
static bool
decode(char buf[EVENT_TYPE_MAX + 1], struct hookcask_span string)
{
	static const char escape[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const unsigned char *p = string.data, *end = p + string.len;
	const char *known;
	size_t len = 0;

	while (p < end) {
		int c = *p++;

		if (c == '\\' && *p == 'u') {
			c = json_unit(p + 1, (size_t)(end - p - 1));
			p += 5;
		} else if (c == '\\') {
			known = *p == '\0' ? NULL : strchr(escape, *p);
			c = known == NULL ? -1 : means[known - escape];
			p++;
		}
		if (c < 0x21 || c > 0x7E || len == EVENT_TYPE_MAX)
			return false;
		buf[len++] = (char)c;
	}
	buf[len] = '\0';
	return len > 0;
}

static bool
is_named(struct hookcask_span name, const char *key)
{
	char decoded[EVENT_TYPE_MAX + 1];

	if (memchr(name.data, '\\', name.len) == NULL)
		return span_is(name, key);
	return decode(decoded, name) && strcmp(decoded, key) == 0;
}

/* One member of the outermost object; p is at its name. */
static bool
take_member(struct walker *w, const char *key, char *type,
    enum found *found)
{
	struct hookcask_span name, value;
	char other[EVENT_TYPE_MAX + 1];

	if (w->p == w->end || *w->p != '"' || !skip_string(w, &name))
		return false;
	skip_blanks(w);
	if (w->p == w->end || *w->p++ != ':')
		return false;
	skip_blanks(w);
	if (!skip_value(w, &value))
		return false;
	if (!is_named(name, key))
		return true;
	if (value.data == NULL || !decode(other, value) ||
	    (*found != FOUND_NOT && strcmp(other, type) != 0)) {
		*found = FOUND_UNUSABLE;
		type[0] = '\0';
	} else {
		*found = FOUND;
		memcpy(type, other, sizeof(other));
	}
	return true;
}

/* False if the body is not one balanced object. */
static bool
find(struct hookcask_span body, const char *key, char *type,
    enum found *found)
{
	static const char mark[] = "\xEF\xBB\xBF";
	struct walker w = { body.data, (const unsigned char *)body.data +
		body.len };

	*found = FOUND_NOT;
	if (body.len >= 3 && memcmp(w.p, mark, 3) == 0)
		w.p += 3;
	skip_blanks(&w);
	if (w.p == w.end || *w.p++ != '{')
		return false;
	skip_blanks(&w);
	if (w.p < w.end && *w.p == '}')
		w.p++;
	else
		for (unsigned char c = ','; c != '}';) {
			skip_blanks(&w);
			if (!take_member(&w, key, type, found))
				return false;
			skip_blanks(&w);
			if (w.p == w.end || (c = *w.p++, c != ',' && c != '}'))
				return false;
		}
	skip_blanks(&w);
	return w.p == w.end;
}

bool
type_find(char type[EVENT_TYPE_MAX + 1], struct hookcask_span body,
    char *const *keys)
{
	static char only[] = "type";
	char *const fallback[] = { only, NULL };
	enum found found = FOUND_NOT;

	if (keys == NULL)
		keys = fallback;
	for (; *keys != NULL && found == FOUND_NOT; keys++)
		if (!find(body, *keys, type, &found))
			found = FOUND_UNUSABLE;
	if (found == FOUND)
		return true;
	memcpy(type, EVENT_TYPE_NONE, sizeof(EVENT_TYPE_NONE));
	return false;
}
