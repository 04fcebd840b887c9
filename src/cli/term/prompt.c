/* SPDX-License-Identifier: ISC */
/*
 * Reads a secret from a terminal without echo, and restores the terminal
 * even if a signal ends the program.
 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/term/input.h"
#include "cli/term/prompt.h"
#include "config/vault.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define SIGNALS	(sizeof(signals) / sizeof(*signals))

static struct termios before;

static void
restore(int number)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	signal(number, SIG_DFL);
	raise(number);
}

/* Not by stdio, whose buffer would keep it.  A terminal gives a line. */
static bool
read_line(struct input *in)
{
	ssize_t n;

	in->kept = INPUT_SECRET_MAX;
	in->data = vault_alloc(in->kept);
	n = in->data == NULL ? -1 :
	    read(STDIN_FILENO, in->data, in->kept - 1);
	if (n > 0) {
		in->len = (size_t)n;
		return true;
	}
	input_wipe(in);
	return false;
}

static bool
read_unseen(struct input *in)
{
	struct termios quiet = before;
	bool done;

	for (size_t i = 0; i < SIGNALS; i++)
		signal(signals[i], restore);
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	/* the echo is off before anybody is asked to paste */
	fputs("Paste the secret (whsec_...) and press Enter: ", stderr);
	done = read_line(in);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	for (size_t i = 0; i < SIGNALS; i++)
		signal(signals[i], SIG_DFL);
	putc('\n', stderr);
	return done;
}

bool
prompt_secret(struct input *in, struct err *err)
{
	memset(in, 0, sizeof(*in));
	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return input_read(in, "-", INPUT_SECRET_MAX, err);
	fflush(stdout);
	return read_unseen(in) ||
	    err_set(err, OUTCOME_NO_INPUT, "no secret was given");
}
