#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
A program for drain --stay. It writes the id of each record that it answers
with ok to $SEEN, and does what its first argument says.
"""

import json
import os
import pathlib
import signal
import sys
import time

SEEN = pathlib.Path(os.environ["SEEN"])
MARK = SEEN.with_name("once")


def first_time():
    """True for one program only: others come after it."""
    try:
        MARK.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def tell_pid():
    """Whoever reads it reads a whole one."""
    path = SEEN.with_name("pid")
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(str(os.getpid()))
    new.rename(path)


class Program:
    """Answers each line at once."""

    def __init__(self):
        self.number = 0
        self.told = []  # tokens
        self.file = SEEN.open("a", encoding="ascii")

    def hello(self):
        say("hookcask-stay 1")
        say("resume")

    def keep(self, record):
        self.file.write(json.loads(record)["id"] + "\n")
        self.file.flush()

    def record(self, record):
        self.keep(record)
        say(f"ok {self.number}")

    def pause(self):
        """No line follows for now."""

    def run(self):
        greeted = False
        for line in sys.stdin:
            line = line.rstrip("\n")
            if line.startswith("{"):
                self.number += 1
                self.record(line)
            elif line.startswith("checkpoint "):
                self.told.append(line.split()[1])
            elif line == "" and not greeted:
                greeted = True
                self.hello()
            elif line == "":
                self.pause()
            else:
                assert line == "hookcask-stay 1 levers", line


class Batches(Program):
    """Answers when no line follows."""

    def __init__(self):
        super().__init__()
        self.held = []  # (number, record)

    def record(self, record):
        self.held.append((self.number, record))

    def answers(self):
        return [f"ok {number}" for number, _ in self.held]

    def pause(self):
        for _, record in self.held:
            self.keep(record)
        if self.held:
            say("\n".join(self.answers()))
        self.held = []


class Reverse(Batches):
    def answers(self):
        return super().answers()[::-1]


class Twice(Batches):
    def answers(self):
        return super().answers() * 2 + ["ok 1", "later 1", "failed 1 no"]


class Marks(Batches):
    """Each batch has a token: the number of ids in its file."""

    def answers(self):
        count = len(SEEN.read_text(encoding="ascii").split())
        return [f"ok {self.held[0][0]}-{self.held[-1][0]} t{count}"]


class Resume(Marks):
    """The first one says where to go on, the token after its name."""

    def hello(self):
        SEEN.with_name("told").write_text(" ".join(self.told))
        say("hookcask-stay 1")
        if first_time():
            say("lost 3")
            say(" ".join(["resume", *sys.argv[2:]]))
        else:
            say("resume")


class Midway(Marks):
    """It goes back after some batches, while it has lines."""

    def pause(self):
        if self.number >= 12 and first_time():
            self.held = []
            say("resume t4")
            return
        super().pause()


class Later(Batches):
    def answers(self):
        if not first_time():
            return super().answers()
        return [f"later {n}" if n % 2 else f"ok {n}" for n, _ in self.held]

    def keep(self, record):
        if MARK.exists() or int(record.split('"id":"')[1][4:9]) % 2:
            super().keep(record)


class Fails(Program):
    def record(self, record):
        if json.loads(record)["id"].endswith("7"):
            say(f"failed {self.number} it has \\ a seven")
        else:
            super().record(record)


class Share(Program):
    """Ends after ten, as programs do that leak."""

    def record(self, record):
        super().record(record)
        if self.number == 10:
            sys.exit(0)


class Broken(Program):
    """The first one does something wrong at its third line."""

    def record(self, record):
        if self.number == 3 and first_time():
            getattr(self, sys.argv[2])()
        super().record(record)

    def never_sent(self):
        say("ok 4000")
        time.sleep(600)

    def half(self):
        sys.stdout.write("ok 3")
        sys.stdout.flush()
        sys.exit(4)

    def word(self):
        say("okay 3")
        time.sleep(600)

    def zero(self):
        say("ok 0")
        time.sleep(600)

    def flood(self):
        for _ in range(64):
            sys.stdout.write("x" * 65536)
        time.sleep(600)

    def silence(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)

    def deaf(self):
        os.close(0)
        time.sleep(600)

    def mute(self):
        os.close(1)
        time.sleep(600)

    def exit(self):
        sys.exit(9)

    def killed(self):
        os.kill(os.getpid(), signal.SIGKILL)


class Hanging(Program):
    """It tells its number, and does not end by itself."""

    def hello(self):
        tell_pid()
        super().hello()

    def record(self, record):
        if self.number < 3:
            super().record(record)
        else:
            SEEN.with_name("hangs").touch()


class Slow(Reverse):
    """Some time passes between what it keeps and what it says."""

    def hello(self):
        tell_pid()
        super().hello()

    def keep(self, record):
        super().keep(record)
        time.sleep(0.001)


class Env(Program):
    def hello(self):
        SEEN.with_name("env").write_text("\n".join(sorted(
            f"{k}={v}" for k, v in os.environ.items()
            if k.startswith("HOOKCASK_"))))
        super().hello()


if __name__ == "__main__":
    {kind.__name__.lower(): kind for kind in (
        Program, Batches, Reverse, Twice, Marks, Resume, Midway, Later,
        Fails, Share, Broken, Hanging, Slow, Env)}[sys.argv[1]]().run()
