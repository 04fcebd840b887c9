/* SPDX-License-Identifier: ISC */
/*
 * The sweep: scenes are played on the machine of sim.h, and at each call the
 * world is copied (world.h) and something happens to the copy.
 */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

#include "sim.h"
#include "store/log.h"
#include "store/offers.h"
#include "store/spool.h"
#include "walker.h"

#define HOME	"/s"
#define OTHER_TEXT \
	"{\"specversion\":\"1.0\",\"id\":\"x1\",\"source\":\"other\"}\n"
#define STATE	HOME "/.hookcask-test"
#define SENT_MAX 96	/* events that the sender of a scene can know */

struct scene {
	const char	*name;
	const char	*log;		/* pattern; NULL: a spool */
	bool		 is_cgi;	/* a process each put */
	bool		 shares;	/* processes share syncs: offers.h */
	void		(*prepare)(void);	/* nothing happens to it */
	void		(*play)(void);
	void		(*intrude)(void);	/* or NULL */
	void		(*watch)(void);	/* called at each call; or NULL */
	enum happening	 only;		/* NOTHING: all */
};

/* -- client.c: a process that puts, and its sender ----------------------- */

struct client {
	int		 process;
	bool		 is_open;
	struct endpoint	 endpoint;
	struct store_options options;
	union {
		struct log log;
		struct spool spool;
	};
	struct offers	 offers;	/* if scene->shares */
};

/* An event that the sender knows. */
struct sent {
	char		 token[32];	/* the id; "!" and more: other bodies */
	char		 id[32];
	bool		 tried, acked;
	bool		 may_go;	/* its record was taken away */
	bool		 archived;	/* a copy is outside the store */
	int		 seen;		/* while checking */
	int		 consumed;
	struct record	 record;
	struct event	 event;
	char		 body[1024];
};
extern struct sent sent[];
extern int sent_count;
extern char last_note[1024];	/* operator's line, or error */
extern const struct scene *scene;

struct sent *sent_find(const char *id);		/* made if need be */
void	client_init(struct client *, int process);
bool	client_open(struct client *);
void	client_close(struct client *);
/*
 * Puts the ids, blanks between, as one batch; those that are stored or
 * duplicates count as acknowledged.  False if one was not.
 */
bool	client_put(struct client *, const char *ids);
/* Leaves a record to whoever has the lock; false: it cannot. */
bool	client_offer(struct client *, const char *id);
/* What has become of it; puts it by itself if it was not told. */
void	client_told(struct client *, const char *id);
/* All that were ever tried, and a fresh one, until all are acknowledged. */
void	client_retry(struct client *);
/* Puts what must succeed while nothing happens. */
void	client_must_put(struct client *, const char *ids);
/* For sim_hook: a store that cannot cut its file, or cannot write to it. */
struct sim_answer refuse_cut(const struct sim_call *);
struct sim_answer refuse_write(const struct sim_call *);
/* Changes the index, as hookcask, which keeps its WAL, or another program. */
void	change_index(const char *sql, bool keep_wal);
/* Appends the lines of these ids to a file, as a batch does (step 4). */
void	append_lines(const char *path, const char *ids);
void	append_bytes(const char *path, const char *data, size_t len);
/* A spool's consumer: takes and deletes whatever is in new/. */
void	consume(void);

/* -- check.c ------------------------------------------------------------- */

/* settled: nothing but whole records, no debris. */
void	check_store(bool settled);

/* -- walk.c -------------------------------------------------------------- */

extern int effort;		/* 1; more walks more */
extern struct client actor;	/* the process that plays */

/* Plays a scene through; in a process of its own. */
void	walk(const void *scene, struct tally *);
/* Plays one that lets happen by itself what is to happen; the same. */
void	walk_named(const void *scene, struct tally *);
/* Power loss, a new process, everything repeated and looked at. */
void	walk_check_durable(uint64_t seed);

extern const struct scene log_scenes[], offers_scenes[], spool_scenes[];
/* those that meet what they are about for sure: meet.h */
extern const struct scene meet_fail_scenes[], meet_index_scenes[],
	    meet_kill_scenes[], meet_names_scenes[], meet_others_scenes[];

#endif
