#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The operator's tool, verb by verb. Arguments choose cases by their names."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import tool_audit_cases
import tool_cat_cases
import tool_check_cases
import tool_config_cases
import tool_dev_cases
import tool_hand_cases
import tool_index_cases
import tool_probe_cases
import tool_safety_cases
import tool_send_cases
import tool_server_cases
import tool_set_up_cases
import tool_usage_cases
import verbs

if __name__ == "__main__":
    sys.exit(verbs.main((
        tool_usage_cases, tool_set_up_cases, tool_server_cases,
        tool_check_cases, tool_config_cases, tool_dev_cases,
        tool_hand_cases, tool_send_cases, tool_cat_cases, tool_index_cases,
        tool_probe_cases, tool_safety_cases, tool_audit_cases)))
