/* SPDX-License-Identifier: ISC */
/*
 * Events in a stream of NATS JetStream.  It acknowledges before it syncs, so an
 * acknowledgement proves nothing: the stream is asked later what it has.
 */
#ifndef RELAY_JETSTREAM_H
#define RELAY_JETSTREAM_H

#include <pthread.h>

#include <nats/nats.h>

#include "relay/known.h"
#include "relay/stay.h"
#include "relay/subject.h"

#define JETSTREAM_KEY_MAX	(3 * (64 + HOOKCASK_ID_MAX) + 24)
#define JETSTREAM_SUBJECT_MAX	(64 + 16 + 64 + SUBJECT_TYPE_MAX)
#define JETSTREAM_BODY		"Hookcask-Body"	/* header: hash of a body */
#define JETSTREAM_OTHER		"-other-body"	/* after the stream's name */

/* From options and files; borrowed until the end. */
struct jetstream_where {
	const char	*url;	/* nats://HOST[:PORT][,HOST...]/STREAM */
	const char	*ca;		/* files, or NULL */
	const char	*cert, *key;
	const char	*creds;		/* a JWT and its seed */
	const char	*password;	/* USER:PASSWORD */
};

/* The newest message that must be there. */
struct jetstream_spot {
	int64_t		 created;	/* when the stream was made, ns */
	uint64_t	 seq;		/* 0: none */
	uint64_t	 key;		/* hash of its Nats-Msg-Id */
};

/* Under way. */
struct jetstream_sent {
	natsMsg			*msg;		/* the library's */
	struct stay_line	*line;
	uint64_t		 key;
	uint64_t		 seq;		/* acknowledged; 0: not */
	bool			 twin;		/* one was there at seq */
};

struct jetstream {
	natsConnection	*conn;
	jsCtx		*js;
	char		 stream[64];
	const char	*endpoint;
	const char	*again;		/* --new-stream */
	bool		 binary;	/* --binary */
	struct jetstream_spot spot;
	struct known	 known;		/* what it had at our start */
	/* of the library's thread, too, while a batch is under way */
	pthread_mutex_t	 lock;
	struct jetstream_sent *sent;
	size_t		 sent_count, sent_size, sent_at;
	int64_t		 acked_ms;
	struct err	 refused;	/* no event is to blame */
	int64_t		 others;	/* kept apart */
};

#define JETSTREAM_CLOSED { .lock = PTHREAD_MUTEX_INITIALIZER }

/*
 * acked is called in the library's thread, with the struct jetstream.
 * OUTCOME_USAGE: it would not be safe, or is not understood;
 * OUTCOME_TRY_AGAIN: it cannot connect now.
 */
bool	jetstream_open(struct jetstream *, const struct jetstream_where *,
	    jsPubAckHandler acked, struct err *);
void	jetstream_close(struct jetstream *);
/* Sets err to OUTCOME_TRY_AGAIN, with the library's words; false. */
bool	jetstream_fail(struct err *, const char *what, natsStatus);

/* STREAM, kind, endpoint and type, with dots. */
void	jetstream_subject(const struct jetstream *,
	    char to[JETSTREAM_SUBJECT_MAX], const char *kind,
	    const char *type);

/* jetstream_init.c */
struct jetstream_wish {
	int64_t		 replicas;
	int64_t		 window_s, max_age_s;	/* max_age_s 0: for ever */
};
/* Makes the stream; an existing one is left as it is, and reported. */
bool	jetstream_init(struct jetstream *, const struct jetstream_wish *,
	    void (*note)(const char *), struct err *);
/* Is it safe to use?  note: what could lose events, or NULL. */
bool	jetstream_check(struct jetstream *, void (*note)(const char *),
	    struct err *);

/* jetstream_ask.c: as struct stay_engine says */
bool	jetstream_ask(void *, const char *endpoint,
	    char *const *checkpoints, size_t count, const char **from,
	    struct err *);
bool	jetstream_look(void *, struct err *);
/* Of a message, from its headers; 0: it has none. */
struct jetstream_held {
	uint64_t	 key, body;		/* record_body_hash() */
};
/* 1: the message at seq; 0: there is none; -1 with err. */
int	jetstream_at(struct jetstream *, uint64_t seq,
	    struct jetstream_held *, struct err *);

/* jetstream_keep.c */
bool	jetstream_keep(void *, struct stay_line *, size_t count,
	    struct err *);
void	jetstream_acked(jsCtx *, natsMsg *, jsPubAck *, jsPubAckErr *,
	    void *ctx);

#endif
