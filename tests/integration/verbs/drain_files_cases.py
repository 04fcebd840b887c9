# SPDX-License-Identifier: ISC
"""drain and its siblings: which files are of a log, wherever rotation has put
them, and what is said of those that cannot be read, or have gone."""

import bz2
import gzip
import json
import lzma
import os
import re
import shutil
import struct

from drain_log_cases import begin, record_at, rotated, some
from drain_scene import BUILD, ids_of, lines
from tap import Skip
from tool_scene import DATAERR, NOINPUT, TEMPFAIL

NAME = "drain, files"

READERS = (["cat"], ["list"], ["tail"], ["replay", "--dry-run"], ["audit"],
           ["prune", "--max-age", "90d"], ["index", "--rebuild"])


def check(store):
    """What monitoring is told: its exit code and its text."""
    result = store.place.run("status", "-c", store.conf, "--check",
                             "--disk", "0%", "--skew", "9999d")
    return result.code, result.text


def backlog(store):
    return json.loads(store.place.good(
        "status", "-c", store.conf, "--json").text)["consumers"][0]["backlog"]


def zstd(data):
    """What zstd(1) makes of what it cannot make shorter."""
    blocks = [data[at:at + 5000] for at in range(0, len(data), 5000)]
    return b"\x28\xb5\x2f\xfd\x00\x58" + b"".join(
        struct.pack("<I", len(block) << 3 | (at + 1 == len(blocks)))[:3] +
        block for at, block in enumerate(blocks))


def packed(path, name, pack):
    """The same under another name, and by another program."""
    path.with_name(name).write_bytes(pack(path.read_bytes()))
    path.unlink()
    return path.with_name(name)


def files_are_known_by_what_they_hold(place):
    old = place.top / "archive"
    old.mkdir(0o700)
    store = begin(place, more=f'    olddir = "{old}"\n')
    below = store.var / "old"
    below.mkdir(0o700)
    for part, path in enumerate((
            store.var / "20260101-levers.jsonl", store.var / "mine",
            below / "levers.jsonl.1", old / "levers.jsonl.1")):
        store.put(ids_of(3, 3 * part))
        some(store, 1)
        store.log.rename(path)
    packed(old / "levers.jsonl.1", "2.gz", gzip.compress)
    store.put(ids_of(3, 12))
    told = place.good("list", "-c", store.conf).text
    assert re.findall(r"msg_\d+", told) == ids_of(15), told
    assert backlog(store) == 11, (backlog(store), store.seen())
    store.good()
    assert store.seen_ids()[-11:] == ids_of(15)[4:], store.seen_ids()
    assert sorted(store.seen_ids()) == ids_of(15)
    assert check(store)[0] != 3
    # and again when one is moved
    (below / "levers.jsonl.1").rename(store.var / "x")
    assert store.good().said == ""
    assert len(store.seen()) == 15


def an_olddir_that_is_not_there(place):
    old = place.top / "gone"
    old.mkdir(0o700)
    store = begin(place, more=f'    olddir = "{old}"\n')
    store.put(ids_of(2))
    old.rmdir()
    result = store.drain()
    assert result.code == NOINPUT and "/gone: " in result.said, result
    assert store.seen_ids() == ids_of(2)
    assert check(store)[0] == 3


def what_is_packed_by_others_is_said(place):
    store = begin(place)
    store.put(ids_of(3))
    path = rotated(store, 1)
    store.put(ids_of(2, 3))
    some(store, 0)
    # others' business, and compression at work
    (store.var / "photos.tar.bz2").write_bytes(bz2.compress(b"mine"))
    half = store.var / "levers.jsonl.1.bz2"
    half.write_bytes(bz2.compress(path.read_bytes())[:60])
    assert "unknown" not in check(store)[1]
    path.rename(store.var / "levers.jsonl.2")
    for name in ("levers.jsonl.1.bz2", "20260101-levers.jsonl.bz2"):
        half = half.rename(store.var / name)
        for words in READERS:
            result = place.bad(DATAERR, *words[:1], "-c", store.conf,
                               *words[1:])
            assert f"{half}: " in result.said, (words, result)
            assert '"bzip2 -d"' in result.said, (words, result)
        result = store.drain("--once")
        assert result.code == DATAERR and f"{half}: " in result.said, result
        code, told = check(store)
        assert code == 3 and "unknown" in told and "=U" in told, told
        assert backlog(store) is None
    # what could be read was handed over
    assert sorted(store.seen_ids()) == ids_of(5)
    half.unlink()
    store.good()
    assert check(store)[0] != 3 and len(store.seen()) == 5


def what_zstd_has_packed_is_read(place):
    if "#define HAVE_ZSTD 1" not in (BUILD / "config.h").read_text():
        raise Skip("built without libzstd")
    store = begin(place)
    store.put(ids_of(90))
    path = rotated(store, 1)
    some(store, 40)
    whole = zstd(path.read_bytes())
    store.put(ids_of(2, 90))
    path = packed(path, "levers.jsonl.1.zst",
                  lambda data: whole[:len(whole) // 2])
    result = store.drain()
    assert result.code == DATAERR and f"{path}: torn" in result.said, result
    assert check(store)[0] == 3 and backlog(store) is None
    # two frames, and one that holds nothing for us
    path.write_bytes(zstd(lines(ids_of(50))) +
                     b"\x50\x2a\x4d\x18\x04\0\0\0zstd" +
                     zstd(lines(ids_of(40, 50))))
    assert backlog(store) == 92 - len(store.seen())
    store.good()
    assert sorted(store.seen_ids()) == ids_of(92)
    assert store.place.good("cat", path).out == lines(ids_of(90))
    path.write_bytes(whole + b"junk")
    assert place.bad(DATAERR, "cat", path).out == lines(ids_of(90))


def what_xz_has_packed_is_read(place):
    if shutil.which("xz") is None:
        raise Skip("xz is not installed")
    store = begin(place)
    store.put(ids_of(9))
    path = rotated(store, 1)
    some(store, 4)
    whole = path.read_bytes()
    store.put(ids_of(2, 9))
    path = packed(path, "levers.jsonl.1.xz",
                  lambda data: lzma.compress(data)[:-20])
    assert check(store)[0] == 3 and backlog(store) is None
    result = store.drain()
    assert result.code == DATAERR and f"{path}: " in result.said, result
    path.write_bytes(lzma.compress(whole))
    assert backlog(store) == 11 - len(set(store.seen_ids()))
    store.good()
    assert sorted(store.seen_ids()) == ids_of(11)
    # a long one, of which nobody reads the end
    store.put(ids_of(4000, 11))
    path = packed(rotated(store, 2), "levers.jsonl.2.xz", lzma.compress)
    for words in READERS:
        place.good(*words[:1], "-c", store.conf, *words[1:])
    place.good("cat", "-c", store.conf, "--id", "msg_00011")
    # where xz is not installed
    place.env["PATH"] = str(place.top)
    for words in READERS:
        result = place.bad(DATAERR, *words[:1], "-c", store.conf, *words[1:])
        assert f"{path}: " in result.said and "packed by xz" in \
            result.said, (words, result)
    code, told = check(store)
    assert code == 3 and "unknown" in told, told


def who_else_may_have_written_it(place):
    """A file counts if it is the owner's or root's, and so its directory."""
    store = begin(place)
    store.put(ids_of(2))
    path = store.var / "levers.jsonl.1"
    path.write_bytes(lines(["msg_forged"]))
    path.chmod(0o622)
    result = store.drain()
    assert result.code == NOINPUT and f"{path}: others may write to it" in \
        result.said, result
    assert check(store)[0] == 3
    place.bad(NOINPUT, "list", "-c", store.conf)
    below = store.var / "old"
    below.mkdir()
    below.chmod(0o777)
    path.chmod(0o600)
    path.rename(below / "x")
    result = store.drain()
    assert result.code == NOINPUT and f"{below}/x: others may write" in \
        result.said, result
    below.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(below / "x", 1, 1)
        result = store.drain()
        assert result.code == NOINPUT and "belongs to user 1" in result.said
        os.chown(below / "x", 0, 0)
    assert store.seen_ids() == ids_of(2)
    store.good()
    assert store.seen_ids()[2:] == ["msg_forged"]


def two_with_one_first_line(place):
    store = begin(place)
    store.put(ids_of(4))
    copy = store.var / "levers.jsonl.bak"
    # the shorter one is a part of the longer one, whichever that is
    copy.write_bytes(lines(ids_of(2)))
    store.good()
    path = rotated(store, 1)
    copy.write_bytes(lines(ids_of(6)))
    store.put(["msg_next"])
    store.good()
    assert sorted(store.seen_ids()) == [*ids_of(6), "msg_next"]
    # or they are two, and one of them is not handed over
    path.write_bytes(lines([*ids_of(3), "msg_x"]))
    result = store.drain()
    assert result.code == DATAERR, result
    assert str(path) in result.said and str(copy) in result.said, result
    place.bad(DATAERR, "list", "-c", store.conf)
    assert check(store)[0] == 3 and len(store.seen()) == 7
    path.unlink()
    store.good()
    assert check(store)[0] != 3


def an_edited_first_line(place):
    store = begin(place)
    edit = re.compile(rb'"type":"[^"]*"')
    first = [record_at(f"msg_{n}", f"2026-01-01T00:{10 * n:02}:00.000000Z")
             for n in range(5)]
    store.log.write_bytes(b"".join(first))
    store.log.chmod(0o600)
    store.settle()
    some(store, 3)
    # of the current file, while events of it are left
    store.log.write_bytes(edit.sub(b'"type":"x"', b"".join(first), 1))
    store.settle()
    assert backlog(store) == 2
    result = store.good()
    assert store.seen_ids() == [f"msg_{n}" for n in range(5)]
    assert "first line was changed" in result.said, result
    assert store.good().said == ""
    # of a rotated one that was finished, with a copy of what it was
    path = rotated(store, 1)
    store.put(["msg_9"])
    store.good()
    shutil.copy2(path, store.var / "levers.jsonl.1~")
    path.write_bytes(edit.sub(b'"type":"longer"', path.read_bytes(), 1))
    store.good()
    (store.var / "levers.jsonl.1~").unlink()
    store.good()
    assert len(store.seen()) == 6, store.seen()
    # without the event that was handed over last, nobody can tell
    data = edit.sub(b'"type":"y"', b"".join(first[:4]), 1)
    path.write_bytes(data + record_at("msg_5",
                                      "2026-01-01T00:50:00.000000Z"))
    result = store.drain()
    assert result.code == DATAERR and "msg_4" in result.said, result
    assert backlog(store) is None and len(store.seen()) == 6
    store.good("--since", "2026-01-01T00:45:00Z")
    assert store.seen_ids()[6:] == ["msg_5"]
    assert store.good().said == ""


def a_file_that_has_gone(place):
    store = begin(place)
    # the index knows that nothing followed
    store.deliver(msg_id="msg_1")
    store.good()
    store.log.unlink()
    store.deliver(msg_id="msg_2")
    assert check(store)[0] != 3
    assert store.good().said == ""
    # or that something did
    some(store, 0)
    store.deliver(msg_id="msg_3")
    store.log.unlink()
    store.deliver(msg_id="msg_4")
    for _ in range(2):
        result = store.drain()
        assert result.code == NOINPUT and "after msg_2" in result.said, result
        code, told = check(store)
        assert code == 3 and "unknown" in told, told
    assert store.seen_ids() == ["msg_1", "msg_2", "msg_4"]
    result = store.good("--since", "0s")
    assert "as asked" in result.said, result
    assert check(store)[0] != 3 and store.good().said == ""


def the_log_itself_has_gone_before_it_was_begun(place):
    """And nothing was received since."""
    store = begin(place)
    store.deliver(msg_id="msg_1")
    store.good()
    store.log.rename(store.var / "levers.jsonl.1")
    store.deliver(msg_id="msg_2")
    store.log.rename(place.top / "away")
    result = store.drain()
    assert result.code == NOINPUT and "with msg_2 (" in result.said, result
    assert check(store)[0] == 3
    (place.top / "away").rename(store.var / "levers.jsonl.2")
    store.good()
    assert store.seen_ids() == ["msg_1", "msg_2"]
    # one that was finished may go
    (store.var / "levers.jsonl.2").unlink()
    assert store.good().said == ""


def a_file_that_has_gone_after_one_that_is_begun_again(place):
    """The consumer's place in that one names no event."""
    store = begin(place)
    for msg_id in ("msg_1", "msg_2"):
        store.deliver(msg_id=msg_id)
    store.good()
    os.truncate(store.log, store.log.read_bytes().index(b"\n") + 1)
    assert "at byte 0" in store.shell("exit 75", "--once").said
    for number, msg_id in ((1, "msg_3"), (2, "msg_4")):
        store.log.rename(store.var / f"levers.jsonl.{number}")
        store.deliver(msg_id=msg_id)
    (store.var / "levers.jsonl.2").rename(place.top / "away")
    result = store.drain()
    assert result.code == NOINPUT and "with msg_3 (" in result.said, result


def a_file_that_has_gone_before_it_was_begun(place):
    def deliver(msg_id, rotated=None):
        if rotated:
            store.log.rename(store.var / rotated)
        store.deliver(msg_id=msg_id)
    store = begin(place)
    deliver("msg_1")
    store.good()
    deliver("msg_2", "levers.jsonl.1")
    deliver("msg_3", "levers.jsonl.2")
    (store.var / "levers.jsonl.2").rename(place.top / "away")
    for _ in range(2):
        result = store.drain()
        assert result.code == NOINPUT and "with msg_2 (" in result.said, result
        code, told = check(store)
        assert code == 3 and "unknown" in told, told
    assert store.seen_ids() == ["msg_1", "msg_3"]
    # a consumer that comes later gets what is there
    assert store.good("--name", "later").said == ""
    # it is known by its events, whatever it is called
    (place.top / "away").rename(store.var / "x")
    packed(store.var / "x", "2.gz", gzip.compress)
    assert "unknown" not in check(store)[1]
    store.good()
    assert store.seen_ids()[-1] == "msg_2"
    # so is one that lost its first line, by one of the others
    deliver("msg_4", "levers.jsonl.3")
    deliver("msg_5")
    path = rotated(store, 4)
    deliver("msg_6")
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])
    assert "unknown" not in check(store)[1]
    # the number of its inode may be that of the next one
    store.log.unlink()
    deliver("msg_7")
    deliver("msg_8", "levers.jsonl.5")
    result = store.drain()
    assert result.code == NOINPUT and "with msg_6 (" in result.said, result
    assert result.said.count("(removed") == 1, result
    for options in ((), ("--name", "later")):
        result = store.good("--since", "1h", *options)
        assert "as asked" in result.said, result
        assert store.good(*options).said == ""
    assert "unknown" not in check(store)[1], check(store)
    # what the index has forgotten is not missed
    deliver("msg_9", "levers.jsonl.6")
    deliver("msg_a", "levers.jsonl.7")
    (store.var / "levers.jsonl.7").unlink()
    place.good("index", "-c", store.conf, "--forget", "msg_9")
    assert store.good().said == ""


def without_a_state_directory(place):
    store = begin(place)
    assert store.good().said == ""
    store.put(ids_of(2))
    store.good()
    shutil.rmtree(store.state)
    result = store.drain()
    assert result.code == NOINPUT and f"{store.state}: is missing" in \
        result.said, result
    code, told = check(store)
    assert code == 3 and "state directory is missing" in told, told
    assert "missing" in place.good("status", "-c", store.conf).text
    assert len(store.seen()) == 2
    place.good("index", "-c", store.conf, "--rebuild")
    assert check(store)[0] != 3


def another_name_in_one_directory(place):
    """Taken up like a rotation: nothing is refused, left or repeated."""
    store = begin(place)
    ids = [store.deliver(msg_id=f"msg_{n}") for n in range(3)]
    some(store, 1)
    store.conf = place.config(
        store=f'log = "{store.var}/levers-%Y.jsonl"')
    assert store.deliver(msg_id="msg_1") == "msg_1"
    ids.append(store.deliver(msg_id="msg_3"))
    store.conf = place.config(store=f'log = "{store.var}/new"')
    ids.append(store.deliver(msg_id="msg_4"))
    assert store.said == "", store.said
    store.good()
    assert store.seen_ids() == ids
    told = place.good("list", "-c", store.conf).text
    assert re.findall(r"msg_\d+", told) == ids
    assert "5 ids" in place.good("index", "-c", store.conf).text


def a_directory_that_was_moved(place):
    store = begin(place)
    store.deliver(msg_id="msg_1")
    store.good()
    store.var = store.var.rename(place.top / "moved")
    store.conf = place.config(store=f'log = "{store.var}/levers.jsonl"')
    store.state = store.var / ".hookcask-levers"
    store.log = store.var / "levers.jsonl"
    store.deliver(msg_id="msg_1", status=503)
    assert "hookcask index --moved" in store.said, store.said
    words = ("index", "-c", store.conf, "--moved")
    assert place.good(*words, "--json").text == \
        f'{{"path":"{store.log}"}}\n'
    store.deliver(msg_id="msg_1")
    store.deliver(msg_id="msg_2")
    store.good()
    assert store.seen_ids() == ["msg_1", "msg_2"]
    # without an index nothing was moved
    shutil.rmtree(store.state)
    result = place.bad(NOINPUT, *words)
    assert "--rebuild" in result.said, result
    assert not store.state.exists()


def never_a_new_index_beside_ids_it_does_not_know(place):
    def hidden(make):
        shutil.rmtree(store.state)
        path = rotated(store, 1)
        make(path)
        store.said = ""
        store.deliver(msg_id="msg_new", status=503)
        assert "hookcask index --rebuild" in store.said, store.said
        assert store.drain().code == TEMPFAIL
        place.good("index", "-c", store.conf, "--rebuild")
        store.deliver(msg_id="msg_1")
        store.deliver(msg_id="msg_new")
        data = place.good("cat", "-c", store.conf).out
        assert data.count(b'"id":"msg_1"') == 1, make
        assert data.count(b'"id":"msg_new"') == 1, make
        for other in store.var.iterdir():
            if other != store.state and other.is_file():
                other.unlink()
        shutil.rmtree(store.state)
        shutil.rmtree(store.var / "old", ignore_errors=True)
        store.deliver(msg_id="msg_1")

    def below(path):
        (store.var / "old").mkdir(0o700)
        path.rename(store.var / "old" / "x")
    store = begin(place)
    store.deliver(msg_id="msg_1")
    hidden(lambda path: packed(path, "other.gz", gzip.compress))
    hidden(below)
    # where nobody else can have made it, a link is a snapshot's
    shutil.rmtree(store.state)
    (store.var / "link").hardlink_to(rotated(store, 1))
    store.var.chmod(0o770)
    store.deliver(msg_id="msg_1", status=503)
    store.var.chmod(0o700)
    for msg_id in ("msg_1", "msg_2"):
        store.deliver(msg_id=msg_id)
    assert b"msg_1" not in store.log.read_bytes()
    (store.var / "link").unlink()
    # one that nobody can read, while it is young
    shutil.rmtree(store.state)
    path = packed(rotated(store, 1), "levers.jsonl.1.bz2", bz2.compress)
    place.run("index", "-c", store.conf, "--rebuild")
    store.deliver(msg_id="msg_1", status=503)
    os.utime(path, (1, 1))
    store.deliver(msg_id="msg_2")


def set_aside(store):
    """What other programs had written, moved out of the log."""
    return b"".join(p.read_bytes() for p in
                    store.state.glob("bad-*/levers.jsonl"))


def lines_of_others_precede_the_records(place):
    store = begin(place)
    expected = []
    for head in (b"note\n", b"\n", b"\xef\xbb\xbf\n", b"one\ntwo\n"):
        for lost in (False, True):
            expected.append(store.deliver())
            store.log.write_bytes(head + store.log.read_bytes())
            for path in store.state.glob("index.db*") if lost else []:
                path.unlink()
            expected.append(store.deliver())
            assert head in set_aside(store), (head, lost)
            store.good()
            assert sorted(store.counts().items()) == sorted(
                (i, 1) for i in expected), (head, lost, store.seen())
            assert store.log.read_bytes().startswith(b"{"), (head, lost)
    place.good("audit", "-c", store.conf)
    # and of a file that rotation has left
    path = rotated(store, 1).rename(store.var / "20260101-levers.jsonl")
    path.write_bytes(b"note\n" + path.read_bytes())
    # with a name that is none of the log's, people say what it is
    mine = store.var / "mine"
    mine.write_bytes(b"note\n" + lines(["msg_mine"]))
    mine.chmod(0o600)
    expected.append(store.deliver())
    result = store.drain()
    assert result.code == DATAERR, result
    assert f"{mine}: lines of others precede" in result.said, result
    assert sorted(store.seen_ids()) == sorted(expected)
    told = place.bad(DATAERR, "list", "-c", store.conf)
    assert f"{path}: at byte 0: not a record" in told.said, told
    assert "msg_mine" not in told.text and expected[0] in told.text, told
    # nor is it known then whether an event is stored in there
    for index in store.state.glob("index.db*"):
        index.unlink()
    store.deliver(status=503)
    # what that says to do
    mine.write_bytes(lines(["msg_mine"]))
    store.deliver()
    store.good()
    assert "msg_mine" in store.seen_ids()


def more_than_a_few_lines_of_others(place):
    """Then it is not ours, until what the message says is done."""
    store = begin(place)
    expected = [store.deliver()]
    log = store.log.read_bytes()
    store.log.write_bytes(b"note\n" * 300 + log)
    for lost in (False, True):
        for path in store.state.glob("index.db*") if lost else []:
            path.unlink()
        store.said = ""
        store.deliver(status=503)
        assert "remove what precedes its records" in store.said, store.said
        result = store.drain()
        assert result.code == (DATAERR if lost else TEMPFAIL), (lost, result)
        assert place.run("list", "-c", store.conf).code == DATAERR, lost
        assert check(store)[0] in (2, 3), lost
    store.log.write_bytes(log)
    expected.append(store.deliver())
    store.good()
    assert store.seen_ids() == expected
    store.log.rename(store.var / "levers.jsonl.1")
    store.log.write_bytes(b"note\n")
    store.deliver(status=503)
    store.log.rename(store.var / "levers.txt")
    expected.append(store.deliver())
    store.good()
    assert store.seen_ids() == expected


ALL = [
    files_are_known_by_what_they_hold, an_olddir_that_is_not_there,
    what_is_packed_by_others_is_said, what_zstd_has_packed_is_read,
    what_xz_has_packed_is_read,
    who_else_may_have_written_it, two_with_one_first_line,
    an_edited_first_line, a_file_that_has_gone,
    the_log_itself_has_gone_before_it_was_begun,
    a_file_that_has_gone_after_one_that_is_begun_again,
    a_file_that_has_gone_before_it_was_begun, without_a_state_directory,
    another_name_in_one_directory, a_directory_that_was_moved,
    never_a_new_index_beside_ids_it_does_not_know,
    lines_of_others_precede_the_records, more_than_a_few_lines_of_others,
]
