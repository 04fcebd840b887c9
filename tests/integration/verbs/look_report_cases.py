# SPDX-License-Identifier: ISC
"""report: the figures of a week, from real responders and from records."""

import datetime
import gzip
import json
import re
import time

import tool_scene
import wire
from drain_run_cases import both
from drain_scene import Store
from look_status_cases import send
from stats_file import StatsFile
from tool_scene import DATAERR, USAGE, make_record

NAME = "report"


def stamp(at, digits=0):
    text = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    return text.strftime("%Y-%m-%dT%H:%M:%S" +
                         (".%f" if digits else "") + "Z").encode()


def line(at, kind="phone_call.ended", delay=1, body=None, msg_id=None):
    """A record that arrived then, that long after it was sent."""
    made = make_record(body or f'{{"type":"{kind}"}}'.encode(), kind, msg_id)
    made = re.sub(rb'"time":"[^"]*', b'"time":"' + stamp(at - delay), made)
    return re.sub(rb'"received":"[^"]*', b'"received":"' + stamp(at, 6), made)


def put(store, lines, name=None):
    """Records as a log or spool of a responder has them."""
    if store.spool:
        new = store.spool / "new"
        new.mkdir(0o700, exist_ok=True)
        store.state.mkdir(0o700, exist_ok=True)
        for text in lines:
            head = json.loads(text)
            at = datetime.datetime.fromisoformat(
                head["received"].replace("Z", "+00:00")).timestamp()
            (new / f"{int(at * 1e6):016d}-{head['id']}.json"
             ).write_bytes(text)
        return
    path = store.var / (name or "levers.jsonl")
    path.write_bytes(b"".join(lines))
    path.chmod(0o600)


def report(store, *options):
    return [json.loads(text) for text in store.place.good(
        "report", "-c", store.conf, "--json", *options).text.splitlines()]


def what_a_responder_counted_is_reported(store):
    for _ in range(3):
        last = send(store)
    send(store, secret=wire.fresh_secret(), remote="192.0.2.8")
    send(store, age=4000)
    found, = report(store)
    assert found["endpoint"] == "levers"
    total = found["total"]
    assert (total["stored"], total["refused"], total["errors"]) == (3, 2, 0)
    assert len(found["hours"]) == 168 and total["bytes"] > 300 * 3
    assert sum(hour["stored"] for hour in found["hours"][-2:]) == 3
    away = found["turned_away"]
    assert {r["reason"]: r["count"] for r in away["reasons"]} == \
        {"no-match": 1, "too-old": 1}
    assert all(r["hint"] for r in away["reasons"]), away
    assert {a["remote"]: a["count"] for a in away["addresses"]} == \
        {"192.0.2.8": 1, "192.0.2.7": 1}
    assert [(t["type"], t["events"]) for t in found["types"]] == \
        [("phone_call.ended", 3)]
    assert found["store"]["files"] == (3 if store.spool else 1)
    assert found["secrets"][0]["matches"] == 3
    assert found["audit"]["at"] is None
    assert found["undrained"] == 3 and last
    assert "nobody drains 3 events" in found["sentence"], found
    assert found["verdict"] in ("WARNING", "CRITICAL")  # by this disk
    store.place.good("audit", "-c", store.conf)
    audit = report(store)[0]["audit"]
    assert (audit["records"], audit["proven"], audit["faults"]) == (3, 3, 0)


def the_records_of_a_week_are_counted(store):
    now = int(time.time())
    old = [line(now - 86400 * 20 + i) for i in range(5)]
    week = [line(now - 86400 * 2 - 7200 + i, "call.began", delay=1)
            for i in range(18)] + \
        [line(now - 86400 + i, "<svg/onload=x>", delay=100, body=b"x" * 2000)
         for i in range(2)]
    put(store, old + week)
    if not store.spool:
        store.settle()
    found, = report(store)
    total = found["total"]
    assert total["stored"] == 20, total
    assert (total["delay_median"], total["delay_95"]) == (1, 120), total
    assert [(t["type"], t["events"], t["bytes"]) for t in found["types"]] == \
        [("call.began", 18, 18 * 21), ("svix.webhook", 2, 4000)], found
    assert found["sizes"] == [18, 0, 2, 0, 0, 0, 0, 0], found
    # of the last 26 hours only
    found, = report(store, "--since", "30h")
    assert found["total"]["stored"] == 2 and len(found["hours"]) == 31, found
    first = datetime.datetime.fromisoformat(
        found["hours"][0]["hour"].replace("Z", "+00:00")).timestamp()
    assert first == now // 3600 * 3600 - 30 * 3600 or \
        int(time.time()) // 3600 != now // 3600
    text = store.place.good("report", "-c", store.conf).text
    assert text.startswith("levers: "), text
    assert "UNKNOWN" not in text.splitlines()[0]
    assert max(map(len, text.splitlines())) < 80, text


def what_is_packed_and_what_is_broken_is_said(place):
    store = Store(place, more="consumers = external\n")
    now = int(time.time())
    packed = store.var / "levers.jsonl.1.gz"
    packed.write_bytes(gzip.compress(line(now - 7200) + line(now - 7100)))
    packed.chmod(0o600)
    put(store, [line(now - 60)])
    store.settle()
    found, = report(store)
    assert found["total"]["stored"] == 3 and found["unpacked"] == 1, found
    text = place.good("report", "-c", store.conf).text
    assert "1 file had to be unpacked for this" in text, text
    put(store, [line(now - 60 + i) for i in range(3)])
    store.settle()
    with open(store.log, "r+b") as file:
        file.readline()
        file.seek(file.tell())
        file.write(b"no")
    result = place.bad(DATAERR, "report", "-c", store.conf)
    assert "1 lines are no records, so the figures are too low" in \
        " ".join(result.text.split()), result


def each_endpoint_and_no_more_than_a_week(place):
    store = Store(place)
    first = store.conf.read_text()
    store.conf.write_text(
        first.replace("{\n", '{\n    path = "/levers"\n', 1) +
        first.replace('"levers"', '"other"').replace(
            "levers.jsonl", "other.jsonl").replace(
            "{\n", '{\n    path = "/other"\n', 1))
    send(store)
    assert [r["endpoint"] for r in report(store)] == ["levers", "other"]
    text = place.good("report", "-c", store.conf, "--utc").text
    assert re.search("^levers: .*\n(.*\n)*\nother: ", text, re.M), text
    assert [r["total"]["stored"] for r in report(store, "-e", "other")] == [0]
    for options in (("--since", "8d"), ("--since", "x"), ("-e", "none"),
                    ("--since", "2036-01-01")):
        place.bad(USAGE, "report", "-c", store.conf, *options)


def what_is_older_is_passed_over(place):
    """Clocks that were set meanwhile hide nothing of the time."""
    store = Store(place, more="consumers = external\n")
    now = int(time.time())
    old = [line(now - 86400 * 40 + i * 60) for i in range(20000)]
    # received a day too early, as far as any tolerance allows
    early = [line(now - 86400 * 8 + i) for i in range(10)]
    week = [line(now - 86400 * 6 + i * 60) for i in range(200)]
    put(store, [*old, *week[:100], *early, *week[100:]])
    store.settle()
    assert store.log.stat().st_size > 4 << 20
    with open(store.log, "r+b") as file:  # whoever reads it says so
        for _ in range(3):
            file.readline()
        file.seek(file.tell())
        file.write(b"no")
    found, = report(store)
    assert found["total"]["stored"] == 200, found["total"]
    # all of it is read where all of it is asked for
    place.bad(DATAERR, "list", "-c", store.conf, "--since", "7d")


def a_gap_that_the_counters_have_forgotten(place):
    """They keep 64, of ten minutes and more; records show the others."""
    store = Store(place, more="consumers = external\n")
    now = time.time()
    put(store, [line(now - 72000), line(now - 36000), line(now - 60)])
    store.settle()
    stats = StatsFile(now)
    stats.rows = {ago: {"refused": 3} for ago in range(11, 20)}
    stats.gaps = [(now - 33000 + i * 500, now - 32600 + i * 500, 0, 0)
                  for i in range(65)]
    stats.write(store)
    gaps = report(store)[0]["gaps"]
    assert [gap["refused"] for gap in gaps] == [27, 0], gaps
    # both verbs, and also where one began before the time asked for
    for since in ("7d", "15h"):
        gaps = report(store, "--since", since)[0]["gaps"]
        rows = [json.loads(row) for row in place.good(
            "gaps", "-c", store.conf, "--json", "--since", since
            ).text.splitlines()]
        assert len(gaps) == 2 and [gap["from"] for gap in gaps] == \
            [row["from"] for row in rows], (gaps, rows)


ALL = [
    a_gap_that_the_counters_have_forgotten,
    what_is_older_is_passed_over,
    *both(what_a_responder_counted_is_reported),
    *both(the_records_of_a_week_are_counted),
    what_is_packed_and_what_is_broken_is_said,
    each_endpoint_and_no_more_than_a_week,
]
