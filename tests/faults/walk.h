/* SPDX-License-Identifier: ISC */
/*
 * A scene is played repeatedly, in a process of its own each time; in
 * the nth one its nth call fails.
 */
#ifndef TESTS_WALK_H
#define TESTS_WALK_H

#include <stdbool.h>
#include <stddef.h>

struct scene {
	const char	*name;
	const char	*only;		/* calls that fail; NULL: all */
	void		(*prepare)(void);	/* nothing fails yet */
	void		(*play)(void);
	/* Nothing fails now: what must hold, and does it work again? */
	void		(*judge)(void);
};

extern const struct scene scenes[];	/* a NULL name at the end */

/* The directory of this process; the same name for all. */
const char *walk_dir(void);
/* walk_dir()/NAME, in one of a few static buffers. */
const char *walk_path(const char *name);
void	walk_write(const char *name, const char *text, unsigned mode);
/* All of a file and a NUL: free(3).  Empty if it is not there. */
char	*walk_read(const char *name, size_t *len);
/* For judge(): the call that has failed; "" if none has. */
const char *walk_failed(void);
/* Memory that the first run of a scene, in which nothing fails, fills. */
struct walk_reference {
	bool	set;
	size_t	len;
	char	text[1 << 16];
};
struct walk_reference *walk_reference(void);

#define WALK_HOLDS(condition)						\
	((condition) ? (void)0 :					\
	    walk_fail(__FILE__, __LINE__, #condition))
_Noreturn void	walk_fail(const char *file, int line, const char *what);

#endif
