/* SPDX-License-Identifier: ISC */
/*
 * Unpacks frames of zstd(1) by libzstd, which a build may lack.  Takes no more
 * memory than a window of 128 MiB needs: a frame that wants more is broken.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "cli/reading/unzstd.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#include <zstd_errors.h>

struct unzstd {
	ZSTD_DStream	*stream;
};

struct unzstd *
unzstd_open(void)
{
	struct unzstd *u = malloc(sizeof(*u));

	if (u == NULL)
		return NULL;
	u->stream = ZSTD_createDStream();
	if (u->stream != NULL)
		return u;
	free(u);
	return NULL;
}

void
unzstd_close(struct unzstd *u)
{
	if (u == NULL)
		return;
	ZSTD_freeDStream(u->stream);
	free(u);
}

void
unzstd_reset(struct unzstd *u)
{
	ZSTD_initDStream(u->stream);
}

bool
unzstd_is_there(void)
{
	return true;
}

int
unzstd_some(struct unzstd *u, struct unzstd_step *s)
{
	ZSTD_inBuffer in = { s->in, s->in_len, 0 };
	ZSTD_outBuffer out = { s->out, s->out_len, 0 };
	size_t rc = ZSTD_decompressStream(u->stream, &out, &in);

	s->used = in.pos;
	s->given = out.pos;
	s->ended = rc == 0;
	if (!ZSTD_isError(rc))
		return 0;
	return ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation ?
	    ENOMEM : EILSEQ;
}

#else

struct unzstd *
unzstd_open(void)
{
	return NULL;
}

void
unzstd_close(struct unzstd *u)
{
	(void)u;
}

void
unzstd_reset(struct unzstd *u)
{
	(void)u;
}

bool
unzstd_is_there(void)
{
	return false;
}

int
unzstd_some(struct unzstd *u, struct unzstd_step *s)
{
	(void)u;
	(void)s;
	return ENOTSUP;
}
#endif
