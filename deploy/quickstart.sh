#!/bin/sh
# SPDX-License-Identifier: ISC
# From nothing to a signed event in a log, on Debian 12 or 13, as root or with
# sudo (for apt-get only): installs what is missing, builds below build/ (or
# $HOOKCASK_BUILD; in the tree, if that is where it is built already), has
# "hookcask dev" start lighttpd on a free loopback port in a directory of its
# own, sends an event through it and has a batch job read it.
set -eu
umask 022

usage() {
    cat <<'END'
usage: deploy/quickstart.sh [--once]
  (none)  go on receiving until Ctrl-C, and show each event that arrives
  --once  stop and clean up after the first event; the status is 0 only if it
          was stored and consumed
END
}

once=no
case $#:${1-} in
0:) ;;
1:--once) once=yes ;;
1:--help | 1:-h) usage; exit 0 ;;
*) usage >&2; exit 64 ;;
esac

top=$(cd "$(dirname "$0")/.." && pwd)
build=${HOOKCASK_BUILD:-$top/build}
# the caller's environment must not configure what is started here
unset HOOKCASK_BUILD HOOKCASK_CONFIG HOOKCASK_SECRET HOOKCASK_SECRET_FILE \
    HOOKCASK_LOG HOOKCASK_SPOOL || :
say() { printf '\n== %s\n' "$*"; }

# -- 1. install and build ------------------------------------------------------
# Expected times are those of two quiet processors.
step() { say "$*; $(($(date +%s) - began)) s so far"; }
began=$(date +%s)
step "packages (a minute or more if some are missing)"
# shellcheck source=deploy/packages.sh
. "$top/deploy/packages.sh"
# shellcheck disable=SC2086,SC2154  # words on purpose; set in packages.sh
packages_need $packages_build lighttpd jq
echo "all there"

began=$(date +%s)
logs=$build/quickstart
mkdir -p "$logs"
# autoconf builds nowhere else once it has built there
if [ -f "$top/config.status" ]; then cd "$top"; else cd "$logs"; fi
quietly() { # LOG COMMAND...
    log=$logs/$1
    shift
    "$@" >"$log" 2>&1 </dev/null || {
        tail -n 30 "$log" >&2
        echo "$1 failed; all of it: $log" >&2
        exit 70
    }
}
if [ ! -x "$top/configure" ]; then
    step "bootstrap (15 s)"
    quietly bootstrap.log "$top/bootstrap"
fi
if [ ! -f config.status ]; then
    step "configure (20 s), in $logs"
    # to try it, not to keep it: what compiles soonest
    quietly configure.log "$top/configure" --disable-dependency-tracking \
        --disable-shared CFLAGS=-O0 CPPFLAGS=-U_FORTIFY_SOURCE
fi
# no dependencies were tracked
[ -z "$(find "$top/src" "$top/include" -name '*.h' -newer hookcask \
    2>/dev/null)" ] || quietly clean.log make clean
step "make (25 s)"
quietly make.log make -j"$(nproc)" hookcask.fcgi hookcask
echo "hookcask.fcgi, which receives; hookcask, which sends and reads"

# -- 2. an endpoint of its own ----------------------------------------------------
if [ "$(id -u)" -eq 0 ]; then
    # "hookcask dev" then runs as www-data, which must be able to get there
    dir=$(mktemp -d /tmp/hookcask-quickstart.XXXXXX)
else
    dir=$(mktemp -d "${TMPDIR:-/tmp}/hookcask-quickstart.XXXXXX")
fi
chmod 755 "$dir"
home=$dir/levers
log=$home/store/levers.jsonl
server='' watcher=''

# shellcheck disable=SC2317  # called by the trap
clean_up() {
    status=$?
    trap '' INT TERM HUP
    trap - EXIT
    # it ends lighttpd and the responder before it ends itself
    for pid in $server $watcher; do
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    if [ "$once" = yes ] || [ ! -s "$log" ]; then
        rm -rf "$dir"
    else
        printf '\nstopped; nothing is left running.  The events are in\n'
        echo "  $log"
    fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The tool uses the responder beside it, which was just built.
PATH=$PWD:$PATH
hookcask dev --name levers --dir "$home" \
    >"$dir/records" 2>"$dir/said" </dev/null &
server=$!
step "lighttpd (1 s)"
while [ ! -s "$home/url" ]; do
    if ! kill -0 "$server" 2>/dev/null; then
        status=0
        wait "$server" || status=$?
        server=''
        cat "$dir/said" >&2
        exit "$status"
    fi
    sleep 0.05
done
url=$(cat "$home/url")
port=${url#http://127.0.0.1:}
port=${port%%/*}
say "lighttpd listens; a fresh secret and configuration are in $home"
cat "$home/hookcask.conf"

# -- 3. an event ----------------------------------------------------------------------
# The documentation's example, in one line and without a line feed at its end,
# as a sender sends it.
printf '%s%s' '{"type":"phone_call.ended","timestamp":"2026-01-31T12:00:00Z",' \
    '"data":{"providerCallId":"CA-quickstart-1"}}' >"$dir/event.json"
sent=0
answer=$(hookcask send --secret-file "$home/levers.secret" \
    "$url" "$dir/event.json" 2>&1) || sent=$?
say "an event is signed and sent"
echo "hookcask send --secret-file $home/levers.secret \\"
echo "    $url event.json"
say "the HTTP answer"
printf '%s\n' "$answer"
if [ "$sent" -ne 0 ]; then
    echo "the event was not accepted (status $sent); what the server said:" >&2
    tail -n 20 "$dir/said" "$home/run/error" "$home/run/output" >&2 || :
    exit "$sent"
fi

# -- 4. the record, and who reads it ----------------------------------------------
say "the record, in $log"
hookcask cat "$log"
say "the example batch consumer: hookcask cat LOG | deploy/examples/ended.sh"
consumed=$(hookcask cat "$log" |
    "$top/deploy/examples/ended.sh")
printf '%s\n' "$consumed"
if [ "$consumed" != "Call ended: CA-quickstart-1" ]; then
    echo "the batch consumer did not see the event" >&2
    exit 70
fi
[ "$once" = no ] || exit 0

say "now a real sender"
cat <<END
lighttpd goes on at $url
  1. open a tunnel:     ngrok http $port
     or:                npx localtunnel --port $port
  2. give the sender its URL: https://THE-TUNNEL/webhooks/levers
  3. put the secret that the sender shows, whsec_..., on a line of its own in
     $home/levers.secret
     (it is read again at once; a line more is a secret more)
  4. let the sender send a test event: it appears here.
A refusal is explained in $home/diag
Ctrl-C ends it all.
END
say "events that arrive"
# tail ends with the server
tail -n +2 --pid="$server" -s 0.2 -f "$dir/records" 2>/dev/null |
    while IFS= read -r record; do
        printf '%s\n' "$record"
        printf '%s\n' "$record" | "$top/deploy/examples/ended.sh"
    done &
watcher=$!
wait "$server"
