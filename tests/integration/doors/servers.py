#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Every case through every web server that is installed here.

    servers.py [--build DIR] [--door NAME]... [--case WORD]... [--list]

DIR holds hookcask.fcgi (default: $top_builddir, or the current directory).
--case takes part of a case's name. Output is TAP, a table at its end.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import os
import pathlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import cases
import doors
import doors_apache
import doors_kept
import probe
import scene
from tap import Notes, Skip, Tap, in_workers, say

ALL = doors.ALL + doors_apache.ALL + doors_kept.ALL + [doors_kept.Caddy]
# Much of it is waiting; each door has a port and a directory of its own.
WORKERS = (os.cpu_count() or 1) + 1


def go_through(tap, door, wanted):
    """All cases at one door: {title: "ok", "FAIL" or "skip"}."""
    door.never = set()
    results = {}
    try:
        door.open()
    except Skip as why:
        tap.skip(f"{door.name}: all", why)
        door.remove()
        return results
    except Exception as why:
        tap.point(False, f"{door.name}: starts", why)
        door.remove()
        return {"starts": "FAIL"}
    try:
        for case in cases.ALL + cases.LAST:
            if case in cases.ALL and wanted and \
                    not any(word in case.title for word in wanted):
                continue
            result = tap.run(f"{door.name}: {case.title}", case, door)
            results[case.title] = result
            if result == "FAIL":
                tap.comment(door.scene.words())
    finally:
        door.remove()
    return results


def _go(work):
    """In a process of its own: (name of the door, what to print, results)."""
    kind, wanted = work
    notes, door, results = Notes(), kind(), None
    if kind in ALL:
        results = go_through(notes, door, wanted)
    else:
        probe.check(notes, door)
    return door.name, notes.said, results


def table(tap, results):
    """Doors by cases; a column is a door."""
    names = list(results)
    titles = []
    for column in results.values():
        titles += [title for title in column if title not in titles]
    width = max([len(title) for title in titles], default=0)
    for i, name in enumerate(names):
        tap.comment(" " * (width + 2) + "|    " * i + name)
    for title in titles:
        row = [results[name].get(title, "-") for name in names]
        tap.comment(f"{title:{width}}  " +
                    "".join(f"{word:5}" for word in row).rstrip())


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("--door", action="append", default=[])
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        for door in ALL + probe.BROKEN:
            print(door.name)
        return 0
    if options.build:
        scene.BUILD = options.build.resolve()
    tap = Tap()
    results = {}
    work = [(kind, options.case) for kind in ALL + probe.BROKEN
            if not options.door or kind.name in options.door]
    with doors_apache.suexec_log():
        for name, said, result in in_workers(WORKERS, _go, work):
            say(tap, said)
            if result is not None:
                results[name] = result
    if not options.door:
        probe.check_warm(tap)
    table(tap, results)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
