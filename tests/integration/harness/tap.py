# SPDX-License-Identifier: ISC
"""Test points in TAP 13 on standard output, with the reasons as comments."""

import multiprocessing
import sys
import traceback


class Skip(Exception):
    """Raised by a point that cannot run here; its text says why."""


class Tap:
    """Counts and prints; done() prints the plan and gives an exit status."""

    def __init__(self):
        self.count = 0
        self.failed = 0
        print("TAP version 13", flush=True)

    def comment(self, text):
        for line in str(text).splitlines():
            print("# " + line, flush=True)

    def point(self, good, name, why=""):
        self.count += 1
        if not good:
            self.failed += 1
        name = name.replace("#", "\\#")
        print(f"{'' if good else 'not '}ok {self.count} - {name}",
              flush=True)
        if not good and why:
            self.comment(why)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def run(self, name, call, *arguments):
        """One point: call must not raise. Returns "ok", "FAIL" or "skip"."""
        return self.report(name, *verdict_of(call, *arguments))

    def report(self, name, verdict, why):
        """One point, with the verdict of verdict_of()."""
        if verdict == "skip":
            self.skip(name, why)
        else:
            self.point(verdict == "ok", name, why)
        return verdict

    def done(self):
        if self.count == 0:
            print("1..0 # SKIP nothing to run")
        else:
            print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


class Notes(Tap):
    """What a process has to say, for another one that prints it."""

    def __init__(self):
        self.said = []

    def comment(self, text):
        self.said.append(("comment", text))

    def point(self, *words):
        self.said.append(("point", *words))

    def skip(self, *words):
        self.said.append(("skip", *words))

    def report(self, *words):
        self.said.append(("report", *words))
        return words[1]


def say(tap, said):
    """Prints what is in Notes."""
    for what, *words in said:
        getattr(tap, what)(*words)


def in_workers(count, call, work):
    """What call returns for each piece of work, in order."""
    with multiprocessing.get_context("fork").Pool(count) as pool:
        yield from pool.imap(call, work)
        # not terminate(): Python may wait for a lock as SIGTERM comes
        pool.close()
        pool.join()


def verdict_of(call, *arguments):
    """("ok", "FAIL" or "skip", why); may run in another process."""
    try:
        call(*arguments)
    except Skip as why:
        return "skip", str(why)
    except AssertionError as why:
        where = traceback.extract_tb(sys.exc_info()[2])[-1]
        return "FAIL", f"{where.filename}:{where.lineno}: {why}"
    except Exception:
        return "FAIL", traceback.format_exc()
    return "ok", ""


def skip_all(why):
    """The whole script cannot run here."""
    print(f"1..0 # SKIP {why}")
    sys.exit(0)
