/* SPDX-License-Identifier: ISC */
/*
 * Ed25519 by Hogweed, which refuses S >= L, so that a signature cannot be
 * changed into another valid one.  Hogweed uses GMP, which may allocate.
 */
#include <config.h>

#include <nettle/eddsa.h>

#include <string.h>

#include "lib/base64.h"
#include "lib/ed25519.h"
#include "lib/signature.h"

/* y of the points whose order divides 8, little endian; p is 2^255 - 19. */
static const unsigned char small_order[][32] = {
	{ 0 },						/* order 4 */
	{ 1 },						/* 1 */
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,	/* 8 */
	  0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	  0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
	  0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f,	/* 8 */
	  0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	  0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6,
	  0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};
/* p - 1, of order 2; what is larger encodes no number. */
static const unsigned char last[32] = {
	0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
};

bool
hkc_ed25519_is_weak(const unsigned char key[32])
{
	unsigned char y[32];

	memcpy(y, key, sizeof(y));
	y[31] &= 0x7f;		/* the sign of x */
	for (size_t i = 0; i < sizeof(small_order) / sizeof(*small_order);
	    i++)
		if (memcmp(y, small_order[i], sizeof(y)) == 0)
			return true;
	return memcmp(y + 1, last + 1, sizeof(y) - 1) == 0 && y[0] >= last[0];
}

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
