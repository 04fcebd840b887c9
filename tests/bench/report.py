#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
What a report of a week costs in a store of years: time and memory of
"hookcask report" with 70,000 events of the last week after many older ones.

    report.py [--records N] BUILD

N: of all records, 1,000,000 by default; 10,000,000 need 3 GB in $TMPDIR. It
also makes the index, as a responder would have done.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

WEEK = 70_000
ROTATED = 500_000   # records in a file
LINE = (
    '{{"specversion":"1.0","id":"msg_{n:024d}","source":"levers",'
    '"type":"phone_call.ended","time":"{at}Z","received":"{at}.{us:06d}Z",'
    '"svixsignature":"v1,f9bfhclxByXfL2WAALWMJx7+dFvqsNBMqNJtpHjp99w=",'
    '"svixkey":"40b3c122","datacontenttype":"application/json","data":'
    '{{"type":"phone_call.ended","n":{n}}}}}\n')
CONF = """endpoint "levers" {{
    path = "/levers"
    secret-file = "{top}/secret"
    log = "{top}/var/levers.jsonl"
}}
"""


def times(records):
    """Evenly: the last week's, and before that the others in two years."""
    now = int(time.time())
    old = records - WEEK
    for n in range(records):
        if n < old:
            yield now - 731 * 86400 + n * 724 * 86400 // old
        else:
            yield now - 7 * 86400 + (n - old) * 7 * 86400 // WEEK


def write(var, records):
    out = None
    text = last = None
    for n, at in enumerate(times(records)):
        if n % ROTATED == 0:
            if out is not None:
                out.close()
            name = "levers.jsonl"
            if records - n > ROTATED:
                name += f".{(records - n) // ROTATED}"
            out = open(var / name, "w", encoding="ascii", opener=lambda
                       path, flags: os.open(path, flags, 0o600))
        if at != last:
            text, last = time.strftime("%FT%T", time.gmtime(at)), at
        out.write(LINE.format(n=n, at=text, us=n % 1_000_000))
    out.close()


def run(tool, *words):
    before = time.monotonic()
    subprocess.run([tool, *words], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - before


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("build", type=pathlib.Path)
    args = parser.parse_args()
    tool = args.build.resolve() / "hookcask"
    with tempfile.TemporaryDirectory(prefix="hookcask.") as name:
        top = pathlib.Path(name)
        var = top / "var"
        var.mkdir(0o700)
        secret = top / "secret"
        secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
        secret.chmod(0o600)
        conf = top / "hookcask.conf"
        conf.write_text(CONF.format(top=top))
        write(var, args.records)
        run(tool, "index", "-c", conf, "--rebuild")
        # a child's memory counts as the largest of all children until then
        child = os.fork()
        if child == 0:
            seconds = run(tool, "report", "-c", conf)
            most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            print(f"{args.records:,} records, {WEEK:,} of the last week: "
                  f"{seconds:.2f} s, {most / 1024:.1f} MiB", flush=True)
            os._exit(0)
        sys.exit(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main()
