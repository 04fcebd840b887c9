/* SPDX-License-Identifier: ISC */
/* New secrets and message ids. */
#ifndef CLI_SENDER_RANDOM_H
#define CLI_SENDER_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define SECRET_SIZE	39	/* "whsec_", 32 base64, NUL */
#define MESSAGE_ID_SIZE	32	/* "msg_", 27 base62, NUL */
bool	random_secret(char secret[SECRET_SIZE], struct err *);
/* It sorts by time, as the ids of Svix do. */
bool	random_message_id(char id[MESSAGE_ID_SIZE], int64_t now,
	    struct err *);

#endif
