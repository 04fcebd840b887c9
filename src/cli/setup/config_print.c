/* SPDX-License-Identifier: ISC */
/* Duty: the effective configuration, as a file that says the same. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/setup/check.h"

static void
print_string(const char *s)
{
	putchar('"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('"');
}

static void
print_key(const char *key, const char *value)
{
	if (value == NULL)
		return;
	printf("    %s = ", key);
	print_string(value);
	putchar('\n');
}

static void
print_list(const char *key, char **list)
{
	if (list == NULL || list[0] == NULL)
		return;
	printf("    %s = {", key);
	for (size_t i = 0; list[i] != NULL; i++) {
		fputs(i == 0 ? " " : ", ", stdout);
		print_string(list[i]);
	}
	puts(" }");
}

/* The largest unit that divides it. */
static void
print_duration(const char *key, int64_t seconds)
{
	static const struct {
		int64_t	seconds;
		char	unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	while (seconds % units[i].seconds != 0)
		i++;
	printf("    %s = \"%" PRId64 "%c\"\n", key,
	    seconds / units[i].seconds, units[i].unit);
}

static void
print_endpoint(const struct endpoint *e)
{
	printf("\nendpoint \"%s\" {\n", e->name);
	print_key("path", e->path);
	if (e->secret_file == NULL)
		printf("    # the secret is in the environment\n");
	print_key("secret-file", e->secret_file);
	print_key("log", e->log);
	print_key("spool", e->spool);
	printf("    mode = %04o\n", (unsigned)e->mode);
	printf("    tolerance = %" PRId64 "\n", e->tolerance);
	print_duration("dedup-window", e->dedup_window);
	print_list("accept-types", e->accept_types);
	print_list("ignore-types", e->ignore_types);
	print_list("type-key", e->type_keys);
	printf("    allow-docroot = %s\n", e->allow_docroot ? "true" :
	    "false");
	puts("}");
}

void
config_print(const struct config *c)
{
	static const char *const sandbox[] = {
		[SANDBOX_AUTO] = "auto",
		[SANDBOX_OFF] = "off",
		[SANDBOX_STRICT] = "strict",
	};

	printf("# from: %s\n", c->source);
	printf("max-body = %zu\n", c->max_body);
	printf("threads = %u\n", c->threads);
	printf("lock-timeout = %u\n", c->lock_timeout);
	printf("body-timeout = %u\n", c->body_timeout);
	if (c->diag != NULL) {
		printf("diag = ");
		print_string(c->diag);
		putchar('\n');
	}
	printf("sandbox = \"%s\"\n", sandbox[c->sandbox]);
	for (size_t i = 0; i < c->endpoint_count; i++)
		print_endpoint(&c->endpoints[i]);
}
