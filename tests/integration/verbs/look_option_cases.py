# SPDX-License-Identifier: ISC
"""
Options that choose among what is stored, at both kinds of store: a
configuration of two endpoints, "log" that keeps one and "spool" that does.
"""

import csv
import json
import os
import pwd
import re
import shutil
import subprocess

import tool_scene
import wire
from drain_scene import CONSUMER, RESPONDER, lines
from replay_cases import needs_curl
from tap import Skip
from tool_scene import CONFIG, DATAERR, NOINPUT, NOPERM, USAGE, Endpoint, Server

NAME = "options"
STORES = ("log", "spool")
# without what this machine's disk, and records of a January, would say
CHECK = ("--check", "--disk", "0%", "--skew", "36500d")
PUBLISHED_US = 1767225600000000  # 2026-01-01


class Pair:
    """The two endpoints; each has a secret of its own."""

    def __init__(self, place):
        self.place = place
        (place.top / "var").mkdir(0o700)
        (place.top / "spool").mkdir(0o700)
        self.secrets = {name: wire.fresh_secret() for name in STORES}
        text = ""
        for name in STORES:
            path = place.write(f"{name}.secret", self.secrets[name] + "\n",
                               0o600)
            store = {"log": f'log = "{place.top}/var/log.jsonl"',
                     "spool": f'spool = "{place.top}/spool"'}[name]
            text += f'endpoint "{name}" {{\n    path = "/{name}"\n' \
                f'    secret-file = "{path}"\n    {store}\n}}\n'
        self.conf = place.write("hookcask.conf", text)
        self.seen_file = place.top / "seen"
        place.env["SEEN"] = str(self.seen_file)
        self.consumer = place.write("consumer", CONSUMER, 0o755)
        self.published = 0

    def run(self, name, verb, *words):
        return self.place.run(verb, "-c", self.conf, "--endpoint", name,
                              *words)

    def good(self, name, verb, *words):
        result = self.run(name, verb, *words)
        assert result.code == 0, (name, verb, words, result)
        return result

    def ids(self, name, verb, *words):
        text = self.good(name, verb, "--json", *words).text
        return [json.loads(line)["id"] for line in text.splitlines()]

    def put(self, name, ids, kind="phone_call.ended"):
        """Received at 2026-01-01T00:00:00 and as many us as ids end with."""
        if name == "spool":
            new = self.place.top / "spool/new"
            new.mkdir(0o700, exist_ok=True)
            (new.parent / ".hookcask-spool").mkdir(0o700, exist_ok=True)
            for i in ids:
                self.published += 1
                (new / f"{PUBLISHED_US + self.published:016d}-{i}.json"
                 ).write_bytes(self.records(name, [i], kind))
            return
        log = self.place.top / "var/log.jsonl"
        with open(log, "ab") as file:
            file.write(self.records(name, ids, kind))
        log.chmod(0o600)
        self.good(name, "index", "--rebuild")

    def records(self, name, ids, kind="phone_call.ended"):
        return lines(ids, kind).replace(b'"source":"levers"',
                                        f'"source":"{name}"'.encode())

    def fill(self):
        """Three calls and a message each."""
        for name in STORES:
            self.put(name, [f"{name}_{n}" for n in range(3)])
            self.put(name, [f"{name}_3"], "sms.sent")

    def deliver(self, name, secret=None):
        """Through the responder; its id."""
        sent = wire.Delivery(secret or self.secrets[name])
        env = {**self.place.env, "GATEWAY_INTERFACE": "CGI/1.1",
               "REQUEST_METHOD": "POST", "HOOKCASK_CONFIG": str(self.conf),
               "SCRIPT_NAME": f"/{name}", "SERVER_PROTOCOL": "HTTP/1.1",
               "CONTENT_LENGTH": str(len(sent.body))}
        for header, value in sent.headers:
            env["HTTP_" + header.upper().replace("-", "_")] = value
        subprocess.run([RESPONDER], input=sent.body, env=env, check=True,
                       capture_output=True, timeout=tool_scene.TIME_LIMIT)
        return sent.id

    def seen(self):
        """What the consumer was given since it was asked the last time."""
        text = self.seen_file.read_text() if self.seen_file.exists() else ""
        self.seen_file.unlink(missing_ok=True)
        return [line.split()[0] for line in text.splitlines()]


def the_endpoint_of_each_verb_that_looks(place):
    pair = Pair(place)
    pair.fill()
    for name in STORES:
        mine = [f"{name}_{n}" for n in range(4)]
        assert pair.ids(name, "list") == mine
        assert pair.ids(name, "tail") == mine
        text = pair.good(name, "cat").text
        assert [json.loads(line)["id"] for line in text.splitlines()] == mine
        assert pair.ids(name, "show", mine[2]) == [mine[2]]
        other = STORES[name == "log"]
        result = pair.run(name, "show", f"{other}_1")
        assert result.code == NOINPUT and not result.out, result
    for verb in (["cat"], ["tail", "--follow"], ["show", "log_1"]):
        said = place.bad(USAGE, *verb, "-c", pair.conf).said
        assert "name one with --endpoint: log, spool" in said, (verb, said)
    for verb in (["list"], ["cat"], ["tail"], ["show", "log_1"],
                 ["refused"], ["gaps"], ["status"], ["report"]):
        said = place.bad(USAGE, *verb, "-c", pair.conf, "-e", "none").said
        assert 'it has no endpoint "none"; it has: log, spool' in said, said
        said = place.bad(USAGE, *verb, "-c", pair.conf, "-e", "spolo").said
        assert "did you mean spool?" in said, said


def all_endpoints_where_none_is_named(place):
    pair = Pair(place)
    pair.fill()
    everything = [f"{name}_{n}" for name in STORES for n in range(4)]
    for verb in ("list", "tail"):
        found = [json.loads(line) for line in place.good(
            verb, "-c", pair.conf, "--json").text.splitlines()]
        assert [event["id"] for event in found] == everything
        rows = place.good(verb, "-c", pair.conf).text.splitlines()
        assert rows[0] == "log" and rows[1].startswith("RECEIVED"), rows
        assert rows[6:8] == ["", "spool"] and len(rows) == 13, rows
        assert pair.good("log", verb).text.startswith("RECEIVED")
    for name in STORES:
        pair.deliver(name, wire.fresh_secret())
    rows = place.good("refused", "-c", pair.conf).text.splitlines()
    assert rows[0] == "log" and rows.count("spool") == 1, rows
    assert sum("no-match  " in row for row in rows) == 2, rows
    rows = place.good("gaps", "-c", pair.conf, "-j", "--shortest",
                      "0s").text.splitlines()
    assert {json.loads(row)["endpoint"] for row in rows} == {*STORES}, rows
    # one that cannot be read hides no other
    (place.top / "var/log.jsonl").unlink()
    shutil.rmtree(place.top / "var")
    result = place.bad(NOINPUT, "list", "-c", pair.conf)
    assert result.text.count("spool_") == 4, result


def a_backlog_that_nobody_drains(place):
    pair = Pair(place)
    pair.fill()
    check = ("status", "-c", pair.conf, *CHECK)
    result = place.run(*check)
    assert result.code == 1, result
    first, *rows = result.text.splitlines()
    assert re.match(r"HOOKCASK WARNING - \d findings \|", first), first
    for name, row in zip(STORES, rows):
        assert row.startswith(f"WARNING: {name}: nobody drains 4 events; run "
                              "hookcask drain, or set consumers = external"), \
            row
        assert f"'{name} backlog'=4" in first, first
        assert "4 events, which nobody drains" in \
            pair.good(name, "status").text
        assert json.loads(pair.good(name, "status", "-j").text)[
            "undrained"] == 4
    # the first remedy
    pair.good("log", "drain", "--once", "--", pair.consumer)
    first, *rows = place.run(*check).text.splitlines()
    assert rows[0] == "OK: log" and rows[1].startswith("WARNING: spool"), rows
    # the second
    text = pair.conf.read_text().replace("spool =", "consumers = external\n"
                                         "    spool =")
    pair.conf.write_text(text)
    result = place.good(*check)
    assert result.text.splitlines()[1:3] == ["OK: log", "OK: spool"], result
    assert "nobody" not in pair.good("spool", "status").text
    pair.conf.write_text(text.replace("external", "internal"))
    said = place.bad(CONFIG, "check", "-c", pair.conf).said
    assert "give drain or external" in said, said


def a_spool_that_is_drained_is_no_warning(place):
    pair = Pair(place)
    pair.fill()
    pair.good("spool", "drain", "--once", "--", pair.consumer)
    pair.put("spool", ["spool_5"])
    result = pair.good("spool", "status", *CHECK)
    assert "nobody" not in result.text, result


BODIES = [
    b'{"type":"a","data":{"id":42,"name":"caf\\u00e9","big":'
    b'12345678901234567890123}}',
    b'{"type":"b","data":{"id":"42","name":"Caf\xc3\xa9, \\"x\\"","list":[1]}}',
    b'{"type":"c","data":{"id":43,"name":null}}',
    b"no JSON",
]


def fill_with_bodies(pair, name):
    """Four events, and their ids."""
    ids = []
    for body in BODIES:
        sent = wire.Delivery(pair.secrets[name], body)
        env = {**pair.place.env, "GATEWAY_INTERFACE": "CGI/1.1",
               "REQUEST_METHOD": "POST", "HOOKCASK_CONFIG": str(pair.conf),
               "SCRIPT_NAME": f"/{name}", "SERVER_PROTOCOL": "HTTP/1.1",
               "CONTENT_LENGTH": str(len(sent.body))}
        for header, value in sent.headers:
            env["HTTP_" + header.upper().replace("-", "_")] = value
        subprocess.run([RESPONDER], input=sent.body, env=env, check=True,
                       capture_output=True, timeout=tool_scene.TIME_LIMIT)
        ids.append(sent.id)
    return ids


WHERES = (
    (["/data/id=42"], [0, 1]), (["/data/id!=42"], [2]),
    (["/data/id?"], [0, 1, 2]), (["/data/name=caf\u00e9"], [0]),
    (["/data/name=~[cC]af*"], [0, 1]), (["/data/list/0=1"], [1]),
    (["/data/big=12345678901234567890123"], [0]),
    (["/data/big=12345678901234567890124"], []), (["/data/nothing?"], []),
    (["/data/name=null"], [2]),
    (["/data/id=42", "/type=b"], [1]), (["/data/id=42", "/type=c"], []),
)


def what_is_chosen_by_a_member(place):
    pair = Pair(place)
    for name in STORES:
        ids = fill_with_bodies(pair, name)
        for conditions, wanted in WHERES:
            words = [word for c in conditions for word in ("--where", c)]
            want = [ids[n] for n in wanted]
            for verb in ("list", "tail"):
                assert pair.ids(name, verb, *words) == want, (verb, words)
            text = pair.good(name, "cat", *words).text
            assert [json.loads(line)["id"]
                    for line in text.splitlines()] == want, words
            text = pair.good(name, "replay", "--dry-run", *words).text
            assert [i for i in ids if i in text] == want, (words, text)
        for bad in ("data/id=1", "/data/id", "=1", "/a~=1", ""):
            result = pair.run(name, "list", "--where", bad)
            assert result.code == USAGE and "not a JSON pointer" in \
                result.said, result
        result = pair.run(name, "list", *["--where", "/a?"] * 17)
        assert result.code == USAGE and "too often" in result.said, result


def a_drain_of_what_a_member_says(place):
    """All else counts as done, but for what is no JSON"""
    pair = Pair(place)
    for name in STORES:
        ids = fill_with_bodies(pair, name)
        result = pair.good(name, "drain", "--once", "--where", "/data/id=42",
                           "-w", "/type=b", "--", pair.consumer)
        assert sorted(pair.seen()) == sorted([ids[1], ids[3]])
        assert "2 events that --where or --type leaves out counted as done" \
            in result.said, result
        pair.good(name, "drain", "--once", "--where", "/data/id=42",
                  "-w", "/type=b", "--", pair.consumer)
        assert pair.seen() == []


def failed_by_a_member(place):
    pair = Pair(place)
    for name in STORES:
        ids = fill_with_bodies(pair, name)
        pair.run(name, "drain", "--once", "--tries", 1, "--", "false")
        assert pair.ids(name, "failed", "--where", "/data/id=43") == ids[2:3]
        assert pair.good(name, "failed", "drop", "--where",
                         "/data/id?").text == "3 events dropped\n"
        assert pair.ids(name, "failed") == ids[3:]


def csv_of_members(place):
    pair = Pair(place)
    for name in STORES:
        ids = fill_with_bodies(pair, name)
        rows = list(csv.reader(pair.good(
            name, "list", "--csv", "/data/id,/data/name,/data/big,/data/list"
            ).out.decode().splitlines()))
        assert rows[0] == ["id", "received", "type", "/data/id", "/data/name",
                           "/data/big", "/data/list"], rows
        assert [row[0] for row in rows[1:]] == ids
        assert [row[2:] for row in rows[1:]] == [
            ["a", "42", "caf\u00e9", "12345678901234567890123", ""],
            ["b", "42", 'Caf\u00e9, "x"', "", "[1]"],
            ["c", "43", "null", "", ""], ["svix.webhook", "", "", "", ""]]
        for words in (("--csv", "data"), ("--csv", "/a,"), ("--csv", ""),
                      ("--csv", "/a", "--json")):
            assert pair.run(name, "list", *words).code == USAGE, words


def every_verb_knows_local_time_and_utc(place):
    pair = Pair(place)
    place.env["TZ"] = "EAT-3"  # no summer time
    for name in STORES:
        ids = [pair.deliver(name) for _ in range(2)]
        pair.deliver(name, wire.fresh_secret())
        for words, is_good in (
                (("drain", "--once", "--tries", 1, "--", "false"), False),
                (("show", ids[0]), True), (("tail",), True),
                (("list",), True), (("cat",), True), (("status",), True),
                (("refused",), True), (("failed",), True),
                (("report",), True),
                (("gaps", "--shortest", "0s"), True),
                (("replay", "--since", "1h", "--dry-run"), True),
                (("prune", "--max-age", "1d"), True), (("audit",), True)):
            verb, *rest = words
            local = pair.run(name, verb, *rest)
            utc = pair.run(name, verb, "--utc", *rest)
            assert "+03:00" not in utc.text + utc.said, utc
            if verb not in ("drain", "cat", "audit"):
                assert "+03:00" in local.text + local.said, (words, local)
            if is_good:
                assert local.code == utc.code == 0, (local, utc)
    given = ("verify", "-s", place.secret, "--now", tool_scene.DOC_TIME,
             "--id", tool_scene.DOC_ID, "--timestamp", tool_scene.DOC_TIME,
             "--signature", tool_scene.DOC_SIGNATURE)
    body = tool_scene.DOC_BODY
    assert "18:02:10+03:00" in place.good(*given, stdin=body).text
    assert "15:02:10Z" in place.good(*given, "--utc", stdin=body).text


def what_was_mistyped(place):
    for words, meant in ((("stauts",), "status"), (("help", "gasp"), "gaps"),
                         (("list", "--endpont", "x"), "--endpoint"),
                         (("list", "--jsno"), "--json"),
                         (("config", "ngnix"), "nginx")):
        said = place.bad(USAGE, *words).said
        assert f"did you mean {meant}?" in said, said
    for words in (("frobnicate",), ("list", "--frobnicate"),
                  ("config", "frobnicate"), ("x",), ("y" * 100,)):
        assert "did you mean" not in place.bad(USAGE, *words).said


def what_is_chosen_by_id_time_type_and_text(place):
    pair = Pair(place)
    pair.fill()
    for name in STORES:
        ids = [f"{name}_{n}" for n in range(4)]
        for verb in ("list", "tail"):
            for words, wanted in (
                    (("--id", ids[1]), ids[1:2]),
                    (("--since", "2026-01-01T00:00:00.000002Z"), ids[2:]),
                    (("--until", "2026-01-01T00:00:00.000002Z"), ids[:2]),
                    (("--since", "2026-01-01T00:00:00.000001Z", "--until",
                      "2026-01-01T00:00:00.000003Z"), ids[1:3]),
                    (("--until", "2026-01-01"), []),
                    (("--grep", "sms"), ids[3:]),
                    (("--grep", "phone_call", "--type", "sms.*"), []),
                    (("--grep", "nowhere"), [])):
                assert pair.ids(name, verb, *words) == wanted, \
                    (name, verb, words)


def the_endpoint_of_what_was_refused_and_of_gaps(place):
    pair = Pair(place)
    refused = {}

    def gaps(name):
        return len(pair.good(name, "gaps", "--json", "--shortest", "0s"
                             ).text.splitlines())
    for name in STORES:
        assert gaps(name) == 0
        pair.deliver(name)
        refused[name] = pair.deliver(name, wire.fresh_secret())
        pair.deliver(name)
        assert gaps(name) > 0
    for name in STORES:
        assert pair.ids(name, "refused") == [refused[name]]
        assert pair.ids(name, "refused", "--since", "1h") == [refused[name]]
        assert pair.ids(name, "refused", "--since", "2100-01-01") == []
        assert pair.ids(name, "refused", "--until", "1h") == []
    # a third that is turned away at one of them
    pair.deliver("spool", wire.fresh_secret())
    assert len(pair.ids("log", "refused")) == 1
    assert len(pair.ids("spool", "refused")) == 2


def the_endpoint_whose_events_go_to_a_program(place):
    pair = Pair(place)
    pair.fill()
    for name in STORES:
        mine = [f"{name}_{n}" for n in range(4)]
        pair.good(name, "replay", "--", pair.consumer)
        assert pair.seen() == mine
        place.write("seen.exit", "1")
        result = pair.run(name, "drain", "--once", "--tries", 1, "--",
                          pair.consumer)
        assert result.code == DATAERR, result
        assert pair.seen() == mine
        (place.top / "seen.exit").unlink()
        assert pair.ids(name, "failed") == mine
        pair.good(name, "failed", "retry", mine[1])
        pair.good(name, "drain", "--once", "--", pair.consumer)
        assert pair.seen() == [mine[1]]
        pair.good(name, "failed", "drop", "--all")
        assert pair.ids(name, "failed") == []


def the_endpoint_that_is_kept_in_order(place):
    pair = Pair(place)
    known = {name: pair.deliver(name) for name in STORES}
    for name in STORES:
        for n, secret in ((1, name), (0, STORES[name == "log"])):
            found = pair.run(name, "audit", "--json", "-s",
                             place.top / f"{secret}.secret")
            assert json.loads(found.text)["proven"] == n, (name, found)
            assert found.code == (0 if n else DATAERR), found
        assert json.loads(pair.good(name, "index", "--json").text)["ids"] \
            == 1
        pair.good(name, "index", "--forget", known[name])
        assert json.loads(pair.good(name, "index", "--json").text)["ids"] \
            == 0
    (place.top / "var/log.jsonl.1").write_bytes(
        pair.records("log", ["log_1"]))
    pair.put("spool", ["spool_1"])
    pair.good("spool", "drain", "--once", "--", "true")
    gone = {"log": place.top / "var/log.jsonl.1",
            "spool": next((place.top / "spool/done").glob("*spool_1*"))}
    for name in STORES:
        assert gone[name].exists()
        os.utime(gone[name], (0, 0))
        pair.good(name, "prune", "--max-age", "30d")
        assert not gone[name].exists(), name


def the_consumer_whose_state_lies_elsewhere(place):
    pair = Pair(place)
    pair.put("log", ["log_1"])
    words = ("--state", place.top / "mine")
    (place.top / "mine").mkdir(0o700)
    result = pair.run("log", "drain", *words, "--once", "--tries", 1, "--",
                      "false")
    assert result.code == DATAERR, result
    assert pair.ids("log", "failed", *words) == ["log_1"]
    assert pair.run("log", "failed").code == NOINPUT


def the_endpoint_whose_secret_signs(place):
    pair = Pair(place)
    body = place.write("body", b"{}")
    for name in STORES:
        secret = pair.secrets[name]
        words = ("-i", "msg_1", "-t", "1614265330")
        signature = wire.sign(secret, "msg_1", 1614265330, b"{}")
        assert signature in pair.good(name, "sign", *words, body).text
        pair.good(name, "verify", *words, "-g", signature, "-n", "1614265330",
                  body)
        assert pair.run(STORES[name == "log"], "verify", *words, "-g",
                        signature, "-n", "1614265330", body).code == DATAERR
    needs_curl()
    for name in STORES:
        with Endpoint((pair.secrets[name],)) as server:
            pair.good(name, "probe", server.url)
            pair.good(name, "send", "--id", "msg_sent", server.url)
            assert pair.run(STORES[name == "log"], "send",
                            server.url).code == DATAERR
        ids = [headers.get("svix-id") for _, headers, _ in server.seen]
        assert ids[-2] == "msg_sent", ids


def the_family_of_headers(place):
    pair = Pair(place)
    pair.fill()
    body = place.write("body", b"{}")
    signature = wire.sign(pair.secrets["log"], "msg_1", 1614265330, b"{}")
    for family in ("svix", "webhook"):
        found = json.loads(pair.good(
            "log", "verify", "--family", family, "-i", "msg_1", "-t",
            "1614265330", "-g", signature, "-n", "1614265330", "--json",
            body).text)
        assert found["verified"], found
    needs_curl()
    for name in STORES:
        with Server() as server:
            pair.good(name, "replay", "--family", "webhook", "--to",
                      server.url, "--id", f"{name}_1")
        (headers, sent, _), = server.seen
        assert headers["webhook-id"] == f"{name}_1", headers
        assert headers["webhook-signature"] == wire.sign(
            pair.secrets[name], f"{name}_1",
            int(headers["webhook-timestamp"]), sent)
        assert not [h for h in headers if h.startswith("svix-")], headers


def who_may_not_look_into_a_store_is_told_who_may(place):
    """It is root's here; nobody runs the tool."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    user = pwd.getpwnam("nobody")
    pair = Pair(place)
    for name in STORES:
        pair.deliver(name)
    place.top.chmod(0o755)
    (place.top / "var").chmod(0o755)  # then it is the state directory
    tool = shutil.copy2(tool_scene.TOOL, place.top / "hookcask.bin")
    os.chmod(tool, 0o755)
    for name, closed in (("log", place.top / "var/.hookcask-log"),
                         ("spool", place.top / "spool")):
        for verb in (*PRINTING, ["show", "x"], ["index", "--rebuild"],
                     ["drain", "--once", "--", "true"]):
            if verb[0] in ("check", "audit") or \
                    (name == "spool" and "--rebuild" in verb):
                continue  # these want the secret first; there is no such
            process = subprocess.run(
                [tool, verb[0], "-c", pair.conf, "-e", name, *verb[1:]],
                cwd=place.top, env=place.env, stdin=subprocess.DEVNULL,
                capture_output=True, check=False, timeout=60,
                user=user.pw_uid, group=user.pw_gid, extra_groups=[])
            said = process.stderr.decode()
            assert process.returncode == NOPERM, (verb, process)
            assert str(closed) in said and process.stdout == b"", process
            assert "run this as its owner, user 0 (root)" in said, process


# what prints something here, at either store
PRINTING = (
    ["cat"], ["list"], ["list", "--json"], ["tail"], ["status"],
    ["status", "--json"], ["refused"], ["refused", "--json"],
    ["gaps", "--shortest", "0s"], ["audit"], ["audit", "--json"], ["index"],
    ["prune", "--max-age", "1d", "--dry-run"], ["check"], ["failed"],
    ["failed", "--json"], ["replay", "--dry-run"])


def what_nobody_can_read_is_no_success(place):
    """Standard output is on a full disk, or closed; a pipe's end."""
    pair = Pair(place)
    for name in STORES:
        ids = [pair.deliver(name) for _ in range(2)]
        pair.deliver(name, wire.fresh_secret())
        pair.run(name, "drain", "--once", "--tries", 1, "--", "false")
        for verb in (*PRINTING, ["show", ids[0]]):
            words = [verb[0], "-c", pair.conf, "-e", name, *verb[1:]]
            if verb == ["check"]:
                words = ["check", "-c", pair.conf]
            for out in ("/dev/full", None):
                with open(out or os.devnull, "wb") as stdout:
                    process = subprocess.run(
                        tool_scene.command(*words), env=place.env,
                        stdin=subprocess.DEVNULL, stdout=stdout,
                        stderr=subprocess.PIPE, check=False, timeout=60,
                        preexec_fn=None if out else lambda: os.close(1))
                assert process.returncode == 74, (words, out, process)
                assert b"standard output: " in process.stderr, process
            quiet, said = place.broken_pipe(*words)
            assert quiet and (said == b"" or verb[0] in ("check", "prune")), (
                words, said)


ALL = [
    the_endpoint_of_each_verb_that_looks,
    all_endpoints_where_none_is_named, a_backlog_that_nobody_drains,
    a_spool_that_is_drained_is_no_warning, what_was_mistyped,
    every_verb_knows_local_time_and_utc,
    what_is_chosen_by_a_member, a_drain_of_what_a_member_says,
    failed_by_a_member, csv_of_members,
    what_is_chosen_by_id_time_type_and_text,
    the_endpoint_of_what_was_refused_and_of_gaps,
    the_endpoint_whose_events_go_to_a_program,
    the_endpoint_that_is_kept_in_order,
    the_consumer_whose_state_lies_elsewhere, the_endpoint_whose_secret_signs,
    the_family_of_headers, what_nobody_can_read_is_no_success,
    who_may_not_look_into_a_store_is_told_who_may,
]
