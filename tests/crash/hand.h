/* SPDX-License-Identifier: ISC */
/*
 * The sweep of what hands events over: a drain and the operator's commands
 * are played on the machine of sim.h, and at each call the world is copied
 * (world.h) and something happens to the copy.
 */
#ifndef TESTS_HAND_H
#define TESTS_HAND_H

#include "config/configuration.h"
#include "sim.h"
#include "walker.h"

#define HOME	"/s"
#define STATE	HOME "/.hookcask-test"
#define FACTS_MAX 40		/* events of a scene */

struct hand_scene {
	const char	*name;
	bool		 is_log;
	void		(*prepare)(void);	/* nothing happens to it */
	bool		(*play)(void);		/* true: it said that it was */
	void		(*intrude)(void);	/* or NULL */
	void		(*settle)(void);	/* what follows; checks all */
	bool		 only_intruder;	/* the rest is another scene's */
};

/* -- hand_facts.c: events, and the programs that get them ---------------- */

/* "g1": its program succeeds; "b1": it fails; "l1": it says 75 first. */
struct fact {
	char		 id[16];
	char		 name[64];	/* of its file in a spool */
	char		 body[128];
	char		 line[640];	/* with its LF */
	size_t		 len;
	bool		 stored;
	bool		 dropped;	/* by the operator */
	bool		 asked;		/* for another try */
	int		 handed;	/* programs that were started */
	int		 due;		/* that must be, after a retry */
	int		 done;		/* that ended with 0 */
	int64_t		 ended_ms;	/* the first of them */
};
extern struct fact facts[];
extern int fact_count;
extern bool healed;		/* all programs succeed */
extern int64_t run_ms;		/* how long one takes */
extern char last_said[512];

struct fact *fact_find(const char *id);		/* made if need be */
/* Puts their files into a directory of the spool, as responders do. */
void	facts_publish(const char *stage, const char *ids);
/* Programs that run now end with their drain, and nobody hears of it. */
void	programs_kill(void);

/* The same as one batch of a log, by a responder of that process. */
void	facts_store(int process, const char *ids);
/* Likewise, killed when it has answered and before its index commits. */
void	facts_store_killed(int process, const char *ids);

/* -- hand_posix.c -------------------------------------------------------- */

/* SQLite's files are the machine's from now on. */
void	posix_begin(void);
/* Are the calls of readers the machine's? */
bool	posix_is_wrapped(void);

/* -- hand_actor.c: the programs that are played -------------------------- */

/* All of these run as that process, and close what they opened. */
struct drain_how {
	bool		 once;
	int		 jobs, batch, tries;
	bool		 unlink;
};
extern struct endpoint hand_endpoint;	/* a spool; or a log */

bool	run_drain(int process, struct drain_how, struct err *);
bool	run_failed(int process, bool drop, struct err *);
bool	run_prune(int process, struct err *);
/* Is each event that was not handed over named, or still to come? */
void	check_named(int process);
/* Is no event lost, and none in two directories of a spool? */
void	check_store(void);

/* -- hand_plays.c: the plays of scenes; others, of a process of their own - */

bool	play_how(struct drain_how);
bool	play_drain(void);
bool	play_batches(void);
bool	play_two_jobs(void);
bool	play_retry(void);
bool	play_drop(void);
bool	play_prune(void);
void	beside_retry(void);
void	beside_drop(void);
void	beside_prune(void);
void	beside_drain(void);

/* -- hand_settle.c ------------------------------------------------------- */

extern const struct drain_how hand_usual;
void	hand_must(bool ok, const struct err *, const char *what);
/* That events were set aside is no failure. */
bool	hand_drain(int process, struct drain_how, struct err *);
/* Each is handed over, or named; and when programs work again, all are. */
void	hand_settle(void);
/* The same, where no event fails: a drain that ended with 0 has done all. */
void	hand_settle_drain(void);
/* The same, and what was retried with success needs no other word. */
void	hand_settle_retry(void);

/* -- hand_walk.c --------------------------------------------------------- */

extern bool said_ok;		/* the play's result; false until its end */
extern bool said_all;		/* of process 1: its drain ended with 0 */
extern int prepared;		/* facts, when the play began */
extern int64_t power_ms;	/* power was lost then; -1: it was not */
/* Plays a struct hand_scene through; in a process of its own. */
void	hand_walk(const void *scene, struct tally *);
int	next_process(void);

extern const struct hand_scene hand_scenes[], hand_scenes_log[];

#endif
