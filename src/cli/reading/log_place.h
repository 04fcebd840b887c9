/* SPDX-License-Identifier: ISC */
/* Is a consumer's place in a file of a log still what it was? */
#ifndef CLI_READING_LOG_PLACE_H
#define CLI_READING_LOG_PLACE_H

#include "base/lines.h"
#include "cli/consumer/state.h"
#include "cli/reading/log_files.h"
#include "cli/reading/reader.h"

/* Sets all of it for a record that was read as a line. */
void	log_place_last(struct state_last *, const struct line *,
	    const struct record_view *);
/*
 * Does the file hold the last record before the place where it was?  True
 * for a place that is 0, and for one of an older version, which kept no such
 * record.  A packed file that is torn counts as unchanged: its reader finds
 * that it is torn.
 */
bool	log_place_check(struct part *, const struct state_file *,
	    bool *holds, struct err *);
/* Is it finished, and as it was found then? */
bool	log_place_is_done(const struct state_file *, const struct log_file *);
/* Does nothing follow the place?  No for a packed file that is torn there. */
bool	log_place_is_end(struct part *, int64_t place, bool *is_end,
	    struct err *);

/* Records of one sender may be stored this much out of their order. */
#define LOG_PLACE_SLACK_US (INT64_C(300) * 1000000)

enum log_place_found {
	LOG_PLACE_LOST,			/* cannot be found */
	LOG_PLACE_BY_ID,		/* after that record */
	LOG_PLACE_BY_TIME		/* before the first one of its time */
};
/*
 * Looks for the place in a file that was changed and sets place and last: after
 * the record that was last, else before the first one that was received at most
 * LOG_PLACE_SLACK_US earlier than that.  The second needs records in the order
 * of their times.
 */
enum log_place_found log_place_find(struct part *,
	    struct state_file *, struct err *);
/* Sets both for the first record that was received then or later. */
bool	log_place_since(struct part *, int64_t since_us,
	    struct state_file *, struct err *);

#endif
