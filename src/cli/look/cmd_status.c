/* SPDX-License-Identifier: ISC */
/* status: reports the health of endpoints. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "cli/host/endpoint.h"
#include "cli/host/files.h"
#include "cli/look/status.h"
#include "cli/term/escape.h"
#include "cli/verb/verb.h"

enum {
	CONFIG, ENDPOINT, CHECK, SILENCE, REFUSALS, BACKLOG, AGE, DISK, SKEW,
	PROMETHEUS, JSON, UTC
};

static const struct option options[] = {
	[CONFIG] = OPTION_CONFIG,
	[ENDPOINT] = OPTION_ENDPOINT,
	[CHECK] = { "check", 0, NULL,
	    "check, and exit as monitoring plugins do" },
	[SILENCE] = { "silence", 0, "TIMES",
	    "warn,fail after this long without an event (2h,6h)" },
	[REFUSALS] = { "refusals", 0, "NUMBERS",
	    "warn,fail at this many refusals in the last hour" },
	[BACKLOG] = { "backlog", 0, "NUMBERS",
	    "warn,fail at this consumer backlog, in events" },
	[AGE] = { "age", 0, "TIMES",
	    "warn,fail at this age of an unfinished event (10m,1h)" },
	[DISK] = { "disk", 0, "LIMITS",
	    "warn,fail at this free space (10%,5% or 14d,2d)" },
	[SKEW] = { "skew", 0, "TIMES",
	    "warn,fail at this clock skew (60s,200s)" },
	[PROMETHEUS] = { "prometheus", 0, "FILE",
	    "write figures for a collector to FILE (-: print)" },
	[JSON] = { "json", 'j', NULL, "print JSON, an endpoint a line" },
	[UTC] = OPTION_UTC,
	OPTION_END
};

static bool
read_thresholds(const struct args *args, struct thresholds *t,
    struct err *err)
{
	const char *const *v = args->value;

	memset(t, 0, sizeof(*t));
	if (v[CHECK] == NULL)
		for (int i = SILENCE; i <= SKEW; i++)
			if (v[i] != NULL)
				return err_set(err, OUTCOME_USAGE,
				    "--%s: needs --check",
				    args->verb->options[i].name);
	if ((v[CHECK] != NULL) + (v[PROMETHEUS] != NULL) +
	    (v[JSON] != NULL) > 1)
		return err_set(err, OUTCOME_USAGE,
		    "--check, --prometheus and --json cannot be used together");
	return threshold_time(&t->silence, "silence", v[SILENCE], err) &&
	    threshold_number(&t->refusals, "refusals", v[REFUSALS], err) &&
	    threshold_number(&t->backlog, "backlog", v[BACKLOG], err) &&
	    threshold_time(&t->age, "age", v[AGE], err) &&
	    threshold_disk(&t->disk, v[DISK], err) &&
	    threshold_time(&t->skew, "skew", v[SKEW], err);
}

static bool
write_prometheus(const char *path, const struct config *config,
    const struct status *list, size_t count, struct err *err)
{
	struct new_file file = { .path = path, .mode = 0644,
		.uid = FILE_KEEP_OWNER, .gid = FILE_KEEP_OWNER };
	char *text = NULL;
	size_t len;
	FILE *out;
	bool done;

	if (strcmp(path, "-") == 0) {
		status_prometheus(stdout, config, list, count);
		return true;
	}
	out = open_memstream(&text, &len);
	if (out == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	status_prometheus(out, config, list, count);
	fclose(out);
	file.data = text;
	file.len = len;
	done = text != NULL && file_replace(&file, err);
	free(text);
	return done;
}

static const enum outcome alerts[] = {
	[ALERT_OK] = OUTCOME_STORED, [ALERT_WARNING] = OUTCOME_WARNING,
	[ALERT_CRITICAL] = OUTCOME_CRITICAL,
	[ALERT_UNKNOWN] = OUTCOME_UNKNOWN,
};

static bool
tell(const struct args *args, const struct config *config,
    const struct status *list, size_t count, const struct thresholds *t,
    struct err *err)
{
	if (args->value[PROMETHEUS] != NULL)
		return write_prometheus(args->value[PROMETHEUS], config, list,
		    count, err);
	if (args->value[CHECK] != NULL) {
		err->kind = alerts[status_check(list, count, t)];
		return err->kind == OUTCOME_STORED;
	}
	for (size_t i = 0; i < count; i++) {
		if (args->value[JSON] != NULL) {
			status_print_json(&list[i]);
			continue;
		}
		if (i > 0)
			putchar('\n');
		status_print(&list[i]);
	}
	return true;
}

static bool
look(const struct args *args, const struct thresholds *t, struct err *err)
{
	const struct endpoint *first;
	struct status *list;
	struct config config;
	size_t all, count = 0;
	bool done = true;

	if (!endpoint_open(&config, &first, &all, args->value[CONFIG],
	    args->value[ENDPOINT], err))
		return false;
	list = calloc(all, sizeof(*list));
	if (list == NULL)
		done = err_set(err, OUTCOME_NO_MEMORY, "no memory");
	while (done && count < all) {
		done = status_read(&list[count], &first[count], err);
		count += done;
	}
	done = done && tell(args, &config, list, count, t, err);
	while (count > 0)
		status_wipe(&list[--count]);
	free(list);
	config_wipe(&config);
	return done;
}

static bool
run(const struct args *args, struct err *err)
{
	struct thresholds thresholds;
	bool done;

	if (!read_thresholds(args, &thresholds, err))
		return false;
	done = look(args, &thresholds, err);
	if (done || args->value[CHECK] == NULL || err->text[0] == '\0')
		return done;
	/* for monitoring, an error has a code of its own */
	printf("HOOKCASK UNKNOWN - ");
	print_escaped(span_text(err->text));
	putchar('\n');
	err->text[0] = '\0';
	err->kind = OUTCOME_UNKNOWN;
	return false;
}

const struct verb verb_status = {
	.name = "status",
	.group = GROUP_LOOK,
	.summary = "report the health of endpoints, for people or monitoring",
	.operands = "",
	.operands_max = 0,
	.options = options,
	.run = run,
};
