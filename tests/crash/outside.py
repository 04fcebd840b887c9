# SPDX-License-Identifier: ISC
"""The stores from outside: processes that are killed, disks that are full,
system calls that fail, an image of a disk taken while it is written to.

Each test lets tests/crash/driver put events, keeps the list of what it has
acknowledged, and compares that with the files.
"""

import collections
import fcntl
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(os.environ.get("top_srcdir",
                                  pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("top_builddir", "."))
sys.path.insert(0, str(TOP / "tests/integration/harness"))

from tap import Skip, Tap  # noqa: E402

DRIVER = BUILD / "tests/crash/driver"
LONG = os.environ.get("HOOKCASK_LONG") == "1"
SECONDS = 60 if LONG else 4
HOME = tempfile.TemporaryDirectory(prefix="hookcask.")
RANDOM = random.Random(1)
STARTED = []


class Place:
    """A store, the list of acknowledgements, and what was put."""

    def __init__(self, kind, home=None):
        self.home = pathlib.Path(home or tempfile.mkdtemp(dir=HOME.name))
        self.kind = kind
        self.aside = pathlib.Path(tempfile.mkdtemp(dir=HOME.name))
        self.acks = self.aside / "acks"
        self.acks.touch()
        self.store = self.home / ("log" if kind == "log" else "spool")
        if kind == "spool":
            self.store.mkdir(exist_ok=True)
        self.state = (self.home if kind == "log" else self.store) / \
            ".hookcask-test"
        self.consumed = collections.Counter()

    def command(self, first, last, threads=2, timeout=5, prefix="m"):
        return [str(DRIVER), self.kind, str(self.store), str(threads),
                str(timeout), str(self.acks), prefix, str(first), str(last)]

    def start(self, *arguments, wrapper=(), **keywords):
        with open(self.aside / "notes", "ab") as notes:
            process = subprocess.Popen(
                list(wrapper) + self.command(*arguments, **keywords),
                stderr=notes, stdout=notes)
        STARTED.append(process)
        return process

    def put(self, *arguments, **keywords):
        """To its end; the lines of this one: [(letter, id), ...]."""
        before = len(self.lines())
        self.start(*arguments, **keywords).wait()
        return self.lines()[before:]

    def lines(self):
        return [tuple(line.split()[:2]) for line in
                self.acks.read_text(errors="replace").splitlines()]

    def acknowledged(self):
        return {id for letter, id in self.lines() if letter in "SD"}

    def notes(self):
        return (self.aside / "notes").read_text(errors="replace")[-2000:]

    def records(self):
        """How often each id is in the files."""
        found = collections.Counter(self.consumed)
        folder = self.home if self.kind == "log" else self.store / "new"
        for path in folder.iterdir():
            if path.is_file() and path.name[0] != ".":
                found.update(ids_of(path.read_bytes(), path.name))
        return found

    def consume(self):
        for path in sorted((self.store / "new").iterdir()):
            self.consumed.update(ids_of(path.read_bytes(), path.name))
            path.unlink()

    def retry(self, first, last, attempts=5):
        """The sender repeats everything until it is acknowledged."""
        for _ in range(attempts):
            lines = self.put(first, last, threads=4)
            if len(lines) == last - first + 1 and \
                    all(letter in "SD" for letter, _ in lines):
                return
        why = [line for line in self.acks.read_text(
            errors="replace").splitlines() if line[0] == "E"][-1:]
        raise AssertionError(f"not all are acknowledged: {why}")

    def check(self, first, last):
        """All of them, each once, nothing else, and no debris."""
        found = self.records()
        twice = [id for id, count in found.items() if count > 1]
        assert not twice, f"there more than once: {twice[:5]}"
        wanted = {f"m-{n}" for n in range(first, last + 1)}
        lost = wanted - set(found)
        assert not lost, f"{len(lost)} are not there: {sorted(lost)[:5]}"
        assert not set(found) - wanted, "records that were not sent"
        for name in ("tail", "tail.new", "orphans", "index.doubt",
                     "index.new"):
            assert not (self.state / name).exists(), f"{name} is left"
        if self.kind == "spool":
            assert not list((self.store / "tmp").iterdir()), "tmp/ is left"

    def check_acknowledged(self):
        """What was acknowledged is in the files; lines may be torn."""
        lost = self.acknowledged() - set(self.records())
        assert not lost, f"acknowledged and not there: {sorted(lost)[:5]}"


def ids_of(data, name):
    assert not data or data.endswith(b"\n"), f"{name}: a torn line"
    for line in data.split(b"\n")[:-1]:
        record = json.loads(line.decode())
        assert record["data"]["id"] == record["id"], f"{name}: {record['id']}"
        yield record["id"]


def kill_loop(place, disturb, processes=8, seconds=SECONDS):
    """Pairs of processes put the same ids and are killed at any time."""
    span, running, last = 40, [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end or running:
        while len(running) < processes and time.monotonic() < end:
            for _ in range(2):
                running.append(place.start(last + 1, last + span))
            last += span
        time.sleep(RANDOM.uniform(0.002, 0.03))
        if running and RANDOM.random() < 0.7:
            RANDOM.choice(running).kill()
        disturb()
        for process in [p for p in running if p.poll() is not None]:
            running.remove(process)
    return last


def rotate(place):
    count = [0]

    def disturb():
        if RANDOM.random() < 0.2 and place.store.exists():
            count[0] += 1
            place.store.rename(place.home / f"log.{count[0]}")
    return disturb


def log_killed_and_rotated():
    place = Place("log")
    last = kill_loop(place, rotate(place))
    place.retry(1, last)
    place.check(1, last)


def spool_killed_and_consumed():
    place = Place("spool")

    def disturb():
        if (place.store / "new").exists():
            place.consume()
    last = kill_loop(place, disturb)
    place.retry(1, last)
    place.consume()
    place.check(1, last)


def state_removed_under_load():
    place = Place("log")

    def disturb():
        if RANDOM.random() < 0.1:
            shutil.rmtree(place.state, ignore_errors=True)
    last = kill_loop(place, disturb, processes=4, seconds=SECONDS / 2)
    place.retry(1, last)
    place.check(1, last)


class Mount:
    """Something mounted for as long as it is used."""

    def __init__(self, *arguments, at=None):
        self.at = at or tempfile.mkdtemp(dir=HOME.name)
        self.arguments = arguments

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("mounting needs root")
        done = subprocess.run(["mount", *self.arguments, self.at],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip(f"mount: {done.stderr.strip()}")
        return self.at

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.at], check=True)


# file systems that fill up in ways of their own, and the MB of an image
SYSTEMS = {"ext4": (24, "-q"), "btrfs": (130, "-q", "-f"),
           "xfs": (320, "-q", "-f")}


def mount_empty(system):
    if system == "tmpfs":
        return Mount("-t", "tmpfs", "-o", "size=12m,mode=0700", "none")
    size, *options = SYSTEMS[system]
    if shutil.which(f"mkfs.{system}") is None:
        raise Skip(f"mkfs.{system} is not installed")
    image = tempfile.mkdtemp(dir=HOME.name) + "/image"
    with open(image, "wb") as file:
        file.truncate(size << 20)
    subprocess.run([f"mkfs.{system}", *options, image], check=True,
                   capture_output=True)
    return Mount("-o", "loop", image)


def full_disk(kind, system):
    with mount_empty(system) as home:
        place = Place(kind, home)
        # one that has the store open, and stands still meanwhile
        running = place.start(1, 300, threads=1)
        while len(place.lines()) < 20 and running.poll() is None:
            time.sleep(0.001)
        running.send_signal(signal.SIGSTOP)
        first = place.lines()
        assert {letter for letter, _ in first} == {"S"}, first
        filler = pathlib.Path(home) / ".filler"
        with open(filler, "wb", buffering=0) as file:
            for size in (65536, 512):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    # btrfs: what is written next needs new blocks
                    subprocess.run(["sync", "-f", home], check=True)
        running.send_signal(signal.SIGCONT)
        assert running.wait() == 0, f"the process died: {running.returncode}"
        full = place.lines()[len(first):] + place.put(301, 350)
        assert any(letter == "E" for letter, _ in full), "it was not full"
        place.check_acknowledged()
        filler.unlink()
        place.retry(1, 350)
        if kind == "spool":
            place.consume()
        place.check(1, 350)


def traced(place, first, last, injections):
    if shutil.which("strace") is None:
        raise Skip("strace is not installed")
    probe = subprocess.run(["strace", "-f", "-e", "trace=none", "true"],
                           capture_output=True)
    if probe.returncode != 0:
        raise Skip("ptrace is not permitted here")
    wrapper = ["strace", "-f", "-qq", "-o", "/dev/null"]
    for injection in injections:
        wrapper += ["-e", "inject=" + injection]
    return place.put(first, last, threads=1, wrapper=wrapper)


INJECTIONS = [
    "fdatasync:error=EIO:when={n}", "fdatasync:error=EIO:when={n}+",
    "fdatasync:error=EIO:signal=SIGKILL:when={n}",
    "fsync:error=EIO:when={n}", "pwritev:error=ENOSPC:when={n}",
    "pwritev:error=EIO:signal=SIGKILL:when={n}",
    "pwrite64:error=EIO:when={n}+3", "ftruncate:error=EDQUOT:when={n}",
    "rename,renameat,renameat2:error=EIO:when={n}",
    "unlink,unlinkat:error=EROFS:when={n}", "openat:error=EMFILE:when={n}",
    "flock:error=ENOLCK:when={n}",
]


def calls_fail(kind):
    numbers = range(1, 13) if LONG else (1, 2, 4)
    for injection in INJECTIONS:
        place = Place(kind)
        last = 6
        place.put(1, last)
        for n in numbers:
            both = ["ftruncate:error=EIO:when=1+"] if n % 2 == 0 else []
            if both and injection.startswith("ftruncate"):
                both = []
            traced(place, 1, last + 6,
                   [injection.format(n=n)] + both)
            last += 6
        place.retry(1, last)
        place.check(1, last)


def lock_holder_is_stopped():
    place = Place("log")
    place.put(1, 3)
    ready, tell = os.pipe()
    holder = os.fork()
    if holder == 0:
        state = os.open(place.state, os.O_RDONLY)
        fcntl.flock(state, fcntl.LOCK_EX)
        os.write(tell, b"x")
        while True:
            signal.pause()
    os.read(ready, 1)
    os.kill(holder, signal.SIGSTOP)
    try:
        start = time.monotonic()
        lines = place.put(4, 5, threads=2, timeout=1)
        took = time.monotonic() - start
        assert [letter for letter, _ in lines] == ["E", "E"], lines
        assert took < 3, f"the deadline was 1 s, it took {took:.1f} s"
    finally:
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)
    place.retry(1, 5)
    place.check(1, 5)


def written(device):
    fields = pathlib.Path(f"/sys/block/{device}/stat").read_text().split()
    return fields[4], fields[6]


def take_image(place, processes, image, device, copy):
    """A copy of the disk at one moment, and what was acknowledged by then."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    acknowledged = place.acknowledged()
    for _ in range(50):
        before = written(device)
        subprocess.run(["cp", "--sparse=always", image, copy], check=True)
        if written(device) == before:
            break
        time.sleep(0.02)
    else:
        raise Skip("the disk does not come to rest")
    for process in processes:
        process.send_signal(signal.SIGCONT)
    return acknowledged


def image_of_a_running_disk(kind):
    for tool in ("mkfs.ext4", "losetup"):
        if shutil.which(tool) is None:
            raise Skip(f"{tool} is not installed")
    if os.geteuid() != 0:
        raise Skip("loop devices need root")
    image = os.path.join(HOME.name, f"{kind}.image")
    with open(image, "wb") as file:
        file.truncate(24 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    done = subprocess.run(["losetup", "-f", "--show", image],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip(f"losetup: {done.stderr.strip()}")
    loop = done.stdout.strip()
    try:
        with Mount(loop) as home:
            place = Place(kind, home)
            rounds = 30 if LONG else 5
            for n in range(rounds):
                last = 200 * (n + 1)
                processes = [place.start(last - 199, last)
                             for _ in range(2)]
                time.sleep(RANDOM.uniform(0.005, 0.06))
                # a name of its own: mount(8) would take up the loop device
                # of an older copy that the kernel has not let go of yet
                copy = f"{image}.{n}"
                acknowledged = take_image(place, processes, image,
                                          os.path.basename(loop), copy)
                for process in processes:
                    process.wait()
                look_at_image(kind, home, copy, acknowledged, last)
                os.unlink(copy)
    finally:
        subprocess.run(["losetup", "-d", loop], check=True)


def look_at_image(kind, home, copy, acknowledged, last):
    # at the same place: a store knows its path
    with Mount("-o", "loop", copy, at=home):
        place = Place(kind, home)
        lines = place.put(1, last, threads=4)
        stored = {id for letter, id in lines if letter == "S"}
        again = stored & acknowledged
        assert not again, f"acknowledged, then stored: {sorted(again)[:5]}"
        place.retry(1, last)
        place.check(1, last)


def main():
    tap = Tap()
    tap.run("log: kill -9 over 8 processes, renamed under load",
            log_killed_and_rotated)
    tap.run("spool: kill -9 over 8 processes, consumed at once",
            spool_killed_and_consumed)
    tap.run("log: the state directory is removed under load",
            state_removed_under_load)
    for kind in ("log", "spool"):
        for system in ("tmpfs", *SYSTEMS):
            tap.run(f"{kind}: a full disk, {system}", full_disk, kind, system)
        tap.run(f"{kind}: system calls fail (strace)", calls_fail, kind)
        tap.run(f"{kind}: an image of the disk, taken while it is written",
                image_of_a_running_disk, kind)
    tap.run("the holder of the lock is stopped", lock_holder_is_stopped)
    return tap.done()


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        for process in STARTED:
            if process.poll() is None:
                process.kill()
                process.wait()
        HOME.cleanup()
