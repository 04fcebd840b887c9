/* SPDX-License-Identifier: ISC */
/*
 * Landlock (landlock(7)): a process gives up its access to files.  The
 * kernel's interface has versions; only what a version knows is asked for.
 * The kernel's numbers are repeated here, because the headers at compile time
 * may be older than the kernel that runs.
 */
#include <config.h>

#include "sandbox/sandbox_parts.h"

#ifdef __linux__
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset	/* the same on all architectures */
#define SYS_landlock_create_ruleset	444
#define SYS_landlock_add_rule		445
#define SYS_landlock_restrict_self	446
#endif

enum {
	ASK_VERSION	= 1 << 0,	/* LANDLOCK_CREATE_RULESET_VERSION */
	PATH_BENEATH	= 1,		/* LANDLOCK_RULE_PATH_BENEATH */
};

/* LANDLOCK_ACCESS_FS_*, in the kernel's order */
enum {
	EXECUTE		= 1 << 0,
	WRITE_FILE	= 1 << 1,
	READ_FILE	= 1 << 2,
	READ_DIR	= 1 << 3,
	REMOVE_DIR	= 1 << 4,
	REMOVE_FILE	= 1 << 5,
	MAKE_DIR	= 1 << 7,
	MAKE_REG	= 1 << 8,
	MAKE_FIFO	= 1 << 10,
	REFER		= 1 << 13,	/* version 2: to another directory */
	TRUNCATE	= 1 << 14,	/* version 3 */
	IOCTL_DEV	= 1 << 15,	/* version 5 */
};

#define FOR_SECRETS	READ_FILE
#define FOR_STORES	(WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR | \
			    REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_FIFO | \
			    REFER | TRUNCATE)
#define FOR_FILES	(EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | \
			    IOCTL_DEV)

/* struct landlock_ruleset_attr of version 6 */
struct ruleset {
	uint64_t	 files;
	uint64_t	 net;		/* version 4: bind, connect */
	uint64_t	 scoped;	/* version 6: abstract unix sockets */
};

/* struct landlock_path_beneath_attr */
struct beneath {
	uint64_t	 allowed;
	int32_t		 fd;
} __attribute__((__packed__));

int
sandbox_files_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    ASK_VERSION);

	return version > 0 ? (int)version : 0;
}

/* All access to files that this version can forbid. */
static uint64_t
all_files(int version)
{
	if (version >= 5)
		return (IOCTL_DEV << 1) - 1;
	if (version >= 3)
		return (TRUNCATE << 1) - 1;
	return version == 2 ? (REFER << 1) - 1 : REFER - 1;
}

static bool
allow(int rules, const struct sandbox_path *p, uint64_t all)
{
	struct beneath rule;
	struct stat st;
	bool ok;

	rule.fd = open(p->path, O_PATH | O_CLOEXEC);
	/*
	 * A path that does not exist cannot be allowed: if it appears later, a
	 * restart is needed.  Any other error would shut us out of a store.
	 */
	if (rule.fd < 0)
		return errno == ENOENT || errno == ENOTDIR ||
		    errno == EACCES || errno == ELOOP;
	rule.allowed = all & (p->is_store ? FOR_STORES : p->is_listed ?
	    FOR_SECRETS | READ_DIR : FOR_SECRETS);
	if (fstat(rule.fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= FOR_FILES;
	ok = syscall(SYS_landlock_add_rule, rules, PATH_BENEATH, &rule, 0) ==
	    0;
	close(rule.fd);
	return ok;
}

bool
sandbox_files_enter(const struct sandbox_path *paths, size_t count)
{
	int version = sandbox_files_version();
	struct ruleset set;
	int rules;
	bool ok = true;

	memset(&set, 0, sizeof(set));
	set.files = all_files(version);
	set.net = version >= 4 ? 3 : 0;		/* bind and connect */
	set.scoped = version >= 6 ? 1 : 0;	/* abstract unix sockets */
	/* the kernel accepts unknown members that are zero */
	rules = (int)syscall(SYS_landlock_create_ruleset, &set, sizeof(set),
	    0);
	if (rules < 0)
		return false;
	for (size_t i = 0; ok && i < count; i++)
		ok = allow(rules, &paths[i], set.files);
	ok = ok && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	close(rules);
	return ok;
}

#else

int
sandbox_files_version(void)
{
	return 0;
}

bool
sandbox_files_enter(const struct sandbox_path *paths, size_t count)
{
	(void)paths;
	(void)count;
	return false;
}
#endif
