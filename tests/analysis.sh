#!/bin/bash
# SPDX-License-Identifier: ISC
# Static analysis on Debian 12: gcc's analyser, clang's and cppcheck over src/.
# Prints what they say and what is not known below to be otherwise; the last
# line is "N findings, N explained".  It takes some minutes.
set -u -o pipefail
umask 022

usage() {
    cat <<'END'
usage: tests/analysis.sh [gcc | clang | cppcheck]...
END
}

# What was looked at and is no fault: file, finding, why.
explained() {
    cat <<'END'
src/cli/keep/cmd_audit.c -Wanalyzer-null-dereference an endpoint is chosen before the index is asked for
src/cli/keep/cmd_audit.c core.NullDereference an endpoint is chosen before the index is asked for
src/cli/setup/cmd_config.c core.UndefinedBinaryOperatorResult places_find() fills it when it returns true
src/cli/setup/cmd_probe.c core.UndefinedBinaryOperatorResult ask() fills it when it returns true
src/cli/keep/cmd_prune.c core.StackAddressEscape nobody looks at it after the function has returned
src/cli/hand/cmd_send.c core.StackAddressEscape nobody looks at it after the function has returned
src/cli/batch/failed_items.c core.NonNullParamChecker the list has just grown by the item
src/cli/batch/failed_items.c -Wanalyzer-malloc-leak it is the caller's item's, wiped with it
src/cli/hand/request.c -Wanalyzer-malloc-leak it goes into *owned, and with it
src/cli/reading/spool_dirs.c -Wanalyzer-malloc-leak it is in the list, which is wiped whole
src/cli/consumer/standing.c -Wanalyzer-malloc-leak it is in the list, which is wiped whole
src/config/config_value.c -Wanalyzer-malloc-leak it goes into a member of the configuration, by an offset that the analyser does not follow; config_wipe() frees it
src/base/lines.c core.NonNullParamChecker bytes were used, so there is a buffer
src/store/log.c core.CallAndMessage begin() sets it when it returns true
src/store/log.c core.uninitialized.Assign begin() sets it when it returns true
src/store/log_name.c core.NonNullParamChecker what is left of a name may be NULL, the name itself is not
src/store/log_name.c core.NullDereference what is left of a name may be NULL, the name itself is not
src/event/reply.c ctuuninitvar it is the caller's storage, which snprintf() fills
src/sandbox/sandbox.c -Wanalyzer-malloc-leak add() keeps it in the list or frees it; what ends the list frees them
src/store/store.c core.NullDereference take_batch() fills as many as it counts
src/store/store.c autoVariables the put leaves the queue before the function returns
END
}

tools=
for tool; do
    case $tool in
    gcc | clang | cppcheck) tools="$tools $tool" ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 64 ;;
    esac
done
: "${tools:=gcc clang cppcheck}"

top=$(cd "$(dirname "$0")/.." && pwd) || exit 70
# shellcheck source=deploy/packages.sh
. "$top/deploy/packages.sh"
# shellcheck disable=SC2086,SC2154  # words on purpose; set in packages.sh
packages_need $packages_build clang cppcheck || exit 69
build=${HOOKCASK_BUILD:-$top/build}/analysis
mkdir -p "$build" && build=$(cd "$build" && pwd) || exit 73
[ -x "$top/configure" ] || (cd "$top" && ./bootstrap >/dev/null 2>&1) ||
    exit 70
[ -f "$build/config.status" ] ||
    env -C "$build" "$top/configure" >"$build/configure.log" 2>&1 || exit 70

cd "$top" || exit 70
flags=(-I"$build" -Iinclude -Isrc -std=gnu11 '-DSYSCONFDIR="/etc"'
    '-DLOCALSTATEDIR="/var"' '-DRESPONDERDIR="/usr/lib"')
read -ra foreign < <(pkg-config --cflags json-c nettle sqlite3)
sources() { find src -name '*.c' | LC_ALL=C sort; }

# Each prints FILE:LINE: FINDING TEXT.
analyse_gcc() {
    sources | while read -r file; do
        gcc -fanalyzer -fdiagnostics-plain-output -O1 "${flags[@]}" \
            "${foreign[@]}" -c -o /dev/null "$file" 2>&1
    done | sed -nE 's/^([^:]+:[0-9]+):[0-9]+: warning: (.*) \[(CWE-[0-9]+\] \[)?(-Wanalyzer[a-z-]+)\]$/\1: \4 \2/p'
}
analyse_clang() {
    sources | while read -r file; do
        clang --analyze -Xclang -analyzer-output=text "${flags[@]}" \
            "${foreign[@]}" -o /dev/null "$file" 2>&1
    done | sed -nE 's/^([^:]+:[0-9]+):[0-9]+: warning: (.*) \[([A-Za-z.]+)\]$/\1: \3 \2/p'
}
analyse_cppcheck() {
    cppcheck --enable=warning,performance,portability --std=c11 --quiet \
        --inline-suppr -DHAVE_CONFIG_H "${flags[@]:0:3}" \
        --suppress=missingInclude --suppress=missingIncludeSystem \
        --template='{file}:{line}: {id} {message}' src 2>&1 |
        grep -v '^nofile:'
}

total=0 known=0
for tool in $tools; do
    echo "== $tool"
    while IFS= read -r line; do
        total=$((total + 1))
        place=${line%%: *}
        rest=${line#*: }
        if explained | grep -qF "${place%:*} ${rest%% *} "; then
            known=$((known + 1))
        else
            echo "$line"
        fi
    done < <("analyse_$tool")
done
echo "$total findings, $known explained"
[ "$total" -eq "$known" ]
