/* SPDX-License-Identifier: ISC */
/*
 * What programs on the way do to a body: line ends, a byte order mark, JSON
 * that is parsed and printed again by one language or another, compression.
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/hand/bodies.h"
#include "cli/reading/archive.h"

#define UNCHANGED	BODIES_UNCHANGED

static size_t
without_end(char *out, const char *in, size_t len, const char *end)
{
	size_t n = strlen(end);

	if (len < n || memcmp(in + len - n, end, n) != 0)
		return UNCHANGED;
	memcpy(out, in, len - n);
	return len - n;
}

static size_t
without_lf(char *out, const char *in, size_t len)
{
	return without_end(out, in, len, "\n");
}

static size_t
without_crlf(char *out, const char *in, size_t len)
{
	return without_end(out, in, len, "\r\n");
}

static size_t
with_lf(char *out, const char *in, size_t len)
{
	if (len > 0)
		memcpy(out, in, len);
	out[len] = '\n';
	return len + 1;
}

static size_t
with_crlf(char *out, const char *in, size_t len)
{
	if (len > 0)
		memcpy(out, in, len);
	memcpy(out + len, "\r\n", 2);
	return len + 2;
}

static size_t
crlf_to_lf(char *out, const char *in, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (in[i] != '\r' || i + 1 == len || in[i + 1] != '\n')
			out[n++] = in[i];
	return n == len ? UNCHANGED : n;
}

static size_t
lf_to_crlf(char *out, const char *in, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (in[i] == '\n' && (i == 0 || in[i - 1] != '\r'))
			out[n++] = '\r';
		out[n++] = in[i];
	}
	return n == len ? UNCHANGED : n;
}

static size_t
without_bom(char *out, const char *in, size_t len)
{
	if (len < 3 || memcmp(in, "\xEF\xBB\xBF", 3) != 0)
		return UNCHANGED;
	memcpy(out, in + 3, len - 3);
	return len - 3;
}

static size_t
empty(char *out, const char *in, size_t len)
{
	(void)out;
	(void)in;
	return len == 0 ? UNCHANGED : 0;
}

/* How a language prints JSON. */
struct style {
	bool	 is_spaced;	/* a blank after each comma and colon */
	bool	 keeps;		/* strings as they are; else: */
	bool	 is_ascii;	/* all else as \uXXXX */
	bool	 has_slash;	/* "\/" */
	bool	 is_for_html;	/* <, >, &, U+2028 and U+2029 as \uXXXX */
};

/* The code unit of a \uXXXX, whose digits the scanner has seen. */
static unsigned
unit_of(const char *digits)
{
	unsigned unit = 0;

	for (int i = 0; i < 4; i++) {
		char c = digits[i];

		unit = unit * 16 + (unsigned)(c <= '9' ? c - '0' :
		    (c | 0x20) - 'a' + 10);
	}
	return unit;
}

/* Takes the next character of a string, of which an escape is one. */
static uint32_t
take(const char **at)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const unsigned char *p = (const unsigned char *)*at;
	const char *name;
	uint32_t c = *p;
	int more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;

	if (c == '\\' && p[1] == 'u') {
		c = unit_of(*at + 2);
		*at += 6;
		if (c >= 0xD800 && c < 0xDC00) {
			c = 0x10000 + ((c - 0xD800) << 10) +
			    (unit_of(*at + 2) - 0xDC00);
			*at += 6;
		}
		return c;
	}
	if (c == '\\') {
		*at += 2;
		name = strchr(names, p[1]);
		return name == NULL ? p[1] :
		    (uint32_t)values[name - names];
	}
	if (more > 0)
		c &= 0x3Fu >> more;
	for (int i = 1; i <= more; i++)
		c = c << 6 | (p[i] & 0x3Fu);
	*at += 1 + more;
	return c;
}

static size_t
put_escape(char *out, uint32_t c)
{
	if (c < 0x10000)
		return (size_t)sprintf(out, "\\u%04x", (unsigned)c);
	c -= 0x10000;
	return (size_t)sprintf(out, "\\u%04x\\u%04x",
	    (unsigned)(0xD800 + (c >> 10)), (unsigned)(0xDC00 + (c & 0x3FF)));
}

static size_t
put_utf8(char *out, uint32_t c)
{
	static const unsigned char first[] = { 0, 0xC0, 0xE0, 0xF0 };
	int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

	for (int i = more; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(first[more] | c);
	return (size_t)more + 1;
}

/* Prints one character: at most 6 bytes for each byte that it had. */
static size_t
put(char *out, uint32_t c, const struct style *style)
{
	static const char short_ones[] = "\b\f\n\r\t\"\\";
	static const char names[] = "bfnrt\"\\";
	const char *found = c < 0x80 && c != 0 ?
	    strchr(short_ones, (int)c) : NULL;

	if (c == '/' && style->has_slash)
		found = "/";
	if (found != NULL) {
		out[0] = '\\';
		out[1] = c == '/' ? '/' : names[found - short_ones];
		return 2;
	}
	if (c < 0x20 || (c >= 0x80 && style->is_ascii) ||
	    (style->is_for_html && (c == '<' || c == '>' || c == '&' ||
	    c == 0x2028 || c == 0x2029)))
		return put_escape(out, c);
	return put_utf8(out, c);
}

/* Order and numbers are kept; not all programs do that. */
static size_t
print_again(char *out, const char *in, size_t len, const struct style *style)
{
	const char *p = in, *end = in + len;
	struct json_scan scan;
	bool in_string = false;
	size_t n = 0;

	if (!json_scan(&scan, in, len, JSON_DEPTH_MAX))
		return UNCHANGED;
	while (p < end) {
		if (in_string && *p != '"') {
			if (!style->keeps) {
				n += put(out + n, take(&p), style);
				continue;
			}
			out[n++] = *p;
			if (*p++ == '\\')
				out[n++] = *p++;
			continue;
		}
		if (*p == '"')
			in_string = !in_string;
		if (in_string || strchr(" \t\r\n", *p) == NULL)
			out[n++] = *p;
		if (style->is_spaced && !in_string && (*p == ',' ||
		    *p == ':'))
			out[n++] = ' ';
		p++;
	}
	return n == len && memcmp(out, in, n) == 0 ? UNCHANGED : n;
}

/* Reads all of a compressed file, up to room bytes. */
static size_t
read_unpacked(int fd, char *out, size_t room)
{
	const struct packing *packing;
	struct archive *a = archive_open(fd, &packing);
	size_t n = 0;
	ssize_t more = 1;

	if (a == NULL)
		return UNCHANGED;
	while (more > 0 && n < room) {
		more = archive_read(a, out + n, room - n);
		n += more > 0 ? (size_t)more : 0;
	}
	archive_close(a);
	return more == 0 ? n : UNCHANGED;
}

/* What was compressed on its way; no more than six times its length. */
static size_t
unpacked(char *out, const char *in, size_t len)
{
	const struct packing *packing = packing_of(in, len);
	size_t n = UNCHANGED;
	FILE *file;
	int fd;

	/* no other program is run on what strangers send */
	if (packing == NULL || strcmp(packing->name, "xz") == 0 ||
	    (file = tmpfile()) == NULL)
		return UNCHANGED;
	if (fwrite(in, 1, len, file) == len && fflush(file) == 0 &&
	    lseek(fileno(file), 0, SEEK_SET) == 0 &&
	    (fd = dup(fileno(file))) >= 0)
		n = read_unpacked(fd, out, BODIES_SIZE(len));
	fclose(file);
	return n;
}

#define AGAIN "something parsed the body and printed it again; keep the raw " \
	"bytes"

static const struct {
	size_t		(*change)(char *, const char *, size_t);
	const char	*text;
} changes[] = {
	{ without_lf, "the body without its last line feed: it was added "
	    "when the body was saved, or on the way" },
	{ without_crlf, "the body without its last CR LF: it was added when "
	    "the body was saved, or on the way" },
	{ with_lf, "the body with a line feed at its end: it was lost" },
	{ with_crlf, "the body with CR LF at its end: it was lost" },
	{ crlf_to_lf, "the body with LF for CR LF: line ends were changed" },
	{ lf_to_crlf, "the body with CR LF for LF: line ends were changed" },
	{ without_bom, "the body without its byte order mark: it was added" },
	{ unpacked, "the body that is packed in this one: it was compressed "
	    "on the way; unpack it before it is verified" },
	{ empty, "an empty body: the sender signed none" },
};
static const struct {
	struct style	 style;
	const char	*text;
} styles[] = {
	{ { .keeps = true }, "the same JSON without blanks: " AGAIN },
	{ { .keeps = true, .is_spaced = true }, "the same JSON with a blank "
	    "after each comma and colon: " AGAIN },
	{ { 0 }, "the same JSON as JavaScript prints it: " AGAIN },
	{ { .is_ascii = true, .is_spaced = true }, "the same JSON as Python "
	    "prints it: " AGAIN },
	{ { .is_spaced = true }, "the same JSON as Python prints it with "
	    "ensure_ascii=False: " AGAIN },
	{ { .is_ascii = true, .has_slash = true }, "the same JSON as PHP "
	    "prints it: " AGAIN },
	{ { .is_ascii = true }, "the same JSON as PHP prints it with "
	    "JSON_UNESCAPED_SLASHES: " AGAIN },
	{ { .has_slash = true }, "the same JSON as PHP prints it with "
	    "JSON_UNESCAPED_UNICODE: " AGAIN },
	{ { .is_for_html = true }, "the same JSON as Go prints it: " AGAIN },
};
#define CHANGES	(sizeof(changes) / sizeof(*changes))

const size_t bodies_count = CHANGES + sizeof(styles) / sizeof(*styles);

size_t
bodies_change(size_t which, char *out, const char *in, size_t len,
    const char **text)
{
	if (which < CHANGES) {
		*text = changes[which].text;
		return changes[which].change(out, in, len);
	}
	which -= CHANGES;
	*text = styles[which].text;
	return print_again(out, in, len, &styles[which].style);
}
