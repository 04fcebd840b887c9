# SPDX-License-Identifier: ISC
"""
What is shipped for Prometheus, Grafana and Icinga, as the first and the last
of them see it.
"""

import contextlib
import grp
import json
import os
import pwd
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import tool_scene
import wire
from drain_scene import Store, until
from look_status_cases import send
from tap import Skip
from tool_scene import DOC_SECRET, SOURCE, Server

NAME = "monitoring"
RULES = SOURCE / "deploy/prometheus/hookcask.rules.yml"
BOARD = SOURCE / "deploy/grafana/hookcask.json"
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


def figures(place):
    """Of an endpoint that has something for each metric."""
    store = Store(place)
    place.secret.write_text(f"{DOC_SECRET} # until 2036-01-31\n")
    send(store)
    send(store, secret=wire.fresh_secret())
    store.shell("exit 1", "--once", "--tries", 1, "--name", "mail")
    send(store)
    place.run("audit", "-c", store.conf)
    return place.good("status", "-c", store.conf, "--prometheus", "-").text


def prometheus_reads_the_file_and_knows_each_metric(place):
    text = figures(place)
    promtool("check", "metrics", stdin=text.encode())
    there = set(re.findall(r"^# TYPE (\w+)", text, re.M))
    wanted = set(re.findall(r"hookcask_\w+", RULES.read_text()))
    assert wanted and wanted <= there, wanted - there
    assert tool_scene.fingerprint(DOC_SECRET) in text


class Prometheus:
    """A real one that reads a text each second."""

    def __init__(self, place, text, files):
        if shutil.which("prometheus") is None:
            raise Skip("prometheus is not installed")
        served = files.enter_context(Server(
            reply=text.encode(),
            headers=[("Content-Type", "text/plain; version=0.0.4")]))
        self.instance = f"127.0.0.1:{served.port}"
        conf = place.write("prometheus.yml", json.dumps({
            "global": {"scrape_interval": "1s"}, "scrape_configs": [
                {"job_name": "node", "static_configs": [
                    {"targets": [self.instance]}]}]}))
        said = place.top / "prometheus.said"
        process = subprocess.Popen(
            ["prometheus", f"--config.file={conf}",
             f"--storage.tsdb.path={place.top / 'series'}",
             "--web.listen-address=127.0.0.1:0"],
            stdout=subprocess.DEVNULL,
            stderr=files.enter_context(open(said, "wb")))
        files.callback(process.wait)
        files.callback(process.terminate)
        address = re.compile(r"address=(127[.]0[.]0[.]1:[1-9]\d*)")
        until("prometheus is ready", lambda: process.poll() is not None or
              "ready to receive web requests" in said.read_text())
        assert process.poll() is None, said.read_text()
        self.api = f"http://{address.search(said.read_text())[1]}/api/v1/"

    def ask(self, what, **parameters):
        url = f"{self.api}{what}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError((parameters, error.read())) from error

    def value(self, query):
        return self.ask("query", query=query)["result"]


def each_panel_of_the_dashboard_shows_something(place):
    board = json.loads(BOARD.read_text())
    text = figures(place)
    there = set(re.findall(r"^# TYPE (\w+)", text, re.M))
    wanted = set(re.findall(r"hookcask_\w+", json.dumps(board["panels"])))
    assert wanted and wanted <= there, wanted - there
    variables = {v["name"]: v for v in board["templating"]["list"]}
    assert list(variables) == ["datasource", "instance", "endpoint"]
    cells = [(x, y) for panel in board["panels"] for at in [panel["gridPos"]]
             for x in range(at["x"], at["x"] + at["w"])
             for y in range(at["y"], at["y"] + at["h"])]
    assert len(cells) == len(set(cells)) and max(cells)[0] == 23
    with contextlib.ExitStack() as files:
        prometheus = Prometheus(place, text, files)
        chosen = {"instance": prometheus.instance, "endpoint": "levers"}

        def fill(query):
            for name, value in chosen.items():
                query = query.replace(f"${name}", value)
            assert "$" not in query, query
            return query

        until("it has read the text three times", lambda: prometheus.value(
            "count_over_time(hookcask_build_info[1h]) >= 3"))
        for panel in board["panels"]:
            for query in (target["expr"] for target in panel["targets"]):
                name = re.search(r"hookcask_\w+", query)[0]
                labels = re.search(rf"^{name}{{(.*)}}", text, re.M)[1]
                assert "$instance" in query and ("$endpoint" in query) == \
                    ("endpoint=" in labels), query
                assert prometheus.value(fill(query)), (panel["title"], query)
        for name, value in chosen.items():
            match, label = re.fullmatch(
                r"label_values\((.*), (\w+)\)",
                variables[name]["query"]["query"]).groups()
            assert prometheus.ask(f"label/{label}/values",
                                  **{"match[]": fill(match)}) == [value], name


def icinga_takes_the_check(place):
    """With each limit that "status --check" knows."""
    conf = place.config()
    text = place.good("config", "-c", conf, "icinga").text
    options = re.findall(r'"(--[a-z]+)" = "\$hookcask_([a-z]+)\$"', text)
    limits = re.findall(r"^ +(--[a-z]+) \S+ +warn,fail",
                        place.good("status", "--help").text, re.M)
    assert len(limits) == 6 and {f"--{name}" for _, name in options} == \
        {option for option, _ in options} == \
        {"--config", "--endpoint", *limits}, options
    assert f'vars.hookcask_config = "{conf}"' in text, text
    service = text[text.index("#   apply Service"):text.index("object ")]
    whole = place.write("icinga.conf", f"include <itl>\n{text}" +
                        re.sub("(?m)^#", "", service) + 'object Host "h" '
                        '{ check_command = "dummy"\n vars.hookcask = 1 }\n')
    if shutil.which("icinga2") is None:
        raise Skip("icinga2 is not installed")
    user = pwd.getpwuid(os.geteuid()).pw_name
    group = grp.getgrgid(os.getegid()).gr_name
    given = {"DataDir": place.top, "CacheDir": place.top,
             "LogDir": place.top, "RunAsUser": user, "RunAsGroup": group}
    done = subprocess.run(
        ["icinga2", "daemon", "-C", "-c", whole,
         *(f"-D{name}={value}" for name, value in given.items())],
        capture_output=True, check=False, timeout=tool_scene.TIME_LIMIT)
    assert done.returncode == 0 and \
        b"Instantiated 1 Service." in done.stdout, done


ALL = [icinga_takes_the_check, each_panel_of_the_dashboard_shows_something,
       each_alert_is_raised_by_what_it_is_for,
       prometheus_reads_the_file_and_knows_each_metric]
