/* SPDX-License-Identifier: ISC */
/* The JSON scanner against a second reader: same verdict; and its type. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/span.h"
#include "fuzz.h"
#include "json_reference.h"
#include "vectors.h"

static void
compare(const void *text, size_t len, unsigned depth)
{
	char type[EVENT_TYPE_MAX + 1], other[EVENT_TYPE_MAX + 1];
	struct json_scan scan, expected;
	bool is_json = json_scan(&scan, text, len, depth);
	bool has_type = type_find(type, span_make(text, len), NULL);

	FUZZ_HOLDS(has_type || strcmp(type, EVENT_TYPE_NONE) == 0);
	FUZZ_HOLDS(is_json == json_reference(&expected, other, text, len,
	    depth));
	if (!is_json)
		return;
	FUZZ_HOLDS(scan.line_breaks == expected.line_breaks);
	FUZZ_HOLDS(strcmp(type, other) == 0);
}

/* Any bytes become a string of printable characters. */
static void
quote(const uint8_t *data, size_t len)
{
	size_t size = 6 * len + 2, n;
	struct json_scan scan;
	char *text = malloc(size);

	FUZZ_HOLDS(text != NULL);
	n = json_quote(text, size, span_make(data, len));
	FUZZ_HOLDS(n >= 2 && n <= size);
	for (size_t i = 0; i < n; i++)
		FUZZ_HOLDS(text[i] >= 0x20 && text[i] < 0x7F);
	FUZZ_HOLDS(json_scan(&scan, text, n, 1));
	FUZZ_HOLDS(json_quote(text, size - 1, span_make(data, len)) == 0);
	free(text);
}

static void
run(const uint8_t *data, size_t len)
{
	char type[EVENT_TYPE_MAX + 1], elsewhere[EVENT_TYPE_MAX + 1];
	struct json_scan scan, moved;
	uint8_t *text;
	bool is_json;

	compare(data, len, JSON_DEPTH_MAX);
	compare(data, len, 3);
	quote(data, len);
	/* the eight bytes that are looked at together begin elsewhere */
	text = malloc(len + 8);
	FUZZ_HOLDS(text != NULL);
	is_json = json_scan(&scan, data, len, JSON_DEPTH_MAX);
	type_find(type, span_make(data, len), NULL);
	for (size_t shift = 1; len < 256 && shift < 8; shift++) {
		memset(text, ' ', shift);
		memcpy(text + shift, data, len);
		FUZZ_HOLDS(json_scan(&moved, text, shift + len,
		    JSON_DEPTH_MAX) == is_json);
		type_find(elsewhere, span_make(text, shift + len), NULL);
		FUZZ_HOLDS(!is_json || strcmp(elsewhere, type) == 0);
	}
	free(text);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	struct hookcask_span body = vector_get(v, "body", 0);
	size_t len = 0;

	if (body.len <= 4096)
		fuzz_put(buf, size, &len, body);
	return len;
}

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	static const char *const texts[] = {
		"{\"type\":\"a.b\",\"data\":{\"type\":[1,-2.5e+3,0,true]}}",
		"{\"t\\u0079pe\":\"\\u0061\\/b\",\"type\":\"c\",\"x\":null}",
		"\t[ \"\\ud83d\\ude00\\\"\\\\\\b\\f\\n\\r\\t\" ,\r\n false ]\n",
		"\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 and so on to the end\"",
		"[[[{\"a\":[{\"b\":{}}]}]]]",
		"{\"type\":\"a.b\",\"type\":\"a.\\u0062\",\"x\":\"\\ud83d\"}",
		NULL
	};

	return fuzz_own(texts, n, buf, size);
}

const struct fuzz_driver fuzz_json = { "json", run, seed, own, 20000 };
