/* SPDX-License-Identifier: ISC */
/*
 * SHA-256 and HMAC-SHA256 by Nettle.  The key is set again for each message:
 * that costs 0.12 us and keeps Nettle's structs out of the public ones.
 */
#include <config.h>

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <nettle/version.h>

#include <string.h>

#include "lib/base64.h"
#include "lib/mac.h"

/* Nettle 4.0 dropped the length argument of the digest functions. */
#if NETTLE_VERSION_MAJOR >= 4
#define DIGEST(function, ctx, out)	function(ctx, out)
#else
#define DIGEST(function, ctx, out)	function(ctx, HKC_SHA256_SIZE, out)
#endif

/* Characters of base64 decoded at a time; whole groups of four. */
#define STEP	256

void
hkc_sha256(const struct hookcask_span *parts, size_t n,
    unsigned char out[HKC_SHA256_SIZE])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len != 0)
			sha256_update(&ctx, parts[i].len, parts[i].data);
	}
	DIGEST(sha256_digest, &ctx, out);
}

bool
hkc_sha256_base64(struct hookcask_span head, const char *text, size_t len,
    unsigned char out[HKC_SHA256_SIZE])
{
	struct sha256_ctx ctx;
	unsigned char bytes[HKC_BASE64_ROOM(STEP)];
	bool is_good = true;

	sha256_init(&ctx);
	if (head.len != 0)
		sha256_update(&ctx, head.len, head.data);
	while (is_good && len != 0) {
		size_t step = len > STEP ? STEP : len, n;

		is_good = hkc_base64_decode(bytes, &n, text, step,
		    step == len);
		/* padding ends the text, so only the last step is short */
		if (step != len && n != STEP / 4 * 3)
			is_good = false;
		if (is_good)
			sha256_update(&ctx, n, bytes);
		text += step;
		len -= step;
	}
	DIGEST(sha256_digest, &ctx, out);
	hkc_wipe(bytes, sizeof(bytes));
	hkc_wipe(&ctx, sizeof(ctx));
	if (!is_good)
		hkc_wipe(out, HKC_SHA256_SIZE);
	return is_good;
}

/* The base64 character for 0..63, by arithmetic: no branch, no table. */
static char
symbol_of(unsigned v)
{
	/* (n - v) >> 8 has its low bits set exactly when v > n */
	return (char)(v + 'A' + ((25 - v) >> 8 & 6) - ((51 - v) >> 8 & 75) -
	    ((61 - v) >> 8 & 15) + ((62 - v) >> 8 & 3));
}

/*
 * Nettle's encoder looks characters up in a table, and the cache reveals
 * which.  A MAC that was not sent to us is a secret.
 */
static void
encode(char text[HKC_MAC_TEXT], const unsigned char digest[HKC_SHA256_SIZE])
{
	const unsigned char *p = digest;

	for (int i = 0; i < HKC_SHA256_SIZE / 3; i++, p += 3) {
		*text++ = symbol_of(p[0] >> 2);
		*text++ = symbol_of((p[0] & 3U) << 4 | p[1] >> 4);
		*text++ = symbol_of((p[1] & 15U) << 2 | p[2] >> 6);
		*text++ = symbol_of(p[2] & 63U);
	}
	/* the last two of the 32 bytes, and one "=" */
	*text++ = symbol_of(p[0] >> 2);
	*text++ = symbol_of((p[0] & 3U) << 4 | p[1] >> 4);
	*text++ = symbol_of((p[1] & 15U) << 2);
	*text = '=';
}

void
hkc_mac(const struct hookcask_key *key, const struct hkc_message *message,
    char text[HKC_MAC_TEXT])
{
	struct hmac_sha256_ctx ctx;
	unsigned char digest[HKC_SHA256_SIZE];

	/* RFC 2104: a key longer than a block is used as its hash */
	hmac_sha256_set_key(&ctx, key->len > sizeof(key->bytes) ?
	    HKC_SHA256_SIZE : key->len, key->bytes);
	hmac_sha256_update(&ctx, message->head.len, message->head.data);
	for (size_t i = 0; i < message->body_count; i++) {
		if (message->body[i].len != 0)
			hmac_sha256_update(&ctx, message->body[i].len,
			    message->body[i].data);
	}
	DIGEST(hmac_sha256_digest, &ctx, digest);
	encode(text, digest);
	/* whoever has it can forge this message */
	hkc_wipe(digest, sizeof(digest));
	hkc_wipe(&ctx, sizeof(ctx));
}

bool
hkc_equal(const void *a, const void *b, size_t len)
{
	return memeql_sec(a, b, len) == 1;
}

void
hkc_wipe(void *data, size_t len)
{
#ifdef HAVE_EXPLICIT_BZERO
	if (len != 0)
		explicit_bzero(data, len);
#else
	volatile unsigned char *p = data;

	while (len-- != 0)
		*p++ = 0;
#endif
}
