/* SPDX-License-Identifier: ISC */
/*
 * Makes "NAME=value" strings of FastCGI's name-value pairs, in place: the
 * two lengths of a pair take at least the room of "=" and NUL.
 */
#include <config.h>

#include "responder/fcgi_params.h"

#include <stdlib.h>
#include <string.h>

#include "responder/fcgi_record.h"

#define FCGI_PARAMS_FIRST	((size_t)4 << 10)	/* mostly enough */

void
fcgi_params_init(struct fcgi_params *p)
{
	if (p->size > FCGI_PARAMS_KEEP)
		fcgi_params_wipe(p);
	p->len = 0;
	p->is_over = false;
	p->env[0] = NULL;
}

void
fcgi_params_wipe(struct fcgi_params *p)
{
	free(p->data);
	p->data = NULL;
	p->size = 0;
	p->len = 0;
	p->env[0] = NULL;
}

unsigned char *
fcgi_params_room(struct fcgi_params *p, size_t *room)
{
	if (p->len >= p->size && p->size < FCGI_PARAMS_MAX) {
		size_t size = p->size == 0 ? FCGI_PARAMS_FIRST : p->size * 2;
		unsigned char *data = realloc(p->data, size);

		if (data == NULL)
			return NULL;
		p->data = data;
		p->size = size;
	}
	if (p->len >= p->size)
		p->is_over = true;
	if (p->is_over)
		p->len = 0;	/* the rest is discarded */
	*room = p->size - p->len;
	return p->data + p->len;
}

/* Does it stay the same as a C string that is cut at the first "="? */
static bool
is_plain(const unsigned char *name, size_t name_len,
    const unsigned char *value, size_t value_len)
{
	return memchr(name, '=', name_len) == NULL &&
	    memchr(name, '\0', name_len) == NULL &&
	    memchr(value, '\0', value_len) == NULL;
}

bool
fcgi_params_finish(struct fcgi_params *p)
{
	const unsigned char *at = p->data, *end = p->data + p->len;
	unsigned char *out = p->data;
	size_t count = 0;

	while (!p->is_over && at < end) {
		size_t name, value;

		if (!fcgi_length_parse(&at, end, &name) ||
		    !fcgi_length_parse(&at, end, &value) ||
		    name > (size_t)(end - at) ||
		    value > (size_t)(end - at) - name)
			return false;
		if (is_plain(at, name, at + name, value)) {
			if (count >= FCGI_PARAMS_ENTRIES) {
				p->is_over = true;
				break;
			}
			p->env[count++] = (char *)out;
			memmove(out, at, name);
			out[name] = '=';
			memmove(out + name + 1, at + name, value);
			out[name + 1 + value] = '\0';
			out += name + 1 + value + 1;
		}
		at += name + value;
	}
	p->env[p->is_over ? 0 : count] = NULL;
	return true;
}
