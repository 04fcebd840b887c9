# SPDX-License-Identifier: ISC
"""status, refused and gaps: what an operator asks at night."""

import json
import os
import re
import shutil
import struct
import subprocess
import time

import tool_scene
import wire
from drain_run_cases import both
from drain_scene import RESPONDER, Store, ids_of
from tool_scene import CANTCREAT, DATAERR, DOC_SECRET, NOINPUT, USAGE

NAME = "status"

# offsets in the file "stats", version 1
SINCE, GAPS, GAP_TOTAL, LAST_PUT, OPEN_REFUSED, OPEN_ERRORS = \
    24, 1824, 3360, 3376, 3384, 3388


def send(store, secret=DOC_SECRET, age=0, without=(), remote="192.0.2.7"):
    """One delivery through the responder; its id."""
    sent = wire.Delivery(secret, age=age)
    env = {**store.place.env, "GATEWAY_INTERFACE": "CGI/1.1",
           "REQUEST_METHOD": "POST", "HOOKCASK_CONFIG": str(store.conf),
           "SCRIPT_NAME": "/levers", "CONTENT_LENGTH": str(len(sent.body)),
           "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": remote}
    for name, value in sent.headers:
        if name not in without:
            env["HTTP_" + name.upper().replace("-", "_")] = value
    subprocess.run([RESPONDER], input=sent.body, env=env, check=True,
                   capture_output=True, timeout=tool_scene.TIME_LIMIT)
    return sent.id


def patch(store, offset, form, *values):
    with open(store.state / "stats", "r+b") as stats:
        stats.seek(offset)
        stats.write(struct.pack("=" + form, *values))


def us(seconds_ago):
    return int((time.time() - seconds_ago) * 1000000)


def status(store, *options):
    return json.loads(store.place.good("status", "-c", store.conf, "--json",
                                       *options).text)


def nothing_yet(place):
    for spool in (False, True):
        store = Store(place, spool=spool)
        assert "nothing yet" in place.good(
            "status", "-c", store.conf).text
        assert place.good("refused", "-c", store.conf).text == ""
        assert "No gap." in place.good("gaps", "-c", store.conf).text
        result = place.run("status", "-c", store.conf, "--check")
        assert result.code in (0, 1, 2), result  # by the disk of this machine
        result = check(store, "--silence", "1h,2h")
        assert result.code == 0 and "nothing yet" in result.text, result
        assert result.said == ""


def a_missing_directory_is_unknown(place):
    for spool in (False, True):
        store = Store(place, spool=spool)
        shutil.rmtree(store.spool if spool else store.var)
        result = place.run("status", "-c", store.conf, "--check")
        assert result.code == 3 and "UNKNOWN" in result.text, result
        assert "is its disk mounted?" in result.text, result
        place.bad(NOINPUT, "status", "-c", store.conf)


def what_was_only_refused_is_no_silence_that_is_new(place):
    store = Store(place)
    send(store, secret=wire.fresh_secret())
    result = check(store, "--silence", "1h,2h")
    assert result.code == 2, result
    assert "nothing was received yet" in result.text, result


def what_came_is_counted(place):
    store = Store(place)
    for _ in range(3):
        send(store)
    send(store, secret=wire.fresh_secret())
    send(store, age=4000)
    send(store, without=("svix-signature",))
    found = status(store)
    assert found["endpoint"] == "levers"
    assert {name: o["count"] for name, o in found["outcomes"].items()
            if o["count"]} == {"stored": 3, "no-match": 1, "too-old": 1,
                               "missing-header": 1}
    assert found["refused"] == found["refused_last_hour"] == 3
    assert found["errors"] == 0 and found["stored_last_day"] == 3
    assert found["keys"][0]["key"] == tool_scene.fingerprint(DOC_SECRET)
    assert found["keys"][0]["matches"] == 3
    assert found["skew"]["events"] == 3 and -5 < found["skew"]["median"] < 5
    assert 0 < found["disk"]["free"] <= found["disk"]["size"]
    text = place.good("status", "-c", store.conf).text
    assert re.search(r"^levers\n  stored {7}  3, last 20", text), text
    assert re.search(r"^    no-match {12}  1, last ", text, re.M), text


def timeless(data):
    """Without what changes while one looks."""
    data = re.sub(rb"[\d.]+ .iB of ([\d.]+ .iB free) \(\d+%\)",
                  rb"x of \1", data)
    return re.sub(rb"\(\d+ s ago\)", b"(0 s ago)", data)


def rows_fit_their_terminal(place):
    store = Store(place)
    for _ in range(3):
        send(store)
    send(store, secret=wire.fresh_secret(), remote="2001:db8::" + "1:" * 14)
    store.shell("exit 1", "--once", "--tries", 1, "--name", "x" * 32)
    for verb, sizes in (("status", (64, 80, 132)), ("refused", (80, 132))):
        plain = timeless(place.good(verb, "-c", store.conf).out)
        for columns in sizes:
            code, seen = place.on_terminal(verb, "-c", store.conf,
                                           columns=columns)
            lines = seen.split(b"\r\n")
            assert code == 0 and max(map(len, lines)) <= columns, seen
            if verb == "status":
                assert b"".join(timeless(seen).split()) == \
                    b"".join(plain.split()), seen
                assert (len(lines) == plain.count(b"\n") + 1) == \
                    (columns > 80), seen
    # what is left of an address that does not fit
    row, = [line for line in lines if b"no-match  " in line]
    assert row.endswith(b"2001:db8::" + b"1:" * 14), row


def rows_are_coloured_on_a_terminal_that_wants_it(place):
    store = Store(place)
    send(store)
    send(store, secret=wire.fresh_secret())
    xterm = {"TERM": "xterm"}
    for verb, tinted in (
            ("status", (b"\x1b[1mlevers\x1b[0m\r\n",
                        b"\x1b[1mstored       \x1b[0m  \x1b[32m1\x1b[0m, ",
                        b"no-match            \x1b[0m  \x1b[33m1\x1b[0m, ")),
            ("refused", (b"\x1b[1mTIME ", b"FROM\x1b[0m\r\n",
                         b"Z  \x1b[33mno-match\x1b[0m  ",
                         b"\r\n\x1b[1mno-match\x1b[0m\r\n"))):
        def seen(env, words=(verb, "-c", store.conf)):
            code, data = place.on_terminal(*words, columns=132, env=env)
            assert code == 0, data
            return timeless(data)
        plain = timeless(place.good(verb, "-c", store.conf, env=xterm).out
                         ).replace(b"\n", b"\r\n")
        assert b"\x1b" not in plain
        for env in ({}, {"TERM": "dumb"}, {**xterm, "NO_COLOR": "1"}):
            assert seen(env) == plain, env
        for env in (xterm, {**xterm, "NO_COLOR": ""}):
            data = seen(env)
            for part in tinted:
                assert part in data, (part, data)
            assert re.sub(rb"\x1b\[\d+m", b"", data) == plain, data


def each_endpoint_is_told(place):
    store = Store(place)
    first = store.conf.read_text()
    store.conf.write_text(
        first.replace("{\n", '{\n    path = "/levers"\n', 1) +
        first.replace('"levers"', '"other"').replace(
            "levers.jsonl", "other.jsonl").replace(
            "{\n", '{\n    path = "/other"\n', 1))
    send(store)
    text = place.good("status", "-c", store.conf).text
    assert "levers\n" in text and "\n\nother\n  nothing" in text, text
    assert len(place.good("status", "-c", store.conf, "-j"
                          ).text.splitlines()) == 2
    assert "levers" not in place.good("status", "-c", store.conf, "-e",
                                      "other").text
    place.bad(USAGE, "status", "-c", store.conf, "-e", "none")


def consumers_are_told(place):
    store = Store(place)
    store.put(ids_of(10))
    store.seen_file.touch()
    store.shell('[ $(wc -l <"$SEEN") -lt 4 ] || exit 75; echo x >>"$SEEN"',
                "--once", "--name", "slow")
    store.shell('[ "$HOOKCASK_ID" != msg_00003 ]', "--once", "--tries", 1,
                "--name", "bad")
    store.shell('[ "$HOOKCASK_ID" != msg_00003 ]', "--once", "--name",
                "again")
    (store.log).rename(store.var / "levers.jsonl.1")
    store.put(ids_of(2, 10))
    found = {c["name"]: (c["backlog"], c["waiting"], c["failed"])
             for c in status(store)["consumers"]}
    assert found == {"slow": (8, 0, 0), "bad": (2, 0, 1),
                     "again": (3, 1, 0)}, found
    text = place.good("status", "-c", store.conf).text
    assert re.search(r"bad: 2 events, the oldest \d+ d old; 1 set aside "
                     r"\(hookcask failed\)", text), text


def a_spool_s_consumer_is_told(place):
    store = Store(place, spool=True)
    store.put(ids_of(5))
    for stage, count in (("cur", 1), ("failed", 2)):
        (store.spool / stage).mkdir()
        for path in sorted((store.spool / "new").iterdir())[:count]:
            path.rename(store.spool / stage / path.name)
    assert status(store)["consumers"] == [
        {"name": "default", "backlog": 3, "about": False, "waiting": 1,
         "failed": 2, "oldest": "2023-11-14T22:13:20Z",
         "oldest_failed": "2023-11-14T22:13:20Z"}]


def check(store, *options):
    """Its code, as a word, and what it says."""
    result = store.place.run("status", "-c", store.conf, "--check",
                             "--disk", "0%", *options)
    words = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]
    first = result.text.splitlines()[0]
    assert first.startswith(f"HOOKCASK {words[result.code]} - "), result
    assert result.said == "" and result.text.count("|") == \
        (result.code != 3), result
    return result


def check_judges_by_thresholds(place):
    store = Store(place, more="consumers = external\n")
    for _ in range(3):
        send(store)
    assert check(store).code == 0
    text = check(store).text
    assert re.search(r"\| 'levers silence'=\ds 'levers refusals'=0 "
                     r"'levers errors'=0 'levers backlog'=0 "
                     r"'levers age'=0s "
                     r"'levers free'=[\d.]+% 'levers skew'=-?\ds$", text)
    patch(store, 32, "Qq", 3, us(7200))  # stored
    assert check(store, "--silence", "3h").code == 0
    assert check(store, "--silence", "1h").code == 1
    assert check(store, "--silence", "1h,3h").code == 1
    assert check(store, "--silence", "1h,2h").code == 2
    assert "no event for 2 h" in check(store, "--silence", "1h,2h").text
    for _ in range(2):
        send(store, secret=wire.fresh_secret())
    assert check(store, "--refusals", "3").code == 0
    assert check(store, "--refusals", "2,3").code == 1
    assert check(store, "--refusals", "1,2").code == 2
    store.seen_file.touch()
    store.shell("exit 75", "--once", "--name", "slow")
    assert check(store, "--backlog", "4").code == 0
    assert check(store, "--backlog", "3,4").code == 1
    assert check(store, "--backlog", "1,3").code == 2
    assert check(store, "--skew", "0s").code == 1
    assert place.run("status", "-c", store.conf, "--check", "--disk",
                     "100%,100%").code == 2
    assert place.run("status", "-c", store.conf, "--check", "--disk",
                     "100%").code == 1
    result = check(store, "--backlog", "1", "--refusals", "1,2")
    assert result.code == 2 and "2 findings" in result.text
    assert "\nWARNING: levers: consumer slow is behind by 3 events\n" in \
        result.text, result


def ages(store):
    """{consumer: when (the oldest, the oldest set aside) arrived}"""
    return {c["name"]: (c["oldest"], c["oldest_failed"])
            for c in status(store)["consumers"]}


def the_oldest_unfinished_is_told(place):
    store = Store(place)
    store.put(ids_of(6))
    new_year = "2026-01-01T00:00:00Z"
    # 0 waits, 1 is set aside, 2 is done although 3 is not
    store.shell('[ "$HOOKCASK_ID" != msg_00000 ] || exit 75',
                "--once", "--name", "waits")
    store.shell('[ "$HOOKCASK_ID" != msg_00001 ]', "--once", "--tries", 1,
                "--name", "aside")
    store.shell("exit 0", "--once", "--name", "done")
    found = ages(store)
    assert found == {"waits": (new_year, None),
                     "aside": (None, new_year),
                     "done": (None, None)}, found
    text = place.good("status", "-c", store.conf).text
    assert re.search(r"waits: \d events?.*, the oldest \d+ d old", text), \
        text
    assert not re.search(r"done: .*old", text), text
    # a packed file that no consumer has begun, and one by nobody
    subprocess.run(["gzip", store.log], check=True)
    store.log.with_suffix(".jsonl.gz").rename(store.var / "levers.jsonl.1.gz")
    store.put(ids_of(1, 7))
    assert ages(store)["done"] == (new_year, None)
    result = check(store, "--age", "10m,1h", "--skew", "9000d")
    assert result.code == 2, result
    assert "consumer done has not finished an event that arrived" in \
        result.text, result
    assert re.search(r"'levers age'=\d{5,}s", result.text), result
    assert check(store, "--age", "9000d", "--skew",
                 "9000d").code == 1  # one is set aside
    text = place.good("status", "-c", store.conf, "--prometheus", "-").text
    for name, consumer in (("oldest_event", "waits"), ("oldest_event", "done"),
                           ("oldest_failed_event", "aside")):
        assert re.search(f'hookcask_{name}_timestamp_seconds{{endpoint='
                         f'"levers",consumer="{consumer}"}} 17672256', text)
    assert 'oldest_failed_event_timestamp_seconds{endpoint="levers",' \
        'consumer="done"' not in text


def what_nobody_drains_has_an_age(place):
    for spool in (False, True):
        store = Store(place, spool=spool)
        store.put(ids_of(2))
        result = check(store, "--age", "10m,1h", "--skew", "9000d")
        assert result.code == 2, result
        assert re.search(r"nobody drains 2 events; .*the oldest is \d+ d "
                         "old", result.text), result
        text = place.good("status", "-c", store.conf, "--prometheus",
                          "-").text
        assert re.search('oldest_event_timestamp_seconds{endpoint="levers",'
                         'consumer=""} 17', text), text
        # as it says
        assert "run hookcask drain" in result.text, result
        store.good()
        assert check(store, "--age", "10m,1h", "--skew", "9000d").code == 0


def monitoring_learns_of_secrets_and_audits(place):
    store = Store(place)
    place.secret.write_text(
        f"{DOC_SECRET} # until 2036-01-31\n{wire.fresh_secret()}\n")
    send(store)

    def seen():
        text = place.good("status", "-c", store.conf, "--prometheus",
                          "-").text
        return dict(re.findall(r"^hookcask_(\S+) (\S+)$", text, re.M))

    def of(name, more=""):
        return f'{name}{{endpoint="levers"{more}}}'
    found = seen()
    expiry = {name: value for name, value in found.items()
              if name.startswith("secret_expiry")}
    assert expiry == {of("secret_expiry_timestamp_seconds",
                         f',key="{tool_scene.fingerprint(DOC_SECRET)}"'):
                      "2085436799"}, expiry
    assert found[of("store_bytes")] == str(store.log.stat().st_size)
    assert int(found[of("index_bytes")]) > 0
    assert found[of("tolerance_seconds")] == "300"
    assert of("gap_open_since_timestamp_seconds") not in found
    assert of("audit_timestamp_seconds") not in found
    version, = [name for name in found if name.startswith("build_info{")]
    assert place.good("--version").text.split()[1] in version
    patch(store, OPEN_ERRORS, "I", 4)
    before = time.time()
    place.run("audit", "-c", store.conf)
    found = seen()
    assert before - 1 < float(found[of("audit_timestamp_seconds")]) < \
        time.time() + 1
    assert found[of("audit_faults")] == "4", found  # what was turned away
    assert float(found[of("gap_open_since_timestamp_seconds")]) > before - 600
    # nobody who reads the files, and keeps nothing there
    (store.state / "audit").unlink()
    place.run("audit", "--secret-file", place.secret, store.log)
    assert not (store.state / "audit").exists()


def the_sandbox_is_told(place):
    store = Store(place)
    for given, told in (("off", "off"), ("auto", "(whole|partial)")):
        store.conf.write_text(f"sandbox = {given}\n" +
                              re.sub("sandbox = .*\n", "",
                                     store.conf.read_text()))
        text = place.good("status", "-c", store.conf, "--prometheus",
                          "-").text
        assert re.search(f'^hookcask_sandbox{{state="{told}"}} 1$', text,
                         re.M), text


def check_sees_what_is_never_good(place):
    store = Store(place, more="consumers = external\n")
    send(store)
    patch(store, OPEN_ERRORS, "I", 4)
    result = check(store)
    assert result.code == 2 and "4 could not be stored, and nothing has been since" \
        in result.text, result
    send(store)
    assert check(store).code == 0
    store.shell("exit 1", "--once", "--tries", 1)
    result = check(store)
    assert result.code == 1 and "has set aside 2" in result.text, result


def check_says_unknown_if_it_cannot_tell(place):
    result = place.run("status", "-c", "nowhere\x1b", "--check")
    assert result.code == 3 and result.said == "", result
    assert result.text.startswith("HOOKCASK UNKNOWN - ")
    assert b"\x1b" not in result.out
    store = Store(place)
    send(store)
    patch(store, 0, "8s", b"nonsense")
    assert check(store).code == 3
    said = place.bad(65, "status", "-c", store.conf).said
    assert f"{store.state}/stats: broken" in said, said
    for options in (["--silence", "1h"], ["--age", "1h"],
                    ["--check", "--age", "x"], ["--check", "--silence", "x"],
                    ["--check", "--disk", "x"], ["--check", "--disk",
                    "101%"], ["--check", "--backlog", "1,"],
                    ["--check", "--json"]):
        place.bad(USAGE, "status", "-c", store.conf, *options)


def prometheus_gets_a_whole_file(place):
    store = Store(place)
    send(store)
    send(store, secret=wire.fresh_secret())
    store.seen_file.touch()
    store.shell("exit 75", "--once", "--name", "slow")
    path = place.top / "hookcask.prom"
    path.write_text("old")
    place.good("status", "-c", store.conf, "--prometheus", path)
    text = path.read_text()
    assert {line.split(" ")[0] for line in text.splitlines()} == \
        {line.split(" ")[0] for line in
         place.good("status", "-c", store.conf, "--prometheus",
                    "-").text.splitlines()}
    assert [p.name for p in place.top.glob("hookcask.prom*")] == \
        ["hookcask.prom"]
    assert path.stat().st_mode & 0o777 == 0o644
    names = set()
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.match(r"# (HELP|TYPE) hookcask_\w+ ", line), line
            continue
        name, labels, value = re.fullmatch(
            r"(hookcask_\w+)\{([^}]*)\} (-?[\d.]+)", line).groups()
        if name in ("hookcask_build_info", "hookcask_sandbox"):
            continue
        names.add(name)
        float(value)
        assert set(re.findall(r'(\w+)="[\w.-]+"', labels)) <= \
            {"endpoint", "outcome", "consumer", "key"}, line
    assert 'deliveries_total{endpoint="levers",outcome="stored"} 1\n' in text
    assert 'outcome="no-match"} 1\n' in text
    assert 'backlog_events{endpoint="levers",consumer="slow"} 1\n' in text
    assert len(names) >= 7, names
    for name in names:
        assert text.count(f"# TYPE {name} ") == 1
    place.bad(CANTCREAT, "status", "-c", store.conf, "--prometheus",
              place.top / "nowhere/x.prom")
    # what is no file is never replaced by one: root could take /dev/null
    (place.top / "link").symlink_to(path)
    os.mkfifo(place.top / "pipe")
    for name in ("link", "pipe", "var"):
        mode = (place.top / name).lstat().st_mode
        said = place.bad(CANTCREAT, "status", "-c", store.conf,
                         "--prometheus", place.top / name).said
        assert "not a regular file" in said, said
        assert (place.top / name).lstat().st_mode == mode


def refused_tells_why(place):
    store = Store(place)
    first = send(store, secret=wire.fresh_secret(), remote="2001:db8::1")
    result = place.good("refused", "-c", store.conf)
    lines = result.text.splitlines()
    assert re.fullmatch(
        rf"20[0-9T:-]*Z  no-match  +\+?\d  {first}  2001:db8::1",
        lines[1]), lines
    assert "no secret has matched here yet" in result.text
    assert '"v1,"' in result.text
    send(store)
    assert "others have matched since" in \
        place.good("refused", "-c", store.conf).text.replace("\n    ", " ")
    send(store, secret=wire.fresh_secret())
    send(store, age=4000)
    send(store, age=-4000)
    send(store, without=("svix-signature",))
    send(store)
    found = [json.loads(line) for line in
             place.good("refused", "-c", store.conf, "-j").text.splitlines()]
    assert [f["reason"] for f in found] == [
        "no-match", "no-match", "too-old", "too-new", "missing-header"]
    assert all(f["hint"] for f in found) and found[0]["id"] == first
    assert abs(found[2]["skew"] - 4000) < 60
    assert "agrees with the sender's" in found[2]["hint"]
    assert "id" not in found[4] and "skew" not in found[4]
    assert len(place.good("refused", "-c", store.conf, "-j", "-n", 2
                          ).text.splitlines()) == 2
    assert place.good("refused", "-c", store.conf, "-U", "1h").text == ""
    # each hint once, in lines that fit
    text = place.good("refused", "-c", store.conf).text
    assert text.count("\nno-match\n") == 1
    assert max(map(len, text.split("\n\n", 1)[1].splitlines())) < 80


def refused_says_that_a_secret_was_rotated(place):
    store = Store(place)
    send(store)
    send(store, secret=wire.fresh_secret())
    text = place.good("refused", "-c", store.conf).text
    assert "none has since: it was rotated" in text.replace("\n    ", " ")


def refused_shows_nothing_of_a_hostile_ledger(place):
    store = Store(place)
    send(store, secret=wire.fresh_secret())
    data = bytearray((store.state / "stats").read_bytes())
    refusal = 3392 + 168 * 104
    data[refusal + 24:refusal + 34] = b"\x1b[2J\n\xff\\\"x\0"
    (store.state / "stats").write_bytes(data)
    for options in ([], ["--json"]):
        code, seen = place.on_terminal("refused", "-c", store.conf, *options)
        assert code == 0 and b"\x1b" not in seen and b"\xff" not in seen
    json.loads(place.good("refused", "-c", store.conf, "-j").text)


def gaps_of_the_counters(place):
    store = Store(place)
    send(store)
    assert place.good("gaps", "-c", store.conf).text == "No gap.\n"
    began = 1000000 * (int(time.time()) // 60 * 60 - 7200)
    patch(store, SINCE, "q", us(86400 * 3))
    patch(store, GAPS, "qqII", began, began + 60000000, 0, 3)
    patch(store, GAPS + 24, "qqII", us(3600 * 40), us(3600 * 30), 2, 0)
    patch(store, GAPS + 48, "qqII", us(3600 * 80), us(3600 * 75), 0, 0)
    patch(store, GAP_TOTAL, "Q", 3)
    found = [json.loads(line) for line in
             place.good("gaps", "-c", store.conf, "-j").text.splitlines()]
    assert [g["kind"] for g in found] == ["silence", "refused", "errors"]
    assert found[2]["errors"] == 3
    want = time.strftime("%Y-%m-%dT%H:%M:00Z",
                         time.gmtime(began / 1000000 - 60))
    assert found[2]["recover_since"] == want
    text = place.good("gaps", "-c", store.conf, "--since", "3h").text
    assert f"\nRecover since {want} at the sender.\n" in text, text
    assert "3 could not be stored" in text
    # the earliest that lost something counts
    text = place.good("gaps", "-c", store.conf).text
    assert f"Recover since {found[1]['recover_since']} " in text, text


def audit_tells_gaps(store):
    """Those that have ended are no fault; events turned away just now are."""
    place = store.place
    send(store)
    words = ("audit", "-c", store.conf)
    assert json.loads(place.good(*words, "--json").text)["gaps"] == []
    assert "gaps       0 in which events were turned away\n" in \
        place.good(*words).text
    began = us(7200)
    patch(store, SINCE, "q", us(86400 * 3))
    patch(store, GAPS, "qqII", began, began + 60000000, 0, 3)
    patch(store, GAPS + 24, "qqII", us(3600 * 40), us(3600 * 30), 2, 0)
    patch(store, GAPS + 48, "qqII", us(3600 * 80), us(3600 * 75), 0, 0)
    patch(store, GAP_TOTAL, "Q", 3)
    counts = json.loads(place.good(*words, "--json").text)
    assert [{**gap, "endpoint": "levers"} for gap in counts["gaps"]] == [
        json.loads(line) for line in place.good(
            "gaps", "-c", store.conf, "-j").text.splitlines()][1:]
    assert [g["errors"] for g in counts["gaps"]] == [0, 3]
    assert counts["good"] and counts["unstored"] == 0
    text = place.good(*words).text
    assert "gaps       2 in which events were turned away\n" in text
    assert "Z  3 could not be stored\n" in text, text
    patch(store, OPEN_ERRORS, "I", 4)
    result = place.bad(DATAERR, *words)
    assert " to now  4 could not be stored\n" in result.text, result
    assert "unstored   4 turned away by the store" in result.text
    counts = json.loads(place.run(*words, "--json").text)
    assert counts["unstored"] == 4 and not counts["good"], counts
    assert "to" not in counts["gaps"][-1]
    # the next stored event repairs it
    send(store)
    assert "unstored   0 " in place.good(*words).text
    patch(store, 0, "8s", b"nonsense")
    result = place.good(*words)
    assert "gaps are unknown" in result.said, result
    assert "gaps" not in result.text and "unstored" not in result.text


def a_gap_that_has_not_ended(place):
    store = Store(place)
    send(store)
    patch(store, LAST_PUT, "qII", us(7300), 5, 0)
    text = place.good("gaps", "-c", store.conf).text
    assert re.search(r"Z  now +2 h +5 refused\n", text), text
    assert "Recover since" in text
    patch(store, OPEN_REFUSED, "I", 0)
    text = place.good("gaps", "-c", store.conf).text
    assert "nothing came" in text and "recover since" in text
    assert place.good("gaps", "-c", store.conf, "--shortest", "3h"
                      ).text == "No gap.\n"


def gaps_of_the_records_alone(place):
    store = Store(place)
    store.put(ids_of(3))
    log = store.log.read_bytes().replace(
        b"00.000001Z", b"05.000000Z").replace(b"T00:00:00.000002Z",
                                              b"T04:00:00.000000Z")
    store.log.write_bytes(log)
    store.settle()
    found = [json.loads(line) for line in place.good(
        "gaps", "-c", store.conf, "-j", "--since", "2025-12-01"
        ).text.splitlines()]
    assert found[0] == {
        "from": "2026-01-01T00:00:05.000000Z",
        "to": "2026-01-01T04:00:00.000000Z", "kind": "silence",
        "recover_since": "2025-12-31T23:59:00Z",
        "endpoint": "levers"}, found
    assert len(found) == 2 and "to" not in found[1]
    place.bad(USAGE, "gaps", "-c", store.conf, "--since", "soon")
    place.bad(USAGE, "gaps", "-c", store.conf, "--shortest", "x")


ALL = [
    nothing_yet, a_missing_directory_is_unknown,
    what_was_only_refused_is_no_silence_that_is_new, what_came_is_counted, rows_fit_their_terminal,
    rows_are_coloured_on_a_terminal_that_wants_it, each_endpoint_is_told,
    consumers_are_told, a_spool_s_consumer_is_told,
    the_oldest_unfinished_is_told, what_nobody_drains_has_an_age,
    monitoring_learns_of_secrets_and_audits, the_sandbox_is_told,
    check_judges_by_thresholds, check_sees_what_is_never_good,
    check_says_unknown_if_it_cannot_tell, prometheus_gets_a_whole_file,
    refused_tells_why, refused_says_that_a_secret_was_rotated,
    refused_shows_nothing_of_a_hostile_ledger, gaps_of_the_counters,
    *both(audit_tells_gaps), a_gap_that_has_not_ended,
    gaps_of_the_records_alone,
]
