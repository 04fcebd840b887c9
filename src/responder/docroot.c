/* SPDX-License-Identifier: ISC */
/*
 * A store under DOCUMENT_ROOT could be fetched by anyone, index and all.
 * Compares names as they are given and with symbolic links resolved.
 */
#include <config.h>

#include "responder/docroot.h"

#include <stdlib.h>
#include <string.h>

bool
docroot_init(struct docroot *d, const struct endpoint *e)
{
	const char *path = e->spool != NULL ? e->spool : e->log;
	const char *slash = strrchr(path, '/');
	size_t len = strlen(path);

	/* the state directory is beside a log, but inside a spool */
	if (e->spool == NULL && slash != NULL)
		len = slash == path ? 1 : (size_t)(slash - path);
	d->asked[0] = '\0';
	d->answer = false;
	d->dir = strndup(path, len);
	if (d->dir == NULL)
		return false;
	d->real = realpath(d->dir, NULL);	/* NULL: not there yet */
	pthread_mutex_init(&d->lock, NULL);
	return true;
}

void
docroot_wipe(struct docroot *d)
{
	if (d->dir == NULL)
		return;
	free(d->dir);
	free(d->real);
	d->dir = NULL;
	d->real = NULL;
	pthread_mutex_destroy(&d->lock);
}

static bool
lies_under(const char *path, const char *root)
{
	size_t len = strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	return strncmp(path, root, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

static bool
ask(const struct docroot *d, const char *root)
{
	char *real;
	bool answer;

	if (lies_under(d->dir, root))
		return true;
	real = realpath(root, NULL);
	answer = real != NULL &&
	    lies_under(d->real != NULL ? d->real : d->dir, real);
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
