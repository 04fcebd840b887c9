/* SPDX-License-Identifier: ISC */
/* Pieces of a page: text that is escaped, and charts of integers. */
#ifndef CLI_REPORT_HTML_H
#define CLI_REPORT_HTML_H

#include <stdio.h>

#include "cli/report/report.h"

/*
 * html_text.c: prints a text that others chose, as all such texts of the page.
 * Bytes outside printable ASCII become \xNN; &, < and the like, entities.
 */
void	html_text(FILE *, const char *);

/*
 * svg.c: bars side by side, each of several parts on top of each other; shaded
 * may be NULL.
 */
struct svg_bars {
	const char	*title, *desc;	/* for those who cannot see it */
	size_t		 count, parts;
	const char	*const *classes;	/* of the parts, lowest first */
	uint64_t	(*value)(const void *ctx, size_t bar, size_t part);
	void		(*label)(FILE *, const void *ctx, size_t bar);
	bool		(*shaded)(const void *ctx, size_t bar);
	const void	*ctx;
};
/* The highest bar's value is returned. */
uint64_t svg_bars(FILE *, const struct svg_bars *);
/* Spans of time between 0 and length; to 0: it has not ended. */
struct svg_span {
	int64_t		 from, to;
	const char	*class;
};
void	svg_spans(FILE *, const char *title, const char *desc, int64_t length,
	    const struct svg_span *, size_t count);

/* html_charts.c, html_times.c, html_tables.c: the sections of an endpoint. */
void	html_charts(FILE *, const struct report *);
void	html_times(FILE *, const struct report *);
void	html_tables(FILE *, const struct report *);
/* The days as the axis of a chart of hours; one hour as a label. */
void	html_days(FILE *, const struct report *);
void	html_hour(FILE *, const struct report *, size_t hour);
/* "3 s", "> 300 s", or "-". */
void	html_delay(FILE *, int64_t seconds);
/* "11-28 17:50", or "-" for 0: microseconds. */
void	html_time(FILE *, int64_t us);

#endif
