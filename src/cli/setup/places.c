/* SPDX-License-Identifier: ISC */
/*
 * Finds the paths for configuration files of web servers.  Reads no secret and
 * makes nothing.
 */
#include <config.h>

#include <sys/stat.h>

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/setup/places.h"

#define RESPONDER	"hookcask.fcgi"
#define OWN_USER	"hookcask"	/* of the packages */
#define WEB_GROUP	"www-data"
#define SERVER_NAME	"hooks.example.com"
#define URL_DEFAULT	"/webhooks"
/* over max-body, so that the responder answers 413, not the server */
#define LIMIT_MORE	((size_t)64 << 10)

static const char *const names[PLACES_END] = {
	[PLACES_BINDIR] = "bindir",
	[PLACES_CONFIG] = "config",
	[PLACES_DIAG] = "diag",
	[PLACES_GROUP] = "group",
	[PLACES_LIMIT] = "limit",
	[PLACES_LIMIT_KIB] = "limit_kib",
	[PLACES_LOCALSTATEDIR] = "localstatedir",
	[PLACES_LOG] = "log",
	[PLACES_RESPONDERDIR] = "responderdir",
	[PLACES_RUNSTATEDIR] = "runstatedir",
	[PLACES_SECRET] = "secret",
	[PLACES_SERVERNAME] = "servername",
	[PLACES_STORE] = "store",
	[PLACES_URL] = "url",
	[PLACES_USER] = "user",
	[PLACES_WEBGROUP] = "webgroup",
};

static bool
add(struct places *p, enum places_word i, const char *value, struct err *err)
{
	return word_add(&p->words[i], value, err);
}

static bool
add_number(struct places *p, enum places_word i, size_t number,
    struct err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", number);
	return add(p, i, text, err);
}

/* Makes a path absolute, since servers start elsewhere. */
static bool
add_path(struct places *p, enum places_word i, const char *path,
    struct err *err)
{
	char full[PATH_MAX], here[PATH_MAX];

	if (path[0] == '/')
		return add(p, i, path, err);
	if (path[0] == '\0' || getcwd(here, sizeof(here)) == NULL ||
	    (size_t)snprintf(full, sizeof(full), "%s/%s",
	    strcmp(here, "/") == 0 ? "" : here, path) >= sizeof(full))
		return err_set(err, OUTCOME_USAGE,
		    "\"%s\": name it by its whole path", path);
	return add(p, i, full, err);
}

/* path up to its last /; it has one. */
static bool
directory_of(char dir[PATH_MAX], const char *path)
{
	size_t len = (size_t)(strrchr(path, '/') - path);

	if (len >= PATH_MAX)
		return false;
	memcpy(dir, path, len);
	strcpy(dir + len, len == 0 ? "/" : "");
	return true;
}

/* In an unpacked archive the responder is beside the tool. */
static bool
find_own_directory(char dir[PATH_MAX])
{
	char self[PATH_MAX], beside[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len <= 0)
		return false;
	self[len] = '\0';
	return strchr(self, '/') != NULL && directory_of(dir, self) &&
	    (size_t)snprintf(beside, sizeof(beside), "%s/" RESPONDER, dir) <
	    sizeof(beside) && access(beside, X_OK) == 0;
}

static bool
find_programs(struct places *p, const char *given, struct err *err)
{
	char dir[PATH_MAX];
	bool beside = find_own_directory(dir);

	return add_path(p, PLACES_RESPONDERDIR, given != NULL ? given :
	    beside ? dir : RESPONDERDIR, err) &&
	    add(p, PLACES_BINDIR, beside ? dir : BINDIR, err);
}

static bool
add_endpoint(struct places *p, const struct endpoint *e, struct err *err)
{
	const char *pattern;
	char dir[PATH_MAX];

	if (e->secret_file != NULL &&
	    !add(p, PLACES_SECRET, e->secret_file, err))
		return false;
	if (e->spool != NULL)
		return add(p, PLACES_STORE, e->spool, err);
	if (!directory_of(dir, e->log))
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: log: too long",
		    e->where);
	pattern = strrchr(e->log, '/');
	/* a log that changes its name needs no logrotate */
	return (strchr(pattern, '%') != NULL ||
	    add(p, PLACES_LOG, e->log, err)) &&
	    add(p, PLACES_STORE, dir, err);
}

/* The length that url and path have in common, up to a /. */
static size_t
shared_part(const char *url, size_t len, const char *path)
{
	size_t same = 0, slash = 0;

	while (same < len && url[same] == path[same]) {
		if (url[same] == '/')
			slash = same;
		same++;
	}
	return same == len && path[same] == '/' ? same : slash;
}

/*
 * The part of a site that is the responder's: what the paths of all endpoints
 * begin with, or the whole path of an only one at top level.
 */
static bool
find_url(struct places *p, const struct config *config, struct err *err)
{
	char url[PATH_MAX] = "";
	size_t len = 0;

	for (size_t i = 0; i < config->endpoint_count; i++) {
		const char *path = config->endpoints[i].path;

		if (path == NULL)
			return add(p, PLACES_URL, URL_DEFAULT, err);
		if (i > 0) {
			len = shared_part(url, len, path);
		} else {
			len = (size_t)(strrchr(path, '/') - path);
			if (len == 0 && config->endpoint_count == 1)
				len = strlen(path);
			if (len >= sizeof(url))
				len = 0;
			memcpy(url, path, len);
		}
	}
	url[len] = '\0';
	if (len == 0)
		return err_set(err, OUTCOME_USAGE, "%s: the paths of its "
		    "endpoints have no first part in common; give one with "
		    "--url, or choose an endpoint with --endpoint",
		    config->source);
	return add(p, PLACES_URL, url, err);
}

/* The owner of the store runs the responder. */
static bool
find_user(struct places *p, const char *given, struct err *err)
{
	const struct passwd *user = NULL;
	const struct group *group;
	struct stat st;

	if (given != NULL)
		user = getpwnam(given);
	else if (stat(p->words[PLACES_STORE].values[0], &st) == 0 &&
	    st.st_uid != 0)
		user = getpwuid(st.st_uid);
	if (given == NULL)
		given = user != NULL ? user->pw_name : OWN_USER;
	if (!add(p, PLACES_USER, given, err))
		return false;
	group = user != NULL ? getgrgid(user->pw_gid) : NULL;
	return add(p, PLACES_GROUP, group != NULL ? group->gr_name : given,
	    err);
}

/* The files of an endpoint, or (NULL) of all. */
static bool
add_endpoints(struct places *p, const struct config *config,
    const struct endpoint *only, struct err *err)
{
	bool done = true;

	if (only != NULL)
		return add_endpoint(p, only, err);
	for (size_t i = 0; done && i < config->endpoint_count; i++)
		done = add_endpoint(p, &config->endpoints[i], err);
	return done;
}

static bool
find_all(struct places *p, const struct config *config,
    const struct places_choice *choice, struct err *err)
{
	const struct endpoint *e = choice->endpoint != NULL ?
	    config_find(config, choice->endpoint) : NULL;
	size_t limit = config->max_body + LIMIT_MORE;

	if (choice->endpoint != NULL && e == NULL)
		return err_set(err, OUTCOME_USAGE, "%s: no endpoint \"%s\" "
		    "there", config->source, choice->endpoint);
	if (!add_endpoints(p, config, e, err) ||
	    !add_path(p, PLACES_CONFIG, config->source, err) ||
	    !find_programs(p, choice->responder_dir, err) ||
	    !find_user(p, choice->user, err))
		return false;
	if (choice->url != NULL || (e != NULL && e->path != NULL)) {
		if (!add(p, PLACES_URL, choice->url != NULL ? choice->url :
		    e->path, err))
			return false;
	} else if (!find_url(p, config, err)) {
		return false;
	}
	return (config->diag == NULL ||
	    add(p, PLACES_DIAG, config->diag, err)) &&
	    add_number(p, PLACES_LIMIT, limit, err) &&
	    add_number(p, PLACES_LIMIT_KIB, (limit + 1023) / 1024, err) &&
	    add(p, PLACES_LOCALSTATEDIR, LOCALSTATEDIR, err) &&
	    add_path(p, PLACES_RUNSTATEDIR, choice->run_dir != NULL ?
	    choice->run_dir : RUNSTATEDIR, err) &&
	    add(p, PLACES_SERVERNAME, choice->server_name != NULL ?
	    choice->server_name : SERVER_NAME, err) &&
	    add(p, PLACES_WEBGROUP, choice->web_group != NULL ?
	    choice->web_group : WEB_GROUP, err);
}

bool
places_find(struct places *places, const struct config *config,
    const struct places_choice *choice, struct err *err)
{
	bool found;

	memset(places, 0, sizeof(*places));
	for (int i = 0; i < PLACES_END; i++)
		places->words[i].name = names[i];
	found = find_all(places, config, choice, err);
	if (!found)
		places_wipe(places);
	return found;
}

void
places_wipe(struct places *places)
{
	for (int i = 0; i < PLACES_END; i++)
		word_wipe(&places->words[i]);
}
