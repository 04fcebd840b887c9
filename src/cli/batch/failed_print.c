/* SPDX-License-Identifier: ISC */
/* Prints what was set aside, and why, without trusting a byte of it. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/fileops.h"
#include "base/span.h"
#include "cli/batch/failed.h"
#include "cli/term/escape.h"
#include "cli/term/jsonl.h"
#include "cli/term/screen.h"
#include "cli/term/when.h"

/* "exit:1" for people: "exit 1". */
void
failed_format_reason(char buf[FAILED_REASON], struct hookcask_span reason)
{
	size_t len = reason.len < 23 ? reason.len : 23;

	memcpy(buf, len == 0 ? "" : reason.data, len);
	buf[len] = '\0';
	if (strcmp(buf, "record") == 0)
		strcpy(buf, "not a record");
	if (strchr(buf, ':') != NULL)
		*strchr(buf, ':') = ' ';
	if (buf[0] == '\0')
		strcpy(buf, "-");
}

static void
format_time(char buf[WHEN_SIZE], int64_t ms)
{
	if (ms > 0)
		when_format(buf, ms / 1000);
	else
		strcpy(buf, "-");
}

struct hookcask_span
failed_last_line(struct hookcask_span said)
{
	const char *text = said.data;
	size_t end = said.len, start;

	while (end > 0 && strchr(" \r\n\t", text[end - 1]) != NULL)
		end--;
	for (start = end; start > 0 && text[start - 1] != '\n'; start--)
		continue;
	return span_make(text + start, end - start);
}

/* Columns of the escaped text, if that is more. */
static size_t
longer(size_t width, const char *text)
{
	size_t len = 0;

	for (const char *p = text; *p != '\0'; p++)
		len += *p >= 0x20 && *p <= 0x7E && *p != '\\' ? 1 : 4;
	return len > width ? len : width;
}

/* A column and two blanks; even a file's name may be a stranger's. */
static void
print_column(const char *text, size_t width)
{
	print_escaped(span_text(text));
	printf("%*s", (int)(width - longer(0, text)) + 2, "");
}

/* The widths of the columns; 0: left out. */
struct widths {
	size_t	id, type, time, end;
};

/* With both columns, the last words would not fit beside them. */
#define WORDS_MIN	16

static size_t
widths_sum(const struct widths *w)
{
	return w->id + 2 + (w->type > 0 ? w->type + 2 : 0) + w->time + 2 + 5 +
	    2 + w->end + 2;
}

static void
measure(struct widths *w, const struct failed_items *items, size_t columns)
{
	char reason[FAILED_REASON];

	*w = (struct widths){ 2, 4, (size_t)when_width(), 5 };
	for (size_t i = 0; i < items->count; i++) {
		w->id = longer(w->id, failed_id(&items->list[i]));
		w->type = longer(w->type, items->list[i].view.type);
		failed_format_reason(reason, items->list[i].reason);
		w->end = longer(w->end, reason);
	}
	if (columns == 0 || widths_sum(w) + WORDS_MIN <= columns)
		return;
	w->type = 0;
	if (widths_sum(w) + WORDS_MIN > columns)
		w->time = 7;	/* "119 min": how long ago */
}

static void
print_row(const struct failed_item *item, const struct widths *w,
    size_t columns)
{
	char reason[FAILED_REASON], time[WHEN_SIZE];
	size_t used = widths_sum(w);

	failed_format_reason(reason, item->reason);
	format_time(time, item->tried_ms);
	if (item->tried_ms > 0 && w->time < (size_t)when_width())
		duration_format(time, fileops_posix.now_us(NULL) / 1000000 -
		    item->tried_ms / 1000);
	print_column(failed_id(item), w->id);
	if (w->type > 0)
		print_column(item->is_record ? item->view.type : "-", w->type);
	printf("%-*s  %5" PRId64 "  %-*s  ", (int)w->time, time, item->tries,
	    (int)w->end, reason);
	screen_print(failed_last_line(item->said),
	    columns == 0 ? 0 : columns > used ? columns - used : 1);
	putchar('\n');
}

void
failed_print_table(const struct failed_items *items)
{
	size_t columns = screen_columns();
	struct widths w;

	if (items->count == 0)
		return;
	measure(&w, items, columns);
	print_column("ID", w.id);
	if (w.type > 0)
		print_column("TYPE", w.type);
	printf("%-*s  TRIES  %-*s  LAST LINE\n", (int)w.time,
	    w.time < (size_t)when_width() ? "AGO" : "LAST TRY", (int)w.end,
	    "ENDED");
	for (size_t i = 0; i < items->count; i++)
		print_row(&items->list[i], &w, columns);
}

void
failed_print_json(const struct failed_item *item)
{
	struct jsonl j = JSONL_INIT;
	char time[CIVIL_SIZE];

	jsonl_open(&j, NULL);
	jsonl_string(&j, "id", failed_id(item));
	if (item->is_record) {
		jsonl_string(&j, "type", item->view.type);
		civil_format(time, item->view.time);
		jsonl_string(&j, "time", time);
	}
	if (item->file != NULL)
		jsonl_string(&j, "file", item->file);
	jsonl_number(&j, "tries", item->tries);
	if (item->tried_ms > 0) {
		civil_format(time, item->tried_ms / 1000);
		jsonl_string(&j, "tried", time);
	}
	if (item->reason.len > 0) {
		jsonl_text(&j, "ended", item->reason);
		jsonl_text(&j, "stderr", item->said);
	}
	jsonl_end(&j);
}

static void
print_line(const char *label, const char *text)
{
	fputs(label, stdout);
	print_escaped(span_text(text));
	putchar('\n');
}

void
failed_print(const struct failed_item *item)
{
	char reason[FAILED_REASON], time[WHEN_SIZE];
	const char *p = item->said.data;
	size_t left = item->said.len;

	print_line("id:        ", failed_id(item));
	if (item->is_record) {
		when_format(time, item->view.time);
		printf("type:      %s\nsigned:    %s\n", item->view.type, time);
		when_format_us(time, item->view.received_us);
		printf("received:  %s\n", time);
	}
	if (item->file != NULL)
		print_line("file:      failed/", item->file);
	failed_format_reason(reason, item->reason);
	format_time(time, item->tried_ms);
	printf("tries:     %" PRId64 "\nlast try:  %s\nended:     %s\n",
	    item->tries, time, reason);
	if (left > 0)
		printf("its last words on standard error:\n");
	while (left > 0) {
		const char *lf = memchr(p, '\n', left);
		size_t len = lf == NULL ? left : (size_t)(lf - p);

		fputs("    ", stdout);
		print_escaped(span_make(p, len));
		putchar('\n');
		len += lf != NULL;
		p += len;
		left -= len;
	}
}
