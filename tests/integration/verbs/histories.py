#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What operators do to stores, at random, with one oracle: an event that was
answered 200 is in a file that the history did not damage itself, it is handed
to each consumer or a command names what it could not hand over, and none is
stored twice unless a command forgot it.

    histories.py [--seed N | --minutes N]

Without arguments the seeds of the test run. A seed that fails prints what it
did; --seed plays it again.
"""

import argparse
import collections
import gzip
import itertools
import json
import pathlib
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import tool_scene
import wire
from drain_scene import PROGRAMS, RESPONDER, Store
from tap import Tap, skip_all

SEEDS = range(1, 41)
STEPS = 24
CONSUMERS = ("default", "second")
CONSUMER = """#!/bin/sh
read -r body
echo "$HOOKCASK_ID" >>"$SEEN"
exit "${FAILS:-0}"
"""
UNPACK = {".zst": ["zstd", "-dcq"], ".xz": ["xz", "-dc"]}


class Wrong(Exception):
    """The oracle's finding."""


def content(path):
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix in UNPACK:
        return subprocess.run([*UNPACK[path.suffix], path], check=True,
                              capture_output=True).stdout
    return path.read_bytes()


class History:
    def __init__(self, seed, place):
        self.random = random.Random(seed)
        self.place = place
        self.store = Store(place, spool=self.random.random() < 0.25)
        self.consumer = place.write("each", CONSUMER, 0o755)
        self.home = self.store.spool or self.store.var
        # a spool has one, without a name
        self.consumers = CONSUMERS[:1] if self.store.spool else CONSUMERS
        self.done = []          # what was done, for people
        self.bodies = {}        # id: the body that was answered 200 first
        self.others = set()     # (id, body): other bodies answered 200
        self.damaged = set()    # ids that this history took away itself
        self.pruned = set()
        self.saved = None       # an older copy of the log
        self.forgot = False
        self.unindexed = set()  # a power loss took them from the index
        self.repeated = set()   # and a rotation hid them: that was said
        self.number = 0

    def name(self, consumer):
        return [] if self.store.spool else ["--name", consumer]

    @staticmethod
    def types(consumer):
        # all that are sent, and those that cannot be known
        return ["--type", "a.*,c.*"] if consumer == "second" else []

    # -- what is there --

    def files(self):
        if self.store.spool:
            return [p for d in ("new", "cur", "done", "failed")
                    for p in (self.home / d).glob("*.json")]
        return [p for p in self.home.rglob("*") if p.is_file() and
                ".hookcask" not in str(p.relative_to(self.home))]

    def present(self):
        found = collections.Counter()
        for path in self.files():
            for line in content(path).splitlines():
                try:
                    found[json.loads(line)["id"]] += 1
                except (ValueError, KeyError, TypeError):
                    pass
        return found

    def rotated(self):
        return [p for p in self.files() if p != self.store.log]

    def seen(self, consumer):
        path = self.place.top / f"seen.{consumer}"
        return set(path.read_text().split()) if path.exists() else set()

    def destroys(self, action):
        before = set(self.present())
        action()
        self.damaged |= before - set(self.present())

    # -- steps --

    def note(self, said):
        """By the responder, or by a command that settles the log."""
        if "may be stored again if the sender repeats them" in said:
            self.repeated |= self.unindexed

    def run(self, *words, **how):
        result = self.place.run(*words, **how)
        self.note(result.said)
        return result

    def post(self, msg_id, body):
        sent = wire.Delivery(tool_scene.DOC_SECRET, body, msg_id)
        env = {**self.place.env, "GATEWAY_INTERFACE": "CGI/1.1",
               "REQUEST_METHOD": "POST", "SCRIPT_NAME": "/levers",
               "HOOKCASK_CONFIG": str(self.store.conf),
               "CONTENT_LENGTH": str(len(body)),
               "SERVER_PROTOCOL": "HTTP/1.1"}
        for name, value in sent.headers:
            env["HTTP_" + name.upper().replace("-", "_")] = value
        done = subprocess.run([RESPONDER], input=body, env=env, check=False,
                              capture_output=True,
                              timeout=tool_scene.TIME_LIMIT)
        said = done.stderr.decode()
        self.note(said)
        return done.stdout.startswith(b"Status: 200"), said

    def deliver(self):
        for _ in range(self.random.randint(1, 3)):
            self.number += 1
            msg_id = f"msg_{self.number:03d}"
            body = self.random.choice((
                b'{"type":"a.b","n":%d}', b'{"type":"c.d","n":%d}',
                b'{"type":"a.b","n":%d}', b'{"n":%d}',
                b'{"type":"a.b","n":%d')) % self.number
            if self.post(msg_id, body)[0]:
                self.bodies[msg_id] = body

    def deliver_again(self):
        if not self.bodies:
            return
        msg_id = self.random.choice(sorted(self.bodies))
        if self.random.random() < 0.5:
            self.post(msg_id, self.bodies[msg_id])
            return
        body = b'{"other":%d}' % self.number
        good, said = self.post(msg_id, body)
        # an id that was forgotten has no first body; one whose file has gone
        # is forgotten with the index, or that it may come again was said
        if good and not self.forgot and \
                msg_id not in self.damaged | self.pruned | self.repeated:
            self.others.add((msg_id, body))
            if "reason=other-body" not in said:
                raise Wrong(f"{msg_id}: another body, and nothing was said")

    def rotate(self):
        log, number = self.store.log, self.number
        if self.store.spool or not log.exists():
            return
        (self.home / "old").mkdir(mode=0o700, exist_ok=True)
        target = self.random.choice((
            f"levers.jsonl.{number}", f"levers.jsonl-202601{number:02d}",
            f"202601{number:02d}-levers.jsonl", f"old/levers.jsonl.{number}"))
        if not any((self.home / (target + end)).exists()
                   for end in ("", ".gz", ".zst", ".xz")):
            log.rename(self.home / target)

    def pack(self):
        plain = [p for p in self.rotated() if p.suffix not in
                 (".gz", ".zst", ".xz")]
        if self.store.spool or not plain:
            return
        path = self.random.choice(sorted(plain))
        how = self.random.choice(("gzip", "zstd", "xz"))
        subprocess.run({"gzip": ["gzip", path], "xz": ["xz", "-0", path],
                        "zstd": ["zstd", "-q", "--rm", path]}[how],
                       check=True, capture_output=True)

    def save_copy(self):
        if not self.store.spool and self.store.log.exists():
            self.saved = self.store.log.read_bytes()

    def restore_copy(self):
        if self.saved is None or not self.store.log.exists():
            return
        # only over the file that it is of: elsewhere it would be a second one
        if self.store.log.read_bytes().startswith(self.saved[:200]):
            self.destroys(lambda: self.store.log.write_bytes(self.saved))

    def cut_last_line(self):
        log = self.store.log
        if self.store.spool or not log.exists():
            return
        rows = log.read_bytes().splitlines(keepends=True)
        self.destroys(lambda: log.write_bytes(b"".join(rows[:-1])))

    def edit_first_line(self):
        log = self.store.log
        if self.store.spool or not log.exists():
            return
        text = log.read_bytes()
        if not text.startswith(b"{"):
            return
        new = log.with_name(".new")
        new.write_bytes(text.replace(b'"n":', b'"m":', 1))
        new.chmod(0o600)
        new.replace(log)
        self.damaged.add(json.loads(text.split(b"\n", 1)[0])["id"])

    def append_foreign(self):
        log = self.store.log
        # a log that begins so is none: 503, until the operator moves it away
        if not self.store.spool and log.exists() and log.stat().st_size > 0:
            with open(log, "ab") as file:
                file.write(b"note\n")

    def prepend_foreign(self):
        """To the log itself, or to a file that rotation has left."""
        files = [p for p in self.files() if p.suffix not in
                 (".gz", ".zst", ".xz") and p.stat().st_size > 0 and
                 p.name.startswith("levers.")]
        if self.store.spool or not files:
            return
        path = self.random.choice(sorted(files))
        path.write_bytes(b"note\n" + path.read_bytes())

    def remove_rotated(self):
        if self.store.spool or not self.rotated():
            return
        path = self.random.choice(sorted(self.rotated()))
        self.destroys(path.unlink)

    def lose_index(self):
        for name in ("index.db", "index.db-wal", "index.db-shm"):
            (self.store.state / name).unlink(missing_ok=True)

    def lose_commits(self):
        """As a power loss does: the log is synced, the last commits of its
        index are not."""
        if self.store.spool or not self.store.state.exists():
            return
        names = ("index.db", "index.db-wal", "index.db-shm")
        before = {n: (self.store.state / n).read_bytes() for n in names
                  if (self.store.state / n).exists()}
        log = self.store.log.exists() and self.store.log.stat().st_ino
        known = set(self.bodies)
        self.deliver()
        # a new file is synced with its name in the index
        if "index.db" in before and log and \
                self.store.log.stat().st_ino == log:
            for name in names:
                (self.store.state / name).unlink(missing_ok=True)
                if name in before:
                    (self.store.state / name).write_bytes(before[name])
            self.unindexed |= set(self.bodies) - known

    def leave_doubt(self):
        if self.store.state.exists():
            (self.store.state / "index.doubt").write_bytes(b"")

    def index(self):
        verb = self.random.choice(("--rebuild", "--forget-lost", "--dry"))
        if verb == "--dry":
            self.run("index", "-c", self.store.conf, "--forget-lost",
                     "--dry-run")
            return
        self.forgot = self.forgot or verb == "--forget-lost"
        self.run("index", "-c", self.store.conf, verb)

    def drain_some(self, consumer=None, fails=None, options=()):
        consumer = consumer or self.random.choice(self.consumers)
        fails = fails if fails is not None else \
            self.random.choice(("0", "0", "0", "1", "75"))
        env = {"SEEN": str(self.place.top / f"seen.{consumer}"),
               "FAILS": fails}
        return self.run(
            "drain", "-c", self.store.conf, *self.name(consumer), "--once",
            "--tries", "1", *self.types(consumer), *options, "--",
            self.consumer, env=env)

    def retry(self):
        for consumer in self.consumers:
            self.run("failed", "-c", self.store.conf,
                     *self.name(consumer), "--all", "retry")

    def prune(self):
        before = set(self.present())
        self.run("prune", "-c", self.store.conf, "--max-age", "0s")
        gone = before - set(self.present())
        for consumer in self.consumers:
            known = (self.store.state / f"drain-{consumer}").exists()
            lost = gone - self.seen(consumer) - self.damaged
            if known and lost and not self.store.spool:
                raise Wrong(f"pruned before {consumer} had them: {lost}")
        self.pruned |= gone

    # -- the oracle --

    def judge_files(self):
        found = self.present()
        lost = set(self.bodies) - set(found) - self.damaged - self.pruned
        if lost:
            raise Wrong(f"answered 200 and in no file: {sorted(lost)}")
        twice = [i for i, n in found.items()
                 if n > 1 and i not in self.repeated]
        if twice and not self.forgot:
            raise Wrong(f"stored twice: {twice}")
        kept = {(r["id"], json.dumps(r["data"]).replace(" ", "").encode())
                for r in map(json.loads, (
                    p.read_text() for p in
                    self.store.state.glob("other-body/*.json")))}
        if self.others - kept:
            raise Wrong(f"other bodies are gone: {self.others - kept}")

    def judge_consumer(self, consumer):
        for _ in range(3):
            result = self.drain_some(consumer, "0")
            if result.code == 0:
                break
        said = result.said.strip()
        if result.code != 0:
            if result.code not in (65, 66, 75) or not said:
                raise Wrong(f"{consumer}: drain ended so: {result}")
            if self.store.spool:
                raise Wrong(f"{consumer}: a spool's drain failed: {result}")
            # what the message of 75 names; for 65, where to go on
            words = ("index", "-c", self.store.conf, "--rebuild")
            if "move it away if it has none" in self.run(*words).said:
                self.destroys(lambda: self.store.log.rename(
                    self.place.top / f"away.{consumer}"))
                self.run(*words)
            again = self.drain_some(consumer, "0", ("--from-start",))
            if again.code not in (0, 65, 66):
                raise Wrong(f"{consumer}: --from-start: {again}")
        missing = set(self.present()) & set(self.bodies) - \
            self.seen(consumer) - self.damaged
        if missing:
            raise Wrong(f"{consumer}: never handed over: {sorted(missing)}, "
                        f"and drain ended with {result.code}: {said}")

    def judge(self):
        # or no delivery comes that would settle what a power loss has left
        self.random.choice((self.deliver, self.lose_commits))()
        self.judge_files()
        self.retry()
        for consumer in self.consumers:
            self.judge_consumer(consumer)

    def play(self):
        steps = [self.deliver] * 8 + [self.drain_some] * 4 + [
            self.deliver_again, self.deliver_again, self.rotate, self.rotate,
            self.pack, self.save_copy, self.restore_copy, self.cut_last_line,
            self.edit_first_line, self.append_foreign, self.prepend_foreign,
            self.remove_rotated, self.lose_index, self.lose_commits,
            self.leave_doubt, self.index, self.retry, self.prune]
        try:
            for _ in range(STEPS):
                step = self.random.choice(steps)
                self.done.append(step.__name__)
                step()
            self.judge()
        except Wrong as wrong:
            raise AssertionError(f"{wrong}\n" + ", ".join(self.done)) \
                from wrong


def play(seed):
    with tool_scene.Place() as place:
        History(seed, place).play()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--minutes", type=float)
    args = parser.parse_args()
    if not all(p.exists() for p in PROGRAMS) or \
            not (shutil.which("zstd") and shutil.which("xz")):
        skip_all("the tool is not built here, or zstd, xz are not installed")
    seeds, until = SEEDS, None
    if args.seed is not None:
        seeds = [args.seed]
    elif args.minutes is not None:
        until = time.monotonic() + 60 * args.minutes
        seeds = itertools.count(random.SystemRandom().randrange(1 << 30))
    tap = Tap()
    for seed in seeds:
        if until is not None and time.monotonic() >= until:
            break
        tap.run(f"history {seed}", play, seed)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
