#!/bin/sh
# SPDX-License-Identifier: ISC
# Each example of a batch consumer reads the same records and must say the
# same; one whose interpreter is missing is skipped.
examples=${top_srcdir:-$(dirname "$0")/../../..}/deploy/examples

record() { # ID TYPE LAST-MEMBER
    printf '{"specversion":"1.0","id":"%s","source":"levers",' "$1"
    printf '"type":"%s","time":"2026-01-31T12:00:00Z",' "$2"
    printf '"received":"2026-01-31T12:00:01.000001Z",'
    printf '"svixsignature":"v1,x","svixkey":"1f3a9c04",'
    printf '"datacontenttype":"application/json",%s}\n' "$3"
}
ended() { # CALL
    printf '"data": {"type":"phone_call.ended", "data":'
    printf '{"providerCallId":"%s"}} ' "$1"
}
records() {
    record msg_1 phone_call.ended "$(ended CA-1)"
    record msg_2 phone_call.started '"data":{"data":{"providerCallId":"no"}}'
    record msg_3 svix.webhook '"data_base64":"AP8="'
    record msg_4 svix.webhook '"data":"text"'
    record msg_5 phone_call.ended "\"raw\":\"e30K\",$(ended 'Ünï 2')"
    # U+2028 ends a line for some, and must not here
    record msg_6 phone_call.ended "$(ended "$(printf 'CA\342\200\2503')")"
}
wanted() {
    printf 'Call ended: CA-1\nCall ended: Ünï 2\n'
    printf 'Call ended: CA\342\200\2503\n'
}

echo 1..4
number=0
for example in ended.sh:jq ended.py:python3 ended.php:php ended.pl:perl; do
    number=$((number + 1))
    name=${example%:*} interpreter=${example#*:}
    if ! command -v "$interpreter" >/dev/null 2>&1; then
        echo "ok $number - $name # SKIP no $interpreter"
        continue
    fi
    said=$(records | "$examples/$name" 2>/dev/null) || said="exit $?: $said"
    if [ "$said" = "$(wanted)" ]; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        printf '%s\n' "$said" | sed 's/^/# /'
    fi
done
