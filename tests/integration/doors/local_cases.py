# SPDX-License-Identifier: ISC
"""
Hostile surroundings on the responder's own machine: other users' files,
links, limits, clocks. Each case gets the class of a door and has its
documentation as its name.
"""

import os
import pathlib
import stat
import time

import fcgi_peer
import scene
import vectors
import wire
from responder_cases import answered, refused, stored
from tap import Skip

ALL = []


def case(function):
    ALL.append(function)
    return function


def whole(door):
    d = door.delivery()
    stored(door, door.post(d), d)


def link_to_file(place):
    place.put(place.top / "victim", "victim\n")
    place.store_log.symlink_to(place.top / "victim")


def second_name(place):
    place.put(place.var / "victim", "")
    os.link(place.var / "victim", place.store_log)
    place.var.chmod(0o770)


def other_user(place):
    place.store_log.write_text("")
    os.chown(place.store_log, place.user.pw_uid + 1, place.user.pw_gid)
    place.store_log.chmod(0o666)


def writable_file(place):
    place.put(place.store_log, "", 0o666)
    place.store_log.chmod(0o666)


def fifo(place):
    os.mkfifo(place.store_log)
    os.chown(place.store_log, place.user.pw_uid, place.user.pw_gid)


def other_file(place):
    place.put(place.store_log, "root:x:0:0:root:/root:/bin/sh\n", 0o600)


def sticky_directory(place):
    place.var.chmod(0o1777)


def state_link(place):
    place.own_directory(place.top / "elsewhere", 0o700)
    (place.var / ".hookcask-svix").symlink_to(place.top / "elsewhere")


def state_writable(place):
    place.own_directory(place.var / ".hookcask-svix", 0o777)


def index_link(place):
    place.own_directory(place.var / ".hookcask-svix", 0o700)
    place.put(place.top / "victim", "victim\n")
    (place.var / ".hookcask-svix/index.db").symlink_to(place.top / "victim")


@case
def planted_files(Door):
    """What others have planted in the store's place is refused, untouched"""
    if os.getuid() != 0:
        raise Skip("needs root to make other users' files")
    for plant in (link_to_file, second_name, other_user, writable_file, fifo,
                  other_file, sticky_directory, state_link, state_writable,
                  index_link):
        before = {}

        def log(place, plant=plant, before=before):
            plant(place)
            before.update(look(place.top))
            return place.store_log

        with Door(HOOKCASK_LOG=log) as door:
            d = door.delivery()
            answer = door.post(d)
            assert answer.status == 503, f"{plant.__name__}: {answer}"
            line = door.lines("-error") or door.lines("store-error") or \
                door.lines("bad-config")
            assert line, f"{plant.__name__}: {door.scene.words()}"
            after = look(door.scene.top)
            assert {k: after[k] for k in before} == before, plant.__name__
            assert not [k for k in after if k.name == "elsewhere" and
                        list(k.iterdir())], plant.__name__


def look(top):
    """What regular files outside of log/ hold."""
    return {path: path.read_bytes() for path in top.rglob("*")
            if stat.S_ISREG(path.lstat().st_mode) and
            path.parent.name not in ("log", "run", "bin")}


@case
def any_umask(Door):
    """Whatever the umask, files are for the owner alone"""
    for mask in ("000", "777"):
        with Door(shell=f'umask {mask}; exec "$0" "$@"') as door:
            whole(door)
            refused(door, door.post(door.delivery(age=900)), 401, "too-old")
            for path in (door.scene.store_log, door.scene.diag,
                         *door.scene.var.rglob(".hookcask-svix/*")):
                mode = stat.S_IMODE(path.stat().st_mode)
                assert mode == 0o600, f"{path}: {mode:o}"
            state = door.scene.var / ".hookcask-svix"
            assert stat.S_IMODE(state.stat().st_mode) == 0o700


@case
def full_descriptors(Door):
    """Without free descriptors it says so, waits, and goes on"""
    with Door(shell='ulimit -n 20; exec "$0" "$@"',
              HOOKCASK_THREADS="32") as door:
        whole(door)
        peers = [door.connect() for _ in range(30)]
        scene.wait_for("the line", lambda: "ulimit -n" in door.scene.words())
        for peer in peers:
            peer.socket.close()
        whole(door)


@case
def file_size_limit(Door):
    """At RLIMIT_FSIZE it answers 503, lives, and leaves whole lines"""
    # the index and its log need some 200 KiB; a unit is 512 or 1024 bytes
    with Door(shell='ulimit -f 1000; exec "$0" "$@"',
              HOOKCASK_MAX_BODY="1000000") as door:
        whole(door)
        kept = []
        for _ in range(12):
            d = door.delivery(wire.call_of_size(100_000))
            answer = door.post(d)
            if answer.status != 200:
                break
            kept.append(d.id)
        refused(door, answer, 503, "store-error", d)
        assert [r["id"] for r in door.scene.records()][1:] == kept
        small = door.delivery()
        answer = door.post(small)
        assert answer.status in (200, 503), answer
        assert door.process.poll() is None


@case
def deaf_error_log(Door):
    """A server that no longer reads standard error does not end it"""
    with Door(shell='exec "$0" "$@" 2>&1 | :') as door:
        for _ in range(3):
            refused(door, door.post(door.delivery(age=900)), 401, "too-old")
        whole(door)
        # the shell waits for the responder, which is not its child to end
        for pid in door.scene.ours():
            os.kill(pid, 15)


class StuckLog:
    """A pipe for standard error that is full, and that nobody reads."""

    def __init__(self):
        self.fd = -1

    def place(self, in_scene):
        path = in_scene.run / "errors"
        os.mkfifo(path)
        os.chown(path, in_scene.user.pw_uid, in_scene.user.pw_gid)
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        try:
            while True:
                os.write(self.fd, b"x" * 512)
        except BlockingIOError:
            pass
        return path

    def drain(self):
        said = b""
        try:
            while True:
                said += os.read(self.fd, 65536)
        except BlockingIOError:
            return said.strip(b"x").decode()


@case
def stuck_error_log(Door):
    """A pipe for its lines that nobody reads holds no thread for long"""
    pipe = StuckLog()
    with Door(shell='exec "$0" "$@" 2>"$ERRORS"', ERRORS=pipe.place,
              HOOKCASK_THREADS="2") as door:
        begun = time.monotonic()
        for _ in range(3):
            refused(door, door.post(door.delivery(age=900)), 401, "too-old")
        whole(door)
        assert time.monotonic() - begun < 8
        # what is read again gets what comes from then on
        said, late = [], door.delivery(age=900)
        refused(door, door.post(late), 401, "too-old")

        def is_told():
            said.append(pipe.drain())
            return late.id in "".join(said)
        scene.wait_for("its line", is_told)
    os.close(pipe.fd)


class Clock:
    """A wall clock that a test sets; the monotonic one goes on."""

    def __init__(self):
        self.path = None
        self.now = 0

    def settings(self):
        preload = vectors.clock_at(0)
        del preload["FAKETIME"]
        return {**preload, "FAKETIME_NO_CACHE": "1",
                "HOOKCASK_SANDBOX": "auto",
                "FAKETIME_TIMESTAMP_FILE": self.place,
                "HOOKCASK_SECRET": None,
                "HOOKCASK_SECRET_FILE": lambda s: s.secret_file}

    def place(self, in_scene):
        # beside the secret, where the sandbox lets it be read
        self.path = in_scene.etc / "clock"
        self.set(self.now, in_scene)
        return self.path

    def set(self, now, in_scene):
        self.now = int(now)
        in_scene.put(self.path, f"{self.now}\n")


def delivery_at(door, now):
    return wire.Delivery(door.scene.secret, age=int(time.time()) - int(now))


@case
def clock_jumps(Door):
    """A clock that jumps loses nothing and holds nobody up"""
    clock, now = Clock(), int(time.time())
    clock.now = now
    with Door(HOOKCASK_BODY_TIMEOUT="1", **clock.settings()) as door:
        seen = []
        for jump in (0, 86400, -86400, 400 * 86400, -3600, 0):
            clock.set(now + jump, door.scene)
            d = delivery_at(door, clock.now)
            scene.wait_for("the clock", lambda: door.post(d).status == 200)
            seen.append(d)
            refused(door, door.post(delivery_at(door, clock.now - 301)), 401,
                    "too-old")
        # durations are not the wall clock's
        d, begun = delivery_at(door, clock.now), time.monotonic()
        with door.connect() as peer:
            peer.send(door.request(d)[:-20])
            assert not peer.has_answer(0.3)     # it waits for the body
            clock.set(now + 10 * 86400, door.scene)
            answered(peer.answer(), 400)
        assert time.monotonic() - begun < 5
        assert [r["id"] for r in door.scene.records()] == \
            [d.id for d in seen]


@case
def late_centuries(Door):
    """After 2038, 2106 and in 9999 a day is a day"""
    for now, day in ((2 ** 31 + 5, "2038-01-19T03:14:13Z"),
                     (2 ** 32 + 5, "2106-02-07T06:28:21Z"),
                     (253402300700, "9999-12-31T23:58:20Z")):
        clock = Clock()
        clock.now = now
        with Door(**clock.settings()) as door:
            d = delivery_at(door, now)
            record = stored(door, door.post(d), d)
            assert record["time"] == day, record["time"]
            assert record["received"].startswith(day[:-4]), \
                record["received"]
            stored(door, door.post(d), d)
            refused(door, door.post(delivery_at(door, now - 301)), 401,
                    "too-old")
