/* SPDX-License-Identifier: ISC */
/*
 * What a live endpoint is asked, and what its answers mean.
 *
 * No .c: what the files of probe share.
 */
#ifndef CLI_SETUP_PROBE_H
#define CLI_SETUP_PROBE_H

#include "cli/sender/post.h"
#include "cli/sender/secrets.h"

/* The cases; a set of them is a mask of these. */
enum probe_case {
	PROBE_GENUINE	= 1 << 0,
	PROBE_AGAIN	= 1 << 1,	/* the same message once more */
	PROBE_TAMPERED	= 1 << 2,
	PROBE_STALE	= 1 << 3,
	PROBE_UNSIGNED	= 1 << 4,	/* without the three headers */
	PROBE_GET	= 1 << 5,
	PROBE_TEXT	= 1 << 6,	/* text that firewalls dislike */
	PROBE_130K	= 1 << 7,
	PROBE_900K	= 1 << 8,
	PROBE_1100K	= 1 << 9,
	PROBE_CHUNKED	= 1 << 10
};
#define PROBE_LARGE	(PROBE_130K | PROBE_900K | PROBE_1100K)
#define PROBE_REFUSED	(PROBE_TAMPERED | PROBE_STALE | PROBE_UNSIGNED)
#define PROBE_TAKEN	(PROBE_GENUINE | PROBE_AGAIN | PROBE_TEXT | \
	PROBE_LARGE | PROBE_CHUNKED)

#define PROBE_INDENT "                        "	/* as wide as the columns */

/* By the reply's Server header. */
enum probe_server {
	SERVER_APACHE, SERVER_LIGHTTPD, SERVER_NGINX, SERVER_OTHER,
	PROBE_SERVERS
};

enum probe_verdict { PROBE_GOOD, PROBE_WARNING, PROBE_FAULT };

struct probe_finding {
	enum probe_verdict	 verdict;
	bool			 ours;		/* hookcask answered */
	enum probe_server	 server;
	const char		*meaning;	/* "": as it should be */
	/* The remedy for each server, or NULL.  '@' is the URL's path. */
	const char *const	*fix;
	char			 text[1200];	/* holds some meanings */
};

/* Pure.  url is what was asked, why the error of poster_send(). */
void	probe_judge(struct probe_finding *, enum probe_case, const char *url,
	    const struct post *, const char *why);
/* The path of a URL without its query; "/" if it has none. */
struct hookcask_span probe_path(const char *url);

/* probe_warm.c: many at once. */
struct probe_target {
	const char		*url;
	const struct secrets	*secrets;
	int64_t			 timeout;	/* seconds */
};
struct probe_hits {
	int64_t			 sent, accepted;
	int64_t			 slowest_ms;
	/* of one that was not accepted; 0: no reply */
	long			 status;
};
/* is_held: each asks to be answered late.  False: the probe itself failed. */
bool	probe_salvo(const struct probe_target *, int64_t count, bool is_held,
	    struct probe_hits *, struct err *);

void	probe_salvo_print(const char *name, const char *meaning,
	    const struct probe_hits *, bool as_json);

/* probe_rows.c: by case, status and f->ours; false: no row fits. */
bool	probe_look_up(struct probe_finding *, enum probe_case, long status);
extern const char *const probe_fix_redirect[PROBE_SERVERS];
extern const char *const probe_fix_certificate[PROBE_SERVERS];
extern const char *const probe_fix_cut[PROBE_SERVERS];

#endif
