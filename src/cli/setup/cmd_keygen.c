/* SPDX-License-Identifier: ISC */
/* keygen: makes a secret, or prints the fingerprints of those in a file. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host/files.h"
#include "cli/sender/random.h"
#include "cli/sender/secrets.h"
#include "cli/verb/verb.h"
#include "config/vault.h"

enum { OUTPUT, FINGERPRINT, JSON };

static const struct option options[] = {
	[OUTPUT] = { "output", 'o', "FILE",
	    "write it to this new file (mode 0600)" },
	[FINGERPRINT] = { "fingerprint", 'f', "FILE",
	    "print the fingerprints of this secret file" },
	[JSON] = { "json", 'j', NULL, "print them as JSON, one a line" },
	OPTION_END
};

/*
 * Keys are in the order of their lines; a line has one unless it is empty or a
 * comment.
 */
static void
print_fingerprints(const struct secrets *s, bool json)
{
	const char *line = s->text.data;

	for (int number = 1;; number++) {
		size_t len = strcspn(line, "\n");
		char print[HOOKCASK_FINGERPRINT_SIZE];
		struct keyset one;

		/* by itself: what is there twice is one key of the set */
		if (keyset_parse(&one, "", line, len, NULL)) {
			hookcask_key_fingerprint(&one.keys[0], print);
			printf(json ? "{\"key\":\"%s\",\"line\":%d,"
			    "\"kind\":\"%s\"}\n" : "%s  line %d, %s\n",
			    print, number,
			    one.keys[0].kind == HOOKCASK_KEY_HMAC ?
			    "whsec" : "whpk");
			keyset_wipe(&one);
		}
		if (line[len] == '\0')
			break;
		line += len + 1;
	}
}

/* Not by stdio, whose buffer would keep it. */
static bool
print_secret(const char *secret, struct err *err)
{
	return write(STDOUT_FILENO, secret, SECRET_LINE) == SECRET_LINE ||
	    err_sys(err, OUTCOME_IO_ERROR, errno, "standard output");
}

static bool
run(const struct args *args, struct err *err)
{
	struct new_file file = { args->value[OUTPUT], 0600, FILE_KEEP_OWNER,
	    FILE_KEEP_OWNER, NULL, SECRET_LINE };
	char *secret;
	bool done = true;

	if (args->value[FINGERPRINT] != NULL) {
		struct secret_choice choice = { args->value[FINGERPRINT],
		    NULL, NULL };
		struct secrets secrets;

		if (args->value[OUTPUT] != NULL)
			return err_set(err, OUTCOME_USAGE,
			    "--output and --fingerprint cannot be "
			    "used together");
		if (!secrets_load(&secrets, &choice, err))
			return false;
		print_fingerprints(&secrets, args->value[JSON] != NULL);
		secrets_wipe(&secrets);
		return true;
	}
	if (args->value[JSON] != NULL)
		return err_set(err, OUTCOME_USAGE,
		    "--json: needs --fingerprint");
	file.data = secret = random_secret(err);
	if (secret == NULL)
		return false;
	if (file.path != NULL)
		done = file_create(&file, err);
	else
		done = print_secret(secret, err);
	vault_text_free(secret);
	return done;
}

const struct verb verb_keygen = {
	.name = "keygen",
	.group = GROUP_SET_UP,
	.summary = "make a secret, or show the fingerprints of a secret file",
	.operands = "",
	.options = options,
	.run = run,
};
