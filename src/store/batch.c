/* SPDX-License-Identifier: ISC */
/* Twins, puts of one id in a batch: the later ones get the first's outcome. */
#include <config.h>

#include <string.h>

#include "store/batch.h"

void
batch_find_twins(struct put **puts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		puts[i]->twin = NULL;
		puts[i]->outcome = OUTCOME_STORE_ERROR;
		for (size_t j = 0; j < i; j++) {
			if (puts[j]->twin != NULL || strcmp(
			    puts[j]->record->id, puts[i]->record->id) != 0)
				continue;
			puts[i]->twin = puts[j];
			break;
		}
	}
}

void
batch_settle_twins(struct put **puts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct put *twin = puts[i]->twin;

		if (twin == NULL || twin->outcome == OUTCOME_STORE_ERROR)
			continue;
		puts[i]->outcome = OUTCOME_DUPLICATE;
		puts[i]->first_body = twin->outcome == OUTCOME_STORED ?
		    twin->record->body_hash : twin->first_body;
	}
}
