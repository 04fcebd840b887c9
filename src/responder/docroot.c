/* SPDX-License-Identifier: ISC */
/*
 * Checks for a store or a secret below DOCUMENT_ROOT, where anyone could fetch
 * it.  Compares names as given and with symbolic links resolved.
 */
#include <config.h>

#include "responder/docroot.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"

bool
docroot_init(struct docroot *d, const struct endpoint *e)
{
	/* the state directory is beside a log, but inside a spool */
	d->dirs[DOCROOT_STORE] = e->spool != NULL ? strdup(e->spool) :
	    path_directory(e->log);
	d->dirs[DOCROOT_SECRET] = e->secret_file != NULL ?
	    path_directory(e->secret_file) : NULL;
	if (d->dirs[DOCROOT_STORE] == NULL ||
	    (e->secret_file != NULL && d->dirs[DOCROOT_SECRET] == NULL)) {
		free(d->dirs[DOCROOT_STORE]);
		free(d->dirs[DOCROOT_SECRET]);
		d->dirs[DOCROOT_STORE] = NULL;
		return false;
	}
	for (int i = 0; i < DOCROOT_DIRS; i++)	/* NULL: does not exist yet */
		d->reals[i] = d->dirs[i] == NULL ? NULL :
		    realpath(d->dirs[i], NULL);
	d->asked[0] = '\0';
	d->answer = false;
	pthread_mutex_init(&d->lock, NULL);
	return true;
}

void
docroot_wipe(struct docroot *d)
{
	if (d->dirs[DOCROOT_STORE] == NULL)
		return;
	for (int i = 0; i < DOCROOT_DIRS; i++) {
		free(d->dirs[i]);
		free(d->reals[i]);
		d->dirs[i] = d->reals[i] = NULL;
	}
	pthread_mutex_destroy(&d->lock);
}

static bool
ask(const struct docroot *d, const char *root)
{
	char *real = realpath(root, NULL);
	bool answer = false;

	for (int i = 0; i < DOCROOT_DIRS; i++) {
		const char *dir = d->reals[i] != NULL ? d->reals[i] :
		    d->dirs[i];

		if (d->dirs[i] == NULL)
			continue;
		answer = answer || path_is_below(d->dirs[i], root) ||
		    (real != NULL && path_is_below(dir, real));
	}
	free(real);
	return answer;
}

bool
docroot_holds(struct docroot *d, const char *root)
{
	size_t len = strlen(root);
	bool answer;

	if (root[0] != '/')
		return false;
	if (len >= sizeof(d->asked))
		return ask(d, root);
	pthread_mutex_lock(&d->lock);
	if (strcmp(d->asked, root) != 0) {
		d->answer = ask(d, root);
		memcpy(d->asked, root, len + 1);
	}
	answer = d->answer;
	pthread_mutex_unlock(&d->lock);
	return answer;
}
