/* SPDX-License-Identifier: ISC */
/* An engine that is a program: lines on its input, answers on its output. */
#ifndef CLI_BATCH_ENGINE_PIPE_H
#define CLI_BATCH_ENGINE_PIPE_H

#include "cli/batch/drain.h"
#include "cli/batch/engine.h"

#define ENGINE_HELLO	"hookcask-stay 1"	/* both say it first */
#define ENGINE_LINE_MAX	((size_t)64 << 10)	/* of an answer */

/* NULL without memory.  The plan is borrowed. */
struct engine_pipe *engine_pipe_make(struct engine *,
	    const struct drain_plan *);
void	engine_pipe_free(struct engine_pipe *);	/* after close */

#endif
