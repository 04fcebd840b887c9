/* SPDX-License-Identifier: ISC */
/* Signs as the sender does, v1 only: for tests and tools. */
#include <config.h>

#include <string.h>

#include "hookcask.h"
#include "lib/mac.h"
#include "lib/message.h"
#include "lib/timestamp.h"

_Static_assert(sizeof("v1,") + HKC_MAC_TEXT == HOOKCASK_SIGNATURE_SIZE,
    "HOOKCASK_SIGNATURE_SIZE");

enum hookcask_status
hookcask_sign(const struct hookcask_key *key, struct hookcask_span id,
    int64_t timestamp, const struct hookcask_span *body, size_t body_count,
    char signature[HOOKCASK_SIGNATURE_SIZE])
{
	char head[HKC_HEAD_MAX], digits[HKC_TIMESTAMP_MAX];
	struct hkc_message message = { { head, 0 }, body, body_count };
	struct hookcask_span text = { digits, 0 };
	size_t size;

	if (signature == NULL)
		return HOOKCASK_BAD_ARGUMENT;
	signature[0] = '\0';
	if (key == NULL || key->kind != HOOKCASK_KEY_HMAC ||
	    (id.data == NULL && id.len != 0) ||
	    !hkc_body_size(body, body_count, &size))
		return HOOKCASK_BAD_ARGUMENT;
	if (!hkc_id_is_good(id))
		return HOOKCASK_BAD_ID;
	if (timestamp <= 0 || timestamp > HOOKCASK_TIME_MAX)
		return HOOKCASK_BAD_TIMESTAMP;
	text.len = hkc_timestamp_format(digits, timestamp);
	message.head.len = hkc_head_format(head, id, text);
	memcpy(signature, "v1,", 3);
	hkc_mac(key, &message, signature + 3);
	signature[3 + HKC_MAC_TEXT] = '\0';
	return HOOKCASK_OK;
}
