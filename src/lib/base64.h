/* SPDX-License-Identifier: ISC */
/* Standard base64 (RFC 4648, section 4), padded, strict. */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Characters that n bytes become; there is no NUL in it. */
#define HKC_BASE64_SIZE(n)	(((n) + 2) / 3 * 4)
/* Room that decoding n characters needs. */
#define HKC_BASE64_ROOM(n)	((n) / 4 * 3 + 3)

/* Writes exactly HKC_BASE64_SIZE(len) characters, no NUL. */
void	hkc_base64_encode(char *dst, const void *src, size_t len);
/*
 * Decodes into dst, which has HKC_BASE64_ROOM(len) bytes.  False for anything
 * but the standard alphabet with zero spare bits and complete padding, which
 * may be wholly absent if padding_optional is set.  Nothing is skipped.
 */
bool	hkc_base64_decode(void *dst, size_t *len_out, const char *src,
	    size_t len, bool padding_optional);

#endif
