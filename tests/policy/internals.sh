#!/bin/sh
# SPDX-License-Identifier: ISC
# doc/internals.md is the map of the tree: each room of it must exist and each
# room of src/ must be in it; each word of its glossary must be in the source.
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 99
number=0
point() { # FAULTS NAME
    number=$((number + 1))
    if [ -z "$1" ]; then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        printf '%s\n' "$1" | sed 's/^/# /'
    fi
}

# shellcheck disable=SC2016  # no expansion is wanted
rooms=$(sed -n 's/^| `\([a-z/]*\)\/` |.*/\1/p' doc/internals.md)
point "$(for room in $rooms; do
    [ -d "$room" ] || echo "$room"
done)" "each room of the map is there"
point "$(find src -name '*.[ch]' -exec dirname {} + | sort -u |
    while read -r room; do
        printf '%s\n' "$rooms" | grep -qx "$room" || echo "$room"
    done)" "each room of src/ is on the map"

words=$(sed -n '/^## Glossary/,/^## Why/s/^| \([a-z]*\) |.*/\1/p' \
    doc/internals.md | grep -vx word)
point "$(for word in $words; do
    grep -rqw "$word" src || echo "$word"
done)" "each word of the glossary is in the source"
# what is not looked at cannot fail
point "$([ "$(printf '%s\n' "$words" | wc -l)" -gt 15 ] &&
    [ "$(printf '%s\n' "$rooms" | wc -l)" -gt 15 ] ||
    echo "too few")" "rooms and words were found"
echo "1..$number"
