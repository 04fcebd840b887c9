#!/bin/sh
# SPDX-License-Identifier: ISC
# The table of keys, hookcask.conf(5) and the sample name the same things.
top=${top_srcdir:-.}
code=$top/src/core/config_value.c
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

printf '%s\n' "$keys" | wc -l | grep -qx ' *16' ||
    echo "the table of keys was not understood" >&2
entries=$(sed -n 's/^\.It Ic \([a-z-]*\) Pq Ev \([A-Z_]*\)$/\1 \2/p' "$page")
point "the manual describes every key and its variable, and no other" "$(
    {
        for key in $keys; do
            echo "$key HOOKCASK_$(echo "$key" | tr 'a-z-' 'A-Z_')"
        done
        echo "$entries"
    } | sort | uniq -u)"
point "the sample shows every key" "$(for key in $keys; do
    grep -Eq "^[[:space:]]*(#|# )?$key +=" "$sample" || echo "$key"
done)"
# what it shows as a default is the default
if tool=${top_builddir:-.}/hookcask && [ -x "$tool" ]; then
    dir=$(mktemp -d) || exit 1
    trap 'rm -rf "$dir"' EXIT
    umask 077
    echo whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw >"$dir/secret"
    # a "#" without a blank behind it stands before a default
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
