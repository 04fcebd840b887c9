/* SPDX-License-Identifier: ISC */
/*
 * Reads the text of a configuration file:
 *
 *	file	= *( setting / section )
 *	section	= "endpoint" value "{" *setting "}"
 *	setting	= key "=" ( value / "{" value *( "," value ) "}" )
 *
 * Messages show no text of the file but the names of keys.
 */
#include <config.h>

#include "config/config_scan.h"

#include <stdlib.h>
#include <string.h>

/* A token is one of these, or the character itself. */
enum { TOKEN_END, TOKEN_BAD, TOKEN_WORD, TOKEN_STRING };

struct scanner {
	struct config_scan	*scan;
	const char		*name;
	char			*p;		/* the next character */
	unsigned		 line;
	/* the last token and its bytes, a string's without quotes */
	int			 token;
	char			*start;
	size_t			 len;
	struct err		*err;
};

static const char word_bytes[] = "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

static bool
fail_at(struct scanner *s, unsigned line, const char *why)
{
	return err_set(s->err, OUTCOME_BAD_CONFIG, "%s:%u: %s", s->name, line,
	    why);
}

static int
token_fail(struct scanner *s, const char *why)
{
	fail_at(s, s->line, why);
	return s->token = TOKEN_BAD;
}

static bool
is_comment(const char *p)
{
	return p[0] == '#' || (p[0] == '/' && (p[1] == '/' || p[1] == '*'));
}

static bool
skip_comment(struct scanner *s)
{
	const char *end;

	if (s->p[0] == '#' || s->p[1] == '/') {
		s->p += strcspn(s->p, "\n");
		return true;
	}
	end = strstr(s->p + 2, "*/");
	if (end == NULL)
		return fail_at(s, s->line, "the comment that begins here does "
		    "not end; add */");
	for (; s->p < end; s->p++)
		if (*s->p == '\n')
			s->line++;
	s->p += 2;
	return true;
}

/* A quoted string, on one line. */
static int
scan_string(struct scanner *s)
{
	char quote = *s->p++;

	s->start = s->p;
	for (; *s->p != '\0' && *s->p != quote; s->p++) {
		if ((unsigned char)*s->p < 0x20 || *s->p == 0x7f)
			return token_fail(s, "the value does not end on its "
			    "line, or holds a tab; close the quotes");
		if (s->p[0] == '$' && s->p[1] == '{')
			return token_fail(s, "${...} is not expanded here; "
			    "write the value itself");
		if (*s->p != '\\')
			continue;
		if (quote == '\'' || (s->p[1] != '"' && s->p[1] != '\\'))
			return token_fail(s, "a backslash where none may "
			    "be; within \"...\" write \\\" or \\\\");
		s->p++;
	}
	if (*s->p == '\0')
		return token_fail(s, "the value does not end on its line; "
		    "close the quotes");
	s->len = (size_t)(s->p++ - s->start);
	return s->token = TOKEN_STRING;
}

static int
scan_token(struct scanner *s)
{
	for (;;) {
		if (is_comment(s->p)) {
			if (!skip_comment(s))
				return s->token = TOKEN_BAD;
			continue;
		}
		if (*s->p == '\n')
			s->line++;
		else if (*s->p != ' ' && *s->p != '\t' && *s->p != '\r')
			break;
		s->p++;
	}
	s->start = s->p;
	if (*s->p == '\0')
		return s->token = TOKEN_END;
	if (*s->p == '"' || *s->p == '\'')
		return scan_string(s);
	if (strchr("={},", *s->p) != NULL)
		return s->token = *s->p++;
	s->len = strspn(s->p, word_bytes);
	s->p += s->len;
	if (s->len > 0)
		return s->token = TOKEN_WORD;
	if (*s->p == '$')
		return token_fail(s, "${...} is not expanded here; write the "
		    "value itself");
	return token_fail(s, "a character with no meaning here; put values "
	    "into double quotes: key = \"value\"");
}

static bool
is_value(const struct scanner *s)
{
	return s->token == TOKEN_WORD || s->token == TOKEN_STRING;
}

/* Sets the error, unless the scanner has set one already. */
static bool
fail_here(struct scanner *s, const char *why)
{
	return s->token == TOKEN_BAD ? false : fail_at(s, s->line, why);
}

static struct config_section *
section_add(struct scanner *s)
{
	struct config_scan *scan = s->scan;
	struct config_section *more = realloc(scan->sections,
	    (scan->count + 1) * sizeof(*more));

	if (more == NULL) {
		err_set(s->err, OUTCOME_NO_MEMORY, "%s: out of memory",
		    s->name);
		return NULL;
	}
	scan->sections = more;
	more += scan->count++;
	memset(more, 0, sizeof(*more));
	more->line = s->line;
	return more;
}

/*
 * Moves the value to "to", without escapes and with a NUL, and reads the next
 * token first, because the NUL may overwrite it.  Returns the end.
 */
static char *
take_value(struct scanner *s, char *to)
{
	const char *from = s->start, *end = from + s->len;

	scan_token(s);
	while (from < end) {
		if (*from == '\\')
			from++;
		*to++ = *from++;
	}
	*to = '\0';
	return to + 1;
}

/* The first token is past the key. */
static bool
scan_values(struct scanner *s, const struct config_key *key,
    struct config_given *given)
{
	unsigned line = s->line;
	bool is_list;
	char *to;

	if (s->token != '=')
		return fail_here(s, "no = after the key; write: key = value");
	scan_token(s);
	/* else the next key would be taken for the value of this one */
	if (s->token != TOKEN_BAD && s->line != line)
		return fail_at(s, line, "no value after the =; write: "
		    "key = value");
	is_list = s->token == '{';
	if (is_list && key->type != CONFIG_GLOBS)
		return fail_here(s, "a list for a key that takes one value; "
		    "write: key = value");
	given->text = to = s->start;
	do {
		if (is_list)
			scan_token(s);
		if (!is_value(s))
			return fail_here(s, is_list ? "a value is missing in "
			    "the list; write: { \"one\", \"two\" }" :
			    "no value after the =; write: key = value");
		to = take_value(s, to);
		given->count++;
	} while (is_list && s->token == ',');
	if (!is_list)
		return s->token != TOKEN_BAD;
	if (s->token != '}')
		return fail_here(s, "the list does not end; write: "
		    "{ \"one\", \"two\" }");
	return scan_token(s) != TOKEN_BAD;
}

/* Shown only if it looks like a key and not like a piece of a secret. */
static bool
unknown_key(struct scanner *s)
{
	if (s->len > 24 || strspn(s->start, "abcdefghijklmnopqrstuvwxyz-") <
	    s->len)
		return fail_at(s, s->line, "no such key; see "
		    "hookcask.conf(5)");
	return err_set(s->err, OUTCOME_BAD_CONFIG, "%s:%u: there is no key "
	    "\"%.*s\"; see hookcask.conf(5)", s->name, s->line, (int)s->len,
	    s->start);
}

/* The token is a key; in a section when section > 0. */
static bool
scan_setting(struct scanner *s, size_t section)
{
	const struct config_key *key = config_key_find(s->start, s->len);
	struct config_given *given;

	if (key == NULL)
		return unknown_key(s);
	if (key->of_endpoint != (section > 0))
		return err_set(s->err, OUTCOME_BAD_CONFIG, "%s:%u: %s belongs "
		    "%s", s->name, s->line, key->name, key->of_endpoint ?
		    "into an endpoint; move it after endpoint \"name\" {" :
		    "to no endpoint; move it above the first of them");
	given = &s->scan->sections[section].given[key - config_keys];
	if (given->line != 0)
		return err_set(s->err, OUTCOME_BAD_CONFIG, "%s:%u: %s was "
		    "given in line %u already; remove one", s->name,
		    s->line, key->name, given->line);
	given->line = s->line;
	scan_token(s);
	return scan_values(s, key, given);
}

static bool
title_is_new(struct scanner *s, const char *title, size_t len)
{
	const struct config_section *other = s->scan->sections;

	for (size_t i = 1; i < s->scan->count; i++)
		if (strlen(other[i].title) == len &&
		    memcmp(other[i].title, title, len) == 0)
			return err_set(s->err, OUTCOME_BAD_CONFIG, "%s:%u: an "
			    "endpoint of this name already begins in line %u; "
			    "choose another name", s->name, s->line,
			    other[i].line);
	return true;
}

/* The token is "endpoint". */
static bool
scan_section(struct scanner *s)
{
	struct config_section *section;
	unsigned line = s->line;
	size_t index = s->scan->count;

	scan_token(s);
	if (!is_value(s))
		return fail_here(s, "no name after endpoint; write: "
		    "endpoint \"name\" {");
	if (!title_is_new(s, s->start, s->len) ||
	    (section = section_add(s)) == NULL)
		return false;
	section->title = s->start;
	take_value(s, s->start);
	if (s->token != '{')
		return fail_here(s, "one name and { must follow endpoint; "
		    "write: endpoint \"name\" {");
	scan_token(s);
	while (s->token == TOKEN_WORD)
		if (!scan_setting(s, index))
			return false;
	if (s->token == TOKEN_END)
		return fail_at(s, line, "the endpoint that begins here does "
		    "not end; is the file complete? add }");
	if (s->token != '}')
		return fail_here(s, "neither a key nor the } of the "
		    "endpoint; write: key = value");
	return scan_token(s) != TOKEN_BAD;
}

static bool
scan_file(struct scanner *s)
{
	scan_token(s);
	while (s->token == TOKEN_WORD) {
		bool is_section = s->len == 8 &&
		    memcmp(s->start, "endpoint", 8) == 0;

		if (!(is_section ? scan_section(s) : scan_setting(s, 0)))
			return false;
	}
	if (s->token == TOKEN_END)
		return true;
	return fail_here(s, "neither a key nor an endpoint; take it "
	    "out");
}

bool
config_scan(struct config_scan *scan, const char *name, const char *text,
    size_t len, struct err *err)
{
	struct scanner s = { .scan = scan, .name = name, .line = 1,
		.err = err };

	memset(scan, 0, sizeof(*scan));
	if (memchr(text, '\0', len) != NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: holds a NUL "
		    "byte; save it as plain text", name);
	scan->text = malloc(len + 1);
	if (scan->text == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory",
		    name);
	memcpy(scan->text, text, len);
	scan->text[len] = '\0';
	s.p = scan->text;
	/* some editors begin a file with a byte order mark */
	if (strncmp(s.p, "\xef\xbb\xbf", 3) == 0)
		s.p += 3;
	if (section_add(&s) != NULL && scan_file(&s))
		return true;
	config_scan_wipe(scan);
	return false;
}

void
config_scan_wipe(struct config_scan *scan)
{
	free(scan->sections);
	free(scan->text);
	memset(scan, 0, sizeof(*scan));
}
