/* SPDX-License-Identifier: ISC */
/* Posts stored events as their sender would: signed with the present time. */
#ifndef CLI_SENDER_FORWARD_H
#define CLI_SENDER_FORWARD_H

#include "cli/sender/post.h"
#include "cli/sender/secrets.h"
#include "event/stored_body.h"

#define OPTION_TO	{ "to", 0, "URL", \
	"sign again and post there, run no program" }
#define FORWARD_TIMEOUT	15	/* seconds, as senders wait */

struct forward {
	const char	*url;		/* borrowed */
	struct secrets	 secrets;
	struct poster	*poster;
	bool		 webhook;	/* family of headers */
	int64_t		 refused;	/* in a row */
	struct stored_body body;
};

enum forward_end {
	FORWARD_ACCEPTED,	/* 2xx */
	FORWARD_LATER,		/* 429, 502 to 504, or nobody answers */
	FORWARD_REFUSED,	/* this event: any other status, or too slow */
	FORWARD_WRONG,		/* any event: redirects, 401, 403, 404, 405,
				   410, a certificate */
	FORWARD_ERROR		/* err is set: a broken body, no memory */
};

/* Its secrets and family are set; timeout in seconds for each post. */
bool	forward_open(struct forward *, const char *url, int64_t timeout,
	    struct err *);
/*
 * Posts one event under its own id.  The reply is in *post; without one, why
 * it is missing is in err.
 */
enum forward_end forward_post(struct forward *, const struct record_view *,
	    struct post *, struct err *);
/* Counts one more; false with err at the tenth in a row: no event's fault. */
bool	forward_refused(struct forward *, struct err *);
void	forward_close(struct forward *);

#endif
