/* SPDX-License-Identifier: ISC */
/* base64: the RFC's vectors, every length, and everything that is not it. */
#include <config.h>

#include <string.h>

#include "lib/base64.h"
#include "unit.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool
decodes(const char *text, size_t len, bool padding_optional)
{
	/* to the byte, for a sanitizer */
	char *src = malloc(len + (len == 0));
	unsigned char *dst = malloc(HKC_BASE64_ROOM(len));
	size_t n = 12345;
	bool is_good;

	memcpy(src, text, len);
	is_good = hkc_base64_decode(dst, &n, src, len, padding_optional);
	ck_assert_uint_le(n, len / 4 * 3 + 2);
	free(src);
	free(dst);
	return is_good;
}

static bool
is_strict(const char *text)
{
	return decodes(text, strlen(text), false);
}

static bool
is_lax(const char *text)
{
	return decodes(text, strlen(text), true);
}

START_TEST(rfc_4648)
{
	static const char *const pairs[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		char text[16] = "", bytes[16] = "";
		size_t n;

		hkc_base64_encode(text, pairs[i][0], strlen(pairs[i][0]));
		ck_assert_str_eq(text, pairs[i][1]);
		ck_assert(hkc_base64_decode(bytes, &n, text, strlen(text),
		    false));
		ck_assert_uint_eq(n, strlen(pairs[i][0]));
		ck_assert_mem_eq(bytes, pairs[i][0], n);
	}
}
END_TEST

START_TEST(every_length_comes_back)
{
	unsigned char in[300], out[HKC_BASE64_ROOM(400)];

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(i * 167 + 13);
	for (size_t len = 0; len <= sizeof(in); len++) {
		size_t size = HKC_BASE64_SIZE(len), n;
		char *text = malloc(size + (size == 0));

		hkc_base64_encode(text, in, len);
		for (int optional = 0; optional <= 1; optional++) {
			ck_assert(hkc_base64_decode(out, &n, text, size,
			    optional));
			ck_assert_uint_eq(n, len);
			ck_assert(len == 0 || memcmp(in, out, len) == 0);
		}
		while (size != 0 && text[size - 1] == '=')
			size--;
		ck_assert(hkc_base64_decode(out, &n, text, size, true));
		ck_assert_uint_eq(n, len);
		ck_assert(len == 0 || memcmp(in, out, len) == 0);
		ck_assert_int_eq(decodes(text, size, false), len % 3 == 0);
		free(text);
	}
}
END_TEST

START_TEST(each_foreign_byte_is_refused)
{
	for (int c = 0; c < 256; c++) {
		bool is_known = c != '\0' && strchr(alphabet, c) != NULL;

		for (size_t at = 0; at < 8; at++) {
			char text[9] = "QUJDREVG";

			/* '=' at the end is padding, over zero spare bits */
			if (c == '=' && at == 7)
				text[6] = 'E';
			text[at] = (char)c;
			ck_assert_int_eq(decodes(text, 8, false),
			    is_known || (c == '=' && at == 7));
		}
	}
}
END_TEST

START_TEST(white_space_is_not_skipped)
{
	/* four of them leave the length a multiple of four */
	ck_assert(!is_strict("QUJD\n\n\n\n"));
	ck_assert(!is_strict("    QUJD"));
	ck_assert(!is_strict("QU  JD\t\t"));
	ck_assert(!is_strict("QQ== \r\n\t"));
	ck_assert(!is_lax("QU JDQ"));
	ck_assert(!is_lax("QUJD\n"));
}
END_TEST

START_TEST(spare_bits_are_zero)
{
	for (int i = 0; i < 64; i++) {
		char two[] = "AA==", three[] = "AAA=";

		two[1] = three[2] = alphabet[i];
		ck_assert_int_eq(is_strict(two), i % 16 == 0);
		ck_assert_int_eq(is_strict(three), i % 4 == 0);
		two[2] = three[3] = '\0';
		ck_assert_int_eq(is_lax(two), i % 16 == 0);
		ck_assert_int_eq(is_lax(three), i % 4 == 0);
	}
}
END_TEST

START_TEST(padding_is_complete_or_absent)
{
	static const char *const bad[] = {
		"=", "==", "===", "====", "Q", "Q=", "Q==", "Q===", "QQ=",
		"QQ===", "QQ====", "QUI==", "QUI===", "QUJD=", "QUJD==",
		"QUJD===", "QUJD====", "QQ==QQ==", "QQ=Q", "Q=QQ", "=QQQ",
		"QQ==QUJD", "QUJDQ", "QUJDQ===",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_msg(!is_strict(bad[i]), "%s", bad[i]);
		ck_assert_msg(!is_lax(bad[i]), "%s", bad[i]);
	}
}
END_TEST

UNIT_MAIN("base64", rfc_4648, every_length_comes_back,
    each_foreign_byte_is_refused, white_space_is_not_skipped,
    spare_bits_are_zero, padding_is_complete_or_absent)
