/* SPDX-License-Identifier: ISC */
/* The table of keys, and one parser for each type of value. */
#include <config.h>

#include "config/config_value.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hookcask.h"

#define DAY		INT64_C(86400)
#define WINDOW_MIN	(2 * DAY)
#define WINDOW_MAX	(366 * DAY)
#define PATH_LEN_MAX	3072	/* room below PATH_MAX for names of ours */

/*
 * A delivery within the tolerance, on either side, must still be remembered:
 * the shortest window covers twice the longest tolerance.
 */
_Static_assert(WINDOW_MIN >= 2 * HOOKCASK_TOLERANCE_MAX,
    "the dedup window must be at least twice the tolerance");

#define PATH_ADVICE	"give an absolute path"
#define GLOBS_ADVICE	"give patterns such as \"phone_call.*\", without blanks"

const struct config_key config_keys[CONFIG_KEYS] = {
	{ "max-body", false, CONFIG_SIZE, offsetof(struct config, max_body),
	    1, MAX_BODY_MAX, "give bytes, 1 to 16777216" },
	{ "threads", false, CONFIG_COUNT, offsetof(struct config, threads),
	    1, 64, "give a number, 1 to 64" },
	{ "lock-timeout", false, CONFIG_COUNT,
	    offsetof(struct config, lock_timeout),
	    1, 10, "give seconds, 1 to 10" },
	{ "body-timeout", false, CONFIG_COUNT,
	    offsetof(struct config, body_timeout),
	    1, 60, "give seconds, 1 to 60" },
	{ "diag", false, CONFIG_FILE, offsetof(struct config, diag),
	    0, 0, PATH_ADVICE },
	{ "sandbox", false, CONFIG_SANDBOX, offsetof(struct config, sandbox),
	    0, 0, "give auto, off or strict" },
	{ "path", true, CONFIG_URL_PATH, offsetof(struct endpoint, path),
	    0, 0, "give the path of the URL, from its first \"/\" on, "
	    "without a query" },
	{ "secret-file", true, CONFIG_FILE,
	    offsetof(struct endpoint, secret_file), 0, 0, PATH_ADVICE },
	{ "log", true, CONFIG_LOG, offsetof(struct endpoint, log),
	    0, 0, "give the absolute path of a file; only its last part may "
	    "hold %Y %m %d %H %%" },
	{ "olddir", true, CONFIG_FILE, offsetof(struct endpoint, olddir),
	    0, 0, "give the absolute path of a directory" },
	{ "spool", true, CONFIG_FILE, offsetof(struct endpoint, spool),
	    0, 0, "give the absolute path of a directory" },
	{ "mode", true, CONFIG_MODE, offsetof(struct endpoint, mode),
	    0, 0, "give 0600, 0640 or 0660" },
	{ "consumers", true, CONFIG_CONSUMERS,
	    offsetof(struct endpoint, external), 0, 0,
	    "give drain or external" },
	{ "tolerance", true, CONFIG_SECONDS,
	    offsetof(struct endpoint, tolerance), 0, HOOKCASK_TOLERANCE_MAX,
	    "give seconds, 0 to 86400" },
	{ "dedup-window", true, CONFIG_WINDOW,
	    offsetof(struct endpoint, dedup_window), WINDOW_MIN, WINDOW_MAX,
	    "give 48h to 366d, as a number and one of the units s m h d" },
	{ "accept-types", true, CONFIG_GLOBS,
	    offsetof(struct endpoint, accept_types), 0, 0, GLOBS_ADVICE },
	{ "ignore-types", true, CONFIG_GLOBS,
	    offsetof(struct endpoint, ignore_types), 0, 0, GLOBS_ADVICE },
	{ "type-key", true, CONFIG_GLOBS,
	    offsetof(struct endpoint, type_keys), 0, 0, "give the name of "
	    "the member that holds the type, such as \"event_type\", or a "
	    "list of names" },
	{ "allow-docroot", true, CONFIG_FLAG,
	    offsetof(struct endpoint, allow_docroot), 0, 0, "give yes or no" }
};

const struct config_key *
config_key_find(const char *name, size_t len)
{
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		if (strlen(config_keys[i].name) == len &&
		    memcmp(config_keys[i].name, name, len) == 0)
			return &config_keys[i];
	return NULL;
}

void
config_key_env(char buf[CONFIG_ENV_SIZE], const struct config_key *key)
{
	snprintf(buf, CONFIG_ENV_SIZE, "HOOKCASK_%s", key->name);
	for (char *p = buf; *p != '\0'; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
}

static bool
bad_value(const struct config_text *t, const char *why, struct err *err)
{
	return err_set(err, OUTCOME_BAD_CONFIG, "%s: %s; %s", t->where, why,
	    t->key->advice);
}

static bool
no_memory(const struct config_text *t, struct err *err)
{
	return err_set(err, OUTCOME_NO_MEMORY, "%s: out of memory", t->where);
}

/* Decimal digits: no sign, no blank, no leading zero (which may mean octal). */
static bool
parse_number(const char *text, size_t len, int64_t *value)
{
	*value = 0;
	if (len == 0 || len > 15 || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (text[i] - '0');
	}
	return true;
}

static bool
parse_window(const char *text, int64_t *seconds)
{
	static const char letters[] = "smhd";
	static const int64_t units[] = { 1, 60, 3600, DAY };
	size_t len = strlen(text);
	const char *unit = len == 0 ? NULL : strchr(letters, text[len - 1]);

	if (unit == NULL || !parse_number(text, len - 1, seconds) ||
	    *seconds > WINDOW_MAX)
		return false;
	*seconds *= units[unit - letters];
	return true;
}

static bool
set_number(void *member, const struct config_text *t, struct err *err)
{
	const struct config_key *key = t->key;
	int64_t n;

	if (key->type == CONFIG_WINDOW) {
		if (!parse_window(t->text, &n))
			return bad_value(t, "not a span of time", err);
	} else if (!parse_number(t->text, strlen(t->text), &n))
		return bad_value(t, "not a plain whole number", err);
	if (n < key->min || n > key->max)
		return bad_value(t, "out of range", err);
	if (key->type == CONFIG_SIZE)
		*(size_t *)member = (size_t)n;
	else if (key->type == CONFIG_COUNT)
		*(unsigned *)member = (unsigned)n;
	else
		*(int64_t *)member = n;
	return true;
}

static bool
set_choice(void *member, const struct config_text *t, struct err *err)
{
	static const struct {
		const char	*why;
		const char	*words[7];
	} choices[] = {
		[CONFIG_MODE] = { "not one of the modes of a store",
		    { "0600", "0640", "0660" } },
		[CONFIG_FLAG] = { "neither yes nor no",
		    { "no", "yes", "off", "on", "false", "true" } },
		/* as enum sandbox */
		[CONFIG_SANDBOX] = { "not one of the kinds of sandbox",
		    { "auto", "off", "strict" } },
		[CONFIG_CONSUMERS] = { "neither drain nor external",
		    { "drain", "external" } },
	};
	enum config_type type = t->key->type;
	const char *const *words = choices[type].words;
	int i = 0;

	while (words[i] != NULL && strcmp(t->text, words[i]) != 0)
		i++;
	if (words[i] == NULL)
		return bad_value(t, choices[type].why, err);
	if (type == CONFIG_MODE)
		*(mode_t *)member = (mode_t)strtol(words[i], NULL, 8);
	else if (type == CONFIG_SANDBOX)
		*(enum sandbox *)member = (enum sandbox)i;
	else
		*(bool *)member = i % 2 == 1;
	return true;
}

/* A secret in the wrong place: a common mistake, which a log would publish. */
static bool
looks_secret(const char *text)
{
	return strncmp(text, "whsec_", 6) == 0 ||
	    strncmp(text, "whpk_", 5) == 0 || strncmp(text, "whsk_", 5) == 0 ||
	    strncmp(text, "v1,", 3) == 0;
}

/* strftime's letters, but only those of date and hour. */
static bool
template_is_good(const char *path)
{
	const char *last = strrchr(path, '/') + 1;

	if (*last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return false;
	for (const char *p = path; *p != '\0'; p++) {
		if (*p != '%')
			continue;
		if (p < last || p[1] == '\0' || strchr("YmdH%", p[1]) == NULL)
			return false;
		p++;
	}
	return true;
}

static bool
set_path(char **path, const struct config_text *t, struct err *err)
{
	const char *text = t->text;
	bool is_url = t->key->type == CONFIG_URL_PATH;

	if (looks_secret(text))
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: this looks like "
		    "a secret; put it into a file of mode 0600 and give "
		    "secret-file the path of that file", t->where);
	if (text[0] != '/')
		return bad_value(t, is_url ? "it does not begin with \"/\"" :
		    "not an absolute path", err);
	if (strlen(text) > PATH_LEN_MAX)
		return bad_value(t, "too long", err);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return bad_value(t, "it holds a control byte", err);
	if (is_url && strpbrk(text, "?#") != NULL)
		return bad_value(t, "it holds a query", err);
	if (t->key->type == CONFIG_LOG && !template_is_good(text))
		return bad_value(t, "not the name of a log", err);
	*path = strdup(text);
	return *path != NULL || no_memory(t, err);
}

void
config_globs_free(char **globs)
{
	if (globs == NULL)
		return;
	for (size_t i = 0; globs[i] != NULL; i++)
		free(globs[i]);
	free(globs);
}

/* A type is 1 to 255 visible bytes; so is a pattern for it. */
static bool
glob_is_good(const char *glob)
{
	size_t len = strlen(glob);

	if (len == 0 || len > 255)
		return false;
	for (; *glob != '\0'; glob++)
		if (*glob < 0x21 || *glob > 0x7e)
			return false;
	return true;
}

static bool
set_globs(char ***member, const struct config_text *t, struct err *err)
{
	const char *text = t->text;
	char **globs;

	if (t->count == 0)
		return bad_value(t, "an empty list", err);
	globs = calloc(t->count + 1, sizeof(*globs));
	if (globs == NULL)
		return no_memory(t, err);
	for (size_t i = 0; i < t->count; i++, text += strlen(text) + 1) {
		if (glob_is_good(text) && (globs[i] = strdup(text)) != NULL)
			continue;
		config_globs_free(globs);
		return glob_is_good(text) ? no_memory(t, err) :
		    bad_value(t, "not a name without blanks", err);
	}
	*member = globs;
	return true;
}

bool
config_set(void *base, const struct config_text *t, struct err *err)
{
	void *member = (char *)base + t->key->offset;

	if (t->key->type != CONFIG_GLOBS && t->text[0] == '\0')
		return bad_value(t, "it is empty", err);
	switch (t->key->type) {
	case CONFIG_SIZE:
	case CONFIG_COUNT:
	case CONFIG_SECONDS:
	case CONFIG_WINDOW:
		return set_number(member, t, err);
	case CONFIG_MODE:
	case CONFIG_FLAG:
	case CONFIG_SANDBOX:
	case CONFIG_CONSUMERS:
		return set_choice(member, t, err);
	case CONFIG_FILE:
	case CONFIG_LOG:
	case CONFIG_URL_PATH:
		return set_path(member, t, err);
	case CONFIG_GLOBS:
		break;
	}
	return set_globs(member, t, err);
}
