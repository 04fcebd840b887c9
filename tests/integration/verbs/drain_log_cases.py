# SPDX-License-Identifier: ISC
"""drain: a log that is written to, rotated, compressed, cut and lost."""

import contextlib
import fcntl
import gzip
import os
import pwd
import re
import shutil
import sqlite3
import subprocess
import time

import tool_scene
from drain_scene import RESPONDER, Store, ids_of, lines, stop, until
from tap import Skip
from tool_scene import DATAERR, make_record

NAME = "drain, log"


def rotated(store, number, compress=False):
    """The log under another name, as logrotate leaves it."""
    path = store.var / f"levers.jsonl.{number}"
    store.log.rename(path)
    if compress:
        zipped(path)
    return path


def zipped(path):
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return packed


def some(store, count, *options):
    """Lets this many events be finished, then no more."""
    store.shell('[ $(wc -l <"$SEEN") -lt %d ] || exit 75; '
                'echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"' %
                (len(store.seen()) + count), "--once", *options)


def begin(place, **how):
    store = Store(place, **how)
    store.seen_file.touch()
    return store


@contextlib.contextmanager
def locked(store):
    """The store's lock, as a writer holds it."""
    fd = os.open(store.state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def past_the_mark_while_it_follows(place):
    store = begin(place)
    store.put(ids_of(2))
    process = store.start("--follow")
    until("two", lambda: len(store.seen()) == 2)
    with open(store.log, "ab") as file:
        file.write(lines(ids_of(2, 2)) + b"{torn")
    until("four", lambda: store.seen_ids() == ids_of(4))
    code, said = stop(process)
    assert code == 0, said
    assert store.log.read_bytes() == lines(ids_of(4))


def never_past_the_mark(place):
    store = begin(place)
    store.put(ids_of(3))
    with open(store.log, "ab") as file:
        file.write(lines(ids_of(2, 3)))
    # a writer has the lock, and may withdraw them
    with locked(store):
        result = store.drain()
        assert result.code == tool_scene.TEMPFAIL, result
        told = store.place.run("status", "-c", store.conf, "--check",
                               "--disk", "0%")
        assert told.code == 3 and "unknown" in told.text, told
    assert store.seen_ids() == ids_of(3)
    # nobody has it, and no delivery comes that would settle them
    store.good()
    assert store.seen_ids() == ids_of(5)


def rotation_by_rename(place):
    store = begin(place)
    store.put(ids_of(5))
    some(store, 2)
    rotated(store, 1)
    store.put(ids_of(5, 5))
    some(store, 2)
    (store.var / "levers.jsonl.1").rename(store.var / "levers.jsonl.2")
    rotated(store, 1)
    store.put(ids_of(5, 10))
    store.good()
    assert store.seen_ids() == ids_of(15), store.seen_ids()
    store.good()
    assert store.seen_ids() == ids_of(15)


def rotation_before_the_next_event(place):
    """Renamed, and nobody has written since: the mark is in that file."""
    store = begin(place)
    store.put(ids_of(3))
    some(store, 1)
    path = rotated(store, 1)
    some(store, 1)
    assert store.seen_ids() == ids_of(2)
    zipped(path)
    store.good()
    assert store.seen_ids() == ids_of(3)
    store.put(ids_of(2, 3))
    store.good()
    assert store.seen_ids() == ids_of(5)


def compression_at_any_time(place):
    store = begin(place)
    for part in range(4):
        store.put(ids_of(10, 10 * part))
        some(store, 7)
        rotated(store, part, compress=part % 2 == 0)
    store.put(ids_of(10, 40))
    some(store, 5)
    zipped(store.var / "levers.jsonl.1")
    store.good()
    assert store.seen_ids() == ids_of(50), store.seen_ids()
    # finished files are known again when they are compressed later
    zipped(store.var / "levers.jsonl.3")
    store.good()
    assert len(store.seen_ids()) == 50


def while_it_follows(place):
    store = begin(place)
    store.put(ids_of(2))
    process = store.start("--follow")
    until("two", lambda: len(store.seen()) == 2)
    for part in range(1, 4):
        rotated(store, part, compress=True)
        store.put(ids_of(2, 2 * part))
        until("two more",
              lambda: len(store.seen()) == 2 + 2 * part)
    stop(process)
    assert store.seen_ids() == ids_of(8)


# waits for a file "go" once it has said what it was given
HELD = ('echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"; '
        'while [ ! -f go ]; do sleep 0.02; done')


def rotation_beside_running_jobs(place):
    """What is in hand of the old file is not found in it once more."""
    store = begin(place)
    store.put(ids_of(3))
    process = store.start("--follow", "--jobs", 5,
                          command=["sh", "-c", HELD])
    until("three", lambda: len(store.seen()) == 3)
    rotated(store, 1)
    store.put(ids_of(2, 3))
    until("two more", lambda: len(store.seen()) >= 5)
    zipped(store.var / "levers.jsonl.1")
    store.put(ids_of(1, 5))
    (place.top / "go").touch()
    until("the sixth", lambda: "msg_00005" in store.seen_ids())
    stop(process)
    assert sorted(store.seen_ids()) == ids_of(6), store.seen()
    store.good()
    assert len(store.seen()) == 6


def a_batch_across_a_rotation(place):
    store = begin(place)
    store.put(ids_of(3))
    process = store.start("--follow", "--batch", 3, "--jobs", 2, command=[
        "sh", "-c", "cat >>all; HOOKCASK_ID=batch; " + HELD])
    until("the first", lambda: len(store.seen()) == 1)
    store.put(ids_of(2, 3))
    until("the second", lambda: len(store.seen()) == 2)
    rotated(store, 1)
    (place.top / "go").touch()
    store.put(ids_of(9, 5))
    until("all", lambda: (place.top / "all").read_bytes().count(b"\n") >= 14)
    stop(process)
    given = (place.top / "all").read_bytes().splitlines(True)
    assert b"".join(sorted(given)) == lines(ids_of(14))


def dated_names(place):
    store = begin(place, log="levers-%Y%m%d.jsonl")
    old = store.var / "levers-20260101.jsonl"
    older = store.var / "levers-20251231.jsonl.gz"
    # the records' time orders them, whatever the names say
    old.write_bytes(record_at("msg_2", "2026-01-01T10:00:00.000000Z"))
    older.write_bytes(gzip.compress(
        record_at("msg_1", "2025-12-31T10:00:00.000000Z")))
    old.chmod(0o600)
    os.utime(older, (1, 1))  # so old that its ids need not be known
    store.deliver(msg_id="msg_3")
    store.good()
    assert store.seen_ids() == ["msg_1", "msg_2", "msg_3"]


def record_at(msg_id, received):
    return re.sub(rb'"received":"[^"]*"', b'"received":"%s"' %
                  received.encode(), make_record(msg_id=msg_id))


def ordered_by_time_not_by_name(place):
    store = begin(place)
    for name, msg_id, received in (
            ("levers.jsonl.1", "msg_3", "2026-01-03T00:00:00.000000Z"),
            ("levers.jsonl.10.gz", "msg_1", "2026-01-01T00:00:00.000000Z"),
            ("levers.jsonl.2", "msg_2", "2026-01-02T00:00:00.000000Z"),
            ("levers.1.jsonl", "msg_0", "2025-01-02T00:00:00.000000Z")):
        data = record_at(msg_id, received)
        path = store.var / name
        path.write_bytes(gzip.compress(data) if name.endswith("gz")
                         else data)
        path.chmod(0o600)
    store.put(["msg_4"])
    store.good()
    assert store.seen_ids() == [f"msg_{n}" for n in range(5)]


def what_is_not_of_the_log_is_left_alone(place):
    store = begin(place)
    store.put(ids_of(2))
    (store.var / "levers.notes").write_text("a stranger's\n")
    (store.var / "levers.empty").touch()
    (store.var / "other.jsonl").write_bytes(
        make_record(msg_id="msg_y", source="other"))
    (store.var / "levers.other").write_bytes(
        make_record(msg_id="msg_x", source="other"))
    (store.var / "levers.torn").write_bytes(lines(["msg_torn"])[:-1])
    (store.var / ".levers.hidden").write_bytes(lines(["msg_hidden"]))
    (store.var / "levers.dir").mkdir()
    os.mkfifo(store.var / "levers.fifo")
    (store.var / "levers.link").symlink_to(store.var / "other.jsonl")
    store.good()
    assert store.seen_ids() == ids_of(2)


def a_copy_is_the_same_file(place):
    store = begin(place)
    store.put(ids_of(3))
    shutil.copy2(store.log, store.var / "levers.jsonl.bak")
    (store.var / "levers.jsonl.bak.gz").write_bytes(
        gzip.compress(store.log.read_bytes()))
    store.good()
    assert store.seen_ids() == ids_of(3)


def compression_that_is_still_at_work(place):
    store = begin(place)
    store.put(ids_of(50))
    some(store, 1)
    path = rotated(store, 1)
    whole = gzip.compress(path.read_bytes())
    half = path.with_name(path.name + ".gz")
    half.write_bytes(whole[:-9])
    store.put(ids_of(1, 50))
    # beside the plain one, and, which nobody should do, without it
    some(store, 1)
    path.unlink()
    result = store.drain()
    assert result.code == tool_scene.DATAERR and "torn" in result.said, result
    handed = len(store.seen())
    assert handed < 52
    half.write_bytes(whole)
    store.good()
    assert sorted(store.seen_ids()) == ids_of(51), store.seen_ids()


def a_packed_file_that_is_broken(place):
    store = begin(place)
    store.put(ids_of(50))
    path = rotated(store, 1)
    packed = zipped(path)
    store.put(ids_of(2, 50))
    data = packed.read_bytes()
    packed.write_bytes(data[:len(data) - 30])
    os.utime(packed, (time.time() - 3600, time.time() - 3600))
    for _ in range(2):
        result = store.drain()
        assert result.code == tool_scene.DATAERR, result
        assert "torn or broken" in result.said, result
    assert store.seen_ids()[-2:] == ids_of(2, 50)
    packed.write_bytes(data)
    store.good()
    assert sorted(store.seen_ids()) == ids_of(52)


def copytruncate(place):
    """Not advised, and checked against; nothing is lost even so."""
    store = begin(place)
    store.put(ids_of(5))
    some(store, 3)
    shutil.copy(store.log, store.var / "levers.jsonl.1")
    os.truncate(store.log, 0)
    some(store, 1)
    assert store.seen_ids() == ids_of(4)
    store.put(ids_of(9, 5))
    store.good()
    assert store.seen_ids() == ids_of(14), store.seen_ids()


def copytruncate_while_it_follows(place):
    store = begin(place)
    store.put(ids_of(3))
    process = store.start("--follow")
    until("three", lambda: len(store.seen()) == 3)
    shutil.copy(store.log, store.var / "levers.jsonl.1")
    os.truncate(store.log, 0)
    store.put(ids_of(9, 3))
    until("all", lambda: len(store.seen()) == 12)
    stop(process)
    assert store.seen_ids() == ids_of(12)


def the_file_that_it_was_in_is_lost(place):
    store = begin(place)
    store.put(ids_of(4))
    some(store, 2)
    path = rotated(store, 1)
    store.put(ids_of(2, 4))
    away = path.rename(place.top / "away")
    result = store.drain()
    assert result.code == tool_scene.NOINPUT, result
    assert "has gone" in result.said and "byte" in result.said, result
    assert store.seen_ids() == ids_of(2) + ids_of(2, 4)
    # and goes on where it was when it is brought back
    away.rename(store.var / "levers.jsonl.7")
    store.put(ids_of(1, 6))
    store.good()
    assert sorted(store.seen_ids()) == ids_of(7), store.seen_ids()


def a_rotated_file_that_it_may_not_read(place):
    """Not passed over in silence: its events would be missed."""
    user, tool = as_nobody(place)
    store = begin(place)
    store.put(ids_of(2))
    path = rotated(store, 1)
    store.put(ids_of(1, 2))
    for owned in (place.top, store.var, *store.var.rglob("*")):
        os.chown(owned, user.pw_uid, user.pw_gid)
    os.chown(path, 0, 0)
    os.chown(store.seen_file, user.pw_uid, user.pw_gid)
    os.chown(place.secret, user.pw_uid, user.pw_gid)
    result = store.drain()
    assert "levers.jsonl.1: Permission denied" in result.said, result
    os.chown(path, user.pw_uid, user.pw_gid)
    store.put(ids_of(1, 3))
    assert store.good().said == ""
    assert sorted(store.seen_ids()) == ids_of(4)


def many_lines_that_are_no_records(place):
    store = begin(place)
    (store.var / "levers.jsonl.1").write_bytes(
        lines(["msg_1"]) + b"\x1b[2J\n" * 100000)
    store.put(["msg_2"])
    result = store.drain()
    assert store.seen_ids() == ["msg_1", "msg_2"]
    assert len(result.said.splitlines()) == 12, result
    assert "100000 lines were left out" in result.said, result


def lines_that_are_no_records(place):
    store = begin(place)
    data = lines(["msg_1"]) + b"\0" * 5000 + b"\n\x1b]0;x\x07\n" + \
        lines(["msg_2"]) + lines(["msg_3"])[:100]
    (store.var / "levers.jsonl.1").write_bytes(data)
    store.put(["msg_4"])
    # one of them may have been a record: it fails, once
    result = store.drain()
    assert result.code == DATAERR, result
    assert store.seen_ids() == ["msg_1", "msg_2", "msg_4"]
    assert "\x1b" not in result.said
    assert result.said.count("not a record") == 2
    assert result.said.count("does not end") == 1
    assert store.good().said == ""


def a_line_without_end(place):
    store = begin(place)
    with open(store.var / "levers.jsonl.1", "wb") as file:
        file.write(lines(["msg_1"]))
        file.seek(90 << 20, os.SEEK_CUR)
        file.write(b"\n" + lines(["msg_2"]))
    store.put(["msg_3"])
    result = store.drain()
    assert result.code == DATAERR, result
    assert store.seen_ids() == ["msg_1", "msg_2", "msg_3"]
    assert result.said.count("too long") == 1, result
    store.good()


def several_consumers(place):
    store = begin(place)
    store.put(ids_of(3))
    store.good("--name", "one")
    store.put(ids_of(2, 3))
    store.good("--name", "two")
    store.good("--name", "one")
    assert store.seen_ids() == ids_of(3) + ids_of(5) + ids_of(2, 3)
    first = store.start("--follow", "--name", "one")
    second = store.start("--follow", "--name", "two")
    store.put(["msg_x"])
    until("both", lambda: store.counts()["msg_x"] == 2)
    stop(first)
    stop(second)


def without_an_index_it_waits(place):
    store = begin(place)
    store.put(ids_of(3))
    for path in store.state.glob("index.db*"):
        path.unlink()
    assert store.drain().code == tool_scene.TEMPFAIL
    assert store.seen_ids() == []
    store.settle()
    store.good()
    assert store.seen_ids() == ids_of(3)


def a_mark_that_was_set_back(place):
    """Power loss can do that: the lines are on the disk all the same."""
    store = begin(place)
    store.put(ids_of(4))
    some(store, 3)
    half = len(lines(ids_of(2)))
    with sqlite3.connect(store.state / "index.db") as db:
        db.execute("UPDATE state SET offset = ?", (half,))
    db.close()
    with locked(store):
        assert store.drain().code == tool_scene.TEMPFAIL
    assert store.seen_ids() == ids_of(3)
    store.good()
    assert store.seen_ids() == ids_of(4)


def a_finished_file_that_is_current_again(place):
    store = begin(place)
    store.put(ids_of(3))
    store.good()
    path = rotated(store, 1)
    store.put(ids_of(1, 3))
    store.good()
    store.log.unlink()
    path.rename(store.log)
    store.put(ids_of(2, 4))
    store.good()
    assert store.seen_ids() == ids_of(6), store.seen_ids()


def responders_that_write_meanwhile(place):
    store = begin(place)
    process = store.start("--follow", "--jobs", 2)
    sent = []
    for n in range(30):
        sent.append(store.deliver())
        if n % 10 == 9:
            rotated(store, n, compress=True)
    until("all", lambda: len(store.seen()) == 30)
    stop(process)
    assert sorted(store.seen_ids()) == sorted(sent), \
        (store.counts(), sent)


def as_nobody(place):
    if os.geteuid() != 0:
        raise Skip("needs root")
    user = pwd.getpwnam("nobody")
    place.top.chmod(0o755)
    tool = shutil.copy2(tool_scene.TOOL, place.top / "hookcask.bin")
    os.chmod(tool, 0o755)
    return user, tool


def a_reader_of_another_user(place):
    """The log's group may read; its own place is in a directory of its."""
    user, tool = as_nobody(place)
    store = begin(place, more="    mode = 0640\n")
    os.chown(store.var, 0, user.pw_gid)
    store.var.chmod(0o2750)
    for _ in range(3):
        store.deliver()
    mine = place.top / "mine"
    mine.mkdir(0o700)
    os.chown(mine, user.pw_uid, user.pw_gid)
    os.chown(store.seen_file, user.pw_uid, user.pw_gid)
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def drain(*options):
        return subprocess.run(
            [tool, *store.arguments("--once", *options)], cwd=place.top,
            env=place.env, capture_output=True, check=False, timeout=60,
            **who)
    refused = drain()
    assert refused.returncode in (73, 77), refused
    assert b"--state" in refused.stderr, refused
    good = drain("--state", mine)
    assert good.returncode == 0, good
    assert len(store.seen()) == 3
    store.deliver()
    assert drain("--state", mine).returncode == 0
    assert len(store.seen()) == 4
    assert (mine / "drain-default").stat().st_uid == user.pw_uid
    # as root it becomes that user first
    store.deliver()
    store.good("--once", "--state", mine, command=[
        "sh", "-c", 'echo "$(id -u) 1" >>"$SEEN"'])
    assert store.seen_ids()[-1] == str(user.pw_uid)
    mine.chmod(0o777)
    assert store.drain("--once", "--state", mine).code == 77


def _a_group_that_the_writer_is_not_in(place, spool):
    """Its files have the group of the directory, for a consumer in it."""
    _, tool = as_nobody(place)
    writer, group, reader = 60001, 60002, 60003
    store = Store(place, spool=spool, more="    mode = 0640\n")
    home = store.spool or store.var
    os.chown(home, writer, group)
    home.chmod(0o2770)
    os.chown(place.secret, writer, writer)
    responder = shutil.copy2(RESPONDER, place.top / "responder.bin")
    who = {"user": writer, "group": writer, "extra_groups": []}
    sent = [store.deliver(program=responder, **who)]
    for path in (store.state, *home.glob("new")):
        found = path.stat()
        assert found.st_gid == group and found.st_mode & 0o2000, path
    mine = place.top / "mine"
    mine.mkdir(0o700)
    os.chown(mine, reader, reader)
    store.seen_file.touch()
    os.chown(store.seen_file, reader, reader)

    def drain():
        return subprocess.run(
            [tool, *store.arguments("--once", "--state", mine)],
            cwd=place.top, env=place.env, capture_output=True, check=False,
            timeout=60, user=reader, group=reader, extra_groups=[group])
    done = drain()
    assert done.returncode == 0 and store.seen_ids() == sent, done
    sent.append(store.deliver(program=responder, **who))
    done = drain()
    assert done.returncode == 0 and store.seen_ids() == sent, done


def a_group_that_the_writer_is_not_in_log(place):
    _a_group_that_the_writer_is_not_in(place, False)


def a_group_that_the_writer_is_not_in_spool(place):
    _a_group_that_the_writer_is_not_in(place, True)


def a_state_of_another_endpoint(place):
    store = begin(place)
    store.put(["msg_1"])
    mine = place.top / "mine"
    mine.mkdir(0o700)
    (mine / "drain-default").write_text(
        "hookcask drain 1 log other default\n")
    result = store.drain("--state", mine)
    assert result.code == tool_scene.DATAERR, result
    (mine / "drain-default").write_text(
        "hookcask drain 2 log levers default\n")
    result = store.drain("--state", mine)
    assert result.code == tool_scene.DATAERR, result
    assert store.seen() == []


def without_an_index_it_says_what_it_waits_for(place):
    store = Store(place)
    assert store.good("--once").said == ""
    store.put(ids_of(2))
    for path in store.state.glob("index.db*"):
        path.unlink()
    result = store.drain("--once")
    assert result.code == tool_scene.TEMPFAIL and "nothing is handed over " \
        "before the next delivery" in result.said, result
    assert store.seen() == []
    process = store.start("--follow")
    store.settle()
    until("both", lambda: store.seen_ids() == ids_of(2))
    code, said = stop(process)
    assert code == 0 and said.count("no index says") <= 1, said


def who_follows_waits_for_an_index(store, why):
    """tail -f and drain -f, begun while it cannot be read."""
    drain = store.start("--follow")
    tail = subprocess.Popen(
        tool_scene.command("tail", "-f", "-n", "0", "-c", store.conf),
        cwd=store.place.top, env=store.place.env, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    for process in (drain, tail):
        said = process.stderr.readline().decode()
        assert why in said, (process.args, said, process.poll())
    return drain, tail


def it_goes_on(store, drain, tail, ids):
    until("all", lambda: store.seen_ids() == ids)
    while ids[-1].encode() not in (line := tail.stdout.readline()):
        assert line, tail.stderr.read()
    for process in (drain, tail):
        stop(process)


def an_index_of_an_older_version_is_waited_for(place):
    store = Store(place)
    store.put(ids_of(3))
    store.make_index_older()
    assert store.drain().code == tool_scene.TEMPFAIL
    followers = who_follows_waits_for_an_index(store, "older hookcask")
    it_goes_on(store, *followers, ids_of(3) + [store.deliver()])


def an_index_that_is_taken_is_waited_for(place):
    store = Store(place)
    store.put(ids_of(3))
    with store.taken_index():
        assert store.drain().code == tool_scene.TEMPFAIL
        followers = who_follows_waits_for_an_index(store, "is locked")
    it_goes_on(store, *followers, ids_of(3) + [store.deliver()])


ALL = [
    never_past_the_mark, past_the_mark_while_it_follows, rotation_by_rename,
    rotation_before_the_next_event, compression_at_any_time,
    while_it_follows, rotation_beside_running_jobs,
    a_batch_across_a_rotation, dated_names, ordered_by_time_not_by_name,
    what_is_not_of_the_log_is_left_alone, a_copy_is_the_same_file,
    compression_that_is_still_at_work, a_packed_file_that_is_broken,
    copytruncate, copytruncate_while_it_follows,
    the_file_that_it_was_in_is_lost, lines_that_are_no_records,
    many_lines_that_are_no_records, a_rotated_file_that_it_may_not_read,
    a_line_without_end, several_consumers, without_an_index_it_waits,
    a_mark_that_was_set_back, a_finished_file_that_is_current_again,
    responders_that_write_meanwhile, a_reader_of_another_user,
    a_group_that_the_writer_is_not_in_log,
    a_group_that_the_writer_is_not_in_spool,
    a_state_of_another_endpoint,
    without_an_index_it_says_what_it_waits_for,
    an_index_of_an_older_version_is_waited_for,
    an_index_that_is_taken_is_waited_for,
]
