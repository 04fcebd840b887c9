/* SPDX-License-Identifier: ISC */
/*
 * Turns a file "stats" of version 1 into one of ours, with all that it
 * counted: version 2 has longer rows and refusals, and ignored types.
 */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "stats/stats_migrate.h"

struct row_1 {
	int64_t		 hour;
	uint32_t	 counts[6];
	uint32_t	 skew[STATS_BUCKETS];
};

struct refusal_1 {
	int64_t		 time_us;
	int64_t		 skew;
	uint32_t	 outcome;
	uint32_t	 has_skew;
	char		 remote[48];
	char		 id[264];
};

struct file_1 {
	struct stats_head	 head;
	struct row_1		 row[STATS_ROWS];
	struct refusal_1	 refusal[STATS_REFUSALS];
};

_Static_assert(sizeof(struct file_1) == 355520, "stats layout");
_Static_assert(offsetof(struct stats_row, other_body) ==
    offsetof(struct row_1, skew), "stats layout");
_Static_assert(offsetof(struct stats_refusal, detail) ==
    sizeof(struct refusal_1), "stats layout");

bool
stats_is_older(const struct stats_head *h, size_t len)
{
	return h->version == 1 && h->size == sizeof(struct file_1) &&
	    len >= sizeof(struct file_1);
}

/*
 * In place, from the end: each moves to a higher address than all that has
 * not moved yet.
 */
void
stats_migrate(struct stats_file *file)
{
	const char *from = (const char *)file;
	struct refusal_1 refusal;
	struct row_1 row;

	memset(file->type, 0, sizeof(file->type));
	for (size_t i = STATS_REFUSALS; i-- > 0;) {
		memcpy(&refusal, from + offsetof(struct file_1, refusal) +
		    i * sizeof(refusal), sizeof(refusal));
		memset(&file->refusal[i], 0, sizeof(file->refusal[i]));
		memcpy(&file->refusal[i], &refusal, sizeof(refusal));
	}
	for (size_t i = STATS_ROWS; i-- > 0;) {
		memcpy(&row, from + offsetof(struct file_1, row) +
		    i * sizeof(row), sizeof(row));
		memset(&file->row[i], 0, sizeof(file->row[i]));
		memcpy(&file->row[i], &row, offsetof(struct row_1, skew));
		memcpy(file->row[i].skew, row.skew, sizeof(row.skew));
	}
	file->head.version = STATS_VERSION;
	file->head.size = sizeof(*file);
}
