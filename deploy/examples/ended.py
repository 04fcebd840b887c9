#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
An example of a batch consumer: says which calls have ended.

    hookcask drain -- ended.py               one event a run: its exact body
    hookcask drain --batch 100 -- ended.py   records, one JSON text a line
    hookcask cat | ended.py                  likewise; remembers nothing

Exit status 0 means done, 75 that drain should try later, anything else (an
exception gives 1) that it failed.
"""

import base64
import json
import os
import sys


def ended(event):
    print(f"Call ended: {event['data']['providerCallId']}", flush=True)


if "HOOKCASK_ID" in os.environ:
    if os.environ["HOOKCASK_TYPE"] == "phone_call.ended":
        ended(json.load(sys.stdin.buffer))
    sys.exit()

# After a crash an event may arrive twice: its id is the key. A real job stores
# these ids with its own data, in the same transaction.
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
        ended(record["data"])
