/* SPDX-License-Identifier: ISC */
/*
 * The name of a log at a time, %Y %m %d %H %% in UTC and nothing else;
 * and which names rotation makes of one.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "store/log.h"

bool
log_name(char name[INDEX_NAME_MAX + 1], const char *pattern, int64_t seconds)
{
	struct civil c = civil_of(seconds);
	size_t len = 0;

	for (const char *p = pattern; *p != '\0'; p++) {
		char digits[16] = { *p, '\0' };
		size_t n;

		if (*p == '%') {
			switch (*++p) {
			case 'Y':
				snprintf(digits, sizeof(digits), "%04d",
				    c.year);
				break;
			case 'm':
				snprintf(digits, sizeof(digits), "%02d",
				    c.month);
				break;
			case 'd':
				snprintf(digits, sizeof(digits), "%02d",
				    c.day);
				break;
			case 'H':
				snprintf(digits, sizeof(digits), "%02d",
				    c.hour);
				break;
			case '%':
				break;
			default:
				return false;
			}
		}
		n = strlen(digits);
		if (len + n > INDEX_NAME_MAX)
			return false;
		memcpy(name + len, digits, n);
		len += n;
	}
	name[len] = '\0';
	return len > 0;
}

static bool
has_digits(const char *text, size_t count)
{
	return strspn(text, "0123456789") >= count;
}

/* The rest of a name after len bytes of a pattern; NULL: no match. */
static const char *
skip_pattern(const char *pattern, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++) {
		bool is_time = pattern[i] == '%' && pattern[i + 1] != '%';
		size_t digits;

		if (pattern[i] == '%')
			i++;
		digits = pattern[i] == 'Y' ? 4 : 2;
		if (is_time ? !has_digits(name, digits) : *name != pattern[i])
			return NULL;
		name += is_time ? digits : 1;
	}
	return name;
}

/* ".1", "-20261125", "-20261125-1764000000", "_2026-11-25T14:00+0100", "" */
static bool
is_turn(const char *text, size_t len)
{
	size_t used = strspn(text, "0123456789-._:+TZ");
	bool digit = false;

	for (size_t i = 0; i < len; i++)
		digit = digit || (text[i] >= '0' && text[i] <= '9');
	return len == 0 || (used >= len && digit);
}

/* Any packer may be logrotate's compresscmd. */
static bool
is_packing(const char *end)
{
	static const char *const ends[] = { "", ".gz", ".bz2", ".xz", ".zst",
		".lz4", ".lzma", ".Z" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (strcmp(ends[i], end) == 0)
			return true;
	return false;
}

bool
log_name_is_rotated(const char *pattern, const char *name)
{
	const char *dot = strrchr(pattern, '.');
	size_t len = strlen(pattern);
	const char *rest = skip_pattern(pattern, len, name), *end;

	for (size_t i = 0; rest != NULL && i <= strlen(rest); i++)
		if (is_turn(rest, i) && is_packing(rest + i))
			return true;
	/* logrotate's "extension" puts number or date before the suffix */
	if (dot == NULL || dot == pattern)
		return false;
	rest = skip_pattern(pattern, (size_t)(dot - pattern), name);
	for (size_t i = 0; rest != NULL && i <= strlen(rest); i++) {
		end = is_turn(rest, i) ? skip_pattern(dot, strlen(dot),
		    rest + i) : NULL;
		if (end != NULL && is_packing(end))
			return true;
	}
	return false;
}

bool
log_name_is_like(const char *pattern, const char *name)
{
	const char *dot = strrchr(pattern, '.');
	size_t len = strcspn(pattern, "%");
	char stem[INDEX_NAME_MAX + 1];

	/* logrotate's "extension" puts number or date before the suffix */
	if (dot != NULL && dot > pattern && (size_t)(dot - pattern) < len)
		len = (size_t)(dot - pattern);
	snprintf(stem, sizeof(stem), "%.*s", (int)len, pattern);
	return name[0] != '.' && strstr(name, stem) != NULL;
}

bool
log_name_aside(char aside[INDEX_NAME_MAX + 1], const char *pattern,
    int64_t seconds, const char *name, const char *number)
{
	const char *end = strrchr(name, '.');
	size_t len;
	int n;

	if (end == NULL || !is_packing(end))
		end = "";
	if (!log_name(aside, pattern, seconds))
		return false;
	len = strlen(aside);
	n = snprintf(aside + len, INDEX_NAME_MAX + 1 - len, ".%s%s", number,
	    end);
	return n > 0 && (size_t)n <= INDEX_NAME_MAX - len;
}
