/* SPDX-License-Identifier: ISC */
/*
 * Parses the signature header, which strangers write: one pass, bounded,
 * nothing decoded.  In the list form an item that does not fit is skipped.
 *
 *	list form	v1,BASE64 v1,BASE64 v1a,BASE64
 *	comma form	t=TIMESTAMP,v1=BASE64,v1=BASE64
 *
 * It is the comma form exactly when some atom begins with "t=" (atoms are
 * the pieces between blanks, tabs and commas).  In the list form blanks, tabs
 * and commas all separate items, because a proxy joins headers with ", ".
 * A comma without blanks ties a label to its value.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "lib/signature.h"

#define NAME_MAX_LIST	9	/* v1, v1a, ...: 'v', a digit, 7 more */
#define NAME_MAX_COMMA	8

_Static_assert(HOOKCASK_HEADER_MAX <= 0xffff, "offsets are unsigned short");

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_separator(char c)
{
	return is_blank(c) || c == ',';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_digit_or_lower(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(p[i]) && !is_lower(p[i]))
			return false;
	}
	return true;
}

static bool
is_label(const char *p, size_t len)
{
	return len >= 2 && len <= NAME_MAX_LIST && p[0] == 'v' &&
	    is_digit(p[1]) && is_digit_or_lower(p + 2, len - 2);
}

static bool
is_name(const char *p, size_t len)
{
	return len >= 1 && len <= NAME_MAX_COMMA && is_lower(p[0]) &&
	    is_digit_or_lower(p, len);
}

/* Takes a value if its version is known and its length right. */
static void
take(struct hkc_candidates *c, const char *name, size_t name_len,
    struct hookcask_span value)
{
	unsigned short at =
	    (unsigned short)((const char *)value.data - c->header);

	if (name_len == 2 && memcmp(name, "v1", 2) == 0 &&
	    value.len == HKC_V1_SIZE) {
		c->v1[c->v1_count++] = at;
		c->seen++;
	} else if (name_len == 3 && memcmp(name, "v1a", 3) == 0 &&
	    value.len == HKC_V1A_SIZE) {
		if (c->v1a_count < HKC_V1A_MAX)
			c->v1a[c->v1a_count++] = at;
		c->seen++;
	}
}

static const char *
atom_end(const char *p, const char *end)
{
	while (p < end && !is_separator(*p))
		p++;
	return p;
}

static bool
is_comma_form(const char *start, const char *end)
{
	const char *p = start;

	while ((p = memchr(p, '=', (size_t)(end - p))) != NULL) {
		if (p > start && p[-1] == 't' &&
		    (p - 1 == start || is_separator(p[-2])))
			return true;
		p++;
	}
	return false;
}

static void
parse_list(struct hkc_candidates *c, const char *p, const char *end)
{
	while (p < end) {
		const char *label = p, *value;

		if (is_separator(*p)) {
			p++;
			continue;
		}
		p = atom_end(p, end);
		if (!is_label(label, (size_t)(p - label)) || p == end ||
		    *p != ',')
			continue;		/* no item */
		value = p + 1;
		p = atom_end(value, end);
		take(c, label, (size_t)(value - 1 - label),
		    (struct hookcask_span){ value, (size_t)(p - value) });
	}
}

/* One element of the comma form, without the blanks around it. */
static bool
parse_element(struct hkc_candidates *c, const char *p, const char *end)
{
	const char *equals = memchr(p, '=', (size_t)(end - p));

	if (equals == NULL || !is_name(p, (size_t)(equals - p)))
		return false;
	if (equals - p == 1 && *p == 't')
		return false;			/* a second t= */
	/* split at the first "=": padding stays in the value */
	take(c, p, (size_t)(equals - p), (struct hookcask_span){ equals + 1,
	    (size_t)(end - equals - 1) });
	return true;
}

static bool
parse_comma(struct hkc_candidates *c, const char *p, const char *end,
    struct hookcask_span timestamp)
{
	bool is_first = true;

	while (p < end) {
		const char *next = memchr(p, ',', (size_t)(end - p));
		const char *stop = next == NULL ? end : next;

		/* the header begins with t=, without a blank before it */
		while (!is_first && p < stop && is_blank(*p))
			p++;
		while (stop > p && is_blank(stop[-1]))
			stop--;
		if (is_first) {
			if ((size_t)(stop - p) != timestamp.len + 2 ||
			    memcmp(p, "t=", 2) != 0 || memcmp(p + 2,
			    timestamp.data, timestamp.len) != 0)
				return false;
			is_first = false;
		} else if (stop > p && !parse_element(c, p, stop)) {
			return false;
		}
		p = next == NULL ? end : next + 1;
	}
	return true;
}

enum hookcask_status
hkc_signature_parse(struct hkc_candidates *c, struct hookcask_span header,
    struct hookcask_span timestamp)
{
	const char *p = header.data, *end = p + header.len;

	c->header = p;
	c->v1_count = 0;
	c->v1a_count = 0;
	c->seen = 0;
	if (header.len > HOOKCASK_HEADER_MAX)
		return HOOKCASK_BAD_SIGNATURE_HEADER;
	if (!is_comma_form(p, end))
		parse_list(c, p, end);
	else if (!parse_comma(c, p, end, timestamp))
		return HOOKCASK_BAD_SIGNATURE_HEADER;
	return HOOKCASK_OK;
}
