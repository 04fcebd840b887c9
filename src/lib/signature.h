/* SPDX-License-Identifier: ISC */
/*
 * The signature header.  Both forms only yield candidates; one of them must
 * still equal the signature of the whole content.
 */
#ifndef LIB_SIGNATURE_H
#define LIB_SIGNATURE_H

#include "hookcask.h"

#define HKC_V1_SIZE	44	/* base64 of an HMAC-SHA256 */
#define HKC_V1A_SIZE	88	/* base64 of an ed25519 signature */
/* The most "v1,", 44 characters and a separator that a header can hold. */
#define HKC_V1_MAX	((HOOKCASK_HEADER_MAX + 1) / (HKC_V1_SIZE + 4))
/* Each costs an ed25519 verification, unauthenticated: only the first few. */
#define HKC_V1A_MAX	4

/* Where in the header the candidates of the right length start. */
struct hkc_candidates {
	const char	*header;
	size_t		 v1_count;
	size_t		 v1a_count;
	unsigned	 seen;			/* with v1a past the limit */
	unsigned short	 v1a[HKC_V1A_MAX];
	unsigned short	 v1[HKC_V1_MAX];
};

/*
 * Finds them.  HOOKCASK_BAD_SIGNATURE_HEADER if it is too long, or a comma
 * form that is malformed or whose "t" is not the timestamp header.
 */
enum hookcask_status hkc_signature_parse(struct hkc_candidates *,
		    struct hookcask_span header,
		    struct hookcask_span timestamp) HOOKCASK_CHECK;

#endif
