/* SPDX-License-Identifier: ISC */
/* The signed content.  Only a caller's scratch holds it in one piece. */
#include <config.h>

#include <string.h>

#include "lib/message.h"

bool
hkc_id_is_good(struct hookcask_span id)
{
	const unsigned char *p = id.data;

	if (id.len == 0 || id.len > HOOKCASK_ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		if (p[i] < 0x21 || p[i] > 0x7e || p[i] == '.')
			return false;
	}
	return true;
}

size_t
hkc_head_format(char head[HKC_HEAD_MAX], struct hookcask_span id,
    struct hookcask_span timestamp)
{
	char *p = head;

	memcpy(p, id.data, id.len);
	p += id.len;
	*p++ = '.';
	memcpy(p, timestamp.data, timestamp.len);
	p += timestamp.len;
	*p++ = '.';
	return (size_t)(p - head);
}

bool
hkc_body_size(const struct hookcask_span *body, size_t count, size_t *size)
{
	size_t sum = 0;

	if (body == NULL && count != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (body[i].len > SIZE_MAX - HKC_HEAD_MAX - sum ||
		    (body[i].data == NULL && body[i].len != 0))
			return false;
		sum += body[i].len;
	}
	*size = sum;
	return true;
}
