# SPDX-License-Identifier: ISC
"""Runs the cases of verbs, each in a place of its own."""

import pathlib
import sys

import tool_scene
from tap import Tap, in_workers, skip_all, verdict_of

cases = []


def _in_a_place(case):
    with tool_scene.Place() as place:
        case(place)


def _run(number):
    return verdict_of(_in_a_place, cases[number][1])


def main(modules, needed=(tool_scene.TOOL,), workers=1):
    """Arguments choose cases by their names."""
    wanted = sys.argv[1:]
    if not all(program.exists() for program in needed):
        skip_all("the tool is not built here")
    cases.extend((module.NAME, case) for module in modules
                 for case in module.ALL)
    numbers = [number for number, (_, case) in enumerate(cases)
               if not wanted or case.__name__ in wanted]
    if not wanted:
        tool_scene.write_down(pathlib.Path(sys.argv[0]).stem)
    tap = Tap()
    for found, number in zip(in_workers(workers, _run, numbers), numbers):
        name, case = cases[number]
        tap.report(f"{name}: {case.__name__.replace('_', ' ')}", *found)
    return tap.done()
