/* SPDX-License-Identifier: ISC */
/* Reads one file of lines, whether it is packed or not. */
#include <config.h>

#include <sys/stat.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/reading/part.h"

bool
part_open(struct part *part, int fd, struct err *err)
{
	const struct packing *packing;
	char head[PACKING_HEAD];
	struct stat st;
	ssize_t n;

	part->fd = -1;
	part->archive = NULL;
	memset(&part->lines, 0, sizeof(part->lines));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (n = pread(fd, head, sizeof(head), 0)) >= 0 &&
	    packing_of(head, (size_t)n) == NULL) {
		part->fd = fd;
		part->ops = fileops_posix;
		return true;
	}
	part->archive = archive_open(fd, &packing);
	if (part->archive == NULL)
		return err_set(err, OUTCOME_NO_MEMORY, "%s: no memory",
		    part->path);
	part->ops = archive_fileops(part->archive);
	return true;
}

void
part_close(struct part *part)
{
	int error = errno;

	lines_wipe(&part->lines);
	archive_close(part->archive);
	part->archive = NULL;
	if (part->fd != -1)
		close(part->fd);
	part->fd = -1;
	errno = error;
}

bool
part_fill(struct part *part, void *buf, size_t len, int64_t offset,
    size_t *got)
{
	char *to = buf;
	ssize_t n = 1;

	*got = 0;
	while (*got < len && n > 0) {
		n = part->ops.read(part->ops.ctx, part->fd, to + *got,
		    len - *got, offset + (int64_t)*got);
		if (n > 0)
			*got += (size_t)n;
	}
	return n >= 0;
}

bool
part_begin(struct part *part, int64_t from)
{
	lines_wipe(&part->lines);
	if (part->archive != NULL && archive_seek(part->archive, from) != 0)
		return false;
	lines_init(&part->lines, &part->ops, part->fd, from, part->to);
	return true;
}

int
part_record(struct part *part, struct line *line, struct record_view *view)
{
	int rc;

	while ((rc = lines_next(&part->lines, line)) > 0)
		if (line->whole && record_parse(view, line->text, line->len))
			break;
	return rc;
}
