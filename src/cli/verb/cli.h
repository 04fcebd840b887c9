/* SPDX-License-Identifier: ISC */
/*
 * The operator's tool: a table of verbs, and what they share.  A verb is one
 * struct in one file; its usage text, --help and the parsing of its options
 * all come from that struct.
 */
#ifndef CLI_VERB_CLI_H
#define CLI_VERB_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "hookcask.h"

/* One option; a table of them ends with a NULL name. */
struct option {
	const char	*name;		/* "secret-file" */
	char		 letter;	/* 's', or 0 */
	const char	*value;		/* its value's name; NULL: a flag */
	const char	*help;		/* one line, no full stop */
};

#define OPTIONS_MAX	24		/* of one verb */

struct args {
	const struct verb *verb;
	bool		  help;			/* --help was given */
	const char	 *value[OPTIONS_MAX];	/* by place in the table */
	char		**operand;		/* a NULL behind the last */
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
	/*
	 * False with err set: main prints the text, if there is one, and
	 * exits with the code that belongs to the kind.
	 */
	bool		(*run)(const struct args *, struct err *);
};

/* Options that mean the same in every verb that has them. */
#define OPTION_CONFIG	{ "config", 'c', "FILE", "the configuration file" }
#define OPTION_ENDPOINT	{ "endpoint", 'e', "NAME", \
	"the endpoint of the configuration" }
#define OPTION_SECRET_FILE { "secret-file", 's', "FILE", \
	"the file with the secret" }
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
    verb_send,
    verb_show,
    verb_sign,
    verb_status,
    verb_tail,
    verb_verify;

/* -- options.c -- */
bool	args_parse(struct args *, const struct verb *, int argc, char **argv,
	    struct err *);
/* The number of option i, or what *value holds if it was not given. */
bool	args_number(const struct args *, int i, int64_t min, int64_t max,
	    int64_t *value, struct err *);

/* -- usage.c -- */
void	usage_verb(const struct verb *);
void	usage_all(const struct verb *const *verbs);

/* -- say.c: nothing reaches a terminal that could steer it -- */
/* "hookcask: " and the text on standard error, escaped, without secrets. */
void	say(const char *fmt, ...)
	    __attribute__((__format__(__printf__, 1, 2)));
/* A piece of a line on standard error, escaped. */
void	say_part(struct hookcask_span);
/* On standard output; all but 0x20..0x7E and \ become \xNN. */
void	print_escaped(struct hookcask_span);
/*
 * Data for programs on standard output: exact, but on a terminal control
 * characters become \xNN (line feeds and tabs stay).
 */
void	print_data(struct hookcask_span);
/* The length of the UTF-8 character at text, of which left is there, or 0. */
size_t	text_character(const void *text, size_t left);

/* -- input.c -- */
struct input {
	char	*data;			/* owned, a NUL behind it */
	size_t	 len;
};
#define INPUT_BODY_MAX	((size_t)64 << 20)
#define INPUT_SECRET_MAX ((size_t)64 << 10)
/* Reads all of a file, "-" being standard input, if it is at most max. */
bool	input_read(struct input *, const char *name, size_t max,
	    struct err *);
bool	input_read_fd(struct input *, int fd, const char *name, size_t max,
	    struct err *);
void	input_wipe(struct input *);

/* -- random.c -- */
#define SECRET_SIZE	39	/* "whsec_", 32 base64, NUL */
#define MESSAGE_ID_SIZE	32	/* "msg_", 27 base62, NUL */
bool	random_secret(char secret[SECRET_SIZE], struct err *);
/* Sorts by its time, as the ids of Svix do. */
bool	random_message_id(char id[MESSAGE_ID_SIZE], int64_t now,
	    struct err *);

#endif
