#!/bin/sh
# SPDX-License-Identifier: ISC
# The built files show what configure has asked of compiler and linker.
build=${top_builddir:-.}
number=0
found=$(mktemp) || exit 99
trap 'rm -f "$found"' EXIT

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}
command -v readelf >/dev/null || skip_all "readelf is not installed"
[ -z "$SAN_FLAGS" ] || skip_all "a build with sanitizers is not hardened"
flags=$(sed -n 's/^HARDEN_CFLAGS = //p' "$build/Makefile")
[ -n "$flags" ] || skip_all "configured with --disable-hardening"
readelf -h "$build/hookcask.fcgi" >/dev/null 2>&1 ||
    skip_all "these are no ELF files"

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
has_flag() { case " $flags " in *" $1"*) ;; *) return 1 ;; esac; }

programs=
for file in hookcask.fcgi hookcask; do
    [ ! -f "$build/$file" ] || programs="$programs $build/$file"
done
library=
for file in "$build"/.libs/libhookcask.so.*.*.*; do
    [ ! -f "$file" ] || library=$file
done
each() { # FUNCTION: which prints what is wrong with a file
    # shellcheck disable=SC2086  # words on purpose
    for file in $programs $library; do
        "$1" "$file" | sed "s|^|$file: |"
    done >"$found"
}

bad_type() {
    readelf -hW "$1" | grep -q 'Type:.*DYN' || echo "not position independent"
}
bad_relro() {
    readelf -lW "$1" | grep -q GNU_RELRO || echo "no RELRO"
    readelf -dW "$1" | grep -qE 'BIND_NOW|FLAGS.*NOW' ||
        echo "symbols are bound late: its table stays writable"
}
bad_segments() {
    readelf -lW "$1" | awk '/GNU_STACK/ { seen = 1; if (/RWE/) print $0 }
        $1 == "LOAD" && /RWE/ { print $0 }
        END { if (!seen) print "says nothing of its stack" }'
    readelf -dW "$1" | grep TEXTREL
}
bad_path() { readelf -dW "$1" | grep -E '\((RPATH|RUNPATH)\)'; }
bad_canary() {
    readelf -sW "$1" | grep -q __stack_chk_fail || echo "no stack protector"
}
# The library has no call of which the compiler knows a size.
bad_fortify() {
    [ "$1" != "$library" ] || return
    readelf -sW "$1" | grep -v __stack_chk | grep -qE ' __[a-z]+_chk' ||
        echo "no checked call"
}
# The mark of the whole file depends on the C library's start files, which
# Debian 12 builds without: so what our own code begins with is looked at.
bad_branches() {
    objdump -d --no-show-raw-insn "$1" | grep -qw endbr64 ||
        echo "functions do not begin with endbr64"
}

each bad_type
point "position independent (PIE)"
each bad_relro
point "relocations are read-only before main() (full RELRO)"
each bad_segments
point "nothing is writable and executable"
each bad_path
point "no RPATH"
if has_flag -fstack-protector-strong; then
    each bad_canary
    point "stack protector"
fi
if has_flag -D_FORTIFY_SOURCE; then
    each bad_fortify
    point "checked calls (_FORTIFY_SOURCE)"
fi
if has_flag -fcf-protection && command -v objdump >/dev/null &&
    readelf -h "$build/hookcask.fcgi" | grep -q 'Machine:.*X86-64'; then
    each bad_branches
    point "branch targets and shadow stack (-fcf-protection)"
fi
# these leave no mark in the file: the compiler was asked
for flag in -ftrivial-auto-var-init=zero -fstack-clash-protection; do
    if ! has_flag "$flag" && printf 'int main(void) { return 0; }' |
        ${CC:-cc} -Werror $flag -x c -o /dev/null - 2>/dev/null; then
        echo "$flag: known to the compiler, and not used"
    fi
done >"$found"
point "flags that the compiler knows are used"
echo "1..$number"
