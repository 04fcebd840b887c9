/* SPDX-License-Identifier: ISC */
/* Prints the effective configuration in the form of its file. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/setup/check.h"

static void
print_string(FILE *to, const char *s)
{
	putc('"', to);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', to);
		putc(*s, to);
	}
	putc('"', to);
}

static void
print_key(FILE *to, const char *key, const char *value)
{
	if (value == NULL)
		return;
	fprintf(to, "    %s = ", key);
	print_string(to, value);
	putc('\n', to);
}

static void
print_list(FILE *to, const char *key, char **list)
{
	if (list == NULL || list[0] == NULL)
		return;
	fprintf(to, "    %s = {", key);
	for (size_t i = 0; list[i] != NULL; i++) {
		fputs(i == 0 ? " " : ", ", to);
		print_string(to, list[i]);
	}
	fputs(" }\n", to);
}

/* The largest unit that divides it. */
static void
print_duration(FILE *to, const char *key, int64_t seconds)
{
	static const struct {
		int64_t	seconds;
		char	unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	while (seconds % units[i].seconds != 0)
		i++;
	fprintf(to, "    %s = \"%" PRId64 "%c\"\n", key,
	    seconds / units[i].seconds, units[i].unit);
}

static void
print_endpoint(FILE *to, const struct endpoint *e)
{
	fprintf(to, "\nendpoint \"%s\" {\n", e->name);
	print_key(to, "path", e->path);
	if (e->secret_file == NULL)
		fprintf(to, "    # the secret is in the environment\n");
	print_key(to, "secret-file", e->secret_file);
	print_key(to, "log", e->log);
	print_key(to, "olddir", e->olddir);
	print_key(to, "spool", e->spool);
	fprintf(to, "    mode = %04o\n", (unsigned)e->mode);
	fprintf(to, "    consumers = \"%s\"\n", e->external ? "external" :
	    "drain");
	fprintf(to, "    tolerance = %" PRId64 "\n", e->tolerance);
	print_duration(to, "dedup-window", e->dedup_window);
	print_list(to, "accept-types", e->accept_types);
	print_list(to, "ignore-types", e->ignore_types);
	print_list(to, "type-key", e->type_keys);
	fprintf(to, "    allow-docroot = %s\n", e->allow_docroot ? "true" :
	    "false");
	fputs("}\n", to);
}

const char *
config_sandbox(const struct config *c)
{
	static const char *const names[] = {
		[SANDBOX_AUTO] = "auto",
		[SANDBOX_OFF] = "off",
		[SANDBOX_STRICT] = "strict",
	};

	return names[c->sandbox];
}

void
config_print(FILE *to, const struct config *c)
{
	fprintf(to, "# from: %s\n", c->source);
	fprintf(to, "max-body = %zu\n", c->max_body);
	fprintf(to, "threads = %u\n", c->threads);
	fprintf(to, "lock-timeout = %u\n", c->lock_timeout);
	fprintf(to, "body-timeout = %u\n", c->body_timeout);
	if (c->diag != NULL) {
		fprintf(to, "diag = ");
		print_string(to, c->diag);
		putc('\n', to);
	}
	fprintf(to, "sandbox = \"%s\"\n", config_sandbox(c));
	for (size_t i = 0; i < c->endpoint_count; i++)
		print_endpoint(to, &c->endpoints[i]);
}
