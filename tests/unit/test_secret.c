/* SPDX-License-Identifier: ISC */
/* Keys: what the vectors of their texts cannot say. */
#include <config.h>

#include <string.h>

#include "hookcask.h"
#include "lib/base64.h"
#include "lib/mac.h"
#include "unit.h"

static const char sample[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const struct hookcask_key zero;

START_TEST(init_fills_everything)
{
	static const unsigned char bytes[] =
	    "\x31\xf2\x90\xf6\xbf\x06\x29\x8a\xab\x4f\x08\xd4"
	    "\x3c\x3f\x08\x2c\xf6\x48\xa3\x62\xda\x2d\xa4\xb0";
	struct hookcask_key a, b;

	memset(&a, 0x00, sizeof(a));
	memset(&b, 0xff, sizeof(b));
	ck_assert_int_eq(hookcask_key_init(&a, sample, strlen(sample)),
	    HOOKCASK_OK);
	ck_assert_int_eq(hookcask_key_init(&b, sample, strlen(sample)),
	    HOOKCASK_OK);
	ck_assert_mem_eq(&a, &b, sizeof(a));
	ck_assert_uint_eq(a.kind, HOOKCASK_KEY_HMAC);
	ck_assert_uint_eq(a.len, 24);
	ck_assert(a.not_after == HOOKCASK_NO_END);
	ck_assert_mem_eq(a.bytes, bytes, 24);
	ck_assert_mem_eq(a.bytes + 24, zero.bytes, sizeof(a.bytes) - 24);
}
END_TEST

START_TEST(text_needs_no_nul)
{
	char *text = malloc(strlen(sample));
	struct hookcask_key key;

	memcpy(text, sample, strlen(sample));
	ck_assert_int_eq(hookcask_key_init(&key, text, strlen(sample)),
	    HOOKCASK_OK);
	free(text);
}
END_TEST

START_TEST(keys_over_a_block_stand_hashed)
{
	unsigned char bytes[66], digest[HKC_SHA256_SIZE];
	char text[HKC_BASE64_SIZE(sizeof(bytes))];
	struct hookcask_span whole = { bytes, sizeof(bytes) };
	struct hookcask_key key;

	memset(bytes, 0x5a, sizeof(bytes));
	for (size_t n = 64; n <= 66; n++) {
		whole.len = n;
		hkc_sha256(&whole, 1, digest);
		hkc_base64_encode(text, bytes, n);
		ck_assert_int_eq(hookcask_key_init(&key, text,
		    HKC_BASE64_SIZE(n)), HOOKCASK_OK);
		ck_assert_uint_eq(key.len, n);
		if (n <= 64) {
			ck_assert_mem_eq(key.bytes, bytes, n);
		} else {
			ck_assert_mem_eq(key.bytes, digest, sizeof(digest));
			ck_assert_mem_eq(key.bytes + 32, zero.bytes, 32);
		}
	}
}
END_TEST

/* The same bytes, said in three ways, and texts that are keys as they are. */
START_TEST(prefixes_say_what_the_text_is)
{
	static const char bytes[] = "0123456789abcdef+/";
	static const char *const same[] = { "text:0123456789abcdef+/",
	    "hex:303132333435363738396162636465662B2f",
	    "base64:MDEyMzQ1Njc4OWFiY2RlZisv", " text:0123456789abcdef+/\r\n" };
	static const struct {
		const char		*text;
		enum hookcask_status	 status;
	} bad[] = {
		{ "text:0123456789abcde", HOOKCASK_SECRET_SHORT },
		{ "text:", HOOKCASK_SECRET_SHORT },
		{ "text:0123456789 abcdef", HOOKCASK_SECRET_BASE64 },
		{ "text:0123456789\x80" "abcdef", HOOKCASK_SECRET_BASE64 },
		{ "hex:303132333435363738396162636465", HOOKCASK_SECRET_SHORT },
		{ "hex:3031323334353637383961626364656",
		    HOOKCASK_SECRET_BASE64 },
		{ "hex:30313233343536373839616263646 f",
		    HOOKCASK_SECRET_BASE64 },
		{ "base64:whsec_MDEyMzQ1Njc4OWFiY2RlZisv",
		    HOOKCASK_SECRET_BASE64 },
		{ "base64:MDEy", HOOKCASK_SECRET_SHORT },
		{ "base64:", HOOKCASK_SECRET_SHORT },
	};
	struct hookcask_key key, first;
	char hex[4 + 130 + 1] = "hex:";

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		ck_assert_int_eq(hookcask_key_init(&key, same[i],
		    strlen(same[i])), HOOKCASK_OK);
		ck_assert_uint_eq(key.len, strlen(bytes));
		ck_assert_mem_eq(key.bytes, bytes, strlen(bytes));
		if (i == 0)
			first = key;
		ck_assert_mem_eq(&key, &first, sizeof(key));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(hookcask_key_init(&key, bad[i].text,
		    strlen(bad[i].text)) == bad[i].status, "%s", bad[i].text);
		ck_assert_mem_eq(&key, &zero, sizeof(key));
	}
	memset(hex + 4, 'a', 130);
	ck_assert_int_eq(hookcask_key_init(&key, hex, 4 + 128), HOOKCASK_OK);
	ck_assert_int_eq(hookcask_key_init(&key, hex, 4 + 130),
	    HOOKCASK_SECRET_BASE64);
}
END_TEST

/* p - 1 and what follows, up to 2^255 - 1, and the rest of the eight. */
START_TEST(weak_public_keys_are_refused)
{
	static const char *const others[] = {
		"whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=",
		"whpk_AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"whpk_AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=",
		"whpk_JuiVj8KyJ7BFw/SJ8u+Y8NXfrAXTxjM5sTgCiG1T/AU=",
		"whpk_JuiVj8KyJ7BFw/SJ8u+Y8NXfrAXTxjM5sTgCiG1T/IU=",
		"whpk_xxdqcD1N2E+6PAt2DRBnDyogU/osOczGTsf9d5KsA3o=",
		"whpk_xxdqcD1N2E+6PAt2DRBnDyogU/osOczGTsf9d5KsA/o=",
	};
	char text[5 + HKC_BASE64_SIZE(32)] = "whpk_";
	unsigned char bytes[32];
	struct hookcask_key key;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_int_eq(hookcask_key_init(&key, others[i],
		    strlen(others[i])), HOOKCASK_SECRET_WEAK);
	ck_assert_mem_eq(&key, &zero, sizeof(key));
	memset(bytes, 0xff, sizeof(bytes));
	for (int sign = 0; sign < 2; sign++) {
		bytes[31] = sign == 0 ? 0x7f : 0xff;
		for (int low = 0xe0; low <= 0xff; low++) {
			bytes[0] = (unsigned char)low;
			hkc_base64_encode(text + 5, bytes, sizeof(bytes));
			ck_assert_int_eq(hookcask_key_init(&key, text,
			    sizeof(text)), low < 0xec ? HOOKCASK_OK :
			    HOOKCASK_SECRET_WEAK);
		}
	}
}
END_TEST

START_TEST(fingerprint_tells_keys_apart)
{
	/* SHA-256 over "hookcask key" and the decoded key */
	static const char other[] = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
	struct hookcask_key key;
	char print[HOOKCASK_FINGERPRINT_SIZE];

	ck_assert_int_eq(hookcask_key_init(&key, sample, strlen(sample)),
	    HOOKCASK_OK);
	hookcask_key_fingerprint(&key, print);
	ck_assert_str_eq(print, "40b3c122");
	ck_assert_int_eq(hookcask_key_init(&key, sample + 6,
	    strlen(sample) - 6), HOOKCASK_OK);
	hookcask_key_fingerprint(&key, print);
	ck_assert_str_eq(print, "40b3c122");
	ck_assert_int_eq(hookcask_key_init(&key, other, strlen(other)),
	    HOOKCASK_OK);
	hookcask_key_fingerprint(&key, print);
	ck_assert_str_eq(print, "2c3d45b9");
}
END_TEST

START_TEST(a_refused_key_is_no_key)
{
	struct hookcask_key key;

	memset(&key, 0xff, sizeof(key));
	ck_assert_int_eq(hookcask_key_init(&key, sample, strlen(sample) - 1),
	    HOOKCASK_SECRET_BASE64);
	ck_assert_mem_eq(&key, &zero, sizeof(key));
	memset(&key, 0xff, sizeof(key));
	ck_assert_int_eq(hookcask_key_init(&key, NULL, 3),
	    HOOKCASK_BAD_ARGUMENT);
	ck_assert_mem_eq(&key, &zero, sizeof(key));
	ck_assert_int_eq(hookcask_key_init(&key, NULL, 0),
	    HOOKCASK_SECRET_EMPTY);
	ck_assert_int_eq(hookcask_key_init(NULL, sample, strlen(sample)),
	    HOOKCASK_BAD_ARGUMENT);
}
END_TEST

START_TEST(wipe_leaves_nothing)
{
	struct hookcask_key key;

	ck_assert_int_eq(hookcask_key_init(&key, sample, strlen(sample)),
	    HOOKCASK_OK);
	hookcask_key_wipe(&key);
	ck_assert_mem_eq(&key, &zero, sizeof(key));
	hookcask_key_wipe(&key);
	hookcask_key_wipe(NULL);
}
END_TEST

UNIT_MAIN("secret", init_fills_everything, text_needs_no_nul,
    keys_over_a_block_stand_hashed, prefixes_say_what_the_text_is,
    weak_public_keys_are_refused,
    fingerprint_tells_keys_apart,
    a_refused_key_is_no_key, wipe_leaves_nothing)
