#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs one test with a limit of its own, names it when it hits the limit, and
# says how long it took:
#	limit.sh COMMAND [ARG]...
# TEST_LIMIT: seconds (default 900).  In the foreground, so that whoever ends
# the whole run reaches the test, too.
limit=${TEST_LIMIT:-900}
began=$(date +%s)
timeout --foreground -k 20 "$limit" "$@"
status=$?
case $status in
124 | 137)
    for word; do
        case $word in */tests/* | tests/*) test=$word ;; esac
    done
    echo "Bail out! ${test:-$1}: ended at its time limit of $limit s"
    ;;
esac
echo "# took $(($(date +%s) - began)) s"
exit "$status"
