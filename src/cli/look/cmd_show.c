/* SPDX-License-Identifier: ISC */
/*
 * show: prints one event: what was received, which secret proved it, where it
 * is stored, and how far each consumer is with it.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/span.h"
#include "cli/consumer/standing.h"
#include "cli/host/endpoint.h"
#include "cli/reading/listing.h"
#include "cli/reading/reader.h"
#include "cli/reading/reading.h"
#include "cli/reading/reading_other.h"
#include "cli/term/escape.h"
#include "cli/term/jsonl.h"
#include "cli/term/pretty.h"
#include "cli/term/progress.h"
#include "cli/term/say.h"
#include "cli/term/screen.h"
#include "cli/term/when.h"
#include "cli/verb/verb.h"

enum { CONFIG, ENDPOINT, OTHER_BODY, DATA, JSON, UTC };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[OTHER_BODY] = { "other-body", 'o', NULL,
	    "the bodies that came under this id later" },
	[DATA] = { "data", 'd', NULL, "print exactly the signed bytes" },
	[JSON] = { "json", 'j', NULL, "print what is known of it as JSON" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

#define TEXT_MAX 4096		/* bytes of a body that is not JSON */

struct showing {
	const struct args	*args;
	const struct endpoint	*endpoint;	/* NULL: from a file */
	struct statedir		 names;
	struct stored_body		 body;
	bool			 found;
};

static const char *const standing_names[] = {
	[STANDING_OPEN] = "not yet", [STANDING_WAITING] = "to be tried again",
	[STANDING_FAILED] = "set aside", [STANDING_DONE] = "done",
};

static const char *
heading(const char *text)
{
	static char buf[64];

	snprintf(buf, sizeof(buf), "%s%-10s%s", screen_tint(TINT_HEAD), text,
	    screen_tint(TINT_END));
	return buf;
}

static void
print_consumer(struct jsonl *json, const char *name,
    enum standing standing, int64_t tries, bool first)
{
	static const enum tint tints[] = {
		[STANDING_OPEN] = TINT_WARN, [STANDING_WAITING] = TINT_WARN,
		[STANDING_FAILED] = TINT_BAD, [STANDING_DONE] = TINT_GOOD,
	};

	if (json != NULL) {
		jsonl_open(json, NULL);
		jsonl_string(json, "name", name);
		jsonl_string(json, "state", standing_names[standing]);
		jsonl_number(json, "tries", tries);
		jsonl_close(json);
		return;
	}
	printf("%s  %s: %s%s%s", heading(first ? "consumers" : ""), name,
	    screen_tint(tints[standing]), standing_names[standing],
	    screen_tint(TINT_END));
	if (tries > 0)
		printf(" after %" PRId64 " tr%s", tries,
		    tries == 1 ? "y" : "ies");
	putchar('\n');
}

/* For a log; a spool's directories show it.  json: adds to its list. */
static void
print_consumers(const struct showing *s, const struct reading *r,
    struct jsonl *json)
{
	struct standings consumers;
	struct err why = ERR_INIT;
	bool first = true;
	int64_t tries;
	int fd;

	if (s->endpoint == NULL || s->endpoint->spool != NULL ||
	    r->file_id == 0 ||
	    !standings_find(&consumers, s->names.path, &why))
		return;
	fd = open(s->names.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; fd != -1 && i < consumers.count; i++) {
		struct consumer_state state = STATE_CLOSED;
		enum standing standing;

		if (!standing_open(&state, s->endpoint, &s->names, fd,
		    consumers.list[i], &why)) {
			say("%s", why.text);
			memset(&why, 0, sizeof(why));
		} else {
			standing = standing_of(&state, r->file_id, r->offset,
			    &tries);
			print_consumer(json, consumers.list[i], standing,
			    tries, first);
			first = false;
		}
		state_close(&state);
	}
	if (fd != -1)
		close(fd);
	standings_wipe(&consumers);
}

static void
print_facts(const struct showing *s, const struct reading *r)
{
	const struct record_view *v = &r->view;
	char signed_at[WHEN_SIZE], received[WHEN_SIZE];
	int64_t late = v->received_us / 1000000 - v->time;

	when_format(signed_at, v->time);
	when_format_us(received, v->received_us);
	printf("%s  %s\n", heading("id"), v->id);
	printf("%s  %s\n", heading("type"), v->type);
	printf("%s  %s\n", heading("endpoint"), v->source);
	printf("%s  %s (svix-timestamp %" PRId64 ")\n", heading("signed"),
	    signed_at, v->time);
	printf("%s  %s (%" PRId64 " s %s)\n", heading("received"), received,
	    late < 0 ? -late : late, late < 0 ? "earlier" : "later");
	printf("%s  %.*s\n", heading("signature"), (int)v->signature.len,
	    (const char *)v->signature.data);
	printf("%s  %.*s (hookcask keygen --fingerprint FILE shows its)\n",
	    heading("key"), (int)v->key.len, (const char *)v->key.data);
	printf("%s  %zu bytes%s\n", heading("body"), v->body_len,
	    v->is_json ? ", JSON" : "");
	printf("%s  ", heading("stored in"));
	print_escaped(span_text(r->path));
	if (r->stage == NULL)
		printf(", byte %" PRId64, r->offset);
	putchar('\n');
	print_consumers(s, r, NULL);
}

static void
print_text(struct hookcask_span body)
{
	size_t shown = body.len < TEXT_MAX ? body.len : TEXT_MAX;
	const char *p = body.data;

	for (size_t i = 0, n; i < shown; i += n) {
		const char *lf = memchr(p + i, '\n', shown - i);

		n = lf == NULL ? shown - i : (size_t)(lf - (p + i)) + 1;
		print_escaped(span_make(p + i, lf == NULL ? n : n - 1));
		putchar('\n');
	}
	if (shown < body.len)
		printf("(%zu bytes more; --data prints all)\n",
		    body.len - shown);
}

static bool
show(void *ctx, const struct reading *r, struct err *err)
{
	struct showing *s = ctx;
	struct hookcask_span body;
	struct jsonl j = JSONL_INIT;
	bool goes_on = s->args->value[OTHER_BODY] != NULL;

	progress_clear();
	if (s->found && s->args->value[DATA] == NULL &&
	    s->args->value[JSON] == NULL)
		putchar('\n');
	s->found = true;
	if (!stored_body_read(&s->body, &r->view, &body, err))
		return false;
	if (s->args->value[DATA] != NULL) {
		print_data(body);
		return goes_on;
	}
	if (s->args->value[JSON] != NULL) {
		listing_object(&j, r);
		jsonl_text(&j, "signature", r->view.signature);
		jsonl_list(&j, "consumers");
		print_consumers(s, r, &j);
		jsonl_end(&j);
		return goes_on;
	}
	print_facts(s, r);
	putchar('\n');
	if (r->view.is_json)
		pretty_print(r->view.data);
	else
		print_text(body);
	/* the first event is enough */
	return goes_on;
}

/* Says that other bodies came under this id. */
static void
note_others(const struct showing *s, const char *id)
{
	size_t count;

	if (s->endpoint == NULL || s->args->value[OTHER_BODY] != NULL)
		return;
	count = other_bodies_count(s->names.path, id);
	if (count > 0)
		say("note: %zu other bod%s came under this id: hookcask show "
		    "--other-body %s", count, count == 1 ? "y" : "ies", id);
}

static bool
look(struct reader *r, struct showing *s, struct err *err)
{
	const struct args *args = s->args;
	const struct endpoint *e;
	struct config config;
	bool done;

	if (args->operand_count > 1)
		return reader_files(r, args->operand + 1,
		    args->operand_count - 1, err);
	if (!endpoint_choose(&config, &e, args->value[CONFIG],
	    args->value[ENDPOINT], err))
		return false;
	s->endpoint = e;
	done = statedir_init(&s->names, &fileops_posix, e, err) &&
	    reader_endpoint(r, e, err);
	note_others(s, args->operand[0]);
	config_wipe(&config);
	return done;
}

static bool
run(const struct args *args, struct err *err)
{
	struct filter_choice choice = { .id = args->operand[0] };
	struct showing showing = { .args = args };
	struct filter filter;
	struct reader reader = { .record = show, .ctx = &showing,
		.filter = &filter,
		.other_bodies = args->value[OTHER_BODY] != NULL };

	if (args->operand_count > 1 && (reader.other_bodies ||
	    args->value[CONFIG] != NULL ||
	    args->value[ENDPOINT] != NULL))
		return err_set(err, OUTCOME_USAGE,
		    "give either files or --config and --endpoint");
	if (!filter_init(&filter, &choice, err))
		return false;
	look(&reader, &showing, err);
	filter_wipe(&filter);
	stored_body_wipe(&showing.body);
	if (err->kind != OUTCOME_STORED)
		return false;
	if (showing.found)
		return true;
	if (reader.other_bodies)
		return err_set(err, OUTCOME_NO_INPUT,
		    "%s: no other body came under this id", args->operand[0]);
	return err_set(err, OUTCOME_NO_INPUT, "%s: %s", args->operand[0],
	    reader.known ? "it was stored, but is no longer there (its "
	    "consumer took it, or its file was moved away)" :
	    "no record of this id");
}

const struct verb verb_show = {
	.name = "show",
	.group = GROUP_LOOK,
	.summary = "show one event: headers, body, its place, its consumers",
	.operands = "ID [FILE ...]",
	.operands_min = 1,
	.operands_max = -1,
	.options = options,
	.run = run,
};
