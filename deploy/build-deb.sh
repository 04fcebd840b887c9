#!/bin/sh
# SPDX-License-Identifier: ISC
# Builds the Debian packages from a release tarball, on Debian 12 or later:
# debian/ is made from its deploy/debian. The build dependencies must be
# installed ("apt-get build-dep"; dpkg-checkbuilddeps lists what is missing).
set -eu

usage() {
	cat <<'USAGE'
usage: deploy/build-deb.sh [OPTION]... hookcask-VERSION.tar.xz
  --output DIR       where the packages go (default: the current directory)
  --package-version VERSION
                     of the package, not VERSION-1
  --check            run "make check" during the build
The environment says who builds it and where releases are found:
  DEBFULLNAME, DEBEMAIL  the packages' maintainer (default: you, here)
  HOMEPAGE               the page that has the tarballs (default: configure's)
USAGE
}

output=$PWD package_version='' checks=nocheck
while [ $# -gt 1 ]; do
	case $1 in
	--output) output=$2 && shift 2 ;;
	--package-version) package_version=$2 && shift 2 ;;
	--check) checks='' && shift ;;
	*) usage >&2 && exit 64 ;;
	esac
done
case ${1-} in
--help | -h) usage && exit 0 ;;
*/hookcask-*.tar.xz | hookcask-*.tar.xz) tarball=$1 ;;
*) usage >&2 && exit 64 ;;
esac
version=$(basename "$tarball" .tar.xz)
version=${version#hookcask-}
: "${package_version:=$version-1}"
: "${DEBFULLNAME:=$(id -un)}" "${DEBEMAIL:=$(id -un)@$(uname -n)}"
mkdir -p "$output"
output=$(cd "$output" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# for an upstream version of its own the tarball goes by that
upstream=${package_version%-*}
cp "$tarball" "$work/hookcask_$upstream.orig.tar.xz"
tar -C "$work" -xJf "$tarball"
cd "$work/hookcask-$version"
: "${HOMEPAGE:=$(sed -n "s/^PACKAGE_URL='\(.*\)'$/\1/p" configure)}"
cp -R deploy/debian debian
find debian -name '*.in' | while read -r file; do
	sed -e "s|@VERSION@|$version|" -e "s|@HOMEPAGE@|$HOMEPAGE|" \
		-e "s|@MAINTAINER@|$DEBFULLNAME <$DEBEMAIL>|" \
		"$file" >"${file%.in}"
	rm "$file"
done
sed -i "1s|(.*)|($package_version)|" debian/changelog
DEB_BUILD_OPTIONS="$checks ${DEB_BUILD_OPTIONS-}" \
	dpkg-buildpackage --unsigned-source --unsigned-changes
cd ..
mv ./*.deb ./*.dsc ./*.buildinfo ./*.changes ./*.orig.tar.xz \
	./*.debian.tar.xz "$output"
