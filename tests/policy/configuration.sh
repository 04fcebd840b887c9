#!/bin/sh
# SPDX-License-Identifier: ISC
# The table of keys, hookcask.conf(5) and the sample name the same things.
top=${top_srcdir:-.}
code=$top/src/config/config_value.c
page=$top/man/hookcask.conf.5
sample=$top/deploy/hookcask.conf.sample
n=0

point() { # NAME FAULTS
    n=$((n + 1))
    if [ -z "$2" ]; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1"
        echo "$2" | sed 's/^/# /'
    fi
}

keys=$(sed -n 's/^	{ "\([a-z-]*\)", \(true\|false\),.*/\1/p' "$code")

printf '%s\n' "$keys" | wc -l | grep -qx ' *19' ||
    echo "the table of keys was not understood" >&2
entries=$(sed -n 's/^\.It Ic \([a-z-]*\) Pq Ev \([A-Z_]*\)$/\1 \2/p' "$page")
point "the manual describes every key and its variable, and no other" "$(
    {
        for key in $keys; do
            echo "$key HOOKCASK_$(echo "$key" | tr 'a-z-' 'A-Z_')"
        done
        echo "$entries"
    } | sort | uniq -u)"
# the text of one key in the manual
entry() { # KEY
    awk -v key="$1" '/^\.It |^\.El/ { on = $2 == "Ic" && $3 == key }
        on { printf "%s ", $0 }' "$page"
}
point "a key is in the part of the manual where it belongs" "$(
    {
        sed -n 's/^	{ "\([a-z-]*\)", \(true\|false\),.*/\1 \2/p' "$code"
        awk '/^\.Sh / { part = $2 == "ENDPOINT" ? "true" : "false" }
            /^\.It Ic [a-z-]* Pq / { print $3, part }' "$page"
    } | sort | uniq -u)"
# the advice of an error holds the range: "1 to 64"
ranges=$(sed -n '/\[CONFIG_KEYS\] = {/,/^};/p' "$code" | tr '\n' ' ' |
    sed 's/	{ "/\
&/g' |
    sed -n 's/^	{ "\([a-z-]*\)".*[^0-9]\([0-9][0-9]*h* to [0-9][0-9]*d*\).*/\1 \2/p')
[ "$(echo "$ranges" | wc -l)" -ge 6 ] ||
    echo "the ranges were not understood" >&2
point "the manual gives the ranges of the code" "$(
    echo "$ranges" | while read -r key range; do
        entry "$key" | grep -qF "$range" || echo "$key: $range"
    done)"
point "the manual gives the defaults of the sample" "$(
    sed -n 's/^[[:space:]]*#\([a-z-]*\) *= "*\([^"]*\)"*$/\1 \2/p' "$sample" |
        while read -r key value; do
            entry "$key" | grep -qE \
                "(default $value|$value \.Pq default)([^0-9a-z]|\$)" ||
                echo "$key: $value"
        done)"
point "the sample shows every key" "$(for key in $keys; do
    grep -Eq "^[[:space:]]*(#|# )?$key +=" "$sample" || echo "$key"
done)"
# what it shows as a default is the default
if tool=${top_builddir:-.}/hookcask && [ -x "$tool" ]; then
    dir=$(mktemp -d) || exit 1
    trap 'rm -rf "$dir"' EXIT
    umask 077
    echo whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >"$dir/secret"
    # a "#" without a blank after it marks a default
    sed -e 's|"/etc/hookcask/[^"]*"|"'"$dir"'/secret"|' \
        -e 's|"/var/lib/hookcask/|"'"$dir"'/|' "$sample" >"$dir/as-it-is"
    sed -e 's/^\([[:space:]]*\)#\([a-z-]* *=\)/\1\2/' "$dir/as-it-is" \
        >"$dir/uncommented"
    for form in as-it-is uncommented; do
        env -i "$tool" check --print --config "$dir/$form" 2>&1 |
            sed "s|$dir/$form|FILE|g" >"$dir/$form.out"
    done
    grep -q 'tolerance = 300' "$dir/as-it-is.out" ||
        cat "$dir/as-it-is.out" >"$dir/said"
    diff "$dir/as-it-is.out" "$dir/uncommented.out" >>"$dir/said"
    point "the defaults that the sample shows are the defaults" \
        "$(cat "$dir/said")"
else
    n=$((n + 1))
    echo "ok $n - the sample's defaults # SKIP the tool is not built here"
fi
echo "1..$n"
