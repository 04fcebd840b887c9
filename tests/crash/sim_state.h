/* SPDX-License-Identifier: ISC */
/* What the parts of the machine share. */
#ifndef TESTS_SIM_STATE_H
#define TESTS_SIM_STATE_H

#include "sim.h"

#define SIM_BLOCK	512	/* bytes, the unit that survives or not */
#define SIM_INODES	256
#define SIM_FDS		128
#define SIM_ENTRIES	128
#define SIM_PENDING	192
#define SIM_NAME	128
#define SIM_SHMS	4
#define SIM_MAIL	16	/* bytes of a message */
#define SIM_MAILS	8	/* that a FIFO holds */

/* Of a block. */
#define BLOCK_DIRTY	1	/* the next sync writes it */
#define BLOCK_LOST	2	/* its sync failed: cached, clean, not there */
#define BLOCK_BORN	4	/* has been written to its place on disk */

struct inode {
	bool		 used, is_dir, sqlite;
	mode_t		 mode;
	ino_t		 number;
	unsigned char	*data, *disk, *block;	/* cache, disk, block flags */
	int64_t		 room;		/* bytes of data and of disk */
	int64_t		 size, disk_size;
	int64_t		 low;		/* smallest size since the last sync */
	int64_t		 mtime_us;
	int		 lock_fd;	/* flock: the descriptor, or -1 */
	unsigned char	 mail[SIM_MAILS][SIM_MAIL];	/* of a FIFO */
	int		 mails;
	/* of the index: 32 KiB each; a removed -shm lives on for its users */
	void		*shm[SIM_SHMS][8];
	unsigned	 shm_age;	/* how often it was removed */
};

struct entry {
	int		 dir;		/* -1: free */
	char		 name[SIM_NAME];
	int		 inode;
};

/* A change of directories that is not synced.  -1: no such side. */
struct pending {
	int		 from, to;	/* directories */
	char		 from_name[SIM_NAME], to_name[SIM_NAME];
	int		 inode;
	int		 replaced;	/* inode that was at to, or -1 */
};

struct descriptor {
	bool		 used, can_read, can_write;
	int		 process;
	int		 inode;
	/* SQLite's locks die with the descriptor */
	int		 level;
	bool		 has_shm;
	unsigned	 shm_age;	/* of the one it has */
	unsigned	 shared, exclusive;
};

struct machine {
	struct inode	 inode[SIM_INODES];
	int		 inodes;
	struct entry	 cached[SIM_ENTRIES], durable[SIM_ENTRIES];
	struct pending	 pending[SIM_PENDING];
	int		 pendings;
	struct descriptor fd[SIM_FDS];
};
extern struct machine sim;

#define SIM_ROOT 0

/* simfs.c */
/* Walks a path to its last component; the directory's inode, or -1. */
int	sim_walk(int dir, const char *path, char last[SIM_NAME]);
int	sim_new_inode(bool is_dir, mode_t);
int	sim_lookup(const struct entry *, int dir, const char *name);
struct sim_answer sim_ask(enum sim_op, const char *name, size_t len);
/* sim_disk.c */
void	sim_make_room(struct inode *, int64_t size);
void	sim_write_bytes(struct inode *, const void *, size_t, int64_t offset);
void	sim_set_size(struct inode *, int64_t size);
void	sim_sync_file(struct inode *);
/* survive: 1 the size, 2 every other old block, 4 all that was written. */
void	sim_fail_sync(struct inode *, unsigned survive);
void	sim_change(int from, const char *from_name, int to,
	    const char *to_name, int inode);
void	sim_sync_dir(int dir);
void	sim_drop(int fd);
/* simvfs.c: the -shm of that index is removed. */
void	sim_drop_shm(int inode);

#endif
