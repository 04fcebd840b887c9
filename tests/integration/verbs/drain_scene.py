# SPDX-License-Identifier: ISC
"""What the tests of drain and failed share: stores, consumers, running ones."""

import collections
import contextlib
import json
import os
import pwd
import re
import signal
import sqlite3
import subprocess
import time

import tool_scene
import wire
from tool_scene import BUILD, make_record

RESPONDER = BUILD / "hookcask.fcgi"
PROGRAMS = (tool_scene.TOOL, RESPONDER)

# says which event it was given, and does as files tell it
CONSUMER = """#!/bin/sh
body=$(cat)
echo "$HOOKCASK_ID $HOOKCASK_ATTEMPT" >>"$SEEN"
[ ! -f "$SEEN.exit" ] || exit "$(cat "$SEEN.exit")"
"""


def ids_of(count, first=0):
    return [f"msg_{n:05d}" for n in range(first, first + count)]


def received(msg_id):
    """In the order of the numbers that ids end with."""
    digits = re.search("[0-9]*$", msg_id).group()
    return f"2026-01-01T00:00:00.{int(digits or 0) % 1000000:06d}Z".encode()


def lines(ids, kind="phone_call.ended"):
    body = f'{{"type":"{kind}"}}'.encode()
    return b"".join(re.sub(
        rb'("received":")[^"]*', rb"\g<1>" + received(i),
        make_record(body, kind, i)) for i in ids)


class Store:
    """A place with a store, a consumer that writes down what it saw."""

    def __init__(self, place, spool=False, more="", log="levers.jsonl"):
        self.place = place
        self.var = place.top / "var"
        self.var.mkdir(0o700, exist_ok=True)
        self.spool = place.top / "spool" if spool else None
        if spool:
            self.spool.mkdir(0o700)
            store = f'spool = "{self.spool}"'
        else:
            store = f'log = "{self.var}/{log}"'
        self.conf = place.config(store=store, more=more)
        self.log = self.var / log
        self.state = (self.spool or self.var) / ".hookcask-levers"
        self.seen_file = place.top / "seen"
        place.env["SEEN"] = str(self.seen_file)
        self.consumer = place.write("consumer", CONSUMER, 0o755)
        self.published = 0
        self.said = ""  # by the responder

    # -- what is stored --

    def put(self, ids, kind="phone_call.ended"):
        """Stores them; a log is settled as a responder would do it."""
        if self.spool:
            new = self.spool / "new"
            new.mkdir(0o700, exist_ok=True)
            self.state.mkdir(0o700, exist_ok=True)
            for i in ids:
                self.published += 1
                # a drain that is running sees all of it or nothing
                made = self.spool / "made"
                made.write_bytes(lines([i], kind))
                made.rename(new / f"{1700000000000000 + self.published:016d}"
                            f"-{i}.json")
            return
        with open(self.log, "ab") as file:
            file.write(lines(ids, kind))
        self.log.chmod(0o600)
        self.settle()

    def settle(self):
        self.place.good("index", "-c", self.conf, "--rebuild")

    def deliver(self, body=None, msg_id=None, program=RESPONDER,
                status=200, **who):
        """One signed message through the responder itself, as CGI."""
        sent = wire.Delivery(tool_scene.DOC_SECRET, body, msg_id)
        env = dict(self.place.env)
        env.update({
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST",
            "HOOKCASK_CONFIG": str(self.conf), "SCRIPT_NAME": "/levers",
            "CONTENT_LENGTH": str(len(sent.body)),
            "SERVER_PROTOCOL": "HTTP/1.1",
        })
        for name, value in sent.headers:
            env["HTTP_" + name.upper().replace("-", "_")] = value
        process = subprocess.run([program], input=sent.body, env=env,
                                 capture_output=True, check=False,
                                 timeout=tool_scene.TIME_LIMIT, **who)
        assert process.stdout.startswith(b"Status: %d" % status), process
        self.said += process.stderr.decode()
        return sent.id

    def make_index_older(self):
        """What hookcask made before format 2."""
        text = (tool_scene.SOURCE / "tests/unit/index_format_1.h").read_text()
        with contextlib.closing(sqlite3.connect(
                self.state / "index.db")) as db:
            db.executescript("".join(map(json.loads, re.findall(
                r'"[^"\n]*"', text[text.index("index_format_1["):]))))

    @contextlib.contextmanager
    def taken_index(self):
        """As a request under CGI has it while its disk is slow."""
        with contextlib.closing(sqlite3.connect(
                self.state / "index.db")) as db:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("BEGIN IMMEDIATE")
            yield

    # -- what was handed over --

    def seen(self):
        """[(id, attempt)] in the order in which they were handed over."""
        if not self.seen_file.exists():
            return []
        return [(i, int(attempt)) for i, attempt in
                (line.split() for line in
                 self.seen_file.read_text().splitlines())]

    def seen_ids(self):
        return [i for i, _ in self.seen()]

    def counts(self):
        return collections.Counter(self.seen_ids())

    def exits(self, code):
        """From now on the consumer ends so; None: well."""
        path = self.seen_file.with_name("seen.exit")
        if code is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(str(code))

    # -- running it --

    def arguments(self, *options, command=None):
        return ["drain", "-c", str(self.conf), *map(str, options), "--",
                *map(str, command or [self.consumer])]

    def drain(self, *options, command=None, **how):
        return self.place.run(*self.arguments(*options, command=command),
                              **how)

    def good(self, *options, **how):
        result = self.drain(*options, **how)
        assert result.code == 0, result
        return result

    def shell(self, script, *options, **how):
        return self.drain(*options, command=["sh", "-c", script], **how)

    def failed(self, *arguments):
        return self.place.run("failed", "-c", self.conf, *arguments)

    def start(self, *options, command=None, **how):
        # a shell that started us in the background has them ignored
        how.setdefault("preexec_fn", _obey_signals)
        return subprocess.Popen(
            tool_scene.command(*self.arguments(*options, command=command)),
            cwd=self.place.top, env=self.place.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **how)


def _obey_signals():
    for signo in (signal.SIGHUP, signal.SIGINT):
        signal.signal(signo, signal.SIG_DFL)


def until(what, condition, seconds=60):
    """Waits for a fact, not for a time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


def stop(process, signo=signal.SIGTERM):
    """Ends one that we started; its exit code and what it said."""
    process.send_signal(signo)
    _, said = process.communicate(timeout=tool_scene.TIME_LIMIT)
    return process.returncode, said.decode("utf-8", "replace")


def forbid(store, path):
    """The store's owner, whom root becomes, cannot read that file."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        store.place.top.chmod(0o755)
        for each in (store.place.top, *store.place.top.rglob("*")):
            os.chown(each, user.pw_uid, user.pw_gid)
        os.chown(path, 0, 0)
    path.chmod(0)


def allow(path):
    owner = path.parent.stat()
    os.chown(path, owner.st_uid, owner.st_gid)
    path.chmod(0o600)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
