/* SPDX-License-Identifier: ISC */
/*
 * The responder on its way into the sandbox, really: each process that plays
 * is shut in at the end.  auto serves with what it could enter, and says what
 * it could not; strict refuses, and says why; and nobody is shut out of the
 * own store.
 */
#include <config.h>

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "request.h"
#include "sandbox/sandbox.h"
#include "walk.h"

static struct site *site;
static struct sandbox_parts here;	/* before anything fails */
static int status;
static int log_fd;

static void
prepare(const char *sandbox)
{
	/* in there it could not be opened */
	log_fd = open(walk_path("log"), O_RDONLY);
	sandbox_probe(&here);
	request_prepare("log", sandbox);
}

static void
prepare_auto(void)
{
	prepare("auto");
}

static void
prepare_strict(void)
{
	prepare("strict");
}

static void
play(void)
{
	site = site_open(&request_options);
	status = site == NULL ? 503 : request_ask(site);
}

static bool
has_said(const char *text)
{
	char said[8192];
	ssize_t len = pread(log_fd, said, sizeof(said) - 1, 0);

	WALK_HOLDS(len >= 0);
	said[len] = '\0';
	return strstr(said, text) != NULL;
}

/* Are files shut off that are not ours, and few? */
static bool
is_shut_in(void)
{
	struct rlimit limit;

	return open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES &&
	    getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_max < CONNECTIONS_MAX + 300;
}

/* What asks whether there is a part at all: then there is none. */
static bool
is_question(const char *call)
{
	return strcmp(call, "landlock version") == 0 ||
	    strcmp(call, "seccomp action") == 0;
}

/* One of the calls by which it goes in. */
static void
judge_auto(void)
{
	const char *call = walk_failed();

	WALK_HOLDS(status == 200 && request_count() == 1);
	if (sandbox_is_whole(&here) && call[0] == '\0')
		WALK_HOLDS(is_shut_in() && !has_said("only this was"));
	else if (sandbox_is_whole(&here) && !is_question(call))
		WALK_HOLDS(has_said("only this was entered"));
}

static void
judge_strict(void)
{
	const char *call = walk_failed();
	bool is_whole = sandbox_is_whole(&here) && call[0] == '\0';

	if (is_whole || (status == 200 && is_question(call))) {
		WALK_HOLDS(status == 200 && is_shut_in());
		return;
	}
	WALK_HOLDS(status == 503 && request_count() == 0);
	WALK_HOLDS(has_said("sandbox = strict, but this system has only: "));
	/* once and for all */
	fail_wait(1500);
	WALK_HOLDS(request_ask(site) == 503 && request_count() == 0);
}

/* Pages that cannot be locked or kept out of dumps will do. */
static void
judge_good(void)
{
	WALK_HOLDS(status == 200 && request_count() == 1);
}

/* Any call at all. */
static void
judge_any(void)
{
	WALK_HOLDS(status == 200 || status == 503);
	WALK_HOLDS(request_count() <= 1);
	fail_wait(1500);
	if (site == NULL)
		site = site_open(&request_options);
	WALK_HOLDS(site != NULL);
	status = request_ask(site);
	WALK_HOLDS(status == 200 ? request_count() == 1 : status == 503 &&
	    (has_said("sandbox = strict, but") ||
	    has_said("can only be entered at start; restart the responder")));
}

#define ENTERING(call)							\
	{ "auto: " call, call, prepare_auto, play, judge_auto },	\
	{ "strict: " call, call, prepare_strict, play, judge_strict }

const struct scene scenes[] = {
	ENTERING("prctl"),
	ENTERING("landlock version"),
	ENTERING("landlock_create_ruleset"),
	ENTERING("landlock_add_rule"),
	ENTERING("landlock_restrict_self"),
	ENTERING("seccomp action"),
	ENTERING("seccomp"),
	ENTERING("getrlimit"),
	ENTERING("setrlimit"),
	{ "madvise", "madvise", prepare_auto, play, judge_good },
	{ "mlock", "mlock", prepare_auto, play, judge_good },
	{ "auto: any call", NULL, prepare_auto, play, judge_any },
	{ "strict: any call", NULL, prepare_strict, play, judge_any },
	{ NULL, NULL, NULL, NULL, NULL }
};
