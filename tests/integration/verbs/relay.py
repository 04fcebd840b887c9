#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
The relays with real servers that this test starts itself. Those that are not
built here, or have no server, are skipped. Arguments choose cases.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import relay_doc_cases
import relay_mariadb_cases
import relay_nats_cases
import relay_pgsql_cases
import verbs
from drain_scene import PROGRAMS
from tap import skip_all

if __name__ == "__main__":
    modules = [module for module in (relay_pgsql_cases, relay_nats_cases)
               if module.RELAY.exists() and module.SERVER is not None]
    if not modules:
        skip_all("no relay is built here, or there is no server")
    modules.append(relay_doc_cases)
    if relay_mariadb_cases.SERVER is not None:
        modules.append(relay_mariadb_cases)
    sys.exit(verbs.main(modules, PROGRAMS, workers=2))
