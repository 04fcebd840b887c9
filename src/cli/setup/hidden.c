/* SPDX-License-Identifier: ISC */
/*
 * Warns of places that a unit's own directives hide from the responder.  The
 * units stay strict: a user whose files are in a home directory changes the
 * unit.
 */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "cli/setup/places.h"
#include "cli/term/say.h"

/* As systemd.exec(5) has it. */
static const struct {
	const char	*top;
	const char	*directive;
	const char	*cure;
} hidden[] = {
	{ "/home", "ProtectHome=yes", "ProtectHome=read-only" },
	{ "/root", "ProtectHome=yes", "ProtectHome=read-only" },
	{ "/run/user", "ProtectHome=yes", "ProtectHome=read-only" },
	{ "/tmp", "PrivateTmp=yes", "PrivateTmp=no" },
	{ "/var/tmp", "PrivateTmp=yes", "PrivateTmp=no" },
};

static void
warn_of(const char *what, const char *path, const char *unit)
{
	char *real = realpath(path, NULL);

	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		if (!path_is_below(path, hidden[i].top) &&
		    (real == NULL || !path_is_below(real, hidden[i].top)))
			continue;
		say("warning: %s %s: %s of %s hides it; move it, or write %s "
		    "in the [Service] of \"systemctl edit %s\"", what, path,
		    hidden[i].directive, unit, hidden[i].cure, unit);
		break;
	}
	free(real);
}

void
hidden_tell(const struct places *places, const char *unit)
{
	static const struct {
		enum places_word	 word;
		const char		*what;
		bool			 responder, drain;	/* need it */
	} all[] = {
		{ PLACES_STORE, "store", true, true },
		{ PLACES_CONFIG, "configuration", true, true },
		{ PLACES_SECRET, "secret", true, false },
		{ PLACES_DIAG, "diag", true, false },
		{ PLACES_RESPONDERDIR, "responder", true, false },
		{ PLACES_BINDIR, "hookcask", false, true },
	};
	bool is_drain = strstr(unit, "drain") != NULL;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const struct word *word = &places->words[all[i].word];

		if (!(is_drain ? all[i].drain : all[i].responder))
			continue;
		for (size_t j = 0; j < word->count; j++)
			warn_of(all[i].what, word->values[j], unit);
	}
}
