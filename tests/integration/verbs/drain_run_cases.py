# SPDX-License-Identifier: ISC
"""drain: what a program is given, how its end counts, every option."""

import json
import signal
import time

import tool_scene
from drain_scene import Store, alive, ids_of, lines, stop, until
from tool_scene import DATAERR, TEMPFAIL, UNAVAILABLE, USAGE, make_record

NAME = "drain"


def both(case):
    """The same for a log and a spool."""
    def in_log(place):
        case(Store(place))

    def in_spool(place):
        case(Store(place, spool=True))
    in_log.__name__ = case.__name__ + "_(log)"
    in_spool.__name__ = case.__name__ + "_(spool)"
    return [in_log, in_spool]


def each_event_once_and_oldest_first(store):
    store.put(ids_of(20))
    store.good()
    assert store.seen() == [(i, 1) for i in ids_of(20)], store.seen()
    store.good()
    store.put(ids_of(3, 20))
    store.good("--once")
    assert store.seen_ids() == ids_of(23)


def the_exact_body_and_the_variables(store):
    body = b'{"type":"phone_call.ended",\r\n "n" : 1}\n'
    line = make_record(body, "phone_call.ended", "msg_1")
    if store.spool:
        store.put(["msg_1"])
        next((store.spool / "new").iterdir()).write_bytes(line)
    else:
        store.log.write_bytes(line)
        store.log.chmod(0o600)
        store.settle()
    store.place.env.update({
        "HOOKCASK_SECRET_FILE": str(store.place.secret),
        "HOOKCASK_ID": "stale", "HOOKCASK_ATTEMPT": "7"})
    result = store.shell("cat >body; env | grep ^HOOKCASK_ | sort")
    assert result.code == 0, result
    assert (store.place.top / "body").read_bytes() == body
    assert result.text.splitlines() == [
        "HOOKCASK_ATTEMPT=1", "HOOKCASK_ENDPOINT=levers",
        "HOOKCASK_ID=msg_1", "HOOKCASK_TIME=2021-02-25T15:02:10Z",
        "HOOKCASK_TYPE=phone_call.ended"], result


def the_secret_is_not_handed_on(place):
    store = Store(place)
    store.put(["msg_1"])
    result = place.run(
        "drain", "--", "sh", "-c", "env | grep HOOKCASK_; cat",
        env={"HOOKCASK_SECRET": tool_scene.DOC_SECRET,
             "HOOKCASK_LOG": str(store.log), "HOOKCASK_NAME": "levers"})
    assert result.code == 0, result
    assert "whsec_" not in result.text + result.said
    assert "HOOKCASK_ID=msg_1" in result.text


def a_body_that_is_not_json(place):
    store = Store(place)
    store.log.write_bytes(make_record(b"\xff\0\n", msg_id="msg_1"))
    store.log.chmod(0o600)
    store.settle()
    assert store.shell("cat").out == b"\xff\0\n"


def a_body_larger_than_a_pipe(store):
    body = json.dumps({"type": "big", "text": "x" * 1500000}).encode()
    store.put(["msg_1", "msg_2", "msg_3"])
    files = sorted((store.spool / "new").iterdir()) if store.spool else []
    if store.spool:
        files[1].write_bytes(make_record(body, "big", "msg_2"))
    else:
        store.log.write_bytes(lines(["msg_1"]) + make_record(
            body, "big", "msg_2") + lines(["msg_3"]))
        store.settle()
    # the second time nobody reads it
    result = store.shell('[ $HOOKCASK_ATTEMPT = 1 ] || exit 0; wc -c; exit 1',
                         "--retry-delay", "0.01")
    assert result.code == 0, result
    assert [int(n) for n in result.text.split()] == [27, len(body), 27]


def batches_of_whole_records(store):
    store.put(ids_of(25))
    result = store.shell(
        'cat; echo "$HOOKCASK_ENDPOINT $HOOKCASK_ATTEMPT [$HOOKCASK_ID]"',
        "--batch", 10)
    assert result.code == 0, result
    words = [line for line in result.text.splitlines()]
    assert [n for n, w in enumerate(words) if w == "levers 1 []"] == \
        [10, 21, 27], words
    records = "".join(w + "\n" for w in words if w.startswith("{"))
    assert records.encode() == lines(ids_of(25))


def a_bad_event_holds_up_no_batch(store):
    store.put(ids_of(10))
    result = store.shell('cat >in; cat in >>all; ! grep -q msg_00003 in',
                         "--batch", 5, "--tries", 3, "--retry-delay", 0.01)
    assert result.code == DATAERR, result
    given = [json.loads(line)["id"] for line in
             (store.place.top / "all").read_text().splitlines()]
    # once in a batch, then alone; msg_00003 three times in all
    assert sorted(given) == sorted(ids_of(10) + ids_of(5) + ["msg_00003"])
    assert [row.split()[0] for row in
            store.failed().text.splitlines()[1:]] == ["msg_00003"]


def tries_then_set_aside_then_the_others(store):
    store.put(ids_of(5))
    result = store.shell(
        'echo $HOOKCASK_ID >>"$SEEN"; [ $HOOKCASK_ID != msg_00002 ] || '
        '{ echo first >&2; printf "last %s\\n" $HOOKCASK_ATTEMPT >&2; '
        'exit 9; }', "--tries", 4, "--retry-delay", "0.01")
    assert result.code == DATAERR, result
    seen = store.seen_file.read_text().split()
    assert list(dict.fromkeys(seen)) == ids_of(5), seen
    assert [seen.count(i) for i in ids_of(5)] == [1, 1, 4, 1, 1]
    assert "set aside after 4 tries (exit:9)" in result.said
    item = json.loads(store.failed("--json").text)
    assert (item["id"], item["tries"], item["ended"], item["stderr"]) == \
        ("msg_00002", 4, "exit:9", "first\nlast 4\n"), item
    store.good()
    assert store.seen_file.read_text().split() == seen


def seventy_five_keeps_its_place(store):
    store.put(ids_of(4))
    store.exits(75)
    assert store.drain("--once").code == TEMPFAIL
    assert store.seen() == [("msg_00000", 1)]
    assert store.drain("--once", "--tries", 1).code == TEMPFAIL
    store.exits(None)
    store.good()
    # never counted as a try, and nothing overtook it
    assert store.seen() == [("msg_00000", 1)] * 2 + \
        [(i, 1) for i in ids_of(4)]


def seventy_five_is_waited_for(store):
    store.put(ids_of(3))
    result = store.shell(
        'echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"; '
        '[ $(wc -l <"$SEEN") -ge 4 ] || exit 75', "--retry-delay", "0.01")
    assert result.code == 0, result
    assert store.seen_ids() == ["msg_00000"] * 4 + ids_of(2, 1)


def seventy_five_from_many_jobs_is_one_pause(place):
    """An outage that all of them meet at once is not paid for eight times."""
    store = Store(place)
    store.put(ids_of(8))
    start = time.monotonic()
    result = store.shell(
        'echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"; '
        'while [ $(wc -l <"$SEEN") -lt 8 ]; do sleep 0.02; done; '
        '[ $(wc -l <"$SEEN") -gt 8 ] || { sleep 0.3; exit 75; }',
        "--jobs", 8, "--retry-delay", 0.2)
    assert result.code == 0, result
    assert store.counts() == {i: 2 for i in ids_of(8)}, store.seen()
    assert time.monotonic() - start < 20


def back_off_doubles_and_survives(store):
    store.put(["msg_1"])
    store.exits(1)
    waits = []
    for tries in range(1, 5):
        assert store.drain("--once", "--retry-delay", "0.2").code == TEMPFAIL
        entry = [line.split() for line in (
            store.state / "drain-default").read_bytes().decode().splitlines()
            if line[9:11] == "T "][-1]
        assert int(entry[3]) == tries, entry
        waits.append(int(entry[4]) - int(entry[6]))
        until("its time", lambda: time.time() * 1000 > int(entry[4]))
    assert waits == [200, 400, 800, 1600], waits
    store.exits(None)
    store.good()
    seen = [("msg_1", n) for n in range(1, 6)]
    assert store.seen() == seen
    # not before its time, also for another process
    store.put(["msg_2"])
    store.exits(1)
    for _ in range(2):
        assert store.drain("--once", "--retry-delay", "600").code == TEMPFAIL
        assert store.seen() == [*seen, ("msg_2", 1)]


def types_that_are_not_wanted_are_done(store):
    store.put(["msg_1"], "phone_call.ended")
    store.put(["msg_2"], "phone_call.started")
    store.put(["msg_3"], "fax.sent")
    store.good("--type", "phone_call.e*,fax.?ent")
    assert store.seen_ids() == ["msg_1", "msg_3"]
    store.good("--type", "phone_call.e*,fax.?ent")
    assert store.seen_ids() == ["msg_1", "msg_3"]


def a_consumer_keeps_its_choice(place):
    store = Store(place)
    store.put(["msg_1"], "phone_call.ended")
    store.put(["msg_2"], "fax.sent")
    chosen = ("--type", "phone_call.*", "--where", "/type?")
    for choice, other in ((chosen, ()), ((), chosen)):
        name = ("--name", f"other{len(other)}")
        store.good(*choice, *name)
        for _ in range(2):
            result = store.drain(*other, *name)
            assert result.code == USAGE, result
            assert "--name" in result.said and "all events" in result.said
            assert "-t phone_call.* -w /type?" in result.said, result
    assert sorted(store.seen_ids()) == ["msg_1", "msg_1", "msg_2"]
    # also when its state was written again; an older version noted nothing
    state = store.state / "drain-other0"
    kept = [line for line in state.read_bytes().splitlines(True)
            if b" G 0 " not in line and not line.startswith(b"G 0 ")]
    state.write_bytes(b"".join(kept))
    store.good("--name", "other0")


def jobs_run_at_the_same_time(store):
    store.put(ids_of(6))
    # each waits until three are there
    result = store.shell(
        ': >"run.$HOOKCASK_ID"; n=0; while [ $(ls run.* | wc -l) -lt 3 ] '
        '&& [ $n -lt 600 ]; do sleep 0.05; n=$((n+1)); done; '
        '[ $n -lt 600 ]', "--jobs", 3, "--tries", 1)
    assert result.code == 0, result
    assert len(list(store.place.top.glob("run.*"))) == 6


def a_run_over_time_is_ended_with_its_group(store):
    store.put(["msg_1"])
    result = store.shell(
        'sleep 100 & echo $! >sleeper; echo waiting >&2; wait',
        "--timeout", 1, "--tries", 1)
    assert result.code == DATAERR, result
    item = json.loads(store.failed("--json").text)
    assert item["ended"] == "timeout" and item["stderr"] == "waiting\n"
    sleeper = int((store.place.top / "sleeper").read_text())
    until("the group's end", lambda: not alive(sleeper))


def a_run_that_ignores_sigterm_is_killed(place):
    store = Store(place)
    store.put(["msg_1"])
    start = time.monotonic()
    result = store.shell("trap '' TERM; while :; do sleep 1; done",
                         "--timeout", 1, "--tries", 1)
    assert result.code == DATAERR, result
    assert 5 < time.monotonic() - start < 60


def a_run_that_was_killed_is_tried_again(store):
    store.put(["msg_1"])
    result = store.shell(
        'echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"; '
        '[ $HOOKCASK_ATTEMPT = 3 ] || kill -9 $$', "--retry-delay", "0.01")
    assert result.code == 0, result
    assert store.seen() == [("msg_1", n) for n in (1, 2, 3)]


def a_program_that_cannot_be_run_blames_no_event(store):
    store.put(ids_of(3))
    result = store.drain(command=["./no-such-program"])
    assert result.code == UNAVAILABLE, result
    assert "no-such-program" in result.said
    assert store.failed().text == ""
    store.good()
    assert store.seen() == [(i, 1) for i in ids_of(3)]


def a_shell_that_finds_nothing_is_a_failure(store):
    store.put(["msg_1"])
    result = store.shell("no-such-program", "--tries", 2, "--retry-delay",
                         "0.01")
    assert result.code == DATAERR, result
    assert json.loads(store.failed("--json").text)["ended"] == "exit:127"


def follow_takes_what_comes(store):
    store.put(ids_of(2))
    process = store.start("--follow")
    until("two", lambda: len(store.seen()) == 2)
    store.put(ids_of(3, 2))
    until("five", lambda: len(store.seen()) == 5)
    code, said = stop(process)
    assert (code, said) == (0, ""), (code, said)
    assert store.seen_ids() == ids_of(5)


def one_that_is_stopped_early_says_so(store):
    store.put(ids_of(3))
    process = store.start(command=[
        "sh", "-c", 'echo "$HOOKCASK_ID 1" >>"$SEEN"; '
        'until [ -e go ]; do sleep 0.1; done'])
    until("the first", lambda: len(store.seen()) == 1)
    process.send_signal(signal.SIGTERM)
    (store.place.top / "go").touch()
    _, said = process.communicate(timeout=tool_scene.TIME_LIMIT)
    assert process.returncode == TEMPFAIL, said
    assert b"stopped before the end" in said, said
    store.good()
    assert store.seen_ids() == ids_of(3)


def follow_waits_for_the_first_event_ever(place):
    store = Store(place)
    process = store.start("--follow")
    sent = store.deliver()
    until("it", lambda: store.seen_ids() == [sent])
    assert stop(process, signal.SIGINT)[0] == 0
    # and without: nothing stored is nothing to do
    place.config("other.conf", "other")
    place.good("drain", "-c", place.top / "other.conf", "--", "false")


def sigterm_waits_for_what_runs(store):
    store.put(ids_of(3))
    process = store.start("--follow", command=[
        "sh", "-c", 'echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"; '
        'while [ ! -f go ]; do sleep 0.05; done; : >ended'])
    until("the first", lambda: len(store.seen()) == 1)
    process.send_signal(signal.SIGTERM)
    (store.place.top / "go").touch()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert (store.place.top / "ended").exists()
    assert store.seen_ids() == ["msg_00000"]
    store.good()
    assert store.seen_ids() == ids_of(3)


def a_second_sigterm_ends_what_runs(store):
    store.put(["msg_1"])
    process = store.start("--follow", command=[
        "sh", "-c", 'echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"; '
        'exec sleep 100'])
    until("it", lambda: len(store.seen()) == 1)
    process.send_signal(signal.SIGTERM)
    code = None
    while code is None:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(0.2)
        except Exception:  # still on its way
            code = process.poll()
    process.stderr.close()
    assert code == 0
    # its run was not to blame: no try was counted
    store.good()
    assert store.seen() == [("msg_1", 1), ("msg_1", 1)]


def under_nohup_a_hangup_is_nothing(place):
    store = Store(place)
    store.put(["msg_1"])
    process = store.start(
        "--follow",
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    until("it", lambda: len(store.seen()) == 1)
    process.send_signal(signal.SIGHUP)
    store.put(["msg_2"])
    until("the next", lambda: len(store.seen()) == 2)
    assert stop(process) == (0, "")


def two_drains_exclude_each_other(store):
    store.put(ids_of(1))
    first = store.start("--follow")
    until("it", lambda: len(store.seen()) == 1)
    result = store.drain("--once")
    assert result.code == TEMPFAIL, result
    assert f"process {first.pid}" in result.said, result
    if store.spool:
        elsewhere = store.place.top / "elsewhere"
        elsewhere.mkdir(0o700)
        result = store.drain("--once", "--state", elsewhere)
        assert result.code == TEMPFAIL and "one consumer" in result.said
    stop(first, signal.SIGKILL)
    store.good("--once")


def what_it_says_is_passed_on(place):
    store = Store(place)
    store.put(["msg_1"])
    result = store.shell("echo out; echo err >&2")
    assert (result.code, result.text, result.said) == (0, "out\n", "err\n")


def only_the_last_of_its_words_is_kept(place):
    store = Store(place)
    store.put(["msg_1"])
    result = store.shell(
        "i=0; while [ $i -lt 3000 ]; do echo line-$i >&2; i=$((i+1)); done; "
        "printf 'b\\\\c\\033]0;title\\007\\n' >&2; exit 1", "--tries", 1)
    assert result.code == DATAERR
    said = json.loads(store.failed("--json").text)["stderr"]
    assert len(said) == 4096 and "line-2999\n" in said
    assert said.endswith("b\\c\x1b]0;title\x07\n")
    for shown in (store.failed(), store.failed("show", "msg_1")):
        assert "\x1b" not in shown.text and "\\x1B]0;" in shown.text


def wrong_command_lines(place):
    store = Store(place)
    spool = place.config("spool.conf",
                         store=f'spool = "{place.top}/spool"')
    for options in (["--once", "--follow"], ["--jobs", "0"],
                    ["--batch", "0"], ["--tries", "0"], ["--timeout", "x"],
                    ["--retry-delay", "0"], ["--retry-delay", "nan"],
                    ["--retry-delay", "4000"], ["--type", "a,,b"],
                    ["--name", "a/b"], ["--name", ""], ["--delete"]):
        result = store.drain(*options)
        assert result.code == USAGE, (options, result)
    place.bad(USAGE, "drain", "-c", store.conf)
    place.bad(USAGE, "drain", "-c", spool, "--name", "two", "--", "true")


def progress_is_for_a_terminal(place):
    store = Store(place)
    store.put(ids_of(3))
    code, seen = place.on_terminal(*store.arguments(
        command=["sleep", "0.8"]))
    assert code == 0 and b"1 done, 0 waiting" in seen, seen
    assert seen.endswith(b"\r\x1b[K"), seen
    store.put(ids_of(3, 3))
    result = store.drain(command=["sleep", "0.8"])
    assert result.out + result.err == b"", result


def a_program_has_no_terminal_to_type_into(place):
    """One that was dropped to another user would type as root."""
    store = Store(place)
    store.put(ids_of(1))
    program = place.write("typist", f"""#!/bin/sh
(: </dev/tty) 2>/dev/null && echo terminal >{place.top}/found
ps -o sid= -p $$ | tr -d ' ' >{place.top}/session
echo $$ >{place.top}/pid
""", 0o755)
    code, seen = place.on_terminal(*store.arguments(command=[program]))
    assert code == 0, seen
    assert not (place.top / "found").exists()
    assert (place.top / "session").read_text() == \
        (place.top / "pid").read_text()


ALL = [
    *both(each_event_once_and_oldest_first),
    *both(the_exact_body_and_the_variables),
    the_secret_is_not_handed_on, a_body_that_is_not_json,
    *both(one_that_is_stopped_early_says_so),
    *both(a_body_larger_than_a_pipe), *both(batches_of_whole_records),
    *both(a_bad_event_holds_up_no_batch),
    *both(tries_then_set_aside_then_the_others),
    *both(seventy_five_keeps_its_place), *both(seventy_five_is_waited_for),
    seventy_five_from_many_jobs_is_one_pause,
    *both(back_off_doubles_and_survives),
    *both(types_that_are_not_wanted_are_done),
    a_consumer_keeps_its_choice,
    *both(jobs_run_at_the_same_time),
    *both(a_run_over_time_is_ended_with_its_group),
    a_run_that_ignores_sigterm_is_killed,
    *both(a_run_that_was_killed_is_tried_again),
    *both(a_program_that_cannot_be_run_blames_no_event),
    *both(a_shell_that_finds_nothing_is_a_failure),
    *both(follow_takes_what_comes), follow_waits_for_the_first_event_ever,
    *both(sigterm_waits_for_what_runs),
    *both(a_second_sigterm_ends_what_runs),
    under_nohup_a_hangup_is_nothing,
    *both(two_drains_exclude_each_other), what_it_says_is_passed_on,
    only_the_last_of_its_words_is_kept, wrong_command_lines,
    progress_is_for_a_terminal, a_program_has_no_terminal_to_type_into,
]
