/* SPDX-License-Identifier: ISC */
/* What strangers have written, as parts of a NATS subject or header. */
#ifndef RELAY_SUBJECT_H
#define RELAY_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#define SUBJECT_TYPE_MAX	200	/* bytes of a type, escaped */

/*
 * A type as tokens of [A-Za-z0-9_-] with single dots between them; all else
 * is %XX.  An empty one is "_"; what is too long is cut.
 */
void	subject_type(char to[SUBJECT_TYPE_MAX + 1], const char *type);
/*
 * A key for Nats-Msg-Id: ENDPOINT/ID, where %, blanks and what is not ASCII
 * are %XX.  size must be 3 bytes for each of both and 2 more.
 */
void	subject_key(char *to, const char *endpoint, const char *id);
/*
 * A CloudEvents attribute as its NATS binding has it in a header.  size must be
 * 3 bytes for each of text and 1 more.
 */
void	subject_value(char *to, const char *text);

#endif
