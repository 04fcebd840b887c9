# SPDX-License-Identifier: ISC
"""failed: what was set aside is listed, shown, tried again and dropped."""

import json
import os
import signal

from drain_run_cases import both
from drain_scene import ids_of, stop, until
from tool_scene import DATAERR, NOINPUT, USAGE

NAME = "failed"

FAILING = ('echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"; '
           'echo "no row for $HOOKCASK_ID" >&2; exit 3')


def set_aside(store, ids, *options):
    store.put(ids)
    result = store.shell(FAILING, "--tries", 2, "--retry-delay", 0.01,
                         *options)
    assert result.code == DATAERR, result
    store.seen_file.unlink()


def listed(store, *options):
    return [json.loads(line)["id"] for line in
            store.failed("--json", *options).text.splitlines()]


def nothing_was_set_aside(store):
    assert store.failed().code == NOINPUT
    store.put(["msg_1"])
    store.good()
    result = store.failed()
    assert (result.code, result.text) == (0, ""), result
    assert store.failed("retry", "--all").text == \
        "0 events to be tried again\n"


def a_table_and_each_of_them(store):
    set_aside(store, ids_of(2))
    head, *rows = store.failed().text.splitlines()
    assert head.split() == ["ID", "TYPE", "LAST", "TRY", "TRIES", "ENDED",
                            "LAST", "LINE"], head
    for n, row in enumerate(rows):
        words = row.split()
        assert words[0] == f"msg_{n:05d}" and words[1] == "phone_call.ended"
        assert words[3:] == ["2", "exit", "3", "no", "row", "for", words[0]]
    shown = store.failed("show", "msg_00001").text.splitlines()
    assert shown[0] == "id:        msg_00001", shown
    assert "tries:     2" in shown and "ended:     exit 3" in shown
    assert shown[-1] == "    no row for msg_00001"
    item = json.loads(store.failed("show", "--json", "msg_00000").text)
    assert item["stderr"] == "no row for msg_00000\n" and item["tries"] == 2
    assert item["time"] == "2021-02-25T15:02:10Z"


def a_table_fits_the_terminal(store):
    store.put(["msg_1"])
    store.shell("printf '%0200d\\n' 7 >&2; exit 1", "--tries", 1)
    code, seen = store.place.on_terminal("failed", "-c", store.conf)
    assert code == 0
    rows = seen.replace(b"\r", b"").decode().splitlines()
    assert len(rows) == 2 and max(map(len, rows)) <= 80, rows


def a_table_fits_eighty_columns(store):
    ids = [f"msg_p5jXN8AQM9LWM0D4loKWxJe{n}" for n in range(3)]
    set_aside(store, ids)
    code, seen = store.place.on_terminal("failed", "-c", store.conf,
                                         columns=80)
    assert code == 0
    head, *rows = seen.replace(b"\r", b"").decode().splitlines()
    assert head.split() == ["ID", "LAST", "TRY", "TRIES", "ENDED", "LAST",
                            "LINE"] or "AGO" in head, head
    assert max(map(len, [head, *rows])) <= 80, rows
    for i, row in zip(ids, rows, strict=True):
        assert row.startswith(i) and "exit 3" in row and "no row" in row, row


def groups_by_last_words(store):
    set_aside(store, ids_of(5))
    store.put(["msg_9"])
    assert store.shell("echo down >&2; exit 1", "--tries",
                       1).code == DATAERR
    head, *rows = store.failed("--group").text.splitlines()
    assert head.split() == ["EVENTS", "LAST", "TRY", "ENDED", "LAST",
                            "LINE"], head
    assert [row.split()[0] for row in rows] == ["5", "1"], rows
    assert rows[0].endswith("exit 3     no row for msg_00000"), rows
    assert rows[1].endswith("exit 1     down"), rows
    groups = [json.loads(line) for line in
              store.failed("--group", "--json").text.splitlines()]
    assert [(g["count"], g["first"], g["ended"], g["stderr"])
            for g in groups] == [(5, "msg_00000", "exit:3",
                                  "no row for msg_00000"),
                                 (1, "msg_9", "exit:1", "down")]
    assert store.failed("drop", "--all", "--group").code == USAGE


def chosen_by_time_and_type(store):
    set_aside(store, ids_of(3))
    store.put(["msg_00005"], "sms.sent")
    store.shell(FAILING, "--tries", 1)
    since = ("--since", "2026-01-01T00:00:00.000002Z")
    assert listed(store) == ["msg_00000", "msg_00001", "msg_00002",
                             "msg_00005"]
    assert listed(store, *since) == ["msg_00002", "msg_00005"]
    assert listed(store, *since, "--type", "phone_call.*") == ["msg_00002"]
    assert listed(store, "--until", since[1]) == ["msg_00000", "msg_00001"]
    result = store.failed("drop", *since, "--dry-run")
    assert "events received from 2026-01-01T00:00:00Z" in result.said, result
    assert [row.split()[0] for row in result.text.splitlines()[1:]] == \
        ["msg_00002", "msg_00005"], result
    assert len(listed(store)) == 4
    result = store.failed("drop", *since)
    assert result.text == "2 events dropped\n", result
    assert listed(store) == ["msg_00000", "msg_00001"]
    assert store.failed("retry", "--type", "sms.*", "--dry-run").text == ""
    assert store.failed("retry", "--type", "phone_call.*").text == \
        "2 events to be tried again\n"
    for words in (["drop", "--all", *since], ["drop", "msg_1", *since],
                  ["drop"], ["show", "--all"], ["list", "--dry-run"],
                  ["--since", "x"]):
        assert store.failed(*words).code == USAGE, words


def retry_gives_all_its_tries_again(store):
    set_aside(store, ids_of(3))
    assert store.failed("retry", "msg_00001").text == \
        "1 event to be tried again\n"
    assert listed(store) == ["msg_00000", "msg_00002"]
    store.good()
    assert store.seen() == [("msg_00001", 1)]
    result = store.failed("retry", "--all")
    assert result.text == "2 events to be tried again\n", result
    assert store.shell(FAILING, "--tries", 2, "--retry-delay",
                       0.01).code == DATAERR
    assert sorted(store.seen()[1:]) == [
        (i, n) for i in ("msg_00000", "msg_00002") for n in (1, 2)]
    assert listed(store) == ["msg_00000", "msg_00002"]


def drop_ends_it(store):
    set_aside(store, ids_of(4))
    assert store.failed("drop", "msg_00000", "msg_00002").text == \
        "2 events dropped\n"
    assert listed(store) == ["msg_00001", "msg_00003"]
    assert store.failed("drop", "--all").text == "2 events dropped\n"
    assert listed(store) == []
    store.good()
    assert store.seen() == []
    if store.spool:
        assert list((store.spool / "failed").iterdir()) == []


def an_id_that_is_not_there_changes_nothing(store):
    set_aside(store, ids_of(2))
    for action in ("show", "retry", "drop"):
        result = store.failed(action, "msg_00000", "msg_other")
        assert result.code == NOINPUT and "msg_other" in result.said, result
    assert listed(store) == ids_of(2)


def wrong_command_lines(store):
    store.put(["msg_1"])
    for arguments in (["delete"], ["list", "msg_1"], ["show"], ["retry"],
                      ["drop"], ["show", "--all"], ["drop", "--all", "x"]):
        result = store.failed(*arguments)
        assert result.code == USAGE and result.text == "", result


def beside_a_drain_that_runs(store):
    set_aside(store, ids_of(3))
    process = store.start("--follow", "--tries", 1)
    assert store.failed("retry", "msg_00001").code == 0
    until("it", lambda: store.seen() == [("msg_00001", 1)])
    assert store.failed("drop", "msg_00000").code == 0
    store.put(["msg_00009"])
    until("the new one", lambda: len(store.seen()) == 2)
    assert listed(store) == ["msg_00002"]
    store.exits(1)
    store.put(["msg_00010"])
    until("it failed", lambda: len(listed(store)) == 2)
    # what is in a state that was torn by a kill right now is listed all the
    # same
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert listed(store) == ["msg_00002", "msg_00010"]
    store.exits(None)
    store.good()
    assert len(store.seen()) == 3


def escapes_that_a_program_prints(store):
    store.put(["msg_1"])
    store.shell("printf 'bad \\302\\233 31m \\033[31m \\\\n\\n' >&2; exit 1",
                "--tries", 1)
    for arguments in ([], ["show", "msg_1"], ["--json"]):
        code, seen = store.place.on_terminal("failed", "-c", store.conf,
                                             *arguments)
        assert code == 0
        assert b"\x1b" not in seen and b"\x9b" not in seen, seen
    assert json.loads(store.failed("--json").text)["stderr"] == \
        "bad \x9b 31m \x1b[31m \\n\n"


def a_state_that_is_torn(store):
    """Cut at any byte it says what it said before; nothing is lost."""
    set_aside(store, ids_of(2))
    path = store.state / "drain-default"
    whole = path.read_bytes()
    head = whole.index(b"\n") + 1
    for size in {head, head + 1, (head + len(whole)) // 2, len(whole) - 1}:
        path.write_bytes(whole[:size])
        assert set(listed(store)) <= set(ids_of(2))
        result = store.drain("--once", "--retry-delay", 0.01)
        assert result.code == 0, result
        if store.spool is None:
            assert set(store.seen_ids()) | set(listed(store)) == \
                set(ids_of(2))
            store.seen_file.unlink(missing_ok=True)


def a_state_that_is_broken_inside(store):
    set_aside(store, ids_of(3))
    path = store.state / "drain-default"
    data = bytearray(path.read_bytes())
    at = data.index(b"\n") + 20
    data[at] ^= 1
    path.write_bytes(data)
    result = store.drain("--once")
    assert result.code == 0 and "check the disk" in result.said, result
    assert "check the disk" not in store.drain("--once").said
    if store.spool is None:
        assert store.seen_ids() == ids_of(3)
    else:
        assert listed(store) == ids_of(3)


def a_state_that_was_being_made(store):
    store.put(["msg_1"])
    path = store.state / "drain-default"
    for data in (b"", b"hookcask dr", b"\0" * 30):
        path.write_bytes(data)
        store.good("--once")
        path.unlink()
    assert store.seen_ids()[0] == "msg_1"


def a_state_that_was_removed(store):
    store.put(["msg_1"])
    process = store.start("--follow")
    until("it", lambda: store.seen_ids() == ["msg_1"])
    (store.state / "drain-default").unlink()
    _, said = process.communicate(timeout=60)
    assert process.returncode == NOINPUT
    assert b"removed it while it was in use" in said, said


def of_several_consumers(store):
    if store.spool:
        return
    set_aside(store, ids_of(1), "--name", "one")
    set_aside(store, ids_of(1, 1), "--name", "two")
    assert listed(store, "--name", "one") == ["msg_00000"]
    assert listed(store, "--name", "two") == ids_of(2)
    assert store.failed().code == NOINPUT


def everything_closed(store):
    """No message may get into a file that took a standard descriptor."""
    store.put(["msg_1"])
    process = store.start("--follow", preexec_fn=_close_all,
                          close_fds=False)
    until("it", lambda: store.seen_ids() == ["msg_1"])
    store.put(["msg_2"])
    store.exits(1)
    until("both", lambda: "msg_2" in store.seen_ids())
    stop(process)
    for path in store.state.glob("drain-default*"):
        assert b"hookcask: " not in path.read_bytes(), path


def _close_all():
    for fd in range(3):
        os.close(fd)


ALL = [case for pair in map(both, (
    nothing_was_set_aside, a_table_and_each_of_them,
    a_table_fits_the_terminal, a_table_fits_eighty_columns,
    groups_by_last_words, chosen_by_time_and_type, retry_gives_all_its_tries_again,
    drop_ends_it, an_id_that_is_not_there_changes_nothing,
    wrong_command_lines, beside_a_drain_that_runs,
    escapes_that_a_program_prints, a_state_that_is_torn,
    a_state_that_is_broken_inside, a_state_that_was_being_made,
    a_state_that_was_removed, everything_closed)) for case in pair]
ALL += both(of_several_consumers)[:1]
