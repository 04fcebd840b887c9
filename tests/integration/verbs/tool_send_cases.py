# SPDX-License-Identifier: ISC
"""send, against a server that keeps what it got."""

import json
import time

import wire
from tap import Skip
from tool_scene import (DATAERR, DOC_SECRET, TEMPFAIL, UNAVAILABLE, USAGE,
                        Server)

NAME = "send"


def send(place, server, *arguments, **how):
    result = place.run("send", "-s", place.secret, server.url, *arguments,
                       **how)
    if "built without libcurl" in result.said:
        raise Skip("built without libcurl")
    return result


def judge(headers, body, family="svix"):
    """Is it signed as it should be? Gives the id and the timestamp."""
    headers = {name.lower(): value for name, value in headers.items()}
    msg_id = headers[f"{family}-id"]
    at = int(headers[f"{family}-timestamp"])
    assert headers[f"{family}-signature"] == \
        wire.sign(DOC_SECRET, msg_id, at, body), headers
    return msg_id, at


def a_signed_event_arrives(place):
    with Server() as server:
        result = send(place, server)
    assert result.code == 0, result
    (headers, body, path), = server.seen
    msg_id, at = judge(headers, body)
    assert abs(at - time.time()) < 60 and path == "/webhooks/levers"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("hookcask/")
    event = json.loads(body)
    assert event["type"] == "phone_call.ended"
    assert event["data"]["providerCallId"]
    assert result.text == f'200 {msg_id} {{"status":"success"}}\n'


def bodies_come_from_where_they_are_told(place):
    path = place.write("body", b"\0raw\n")
    with Server() as server:
        assert send(place, server, path).code == 0
        assert send(place, server, "-", stdin=b"piped").code == 0
        assert send(place, server, "--data", "told").code == 0
        assert send(place, server, "--data", "").code == 0
        assert send(place, server, "--type", 'a"b\\c').code == 0
    bodies = [body for _, body, _ in server.seen]
    assert bodies[:4] == [b"\0raw\n", b"piped", b"told", b""], bodies
    assert json.loads(bodies[4])["type"] == 'a"b\\c'
    for headers, body, _ in server.seen:
        judge(headers, body)
    place.bad(USAGE, "send", "-s", place.secret, server.url, path, "-d", "x")
    place.bad(USAGE, "send", "-s", place.secret, server.url, "-t", "a b")
    place.bad(USAGE, "send", "-s", place.secret, server.url, "-t", "")


def repeat_sends_one_message_again(place):
    with Server() as server:
        assert send(place, server, "--repeat", 5).code == 0
    assert len(server.seen) == 5
    assert len({judge(h, b) for h, b, _ in server.seen}) == 1


def count_sends_messages_of_their_own(place):
    with Server() as server:
        result = send(place, server, "--count", 4, "--repeat", 2)
    assert result.code == 0 and len(result.text.splitlines()) == 8
    ids = [judge(h, b)[0] for h, b, _ in server.seen]
    assert len(set(ids)) == 4 and ids[0] == ids[1]
    place.bad(USAGE, "send", "-s", place.secret, "http://127.0.0.1:1/",
              "--count", 2, "--id", "x")


def tamper_changes_one_bit_after_signing(place):
    with Server() as server:
        assert send(place, server, "--data", "abcdef", "--tamper", "-n",
                    2).code == 0
    for headers, body, _ in server.seen:
        difference = int.from_bytes(body, "big") ^ \
            int.from_bytes(b"abcdef", "big")
        assert bin(difference).count("1") == 1, body
        judge(headers, b"abcdef")
    place.bad(USAGE, "send", "-s", place.secret, server.url, "-d", "",
              "--tamper")


def stale_goes_either_way(place):
    with Server() as server:
        assert send(place, server, "--stale", 600).code == 0
        assert send(place, server, "--stale", -600).code == 0
    for (headers, body, _), age in zip(server.seen, (600, -600)):
        _, at = judge(headers, body)
        assert abs(time.time() - at - age) < 60


def the_other_forms_are_sent(place):
    with Server() as server:
        assert send(place, server, "--family", "webhook").code == 0
        assert send(place, server, "--comma").code == 0
    judge(*server.seen[0][:2], family="webhook")
    headers = {k.lower(): v for k, v in server.seen[1][0].items()}
    assert headers["svix-signature"].startswith(
        f"t={headers['svix-timestamp']},v1=")


def replies_decide_the_exit_code(place):
    for status, arguments, code in (
            (200, (), 0), (204, (), 0), (401, (), DATAERR),
            (503, (), TEMPFAIL), (401, ("--expect", 401), 0),
            (200, ("--expect", 401), DATAERR), (302, (), DATAERR)):
        with Server([status], reply=b"") as server:
            result = send(place, server, *arguments)
        assert result.code == code, (status, arguments, result)
        assert result.text.startswith(f"{status} msg_")


def json_tells_each_reply(place):
    with Server([200, 401], reply=b'{"a":"\x1b\xff"}\n') as server:
        result = send(place, server, "--json", "-n", 2, "--expect", 200)
    replies = [json.loads(line) for line in result.text.splitlines()]
    assert [r["status"] for r in replies] == [200, 401], result
    assert replies[0]["id"] != replies[1]["id"]
    assert replies[0]["reply"] == '{"a":"\x1b\ufffd"}', replies
    assert b"\x1b" not in result.out


def one_bad_reply_of_many_is_enough(place):
    with Server([200, 401, 200]) as server:
        result = send(place, server, "-n", 3)
    assert result.code == DATAERR and len(server.seen) == 3
    assert "1 of 3" in result.said


def redirects_are_not_followed(place):
    with Server([302], headers=[("Location", "/elsewhere")]) as server:
        assert send(place, server).code == DATAERR
    assert len(server.seen) == 1


def replies_cannot_steer_a_terminal(place):
    with Server(reply=b"a\x1b]0;b\x07\r\n\r\nx" + b"y" * 100000) as server:
        result = send(place, server)
    assert result.code == 0 and b"\x1b" not in result.out
    assert result.out.count(b"\n") == 1
    assert 4000 < len(result.out) < 20000  # cut, but not to nothing


def only_http_is_spoken(place):
    with Server() as server:
        send(place, server)  # or skip
    for url in ("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/",
                "http://"):
        place.bad(USAGE, "send", "-s", place.secret, url)


def nobody_there_is_said(place):
    with Server() as server:
        send(place, server)
    result = send(place, server)
    assert result.code == UNAVAILABLE and str(server.port) in result.said


def no_reply_ends_at_the_timeout(place):
    import socket
    with socket.create_server(("127.0.0.1", 0)) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        begun = time.monotonic()
        result = place.run("send", "-s", place.secret, url, "--timeout", 1)
        if "built without libcurl" in result.said:
            raise Skip("built without libcurl")
        assert result.code == UNAVAILABLE, result
        assert time.monotonic() - begun < 30


def another_host_than_the_url_s_is_connected_to(place):
    with Server() as server:
        url = f"http://hooks.example.net:{server.port}/x"
        result = place.run("send", "-s", place.secret, url, "--connect",
                           "127.0.0.1")
        if "built without libcurl" in result.said:
            raise Skip("built without libcurl")
        assert result.code == 0, result
        place.bad(USAGE, "send", "-s", place.secret, url, "--connect",
                  "a" * 400)
    (headers, _, path), = server.seen
    assert headers["Host"] == f"hooks.example.net:{server.port}"
    assert path == "/x"


ALL = [
    a_signed_event_arrives, bodies_come_from_where_they_are_told,
    repeat_sends_one_message_again, count_sends_messages_of_their_own,
    tamper_changes_one_bit_after_signing, stale_goes_either_way,
    the_other_forms_are_sent, replies_decide_the_exit_code,
    json_tells_each_reply, one_bad_reply_of_many_is_enough,
    redirects_are_not_followed, another_host_than_the_url_s_is_connected_to,
    replies_cannot_steer_a_terminal, only_http_is_spoken,
    nobody_there_is_said, no_reply_ends_at_the_timeout,
]
