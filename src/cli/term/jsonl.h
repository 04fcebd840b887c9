/* SPDX-License-Identifier: ISC */
/*
 * What --json prints: one object a line on standard output.  A key names a
 * member of an object; in a list it is NULL, as it is for the line's object.
 */
#ifndef CLI_TERM_JSONL_H
#define CLI_TERM_JSONL_H

#include "base/err.h"

struct json_object;

#define JSONL_DEPTH 8

struct jsonl {
	struct json_object	*at[JSONL_DEPTH];	/* the open ones */
	int			 depth;
};

#define JSONL_INIT { .depth = 0 }

void	jsonl_open(struct jsonl *, const char *key);
void	jsonl_list(struct jsonl *, const char *key);
/* A byte that is no UTF-8 becomes U+FFFD. */
void	jsonl_text(struct jsonl *, const char *key, struct hookcask_span);
/* NULL: null. */
void	jsonl_string(struct jsonl *, const char *key, const char *text);
void	jsonl_number(struct jsonl *, const char *key, int64_t);
/* Unix time in microseconds, as RFC 3339 in UTC; null if there is none. */
void	jsonl_time(struct jsonl *, const char *key, int64_t us);
void	jsonl_flag(struct jsonl *, const char *key, bool);
void	jsonl_null(struct jsonl *, const char *key);
/* Closes the innermost open object or list. */
void	jsonl_close(struct jsonl *);
/* Closes the line's object and prints it; its control bytes are escaped. */
void	jsonl_end(struct jsonl *);
/* Was a line not printed because memory ran out? */
bool	jsonl_is_lost(void);

#endif
