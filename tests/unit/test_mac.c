/* SPDX-License-Identifier: ISC */
/* SHA-256, HMAC, comparing and wiping. */
#include <config.h>

#include <string.h>

#include "lib/base64.h"
#include "lib/mac.h"
#include "unit.h"

static struct hookcask_span
span(const void *data, size_t len)
{
	struct hookcask_span s = { data, len };

	return s;
}

START_TEST(sha256_of_parts)
{
	/* FIPS 180-2, "abc" */
	static const unsigned char abc[] =
	    "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
	    "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad";
	struct hookcask_span parts[] = {
		{ NULL, 0 }, { "a", 1 }, { "", 0 }, { "bc", 2 }, { NULL, 0 },
	};
	unsigned char out[HKC_SHA256_SIZE];

	hkc_sha256(parts, 5, out);
	ck_assert_mem_eq(out, abc, sizeof(out));
	parts[0] = span("abc", 3);
	hkc_sha256(parts, 1, out);
	ck_assert_mem_eq(out, abc, sizeof(out));
}
END_TEST

START_TEST(sha256_of_base64_in_any_length)
{
	unsigned char bytes[1000], want[HKC_SHA256_SIZE], got[HKC_SHA256_SIZE];
	char text[HKC_BASE64_SIZE(sizeof(bytes))];
	struct hookcask_span parts[2] = { { "head", 4 }, { bytes, 0 } };

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 31 + 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		size_t size = HKC_BASE64_SIZE(len);

		parts[1].len = len;
		hkc_sha256(parts, 2, want);
		hkc_base64_encode(text, bytes, len);
		ck_assert(hkc_sha256_base64(parts[0], text, size, got));
		ck_assert_mem_eq(got, want, sizeof(got));
		while (size != 0 && text[size - 1] == '=')
			size--;
		ck_assert(hkc_sha256_base64(parts[0], text, size, got));
		ck_assert_mem_eq(got, want, sizeof(got));
	}
}
END_TEST

/* RFC 4231, test cases 1, 2 and 6: short keys, and one over a block. */
START_TEST(hmac_of_rfc_4231)
{
	struct hookcask_span body[] = { { "There", 5 }, { NULL, 0 } };
	struct hkc_message m = { { "Hi ", 3 }, body, 2 };
	struct hookcask_key key = { .kind = HOOKCASK_KEY_HMAC, .len = 20 };
	unsigned char long_key[131];
	struct hookcask_span whole = { long_key, sizeof(long_key) };
	char text[HKC_MAC_TEXT];

	memset(key.bytes, 0x0b, 20);
	hkc_mac(&key, &m, text);
	ck_assert_mem_eq(text, "sDRMYdjbOFNcqK/OrwvxK4gdwgDJgz2nJuk3bC4yz/c=",
	    sizeof(text));
	memcpy(key.bytes, "Jefe", key.len = 4);
	m.head = span("what do ya want ", 16);
	body[0] = span("for ", 4);
	body[1] = span("nothing?", 8);
	hkc_mac(&key, &m, text);
	ck_assert_mem_eq(text, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
	    sizeof(text));
	memset(long_key, 0xaa, sizeof(long_key));
	hkc_sha256(&whole, 1, key.bytes);
	key.len = sizeof(long_key);
	m.head = span("Test Using Larger Than Block-Size Key - ", 40);
	body[0] = span("Hash Key", 8);
	body[1] = span(" First", 6);
	hkc_mac(&key, &m, text);
	ck_assert_mem_eq(text, "YOQxWR7gtn8Niiaqy/W3f44LxiE3KMUUBUYEDw7jf1Q=",
	    sizeof(text));
}
END_TEST

START_TEST(equal_looks_at_every_byte)
{
	unsigned char a[HKC_MAC_TEXT], b[HKC_MAC_TEXT];

	memset(a, 'a', sizeof(a));
	memcpy(b, a, sizeof(b));
	ck_assert(hkc_equal(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a) * 8; i++) {
		b[i / 8] ^= (unsigned char)(1 << i % 8);
		ck_assert(!hkc_equal(a, b, sizeof(a)));
		b[i / 8] ^= (unsigned char)(1 << i % 8);
	}
}
END_TEST

START_TEST(wipe_leaves_zeros)
{
	unsigned char bytes[40];
	static const unsigned char zeros[38];

	memset(bytes, 0xff, sizeof(bytes));
	hkc_wipe(bytes + 1, sizeof(bytes) - 2);
	ck_assert_mem_eq(bytes + 1, zeros, sizeof(zeros));
	ck_assert_uint_eq(bytes[0], 0xff);
	ck_assert_uint_eq(bytes[39], 0xff);
	hkc_wipe(bytes, 0);
	ck_assert_uint_eq(bytes[0], 0xff);
}
END_TEST

UNIT_MAIN("mac", sha256_of_parts, sha256_of_base64_in_any_length,
    hmac_of_rfc_4231, equal_looks_at_every_byte, wipe_leaves_zeros)
