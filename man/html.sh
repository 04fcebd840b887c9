#!/bin/sh
# SPDX-License-Identifier: ISC
# Renders manual pages as HTML, with links between them and a page of contents:
#
#     man/html.sh DIRECTORY PAGE...
#
# Pages of others become man: links, which some browsers know. man3_links in the
# environment has NAME:PAGE for functions that share a page.
set -eu
: "${MANDOC:=mandoc}" "${man3_links:=}"
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
rm -f "$out"/*.html

# mandoc links to the pages that lie beside it
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$@" "$work"
for link in $man3_links; do
	cp "$work/${link#*:}.3" "$work/${link%:*}.3"
done
(cd "$work" && for page in *; do
	"$MANDOC" -T html -O 'man=%N.%S.html;man:%N(%S)' "$page" \
		>"$out/$page.html"
done)

# by section, and the page of the whole before those of its parts
{
	printf '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
	printf '<title>hookcask</title>\n<h1>hookcask: manual pages</h1>\n<dl>\n'
	for section in 1 3 5 7 8; do
		for page; do
			case $page in
			*."$section") ;;
			*) continue ;;
			esac
			name=$(basename "$page")
			printf '<dt><a href="%s.html">%s(%s)</a></dt>\n' "$name" \
				"${name%.*}" "$section"
			sed -n 's/^\.Nd \(.*\)/<dd>\1<\/dd>/p' "$page"
		done
	done
	printf '</dl>\n</html>\n'
} >"$out/index.html"
echo "$out/index.html"
