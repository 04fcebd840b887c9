# SPDX-License-Identifier: ISC
"""drain: a spool, whose directories say what has become of each event."""

import fcntl
import json
import os
import signal
import stat
import time

from drain_scene import Store, ids_of, lines, stop, until
from tool_scene import DATAERR, TEMPFAIL

NAME = "drain, spool"


def begin(place, **how):
    store = Store(place, spool=True, **how)
    store.seen_file.touch()
    return store


def names(store, stage):
    """Files of a directory, oldest first."""
    path = store.spool / stage
    return sorted(p.name for p in path.iterdir()) if path.exists() else []


def ids_in(store, stage):
    return [name.split("-", 1)[1].removesuffix(".json")
            for name in names(store, stage)]


def move(store, msg_id, source, target):
    """As a crash, or an operator, leaves it."""
    (path,) = (store.spool / source).glob(f"*-{msg_id}.json")
    (store.spool / target).mkdir(0o700, exist_ok=True)
    path.rename(store.spool / target / path.name)


def from_new_to_done(place):
    store = begin(place)
    store.put(ids_of(3))
    before = names(store, "new")
    store.good()
    assert names(store, "done") == before
    assert names(store, "new") + names(store, "cur") == []
    for n, name in enumerate(before):
        data = (store.spool / "done" / name).read_bytes()
        assert data == lines(ids_of(1, n))


def delete_keeps_nothing(place):
    store = begin(place)
    store.put(ids_of(3))
    store.put(["msg_x"], "unwanted")
    store.good("--delete", "--type", "phone_call.*")
    assert store.seen_ids() == ids_of(3)
    for stage in ("new", "cur", "done"):
        assert names(store, stage) == [], stage


def what_was_in_hand_comes_first(place):
    store = begin(place)
    store.put(ids_of(5))
    move(store, "msg_00003", "new", "cur")
    move(store, "msg_00004", "new", "cur")
    store.good()
    assert store.seen_ids() == ids_of(2, 3) + ids_of(3), store.seen_ids()


def waiting(store, ids):
    """Lets these fail once; they wait in cur/ for an hour."""
    store.put(ids)
    store.exits(1)
    result = store.drain("--once", "--retry-delay", "3600")
    assert result.code == TEMPFAIL, result
    store.exits(None)
    assert ids_in(store, "cur") == ids
    store.seen_file.write_text("")


def one_that_waits_is_left_alone(place):
    store = begin(place)
    waiting(store, ids_of(2))
    store.put(ids_of(2, 2))
    assert store.drain("--once").code == TEMPFAIL
    assert store.seen_ids() == ids_of(2, 2)
    assert ids_in(store, "cur") == ids_of(2)


def killed_after_done_before_its_entry(place):
    store = begin(place)
    waiting(store, ids_of(2))
    move(store, "msg_00000", "cur", "done")
    move(store, "msg_00001", "cur", "done")
    store.good()
    assert store.seen() == []
    assert store.failed().text == ""


def killed_after_failed_before_its_entry(place):
    store = begin(place)
    waiting(store, ["msg_1"])
    move(store, "msg_1", "cur", "failed")
    store.good()
    assert store.seen() == []
    item = json.loads(store.failed("--json").text)
    assert (item["id"], item["tries"], item["ended"]) == \
        ("msg_1", 1, "exit:1"), item


def its_move_into_cur_was_lost(place):
    store = begin(place)
    store.put(["msg_1"])
    store.exits(1)
    assert store.drain("--once", "--retry-delay", "0.5").code == TEMPFAIL
    store.exits(None)
    move(store, "msg_1", "cur", "new")
    store.good()
    assert store.seen() == [("msg_1", 1), ("msg_1", 2)]
    assert ids_in(store, "done") == ["msg_1"]


def its_move_into_done_was_lost(place):
    """Power loss may bring one back: at least once is what is promised."""
    store = begin(place)
    store.put(["msg_1"])
    store.good()
    move(store, "msg_1", "done", "cur")
    store.good()
    assert store.seen() == [("msg_1", 1)] * 2


def put_back_by_hand(place):
    store = begin(place)
    store.put(["msg_1"])
    store.exits(1)
    assert store.drain("--tries", 1).code == DATAERR
    assert ids_in(store, "failed") == ["msg_1"]
    store.exits(None)
    move(store, "msg_1", "failed", "new")
    store.good()
    # its old tries count no more
    assert store.seen() == [("msg_1", 1)] * 2
    assert store.failed().text == ""


def put_back_while_it_follows(place):
    """Into new/ or cur/: neither the entry nor the drain knows of it."""
    store = begin(place)
    store.put(ids_of(2))
    store.exits(1)
    process = store.start("--follow", "--tries", 1)
    until("both", lambda: ids_in(store, "failed") == ids_of(2))
    store.exits(None)
    move(store, "msg_00000", "failed", "new")
    move(store, "msg_00001", "failed", "cur")
    until("both again", lambda: ids_in(store, "done") == ids_of(2))
    assert stop(process)[0] == DATAERR
    assert sorted(store.seen()) == sorted([(i, 1) for i in ids_of(2)] * 2), \
        store.seen()
    assert store.failed().text == ""


def a_stray_file_while_it_follows(place):
    """What is in hand, or waits, is none; what somebody puts there is."""
    store = begin(place)
    waiting(store, ["msg_1"])
    store.put(["msg_2", "msg_3"])
    process = store.start("--follow", command=[
        "sh", "-c", 'echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"; '
        '[ "$HOOKCASK_ID" != msg_2 ] || until [ -e go ]; do sleep 0.1; done'])
    until("the first", lambda: store.seen_ids() == ["msg_2"])
    move(store, "msg_3", "new", "cur")
    (place.top / "go").touch()
    until("the stray", lambda: ids_in(store, "done") == ["msg_2", "msg_3"])
    assert stop(process)[0] == 0
    assert store.seen() == [("msg_2", 1), ("msg_3", 1)], store.seen()
    assert ids_in(store, "cur") == ["msg_1"]


def set_aside_in_one_step(place):
    """Nobody who holds the state sees the file moved and no entry of it."""
    store = begin(place)
    store.put(["msg_1"])
    process = store.start("--follow", "--tries", 1, command=[
        "sh", "-c", 'echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"; '
        'until [ -e go ]; do sleep 0.1; done; exit 1'])
    until("it", lambda: store.seen_ids() == ["msg_1"])
    with open(store.state / "drain-default", "rb") as state:
        fcntl.flock(state, fcntl.LOCK_EX)
        (place.top / "go").touch()
        until("it waits", lambda: waits_for_lock(process.pid))
        assert ids_in(store, "failed") == [], "moved before its entry"
    until("it is set aside", lambda: ids_in(store, "failed") == ["msg_1"])
    assert stop(process)[0] == DATAERR


def waits_for_lock(pid):
    with open("/proc/locks", encoding="ascii") as locks:
        return any(words[1] == "->" and words[5] == str(pid)
                   for words in map(str.split, locks))


def retried_before_its_entry_says_failed(place):
    """Power loss may keep the move into failed/ and forget the entry's end."""
    store = begin(place)
    waiting(store, ids_of(2))
    move(store, "msg_00000", "cur", "failed")
    move(store, "msg_00001", "cur", "failed")
    assert store.failed("drop", "msg_00000").text == "1 event dropped\n"
    assert store.failed("retry", "--all").text == \
        "1 event to be tried again\n"
    store.good("--once")
    assert store.seen() == [("msg_00001", 1)], store.seen()


def without_its_state(place):
    store = begin(place)
    store.put(ids_of(2))
    store.exits(1)
    store.drain("--tries", 1)
    store.exits(None)
    (store.state / "drain-default").unlink()
    assert [json.loads(line)["id"] for line in
            store.failed("--json").text.splitlines()] == ids_of(2)
    store.put(["msg_x"])
    store.good()
    assert store.seen_ids() == ids_of(2) + ["msg_x"]
    assert ids_in(store, "failed") == ids_of(2)


def files_that_hold_no_record(place):
    store = begin(place)
    store.put(ids_of(2))
    new = store.spool / "new"
    line = lines(["msg_x"])
    bad = {
        "1700000000000000-empty.json": b"",
        "1700000000000000-torn.json": line[:-1],
        "1700000000000000-two.json": line * 2,
        "1700000000000000-nul.json": b"\0" * 5000 + b"\n",
        "1700000000000000-\x1b]0;x\x07.json": b"\x1b[2J\n",
    }
    for name, data in bad.items():
        (new / name).write_bytes(data)
    (new / "1700000000000000-link.json").symlink_to(store.conf)
    (new / "1700000000000000-dir.json").mkdir()
    os.mkfifo(new / "1700000000000000-fifo.json")
    (new / "not-of-ours").write_bytes(line)
    result = store.drain()
    # somebody may have acknowledged what was in them
    assert result.code == DATAERR, result
    assert "8 files hold what could not be handed over" in result.said
    assert store.seen_ids() == ids_of(2)
    assert names(store, "new") == ["not-of-ours"]
    assert len(names(store, "failed")) == len(bad) + 3
    shown = store.failed()
    assert shown.text.count("not a record") == len(bad) + 3, shown
    every = store.failed("show", *names(store, "failed"))
    for text in (result.said, shown.text, every.text,
                 store.failed("--json").text):
        assert "\x1b" not in text and "\x07" not in text, text
    # and never again
    assert store.good().said == ""
    assert store.failed("drop", "1700000000000000-fifo.json").code == 0


def consumers_directories_have_the_mode_of_new(place):
    store = begin(place)
    store.put(["msg_1"])
    (store.spool / "new").chmod(0o2770)
    before = os.umask(0o077)
    store.good()
    os.umask(before)
    for stage in ("cur", "done", "failed"):
        mode = stat.S_IMODE((store.spool / stage).stat().st_mode)
        assert mode == 0o2770, (stage, oct(mode))


def a_link_in_place_of_a_directory(place):
    store = begin(place)
    store.put(["msg_1"])
    elsewhere = place.top / "elsewhere"
    elsewhere.mkdir(0o700)
    (store.spool / "cur").symlink_to(elsewhere)
    result = store.drain()
    assert result.code != 0 and "spool/cur" in result.said, result
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    assert list(elsewhere.iterdir()) == []
    assert store.seen() == []


def a_flood_while_it_follows(place):
    store = begin(place)
    process = store.start("--follow", "--jobs", 2, "--delete")
    for part in range(20):
        store.put(ids_of(5, 5 * part))
    until("all", lambda: len(store.seen()) == 100)
    assert stop(process) == (0, "")
    assert sorted(store.seen_ids()) == ids_of(100)


def stopped_as_a_group(place):
    """As a service manager does it: no run is to blame for that."""
    store = begin(place)
    store.put(["msg_1"])
    process = store.start("--follow", command=[
        "sh", "-c", 'echo $$ >pid; echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" '
        '>>"$SEEN"; exec sleep 100'])
    until("it", lambda: len(store.seen()) == 1)
    process.send_signal(signal.SIGTERM)
    # both are reported; the run's own signal is sent when ours has been seen
    until("it is seen", lambda: not caught(process.pid, signal.SIGTERM))
    time.sleep(0.05)
    os.kill(int((place.top / "pid").read_text()), signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    store.good()
    assert store.seen() == [("msg_1", 1), ("msg_1", 1)]


def caught(pid, signo):
    """Is that signal still on its way to a process?"""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for row in status:
            if row.startswith("ShdPnd:"):
                return int(row.split()[1], 16) & 1 << (signo - 1)
    return 0


ALL = [
    from_new_to_done, delete_keeps_nothing, what_was_in_hand_comes_first,
    one_that_waits_is_left_alone, killed_after_done_before_its_entry,
    killed_after_failed_before_its_entry, its_move_into_cur_was_lost,
    its_move_into_done_was_lost, put_back_by_hand,
    put_back_while_it_follows, a_stray_file_while_it_follows,
    set_aside_in_one_step, retried_before_its_entry_says_failed,
    without_its_state, files_that_hold_no_record,
    consumers_directories_have_the_mode_of_new,
    a_link_in_place_of_a_directory, a_flood_while_it_follows,
    stopped_as_a_group,
]
