/* SPDX-License-Identifier: ISC */
/*
 * Reads a command line by the option table of its verb.  Options may precede
 * or follow operands, until "--".  None may be given twice or abbreviated:
 * scripts must not break when an option is added.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb/nearest.h"
#include "cli/verb/options.h"
#include "cli/verb/verb.h"

struct reader {
	struct args	*args;
	char		**next;		/* the arguments still unread */
	int		  left;
	struct err	*err;
};

static bool
refuse(struct reader *r, const char *what, const char *why)
{
	return err_set(r->err, OUTCOME_USAGE,
	    "%s: %s; see hookcask %s --help", what, why,
	    r->args->verb->name);
}

/* attached: the text after = or after the letter, or NULL. */
static bool
take(struct reader *r, int i, const char *word, const char *attached)
{
	const struct option *option = &r->args->verb->options[i];
	bool is_many = r->args->verb->many != NULL &&
	    strcmp(r->args->verb->many, option->name) == 0;

	if (r->args->value[i] != NULL && !is_many)
		return refuse(r, word, "given twice");
	if (option->value == NULL) {
		if (attached != NULL)
			return refuse(r, word, "takes no value");
		r->args->value[i] = "";
		return true;
	}
	if (attached == NULL) {
		if (r->left == 0)
			return refuse(r, word, "needs a value");
		attached = *r->next++;
		r->left--;
	}
	r->args->value[i] = attached;
	if (!is_many)
		return true;
	if (r->args->many.count == ARGS_MANY_MAX)
		return refuse(r, word, "given too often");
	r->args->many.value[r->args->many.count++] = attached;
	return true;
}

static const char *
option_at(const void *ctx, size_t i)
{
	return ((const struct option *)ctx)[i].name;
}

static bool
no_such_option(struct reader *r, const char *word)
{
	char name[64];
	const char *meant;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="),
	    word + 2);
	meant = nearest(name, option_at, r->args->verb->options);
	if (meant == NULL)
		return refuse(r, word, "no such option");
	return err_set(r->err, OUTCOME_USAGE, "%s: no such option; did you "
	    "mean --%s?", word, meant);
}

static bool
take_long(struct reader *r, const char *word)
{
	const struct option *options = r->args->verb->options;
	size_t len = strcspn(word + 2, "=");
	const char *attached = word[2 + len] == '=' ? word + len + 3 : NULL;

	if (strcmp(word, "--help") == 0) {
		r->args->help = true;
		return true;
	}
	for (int i = 0; options[i].name != NULL; i++)
		if (strlen(options[i].name) == len &&
		    memcmp(options[i].name, word + 2, len) == 0)
			return take(r, i, options[i].name, attached);
	return no_such_option(r, word);
}

/* One word of letters; the first that takes a value takes the rest. */
static bool
take_letters(struct reader *r, const char *word)
{
	const struct option *options = r->args->verb->options;

	for (const char *p = word + 1; *p != '\0'; p++) {
		int i = 0;

		if (*p == 'h') {
			r->args->help = true;
			continue;
		}
		while (options[i].name != NULL && options[i].letter != *p)
			i++;
		if (options[i].name == NULL)
			return refuse(r, word, "no such option");
		if (options[i].value != NULL)
			return take(r, i, options[i].name,
			    p[1] == '\0' ? NULL : p + 1);
		if (!take(r, i, options[i].name, NULL))
			return false;
	}
	return true;
}

bool
args_parse(struct args *args, const struct verb *verb, int argc, char **argv,
    struct err *err)
{
	struct reader r = { args, argv, argc, err };

	memset(args, 0, sizeof(*args));
	args->verb = verb;
	args->operand = argv;
	while (r.left > 0) {
		char *word = *r.next++;

		r.left--;
		if (strcmp(word, "--") == 0) {
			while (r.left-- > 0)
				args->operand[args->operand_count++] =
				    *r.next++;
			break;
		}
		if (word[0] != '-' || word[1] == '\0')
			/* never overtakes next: each word is read first */
			args->operand[args->operand_count++] = word;
		else if (!(word[1] == '-' ? take_long(&r, word) :
		    take_letters(&r, word)))
			return false;
	}
	/* as argv itself ends, for execvp(3) */
	args->operand[args->operand_count] = NULL;
	if (args->help)
		return true;
	if (args->operand_count < verb->operands_min)
		return refuse(&r, verb->operands, "is missing");
	if (verb->operands_max >= 0 &&
	    args->operand_count > verb->operands_max)
		return refuse(&r, args->operand[verb->operands_max],
		    "one argument too many");
	return true;
}

bool
args_number(const struct args *args, int i, int64_t min, int64_t max,
    int64_t *value, struct err *err)
{
	const char *text = args->value[i];
	char *end;
	long long number;

	if (text == NULL)
		return true;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' ||
	    strchr("-0123456789", text[0]) == NULL || number < min ||
	    number > max)
		return err_set(err, OUTCOME_USAGE,
		    "--%s %s: not a number from %lld to %lld",
		    args->verb->options[i].name, text, (long long)min,
		    (long long)max);
	*value = number;
	return true;
}
