/* SPDX-License-Identifier: ISC */
/* The likely cause of a refusal, beyond its reason. */
#ifndef CLI_LOOK_HINTS_H
#define CLI_LOOK_HINTS_H

#include "cli/look/status.h"

/* What to do about a refusal, by what else is known of its endpoint. */
const char *hint_of(const struct status *, const struct stats_refusal *);

#endif
