/* SPDX-License-Identifier: ISC */
/*
 * Reads the mark while responders move it.  Keeps the index open, but notices
 * when it is replaced.
 */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/reading/marker.h"
#include "store/statedir.h"

void
marker_close(struct marker *m)
{
	index_close(m->index);
	m->index = NULL;
}

/* An empty file is an index that is being made. */
static bool
is_there(const struct marker *m, struct stat *st, struct stat *wal,
    struct err *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", m->dir, INDEX_FILE "-wal");
	if (lstat(path, wal) != 0)
		memset(wal, 0, sizeof(*wal));
	snprintf(path, sizeof(path), "%s/%s", m->dir, INDEX_FILE);
	if (lstat(path, st) == 0)
		return st->st_size > 0;
	if (errno != ENOENT)
		err_sys(err, OUTCOME_NO_INPUT, errno, "%s", path);
	return false;
}

bool
marker_read(struct marker *m, struct mark *mark, struct err *err)
{
	struct err found = ERR_INIT;
	enum index_status status;
	struct stat st, wal;

	memset(mark, 0, sizeof(*mark));
	m->unusable = false;
	if (!is_there(m, &st, &wal, &found)) {
		marker_close(m);
		if (err != NULL)
			*err = found;
		return found.kind == OUTCOME_STORED;
	}
	if (m->index != NULL && (st.st_dev != m->dev || st.st_ino != m->ino ||
	    wal.st_ino != m->wal_ino))
		marker_close(m);
	if (m->index == NULL) {
		status = index_open_read(&m->index, m->dir, err);
		m->unusable = status != INDEX_OK && status != INDEX_FOREIGN;
		if (status != INDEX_OK)
			return false;
		m->dev = st.st_dev;
		m->ino = st.st_ino;
		m->wal_ino = wal.st_ino;
	}
	status = index_get_mark(m->index, mark, err);
	if (status == INDEX_OK)
		return true;
	m->unusable = status != INDEX_FOREIGN;
	memset(mark, 0, sizeof(*mark));
	marker_close(m);
	return false;
}
