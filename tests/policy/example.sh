#!/bin/sh
# SPDX-License-Identifier: ISC
# The program in libhookcask(3) is taken from there, compiled
# against the built library, and run.
src=${top_srcdir:-$(dirname "$0")/../..}
build=${top_builddir:-.}
cc=${CC:-cc}
number=0
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

point() { # NAME STATUS [FILE]
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        [ -z "$3" ] || sed 's/^/# /' "$3"
    fi
}
# Links with the library in the build tree.
link() { # PROGRAM
    # shellcheck disable=SC2086  # CC and flags are words
    "$build/libtool" --quiet --tag=CC --mode=link $cc $CPPFLAGS $CFLAGS \
        $SAN_FLAGS -std=c99 -D_DEFAULT_SOURCE -Wall -Wextra -Werror \
        -I"$src/include" -no-install -o "$tmp/$1" "$tmp/$1.c" \
        "$build/libhookcask.la" >"$tmp/log" 2>&1
    point "$1 compiles and links" $? "$tmp/log"
}
# Runs the example as a web server would; its output goes to $tmp/out.
delivery() { # ID TIMESTAMP SIGNATURE BODY
    printf %s "$4" | env HTTP_SVIX_ID="$1" HTTP_SVIX_TIMESTAMP="$2" \
        HTTP_SVIX_SIGNATURE="$3" WEBHOOK_SECRET="$secret" \
        "$tmp/example" >"$tmp/out" 2>&1
}
answer() { # NAME STATUS WANTED-STATUS WANTED-NAME
    [ "$2" -eq "$3" ] && grep -q "^$4: " "$tmp/out"
    point "$1" $? "$tmp/out"
}

# The one literal block in EXAMPLES; \e is roff's backslash.
sed -n '/^\.Sh EXAMPLES/,/^\.Sh /p' "$src/man/libhookcask.3" |
    sed -n '/^\.Bd -literal/,/^\.Ed/p' | sed -e '/^\.[BE]d/d' \
    -e 's/\\e/\\/g' >"$tmp/example.c"
[ "$(grep -c '^main' "$tmp/example.c")" = 1 ]
point "the manual holds a program" $? "$tmp/example.c"
link example

cat >"$tmp/sender.c" <<'END'
#include <hookcask.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char *argv[])
{
	struct hookcask_key key;
	struct hookcask_span id, body;
	char signature[HOOKCASK_SIGNATURE_SIZE];

	if (argc != 5)
		return 64;
	id.data = argv[2];
	id.len = strlen(argv[2]);
	body.data = argv[4];
	body.len = strlen(argv[4]);
	if (hookcask_key_init(&key, argv[1], strlen(argv[1])) != 0 ||
	    hookcask_sign(&key, id, strtoll(argv[3], NULL, 10), &body, 1,
	    signature) != HOOKCASK_OK)
		return 1;
	puts(signature);
	return 0;
}
END
link sender

secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
id=msg_p5jXN8AQM9LWM0D4loKWxJek
body='{"test": 2432232314}'
sample=v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
[ "$("$tmp/sender" "$secret" "$id" 1614265330 "$body")" = "$sample" ]
point "it signs the published sample" $?

now=$(date +%s)
signature=$("$tmp/sender" "$secret" "$id" "$now" "$body")
delivery "$id" "$now" "$signature" "$body"
answer "a good delivery" $? 0 ok
delivery "$id" "$now" "$signature" "$body "
answer "another body" $? 1 no-match
delivery "$id" 1614265330 "$sample" "$body"
answer "an old delivery" $? 1 too-old
delivery "$id" "$now" "" "$body"
answer "no signature" $? 1 missing-header
secret=whsec_x
delivery "$id" "$now" "$signature" "$body"
answer "a broken secret" $? 1 secret-base64

echo "1..$number"
