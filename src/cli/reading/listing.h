/* SPDX-License-Identifier: ISC */
/* Records as rows of a table, or in a form for programs. */
#ifndef CLI_READING_LISTING_H
#define CLI_READING_LISTING_H

#include "cli/reading/reader.h"
#include "cli/term/jsonl.h"
#include "event/stored_body.h"

enum listing_form {
	LISTING_TABLE,
	LISTING_JSON,		/* the columns of the table and more */
	LISTING_CSV,		/* RFC 4180, with members of the body */
	LISTING_RECORD,		/* the line as stored */
	LISTING_DATA		/* the exact body and a line feed */
};

#define OPTION_LISTING_JSON { "json", 'j', NULL, \
	"print what is known of each as JSON, a line each" }

struct listing {
	enum listing_form form;
	size_t		 columns;	/* of the terminal; 0: none */
	bool		 headed;	/* the table's first line is printed */
	struct stored_body	 body;
	const char	*csv;		/* pointers, separated by commas */
};

void	listing_init(struct listing *, enum listing_form);
/* As CSV, with the members of bodies that these pointers name; borrowed. */
bool	listing_init_csv(struct listing *, const char *pointers, struct err *);
void	listing_wipe(struct listing *);
/* Where the events of an endpoint begin; ctx is the listing. */
void	listing_endpoint(void *ctx, const char *name, bool several);
/* As reader->record; ctx is the listing. */
bool	listing_record(void *ctx, const struct reading *, struct err *);

/* listing_csv.c: a row; before the first one, the names of the columns. */
bool	listing_csv_row(struct listing *, const struct record_view *,
	    struct err *);

/* The line's object, left open. */
void	listing_object(struct jsonl *, const struct reading *);

#endif
