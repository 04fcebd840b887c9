#!/bin/sh
# SPDX-License-Identifier: ISC
# What "make install" puts where: renamed programs and pages, a build without
# the tool, a place of one's own for pkg-config.
src=${top_srcdir:-$(dirname "$0")/../..}
build=$(cd "${top_builddir:-.}" && pwd) || exit 99
number=0
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# not those of the make that runs this
unset MAKEFLAGS MAKELEVEL DESTDIR

point() { # NAME: good when $tmp/found is empty
    number=$((number + 1))
    if [ ! -s "$tmp/found" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$tmp/found"
    fi
    : >"$tmp/found"
}
make_quietly() { # ARGUMENT...
    make -C "$build" "$@" >"$tmp/log" 2>&1 || tail -n 5 "$tmp/log"
}
is_there() { # DIRECTORY NAME...
    root=$1
    shift
    for name; do
        [ -n "$(find "$root" -name "$name")" ] || echo "$name is missing"
    done
}

# -- --program-prefix ----------------------------------------------------------
renamed="DESTDIR=$tmp/renamed transform=s,^,my-,"
# shellcheck disable=SC2086  # words on purpose
{
    make_quietly install $renamed
    is_there "$tmp/renamed" my-hookcask.fcgi my-hookcask.cgi \
        my-hookcask_verify.3 my-hookcask_precheck.3
} >"$tmp/found"
point "--program-prefix renames programs, pages and links"
find "$tmp/renamed" -type l ! -exec test -e {} \; -print >"$tmp/found"
point "and every link leads somewhere"
# shellcheck disable=SC2086  # words on purpose
make_quietly uninstall $renamed >"$tmp/found"
find "$tmp/renamed" ! -type d -print >>"$tmp/found"
point "uninstalled, nothing is left of it"

# -- --disable-tool, --with-pkgconfigdir ---------------------------------------
# the makefile of another configuration, without the minutes of making that
sed -e 's|^S\["\([TC]O[A-Z]*\)_TRUE"\]=.*|S["\1_TRUE"]="#"|' \
    -e 's|^S\["\([TC]O[A-Z]*\)_FALSE"\]=.*|S["\1_FALSE"]=""|' \
    -e 's|^S\["pkgconfigdir"\]=.*|S["pkgconfigdir"]="/elsewhere/pc"|' \
    "$build/config.status" >"$tmp/config.status"
{
    (cd "$build" && sh "$tmp/config.status" --file=-:Makefile.in) \
        >"$tmp/other.mk" 2>"$tmp/log" || cat "$tmp/log"
    make_quietly -f "$tmp/other.mk" install-data DESTDIR="$tmp/bare"
    is_there "$tmp/bare" hookcask.fcgi.8 hookcask.conf.5 hookcask_verify.3
    find "$tmp/bare" -name 'hookcask*.1'
} >"$tmp/found"
point "--disable-tool: no page of the tool"
find "$tmp/bare" -path '*complet*' -o -path '*site-functions*' >"$tmp/found"
point "--disable-tool: no completion"
[ -f "$tmp/bare/elsewhere/pc/libhookcask.pc" ] ||
    echo "it is not there" >"$tmp/found"
"$src/configure" --help >"$tmp/help"
grep -q -e --with-pkgconfigdir "$tmp/help" ||
    echo "configure does not know it" >>"$tmp/found"
point "--with-pkgconfigdir: libhookcask.pc is there"
grep -q '^Report bugs to <https\{0,1\}://' "$tmp/help" ||
    echo "configure --help names no place" >"$tmp/found"
point "configure --help says where to report bugs"

echo "1..$number"
