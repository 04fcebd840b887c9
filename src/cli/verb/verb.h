/* SPDX-License-Identifier: ISC */
/*
 * The operator's tool is a table of verbs.  A verb is one struct in one file;
 * its usage text, --help and the parsing of its options come from that
 * struct.  No .c: each verb is defined in its cmd_VERB.c.
 */
#ifndef CLI_VERB_VERB_H
#define CLI_VERB_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* One option; a table of them ends with a NULL name. */
struct option {
	const char	*name;		/* "secret-file" */
	char		 letter;	/* 's', or 0 */
	const char	*value;		/* its value's name; NULL: a flag */
	const char	*help;		/* one line, no full stop */
};

#define OPTIONS_MAX	32		/* of one verb */
#define ARGS_MANY_MAX	16

/* The values of the option that may be given more than once. */
struct args_many {
	const char	*value[ARGS_MANY_MAX];
	int		 count;
};

struct args {
	const struct verb *verb;
	bool		  help;			/* --help was given */
	const char	 *value[OPTIONS_MAX];	/* by place in the table */
	struct args_many  many;
	char		**operand;		/* NULL after the last */
	int		  operand_count;
};

/* The headings under which "hookcask help" lists the verbs. */
enum verb_group {
	GROUP_SET_UP, GROUP_BY_HAND, GROUP_LOOK, GROUP_BATCH, GROUP_KEEP,
	GROUP_END
};

struct verb {
	const char	*name;
	enum verb_group	 group;
	const char	*summary;	/* one line, no full stop */
	const char	*operands;	/* "URL [FILE]", or "" */
	int		 operands_min;
	int		 operands_max;	/* -1: any number */
	const struct option *options;
	const char	*many;		/* this option may be given again */
	/*
	 * False with err set: main prints the text, if there is one, and
	 * exits with the code of its kind.
	 */
	bool		(*run)(const struct args *, struct err *);
	/* What its first operand may be, for shells; NULL after the last. */
	const char	*(*word_at)(const void *unused, size_t i);
};

/* Options that mean the same in every verb that has them. */
#define OPTION_CONFIG	{ "config", 'c', "FILE", "the configuration file" }
#define OPTION_ENDPOINT	{ "endpoint", 'e', "NAME", \
	"the endpoint of the configuration" }
#define OPTION_SECRET_FILE { "secret-file", 's', "FILE", \
	"the file with the secret" }
/* Every verb has it; args_parse() handles it. */
#define OPTION_HELP	{ "help", 'h', NULL, "print this and exit" }
/* main.c handles it; no verb looks at it. */
#define OPTION_UTC	{ "utc", 0, NULL, "times in UTC, not in local time" }
#define OPTION_END	{ NULL, 0, NULL, NULL }

extern const struct verb
    verb_audit,
    verb_cat,
    verb_check,
    verb_config,
    verb_dev,
    verb_drain,
    verb_failed,
    verb_gaps,
    verb_index,
    verb_init,
    verb_keygen,
    verb_list,
    verb_probe,
    verb_prune,
    verb_refused,
    verb_replay,
    verb_report,
    verb_send,
    verb_show,
    verb_sign,
    verb_status,
    verb_tail,
    verb_verify;

#endif
