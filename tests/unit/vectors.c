/* SPDX-License-Identifier: ISC */
/* A broken file is a broken test: everything here aborts on a fault. */
#include <config.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

static void
die(const char *file, const char *line, const char *why)
{
	fprintf(stderr, "%s: %s: %.60s\n", file, why, line);
	abort();
}

static void *
allocate(void *old, size_t size)
{
	void *p = realloc(old, size);

	if (p == NULL)
		abort();
	return p;
}

static unsigned
hex_digit(const char *file, const char *line, char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	if (c == '\0' || at == NULL)
		die(file, line, "bad escape");
	return (unsigned)(at - digits);
}

/* In place; returns the length. */
static size_t
unescape(const char *file, char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		if (p[1] != 'x')
			die(file, text, "bad escape");
		*to++ = (char)(hex_digit(file, text, p[2]) << 4 |
		    hex_digit(file, text, p[3]));
		p += 3;
	}
	return (size_t)(to - text);
}

static struct vector_field *
field_of(struct vector *v, const char *key)
{
	struct vector_field *f;

	for (size_t i = 0; i < v->count; i++) {
		if (strcmp(v->fields[i].key, key) == 0 &&
		    strcmp(key, "secret") != 0)
			return &v->fields[i];
	}
	if (v->count == VECTOR_FIELDS || strlen(key) >= sizeof(f->key))
		die(v->file, key, "too many fields or too long a key");
	f = &v->fields[v->count++];
	strcpy(f->key, key);
	f->data = allocate(NULL, 1);
	f->data[0] = '\0';
	f->len = 0;
	return f;
}

static void
take_line(struct vector *v, char *line)
{
	char *colon = strchr(line, ':'), *value, *suffix;
	struct vector_field *f;
	size_t times = 1, len;

	if (colon == NULL || (colon[1] != ' ' && colon[1] != '\0'))
		die(v->file, line, "no key");
	*colon = '\0';
	value = colon[1] == ' ' ? colon + 2 : colon + 1;
	suffix = colon > line + 7 ? colon - 7 : NULL;
	if (suffix != NULL && strcmp(suffix, "-repeat") == 0) {
		char *blank = strrchr(value, ' ');

		if (blank == NULL)
			die(v->file, line, "no count");
		times = strtoul(blank + 1, NULL, 10);
		*blank = *suffix = '\0';
	}
	len = unescape(v->file, value);
	f = field_of(v, line);
	f->data = allocate(f->data, f->len + len * times + 1);
	while (times-- != 0) {
		memcpy(f->data + f->len, value, len);
		f->len += len;
	}
	f->data[f->len] = '\0';
}

static void
end_case(struct vector *v, void (*each)(const struct vector *, void *ctx),
    void *ctx)
{
	if (v->count == 0)
		return;
	if (strcmp(v->fields[0].key, "case") != 0 || !vector_has(v, "expect"))
		die(v->file, vector_text(v, "case"), "no case or no expect");
	each(v, ctx);
	for (size_t i = 0; i < v->count; i++)
		free(v->fields[i].data);
	v->count = 0;
}

static void
read_file(const char *path, void (*each)(const struct vector *, void *ctx),
    void *ctx)
{
	struct vector v = { .file = path };
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (file == NULL)
		die(path, "", "cannot open");
	while (getline(&line, &size, file) != -1) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '\0')
			end_case(&v, each, ctx);
		else if (line[0] != '#')
			take_line(&v, line);
	}
	end_case(&v, each, ctx);
	free(line);
	fclose(file);
}

void
vectors_read(const char *dir, void (*each)(const struct vector *, void *ctx),
    void *ctx)
{
	char pattern[4096];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*.txt", dir);
	if (glob(pattern, 0, NULL, &found) != 0)
		die(pattern, "", "no such files");
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_file(found.gl_pathv[i], each, ctx);
	globfree(&found);
}

struct hookcask_span
vector_get(const struct vector *v, const char *key, size_t nth)
{
	struct hookcask_span s = { NULL, 0 };

	for (size_t i = 0; i < v->count; i++) {
		if (strcmp(v->fields[i].key, key) == 0 && nth-- == 0) {
			s.data = v->fields[i].data;
			s.len = v->fields[i].len;
			break;
		}
	}
	return s;
}

bool
vector_has(const struct vector *v, const char *key)
{
	return vector_get(v, key, 0).data != NULL;
}

const char *
vector_text(const struct vector *v, const char *key)
{
	const char *text = vector_get(v, key, 0).data;

	return text == NULL ? "" : text;
}

long long
vector_number(const struct vector *v, const char *key, long long otherwise)
{
	return vector_has(v, key) ? atoll(vector_text(v, key)) : otherwise;
}
