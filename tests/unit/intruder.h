/* SPDX-License-Identifier: ISC */
/* What injected code would try in a responder. */
#ifndef TESTS_INTRUDER_H
#define TESTS_INTRUDER_H

#include <stdbool.h>

struct intrusion {
	const char	*name;
	int		 (*call)(void);
	int		 error;		/* Landlock's, which comes first; 0 */
	bool		 is_easy;	/* succeeds outside, for anybody */
	bool		 may_lack;	/* kernels without it: SIGSEGV */
};

extern const struct intrusion intrusions[];	/* NULL at the end */
/* What a server does, and a process for one request has no need to. */
extern const struct intrusion intrusions_of_cgi[];

/* Before the sandbox: the directory of a store, and one of anything else. */
void	intruder_prepare(const char *store, const char *other);
int	intruder_open_passwd(void);
int	intruder_open_other(void);

#endif
