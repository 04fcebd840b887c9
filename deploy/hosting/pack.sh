#!/bin/sh
# SPDX-License-Identifier: ISC
# Makes the archives for shared hosts, ARCHIVE.tar.xz and, for a host without
# xz, ARCHIVE.tar.gz; called by "make dist-hosting" in a build
# with --enable-static-deps.  The same programs make the same archive.
set -eu
umask 022
usage="usage: pack.sh SOURCE BUILD VERSION CPU ARCHIVE RESPONDER"
source=${1:?$usage} build=${2:?$usage} version=${3:?$usage} cpu=${4:?$usage}
archive=${5:?$usage} responder=${6:?$usage}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dir=$work/hookcask
mkdir "$dir"

add() { # PROGRAM FILE
    # no host must have any, not even a libc that is new enough
    if objdump -p "$2" | grep '^ *NEEDED '; then
        echo "$1 needs those: configure with --enable-static-deps" >&2
        exit 65
    fi
    strip -o "$dir/$1" --remove-section=.note.gnu.build-id "$2"
}
add hookcask "$build/hookcask"
add hookcask.fcgi "$responder"
sed -e "s/@VERSION@/$version/" -e "s/@cpu@/$cpu/" \
    "$source/deploy/hosting/README.in" >"$dir/README"
cp "$source/deploy/hosting/LIBRARIES" "$source/COPYING" \
    "$source/deploy/hookcask.conf.sample" "$dir/"
cp "$build/deploy/apache/suexec.htaccess" "$dir/htaccess"

# secret and events will be here
chmod 700 "$dir"
chmod 755 "$dir/hookcask" "$dir/hookcask.fcgi"
tar -C "$work" --sort=name --format=ustar --owner=0 --group=0 \
    --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-315532800}" \
    -cf "$work/tar" hookcask
xz -9 -T1 <"$work/tar" >"$archive.new"
mv "$archive.new" "$archive.tar.xz"
gzip -9n <"$work/tar" >"$archive.new"
mv "$archive.new" "$archive.tar.gz"
