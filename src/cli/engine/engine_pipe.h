/* SPDX-License-Identifier: ISC */
/* An engine that is a program: lines on its input, answers on its output. */
#ifndef CLI_ENGINE_ENGINE_PIPE_H
#define CLI_ENGINE_ENGINE_PIPE_H

#include "cli/engine/engine.h"

#define ENGINE_HELLO	"hookcask-stay 1"	/* both say it first */
#define ENGINE_LINE_MAX	((size_t)64 << 10)	/* of an answer */

/*
 * NULL without memory.  argv and the endpoint's name are borrowed; close waits
 * this long for the program's own end.
 */
struct engine_pipe *engine_pipe_make(struct engine *, char *const *argv,
	    const char *endpoint, int64_t end_ms);
void	engine_pipe_free(struct engine_pipe *);	/* after close */

#endif
