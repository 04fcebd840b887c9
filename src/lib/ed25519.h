/* SPDX-License-Identifier: ISC */
/* Ed25519 signatures (RFC 8032), verified only. */
#ifndef LIB_ED25519_H
#define LIB_ED25519_H

#include <stdbool.h>

#include "hookcask.h"

/*
 * Is text (base64 of the 64 bytes of a signature) the key's signature of
 * the message?  The message is one piece: Ed25519 reads it twice.
 */
bool	hkc_ed25519_verify(const struct hookcask_key *,
	    struct hookcask_span message, struct hookcask_span text);

/*
 * Is this public key one of the eight points of small order, or not encoded
 * canonically (RFC 8032, 5.1.3)?  The sign of x makes no difference.
 */
bool	hkc_ed25519_is_weak(const unsigned char key[32]);

#endif
