# SPDX-License-Identifier: ISC
"""What deploy/prometheus/ ships, as Prometheus' own tool sees it."""

import re
import shutil
import subprocess

import tool_scene
import wire
from drain_scene import Store
from look_status_cases import send
from tap import Skip
from tool_scene import DOC_SECRET, SOURCE

NAME = "monitoring"
RULES = SOURCE / "deploy/prometheus/hookcask.rules.yml"
OF = 'endpoint="levers",instance="a"'
NOW = 2 * 86400  # seconds; a test of promtool begins at 0

# what raises no alert, and for each alert what does; a text: it rises at last
HEALTHY = {
    "hookcask_build_info": 1,
    f"hookcask_last_event_timestamp_seconds{{{OF}}}": NOW - 60,
    f'hookcask_oldest_event_timestamp_seconds{{{OF},consumer="mail"}}':
        NOW - 60,
    f'hookcask_failed_events{{{OF},consumer="mail"}}': 0,
    f"hookcask_disk_free_bytes{{{OF}}}": 11,
    f"hookcask_disk_size_bytes{{{OF}}}": 100,
    f"hookcask_clock_skew_seconds{{{OF}}}": -74,
    f"hookcask_tolerance_seconds{{{OF}}}": 300,
    f'hookcask_secret_expiry_timestamp_seconds{{{OF},key="12345678"}}':
        NOW + 8 * 86400,
    f"hookcask_audit_timestamp_seconds{{{OF}}}": NOW - 86400,
    f"hookcask_audit_faults{{{OF}}}": 0,
    'node_textfile_mtime_seconds{file="/x/hookcask.prom",instance="a"}':
        NOW - 60,
    'node_textfile_scrape_error{instance="a"}': 0,
}
ALERTS = {
    "HookcaskStoreFails": {
        f"hookcask_gap_open_since_timestamp_seconds{{{OF}}}": NOW - 60},
    "HookcaskErrors": {
        f'hookcask_deliveries_total{{{OF},outcome="store-error"}}': "rises"},
    "HookcaskSilence": {
        f"hookcask_last_event_timestamp_seconds{{{OF}}}": NOW - 7 * 3600},
    "HookcaskEventIsOld": {
        f'hookcask_oldest_event_timestamp_seconds{{{OF},consumer="mail"}}':
        NOW - 4000},
    "HookcaskSetAside": {
        f'hookcask_failed_events{{{OF},consumer="mail"}}': 1},
    "HookcaskDisk": {f"hookcask_disk_free_bytes{{{OF}}}": 10},
    "HookcaskDiskNearlyFull": {f"hookcask_disk_free_bytes{{{OF}}}": 5},
    "HookcaskClock": {f"hookcask_clock_skew_seconds{{{OF}}}": -75},
    "HookcaskSecretEnds": {
        f'hookcask_secret_expiry_timestamp_seconds{{{OF},key="12345678"}}':
        NOW + 6 * 86400},
    "HookcaskAuditFaults": {f"hookcask_audit_faults{{{OF}}}": 1},
    "HookcaskNoAudit": {
        f"hookcask_audit_timestamp_seconds{{{OF}}}": NOW - 45 * 86400},
    "HookcaskFileIsOld": {
        'node_textfile_mtime_seconds{file="/x/hookcask.prom",instance="a"}':
        NOW - 1000},
    "HookcaskFileIsBad": {'node_textfile_scrape_error{instance="a"}': 1},
    "HookcaskIsMissing": {"hookcask_build_info": None},
}


def promtool(*words, stdin=None):
    if shutil.which("promtool") is None:
        raise Skip("promtool is not installed")
    done = subprocess.run(["promtool", *map(str, words)], input=stdin,
                          capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def one_test(alert, series, count):
    """In the syntax of promtool: how many alerts of that name fire?"""
    steps = NOW // 1800
    lines = ["  - interval: 30m", "    input_series:"]
    for name, value in series.items():
        if value is not None:
            values = f"{value}+0x{steps}" if isinstance(value, int) else \
                f"0x{steps - 2} 1"
            lines += [f"      - series: '{name}'",
                      f"        values: '{values}'"]
    return lines + [
        "    promql_expr_test:", "      - expr: count(ALERTS"
        f'{{alertname="{alert}",alertstate="firing"}}) or vector(0)',
        f"        eval_time: {NOW // 3600}h", "        exp_samples:",
        "          - labels: '{}'", f"            value: {count}"]


def each_alert_is_raised_by_what_it_is_for(place):
    promtool("check", "rules", RULES)
    names = re.findall(r"alert: (\w+)", RULES.read_text())
    assert names == list(ALERTS), names
    text = [f"rule_files: ['{RULES}']", "evaluation_interval: 1h", "tests:"]
    for alert, changed in ALERTS.items():
        text += one_test(alert, HEALTHY, 0)
        text += one_test(alert, {**HEALTHY, **changed}, 1)
    tests = place.write("rules.test.yml", "\n".join(text) + "\n")
    promtool("test", "rules", tests)


def prometheus_reads_the_file_and_knows_each_metric(place):
    store = Store(place)
    place.secret.write_text(f"{DOC_SECRET} # until 2036-01-31\n")
    send(store)
    send(store, secret=wire.fresh_secret())
    store.shell("exit 1", "--once", "--tries", 1, "--name", "mail")
    send(store)
    place.run("audit", "-c", store.conf)
    text = place.good("status", "-c", store.conf, "--prometheus", "-").text
    promtool("check", "metrics", stdin=text.encode())
    there = set(re.findall(r"^# TYPE (\w+)", text, re.M))
    wanted = set(re.findall(r"hookcask_\w+", RULES.read_text()))
    assert wanted and wanted <= there, wanted - there
    assert tool_scene.fingerprint(DOC_SECRET) in text


ALL = [each_alert_is_raised_by_what_it_is_for,
       prometheus_reads_the_file_and_knows_each_metric]
