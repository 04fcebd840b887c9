/* SPDX-License-Identifier: ISC */
/*
 * Reads the configuration file.  Its values go through the same parsers as
 * those of the environment.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_check.h"
#include "config/config_file.h"
#include "config/config_scan.h"

#define CONFIG_FILE_MAX	262144	/* bytes */

/* Stores all values of one section in a struct config or endpoint. */
static bool
section_take(void *base, const struct config_section *section,
    const char *name, struct err *err)
{
	for (size_t i = 0; i < CONFIG_KEYS; i++) {
		const struct config_given *given = &section->given[i];
		char where[1024];
		const struct config_text text = { &config_keys[i], where,
			given->text, given->count };

		if (given->line == 0)
			continue;
		snprintf(where, sizeof(where), "%s:%u: %s", name, given->line,
		    config_keys[i].name);
		if (!config_set(base, &text, err))
			return false;
	}
	return true;
}

static bool
endpoint_take(struct endpoint *e, const struct config_section *section,
    const char *name, struct err *err)
{
	size_t size = strlen(name) + 24;

	endpoint_init(e);
	e->where = malloc(size);
	if (e->where == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory",
		    name);
	snprintf(e->where, size, "%s:%u", name, section->line);
	return endpoint_name(e, e->where, section->title, err) &&
	    section_take(e, section, name, err);
}

static bool
config_take(struct config *config, const struct config_scan *scan,
    const char *name, struct err *err)
{
	config_init(config);
	config->source = strdup(name);
	config->endpoints = calloc(scan->count, sizeof(*config->endpoints));
	if (config->source == NULL || config->endpoints == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory",
		    name);
	if (!section_take(config, &scan->sections[0], name, err))
		return false;
	for (size_t i = 1; i < scan->count; i++)
		if (!endpoint_take(
		    &config->endpoints[config->endpoint_count++],
		    &scan->sections[i], name, err))
			return false;
	return config_check(config, err);
}

bool
config_parse(struct config *config, const char *name, const char *text,
    size_t len, struct err *err)
{
	struct config_scan scan;
	bool ok;

	memset(config, 0, sizeof(*config));
	if (!config_scan(&scan, name, text, len, err))
		return false;
	ok = config_take(config, &scan, name, err);
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
		    "%s: cannot examine the configuration", path);
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
