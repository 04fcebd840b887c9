/* SPDX-License-Identifier: ISC */
/* The answer to each outcome, byte for byte. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "event/reply.h"
#include "unit.h"

/* The contract with senders, to the last byte. */
static const struct {
	enum outcome outcome;
	const char *status;
	const char *more;
	const char *body;
} rows[] = {
#define OK		"200 OK", "", "{\"status\":\"success\"}"
#define BAD		"400 Bad Request", "", "{\"error\":\"Bad request\"}"
#define UNSIGNED	"401 Unauthorized", "", \
			"{\"error\":\"Invalid signature\"}"
#define AGAIN		"503 Service Unavailable", "Retry-After: 30\r\n", \
			"{\"error\":\"Try again\"}"
	{ OUTCOME_STORED, OK },
	{ OUTCOME_DUPLICATE, OK },
	{ OUTCOME_IGNORED, OK },
	{ OUTCOME_PROBED, OK },
	{ OUTCOME_OTHER_BODY, OK },
	{ OUTCOME_MISSING_HEADER, BAD },
	{ OUTCOME_BAD_ID, BAD },
	{ OUTCOME_BAD_TIMESTAMP, BAD },
	{ OUTCOME_BAD_SIGNATURE_HEADER, BAD },
	{ OUTCOME_DOUBLED_HEADER, BAD },
	{ OUTCOME_SHORT_BODY, BAD },
	{ OUTCOME_BODY_TIMEOUT, BAD },
	{ OUTCOME_TOO_OLD, UNSIGNED },
	{ OUTCOME_TOO_NEW, UNSIGNED },
	{ OUTCOME_NO_MATCH, UNSIGNED },
	{ OUTCOME_UNKNOWN_PATH, "404 Not Found", "",
	    "{\"error\":\"Not found\"}" },
	{ OUTCOME_BAD_METHOD, "405 Method Not Allowed", "Allow: POST\r\n",
	    "{\"error\":\"Method not allowed\"}" },
	{ OUTCOME_TOO_LARGE, "413 Content Too Large", "",
	    "{\"error\":\"Too large\"}" },
	{ OUTCOME_STORE_ERROR, AGAIN },
	{ OUTCOME_BAD_CONFIG, AGAIN },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static void
expect(size_t i, bool is_head)
{
	struct reply reply;
	char text[REPLY_MAX];

	snprintf(text, sizeof(text), "Status: %s\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n%s\r\n%s", rows[i].status,
	    strlen(rows[i].body), rows[i].more, is_head ? "" : rows[i].body);
	memset(&reply, 0xAA, sizeof(reply));
	reply_init(&reply, rows[i].outcome, is_head);
	ck_assert_uint_eq(reply.len, strlen(text));
	ck_assert_mem_eq(reply.text, text, reply.len);
}

START_TEST(test_every_outcome)
{
	/* a new outcome needs a row here */
	ck_assert_uint_eq(ROWS, OUTCOME_DELIVERY_END);
	for (size_t i = 0; i < ROWS; i++)
		expect(i, false);
}
END_TEST

START_TEST(test_head_has_no_body)
{
	for (size_t i = 0; i < ROWS; i++)
		expect(i, true);
}
END_TEST

/* What cannot happen is never a success. */
START_TEST(test_nonsense)
{
	struct reply reply;

	for (int o = OUTCOME_DELIVERY_END; o < OUTCOME_END + 3; o++) {
		reply_init(&reply, (enum outcome)o, false);
		ck_assert_msg(strncmp(reply.text, "Status: 503 ", 12) == 0,
		    "outcome %d", o);
	}
}
END_TEST

UNIT_MAIN("reply", test_every_outcome, test_head_has_no_body, test_nonsense)
