/* SPDX-License-Identifier: ISC */
/*
 * The signature header against a second reading of its grammar: the input is
 * a timestamp, a line feed, a header.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "base/span.h"
#include "fuzz.h"
#include "lib/signature.h"
#include "vectors.h"

/* What a header holds by the grammar: where the values of a length start. */
struct found {
	size_t	v1[HOOKCASK_HEADER_MAX];
	size_t	v1a[HOOKCASK_HEADER_MAX];
	size_t	v1_count, v1a_count;
};

struct atom {
	size_t	at, len;
};

static struct atom atoms[HOOKCASK_HEADER_MAX];
static struct found found;

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static size_t
cut_atoms(struct hookcask_span header)
{
	const char *text = header.data;
	size_t count = 0;

	for (size_t i = 0; i < header.len; i++) {
		if (is_one_of(text[i], " \t,"))
			continue;
		if (i == 0 || is_one_of(text[i - 1], " \t,"))
			atoms[count++] = (struct atom){ i, 0 };
		atoms[count - 1].len++;
	}
	return count;
}

/* "v", a digit, up to 7 digits or lower-case letters */
static bool
is_label(const char *text, struct atom a)
{
	if (a.len < 2 || a.len > 9 || text[a.at] != 'v' ||
	    !is_one_of(text[a.at + 1], "0123456789"))
		return false;
	for (size_t i = 2; i < a.len; i++)
		if (!is_one_of(text[a.at + i],
		    "0123456789abcdefghijklmnopqrstuvwxyz"))
			return false;
	return true;
}

static void
note(struct hookcask_span label, size_t at, size_t len)
{
	if (span_is(label, "v1") && len == HKC_V1_SIZE)
		found.v1[found.v1_count++] = at;
	if (span_is(label, "v1a") && len == HKC_V1A_SIZE)
		found.v1a[found.v1a_count++] = at;
}

static void
read_list(struct hookcask_span header, size_t count)
{
	const char *text = header.data;

	for (size_t i = 0; i + 1 < count; i++) {
		struct atom label = atoms[i], value = atoms[i + 1];

		if (!is_label(text, label) ||
		    value.at != label.at + label.len + 1 ||
		    text[value.at - 1] != ',')
			continue;
		note(span_make(text + label.at, label.len), value.at,
		    value.len);
		i++;
	}
}

static struct hookcask_span
strip(struct hookcask_span s, bool front)
{
	const char *text = s.data;

	while (front && s.len > 0 && is_one_of(*text, " \t")) {
		text++;
		s.len--;
	}
	while (s.len > 0 && is_one_of(text[s.len - 1], " \t"))
		s.len--;
	return span_make(text, s.len);
}

static bool
read_comma(struct hookcask_span header, struct hookcask_span timestamp)
{
	struct hookcask_span rest = header, element, name;

	element = strip(fuzz_cut(&rest, ','), false);
	name = fuzz_cut(&element, '=');
	if (!span_is(name, "t") || !span_same(element, timestamp))
		return false;
	while (rest.len > 0) {
		element = strip(fuzz_cut(&rest, ','), true);
		if (element.len == 0)
			continue;
		if (memchr(element.data, '=', element.len) == NULL)
			return false;
		name = fuzz_cut(&element, '=');
		if (name.len == 0 || name.len > 8 || span_is(name, "t") ||
		    is_one_of(*(const char *)name.data, "0123456789"))
			return false;
		for (size_t i = 0; i < name.len; i++)
			if (!is_one_of(((const char *)name.data)[i],
			    "0123456789abcdefghijklmnopqrstuvwxyz"))
				return false;
		note(name, (size_t)((const char *)element.data -
		    (const char *)header.data), element.len);
	}
	return true;
}

static bool
is_comma_form(const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (atoms[i].len >= 2 && memcmp(text + atoms[i].at, "t=",
		    2) == 0)
			return true;
	return false;
}

static bool
read_header(struct hookcask_span header, struct hookcask_span timestamp)
{
	size_t count;

	memset(&found, 0, sizeof(found));
	if (header.len > HOOKCASK_HEADER_MAX)
		return false;
	count = cut_atoms(header);
	if (is_comma_form(header.data, count))
		return read_comma(header, timestamp);
	read_list(header, count);
	return true;
}

static void
run(const uint8_t *data, size_t len)
{
	struct hookcask_span header = span_make(data, len), timestamp;
	struct hkc_candidates c;
	enum hookcask_status status;
	size_t v1a;

	timestamp = fuzz_cut(&header, '\n');
	/* what the parser is given has been found good */
	if (timestamp.len == 0 || timestamp.len > 15)
		return;
	status = hkc_signature_parse(&c, header, timestamp);
	if (!read_header(header, timestamp)) {
		FUZZ_HOLDS(status == HOOKCASK_BAD_SIGNATURE_HEADER);
		return;
	}
	FUZZ_HOLDS(status == HOOKCASK_OK);
	v1a = found.v1a_count < HKC_V1A_MAX ? found.v1a_count : HKC_V1A_MAX;
	FUZZ_HOLDS(c.v1_count == found.v1_count);
	FUZZ_HOLDS(c.v1a_count == v1a);
	FUZZ_HOLDS(c.seen == found.v1_count + found.v1a_count);
	for (size_t i = 0; i < c.v1_count; i++)
		FUZZ_HOLDS(c.v1[i] == found.v1[i]);
	for (size_t i = 0; i < v1a; i++)
		FUZZ_HOLDS(c.v1a[i] == found.v1a[i]);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	size_t len = 0;

	if (!vector_has(v, "svix-signature"))
		return 0;
	fuzz_put(buf, size, &len, vector_get(v, "svix-timestamp", 0));
	fuzz_put_text(buf, size, &len, "\n");
	fuzz_put(buf, size, &len, vector_get(v, "svix-signature", 0));
	return len;
}

const struct fuzz_driver fuzz_signature = {
	"signature", run, seed, NULL, 20000
};
