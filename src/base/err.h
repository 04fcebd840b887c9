/* SPDX-License-Identifier: ISC */
/*
 * An error is a value that the caller owns; the first one wins.  Functions
 * that can fail return bool and take a struct err *, which may be NULL.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/outcome.h"

struct err {
	enum outcome	 kind;		/* 0 (OUTCOME_STORED): no error */
	char		 text[1024];	/* "where: why; what to do" */
};

#define ERR_INIT { OUTCOME_STORED, "" }

/* Both return false, so that a failing function can end with them. */
bool	err_set(struct err *, enum outcome, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 3, 4)));
/* Likewise, with ": " and strerror(errnum) at the end. */
bool	err_sys(struct err *, enum outcome, int errnum, const char *fmt, ...)
	    __attribute__((__format__(__printf__, 4, 5)));

#endif
