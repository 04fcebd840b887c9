#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Upgrade and downgrade under load: responders and drains of two versions
take turns on one store, and drains are ended and killed. Nothing that was
answered is lost, nothing is stored twice, and only an event in whose run a
drain was killed may be handed over again.

    two_versions.py [--other DIR] [--events N]

DIR: where the other version was built; without it this one plays both, which
shows only that this test works.
"""

import argparse
import collections
import itertools
import pathlib
import random
import subprocess
import sys
import threading

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder)
                for folder in ("harness", "doors")]

import tool_scene
from drain_scene import PROGRAMS, Store
from tap import Tap, skip_all

SENDERS = 4


class Both:
    """A store, and who works on it."""

    def __init__(self, place, spool, other, events):
        self.store = Store(place, spool=spool)
        self.versions = [PROGRAMS, (other / "hookcask",
                                    other / "hookcask.fcgi")]
        self.events = events
        self.acknowledged = set()
        self.killed = 0
        self.wrong = []
        self.sent = threading.Event()

    def send(self, number):
        rnd = random.Random(number)
        try:
            for i in range(self.events):
                msg_id = f"msg_{number}_{i}"
                # the sender repeats one of four
                for _ in range(1 + (rnd.random() < 0.25)):
                    self.store.deliver(msg_id=msg_id, program=rnd.choice(
                        self.versions)[1])
                    self.acknowledged.add(msg_id)
        except AssertionError as error:
            self.wrong.append(error)

    def drain(self):
        rnd = random.Random(SENDERS)
        for number in itertools.count():
            if self.sent.is_set():
                return
            # at most so often that a responder finds one that stays
            if not self.store.spool and self.store.log.exists() and \
                    self.store.log.stat().st_size > 4000:
                self.store.log.rename(f"{self.store.log}.{number}")
            tool = rnd.choice(self.versions)[0]
            process = subprocess.Popen(
                [tool, *self.store.arguments()], env=self.store.place.env,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE)
            try:
                process.wait(0.05 + 0.4 * rnd.random())
            except subprocess.TimeoutExpired:
                process.send_signal(rnd.choice([9, 15]))
            _, said = process.communicate()
            self.killed += process.returncode == -9
            # -15: before it could catch that
            if process.returncode not in (0, -9, -15, 75):
                self.wrong.append((process.returncode, said))

    def play(self):
        senders = [threading.Thread(target=self.send, args=(n,))
                   for n in range(SENDERS)]
        drain = threading.Thread(target=self.drain)
        for thread in [*senders, drain]:
            thread.start()
        for thread in senders:
            thread.join()
        self.sent.set()
        drain.join()
        assert not self.wrong, self.wrong
        self.store.good()
        seen = collections.Counter(self.store.seen_ids())
        assert set(seen) == self.acknowledged, \
            self.acknowledged.symmetric_difference(seen)
        again = sum(count - 1 for count in seen.values())
        assert again <= self.killed, (again, self.killed)
        # each id has one record, and one entry in the index
        self.store.place.good("audit", "-c", self.store.conf)


def two_versions(kind, other, events):
    with tool_scene.Place() as place:
        Both(place, kind == "spool", other, events).play()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--other", type=pathlib.Path,
                        default=PROGRAMS[0].parent)
    parser.add_argument("--events", type=int, default=25)
    args = parser.parse_args()
    if not all(program.exists() for program in PROGRAMS):
        skip_all("the tool is not built here")
    tap = Tap()
    for kind in ("log", "spool"):
        tap.run(f"two versions on a {kind}", two_versions, kind, args.other,
                args.events)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
