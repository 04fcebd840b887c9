# SPDX-License-Identifier: ISC
"""drain: a log that no longer is what it was when it was read up to a place."""

import json
import re
import shutil
import subprocess

from drain_log_cases import begin, rotated, some, zipped
from drain_scene import Store, ids_of, lines, stop, until
from tool_scene import DATAERR, TEMPFAIL, USAGE, make_record

NAME = "drain, place"


def at(msg_id, minute):
    """A record that was received in that minute of a day."""
    return re.sub(rb'"received":"[^"]*"',
                  b'"received":"2026-01-01T%02d:%02d:00.000000Z"' %
                  divmod(minute, 60), make_record(msg_id=msg_id))


def hourly(count, first=0):
    return [at(f"msg_{n:05d}", 60 * n) for n in range(first, first + count)]


def hold(store, records):
    """The log has these lines now, and the index knows them."""
    store.log.write_bytes(b"".join(records))
    store.log.chmod(0o600)
    store.settle()


def state_lines(store, kind):
    return [line for line in (store.state / "drain-default").read_text()
            .splitlines() if line[9:11] == kind + " "]


def status(store):
    return json.loads(store.place.good("status", "-c", store.conf,
                                       "--json").text)


def make_state_older(store):
    """As a version wrote it that kept no last record."""
    path = store.state / "drain-default"
    head, *rest = path.read_text().splitlines()
    cut = []
    for line in rest:
        words = line[9:].split(" ")
        text = " ".join(words[:{"P": 3, "Z": 6}.get(words[0], len(words))])
        total = 2166136261
        for byte in text.encode():
            total = (total ^ byte) * 16777619 % 2**32
        cut.append(f"{total:08x} {text}")
    path.write_text("\n".join([head, *cut]) + "\n")


def an_older_copy(place, how):
    """The log is put back as it was some events ago, and written to."""
    store = begin(place)
    for n in range(5):
        store.deliver(msg_id=f"msg_{n}")
    copy = shutil.copy2(store.log, place.top / "copy")
    for n in range(5, 10):
        store.deliver(msg_id=f"msg_{n}")
    store.good()
    assert len(store.seen()) == 10
    if how == "rename":
        shutil.copy2(copy, store.var / ".copy")
        (store.var / ".copy").rename(store.log)
    else:
        shutil.copyfile(copy, store.log)
    new = []
    for part in (3, 9):
        for _ in range(part):
            new.append(store.deliver(msg_id=f"new_{len(new)}"))
        result = store.good()
        # what was received within five minutes of the last one may repeat
        assert set(store.seen_ids()[10:]) >= set(new), (result, store.seen())
        assert store.counts()["msg_0"] <= 2
    rotated(store, 1)
    new.append(store.deliver(msg_id="new_12"))
    assert store.good().said == ""
    assert all(store.counts()[i] == 1 for i in new), store.counts()


def an_older_copy_in_place(place):
    an_older_copy(place, "in place")


def an_older_copy_renamed(place):
    an_older_copy(place, "rename")


def an_older_copy_rotated_before_it_is_read(place):
    """It is complete by then, and was finished once, under its first line."""
    store = begin(place)
    hold(store, hourly(6))
    store.good()
    rotated(store, 1)
    store.put(["msg_next"])
    store.good()
    (store.var / "levers.jsonl.1").write_bytes(
        b"".join(hourly(3) + [at("msg_new", 600), at("msg_newer", 660)]))
    result = store.good()
    assert store.seen_ids()[7:] == ["msg_new", "msg_newer"], result
    assert "no longer holds msg_00005" in result.said, result
    assert store.good().said == ""


def a_finished_file_that_has_grown(place):
    store = begin(place)
    hold(store, hourly(3))
    store.good()
    path = rotated(store, 1)
    store.put(["msg_next"])
    store.good()
    with open(path, "ab") as file:
        file.write(at("msg_late", 300))
    assert status(store)["consumers"][0]["backlog"] == 1
    assert store.good().said == ""
    assert store.seen_ids()[4:] == ["msg_late"], store.seen()
    # what is only packed is still finished
    zipped(path)
    assert status(store)["consumers"][0]["backlog"] == 0


def while_it_follows(place):
    store = begin(place)
    hold(store, hourly(6))
    process = store.start("--follow")
    until("six", lambda: len(store.seen()) == 6)
    hold(store, hourly(3))
    store.deliver(msg_id="msg_a")
    until("the next", lambda: "msg_a" in store.seen_ids())
    # shorter and longer again between two looks
    hold(store, hourly(2))
    for n in range(9):
        store.deliver(msg_id=f"msg_c{n}")
    until("all", lambda: {f"msg_c{n}" for n in range(9)} <=
          set(store.seen_ids()))
    stop(process)
    assert all(store.counts()[i] == 1 for i in ids_of(6)), store.counts()


def lines_removed_by_an_editor(place):
    """The last record is found again by its id: nothing is repeated."""
    store = begin(place)
    hold(store, hourly(6))
    some(store, 4)
    subprocess.run(["sed", "-i", "2,3d", store.log], check=True)
    store.settle()
    result = store.good()
    assert store.seen_ids() == ids_of(6), (result, store.seen())
    assert "going on at byte" in result.said and \
        "after msg_00003" in result.said, result
    assert store.good().said == ""


def the_last_line_edited(place):
    store = begin(place)
    hold(store, hourly(6))
    some(store, 4)
    subprocess.run(["sed", "-i", "4s/phone_call/phone_calls/g", store.log],
                   check=True)
    store.settle()
    store.good()
    assert store.seen_ids() == ids_of(6), store.seen()


def an_event_that_was_sent_again(place):
    """The same id, stored once more after the copy: not the last one."""
    store = begin(place)
    hold(store, hourly(4))
    store.good()
    hold(store, hourly(2) + hourly(2, 10) + [at("msg_00003", 720)])
    store.good()
    assert store.seen_ids()[4:] == ["msg_00010", "msg_00011", "msg_00003"], \
        store.seen()


def lost(place):
    """Handed over to the last, and no order of times to find it by."""
    store = begin(place)
    hold(store, hourly(6))
    store.good()
    hold(store, hourly(1) + hourly(1, 4) + hourly(2, 1) + hourly(3, 8))
    return store


def a_place_that_is_lost(place):
    store = lost(place)
    told = status(store)
    assert told["consumers"][0]["backlog"] is None, told
    result = place.run("status", "-c", store.conf, "--check", "--disk", "0%")
    assert result.code == 3 and "UNKNOWN" in result.text, result
    assert "backlog'=U" in result.text, result
    assert "default: unknown" in \
        place.good("status", "-c", store.conf).text
    place.good("status", "-c", store.conf, "--prometheus", "figures")
    assert 'consumer="default"} NaN\n' in \
        (place.top / "figures").read_text()
    for how in ((), ("--once",), ("--follow",)):
        result = store.drain(*how)
        assert result.code == DATAERR, result
        assert "does not hold msg_00005" in result.said, result
        assert "--since TIME or --from-start" in result.said, result
    assert len(store.seen()) == 6
    assert store.drain("--since", "2026-01-01T09:00:00Z").code == 0
    assert status(store)["consumers"][0]["backlog"] == 0
    assert store.seen_ids()[6:] == ids_of(2, 9), store.seen()
    # asked once more, as a line for cron would, it changes nothing
    store.good("--from-start")
    assert len(store.seen()) == 8


def from_its_start(place):
    store = lost(place)
    store.good("--from-start")
    assert len(store.seen()) == 6 + 7, store.seen()
    result = store.drain("--from-start", "--since", "1h")
    assert result.code == USAGE, result
    assert store.drain("--since", "noon").code == USAGE


def a_spool_has_no_place(place):
    store = begin(place, spool=True)
    store.put(ids_of(1))
    assert store.drain("--from-start").code == USAGE
    assert store.drain("--since", "1h").code == USAGE


def the_state_of_an_older_version(place):
    """It is trusted once: an upgrade repeats nothing."""
    store = begin(place)
    hold(store, hourly(6))
    some(store, 4)
    assert len(state_lines(store, "P")[-1].split()) == 9
    make_state_older(store)
    some(store, 1)
    assert store.seen_ids() == ids_of(5)
    assert len(state_lines(store, "P")[-1].split()) == 9
    store.good()
    rotated(store, 1)
    store.put(["msg_next"])
    store.good()
    make_state_older(store)
    (store.var / "levers.jsonl.1").touch()
    store.good()
    assert len(store.seen()) == 7
    # but not if the file ends before it
    (store.var / "levers.jsonl.1").unlink()
    hold(store, hourly(2))
    result = store.drain()
    assert result.code == DATAERR and "ends before byte" in result.said


def what_failed_is_kept(place):
    """Offsets mean something else now; an event that waits is not lost."""
    store = begin(place)
    hold(store, hourly(6))
    store.shell('[ "$HOOKCASK_ID" != msg_00001 ] || exit 1; '
                'echo "$HOOKCASK_ID 1" >>"$SEEN"', "--once", "--tries", 1)
    assert len(store.seen()) == 5
    hold(store, [at("msg_00000", 0), at("msg_new", 900)])
    store.good()
    assert store.seen_ids()[5:] == ["msg_new"]
    assert "msg_00001" in store.failed("list").text
    assert store.failed("retry", "msg_00001").code == 0
    store.good()
    assert store.seen_ids()[6:] == ["msg_00001"]


def a_log_that_is_being_settled(place):
    """Cut for a moment by a writer that appends the same lines again."""
    store = begin(place)
    store.put(ids_of(4))
    some(store, 3)
    whole = store.log.read_bytes()
    store.log.write_bytes(whole[:len(lines(ids_of(2)))])
    (store.state / "tail").touch()
    assert store.drain().code == TEMPFAIL
    assert store.seen_ids() == ids_of(3)
    store.log.write_bytes(whole)
    (store.state / "tail").unlink()
    assert store.good().said == ""
    assert store.seen_ids() == ids_of(4)


def bytes_that_were_left_out_are_cut_later(place):
    """Records take their place, and are handed over."""
    store = begin(place)
    store.deliver(msg_id="first")
    store.good()
    # another file, which no mark is in, is read to its end
    copy = store.log.with_name("copy")
    copy.write_bytes(store.log.read_bytes() + b"a note\n")
    copy.chmod(0o600)
    copy.replace(store.log)
    assert store.drain().code == DATAERR
    store.deliver(msg_id="second")
    assert b"note" not in store.log.read_bytes()
    store.good()
    assert store.seen_ids() == ["first", "second"], store.seen()


def a_log_that_was_cut_before_it_was_read(place):
    """And no delivery comes that would settle it."""
    store = begin(place)
    sent = [store.deliver()]
    store.good()
    sent += [store.deliver(), store.deliver()]
    store.log.write_bytes(b"".join(
        store.log.read_bytes().splitlines(keepends=True)[:2]))
    result = place.run("status", "-c", store.conf, "--check", "--disk", "0%")
    assert result.code == 3 and "uncertain" in result.text, result
    result = store.good()
    assert store.seen_ids() == sent[:2], result
    assert "index --forget-lost" in result.said, result
    assert store.good().said == ""


def a_backup_is_restored(place, spool=False):
    """As hookcask-durability(7) says, without the index."""
    store = Store(place, spool=spool)
    home = store.spool or store.var
    old, new = ids_of(3), ids_of(2, 3)
    for msg_id in old:
        store.deliver(msg_id=msg_id)
    store.good()
    backup = shutil.copytree(home, place.top / "backup", ignore=lambda *_:
                             ["index.db", "index.db-wal", "index.db-shm"],
                             ignore_dangling_symlinks=True)
    for msg_id in new:
        store.deliver(msg_id=msg_id)
    store.good()
    shutil.rmtree(home)
    backup.rename(home)
    if not spool:
        place.good("index", "-c", store.conf, "--rebuild")
    store.good()
    assert store.seen_ids() == old + new, store.seen()
    # the sender repeats all of them
    for msg_id in old + new:
        store.deliver(msg_id=msg_id)
    store.good()
    assert store.seen_ids() == old + new + new, store.seen()


def a_backup_of_a_spool_is_restored(place):
    a_backup_is_restored(place, spool=True)


ALL = [
    a_log_that_was_cut_before_it_was_read,
    a_backup_is_restored, a_backup_of_a_spool_is_restored,
    bytes_that_were_left_out_are_cut_later,
    an_older_copy_in_place, an_older_copy_renamed,
    an_older_copy_rotated_before_it_is_read, a_finished_file_that_has_grown,
    while_it_follows, lines_removed_by_an_editor, the_last_line_edited,
    an_event_that_was_sent_again, a_place_that_is_lost, from_its_start,
    a_spool_has_no_place, the_state_of_an_older_version, what_failed_is_kept,
    a_log_that_is_being_settled,
]
