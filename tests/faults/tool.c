/* SPDX-License-Identifier: ISC */
/*
 * The operator's tool, verb by verb.  It says that it did not succeed, or
 * its output is the one of a run in which nothing failed.
 */
#include <config.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "event/record.h"
#include "events.h"
#include "store/store.h"
#include "walk.h"

/* src/cli/main.c under another name */
int	hookcask_main(int argc, char **argv);

#define ARGS_MAX	16

static char *arguments[ARGS_MAX + 1];
static int exit_code;

static void
set_arguments(const char *const *list)
{
	size_t n = 0;

	arguments[n++] = (char *)(uintptr_t)"hookcask";
	for (; *list != NULL; list++)
		arguments[n++] = (char *)(uintptr_t)*list;
	arguments[n] = NULL;
}

static void
put_events(void)
{
	static char path[512];
	static char type[] = "test";
	struct endpoint endpoint = { .name = "test", .mode = 0600,
		.dedup_window = 7 * 86400, .log = path, .where = type };
	const struct store_options options = { .lock_timeout = 5 };
	static const char *const ids[] = { "msg_1", "msg_2", "msg_3" };
	struct store *store;
	struct record record;
	struct event event;

	snprintf(path, sizeof(path), "%s", walk_path("store/log"));
	WALK_HOLDS(store_open(&store, &endpoint, &options, NULL));
	for (size_t i = 0; i < 3; i++) {
		event_make(&event, (struct hookcask_span){ ids[i],
		    strlen(ids[i]) }, (struct hookcask_span){ "[\n1]", 4 });
		WALK_HOLDS(record_init(&record, &event, NULL));
		WALK_HOLDS(store_put(store, &record, NULL) ==
		    OUTCOME_STORED);
		record_wipe(&record);
		free(event.body);
	}
	store_close(store);
}

static void
prepare(void)
{
	char text[1024];

	mkdir(walk_path("store"), 0700);
	walk_write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", 0600);
	walk_write("body", "{\"test\": 2432232314}", 0600);
	snprintf(text, sizeof(text), "endpoint \"test\" {\n"
	    " secret-file = \"%s\"\n log = \"%s\"\n}\n", walk_path("secret"),
	    walk_path("store/log"));
	walk_write("conf", text, 0600);
	put_events();
}

static void
play(void)
{
	int argc = 0;

	while (arguments[argc] != NULL)
		argc++;
	exit_code = hookcask_main(argc, arguments);
}

static void
prepare_with(const char *const *list)
{
	int fd;

	prepare();
	set_arguments(list);
	fflush(stdout);
	fd = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
	WALK_HOLDS(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	close(fd);
	WALK_HOLDS(freopen("/dev/null", "r", stdin) != NULL);
}

/* What was said on standard error, up to now: free(3). */
static char *
read_said(void)
{
	size_t len;

	fflush(stderr);
	return walk_read("log", &len);
}

/* Who does not succeed says why, with a code of sysexits(3). */
static void
judge_code(void)
{
	char *said = read_said();

	WALK_HOLDS(exit_code == 0 || exit_code == 1 ||
	    (exit_code >= 64 && exit_code <= 78));
	WALK_HOLDS(exit_code == 0 || said[0] != '\0');
	free(said);
}

static void
judge(void)
{
	struct walk_reference *reference = walk_reference();
	char *out, *said;
	size_t len;

	judge_code();
	fflush(stdout);
	out = walk_read("out", &len);
	if (!reference->set) {
		WALK_HOLDS(exit_code == 0 && len < sizeof(reference->text));
		memcpy(reference->text, out, len);
		reference->len = len;
		reference->set = true;
	}
	/* a file that cannot be read is left out aloud, never in silence */
	said = read_said();
	WALK_HOLDS(exit_code != 0 || strstr(said, "left out") != NULL ||
	    (len == reference->len &&
	    memcmp(out, reference->text, len) == 0));
	free(said);
	free(out);
}

#define VERB(name, ...)							\
	static void							\
	prepare_##name(void)						\
	{								\
		static const char *const list[] = { __VA_ARGS__, NULL }; \
									\
		prepare_with(list);					\
	}

VERB(cat, "cat", "--config", "conf")
VERB(cat_data, "cat", "--data", "--config", "conf")
VERB(sign, "sign", "--secret-file", "secret", "--id", "msg_9", "--timestamp",
    "1614265330", "body")
VERB(keygen, "keygen")
VERB(prints, "keygen", "--fingerprint", "secret")
VERB(index, "index", "--config", "conf")
VERB(rebuild, "index", "--rebuild", "--config", "conf")
VERB(forget, "index", "--forget", "msg_2", "--config", "conf")
VERB(check, "check", "--config", "conf")
VERB(drain, "drain", "--once", "--config", "conf", "--", "cat")
VERB(failed, "failed", "--config", "conf")

const struct scene scenes[] = {
	{ "cat", NULL, prepare_cat, play, judge },
	{ "cat --data", NULL, prepare_cat_data, play, judge },
	{ "sign", NULL, prepare_sign, play, judge },
	{ "keygen", NULL, prepare_keygen, play, judge_code },
	{ "keygen --fingerprint", NULL, prepare_prints, play, judge },
	{ "index", NULL, prepare_index, play, judge },
	{ "index --rebuild", NULL, prepare_rebuild, play, judge },
	{ "index --forget", NULL, prepare_forget, play, judge },
	{ "check", NULL, prepare_check, play, judge_code },
	{ "drain", NULL, prepare_drain, play, judge_code },
	{ "failed", NULL, prepare_failed, play, judge_code },
	{ NULL, NULL, NULL, NULL, NULL }
};
