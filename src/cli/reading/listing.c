/* SPDX-License-Identifier: ISC */
/*
 * Prints a line for each record at once: the widths of a table of millions
 * are not known in advance.  The longest column is the last, and is cut at the
 * terminal's edge; ids never are, since people copy them.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/json_find.h"
#include "base/span.h"
#include "cli/reading/listing.h"
#include "cli/term/escape.h"
#include "cli/term/progress.h"
#include "cli/term/screen.h"
#include "cli/term/when.h"

#define ID_WIDTH 31		/* of the ids that Svix makes */

void
listing_init(struct listing *l, enum listing_form form)
{
	memset(l, 0, sizeof(*l));
	l->form = form;
	l->columns = screen_columns();
}

bool
listing_init_csv(struct listing *l, const char *pointers, struct err *err)
{
	listing_init(l, LISTING_CSV);
	l->csv = pointers;
	for (const char *p = pointers;; p++) {
		size_t len = strcspn(p, ",");

		if (len == 0 || !json_pointer_is_good(p, len))
			return err_set(err, OUTCOME_USAGE, "--csv %s: not JSON "
			    "pointers, separated by commas, such as "
			    "/data/id,/data/customer", pointers);
		p += len;
		if (*p == '\0')
			return true;
	}
}

void
listing_wipe(struct listing *l)
{
	stored_body_wipe(&l->body);
}

void
listing_endpoint(void *ctx, const char *name, bool several)
{
	struct listing *l = ctx;

	if (l->form != LISTING_TABLE)
		return;
	progress_clear();
	screen_endpoint(name, several);
	l->headed = false;
}

/* Exact as long as it fits in six columns. */
static void
format_size(char buf[32], size_t len)
{
	if (len < 1000000)
		snprintf(buf, 32, "%zu", len);
	else
		snprintf(buf, 32, "%zu.%zuM", len / 1000000,
		    len / 100000 % 10);
}

static void
print_row(struct listing *l, const struct record_view *v)
{
	char time[WHEN_SIZE], size[32], head[WHEN_SIZE + 300];
	size_t used, room;

	if (!l->headed)
		printf("%s%-*s  %-*s  %6s  %s%s\n", screen_tint(TINT_HEAD),
		    when_width(), "RECEIVED", ID_WIDTH, "ID", "BYTES", "TYPE",
		    screen_tint(TINT_END));
	l->headed = true;
	when_format(time, v->received_us / 1000000);
	format_size(size, v->body_len);
	used = (size_t)snprintf(head, sizeof(head), "%s  %-*s  %6s  ", time,
	    ID_WIDTH, v->id, size);
	/* an id of 256 characters fills lines of its own */
	room = l->columns == 0 ? 0 : l->columns - used % l->columns;
	fputs(head, stdout);
	screen_print(span_text(v->type), room);
	putchar('\n');
}

void
listing_object(struct jsonl *j, const struct reading *r)
{
	char time[CIVIL_SIZE];

	jsonl_open(j, NULL);
	jsonl_string(j, "id", r->view.id);
	jsonl_string(j, "endpoint", r->view.source);
	jsonl_string(j, "type", r->view.type);
	civil_format(time, r->view.time);
	jsonl_string(j, "time", time);
	civil_format_us(time, r->view.received_us);
	jsonl_string(j, "received", time);
	jsonl_text(j, "key", r->view.key);
	jsonl_number(j, "bytes", (int64_t)r->view.body_len);
	jsonl_string(j, "file", r->path);
	jsonl_number(j, "offset", r->offset);
	if (r->stage != NULL)
		jsonl_string(j, "stage", r->stage);
}

bool
listing_record(void *ctx, const struct reading *r, struct err *err)
{
	struct hookcask_span body = r->line;
	struct jsonl j = JSONL_INIT;
	struct listing *l = ctx;

	progress_clear();
	switch (l->form) {
	case LISTING_TABLE:
		print_row(l, &r->view);
		break;
	case LISTING_JSON:
		listing_object(&j, r);
		jsonl_end(&j);
		break;
	case LISTING_CSV:
		if (!listing_csv_row(l, &r->view, err))
			return false;
		break;
	case LISTING_DATA:
		if (!stored_body_read(&l->body, &r->view, &body, err))
			return false;
		/* FALLTHROUGH */
	case LISTING_RECORD:
		print_data(body);
		putchar('\n');
		break;
	}
	/* main reports the error when it flushes */
	return !ferror(stdout);
}
