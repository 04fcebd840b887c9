#!/bin/sh
# SPDX-License-Identifier: ISC
# Builds the libraries of the responder against musl, from Debian's sources, and
# leaves DIR/config.site for configure.  If apt knows no deb-src it makes a list
# of its own below DIR; needs no root.
#
#   musl.sh DIR
#   CONFIG_SITE=DIR/config.site ./configure --enable-static-deps --disable-tool
#
# Why: before main() glibc asks an Intel processor dozens of times about its
# caches, and each time a virtual machine (as most shared hosts are) exits to its
# host.  musl does not ask: a plain CGI process takes a fifth less time
# (doc/measurements.md).
# Needs musl-tools, dpkg-dev, m4, tcl, autoconf, automake and libtool.
set -eu
usage="usage: musl.sh DIR"
mkdir -p "${1:?$usage}"
dir=$(cd "$1" && pwd)
cpu=$(uname -m)
specs=/usr/lib/$cpu-linux-musl/musl-gcc.specs
flags="-O2 -fPIE -fstack-protector-strong -fstack-clash-protection"
jobs=$(nproc)

die() {
    echo "musl.sh: $*" >&2
    exit 69
}

[ -e "$dir/config.site" ] && exit
[ -e "$specs" ] || die "no $specs: install musl-tools"
for program in dpkg-source m4 tclsh autoreconf; do
    command -v "$program" >/dev/null || die "no $program"
done
mkdir -p "$dir/lib/pkgconfig" "$dir/include" "$dir/kernel" "$dir/lists/partial"

# one that makes static programs with addresses of chance; theirs makes none
sed -e "s#%{!shared: [^ ]*Scrt1.o}#/usr/lib/$cpu-linux-musl/rcrt1.o#" \
    -e 's#^-dynamic-linker.*#-nostdlib -static -pie --no-dynamic-linker -z text#' \
    "$specs" >"$dir/musl.specs"
CC="gcc -specs=$dir/musl.specs"
# the kernel's interfaces, which musl has not, and nothing else of glibc's
for part in linux asm asm-generic; do
    for from in "/usr/include/$(gcc -print-multiarch)" /usr/include; do
        [ ! -e "$from/$part" ] || ln -sfn "$from/$part" "$dir/kernel/$part"
    done
done

apt-get indextargets --format "deb-src \$(REPO_URI) \$(CODENAME) \$(COMPONENT)" \
    "Created-By: Packages" | sort -u >"$dir/sources.list"
get() {
    apt-get -qq -o "Dir::Etc::sourcelist=$dir/sources.list" \
        -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$dir/lists" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o APT::Sandbox::User=root "$@"
}

# Fetches the source of a package, with Debian's patches, to DIR/src/PACKAGE.
fetch() {
    [ ! -d "$dir/src/$1" ] || return 0
    rm -rf "$dir/src/$1.new"
    mkdir -p "$dir/src/$1.new"
    (cd "$dir/src/$1.new" && get source "$1") || return
    mv "$dir/src/$1.new"/*/ "$dir/src/$1"
}

get update || die "no sources: $(head -n 1 "$dir/sources.list")"
for package in nettle-dev libsqlite3-dev libfcgi-dev; do
    fetch "$package" || die "the source of $package cannot be fetched"
done

cd "$dir/src/nettle-dev"
# mini-gmp, a part of Nettle, is enough for ed25519, which is seldom asked for
./configure CC="$CC" CFLAGS="$flags" --prefix="$dir" --libdir="$dir/lib" \
    --disable-shared --disable-documentation --disable-openssl \
    --enable-mini-gmp --enable-fat
make -j"$jobs" libnettle.a libhogweed.a
make install-headers install-static install-pkgconfig

cd "$dir/src/libfcgi-dev"
[ -x configure ] || autoreconf -fi
./configure CC="$CC" CFLAGS="$flags" --prefix="$dir" --libdir="$dir/lib" \
    --disable-shared
make -C include install
make -C libfcgi libfcgi.la
cp libfcgi/.libs/libfcgi.a "$dir/lib/"
cp fcgi.pc "$dir/lib/pkgconfig/"

cd "$dir/src/libsqlite3-dev"
./configure --disable-tcl --disable-shared
make sqlite3.c sqlite3.h
# shellcheck disable=SC2086  # words
$CC $flags -DHAVE_FDATASYNC -DHAVE_USLEEP -DHAVE_LOCALTIME_R -DUSE_PREAD \
    -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_DQS=0 \
    -c sqlite3.c
ar rcs "$dir/lib/libsqlite3.a" sqlite3.o
cp sqlite3.h "$dir/include/"

cat >"$dir/lib/pkgconfig/sqlite3.pc" <<EOF
Name: SQLite
Description: with musl
Version: $(cat VERSION)
Libs: -L$dir/lib -lsqlite3
Cflags: -I$dir/include
EOF

cat >"$dir/config.site.new" <<EOF
CC='$CC'
CPPFLAGS='-I$dir/include -idirafter $dir/kernel'
PKG_CONFIG_LIBDIR='$dir/lib/pkgconfig'
export PKG_CONFIG_LIBDIR
EOF
mv "$dir/config.site.new" "$dir/config.site"
