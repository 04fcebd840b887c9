/* SPDX-License-Identifier: ISC */
/*
 * Sorts the entries of a request.  It knows which web servers join doubled
 * headers, pass them twice or leave blanks at their ends.  It checks no
 * header, and looks at no entry that it does not need.
 */
#include <config.h>

#include "event/delivery.h"

#include <stdint.h>
#include <string.h>

#include "base/span.h"

/* RFC 9110: blanks at the ends do not count; nginx passes them on. */
static struct hookcask_span
trim(const char *text)
{
	size_t len;

	while (is_blank(*text))
		text++;
	len = strlen(text);
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	return span_make(text, len);
}

/* Digits only, and a number that a size_t holds. */
static enum delivery_length
length_parse(const char *text, size_t *length)
{
	size_t n = 0;

	if (*text == '\0' || strcmp(text, "-1") == 0)
		return LENGTH_UNKNOWN;
	for (; *text != '\0'; text++) {
		size_t digit = (size_t)(*text - '0');

		if (*text < '0' || *text > '9' || n > (SIZE_MAX - digit) / 10)
			return LENGTH_BAD;
		n = n * 10 + digit;
	}
	*length = n;
	return LENGTH_KNOWN;
}

static void
header_add(struct delivery_header *header, const char *value)
{
	if (header->count++ == 0)
		header->value = trim(value);
}

/* Is it one of the three, by what follows HTTP_SVIX_ or HTTP_WEBHOOK_? */
static void
family_add(struct delivery_header *family, const char *name, size_t len,
    const char *value)
{
	static const char *const names[DELIVERY_HEADERS] = {
		[DELIVERY_ID] = "ID",
		[DELIVERY_TIMESTAMP] = "TIMESTAMP",
		[DELIVERY_SIGNATURE] = "SIGNATURE",
	};

	for (size_t i = 0; i < DELIVERY_HEADERS; i++)
		if (span_is(span_make(name, len), names[i]))
			header_add(&family[i], value);
}

static bool
is_prefix(const char *entry, const char *prefix, size_t *len)
{
	*len = strlen(prefix);
	return strncmp(entry, prefix, *len) == 0;
}

static void
path_join(struct delivery *d, const char *script, const char *info)
{
	size_t script_len = strlen(script), info_len = strlen(info);

	if (script_len > sizeof(d->path) - 1) {
		script_len = sizeof(d->path) - 1;
		d->path_is_cut = true;
	}
	if (info_len > sizeof(d->path) - 1 - script_len) {
		info_len = sizeof(d->path) - 1 - script_len;
		d->path_is_cut = true;
	}
	memcpy(d->path, script, script_len);
	memcpy(d->path + script_len, info, info_len);
	d->path[script_len + info_len] = '\0';
}

void
delivery_init(struct delivery *d, char *const *entries)
{
	enum {
		METHOD, SCRIPT, INFO, LENGTH, REMOTE, ROOT, USER_ROOT, CODING,
		NAMES
	};
	static const char *const names[NAMES] = {
		[METHOD] = "REQUEST_METHOD",
		[SCRIPT] = "SCRIPT_NAME",
		[INFO] = "PATH_INFO",
		[LENGTH] = "CONTENT_LENGTH",
		[REMOTE] = "REMOTE_ADDR",
		[ROOT] = "DOCUMENT_ROOT",
		/* Apache's: a user's folder, or the target of an alias */
		[USER_ROOT] = "CONTEXT_DOCUMENT_ROOT",
		[CODING] = "HTTP_TRANSFER_ENCODING",
	};
	const char *values[NAMES] = { NULL };
	size_t skip;

	/* all but the path: it is large, and set below */
	d->path_is_cut = false;
	d->length = 0;
	memset(d->svix, 0, sizeof(d->svix));
	memset(d->webhook, 0, sizeof(d->webhook));
	for (; *entries != NULL; entries++) {
		const char *entry = *entries;
		const char *equals = strchr(entry, '=');
		struct hookcask_span name;

		if (equals == NULL)
			continue;
		name = span_make(entry, (size_t)(equals - entry));
		if (is_prefix(entry, "HTTP_SVIX_", &skip))
			family_add(d->svix, entry + skip, name.len - skip,
			    equals + 1);
		else if (is_prefix(entry, "HTTP_WEBHOOK_", &skip))
			family_add(d->webhook, entry + skip, name.len - skip,
			    equals + 1);
		else
			for (size_t i = 0; i < NAMES; i++)
				if (values[i] == NULL &&
				    span_is(name, names[i]))
					values[i] = equals + 1;
	}
	d->method = values[METHOD] != NULL ? values[METHOD] : "";
	d->remote = values[REMOTE];
	d->docroots[0] = values[ROOT];
	d->docroots[1] = values[USER_ROOT];
	d->is_chunked = values[CODING] != NULL;
	d->length_text = values[LENGTH] != NULL ? values[LENGTH] : "";
	d->length_kind = length_parse(d->length_text, &d->length);
	path_join(d, values[SCRIPT] != NULL ? values[SCRIPT] : "",
	    values[INFO] != NULL ? values[INFO] : "");
}

const char *
delivery_path(const struct delivery *d)
{
	return d->path_is_cut ? "" : d->path;
}

static bool
is_complete(const struct delivery_header *family)
{
	for (size_t i = 0; i < DELIVERY_HEADERS; i++)
		if (family[i].value.len == 0)
			return false;
	return true;
}

enum hookcask_family
delivery_family(const struct delivery *d)
{
	if (is_complete(d->svix))
		return HOOKCASK_FAMILY_SVIX;
	if (is_complete(d->webhook))
		return HOOKCASK_FAMILY_WEBHOOK;
	return HOOKCASK_FAMILY_NONE;
}

/* Apache and lighttpd join with ", "; a lone comma may belong to an id. */
static bool
is_joined(struct hookcask_span s)
{
	const char *text = s.data;

	for (size_t i = 0; i + 1 < s.len; i++)
		if (text[i] == ',' && is_blank(text[i + 1]))
			return true;
	return false;
}

bool
delivery_is_doubled(const struct delivery *d)
{
	enum hookcask_family family = delivery_family(d);
	const struct delivery_header *h;

	if (family == HOOKCASK_FAMILY_NONE)
		return false;
	h = family == HOOKCASK_FAMILY_SVIX ? d->svix : d->webhook;
	for (size_t i = 0; i < DELIVERY_HEADERS; i++)
		if (h[i].count > 1)
			return true;
	return is_joined(h[DELIVERY_ID].value) ||
	    is_joined(h[DELIVERY_TIMESTAMP].value);
}

static struct hookcask_headers
headers_view(const struct delivery_header *family)
{
	struct hookcask_headers h;

	h.id = family[DELIVERY_ID].value;
	h.timestamp = family[DELIVERY_TIMESTAMP].value;
	h.signature = family[DELIVERY_SIGNATURE].value;
	return h;
}

struct hookcask_delivery
delivery_view(const struct delivery *d, const struct hookcask_span *body)
{
	struct hookcask_delivery view;

	view.svix = headers_view(d->svix);
	view.webhook = headers_view(d->webhook);
	view.body = body;
	view.body_count = body != NULL ? 1 : 0;
	return view;
}
