/* SPDX-License-Identifier: ISC */
/*
 * refused: lists the last refusals, and what to do about them.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/span.h"
#include "cli/host/endpoint.h"
#include "cli/look/hints.h"
#include "cli/reading/filter.h"
#include "cli/term/jsonl.h"
#include "cli/term/screen.h"
#include "cli/term/when.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"

enum { CONFIG, ENDPOINT, COUNT, SINCE, UNTIL, JSON, UTC };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[COUNT] = { "lines", 'n', "N", "the last N of them (20)" },
	[SINCE] = OPTION_SINCE,
	[UNTIL] = OPTION_UNTIL,
	[JSON] = { "json", 'j', NULL, "print JSON, a refusal a line" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

#define HINTS_MAX 32

/* Each hint that belongs to a printed line, once. */
struct hints {
	const char	*text[HINTS_MAX];
	uint32_t	 outcome[HINTS_MAX];
	size_t		 count;
};

static void
add_hint(struct hints *h, uint32_t outcome, const char *text)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->text[i] == text && h->outcome[i] == outcome)
			return;
	if (text[0] == '\0' || h->count == HINTS_MAX)
		return;
	h->outcome[h->count] = outcome;
	h->text[h->count++] = text;
}

static void
format_skew(char buf[32], const struct stats_refusal *r)
{
	if (r->has_skew)
		snprintf(buf, 32, "%+" PRId64, r->skew);
	else
		strcpy(buf, "-");
}

/* The layout of what will be printed. */
struct widths {
	size_t	columns;		/* of the terminal; 0: none */
	int	reason, skew, id;
};

static int
wider(int width, const char *text)
{
	int len = (int)strlen(text);

	return len > width ? len : width;
}

/* A request for an unknown path, or by a wrong method, has no id. */
static const char *
id_or_detail(const struct stats_refusal *r)
{
	return r->id[0] != '\0' ? r->id : r->detail[0] != '\0' ? r->detail :
	    "-";
}

static void
widen(struct widths *w, const struct stats_refusal *r)
{
	char skew[32];

	format_skew(skew, r);
	w->reason = wider(w->reason, outcome_name((enum outcome)r->outcome));
	w->skew = wider(w->skew, skew);
	w->id = wider(w->id, id_or_detail(r));
}

static void
print_head(const struct widths *w)
{
	printf("%s%-*s  %-*s  %*s  %-*s  %s%s\n", screen_tint(TINT_HEAD),
	    when_width(), "TIME", w->reason, "REASON", w->skew, "SKEW", w->id,
	    "ID OR PATH", "FROM",
	    screen_tint(TINT_END));
}

/* The texts are printable ASCII: stats_parse() checks that. */
static void
print_row(const struct widths *w, const struct stats_refusal *r)
{
	size_t used = (size_t)(when_width() + 2 + w->reason + 2 + w->skew + 2 +
	    w->id + 2);
	char time[WHEN_SIZE], skew[32];

	when_format(time, r->time_us / 1000000);
	format_skew(skew, r);
	printf("%s  %s%-*s%s  %*s  %-*s  ", time,
	    screen_tint(status_is_refusal(r->outcome) ? TINT_WARN :
	    TINT_BAD), w->reason, outcome_name((enum outcome)r->outcome),
	    screen_tint(TINT_END), w->skew, skew, w->id, id_or_detail(r));
	screen_print(span_text(r->remote[0] == '\0' ? "-" : r->remote),
	    w->columns == 0 ? 0 : w->columns > used ? w->columns - used : 1);
	putchar('\n');
}

static void
print_object(const struct status *s, const struct stats_refusal *r)
{
	struct jsonl j = JSONL_INIT;
	char time[CIVIL_SIZE];

	jsonl_open(&j, NULL);
	civil_format_us(time, r->time_us);
	jsonl_string(&j, "time", time);
	jsonl_string(&j, "endpoint", s->endpoint->name);
	jsonl_string(&j, "reason", outcome_name((enum outcome)r->outcome));
	if (r->has_skew)
		jsonl_number(&j, "skew", r->skew);
	if (r->remote[0] != '\0')
		jsonl_string(&j, "remote", r->remote);
	if (r->id[0] != '\0')
		jsonl_string(&j, "id", r->id);
	if (r->detail[0] != '\0')
		jsonl_string(&j, r->outcome == OUTCOME_UNKNOWN_PATH ? "path" :
		    r->outcome == OUTCOME_BAD_METHOD ? "method" : "detail",
		    r->detail);
	jsonl_string(&j, "hint", hint_of(s, r));
	jsonl_end(&j);
}

/* Prints words in lines that fit, indented. */
static void
print_wrapped(const char *text, size_t columns)
{
	size_t width = columns == 0 || columns > 79 ? 75 : columns < 24 ? 20 :
	    columns - 4, at = 0;

	fputs("   ", stdout);
	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (at > 0 && at + 1 + len > width) {
			fputs("\n   ", stdout);
			at = 0;
		}
		printf(" %.*s", (int)len, text);
		at += len + (at > 0);
		text += len + strspn(text + len, " ");
	}
	putchar('\n');
}

static void
print_hints(const struct hints *h, size_t columns)
{
	for (size_t i = 0; i < h->count; i++) {
		printf("\n%s%s%s\n", screen_tint(TINT_HEAD),
		    outcome_name((enum outcome)h->outcome[i]),
		    screen_tint(TINT_END));
		print_wrapped(h->text[i], columns);
	}
}

static bool
is_wanted(const struct stats_refusal *r, const struct filter *f)
{
	return r->time_us >= f->since_us && r->time_us < f->until_us;
}

/* How far back the newest ones to print go. */
static size_t
find_oldest(const struct status *s, const struct filter *f, int64_t count,
    struct widths *w)
{
	const struct stats_refusal *r;
	size_t back = 0;

	for (; count > 0 && (r = stats_refusal(s->stats, back)) != NULL;
	    back++) {
		if (!is_wanted(r, f))
			continue;
		widen(w, r);
		count--;
	}
	return back;
}

static void
print_all(const struct status *s, const struct filter *f, int64_t count,
    bool json)
{
	struct widths w = { screen_columns(), 6, 4, 10 };
	struct hints hints = { .count = 0 };
	bool headed = json;
	size_t back;

	if (s->stats == NULL)
		return;
	for (back = find_oldest(s, f, count, &w); back-- > 0;) {
		const struct stats_refusal *r = stats_refusal(s->stats, back);

		if (!is_wanted(r, f))
			continue;
		if (!headed)
			print_head(&w);
		headed = true;
		if (json) {
			print_object(s, r);
			continue;
		}
		print_row(&w, r);
		add_hint(&hints, r->outcome, hint_of(s, r));
	}
	print_hints(&hints, w.columns);
}

struct looking {
	struct filter	filter;
	int64_t		count;
	bool		json;
};

static bool
look(void *ctx, const struct endpoint *e, bool several, struct err *err)
{
	const struct looking *l = ctx;
	struct status status;

	if (!status_read(&status, e, err))
		return false;
	screen_endpoint(e->name, several && !l->json);
	print_all(&status, &l->filter, l->count, l->json);
	status_wipe(&status);
	return true;
}

static bool
run(const struct args *args, struct err *err)
{
	struct filter_choice choice = { .since = args->value[SINCE],
		.until = args->value[UNTIL] };
	struct looking l = { .count = 20, .json = args->value[JSON] != NULL };
	const struct endpoint_call call = { look, &l };
	bool done;

	if (!args_number(args, COUNT, 1, STATS_REFUSALS, &l.count, err) ||
	    !filter_init(&l.filter, &choice, err))
		return false;
	done = endpoint_each(args->value[CONFIG], args->value[ENDPOINT],
	    &call, err);
	filter_wipe(&l.filter);
	return done;
}

const struct verb verb_refused = {
	.name = "refused",
	.group = GROUP_LOOK,
	.summary = "list what was refused, why, and what to do",
	.operands = "",
	.operands_max = 0,
	.options = options,
	.run = run,
};
