/* SPDX-License-Identifier: ISC */
/*
 * Finds the verb, runs it, and turns its error into a message and an exit
 * code.  Nothing else exits.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if defined(STATIC_LIBC) && defined(__GLIBC__)
#include <nss.h>
#endif

#include "cli/host/endpoint.h"
#include "cli/term/jsonl.h"
#include "cli/term/say.h"
#include "cli/term/zone.h"
#include "cli/verb/completion.h"
#include "cli/verb/nearest.h"
#include "cli/verb/options.h"
#include "cli/verb/usage.h"
#include "cli/verb/verb.h"
#include "config/vault.h"

static const struct verb *const verbs[] = {
	&verb_init,
	&verb_check,
	&verb_config,
	&verb_probe,
	&verb_dev,
	&verb_keygen,
	&verb_sign,
	&verb_send,
	&verb_verify,
	&verb_cat,
	&verb_list,
	&verb_show,
	&verb_tail,
	&verb_status,
	&verb_refused,
	&verb_gaps,
	&verb_report,
	&verb_drain,
	&verb_failed,
	&verb_replay,
	&verb_audit,
	&verb_index,
	&verb_prune,
	NULL
};

static const struct verb *
find(const char *name)
{
	for (int i = 0; verbs[i] != NULL; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

static const char *
verb_at(const void *ctx, size_t i)
{
	(void)ctx;
	return verbs[i] == NULL ? NULL : verbs[i]->name;
}

static bool
no_such_verb(const char *before, const char *name, struct err *err)
{
	const char *meant = nearest(name, verb_at, NULL);

	if (meant == NULL)
		return err_set(err, OUTCOME_USAGE, "%s%s: no such verb; see "
		    "hookcask help", before, name);
	return err_set(err, OUTCOME_USAGE, "%s%s: no such verb; did you mean "
	    "%s?", before, name, meant);
}

/* If standard output is a file on a full disk, that is no success. */
static bool
flush_output(struct err *err)
{
	if (jsonl_is_lost())
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	return err_sys(err, OUTCOME_IO_ERROR, errno, "standard output");
}

static bool
help(int argc, char **argv, struct err *err)
{
	const struct verb *verb;

	if (argc == 0 || strcmp(argv[0], "--help") == 0 ||
	    strcmp(argv[0], "-h") == 0) {
		usage_all(verbs);
		return true;
	}
	/* for the build, which installs its output */
	if (argc <= 2 && strcmp(argv[0], "--completion") == 0)
		return completion_print(argc == 2 ? argv[1] : "", verbs, err);
	/* for the shells that complete */
	if (argc <= 2 && strcmp(argv[0], "--endpoints") == 0) {
		endpoint_print_names(argc == 2 ? argv[1] : NULL);
		return true;
	}
	verb = find(argv[0]);
	if (verb == NULL)
		return no_such_verb("help ", argv[0], err);
	if (argc > 1)
		return err_set(err, OUTCOME_USAGE, "help %s: one argument too "
		    "many", argv[0]);
	usage_verb(verb);
	return true;
}

static bool
run(int argc, char **argv, struct err *err)
{
	const struct verb *verb;
	struct args args;

	if (argc == 0)
		return err_set(err, OUTCOME_USAGE,
		    "no verb given; see hookcask help");
	if (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "--help") == 0 ||
	    strcmp(argv[0], "-h") == 0)
		return help(argc - 1, argv + 1, err);
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) {
		puts(PACKAGE_STRING);
		return true;
	}
	verb = find(argv[0]);
	if (verb == NULL)
		return no_such_verb("", argv[0], err);
	if (!args_parse(&args, verb, argc - 1, argv + 1, err))
		return false;
	if (args.help) {
		usage_verb(verb);
		return true;
	}
	for (int i = 0; verb->options[i].name != NULL; i++)
		if (strcmp(verb->options[i].name, "utc") == 0 &&
		    args.value[i] != NULL)
			zone_use_utc();
	return verb->run(&args, err);
}

/*
 * If a standard descriptor is closed, the next open file would get it, and
 * messages would go into a store.  So it is opened, in a way that makes each
 * use of it fail as before.
 */
static bool
hold_standard(struct err *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null",
		    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return err_sys(err, OUTCOME_UNAVAILABLE, errno,
			    "/dev/null");
	return true;
}

/* The libraries that nsswitch.conf names need another libc than ours. */
static void
look_up_users_in_files(void)
{
#if defined(STATIC_LIBC) && defined(__GLIBC__)
	__nss_configure_lookup("passwd", "files");
	__nss_configure_lookup("group", "files");
	__nss_configure_lookup("initgroups", "files");
#endif
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	bool done;

	/* "| head" must end quietly, even under a service that ignores it */
	signal(SIGPIPE, SIG_DFL);
	vault_hide();
	look_up_users_in_files();
	done = hold_standard(&err) &&
	    run(argc > 0 ? argc - 1 : 0, argv + 1, &err);
	if (done)
		done = flush_output(&err);
	else
		fflush(stdout);
	if (done)
		return 0;
	if (err.text[0] != '\0')
		say("%s", err.text);
	return outcome_exit(err.kind);
}
