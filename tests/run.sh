#!/bin/bash
# SPDX-License-Identifier: ISC
# Runs every test, on Debian 12, as root or with sudo (for apt-get only):
# installs what is missing, builds below build/ (or $HOOKCASK_BUILD), and ends
# with the line "N passed, N failed".
set -u -o pipefail
# what is tested here must not be steered by the caller's own hookcask
for name in "${!HOOKCASK_@}"; do
    [ "$name" = HOOKCASK_BUILD ] || unset "$name"
done
umask 022

usage() {
    cat <<'END'
usage: tests/run.sh [OPTION]...
  (none)        unit and door tests, web servers, quickstart, and the same unit
                and door tests from the tarball under ASan and UBSan
  --quick       unit and door tests only: no web servers, one build
  --servers     the web servers and quickstart only
  --sanitizers  unit and door tests under ASan and UBSan only
  --distcheck   make distcheck only, under ASan and UBSan
  --valgrind    unit tests under valgrind only
  --packages    the packages only: of Debian 12 and 13, built, checked, used in
                a clean root and under a systemd that has booted (needs root,
                cgroup2 and a package mirror; an hour the first time); RPM's
                built and checked
  --look        the page of hookcask report only, in a headless Chromium; two
                minutes, and pictures in build/plain/pages
  --relay       relay-pgsql and relay-nats only, with real servers: kills, stores
                that were put back, a cluster; about 5 minutes
  --typed       what README.md ("Install") and README.Debian say, typed on
                Debian 12 and 13 after --packages; about 15 minutes, with roots
  --portability only: clang, C11, every optional part off, musl, other
                processors under qemu
  --help        this
Several options add up.  Builds stay in build/ (or $HOOKCASK_BUILD), so the
next run is quick.
END
}

wanted=
for option; do
    case $option in
    --quick) wanted="$wanted plain" ;;
    --servers | --sanitizers | --distcheck | --valgrind | --packages | \
        --look | --portability | --relay | --typed)
        wanted="$wanted ${option#--}" ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 64 ;;
    esac
done
: "${wanted:=plain servers distcheck}"

top=$(cd "$(dirname "$0")/.." && pwd) || exit 70
cd "$top" || exit 70
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
build=${HOOKCASK_BUILD:-$top/build}
mkdir -p "$build" && build=$(cd "$build" && pwd) || exit 73
jobs=$(nproc 2>/dev/null || echo 2)

# -- what this run starts ends with it ----------------------------------------
# Each step is a process group of its own; the harness in it ends its servers
# when it gets the signal.
running=
# shellcheck disable=SC2317  # called by the traps
end_running() {
    trap '' INT TERM HUP
    [ -z "$running" ] || {
        kill -TERM -- "-$running" 2>/dev/null
        local tries=0
        while kill -0 -- "-$running" 2>/dev/null && [ "$tries" -lt 300 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
        kill -KILL -- "-$running" 2>/dev/null
    }
    exit "$1"
}
trap 'end_running 130' INT
trap 'end_running 143' TERM HUP
set -m
# Each test has a limit of its own (tests/limit.sh); this one is for what hangs
# beside them.
step_limit=3600 # seconds
step() {
    timeout -k 30 "$step_limit" "$@" </dev/null &
    running=$!
    wait "$running"
    local status=$?
    running=
    [ "$status" -ne 124 ] && [ "$status" -ne 137 ] ||
        echo "ended at its time limit of $step_limit s: $*"
    return "$status"
}

# -- counting ------------------------------------------------------------------
passed=0 failed=0 skipped=0
summary=()
count() { # NAME PASSED FAILED SKIPPED
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
    summary+=("$(printf '%-16s %5d passed, %d failed, %d skipped' "$@")")
}
# A step that is one test point by itself.
count_step() { # NAME STATUS
    if [ "$2" -eq 0 ]; then count "$1" 1 0 0; else count "$1" 0 1 0; fi
}
# automake leaves one .trs file a test, with a line for each of its points.
count_trs() { # NAME STATUS DIRECTORY STAMP
    local results p f s
    results=$(find "$3" -name '*.trs' -newer "$4" -exec \
        sed -n 's/^:test-result: \([A-Z]*\).*/\1/p' {} +)
    p=$(grep -cE '^(PASS|XFAIL)$' <<<"$results")
    f=$(grep -cE '^(FAIL|XPASS|ERROR)$' <<<"$results")
    s=$(grep -c '^SKIP$' <<<"$results")
    # a build that broke, or no result at all, must not look like success;
    # nor do the tests that a signal kept from saying what they found
    [ "$2" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    [ "$2" -lt 124 ] || f=$((f + 1))
    [ $((p + f)) -gt 0 ] || f=1
    count "$1" "$p" "$f" "$s"
}
# distcheck removes what it has built: what automake has summed up.
count_summary() { # NAME STATUS LOG
    local p s f
    p=$(awk '/^# (PASS|XFAIL): / { n += $3 } END { print n + 0 }' "$3")
    s=$(awk '/^# SKIP: / { n += $3 } END { print n + 0 }' "$3")
    f=$(awk '/^# (FAIL|XPASS|ERROR): / { n += $3 } END { print n + 0 }' "$3")
    [ "$2" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    [ $((p + f)) -gt 0 ] || f=1
    count "$1" "$p" "$f" "$s"
}
count_tap() { # NAME STATUS FILE
    local p f s plan
    s=$(grep -cE '^ok .*# SKIP' "$3")
    p=$(($(grep -c '^ok ' "$3") - s))
    f=$(grep -c '^not ok ' "$3")
    plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$3")
    # ended early, or failed without saying where
    [ "${plan:-none}" = $((p + f + s)) ] || f=$((f + 1))
    [ "$2" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    count "$1" "$p" "$f" "$s"
}

say() { printf '\n== %s\n' "$*"; }

finish() {
    printf '\n'
    printf '%s\n' "${summary[@]}"
    if [ "$skipped" -gt 0 ]; then
        echo "$passed passed, $failed failed, $skipped skipped"
    else
        echo "$passed passed, $failed failed"
    fi
    [ "$failed" -eq 0 ]
    exit
}

# Runs a step with its words in a file; shows the end of it if it fails.
quietly() { # FILE COMMAND...
    local file=$1
    shift
    step "$@" >"$file" 2>&1 && return 0
    tail -n 40 "$file"
    echo "(all of it: $file)"
    return 1
}

# -- packages --------------------------------------------------------------------
say "packages"
# Apache without its service: apache2-bin is enough.
# shellcheck disable=SC2086,SC2154  # words on purpose; set in packages.sh
packages_need $packages_build g++ check python3 perl jq curl xz-utils mandoc \
    btrfs-progs xfsprogs zstd \
    zsh fish \
    shellcheck gdb valgrind faketime lighttpd apache2-bin libapache2-mod-fcgid \
    nginx fcgiwrap spawn-fcgi multiwatch || {
    count packages 0 1 0
    finish
}
# What only an example needs: without it that test is skipped.
packages_need php-cli || echo "without php-cli: its example is not run"
packages_need prometheus icinga2-bin ||
    echo "what is shipped for these is not tested"
packages_need apache2-suexec-pristine runit logrotate ||
    echo "what needs one of these is skipped"
# shellcheck disable=SC2086,SC2154  # words on purpose; set in packages.sh
packages_need $packages_musl || echo "the archive will hold glibc only"

# -- builds ----------------------------------------------------------------------
if [ ! -x configure ] || [ ! -f Makefile.in ] ||
    [ configure -ot configure.ac ] || [ Makefile.in -ot Makefile.am ] ||
    [ -n "$(find src man deploy tests -name local.mk -newer Makefile.in)" ]
then
    say "bootstrap"
    quietly "$build/bootstrap.log" ./bootstrap || {
        count bootstrap 0 1 0
        finish
    }
fi

# Configures and makes one variant; an older build with the same flags is
# used again.
build_variant() { # NAME FLAG...
    local name=$1 dir=$build/$1
    shift
    mkdir -p "$dir"
    if [ ! -f "$dir/config.status" ] ||
        [ "$(cat "$dir/flags" 2>/dev/null)" != "$*" ]; then
        quietly "$dir/configure.log" env -C "$dir" "$top/configure" "$@" ||
            return 1
        echo "$*" >"$dir/flags"
    fi
    quietly "$dir/make.log" make -C "$dir" -j"$jobs" all
}

# What the tests that failed have said about it.
show_failures() { # DIRECTORY STAMP
    local trs
    find "$1" -name '*.trs' -newer "$2" -exec \
        grep -lE '^:test-result: (FAIL|XPASS|ERROR)' {} + |
        while read -r trs; do
            printf '%s\n' "-- ${trs%.trs}.log"
            awk '/^not ok/ { show = 1; some = 1 }
                /^(ok|PASS:|SKIP:|1\.\.)/ { show = 0 }
                show && !/^FAIL:/ { print }
                { last = $0 }
                END { if (!some) print last }' "${trs%.trs}.log" |
                cut -c1-500 | head -n 60
        done
    grep -hE '(^|: )(ERROR|error):|\*\*\*|time limit' "$1"/check*.log |
        head -n 20
}

# On a terminal: which tests run, how many have ended, and where to look.
# Ends with this run.
# shellcheck disable=SC2317  # called in the background
show_progress() { # NAME DIRECTORY STAMP
    local all ended began=$SECONDS names
    # shellcheck disable=SC2016  # for make
    all=$(make -s -C "$2" -f Makefile -f - list <<<\
        'list:; @echo $(TEST_LOGS) | wc -w' 2>/dev/null)
    while sleep 5 && kill -0 $$; do
        ended=$(find "$2" -name '*.trs' -newer "$3" | wc -l)
        names=$(find "$2/tests" -name '*.log' -newer "$3" \
            -exec sh -c '[ -e "${1%.log}.trs" ] &&
                [ ! "${1%.log}.trs" -ot "$1" ] || basename "$1" .log' _ {} \; |
            head -n 4 | paste -sd ' ')
        printf '\r\033[K%s: %s of %s tests, %s s; %s; %s' "$1" "$ended" \
            "$all" $((SECONDS - began)) "$names" "$2/check.log"
    done
}

# The tests that took longest, for who wants the run to be shorter.
slowest() { # DIRECTORY STAMP
    find "$1" -name '*.log' -newer "$2" -exec \
        grep -H '^# took [0-9]' {} + |
        sed -n 's|.*/\([^/]*\)\.log:# took \([0-9]*\) s$|\2 \1|p' |
        sort -rn | awk '$1 >= 30 { printf "%s%s %d s", sep, $2, $1; sep = ", " }'
}

check_variant() { # NAME FLAG...
    local name=$1 dir=$build/$1 stamp=$build/$1/started status=0
    local began=$SECONDS targets=check target failed_with longest progress=""
    # what the tree says of itself does not change with the compiler's flags
    [ "$name" != plain ] || targets="check check-policy"
    say "$name: build, unit tests, doors"
    if ! build_variant "$@"; then
        count "$name" 0 1 0
        return
    fi
    touch "$stamp"
    [ ! -t 1 ] || { show_progress "$name" "$dir" "$stamp" & progress=$!; }
    for target in $targets; do
        step make -C "$dir" -k -j"$jobs" "$target" >"$dir/$target.log" 2>&1 &&
            continue
        failed_with=$?
        [ "$status" -gt "$failed_with" ] || status=$failed_with
    done
    [ -z "$progress" ] || { kill "$progress"; printf '\r\033[K'; }
    [ "$status" -eq 0 ] || show_failures "$dir" "$stamp"
    count_trs "$name" "$status" "$dir" "$stamp"
    summary[-1]+=", $((SECONDS - began)) s"
    longest=$(slowest "$dir" "$stamp")
    [ -z "$longest" ] || echo "30 s and more: $longest"
}

# Debian's stable release, and the one before it.
releases="bookworm trixie"
on_release() { # PROGRAM RELEASE WORDS
    local tap=$build/$1-$2.tap status=0 began=$SECONDS
    say "$3: $2"
    step_limit=3600 step python3 "tests/integration/packaging/$1.py" \
        --build "$build/plain" --release "$2" >"$tap" || status=$?
    grep -vE '^(ok|TAP|1\.\.)' "$tap"
    count_tap "$1 $2" "$status" "$tap"
    summary[-1]+=", $((SECONDS - began)) s"
}

for name in $wanted; do
    case $name in
    plain)
        check_variant plain --enable-werror
        ;;
    servers)
        say "web servers: build"
        if ! build_variant plain --enable-werror; then
            count servers 0 1 0
            continue
        fi
        say "web servers: the archive for shared hosts"
        rm -f "$build"/plain/hookcask-*-hosting-*.tar.[gx]z
        responder=hookcask.fcgi
        if step deploy/hosting/musl.sh "$build/musl" >"$build/musl.log" 2>&1
        then
            CONFIG_SITE=$build/musl/config.site build_variant responder \
                --enable-werror --enable-static-deps --disable-tool
            count_step musl $?
            responder=$build/responder/hookcask.fcgi
        else
            # a mirror without sources is no fault of ours
            tail -n 1 "$build/musl.log"
            count musl 0 0 1
        fi
        build_variant hosting --enable-static-deps &&
            quietly "$build/hosting.log" make -C "$build/hosting" \
                dist-hosting HOSTING_RESPONDER="$responder" &&
            cp "$build"/hosting/hookcask-*-hosting-*.tar.[gx]z "$build/plain/"
        count_step archive $?
        say "web servers: every case through every door"
        packages_need caddy haproxy h2o libfcgi-bin ||
            echo "what needs one of these is skipped"
        status=0
        step python3 tests/integration/doors/servers.py --build "$build/plain" \
            >"$build/servers.tap" || status=$?
        grep -vE '^(ok|TAP|1\.\.)' "$build/servers.tap"
        count_tap servers "$status" "$build/servers.tap"
        say "web servers: kept connections, slow clients"
        status=0
        step python3 tests/integration/doors/kept.py --build "$build/plain" \
            >"$build/kept.tap" || status=$?
        grep -vE '^(ok|TAP|1\.\.)' "$build/kept.tap"
        count_tap kept "$status" "$build/kept.tap"
        say "web servers: a hostile peer"
        status=0
        step env top_builddir="$build/plain" python3 \
            tests/integration/doors/hostile.py --records 100000 \
            >"$build/hostile.tap" || status=$?
        grep -vE '^(ok|TAP|1\.\.)' "$build/hostile.tap"
        count_tap hostile "$status" "$build/hostile.tap"
        say "quickstart"
        quietly "$build/quickstart.log" env HOOKCASK_BUILD="$build" \
            deploy/quickstart.sh --once
        count_step quickstart $?
        ;;
    sanitizers)
        # libfaketime is loaded before the sanitizer's own library
        export ASAN_OPTIONS=verify_asan_link_order=0
        check_variant sanitizers --enable-werror --enable-sanitizers
        unset ASAN_OPTIONS
        ;;
    valgrind)
        check_variant valgrind --enable-werror --enable-valgrind
        ;;
    packages)
        say "Debian packages"
        packages_need autoconf-archive debhelper debootstrap dpkg-dev \
            libnats-dev libpq-dev lintian piuparts pkgconf || {
            count packages 0 1 0
            continue
        }
        if ! build_variant plain --enable-werror; then
            count packages 0 1 0
            continue
        fi
        for release in $releases; do
            on_release deb "$release" "Debian packages"
            on_release systemd "$release" "Debian packages under systemd"
        done
        # rpm is not what builds here: without it that is skipped
        packages_need rpm rpmlint
        say "RPM packages"
        status=0
        step tests/integration/packaging/rpm.sh "$build/plain" >"$build/rpm.tap" ||
            status=$?
        grep -vE '^(ok|1\.\.)' "$build/rpm.tap"
        count_tap rpm "$status" "$build/rpm.tap"
        ;;
    look)
        say "a look at the page of hookcask report"
        packages_need chromium || {
            count look 0 1 0
            continue
        }
        if ! build_variant plain --enable-werror; then
            count look 0 1 0
            continue
        fi
        status=0
        step python3 tests/integration/packaging/pages.py \
            --build "$build/plain" >"$build/look.tap" || status=$?
        grep -vE '^(ok|TAP|1\.\.)' "$build/look.tap"
        count_tap look "$status" "$build/look.tap"
        ;;
    relay)
        say "relays into PostgreSQL and NATS"
        packages_need libpq-dev libnats-dev
        # without a server or pgbouncer its cases are skipped
        for package in postgresql nats-server pgbouncer jq \
            mariadb-server-core mariadb-client-core; do
            packages_need "$package"
        done
        if ! build_variant relay --enable-werror --with-pgsql --with-nats
        then
            count relay 0 1 0
            continue
        fi
        status=0 began=$SECONDS
        # npm's library reads what relay-nats has written
        node=$build/relay/node
        if [ ! -d "$node/node_modules/cloudevents" ] &&
            command -v npm >/dev/null; then
            mkdir -p "$node"
            timeout 300 npm install --silent --no-audit --no-fund \
                --prefix "$node" cloudevents || say "no npm package"
        fi
        [ -d "$node/node_modules/cloudevents" ] || node=
        step env top_builddir="$build/relay" \
            ${node:+"CLOUDEVENTS_NODE_DIR=$node"} python3 \
            tests/integration/verbs/relay.py >"$build/relay.tap" || status=$?
        grep -vE '^(ok|TAP|1\.\.)' "$build/relay.tap"
        count_tap relay "$status" "$build/relay.tap"
        summary[-1]+=", $((SECONDS - began)) s"
        ;;
    typed)
        if ! build_variant plain --enable-werror; then
            count typed 0 1 0
            continue
        fi
        for release in $releases; do
            on_release typed "$release" "the documentation, typed"
        done
        ;;
    portability)
        say "other compilers, libraries and processors"
        # each by itself: what is missing is skipped
        for package in clang musl-tools qemu-user gcc-aarch64-linux-gnu \
            gcc-s390x-linux-gnu gcc-arm-linux-gnueabihf; do
            packages_need "$package"
        done
        status=0
        step_limit=3600 step tests/portability.sh --build "$build/portability" \
            >"$build/portability.tap" || status=$?
        grep -vE '^(ok|1\.\.)' "$build/portability.tap"
        count_tap portability "$status" "$build/portability.tap"
        ;;
    distcheck)
        # The tarball's own tests, in a tree that nobody may write to: once, and
        # so that they find the most.
        say "distcheck under ASan and UBSan"
        if ! build_variant plain --enable-werror; then
            count distcheck 0 1 0
            continue
        fi
        status=0 began=$SECONDS stamp=$build/plain/distcheck-started
        touch "$stamp"
        ASAN_OPTIONS=verify_asan_link_order=0 step make -C "$build/plain" \
            -j"$jobs" distcheck \
            DISTCHECK_CONFIGURE_FLAGS="--enable-werror --enable-sanitizers" \
            >"$build/distcheck.log" 2>&1 || status=$?
        if [ "$status" -ne 0 ]; then
            show_failures "$build/plain" "$stamp"
            grep -E '^(FAIL|ERROR)|\*\*\*|error:' "$build/distcheck.log"
            echo "(all of it: $build/distcheck.log)"
        fi
        count_summary distcheck "$status" "$build/distcheck.log"
        summary[-1]+=", $((SECONDS - began)) s"
        ;;
    esac
done
finish
