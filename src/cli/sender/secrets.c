/* SPDX-License-Identifier: ISC */
/*
 * Finds the secrets for signing and verifying by hand.  Unlike the responder
 * it reads any file that its user may read, and only warns of loose
 * permissions; "check" is as strict as the responder.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cli/host/endpoint.h"
#include "cli/sender/secrets.h"
#include "cli/term/input.h"
#include "cli/term/say.h"
#include "config/vault.h"

static bool
read_file(struct secrets *s, const char *name, struct err *err)
{
	struct stat st;
	bool done;
	int fd;

	if (strcmp(name, "-") == 0)
		return input_read(&s->text, name, INPUT_SECRET_MAX, err) &&
		    keyset_parse(s->set, "standard input", s->text.data,
		    s->text.len, err);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	/* do not print it; it is in the shell's history by now */
	if (fd == -1 && strncmp(name, "whsec_", 6) == 0)
		return err_set(err, OUTCOME_NO_INPUT, "a secret was given "
		    "instead of the name of its file; put it into a file of "
		    "your own, mode 0600, and remove it from the shell's "
		    "history");
	if (fd == -1)
		return err_sys(err, OUTCOME_NO_INPUT, errno, "%s", name);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (st.st_uid == 0 ? 0037 : 0077)) != 0)
		say("warning: %s: others may use this secret (mode %04o); "
		    "chmod 600", name, (unsigned)st.st_mode & 07777);
	done = input_read_fd(&s->text, fd, name, INPUT_SECRET_MAX, err) &&
	    keyset_parse(s->set, name, s->text.data, s->text.len, err);
	close(fd);
	return done;
}

/* HOOKCASK_SECRET: blanks separate secrets, as line ends do in files. */
static bool
read_text(struct secrets *s, const char *text, const char *name,
    struct err *err)
{
	s->text.len = strlen(text);
	s->text.kept = s->text.len + 1;
	s->text.data = vault_text(text);
	if (s->text.data == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	for (char *p = s->text.data; *p != '\0'; p++)
		if (*p == ' ' || *p == '\t')
			*p = '\n';
	return keyset_parse(s->set, name, s->text.data, s->text.len, err);
}

static bool
read_from(struct secrets *s, const struct endpoint *endpoint,
    struct err *err)
{
	s->tolerance = endpoint->tolerance;
	return endpoint->secret_file != NULL ?
	    read_file(s, endpoint->secret_file, err) :
	    read_text(s, endpoint->secrets, endpoint->where, err);
}

static bool
read_endpoint(struct secrets *s, const struct secret_choice *choice,
    struct err *err)
{
	const struct endpoint *endpoint;
	struct config config;
	bool done;

	if (!endpoint_choose(&config, &endpoint, choice->config,
	    choice->endpoint, err))
		return false;
	done = read_from(s, endpoint, err);
	config_wipe(&config);
	return done;
}

/* secrets_wipe() is legal after a failure, too. */
static bool
begin(struct secrets *s, struct err *err)
{
	memset(s, 0, sizeof(*s));
	s->set = vault_alloc(sizeof(*s->set));
	return s->set != NULL || err_set(err, OUTCOME_NO_MEMORY, "no memory");
}

bool
secrets_of(struct secrets *s, const struct endpoint *endpoint,
    struct err *err)
{
	if (begin(s, err) && read_from(s, endpoint, err))
		return true;
	secrets_wipe(s);
	return false;
}

static bool
read_chosen(struct secrets *s, const struct secret_choice *choice,
    struct err *err)
{
	const char *text = getenv("HOOKCASK_SECRET");
	const char *file = getenv("HOOKCASK_SECRET_FILE");
	bool named = choice->config != NULL || choice->endpoint != NULL;

	s->tolerance = HOOKCASK_TOLERANCE;
	if (choice->file != NULL && named)
		return err_set(err, OUTCOME_USAGE,
		    "give either --secret-file or --config and --endpoint");
	if (choice->file != NULL)
		return read_file(s, choice->file, err);
	if (text != NULL && !named)
		return read_text(s, text, "HOOKCASK_SECRET", err);
	if (file != NULL && !named)
		return read_file(s, file, err);
	return read_endpoint(s, choice, err);
}

bool
secrets_load(struct secrets *s, const struct secret_choice *choice,
    struct err *err)
{
	bool done = begin(s, err) && read_chosen(s, choice, err);
	char *text = getenv("HOOKCASK_SECRET");

	if (text != NULL) {
		wipe_text(text);
		unsetenv("HOOKCASK_SECRET");
	}
	if (!done)
		secrets_wipe(s);
	return done;
}

void
secrets_wipe(struct secrets *s)
{
	vault_free(s->set, sizeof(*s->set));
	s->set = NULL;
	input_wipe(&s->text);
}

const struct hookcask_key *
secrets_signing_key(const struct secrets *s, int64_t when, struct err *err)
{
	for (size_t i = 0; i < s->set->count; i++)
		if (s->set->keys[i].kind == HOOKCASK_KEY_HMAC &&
		    s->set->keys[i].not_after >= when)
			return &s->set->keys[i];
	err_set(err, OUTCOME_BAD_CONFIG,
	    "no whsec_ secret that is valid at the message's time");
	return NULL;
}
