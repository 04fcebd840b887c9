/* SPDX-License-Identifier: ISC */
/* The file system under a store: what it is, and what is left of it. */
#include <config.h>

#include <sys/statvfs.h>
#ifdef HAVE_SYS_VFS_H
#include <sys/vfs.h>
#endif

#include <inttypes.h>

#include "base/lines.h"
#include "cli/setup/check.h"
#include "cli/term/size.h"

#define MIB		((uint64_t)1 << 20)
#define ROOM_LOW	(1024 * MIB)		/* worth a warning */
#define ROOM_LEAST	(2 * (uint64_t)LINE_MAX_BYTES)	/* a batch, a repair */
#define INODES_LOW	1000

#ifdef HAVE_SYS_VFS_H
/* Those where a store may be. */
static const struct {
	uint32_t	 type;
	const char	*name;
	const char	*warning;
} kinds[] = {
	{ 0xEF53, "ext2, 3 or 4", NULL },
	{ 0x58465342, "xfs", NULL },
	{ 0x9123683E, "btrfs", NULL },
	{ 0x2FC12FC1, "zfs", NULL },
	{ 0xF2F52010, "f2fs", NULL },
	{ 0xCA451A4E, "bcachefs", NULL },
	{ 0x01021994, "tmpfs", "it is lost when the machine restarts" },
	{ 0x858458F6, "ramfs", "it is lost when the machine restarts" },
	{ 0x794C7630, "overlayfs", "a container's own layer is removed with "
	    "the container; mount a volume for the store" },
};

static void
check_kind(struct check *c, const char *dir)
{
	struct statfs fs;

	if (statfs(dir, &fs) != 0)
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if ((uint32_t)fs.f_type != kinds[i].type)
			continue;
		check_fact(c, "file-system", "%s", kinds[i].name);
		if (kinds[i].warning != NULL)
			check_warn(c, "file-system", "%s: is on %s: %s", dir,
			    kinds[i].name, kinds[i].warning);
		return;
	}
	check_fact(c, "file-system", "type 0x%08" PRIX32,
	    (uint32_t)fs.f_type);
}
#else
static void
check_kind(struct check *c, const char *dir)
{
	(void)c;
	(void)dir;
}
#endif

void
check_space(struct check *c, const char *dir)
{
	char free_text[SIZE_TEXT], all_text[SIZE_TEXT];
	struct statvfs fs;
	uint64_t room;

	check_kind(c, dir);
	if (statvfs(dir, &fs) != 0)
		return;
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	size_format(free_text, room);
	size_format(all_text, (uint64_t)fs.f_blocks * fs.f_frsize);
	check_fact(c, "free", "%s of %s", free_text, all_text);
	if (room < ROOM_LEAST)
		check_fail(c, "free", "%s: only %s are free: deliveries are "
		    "about to be answered 503; make room", dir, free_text);
	else if (room < ROOM_LOW)
		check_warn(c, "free", "%s: only %s are free", dir, free_text);
	/* 0 of 0: this kind does not count them */
	if (fs.f_files != 0 && fs.f_favail < INODES_LOW)
		check_warn(c, "free", "%s: only %" PRIu64 " more files can "
		    "be made", dir, (uint64_t)fs.f_favail);
}
