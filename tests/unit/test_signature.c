/* SPDX-License-Identifier: ISC */
/* Random signature headers: whatever comes, candidates stay in the header. */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "lib/signature.h"
#include "unit.h"

#define ROUNDS	50000

static uint32_t seed = 1;

static uint32_t
next_random(uint32_t below)
{
	/* Numerical Recipes' constants; the high bits are the good ones */
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

#define A44	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define B44	"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB="

static size_t
fill(char *text, size_t size)
{
	static const char *const pieces[] = {
		"v1,", "v1=", "v1a,", "v1a=", "t=", "t=17", ",", ",", " ",
		" ", "\t", "=", "v1", "v2,", "x",
		"v1," A44, "v1=" B44, "v1a," A44 B44, ",v1=" A44 ",",
		" v1," B44 " ", ",v1a=" B44 A44, A44, B44, A44 B44,
	};
	size_t n = 0, count = next_random(12);

	/* most headers of either form are to get somewhere */
	if (next_random(2) == 0) {
		memcpy(text, "t=17,", 5);
		n = 5;
	}
	for (size_t i = 0; i < count; i++) {
		const char *piece =
		    pieces[next_random(sizeof(pieces) / sizeof(*pieces))];

		if (n + strlen(piece) > size)
			break;
		memcpy(text + n, piece, strlen(piece));
		n += strlen(piece);
	}
	return n;
}

static bool
is_end(const char *header, size_t len, size_t at)
{
	return at == len || strchr(", \t", header[at]) != NULL;
}

static void
check(const char *header, size_t len, size_t at, const char *name,
    size_t size)
{
	size_t n = strlen(name);

	ck_assert_uint_ge(at, n + 1);
	ck_assert_uint_le(at + size, len);
	ck_assert(memcmp(header + at - n - 1, name, n) == 0);
	ck_assert(header[at - 1] == ',' || header[at - 1] == '=');
	ck_assert(at == n + 1 || is_end(header, len, at - n - 2));
	ck_assert(is_end(header, len, at + size));
}

START_TEST(candidates_stay_in_the_header)
{
	struct hookcask_span timestamp = { "17", 2 };
	size_t lists = 0, commas = 0, refused = 0;

	for (int i = 0; i < ROUNDS; i++) {
		char text[600];
		size_t len = fill(text, sizeof(text));
		char *header = malloc(len + (len == 0));
		struct hookcask_span s = { header, len };
		struct hkc_candidates c;

		/* to the byte, for a sanitizer */
		memcpy(header, text, len);
		if (hkc_signature_parse(&c, s, timestamp) != HOOKCASK_OK) {
			refused++;
		} else {
			for (size_t j = 0; j < c.v1_count; j++)
				check(header, len, c.v1[j], "v1", HKC_V1_SIZE);
			for (size_t j = 0; j < c.v1a_count; j++)
				check(header, len, c.v1a[j], "v1a",
				    HKC_V1A_SIZE);
			ck_assert_uint_ge(c.seen, c.v1_count + c.v1a_count);
			if (c.seen != 0 && len > 2 && header[0] == 't')
				commas++;
			else if (c.seen != 0)
				lists++;
		}
		free(header);
	}
	/* it did try all three */
	ck_assert_uint_gt(lists, ROUNDS / 100);
	ck_assert_uint_gt(commas, ROUNDS / 100);
	ck_assert_uint_gt(refused, ROUNDS / 100);
}
END_TEST

UNIT_MAIN("signature", candidates_stay_in_the_header)
