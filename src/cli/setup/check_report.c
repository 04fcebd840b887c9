/* SPDX-License-Identifier: ISC */
/* Prints what was found, for people or as JSON. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>

#include "base/span.h"
#include "cli/setup/check.h"
#include "cli/term/escape.h"
#include "cli/term/jsonl.h"
#include "cli/term/say.h"

static void
print_json(const struct check *c, const char *level, const char *name,
    const char *text)
{
	struct jsonl j = JSONL_INIT;

	jsonl_open(&j, NULL);
	jsonl_string(&j, "level", level);
	if (c->endpoint != NULL) {
		jsonl_string(&j, "endpoint", c->endpoint->name);
		jsonl_string(&j, "where", c->endpoint->where);
	}
	jsonl_string(&j, "about", name);
	jsonl_string(&j, "text", text);
	jsonl_end(&j);
}

void
check_heading(struct check *c)
{
	if (!c->json)
		printf("endpoint %s (%s)\n", c->endpoint->name,
		    c->endpoint->where);
}

void
check_fact(struct check *c, const char *name, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c->json) {
		print_json(c, "fact", name, text);
		return;
	}
	printf("%s%-11s ", c->endpoint != NULL ? "  " : "", name);
	print_escaped(span_text(text));
	putchar('\n');
}

static void
complain(struct check *c, const char *level, const char *name,
    const char *text)
{
	if (c->json)
		print_json(c, level, name, text);
	else
		say("%s%s%s%s", level[0] == 'w' ? "warning: " : "",
		    c->endpoint != NULL ? c->endpoint->where : "",
		    c->endpoint != NULL ? ": " : "", text);
}

void
check_warn(struct check *c, const char *name, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->warnings++;
	complain(c, "warning", name, text);
}

bool
check_fail(struct check *c, const char *name, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->faults++;
	complain(c, "fault", name, text);
	return false;
}
