#!/bin/sh
# SPDX-License-Identifier: ISC
# Comparing does not depend on the bytes compared: valgrind, told that they
# are undefined, must see no branch and no address that comes from them.
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
echo '#include <valgrind/memcheck.h>' >"$tmp/header.c"
# shellcheck disable=SC2086  # CC and flags are words
$cc $CPPFLAGS -fsyntax-only "$tmp/header.c" 2>/dev/null ||
    skip_all "valgrind's headers are not installed"

# shellcheck disable=SC2086
if ! "$build/libtool" --quiet --tag=CC --mode=link $cc $CPPFLAGS $CFLAGS \
    -I"$src/src" -I"$src/include" -no-install -o "$tmp/compare" \
    "$tmp/compare.c" "$build/libhkc.la" >"$tmp/log" 2>&1; then
    sed 's/^/# /' "$tmp/log"
    echo "Bail out! the test program does not link"
    exit 99
fi
run() {
    valgrind -q --error-exitcode=99 "$tmp/compare" "$@" >"$tmp/log" 2>&1
}

echo 1..2
if run equal; then
    echo "ok 1 - hkc_equal() leaks nothing"
else
    echo "not ok 1 - hkc_equal() leaks nothing"
    sed 's/^/# /' "$tmp/log"
fi
run naive
if [ $? -eq 99 ]; then
    echo "ok 2 - a naive comparison would be found"
else
    echo "not ok 2 - a naive comparison would be found"
    sed 's/^/# /' "$tmp/log"
fi
