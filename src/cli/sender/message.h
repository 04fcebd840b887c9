/* SPDX-License-Identifier: ISC */
/* A message as its sender makes it: what "sign" prints and "send" posts. */
#ifndef CLI_SENDER_MESSAGE_H
#define CLI_SENDER_MESSAGE_H

#include "cli/sender/secrets.h"

#define OPTION_FAMILY { "family", 'f', "NAME", \
	"svix (default) or webhook headers" }
#define MESSAGE_HEADERS		3
#define MESSAGE_HEADER_SIZE	(24 + HOOKCASK_ID_MAX)

struct message {
	char		 id[HOOKCASK_ID_MAX + 1];
	int64_t		 timestamp;
	bool		 webhook;	/* webhook-id, ...: the other family */
	bool		 comma;		/* t=...,v1=... */
	char		 signature[HOOKCASK_SIGNATURE_SIZE];
};

/* Names the message: id, or a fresh one if that is NULL. */
bool	message_name(struct message *, const char *id, struct err *);
/* Reads --family: "svix", "webhook" or NULL. */
bool	message_family(struct message *, const char *name, struct err *);
bool	message_sign(struct message *, const struct secrets *,
	    struct hookcask_span body, struct err *);
/* Header i of MESSAGE_HEADERS, "svix-id: msg_...". */
void	message_header(const struct message *, int i,
	    char buf[MESSAGE_HEADER_SIZE]);
/* A post's headers: Content-Type, these, NULL.  list borrows from text. */
struct message_headers {
	char	text[MESSAGE_HEADERS][MESSAGE_HEADER_SIZE];
};
void	message_headers(const struct message *, struct message_headers *text,
	    const char *list[MESSAGE_HEADERS + 2]);

#endif
