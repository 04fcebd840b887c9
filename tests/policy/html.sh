#!/bin/sh
# SPDX-License-Identifier: ISC
# The manual pages as HTML: every page is there, every link leads somewhere.
src=${top_srcdir:-$(dirname "$0")/../..}
number=0
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

if ! command -v mandoc >/dev/null 2>&1; then
	echo "1..0 # SKIP mandoc is not installed"
	exit 0
fi

point() { # NAME: good when $tmp/found is empty
	number=$((number + 1))
	if [ ! -s "$tmp/found" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		sed 's/^/# /' "$tmp/found"
	fi
}

links=$(sed -n '/^man3_links = /,/[^\\]$/p' "$src/man/local.mk" |
	sed 's/man3_links = //; s/\\$//')
man3_links=$links sh "$src/man/html.sh" "$tmp/html" "$src"/man/*.[1-8] \
	>/dev/null 2>"$tmp/found"
point "pages are rendered without a word"

for page in "$src"/man/*.[1-8]; do
	[ -s "$tmp/html/$(basename "$page").html" ] || echo "$page"
	grep -qF "href=\"$(basename "$page").html\"" "$tmp/html/index.html" ||
		echo "$page is not in the contents"
	grep -qF "%D%/$(basename "$page")" "$src/man/local.mk" ||
		echo "$page is not in man/local.mk"
done >"$tmp/found"
point "every page is there, in the contents, and installed"

# file:target of every link that is not a man: link
(cd "$tmp/html" && grep -o 'href="[^"]*"' ./*.html) |
	sed 's/:href="\(.*\)"$/ \1/' | while IFS=' ' read -r file target; do
		case $target in
		man | man:*) ;;
		'#'*)
			grep -qF "id=\"${target#?}\"" "$tmp/html/$file" ||
				echo "$file: $target"
			;;
		*) [ -e "$tmp/html/$target" ] || echo "$file: $target" ;;
		esac
	done >"$tmp/found"
point "every link leads somewhere"

# ours are called by links of their own, not as somebody else's
grep -o 'man:\(lib\)\{0,1\}hookcask[^"]*' "$tmp"/html/*.html >"$tmp/found"
point "no page of ours is missing"

# .Xr NAME SECTION under SEE ALSO: by section, then by name
for page in "$src"/man/*.[1-8]; do
	sed -n '/^\.Sh SEE ALSO/,/^\.Sh [^S]/s/^\.Xr \([^ ]*\) \([1-8]\).*/\2 \1/p' \
		"$page" >"$tmp/order"
	LC_ALL=C sort -c "$tmp/order" 2>/dev/null || echo "$page"
done >"$tmp/found"
point "SEE ALSO is in order"

echo "1..$number"
