/* SPDX-License-Identifier: ISC */
/* Prints what was set aside, and why, without trusting a byte of it. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/span.h"
#include "cli/batch/failed.h"
#include "cli/term/escape.h"
#include "cli/term/jsonl.h"
#include "cli/term/screen.h"

/* "exit:1" for people: "exit 1". */
static void
format_reason(char buf[24], struct hookcask_span reason)
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
format_time(char buf[CIVIL_SIZE], int64_t ms)
{
	if (ms > 0)
		civil_format(buf, ms / 1000);
	else
		strcpy(buf, "-");
}

/* The last line that is not empty. */
static struct hookcask_span
last_line(struct hookcask_span said)
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

void
failed_print_table(const struct failed_items *items)
{
	size_t id = 2, type = 4, end = 5, used, width = screen_columns();
	char reason[24], time[CIVIL_SIZE];

	if (items->count == 0)
		return;
	for (size_t i = 0; i < items->count; i++) {
		id = longer(id, failed_id(&items->list[i]));
		type = longer(type, items->list[i].view.type);
		format_reason(reason, items->list[i].reason);
		end = longer(end, reason);
	}
	used = id + 2 + type + 2 + 20 + 2 + 5 + 2 + end + 2;
	printf("%-*s  %-*s  %-20s  TRIES  %-*s  LAST LINE\n", (int)id, "ID",
	    (int)type, "TYPE", "LAST TRY", (int)end, "ENDED");
	for (size_t i = 0; i < items->count; i++) {
		const struct failed_item *item = &items->list[i];

		format_reason(reason, item->reason);
		format_time(time, item->tried_ms);
		print_column(failed_id(item), id);
		print_column(item->is_record ? item->view.type : "-", type);
		printf("%-20s  %5" PRId64 "  %-*s  ", time, item->tries,
		    (int)end, reason);
		screen_print(last_line(item->said),
		    width == 0 ? 0 : width > used ? width - used : 1);
		putchar('\n');
	}
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
	char reason[24], time[CIVIL_SIZE];
	const char *p = item->said.data;
	size_t left = item->said.len;

	print_line("id:        ", failed_id(item));
	if (item->is_record) {
		civil_format(time, item->view.time);
		printf("type:      %s\nsigned:    %s\n", item->view.type, time);
		civil_format_us(time, item->view.received_us);
		printf("received:  %s\n", time);
	}
	if (item->file != NULL)
		print_line("file:      failed/", item->file);
	format_reason(reason, item->reason);
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
