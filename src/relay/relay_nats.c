/* SPDX-License-Identifier: ISC */
/*
 * relay-nats: hands what drain --stay gives it to a stream of NATS JetStream.
 * The checkpoint is a message of the stream: its sequence, and its id's hash.
 */
#include <config.h>

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "config/vault.h"
#include "relay/jetstream.h"

enum {
	BINARY = 1, CA, CERT, KEY, CREDS, PASSWORD, NEW, REPLICAS, WINDOW,
	MAX_AGE
};

static bool	keep(void *, struct stay_line *, size_t, struct err *);

static const struct stay_engine engine = {
	.name = "relay-nats",
	.ask = jetstream_ask,
	.keep = keep,
	.look = jetstream_look
};

static const struct option options[] = {
	{ "init", no_argument, NULL, 'i' },
	{ "check", no_argument, NULL, 'c' },
	{ "binary", no_argument, NULL, BINARY },
	{ "ca", required_argument, NULL, CA },
	{ "cert", required_argument, NULL, CERT },
	{ "key", required_argument, NULL, KEY },
	{ "creds", required_argument, NULL, CREDS },
	{ "password-file", required_argument, NULL, PASSWORD },
	{ "new-stream", required_argument, NULL, NEW },
	{ "replicas", required_argument, NULL, REPLICAS },
	{ "window", required_argument, NULL, WINDOW },
	{ "max-age", required_argument, NULL, MAX_AGE },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static const char usage[] =
    "usage: relay-nats [OPTION]... nats://HOST[:PORT][,HOST...]/STREAM";
static const char help[] =
    "  --init                make the stream, and check it\n"
    "  --replicas N          servers that keep it (1)\n"
    "  --window TIME         for how long it remembers ids (2m)\n"
    "  --max-age TIME        for how long it keeps messages (for ever)\n"
    "  --check               check the stream, and what it could lose\n"
    "  --binary              publish the body alone\n"
    "  --new-stream all|rest hand over what a stream made anew lacks\n"
    "  --ca FILE             certificates that are trusted\n"
    "  --cert FILE, --key FILE\n"
    "                        a certificate of its own\n"
    "  --creds FILE          credentials: a JWT and a seed\n"
    "  --password-file FILE  a line USER:PASSWORD\n"
    "\n"
    "Without --init and --check it is a program for hookcask drain --stay.\n"
    "Manual: hookcask-relay-nats(8)\n";

static void
note(const char *text)
{
	stay_say(&engine, text);
}

static bool
keep(void *ctx, struct stay_line *lines, size_t count, struct err *err)
{
	struct jetstream *j = ctx;
	bool ok = jetstream_keep(j, lines, count, err);

	stay_say_others(&engine, j->others, "the subjects STREAM"
	    JETSTREAM_OTHER ".>");
	j->others = 0;
	return ok;
}

/* "28h"; -1: it is none. */
static int64_t
read_time(const char *text)
{
	static const char units[] = "smhd";
	static const int64_t seconds[] = { 1, 60, 3600, 86400 };
	char *end;
	long n = strtol(text, &end, 10);
	const char *unit = *end == '\0' ? NULL : strchr(units, *end);

	return end == text || n < 0 || n > 1000000 || unit == NULL ||
	    end[1] != '\0' ? -1 : n * seconds[unit - units];
}

static bool
take(int c, const char *value, struct jetstream *j,
    struct jetstream_where *where, struct jetstream_wish *wish)
{
	switch (c) {
	case BINARY:
		j->binary = true;
		return true;
	case CA:
		where->ca = value;
		return true;
	case CERT:
		where->cert = value;
		return true;
	case KEY:
		where->key = value;
		return true;
	case CREDS:
		where->creds = value;
		return true;
	case PASSWORD:
		where->password = value;
		return true;
	case NEW:
		j->again = value;
		return strcmp(value, "all") == 0 || strcmp(value, "rest") == 0;
	case REPLICAS:
		wish->replicas = strtol(value, NULL, 10);
		return wish->replicas > 0;
	case WINDOW:
		wish->window_s = read_time(value);
		return wish->window_s > 0;
	case MAX_AGE:
		wish->max_age_s = read_time(value);
		return wish->max_age_s >= 0;
	default:
		return false;
	}
}

int
main(int argc, char **argv)
{
	struct jetstream_wish wish = { .replicas = 1, .window_s = 120 };
	struct jetstream_where where = { .url = NULL };
	struct jetstream j = JETSTREAM_CLOSED;
	struct err err = ERR_INIT;
	int c, what = 'r';
	bool ok = true;

	vault_hide();
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'i' || c == 'c' || c == 'h')
			what = c;
		else
			ok = take(c, optarg, &j, &where, &wish) && ok;
	}
	if (ok && what == 'h') {
		printf("%s\n\n%s", usage, help);
		return 0;
	}
	if (!ok || optind + 1 != argc ||
	    (where.cert == NULL) != (where.key == NULL)) {
		stay_say(&engine, usage);
		return outcome_exit(OUTCOME_USAGE);
	}
	where.url = argv[optind];
	ok = jetstream_open(&j, &where, jetstream_acked, &err);
	if (ok && what == 'i')
		ok = jetstream_init(&j, &wish, note, &err);
	if (ok)
		ok = jetstream_check(&j, what == 'r' ? NULL : note, &err) &&
		    (what != 'r' || stay_run(&engine, &j, &err));
	jetstream_close(&j);
	if (ok)
		return 0;
	stay_say(&engine, err.text);
	return outcome_exit(err.kind);
}
