#!/bin/sh
# SPDX-License-Identifier: ISC
# The threat model: each of its rows names tests and code, and they are there.
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 99
number=0
found=$(mktemp) || exit 99
trap 'rm -f "$found"' EXIT

# A point is good when nothing was written to $found.
point() { # NAME
    number=$((number + 1))
    if [ ! -s "$found" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$found"
    fi
}

# Text in backquotes: tests/FILE, tests/FILE: CASE, src/FILE.
# shellcheck disable=SC2016  # no expansion is meant
named() { # PREFIX
    grep -oE "\`$1/[^\`]+\`" SECURITY.md | tr -d '\140' | sort -u
}

# The rows of the threat model have three columns.
awk -F'|' '/^## / { inside = /^## Who sends what/ }
    inside && /^\| / && NF == 5 && !/^\| (---|must not) / &&
        ($3 !~ /`src\// && $3 !~ /[a-z]/ || $4 !~ /`tests\//) {
        print "line " NR ": " $0 }' SECURITY.md >"$found"
point "each row of SECURITY.md names what prevents it, and a test"

awk '/^## / { inside = /^## Who sends what/ } inside && /^\| / { n++ }
    END { if (n < 30) print n " rows" }' SECURITY.md >"$found"
point "and there are rows"

named tests | while read -r name; do
    file=${name%%: *}
    [ -f "$file" ] || echo "$file is not there"
    case $name in
    *": "*)
        grep -qE "(def |START_TEST\\()${name#*: }\\>" "$file" ||
            echo "$file has no case ${name#*: }"
        ;;
    esac
done >"$found" 2>&1
point "the tests that SECURITY.md names are there"

named src | while read -r file; do
    [ -f "$file" ] || echo "$file is not there"
done >"$found"
point "the files of src/ that SECURITY.md names are there"

# A driver that nobody runs would prove nothing.
for file in tests/fuzz/fuzz_*.c; do
    name=${file##*/fuzz_}
    grep -q "&fuzz_${name%.c}[,} ]" tests/fuzz/drivers.c ||
        echo "$file is not in the table of drivers"
    grep -q "%D%/${file##*/}" tests/fuzz/local.mk ||
        echo "$file is not in tests/fuzz/local.mk"
done >"$found"
point "every fuzz driver is run"

echo "1..$number"
