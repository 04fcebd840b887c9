/* SPDX-License-Identifier: ISC */
/*
 * The text of a configuration file: refused with its place, or a
 * configuration whose every value is within what its manual says, and which
 * says the same when it is printed and read again.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/setup/check.h"
#include "config/config_file.h"
#include "fuzz.h"
#include "vectors.h"

static void
check_one(const struct config *c, size_t n)
{
	const struct endpoint *e = &c->endpoints[n];
	size_t len = strlen(e->name);

	FUZZ_HOLDS(len > 0 && len <= ENDPOINT_NAME_MAX);
	FUZZ_HOLDS(strspn(e->name, "abcdefghijklmnopqrstuvwxyz0123456789._-")
	    == len && strchr("._-", e->name[0]) == NULL);
	FUZZ_HOLDS((e->log == NULL) != (e->spool == NULL));
	FUZZ_HOLDS(e->log == NULL || e->log[0] == '/');
	FUZZ_HOLDS(e->spool == NULL || e->spool[0] == '/');
	FUZZ_HOLDS(e->secret_file != NULL && e->secret_file[0] == '/');
	FUZZ_HOLDS(e->secrets == NULL);
	FUZZ_HOLDS(e->path == NULL || e->path[0] == '/');
	FUZZ_HOLDS(e->mode == 0600 || e->mode == 0640 || e->mode == 0660);
	FUZZ_HOLDS(e->tolerance >= 0 && e->tolerance <= 86400);
	FUZZ_HOLDS(e->dedup_window >= 48 * 3600 &&
	    e->dedup_window <= INT64_C(366) * 86400 &&
	    e->dedup_window >= 2 * e->tolerance);
	for (size_t i = 0; i < n; i++) {
		const struct endpoint *other = &c->endpoints[i];

		FUZZ_HOLDS(strcmp(other->name, e->name) != 0);
		FUZZ_HOLDS(other->path != NULL || e->path != NULL);
		FUZZ_HOLDS(other->path == NULL || e->path == NULL ||
		    strcmp(other->path, e->path) != 0);
		FUZZ_HOLDS(other->log == NULL || e->log == NULL ||
		    strcmp(other->log, e->log) != 0);
	}
	/* what it serves is found again */
	if (e->path != NULL)
		FUZZ_HOLDS(config_match(c, e->path) == e);
	FUZZ_HOLDS(config_find(c, e->name) == e);
}

static char *
print(const struct config *c, size_t *len)
{
	char *text;
	FILE *to = open_memstream(&text, len);

	FUZZ_HOLDS(to != NULL);
	config_print(to, c);
	FUZZ_HOLDS(fclose(to) == 0);
	return text;
}

static void
read_again(const struct config *c)
{
	struct err err = ERR_INIT;
	struct config other;
	size_t len, other_len;
	char *text = print(c, &len), *other_text;

	FUZZ_HOLDS(config_parse(&other, "f", text, len, &err));
	other_text = print(&other, &other_len);
	FUZZ_HOLDS(other_len == len && memcmp(other_text, text, len) == 0);
	config_wipe(&other);
	free(other_text);
	free(text);
}

static void
run(const uint8_t *data, size_t len)
{
	struct err err = ERR_INIT;
	struct config c;

	if (!config_parse(&c, "f", (const char *)data, len, &err)) {
		FUZZ_HOLDS(err.kind == OUTCOME_BAD_CONFIG);
		FUZZ_HOLDS(strncmp(err.text, "f:", 2) == 0);
		return;
	}
	FUZZ_HOLDS(err.kind == OUTCOME_STORED);
	FUZZ_HOLDS(c.max_body >= 1 && c.max_body <= MAX_BODY_MAX);
	FUZZ_HOLDS(c.threads >= 1 && c.threads <= 64);
	FUZZ_HOLDS(c.lock_timeout >= 1 && c.lock_timeout <= 10);
	FUZZ_HOLDS(c.body_timeout >= 1 && c.body_timeout <= 60);
	FUZZ_HOLDS(c.endpoint_count > 0);
	for (size_t i = 0; i < c.endpoint_count; i++)
		check_one(&c, i);
	read_again(&c);
	config_wipe(&c);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	size_t len = 0;

	fuzz_put(buf, size, &len, vector_get(v, "text", 0));
	return len;
}

const struct fuzz_driver fuzz_config = { "config", run, seed, NULL, 10000 };
