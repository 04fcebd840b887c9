#!/bin/sh
# SPDX-License-Identifier: ISC
# The tarball: what git lists and what autotools make, the same bytes each time.
src=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd) || exit 99
build=$(cd "${top_builddir:-.}" && pwd) || exit 99
number=0
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# not those of the make that runs this
unset MAKEFLAGS MAKELEVEL SOURCE_DATE_EPOCH

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
make_dist() { # FILE VARIABLE...
    file=$1
    shift
    make -C "$build" dist-gzip distdir="$tmp/hookcask" "$@" \
        >"$tmp/log" 2>&1 || tail -n 5 "$tmp/log"
    mv "$tmp/hookcask.tar.gz" "$file"
}

if ! tar --sort=name --version >/dev/null 2>&1; then
    echo "1..0 # SKIP tar is not GNU's"
    exit 0
fi

make_dist "$tmp/first" >"$tmp/found"
gzip -dc "$tmp/first" | tar -tf - | sed 's|^.*/hookcask/||; /^$/d; /\/$/d' |
    LC_ALL=C sort >"$tmp/has"
for file in configure Makefile.in build-aux/tap-driver.sh src/lib/verify.c; do
    grep -qxF "$file" "$tmp/has" || echo "$file is missing"
done >>"$tmp/found"
point "it is made"

if [ -e "$src/.git" ] && git -C "$src" ls-files >"$tmp/listed" 2>/dev/null
then
    LC_ALL=C sort "$tmp/listed" >"$tmp/git"
    grep -vxE '(build-aux|m4)/[^/]*|aclocal\.m4|(config\.h|Makefile)\.in' \
        "$tmp/has" | grep -vxF configure | diff "$tmp/git" - >"$tmp/found"
    point "it has what git lists, and no more but what autotools make"
else
    skip "it has what git lists" "not a checkout"
fi

# later, and by somebody with other habits
(umask 077 && make_dist "$tmp/second") >"$tmp/found"
cmp "$tmp/first" "$tmp/second" >>"$tmp/found" 2>&1
point "made again, it is the same bytes"

make_dist "$tmp/dated" SOURCE_DATE_EPOCH=86400 >"$tmp/found"
gzip -dc "$tmp/dated" | TZ=UTC0 tar --numeric-owner -tvf - |
    grep -v ' 0/0 .* 1970-01-02 00:00 ' | head -n 5 >>"$tmp/found"
point "nobody's files, of the date that SOURCE_DATE_EPOCH says"

echo "1..$number"
