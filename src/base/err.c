/* SPDX-License-Identifier: ISC */
/* Formats an error where it happens; the first one stays. */
#include <config.h>

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool
err_is_taken(const struct err *err)
{
	return err == NULL || err->kind != OUTCOME_STORED;
}

bool
err_set(struct err *err, enum outcome kind, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (err_is_taken(err))
		return false;
	err->kind = kind;
	va_start(ap, fmt);
	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
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

	if (err_is_taken(err))
		return false;
	err->kind = kind;
	va_start(ap, fmt);
	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
	va_end(ap);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s",
	    err_string(errnum, why, sizeof(why)));
	errno = saved;
	return false;
}
