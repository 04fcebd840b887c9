/* SPDX-License-Identifier: ISC */
/*
 * base64 by Nettle, made strict: Nettle skips white space and does not
 * notice that padding is missing.
 */
#include <config.h>

#include <nettle/base64.h>
#include <nettle/version.h>

#include "lib/base64.h"

/* In Nettle 4.0 dst_length is in and out: the room, then the bytes written. */
static bool
decode_update(struct base64_decode_ctx *ctx, void *dst, size_t room,
    size_t *written, const char *src, size_t len)
{
#if NETTLE_VERSION_MAJOR >= 4
	*written = room;
#else
	(void)room;
#endif
	return base64_decode_update(ctx, written, dst, len, src) == 1;
}

void
hkc_base64_encode(char *dst, const void *src, size_t len)
{
	if (len != 0)
		base64_encode_raw(dst, len, src);
}

bool
hkc_base64_decode(void *dst, size_t *len_out, const char *src, size_t len,
    bool padding_optional)
{
	struct base64_decode_ctx ctx;
	size_t n = 0, none = 0, padding = 0, missing = (4 - len % 4) % 4;

	*len_out = 0;
	if (len == 0)
		return true;
	if (missing != 0) {
		/* all or none; one symbol alone is not even a byte */
		if (!padding_optional || missing == 3 || src[len - 1] == '=')
			return false;
		padding = missing;
	} else if (src[len - 1] == '=') {
		padding = src[len - 2] == '=' ? 2 : 1;
	}
	base64_decode_init(&ctx);
	if (!decode_update(&ctx, dst, HKC_BASE64_ROOM(len), &n, src, len))
		return false;
	if (missing != 0 && !decode_update(&ctx, (unsigned char *)dst + n,
	    HKC_BASE64_ROOM(len) - n, &none, "==", missing))
		return false;
	if (base64_decode_final(&ctx) != 1)
		return false;
	/* fewer bytes than the characters encode: some were skipped */
	if (n != (len + missing) / 4 * 3 - padding)
		return false;
	*len_out = n;
	return true;
}
