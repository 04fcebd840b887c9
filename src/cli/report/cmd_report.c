/* SPDX-License-Identifier: ISC */
/* report: an operator's week: what is wrong, what to do, and the figures. */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileops.h"
#include "base/path.h"
#include "cli/host/endpoint.h"
#include "cli/host/files.h"
#include "cli/host/web_root.h"
#include "cli/reading/reader.h"
#include "cli/report/report.h"
#include "cli/term/when.h"
#include "cli/verb/verb.h"

enum { CONFIG, ENDPOINT, SINCE, HTML, DOCROOT, TEXT, JSON, UTC };

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[SINCE] = { "since", 'S', "TIME", "from then on, at most 7 days (7d)" },
	[HTML] = { "html", 0, "FILE", "write a page to FILE (-: print)" },
	[DOCROOT] = { "allow-docroot", 0, NULL, "where web servers show it" },
	[TEXT] = { "text", 0, NULL, "print text, for a mail or a terminal" },
	[JSON] = { "json", 'j', NULL, "print JSON, an endpoint a line" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

#define WEEK_US	(INT64_C(168) * 3600 * 1000000)

static bool
read_since(const struct args *args, int64_t *since_us, struct err *err)
{
	const char *since = args->value[SINCE];
	int64_t now_us = fileops_posix.now_us(NULL);

	if (since == NULL) {
		*since_us = now_us - WEEK_US;
		return true;
	}
	if (!when_parse(since, now_us, since_us))
		return err_set(err, OUTCOME_USAGE, "--since %s: not "
		    WHEN_ADVICE, since);
	return (*since_us >= now_us - WEEK_US && *since_us < now_us) ||
	    err_set(err, OUTCOME_USAGE, "--since %s: not within the last 7 "
	    "days, as far as the counters go back; hookcask list --csv has "
	    "older events", since);
}

static void
print(const struct args *args, const struct report *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (args->value[JSON] != NULL) {
			report_json(&list[i]);
			continue;
		}
		if (i > 0)
			putchar('\n');
		report_text(stdout, &list[i]);
	}
}

/* Would a web server show it to everybody? */
static bool
is_shown(const char *path, struct err *err)
{
	char *dir = path_directory(path), real[PATH_MAX + 1];
	const char *root = NULL;

	if (dir != NULL && strcmp(path, "-") != 0 &&
	    realpath(strchr(path, '/') == NULL ? "." : dir, real) != NULL)
		root = web_root_usual(strcat(real, "/"));
	free(dir);
	return root != NULL && !err_set(err, OUTCOME_USAGE, "--html %s: below "
	    "%s, which web servers usually show to everybody, and the page "
	    "names ids and addresses; write it elsewhere, or add "
	    "--allow-docroot", path, root);
}

/* It names ids and addresses: others may not read it. */
static bool
write_page(const char *path, const struct report *list, size_t count,
    struct err *err)
{
	struct new_file file = { .path = path, .mode = 0640,
		.uid = FILE_KEEP_OWNER, .gid = FILE_KEEP_OWNER };
	char *text = NULL;
	FILE *out;
	bool done;

	if (strcmp(path, "-") == 0) {
		report_html(stdout, list, count);
		return true;
	}
	out = open_memstream(&text, &file.len);
	if (out == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	report_html(out, list, count);
	fclose(out);
	file.data = text;
	done = text != NULL && file_replace(&file, err);
	free(text);
	return done;
}

/* The figures are printed even if something could not be read. */
static bool
tell(const struct args *args, const struct report *list, size_t count,
    struct err *err)
{
	struct reader left_out = { .record = NULL };

	if (args->value[HTML] == NULL)
		print(args, list, count);
	else if (args->value[DOCROOT] == NULL &&
	    is_shown(args->value[HTML], err))
		return false;
	else if (!write_page(args->value[HTML], list, count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		left_out.unread += list[i].unread;
		left_out.skipped += list[i].skipped;
	}
	return reader_complete(&left_out, err);
}

static bool
look(const struct args *args, const struct endpoint *endpoints, size_t all,
    int64_t since_us, struct err *err)
{
	struct report *list = calloc(all, sizeof(*list));
	size_t count = 0;
	bool done = true;

	if (list == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	while (done && count < all) {
		done = report_read(&list[count], &endpoints[count], since_us,
		    err);
		if (done)
			report_judge(&list[count++]);
	}
	done = done && tell(args, list, count, err);
	for (size_t i = 0; i < count; i++)
		report_wipe(&list[i]);
	free(list);
	return done;
}

static bool
run(const struct args *args, struct err *err)
{
	const struct endpoint *first;
	struct config config;
	int64_t since_us;
	size_t count;
	bool done;

	if ((args->value[HTML] != NULL) + (args->value[TEXT] != NULL) +
	    (args->value[JSON] != NULL) > 1)
		return err_set(err, OUTCOME_USAGE, "--html, --text and --json "
		    "cannot be used together");
	if (!read_since(args, &since_us, err) ||
	    !endpoint_open(&config, &first, &count, args->value[CONFIG],
	    args->value[ENDPOINT], err))
		return false;
	done = look(args, first, count, since_us, err);
	config_wipe(&config);
	return done;
}

const struct verb verb_report = {
	.name = "report",
	.group = GROUP_LOOK,
	.summary = "report a week: what is wrong, what to do, and the figures",
	.operands = "",
	.operands_max = 0,
	.options = options,
	.run = run,
};
