/* SPDX-License-Identifier: ISC */
/*
 * Prints what strangers chose: records, requests, replies, file names.  None
 * of it may move a cursor, set a title or end a line.
 */
#ifndef CLI_TERM_ESCAPE_H
#define CLI_TERM_ESCAPE_H

#include <stdio.h>

#include "hookcask.h"

/* All but 0x20..0x7E and \ become \xNN. */
void	put_escaped(FILE *, struct hookcask_span);
/* Likewise, on standard output. */
void	print_escaped(struct hookcask_span);
/*
 * Data for programs on standard output: exact, except that on a terminal
 * control characters (but line feeds and tabs) and invisible ones become \xNN.
 */
void	print_data(struct hookcask_span);
/* The length of the UTF-8 character at text, at most left bytes, or 0. */
size_t	text_character(const void *text, size_t left);

#endif
