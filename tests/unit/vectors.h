/* SPDX-License-Identifier: ISC */
/* Reads the cases of tests/vectors; their format is in its README. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

#include "hookcask.h"

#define VECTOR_FIELDS	40

struct vector_field {
	char		 key[32];
	unsigned char	*data;
	size_t		 len;
};

struct vector {
	const char		*file;
	struct vector_field	 fields[VECTOR_FIELDS];
	size_t			 count;
};

/* Calls each for every case of every *.txt in dir; aborts on bad files. */
void	vectors_read(const char *dir, void (*each)(const struct vector *,
	    void *ctx), void *ctx);
/* The nth value of a key; its data is NULL if there is none. */
struct hookcask_span vector_get(const struct vector *, const char *key,
	    size_t nth);
bool	vector_has(const struct vector *, const char *key);
/* The value as a C string ("" if absent), and as a number. */
const char *vector_text(const struct vector *, const char *key);
long long vector_number(const struct vector *, const char *key,
	    long long otherwise);

#endif
