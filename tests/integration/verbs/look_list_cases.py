# SPDX-License-Identifier: ISC
"""list, show and tail: one event or many, for people and for programs."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import tool_scene
from drain_scene import Store, ids_of, lines, stop, until
from tool_scene import DATAERR, NOINPUT, USAGE, make_record

NAME = "looking"

HEAD = "RECEIVED              ID                                BYTES  TYPE\n"


def row(msg_id, kind="phone_call.ended", size=27):
    return f"2026-01-01T00:00:00Z  {msg_id:31}  {size:6}  {kind}\n"


def rotate(store, name="levers.jsonl.1", packed=False):
    path = store.var / name
    data = store.log.read_bytes()
    store.log.unlink()
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def list_prints_a_table(place):
    store = Store(place)
    store.put(ids_of(2))
    store.put(ids_of(1, 2), "sms.sent")
    text = HEAD + row("msg_00000") + row("msg_00001") + \
        row("msg_00002", "sms.sent", 19)
    assert place.good("list", "-c", store.conf).text == text
    assert place.good("list", store.log).text == text
    assert place.good("list", "-", stdin=store.log.read_bytes()).text == text
    assert place.good("list", "-c", store.conf, "-t", "no").text == ""
    place.bad(USAGE, "list", "-c", store.conf, store.log)


def sizes_stay_in_their_column(place):
    path = place.write("log", make_record(b"1" * 999999) +
                       make_record(b"1" * 1000000) +
                       make_record(b"1" * (16 << 20)))
    assert [line.split()[2] for line in
            place.good("list", path).text.splitlines()[1:]] == \
        ["999999", "1.0M", "16.7M"]


def list_prints_json(place):
    store = Store(place)
    store.put(ids_of(2))
    found = [json.loads(line) for line in
             place.good("list", "-c", store.conf, "--json").text.splitlines()]
    assert [f["id"] for f in found] == ids_of(2)
    assert found[1] == {
        "id": "msg_00001", "endpoint": "levers", "type": "phone_call.ended",
        "time": "2021-02-25T15:02:10Z",
        "received": "2026-01-01T00:00:00.000001Z",
        "key": tool_scene.fingerprint(tool_scene.DOC_SECRET), "bytes": 27,
        "file": str(store.log), "offset": len(lines(ids_of(1)))}, found[1]


def a_table_fits_its_terminal(place):
    store = Store(place)
    store.put(ids_of(1), "x" * 200)
    for columns in (70, 80, 132):
        code, seen = place.on_terminal("list", "-c", store.conf,
                                       columns=columns)
        assert code == 0 and len(seen.split(b"\r\n")[1]) == columns, seen
    # an id is never cut: it is there to be copied
    long = "msg_" + "y" * 96
    path = place.write("log", make_record(msg_id=long))
    assert long.encode() in place.on_terminal("list", path, columns=80)[1]


def colours_are_for_terminals_that_want_them(place):
    path = place.write("log", lines(ids_of(1)))
    plain = (HEAD + row("msg_00000")).replace("\n", "\r\n").encode()
    tinted = plain.replace(HEAD[:-1].encode(),
                           b"\x1b[1m" + HEAD[:-1].encode() + b"\x1b[0m")
    xterm = {"TERM": "xterm"}
    assert place.on_terminal("list", path, env=xterm) == (0, tinted)
    for env in ({}, {"TERM": "dumb"}, {**xterm, "NO_COLOR": "1"}):
        assert place.on_terminal("list", path, env=env) == (0, plain), env
    assert place.on_terminal("list", path, env={**xterm, "NO_COLOR": ""}) \
        == (0, tinted)
    assert place.good("list", path, env=xterm).out == \
        plain.replace(b"\r", b"")


def hostile_lines_are_counted_and_skipped(place):
    good = lines(ids_of(1))
    evil = good.replace(b"msg_00000", b"msg\x1b[2J")
    path = place.write("log", good + evil + b"\0" * 5000 + b"\n" + good)
    for verb in (["list"], ["list", "--json"], ["show", "msg_x"]):
        result = place.run(*verb, path)
        assert b"\x1b" not in result.out + result.err, verb
        assert result.said.count("not a record; left out") == 2, result
        assert f"at byte {len(good)}" in result.said
    assert place.bad(DATAERR, "list", path).text.count("msg_00000") == 2
    quiet, said = place.broken_pipe("list", place.write("many",
                                                        good * 20000))
    assert quiet and said == b"", said


def feed(path, pause):
    """Writes records into a pipe: some, a pause, some more."""
    some = lines(ids_of(1)) * 4096
    with open(path, "wb") as pipe:
        pipe.write(some)
        pipe.flush()
        time.sleep(pause)
        pipe.write(some)


def who_waits_on_a_terminal_is_told(place):
    """Nothing is printed in the first second: the test needs that pause."""
    path = place.top / "pipe"
    os.mkfifo(path)
    arguments = ["list", "-t", "none", path]

    def fed(pause, call):
        writer = threading.Thread(target=feed, args=(path, pause))
        writer.start()
        result = call()
        writer.join()
        return result
    code, seen = fed(1.2, lambda: place.on_terminal(*arguments))
    line = re.escape(str(path).encode()) + rb": \d+ records read\r\x1b\[K"
    assert code == 0 and re.fullmatch(b"(" + line + b")+", seen), seen
    assert fed(0, lambda: place.on_terminal(*arguments)) == (0, b"")
    result = fed(1.2, lambda: place.good(*arguments))
    assert result.out == result.err == b""
    # it complains of ids that are there repeatedly
    arguments = ["audit", "-s", place.secret, path]
    code, seen = fed(1.2, lambda: place.on_terminal(*arguments))
    assert code == DATAERR and re.match(line, seen), seen
    result = fed(1.2, lambda: place.run(*arguments))
    assert result.code == DATAERR and "records read" not in result.said
    # a file's name cannot steer the terminal
    arguments[-1] = path = path.rename(place.top / "pi\x1b[2Jpe")
    seen = fed(1.2, lambda: place.on_terminal(*arguments))[1]
    assert b"pi\\x1B[2Jpe: " in seen and b"\x1b[2J" not in seen, seen


SHOWN = """\
id          msg_p5jXN8AQM9LWM0D4loKWxJek
type        phone_call.ended
endpoint    levers
signed      2021-02-25T15:02:10Z (svix-timestamp 1614265330)
received    2021-02-25T15:02:10.000000Z (0 s later)
signature   SIGNATURE
key         40b3c122 (hookcask keygen --fingerprint FILE shows its)
body        BYTES bytes, JSON
stored in   PATH, byte 0

{
  "type": "phone_call.ended",
  "n": [
    12345678901234567890,
    1.50,
    "a\\u001b,{"
  ],
  "o": {},
  "a": [],
  "t": true
}
"""


def show_prints_one_event(place):
    body = b'{"type":"phone_call.ended","n":[12345678901234567890,1.50,' \
        b'"a\\u001b,{"],"o":{ },"a":[],"t":true}'
    record = make_record(body, msg_id=tool_scene.DOC_ID)
    path = place.write("log", record + make_record())
    shown = SHOWN.replace("PATH", str(path)).replace(
        "BYTES", str(len(body))).replace(
        "SIGNATURE", json.loads(record)["svixsignature"])
    assert place.good("show", tool_scene.DOC_ID, path).text == shown
    assert place.good("show", tool_scene.DOC_ID, path, "--data").out == body
    found = json.loads(place.good("show", "--json", tool_scene.DOC_ID,
                                  path).text)
    assert found["signature"] == json.loads(record)["svixsignature"]
    assert found["bytes"] == len(body) and found["offset"] == 0
    said = place.bad(NOINPUT, "show", "msg_none", path).said
    assert "msg_none: no record of this id" in said


def show_prints_what_is_no_json_escaped(place):
    body = b"a\x1b[2J\n\xff\xc2\x9b" + b"x" * 9000
    path = place.write("log", make_record(body, msg_id="msg_1"))
    result = place.good("show", "msg_1", path)
    assert "\na\\x1B[2J\n\\xFF\\xC2\\x9Bxxx" in result.text, result
    assert f"({len(body) - 4096} bytes more; --data prints all)" in \
        result.text
    assert place.good("show", "-d", "msg_1", path).out == body
    seen = place.on_terminal("show", "-d", "msg_1", path)[1]
    assert b"\x1b" not in seen


def show_follows_a_record_through_rotation(place):
    store = Store(place)
    ids = [store.deliver() for _ in range(5)]

    def stands_in(msg_id):
        found = json.loads(place.good("show", "-c", store.conf, "--json",
                                      msg_id).text)
        assert found["id"] == msg_id
        return os.path.basename(found["file"]), found["offset"]
    offset = stands_in(ids[3])[1]
    assert stands_in(ids[3]) == ("levers.jsonl", offset)
    rotated = store.var / "levers.jsonl.1"
    store.log.rename(rotated)
    assert stands_in(ids[3]) == ("levers.jsonl.1", offset)
    last = store.deliver()
    assert stands_in(ids[3]) == ("levers.jsonl.1", offset)
    packed = store.var / "levers.jsonl.2.gz"
    packed.write_bytes(gzip.compress(rotated.read_bytes()))
    rotated.unlink()
    assert stands_in(ids[3]) == ("levers.jsonl.2.gz", offset)
    assert stands_in(last) == ("levers.jsonl", 0)
    # the index is gone: it is searched for
    for path in store.state.glob("index.db*"):
        path.unlink()
    assert stands_in(ids[3]) == ("levers.jsonl.2.gz", offset)
    store.settle()
    packed.unlink()
    assert "no longer there" in place.bad(NOINPUT, "show", "-c", store.conf,
                                          ids[3]).said


def show_uses_the_index(place):
    """Another file with a broken line would be noticed by a search."""
    store = Store(place)
    ids = [store.deliver() for _ in range(3)]
    (store.var / "levers.jsonl.1").write_bytes(lines(ids_of(1)) + b"no\n")
    result = place.good("show", "-c", store.conf, ids[1])
    assert result.said == ""
    assert place.good("cat", "-c", store.conf, "-i", ids[1]).said == ""
    assert "left out" in place.run("show", "-c", store.conf,
                                   "msg_none").said
    # it was stored, and its line was taken away
    store.log.write_bytes(store.log.read_bytes().replace(
        ids[1].encode(), b"x" * len(ids[1])))
    said = place.bad(NOINPUT, "show", "-c", store.conf, ids[1]).said
    assert "it was stored, but is no longer there" in said


def show_tells_where_consumers_are(place):
    store = Store(place)
    store.put(ids_of(3))
    store.seen_file.touch()

    def consumers(msg_id):
        return [(c["name"], c["state"], c["tries"]) for c in json.loads(
            place.good("show", "-c", store.conf, "--json", msg_id).text)
            ["consumers"]]
    assert consumers("msg_00001") == []
    store.shell('[ "$HOOKCASK_ID" != msg_00001 ]', "--once", "--name", "a")
    store.shell('[ "$HOOKCASK_ID" != msg_00001 ]', "--once", "--name", "b",
                "--tries", 1)
    store.shell('[ "$HOOKCASK_ID" = msg_00000 ] || exit 75', "--once",
                "--name", "c")
    assert consumers("msg_00000") == [
        ("a", "done", 0), ("b", "done", 0), ("c", "done", 0)]
    assert consumers("msg_00001") == [
        ("a", "to be tried again", 1), ("b", "set aside", 1),
        ("c", "not yet", 0)], consumers("msg_00001")
    text = place.good("show", "-c", store.conf, "msg_00001").text
    assert "\nconsumers   a: to be tried again after 1 try\n" \
        "            b: set aside after 1 try\n" in text, text


def show_finds_an_event_of_a_spool(place):
    store = Store(place, spool=True)
    ids = [store.deliver() for _ in range(3)]
    where = ["show", "-c", store.conf, "--json", ids[1]]
    assert json.loads(place.good(*where).text)["stage"] == "new"
    store.good("--once")
    found = json.loads(place.good(*where).text)
    assert found["stage"] == "done" and "/done/" in found["file"]
    os.unlink(found["file"])
    assert "its consumer took it" in place.bad(NOINPUT, *where).said
    assert "no record" in place.bad(NOINPUT, "show", "-c", store.conf,
                                    "msg_none").said


def tail_ids(store, *options):
    text = store.place.good("tail", "-c", store.conf, *options).text
    return [line.split()[1] for line in text.splitlines()[1:]]


def tail_prints_the_last_of_them(place):
    store = Store(place)
    assert tail_ids(store) == []
    for i, packed in enumerate((True, False)):
        store.put(ids_of(4, 4 * i))
        rotate(store, f"levers.jsonl.{2 - i}{'.gz' if packed else ''}",
               packed)
    store.put(ids_of(4, 8))
    assert tail_ids(store) == ids_of(10, 2)
    for count in (1, 3, 4, 5, 9, 12, 13):
        assert tail_ids(store, "-n", count) == ids_of(12)[-count:], count
    assert tail_ids(store, "-n", 0) == []
    store.put(["msg_sms"], "sms.sent")
    assert tail_ids(store, "-n", 1) == ["msg_sms"]
    assert tail_ids(store, "-n", 3, "-t", "phone*") == ids_of(3, 9)
    body = b'{"type":"sms.sent"}'
    assert place.good("tail", "-c", store.conf, "-n1", "-d").out == \
        body + b"\n"
    assert place.good("tail", "-c", store.conf, "-n1", "-r").out == \
        lines(["msg_sms"], "sms.sent")
    assert json.loads(place.good("tail", "-c", store.conf, "-n1", "-j").text
                      )["id"] == "msg_sms"
    place.bad(USAGE, "tail", "-c", store.conf, "-dj")


def tail_steps_back_in_a_long_log(place):
    store = Store(place)
    body = b'{"type":"phone_call.ended","pad":"' + b"x" * 20000 + b'"}'
    want = [f"msg_{i:05}" for i in range(40)]
    store.log.write_bytes(b"".join(make_record(body, msg_id=i)
                                   for i in want))
    store.log.chmod(0o600)
    store.settle()
    for count in (1, 3, 4, 20, 39, 40, 41):
        assert tail_ids(store, "-n", count) == want[-count:], count


def tail_of_a_spool(place):
    store = Store(place, spool=True)
    assert tail_ids(store) == []
    store.put(ids_of(12))
    store.seen_file.touch()
    store.shell('[ "$HOOKCASK_ID" \\< msg_00003 ] || exit 75', "--once")
    assert tail_ids(store) == ids_of(10, 2)
    assert tail_ids(store, "-n", 1) == ids_of(1, 11)
    assert tail_ids(store, "-n", 99) == ids_of(12)


class Following:
    """tail -f in the background, whose output is a file."""

    def __init__(self, store, *options):
        self.path = store.place.top / "followed"
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen(
                tool_scene.command("tail", "-f", "-c", store.conf, "--json",
                                   *options), cwd=store.place.top,
                env=store.place.env, stdout=out, stderr=subprocess.PIPE)

    def ids(self):
        return re.findall(r'{"id":"([^"]*)"', self.path.read_text())

    def stop(self):
        code, said = stop(self.process)
        assert code == -signal.SIGTERM and said == "", (code, said)


BERLIN = {"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}


def times_are_local(place):
    """By TZ, on a terminal or not; JSON stays UTC"""
    store = Store(place)
    store.put(ids_of(3))
    store.good()
    for options in ((), ("--utc",)):
        rows = place.good("list", "-c", store.conf, *options,
                          env=BERLIN).text.splitlines()
        want = "2026-01-01T00:00:00Z" if options else \
            "2026-01-01T01:00:00+01:00"
        assert rows[1].startswith(f"{want}  msg_00000 "), rows
        code, seen = place.on_terminal("list", "-c", store.conf, *options,
                                       columns=100, env=BERLIN)
        assert code == 0 and want.encode() in seen, seen
        text = place.good("show", "-c", store.conf, "msg_00001", *options,
                          env=BERLIN).text
        assert want[:20].replace("Z", ".000001Z").replace(
            "+", ".000001+") in text, text
    found = json.loads(place.good("list", "-c", store.conf, "--json", "--id",
                                  "msg_00001", env=BERLIN).text)
    assert found["received"] == "2026-01-01T00:00:00.000001Z"


def times_without_an_offset_are_local(place):
    store = Store(place)
    store.put(ids_of(3))

    def ids(*options):
        return [json.loads(line)["id"] for line in place.good(
            "list", "-c", store.conf, "--json", *options,
            env=BERLIN).text.splitlines()]

    assert len(ids("--since", "2026-01-01T01:00")) == 3
    assert not ids("--since", "2026-01-01T01:00:01")
    assert not ids("--since", "2026-01-01T01:00", "--utc")
    assert len(ids("--since", "2026-01-01T00:00", "--utc")) == 3
    assert len(ids("--until", "today")) == 3
    said = place.bad(USAGE, "list", "-c", store.conf, "--since",
                     "2026-10-25T02:30", env=BERLIN).said
    assert "add the offset (+01:00)" in said, said


def the_range_is_said_first(place):
    store = Store(place)
    store.put(ids_of(3))
    store.good()
    said = place.good("replay", "-c", store.conf, "--since", "2026-01-01T01:00",
                      "--until", "2026-02-01", "--dry-run", env=BERLIN).said
    assert said.startswith(
        "hookcask: events received from 2026-01-01T01:00:00+01:00, before "
        "2026-02-01T00:00:00+01:00\n"), said
    said = place.good("prune", "-c", store.conf, "--max-age", "1d",
                      "--dry-run", env=BERLIN).said
    assert re.match(r"hookcask: files whose last event was received before "
                    r"20\S+\+0[12]:00\n", said), said


def tail_follows_a_log_across_rotation(place):
    store = Store(place)
    # all, however late it looks for the first time
    following = Following(store, "-n", 24)
    sent = []
    for n in range(24):
        sent.append(store.deliver())
        if n in (4, 9, 10):
            rotate_by_rename(store, n, packed=n == 10)
        if n in (3, 4, 15):
            until(f"{n} events", lambda: following.ids() == sent)
        if n == 15:
            # an older file that somebody restores is not new
            old = store.var / "levers.jsonl.old"
            old.write_bytes(lines(ids_of(3)))
            old.chmod(0o600)
            rotate_by_rename(store, n, packed=False)
    until("all events", lambda: following.ids() == sent)
    following.stop()


def rotate_by_rename(store, n, packed):
    path = store.var / f"levers.jsonl.{n}"
    store.log.rename(path)
    if packed:
        path.with_name(path.name + ".gz").write_bytes(
            gzip.compress(path.read_bytes()))
        path.unlink()


def tail_waits_for_the_index(place):
    store = Store(place)
    sent = [store.deliver()]
    behind = shutil.copytree(store.state, place.top / "behind")
    rotate_by_rename(store, 1, packed=False)
    sent.append(store.deliver())
    # as after a kill between the answer and the commit
    shutil.rmtree(store.state)
    behind.rename(store.state)
    following = Following(store, "-n", 24)
    until("the first", lambda: following.ids() == sent[:1])
    sent.append(store.deliver())
    until("all", lambda: following.ids() == sent)
    following.stop()


def tail_follows_from_now(place):
    store = Store(place)
    store.deliver()
    following = Following(store, "-n", 0)
    sent = []

    def one():
        sent.append(store.deliver())
        return following.ids()
    # until it is there, what comes is not its business
    until("it follows", one)
    until("the last", lambda: following.ids()[-1:] == sent[-1:])
    first = sent.index(following.ids()[0])
    assert following.ids() == sent[first:]
    following.stop()


def tail_follows_a_log_that_was_cut(place):
    store = Store(place)
    following = Following(store)
    first = [store.deliver() for _ in range(5)]
    until("the first", lambda: following.ids() == first)
    os.truncate(store.log, 0)  # copytruncate
    sent = first + [store.deliver()]
    until("one more", lambda: following.ids() == sent)
    # longer than it was when it is looked at again
    body = b'{"type":"phone_call.ended","pad":"' + b"x" * 9000 + b'"}'
    os.kill(following.process.pid, signal.SIGSTOP)
    os.truncate(store.log, 0)
    sent += [store.deliver(body) for _ in range(3)]
    os.kill(following.process.pid, signal.SIGCONT)
    until("the others", lambda: following.ids() == sent)
    following.stop()


def tail_follows_a_spool(place):
    store = Store(place, spool=True)
    store.spool.rmdir()
    following = Following(store)
    store.spool.mkdir(0o700)
    sent = []
    store.seen_file.touch()
    for n in range(12):
        sent.append(store.deliver())
        if n == 5:
            until("some", lambda: following.ids() == sent)
            store.good("--once")  # moves them to done/
    until("all", lambda: following.ids() == sent)
    following.stop()


def tail_ends_when_its_reader_does(place):
    store = Store(place)
    store.deliver()
    process = subprocess.Popen(
        tool_scene.command("tail", "-f", "-c", store.conf), cwd=place.top,
        env=place.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(60) in (0, -signal.SIGPIPE) and said == b"", said
    process.stderr.close()


ALL = [
    list_prints_a_table, times_are_local, the_range_is_said_first,
    times_without_an_offset_are_local, sizes_stay_in_their_column, list_prints_json,
    a_table_fits_its_terminal, colours_are_for_terminals_that_want_them,
    hostile_lines_are_counted_and_skipped,
    who_waits_on_a_terminal_is_told, show_prints_one_event,
    show_prints_what_is_no_json_escaped,
    show_follows_a_record_through_rotation, show_uses_the_index,
    show_tells_where_consumers_are, show_finds_an_event_of_a_spool,
    tail_prints_the_last_of_them, tail_steps_back_in_a_long_log,
    tail_of_a_spool, tail_follows_a_log_across_rotation,
    tail_waits_for_the_index, tail_follows_from_now,
    tail_follows_a_log_that_was_cut,
    tail_follows_a_spool, tail_ends_when_its_reader_does,
]
