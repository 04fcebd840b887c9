/* SPDX-License-Identifier: ISC */
/* The tables of a state, for the files that fill them. */
#ifndef CLI_CONSUMER_STATE_TABLE_H
#define CLI_CONSUMER_STATE_TABLE_H

#include "cli/consumer/state.h"

/* Room for one more of width bytes; the array, or NULL without memory. */
void	*state_grow(void *array, size_t count, size_t *size, size_t width);
/* Where an entry of that number is, or would be. */
size_t	state_entry_index(const struct consumer_state *, uint64_t seq);
/* Added if they are not there; NULL without memory. */
struct state_file *state_need_file(struct consumer_state *, uint64_t id);
struct state_entry *state_need_entry(struct consumer_state *, uint64_t seq);
/* Another one drops the one that is missed least; false without memory. */
bool	state_add_mark(struct consumer_state *, const struct state_mark *);
/* Forgets finished events that are now before the place. */
void	state_forget_passed(struct consumer_state *, uint64_t file,
	    int64_t before);

#endif
