# SPDX-License-Identifier: ISC
"""drain --to URL, --on-set-aside and --json."""

import json
import re
import signal
import socket
import subprocess

import tool_scene
from drain_run_cases import both
from drain_scene import Store, ids_of, stop, until
from replay_cases import needs_curl
from tool_scene import (DATAERR, TEMPFAIL, UNAVAILABLE, USAGE, Endpoint,
                        Server, make_record)

NAME = "drain"


def to(store, url, *options):
    return store.place.run("drain", "-c", store.conf, "--to", url, *options)


def posted(server):
    return [headers["svix-id"] for headers, _, _ in server.seen]


def each_event_is_posted_once(store):
    needs_curl()
    store.put(ids_of(20))
    with Endpoint() as server:
        result = to(store, server.url)
        assert result.code == 0 and result.said == "", result
        store.put(ids_of(3, 20))
        result = to(store, server.url, "--jobs", 3)
        assert result.code == 0, result
        sent = [headers["svix-id"] for _, headers, _ in server.seen]
        assert sent[:20] == ids_of(20), sent
        assert sorted(sent) == ids_of(23)
        assert all(body == b'{"type":"phone_call.ended"}'
                   for _, _, body in server.seen)
        # it is a consumer like others
        store.good()
        assert store.seen() == []


def exact_bytes_with_another_secret_and_family(place):
    needs_curl()
    store = Store(place)
    body = b"\xff\0\n"
    store.log.write_bytes(make_record(body, msg_id="msg_1"))
    store.log.chmod(0o600)
    store.settle()
    other = "whsec_" + "QUJD" * 8
    path = place.write("other.secret", other + "\n", 0o600)
    with Server() as server:
        result = to(store, server.url, "-s", path, "--family", "webhook")
    assert result.code == 0, result
    [(headers, seen, _)] = server.seen
    assert seen == body and headers["webhook-id"] == "msg_1"
    assert headers["webhook-signature"] == tool_scene.wire.sign(
        other, "msg_1", headers["webhook-timestamp"], body)


def a_wrong_url_stops_it_and_sets_nothing_aside(store):
    needs_curl()
    store.put(ids_of(12))
    for status in (301, 307, 401, 403, 404, 405, 410):
        with Server(statuses=(status,), reply=b"no \x1b[31m",
                    headers=[("Location", "http://127.0.0.1:1/other")]
                    if status < 400 else ()) as server:
            result = to(store, server.url, "--tries", 1)
        assert result.code == UNAVAILABLE, (status, result)
        assert posted(server) == ids_of(1), (status, posted(server))
        assert f"answered {status}" in result.said, result
        assert "all events keep their places" in result.said, result
        assert "\x1b" not in result.said, result
    assert store.failed().text == ""
    with Server() as server:
        assert to(store, server.url).code == 0
    assert posted(server) == ids_of(12)


def a_service_that_is_down_delays_and_sets_nothing_aside(store):
    needs_curl()
    store.put(ids_of(4))
    with Server(statuses=(503, 429, 502, 504, 200)) as server:
        result = to(store, server.url, "--tries", 1, "--retry-delay", "0.01")
    assert result.code == 0, result
    assert posted(server) == ["msg_00000"] * 5 + ids_of(3, 1)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    store.put(ids_of(1, 4))
    result = to(store, f"http://127.0.0.1:{port}/", "--tries", 1, "--once")
    assert result.code == TEMPFAIL, result
    assert store.failed().text == ""


def a_refused_event_waits_and_is_set_aside(store):
    needs_curl()
    store.put(ids_of(3))
    with Server(lambda headers: 500 if headers["svix-id"] == "msg_00000"
                else 200, b"no caller") as server:
        result = to(store, server.url, "--tries", 2, "--retry-delay", "0.01")
    assert result.code == DATAERR, result
    assert sorted(posted(server)) == ["msg_00000"] + ids_of(3), posted(server)
    item = json.loads(store.failed("--json").text)
    assert (item["id"], item["ended"], item["stderr"]) == \
        ("msg_00000", "refused", "answered 500: no caller\n"), item


def ten_refused_in_a_row_stop_it(store):
    needs_curl()
    store.put(ids_of(30))
    with Server(statuses=(400,)) as server:
        result = to(store, server.url, "--tries", 2, "--retry-delay", 60)
    assert result.code == DATAERR, result
    assert posted(server) == ids_of(10)
    assert "10 events were refused in a row" in result.said, result
    assert store.failed().text == ""


def a_service_that_hangs_is_refused_and_a_signal_ends_it(place):
    needs_curl()
    store = Store(place)
    store.put(ids_of(2))
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        result = to(store, url, "--timeout", 1, "--tries", 1, "--once")
        assert result.code == DATAERR, result
        assert [json.loads(line)["ended"] for line in
                store.failed("--json").text.splitlines()] == \
            ["refused"] * 2
        store.put(ids_of(1, 2))
        process = subprocess.Popen(
            tool_scene.command("drain", "-c", str(store.conf), "--to", url),
            cwd=place.top, env=place.env, stderr=subprocess.PIPE)
        deaf.settimeout(tool_scene.TIME_LIMIT)
        peers = [deaf.accept()[0] for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        code, said = stop(process)
        for peer in peers:
            peer.close()
    assert code == TEMPFAIL, (code, said)
    with Server() as server:
        assert to(store, server.url).code == 0
    assert posted(server) == ["msg_00002"]


def wrong_command_lines_of_to(place):
    store = Store(place)
    for words in ((), ("--to", "http://127.0.0.1:1/", "--", "true"),
                  ("--secret-file", "x", "--", "true"),
                  ("--family", "svix", "--", "true"),
                  ("--to", "http://127.0.0.1:1/", "--family", "other"),
                  ("--to", "http://127.0.0.1:1/", "--batch", "2"),
                  ("--interval", "5", "--", "true")):
        result = place.run("drain", "-c", store.conf, *words)
        assert result.code == USAGE and result.said, (words, result)


def json_has_each_end_and_the_sum(store):
    store.put(ids_of(3))
    store.put(["msg_fax"], "fax.sent")
    result = store.shell(
        "echo noise; [ $HOOKCASK_ID != msg_00001 ] || exit 9",
        "--json", "--tries", 2, "--retry-delay", "0.01", "--type", "phone*")
    assert result.code == DATAERR, result
    *ends, total = map(json.loads, result.text.splitlines())
    assert [(e["id"], e["end"], e["tries"], e.get("ended")) for e in ends] \
        == [("msg_00000", "done", 1, None), ("msg_00001", "failed", 1,
            "exit:9"), ("msg_00002", "done", 1, None),
            ("msg_00001", "set-aside", 2, "exit:9")], ends
    assert total == {"done": 2, "tried_again": 1, "set_aside": 1,
                     "waiting": 0, "not_wanted": 1}, total
    # what programs print is not lost
    assert result.said.count("noise") == 4, result


def mails(store):
    """The commands that ran so far, each with its lines."""
    path = store.place.top / "mails"
    return re.findall(r"<(.*?)>\n", path.read_text(), re.S) \
        if path.exists() else []


MAIL = 'echo "<$HOOKCASK_ENDPOINT $HOOKCASK_SET_ASIDE $(cat)>" >>mails; ' \
    'env | grep -c whsec_ >&2; echo printed'


def a_command_hears_what_was_set_aside(store):
    store.place.env["HOOKCASK_SECRET"] = tool_scene.DOC_SECRET
    store.put(ids_of(3))
    result = store.shell("exit 4", "--tries", 1, "--on-set-aside", MAIL,
                         "--interval", 3600)
    assert result.code == DATAERR, result
    assert result.text == "", result
    [mail] = mails(store)
    assert mail.startswith("levers 1 1 event of endpoint levers was set "
                           "aside:\n  msg_00000  phone_call.ended  exit:4\n"
                           '"hookcask failed --endpoint levers"'), mail
    assert "\n0\n" in "\n" + result.said.replace("hookcask: ", "\n"), result
    # not within the interval, also by another drain
    store.put(ids_of(1, 3))
    result = store.shell("exit 4", "--tries", 1, "--on-set-aside", MAIL,
                         "--interval", 3600)
    assert result.code == DATAERR and len(mails(store)) == 1, mails(store)
    # when it is over, those that nobody heard of count, too
    until("the second mail", lambda: store.good(
        "--on-set-aside", MAIL, "--interval", 1) and len(mails(store)) == 2)
    assert mails(store)[1].startswith(
        "levers 3 3 events of endpoint levers were set aside"), mails(store)


def a_file_without_a_record_is_told_of(place):
    store = Store(place, spool=True)
    store.put(ids_of(1))
    (store.spool / "new/1700000000000000-msg_x.json").write_bytes(b"{}\n")
    assert store.drain("--on-set-aside", MAIL).code == DATAERR
    assert [mail.split()[1] for mail in mails(store)] == ["1"]


def while_it_follows_the_interval_ends(store):
    store.put(ids_of(1))
    store.exits(4)
    process = store.start("--follow", "--tries", 1, "--on-set-aside", MAIL,
                          "--interval", 1)
    until("the first mail", lambda: len(mails(store)) == 1)
    store.put(ids_of(2, 1))
    until("the second mail", lambda: sum(
        int(mail.split()[1]) for mail in mails(store)) == 3)
    code, said = stop(process)
    assert code == DATAERR, (code, said)
    assert len(mails(store)) <= 3


def a_command_that_hangs_holds_up_no_event(store):
    store.put(ids_of(3))
    process = store.start("--tries", 1, "--on-set-aside",
                          "echo begun >>mails; exec sleep 1000",
                          command=["sh", "-c", 'echo x >>"$SEEN"; exit 4'])
    until("all were tried", lambda: store.seen_file.exists() and
          store.seen_file.read_text() == "x\n" * 3)
    until("it runs", (store.place.top / "mails").exists)
    process.send_signal(signal.SIGTERM)
    code, said = stop(process)
    assert code == DATAERR, (code, said)
    assert "--on-set-aside: its command failed" in said, said


def progress_is_seen_with_quick_programs(place):
    store = Store(place)
    store.put(ids_of(25))
    times = []
    code, _ = place.on_terminal(*store.arguments(
        command=["sh", "-c", "sleep 0.1"]), times=times)
    assert code == 0
    # no end of a program takes it away
    assert any(b" done, " in shown and later - when > 0.3 for
               (when, shown), (later, _) in zip(times, times[1:])), times


ALL = [
    *both(each_event_is_posted_once),
    exact_bytes_with_another_secret_and_family,
    *both(a_wrong_url_stops_it_and_sets_nothing_aside),
    *both(a_service_that_is_down_delays_and_sets_nothing_aside),
    *both(a_refused_event_waits_and_is_set_aside),
    *both(ten_refused_in_a_row_stop_it),
    a_service_that_hangs_is_refused_and_a_signal_ends_it,
    wrong_command_lines_of_to, *both(json_has_each_end_and_the_sum),
    *both(a_command_hears_what_was_set_aside),
    a_file_without_a_record_is_told_of, *both(while_it_follows_the_interval_ends),
    *both(a_command_that_hangs_holds_up_no_event),
    progress_is_seen_with_quick_programs,
]
