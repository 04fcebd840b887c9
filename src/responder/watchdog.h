/* SPDX-License-Identifier: ISC */
/*
 * Deadlines for connections.  libfcgi reads until it has what it wants, so a
 * peer that sends a byte now and then would hold a thread for ever: somebody
 * else has to shut the connection.
 */
#ifndef RESPONDER_WATCHDOG_H
#define RESPONDER_WATCHDOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Watches connections; lives in the thread that calls watchdog_tick(). */
struct watchdog {
	pthread_mutex_t	 lock;
	struct watch	*first;		/* those armed */
	int64_t		 wake_ms;	/* when the ticking thread wakes */
	int		 pipe[2];	/* wakes it earlier */
};

/* One connection at a time; belongs to a worker. */
struct watch {
	struct watchdog	*dog;
	struct watch	*next, **link;	/* link NULL: not armed */
	int		 fd;
	int64_t		 deadline_ms;
	unsigned	 shots;
};

bool	watchdog_init(struct watchdog *);
void	watchdog_wipe(struct watchdog *);
/* Shuts what is due; how long poll(2) may sleep now on pipe[0]. */
int	watchdog_tick(struct watchdog *);
/* Wakes the ticking thread. */
void	watchdog_poke(struct watchdog *);

/* The descriptor must stay open until the watch is disarmed. */
void	watch_arm(struct watch *, int fd, unsigned timeout_ms);
void	watch_disarm(struct watch *);
/* Has it shut the connection since it was last armed? */
bool	watch_has_shot(struct watch *);

#endif
