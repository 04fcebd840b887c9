/* SPDX-License-Identifier: ISC */
/* Where the parts of this installation and of its endpoints are. */
#ifndef CLI_SETUP_PLACES_H
#define CLI_SETUP_PLACES_H

#include "cli/setup/template.h"
#include "config/configuration.h"

/* What the options say; NULL where one was not given. */
struct places_choice {
	const char	*endpoint;	/* this one only */
	const char	*responder_dir;
	const char	*run_dir;
	const char	*server_name;
	const char	*url;
	const char	*user;
	const char	*web_group;
};

enum places_word {
	PLACES_BINDIR, PLACES_CONFIG, PLACES_DIAG, PLACES_GROUP, PLACES_LIMIT,
	PLACES_LIMIT_KIB, PLACES_LOCALSTATEDIR, PLACES_LOG,
	PLACES_RESPONDERDIR, PLACES_RUNSTATEDIR, PLACES_SECRET,
	PLACES_SERVERNAME, PLACES_STORE, PLACES_URL, PLACES_USER,
	PLACES_WEBGROUP, PLACES_END
};

struct places {
	struct word	words[PLACES_END + 1];	/* for template_print() */
};

/* The configuration must come from a file.  On failure nothing is held. */
bool	places_find(struct places *, const struct config *,
	    const struct places_choice *, struct err *);
void	places_wipe(struct places *);

/* hidden.c: warns of those that the directives of a systemd unit hide. */
void	hidden_tell(const struct places *, const char *unit);

#endif
