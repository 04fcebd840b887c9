#!/bin/sh
# SPDX-License-Identifier: ISC
# What every file of the tree must and must not hold.
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 99
number=0
scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
list=$scratch/list
found=$scratch/found

# A point is good when nothing was written to $found.
point() { # NAME
    number=$((number + 1))
    if [ ! -s "$found" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        head -n 40 "$found" | sed 's/^/# /'
    fi
}
skip() { # NAME WHY
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# Our own files, wherever the tree was built: nothing generated, no data, and
# not what knows no comments.
find . \( -name .git -o -name build -o -name build-aux -o -name m4 \
    -o -name autom4te.cache -o -name _build -o -name _inst -o -name .deps \
    -o -name .libs -o -name __pycache__ \) -prune -o -type f \( \
    -name '*.[ch]' -o -name '*.[1357]' -o -name '*.am' -o -name '*.mk' -o -name '*.ac' \
    -o -name '*.sh' -o -name '*.py' -o -name '*.pl' -o -name '*.php' \
    -o -name '*.in' -o -name '*.map' -o -name '*.md' -o -name '*.cgi' \
    -o -name '*.conf' -o -name '*.conf.sample' -o -name '*.htaccess' \
    -o -name bootstrap -o -name NEWS -o -path './.ci/run' \
    -o -name '*.p*rm' -o -name '*.postinst' -o -name '*.pre-install' -o -path './deploy/debian/tests/*' \
    -o -path ./deploy/debian/rules \) \
    ! -path ./Makefile.in ! -path ./config.h ! -path ./config.h.in \
    ! -path ./deploy/debian/changelog.in ! -path ./deploy/debian/copyright.in \
    ! -path './debian/*' -print |
    LC_ALL=C sort >"$list"
each() { xargs "$@" <"$list"; }

each grep -L 'SPDX-License-Identifier: ISC' >"$found"
point "an SPDX line in every file"
each grep -nHE '[[:blank:]]+$' >"$found"
point "no blanks at the end of a line"
while read -r file; do
    [ -z "$(tail -c 1 "$file")" ] || echo "$file"
done <"$list" >"$found"
point "a line feed at the end of every file"

# written so that this file does not hold them
words='TO''DO|FIX''ME|XX''X|HA''CK|DES''IGN(\.md)?|STY''LE\.md'
each grep -nHwE "$words" | grep -vE "^\\./(NEWS|README\\.md):" >"$found"
point "nothing left undone, no names of papers outside the tree"
each grep -nHE '(^|[^A-Za-z0-9_.])/(wo''rk|fa''rm)/' >"$found"
point "no path of somebody's machine"

c_files() { grep -E '\.[ch]$' "$list"; }
c_files | xargs grep -nHE '^[[:space:]]*typedef[[:space:]]' >"$found"
point "no typedefs"
c_files | xargs grep -nHE '(struct|enum|union)[[:space:]]+[a-z0-9_]+_t\>' >"$found"
point "no _t types of ours"
# shellcheck disable=SC2016  # awk expands it
c_files | xargs awk -F '\t' '{
    column = length($1)
    for (i = 2; i <= NF; i++)
        column += 8 - column % 8 + length($i)
    if (column > 80)
        print FILENAME ":" FNR ": " column " columns"
}' >"$found" 2>&1
point "C in 80 columns"
c_files | xargs grep -nHE '^ {8}' >"$found"
point "C is indented with tabs"
grep -E '^\./(src|include)/.*\.h$' "$list" | while read -r file; do
    guard=$(sed -n 's/^#ifndef \([A-Z0-9_]*_H\)$/\1/p' "$file" | head -n 1)
    grep -q "^#define ${guard:-none}\$" "$file" || echo "$file"
done >"$found"
point "an include guard in every header"

# what a user starts has its run bit, and a first line that says how
for file in .ci/run bootstrap tests/run.sh deploy/build-deb.sh \
    deploy/debian/rules deploy/examples/ended.* deploy/quickstart.sh; do
    [ -x "$file" ] || echo "$file"
    head -n 1 "$file" | grep -q '^#!' || echo "$file: no #!"
done >"$found"
point "programs can be run"

# the tests type those of the archive
first=
for file in deploy/hosting/README.in doc/hosting.md; do
    sed -n '/^    hookcask.*init/,/^    chmod/p' "$file" >"$scratch/commands"
    [ -s "$scratch/commands" ] || echo "$file: no commands"
    diff "${first:-$scratch/commands}" "$scratch/commands"
    mv "$scratch/commands" "${first:=$scratch/first}"
done >"$found"
point "shared hosting is set up by the same commands in archive and doc/"

if command -v shellcheck >/dev/null 2>&1; then
    each grep -lE '^(#!/bin/(ba)?sh|# shellcheck shell=)' |
        xargs shellcheck -x -f gcc >"$found"
    point "shellcheck"
else
    skip shellcheck "not installed"
fi
if command -v mandoc >/dev/null 2>&1; then
    find man -name '*.[1-8]' -exec mandoc -T lint -W warning {} + \
        >"$found" 2>&1
    point "manual pages pass mandoc -T lint"
else
    skip "manual pages pass mandoc -T lint" "mandoc is not installed"
fi
if command -v python3 >/dev/null 2>&1; then
    grep '\.py$' "$list" | xargs python3 -c 'import ast, sys
for path in sys.argv[1:]:
    ast.parse(open(path, encoding="utf-8").read(), path)' >"$found" 2>&1
    point "Python is well formed"
else
    skip "Python is well formed" "python3 is not installed"
fi

echo "1..$number"
