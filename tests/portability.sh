#!/bin/bash
# SPDX-License-Identifier: ISC
# Other compilers, libraries and processors: builds below DIR, and tests of
# what should not depend on them. TAP; what is missing is skipped with a word.
#
#     tests/portability.sh [--build DIR] [VARIANT]...
#
# Headers and libraries for other processors come from this machine's package
# mirror and are unpacked below DIR: nothing is installed.
set -u -o pipefail
top=$(cd "$(dirname "$0")/.." && pwd) || exit 99
build=${TMPDIR:-/tmp}/hookcask-portability
if [ "${1-}" = --build ]; then
    build=$2
    shift 2
fi
mkdir -p "$build" && build=$(cd "$build" && pwd) || exit 99
jobs=$(nproc 2>/dev/null || echo 2)
number=0

# the library and the record: what processors, compilers and libcs can spoil
pure_tests="tests/unit/test_base64 tests/unit/test_mac tests/unit/test_secret
    tests/unit/test_sign tests/unit/test_signature tests/unit/test_vectors
    tests/unit/test_verify tests/unit/test_json tests/unit/test_record
    tests/unit/test_stats"
# and what leans on calls that a system may lack
store_tests="tests/unit/test_store_group tests/unit/test_store_lock
    tests/unit/test_store_log tests/unit/test_store_spool tests/unit/test_spool
    tests/unit/test_upgrade tests/unit/test_diag tests/unit/test_keyring"

skip() { # NAME WHY
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}
needs() { # NAME PROGRAM...
    local name=$1 program
    shift
    for program; do
        command -v "$program" >/dev/null 2>&1 || {
            skip "$name" "$program is missing"
            return 1
        }
    done
}
# Runs a function in a directory of the variant's own.
variant() { # NAME FUNCTION ARGUMENT...
    local name=$1 dir=$build/${1%%:*}
    shift
    rm -rf "$dir" && mkdir -p "$dir" || exit 99
    number=$((number + 1))
    if (cd "$dir" && set -e && "$@") >"$dir/log" 2>&1 </dev/null; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        grep -E '(error|warning):|^(FAIL|ERROR)|\*\*\*' "$dir/log" |
            head -n 20 | sed 's/^/# /'
        tail -n 5 "$dir/log" | sed 's/^/# /'
        echo "# all of it: $dir/log"
    fi
}

configure_make() { # CONFIGURE-ARGUMENT...
    "$top/configure" --enable-werror --disable-silent-rules \
        --disable-dependency-tracking "$@" || return 1
    make -j"$jobs" all
}
check() { # TESTS MAKE-ARGUMENT...
    local tests
    tests=$(echo "$1" | tr -s ' \n' ' ')
    shift
    make -j"$jobs" check TESTS="$tests" check_PROGRAMS="$tests" \
        check_LIBRARIES= "$@" || return 1
    # nothing run is nothing proven
    grep -q '^# PASS:  *[1-9]' log
}

compiler() { # CC CFLAGS
    configure_make CC="$1" CFLAGS="$2" --disable-tool || return 1
    check "$pure_tests $store_tests"
}
# With the tool, whose files are the most, but only built.
compiler_all() { # CC CFLAGS
    configure_make CC="$1" CFLAGS="$2"
}

# As some distributions build: one symbol in two files, or of two types, is
# seen then, and calls that tests replace are no longer there.
lto() {
    configure_make CFLAGS="-O2 -flto=auto" LDFLAGS="-flto=auto" || return 1
    check "tests/unit/test_prune tests/unit/test_spool_dirs" &&
        make check check_PROGRAMS= check_LIBRARIES= \
            TESTS="tests/policy/constant.sh tests/policy/exports.sh" || return 1
    make tests/faults/confine && tests/faults/confine
}

# Neither tool, shared library nor Check: what "configure" calls optional.
bare() {
    printf '#!/bin/sh\ncase " $* " in\n*" check "*) exit 1 ;;\nesac\n%s\n' \
        'exec pkg-config "$@"' >pkg-config.bare
    chmod +x pkg-config.bare
    configure_make PKG_CONFIG="$PWD/pkg-config.bare" --disable-tool \
        --without-curl --disable-shared --disable-hardening || return 1
    grep -q 'unit tests  *no' log && [ -x hookcask.fcgi ] &&
        [ ! -e hookcask ] || return 1
    make install DESTDIR="$PWD/root" || return 1
    ! find root -name 'hookcask*.1' -o -path '*complet*' | grep . || return 1
    make check TESTS=tests/integration/doors/vectors.py check_PROGRAMS= \
        check_LIBRARIES=
}

# No call that is not in POSIX, whatever this system has.
posix() {
    local found
    # what configure looks for and a system may lack
    found=$(sed -n '/^AC_CHECK_\(FUNCS\|HEADERS\)(\[/,/\])/p' "$top/configure.ac" |
        sed 's/AC_CHECK_FUNCS(\[/func: /; s/AC_CHECK_HEADERS(\[/header: /
            s/\])//' | tr -s '\t\n' ' ' | awk '{
            for (i = 1; i <= NF; i++)
                if ($i == "func:" || $i == "header:")
                    kind = substr($i, 1, length($i) - 1)
                else {
                    gsub(/[^a-z0-9_]/, "_", $i)
                    printf "ac_cv_%s_%s=no ", kind, $i
                } }')
    echo "without: $found"
    # shellcheck disable=SC2086  # words on purpose
    configure_make --disable-tool $found || return 1
    ! grep -E '^#define HAVE_(EXPLICIT_BZERO|LINUX|PRCTL)' config.h || return 1
    check "$pure_tests $store_tests"
}

# The library alone: Nettle is not there for musl, its headers serve as well.
musl() {
    local file
    "$top/configure" || return 1
    mkdir -p include
    cp -R /usr/include/nettle include
    find /usr/include -name gmp.h -exec cp {} include \;
    for file in "$top"/src/lib/*.c; do
        musl-gcc -std=c11 -O2 -Wall -Wextra -Werror -Wconversion -I. -isystem include \
            -I"$top/include" -I"$top/src" -c "$file" \
            -o "$(basename "$file" .c).o" || return 1
    done
}

# Headers and libraries of another processor, below DIR.
sysroot() { # ARCHITECTURE PACKAGE...
    local arch=$1 root=$build/root-$1 apt package
    shift
    [ ! -e "$root/complete" ] || return 0
    rm -rf "$root" "$root.apt"
    mkdir -p "$root" "$root.apt/state/lists/partial" \
        "$root.apt/cache/archives/partial"
    : >"$root.apt/status"
    apt="apt-get -q -y -o APT::Architecture=$arch -o APT::Architectures=$arch
        -o Dir::State=$root.apt/state -o Dir::State::status=$root.apt/status
        -o Dir::Cache=$root.apt/cache -o APT::Sandbox::User=root
        -o APT::Install-Recommends=false"
    $apt update || : # a source without this processor is no harm
    $apt --download-only install "$@" || return 1
    for package in "$root.apt"/cache/archives/*.deb; do
        dpkg-deb -x "$package" "$root" || return 1
    done
    # absolute links lead out of it
    find "$root" -type l -lname '/*' -printf '%p %l\n' |
        while read -r link target; do
            ln -sfn "$root$target" "$link"
        done
    rm -rf "$root.apt"
    touch "$root/complete"
}
packages="libc6-dev nettle-dev libgmp-dev libsqlite3-dev libfcgi-dev
    check zlib1g-dev libjson-c-dev"

cross_configure() { # ARCHITECTURE TRIPLET CONFIGURE-ARGUMENT...
    local root=$build/root-$1 triplet=$2
    # shellcheck disable=SC2086  # words on purpose
    sysroot "$1" $packages || return 1
    shift 2
    export PKG_CONFIG_SYSROOT_DIR="$root" \
        PKG_CONFIG_LIBDIR="$root/usr/lib/$triplet/pkgconfig:$root/usr/share/pkgconfig"
    configure_make --host="$triplet" CC="$triplet-gcc --sysroot=$root" "$@"
}
emulated() { # ARCHITECTURE TRIPLET QEMU
    cross_configure "$1" "$2" --disable-tool || return 1
    check "$pure_tests" LOG_COMPILER="$3 -L $build/root-$1"
}
wide_time() { # ARCHITECTURE TRIPLET
    cross_configure "$1" "$2" --without-curl || return 1
    printf '#include <config.h>\n#include <time.h>\n#include <sys/types.h>\n%s' \
        '_Static_assert(sizeof(time_t) == 8 && sizeof(off_t) == 8, "narrow");' \
        >wide.c
    "$2-gcc" --sysroot="$build/root-$1" -I. -c wide.c
}

run() { # VARIANT
    case $1 in
    c11) variant "c11: gcc -std=c11" compiler gcc "-O2 -std=c11" ;;
    clang)
        needs "clang" clang &&
            variant "clang: -std=c11" compiler clang "-O2 -std=c11"
        ;;
    tool)
        needs "tool: clang" clang &&
            variant "tool: clang, all of it" compiler_all clang "-O2 -std=c11"
        ;;
    lto) variant "lto: link-time optimisation" lto ;;
    bare) variant "bare: every optional part off" bare ;;
    posix) variant "posix: every optional call off" posix ;;
    musl)
        needs "musl" musl-gcc && variant "musl: the library" musl
        ;;
    arm64)
        needs "arm64" aarch64-linux-gnu-gcc qemu-aarch64 &&
            variant "arm64: library and records, under qemu" \
                emulated arm64 aarch64-linux-gnu qemu-aarch64
        ;;
    s390x)
        needs "s390x" s390x-linux-gnu-gcc qemu-s390x &&
            variant "s390x: the same, bytes in the other order" \
                emulated s390x s390x-linux-gnu qemu-s390x
        ;;
    armhf)
        needs "armhf" arm-linux-gnueabihf-gcc &&
            variant "armhf: builds, with 64-bit time" \
                wide_time armhf arm-linux-gnueabihf
        ;;
    *)
        echo "portability.sh: no variant $1" >&2
        exit 64
        ;;
    esac
}
[ $# -gt 0 ] || set -- c11 clang tool lto bare posix musl arm64 s390x armhf
for name; do
    run "$name"
done
echo "1..$number"
