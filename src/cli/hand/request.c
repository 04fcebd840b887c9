/* SPDX-License-Identifier: ISC */
/* Finds the signature headers and the body in a captured request. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/span.h"
#include "cli/hand/request.h"

struct text {
	const char	*p;
	const char	*end;
	int		 line;
};

/* The next line without its end; false after the last one. */
static bool
next_line(struct text *t, struct hookcask_span *line)
{
	const char *lf;
	size_t len;

	if (t->p == t->end)
		return false;
	lf = memchr(t->p, '\n', (size_t)(t->end - t->p));
	len = (size_t)((lf == NULL ? t->end : lf) - t->p);
	*line = span_make(t->p, len);
	t->p += len + (lf != NULL);
	t->line++;
	if (line->len > 0 && ((const char *)line->data)[line->len - 1] == '\r')
		line->len--;
	if (line->len > 0 && ((const char *)line->data)[0] == '>') {
		size_t mark = line->len > 1 ? 2 : 1;

		*line = span_make((const char *)line->data + mark,
		    line->len - mark);
	}
	return true;
}

static struct hookcask_span
trim(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return span_make(p, (size_t)(end - p));
}

static bool
names(struct hookcask_span s, const char *name)
{
	return s.len == strlen(name) && strncasecmp(s.data, name, s.len) == 0;
}

static bool
join(struct hookcask_span *first, struct hookcask_span second, char **owned,
    struct err *err)
{
	char *text = malloc(first->len + 2 + second.len + 1);

	if (text == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "no memory");
	memcpy(text, first->data, first->len);
	memcpy(text + first->len, ", ", 2);
	memcpy(text + first->len + 2, second.data, second.len);
	*first = span_make(text, first->len + 2 + second.len);
	free(*owned);
	*owned = text;
	return true;
}

static bool
take_header(struct request *r, struct hookcask_span name,
    struct hookcask_span value, struct err *err)
{
	const struct {
		const char		*name;
		struct hookcask_span	*value;
		char			**joined;
	} table[] = {
		{ "svix-id", &r->svix.id, NULL },
		{ "svix-timestamp", &r->svix.timestamp, NULL },
		{ "svix-signature", &r->svix.signature, &r->joined[0] },
		{ "webhook-id", &r->webhook.id, NULL },
		{ "webhook-timestamp", &r->webhook.timestamp, NULL },
		{ "webhook-signature", &r->webhook.signature, &r->joined[1] },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (!names(name, table[i].name))
			continue;
		if (table[i].value->data == NULL)
			*table[i].value = value;
		else if (table[i].joined != NULL)
			return join(table[i].value, value, table[i].joined,
			    err);
		else
			r->doubled = table[i].name;
	}
	if (names(name, "transfer-encoding"))
		r->chunked = names(value, "chunked");
	if (names(name, "content-length") && value.len > 0 &&
	    value.len < 16) {
		char digits[16];

		memcpy(digits, value.data, value.len);
		digits[value.len] = '\0';
		r->length = strtoll(digits, NULL, 10);
	}
	return true;
}

bool
request_parse(struct request *r, const char *name, const char *text,
    size_t len, struct err *err)
{
	struct text t = { text, text + len, 0 };
	struct hookcask_span line;

	memset(r, 0, sizeof(*r));
	r->length = -1;
	while (next_line(&t, &line)) {
		const char *p = line.data, *end = p + line.len;
		const char *colon = memchr(p, ':', line.len);
		const char *blank = memchr(p, ' ', line.len);

		if (line.len == 0) {
			r->has_body = true;
			r->body = span_make(t.p, (size_t)(t.end - t.p));
			return true;
		}
		if (colon == NULL || (blank != NULL && blank < colon)) {
			if (t.line == 1)
				continue;	/* POST /path HTTP/1.1 */
			request_wipe(r);
			return err_set(err, OUTCOME_BAD_DATA,
			    "%s:%d: not a header line; an empty line must "
			    "separate headers and body", name, t.line);
		}
		if (!take_header(r, span_make(p, (size_t)(colon - p)),
		    trim(colon + 1, end), err)) {
			request_wipe(r);
			return false;
		}
	}
	return true;
}

void
request_wipe(struct request *r)
{
	for (size_t i = 0; i < sizeof(r->joined) / sizeof(*r->joined); i++) {
		free(r->joined[i]);
		r->joined[i] = NULL;
	}
}
