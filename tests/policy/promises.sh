#!/bin/sh
# SPDX-License-Identifier: ISC
# HACKING.md names the tests that hold each promise: each of these names must
# stand in the file that is named before it.
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 99
awk '
    /^## Promises/ { inside = 1; next }
    /^## / { inside = 0 }
    inside { text = text " " $0 }
    END {
        gsub(/[ \t]+/, " ", text)
        # a backquoted file, then the names that it holds, in quotes
        while (match(text, /`tests\/[^`]*`|"[^"]*"/)) {
            word = substr(text, RSTART + 1, RLENGTH - 2)
            if (substr(text, RSTART, 1) == "`")
                file = word
            else
                print file "\t" word
            text = substr(text, RSTART + RLENGTH)
        }
    }' HACKING.md | {
    number=0
    tab=$(printf '\t')
    while IFS="$tab" read -r file name; do
        case $file in
        */promises.sh) continue ;;
        esac
        number=$((number + 1))
        if [ -n "$file" ] && grep -qF -- "$name" "$file"; then
            echo "ok $number - $file: $name"
        else
            echo "not ok $number - $file: $name"
        fi
    done
    # what is not looked at cannot fail
    number=$((number + 1))
    if [ "$number" -gt 30 ]; then
        echo "ok $number - the list was read"
    else
        echo "not ok $number - the list was read"
    fi
    echo "1..$number"
}
