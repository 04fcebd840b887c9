#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""drain and failed. Arguments choose cases by their names."""

import multiprocessing
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import drain_example_cases
import drain_failed_cases
import drain_kill_cases
import drain_log_cases
import drain_run_cases
import drain_scene
import drain_spool_cases
import tool_scene
from tap import Tap, judge, skip_all

WORKERS = 3


CASES = [(module.NAME, case) for module in (
    drain_run_cases, drain_log_cases, drain_spool_cases, drain_failed_cases,
    drain_kill_cases, drain_example_cases) for case in module.ALL]


def run(number):
    with tool_scene.Place() as place:
        return judge(CASES[number][1], place)


def main():
    wanted = sys.argv[1:]
    if not tool_scene.TOOL.exists() or not drain_scene.RESPONDER.exists():
        skip_all("the tool is not built here")
    tap = Tap()
    numbers = [number for number, (_, case) in enumerate(CASES)
               if not wanted or case.__name__ in wanted]
    # most of the time they wait for something
    with multiprocessing.get_context("fork").Pool(WORKERS) as pool:
        for number, found in zip(numbers, pool.imap(run, numbers)):
            name, case = CASES[number]
            tap.report(f"{name}: {case.__name__.replace('_', ' ')}", *found)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
