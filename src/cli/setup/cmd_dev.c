/* SPDX-License-Identifier: ISC */
/*
 * dev: runs an endpoint on a free loopback port until it is stopped, and
 * prints each event as it arrives.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/span.h"
#include "cli/setup/dev.h"
#include "cli/term/escape.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"
#include "event/record.h"

enum { NAME, PORT, SECRET_FILE, DIR, ONCE, TO, RESPONDER, LIGHTTPD };

static const struct option options[] = {
	[NAME] = { "name", 'n', "NAME", "of the endpoint (default dev)" },
	[PORT] = { "port", 'p', "PORT", "of 127.0.0.1 (default: a free one)" },
	[SECRET_FILE] = { "secret-file", 's', "FILE",
	    "take its secret (default: a fresh one)" },
	[DIR] = { "dir", 'd', "DIR",
	    "keep everything there (default: gone at the end)" },
	[ONCE] = { "once", '1', NULL, "end after the first event" },
	[TO] = { "to", 0, "URL", "post each event there, signed again" },
	[RESPONDER] = { "responder", 0, "FILE", "the hookcask.fcgi to run" },
	[LIGHTTPD] = { "lighttpd", 0, "FILE", "the lighttpd to run" },
	OPTION_END
};

#define LOOK_MS	100

static volatile sig_atomic_t stopped;
static bool reader_left;	/* of standard output */

static void
note_signal(int signo)
{
	stopped = signo;
}

static void
catch_signals(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	action.sa_handler = note_signal;
	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		sigaction(caught[i], &action, NULL);
	/* if the reader leaves, it ends, but in good order */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

/* A file that grows, and how far its lines have been shown. */
struct follow {
	const char	*path;
	int64_t		 from;
	const char	*to;		/* the URL of --to, or NULL */
	const char	*secret;	/* the file with what is signed with */
};

/* Shows the whole lines that are new; their number, or -1. */
static int64_t
follow_show(struct follow *f, void (*show)(struct follow *,
    struct hookcask_span), struct err *err)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct lines lines;
	struct line line;
	struct stat st;
	int64_t count = 0;
	int rc;

	if (fd == -1)
		return errno == ENOENT ? 0 : (err_sys(err,
		    OUTCOME_IO_ERROR, errno, "%s", f->path), -1);
	/* rolled over: read the new file from its start */
	if (fstat(fd, &st) == 0 && st.st_size < f->from)
		f->from = 0;
	lines_init(&lines, &fileops_posix, fd, f->from, INT64_MAX);
	while ((rc = lines_next(&lines, &line)) > 0 && line.whole) {
		show(f, span_make(line.text, line.len));
		f->from = line.offset + (int64_t)line.len + 1;
		count++;
	}
	lines_wipe(&lines);
	close(fd);
	if (rc >= 0)
		return count;
	err_sys(err, OUTCOME_IO_ERROR, errno, "%s", f->path);
	return -1;
}

static void
show_record(struct follow *f, struct hookcask_span line)
{
	print_data(line);
	putchar('\n');
	if (f->to != NULL) {
		fflush(stdout);
		dev_forward(f->to, f->secret, line);
	}
}

/* hookcask has written and escaped it. */
static void
show_refusal(struct follow *f, struct hookcask_span line)
{
	(void)f;
	fflush(stdout);
	fwrite(line.data, 1, line.len, stderr);
	putc('\n', stderr);
}

static void
greet(const struct dev_place *p, const struct dev_server *s,
    const char *name)
{
	fprintf(stderr, "hookcask dev: http://127.0.0.1:%d/webhooks/%s\n"
	    "  secret     %s\n"
	    "  log        %s\n"
	    "To get events of a real sender:\n"
	    "  1. open a tunnel:  ngrok http %d\n"
	    "             or:     npx localtunnel --port %d\n"
	    "  2. give the sender its URL: https://THE-TUNNEL/webhooks/%s\n"
	    "  3. put the sender's secret, whsec_..., on a line of its own "
	    "into the file\n     above; it is read again at once\n"
	    "To send one yourself, from another terminal:\n"
	    "  hookcask send --secret-file %s \\\n"
	    "      http://127.0.0.1:%d/webhooks/%s\n"
	    "Events appear on standard output, refusals and their reasons "
	    "here.\nCtrl-C ends it%s.\n", s->port, name, p->secret, p->log,
	    s->port, s->port, name, p->secret, s->port, name,
	    p->temporary ? " and leaves nothing behind" : "");
}

/* For scripts: when this file appears, lighttpd listens. */
static bool
write_url(const struct dev_place *p, const struct dev_server *s,
    const char *name, struct err *err)
{
	char text[128];

	snprintf(text, sizeof(text), "http://127.0.0.1:%d/webhooks/%s\n",
	    s->port, name);
	return dev_place_write(p, "url", text, err);
}

static bool
watch(const struct dev_place *p, struct dev_server *s, bool once,
    const char *to, struct err *err)
{
	struct follow log = { p->log, 0, to, p->secret };
	struct follow diag = { .path = p->diag };
	struct stat st;

	/* skip what a kept directory already has */
	if (stat(p->log, &st) == 0)
		log.from = st.st_size;
	if (stat(p->diag, &st) == 0)
		diag.from = st.st_size;
	while (!stopped) {
		struct pollfd poll_fd = { s->child.err, POLLIN, 0 };
		int64_t count = follow_show(&log, show_record, err);

		if (count < 0 || follow_show(&diag, show_refusal, err) < 0)
			return false;
		if (fflush(stdout) != 0) {
			reader_left = errno == EPIPE;
			return reader_left || err_sys(err, OUTCOME_IO_ERROR,
			    errno, "standard output");
		}
		if (once && count > 0)
			return true;
		if (dev_server_ended(s))
			return err_set(err, OUTCOME_UNAVAILABLE,
			    "lighttpd has ended; see %s/run/error", p->dir);
		poll(&poll_fd, 1, LOOK_MS);
	}
	return !once || err_set(err, OUTCOME_TRY_AGAIN,
	    "ended by signal %d before an event came", (int)stopped);
}

static bool
run(const struct args *args, struct err *err)
{
	struct dev_choice choice = {
		.name = args->value[NAME] != NULL ? args->value[NAME] : "dev",
		.dir = args->value[DIR],
		.secret_file = args->value[SECRET_FILE],
		.responder = args->value[RESPONDER],
		.lighttpd = args->value[LIGHTTPD],
	};
	struct dev_place place;
	struct dev_server server;
	bool done;

	memset(&server, 0, sizeof(server));
	if (!args_number(args, PORT, 1, 65535, &choice.port, err))
		return false;
	catch_signals();
	done = dev_place_make(&place, &choice, err) &&
	    dev_server_start(&server, &place, &choice, err) &&
	    write_url(&place, &server, choice.name, err);
	if (done) {
		greet(&place, &server, choice.name);
		done = watch(&place, &server, args->value[ONCE] != NULL,
		    args->value[TO], err);
	}
	dev_server_stop(&server);
	dev_place_wipe(&place);
	if (reader_left) {
		/* all is cleaned up: end as SIGPIPE usually does */
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return done;
}

const struct verb verb_dev = {
	.name = "dev",
	.group = GROUP_SET_UP,
	.summary = "receive on this machine and print each event, for a while",
	.operands = "",
	.options = options,
	.run = run,
};
