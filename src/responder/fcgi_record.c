/* SPDX-License-Identifier: ISC */
/*
 * Takes records apart and makes them.  It knows no connection, and trusts no
 * length until that many bytes are there.
 */
#include <config.h>

#include "responder/fcgi_record.h"

#include <string.h>

bool
fcgi_head_parse(struct fcgi_head *head, const unsigned char *p)
{
	head->type = p[1];
	head->id = (unsigned)p[2] << 8 | p[3];
	head->content = (size_t)p[4] << 8 | p[5];
	head->padding = p[6];
	return p[0] == FCGI_VERSION_1;
}

void
fcgi_head_format(unsigned char *p, unsigned type, unsigned id, size_t content)
{
	p[0] = FCGI_VERSION_1;
	p[1] = (unsigned char)type;
	p[2] = (unsigned char)(id >> 8);
	p[3] = (unsigned char)id;
	p[4] = (unsigned char)(content >> 8);
	p[5] = (unsigned char)content;
	p[6] = 0;
	p[7] = 0;
}

void
fcgi_end_format(unsigned char *p, unsigned id, unsigned char status)
{
	memset(p, 0, FCGI_SHORT_RECORD);
	fcgi_head_format(p, FCGI_END_REQUEST, id, sizeof(FCGI_EndRequestBody));
	p[FCGI_HEADER_LEN + offsetof(FCGI_EndRequestBody, protocolStatus)] =
	    status;
}

void
fcgi_unknown_format(unsigned char *p, unsigned type)
{
	memset(p, 0, FCGI_SHORT_RECORD);
	fcgi_head_format(p, FCGI_UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID,
	    sizeof(FCGI_UnknownTypeBody));
	p[FCGI_HEADER_LEN] = (unsigned char)type;
}

bool
fcgi_length_parse(const unsigned char **at, const unsigned char *end,
    size_t *len)
{
	const unsigned char *p = *at;

	if (p >= end)
		return false;
	if (*p < 0x80) {
		*len = *p;
		*at = p + 1;
		return true;
	}
	if (end - p < 4)
		return false;
	*len = (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 |
	    (size_t)p[2] << 8 | p[3];
	*at = p + 4;
	return true;
}

size_t
fcgi_values_format(unsigned char *out, const unsigned char *question,
    size_t len)
{
	/* as libfcgi answers, so that servers behave as with it */
	static const struct { const char *name; char value; } known[] = {
		{ FCGI_MAX_CONNS, '1' },
		{ FCGI_MAX_REQS, '1' },
		{ FCGI_MPXS_CONNS, '0' },
	};
	bool is_asked[sizeof(known) / sizeof(known[0])] = { false };
	const unsigned char *at = question, *end = question + len;
	size_t size = FCGI_HEADER_LEN;

	while (at < end) {
		size_t name, value;

		if (!fcgi_length_parse(&at, end, &name) ||
		    !fcgi_length_parse(&at, end, &value) ||
		    name > (size_t)(end - at) ||
		    value > (size_t)(end - at) - name)
			return 0;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strlen(known[i].name) == name &&
			    memcmp(known[i].name, at, name) == 0)
				is_asked[i] = true;
		at += name + value;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t name = strlen(known[i].name);

		if (!is_asked[i])
			continue;
		out[size++] = (unsigned char)name;
		out[size++] = 1;
		memcpy(out + size, known[i].name, name);
		size += name;
		out[size++] = (unsigned char)known[i].value;
	}
	fcgi_head_format(out, FCGI_GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID,
	    size - FCGI_HEADER_LEN);
	return size;
}
