/* SPDX-License-Identifier: ISC */
/*
 * Ed25519 by Hogweed, which refuses S >= L, so that a signature cannot be
 * changed into another valid one.  Hogweed uses GMP, which may allocate.
 */
#include <config.h>

#include <nettle/eddsa.h>

#include "lib/base64.h"
#include "lib/ed25519.h"
#include "lib/signature.h"

bool
hkc_ed25519_verify(const struct hookcask_key *key,
    struct hookcask_span message, struct hookcask_span text)
{
	unsigned char signature[HKC_BASE64_ROOM(HKC_V1A_SIZE)];
	size_t len;

	if (text.len != HKC_V1A_SIZE ||
	    !hkc_base64_decode(signature, &len, text.data, text.len, false) ||
	    len != ED25519_SIGNATURE_SIZE)
		return false;
	return ed25519_sha512_verify(key->bytes, message.len, message.data,
	    signature) == 1;
}
