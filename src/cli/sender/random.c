/* SPDX-License-Identifier: ISC */
/* Fresh secrets and message ids, from the kernel's generator. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cli/sender/random.h"
#include "config/vault.h"
#include "lib/base64.h"

static bool
fill(void *buf, size_t len, struct err *err)
{
	if (getentropy(buf, len) == 0)
		return true;
	return err_sys(err, OUTCOME_UNAVAILABLE, errno, "random numbers");
}

/* 24 bytes, as the Svix server makes them. */
char *
random_secret(struct err *err)
{
	unsigned char bytes[HOOKCASK_KEY_ADVISED];
	char *secret;

	if (!fill(bytes, sizeof(bytes), err))
		return NULL;
	secret = vault_alloc(SECRET_LINE + 1);
	if (secret == NULL) {
		err_set(err, OUTCOME_NO_MEMORY, "no memory");
	} else {
		memcpy(secret, "whsec_", 6);
		hkc_base64_encode(secret + 6, bytes, sizeof(bytes));
		secret[SECRET_LINE - 1] = '\n';
	}
	wipe(bytes, sizeof(bytes));
	return secret;
}

/*
 * A KSUID: seconds since 2014-05-13T16:53:20Z and 16 random bytes, as one
 * big number in 27 digits of base 62.
 */
bool
random_message_id(char id[MESSAGE_ID_SIZE], int64_t now, struct err *err)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz";
	unsigned char bytes[20];
	uint32_t seconds = (uint32_t)(now - 1400000000);

	if (!fill(bytes, sizeof(bytes), err))
		return false;
	for (int i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(seconds >> (24 - 8 * i));
	memcpy(id, "msg_", 4);
	for (int digit = MESSAGE_ID_SIZE - 2; digit >= 4; digit--) {
		unsigned rest = 0;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			rest = rest << 8 | bytes[i];
			bytes[i] = (unsigned char)(rest / 62);
			rest %= 62;
		}
		id[digit] = digits[rest];
	}
	id[MESSAGE_ID_SIZE - 1] = '\0';
	return true;
}
