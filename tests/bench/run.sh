#!/bin/sh
# SPDX-License-Identifier: ISC
# Measures the stores and the plain CGI door side by side and prints the
# median of each and the ratios.  "make bench" builds what it needs and runs
# it; --quick leaves out the index of 10 million ids.
set -eu
build=${top_builddir:-.}
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/hookcask-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

modes="raw log full spool"
[ "${1:-}" != --quick ] || modes="raw log spool"
# shellcheck disable=SC2086  # words on purpose
for threads in 1 8 32; do
    "$build/tests/bench/put" "$dir" "$threads" 2 1500 $modes
    find "$dir" -mindepth 1 -delete
done | awk -F '\t' '
    { key = $2 "\t" $1; n[key]++; v[key, n[key]] = $3 }
    function median(key,  a, b, c) {
        a = v[key, 1]; b = v[key, 2]; c = v[key, 3]
        return a + b + c - (a < b ? (a < c ? a : c) : (b < c ? b : c)) - \
            (a > b ? (a > c ? a : c) : (b > c ? b : c))
    }
    END {
        print "threads\tmode\tputs/s\tof raw"
        for (t = 1; t <= 32; t *= t == 1 ? 8 : 4)
            for (i = split("raw log full spool", m, " "); i > 0; i--) {
                key = t "\t" m[i]
                if (key in n)
                    printf "%s\t%.0f\t%.2f\n", key, median(key), \
                        median(key) / median(t "\t" "raw")
            }
    }'
"$build/tests/bench/cgi" "$build/hookcask.fcgi" "$dir" 200
if command -v valgrind >/dev/null; then
    for puts in 1000 2000; do
        find "$dir" -mindepth 1 -delete
        HOOKCASK_BENCH_PUTS=$puts valgrind --tool=callgrind \
            --callgrind-out-file="$dir/out.$puts" --log-file="$dir/said" \
            "$build/tests/bench/put" "$dir" 1 0 1500 log >/dev/null
        sed -n 's/^summary: //p' "$dir/out.$puts"
    done | awk 'NR == 1 { a = $1 }
        NR == 2 { printf "instructions a put: %d\n", ($1 - a) / 1000 }'
fi
