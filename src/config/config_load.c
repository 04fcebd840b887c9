/* SPDX-License-Identifier: ISC */
/* Decides where the configuration comes from: never from a request. */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "config/config_env.h"
#include "config/config_file.h"
#include "config/config_load.h"
#include "config/vault.h"

#define DEFAULT_FILE	SYSCONFDIR "/hookcask.conf"

/*
 * HOOKCASK_SECRET, until a configuration owns it: a process that starts with a
 * broken configuration loads again, and the environment no longer has it.
 */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static char *kept_secret;

/* It belongs to us, and nobody else may change it. */
static bool
is_ours(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 0022) == 0;
}

static bool
load(struct config *config, const struct config_source *source,
    struct err *err)
{
	struct config_env env = { .warn = source->warn, .ctx = source->ctx };
	const char *file = source->file, *single;

	if (!config_env_take(source->env, &kept_secret, err) ||
	    !config_env_read(&env, source->env, err))
		return false;
	single = kept_secret != NULL ? "HOOKCASK_SECRET" :
	    env.single[0] != '\0' ? env.single : NULL;
	if (file != NULL && env.file != NULL && strcmp(file, env.file) != 0)
		return err_set(err, OUTCOME_BAD_CONFIG, "HOOKCASK_CONFIG and "
		    "-c name two files; remove one of the two");
	if (file == NULL)
		file = env.file;
	if (file != NULL && single != NULL)
		return err_set(err, OUTCOME_BAD_CONFIG, "%s: it is set, but "
		    "the configuration comes from %s; unset one of the two",
		    single, file);
	if (single != NULL)
		return config_env_make(config, &env, &kept_secret, err);
	if (file == NULL && source->home != NULL && is_ours(source->home))
		file = source->home;
	if (file == NULL) {
		file = DEFAULT_FILE;
		if (access(file, F_OK) == -1 && errno == ENOENT)
			return err_set(err, OUTCOME_BAD_CONFIG, "no "
			    "configuration: set HOOKCASK_SECRET_FILE and "
			    "HOOKCASK_LOG, or HOOKCASK_CONFIG to a file, or "
			    "make %s%s%s", source->home == NULL ? "" :
			    source->home, source->home == NULL ? "" :
			    " (your own, writable by nobody else) or ", file);
	}
	return config_file(config, file, err);
}

bool
config_load(struct config *config, const struct config_source *source,
    struct err *err)
{
	bool ok;

	memset(config, 0, sizeof(*config));
	pthread_mutex_lock(&kept_lock);
	ok = load(config, source, err);
	pthread_mutex_unlock(&kept_lock);
	return ok;
}

void
config_forget(void)
{
	pthread_mutex_lock(&kept_lock);
	vault_text_free(kept_secret);
	kept_secret = NULL;
	pthread_mutex_unlock(&kept_lock);
}
