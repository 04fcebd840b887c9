/* SPDX-License-Identifier: ISC */
/* What the last audit of a store has found: the file "audit". */
#ifndef CLI_READING_AUDIT_LAST_H
#define CLI_READING_AUDIT_LAST_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct audit_last {
	int64_t	 at_us;			/* its end; 0: there was none */
	uint64_t records, proven;
	uint64_t faults;
	uint64_t unread;		/* files */
};

/* dir: the state directory. */
bool	audit_last_write(const struct audit_last *, const char *dir,
	    mode_t mode, struct err *);
/* All 0 where there is none, or one that cannot be read. */
void	audit_last_read(struct audit_last *, const char *dir);

#endif
