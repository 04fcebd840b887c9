/* SPDX-License-Identifier: ISC */
/*
 * Keeps the result of the last audit in the state directory, so that others who
 * look at the store learn when it was verified.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fileops.h"
#include "cli/host/files.h"
#include "cli/reading/audit_last.h"

#define NAME	"audit"
#define FORMAT	"hookcask-audit 1 %" PRId64 " %" PRIu64 " %" PRIu64 " %" \
	PRIu64 " %" PRIu64 "\n"
#define SCAN	"hookcask-audit 1 %" SCNd64 " %" SCNu64 " %" SCNu64 " %" \
	SCNu64 " %" SCNu64
#define SIZE	160

bool
audit_last_write(const struct audit_last *a, const char *dir, mode_t mode,
    struct err *err)
{
	char path[PATH_MAX], text[SIZE];
	struct new_file file = { .path = path, .mode = mode, .data = text,
		.uid = FILE_KEEP_OWNER, .gid = FILE_KEEP_OWNER };

	if (snprintf(path, sizeof(path), "%s/" NAME, dir) >=
	    (int)sizeof(path))
		return err_sys(err, OUTCOME_CANNOT_CREATE, ENAMETOOLONG, "%s",
		    dir);
	file.len = (size_t)snprintf(text, sizeof(text), FORMAT, a->at_us,
	    a->records, a->proven, a->faults, a->unread);
	return file_replace(&file, err);
}

void
audit_last_read(struct audit_last *a, const char *dir)
{
	char text[SIZE] = "";
	int dir_fd, fd = -1;
	ssize_t n = 0;

	memset(a, 0, sizeof(*a));
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd != -1)
		fd = openat(dir_fd, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
		    O_CLOEXEC | O_NOCTTY);
	if (fd != -1) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (dir_fd != -1)
		close(dir_fd);
	if (n <= 0 || strchr(text, '\n') == NULL || sscanf(text, SCAN,
	    &a->at_us, &a->records, &a->proven, &a->faults,
	    &a->unread) != 5)
		memset(a, 0, sizeof(*a));
}
