/* SPDX-License-Identifier: ISC */
/* Each text of tests/vectors/config: its fields one by one, or its refusal. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/config_file.h"
#include "unit.h"
#include "vectors.h"

struct count {
	const struct vector	*v;
	char			 prefix[24];	/* "1." of an endpoint */
	size_t			 fields;	/* of the vector, compared */
	size_t			 seen;
	size_t			 failed;
};

static void
complain(struct count *count, const char *key, const char *got)
{
	fprintf(stderr, "%s: %s: %s%s is \"%s\"\n", count->v->file,
	    vector_text(count->v, "case"), count->prefix, key, got);
	count->failed++;
}

/* What the vector leaves out has its default. */
static void
want_text(struct count *count, const char *key, const char *otherwise,
    const char *got)
{
	char full[48];

	snprintf(full, sizeof(full), "%s%s", count->prefix, key);
	if (vector_has(count->v, full)) {
		otherwise = vector_text(count->v, full);
		count->fields++;
	}
	if (got == NULL)
		got = "";
	if (strcmp(otherwise, got) != 0)
		complain(count, key, got);
}

static void
want_number(struct count *count, const char *key, int64_t otherwise,
    int64_t got)
{
	char number[24], text[24];

	snprintf(number, sizeof(number), "%" PRId64, otherwise);
	snprintf(text, sizeof(text), "%" PRId64, got);
	want_text(count, key, number, text);
}

/* With a blank between two: no pattern holds one. */
static void
want_list(struct count *count, const char *key, char *const *got)
{
	char text[2048] = "";

	for (; got != NULL && *got != NULL; got++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%s",
		    len == 0 ? "" : " ", *got);
	}
	want_text(count, key, "", text);
}

static void
want_endpoint(struct count *count, const struct endpoint *e, size_t n)
{
	char mode[8];

	snprintf(count->prefix, sizeof(count->prefix), "%zu.", n);
	snprintf(mode, sizeof(mode), "%04o", (unsigned)e->mode);
	want_text(count, "name", "a", e->name);
	want_text(count, "where", "c:1", e->where);
	want_text(count, "path", "", e->path);
	want_text(count, "secret-file", "/s", e->secret_file);
	want_text(count, "log", "/l", e->log);
	want_text(count, "olddir", "", e->olddir);
	want_text(count, "spool", "", e->spool);
	want_text(count, "mode", "0600", mode);
	want_text(count, "consumers", "drain", e->external ? "external" :
	    "drain");
	want_number(count, "tolerance", 300, e->tolerance);
	want_number(count, "dedup-window", 604800, e->dedup_window);
	want_list(count, "accept-types", e->accept_types);
	want_list(count, "ignore-types", e->ignore_types);
	want_list(count, "type-key", e->type_keys);
	want_text(count, "allow-docroot", "no", e->allow_docroot ? "yes" :
	    "no");
	if (e->secrets != NULL)
		complain(count, "secrets", "given");
	count->prefix[0] = '\0';
}

static void
want_config(struct count *count, const struct config *c)
{
	static const char *const sandbox[] = {
		[SANDBOX_AUTO] = "auto",
		[SANDBOX_OFF] = "off",
		[SANDBOX_STRICT] = "strict",
	};

	want_number(count, "max-body", 2097152, (int64_t)c->max_body);
	want_number(count, "threads", 8, c->threads);
	want_number(count, "lock-timeout", 5, c->lock_timeout);
	want_number(count, "body-timeout", 8, c->body_timeout);
	want_text(count, "diag", "", c->diag);
	want_text(count, "sandbox", "auto", sandbox[c->sandbox]);
	want_number(count, "endpoints", 1, (int64_t)c->endpoint_count);
	for (size_t i = 0; i < c->endpoint_count; i++)
		want_endpoint(count, &c->endpoints[i], i + 1);
}

static void
parse(const struct vector *v, void *ctx)
{
	static const struct config nothing;
	struct hookcask_span text = vector_get(v, "text", 0);
	struct count *count = ctx;
	struct config config;
	struct err err = ERR_INIT;
	/* its own block, so that a sanitizer sees its end */
	char *copy = malloc(text.len);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text.data, text.len);
	count->v = v;
	count->fields = 2;		/* case and text */
	count->seen++;
	if (config_parse(&config, "c", copy, text.len, &err)) {
		want_text(count, "expect", "", "ok");
		want_config(count, &config);
		config_wipe(&config);
	} else {
		want_text(count, "expect", "", err.text);
		ck_assert_int_eq(err.kind, OUTCOME_BAD_CONFIG);
		ck_assert_mem_eq(&config, &nothing, sizeof(config));
	}
	if (count->fields != v->count)
		complain(count, "a field of the vector", "unknown");
	free(copy);
}

START_TEST(test_vectors)
{
	const char *top = getenv("top_srcdir");
	struct count count = { .seen = 0 };
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/tests/vectors/config",
	    top == NULL ? "." : top);
	vectors_read(dir, parse, &count);
	ck_assert_uint_eq(count.failed, 0);
	ck_assert_uint_ge(count.seen, 200);
}
END_TEST

UNIT_MAIN("config_vectors", test_vectors)
