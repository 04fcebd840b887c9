#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Do hints help? Arguments choose cases by their names."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import hint_cases
import verbs
from drain_scene import PROGRAMS

if __name__ == "__main__":
    sys.exit(verbs.main((hint_cases,), PROGRAMS))
