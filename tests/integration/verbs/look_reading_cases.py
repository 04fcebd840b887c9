# SPDX-License-Identifier: ISC
"""What is read of a store, in which order, and what the filters choose."""

import contextlib
import gzip
import json
import os
import re
import sqlite3
import subprocess
import time

import tool_scene
from drain_run_cases import both
from drain_scene import Store, allow, forbid, ids_of, lines
from tool_scene import (DATAERR, NOINPUT, TEMPFAIL, USAGE,
                        make_record)

NAME = "reading"


def cat(store, *options):
    """The ids, in order."""
    result = store.place.good("cat", "-c", store.conf, *options)
    assert result.said == "", result
    return re.findall(r'^{"specversion":"1.0","id":"([^"]*)', result.text,
                      re.M)


def rotate(store, name, packed=False):
    path = store.var / name
    if packed:
        path.write_bytes(gzip.compress(store.log.read_bytes()))
        store.log.unlink()
    else:
        store.log.rename(path)


def archive(place):
    """Twelve events in two packed files, a plain one and the current one."""
    store = Store(place)
    for i, (name, packed) in enumerate((
            ("levers.jsonl-20260101.gz", True), ("levers.jsonl.2.gz", True),
            ("levers.jsonl.1", False), (None, False))):
        store.put(ids_of(3, 3 * i))
        if name:
            rotate(store, name, packed)
    return store


def a_log_is_read_with_its_rotated_files(place):
    assert cat(archive(place)) == ids_of(12)


def nothing_is_read_past_the_mark(place):
    store = archive(place)
    with open(store.log, "ab") as log:
        log.write(lines(ids_of(3, 12)))
    assert cat(store) == ids_of(12)


def without_an_index_all_whole_lines_are_read(place):
    store = archive(place)
    with open(store.log, "ab") as log:
        log.write(lines(ids_of(1, 12)) + b'{"specversion":"1.0","id":"msg')
    for path in store.state.iterdir():
        path.unlink()
    store.state.rmdir()
    assert cat(store) == ids_of(13)


def a_broken_index_hides_nothing(place):
    """The records are in the files; what the index adds counts as lost."""
    store = archive(place)
    store.make_index_older()
    result = place.good("cat", "-c", store.conf)
    assert result.out.count(b"\n") == 12, result
    assert "of an older hookcask" in result.said, result
    assert "; all whole lines are read" in result.said, result
    for path in store.state.glob("index.db-*"):
        path.unlink()
    (store.state / "index.db").write_bytes(b"\x1b[2Jjunk" * 1000)
    for words in (["cat"], ["list"], ["tail", "-n", 99], ["replay", "-n"],
                  ["show", "msg_00004"], ["cat", "-i", "msg_00004"]):
        result = place.good(*words, "-c", store.conf)
        ids = set(re.findall(r"msg_\d+", result.text))
        assert ids == ({"msg_00004"} if words[-1] == "msg_00004" else
                       set(ids_of(12))), (words, result)
        assert "index.db: " in result.said and b"\x1b" not in result.err
        assert "; all whole lines are read" in result.said, result
    # what cannot say where it may stop does not begin
    result = store.drain("--once")
    assert result.code == TEMPFAIL and store.seen() == [], result
    # one run repairs it, and the broken one is kept
    result = place.good("index", "-c", store.conf, "--rebuild")
    assert "was corrupt; it was moved to bad-" in result.said, result
    assert cat(store) == ids_of(12)


def an_index_that_is_taken_holds_nobody_up(place):
    store = archive(place)
    with store.taken_index():
        for words in (["list"], ["show", "msg_00004"]):
            result = place.good(*words, "-c", store.conf)
            assert "msg_00004" in result.text, result
            assert "is locked" in result.said, result
        result = place.good("status", "-c", store.conf)
    assert cat(store) == ids_of(12)


def a_packed_copy_is_not_read_twice(place):
    store = archive(place)
    plain = store.var / "levers.jsonl.1"
    plain.with_name("levers.jsonl.1.gz").write_bytes(
        gzip.compress(plain.read_bytes())[:100])  # gzip(1) at work
    assert cat(store) == ids_of(12)


def all_directories_of_a_spool_are_read_in_order(place):
    store = Store(place, spool=True)
    store.put(ids_of(12))
    names = sorted(path.name for path in (store.spool / "new").iterdir())
    for i, stage in enumerate(("done", "cur", "failed")):
        (store.spool / stage).mkdir()
        for name in names[i::4]:
            (store.spool / "new" / name).rename(store.spool / stage / name)
    assert cat(store) == ids_of(12)
    # listed in two directories: it was being moved
    (store.spool / "cur" / names[0]).write_bytes(
        (store.spool / "done" / names[0]).read_bytes())
    assert cat(store) == ids_of(12)


def what_is_in_a_spool_and_no_event_is_said(place):
    store = Store(place, spool=True)
    store.put(ids_of(2))
    bad = store.spool / "new" / "1700000000000000-bad.json"
    for junk in (b"", b"\0" * 100, b"{}\n", lines(ids_of(2)), b"\x1b[2J\n"):
        bad.write_bytes(junk)
        result = place.bad(DATAERR, "cat", "-c", store.conf)
        assert result.out == lines(ids_of(1)) + lines(ids_of(1, 1)), junk
        assert f"{bad}: at byte 0: not a record" in result.said, result
        assert b"\x1b" not in result.err


def a_file_that_begins_with_something_else_is_said(place):
    store = archive(place)
    good = lines(ids_of(1, 90))
    for name, junk in (("levers.jsonl.7", b"\0" * 5000 + b"\n" + good),
                       ("levers.jsonl.8", b"junk\n" * 300 + good)):
        path = store.var / name
        path.write_bytes(junk)
        result = place.bad(DATAERR, "cat", "-c", store.conf)
        assert f"{path}: at byte 0: the file does not begin with" in \
            result.said, result
        assert result.text.count("\n") == 12
        # named, it is read
        assert good in place.bad(DATAERR, "cat", path).out
        path.unlink()
    (store.var / "levers.notes").write_text("mine\n")
    assert cat(store) == ids_of(12)


def what_only_begins_like_the_log_is_left_out(place):
    """A name that rotation does not make, and no record in it."""
    store = archive(place)
    for name in ("levers.jsonl.md5", "levers.jsonl.1.sha256",
                 "levers.jsonl.lock", "levers.jsonl.swp", "levers.jsonl~",
                 "levers.jsonl.bak", "levers-20260101.txt"):
        (store.var / name).write_bytes(b"b0VIM \x1b[2J\0" * 500)
    (store.var / "levers.jsonl.d").mkdir()
    (store.var / "levers.jsonl.20260101").mkdir()
    assert cat(store) == ids_of(12)
    assert "12 ids" in place.good("index", "-c", store.conf, "--rebuild").text
    # one that somebody renamed is known by what it holds
    rotate(store, "levers.jsonl.old")
    assert cat(store) == ids_of(12)
    store.put(ids_of(1, 12))
    assert cat(store) == ids_of(13)


def a_file_that_cannot_be_read(store):
    """It is reported, the rest is printed, and the exit code shows it."""
    place = store.place
    store.put(ids_of(4))
    if store.spool:
        path = sorted((store.spool / "new").iterdir())[1]
        rest = ids_of(1) + ids_of(2, 2)
    else:
        rotate(store, "levers.jsonl.1")
        store.put(ids_of(2, 4))
        path, rest = store.var / "levers.jsonl.1", ids_of(2, 4)
    forbid(store, path)
    for words in (["cat"], ["list", "--json"], ["list"], ["tail"],
                  ["tail", "--record"], ["replay", "--dry-run"]):
        result = place.bad(NOINPUT, *words, "-c", store.conf)
        ids = list(dict.fromkeys(re.findall(r"msg_\d+", result.text)))
        assert ids == rest, (words, result.text)
        assert f"{path}: " in result.said, (words, result)
        assert "1 file could not be read" in result.said, (words, result)
    result = place.bad(NOINPUT, "audit", "-c", store.conf, "--json")
    counts = json.loads(result.text)
    assert counts["unread"] == 1 and not counts["good"], result
    assert counts["proven"] == len(rest) and f"{path}: " in result.said
    result = store.drain("--once")
    assert result.code == NOINPUT and store.seen_ids() == rest, result
    assert f"{path.name}: " in result.said, result
    # what is found at once needs no other file
    if store.spool is None:
        assert place.good("cat", "-c", store.conf, "--id", rest[0]
                          ).text.count("\n") == 1
    else:
        path = store.spool / "cur" / path.name
    allow(path)
    assert cat(store) == sorted({*rest, *ids_of(4)})
    store.good("--once")
    assert sorted(store.seen_ids()) == sorted({*rest, *ids_of(4)})


def one_of_several_files_that_are_named(place):
    first = place.write("a", lines(ids_of(1)))
    last = place.write("b", lines(ids_of(1, 1)))
    files = [first, place.top / "missing", last]
    said = place.bad(NOINPUT, "cat", place.top).said
    assert said == f"hookcask: {place.top}: Is a directory\n", said
    assert place.bad(NOINPUT, "cat", first, place.top, last).out == \
        first.read_bytes() + last.read_bytes()
    for words in (["cat"], ["list"], ["audit", "-s", place.secret]):
        result = place.bad(NOINPUT, *words, *files)
        assert "missing: No such file" in result.said, result
        assert "1 file could not be read" in result.said, result
        assert words[0] == "audit" or \
            re.findall(r"msg_\d+", result.text) == ids_of(2), result
    assert "msg_00001" in place.good("show", "msg_00001", *files).text
    place.bad(NOINPUT, "show", "msg_00007", *files)


def a_torn_packed_file_gives_what_it_has(place):
    good = [make_record() for _ in range(5000)]
    packed = gzip.compress(b"".join(good))
    path = place.write("log.gz", packed[:len(packed) // 2])
    result = place.bad(DATAERR, "cat", path)
    whole = result.out.count(b"\n")
    assert 0 < whole < 5000 and result.out == b"".join(good[:whole])
    at = len(result.out)
    assert f"log.gz: at byte {at}: what is compressed here" in result.said, \
        result.said
    path.write_bytes(packed[:-8] + b"\0" * 8)  # its checksum is wrong
    assert place.bad(DATAERR, "cat", path).out == b"".join(good)
    # what gzip(1) ignores, so do we
    path.write_bytes(packed + b"\0" * 512)
    assert place.good("cat", path).out == b"".join(good)


def packed_files_and_pipes_are_unpacked(place):
    good = make_record() * 3
    packed = gzip.compress(good)
    path = place.write("log.gz", packed + packed)
    assert place.good("cat", path).out == good * 2
    assert place.good("cat", "-", stdin=packed).out == good
    assert place.good("cat", "-", stdin=good).out == good
    fifo = subprocess.run(
        ["sh", "-c", f'cat "{path}" | "{tool_scene.TOOL}" cat /dev/stdin'],
        capture_output=True, check=True, env=place.env, timeout=60)
    assert fifo.stdout == good * 2


def times_choose(place):
    store = archive(place)
    at = "2026-01-01T00:00:00"
    assert cat(store, "--since", f"{at}.000004Z") == ids_of(8, 4)
    assert cat(store, "--until", f"{at}.000004Z") == ids_of(4)
    assert cat(store, "-S", f"{at}.000004", "-U", f"{at}.000005") == \
        ids_of(1, 4)
    assert cat(store, "--since", "2026-01-01T01:00:00+01:00") == ids_of(12)
    assert cat(store, "--since", "2026-01-02") == []
    assert cat(store, "--until", "2026-01-01") == []
    assert cat(store, "--since", "@1767225600") == ids_of(12)
    years = int((time.time() - 1767225600) / 86400)
    assert cat(store, "--since", f"{years + 2}d") == ids_of(12)
    assert cat(store, "--until", f"{years + 2}d") == []
    for wrong in ("", "soon", "2026-13-01", "2h ", "-1h"):
        said = place.bad(USAGE, "cat", "-c", store.conf, "--since", wrong)
        assert "2026-11-25T14:00:00Z" in said.said
    place.bad(USAGE, "cat", "-c", store.conf, "-S", "1h", "-U", "2h")


def a_file_out_of_time_is_not_read(place):
    """What is wrong in one that ended before is not noticed."""
    store = archive(place)
    old = store.var / "levers.jsonl.1"
    old.write_bytes(old.read_bytes() + b"junk\n")
    place.bad(DATAERR, "cat", "-c", store.conf)
    june = ["cat", "-c", store.conf, "--since", "2026-06-01"]
    place.bad(DATAERR, *june)  # young: it may have grown
    os.utime(old, (1767225600, 1767225600))
    assert place.good(*june).out == b""
    assert place.good(*june, "--until", "2026-08-01").out == b""
    # the next one begins later: nothing shows that this one ended earlier
    store.log.write_bytes(store.log.read_bytes().replace(
        b"2026-01-01T00:00:00", b"2026-07-01T00:00:00"))
    store.settle()
    assert place.bad(DATAERR, *june).out == store.log.read_bytes()


def types_ids_and_bodies_choose(place):
    store = Store(place)
    store.put(ids_of(2), "phone_call.ended")
    store.put(ids_of(2, 2), "phone_call.started")
    store.put(ids_of(2, 4), "sms.sent")
    assert cat(store, "--type", "phone_call.*") == ids_of(4)
    assert cat(store, "-t", "*.ended,sms.*") == ids_of(2) + ids_of(2, 4)
    assert cat(store, "-t", "phone") == []
    assert cat(store, "--id", "msg_00003") == ["msg_00003"]
    assert cat(store, "--grep", "call.started") == ids_of(2, 2)
    assert cat(store, "-g", "s", "-t", "sms.*", "-i", "msg_00004") == \
        ["msg_00004"]
    place.bad(USAGE, "cat", "-c", store.conf, "-t", "a,,b")


def grep_looks_into_the_exact_body(place):
    raw = make_record(b"\0needle\xff\n", msg_id="msg_raw")
    broken = make_record(b'{"a":\n"pin"}', "svix.webhook", "msg_broken")
    path = place.write("log", raw + broken + make_record())
    assert place.good("cat", "-g", "needle", path).out == raw
    assert place.good("cat", "-g", ':\n"pin', path).out == broken
    assert place.good("cat", "-g", ': "pin', path).out == b""
    # not in the head of the record
    assert place.good("cat", "-g", "msg_raw", path).out == b""


ALL = [
    a_log_is_read_with_its_rotated_files, nothing_is_read_past_the_mark,
    without_an_index_all_whole_lines_are_read,
    a_broken_index_hides_nothing, an_index_that_is_taken_holds_nobody_up,
    a_packed_copy_is_not_read_twice,
    all_directories_of_a_spool_are_read_in_order,
    what_is_in_a_spool_and_no_event_is_said,
    a_file_that_begins_with_something_else_is_said,
    what_only_begins_like_the_log_is_left_out,
    *both(a_file_that_cannot_be_read), one_of_several_files_that_are_named,
    a_torn_packed_file_gives_what_it_has,
    packed_files_and_pipes_are_unpacked, times_choose,
    a_file_out_of_time_is_not_read, types_ids_and_bodies_choose,
    grep_looks_into_the_exact_body,
]
