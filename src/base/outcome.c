/* SPDX-License-Identifier: ISC */
/*
 * The table of outcomes: the HTTP status, the exit code and the advice for
 * each.
 */
#include <config.h>

#include "base/outcome.h"

#include <stddef.h>
#include <string.h>
#include <sysexits.h>

struct row {
	const char	*name;
	int		 http;
	int		 code;		/* sysexits(3) */
	const char	*hint;
};

/*
 * The operator sees the hint after the reason; the client gets only the HTTP
 * status.  An outcome is temporary if the sender may try again.
 */
static const struct row table[OUTCOME_END] = {
	[OUTCOME_STORED] = { "stored", 200, EX_OK, "" },
	[OUTCOME_DUPLICATE] = { "duplicate", 200, EX_OK, "" },
	[OUTCOME_IGNORED] = { "ignored", 200, EX_OK, "" },
	[OUTCOME_PROBED] = { "probed", 200, EX_OK, "" },
	[OUTCOME_MISSING_HEADER] = { "missing-header", 400, EX_DATAERR,
	    "svix-id, svix-timestamp and svix-signature (or all three as "
	    "webhook-...) are required; look for a gateway, proxy or server "
	    "rule that drops or renames headers" },
	[OUTCOME_BAD_ID] = { "bad-id", 400, EX_DATAERR,
	    "the id must be 1 to 256 printable characters without blanks or "
	    "dots; this is not a Svix delivery, or the header was sent twice" },
	[OUTCOME_BAD_TIMESTAMP] = { "bad-timestamp", 400, EX_DATAERR,
	    "the timestamp must be whole seconds since 1970 as plain digits; "
	    "check what the sender or a gateway puts there" },
	[OUTCOME_TOO_OLD] = { "too-old", 401, EX_DATAERR,
	    "check this machine's clock (skew is this clock minus the "
	    "sender's, in seconds); if it is right, the delivery was delayed "
	    "or replayed; tolerance is the limit" },
	[OUTCOME_TOO_NEW] = { "too-new", 401, EX_DATAERR,
	    "the sender's clock is ahead of this one by more than tolerance: "
	    "if that is so for every delivery, set this machine's clock by "
	    "NTP; if for one sender only, it is that sender's clock" },
	[OUTCOME_BAD_SIGNATURE_HEADER] = { "bad-signature-header", 400,
	    EX_DATAERR,
	    "the signature header is over 8192 bytes or a broken t=,v1= form; "
	    "look for a gateway that changes it" },
	[OUTCOME_NO_MATCH] = { "no-match", 401, EX_DATAERR,
	    "check that the secret is this endpoint's at the sender and has "
	    "not been rotated or expired, and that nothing on the way changes "
	    "the body (re-printed JSON, another encoding, a decompressing "
	    "filter)" },
	[OUTCOME_BAD_METHOD] = { "bad-method", 405, EX_DATAERR,
	    "webhooks are POST requests; this was a browser, a health check "
	    "or a redirect that turned POST into GET" },
	[OUTCOME_UNKNOWN_PATH] = { "unknown-path", 404, EX_DATAERR,
	    "compare the path with those of the endpoints; SCRIPT_NAME and "
	    "PATH_INFO together must equal one of them" },
	[OUTCOME_TOO_LARGE] = { "too-large", 413, EX_DATAERR,
	    "the body is over max-body, or the headers over 256 KiB; if the "
	    "sender is genuine, raise max-body and the web server's own "
	    "limit (FcgidMaxRequestLen, client_max_body_size, "
	    "server.max-request-size)" },
	[OUTCOME_DOUBLED_HEADER] = { "doubled-header", 400, EX_DATAERR,
	    "a signature header was sent twice; look for a proxy that adds it "
	    "again, or for a stranger who sends both Svix_Id and svix-id" },
	[OUTCOME_SHORT_BODY] = { "short-body", 400, EX_DATAERR,
	    "the body was not as long as CONTENT_LENGTH: the client went away "
	    "or a server limit or filter cut it (LimitRequestBody, "
	    "FcgidMaxRequestLen, mod_deflate)" },
	[OUTCOME_BODY_TIMEOUT] = { "body-timeout", 400, EX_DATAERR,
	    "the body did not arrive within body-timeout; let the web server "
	    "buffer requests, or check the network" },
	[OUTCOME_STORE_ERROR] = { "store-error", 503, EX_TEMPFAIL,
	    "the sender will try again; check the disk, its quota and the "
	    "owner of the store" },
	[OUTCOME_BAD_CONFIG] = { "bad-config", 503, EX_CONFIG,
	    "fix what the message names, then run \"hookcask check\"" },
	[OUTCOME_OTHER_BODY] = { "other-body", 200, EX_OK,
	    "the sender signed two bodies under one id; the first one is the "
	    "event, and this one was kept beside it (hookcask list "
	    "--other-body); ask the sender which of them counts" },
	[OUTCOME_USAGE] = { "usage", 500, EX_USAGE, "" },
	[OUTCOME_BAD_DATA] = { "bad-data", 500, EX_DATAERR, "" },
	[OUTCOME_NO_INPUT] = { "no-input", 500, EX_NOINPUT, "" },
	[OUTCOME_UNAVAILABLE] = { "unavailable", 503, EX_UNAVAILABLE, "" },
	[OUTCOME_NO_MEMORY] = { "no-memory", 503, EX_OSERR,
	    "memory ran out; the sender will try again" },
	[OUTCOME_IO_ERROR] = { "io-error", 503, EX_IOERR, "" },
	[OUTCOME_TRY_AGAIN] = { "try-again", 503, EX_TEMPFAIL, "" },
	[OUTCOME_NO_PERMISSION] = { "no-permission", 503, EX_NOPERM, "" },
	[OUTCOME_CANNOT_CREATE] = { "cannot-create", 503, EX_CANTCREAT, "" },
	[OUTCOME_WARNING] = { "warning", 500, 1, "" },
	[OUTCOME_CRITICAL] = { "critical", 500, 2, "" },
	[OUTCOME_UNKNOWN] = { "unknown-state", 500, 3, "" },
};

static const struct row *
outcome_row(enum outcome o)
{
	static const struct row unknown = { "unknown", 500, EX_SOFTWARE, "" };

	if ((unsigned)o >= OUTCOME_END || table[o].name == NULL)
		return &unknown;
	return &table[o];
}

const char *
outcome_name(enum outcome o)
{
	return outcome_row(o)->name;
}

const char *
outcome_hint(enum outcome o)
{
	return outcome_row(o)->hint;
}

/* Hints that need to know more than the outcome. */
static const struct {
	enum outcome	 outcome;
	const char	*detail;
	const char	*hint;
} closer[] = {
	{ OUTCOME_MISSING_HEADER, OUTCOME_NO_SIGNATURE,
	    "id and timestamp are there, but no signature: the sender has no "
	    "signing secret for this endpoint; set one there, and put it into "
	    "the secret file" },
	{ OUTCOME_NO_MATCH, OUTCOME_NO_ENTRY,
	    "the signature header holds nothing of the form v1,BASE64: this "
	    "sender signs in another way (sha256=..., hexadecimal digits, a "
	    "bare MAC) than Svix or Standard Webhooks; choose one of these "
	    "at the sender, or check that this is its URL" },
	{ OUTCOME_STORE_ERROR, OUTCOME_NO_DESCRIPTORS,
	    "the process may open too few files; raise LimitNOFILE= of its "
	    "unit, or ulimit -n where the web server starts; the disk is not "
	    "to blame, and the sender will try again" },
};

const char *
outcome_hint_about(enum outcome o, const char *detail)
{
	for (size_t i = 0; detail != NULL &&
	    i < sizeof(closer) / sizeof(*closer); i++)
		if (closer[i].outcome == o &&
		    strcmp(closer[i].detail, detail) == 0)
			return closer[i].hint;
	return outcome_hint(o);
}

int
outcome_http(enum outcome o)
{
	return outcome_row(o)->http;
}

int
outcome_exit(enum outcome o)
{
	return outcome_row(o)->code;
}

bool
outcome_is_temporary(enum outcome o)
{
	return outcome_row(o)->http == 503;
}

enum outcome
outcome_of_status(enum hookcask_status status)
{
	switch (status) {
	case HOOKCASK_OK:
		return OUTCOME_STORED;
	case HOOKCASK_MISSING_HEADER:
		return OUTCOME_MISSING_HEADER;
	case HOOKCASK_BAD_ID:
		return OUTCOME_BAD_ID;
	case HOOKCASK_BAD_TIMESTAMP:
		return OUTCOME_BAD_TIMESTAMP;
	case HOOKCASK_TOO_OLD:
		return OUTCOME_TOO_OLD;
	case HOOKCASK_TOO_NEW:
		return OUTCOME_TOO_NEW;
	case HOOKCASK_BAD_SIGNATURE_HEADER:
		return OUTCOME_BAD_SIGNATURE_HEADER;
	case HOOKCASK_NO_MATCH:
		return OUTCOME_NO_MATCH;
	case HOOKCASK_SECRET_EMPTY:
	case HOOKCASK_SECRET_PRIVATE:
	case HOOKCASK_SECRET_VERSION:
	case HOOKCASK_SECRET_PREFIX:
	case HOOKCASK_SECRET_BASE64:
	case HOOKCASK_SECRET_SHORT:
	case HOOKCASK_SECRET_LENGTH:
	case HOOKCASK_SECRET_WEAK:
	case HOOKCASK_BAD_ARGUMENT:
		return OUTCOME_BAD_CONFIG;
	}
	return OUTCOME_BAD_CONFIG;
}
