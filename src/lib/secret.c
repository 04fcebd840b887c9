/* SPDX-License-Identifier: ISC */
/*
 * Secrets as people paste them, turned into keys.  Strict on purpose: a
 * lenient decoder turns an empty secret, or a public key, into an HMAC key
 * that everybody knows.
 */
#include <config.h>

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "hookcask.h"
#include "lib/base64.h"
#include "lib/ed25519.h"
#include "lib/mac.h"

/* The struct is part of the ABI: it must not grow. */
_Static_assert(sizeof(struct hookcask_key) == 128, "struct hookcask_key");

#define ED25519_KEY_SIZE	32
#define WORD_MAX		16	/* of another prefix, such as sk_... */

/* So that a fingerprint is not the plain SHA-256 of its key. */
static const char print_label[] = "hookcask key";

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

static bool
has_prefix(struct hookcask_span text, const char *prefix)
{
	size_t n = strlen(prefix);

	return text.len >= n && memcmp(text.data, prefix, n) == 0;
}

static bool
has_foreign_prefix(struct hookcask_span text)
{
	const char *p = text.data;
	size_t n = 0;

	while (n < text.len && n < WORD_MAX && is_alnum(p[n]))
		n++;
	return n != 0 && n < text.len && p[n] == '_';
}

static struct hookcask_span
trim(const char *text, size_t len)
{
	struct hookcask_span s = { text, len };

	while (len != 0 && is_blank(*text)) {
		text++;
		len--;
	}
	while (len != 0 && is_blank(text[len - 1]))
		len--;
	s.data = text;
	s.len = len;
	return s;
}

static void
drop_prefix(struct hookcask_span *text, const char *prefix)
{
	text->data = (const char *)text->data + strlen(prefix);
	text->len -= strlen(prefix);
}

/* Checks the prefix and takes it off. */
static enum hookcask_status
take_prefix(struct hookcask_span *text, enum hookcask_key_kind *kind)
{
	*kind = HOOKCASK_KEY_HMAC;
	if (has_prefix(*text, "whsk_"))
		return HOOKCASK_SECRET_PRIVATE;
	if (has_prefix(*text, "v1,") || has_prefix(*text, "v1a,"))
		return HOOKCASK_SECRET_VERSION;
	if (has_prefix(*text, "whsec_")) {
		drop_prefix(text, "whsec_");
	} else if (has_prefix(*text, "whpk_")) {
		*kind = HOOKCASK_KEY_ED25519;
		drop_prefix(text, "whpk_");
	} else if (has_foreign_prefix(*text)) {
		return HOOKCASK_SECRET_PREFIX;
	}
	return text->len == 0 ? HOOKCASK_SECRET_EMPTY : HOOKCASK_OK;
}

/* Bytes that valid base64 encodes, padded or not. */
static size_t
decoded_size(const char *text, size_t len)
{
	while (len != 0 && text[len - 1] == '=')
		len--;
	return len / 4 * 3 + len % 4 * 3 / 4;
}

/* All of a key but its bytes; len is theirs before any hashing. */
static enum hookcask_status
key_set(struct hookcask_key *key, const unsigned char *print, size_t len,
    enum hookcask_key_kind kind)
{
	if (len < HOOKCASK_KEY_MIN)
		return HOOKCASK_SECRET_SHORT;
	if (len > UINT32_MAX)
		return HOOKCASK_BAD_ARGUMENT;
	memcpy(key->print, print, sizeof(key->print));
	key->len = (uint32_t)len;
	key->kind = kind;
	key->not_after = HOOKCASK_NO_END;
	return HOOKCASK_OK;
}

static enum hookcask_status
key_fill(struct hookcask_key *key, struct hookcask_span text,
    enum hookcask_key_kind kind)
{
	const struct hookcask_span none = { NULL, 0 };
	const struct hookcask_span label =
	    { print_label, sizeof(print_label) - 1 };
	unsigned char digest[HKC_SHA256_SIZE];
	unsigned char room[HKC_BASE64_ROOM(88)];	/* 64 bytes, padded */
	size_t n = decoded_size(text.data, text.len);

	if (!hkc_sha256_base64(label, text.data, text.len, digest))
		return HOOKCASK_SECRET_BASE64;
	if (kind == HOOKCASK_KEY_ED25519 && n != ED25519_KEY_SIZE)
		return HOOKCASK_SECRET_LENGTH;
	if (n > sizeof(key->bytes)) {
		/* as HMAC would; the key itself fits no buffer of ours */
		if (!hkc_sha256_base64(none, text.data, text.len, key->bytes))
			return HOOKCASK_SECRET_BASE64;
	} else {
		if (!hkc_base64_decode(room, &n, text.data, text.len, true))
			return HOOKCASK_SECRET_BASE64;
		memcpy(key->bytes, room, n);
		hkc_wipe(room, sizeof(room));
		if (kind == HOOKCASK_KEY_ED25519 &&
		    hkc_ed25519_is_weak(key->bytes))
			return HOOKCASK_SECRET_WEAK;
	}
	return key_set(key, digest, n, kind);
}

/* A key of these bytes.  As in HMAC, more than 64 are kept as their hash. */
static enum hookcask_status
key_fill_bytes(struct hookcask_key *key, struct hookcask_span bytes)
{
	const struct hookcask_span parts[] = {
		{ print_label, sizeof(print_label) - 1 }, bytes
	};
	unsigned char digest[HKC_SHA256_SIZE];

	hkc_sha256(parts, 2, digest);
	if (bytes.len > sizeof(key->bytes))
		hkc_sha256(&bytes, 1, key->bytes);
	else
		memcpy(key->bytes, bytes.data, bytes.len);
	return key_set(key, digest, bytes.len, HOOKCASK_KEY_HMAC);
}

/* The key is the text itself. */
static enum hookcask_status
key_fill_text(struct hookcask_key *key, struct hookcask_span text)
{
	const char *p = text.data;

	for (size_t i = 0; i < text.len; i++)
		if (p[i] < 0x21 || p[i] > 0x7E)
			return HOOKCASK_SECRET_BASE64;
	return key_fill_bytes(key, text);
}

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* No sender's key in hex is longer than the room for one. */
static enum hookcask_status
key_fill_hex(struct hookcask_key *key, struct hookcask_span text)
{
	unsigned char bytes[sizeof(key->bytes)];
	const char *p = text.data;
	enum hookcask_status status = HOOKCASK_OK;

	if (text.len % 2 != 0 || text.len / 2 > sizeof(bytes))
		return HOOKCASK_SECRET_BASE64;
	for (size_t i = 0; i < text.len; i += 2) {
		int high = hex_value(p[i]), low = hex_value(p[i + 1]);

		if (high < 0 || low < 0)
			status = HOOKCASK_SECRET_BASE64;
		else
			bytes[i / 2] = (unsigned char)(high << 4 | low);
	}
	if (status == HOOKCASK_OK)
		status = key_fill_bytes(key,
		    (struct hookcask_span){ bytes, text.len / 2 });
	hkc_wipe(bytes, sizeof(bytes));
	return status;
}

/* The prefix says how the text becomes a key. */
static enum hookcask_status
key_fill_any(struct hookcask_key *key, struct hookcask_span text)
{
	enum hookcask_key_kind kind = HOOKCASK_KEY_HMAC;
	enum hookcask_status status = HOOKCASK_OK;

	if (has_prefix(text, "text:")) {
		drop_prefix(&text, "text:");
		return key_fill_text(key, text);
	}
	if (has_prefix(text, "hex:")) {
		drop_prefix(&text, "hex:");
		return key_fill_hex(key, text);
	}
	if (has_prefix(text, "base64:"))
		drop_prefix(&text, "base64:");
	else
		status = take_prefix(&text, &kind);
	return status == HOOKCASK_OK ? key_fill(key, text, kind) : status;
}

enum hookcask_status
hookcask_key_init(struct hookcask_key *key, const char *text, size_t len)
{
	enum hookcask_status status;
	struct hookcask_span rest;

	if (key == NULL)
		return HOOKCASK_BAD_ARGUMENT;
	memset(key, 0, sizeof(*key));
	if (text == NULL && len != 0)
		return HOOKCASK_BAD_ARGUMENT;
	if (len == 0)
		return HOOKCASK_SECRET_EMPTY;
	rest = trim(text, len);
	if (rest.len == 0)
		return HOOKCASK_SECRET_EMPTY;
	status = key_fill_any(key, rest);
	if (status != HOOKCASK_OK)
		hkc_wipe(key, sizeof(*key));
	return status;
}

void
hookcask_key_wipe(struct hookcask_key *key)
{
	if (key != NULL)
		hkc_wipe(key, sizeof(*key));
}

void
hookcask_key_fingerprint(const struct hookcask_key *key,
    char print[HOOKCASK_FINGERPRINT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *p = print;

	for (size_t i = 0; i < sizeof(key->print); i++) {
		*p++ = digits[key->print[i] >> 4];
		*p++ = digits[key->print[i] & 15];
	}
	*p = '\0';
}
