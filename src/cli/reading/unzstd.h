/* SPDX-License-Identifier: ISC */
/* Unpacks what zstd(1) has made, step by step. */
#ifndef CLI_READING_UNZSTD_H
#define CLI_READING_UNZSTD_H

#include <stdbool.h>
#include <stddef.h>

struct unzstd;

/* NULL without memory, or in a build without libzstd. */
struct unzstd *unzstd_open(void);
void	unzstd_close(struct unzstd *);
/* From the beginning again. */
void	unzstd_reset(struct unzstd *);
/* Is it in a build with libzstd? */
bool	unzstd_is_there(void);

/* One step: what it is given, and what it has taken and made of it. */
struct unzstd_step {
	const void	*in;
	size_t		 in_len, used;
	void		*out;
	size_t		 out_len, given;
	bool		 ended;		/* a frame is complete */
};
/* 0, or errno: EILSEQ if it is broken, ENOMEM. */
int	unzstd_some(struct unzstd *, struct unzstd_step *);

#endif
