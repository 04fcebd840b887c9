/* SPDX-License-Identifier: ISC */
/* Escapes: nothing that is special to NATS gets through. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "relay/subject.h"

static bool
is_plain(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static size_t
put(char *to, char c, bool plain)
{
	if (!plain)
		return (size_t)sprintf(to, "%%%02X", (unsigned char)c);
	*to = c;
	return 1;
}

void
subject_type(char to[SUBJECT_TYPE_MAX + 1], const char *type)
{
	size_t len = 0;

	for (size_t i = 0; type[i] != '\0' && len + 3 <= SUBJECT_TYPE_MAX; i++)
		len += put(to + len, type[i], is_plain(type[i]) ||
		    (type[i] == '.' && len > 0 && to[len - 1] != '.' &&
		    type[i + 1] != '\0'));
	/* the rest was cut: no token may be empty */
	if (len > 0 && to[len - 1] == '.')
		len--;
	strcpy(to + len, len == 0 ? "_" : "");
}

static size_t
put_visible(char *to, const char *text, const char *special)
{
	size_t len = 0;

	for (; *text != '\0'; text++)
		len += put(to + len, *text, *text > ' ' && *text < 0x7f &&
		    strchr(special, *text) == NULL);
	return len;
}

void
subject_value(char *to, const char *text)
{
	to[put_visible(to, text, "\"%")] = '\0';
}

void
subject_key(char *to, const char *endpoint, const char *id)
{
	to += put_visible(to, endpoint, "%");
	*to++ = '/';
	to += put_visible(to, id, "%");
	*to = '\0';
}
