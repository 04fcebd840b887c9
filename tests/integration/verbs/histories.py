#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What operators do to stores, at random, with one oracle: an event that was
answered 200 is in a file that the history did not damage itself, it is handed
to each consumer or a command names what it could not hand over, and none is
stored twice unless a command forgot it.

    histories.py [--seed N | --minutes N]

Without arguments the seeds of the test run. A seed that fails prints what it
did; --seed plays it again: the same steps, only a kill hits where it hits.
"""

import argparse
import collections
import gzip
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder)
                for folder in ("harness", "doors")]

import tool_scene
import vectors
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
PACKED = (".gz", *UNPACK)


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
        self.olddir = place.top / "olddir"
        self.olddir.mkdir(mode=0o700)
        self.away = None        # a file out of reach: where, and where it was
        self.index_lost = False
        self.settings = {}      # keys of the endpoint that differ
        self.log_name = "levers.jsonl"
        if not self.store.spool and self.random.random() < 0.5:
            self.set("olddir", f'"{self.olddir}"')
        self.clock = self.age = 0       # seconds ahead of the real one
        self.expired = set()    # older than the window
        self.grown = 0          # when that was, on this machine
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

    # -- its configuration --

    def set(self, key, value):
        self.settings[key] = value
        self.configure()

    def configure(self):
        store, names = self.store, {"spool": self.home}
        if not store.spool:
            names = {"log": self.home / self.log_name}
            store.log = self.home / self.log_name
        else:
            store.spool = self.home
        store.state = self.home / ".hookcask-levers"
        store.conf = self.place.config(
            store="\n".join(f'{k} = "{v}"' for k, v in names.items()),
            more="".join(f"{k} = {v}\n" for k, v in self.settings.items()))

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
                ".hookcask" not in str(p.relative_to(self.home))] + \
            list(self.olddir.iterdir())

    def present(self, files=None):
        found = collections.Counter()
        for path in self.files() if files is None else files:
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

    def request(self, msg_id, body):
        """The environment of a signed delivery."""
        sent = wire.Delivery(tool_scene.DOC_SECRET, body, msg_id,
                             age=-self.clock)
        env = {**self.place.env, "GATEWAY_INTERFACE": "CGI/1.1",
               "REQUEST_METHOD": "POST", "SCRIPT_NAME": "/levers",
               "HOOKCASK_CONFIG": str(self.store.conf),
               "CONTENT_LENGTH": str(len(body)),
               "SERVER_PROTOCOL": "HTTP/1.1"}
        for name, value in sent.headers:
            env["HTTP_" + name.upper().replace("-", "_")] = value
        return {**env, **self.at_the_time()}

    def at_the_time(self):
        # a clock that stood still would give several records one time
        return {**vectors.clock_at(0), "FAKETIME": f"{self.clock:+d}"} \
            if self.clock != 0 else {}

    def post(self, msg_id, body):
        done = subprocess.run([RESPONDER], input=body,
                              env=self.request(msg_id, body), check=False,
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
                msg_id not in (self.damaged | self.pruned | self.repeated |
                               self.expired):
            self.others.add((msg_id, body))
            if "reason=other-body" not in said:
                raise Wrong(f"{msg_id}: another body, and nothing was said")

    def rotate(self):
        log, number = self.store.log, self.number
        if self.store.spool or not log.exists():
            return
        (self.home / "old").mkdir(mode=0o700, exist_ok=True)
        targets = [self.home / name for name in (
            f"levers.jsonl.{number}", f"levers.jsonl-202601{number:02d}",
            f"202601{number:02d}-levers.jsonl", f"old/levers.jsonl.{number}",
            f"levers.{number}.jsonl", f"old/{number}")]
        if "olddir" in self.settings:
            targets += [self.olddir / f"levers.jsonl-202601{number:02d}"] * 2
        target = self.random.choice(targets)
        if not any(target.with_name(target.name + end).exists()
                   for end in ("", *PACKED)):
            log.rename(target)

    def pack(self):
        plain = [p for p in self.rotated() if p.suffix not in PACKED]
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
        files = [p for p in self.files() if p.suffix not in PACKED and
                 p.stat().st_size > 0 and p.name.startswith("levers.")]
        if self.store.spool or not files:
            return
        path = self.random.choice(sorted(files))
        path.write_bytes(b"note\n" + path.read_bytes())

    @staticmethod
    def remove_notes(path):
        """As a message asks for, also from a packed file."""
        text = content(path)
        while text.startswith(b"note\n"):
            text = text[5:]
        if path.suffix in PACKED:
            path.unlink()
            path = path.with_suffix("")
        path.write_bytes(text)
        path.chmod(0o600)

    def remove_rotated(self):
        if self.store.spool or not self.rotated():
            return
        path = self.random.choice(sorted(self.rotated()))
        self.destroys(path.unlink)

    def move_away(self):
        """Where no reader looks.  The judge brings it back."""
        if self.store.spool or self.away or not self.rotated():
            return
        path = self.random.choice(sorted(self.rotated()))
        place = self.place.top / f"away.{path.name}"
        self.away = (place, path.relative_to(
            self.olddir if path.parent == self.olddir else self.home))
        # where the index was lost, only the file itself knew its ids
        if self.index_lost:
            self.repeated |= set(self.present([path]))
        path.rename(place)

    def bring_back(self):
        path, name = self.away
        self.away = None
        target = self.home / name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if target.exists():
            target = target.with_name("back." + target.name)
        path.rename(target)

    def lose_index(self):
        self.index_lost = True
        if self.away:
            self.repeated |= set(self.present([self.away[0]]))
        for name in ("index.db", "index.db-wal", "index.db-shm"):
            (self.store.state / name).unlink(missing_ok=True)
        for _ in range(3):
            self.deliver_again()

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

    def change_name(self):
        if self.store.spool:
            return
        self.log_name = self.random.choice(
            ("levers.jsonl", "events.jsonl", "levers-live.jsonl"))
        self.configure()

    def change_settings(self):
        self.set("mode", self.random.choice(("0600", "0640")))
        self.set("dedup-window", self.random.choice(("2d", "7d")))

    def move(self):
        """The directory of the store, as a whole."""
        target = self.place.top / f"moved.{len(self.done)}"
        had_index = (self.store.state / "index.db").exists()
        self.home.rename(target)
        self.home = target
        self.configure()
        if had_index:
            self.number += 1
            if self.post(f"msg_{self.number:03d}", b"{}")[0]:
                raise Wrong("200 from a store that was moved")
        self.run("index", "-c", self.store.conf, "--moved")

    def jump(self):
        """As clocks do that are set; less than the window."""
        self.clock = self.age + self.random.choice((0, 0, 3600, -3600))

    def set_times(self):
        """Files are written at times of this machine, which has not aged."""
        now = time.time()
        for path in self.files():
            written = path.stat().st_mtime
            if self.grown < written < now + 3600:
                os.utime(path, (written, written + self.age))

    def grow_old(self):
        self.grown = time.time()
        self.age += 8 * 86400
        self.clock = self.age
        self.expired |= set(self.bodies)

    def kill(self):
        """With -9, somewhere in what it does."""
        self.number += 1
        msg_id, body = f"msg_{self.number:03d}", b'{"type":"a.b"}'
        conf, consumer = self.store.conf, self.random.choice(self.consumers)
        env = {**self.place.env,
               "SEEN": str(self.place.top / f"seen.{consumer}")}
        words, env = self.random.choice((
            ([RESPONDER], self.request(msg_id, body)),
            ([tool_scene.TOOL, "index", "-c", conf, "--rebuild"], env),
            ([tool_scene.TOOL, "drain", "-c", conf, *self.name(consumer),
              "--once", "--tries", "1", *self.types(consumer), "--",
              self.consumer], env)))
        process = subprocess.Popen(
            words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        seconds = self.random.uniform(0, 0.03)
        try:
            out, said = process.communicate(body, seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, said = process.communicate()
        self.note(said.decode())
        if out.startswith(b"Status: 200"):
            self.bodies[msg_id] = body

    def prune(self):
        if self.random.random() < 0.5:
            # what the index must keep is not pruned
            self.rotate()
            self.grow_old()
            self.deliver()
        before = set(self.present())
        self.run("prune", "-c", self.store.conf, "--max-age", "0s",
                 env=self.at_the_time())
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
                 if n > 1 and i not in self.repeated | self.expired]
        if twice and not self.forgot:
            raise Wrong(f"stored twice: {twice}")
        # one that is no JSON was repeated, for an id that was free meanwhile
        kept = {(r["id"], json.dumps(r["data"]).replace(" ", "").encode())
                for r in (json.loads(p.read_text()) for p in
                          self.store.state.glob("other-body/*.json"))
                if "data" in r}
        if self.others - kept:
            raise Wrong(f"other bodies are gone: {self.others - kept}")

    def judge_away(self):
        """Who began an older file is told that one has gone."""
        gone = set(self.present([self.away[0]])) & set(self.bodies) - \
            self.damaged
        for consumer in self.consumers:
            seen = self.seen(consumer)
            known = seen - self.expired - self.damaged
            # killed before it wrote down anything, it has begun none
            state = self.store.state / f"drain-{consumer}"
            if not state.exists() or \
                    not re.search(r"^\w+ [PZ] ", state.read_text(), re.M):
                continue
            if gone - seen and known and min(known) < min(gone) and \
                    self.drain_some(consumer, "0").code == 0:
                raise Wrong(f"{consumer}: {gone - seen} are in a file that "
                            "has gone, and drain ended with 0")

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
            for name in re.findall(r"(/\S+): lines of others precede", said):
                self.remove_notes(pathlib.Path(name))
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
        if self.away:
            if not self.index_lost and not self.forgot and \
                    not self.unindexed:
                self.judge_away()
            self.bring_back()
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
            self.leave_doubt, self.index, self.retry, self.prune,
            self.change_name, self.change_settings, self.move, self.jump,
            self.grow_old, self.move_away, self.move_away, self.kill,
            self.kill]
        self.deliver()
        assert self.bodies, "the first delivery was not stored"
        try:
            for _ in range(STEPS):
                step = self.random.choice(steps)
                self.done.append(step.__name__)
                step()
                self.set_times()
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
    vectors.clock_at(0)  # or there is nothing to set clocks with
    tap = Tap()
    for seed in seeds:
        if until is not None and time.monotonic() >= until:
            break
        tap.run(f"history {seed}", play, seed)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
