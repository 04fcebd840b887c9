/* SPDX-License-Identifier: ISC */
/* One consumer of one endpoint's events, and where its state is kept. */
#ifndef CLI_CONSUMER_CONSUMER_H
#define CLI_CONSUMER_CONSUMER_H

#include "base/err.h"
#include "cli/consumer/state.h"
#include "cli/sender/secrets.h"
#include "config/configuration.h"
#include "store/statedir.h"

#define OPTION_CONSUMER { "name", 'n', "CONSUMER", \
	"consumer; each keeps its own position (default)" }
#define OPTION_STATE { "state", 0, "DIR", \
	"keep that position in DIR (if you only read)" }

/* What the options say; NULL where one was not given. */
struct consumer_choice {
	const char	*config;
	const char	*endpoint;
	const char	*name;
	const char	*state;
	/* read before root becomes another user; NULL: none needed */
	struct secrets	*secrets;
	const char	*secret_file;	/* NULL: the endpoint's */
};

struct consumer {
	struct config		 config;
	const struct endpoint	*endpoint;
	struct statedir		 store;		/* its names; never opened */
	struct state_where	 where;
};

/*
 * Loads the configuration, becomes the owner of the state if run as root, and
 * finds the names.  Opens nothing yet.
 */
bool	consumer_choose(struct consumer *, const struct consumer_choice *,
	    struct err *);
/*
 * Opens the directory of the state.  *missing: it is the store's own, and
 * nothing was stored yet.
 */
bool	consumer_open(struct consumer *, bool *missing, struct err *);
void	consumer_close(struct consumer *);

#endif
