/* SPDX-License-Identifier: ISC */
/* Takes the lease, opens state and store, drains, and says what was left. */
#include <config.h>

#include <inttypes.h>

#include "cli/batch/drain_consumer.h"
#include "cli/consumer/lease.h"
#include "cli/host/stops.h"
#include "cli/term/say.h"

/* What is left for the next drains, or cannot be done. */
static bool
report_left(const struct consumer *c, const struct drain_place *place,
    struct err *err)
{
	if (*place->unsure && stops_count() == 0)
		return err_set(err, OUTCOME_TRY_AGAIN, "%s: the log is being "
		    "settled; what follows is left for later",
		    c->endpoint->log);
	if (*place->unread > 0)
		return err_set(err, OUTCOME_NO_INPUT, "%" PRIu64 " file%s "
		    "could not be read", *place->unread,
		    *place->unread == 1 ? "" : "s");
	if (*place->broken > 0)
		return err_set(err, OUTCOME_BAD_DATA, "%" PRIu64 " file%s "
		    "hold%s what could not be handed over", *place->broken,
		    *place->broken == 1 ? "" : "s",
		    *place->broken == 1 ? "s" : "");
	return true;
}

/* So that power loss does not undo what a killed drain had done. */
static bool
sync_first(const struct drain_source *source, struct consumer_state *state,
    struct err *err)
{
	return source->sync(source->ctx, err) && state_renew(state, err);
}

static bool
drain(const struct consumer *c, const struct drain_plan *plan,
    const struct drain_wish *wish, struct lease *lease, struct err *err)
{
	struct consumer_state state = STATE_CLOSED;
	uint64_t unread = 0, broken = 0, others = 0;
	bool unsure = false, ok;
	struct drain_place place = {
		.endpoint = c->endpoint, .state = &state,
		.state_dir = c->store.path, .home = c->store.home,
		.types = wish->types, .where = wish->where,
		.body = wish->body, .unlink = wish->unlink,
		.unread = &unread, .broken = &broken, .others = &others,
		.patient = plan->follow, .since_us = wish->since_us,
		.unsure = &unsure, .died = lease->died,
	};
	struct drain_source source = { .synced = false };
	struct drain_tally tally = { 0 };

	ok = state_open(&state, &c->where, STATE_MAKE, err) &&
	    (wish->filter == NULL ||
	    state_filter(&state, wish->filter, err)) &&
	    (c->where.is_spool ? drain_spool_open(&source, &place, err) :
	    drain_log_open(&source, &place, err));
	if (ok) {
		ok = (!lease->died || sync_first(&source, &state, err)) &&
		    drain_run(plan, &source, &state, &tally, err);
		source.close(source.ctx);
	}
	lease->synced = source.synced;
	state_close(&state);
	if (plan->json)
		drain_json_sum(&tally, others);
	else if (others > 0)
		say("%" PRIu64 " event%s %s counted as done", others,
		    others == 1 ? "" : "s", wish->where != NULL &&
		    wish->where->count > 0 ? "that --where or --type leaves "
		    "out" : "of other types");
	return ok && report_left(c, &place, err);
}

bool
drain_consumer(const struct consumer *c, const struct drain_plan *plan,
    const struct drain_wish *wish, struct err *err)
{
	struct lease lease;
	bool ok;

	if (!lease_take(&lease, &c->where, err))
		return false;
	ok = drain(c, plan, wish, &lease, err);
	lease_end(&lease);
	return ok;
}
