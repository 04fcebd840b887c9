#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
relay-pgsql with a real PostgreSQL that this test starts itself. Without one,
or in a build without --with-pgsql, it is skipped. Arguments choose cases.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import relay_pgsql_cases
import verbs
from drain_scene import PROGRAMS
from tap import skip_all

if __name__ == "__main__":
    if not relay_pgsql_cases.RELAY.exists():
        skip_all("relay-pgsql is not built here")
    if relay_pgsql_cases.BIN is None:
        skip_all("no PostgreSQL server")
    sys.exit(verbs.main((relay_pgsql_cases,), PROGRAMS, workers=2))
