/* SPDX-License-Identifier: ISC */
/*
 * Reads a record's line back, strictly: what record_init() writes and
 * nothing else.  A line that another tool has printed again is not a record:
 * its signature could no longer be verified.
 */
#include <config.h>

#include <string.h>

#include "base/span.h"
#include "config/configuration.h"
#include "event/record.h"
#include "lib/base64.h"

struct reader {
	const char *p;
	const char *end;
};

static bool
take(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(r->end - r->p) < len || memcmp(r->p, text, len) != 0)
		return false;
	r->p += len;
	return true;
}

/* Takes text without escapes up to the next quote, and the quote. */
static bool
take_plain(struct reader *r, struct hookcask_span *s)
{
	const char *quote = memchr(r->p, '"', (size_t)(r->end - r->p));

	if (quote == NULL)
		return false;
	*s = span_make(r->p, (size_t)(quote - r->p));
	r->p = quote + 1;
	return true;
}

/* Likewise, for printable ASCII in which \" and \\ are escaped. */
static bool
take_quoted(struct reader *r, char *buf, size_t size)
{
	size_t len = 0;

	for (; r->p < r->end && *r->p != '"'; r->p++) {
		if (*r->p == '\\') {
			r->p++;
			if (r->p == r->end || (*r->p != '"' && *r->p != '\\'))
				return false;
		}
		if (*r->p < 0x21 || *r->p > 0x7E || len + 1 >= size)
			return false;
		buf[len++] = *r->p;
	}
	buf[len] = '\0';
	return take(r, "\"") && len > 0;
}

static bool
take_time(struct reader *r, size_t len, int64_t *microseconds)
{
	struct hookcask_span s;

	return take_plain(r, &s) && s.len == len &&
	    civil_parse(s.data, s.len, microseconds);
}

/* "v1," and the base64 of 32 bytes, or "v1a," and that of 64. */
static bool
take_signature(struct reader *r, struct hookcask_span *s)
{
	unsigned char raw[72];
	const char *text;
	size_t len, label = 3;

	if (!take_plain(r, s))
		return false;
	text = s->data;
	if (s->len == 92 && memcmp(text, "v1a,", 4) == 0)
		label = 4;
	else if (s->len != 47 || memcmp(text, "v1,", 3) != 0)
		return false;
	return hkc_base64_decode(raw, &len, text + label, s->len - label,
	    false);
}

static bool
take_key(struct reader *r, struct hookcask_span *s)
{
	if (!take_plain(r, s) || s->len != 8)
		return false;
	for (size_t i = 0; i < s->len; i++)
		if (memchr("0123456789abcdef", ((const char *)s->data)[i],
		    16) == NULL)
			return false;
	return true;
}

static size_t
decoded_len(struct hookcask_span base64)
{
	const char *text = base64.data;
	size_t len = base64.len / 4 * 3;

	if (base64.len > 0 && text[base64.len - 1] == '=')
		len--;
	if (base64.len > 1 && text[base64.len - 2] == '=')
		len--;
	return len;
}

/*
 * Is this base64?  If data is given, does it also encode the same bytes but
 * for line breaks, of which there is at least one?
 */
static bool
is_base64(struct hookcask_span base64, const struct hookcask_span *data)
{
	unsigned char raw[3072 + 3];
	const char *text = base64.data;
	const unsigned char *p = data == NULL ? NULL : data->data;
	bool broken = false;
	size_t len;

	if (base64.len % 4 != 0)
		return false;
	if (data != NULL && decoded_len(base64) != data->len)
		return false;
	for (size_t i = 0, n; i < base64.len; i += n) {
		n = base64.len - i < 4096 ? base64.len - i : 4096;
		if (!hkc_base64_decode(raw, &len, text + i, n, false))
			return false;
		if (i + n < base64.len && len != 3072)
			return false; /* padding before the end */
		if (p == NULL)
			continue;
		for (size_t j = 0; j < len; j++, p++) {
			if (raw[j] == '\n' || raw[j] == '\r') {
				broken = true;
				if (*p != ' ')
					return false;
			} else if (raw[j] != *p) {
				return false;
			}
		}
	}
	return data == NULL || broken;
}

/* The body, one JSON text: from "data": to the last brace. */
static bool
take_data(struct reader *r, struct record_view *v)
{
	struct json_scan scan;

	if (r->end - r->p < 2 || r->end[-1] != '}')
		return false;
	v->data = span_make(r->p, (size_t)(r->end - 1 - r->p));
	v->is_json = true;
	return json_scan(&scan, v->data.data, v->data.len, JSON_DEPTH_MAX) &&
	    !scan.line_breaks;
}

static bool
take_body(struct reader *r, struct record_view *v)
{
	if (take(r, "json\",\"data\":")) {
		v->body_len = (size_t)(r->end - r->p) - 1;
		return take_data(r, v);
	}
	if (take(r, "json\",\"raw\":\"")) {
		if (!take_plain(r, &v->base64) || !take(r, ",\"data\":") ||
		    !take_data(r, v))
			return false;
		v->body_len = v->data.len;
		return is_base64(v->base64, &v->data);
	}
	if (!take(r, "octet-stream\",\"data_base64\":\"") ||
	    !take_plain(r, &v->base64) || !take(r, "}") || r->p != r->end)
		return false;
	v->body_len = decoded_len(v->base64);
	return is_base64(v->base64, NULL);
}

bool
record_parse(struct record_view *v, const char *line, size_t len)
{
	struct reader r = { line, line + len };
	int64_t time;

	memset(v, 0, sizeof(*v));
	if (!take(&r, "{\"specversion\":\"1.0\",\"id\":\"") ||
	    !take_quoted(&r, v->id, sizeof(v->id)) ||
	    strchr(v->id, '.') != NULL ||
	    !take(&r, ",\"source\":\"") ||
	    !take_quoted(&r, v->source, sizeof(v->source)) ||
	    !endpoint_name_is_good(v->source) ||
	    !take(&r, ",\"type\":\"") ||
	    !take_quoted(&r, v->type, sizeof(v->type)) ||
	    !take(&r, ",\"time\":\"") || !take_time(&r, 20, &time) ||
	    !take(&r, ",\"received\":\"") ||
	    !take_time(&r, 27, &v->received_us) ||
	    !take(&r, ",\"svixsignature\":\"") ||
	    !take_signature(&r, &v->signature) ||
	    !take(&r, ",\"svixkey\":\"") || !take_key(&r, &v->key) ||
	    !take(&r, ",\"datacontenttype\":\"application/"))
		return false;
	v->time = time / 1000000;
	return take_body(&r, v);
}

bool
record_body(const struct record_view *v, unsigned char *buf,
    struct hookcask_span *body)
{
	size_t len;

	if (v->base64.len == 0 && v->is_json) {
		*body = v->data;
		return true;
	}
	if (v->base64.len == 0) {
		*body = span_make(NULL, 0);
		return true;
	}
	if (!hkc_base64_decode(buf, &len, v->base64.data, v->base64.len,
	    false))
		return false;
	*body = span_make(buf, len);
	return true;
}
