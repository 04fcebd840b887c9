/* SPDX-License-Identifier: ISC */
/*
 * The FastCGI door.  The input comes over a socket as it is, and once more
 * as what a server makes of it: its lines as parameters, up to an empty one,
 * and the rest as the body, in records cut where its own bytes say.  What is
 * answered are whole records; what a server sent arrives as it was.
 */
#include <config.h>

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/span.h"
#include "fuzz.h"
#include "responder/fcgi_params.h"
#include "responder/fcgi_record.h"
#include "responder/gateway.h"
#include "responder/loop.h"
#include "vectors.h"

#define WIRE_MAX	((size_t)64 << 10)	/* fits into a socket */
#define REPLY		"Status: 200 OK\r\n\r\n"

/* What a server sends, and what has arrived. */
struct scene {
	struct hookcask_span	 entries;	/* lines */
	struct hookcask_span	 body;
	bool			 is_known;	/* both are */
	bool			 is_over;	/* too many entries */
	unsigned		 served;
};

static unsigned char wire[WIRE_MAX];
static size_t wire_len;

static void
judge_entries(const struct scene *s, char *const *env)
{
	struct hookcask_span rest = s->entries, line;

	if (s->is_over)
		rest.len = 0;	/* none is believed */
	while (rest.len > 0) {
		line = fuzz_cut(&rest, '\n');
		/* without "=" it is a name with no value */
		FUZZ_HOLDS(*env != NULL);
		FUZZ_HOLDS(strncmp(*env, line.data, line.len) == 0);
		FUZZ_HOLDS(strcmp(*env + line.len, memchr(line.data, '=',
		    line.len) != NULL ? "" : "=") == 0);
		env++;
	}
	FUZZ_HOLDS(*env == NULL);
}

static bool
take_head(void *ctx, struct gateway *gw)
{
	static const struct delivery nothing = {
		.length_kind = LENGTH_UNKNOWN
	};
	struct scene *s = ctx;

	s->served++;
	for (size_t i = 0; gw->env[i] != NULL; i++)
		FUZZ_HOLDS(strchr(gw->env[i], '=') != NULL);
	if (s->is_known) {
		FUZZ_HOLDS(gw->is_cut == s->is_over);
		judge_entries(s, gw->env);
	}
	gw->delivery = &nothing;
	return true;
}

static void
take_body(void *ctx, struct gateway *gw)
{
	const struct scene *s = ctx;

	FUZZ_HOLDS(gw->fault == OUTCOME_STORED ||
	    (!s->is_known && gw->fault == OUTCOME_SHORT_BODY));
	FUZZ_HOLDS(gw->body->len <= gw->max_body + 1);
	if (s->is_known)
		FUZZ_HOLDS(gw->body->len == s->body.len &&
		    (s->body.len == 0 || memcmp(gw->body->data, s->body.data,
		    s->body.len) == 0));
	gw->reply(gw, REPLY, strlen(REPLY));
	gw->end(gw);
}

static unsigned
timeout(void *ctx)
{
	(void)ctx;
	return 1;
}

static size_t
max_body(void *ctx)
{
	(void)ctx;
	return WIRE_MAX;
}

/* Whole records, and at most one answer. */
static void
judge_answer(int fd)
{
	static unsigned char answer[WIRE_MAX];
	struct fcgi_head head;
	size_t len = 0, at = 0;
	unsigned ends = 0;
	ssize_t n;

	while ((n = read(fd, answer + len, sizeof(answer) - len)) > 0)
		len += (size_t)n;
	/* a reset: it did not read the rest */
	if (n < 0 && errno == ECONNRESET)
		return;
	while (at < len) {
		FUZZ_HOLDS(len - at >= FCGI_HEADER_LEN);
		FUZZ_HOLDS(fcgi_head_parse(&head, answer + at));
		at += FCGI_HEADER_LEN;
		FUZZ_HOLDS(len - at >= head.content + head.padding);
		at += head.content + head.padding;
		FUZZ_HOLDS(head.type == FCGI_STDOUT ||
		    head.type == FCGI_END_REQUEST ||
		    head.type == FCGI_GET_VALUES_RESULT ||
		    head.type == FCGI_UNKNOWN_TYPE);
		ends += head.type == FCGI_STDOUT && head.content == 0;
	}
	FUZZ_HOLDS(ends <= 1);
}

static void
deliver(struct scene *s)
{
	const struct handler handler = { take_head, take_body, 1, s };
	const struct loop_options options = { NULL, handler.room, timeout,
		max_body, NULL };
	static struct loop loop;
	struct loop_job job;
	int pair[2];

	if (loop.options.timeout == NULL)
		FUZZ_HOLDS(loop_init(&loop, &options, 8, NULL));
	FUZZ_HOLDS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	FUZZ_HOLDS(write(pair[0], wire, wire_len) == (ssize_t)wire_len);
	shutdown(pair[0], SHUT_WR);
	loop_add(&loop, pair[1]);
	while (loop_take(&loop, &job))
		gateway_fcgi(job.request, &handler);
	judge_answer(pair[0]);
	close(pair[0]);
	FUZZ_HOLDS(s->served <= 1 && (!s->is_known || s->served == 1));
}

static void
put_record(unsigned type, const void *data, size_t len, size_t padding)
{
	unsigned char *p = wire + wire_len;

	FUZZ_HOLDS(wire_len + FCGI_HEADER_LEN + len + padding <= WIRE_MAX);
	fcgi_head_format(p, type, 1, len);
	p[6] = (unsigned char)padding;
	if (len > 0)
		memcpy(p + FCGI_HEADER_LEN, data, len);
	memset(p + FCGI_HEADER_LEN + len, 0, padding);
	wire_len += FCGI_HEADER_LEN + len + padding;
}

/* In pieces whose lengths the bytes themselves tell. */
static void
put_stream(unsigned type, const unsigned char *data, size_t len)
{
	while (len > 0) {
		size_t n = 1 + data[0] % 97, padding = data[0] % 9;

		/* as it has to fit into the socket */
		if (n > len || wire_len > WIRE_MAX / 2)
			n = len;
		put_record(type, data, n, padding);
		data += n;
		len -= n;
	}
	put_record(type, NULL, 0, 0);
}

static size_t
put_length(unsigned char *p, size_t len, bool is_long)
{
	if (!is_long && len < 0x80) {
		*p = (unsigned char)len;
		return 1;
	}
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(len >> (24 - 8 * i));
	p[0] |= 0x80;
	return 4;
}

/* False if no server would send these lines. */
static bool
put_request(struct scene *s)
{
	static const unsigned char begin[8] = { 0, FCGI_RESPONDER };
	static unsigned char pairs[WIRE_MAX];
	struct hookcask_span rest = s->entries, line, name;
	size_t len = 0, count = 0;

	wire_len = 0;
	put_record(FCGI_BEGIN_REQUEST, begin, sizeof(begin), 0);
	while (rest.len > 0) {
		line = fuzz_cut(&rest, '\n');
		if (memchr(line.data, '\0', line.len) != NULL)
			return false;
		s->is_over = ++count > FCGI_PARAMS_ENTRIES;
		name = fuzz_cut(&line, '=');
		len += put_length(pairs + len, name.len, line.len % 2 == 1);
		len += put_length(pairs + len, line.len, name.len % 2 == 1);
		memcpy(pairs + len, name.data, name.len);
		len += name.len;
		if (line.len > 0)
			memcpy(pairs + len, line.data, line.len);
		len += line.len;
	}
	put_stream(FCGI_PARAMS, pairs, len);
	put_stream(FCGI_STDIN, s->body.data, s->body.len);
	return true;
}

static void
run(const uint8_t *data, size_t len)
{
	struct scene raw = { .is_known = false }, made = { .is_known = true };
	const uint8_t *at = memmem(data, len, "\n\n", 2);
	size_t head = at == NULL ? len : (size_t)(at - data) + 1;

	/* a record of one byte becomes nine and its padding */
	if (len > WIRE_MAX / 20)
		return;
	if (len > 0)
		memcpy(wire, data, len);
	wire_len = len;
	deliver(&raw);
	made.entries = span_make(data, head);
	if (at != NULL)
		made.body = span_make(at + 2, len - head - 1);
	if (put_request(&made))
		deliver(&made);
}

static size_t
seed(const struct vector *v, uint8_t *buf, size_t size)
{
	size_t len = fuzz_request.seed(v, buf, size);

	return len > WIRE_MAX / 20 ? 0 : len;
}

static size_t
own(size_t n, uint8_t *buf, size_t size)
{
	static const unsigned char values[] = {
		1, FCGI_GET_VALUES, 0, 0, 0, 34, 0, 0,
		15, 0, 'F', 'C', 'G', 'I', '_', 'M', 'P', 'X', 'S', '_', 'C',
		'O', 'N', 'N', 'S',
		14, 0, 'F', 'C', 'G', 'I', '_', 'M', 'A', 'X', '_', 'C', 'O',
		'N', 'N', 'S', 0 };
	size_t len = 0;
	struct scene s;

	switch (n) {
	case 0:
		fuzz_put(buf, size, &len, span_make(values, sizeof(values)));
		break;
	case 1:
		memset(&s, 0, sizeof(s));
		s.entries = span_text("A=b\nREQUEST_METHOD=POST");
		s.body = span_text("some bytes of a body");
		FUZZ_HOLDS(put_request(&s));
		fuzz_put(buf, size, &len, span_make(wire, wire_len));
		break;
	case 2:
		for (unsigned i = 0; i <= FCGI_PARAMS_ENTRIES; i++)
			fuzz_put_text(buf, size, &len, "A\n");
		break;
	}
	return len;
}

const struct fuzz_driver fuzz_fastcgi = {
	"fastcgi", run, seed, own, 3000
};
