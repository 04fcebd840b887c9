/* SPDX-License-Identifier: ISC */
/*
 * Which pages SQLite would read from a write-ahead log, by its bytes
 * alone: https://www.sqlite.org/fileformat.html, "The Write-Ahead Log".
 */
#ifndef INDEX_INDEX_WAL_H
#define INDEX_INDEX_WAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_WAL_HEAD	32	/* bytes */
#define INDEX_WAL_FRAME	24	/* bytes before each page */

struct index_wal {
	uint32_t	 page_size;	/* bytes; 0: this is no WAL */
	bool		 ended;		/* what follows does not count */
	bool		 big;		/* order of the checksums' words */
	unsigned char	 salt[8];
	uint32_t	 sum[2];	/* of all up to here */
	uint32_t	*pages;		/* owned: numbers, one a frame */
	size_t		 count, size;
	size_t		 committed;	/* of them: up to the last commit */
};

/* Reads the head; the frames follow in their order. */
void	index_wal_begin(struct index_wal *,
	    const unsigned char head[INDEX_WAL_HEAD]);
/*
 * One frame and its page.  The first one that does not belong to it ends the
 * log.
 * False without memory.
 */
bool	index_wal_add(struct index_wal *, const unsigned char *frame);
/*
 * How many of the file's pages must be kept.  The log has all pages after
 * those.
 */
uint32_t index_wal_needs(struct index_wal *, uint32_t pages);
void	index_wal_wipe(struct index_wal *);

#endif
