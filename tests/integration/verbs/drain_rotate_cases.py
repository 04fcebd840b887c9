# SPDX-License-Identifier: ISC
"""drain: a log that logrotate itself has rotated, with our stanza."""

import re
import shutil
import subprocess
import time

from drain_scene import Store
from tap import Skip

NAME = "drain, logrotate"
DAY = 86400


def forty_rotations_without_a_drain_lose_nothing(place):
    program = shutil.which("logrotate", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        raise Skip("logrotate is not here")
    store = Store(place)
    text = place.good("config", "-c", store.conf, "logrotate").text
    # the user need not exist on this machine
    stanza = place.write("stanza", re.sub(r"(?m)^ *su .*\n", "", text))
    ids = []
    for age in range(40, 0, -1):
        ids.append(store.deliver())
        before = set(store.var.iterdir())
        subprocess.run([program, "--force", "--state", place.top / "state",
                        stanza], check=True, capture_output=True)
        renamed, = (path for path in store.var.glob("levers.jsonl-*")
                    if path not in before and path.suffix != ".gz")
        # as if each rotation that follows were a day later
        then = int(time.time()) - age * DAY
        renamed.rename(store.var / time.strftime(
            f"levers.jsonl-%Y%m%d-{then}", time.gmtime(then)))
    ids.append(store.deliver())
    assert len(list(store.var.glob("levers.jsonl-*.gz"))) >= 38
    store.drain()
    assert store.seen_ids() == ids


ALL = [forty_rotations_without_a_drain_lose_nothing]
