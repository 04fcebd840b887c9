#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""prune and replay. Arguments choose cases by their names."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import prune_cases
import replay_cases
import verbs
from drain_scene import PROGRAMS

if __name__ == "__main__":
    sys.exit(verbs.main((prune_cases, replay_cases), PROGRAMS))
