/* SPDX-License-Identifier: ISC */
/* Passes only the records that were asked for. */
#include <config.h>

#include <string.h>

#include "base/fileops.h"
#include "cli/reading/filter.h"
#include "cli/term/say.h"
#include "cli/term/when.h"

static bool
read_time(const char *option, const char *text, int64_t now_us, int64_t *us,
    struct err *err)
{
	if (text == NULL || when_parse(text, now_us, us))
		return true;
	return err_set(err, OUTCOME_USAGE, "--%s %s: not " WHEN_ADVICE,
	    option, text);
}

bool
filter_init(struct filter *f, const struct filter_choice *choice,
    struct err *err)
{
	int64_t now_us = fileops_posix.now_us(NULL);

	memset(f, 0, sizeof(*f));
	f->since_us = INT64_MIN;
	f->until_us = INT64_MAX;
	f->id = choice->id;
	f->grep = choice->grep;
	if (!read_time("since", choice->since, now_us, &f->since_us, err) ||
	    !read_time("until", choice->until, now_us, &f->until_us, err))
		return false;
	if (f->since_us >= f->until_us)
		return err_set(err, OUTCOME_USAGE, "--since must be "
		    "earlier than --until");
	return where_init(&f->where, choice->where, err) &&
	    globs_init(&f->types, choice->type, err);
}

void
filter_wipe(struct filter *f)
{
	globs_wipe(&f->types);
	where_wipe(&f->where);
	stored_body_wipe(&f->body);
}

void
filter_tell(const struct filter *f)
{
	char since[WHEN_SIZE], until[WHEN_SIZE];
	bool from = f->since_us != INT64_MIN, to = f->until_us != INT64_MAX;

	if (!from && !to)
		return;
	when_format(since, from ? f->since_us / 1000000 : 0);
	when_format(until, to ? f->until_us / 1000000 : 0);
	say("events received %s%s%s%s%s", from ? "from " : "",
	    from ? since : "", from && to ? ", " : "", to ? "before " : "",
	    to ? until : "");
}

/* Looks into the exact body. */
static bool
match_body(struct filter *f, const struct record_view *view, bool *wanted,
    struct err *err)
{
	struct hookcask_span body;

	if (!stored_body_read(&f->body, view, &body, err))
		return false;
	*wanted = f->grep == NULL || (body.len > 0 &&
	    memmem(body.data, body.len, f->grep, strlen(f->grep)) != NULL);
	return !*wanted || where_match(&f->where, body, wanted, err);
}

bool
filter_match(struct filter *f, const struct record_view *view, bool *wanted,
    struct err *err)
{
	*wanted = view->received_us >= f->since_us &&
	    view->received_us < f->until_us &&
	    (f->id == NULL || strcmp(f->id, view->id) == 0) &&
	    globs_match(&f->types, view->type);
	if (!*wanted || (f->grep == NULL && f->where.count == 0))
		return true;
	return match_body(f, view, wanted, err);
}
