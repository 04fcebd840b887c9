/* SPDX-License-Identifier: ISC */
/*
 * Finds the name that differs least from a word: by letters added, left out,
 * replaced or swapped with the next.
 */
#include <config.h>

#include <string.h>

#include "cli/verb/nearest.h"

#define LEN_MAX	40

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The optimal string alignment distance; both are short enough. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[3][LEN_MAX + 1], n = strlen(b);
	size_t *before = row[0], *last = row[1], *now = row[2], *spare;

	for (size_t j = 0; j <= n; j++)
		last[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		now[0] = i;
		for (size_t j = 1; j <= n; j++) {
			now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]),
			    least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[n];
}

const char *
nearest(const char *word, const char *(*at)(const void *, size_t),
    const void *ctx)
{
	const char *name, *best = NULL;
	/* a third of the letters wrong is another word */
	size_t len = strlen(word), most = len / 3 + 1;

	if (len < 2 || len > LEN_MAX)
		return NULL;
	for (size_t i = 0; (name = at(ctx, i)) != NULL; i++) {
		size_t d = strlen(name) > LEN_MAX ? most :
		    distance(word, name);

		if (d < most) {
			most = d;
			best = name;
		}
	}
	return best;
}
