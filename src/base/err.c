/* SPDX-License-Identifier: ISC */
/* Formats an error where it happens; the first one stays. */
#include <config.h>

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* False if nobody asks, or there is an error already. */
static bool __attribute__((__format__(__printf__, 3, 0)))
err_take(struct err *err, enum outcome kind, const char *fmt, va_list ap)
{
	if (err == NULL || err->kind != OUTCOME_STORED)
		return false;
	err->kind = kind;
	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
	return true;
}

bool
err_set(struct err *err, enum outcome kind, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	err_take(err, kind, fmt, ap);
	va_end(ap);
	errno = saved;
	return false;
}

/*
 * strerror(3) may share its buffer between threads, so strerror_r(3): GNU's
 * returns the text, the standard's a number.
 */
static const char *
err_string(int errnum, char *buf, size_t size)
{
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
	return strerror_r(errnum, buf, size);
#else
	if (strerror_r(errnum, buf, size) != 0)
		snprintf(buf, size, "error %d", errnum);
	return buf;
#endif
}

bool
err_sys(struct err *err, enum outcome kind, int errnum, const char *fmt, ...)
{
	int saved = errno;
	char why[128];
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	if (err_take(err, kind, fmt, ap)) {
		len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, ": %s",
		    err_string(errnum, why, sizeof(why)));
	}
	va_end(ap);
	errno = saved;
	return false;
}
