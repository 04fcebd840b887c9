/* SPDX-License-Identifier: ISC */
/*
 * First the read side goes, so that the reader sees an end and can still
 * answer; if that does not free it (TCP goes on delivering what comes), both
 * sides.  A descriptor is only ever shut under the lock and while armed, so
 * never after its number went to another connection.
 */
#include <config.h>

#include "responder/watchdog.h"

#include <sys/socket.h>

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <unistd.h>

#include "core/fileops.h"

#define SECOND_SHOT_MS	2000

bool
watchdog_init(struct watchdog *dog)
{
	dog->first = NULL;
	dog->wake_ms = INT64_MAX;
	if (pipe2(dog->pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	pthread_mutex_init(&dog->lock, NULL);
	return true;
}

void
watchdog_wipe(struct watchdog *dog)
{
	pthread_mutex_destroy(&dog->lock);
	close(dog->pipe[0]);
	close(dog->pipe[1]);
}

void
watchdog_poke(struct watchdog *dog)
{
	/* a full pipe wakes as well */
	if (write(dog->pipe[1], "", 1) < 0)
		return;
}

static void
unlink_watch(struct watch *w)
{
	if (w->link == NULL)
		return;
	*w->link = w->next;
	if (w->next != NULL)
		w->next->link = w->link;
	w->link = NULL;
}

static void
shoot(struct watch *w, int64_t now_ms)
{
	if (w->shots++ == 0) {
		shutdown(w->fd, SHUT_RD);
		w->deadline_ms = now_ms + SECOND_SHOT_MS;
	} else {
		shutdown(w->fd, SHUT_RDWR);
		w->deadline_ms = INT64_MAX;
	}
}

int
watchdog_tick(struct watchdog *dog)
{
	int64_t now_ms = fileops_clock_ms(), left;
	char trash[64];

	while (read(dog->pipe[0], trash, sizeof(trash)) > 0)
		continue;
	pthread_mutex_lock(&dog->lock);
	dog->wake_ms = INT64_MAX;
	for (struct watch *w = dog->first; w != NULL; w = w->next) {
		if (w->deadline_ms <= now_ms)
			shoot(w, now_ms);
		if (w->deadline_ms < dog->wake_ms)
			dog->wake_ms = w->deadline_ms;
	}
	left = dog->wake_ms == INT64_MAX ? -1 : dog->wake_ms - now_ms;
	pthread_mutex_unlock(&dog->lock);
	return left > INT_MAX ? INT_MAX : (int)left;
}

void
watch_arm(struct watch *w, int fd, unsigned timeout_ms)
{
	struct watchdog *dog = w->dog;
	bool is_early;

	pthread_mutex_lock(&dog->lock);
	unlink_watch(w);
	w->fd = fd;
	w->shots = 0;
	w->deadline_ms = fileops_clock_ms() + timeout_ms;
	w->link = &dog->first;
	w->next = dog->first;
	if (w->next != NULL)
		w->next->link = &w->next;
	dog->first = w;
	is_early = w->deadline_ms < dog->wake_ms;
	if (is_early)
		dog->wake_ms = w->deadline_ms; /* one poke is enough */
	pthread_mutex_unlock(&dog->lock);
	if (is_early)
		watchdog_poke(dog);
}

void
watch_disarm(struct watch *w)
{
	pthread_mutex_lock(&w->dog->lock);
	unlink_watch(w);
	pthread_mutex_unlock(&w->dog->lock);
}

bool
watch_has_shot(struct watch *w)
{
	bool has_shot;

	pthread_mutex_lock(&w->dog->lock);
	has_shot = w->shots > 0;
	pthread_mutex_unlock(&w->dog->lock);
	return has_shot;
}
