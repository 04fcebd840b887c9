# SPDX-License-Identifier: ISC
"""dev, with lighttpd: what it prints, and that nothing is left behind."""

import contextlib
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from tap import Skip
from tool_scene import (CONFIG, DOC_SECRET, TEMPFAIL, TOOL, UNAVAILABLE,
                        USAGE, Endpoint, Server, command)

NAME = "dev"
LIGHTTPD = shutil.which("lighttpd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
LIMIT = 60


def wait_for(condition, what):
    end = time.monotonic() + LIMIT
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {LIMIT} s for {what}"
        time.sleep(0.02)
    return found


def processes_in(directory):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and directory.encode() in \
                    (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:
            pass
    return found


class Dev:
    """It runs; .url, .secret and .dir are what it said."""

    def __init__(self, place, *arguments):
        if LIGHTTPD is None:
            raise Skip("lighttpd is not here")
        self.out, self.said = place.top / "dev.out", place.top / "dev.said"
        with self.out.open("wb") as out, self.said.open("wb") as said:
            self.process = subprocess.Popen(
                command("dev", *arguments), cwd=place.top,
                env=place.env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=said)
        wait_for(lambda: "Ctrl-C" in self.text() or
                 self.process.poll() is not None, "its greeting")
        assert self.process.poll() is None, self.text()
        self.url = re.search(r"^hookcask dev: (.*)$", self.text(),
                             re.M).group(1)
        self.secret = re.search(r"^  secret +(.*)$", self.text(),
                                re.M).group(1)
        self.dir = str(pathlib.Path(self.secret).parent)

    def text(self):
        return self.said.read_text()

    def records(self):
        return [json.loads(line) for line in self.out.open()
                if line.endswith("\n")]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(LIMIT)


@contextlib.contextmanager
def running(place, *arguments):
    dev = Dev(place, *arguments)
    try:
        yield dev
    finally:
        if dev.process.poll() is None:
            dev.end()


def send(place, dev, *arguments):
    result = place.run("send", "-s", dev.secret, dev.url, *arguments)
    if "built without libcurl" in result.said:
        raise Skip("built without libcurl")
    return result


def gone(dev):
    assert not processes_in(dev.dir), processes_in(dev.dir)
    assert not pathlib.Path(dev.dir).exists()


def an_event_is_printed_as_it_arrives(place):
    with running(place) as dev:
        assert processes_in(dev.dir)
        assert send(place, dev).code == 0
        record, = wait_for(dev.records, "the event")
        assert record["type"] == "phone_call.ended"
        assert send(place, dev, "--tamper").code != 0
        wait_for(lambda: "reason=no-match" in dev.text(), "the refusal")
        assert dev.text().count("reason=no-match") == 1, dev.text()
        assert dev.end() == 0
    assert len(dev.records()) == 1
    gone(dev)


def ctrl_c_leaves_nothing_behind(place):
    with running(place) as dev:
        assert dev.end(signal.SIGINT) == 0
    gone(dev)


def once_ends_after_one_event(place):
    with running(place, "--once") as dev:
        assert send(place, dev).code == 0
        assert dev.process.wait(LIMIT) == 0, dev.text()
    assert len(dev.records()) == 1
    gone(dev)
    with running(place, "--once") as dev:
        assert dev.end() == TEMPFAIL
    gone(dev)


def a_directory_is_kept_with_its_secret(place):
    kept = place.top / "kept"
    place.top.chmod(0o755)
    with running(place, "--dir", kept, "--name", "levers") as dev:
        assert (kept / "url").read_text().strip() == dev.url
        assert dev.url.endswith("/webhooks/levers")
        assert send(place, dev).code == 0
    secret = (kept / "levers.secret").read_text()
    assert not processes_in(str(kept))
    with running(place, "--dir", kept, "--name", "levers") as dev:
        assert (kept / "levers.secret").read_text() == secret
        assert send(place, dev).code == 0
        wait_for(dev.records, "the second event, and only that")
        assert len(dev.records()) == 1
    assert len((kept / "store/levers.jsonl").read_text().splitlines()) == 2


def a_secret_may_be_given(place):
    with running(place, "--secret-file", place.secret) as dev:
        result = place.run("send", "-s", place.secret, dev.url)
        assert result.code == 0 or "without libcurl" in result.said, result
        assert DOC_SECRET in pathlib.Path(dev.secret).read_text()
        assert DOC_SECRET not in dev.text()
    gone(dev)
    bad = place.write("bad", "whsec_!\n", 0o600)
    assert f"{bad}:1" in place.bad(CONFIG, "dev", "-s", bad).said


def each_event_goes_on_to_a_url(place):
    place.top.chmod(0o755)
    with Endpoint((place.top / "dev/dev.secret",)) as server, \
            running(place, "--to", server.url, "--dir", "dev") as dev:
        sent = send(place, dev)
        assert sent.code == 0, sent
        wait_for(lambda: " 200 in " in dev.text(), "the answer")
        [(_, headers, body)] = server.seen
        [record] = dev.records()
        assert headers["svix-id"] == record["id"]
        assert json.loads(body) == record["data"]
        assert f"-> {record['id']}: 200 in" in dev.text()
        assert dev.end() == 0
    with Server((500,), b"no \x1b[31m") as server, \
            running(place, "--to", server.url, "--once") as dev:
        send(place, dev)
        assert dev.process.wait(LIMIT) == 0
        assert ": 500 in " in dev.text() and "\x1b" not in dev.text()
    with running(place, "--to", "http://127.0.0.1:1/", "--once") as dev:
        send(place, dev)
        assert dev.process.wait(LIMIT) == 0
    assert "-> msg_" in dev.text(), dev.text()


def without_lighttpd_it_says_so(place):
    before = set(pathlib.Path("/tmp").glob("hookcask-dev.*"))
    result = place.bad(UNAVAILABLE, "dev", "--lighttpd", "/nowhere/lighttpd",
                       "--responder", TOOL)
    assert "/nowhere/lighttpd: not found" in result.said
    assert "apt install lighttpd" in result.said
    assert not [p for p in set(pathlib.Path("/tmp").glob("hookcask-dev.*")) -
                before if processes_in(str(p)) == []], "left behind"


def a_port_in_use_is_said(place):
    if LIGHTTPD is None:
        raise Skip("lighttpd is not here")
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        result = place.bad(UNAVAILABLE, "dev", "--port", port)
    assert f"port {port} in use" in result.said, result
    place.bad(USAGE, "dev", "--port", 0)
    place.bad(USAGE, "dev", "--name", "../x")


def a_reader_that_leaves_ends_it(place):
    if LIGHTTPD is None:
        raise Skip("lighttpd is not here")
    process = subprocess.Popen(
        command("dev", "--dir", place.top / "kept"), cwd=place.top,
        env=place.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    try:
        place.top.chmod(0o755)
        url = place.top / "kept/url"
        wait_for(lambda: url.exists() and url.read_text().strip(), "its url")
        process.stdout.close()
        result = place.run("send", "-s", place.top / "kept/dev.secret",
                           url.read_text().strip())
        if "built without libcurl" in result.said:
            raise Skip("built without libcurl")
        assert result.code == 0, result
        assert process.wait(LIMIT) == -signal.SIGPIPE
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(LIMIT)
    assert not processes_in(str(place.top / "kept"))


def a_server_that_ends_is_said(place):
    with running(place) as dev:
        pid = int((pathlib.Path(dev.dir) / "run/pid").read_text())
        subprocess.run(["kill", str(pid)], check=True)
        assert dev.process.wait(LIMIT) == UNAVAILABLE
    assert "lighttpd has ended" in dev.text()
    gone(dev)


ALL = [
    an_event_is_printed_as_it_arrives, ctrl_c_leaves_nothing_behind,
    once_ends_after_one_event, a_directory_is_kept_with_its_secret,
    a_secret_may_be_given, each_event_goes_on_to_a_url,
    without_lighttpd_it_says_so,
    a_port_in_use_is_said, a_reader_that_leaves_ends_it,
    a_server_that_ends_is_said,
]
