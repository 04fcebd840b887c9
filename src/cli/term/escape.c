/* SPDX-License-Identifier: ISC */
/* Escapes what could steer a terminal or forge a line. */
#include <config.h>

#include <stdbool.h>
#include <unistd.h>

#include "cli/term/escape.h"

void
put_escaped(FILE *out, struct hookcask_span s)
{
	const unsigned char *p = s.data;

	for (size_t i = 0; i < s.len; i++)
		if (p[i] >= 0x20 && p[i] <= 0x7E && p[i] != '\\')
			putc(p[i], out);
		else
			fprintf(out, "\\x%02X", p[i]);
}

void
print_escaped(struct hookcask_span s)
{
	put_escaped(stdout, s);
}

size_t
text_character(const void *text, size_t left)
{
	const unsigned char *p = text;
	size_t len = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4 || left < len ||
	    (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
	    (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

/*
 * Invisible characters that change how others are shown: those that change the
 * direction of writing (U+202A..E, U+2066..9), zero-width marks and joiners,
 * tags, the soft hyphen.
 */
static bool
is_invisible(const unsigned char *p, size_t len)
{
	static const struct {
		unsigned	from, to;
	} ranges[] = {
		{ 0xAD, 0xAD }, { 0x600, 0x605 }, { 0x61C, 0x61C },
		{ 0x6DD, 0x6DD }, { 0x70F, 0x70F }, { 0x180E, 0x180E },
		{ 0x200B, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x206F },
		{ 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0x110BD, 0x110BD },
		{ 0x1D173, 0x1D17A }, { 0xE0000, 0xE007F },
	};
	unsigned c = len == 4 ? p[0] & 7 : len == 3 ? p[0] & 15 : p[0] & 31;

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3F);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

/*
 * The length of the character at p if it is harmless: no control character of
 * ASCII (except line feed and tab) or C1 (U+0080..U+009F), and not invisible.
 * 0: escape the byte.
 */
static size_t
harmless(const unsigned char *p, size_t left)
{
	size_t len;

	if (p[0] < 0x80)
		return (p[0] >= 0x20 && p[0] != 0x7F) || p[0] == '\n' ||
		    p[0] == '\t';
	if (p[0] == 0xC2 && left > 1 && p[1] < 0xA0)
		return 0;
	len = text_character(p, left);
	return is_invisible(p, len) ? 0 : len;
}

void
print_data(struct hookcask_span s)
{
	static int is_terminal = -1;
	const unsigned char *p = s.data;

	if (s.len == 0)
		return;
	if (is_terminal == -1)
		is_terminal = isatty(STDOUT_FILENO);
	if (!is_terminal) {
		fwrite(s.data, 1, s.len, stdout);
		return;
	}
	for (size_t i = 0, len; i < s.len; i += len) {
		len = harmless(p + i, s.len - i);
		if (len > 0) {
			fwrite(p + i, 1, len, stdout);
			continue;
		}
		printf("\\x%02X", p[i]);
		len = 1;
	}
}
