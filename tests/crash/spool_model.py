#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A model of one event of a spool: where its file is, what the state says of
it, and how far a drain, "failed" and an operator are.  All that they can do in
any order is explored, with kills and power losses between any two steps.

Each step is named after the function that makes it.  The model is right only
while the code does what the step says; the crash sweep (hand_sweep) is about
the code itself.

It must hold in each state that can be reached:

    kept    an event whose program has not succeeded, and that nobody dropped,
            is in new/, cur/ or failed/
    ends    once nobody runs, a drain whose programs succeed hands it over, or
            "failed list" names it
    true    once that drain is done, "failed list" names no event whose last
            run succeeded

The same is explored with one rule left out at a time: then one of them must
break, or the model would show nothing."""

import pathlib
import sys
from collections import namedtuple

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src/cli"
# the steps, and where they are made
STEPS = {
    "batch/drain_spool.c": ("take", "load", "done", "failed"),
    "batch/drain_spool_entry.c": ("settle_entry", "spool_set_aside"),
    "batch/drain_ends.c": ("drain_job_ended",),
    "batch/drain_run.c": ("save", "sync_soon"),
    "batch/failed_items.c": ("is_set_aside",),
    "batch/failed_change.c": ("change_entry", "change_file"),
    "keep/prune_spool.c": ("prune_names",),
    "reading/spool_dirs.c": ("spool_dirs_sync",),
}
# what can be left out, and must be missed then
RULES = ("take drops the entry", "settle_entry", "take looks at cur/")

# file: new cur done failed gone; entry: none waiting failed; as they are and
# as they are on the disk; ever, last: a run has succeeded, the last one has;
# drain: off idle hand ok bad aside; retry: off read entry file; lock: "" D R
State = namedtuple("State", "file entry disk_file disk_entry ever last dropped "
                   "drain known pending retry lock")
START = State("new", "none", "new", "none", False, False, False, "off", False,
              "", "off", "")


def settled(s):
    """settle_entry(): the directories are right."""
    if s.file in ("new", "cur"):
        entry = "none" if s.entry == "failed" else s.entry
    elif s.file != "failed":
        entry = "none"
    else:
        entry = "failed" if s.entry == "waiting" else s.entry
    return s._replace(entry=entry)


def is_set_aside(s):
    """What "failed list" names."""
    return s.file == "failed" or (s.entry == "failed" and
                                  s.file not in ("new", "cur"))


def saved(s):
    """save(): what the drain has to tell is written."""
    entry = {"": s.entry, "drop": "none"}.get(s.pending, s.pending)
    return s._replace(entry=entry, pending="")


def drain_steps(s, without, succeeds):
    if s.drain == "off":
        if s.lock == "":
            after = s if "settle_entry" in without else settled(s)
            yield "settle_entry", after._replace(drain="idle", pending="")
        return
    if s.drain == "idle" and s.lock != "D":
        if s.pending and s.lock == "":
            yield "save", saved(s)
        if s.pending:
            return
        if s.file == "new" or (s.file == "cur" and
                               "take looks at cur/" not in without):
            moved = s._replace(file="cur")
            if s.entry == "waiting":
                yield "take", moved
            else:
                yield "take", moved._replace(
                    drain="hand", known=False, last=False,
                    pending="drop" if s.entry == "failed" and
                    "take drops the entry" not in without else "")
        if s.entry == "waiting":
            there = s.file in ("new", "cur")
            yield "load", s._replace(file="cur", drain="hand", known=True,
                                     last=False) \
                if there else s._replace(pending="drop")
        yield "sync_soon", s._replace(disk_file=s.file, disk_entry=s.entry)
    elif s.drain == "hand":
        yield "drain_job_ended", s._replace(drain="ok", ever=True, last=True)
        if not succeeds:
            yield "drain_job_ended", s._replace(drain="bad")
    elif s.drain == "ok":
        # its file may have been moved by somebody else
        yield "done", s._replace(
            file="done" if s.file == "cur" else s.file, drain="idle",
            pending="drop" if s.known or s.pending else "", known=False)
    elif s.drain == "bad":
        yield "failed", s._replace(drain="idle", pending="waiting",
                                   known=False)
        if s.lock == "":
            yield "spool_set_aside", s._replace(
                drain="aside", lock="D", pending="", entry="failed")
    elif s.drain == "aside":
        yield "spool_set_aside", s._replace(
            drain="idle", known=False, lock="",
            file="failed" if s.file == "cur" else s.file)


def retry_steps(s):
    if s.retry == "off" and s.lock == "" and is_set_aside(s):
        yield "is_set_aside", s._replace(retry="read", lock="R")
    elif s.retry == "read":
        yield "change_entry", s._replace(
            retry="entry", entry="none", disk_entry="none")
    elif s.retry == "entry":
        moved = s._replace(retry="file")
        yield "change_file", moved._replace(
            file="new" if s.file == "failed" else s.file)
        if s.file == "failed":
            yield "change_file", moved._replace(file="gone", dropped=True)
    elif s.retry == "file":
        yield "spool_dirs_sync", s._replace(retry="off", lock="",
                                            disk_file=s.file)


def others(s):
    if s.file == "failed":
        yield "mv failed/F new/", s._replace(file="new")
    if s.file == "done":
        yield "prune_names", s._replace(file="gone")
    if s.drain != "off":
        yield "kill drain", s._replace(
            drain="off", known=False, pending="",
            lock="" if s.lock == "D" else s.lock)
    if s.retry != "off":
        yield "kill failed", s._replace(
            retry="off", lock="" if s.lock == "R" else s.lock)


def power_losses(s):
    # what was not synced counts for nothing, a run neither
    off = s._replace(drain="off", known=False, pending="", retry="off",
                     lock="", last=False)
    for file in {s.file, s.disk_file}:
        for entry in {s.entry, s.disk_entry}:
            yield "power loss", off._replace(
                file=file, entry=entry, disk_file=file, disk_entry=entry)


def steps(s, without):
    yield from drain_steps(s, without, False)
    yield from retry_steps(s)
    yield from others(s)
    yield from power_losses(s)


def wrong_at_end(s, without):
    """What a drain that begins, or follows, comes to by itself."""
    seen, todo = {s}, [s]
    for at in todo:
        after = [t for name, t in drain_steps(at, without, True) if t != at]
        if not after and not (at.ever or at.dropped or is_set_aside(at)):
            return "ends"
        if not after and at.last and is_set_aside(at):
            return "true"
        for t in after:
            if t not in seen:
                seen.add(t)
                todo.append(t)
    return None


def explore(without=()):
    """The number of states, and how the first bad one is reached."""
    came = {START: None}
    todo = [START]
    for s in todo:
        wrong = None
        if not (s.ever or s.dropped) and \
                s.file not in ("new", "cur", "failed"):
            wrong = "kept"
        elif s.drain in ("off", "idle") and s.retry == "off":
            wrong = wrong_at_end(s, without)
        if wrong:
            trail = [wrong]
            while came[s] is not None:
                s, name = came[s]
                trail.append(name)
            return len(came), trail[::-1]
        for name, t in steps(s, without):
            if t not in came:
                came[t] = (s, name)
                todo.append(t)
    return len(came), None


def main():
    bad = [f"{file}: {name}" for file, names in STEPS.items()
           for name in names
           if f"\n{name}(" not in (SOURCE / file).read_text()]
    results = [("each step is a function", not bad, bad)]
    count, trail = explore()
    results.append((f"{count} states: kept, it ends, what is said is true",
                    trail is None, trail))
    for rule in RULES:
        count, trail = explore((rule,))
        results.append((f"without \"{rule}\" it breaks", trail is not None,
                        None))
        if "--trails" in sys.argv:
            print(f"# {rule}: {trail}")
    print(f"1..{len(results)}")
    for number, (name, good, why) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good and why:
            print(f"# {', '.join(why)}")
    return 0 if all(good for _, good, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
