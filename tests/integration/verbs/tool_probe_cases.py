# SPDX-License-Identifier: ISC
"""probe, against servers that answer wrongly; real ones: servers.py."""

import json
import socket
import time
from email.utils import formatdate

from tap import Skip
from tool_scene import DATAERR, TEMPFAIL, UNAVAILABLE, USAGE, Endpoint, Server

NAME = "probe"


def probe(place, server, *arguments):
    result = place.run("probe", "-s", place.secret, server.url, *arguments)
    if "built without libcurl" in result.said:
        raise Skip("built without libcurl")
    return result


def findings(place, server, *arguments):
    result = probe(place, server, "--json", *arguments)
    return {found["case"]: found
            for found in map(json.loads, result.text.splitlines())}


def an_endpoint_that_verifies_is_good(place):
    with Endpoint() as server:
        result = probe(place, server)
    assert result.code == 0 and result.said == "", result
    assert "FAULT" not in result.text and "warning" not in result.text
    assert result.text.startswith("genuine   200  ok\nagain     200  ok\n")
    bodies = [body for method, _, body in server.seen if method == "POST"]
    types = {json.loads(body)["type"] for body in bodies}
    assert types == {"hookcask.probe"}, types
    assert bodies[0] == bodies[1]
    for size in (130 << 10, 900 << 10, 1100 << 10):
        assert any(size <= len(body) < size + 100 for body in bodies), size
    agents = {headers["User-Agent"] for _, headers, _ in server.seen}
    assert all(agent.startswith("hookcask/") for agent in agents), agents


def what_it_sends_is_what_it_says(place):
    with Endpoint() as server:
        probe(place, server)
    seen = [(m, h, b) for m, h, b in server.seen]
    assert [m for m, _, _ in seen].count("GET") == 1
    unsigned = [h for m, h, _ in seen if m == "POST" and "svix-id" not in h]
    assert len(unsigned) == 1
    stale = [h for _, h, _ in seen if "svix-timestamp" in h and
             time.time() - int(h["svix-timestamp"]) > 100000]
    assert len(stale) == 1
    chunked = [h for _, h, _ in seen if "Transfer-Encoding" in h]
    assert len(chunked) == 1 and "Content-Length" not in chunked[0]


def the_event_of_store_has_another_type(place):
    with Endpoint() as server:
        result = probe(place, server, "--store")
    assert result.code == 0, result
    types = [json.loads(body)["type"] for method, _, body in server.seen
             if method == "POST"]
    assert types[:3] == ["hookcask.probe.stored"] * 2 + ["hookcask.probe"]
    assert server.seen[0][1]["svix-id"] in result.text


def yes_to_everything_is_no_endpoint(place):
    with Server(reply=b"<html>welcome</html>") as server:
        result = probe(place, server)
        found = findings(place, server)
    assert result.code == DATAERR, result
    assert {name for name, f in found.items() if f["verdict"] == "fault"} == \
        {"tampered", "stale", "unsigned"}, found
    assert "verifies nothing" in found["tampered"]["meaning"]
    assert found["genuine"]["verdict"] == "warning"


def redirects_are_named_by_their_trap(place):
    with Server() as server:
        port = server.port
    url = f"http://127.0.0.1:{port}/webhooks/levers"
    for location, trap in (
            (url + "/", "over the slash at the end"),
            (url.replace("127", "www.127"), "over the www."),
            (url.replace("http:", "https:"), "from http to https"),
            (url.replace("levers", "login"), "to another path"),
            (url.replace("127.0.0.1", "example.org"), "to another host"),
            ("/elsewhere", "to another path")):
        with Server([308], headers=[("Location", location)],
                    port=port) as server:
            result = probe(place, server)
        assert result.code == DATAERR, result
        assert f"a redirect {trap}, and senders follow none" in \
            result.text, result
        if "://" in location:
            assert f"give the sender {location}\n" in result.text, result
        assert len(server.seen) == 1 and "nothing else" in result.said


def refusals_are_told_with_their_cure(place):
    for status, server_name, reply, code, words in (
            (403, "Apache", b"<h1>no", DATAERR,
             ("firewall", "Apache: ", "SecRuleEngine Off")),
            (406, "nginx", b"", DATAERR,
             ("ModSecurity", "nginx: location = /webhooks/levers {")),
            (404, "lighttpd/1.4", b"", DATAERR,
             ("nothing at this URL", "lighttpd: fastcgi.server")),
            (404, "Apache", b'{"error":"Not found"}', DATAERR,
             ("no endpoint has this path", 'path = "/webhooks/levers"')),
            (401, "nginx", b"login", DATAERR, ("login", "auth_basic off")),
            (401, "nginx", b'{"error":"Invalid signature"}', DATAERR,
             ("its secret is not the one", "--fingerprint")),
            (405, "nginx", b"", DATAERR, ("takes no POST",)),
            (429, "x", b"", DATAERR, ("limit", "limit_req", "mod_evasive")),
            (502, "nginx", b"", TEMPFAIL, ("not reach", "fastcgi_pass")),
            (503, "x", b'{"error":"Try again"}', TEMPFAIL,
             ("its store", "hookcask check")),
            (500, "Apache", b"", TEMPFAIL, ("could not run",))):
        with Server([status], reply=reply, name=server_name) as server:
            result = probe(place, server)
        assert result.code == code, (status, result)
        for word in words:
            assert word in result.text, (status, word, result)


def a_silent_server_is_told_apart(place):
    with Server() as server:
        pass
    result = probe(place, server)
    assert result.code == UNAVAILABLE, result
    assert "nobody listens there" in result.text
    place.bad(USAGE, "probe", "-s", place.secret, "ftp://127.0.0.1/")
    place.bad(USAGE, "probe", "-s", place.secret)


def it_waits_for_a_reply_as_long_as_it_is_told(place):
    """Nobody takes the connection up: it is made and stays without a word."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        began = time.monotonic()
        result = place.run("probe", "-s", place.secret, url, "--timeout", 1)
        took = time.monotonic() - began
    if "built without libcurl" in result.said:
        raise Skip("built without libcurl")
    assert result.code == UNAVAILABLE and "no answer in time" in \
        result.text, result
    assert 1 <= took < 14, took  # not 15 s, which it would wait untold
    for seconds in ("0", "x", "-1"):
        place.bad(USAGE, "probe", "-s", place.secret, url, "--timeout",
                  seconds)


def a_clock_that_differs_is_a_warning(place):
    date = formatdate(time.time() - 400, usegmt=True)
    with Endpoint(date=date) as server:
        result = probe(place, server)
    assert result.code == 0 and "clock is" in result.said, result
    assert "behind this one" in result.said


def replies_cannot_steer_a_terminal(place):
    with Server([302], reply=b"\x1b]0;a\x07", name="\x1b[2J",
                headers=[("Location", "http://x/\x1b[31m")]) as server:
        for arguments in ((), ("--json",)):
            result = probe(place, server, *arguments)
            assert b"\x1b" not in result.out + result.err, result


def a_burst_is_sent_twice_to_warm_up(place):
    with Endpoint() as server:
        result = probe(place, server, "--warm", "8")
    assert result.code == 0 and result.said == "", result
    bodies = [json.loads(body) for _, _, body in server.seen]
    assert [b.get("hold") for b in bodies] == [None] + 8 * ["hold"] + \
        8 * ["no"], bodies
    assert {b["type"] for b in bodies} == {"hookcask.probe"}
    ids = {headers["svix-id"] for _, headers, _ in server.seen}
    assert len(ids) == 17
    warm, burst = result.text.splitlines()
    assert warm.startswith("warm      8 of 8 requests held at once were "
                           "accepted; the slowest answer took "), warm
    assert burst.startswith("burst     8 of 8 requests at once"), burst
    with Endpoint() as server:
        found = findings(place, server, "--warm", "2")
    assert found["burst"]["accepted"] == found["burst"]["sent"] == 2
    # some are refused; all of them are
    with Server((200, 503)) as server:
        result = probe(place, server, "--warm", "3")
    assert result.code == TEMPFAIL and len(server.seen) == 4, result
    assert "0 of 3" in result.text and "answer: 503" in result.text, result
    with Server((401,)) as server:
        result = probe(place, server, "--warm", "3")
    assert result.code == DATAERR and len(server.seen) == 1, result
    assert probe(place, server, "--warm", "1001").code == USAGE


ALL = [
    an_endpoint_that_verifies_is_good, what_it_sends_is_what_it_says,
    the_event_of_store_has_another_type, yes_to_everything_is_no_endpoint,
    redirects_are_named_by_their_trap, refusals_are_told_with_their_cure,
    a_silent_server_is_told_apart,
    it_waits_for_a_reply_as_long_as_it_is_told,
    a_burst_is_sent_twice_to_warm_up,
    a_clock_that_differs_is_a_warning, replies_cannot_steer_a_terminal,
]
