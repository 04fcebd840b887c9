#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""drain and failed. Arguments choose cases by their names."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import drain_example_cases
import drain_failed_cases
import drain_files_cases
import drain_kill_cases
import drain_log_cases
import drain_place_cases
import drain_rotate_cases
import drain_run_cases
import drain_spool_cases
import drain_stay_cases
import drain_to_cases
import verbs
from drain_scene import PROGRAMS

if __name__ == "__main__":
    # most of the time they wait for something
    sys.exit(verbs.main((
        drain_run_cases, drain_log_cases, drain_files_cases,
        drain_rotate_cases, drain_place_cases, drain_spool_cases,
        drain_failed_cases, drain_to_cases, drain_kill_cases,
        drain_example_cases, drain_stay_cases),
        PROGRAMS, workers=3))
