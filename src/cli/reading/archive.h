/* SPDX-License-Identifier: ISC */
/* A file of lines that may be compressed, read from its beginning. */
#ifndef CLI_READING_ARCHIVE_H
#define CLI_READING_ARCHIVE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/fileops.h"
#include "base/packing.h"

struct archive;

/*
 * Takes fd over; NULL without memory, fd is closed then.  *packing: what its
 * first bytes are, NULL if it is plain or a pipe.
 */
struct archive *archive_open(int fd, const struct packing **packing);
void	archive_close(struct archive *);
/*
 * Why archive_read() cannot read on, for people; false if errnum says nothing
 * about the file.
 */
bool	archive_why(const struct packing *, int errnum, char why[128]);
/* By what it is packed, after the first read; NULL: plain. */
const struct packing *archive_packing(const struct archive *);
/*
 * Reads what follows in the unpacked bytes.  0: the end; -1: errno, EILSEQ
 * for a compressed file that is broken or has no end yet, ENOTSUP for one
 * that another program has packed, or xz(1) where that is not installed.
 */
ssize_t	archive_read(struct archive *, void *buf, size_t len);
/* For lines_init(): reads in order, whatever offset it is asked for. */
struct fileops archive_fileops(struct archive *);
/*
 * Goes on at that byte of the unpacked ones; 0 or -1 with errno.  If there are
 * fewer, or something before it is broken, the next read says so.
 */
int	archive_seek(struct archive *, int64_t offset);

#endif
