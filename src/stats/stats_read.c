/* SPDX-License-Identifier: ISC */
/* Reads the file "stats"; trusts nothing in it but its length. */
#include <config.h>

#include "stats/stats_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "stats/stats_migrate.h"

static void
text_tidy(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (char *p = text; *p != '\0'; p++)
		if (*p < 0x21 || *p > 0x7e)
			*p = '?';
}

bool
stats_parse(struct stats_file *file, size_t len, struct err *err)
{
	const struct stats_head *h = &file->head;

	if (len < sizeof(*h) ||
	    memcmp(h->magic, STATS_MAGIC, sizeof(h->magic)) != 0)
		return err_set(err, OUTCOME_BAD_DATA, "stats: broken; the "
		    "next delivery starts it over");
	if (h->order != STATS_ORDER)
		return err_set(err, OUTCOME_BAD_DATA, "stats: written by a "
		    "machine of another byte order; read it there");
	if (stats_is_older(h, len)) {
		stats_migrate(file);
		len = sizeof(*file);
	}
	if (h->version != STATS_VERSION)
		return err_set(err, OUTCOME_BAD_DATA, "stats: of another "
		    "version of hookcask (format %u, this one reads %u)",
		    (unsigned)h->version, (unsigned)STATS_VERSION);
	if (len != sizeof(*file) || h->size != sizeof(*file))
		return err_set(err, OUTCOME_BAD_DATA, "stats: cut off; the "
		    "next delivery starts it over");
	for (size_t i = 0; i < STATS_KEYS; i++)
		text_tidy(file->head.key[i].print,
		    sizeof(file->head.key[i].print));
	for (size_t i = 0; i < STATS_REFUSALS; i++) {
		struct stats_refusal *r = &file->refusal[i];

		text_tidy(r->remote, sizeof(r->remote));
		text_tidy(r->id, sizeof(r->id));
		text_tidy(r->detail, sizeof(r->detail));
		if (r->outcome >= OUTCOME_DELIVERY_END)
			r->outcome = OUTCOME_BAD_CONFIG;
	}
	for (size_t i = 0; i < STATS_TYPES; i++)
		text_tidy(file->type[i].name, sizeof(file->type[i].name));
	return true;
}

bool
stats_read(struct stats_file *file, int state_fd, struct err *err)
{
	char *p = (char *)file;
	size_t len = 0;
	ssize_t n;
	int fd;

	fd = openat(state_fd, STATS_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return err_sys(err, errno == ENOENT ? OUTCOME_NO_INPUT :
		    OUTCOME_IO_ERROR, errno, "stats");
	while (len < sizeof(*file)) {
		n = pread(fd, p + len, sizeof(*file) - len, (off_t)len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			err_sys(err, OUTCOME_IO_ERROR, errno, "stats");
			close(fd);
			return false;
		}
		if (n == 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	return stats_parse(file, len, err);
}

const struct stats_row *
stats_row(const struct stats_file *file, int64_t hour)
{
	const struct stats_row *row;

	if (hour < 0)
		return NULL;
	row = &file->row[hour % STATS_ROWS];
	return row->hour == hour && hour > 0 ? row : NULL;
}

const struct stats_refusal *
stats_refusal(const struct stats_file *file, size_t back)
{
	uint64_t total = file->head.refusal_total;

	if (back >= STATS_REFUSALS || back >= total)
		return NULL;
	return &file->refusal[(total - 1 - back) % STATS_REFUSALS];
}

const struct stats_gap *
stats_gap(const struct stats_file *file, size_t back)
{
	uint64_t total = file->head.gap_total;

	if (back >= STATS_GAPS || back >= total)
		return NULL;
	return &file->head.gap[(total - 1 - back) % STATS_GAPS];
}
