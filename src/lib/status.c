/* SPDX-License-Identifier: ISC */
/*
 * Names and sentences of the statuses.  Names are an interface: logs, tools
 * and tests compare them.  Sentences may change.
 */
#include <config.h>

#include "hookcask.h"

const char *
hookcask_status_name(enum hookcask_status status)
{
	switch (status) {
	case HOOKCASK_OK:
		return "ok";
	case HOOKCASK_MISSING_HEADER:
		return "missing-header";
	case HOOKCASK_BAD_ID:
		return "bad-id";
	case HOOKCASK_BAD_TIMESTAMP:
		return "bad-timestamp";
	case HOOKCASK_TOO_OLD:
		return "too-old";
	case HOOKCASK_TOO_NEW:
		return "too-new";
	case HOOKCASK_BAD_SIGNATURE_HEADER:
		return "bad-signature-header";
	case HOOKCASK_NO_MATCH:
		return "no-match";
	case HOOKCASK_SECRET_EMPTY:
		return "secret-empty";
	case HOOKCASK_SECRET_PRIVATE:
		return "secret-private";
	case HOOKCASK_SECRET_VERSION:
		return "secret-version";
	case HOOKCASK_SECRET_PREFIX:
		return "secret-prefix";
	case HOOKCASK_SECRET_BASE64:
		return "secret-base64";
	case HOOKCASK_SECRET_SHORT:
		return "secret-short";
	case HOOKCASK_SECRET_LENGTH:
		return "secret-length";
	case HOOKCASK_SECRET_WEAK:
		return "secret-weak";
	case HOOKCASK_BAD_ARGUMENT:
		return "bad-argument";
	}
	return "unknown";
}

const char *
hookcask_status_text(enum hookcask_status status)
{
	switch (status) {
	case HOOKCASK_OK:
		return "good";
	case HOOKCASK_MISSING_HEADER:
		return "neither the svix-* nor the webhook-* headers "
		    "(id, timestamp, signature) are complete";
	case HOOKCASK_BAD_ID:
		return "the id is not 1 to 256 visible ASCII characters "
		    "without a dot";
	case HOOKCASK_BAD_TIMESTAMP:
		return "the timestamp is not a plain positive number of "
		    "seconds up to the year 9999";
	case HOOKCASK_TOO_OLD:
		return "the timestamp is older than the tolerance allows";
	case HOOKCASK_TOO_NEW:
		return "the timestamp is further in the future than the "
		    "tolerance allows";
	case HOOKCASK_BAD_SIGNATURE_HEADER:
		return "the signature header is longer than 8192 bytes, or "
		    "its t=...,v1=... form is malformed or names another "
		    "timestamp";
	case HOOKCASK_NO_MATCH:
		return "no signature fits any of the keys";
	case HOOKCASK_SECRET_EMPTY:
		return "the secret is empty";
	case HOOKCASK_SECRET_PRIVATE:
		return "this is the sender's private key (whsk_); the "
		    "receiver takes the public one, whpk_...";
	case HOOKCASK_SECRET_VERSION:
		return "drop the version and the comma that precede the "
		    "secret (\"v1,\")";
	case HOOKCASK_SECRET_PREFIX:
		return "the secret has a prefix other than whsec_ or whpk_";
	case HOOKCASK_SECRET_BASE64:
		return "the secret is not strict standard base64, nor what "
		    "text: (printable, no blanks) or hex: takes; copy all "
		    "of it again";
	case HOOKCASK_SECRET_SHORT:
		return "the secret has fewer than 16 bytes";
	case HOOKCASK_SECRET_LENGTH:
		return "the public key (whpk_) does not decode to 32 bytes";
	case HOOKCASK_SECRET_WEAK:
		return "the public key (whpk_) is a point of small order or "
		    "not the standard encoding of one: one signature would "
		    "fit every message";
	case HOOKCASK_BAD_ARGUMENT:
		return "the program called the library with a bad argument";
	}
	return "unknown status";
}
