/* SPDX-License-Identifier: ISC */
/*
 * RFC 8259 a second time, as its grammar says: recursive, slow,
 * a character at a time, so that it shares no thought with base/json.c.
 */
#include <config.h>

#include <string.h>

#include "json_reference.h"

struct text {
	const unsigned char	*at, *end;
	unsigned		 depth, depth_max;
	bool			 breaks;
};

static bool	value(struct text *, struct json_value *);

static int
peek(const struct text *t)
{
	return t->at < t->end ? *t->at : -1;
}

static bool
accept(struct text *t, int c)
{
	if (peek(t) != c)
		return false;
	t->at++;
	return true;
}

static bool
accept_word(struct text *t, const char *word)
{
	for (; *word != '\0'; word++)
		if (!accept(t, (unsigned char)*word))
			return false;
	return true;
}

static void
ws(struct text *t)
{
	for (;;) {
		int c = peek(t);

		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return;
		t->breaks |= c == '\n' || c == '\r';
		t->at++;
	}
}

static bool
digits(struct text *t)
{
	size_t n = 0;

	for (; peek(t) >= '0' && peek(t) <= '9'; n++)
		t->at++;
	return n > 0;
}

static bool
number(struct text *t)
{
	accept(t, '-');
	if (!accept(t, '0') && !digits(t))
		return false;
	if (accept(t, '.') && !digits(t))
		return false;
	if (!accept(t, 'e') && !accept(t, 'E'))
		return true;
	if (!accept(t, '+'))
		accept(t, '-');
	return digits(t);
}

static bool
hex4(struct text *t, uint32_t *unit)
{
	static const char hex[] = "0123456789abcdef0123456789ABCDEF";

	*unit = 0;
	for (int i = 0; i < 4; i++) {
		int c = peek(t);
		const char *at = c <= 0 ? NULL : strchr(hex, c);

		if (at == NULL)
			return false;
		*unit = *unit * 16 + (uint32_t)(at - hex) % 16;
		t->at++;
	}
	return true;
}

/* One character of a string, whichever way it is written. */
static bool
character(struct text *t, uint32_t *point)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	uint32_t low;
	int c = *t->at++, more;

	*point = (uint32_t)c;
	if (c < 0x20)
		return false;
	if (c == '\\') {
		c = peek(t);
		if (c <= 0)
			return false;
		t->at++;
		if (c != 'u') {
			const char *at = strchr(names, c);

			*point = at == NULL ? 0 :
			    (uint32_t)means[at - names];
			return at != NULL;
		}
		if (!hex4(t, point))
			return false;
		if (*point < 0xD800 || *point > 0xDFFF)
			return true;
		if (*point >= 0xDC00 || !accept_word(t, "\\u") ||
		    !hex4(t, &low) || low < 0xDC00 || low > 0xDFFF)
			return false;
		*point = 0x10000 + (*point - 0xD800) * 0x400 + low - 0xDC00;
		return true;
	}
	if (c < 0x80)
		return true;
	more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
	if (c < 0xC0 || c >= 0xF8)
		return false;
	*point = (uint32_t)c & (0x3Fu >> more);
	for (int i = 0; i < more; i++) {
		if (peek(t) < 0x80 || peek(t) > 0xBF)
			return false;
		*point = *point << 6 | (*t->at++ & 0x3F);
	}
	/* written in the shortest form, and a Unicode scalar value */
	return *point >= (more == 1 ? 0x80u : more == 2 ? 0x800u : 0x10000u) &&
	    *point <= 0x10FFFF && (*point < 0xD800 || *point > 0xDFFF);
}

static bool
string(struct text *t, struct json_value *v)
{
	uint32_t point;

	v->is_string = true;
	v->is_printable = true;
	v->len = 0;
	if (!accept(t, '"'))
		return false;
	while (peek(t) != '"') {
		if (peek(t) < 0 || !character(t, &point))
			return false;
		if (point < 0x21 || point > 0x7E || v->len == EVENT_TYPE_MAX)
			v->is_printable = false;
		else
			v->text[v->len++] = (char)point;
	}
	v->text[v->len] = '\0';
	t->at++;
	return true;
}

static bool
object(struct text *t, struct json_value *v)
{
	struct json_value name, member;

	ws(t);
	if (accept(t, '}'))
		return true;
	do {
		ws(t);
		if (!string(t, &name))
			return false;
		ws(t);
		if (!accept(t, ':') || !value(t, &member))
			return false;
		if (t->depth == 1 && name.is_printable &&
		    strcmp(name.text, "type") == 0) {
			v->is_torn |= !member.is_string ||
			    !member.is_printable || (v->has_type &&
			    strcmp(v->type, member.text) != 0);
			v->has_type = true;
			memcpy(v->type, member.text, sizeof(v->type));
		}
	} while (accept(t, ','));
	return accept(t, '}');
}

static bool
array(struct text *t)
{
	struct json_value element;

	ws(t);
	if (accept(t, ']'))
		return true;
	do
		if (!value(t, &element))
			return false;
	while (accept(t, ','));
	return accept(t, ']');
}

static bool
value(struct text *t, struct json_value *v)
{
	bool ok;

	memset(v, 0, sizeof(*v));
	ws(t);
	switch (peek(t)) {
	case '{':
	case '[':
		if (++t->depth > t->depth_max)
			return false;
		ok = accept(t, '{') ? object(t, v) :
		    accept(t, '[') && array(t);
		t->depth--;
		break;
	case '"':
		ok = string(t, v);
		break;
	case 't':
		ok = accept_word(t, "true");
		break;
	case 'f':
		ok = accept_word(t, "false");
		break;
	case 'n':
		ok = accept_word(t, "null");
		break;
	default:
		ok = number(t);
	}
	ws(t);
	return ok;
}

bool
json_reference(struct json_scan *scan, char type[EVENT_TYPE_MAX + 1],
    const void *data, size_t len, unsigned depth_max)
{
	struct text t = { data, (const unsigned char *)data + len, 0,
		depth_max, false };
	struct json_value v;

	if (!value(&t, &v) || t.at != t.end)
		return false;
	scan->line_breaks = t.breaks;
	strcpy(type, v.has_type && !v.is_torn && v.type[0] != '\0' ? v.type :
	    EVENT_TYPE_NONE);
	return true;
}
