/* SPDX-License-Identifier: ISC */
/*
 * Reads the configuration file with libConfuse, which gets the text only
 * after the scan has passed it.  All values are strings to libConfuse: the
 * parsers are those of the environment, so both take the same words.
 */
#include <config.h>

#include <sys/stat.h>

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_check.h"
#include "config/config_file.h"
#include "config/config_scan.h"

#define CONFIG_FILE_MAX	262144	/* bytes */

/* libConfuse's scanner has global state. */
static pthread_mutex_t confuse_lock = PTHREAD_MUTEX_INITIALIZER;

/* Its messages may hold values: the scan has said all there is to say. */
static void
be_quiet(cfg_t *cfg, const char *fmt, va_list ap)
{
	(void)cfg;
	(void)fmt;
	(void)ap;
}

static void
options_of(cfg_opt_t *opts, bool of_endpoint)
{
	for (size_t i = 0; i < CONFIG_KEYS; i++) {
		const struct config_key *key = &config_keys[i];
		cfg_opt_t one = CFG_STR(key->name, NULL, CFGF_NODEFAULT);
		cfg_opt_t list = CFG_STR_LIST(key->name, NULL,
		    CFGF_NODEFAULT);

		if (key->of_endpoint == of_endpoint)
			*opts++ = key->type == CONFIG_GLOBS ? list : one;
	}
	*opts = (cfg_opt_t)CFG_END();
}

static cfg_t *
confuse_parse(const char *text)
{
	cfg_opt_t own[CONFIG_KEYS + 1], all[CONFIG_KEYS + 2];
	cfg_t *cfg;
	size_t n = 0;

	options_of(own, true);
	options_of(all, false);
	while (all[n].name != NULL)
		n++;
	all[n] = (cfg_opt_t)CFG_SEC("endpoint", own, CFGF_MULTI | CFGF_TITLE);
	all[n + 1] = (cfg_opt_t)CFG_END();
	cfg = cfg_init(all, CFGF_NONE);
	if (cfg == NULL)
		return NULL;
	cfg_set_error_function(cfg, be_quiet);
	if (cfg_parse_buf(cfg, text) == CFG_SUCCESS)
		return cfg;
	cfg_free(cfg);
	return NULL;
}

/* All that was given in one section, into a struct config or endpoint. */
static bool
section_take(void *base, cfg_t *cfg, const struct config_section *section,
    const char *name, struct err *err)
{
	for (size_t i = 0; i < CONFIG_KEYS; i++) {
		struct config_text text = { &config_keys[i], NULL, NULL, 0 };
		const char **words;
		char where[1024];
		bool ok;

		if (section->key_line[i] == 0)
			continue;
		text.count = cfg_size(cfg, config_keys[i].name);
		words = calloc(text.count + 1, sizeof(*words));
		if (words == NULL)
			return err_set(err, OUTCOME_NO_MEMORY,
			    "%s: out of memory", name);
		for (unsigned j = 0; j < text.count; j++)
			words[j] = cfg_getnstr(cfg, config_keys[i].name, j);
		snprintf(where, sizeof(where), "%s:%u: %s", name,
		    section->key_line[i], config_keys[i].name);
		text.where = where;
		text.words = words;
		ok = config_set(base, &text, err);
		free(words);
		if (!ok)
			return false;
	}
	return true;
}

static bool
endpoint_take(struct endpoint *e, cfg_t *cfg,
    const struct config_section *section, const char *name, struct err *err)
{
	size_t size = strlen(name) + 24;

	endpoint_init(e);
	e->where = malloc(size);
	if (e->where == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory",
		    name);
	snprintf(e->where, size, "%s:%u", name, section->line);
	return endpoint_name(e, e->where, cfg_title(cfg), err) &&
	    section_take(e, cfg, section, name, err);
}

/* The n-th section of the scan is the n-th of libConfuse. */
static bool
config_take(struct config *config, cfg_t *cfg, const struct config_scan *scan,
    struct err *err)
{
	size_t count = scan->count - 1;

	config->endpoints = calloc(count + 1, sizeof(*config->endpoints));
	if (config->endpoints == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory",
		    config->source);
	if (cfg_size(cfg, "endpoint") != count)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: libConfuse reads "
		    "it otherwise; write it as in hookcask.conf(5)",
		    config->source);
	if (!section_take(config, cfg, &scan->sections[0], config->source,
	    err))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!endpoint_take(
		    &config->endpoints[config->endpoint_count++],
		    cfg_getnsec(cfg, "endpoint", i), &scan->sections[i + 1],
		    config->source, err))
			return false;
	return config_check(config, err);
}

bool
config_parse(struct config *config, const char *name, const char *text,
    size_t len, struct err *err)
{
	struct config_scan scan;
	cfg_t *cfg;
	bool ok = false;

	memset(config, 0, sizeof(*config));
	if (!config_scan(&scan, name, text, len, err))
		return false;
	config_init(config);
	config->source = strdup(name);
	if (config->source == NULL) {
		err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory", name);
		goto out;
	}
	/* libConfuse does not read an empty text */
	if (scan.count == 1) {
		config_check(config, err);
		goto out;
	}
	pthread_mutex_lock(&confuse_lock);
	cfg = confuse_parse(scan.text);
	if (cfg == NULL)
		err_set(err, OUTCOME_BAD_CONFIG, "%s: libConfuse cannot read "
		    "it; write it as in hookcask.conf(5)", name);
	else
		ok = config_take(config, cfg, &scan, err);
	cfg_free(cfg);
	pthread_mutex_unlock(&confuse_lock);
out:
	config_scan_wipe(&scan);
	if (!ok)
		config_wipe(config);
	return ok;
}

static bool
file_check(const char *path, const struct stat *st, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: not a regular "
		    "file; name the configuration file", path);
	if ((st->st_mode & S_IWOTH) != 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: everybody may "
		    "change it; chmod o-w", path);
	if (st->st_size > CONFIG_FILE_MAX)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: longer than 256 "
		    "KiB; name the configuration file", path);
	return true;
}

static bool
file_read(int fd, const char *path, char *buf, size_t *len, struct err *err)
{
	ssize_t n;

	*len = 0;
	while (*len <= CONFIG_FILE_MAX) {
		n = read(fd, buf + *len, CONFIG_FILE_MAX + 1 - *len);
		if (n == 0)
			return true;
		if (n > 0)
			*len += (size_t)n;
		else if (errno != EINTR)
			return err_sys(err, OUTCOME_BAD_CONFIG, errno,
			    "%s: cannot read the configuration", path);
	}
	return err_set(err, OUTCOME_BAD_CONFIG, "%s: longer than 256 KiB; "
	    "name the configuration file", path);
}

bool
config_file(struct config *config, const char *path, struct err *err)
{
	/* O_NONBLOCK: a FIFO must not hang the responder */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *buf = NULL;
	struct stat st;
	size_t len;
	bool ok = false;

	if (fd == -1)
		return err_sys(err, OUTCOME_BAD_CONFIG, errno,
		    "%s: cannot open the configuration; name a file that "
		    "user %ld may read", path, (long)geteuid());
	if (fstat(fd, &st) == -1)
		err_sys(err, OUTCOME_BAD_CONFIG, errno,
		    "%s: cannot look at the configuration", path);
	else if (file_check(path, &st, err)) {
		buf = malloc(CONFIG_FILE_MAX + 1);
		if (buf == NULL)
			err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory",
			    path);
		else
			ok = file_read(fd, path, buf, &len, err) &&
			    config_parse(config, path, buf, len, err);
	}
	free(buf);
	close(fd);
	return ok;
}
