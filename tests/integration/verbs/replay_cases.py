# SPDX-License-Identifier: ISC
"""replay: chosen events once more, to a program or signed again to a URL."""

import gzip
import json
import os
import pwd
import signal
import socket
import subprocess
import time

import tool_scene
from drain_run_cases import both
from drain_scene import Store, ids_of, lines, stop, until
from tap import Skip
from tool_scene import (BUILD, CONFIG, DATAERR, DOC_SECRET, NOINPUT,
                        TEMPFAIL, UNAVAILABLE, USAGE, Endpoint, Server,
                        make_record)

NAME = "replay"


def arguments(store, *options, command=None):
    return ["replay", "-c", str(store.conf), *map(str, options), "--",
            *map(str, command if command is not None else [store.consumer])]


def replay(store, *options, command=None):
    return store.place.run(*arguments(store, *options, command=command))


def post(store, url, *options):
    return store.place.run("replay", "-c", store.conf, "--to", url, *options)


def needs_curl():
    if "#define HAVE_CURL 1" not in (BUILD / "config.h").read_text():
        raise Skip("built without libcurl")


def all_of_it_oldest_first(store):
    store.put(ids_of(5))
    store.good()
    if store.spool is None:
        path = store.log.rename(store.var / "levers.jsonl.1")
        (store.var / "levers.jsonl.1.gz").write_bytes(
            gzip.compress(path.read_bytes()))
        path.unlink()
    store.put(ids_of(5, 5))
    store.seen_file.unlink()
    result = replay(store)
    assert result.code == 0, result
    assert "10 replayed, 0 failed" in result.said, result
    assert store.seen() == [(i, 1) for i in ids_of(10)], store.seen()
    # no consumer's place has moved
    store.seen_file.unlink()
    store.good()
    assert store.seen_ids() == ids_of(5, 5)


def only_what_was_chosen(store):
    store.put(ids_of(6))
    store.put(["msg_fax"], "fax.sent")
    for options, wanted in (
            (["--id", "msg_00003"], ["msg_00003"]),
            (["--type", "fax.*"], ["msg_fax"]),
            (["--id", "msg_other"], [])):
        store.seen_file.unlink(missing_ok=True)
        result = replay(store, *options)
        assert result.code == 0, result
        assert store.seen_ids() == wanted, (options, store.seen())


def only_what_came_then(place):
    store = Store(place)
    store.put(ids_of(6))
    for options, wanted in (
            (["--since", "2026-01-01T00:00:00.000004Z"],
             ids_of(2, 4)),
            (["--until", "2026-01-01T00:00:00.000002Z"],
             ids_of(2))):
        store.seen_file.unlink(missing_ok=True)
        result = replay(store, *options)
        assert result.code == 0, result
        assert store.seen_ids() == wanted, (options, store.seen())


def the_body_and_the_variables_are_those_of_drain(place):
    store = Store(place)
    body = b'{"type":"phone_call.ended",\r\n "n" : 1}\n'
    data = make_record(body, "phone_call.ended", "msg_1")
    place.write("old.jsonl", data)
    for options, stdin in ((["--from", "old.jsonl"], b""),
                           (["--from", "-"], gzip.compress(data))):
        result = place.run(
            "replay", *options, "--", "sh", "-c",
            "cat >body; env | grep ^HOOKCASK_ | sort", stdin=stdin)
        assert result.code == 0, result
        assert (place.top / "body").read_bytes() == body
        assert result.text.splitlines() == [
            "HOOKCASK_ATTEMPT=1", "HOOKCASK_ENDPOINT=levers",
            "HOOKCASK_ID=msg_1", "HOOKCASK_TIME=2021-02-25T15:02:10Z",
            "HOOKCASK_TYPE=phone_call.ended"], result
    assert store.seen() == []


def a_program_that_fails(store):
    store.put(ids_of(4))
    result = replay(store, command=[
        "sh", "-c", 'echo x 1 >>"$SEEN"; [ $HOOKCASK_ID != msg_00001 ]'])
    assert result.code == DATAERR and len(store.seen()) == 4, result
    assert "msg_00001: failed (exit:1)" in result.said
    assert "3 replayed, 1 failed" in result.said
    store.seen_file.unlink()
    store.exits(75)
    result = replay(store)
    assert result.code == TEMPFAIL and len(store.seen()) == 1, result
    result = replay(store, command=["./no-such-program"])
    assert result.code == UNAVAILABLE, result


def a_run_over_time(place):
    store = Store(place)
    store.put(["msg_1"])
    result = replay(store, "--timeout", 1, command=["sleep", "100"])
    assert result.code == DATAERR and "failed (timeout)" in result.said, \
        result


def it_resumes(store):
    store.put(ids_of(6))
    store.put(["msg_bad"])
    script = ('echo "$HOOKCASK_ID 1" >>"$SEEN"; '
              '[ "$(wc -l <"$SEEN")" != 4 ] || exit 75; '
              '[ $HOOKCASK_ID != msg_bad ] || [ -e good ]')
    command = ["sh", "-c", script]
    result = replay(store, "--resume", "done", command=command)
    assert result.code == TEMPFAIL, result
    assert store.seen_ids() == ids_of(4)
    result = replay(store, "--resume", "done", command=command)
    assert result.code == DATAERR and "3 done before" in result.said, result
    assert store.seen_ids() == ids_of(4) + ids_of(3, 3) + ["msg_bad"]
    (store.place.top / "good").touch()
    result = replay(store, "--resume", "done", command=command)
    assert result.code == 0 and "1 replayed, 0 failed, 6 done" in result.said
    assert store.seen_ids()[8:] == ["msg_bad"]
    # what was done for one program was not done for another
    result = replay(store, "--resume", "done")
    assert result.code == DATAERR and "target" in result.said, result


def killed_at_any_moment_it_resumes(place):
    store = Store(place)
    store.put(ids_of(60))
    kills = 0
    while True:
        process = subprocess.Popen(
            tool_scene.command(*arguments(store, "--resume", "done")),
            cwd=place.top, env=place.env, stderr=subprocess.DEVNULL)
        try:
            if process.wait(0.05 + 0.005 * kills) == 0:
                break
            raise AssertionError(process.returncode)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    counts = store.counts()
    assert sorted(counts) == ids_of(60)
    # one was in hand each time
    assert sum(counts.values()) <= 60 + kills, (kills, counts)


def a_signal_lets_it_end_what_it_does(place):
    store = Store(place)
    store.put(ids_of(3))
    process = subprocess.Popen(
        tool_scene.command(*arguments(store, "--resume", "done", command=[
            "sh", "-c", 'echo "$HOOKCASK_ID 1" >>"$SEEN"; '
            'while [ ! -e go ]; do sleep 0.02; done'])),
        cwd=place.top, env=place.env, stderr=subprocess.PIPE)
    until("the first", lambda: len(store.seen()) == 1)
    process.send_signal(signal.SIGTERM)
    (place.top / "go").touch()
    _, said = process.communicate(timeout=60)
    assert process.returncode == TEMPFAIL, said
    assert b"stopped before msg_00001" in said and b"1 replayed" in said
    assert store.seen_ids() == ids_of(1)


def signed_anew_with_their_ids(store):
    needs_curl()
    store.put(ids_of(3))
    with Endpoint() as server:
        result = post(store, server.url)
        assert result.code == 0, result
        assert "3 replayed, 0 failed" in result.said, result
        assert [headers["svix-id"] for _, headers, _ in server.seen] == \
            ids_of(3)
        assert all(body == b'{"type":"phone_call.ended"}'
                   for _, _, body in server.seen)


def exact_bytes_are_posted(place):
    needs_curl()
    store = Store(place)
    bodies = [b'{"type":"a.b",\n"n":1}', b"\xff\0\n"]
    place.write("old.jsonl", make_record(bodies[0], "a.b", "msg_1") +
                make_record(bodies[1], "", "msg_2"))
    with Endpoint() as server:
        result = post(store, server.url, "--from", "old.jsonl")
        assert result.code == 0, result
        assert [body for _, _, body in server.seen] == bodies


def with_another_secret(place):
    needs_curl()
    store = Store(place)
    store.put(ids_of(1))
    other = "whsec_" + "QUJD" * 8
    path = place.write("other.secret", other + "\n", 0o600)
    with Endpoint((other,)) as server:
        assert post(store, server.url).code == DATAERR
        assert post(store, server.url, "-s", path).code == 0


def all_of_it_from_the_environment(store):
    """One endpoint needs no file; nor does the secret reach a program."""
    place = store.place
    ids = [store.deliver() for _ in range(3)]
    name, path = ("SPOOL", store.spool) if store.spool else ("LOG", store.log)
    env = {"HOOKCASK_SECRET": DOC_SECRET, "HOOKCASK_NAME": "levers",
           f"HOOKCASK_{name}": str(path)}
    result = place.run("replay", "--", "env", env=env)
    assert result.code == 0, result
    assert result.text.count("HOOKCASK_ID=msg_") == 3, result
    assert DOC_SECRET not in result.text + result.said, result
    needs_curl()
    other = "whsec_" + "QUJD" * 8
    both_secrets = {**env, "HOOKCASK_SECRET": f"{DOC_SECRET} {other}"}
    in_file = {**env, "HOOKCASK_SECRET_FILE": str(place.secret)}
    del in_file["HOOKCASK_SECRET"]
    for given in (env, both_secrets, in_file):
        with Endpoint() as server:
            result = place.run("replay", "--to", server.url, env=given)
        assert result.code == 0, result
        assert [headers["svix-id"] for _, headers, _ in server.seen] == ids
        assert DOC_SECRET not in result.text + result.said, result
    # -s wins
    with Endpoint((other,)) as server:
        path = place.write("other.secret", other + "\n", 0o600)
        result = place.run("replay", "--to", server.url, "-s", path, env=env)
        assert result.code == 0 and len(server.seen) == 3, result
    # a file of records needs the secret only
    records = place.write("old.jsonl", place.good(
        "cat", "-c", store.conf).out)
    with Endpoint() as server:
        result = place.run("replay", "--to", server.url, "--from", records,
                           env={"HOOKCASK_SECRET": DOC_SECRET})
        assert result.code == 0 and len(server.seen) == 3, result
    # and without any, or of another endpoint, it says what is missing
    del env["HOOKCASK_SECRET"]
    result = place.run("replay", "--to", server.url, env=env)
    assert result.code == CONFIG and "HOOKCASK_SECRET" in result.said, result
    env.update(HOOKCASK_SECRET=DOC_SECRET, HOOKCASK_CONFIG=str(store.conf))
    result = place.run("replay", "--to", server.url, env=env)
    assert result.code == CONFIG and DOC_SECRET not in result.said, result


def an_endpoint_that_refuses(place):
    """Ten in a row: no event is to blame."""
    needs_curl()
    store = Store(place)
    store.put(ids_of(20))
    with Server(statuses=(400, 200, 401), reply=b"no \x1b[31m") as server:
        result = post(store, server.url, "--resume", "done")
        assert result.code == DATAERR and len(server.seen) == 12, result
        assert "msg_00000: refused (400)" in result.said
        assert "10 events were refused" in result.said
        assert "\x1b" not in result.said
    with Server() as server:
        result = post(store, server.url, "--resume", "done")
        assert result.code == DATAERR  # another target


def an_endpoint_that_is_busy(place):
    needs_curl()
    store = Store(place)
    store.put(ids_of(2))
    with Server(statuses=(503, 429, 200)) as server:
        start = time.monotonic()
        result = post(store, server.url)
        assert result.code == 0 and len(server.seen) == 4, result
        assert time.monotonic() - start >= 3
    # nobody answers: tried again, until somebody stops it
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(tool_scene.TIME_LIMIT)
        process = subprocess.Popen(
            tool_scene.command("replay", "-c", store.conf, "--to",
                               f"http://127.0.0.1:{deaf.getsockname()[1]}/"),
            cwd=place.top, env=place.env, stderr=subprocess.PIPE)
        for _ in range(2):
            deaf.accept()[0].close()
        code, said = stop(process)
    assert code == TEMPFAIL and "msg_00000: not accepted" in said, said


def at_a_rate(place):
    store = Store(place)
    store.put(ids_of(9))
    start = time.monotonic()
    result = replay(store, "--rate", 10)
    assert result.code == 0 and len(store.seen()) == 9, result
    assert 0.8 <= time.monotonic() - start < 20


def a_list_of_what_would_be(store):
    store.put(ids_of(3))
    result = replay(store, "--dry-run")
    assert result.code == 0 and store.seen() == [], result
    assert [row.split()[1:] for row in result.text.splitlines()] == \
        [[i, "phone_call.ended"] for i in ids_of(3)]
    assert result.said == ""
    store.put(ids_of(20, 3))
    quiet, said = store.place.broken_pipe(*arguments(store, "--dry-run"))
    assert quiet and said == b"", said
    with open("/dev/full", "w", encoding="ascii") as full:
        process = subprocess.run(
            tool_scene.command(*arguments(store, "--dry-run")),
            stdout=full, stderr=subprocess.PIPE, cwd=store.place.top,
            env=store.place.env, check=False)
    assert process.returncode == 74, process


def json_has_each_end(store):
    store.put(ids_of(3))
    chosen = replay(store, "--dry-run", "--json")
    assert chosen.code == 0 and chosen.said == "", chosen
    assert [json.loads(row) for row in chosen.text.splitlines()] == \
        [{"id": i, "type": "phone_call.ended", "end": "chosen"}
         for i in ids_of(3)]
    script = "echo noise; [ $HOOKCASK_ID != msg_00001 ]"
    for expected in (["replayed", "failed", "replayed"],
                     ["before", "failed", "before"]):
        result = replay(store, "--json", "--resume", "done",
                        command=["sh", "-c", script])
        assert result.code == DATAERR, result
        assert [json.loads(row)["end"] for row in
                result.text.splitlines()] == expected, result
        assert result.said.count("noise") == expected.count("failed") + \
            expected.count("replayed"), result


def lines_that_are_no_records(place):
    store = Store(place)
    place.write("old.jsonl", lines(["msg_1"]) + b"\x1b[2J\0\n" * 2 +
                lines(["msg_2"]) + lines(["msg_3"])[:50])
    result = place.run("replay", "--from", "old.jsonl", "--",
                       store.consumer)
    assert result.code == DATAERR and store.seen_ids() == ["msg_1", "msg_2"]
    assert "at byte" in result.said and "\x1b" not in result.said, result


def progress_is_for_a_terminal(place):
    store = Store(place)
    store.put(ids_of(3))
    code, seen = place.on_terminal(*arguments(
        store, command=["sleep", "0.8"]))
    assert code == 0 and b"2 replayed, 0 failed\r" in seen, seen
    assert b"hookcask: 3 replayed" in seen
    result = replay(store, command=["sleep", "0.8"])
    assert result.said == "hookcask: 3 replayed, 0 failed\n", result


def root_becomes_the_owner(place):
    if os.geteuid() != 0:
        raise Skip("needs root")
    user = pwd.getpwnam("nobody")
    place.top.chmod(0o755)
    store = Store(place)
    store.put(["msg_1"])
    for path in (place.top, store.var, *store.var.rglob("*"), place.secret):
        os.chown(path, user.pw_uid, user.pw_gid)
    result = replay(store, command=["id", "-u"])
    assert (result.code, result.text) == (0, f"{user.pw_uid}\n"), result


def wrong_command_lines(place):
    store = Store(place)
    store.put(["msg_1"])
    url = "http://127.0.0.1:1/"
    for options in (["replay"], ["replay", "--to", url, "--", "true"],
                    ["replay", "-s", store.place.secret, "--", "true"],
                    ["replay", "--rate", "0", "--", "true"],
                    ["replay", "--since", "x", "--", "true"],
                    ["replay", "--timeout", "x", "--", "true"],
                    ["replay", "--to", url, "--family", "x"],
                    ["replay", "--from", "x", "-e", "levers", "--", "true"]):
        result = place.run(*options, "-c", store.conf) \
            if "--" not in options else place.run(*options)
        assert result.code == USAGE, (options, result)
    result = place.run("replay", "--from", "missing", "--", "true")
    assert result.code == NOINPUT, result


def without_libcurl_it_says_so(place):
    if "#define HAVE_CURL 1" in (BUILD / "config.h").read_text():
        raise Skip("built with libcurl")
    store = Store(place)
    store.put(["msg_1"])
    result = post(store, "http://127.0.0.1:1/")
    assert result.code == UNAVAILABLE and "without libcurl" in result.said
    assert replay(store).code == 0


ALL = [
    *both(all_of_it_oldest_first), *both(only_what_was_chosen),
    only_what_came_then,
    the_body_and_the_variables_are_those_of_drain,
    *both(a_program_that_fails), a_run_over_time, *both(it_resumes),
    killed_at_any_moment_it_resumes, a_signal_lets_it_end_what_it_does,
    *both(signed_anew_with_their_ids), exact_bytes_are_posted,
    with_another_secret, *both(all_of_it_from_the_environment),
    an_endpoint_that_refuses, an_endpoint_that_is_busy,
    at_a_rate, *both(a_list_of_what_would_be), *both(json_has_each_end),
    lines_that_are_no_records,
    progress_is_for_a_terminal, root_becomes_the_owner, wrong_command_lines,
    without_libcurl_it_says_so,
]
