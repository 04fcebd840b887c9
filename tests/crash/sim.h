/* SPDX-License-Identifier: ISC */
/*
 * A machine in memory: a file system behind struct fileops, processes that
 * can be killed at any call, a disk that forgets what was not synced, and
 * the same for SQLite (simvfs.c).  All of it is in this process, so that
 * world.c can copy it.
 */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include "base/fileops.h"

enum sim_op {
	OP_OPEN, OP_CREATE, OP_CLOSE, OP_STAT, OP_STAT_AT, OP_READ, OP_WRITE,
	OP_TRUNCATE, OP_START, OP_SYNC_DATA, OP_SYNC, OP_RENAME, OP_UNLINK,
	OP_MKDIR, OP_CHMOD, OP_MKFIFO, OP_RECEIVE, OP_SEND, OP_LIST, OP_LOCK,
	OP_UNLOCK, OP_END
};

/* A call about to be made. */
struct sim_call {
	enum sim_op	 op;
	bool		 sqlite;	/* made by the VFS */
	const char	*name;		/* of the entry, or "" */
	size_t		 len;		/* of a write */
};

/* What becomes of it.  A zeroed answer lets it pass. */
struct sim_answer {
	int		 error;		/* errno; 0: none */
	bool		 cut;		/* a write or read: only limit bytes */
	size_t		 limit;
	unsigned	 survive;	/* sim_fail_sync(): see there */
};

/* Asked before each call; NULL: all pass. */
extern struct sim_answer (*sim_hook)(const struct sim_call *);
extern const struct fileops sim_ops;
extern const char sim_vfs[];		/* the name of the VFS */
extern int sim_self;			/* the process that calls, from 1 */
extern bool sim_in_sqlite;
extern int64_t sim_clock_us;		/* advances with each look */
extern int64_t sim_monotonic_ms;	/* fileops_clock_ms() is linked to it */
extern int64_t sim_step_ms;		/* by which each look advances it */
extern unsigned sim_changes;		/* counts what a crash could see */

const char *sim_op_name(enum sim_op);
void	sim_init(void);
void	sim_vfs_register(void);
/* The end of a process: descriptors and locks go, the cache stays. */
void	sim_kill(int process);
void	sim_kill_all(void);

/*
 * Which of the things that were not synced outlive a power loss.  Classes of
 * things, as bits of a mask, or chance.
 */
#define SIM_STORE	1u	/* blocks of logs, spool files, tails */
#define SIM_SQLITE	2u	/* blocks of the index */
#define SIM_SIZES	4u	/* sizes of all files */
#define SIM_NAMES	8u	/* directory entries */
#define SIM_ALL		15u
struct sim_loss {
	enum { LOSS_CLASS, LOSS_BITS, LOSS_CHANCE } kind;
	unsigned	 mask;		/* LOSS_CLASS: these survive */
	uint64_t	 bits;		/* LOSS_BITS: one a thing */
	uint64_t	 seed;		/* LOSS_CHANCE */
	unsigned	 asked;		/* things that were asked about */
};
/* Kills all, then loses.  Sets asked. */
void	sim_power_loss(struct sim_loss *);
/* How many things a power loss would ask about now. */
unsigned sim_unsynced(void);
/* Reads again what a sync has failed to write; false: there is nothing. */
bool	sim_forget(void);
/* Writes some of it back, as a kernel may at any time. */
void	sim_write_back(uint64_t seed);

/* Reading and changing the machine from outside, as an operator would. */
struct sim_file {
	char		 name[256];
	const unsigned char *data;
	int64_t		 size;
	ino_t		 number;
	bool		 is_dir;
};
/* Fills up to max files of a directory (path), sorted by name. */
int	sim_list(const char *path, struct sim_file *, int max);
bool	sim_find(const char *path, struct sim_file *);
void	sim_mkdir(const char *path);
/* durable: synced at once. */
void	sim_put_file(const char *path, const void *data, size_t len,
	    bool durable);
void	sim_rename(const char *from, const char *to);
void	sim_remove(const char *path);		/* whole trees */
void	sim_sync_all(void);
void	sim_sync_path(const char *path);	/* a directory */
void	sim_cut_file(const char *path, int64_t size);

#endif
