# SPDX-License-Identifier: ISC
"""
drain --stay: one program that answers for each record. Whatever it does, and
whoever is killed, each event is handed over and none is set aside wrongly.
"""

import contextlib
import json
import os
import pathlib
import random
import re
import signal
import sqlite3
import sys
import time

from drain_run_cases import both
from drain_scene import Store, alive, ids_of, lines, stop, until
from tool_scene import (DATAERR, SOURCE, TEMPFAIL, UNAVAILABLE, USAGE,
                        make_record)

NAME = "drain --stay"
PROGRAM = pathlib.Path(__file__).with_name("stay_program.py")
KILLS = 12


def program(*arguments):
    return [sys.executable, PROGRAM, *arguments]


def stay(store, kind, *options, more=()):
    return store.drain("--stay", "--retry-delay", "0.01", *options,
                       command=program(kind, *more))


def start(store, kind, *options):
    return store.start("--stay", "--retry-delay", "0.01", *options,
                       command=program(kind))


def seen(store):
    return store.seen_file.read_text().split()


def nothing_failed(store):
    text = store.failed("--json").text
    assert text == "", text


def each_record_once_and_oldest_first(store):
    store.put(ids_of(25))
    for more in (5, 0):
        result = stay(store, "program")
        assert (result.code, result.text, result.said) == (0, "", ""), result
        store.put(ids_of(more, 25))
    assert stay(store, "program").code == 0
    assert seen(store) == ids_of(30)


def answers_in_any_order(store):
    store.put(ids_of(40))
    for kind in ("reverse", "batches"):
        result = stay(store, kind, "--batch", 7)
        assert (result.code, result.said) == (0, ""), result
    assert seen(store) == ids_of(40)


def a_second_answer_changes_nothing(store):
    store.put(ids_of(20))
    result = stay(store, "twice", "--batch", 8)
    assert (result.code, result.said) == (0, ""), result
    assert seen(store) == ids_of(20)
    nothing_failed(store)


def whatever_it_does_nothing_is_lost(place):
    for what, said in (
            ("never_sent", "never handed over"),
            ("half", "exit status 4"), ("word", '"okay 3", which is no answer'),
            ("zero", '"ok 0"'), ("flood", "xxx\"..., which is no answer"),
            ("silence", "no answer within the time limit"),
            ("deaf", "closed its standard input"),
            ("mute", "closed its standard output"),
            ("exit", "exit status 9"), ("killed", "signal 9")):
        with type(place)() as own:
            store = Store(own)
            store.put(ids_of(6))
            limit = 1 if what == "silence" else 60
            result = stay(store, "broken", "--timeout", limit, more=(what,))
            assert result.code == 0, (what, result)
            assert said in result.said, (what, result)
            assert "keep their places" in result.said, (what, result)
            # those that it kept without a word may come again
            assert sorted(set(seen(store))) == ids_of(6), (what, seen(store))
            assert seen(store).count("msg_00000") == 1, (what, seen(store))
            nothing_failed(store)


def what_does_not_speak_is_refused(place):
    store = Store(place)
    store.put(ids_of(3))
    for command, said in ((["cat"], "not \"hookcask-stay 1\""),
                          (["true"], "true has ended"),
                          (["sh", "-c", "exit 3"], "exit status 3")):
        result = store.drain("--stay", "--tries", 2, "--retry-delay",
                             "0.01", command=command)
        assert result.code == TEMPFAIL, result
        assert said in result.said and "2 times" in result.said, result
        result = store.drain("--stay", "--once", command=command)
        assert result.code == TEMPFAIL and said in result.said, result
    assert store.drain("--stay", command=["./none"]).code == UNAVAILABLE
    nothing_failed(store)
    assert stay(store, "program").code == 0
    assert seen(store) == ids_of(3)


def later_is_handed_over_again(store):
    store.put(ids_of(10))
    assert stay(store, "later").code == 0
    assert sorted(seen(store)) == ids_of(10)
    nothing_failed(store)


def one_that_said_later_is_left_by_once(store):
    store.put(ids_of(10))
    result = store.drain("--stay", "--once", "--retry-delay", 600,
                         command=program("later"))
    assert result.code == TEMPFAIL, result
    assert len(seen(store)) == 5
    assert stay(store, "batches").code == 0
    assert sorted(seen(store)) == ids_of(10)


def one_that_failed_is_set_aside_with_its_words(store):
    store.put(ids_of(20))
    result = stay(store, "fails", "--tries", 3)
    assert result.code == DATAERR, result
    found = [json.loads(line) for line in
             store.failed("--json").text.splitlines()]
    assert [(f["id"], f["tries"], f["ended"], f["stderr"]) for f in found] \
        == [(i, 3, "answer", "it has \\ a seven")
            for i in ("msg_00007", "msg_00017")], found
    assert sorted(seen(store)) == \
        [i for i in ids_of(20) if not i.endswith("7")]
    assert store.failed("retry", "--all").code == 0
    assert stay(store, "program").code == 0
    assert sorted(seen(store)) == ids_of(20)


def it_may_end_when_it_has_done_its_share(store):
    store.put(ids_of(35))
    begin = time.monotonic()
    result = store.drain("--stay", "--retry-delay", 60, "--batch", 10,
                         command=program("share"))
    assert (result.code, result.said) == (0, ""), result
    assert seen(store) == ids_of(35)
    assert time.monotonic() - begin < 60


def follow_hands_over_what_comes(store):
    store.put(ids_of(3))
    process = start(store, "batches", "--follow")
    until("three", lambda: len(store.seen_file.read_text().split()) == 3
          if store.seen_file.exists() else False)
    store.put(ids_of(4, 3))
    until("seven", lambda: len(seen(store)) == 7)
    assert stop(process) == (0, "")
    assert seen(store) == ids_of(7)


def a_choice_of_types_and_bodies(place):
    store = Store(place)
    store.put(["msg_1"], "phone_call.ended")
    store.put(["msg_2"], "fax.sent")
    assert stay(store, "program", "--type", "fax.*", "--where",
                "/type?").code == 0
    assert seen(store) == ["msg_2"]
    assert stay(store, "program", "--name", "other").code == 0
    assert seen(store) == ["msg_2", "msg_1", "msg_2"]


def it_gets_no_secret(place):
    store = Store(place)
    store.put(["msg_1"])
    place.env.update({"HOOKCASK_SECRET_FILE": str(place.secret),
                      "HOOKCASK_ID": "stale"})
    assert stay(store, "env").code == 0
    assert (place.top / "env").read_text() == "HOOKCASK_ENDPOINT=levers"


def records_larger_than_a_pipe(place):
    store = Store(place)
    body = json.dumps({"type": "big", "text": "x" * 3000000}).encode()
    store.log.write_bytes(b"".join(
        make_record(body, "big", i) for i in ids_of(7)))
    store.log.chmod(0o600)
    store.settle()
    assert stay(store, "batches").code == 0
    assert seen(store) == ids_of(7)


def sigterm_waits_for_answers_and_a_second_does_not(place):
    store = Store(place)
    store.put(ids_of(6))
    process = start(store, "hanging", "--follow")
    until("it hangs", (place.top / "hangs").exists)
    pid = int((place.top / "pid").read_text())
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.poll() is None and alive(pid)
    code, _ = stop(process)
    assert code == 0 and not alive(pid), code
    assert stay(store, "program").code == 0
    # two were answered; of the others nobody knows
    assert seen(store) == ids_of(6)


def it_ends_with_its_drain(place):
    store = Store(place)
    store.put(ids_of(2))
    process = start(store, "hanging", "--follow")
    until("two", lambda: store.seen_file.exists() and len(seen(store)) == 2)
    pid = int((place.top / "pid").read_text())
    stop(process, signal.SIGKILL)
    until("its end", lambda: not alive(pid))


# -- checkpoints ------------------------------------------------------------

def fill(store, parts=3, each=8):
    """A log of several files; each event has its checkpoint."""
    for part in range(parts):
        store.put(ids_of(each, each * part))
        result = stay(store, "marks", "--batch", 4)
        assert (result.code, result.said) == (0, ""), result
        if not store.spool and part < parts - 1:
            store.log.rename(store.var / f"levers.jsonl.{parts - part}")
    assert seen(store) == ids_of(parts * each)
    return parts * each


def tokens_come_back(store):
    fill(store)
    result = stay(store, "resume")
    assert result.code == 0, result
    told = (store.place.top / "told").read_text().split()
    assert told and all(re.fullmatch("t[0-9]+", t) for t in told), told
    assert told == sorted(told, key=lambda t: int(t[1:]))
    assert told[-1] == "t24", told


def it_goes_back_to_a_checkpoint(place):
    for token, first in (("t4", 4), ("t8", 8), ("t12", 12), ("t24", 24),
                         ("-", 0)):
        with type(place)() as own:
            store = Store(own)
            count = fill(store)
            result = stay(store, "resume", more=(token,))
            assert result.code == 0, (token, result)
            assert "3 events" in result.said and "lost" in result.said
            assert "going back" in result.said, result
            assert seen(store)[count:] == ids_of(count - first, first), token
            # and it is a place like any other from then on
            before = seen(store)
            store.put(ids_of(2, count))
            assert stay(store, "program").code == 0
            assert seen(store) == before + ids_of(2, count)


def a_spool_goes_back(place):
    store = Store(place, spool=True)
    store.put(ids_of(4))
    assert stay(store, "marks").code == 0
    # done/ tells times apart that are further apart than its clock's tick
    time.sleep(2.5)
    store.put(ids_of(6, 4))
    assert stay(store, "marks").code == 0
    result = stay(store, "resume", more=("t4",))
    assert result.code == 0, result
    again = seen(store)[10:]
    assert set(ids_of(6, 4)) <= set(again), again
    assert len(again) == len(set(again)), again
    os.unlink(store.place.top / "once")
    result = stay(store, "resume", "--delete", more=("t4",))
    assert result.code == 0 or "--delete" in result.said, result


def it_goes_back_while_it_has_lines(place):
    store = Store(place)
    store.put(ids_of(20))
    result = stay(store, "midway", "--batch", 4)
    assert result.code == 0, result
    found = seen(store)
    # four were kept for good, what followed came again
    assert sorted(set(found)) == ids_of(20), found
    assert found[-16:] == ids_of(16, 4), found


def an_unknown_checkpoint_hands_over_nothing(place):
    store = Store(place)
    count = fill(store)
    store.put(ids_of(1, count))
    result = stay(store, "resume", more=("t9999",))
    assert result.code == DATAERR and "resume t9999" in result.said, result
    assert len(seen(store)) == count
    nothing_failed(store)


def what_has_gone_is_named(place):
    store = Store(place)
    count = fill(store)
    gone = (store.var / "levers.jsonl.3").rename(place.top / "gone")
    result = stay(store, "resume", more=("t4",))
    assert result.code == DATAERR, result
    assert "has gone" in result.said and "msg_00007" in result.said, result
    assert seen(store)[count:] == ids_of(16, 8), seen(store)
    assert stay(store, "program").code == 0
    # what it says to do
    gone.rename(store.var / "levers.jsonl.3")
    result = place.good("replay", "-c", store.conf, "--", "sh", "-c",
                        'echo "$HOOKCASK_ID"')
    assert set(ids_of(4, 4)) <= set(result.text.split()), result


def what_waits_is_not_doubled_by_going_back(place):
    store = Store(place)
    store.put(ids_of(4))
    assert stay(store, "marks", "--batch", 4).code == 0
    store.put(ids_of(8, 4))
    assert stay(store, "fails", "--tries", 1).code == DATAERR
    result = stay(store, "resume", more=("t4",))
    assert result.code == 0, result
    assert "msg_00007" not in seen(store)
    assert json.loads(store.failed("--json").text)["id"] == "msg_00007"


def many_checkpoints_thin_out(place):
    store = Store(place)
    store.put(ids_of(400))
    assert stay(store, "marks", "--batch", 2).code == 0
    assert stay(store, "resume").code == 0
    told = (place.top / "told").read_text().split()
    assert 32 <= len(told) <= 64, told
    # one that is old stays, and the newest ones
    assert int(told[0][1:]) <= 8 and told[-1] == "t400", told


# -- killed at random -------------------------------------------------------

def killed_at_any_moment(store):
    rng = random.Random(7)
    store.seen_file.touch()
    store.put(ids_of(300))
    pid_file = store.place.top / "pid"
    for kill in range(KILLS):
        pid_file.unlink(missing_ok=True)
        process = start(store, "slow", "--batch", 40, "--tries", 2)
        time.sleep(rng.uniform(0.1, 0.5))
        if kill % 2:
            process.kill()
        elif pid_file.exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid_file.read_text()), signal.SIGKILL)
            time.sleep(rng.uniform(0, 0.2))
            process.kill()
        process.communicate(timeout=60)
        if pid_file.exists():
            pid = int(pid_file.read_text())
            until("its end", lambda: not alive(pid))
    result = stay(store, "reverse")
    assert result.code == 0, result
    assert sorted(set(seen(store))) == ids_of(300)
    # a kill repeats what was in hand, and nothing else
    assert len(seen(store)) - 300 <= KILLS * 40, len(seen(store))
    nothing_failed(store)


# -- what the manual shows --------------------------------------------------

def shown(start_line):
    """The program of hookcask-stay(7) that begins so."""
    page = (SOURCE / "man/hookcask-stay.7").read_text()
    for block in re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", page,
                            re.M | re.S):
        if block.startswith(start_line):
            return block.replace("\\e", "\\").replace("\\&", "")
    raise AssertionError(start_line)


def the_example_in_sh(store):
    store.put(ids_of(30))
    path = store.place.write("keep.sh", shown("n=0"))
    result = store.drain("--stay", command=["sh", path])
    assert (result.code, result.said) == (0, ""), result
    assert (store.place.top / "records").read_bytes() == lines(ids_of(30))


def the_example_in_python(place):
    store = Store(place)
    path = place.write("keep.py", shown("#!/usr/bin/env python3"), 0o755)

    def kept():
        with contextlib.closing(sqlite3.connect(
                place.top / "events.db")) as db:
            return [row[0] for row in db.execute(
                "SELECT id FROM event ORDER BY rowid")]

    store.put(ids_of(20))
    assert store.drain("--stay", "--batch", 5, command=[path]).code == 0
    older = (place.top / "events.db").read_bytes()
    assert kept() == ids_of(20)
    store.put(ids_of(20, 20))
    assert store.drain("--stay", "--batch", 5, command=[path]).code == 0
    assert kept() == ids_of(40)
    # a database that is put back gets what it has lost, once
    (place.top / "events.db").write_bytes(older)
    result = store.drain("--stay", command=[path])
    assert result.code == 0 and "going back" in result.said, result
    assert kept() == ids_of(40)
    # an empty one gets all
    (place.top / "events.db").unlink()
    assert store.drain("--stay", command=[path]).code == 0
    assert kept() == ids_of(40)


def wrong_options(place):
    store = Store(place)
    for options in (["--jobs", "2"], ["--batch", "0"], ["--timeout", "0"]):
        result = store.drain("--stay", *options)
        assert result.code == USAGE, (options, result)
    place.bad(USAGE, "drain", "-c", store.conf, "--stay")
    place.bad(USAGE, "drain", "-c", store.conf, "--stay", "--to",
              "http://127.0.0.1:9/")


ALL = [
    *both(each_record_once_and_oldest_first), *both(answers_in_any_order),
    *both(a_second_answer_changes_nothing), whatever_it_does_nothing_is_lost,
    what_does_not_speak_is_refused, *both(later_is_handed_over_again),
    *both(one_that_said_later_is_left_by_once),
    *both(one_that_failed_is_set_aside_with_its_words),
    *both(it_may_end_when_it_has_done_its_share),
    *both(follow_hands_over_what_comes), a_choice_of_types_and_bodies,
    it_gets_no_secret, records_larger_than_a_pipe,
    sigterm_waits_for_answers_and_a_second_does_not, it_ends_with_its_drain,
    *both(tokens_come_back), it_goes_back_to_a_checkpoint, a_spool_goes_back,
    it_goes_back_while_it_has_lines,
    an_unknown_checkpoint_hands_over_nothing, what_has_gone_is_named,
    what_waits_is_not_doubled_by_going_back, many_checkpoints_thin_out,
    *both(killed_at_any_moment), *both(the_example_in_sh),
    the_example_in_python, wrong_options,
]
