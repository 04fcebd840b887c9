/* SPDX-License-Identifier: ISC */
/*
 * Parses the text of a secret file.  Pure: no file, no clock.  Its messages
 * hold no byte of the text.
 */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/civil.h"
#include "base/span.h"
#include "base/wipe.h"
#include "config/keyset.h"

/* Where a key is, for messages; line 0: the text has no lines. */
struct place {
	const char	*name;
	unsigned	 line;
};

static bool
keyset_fail(const struct place *at, struct err *err, const char *why)
{
	if (at->line == 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: %s", at->name,
		    why);
	return err_set(err, OUTCOME_BAD_CONFIG, "%s:%u: %s", at->name,
	    at->line, why);
}

static const char *
status_advice(enum hookcask_status status)
{
	switch (status) {
	case HOOKCASK_SECRET_PREFIX:
		return "; if the sender's key is this very text (polar_whs_... "
		    "is), write text: in front of it; otherwise copy the "
		    "signing secret, whsec_..., from the sender's page of "
		    "this endpoint";
	case HOOKCASK_SECRET_EMPTY:
	case HOOKCASK_SECRET_SHORT:
		return "; copy the signing secret, whsec_..., from the "
		    "sender's page of this endpoint";
	case HOOKCASK_SECRET_LENGTH:
	case HOOKCASK_SECRET_WEAK:
		return "; copy all of the public key again";
	default:
		/* the text of the status says enough */
		return "";
	}
}

static bool
starts_with(struct hookcask_span text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

/* Hexadecimal digits alone pass as base64, but were hardly meant so. */
static bool
is_hex(struct hookcask_span text)
{
	const char *p = text.data;
	size_t at = starts_with(text, "whsec_") ? 6 : 0, digits = at;

	while (digits < text.len && isxdigit((unsigned char)p[digits]))
		digits++;
	return digits == text.len && digits - at >= 32;
}

static bool
key_is_same(const struct hookcask_key *a, const struct hookcask_key *b)
{
	return a->kind == b->kind && a->len == b->len &&
	    memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* The same key if the set has it already, or NULL. */
static struct hookcask_key *
find_same(struct keyset *set, const struct hookcask_key *key)
{
	for (size_t i = 0; i < set->count; i++)
		if (key_is_same(&set->keys[i], key))
			return &set->keys[i];
	return NULL;
}

static size_t
count_public(const struct keyset *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += set->keys[i].kind == HOOKCASK_KEY_ED25519;
	return count;
}

static bool
keyset_add(struct keyset *set, const struct place *at,
    struct hookcask_span text, int64_t not_after, struct err *err)
{
	enum hookcask_status status;
	struct hookcask_key key, *same;
	char why[512];

	if (text.len > 0 && memchr("\"'`", *(const char *)text.data, 3) != NULL)
		return keyset_fail(at, err, "the secret is in quotes; take "
		    "them off");
	status = hookcask_key_init(&key, text.data, text.len);
	if (status != HOOKCASK_OK) {
		snprintf(why, sizeof(why), "%s%s",
		    hookcask_status_text(status), status_advice(status));
		return keyset_fail(at, err, why);
	}
	key.not_after = not_after;
	if ((same = find_same(set, &key)) != NULL) {
		/* each line alone makes it valid: the later end counts */
		if (same->not_after < not_after)
			same->not_after = not_after;
		set->twice++;
	} else if (set->count == HOOKCASK_KEYS_MAX) {
		keyset_fail(at, err, "more than 16 secrets; remove those that "
		    "the sender no longer uses");
	} else if (key.kind == HOOKCASK_KEY_ED25519 &&
	    count_public(set) == HOOKCASK_PUBLIC_KEYS_MAX) {
		keyset_fail(at, err, "more than 4 public keys (whpk_); remove "
		    "those that the sender no longer uses");
	} else {
		set->weak += key.kind == HOOKCASK_KEY_HMAC &&
		    key.len < HOOKCASK_KEY_ADVISED;
		set->hex_like += is_hex(text);
		set->text_like += starts_with(text, "text:whsec_");
		same = &set->keys[set->count++];
		*same = key;
	}
	wipe(&key, sizeof(key));
	return same != NULL;
}

static struct hookcask_span
trim(const char *text, size_t len)
{
	while (len > 0 && is_blank(text[0])) {
		text++;
		len--;
	}
	while (len > 0 && (is_blank(text[len - 1]) || text[len - 1] == '\r'))
		len--;
	return span_make(text, len);
}

static bool
holds_until(const char *text, size_t len)
{
	for (size_t i = 0; i + 5 <= len; i++)
		if (strncasecmp(text + i, "until", 5) == 0)
			return true;
	return false;
}

/*
 * After a key: nothing, or a comment.  A comment with "until" in any other
 * form is refused, because an expiry that is overlooked would keep a retired
 * key valid.
 */
static bool
parse_rest(const struct place *at, struct hookcask_span rest,
    int64_t *not_after, struct err *err)
{
	static const char day_end[] = "T23:59:59Z";
	char stamp[10 + sizeof(day_end)];
	const char *p = rest.data;
	int64_t us;

	*not_after = HOOKCASK_NO_END;
	if (rest.len == 0)
		return true;
	if (p[0] != '#')
		return keyset_fail(at, err, "something follows the secret; "
		    "put one secret on a line, and comments after a #");
	rest = trim(p + 1, rest.len - 1);
	if (!holds_until(rest.data, rest.len))
		return true;
	p = rest.data;
	if (rest.len == 16 && memcmp(p, "until ", 6) == 0) {
		memcpy(stamp, p + 6, 10);
		memcpy(stamp + 10, day_end, sizeof(day_end));
		if (civil_parse(stamp, strlen(stamp), &us)) {
			*not_after = us / 1000000;
			return true;
		}
	}
	return keyset_fail(at, err, "the expiry is not understood; write "
	    "\"# until YYYY-MM-DD\" and nothing after it");
}

static bool
parse_line(struct keyset *set, const struct place *at,
    struct hookcask_span line, struct err *err)
{
	const char *p;
	int64_t not_after;
	size_t len = 0;

	line = trim(line.data, line.len);
	p = line.data;
	if (line.len == 0 || p[0] == '#')
		return true;
	/* a "text:" may hold a "#" */
	while (len < line.len && !is_blank(p[len]) && (p[len] != '#' ||
	    starts_with(line, "text:")))
		len++;
	return parse_rest(at, trim(p + len, line.len - len), &not_after,
	    err) && keyset_add(set, at, span_make(p, len), not_after, err);
}

bool
keyset_parse(struct keyset *set, const char *name, const char *text,
    size_t len, struct err *err)
{
	struct place at = { name, 0 };

	memset(set, 0, sizeof(*set));
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		at.line = 1;
		return keyset_fail(&at, err, "the file starts with a byte "
		    "order mark; save it as plain ASCII text");
	}
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - text);

		at.line++;
		if (!parse_line(set, &at, span_make(text, n), err)) {
			keyset_wipe(set);
			return false;
		}
		n += end != NULL;
		text += n;
		len -= n;
	}
	if (set->count > 0)
		return true;
	at.line = 0;
	return keyset_fail(&at, err, "no secret in it; put the signing "
	    "secret, whsec_..., on a line of its own");
}

bool
keyset_parse_words(struct keyset *set, const char *name, const char *text,
    size_t len, struct err *err)
{
	const struct place at = { name, 0 };
	size_t n;

	memset(set, 0, sizeof(*set));
	for (; len > 0; text += n, len -= n) {
		if (isspace((unsigned char)text[0])) {
			n = 1;
			continue;
		}
		for (n = 1; n < len && !isspace((unsigned char)text[n]); )
			n++;
		if (!keyset_add(set, &at, span_make(text, n),
		    HOOKCASK_NO_END, err)) {
			keyset_wipe(set);
			return false;
		}
	}
	if (set->count > 0)
		return true;
	return keyset_fail(&at, err, "it is empty; set it to the signing "
	    "secret, whsec_...");
}

void
keyset_wipe(struct keyset *set)
{
	wipe(set, sizeof(*set));
}
