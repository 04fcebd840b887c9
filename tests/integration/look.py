#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The verbs that look at stores. Arguments choose cases by their names."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import drain_scene
import look_list_cases
import look_reading_cases
import look_status_cases
import tool_scene
from tap import Tap, skip_all


def main():
    wanted = sys.argv[1:]
    if not tool_scene.TOOL.exists() or not drain_scene.RESPONDER.exists():
        skip_all("the tool is not built here")
    tap = Tap()
    for module in (look_reading_cases, look_list_cases,
                   look_status_cases):
        for case in module.ALL:
            if wanted and case.__name__ not in wanted:
                continue
            with tool_scene.Place() as place:
                tap.run(f"{module.NAME}: "
                        f"{case.__name__.replace('_', ' ')}", case, place)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
