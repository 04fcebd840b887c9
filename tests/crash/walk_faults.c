/* SPDX-License-Identifier: ISC */
/* The table of faults, and what a call answers that meets one. */
#include <config.h>

#include <errno.h>
#include <stddef.h>

#include "walk_faults.h"

#define OP(x) (1u << OP_##x)
#define SYNCS (OP(SYNC_DATA) | OP(SYNC))
/* what a full disk, or one that was mounted read-only, refuses */
#define GROWS (OP(WRITE) | OP(CREATE) | OP(MKDIR))
#define CHANGES (GROWS | OP(MKFIFO) | OP(TRUNCATE) | OP(RENAME) | \
	    OP(UNLINK) | OP(CHMOD))

const struct fault faults[] = {
	{ .name = "EIO", .ops = OP(OPEN) | OP(CREATE) | OP(CLOSE) | OP(STAT) |
	    OP(STAT_AT) | OP(READ) | OP(MKDIR) | OP(CHMOD) | OP(LIST) |
	    OP(LOCK) | OP(MKFIFO) | OP(RECEIVE) | OP(SEND), .error = EIO },
	{ .name = "EIO", .ops = OP(WRITE) | OP(TRUNCATE) | OP(RENAME) |
	    OP(UNLINK), .error = EIO, .crash = true },
	{ .name = "EIO, nothing written", .ops = SYNCS | OP(START),
	    .error = EIO, .crash = true },
	{ .name = "EIO, size written", .ops = SYNCS, .error = EIO,
	    .crash = true, .survive = 1 },
	{ .name = "EIO, every other block written", .ops = SYNCS,
	    .error = EIO, .crash = true, .survive = 3 },
	{ .name = "EIO, all written", .ops = SYNCS, .error = EIO,
	    .crash = true, .rare = true, .survive = 4 },
	{ .name = "EIO", .ops = SYNCS, .error = EIO, .stays = true,
	    .crash = true, .survive = 1 },
	{ .name = "EIO", .ops = SYNCS | OP(WRITE) | OP(TRUNCATE) |
	    OP(RENAME) | OP(UNLINK), .error = EIO, .stays = true },
	{ .name = "ENOSPC", .ops = GROWS, .error = ENOSPC, .stays = true,
	    .crash = true },
	{ .name = "ENOSPC", .ops = GROWS | OP(RENAME), .error = ENOSPC,
	    .rare = true },
	{ .name = "ENOSPC (allocation was delayed)", .ops = SYNCS,
	    .error = ENOSPC, .survive = 1 },
	{ .name = "EDQUOT", .ops = GROWS | OP(TRUNCATE), .error = EDQUOT,
	    .stays = true },
	{ .name = "EDQUOT", .ops = SYNCS, .error = EDQUOT, .rare = true },
	{ .name = "EROFS", .ops = CHANGES, .error = EROFS, .stays = true },
	{ .name = "EROFS", .ops = CHANGES | SYNCS, .error = EROFS,
	    .rare = true },
	{ .name = "a short write", .ops = OP(WRITE), .cut = true },
	{ .name = "a short write, then ENOSPC", .ops = OP(WRITE),
	    .cut = true, .to_nothing = true, .stays = true },
	{ .name = "a short read", .ops = OP(READ), .cut = true },
	{ .name = "EACCES", .ops = OP(OPEN) | OP(CREATE) | OP(STAT_AT) |
	    OP(RENAME) | OP(UNLINK) | OP(MKDIR), .error = EACCES,
	    .rare = true },
	{ .name = "EACCES", .ops = OP(OPEN) | OP(CREATE) | OP(STAT_AT),
	    .error = EACCES, .stays = true },
	{ .name = "EMFILE", .ops = OP(OPEN) | OP(CREATE) | OP(LIST),
	    .error = EMFILE },
	{ .name = "EMFILE", .ops = OP(OPEN) | OP(CREATE) | OP(LIST),
	    .error = EMFILE, .stays = true },
	{ .name = "ENFILE", .ops = OP(OPEN) | OP(CREATE), .error = ENFILE,
	    .rare = true },
	{ .name = "ENOMEM", .ops = OP(OPEN) | OP(CREATE) | OP(STAT) |
	    OP(STAT_AT) | OP(LIST) | OP(RENAME) | OP(UNLINK),
	    .error = ENOMEM, .rare = true },
	{ .name = "EPERM", .ops = OP(CHMOD) | OP(RENAME) | OP(UNLINK),
	    .error = EPERM, .rare = true },
	{ .name = "ENOLCK", .ops = OP(LOCK), .error = ENOLCK },
	{ .name = "ETIMEDOUT", .ops = OP(LOCK), .error = ETIMEDOUT },
	{ .name = "EINTR", .ops = SYNCS, .error = EINTR, .rare = true,
	    .survive = 3 },
	{ .name = NULL }
};

bool
fault_concerns(const struct fault *f, const struct sim_call *call)
{
	return (f->ops >> call->op & 1) != 0 && (!f->cut || call->len > 1);
}

struct sim_answer
fault_answer(const struct fault *f, const struct sim_call *call)
{
	struct sim_answer a = { .error = f->error, .survive = f->survive };

	if (f->cut) {
		a.cut = true;
		a.limit = f->to_nothing ? 0 : call->len / 2;
	}
	return a;
}
