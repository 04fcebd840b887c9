/* SPDX-License-Identifier: ISC */
/*
 * Checks whether bytes are one JSON text by RFC 8259.  One pass, no
 * allocation, no recursion.
 *
 * Refuses what the RFC leaves open and common readers choke on: a byte order
 * mark, lone surrogate escapes, deep nesting.  Makes no values, so big numbers
 * and duplicate names pass.
 */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "base/json.h"

#define DEPTH_LIMIT 128 /* for any caller; one bit each */

struct scanner {
	const unsigned char *p;
	const unsigned char *end;
	bool line_breaks;
};

/*
 * Eight bytes at once: true if none of them is a quote, a backslash, a
 * control byte or outside ASCII.  x - n sets the top bit of a byte below n;
 * it borrows from a higher byte only after a lower one has set its own.
 */
static bool
is_plain(uint64_t x)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t tops = ones * 0x80;
	uint64_t quote = x ^ (ones * '"');
	uint64_t slash = x ^ (ones * '\\');
	uint64_t found;

	found = (x - ones * 0x20) | (quote - ones) | (slash - ones) | x;
	return (found & tops) == 0;
}

int
json_unit(const void *digits, size_t left)
{
	const unsigned char *p = digits;
	int unit = 0;

	if (left < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		unsigned char c = p[i] | 0x20;

		if (p[i] >= '0' && p[i] <= '9')
			unit = unit * 16 + (p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			unit = unit * 16 + (c - 'a' + 10);
		else
			return -1;
	}
	return unit;
}

/* An escape; p is at its backslash. */
static bool
scan_escape(struct scanner *s)
{
	int unit;

	if (s->end - s->p < 2)
		return false;
	if (s->p[1] != 'u') {
		if (s->p[1] == '\0' || strchr("\"\\/bfnrt", s->p[1]) == NULL)
			return false;
		s->p += 2;
		return true;
	}
	unit = json_unit(s->p + 2, (size_t)(s->end - s->p - 2));
	if (unit < 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
		return false;
	s->p += 6;
	if (unit < 0xD800 || unit > 0xDBFF)
		return true;
	if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u')
		return false;
	unit = json_unit(s->p + 2, 4);
	s->p += 6;
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* One character outside ASCII: shortest form, no surrogate, to U+10FFFF. */
static bool
scan_utf8(struct scanner *s)
{
	const unsigned char *p = s->p;
	size_t left = (size_t)(s->end - p);
	unsigned char low = 0x80, high = 0xBF;
	size_t len;

	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		len = 2;
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
		len = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		len = 4;
	else
		return false;
	if (p[0] == 0xE0)
		low = 0xA0;
	else if (p[0] == 0xED)
		high = 0x9F;
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F;
	if (left < len || p[1] < low || p[1] > high)
		return false;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return false;
	s->p += len;
	return true;
}

/* p is at the opening quote. */
static bool
scan_string(struct scanner *s)
{
	uint64_t eight;

	s->p++;
	for (;;) {
		while (s->end - s->p >= 8) {
			memcpy(&eight, s->p, sizeof(eight));
			if (!is_plain(eight))
				break;
			s->p += 8;
		}
		if (s->p == s->end || *s->p < 0x20)
			return false;
		if (*s->p == '"')
			break;
		if (*s->p == '\\') {
			if (!scan_escape(s))
				return false;
		} else if (*s->p < 0x80) {
			s->p++;
		} else if (!scan_utf8(s)) {
			return false;
		}
	}
	s->p++;
	return true;
}

static bool
scan_digits(struct scanner *s)
{
	const unsigned char *start = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > start;
}

static bool
scan_number(struct scanner *s)
{
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if (!scan_digits(s))
		return false;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!scan_digits(s))
			return false;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!scan_digits(s))
			return false;
	}
	return true;
}

static bool
scan_word(struct scanner *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return false;
	s->p += len;
	return true;
}

static void
skip_blanks(struct scanner *s)
{
	for (; s->p < s->end; s->p++) {
		if (*s->p == '\n' || *s->p == '\r')
			s->line_breaks = true;
		else if (*s->p != ' ' && *s->p != '\t')
			return;
	}
}

/* A value that is neither object nor array. */
static bool
scan_scalar(struct scanner *s)
{
	switch (*s->p) {
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return scan_number(s);
	}
}

/* A member's name and its colon, up to the value. */
static bool
scan_name(struct scanner *s)
{
	if (s->p == s->end || *s->p != '"' || !scan_string(s))
		return false;
	skip_blanks(s);
	if (s->p == s->end || *s->p != ':')
		return false;
	s->p++;
	skip_blanks(s);
	return true;
}

bool
json_scan(struct json_scan *scan, const void *text, size_t len,
    unsigned depth_max)
{
	struct scanner s = { text, (const unsigned char *)text + len, false };
	uint64_t objects[DEPTH_LIMIT / 64] = { 0 };
	unsigned depth = 0;

	scan->line_breaks = false;
	if (len == 0 || depth_max > DEPTH_LIMIT)
		return false;
	skip_blanks(&s);
	for (;;) {
		/* a value begins here */
		if (s.p == s.end)
			return false;
		if (*s.p == '{' || *s.p == '[') {
			bool is_object = *s.p == '{';

			if (depth == depth_max)
				return false;
			objects[depth / 64] &= ~(UINT64_C(1) << depth % 64);
			objects[depth / 64] |= (uint64_t)is_object
			    << depth % 64;
			depth++;
			s.p++;
			skip_blanks(&s);
			if (s.p == s.end)
				return false;
			if (*s.p != (is_object ? '}' : ']')) {
				if (is_object && !scan_name(&s))
					return false;
				continue;
			}
		} else if (!scan_scalar(&s)) {
			return false;
		}
		/* a value has ended, and perhaps its containers */
		for (;;) {
			bool is_object;

			skip_blanks(&s);
			if (depth == 0)
				break;
			is_object = objects[(depth - 1) / 64] >>
			    (depth - 1) % 64 & 1;
			if (s.p == s.end)
				return false;
			if (*s.p == (is_object ? '}' : ']')) {
				s.p++;
				depth--;
				continue;
			}
			if (*s.p++ != ',')
				return false;
			skip_blanks(&s);
			if (is_object && !scan_name(&s))
				return false;
			break;
		}
		if (depth == 0) {
			scan->line_breaks = s.line_breaks;
			return s.p == s.end;
		}
	}
}

size_t
json_quote(char *buf, size_t size, struct hookcask_span text)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = text.data;
	size_t len = 0;

	if (size < 6 * text.len + 2)
		return 0;
	buf[len++] = '"';
	for (size_t i = 0; i < text.len; i++) {
		if (p[i] == '"' || p[i] == '\\') {
			buf[len++] = '\\';
			buf[len++] = (char)p[i];
		} else if (p[i] >= 0x20 && p[i] < 0x7F) {
			buf[len++] = (char)p[i];
		} else {
			memcpy(buf + len, "\\u00", 4);
			buf[len + 4] = digits[p[i] >> 4];
			buf[len + 5] = digits[p[i] & 15];
			len += 6;
		}
	}
	buf[len++] = '"';
	return len;
}
