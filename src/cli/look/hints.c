/* SPDX-License-Identifier: ISC */
/*
 * Narrows down the cause of a refusal from the counters: whether a secret has
 * ever matched, whether others still do, how far the clocks differ.
 */
#include <config.h>

#include <string.h>

#include "cli/look/hints.h"

#define NEAR_S 10		/* clocks that agree differ by this at most */

static bool
has_matched_since(const struct status *s, int64_t us)
{
	for (int i = 0; i < STATS_KEYS; i++)
		if (s->stats->head.key[i].last_us > us)
			return true;
	return false;
}

static const char *
no_match(const struct status *s, const struct stats_refusal *r)
{
	/* no secret could have matched that */
	if (strcmp(r->detail, OUTCOME_NO_ENTRY) == 0)
		return outcome_hint_about(OUTCOME_NO_MATCH, r->detail);
	if (!has_matched_since(s, 0))
		return "no secret has matched here yet: it is probably "
		    "another endpoint's, or was pasted with extra text "
		    "(\"v1,\" or quotes) or only in part; copy it again from "
		    "this endpoint's page at the sender, then try \"hookcask "
		    "verify\" with a captured delivery";
	if (has_matched_since(s, r->time_us))
		return "others have matched since: this one was changed on "
		    "its way (JSON printed again, another encoding, a filter "
		    "that decompresses), or signed for another endpoint, or "
		    "forged";
	return "a secret matched earlier and none has since: it was rotated "
	    "at the sender, or expired here (\"# until\"); add the new one to "
	    "the secret file, which is read again by itself";
}

/* If the clock is wrong, it is wrong for all deliveries. */
static const char *
out_of_time(const struct status *s, const struct stats_refusal *r)
{
	if (s->sample > 0 && s->skew_median > -NEAR_S &&
	    s->skew_median < NEAR_S && has_matched_since(s, r->time_us))
		return r->outcome == OUTCOME_TOO_OLD ?
		    "this machine's clock agrees with the sender's: the "
		    "delivery was delayed on its way, or sent again by "
		    "somebody who had captured it" :
		    "this machine's clock agrees with the sender's now: it "
		    "was set since, or this did not come from the sender";
	return outcome_hint_about((enum outcome)r->outcome, r->detail);
}

const char *
hint_of(const struct status *s, const struct stats_refusal *r)
{
	switch (r->outcome) {
	case OUTCOME_NO_MATCH:
		return no_match(s, r);
	case OUTCOME_TOO_OLD:
	case OUTCOME_TOO_NEW:
		return out_of_time(s, r);
	default:
		return outcome_hint_about((enum outcome)r->outcome, r->detail);
	}
}
