#!/bin/sh
# SPDX-License-Identifier: ISC
# An example of a batch consumer: says which calls have ended.
#
#   hookcask drain -- ended.sh               one event a run: its exact body
#   hookcask drain --batch 100 -- ended.sh   records, one JSON text a line
#   hookcask cat | ended.sh                  likewise; remembers nothing
#
# After a crash an event may arrive twice: its id is the key.  Exit status 0
# means done, 75 that drain should try later, anything else that it failed.
# jq before 1.7 rounds numbers of more than 17 digits.
if [ -n "${HOOKCASK_ID-}" ]; then
    [ "$HOOKCASK_TYPE" = phone_call.ended ] || exit 0
    exec jq -r '"Call ended: \(.data.providerCallId // error("no call"))"'
fi

# A body that is not JSON is in data_base64; such a record has no "data" and is
# skipped here, like any other type of event.
exec jq --unbuffered -r '
    select(.type == "phone_call.ended")
    | (.data.data.providerCallId)? // empty
    | "Call ended: \(.)"'
