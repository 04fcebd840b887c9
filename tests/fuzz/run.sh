#!/bin/bash
# SPDX-License-Identifier: ISC
# Fuzzes for a given time, on Debian 12: builds every driver with
# clang and its sanitizers below build/fuzz (or $HOOKCASK_BUILD/fuzz), starts
# from the seeds, keeps what it learns there for the next time, and prints
# what it has done.
set -u -o pipefail
umask 022
for name in "${!HOOKCASK_@}"; do
    [ "$name" = HOOKCASK_BUILD ] || unset "$name"
done

usage() {
    cat <<'END'
usage: tests/fuzz/run.sh [--minutes N] [--afl] [DRIVER]...
       tests/fuzz/run.sh --coverage [DRIVER]...
  --minutes N   in all, shared by the drivers; 17 if left out
  --afl         with AFL++ instead of libFuzzer
  --coverage    which lines of src/ the kept inputs reach
  DRIVER        json, record, ...; all if none is named
It uses one processor.  Inputs that make a driver fail are in build/fuzz/found
afterwards: replay it with build/fuzz/libfuzzer/tests/fuzz/replay --file
DRIVER FILE, fix the cause, and keep it as tests/fuzz/found/DRIVER-WHAT.
END
}

minutes=17 engine=libfuzzer coverage=no drivers=
while [ $# -gt 0 ]; do
    case $1 in
    --minutes) [ $# -gt 1 ] || { usage >&2; exit 64; }
        minutes=$2; shift ;;
    --afl) engine=afl ;;
    --coverage) coverage=yes ;;
    --help) usage; exit 0 ;;
    -*) usage >&2; exit 64 ;;
    *) drivers="$drivers $1" ;;
    esac
    shift
done
case $minutes in
'' | *[!0-9]*) usage >&2; exit 64 ;;
esac

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 70
# shellcheck source=deploy/packages.sh
. "$top/deploy/packages.sh"
mkdir -p "${HOOKCASK_BUILD:-$top/build}/fuzz" || exit 73
build=$(cd "${HOOKCASK_BUILD:-$top/build}/fuzz" && pwd) || exit 73
found=$build/found
mkdir -p "$found" "$build/corpus"
export top_srcdir=$top

# shellcheck disable=SC2086,SC2154  # words on purpose; set in packages.sh
packages_need $packages_build clang libclang-rt-14-dev || exit 69
[ "$engine" = libfuzzer ] || packages_need afl++ || exit 69
[ -x "$top/configure" ] || (cd "$top" && ./bootstrap >/dev/null 2>&1) ||
    exit 70

quietly() { # LOG COMMAND...
    local log=$1
    shift
    "$@" >"$log" 2>&1 && return 0
    tail -n 30 "$log" >&2
    exit 70
}
# Each engine has a build of its own: they instrument differently.
make_variant() { # NAME CC CFLAGS FUZZ_LDFLAGS TARGET...
    local dir=$build/$1 cc=$2 cflags=$3 ldflags=$4
    shift 4
    mkdir -p "$dir"
    [ -f "$dir/config.status" ] ||
        quietly "$dir/configure.log" env -C "$dir" "$top/configure" CC="$cc" \
            CFLAGS="$cflags" --enable-sanitizers --disable-shared
    quietly "$dir/make.log" make -C "$dir" FUZZ_LDFLAGS="$ldflags" "$@"
}
make_variant libfuzzer clang "-g -O1 -fsanitize=fuzzer-no-link" \
    -fsanitize=fuzzer tests/fuzz/replay tests/fuzz/engine
[ "$engine" = libfuzzer ] ||
    make_variant afl afl-clang-fast "-g -O1" -fsanitize=fuzzer \
        tests/fuzz/engine
replay=$build/libfuzzer/tests/fuzz/replay
[ -n "$drivers" ] || drivers=$("$replay" --drivers)

# -- coverage -------------------------------------------------------------------
if [ "$coverage" = yes ]; then
    packages_need llvm-14 || exit 69
    make_variant coverage clang \
        "-g -O1 -fprofile-instr-generate -fcoverage-mapping" "" \
        tests/fuzz/replay
    one=$build/coverage/tests/fuzz/replay
    rm -f "$build/coverage"/*.profraw
    for driver in $drivers; do
        mkdir -p "$build/corpus/$driver"
        "$one" --seeds "$driver" "$build/corpus/$driver" || exit 70
        # a few at a time: an argument list has an end
        find "$build/corpus/$driver" -type f -print0 2>/dev/null |
            LLVM_PROFILE_FILE=$build/coverage/$driver-%p.profraw \
                xargs -0 -n 2000 "$one" --file "$driver" || exit 1
    done
    llvm-profdata-14 merge -o "$build/coverage/all.profdata" \
        "$build/coverage"/*.profraw || exit 70
    llvm-cov-14 report "$one" -instr-profile "$build/coverage/all.profdata" \
        "$top/src" | sed "s|$top/||"
    exit
fi

# -- one driver -----------------------------------------------------------------
# Both print: driver, executions, edges of the program that were reached,
# inputs kept.
export UBSAN_OPTIONS=abort_on_error=1:print_stacktrace=1
dictionary() { # DRIVER
    local file=$top/tests/fuzz/dict/$1.dict
    [ ! -f "$file" ] || echo "$file"
}
fuzz_libfuzzer() { # DRIVER SECONDS
    local dir=$build/libfuzzer log=$build/$1.log dict
    dict=$(dictionary "$1")
    ln -sf engine "$dir/tests/fuzz/fuzz-$1"
    ASAN_OPTIONS=abort_on_error=1:detect_leaks=1 \
        "$dir/tests/fuzz/fuzz-$1" -max_total_time="$2" -print_final_stats=1 \
        -timeout=20 -rss_limit_mb=2048 -max_len=8500 -use_value_profile=1 \
        ${dict:+-dict="$dict"} -artifact_prefix="$found/$1-" \
        "$build/corpus/$1" >"$log" 2>&1
    awk -v name="$1" '
        match($0, /cov: [0-9]+/) { cov = substr($0, RSTART + 5, RLENGTH - 5) }
        match($0, /corp: [0-9]+/) { n = substr($0, RSTART + 6, RLENGTH - 6) }
        /^stat::number_of_executed_units:/ { units = $2 }
        END { printf "%-12s %12d %8d %8d", name, units, cov, n }' "$log"
}
fuzz_afl() { # DRIVER SECONDS
    local dir=$build/afl out=$build/afl-out/$1 log=$build/$1.log dict file
    dict=$(dictionary "$1")
    ln -sf engine "$dir/tests/fuzz/fuzz-$1"
    rm -rf "$out"
    mkdir -p "$build/afl-out"
    AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 \
        AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
        ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0 \
        afl-fuzz -V "$2" -m none -t 5000+ -G 8500 ${dict:+-x "$dict"} \
        -i "$build/corpus/$1" -o "$out" -- "$dir/tests/fuzz/fuzz-$1" \
        >"$log" 2>&1
    for file in "$out"/default/crashes/id* "$out"/default/hangs/id*; do
        [ ! -f "$file" ] || cp "$file" \
            "$found/$1-afl-$(sha1sum <"$file" | cut -c1-40)"
    done
    # what it has learned is libFuzzer's next start
    for file in "$out"/default/queue/id*+cov; do
        [ ! -f "$file" ] || cp "$file" \
            "$build/corpus/$1/$(sha1sum <"$file" | cut -c1-40)"
    done
    awk -v name="$1" -F: '{ gsub(/[ %]/, "") }
        $1 == "execs_done" { execs = $2 }
        $1 == "edges_found" { edges = $2 }
        $1 == "corpus_count" { n = $2 }
        END { printf "%-12s %12d %8d %8d", name, execs, edges, n }' \
        "$out/default/fuzzer_stats"
}
findings() { # DRIVER
    find "$found" -name "$1-*" | wc -l
}

count=0
for driver in $drivers; do
    count=$((count + 1))
done
seconds=$((minutes * 60 / count))
[ "$seconds" -gt 0 ] || seconds=1
status=0
printf '%-12s %12s %8s %8s %8s\n' driver executions edges inputs findings
for driver in $drivers; do
    mkdir -p "$build/corpus/$driver"
    "$replay" --seeds "$driver" "$build/corpus/$driver" || exit 70
    before=$(findings "$driver")
    case $engine in
    libfuzzer) fuzz_libfuzzer "$driver" "$seconds" ;;
    afl) fuzz_afl "$driver" "$seconds" ;;
    esac
    after=$(findings "$driver")
    printf ' %8d\n' $((after - before))
    [ "$after" -eq "$before" ] || status=1
done
[ "$status" -eq 0 ] || echo "see $found"
exit "$status"
