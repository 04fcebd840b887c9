#!/bin/sh
# SPDX-License-Identifier: ISC
# Measures hookcask and its peers side by side on this machine and prints the
# ratios: minimum, median and maximum of several rounds.
#
#   run.sh [--quick] [--json FILE] [PART ...]
#
# Takes about 11 minutes, with --quick 4.  Builds below build/ or
# $HOOKCASK_BUILD unless top_builddir names a build.  The stores lie in
# $HOOKCASK_SCENES (/var/tmp): the file system there is what is measured.
# Installs nothing: what is not here (Apache, nginx, PHP-FPM, Go) is left out,
# and named with its Debian packages; so is a peer that answered errors.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${top_builddir:-${HOOKCASK_BUILD:-$top/build}/bench}
mkdir -p "$build"
build=$(cd "$build" && pwd)
if [ ! -f "$build/config.status" ]; then
    [ -x "$top/configure" ] || (cd "$top" && ./bootstrap)
    (cd "$build" && "$top/configure") >"$build/configure.out"
fi
make -C "$build" bench-programs >"$build/bench.out" 2>&1 ||
    { tail -n 30 "$build/bench.out" >&2; exit 1; }
# the responder as shared hosts get it, for plain CGI
mkdir -p "$build/hosting"
if "$top/deploy/hosting/musl.sh" "$build/musl" >"$build/musl.out" 2>&1; then
    site=$build/musl/config.site
else
    site=
    echo "# the static responder holds glibc: $(tail -n 1 "$build/musl.out")"
fi
{ [ -f "$build/hosting/config.status" ] || (cd "$build/hosting" &&
    CONFIG_SITE=$site "$top/configure" --enable-static-deps --disable-tool); } \
    >"$build/hosting.out" 2>&1 &&
    make -C "$build/hosting" hookcask.fcgi >>"$build/hosting.out" 2>&1 ||
    echo "# no static responder: see $build/hosting.out"
top_srcdir=$top top_builddir=$build exec python3 "$top/tests/bench/bench.py" \
    "$@"
