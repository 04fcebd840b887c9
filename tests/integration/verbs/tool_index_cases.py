# SPDX-License-Identifier: ISC
"""index: what the operator sees and corrects."""

import contextlib
import fcntl
import gzip
import os
import re
import shutil
import sqlite3
import threading

from drain_run_cases import both
from drain_scene import Store, allow, forbid
from tool_scene import DATAERR, NOINPUT, TEMPFAIL, USAGE, make_record

NAME = "index"


def lines(*ids):
    return b"".join(make_record(msg_id=i) for i in ids)


def log(place, data=b"", name="levers.jsonl"):
    place.config()
    path = place.top / "var" / name
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def run(place, *arguments, **how):
    return place.good("index", "-c", place.top / "hookcask.conf",
                      *arguments, **how)


def an_empty_store_knows_nothing(place):
    log(place)
    assert run(place).text == "0 ids known\n"


def looking_makes_no_first_index(store):
    def files():
        return sorted(store.place.top.rglob("*"))
    before = files()
    words = ("index", "-c", store.conf)
    assert store.place.good(*words).text == "0 ids known\n"
    assert files() == before
    store.deliver()
    assert store.place.good(*words, "--json").text == '{"ids":1}\n'
    for path in store.state.glob("index.db-*"):
        path.unlink()
    (store.state / "index.db").write_bytes(b"junk" * 2000)
    result = store.place.good(*words)
    assert "was corrupt; it was moved to bad-" in result.said, result
    assert result.text == "0 ids known\n", result


def rebuild_reads_the_log_and_its_rotated_files(place):
    log(place, lines("msg_1", "msg_2", "msg_3"))
    log(place, lines("msg_4", "msg_2"), "levers.jsonl-20260101")
    log(place, b"nothing of ours\n", "levers.jsonl.notes")
    assert run(place, "--rebuild").text == "4 ids known\n"
    assert run(place, "--rebuild").text == "4 ids known\n"
    assert run(place).text == "4 ids known\n"


def the_numbers_can_be_had_as_json(place):
    log(place, lines("msg_1", "msg_2"))
    assert run(place, "--rebuild", "--json").text == '{"ids":2}\n'
    assert run(place, "-j").text == '{"ids":2}\n'
    assert run(place, "-j", "--add", "-", stdin=lines("msg_3")).text == \
        '{"records":1,"ids":3}\n'
    assert run(place, "-j", "--forget", "msg_3").text == \
        '{"forgotten":1}\n'


def rebuild_passes_over_what_is_not_named_like_the_log(place):
    """One that the responder may not write to, beside the log."""
    store = Store(place)
    store.put(["msg_1"])
    for name, code in (("levers.secret", 0), ("levers.jsonl.md5", 0),
                       ("levers.jsonl.1", TEMPFAIL),
                       ("levers-20260101.jsonl.gz", TEMPFAIL)):
        path = store.var / name
        path.write_bytes(b"secret\n")
        forbid(store, path)
        allow(path)
        path.chmod(0o400)
        for index in store.state.glob("index.db*"):
            index.unlink()
        result = place.run("index", "-c", store.conf, "--rebuild")
        assert result.code == code and f"{path}: " in result.said, result
        assert code or "not named like a file of the log" in result.said
        assert code or result.text == "1 ids known\n", result
        path.unlink()


def rebuild_finds_restored_files(place):
    log(place, lines("msg_1"))
    assert run(place, "--rebuild").text == "1 ids known\n"
    log(place, lines("msg_2"), "restored")
    assert run(place).text == "1 ids known\n"
    assert run(place, "--rebuild").text == "2 ids known\n"


def rebuild_forgets_nothing(place):
    path = log(place, lines("msg_1"))
    run(place, "--rebuild")
    path.write_bytes(b"")
    result = run(place, "--rebuild")
    assert result.text == "1 ids known\n"
    assert "changed by somebody else" in result.said


def rebuild_keeps_what_is_not_ours_behind_the_records(place):
    path = log(place, lines("msg_1") + b"a stranger's line\n")
    result = run(place, "--rebuild")
    assert result.text == "1 ids known\n"
    assert path.read_bytes() == lines("msg_1")
    aside = list((place.top / "var/.hookcask-levers").glob("bad-*/*"))
    assert [a.read_bytes() for a in aside] == \
        [lines("msg_1") + b"a stranger's line\n"], aside


LOSSES = {
    "emptied": lambda log, old: log.write_bytes(b""),
    "an older copy": lambda log, old: log.write_bytes(old),
    "one line less": lambda log, old: log.write_bytes(
        b"".join(log.read_bytes().splitlines(True)[:2])),
    "removed": lambda log, old: log.unlink(),
    "put in its place": lambda log, old: (
        log.with_name("new").write_bytes(old),
        log.with_name("new").chmod(0o600),
        log.with_name("new").rename(log)),
}


def _forget(store, *arguments):
    """(records, lost, forgotten, known)"""
    result = store.place.good("index", "-c", store.conf, "--forget-lost",
                              *arguments)
    return tuple(map(int, re.findall(r"\d+", result.text)))


def _ids(store):
    return re.findall(rb'"id":"([^"]*)"', b"".join(
        path.read_bytes() for path in sorted(store.var.glob("levers*"))))


def _is_told_of_a_cut(store):
    """Monitoring, which cannot read all of the log."""
    return "run hookcask index --forget-lost, then ask" in store.place.run(
        "status", "-c", store.conf, "--check").text


def what_a_log_lost_is_stored_when_it_is_sent_again(place):
    """As the operator's line says: run that command, ask the sender."""
    for name, lose in LOSSES.items():
        shutil.rmtree(place.top / "var", ignore_errors=True)
        store = Store(place)
        sent = [store.deliver()]
        old = store.log.read_bytes()
        sent += [store.deliver() for _ in range(3)]
        lose(store.log, old)
        kept = set(_ids(store)) if store.log.exists() else set()
        later = store.deliver()
        # until then the sender's repetition is a duplicate
        store.deliver(msg_id=sent[3])
        hint = re.search(r'"hookcask (index --forget-lost[^"]*)"', store.said)
        assert hint, (name, store.said)
        # one that has gone may have been renamed and compressed
        cut = "was cut or changed" in store.said
        assert _is_told_of_a_cut(store) == cut, name
        words = hint[1].split()
        result = place.good(words[0], "-c", store.conf, *words[1:])
        assert result.text == (
            f"{len(kept) + 1} records read, {4 - len(kept)} ids lost, "
            f"{4 - len(kept)} forgotten, {len(kept) + 1} known\n"), \
            (name, result)
        for msg_id in sent:
            store.deliver(msg_id=msg_id)
        assert sorted(_ids(store)) == sorted(i.encode() for i in
                                             sent + [later]), name
        assert not _is_told_of_a_cut(store), name
        assert _forget(store) == (5, 0, 0, 5), name
    # it stays until somebody has looked, across rotation, too
    log = store.log.read_bytes()
    store.log.write_bytes(log[log.index(b"\n") + 1:])
    store.deliver()
    store.log.rename(store.var / "levers.jsonl.1")
    store.deliver()
    _forget(store, "--dry-run")
    assert _is_told_of_a_cut(store)


def _rotated(store, count=2):
    """Ids in files that rotation renamed, and in the current one."""
    sent = [store.deliver() for _ in range(count)]
    store.log.rename(store.var / "levers.jsonl.1")
    return sent, [store.deliver() for _ in range(count)]


def an_id_in_any_file_is_kept(place):
    def gzipped(path):
        path.with_name(path.name + ".gz").write_bytes(
            gzip.compress(path.read_bytes()))
        path.unlink()
    moves = (
        lambda path: None, gzipped,
        lambda path: path.rename(path.with_name("aside")),
        lambda path: path.with_name("second name").hardlink_to(path),
        lambda path: (path.rename(place.top / "elsewhere"),
                      path.symlink_to(place.top / "elsewhere")),
    )
    for move in moves:
        shutil.rmtree(place.top / "var", ignore_errors=True)
        store = Store(place)
        _, new = _rotated(store)
        move(store.var / "levers.jsonl.1")
        # the whole log beside its cut copy: both begin with one line
        shutil.copy(store.log, store.var / "levers.jsonl.saved")
        with open(store.log, "r+b") as file:
            file.truncate(store.log.stat().st_size // 2)
        assert _forget(store, "levers.jsonl")[1:] == (0, 0, 4), move
        (store.var / "levers.jsonl.saved").unlink()
        assert _forget(store, "--dry-run")[1:] == (1, 0, 4), move
        assert _forget(store)[1:] == (1, 1, 3), move
        store.deliver(msg_id=new[1])
        assert _ids(store).count(new[1].encode()) == 1, move


def a_file_that_was_moved_away_is_not_lost(place):
    """Its number may be another file's by now: rows older than that stay."""
    store = Store(place)
    old, new = _rotated(store)
    (store.var / "levers.jsonl.1").unlink()
    assert _forget(store) == (2, 0, 0, 4)
    assert _forget(store, "--dry-run", "levers.jsonl") == (2, 2, 0, 4)
    with contextlib.closing(sqlite3.connect(store.state / "index.db")) as db:
        db.execute("UPDATE event SET time = time - 3600, file = "
                   "(SELECT number FROM state) WHERE id = ?", (old[0],))
        db.commit()
    assert _forget(store) == (2, 0, 0, 4)
    store.log.write_bytes(b"")
    assert _forget(store, "--json") == (0, 2, 2, 2)
    store.deliver(msg_id=old[0])
    assert _ids(store) == []


def nothing_is_forgotten_while_a_file_cannot_be_read(place):
    whole = gzip.compress(lines("msg_1", "msg_2"))
    noise = gzip.compress(b"".join(lines(f"msg_{n}") for n in range(3000)))

    def broken(path):
        path.write_bytes(noise[:-2000])
    for name, make in (
            ("levers.jsonl.2.gz", broken),
            ("levers.jsonl.2.gz", lambda path: path.write_bytes(whole[:30])),
            ("levers.jsonl.2.zst", lambda path: path.write_bytes(
                b"\x28\xb5\x2f\xfd" + bytes(9000))),
            ("levers.jsonl.2", lambda path: path.symlink_to("nowhere"))):
        shutil.rmtree(place.top / "var", ignore_errors=True)
        store = Store(place)
        sent = [store.deliver() for _ in range(2)]
        store.log.write_bytes(b"")
        make(store.var / name)
        result = place.bad(DATAERR, "index", "-c", store.conf,
                           "--forget-lost")
        assert name in result.said and result.text == "", result
        (store.var / name).unlink()
        assert _forget(store) == (0, 2, 2, 0), (name, sent)
    store = Store(place)
    store.deliver()
    path = store.var / "levers.jsonl.1"
    path.write_bytes(lines("msg_1"))
    store.log.write_bytes(b"")
    forbid(store, path)
    result = place.run("index", "-c", store.conf, "--forget-lost")
    assert result.code in (DATAERR, TEMPFAIL), result
    assert result.text == "" and str(path) in result.said, result
    allow(path)
    assert _forget(store) == (1, 1, 1, 0)


def forget_lost_is_for_a_log_and_alone(place):
    store = Store(place, spool=True)
    store.deliver()
    result = place.bad(USAGE, "index", "-c", store.conf, "--forget-lost")
    assert "spool" in result.said and "consumers" in result.said, result
    log(place, lines("msg_1"))
    words = ("index", "-c", place.top / "hookcask.conf")
    place.bad(USAGE, *words, "--forget-lost", "--rebuild")
    place.bad(USAGE, *words, "--dry-run")
    place.bad(USAGE, *words, "levers.jsonl")
    result = place.bad(NOINPUT, *words, "--forget-lost", "unheard.of")
    assert "not a file that the index knows" in result.said, result


def add_reads_old_files_back(place):
    log(place)
    old = gzip.compress(lines("msg_1", "msg_2"))
    result = run(place, "--add", "-", stdin=gzip.decompress(old))
    assert result.text == "2 records read, 2 ids known\n"
    place.write("old", lines("msg_3"))
    assert run(place, "--add", place.top / "old").text == \
        "1 records read, 3 ids known\n"


def add_tells_of_lines_that_are_no_records(place):
    log(place)
    place.write("old", lines("msg_1") + b"{}\n" +
                make_record(source="other") + lines("msg_2")[:-1])
    result = place.bad(DATAERR, "index", "-c", place.top / "hookcask.conf",
                       "--add", place.top / "old")
    assert result.text == "1 records read, 1 ids known\n"
    assert "3 lines" in result.said


def forget_makes_room_for_a_second_try(place):
    log(place, lines("msg_1", "msg_2"))
    run(place, "--rebuild")
    run(place, "--forget", "msg_1")
    assert run(place).text == "1 ids known\n"
    result = place.bad(NOINPUT, "index", "-c", place.top / "hookcask.conf",
                       "--forget", "msg_1")
    assert "msg_1" in result.said


def a_spool_can_be_added_to_but_not_rebuilt(place):
    (place.top / "spool").mkdir(0o700)
    place.config(store=f'spool = "{place.top}/spool"')
    result = place.bad(DATAERR, "index", "-c", place.top / "hookcask.conf",
                       "--rebuild")
    assert "--add" in result.said
    assert run(place, "--add", "-", stdin=lines("msg_1")).text == \
        "1 records read, 1 ids known\n"


def what_is_added_first_hides_nothing(store):
    """The index was lost: copies are added before anybody delivers."""
    ids = [store.deliver() for _ in range(3)]
    if store.spool is None:
        store.log.rename(store.var / "levers.jsonl.1")
        ids.append(store.deliver())
    shutil.rmtree(store.state)
    store.place.good("index", "-c", store.conf, "--add", "-",
                     stdin=lines("msg_1"))
    for msg_id in ids:
        store.deliver(msg_id=msg_id)
    kept = len(list((store.spool / "new").iterdir())) if store.spool else \
        sum(path.read_bytes().count(b"\n")
            for path in store.var.glob("levers.jsonl*"))
    assert kept == len(ids), kept
    words = ("index", "-c", store.conf)
    assert store.place.good(*words).text == f"{len(ids) + 1} ids known\n"


def one_thing_at_a_time(place):
    log(place)
    place.bad(USAGE, "index", "-c", place.top / "hookcask.conf", "--rebuild",
              "--forget", "msg_1")
    place.bad(USAGE, "index", "-c", place.top / "hookcask.conf", "-e",
              "nobody")


def who_waits_on_a_terminal_is_told(place):
    """Somebody else holds the store's lock for longer than a second."""
    log(place, lines("msg_1", "msg_2"))
    run(place, "--rebuild")
    words = ["index", "-c", place.top / "hookcask.conf", "--rebuild"]

    def late(call):
        state = os.open(place.top / "var/.hookcask-levers", os.O_RDONLY)
        fcntl.flock(state, fcntl.LOCK_EX)
        timer = threading.Timer(1.9, os.close, [state])
        timer.start()
        result = call()
        timer.join()
        return result
    code, seen = late(lambda: place.on_terminal(*words))
    assert code == 0 and seen == \
        b"index: 0 MiB of a file left to read\r\x1b[K2 ids known\r\n", seen
    assert place.on_terminal(*words) == (0, b"2 ids known\r\n")
    result = late(lambda: place.good(*words))
    assert result.said == "" and result.text == "2 ids known\n", result
    words[3:] = ["--add", place.write("old", lines("msg_3"))]
    code, seen = late(lambda: place.on_terminal(*words))
    assert code == 0 and re.fullmatch(
        rb"(index: \d records added\r\x1b\[K)+1 records read, 3 ids known"
        rb"\r\n", seen), seen
    assert late(lambda: place.good(*words)).said == ""


ALL = [
    an_empty_store_knows_nothing, *both(looking_makes_no_first_index),
    rebuild_reads_the_log_and_its_rotated_files,
    the_numbers_can_be_had_as_json,
    rebuild_passes_over_what_is_not_named_like_the_log,
    rebuild_finds_restored_files,
    rebuild_forgets_nothing,
    rebuild_keeps_what_is_not_ours_behind_the_records,
    what_a_log_lost_is_stored_when_it_is_sent_again,
    an_id_in_any_file_is_kept, a_file_that_was_moved_away_is_not_lost,
    nothing_is_forgotten_while_a_file_cannot_be_read,
    forget_lost_is_for_a_log_and_alone,
    add_reads_old_files_back, add_tells_of_lines_that_are_no_records,
    forget_makes_room_for_a_second_try,
    a_spool_can_be_added_to_but_not_rebuilt,
    *both(what_is_added_first_hides_nothing), one_thing_at_a_time,
    who_waits_on_a_terminal_is_told,
]
