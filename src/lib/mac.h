/* SPDX-License-Identifier: ISC */
/* SHA-256 and HMAC over bytes in parts; comparing and wiping secrets. */
#ifndef LIB_MAC_H
#define LIB_MAC_H

#include <stdbool.h>
#include <stddef.h>

#include "hookcask.h"
#include "lib/message.h"

#define HKC_SHA256_SIZE	32
#define HKC_MAC_TEXT	44	/* a MAC in base64, without a NUL */

void	hkc_sha256(const struct hookcask_span *parts, size_t n,
	    unsigned char out[HKC_SHA256_SIZE]);
/*
 * SHA-256 over head and the bytes that text, len characters of base64,
 * encodes; in constant space.  All padding may be absent.  False if the text
 * is not strict base64.
 */
bool	hkc_sha256_base64(struct hookcask_span head, const char *text,
	    size_t len, unsigned char out[HKC_SHA256_SIZE]);
/* HMAC-SHA256 of the message under an HMAC key, in base64 without a NUL. */
void	hkc_mac(const struct hookcask_key *, const struct hkc_message *,
	    char text[HKC_MAC_TEXT]);
/* Compares in a time that does not depend on the contents. */
bool	hkc_equal(const void *, const void *, size_t len);
/*
 * Overwrites with zeros; the compiler cannot leave it out.  NULL is legal if
 * len is 0.
 */
void	hkc_wipe(void *, size_t len);

#endif
