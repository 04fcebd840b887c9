#!/bin/sh
# SPDX-License-Identifier: ISC
# An example of a batch consumer: records on standard input, one JSON text a
# line, as hookcask writes them.  Says which calls have ended.
#
#   hookcask cat LOG | ended.sh        or        ended.sh <LOG
#
# A body that is not JSON stands in data_base64; such a record has no "data"
# and is passed over here, like any other type of event.
exec jq --unbuffered -r '
    select(.type == "phone_call.ended")
    | (.data.data.providerCallId)? // empty
    | "Call ended: \(.)"'
