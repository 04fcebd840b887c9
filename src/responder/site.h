/* SPDX-License-Identifier: ISC */
/*
 * What this process serves: the configuration, and for each endpoint its keys,
 * store and statistics.  If something is broken at start it is checked again,
 * at most once a second, because users of shared hosts cannot restart it.
 */
#ifndef RESPONDER_SITE_H
#define RESPONDER_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/configuration.h"
#include "config/keyring.h"
#include "event/delivery.h"
#include "stats/stats.h"
#include "store/store.h"

struct site;

struct site_options {
	const char	*file;		/* of -c, or NULL */
	char		**env;		/* the process's own */
	bool		 is_cgi;	/* opens only what one request needs */
	const char	*fault;		/* wrong arguments: 503, and a line */
};

/* One endpoint, open. */
struct site_endpoint {
	const struct endpoint	*endpoint;
	struct keyring		*keys;
	struct store		*store;
	struct stats		*stats;	/* NULL: none can be kept */
};

/*
 * Never fails because of the configuration: site_config() reports that.  When
 * it returns, the secret is no longer in the environment.  NULL without memory.
 */
struct site *site_open(const struct site_options *);
void	site_close(struct site *);
/* NULL with an error while the configuration is broken. */
const struct config *site_config(struct site *, struct err *);
/* An endpoint of that configuration; NULL with an error while broken. */
const struct site_endpoint *site_endpoint(struct site *,
	    const struct endpoint *, struct err *);
/*
 * The document root with which a web server would show the store or the
 * secret to the world, or NULL.
 */
const char *site_exposed_by(struct site *, const struct site_endpoint *,
	    const char *const docroots[DELIVERY_ROOTS]);
/* Limits, with defaults while the configuration is broken. */
size_t	site_max_body(const struct site *);
unsigned site_threads(const struct site *);
unsigned site_body_timeout(const struct site *);
/*
 * Like the result of stats_count(), for lines that no statistics count: 10 a
 * minute in this process.
 */
uint64_t site_lines(struct site *, int64_t now_us);

#endif
