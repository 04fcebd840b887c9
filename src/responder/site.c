/* SPDX-License-Identifier: ISC */
/*
 * Opens the configuration, keys and stores, and keeps them open; knows no
 * request.  All changes happen under one lock.  A part that is good stays so,
 * and readers need no lock.
 */
#include <config.h>

#include "responder/site.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/fileops.h"
#include "config/config_load.h"
#include "responder/docroot.h"
#include "sandbox/sandbox.h"

#define LOOK_AGAIN_MS		1000
#define LINES_A_MINUTE		10

/* What is wrong, and when to check again. */
struct fault {
	struct err	 err;
	int64_t		 next_ms;	/* 0: not checked yet */
};

struct slot {
	struct site_endpoint	 open;	/* first: it is what others hold */
	struct store_options	 options; /* the store looks at it later */
	struct docroot		 docroots[DELIVERY_ROOTS];
	struct fault		 fault;
	atomic_bool		 is_open;
};

struct site {
	pthread_mutex_t	 lock;
	struct site_options options;
	/* NULL under CGI, where it would be said at each request */
	void		(*warn)(void *ctx, const char *text);
	bool		 is_final;	/* checking again cannot help */
	bool		 is_running;	/* too late for the sandbox */
	bool		 has_warned;	/* of oddities, once */
	struct fault	 fault;
	struct config	 config;
	struct slot	*slots;		/* one an endpoint */
	atomic_bool	 is_good;	/* config and slots are valid */
	int64_t		 minute;	/* of site_lines() */
	uint64_t	 lines, withheld;
};

static void
warn(void *ctx, const char *text)
{
	(void)ctx;
	diag_say("warning", text);
}

/* Is it time to check (again)?  If not, the old error is the answer. */
static bool
is_due(struct fault *f, struct err *err)
{
	int64_t now_ms = fileops_clock_ms();

	if (f->next_ms != 0 && now_ms < f->next_ms) {
		err_set(err, f->err.kind, "%s", f->err.text);
		return false;
	}
	f->next_ms = now_ms + LOOK_AGAIN_MS;
	memset(&f->err, 0, sizeof(f->err));
	return true;
}

static bool
still_broken(const struct fault *f, struct err *err)
{
	return err_set(err, f->err.kind, "%s", f->err.text);
}

/* Threads already run, and it is too late to confine them. */
static bool
check_late(const struct site *site, struct err *err)
{
	if (site->config.sandbox == SANDBOX_STRICT)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: was fixed, but "
		    "its sandbox can only be entered at start; restart the "
		    "responder", site->config.source);
	if (site->config.sandbox != SANDBOX_OFF)
		diag_say("warning", "the configuration was fixed while the "
		    "responder ran; restart it to enter the sandbox");
	return true;
}

static bool
site_load(struct site *site)
{
	const struct config_source source = {
		site->options.file, site->options.env,
		site->has_warned ? NULL : site->warn, NULL, NULL
	};
	struct err *err = &site->fault.err;

	site->has_warned = true;
	if (!config_load(&site->config, &source, err))
		return false;
	if (site->is_running && !check_late(site, err)) {
		config_wipe(&site->config);
		return false;
	}
	site->slots = calloc(site->config.endpoint_count,
	    sizeof(*site->slots));
	if (site->slots == NULL) {
		config_wipe(&site->config);
		return err_set(err, OUTCOME_BAD_CONFIG,
		    "no memory for %zu endpoints",
		    site->config.endpoint_count);
	}
	for (size_t i = 0; i < site->config.endpoint_count; i++)
		site->slots[i].open.endpoint = &site->config.endpoints[i];
	diag_open(site->config.diag);
	return true;
}

const struct config *
site_config(struct site *site, struct err *err)
{
	if (atomic_load_explicit(&site->is_good, memory_order_acquire))
		return &site->config;
	pthread_mutex_lock(&site->lock);
	if (!atomic_load(&site->is_good)) {
		if (site->is_final)
			still_broken(&site->fault, err);
		else if (is_due(&site->fault, err)) {
			if (site_load(site))
				atomic_store_explicit(&site->is_good, true,
				    memory_order_release);
			else
				still_broken(&site->fault, err);
		}
	}
	pthread_mutex_unlock(&site->lock);
	return atomic_load(&site->is_good) ? &site->config : NULL;
}

static void
warn_of_weak_keys(const struct site *site, struct slot *slot)
{
	const struct keyset *keys;
	char text[160];

	if (site->warn == NULL ||
	    (keys = keyring_acquire(slot->open.keys, NULL)) == NULL)
		return;
	if (keys->weak > 0) {
		snprintf(text, sizeof(text), "endpoint %s: %zu of its secrets "
		    "are shorter than 24 bytes; make new ones at the sender",
		    slot->open.endpoint->name, keys->weak);
		site->warn(NULL, text);
	}
	keyring_release(slot->open.keys, keys);
}

static void
slot_close(struct slot *slot)
{
	if (slot->open.stats != NULL)
		stats_close(slot->open.stats);
	if (slot->open.store != NULL)
		store_close(slot->open.store);
	if (slot->open.keys != NULL)
		keyring_close(slot->open.keys);
	slot->open.stats = NULL;
	slot->open.store = NULL;
	slot->open.keys = NULL;
	for (int i = 0; i < DELIVERY_ROOTS; i++)
		docroot_wipe(&slot->docroots[i]);
}

/* Under the lock. */
static bool
slot_open(struct site *site, struct slot *slot)
{
	const struct endpoint *e = slot->open.endpoint;
	struct err *err = &slot->fault.err;
	struct err stats_err = ERR_INIT;

	slot->options.lock_timeout = site->config.lock_timeout;
	slot->options.is_cgi = site->options.is_cgi;
	slot->options.note = warn;
	if (!keyring_open(&slot->open.keys, e, err) ||
	    !store_open(&slot->open.store, e, &slot->options, err)) {
		slot_close(slot);
		return false;
	}
	for (int i = 0; i < DELIVERY_ROOTS; i++)
		if (!docroot_init(&slot->docroots[i], e)) {
			slot_close(slot);
			return err_set(err, OUTCOME_BAD_CONFIG, "no memory");
		}
	/* a lost count is allowed, a refused delivery is not */
	if (!stats_open(&slot->open.stats,
	    store_state_path(slot->open.store),
	    (e->mode & 0040) != 0 ? 0640 : 0600, &stats_err)) {
		slot->open.stats = NULL;
		diag_say("warning", stats_err.text);
	}
	warn_of_weak_keys(site, slot);
	return true;
}

const struct site_endpoint *
site_endpoint(struct site *site, const struct endpoint *e, struct err *err)
{
	struct slot *slot = &site->slots[e - site->config.endpoints];

	if (atomic_load_explicit(&slot->is_open, memory_order_acquire))
		return &slot->open;
	pthread_mutex_lock(&site->lock);
	if (!atomic_load(&slot->is_open) && is_due(&slot->fault, err)) {
		if (slot_open(site, slot))
			atomic_store_explicit(&slot->is_open, true,
			    memory_order_release);
		else
			still_broken(&slot->fault, err);
	}
	pthread_mutex_unlock(&site->lock);
	return atomic_load(&slot->is_open) ? &slot->open : NULL;
}

const char *
site_exposed_by(struct site *site, const struct site_endpoint *open,
    const char *const docroots[DELIVERY_ROOTS])
{
	size_t slot = (size_t)(open->endpoint - site->config.endpoints);

	if (open->endpoint->allow_docroot)
		return NULL;
	for (int i = 0; i < DELIVERY_ROOTS; i++)
		if (docroots[i] != NULL && docroot_holds(
		    &site->slots[slot].docroots[i], docroots[i]))
			return docroots[i];
	return NULL;
}

/* Reports faults at start, not only at the first delivery. */
static void
site_look(struct site *site)
{
	const struct config *config;
	struct err err = ERR_INIT;

	config = site_config(site, &err);
	if (config == NULL)
		diag_say("error", err.text);
	for (size_t i = 0; config != NULL && i < config->endpoint_count; i++) {
		memset(&err, 0, sizeof(err));
		if (site_endpoint(site, &config->endpoints[i], &err) == NULL)
			diag_say("error", err.text);
	}
}

/* Sets a fault that stays. */
static void
site_give_up(struct site *site, const char *fault)
{
	atomic_store(&site->is_good, false);
	site->is_final = true;
	memset(&site->fault.err, 0, sizeof(site->fault.err));
	err_set(&site->fault.err, OUTCOME_BAD_CONFIG, "%s", fault);
	diag_say("error", fault);
}

/* Before there are threads, which inherit it. */
static void
site_confine(struct site *site)
{
	struct err err = ERR_INIT;

	site->is_running = true;
	if (atomic_load(&site->is_good) &&
	    !sandbox_enter(&site->config, site->options.is_cgi, site->warn,
	    &err))
		site_give_up(site, err.text);
}

struct site *
site_open(const struct site_options *options)
{
	struct site *site = calloc(1, sizeof(*site));

	if (site == NULL)
		return NULL;
	pthread_mutex_init(&site->lock, NULL);
	site->options = *options;
	site->warn = options->is_cgi ? NULL : warn;
	if (options->is_cgi)
		site_config(site, NULL);
	else
		site_look(site);
	if (options->fault != NULL)
		site_give_up(site, options->fault);
	site_confine(site);
	return site;
}

void
site_close(struct site *site)
{
	if (site == NULL)
		return;
	for (size_t i = 0; site->slots != NULL &&
	    i < site->config.endpoint_count; i++)
		slot_close(&site->slots[i]);
	free(site->slots);
	config_wipe(&site->config);
	config_forget();
	diag_close();
	pthread_mutex_destroy(&site->lock);
	free(site);
}

size_t
site_max_body(const struct site *site)
{
	return atomic_load(&site->is_good) ? site->config.max_body :
	    MAX_BODY_DEFAULT;
}

unsigned
site_threads(const struct site *site)
{
	return atomic_load(&site->is_good) ? site->config.threads :
	    THREADS_DEFAULT;
}

unsigned
site_body_timeout(const struct site *site)
{
	return atomic_load(&site->is_good) ? site->config.body_timeout :
	    BODY_TIMEOUT_DEFAULT;
}

uint64_t
site_lines(struct site *site, int64_t now_us)
{
	int64_t minute = now_us / 60000000;
	uint64_t lines = 0;

	pthread_mutex_lock(&site->lock);
	if (minute != site->minute) {
		site->minute = minute;
		site->lines = 0;
	}
	if (site->lines++ < LINES_A_MINUTE) {
		lines = 1 + site->withheld;
		site->withheld = 0;
	} else {
		site->withheld++;
	}
	pthread_mutex_unlock(&site->lock);
	return lines;
}
