#!/bin/sh
# SPDX-License-Identifier: ISC
# From nothing to a signed event in a log, on Debian 12, as root or with sudo
# (for apt-get only): installs what is missing, builds below build/ (or
# $HOOKCASK_BUILD), starts lighttpd on a free loopback port in a directory of
# its own, sends an event through it and has a batch job read it.
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
# what the caller's shell has set must not configure what is started here
unset HOOKCASK_BUILD HOOKCASK_CONFIG HOOKCASK_SECRET HOOKCASK_SECRET_FILE \
    HOOKCASK_LOG HOOKCASK_SPOOL || :
say() { printf '\n== %s\n' "$*"; }

# -- 1. install and build ------------------------------------------------------
say "packages"
# shellcheck source=deploy/packages.sh
. "$top/deploy/packages.sh"
# shellcheck disable=SC2086,SC2154  # words on purpose; set in packages.sh
packages_need $packages_build lighttpd jq
echo "all there"

say "build, in $build/quickstart"
mkdir -p "$build/quickstart"
cd "$build/quickstart"
quietly() { # LOG COMMAND...
    log=$PWD/$1
    shift
    "$@" >"$log" 2>&1 </dev/null || {
        tail -n 30 "$log" >&2
        echo "$1 failed; all of it: $log" >&2
        exit 70
    }
}
if [ ! -x "$top/configure" ]; then
    quietly bootstrap.log "$top/bootstrap"
fi
[ -f config.status ] || quietly configure.log "$top/configure"
quietly make.log make -j"$(nproc)" hookcask.fcgi hookcask
echo "hookcask.fcgi, which receives; hookcask, which sends and reads"

# -- 2. a directory of its own ----------------------------------------------------
# The web server runs as an unprivileged user, who must be able to get there.
if [ "$(id -u)" -eq 0 ]; then
    user=www-data
    dir=$(mktemp -d /tmp/hookcask-quickstart.XXXXXX)
else
    user=$(id -un)
    dir=$(mktemp -d "${TMPDIR:-/tmp}/hookcask-quickstart.XXXXXX")
fi
server='' watcher=''

# Responders that run from our own directory, by their command lines.
responders() {
    for process in /proc/[0-9]*; do
        program=$(tr '\0' '\n' 2>/dev/null <"$process/cmdline" | head -n 1)
        case $program in
        "$dir"/bin/*) echo "${process#/proc/}" ;;
        esac
    done 2>/dev/null
}
# shellcheck disable=SC2317  # called by the trap
clean_up() {
    status=$?
    trap '' INT TERM HUP
    trap - EXIT
    # the server takes its responders with it; what it leaves, we end
    for pid in $server $watcher; do
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    tries=0
    while [ -n "$(responders)" ] && [ "$tries" -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    for pid in $(responders); do
        kill -9 "$pid" 2>/dev/null || :
    done
    if [ "$once" = yes ] || [ ! -s "$dir/var/levers.jsonl" ]; then
        rm -rf "$dir"
    else
        printf '\nstopped; nothing is left running.  The events are in\n'
        echo "  $dir/var/levers.jsonl"
    fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "a fresh secret and configuration, in $dir"
chmod 755 "$dir"
mkdir "$dir/bin" "$dir/etc" "$dir/var" "$dir/run" "$dir/run/lighttpd" \
    "$dir/public"
cp hookcask.fcgi hookcask "$dir/bin/"
PATH=$dir/bin:$PATH
(umask 077 && hookcask keygen >"$dir/etc/levers.secret")
cat >"$dir/etc/hookcask.conf" <<END
diag = "$dir/run/diag"
endpoint "levers" {
    path        = "/webhooks/levers"
    secret-file = "$dir/etc/levers.secret"
    log         = "$dir/var/levers.jsonl"
}
END
cat "$dir/etc/hookcask.conf"

# -- 3. lighttpd ---------------------------------------------------------------------
# Its part for hookcask is the very text that is installed elsewhere.
hookcask config --config "$dir/etc/hookcask.conf" --run-dir "$dir/run" \
    lighttpd >"$dir/etc/webhooks.conf"
cat >"$dir/etc/lighttpd.conf" <<END
server.document-root = "$dir/public"
server.bind = "127.0.0.1"
server.port = env.PORT
server.errorlog = "$dir/run/error.log"
server.pid-file = "$dir/run/lighttpd.pid"
server.upload-dirs = ( "$dir/run" )
server.modules = ()
include "$dir/etc/webhooks.conf"
END
if [ "$user" = www-data ]; then
    cat >>"$dir/etc/lighttpd.conf" <<END
server.username = "www-data"
server.groupname = "www-data"
END
    chown -R www-data:www-data "$dir/etc/levers.secret" "$dir/var" "$dir/run"
fi
chmod 700 "$dir/var"

# The documentation's example, in one line and without a line feed at its end,
# as a sender sends it.
printf '%s%s' '{"type":"phone_call.ended","timestamp":"2026-01-31T12:00:00Z",' \
    '"data":{"providerCallId":"CA-quickstart-1"}}' >"$dir/event.json"

# Ports are tried until lighttpd gets one; then it writes its pid file.
lighttpd=$(PATH=$PATH:/usr/sbin command -v lighttpd)
PORT=$(($(od -An -N2 -tu2 /dev/urandom) % 20000 + 20000))
export PORT
tries=0
until [ -s "$dir/run/lighttpd.pid" ]; do
    if [ -z "$server" ] || ! kill -0 "$server" 2>/dev/null; then
        tries=$((tries + 1))
        if [ "$tries" -gt 20 ]; then
            echo "lighttpd does not start:" >&2
            tail -n 20 "$dir/run/output" "$dir/run/error.log" >&2 || :
            exit 69
        fi
        PORT=$((PORT + 1))
        "$lighttpd" -D -f "$dir/etc/lighttpd.conf" \
            >>"$dir/run/output" 2>&1 </dev/null &
        server=$!
    fi
    sleep 0.05
done
url=http://127.0.0.1:$PORT/webhooks/levers
sent=0
answer=$(hookcask send --secret-file "$dir/etc/levers.secret" \
    "$url" "$dir/event.json" 2>&1) || sent=$?
say "lighttpd listens; an event is signed and sent"
echo "hookcask send --secret-file $dir/etc/levers.secret \\"
echo "    $url event.json"
say "the HTTP answer"
printf '%s\n' "$answer"
if [ "$sent" -ne 0 ]; then
    echo "the event was not accepted (status $sent); what the server said:" >&2
    tail -n 20 "$dir/run/output" "$dir/run/error.log" "$dir/run/diag" >&2 || :
    exit "$sent"
fi

# -- 4. the record, and who reads it ----------------------------------------------
say "the record, in $dir/var/levers.jsonl"
hookcask cat "$dir/var/levers.jsonl"
say "the example batch consumer: hookcask cat LOG | deploy/examples/ended.sh"
consumed=$(hookcask cat "$dir/var/levers.jsonl" |
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
  1. open a tunnel:     ngrok http $PORT
     or:                npx localtunnel --port $PORT
  2. give the sender its URL: https://THE-TUNNEL/webhooks/levers
  3. put the secret that the sender shows, whsec_..., on a line of its own in
     $dir/etc/levers.secret
     (it is read again at once; a line more is a secret more)
  4. let the sender send a test event: it appears here.
A refusal is explained in $dir/run/diag
Ctrl-C ends it all.
END
say "events that arrive"
# tail ends with the server
tail -n +2 --pid="$server" -s 0.2 -f "$dir/var/levers.jsonl" 2>/dev/null |
    while IFS= read -r record; do
        printf '%s\n' "$record"
        printf '%s\n' "$record" | "$top/deploy/examples/ended.sh"
    done &
watcher=$!
wait "$server"
