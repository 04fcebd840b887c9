# SPDX-License-Identifier: ISC
"""
drain, killed at moments that a seed chooses: each event is handed over, and
again only if its run had not ended.
"""

import collections
import gzip
import random
import time

from drain_scene import Store, ids_of
from drain_run_cases import both

NAME = "drain, killed"
KILLS = 15
EVENTS = 150

# each run writes down its begin and its end, a line each
RUN = ('echo "begin $PPID $HOOKCASK_ID" >>"$SEEN"; '
       'echo "end $PPID $HOOKCASK_ID" >>"$SEEN"')


class Killing:
    def __init__(self, store, seed, *options):
        self.store = store
        self.random = random.Random(seed)
        self.options = options

    def run(self):
        """Starts a drain and kills it. True: it was at its end already."""
        process = self.store.start(*self.options, command=["sh", "-c", RUN])
        time.sleep(self.random.uniform(0.005, 0.06))
        process.kill()
        process.communicate(timeout=60)
        return process.returncode == 0

    def rows(self):
        return [row.split() for row in
                self.store.seen_file.read_text().splitlines()]


def fill(store):
    """A log in three files, one of them compressed."""
    if store.spool:
        store.put(ids_of(EVENTS))
        return
    third = EVENTS // 3
    for part in range(3):
        store.put(ids_of(third, third * part))
        if part == 2:
            break
        path = store.log.rename(store.var / f"levers.jsonl.{2 - part}")
        if part == 0:
            (store.var / "levers.jsonl.2.gz").write_bytes(
                gzip.compress(path.read_bytes()))
            path.unlink()


def one_at_a_time(store):
    store.seen_file.touch()
    fill(store)
    killing = Killing(store, 1, "--once")
    for _ in range(KILLS):
        killing.run()
    assert store.shell(RUN).code == 0
    begun = collections.defaultdict(list)
    for at, (what, drain, msg_id) in enumerate(killing.rows()):
        if what == "begin":
            begun[msg_id].append((at, drain))
    assert sorted(begun) == ids_of(EVENTS)
    # the next run of a drain begins when the end before it is written down
    following = {}
    last = {}
    for what, drain, msg_id in killing.rows():
        # 1: its drain was killed before it had begun
        if what != "begin" or drain == "1":
            continue
        if drain in last:
            following[last[drain]] = drain
        last[drain] = msg_id
    for msg_id, runs in begun.items():
        drains = [drain for _, drain in runs]
        for drain in drains[:-1]:
            assert following.get(msg_id) != drain, (msg_id, runs)
    again = sum(len(runs) - 1 for runs in begun.values())
    assert again <= KILLS, again


def with_jobs_and_a_batch(store):
    store.seen_file.touch()
    fill(store)
    killing = Killing(store, 2, "--once", "--jobs", 4)
    for _ in range(KILLS):
        killing.run()
    assert store.shell(RUN, "--jobs", 4).code == 0
    begun = collections.Counter(
        row[2] for row in killing.rows() if row[0] == "begin")
    assert sorted(begun) == ids_of(EVENTS)
    again = sum(begun.values()) - EVENTS
    assert again <= 4 * KILLS, again


def with_failures(store):
    """Entries, back-off and setting aside are cut at any moment, too."""
    store.seen_file.touch()
    store.put(ids_of(60))
    failing = RUN + '; case $HOOKCASK_ID in *7) exit 1;; esac'
    rng = random.Random(3)
    for _ in range(KILLS):
        process = store.start("--tries", "3", "--retry-delay", "0.02",
                              command=["sh", "-c", failing])
        time.sleep(rng.uniform(0.005, 0.1))
        process.kill()
        process.communicate(timeout=60)
    result = store.shell(failing, "--tries", 3, "--retry-delay", "0.02")
    assert result.code in (0, 65), result
    begun = collections.Counter(
        row.split()[2] for row in store.seen_file.read_text().splitlines()
        if row.startswith("begin"))
    assert sorted(begun) == ids_of(60)
    bad = [i for i in ids_of(60) if i.endswith("7")]
    assert all(begun[i] >= 3 for i in bad), begun
    assert sorted(row.split()[0] for row in
                  store.failed().text.splitlines()[1:]) == bad


ALL = [*both(one_at_a_time), *both(with_jobs_and_a_batch),
       *both(with_failures)]
