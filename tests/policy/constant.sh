#!/bin/sh
# SPDX-License-Identifier: ISC
# Nothing that can be timed depends on a secret: valgrind, told that the bytes
# of keys are undefined, must see no branch and no address that comes from
# them, from the key to the verdict.
#
# The verdict itself is what the sender is told: it is declared known where
# the comparison returns it.  Left out with a reason: decoding the text of a
# secret (base64, by Nettle's table) and telling equal secrets apart, which
# happens when a secret file is read and not when somebody delivers; Ed25519,
# whose keys are public here.
src=${top_srcdir:-$(dirname "$0")/../..}
build=${top_builddir:-.}
cc=${CC:-cc}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}
command -v valgrind >/dev/null || skip_all "valgrind is not installed"
[ -z "$SAN_FLAGS" ] || skip_all "valgrind cannot run sanitizers"

cat >"$tmp/compare.c" <<'END'
#include <string.h>
#include <valgrind/memcheck.h>

#include "lib/mac.h"

static bool
naive(const volatile char *a, const volatile char *b, size_t len)
{
	while (len != 0 && *a == *b) {
		a++;
		b++;
		len--;
	}
	return len == 0;
}

int
main(int argc, char *argv[])
{
	char a[HKC_MAC_TEXT], b[HKC_MAC_TEXT];
	bool is_equal;

	memset(a, 'a', sizeof(a));
	memset(b, 'a', sizeof(b));
	b[20] = 'b';
	VALGRIND_MAKE_MEM_UNDEFINED(a, sizeof(a));
	VALGRIND_MAKE_MEM_UNDEFINED(b, sizeof(b));
	is_equal = argc > 1 && strcmp(argv[1], "naive") == 0 ? naive(a, b, sizeof(a)) :
	    hkc_equal(a, b, sizeof(a));
	VALGRIND_MAKE_MEM_DEFINED(&is_equal, sizeof(is_equal));
	return is_equal;
}
END
cat >"$tmp/verify.c" <<'END'
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "hookcask.h"
#include "lib/mac.h"

#define RIGHT	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER	"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

bool	__real_hkc_equal(const void *, const void *, size_t);
bool	__wrap_hkc_equal(const void *, const void *, size_t);

static bool is_told;
static unsigned compared;

bool
__wrap_hkc_equal(const void *a, const void *b, size_t len)
{
	bool is_equal = __real_hkc_equal(a, b, len);

	compared++;
	if (is_told)
		VALGRIND_MAKE_MEM_DEFINED(&is_equal, sizeof(is_equal));
	return is_equal;
}

static struct hookcask_span
text(const char *s)
{
	struct hookcask_span span = { s, strlen(s) };

	return span;
}

/* What the key is must not be seen; what it is used for may. */
static void
hide(struct hookcask_key *key)
{
	VALGRIND_MAKE_MEM_UNDEFINED(key->bytes, sizeof(key->bytes));
}

int
main(int argc, char *argv[])
{
	struct hookcask_key keys[2];
	char signature[HOOKCASK_SIGNATURE_SIZE], header[256];
	struct hookcask_span body = text("{\"test\": 2432232314}");
	struct hookcask_delivery d;
	struct hookcask_policy policy;
	struct hookcask_verdict verdict;

	is_told = argc > 1 && strcmp(argv[1], "told") == 0;
	if (hookcask_key_init(&keys[0], OTHER, strlen(OTHER)) != HOOKCASK_OK ||
	    hookcask_key_init(&keys[1], RIGHT, strlen(RIGHT)) != HOOKCASK_OK)
		return 1;
	hide(&keys[0]);
	hide(&keys[1]);
	if (hookcask_sign(&keys[1], text("msg_1"), 1614265330, &body, 1,
	    signature) != HOOKCASK_OK)
		return 1;
	/* it is sent over the network */
	VALGRIND_MAKE_MEM_DEFINED(signature, sizeof(signature));
	strcpy(header, "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= ");
	strcat(header, signature);
	memset(&d, 0, sizeof(d));
	d.svix.id = text("msg_1");
	d.svix.timestamp = text("1614265330");
	d.svix.signature = text(header);
	d.body = &body;
	d.body_count = 1;
	memset(&policy, 0, sizeof(policy));
	policy.now = 1614265330;
	policy.tolerance = 300;
	policy.keys = keys;
	policy.key_count = 2;
	if (hookcask_verify(&d, &policy, &verdict) != HOOKCASK_OK ||
	    verdict.key != 1 || compared != 4)
		return 2;
	policy.key_count = 1;
	if (hookcask_verify(&d, &policy, &verdict) != HOOKCASK_NO_MATCH)
		return 3;
	hookcask_key_wipe(&keys[0]);
	hookcask_key_wipe(&keys[1]);
	return 0;
}
END
echo '#include <valgrind/memcheck.h>' >"$tmp/header.c"
# shellcheck disable=SC2086  # CC and flags are words
$cc $CPPFLAGS -fsyntax-only "$tmp/header.c" 2>/dev/null ||
    skip_all "valgrind's headers are not installed"

for program in compare verify; do
    wrap=
    [ "$program" = compare ] || wrap=-Wl,--wrap=hkc_equal
    # shellcheck disable=SC2086
    if ! "$build/libtool" --quiet --tag=CC --mode=link $cc $CPPFLAGS $CFLAGS \
        -fno-lto -I"$src/src" -I"$src/include" $wrap -no-install -o "$tmp/$program" \
        "$tmp/$program.c" "$build/libhkc.la" >"$tmp/log" 2>&1; then
        sed 's/^/# /' "$tmp/log"
        echo "Bail out! the test program does not link"
        exit 99
    fi
done
number=0
# Status 0 is good when nothing depends on a secret, 99 when something does.
point() { # STATUS NAME PROGRAM ARGUMENT
    number=$((number + 1))
    valgrind -q --error-exitcode=99 "$tmp/$3" "$4" >"$tmp/log" 2>&1
    if [ $? -eq "$1" ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        sed 's/^/# /' "$tmp/log"
    fi
}

echo 1..4
point 0 "hkc_equal() leaks nothing" compare equal
point 99 "a naive comparison would be found" compare naive
point 0 "nothing but the verdict depends on a key, signing and verifying" \
    verify told
point 99 "the bytes of the key reach the comparison" verify untold
