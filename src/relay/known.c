/* SPDX-License-Identifier: ISC */
/* A table with open addressing, at most half full; keys are hashes already. */
#include <config.h>

#include <stdlib.h>

#include "relay/known.h"

static struct known_slot *
find(const struct known *k, uint64_t key)
{
	size_t i = key & (k->size - 1);

	while (k->slots[i].used && k->slots[i].key != key)
		i = (i + 1) & (k->size - 1);
	return &k->slots[i];
}

static bool
grow(struct known *k)
{
	struct known more = { .count = k->count,
		.size = k->size == 0 ? 1024 : 2 * k->size };

	more.slots = calloc(more.size, sizeof(*more.slots));
	if (more.slots == NULL)
		return false;
	for (size_t i = 0; i < k->size; i++)
		if (k->slots[i].used)
			*find(&more, k->slots[i].key) = k->slots[i];
	free(k->slots);
	*k = more;
	return true;
}

bool
known_add(struct known *k, uint64_t key, uint64_t body)
{
	struct known_slot *slot;

	if (2 * (k->count + 1) > k->size && !grow(k))
		return false;
	slot = find(k, key);
	if (slot->used)
		return true;
	slot->key = key;
	slot->body = body;
	slot->used = true;
	k->count++;
	return true;
}

const uint64_t *
known_body(const struct known *k, uint64_t key)
{
	const struct known_slot *slot = k->size == 0 ? NULL : find(k, key);

	return slot != NULL && slot->used ? &slot->body : NULL;
}

void
known_free(struct known *k)
{
	free(k->slots);
	*k = (struct known){ .slots = NULL };
}
