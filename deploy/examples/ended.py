#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
An example of a batch consumer: records on standard input, one JSON text a
line, as hookcask writes them. Says which calls have ended.

    hookcask cat LOG | ended.py        or        ended.py <LOG
"""

import base64
import json
import sys

# A record may come twice after power loss: its id is the key. A real job
# keeps these ids with its own data, in the same transaction.
seen = set()

for line in sys.stdin.buffer:  # bytes: lines end at 0x0A only
    record = json.loads(line)
    if record["id"] in seen:
        continue
    seen.add(record["id"])
    if "data_base64" in record:
        # genuine, but not JSON: the exact bytes are there all the same
        body = base64.b64decode(record["data_base64"])
        print(f"{record['id']}: {len(body)} bytes that are not JSON",
              file=sys.stderr)
    elif record["type"] == "phone_call.ended":
        event = record["data"]
        print(f"Call ended: {event['data']['providerCallId']}", flush=True)
