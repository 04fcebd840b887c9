/* SPDX-License-Identifier: ISC */
/* Keeps what status --check found until the first line can be printed. */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/look/status_findings.h"

static const char *const names[] = {
	[ALERT_OK] = "OK", [ALERT_WARNING] = "WARNING",
	[ALERT_CRITICAL] = "CRITICAL", [ALERT_UNKNOWN] = "UNKNOWN",
};

void
findings_add(struct findings *f, const struct status *of, enum alert alert,
    const char *fmt, ...)
{
	struct finding *list = realloc(f->list,
	    (f->count + 1) * sizeof(*list));
	char *text = NULL;
	va_list ap;

	if (list != NULL)
		f->list = list;
	va_start(ap, fmt);
	if (list != NULL && vasprintf(&text, fmt, ap) >= 0)
		f->list[f->count++] = (struct finding){ alert, of, text };
	else
		f->is_lost = true;
	va_end(ap);
}

enum alert
findings_worst(const struct findings *f, const struct status *of)
{
	enum alert worst = f->is_lost ? ALERT_UNKNOWN : ALERT_OK;

	for (size_t i = 0; i < f->count; i++)
		if ((of == NULL || f->list[i].of == of) &&
		    f->list[i].alert > worst)
			worst = f->list[i].alert;
	return worst;
}

static void
print_finding(const struct finding *one)
{
	if (one->of != NULL)
		printf("%s: ", one->of->endpoint->name);
	fputs(one->text, stdout);
}

void
findings_print_head(const struct findings *f, const struct status *list,
    size_t count)
{
	bool all_new = true;

	for (size_t i = 0; i < count; i++)
		all_new = all_new && list[i].is_new;
	printf("HOOKCASK %s - ", names[findings_worst(f, NULL)]);
	if (f->count == 1)
		print_finding(&f->list[0]);
	else if (f->count > 1)
		printf("%zu findings", f->count);
	else
		printf("%zu endpoint%s%s", count, count == 1 ? "" : "s",
		    all_new ? ", nothing yet" : "");
}

/* "WARNING: levers: this; that" */
static void
print_endpoint(const struct findings *f, const struct status *of)
{
	const char *between = ": ";

	printf("%s: %s", names[findings_worst(f, of)], of->endpoint->name);
	for (size_t i = 0; i < f->count; i++) {
		if (f->list[i].of != of)
			continue;
		printf("%s%s", between, f->list[i].text);
		between = "; ";
	}
	putchar('\n');
}

void
findings_print_lines(const struct findings *f, const struct status *list,
    size_t count)
{
	for (size_t i = 0; count > 1 && i < count; i++)
		print_endpoint(f, &list[i]);
	for (size_t i = 0; f->count > 1 && i < f->count; i++) {
		if (count > 1 && f->list[i].of != NULL)
			continue;
		printf("%s: ", names[f->list[i].alert]);
		print_finding(&f->list[i]);
		putchar('\n');
	}
}

const char *
findings_name(enum alert alert)
{
	return names[alert];
}

void
findings_wipe(struct findings *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->list[i].text);
	free(f->list);
}
