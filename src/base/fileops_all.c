/* SPDX-License-Identifier: ISC */
/* Operations that take several calls of struct fileops. */
#include <config.h>

#include <errno.h>
#include <limits.h>

#include "base/fileops.h"

#ifndef IOV_MAX
#define IOV_MAX 16 /* what POSIX promises */
#endif

bool
fileops_write_all(const struct fileops *ops, int fd, struct iovec *iov,
    int count, int64_t offset)
{
	while (count > 0) {
		ssize_t n = ops->write(ops->ctx, fd, iov,
		    count < IOV_MAX ? count : IOV_MAX, offset);
		bool progress = n > 0;

		if (n < 0)
			return false;
		offset += n;
		while (count > 0 && (size_t)n >= iov->iov_len) {
			n -= (ssize_t)iov->iov_len;
			iov++;
			count--;
		}
		if (count == 0)
			break;
		if (!progress) {
			/* a full disk may report no error */
			errno = ENOSPC;
			return false;
		}
		iov->iov_base = (char *)iov->iov_base + n;
		iov->iov_len -= (size_t)n;
	}
	return true;
}

bool
fileops_set_mode(const struct fileops *ops, int fd, mode_t mode)
{
	struct stat st;

	if (ops->stat(ops->ctx, fd, &st) != 0)
		return false;
	return (st.st_mode & 0777) == mode ||
	    ops->chmod(ops->ctx, fd, (st.st_mode & 02000) | mode) == 0;
}

bool
fileops_read_all(const struct fileops *ops, int fd, void *buf, size_t len,
    int64_t offset)
{
	char *p = buf;

	while (len > 0) {
		ssize_t n = ops->read(ops->ctx, fd, p, len, offset);

		if (n < 0)
			return false;
		if (n == 0) {
			errno = EIO;
			return false;
		}
		p += n;
		len -= (size_t)n;
		offset += n;
	}
	return true;
}
