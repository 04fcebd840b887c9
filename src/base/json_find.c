/* SPDX-License-Identifier: ISC */
/*
 * Walks over a JSON text that is known to be valid, into the members that a
 * pointer names.  No allocation, no recursion; numbers stay text, so that none
 * loses a digit.
 */
#include <config.h>

#include <string.h>

#include "base/json.h"
#include "base/json_find.h"
#include "base/span.h"

struct walk {
	const char	*p, *end;
};

bool
json_pointer_is_good(const char *pointer, size_t len)
{
	if (len > 0 && pointer[0] != '/')
		return false;
	for (size_t i = 0; i < len; i++)
		if (pointer[i] == '~' && (i + 1 == len ||
		    (pointer[i + 1] != '0' && pointer[i + 1] != '1')))
			return false;
	return true;
}

static void
skip_blanks(struct walk *w)
{
	while (w->p < w->end && strchr(" \t\r\n", *w->p) != NULL)
		w->p++;
}

/* p is at the opening quote. */
static void
skip_string(struct walk *w)
{
	for (w->p++; w->p < w->end && *w->p != '"'; w->p++)
		if (*w->p == '\\')
			w->p++;
	w->p++;
}

static struct hookcask_span
take_value(struct walk *w)
{
	const char *start;
	int depth = 0;

	skip_blanks(w);
	start = w->p;
	while (w->p < w->end) {
		char c = *w->p;

		/* the value has ended and is not in a container */
		if (depth == 0 && w->p > start &&
		    strchr(",]} \t\r\n", c) != NULL)
			break;
		if (c == '"') {
			skip_string(w);
		} else {
			depth += (c == '{' || c == '[') -
			    (c == '}' || c == ']');
			w->p++;
		}
		if (depth == 0 && strchr("\"}]", w->p[-1]) != NULL)
			break;
	}
	if (w->p > w->end)
		w->p = w->end;
	return span_make(start, (size_t)(w->p - start));
}

static size_t
put_utf8(char *buf, unsigned c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned first[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	for (size_t i = n; i > 1; i--) {
		buf[i - 1] = (char)(0x80 | (c & 0x3F));
		c >>= 6;
	}
	buf[0] = (char)(first[n] | c);
	return n;
}

/* One character of a valid string; at most 4 bytes into buf. */
static size_t
decode(const char **p, char *buf)
{
	static const char letters[] = "bfnrt", means[] = "\b\f\n\r\t";
	const char *letter;
	unsigned c, low;

	if (**p != '\\') {
		buf[0] = *(*p)++;
		return 1;
	}
	++*p;
	if (**p != 'u') {
		letter = strchr(letters, **p);
		buf[0] = letter != NULL ? means[letter - letters] : **p;
		++*p;
		return 1;
	}
	c = (unsigned)json_unit(*p + 1, 4);
	*p += 5;
	if (c >= 0xD800 && c <= 0xDBFF) {
		low = (unsigned)json_unit(*p + 2, 4);
		*p += 6;
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	}
	return put_utf8(buf, c);
}

size_t
json_plain(char *buf, struct hookcask_span value)
{
	const char *p = value.data, *end = p + value.len;
	size_t len = 0;

	if (value.len < 2 || *p != '"') {
		memcpy(buf, p, value.len);
		return value.len;
	}
	for (p++, end--; p < end;)
		len += decode(&p, buf + len);
	return len;
}

/* Is a member's name (with its quotes) the token of a pointer? */
static bool
is_named(struct hookcask_span name, struct hookcask_span token)
{
	const char *p = (const char *)name.data + 1;
	const char *end = (const char *)name.data + name.len - 1;
	const char *t = token.data, *t_end = t + token.len;
	char bytes[4];

	while (p < end) {
		size_t n = decode(&p, bytes);

		for (size_t i = 0; i < n; i++) {
			char c;

			if (t == t_end)
				return false;
			c = *t++;
			if (c == '~')
				c = *t++ == '0' ? '~' : '/';
			if (c != bytes[i])
				return false;
		}
	}
	return t == t_end;
}

/* "0", "12": not "01", nor "-". */
static bool
is_index(struct hookcask_span token, size_t *index)
{
	const char *t = token.data;

	*index = 0;
	if (token.len == 0 || token.len > 9 || (token.len > 1 && t[0] == '0'))
		return false;
	for (size_t i = 0; i < token.len; i++) {
		if (t[i] < '0' || t[i] > '9')
			return false;
		*index = *index * 10 + (size_t)(t[i] - '0');
	}
	return true;
}

/* The member or element of a container; false: none. */
static bool
enter(struct hookcask_span *value, struct hookcask_span token)
{
	const char *text = value->data;
	struct walk w = { text + 1, text + value->len };
	struct hookcask_span name = { NULL, 0 }, one;
	bool is_object = text[0] == '{', found = false;
	size_t index = 0;

	if (!is_object && (text[0] != '[' || !is_index(token, &index)))
		return false;
	for (size_t i = 0;; i++) {
		skip_blanks(&w);
		if (w.p >= w.end || *w.p == '}' || *w.p == ']')
			return found;
		if (is_object) {
			name = take_value(&w);
			skip_blanks(&w);
			w.p++;		/* the colon */
		}
		one = take_value(&w);
		if (is_object ? is_named(name, token) : i == index) {
			*value = one;
			found = true;
		}
		skip_blanks(&w);
		if (w.p < w.end && *w.p == ',')
			w.p++;
	}
}

void
json_find(struct hookcask_span text, struct hookcask_span pointer,
    struct hookcask_span *value, bool *found)
{
	const char *p = pointer.data, *end = p + pointer.len;
	struct walk w = { text.data, (const char *)text.data + text.len };

	*value = take_value(&w);
	*found = value->len > 0;
	while (*found && p < end) {
		const char *token = ++p;

		while (p < end && *p != '/')
			p++;
		*found = enter(value, span_make(token, (size_t)(p - token)));
	}
}
