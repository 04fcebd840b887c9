/* SPDX-License-Identifier: ISC */
/* What --json prints: one object a line on standard output. */
#ifndef CLI_JSONL_H
#define CLI_JSONL_H

#include "cli/cli.h"

struct jsonl {
	bool	 more;		/* a comma is due */
};

/* Objects may stand in objects and lists under a key; NULL: the line's. */
void	jsonl_open(struct jsonl *, const char *key);
/* Bytes outside printable ASCII are written as \u00NN: latin-1. */
void	jsonl_text(struct jsonl *, const char *key, struct hookcask_span);
void	jsonl_string(struct jsonl *, const char *key, const char *text);
void	jsonl_number(struct jsonl *, const char *key, int64_t);
void	jsonl_flag(struct jsonl *, const char *key, bool);
void	jsonl_list(struct jsonl *, const char *key);
void	jsonl_list_end(struct jsonl *);
void	jsonl_close(struct jsonl *);
/* The outermost: with its line feed. */
void	jsonl_end(struct jsonl *);

#endif
