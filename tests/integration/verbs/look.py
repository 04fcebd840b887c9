#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The verbs that look at stores. Arguments choose cases by their names."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import look_cause_cases
import look_list_cases
import look_monitoring_cases
import look_option_cases
import look_other_cases
import look_page_cases
import look_reading_cases
import look_report_cases
import look_status_cases
import verbs
from drain_scene import PROGRAMS

if __name__ == "__main__":
    sys.exit(verbs.main((look_reading_cases, look_list_cases,
                         look_status_cases, look_other_cases,
                         look_option_cases, look_cause_cases,
                         look_report_cases, look_page_cases,
                         look_monitoring_cases), PROGRAMS))
