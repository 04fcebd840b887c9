#!/bin/sh
# SPDX-License-Identifier: ISC
# What the library exports is what its header declares is what its manual
# documents; nothing of it can collide with a user's names.
src=${top_srcdir:-$(dirname "$0")/../..}
build=${top_builddir:-.}
cc=${CC:-cc}
nm=${NM:-nm}
number=0
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
header=$src/include/hookcask.h
pages="$src/man/libhookcask.3 $src/man/hookcask_key_init.3
$src/man/hookcask_sign.3 $src/man/hookcask_status_name.3
$src/man/hookcask_verify.3"

point() { # NAME: good when $tmp/found is empty
    number=$((number + 1))
    if [ ! -s "$tmp/found" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$tmp/found"
    fi
}
skip() { # NAME WHY
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}
same() { # FILE NAME: the sorted list there is the header's
    sort -u "$tmp/$1" >"$tmp/sorted"
    diff "$tmp/header" "$tmp/sorted" >"$tmp/found"
    point "$2"
}

# the compiler takes the comments out
# shellcheck disable=SC2086  # CC and CFLAGS are words
$cc $CPPFLAGS -E -P "$header" 2>"$tmp/found" | tr -d '\n' |
    grep -o 'hookcask_[a-z0-9_]*(' | tr -d '(' | sort -u >"$tmp/header"
[ -s "$tmp/header" ] || echo "no function found in $header" >>"$tmp/found"
point "the header declares functions"

sed -n 's/^[[:blank:]]*\(hookcask_[a-z0-9_]*\);$/\1/p' \
    "$src/src/lib/libhookcask.map" >"$tmp/map"
same map "the version script names what the header declares"

if [ -f "$build/.libs/libhookcask.so" ]; then
    # versions are absolute symbols; some linkers put @@VERSION after a name
    $nm -D --defined-only "$build/.libs/libhookcask.so" |
        awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' >"$tmp/shared"
    same shared "the shared library exports what the header declares"
else
    skip "the shared library exports what the header declares" "not built"
fi

if [ -f "$build/.libs/libhookcask.a" ]; then
    $nm -g --defined-only "$build/.libs/libhookcask.a" 2>/dev/null |
        awk 'NF == 3 { print $3 }' >"$tmp/static"
    grep -v '^hkc_' "$tmp/static" >"$tmp/public"
    same public "the static library has only those and hkc_ names"
else
    skip "the static library has only those and hkc_ names" "not built"
fi

# The synopses: .Fo NAME or .Fn NAME between SYNOPSIS and DESCRIPTION.
# shellcheck disable=SC2086  # a list of words
sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/s/^\.F[on] \([a-z0-9_]*\).*/\1/p' \
    $pages >"$tmp/synopses"
same synopses "the manual's synopses show what the header declares"

# shellcheck disable=SC2086
sed -n '/^\.Sh NAME/,/^\.Sh LIBRARY/s/^\.Nm \(hookcask_[a-z0-9_]*\).*/\1/p' \
    $pages >"$tmp/names"
same names "each function is in the NAME of a page"

sed -n '/^\.Bl/,/^\.El/p' "$src/man/libhookcask.3" | tr ' ' '\n' |
    grep '^hookcask_' >"$tmp/overview"
same overview "libhookcask(3) leads to each function"

# A function without a page of its own is a link to one.
while read -r name; do
    [ -f "$src/man/$name.3" ] ||
        grep -q "[[:blank:]]$name:" "$src/man/local.mk" || echo "$name"
done <"$tmp/header" >"$tmp/found"
point "each function has a page or a link to one"

# Constants of the header, beside its guard and attribute, and enumerators.
sed -n 's/^#define \(HOOKCASK_[A-Z0-9_]*\).*/\1/p
    s/^	\(HOOKCASK_[A-Z0-9_]*\)[,= 	].*/\1/p
    s/^	\(HOOKCASK_[A-Z0-9_]*\)$/\1/p' "$header" |
    grep -vxE 'HOOKCASK_(H|CHECK|KEY_NONE|KEY_HMAC|KEY_ED25519)' |
    while read -r name; do
        # shellcheck disable=SC2086
        grep -qw "$name" $pages || echo "$name"
    done >"$tmp/found"
point "each constant is documented"

# Members of the public structs, for whom the caller reads or fills them.
sed -n '/^struct hookcask_\(span\|headers\|delivery\|policy\|verdict\) {/,/^}/{
    s/.*[ 	*]\([a-z_]*\);.*/\1/p
}' "$header" | sort -u | while read -r name; do
    # shellcheck disable=SC2086
    grep -qw "$name" $pages || echo "$name"
done >"$tmp/found"
point "each member is documented"

# Names of statuses in the manual are those that the library gives.
sed -n '/^hookcask_status_name/,/^}/p' "$src/src/lib/status.c" |
    sed -n 's/^		return "\([a-z0-9-]*\)";$/\1/p' | grep -vx unknown |
    while read -r name; do
        grep -q "Li $name\$" "$src/man/hookcask_status_name.3" || echo "$name"
    done >"$tmp/found"
point "each name of a status is documented"

# Strict C99 and C++ users can include it.
echo '#include "hookcask.h"' >"$tmp/user.c"
# shellcheck disable=SC2086
$cc $CPPFLAGS -std=c99 -pedantic-errors -Wall -Wextra -Werror \
    -I"$src/include" -fsyntax-only "$tmp/user.c" >"$tmp/found" 2>&1
point "the header is good C99"
echo 'int main() { return 0; }' >"$tmp/empty.cc"
# shellcheck disable=SC2086
if $cc -x c++ -fsyntax-only "$tmp/empty.cc" 2>/dev/null; then
    $cc -x c++ -std=c++11 -pedantic-errors -Wall -Wextra -Werror \
        -I"$src/include" -fsyntax-only "$tmp/user.c" >"$tmp/found" 2>&1
    point "the header is good C++11"
else
    skip "the header is good C++11" "no C++ compiler"
fi

# Of foreign libraries it needs Nettle's alone.
if [ -f "$build/.libs/libhookcask.so" ] && command -v readelf >/dev/null
then
    readelf -d "$build/.libs/libhookcask.so" |
        sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE \
        '^(lib(c|nettle|hogweed|gmp|asan|ubsan|gcc_s|pthread|m)\.so|ld-|libc\.musl)' \
        >"$tmp/found"
    point "the library needs Nettle and nothing else"
else
    skip "the library needs Nettle and nothing else" "cannot be seen"
fi

echo "1..$number"
