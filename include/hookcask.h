/* SPDX-License-Identifier: ISC */
/*
 * libhookcask: proves that a webhook was signed by its sender, as Svix and
 * the Standard Webhooks specification do it.  See libhookcask(3).
 *
 * The library is pure: the caller owns all storage, the time is an argument,
 * nothing is allocated, read, written or remembered.  Every function may be
 * called from any number of threads at once.
 */
#ifndef HOOKCASK_H
#define HOOKCASK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define HOOKCASK_CHECK __attribute__((__warn_unused_result__))
#else
#define HOOKCASK_CHECK
#endif

/* Bytes that belong to somebody else.  data may be NULL when len is 0. */
struct hookcask_span {
	const void	*data;
	size_t		 len;
};

/* Every result; hookcask_status_name() and _text() put it into words. */
enum hookcask_status {
	HOOKCASK_OK = 0,
	/* a delivery, in the order of the checks */
	HOOKCASK_MISSING_HEADER,	/* no family has all three values */
	HOOKCASK_BAD_ID,		/* not 1..256 of 0x21..0x7E less '.' */
	HOOKCASK_BAD_TIMESTAMP,		/* not a plain positive integer */
	HOOKCASK_TOO_OLD,		/* now - timestamp > tolerance */
	HOOKCASK_TOO_NEW,		/* timestamp - now > tolerance */
	HOOKCASK_BAD_SIGNATURE_HEADER,	/* too long, or a broken comma form */
	HOOKCASK_NO_MATCH,		/* no signature fits any key */
	/* a secret */
	HOOKCASK_SECRET_EMPTY,		/* nothing there */
	HOOKCASK_SECRET_PRIVATE,	/* whsk_: the sender's private key */
	HOOKCASK_SECRET_VERSION,	/* "v1,whsec_...": drop the "v1," */
	HOOKCASK_SECRET_PREFIX,		/* another word_ before the base64 */
	HOOKCASK_SECRET_BASE64,		/* not strict base64, hex or text */
	HOOKCASK_SECRET_SHORT,		/* under 16 bytes of key */
	HOOKCASK_SECRET_LENGTH,		/* whpk_ that is not 32 bytes */
	HOOKCASK_SECRET_WEAK,		/* whpk_ of small order: no key */
	/* the caller */
	HOOKCASK_BAD_ARGUMENT		/* no key, too many, no room, ... */
};

/* Sizes in bytes.  Text sizes include the closing NUL. */
#define HOOKCASK_ID_MAX		256	/* Standard Webhooks sets no limit */
#define HOOKCASK_HEADER_MAX	8192	/* of the signature header */
#define HOOKCASK_KEYS_MAX	16	/* of one call; Svix keeps 10 old */
#define HOOKCASK_PUBLIC_KEYS_MAX 4	/* of them ed25519 */
#define HOOKCASK_KEY_MIN	16	/* decoded HMAC key; 24 is advised */
#define HOOKCASK_KEY_ADVISED	24	/* Standard Webhooks: 24 to 64 */
#define HOOKCASK_TOLERANCE	300	/* seconds, either side */
#define HOOKCASK_TOLERANCE_MAX	86400
#define HOOKCASK_TIME_MAX	INT64_C(253402300799) /* 9999-12-31 */
#define HOOKCASK_FINGERPRINT_SIZE 9	/* 8 hex digits, NUL */
#define HOOKCASK_SIGNATURE_SIZE	48	/* "v1," 44 base64, NUL */

/*
 * Bytes of scratch that v1a needs, because its message must be in one piece:
 * id (256), timestamp (15), two dots and the body.
 */
#define HOOKCASK_SCRATCH(body_len) \
	((size_t)(body_len) + HOOKCASK_ID_MAX + 15 + 2)

enum hookcask_key_kind {
	HOOKCASK_KEY_NONE = 0,
	HOOKCASK_KEY_HMAC,		/* whsec_: satisfies v1 only */
	HOOKCASK_KEY_ED25519		/* whpk_: satisfies v1a only */
};

#define HOOKCASK_NO_END	INT64_MAX

/*
 * One key, made by hookcask_key_init() and ended by hookcask_key_wipe().
 * Members are private but for not_after: the last signed timestamp (Unix
 * seconds, inclusive) that the key may prove; init sets HOOKCASK_NO_END.
 */
struct hookcask_key {
	int64_t		 not_after;
	uint32_t	 kind;
	uint32_t	 len;		/* of the decoded key */
	unsigned char	 bytes[64];	/* a longer HMAC key: its hash */
	unsigned char	 print[4];
	unsigned char	 reserved[44];
};

/* The three values of one header family, as received; absent is len 0. */
struct hookcask_headers {
	struct hookcask_span	 id;
	struct hookcask_span	 timestamp;
	struct hookcask_span	 signature;
};

enum hookcask_family {
	HOOKCASK_FAMILY_NONE = 0,
	HOOKCASK_FAMILY_SVIX,		/* svix-id, ... */
	HOOKCASK_FAMILY_WEBHOOK		/* webhook-id, ... (white label) */
};

/* One delivery: both families as received, the raw body in any parts. */
struct hookcask_delivery {
	struct hookcask_headers		 svix;
	struct hookcask_headers		 webhook;
	const struct hookcask_span	*body;
	size_t				 body_count;
};

/* What it is checked against. */
struct hookcask_policy {
	int64_t				 now;		/* Unix seconds, >= 0 */
	int64_t				 tolerance;	/* seconds, inclusive */
	const struct hookcask_key	*keys;
	size_t				 key_count;
	void				*scratch;	/* for v1a, or NULL */
	size_t				 scratch_len;	/* HOOKCASK_SCRATCH() */
};

/*
 * What was learned.  Spans borrow from the delivery.  After a refusal,
 * members that were known before it are set; the others are 0.
 */
struct hookcask_verdict {
	enum hookcask_family	 family;
	struct hookcask_span	 id;		/* set once well formed */
	struct hookcask_span	 timestamp;
	int64_t			 signed_at;	/* Unix seconds */
	int64_t			 skew;		/* now - signed_at */
	struct hookcask_span	 version;	/* "v1" or "v1a" */
	struct hookcask_span	 signature;	/* base64 that matched */
	size_t			 key;		/* index of the key */
	unsigned		 candidates;	/* usable entries seen */
};

/*
 * The name ("bad-id"), which never changes, and a sentence for people, which
 * may.  Static strings; "unknown" and "unknown status" for other values.
 */
const char	*hookcask_status_name(enum hookcask_status);
const char	*hookcask_status_text(enum hookcask_status);

/*
 * Makes a key of a secret's text of any length, without a NUL; blanks and line
 * ends around it are dropped.  "whsec_..." and "base64:..." are base64, as is a
 * text without prefix; "hex:..." is 32 to 128 hexadecimal digits; "text:..."
 * is a key of these very characters, printable ASCII without blanks;
 * "whpk_..." is a public key.
 * On HOOKCASK_SECRET_... or HOOKCASK_BAD_ARGUMENT the key is zeroed.
 */
enum hookcask_status hookcask_key_init(struct hookcask_key *,
		    const char *text, size_t len) HOOKCASK_CHECK;
/* Overwrites the key with zeros.  NULL is legal. */
void		 hookcask_key_wipe(struct hookcask_key *);
/*
 * First 8 hex digits of SHA-256 over "hookcask key" and the decoded key: may
 * be shown and logged, tells keys apart, does not reveal them.
 */
void		 hookcask_key_fingerprint(const struct hookcask_key *,
		    char print[HOOKCASK_FINGERPRINT_SIZE]);

/*
 * All tests that need neither body nor key: headers, id, timestamp, window,
 * form of the signature header.  It reads only now and tolerance of the
 * policy.  HOOKCASK_OK proves nothing yet: the delivery must be verified.
 */
enum hookcask_status hookcask_precheck(const struct hookcask_delivery *,
		    const struct hookcask_policy *,
		    struct hookcask_verdict *) HOOKCASK_CHECK;
/*
 * The same tests, then the signature.  HOOKCASK_OK is the only answer that
 * says the delivery is genuine.  HOOKCASK_BAD_ARGUMENT: no key, too many, one
 * that was not made by hookcask_key_init(), a span without data, a time out
 * of range, or too little scratch when a v1a entry meets an ed25519 key.
 */
enum hookcask_status hookcask_verify(const struct hookcask_delivery *,
		    const struct hookcask_policy *,
		    struct hookcask_verdict *) HOOKCASK_CHECK;

/*
 * Signs as a sender does: "v1," and base64 with a NUL.  HOOKCASK_BAD_ID,
 * HOOKCASK_BAD_TIMESTAMP (not 1 to HOOKCASK_TIME_MAX) or, for a key that is
 * not an HMAC key, HOOKCASK_BAD_ARGUMENT make signature an empty string.
 */
enum hookcask_status hookcask_sign(const struct hookcask_key *,
		    struct hookcask_span id, int64_t timestamp,
		    const struct hookcask_span *body, size_t body_count,
		    char signature[HOOKCASK_SIGNATURE_SIZE]) HOOKCASK_CHECK;

#ifdef __cplusplus
}
#endif
#endif
