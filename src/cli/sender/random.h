/* SPDX-License-Identifier: ISC */
/* New secrets and message ids. */
#ifndef CLI_SENDER_RANDOM_H
#define CLI_SENDER_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define SECRET_LINE	39	/* "whsec_", 32 base64, LF */
#define MESSAGE_ID_SIZE	32	/* "msg_", 27 base62, NUL */
/* A line of SECRET_LINE bytes and NUL, or NULL; for vault_text_free(). */
char	*random_secret(struct err *);
/* It sorts by time, as the ids of Svix do. */
bool	random_message_id(char id[MESSAGE_ID_SIZE], int64_t now,
	    struct err *);

#endif
