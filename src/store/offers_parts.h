/* SPDX-License-Identifier: ISC */
/*
 * The table of offers and its places.
 *
 * No .c: what offers.c, offers_leave.c and offers_take.c share.
 */
#ifndef STORE_OFFERS_PARTS_H
#define STORE_OFFERS_PARTS_H

#include "store/offers.h"

#define PLACES	8192	/* offset of the first place */

/*
 * The table.  A process writes its own entry, the holder of the lock writes
 * served.  News also goes through the FIFO.
 */
struct offers_table {
	char magic[64];
	struct offers_entry {
		uint64_t ticket;	/* 0: nothing is offered */
		uint64_t len;		/* of head and line */
	} offered[OFFERS_MAX];
	struct offers_news {
		uint64_t ticket;	/* the last one that was taken */
		uint64_t told;		/* enum offers_told */
	} served[OFFERS_MAX];
};
_Static_assert(sizeof(struct offers_table) <= PLACES, "the table is too long");

/* Of a place; the line follows. */
struct offers_head {
	uint64_t serial;	/* makes the ticket of each offer another one */
	int64_t time, received_us;
	uint64_t body_hash;
	char id[HOOKCASK_ID_MAX + 1];
};

struct offer {
	struct offer *next;
	unsigned place;
	uint64_t ticket;
	struct put put;
	struct record record;
	unsigned char bytes[];		/* head and line */
};

/* Opens the table of the state directory that is open. */
bool	offers_open(struct offers *, bool make);
bool	offers_read(struct offers *, struct offers_table *);
bool	offers_write(struct offers *, const void *, size_t len,
	    int64_t offset);
/* Where the place begins in the table's file. */
int64_t	offers_place(unsigned place);
void	offers_name_fifo(char name[16], unsigned place);
/* A ticket: never 0. */
uint64_t offers_hash(const unsigned char *bytes, size_t len);
/* Forgets what was taken. */
void	offers_free(struct offers *);

#endif
