#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
The built hookcask.fcgi through FastCGI and CGI, with a peer that is no web
server: every reply, every bad habit. Arguments choose cases by their names.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import cgi_cases
import confine_cases
import fcgi_cases
import flood_cases
import local_cases
import responder_cases
import scene
from responder_cases import title
from responder_doors import Cgi, FastCgi
from tap import Tap, skip_all


def main():
    wanted = sys.argv[1:]

    def chosen(cases):
        return [c for c in cases if not wanted or c.__name__ in wanted]

    if not (scene.BUILD / "hookcask.fcgi").exists():
        skip_all("hookcask.fcgi is not built here")
    tap = Tap()
    for Door in (Cgi, FastCgi):
        with Door() as door:
            for case in chosen(responder_cases.ALL):
                name = f"{Door.name}: {title(case)}"
                if tap.run(name, case, door) == "FAIL":
                    tap.comment(door.scene.words())
    for Door, cases in ((Cgi, cgi_cases.ALL), (FastCgi, fcgi_cases.ALL),
                        (FastCgi, confine_cases.ALL),
                        (FastCgi, flood_cases.ALL),
                        (FastCgi, local_cases.ALL)):
        for case in chosen(cases):
            tap.run(f"{Door.name}: {title(case)}", case, Door)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
