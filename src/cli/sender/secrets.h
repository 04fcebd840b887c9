/* SPDX-License-Identifier: ISC */
/* The keys that a verb works with. */
#ifndef CLI_SENDER_SECRETS_H
#define CLI_SENDER_SECRETS_H

#include "cli/term/input.h"
#include "config/configuration.h"
#include "config/keyset.h"

/* What the options say; NULL where one was not given. */
struct secret_choice {
	const char	*file;
	const char	*config;
	const char	*endpoint;
};

struct secrets {
	struct keyset	*set;		/* in the vault */
	struct input	 text;		/* as written: one a line */
	int64_t		 tolerance;	/* the endpoint's, or the default */
};

/*
 * --secret-file; else an endpoint of the configuration, if one of them was
 * named; else HOOKCASK_SECRET or HOOKCASK_SECRET_FILE; else the configuration
 * that the responder would take.  HOOKCASK_SECRET is wiped from the
 * environment in every case.
 */
bool	secrets_load(struct secrets *, const struct secret_choice *,
	    struct err *);
/* The keys of an endpoint of a loaded configuration. */
bool	secrets_of(struct secrets *, const struct endpoint *, struct err *);
void	secrets_wipe(struct secrets *);
/* The one to sign with: the first whsec_ that is valid then, or NULL. */
const struct hookcask_key *secrets_signing_key(const struct secrets *,
	    int64_t when, struct err *);

#endif
