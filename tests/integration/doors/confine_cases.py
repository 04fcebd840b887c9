# SPDX-License-Identifier: ISC
"""
What is left to code that got into the responder: its sandbox and its memory.
Each case gets the class of a door and has its documentation as its name.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import time

import fcgi_peer
import scene
import wire
from responder_cases import answered, refused, stored
from tap import Skip

ALL = []


def case(function):
    ALL.append(function)
    return function


def whole(door):
    """The process is well: it stores another one."""
    d = door.delivery()
    stored(door, door.post(d), d)


@case
def upkeep(Door):
    """In the sandbox logs, secrets and a lost index are seen to as ever"""
    with Door(HOOKCASK_SECRET=None,
              HOOKCASK_SECRET_FILE=lambda s: s.secret_file) as door:
        place, first = door.scene, door.delivery()
        stored(door, door.post(first), first)
        # a file that logrotate has moved away
        log = place.store_log
        log.rename(log.with_suffix(".1"))
        d = door.delivery()
        stored(door, door.post(d), d)
        answered(door.post(first), 200)
        assert [r["id"] for r in place.records()] == [d.id]
        # a new file with a new secret
        place.secret = wire.fresh_secret()
        place.put(place.secret_file, place.secret + "\n", 0o600)
        refused(door, door.post(d), 401, "no-match")
        d = door.delivery()
        stored(door, door.post(d), d)
        # an index that is broken is set aside and made again
        state = log.parent / ".hookcask-svix"
        door.leave()
        for name in ("index.db", "index.db-wal", "index.db-shm"):
            if (state / name).exists():
                (state / name).write_bytes(b"no index" * 600)
        door.place.unlink()
        with door.listener(False) as listener:
            door.process = place.start([place.responder], stdin=listener,
                                       environment=door.settings)
        stored(door, door.post(d), d)
        assert list(state.glob("bad-*")), os.listdir(state)
        whole(door)


@case
def mounted(Door):
    """A secret that Kubernetes has mounted is changed by another link"""
    with Door(HOOKCASK_SECRET=None, HOOKCASK_SECRET_FILE=lambda s:
              mount(s, s.secret, "first") / "..data/levers") as door:
        place, d = door.scene, door.delivery()
        stored(door, door.post(d), d)
        place.secret = wire.fresh_secret()
        mount(place, place.secret, "second")
        refused(door, door.post(d), 401, "no-match")
        d = door.delivery()
        stored(door, door.post(d), d)


def mount(place, secret, name):
    """A volume as kubelet writes it; with "defaultMode: 0400" all is 0400."""
    volume = place.etc / "volume"
    place.own_directory(volume)
    place.own_directory(volume / f"..{name}")
    place.put(volume / f"..{name}/levers", secret + "\n", 0o400)
    (volume / "..new").symlink_to(f"..{name}")
    (volume / "..new").rename(volume / "..data")
    return volume


@case
def confined(Door):
    """Every thread is in the sandbox, unless it is off"""
    for how, filtered in ((scene.sandbox(), "2"), ("off", "0")):
        if how == "auto":
            raise Skip("no sandbox here, or sanitizers")
        with Door(HOOKCASK_SANDBOX=how) as door:
            whole(door)
            for task in pathlib.Path(f"/proc/{door.process.pid}/task"
                                     ).iterdir():
                said = (task / "status").read_text()
                assert f"Seccomp:\t{filtered}\n" in said, said


def limit_of(door, name):
    """What the system says of a limit: soft and hard."""
    line, = [line for line in door.proc("limits").decode().splitlines()
             if line.startswith(name)]
    return tuple(line.removeprefix(name).split()[:2])


@case
def limits(Door):
    """It may open what its threads and store need, and dumps no core"""
    if scene.sandbox() == "auto":
        raise Skip("no sandbox here, or sanitizers")
    with Door(HOOKCASK_SANDBOX="strict", HOOKCASK_THREADS="64") as door:
        whole(door)
        free = 32 + 2 * 64 + 2048 + 16
        most = limit_of(door, "Max open files")
        assert most[0] == most[1], most
        # descriptors come and go with what it does
        assert free < int(most[0]) <= free + 30, most
        assert limit_of(door, "Max core file size") == ("0", "0")
        # all threads at work, and a bit more to do than that
        peers = [door.connect() for _ in range(80)]
        d = door.delivery()
        stored(door, door.post(d), d)
        for peer in peers:
            peer.socket.close()
        assert "ulimit" not in door.scene.words()
        whole(door)
    with Door(HOOKCASK_SANDBOX="off",
              shell='ulimit -n 900; exec "$0" "$@"') as door:
        whole(door)
        assert limit_of(door, "Max open files") == ("900", "900")


def descriptors(door):
    """Their numbers, once no connection is left."""
    place = pathlib.Path(f"/proc/{door.process.pid}/fd")

    def look():
        return {int(entry.name): os.readlink(entry)
                for entry in place.iterdir()}

    scene.wait_for("the connections to end", lambda: len(
        [what for what in look().values() if what.startswith("socket:")])
        == 1)
    return set(look())


def leave_descriptors(door, count):
    """Another process of its user takes the others away."""
    taken, user = descriptors(door), door.scene.user
    free = [n for n in range(len(taken) + count + 1) if n not in taken]
    subprocess.run(["prlimit", f"--pid={door.process.pid}",
                    f"--nofile={free[count]}:"],
                   check=True, user=user.pw_uid, group=user.pw_gid)


@case
def nothing_inherited(Door):
    """What a web server left open is closed, whatever its number"""
    if os.getuid() != 0:
        raise Skip("needs root to see its descriptors")
    with Door(shell='exec 7>"$FILE" 4</etc/passwd; ulimit -n 1000; '
              'exec 9>&7; exec "$0" "$@"',
              FILE=lambda s: s.run / "left") as door:
        whole(door)
        place = pathlib.Path(f"/proc/{door.process.pid}/fd")
        there = {os.readlink(entry) for entry in place.iterdir()}
        assert not [what for what in there
                    if what == "/etc/passwd" or "left" in what], there
        assert (door.scene.run / "left").exists()


@case
def no_descriptor_left(Door):
    """At the limit of open files it answers 503 or waits, and recovers"""
    if os.getuid() != 0 or not shutil.which("prlimit"):
        raise Skip("needs prlimit(1) and root")
    with Door(HOOKCASK_SECRET=None,
              HOOKCASK_SECRET_FILE=lambda s: s.secret_file) as door:
        place = door.scene
        whole(door)
        # a connection is accepted, and then no secret can be read
        leave_descriptors(door, 1)
        place.put(place.secret_file, place.secret + "\n", 0o600)
        refused(door, door.post(door.delivery()), 503, "bad-config")
        leave_descriptors(door, 0)
        with door.connect():
            scene.wait_for("the line", lambda: "ulimit -n" in place.words())
        leave_descriptors(door, 20)
        whole(door)


@case
def taken_over(Door):
    """Code that got in opens no other file, runs and connects to nothing"""
    if os.getuid() != 0 or not shutil.which("gdb"):
        raise Skip("needs gdb and root")
    if scene.sandbox() == "auto":
        raise Skip("no sandbox here, or sanitizers")
    calls = ['open("/etc/passwd", 0)', 'open("/proc/self/environ", 0)',
             'execv("/bin/true", 0)', "socket(1, 1, 0)", "fork()",
             "kill((int)getppid(), 0)",
             "setrlimit(7, (char[16]){0})"]
    with Door(HOOKCASK_SANDBOX="auto") as door:
        whole(door)
        said = subprocess.run(
            ["gdb", "-nx", "-batch", "-p", str(door.process.pid),
             *(word for call in calls for word in
               ("-ex", f"print (int){call}"))],
            capture_output=True, text=True, timeout=60, check=False,
            stdin=subprocess.DEVNULL)
        got = re.findall(r"^\$\d+ = (.*)$", said.stdout, re.M)
        assert got == ["-1"] * len(calls), said
        whole(door)


@case
def strict_and_late(Door):
    """A repaired configuration that asks for the sandbox waits for a restart"""
    if scene.sandbox() == "auto":
        raise Skip("no sandbox here, or sanitizers")

    def late(place):
        return place.etc / "late.conf"

    with Door(HOOKCASK_SECRET=None, HOOKCASK_LOG=None, HOOKCASK_PATH=None,
              HOOKCASK_DIAG=None, HOOKCASK_MAX_BODY=None,
              HOOKCASK_SANDBOX=None, HOOKCASK_CONFIG=late) as door:
        place = door.scene
        answered(door.ask(fcgi_peer.environment([])), 503)
        place.configure("/hooks")
        text = place.config.read_text()
        place.put(late(place), text)
        # seldom: there are 10 lines a minute, and a look once a second
        for _ in range(8):
            answered(door.ask(fcgi_peer.environment([])), 503)
            if "restart the" in place.words():
                break
            time.sleep(0.3)
        assert "restart the" in place.words(), place.words()
        place.put(late(place), text.replace("strict", "auto"))
        d = door.delivery()
        scene.wait_for("service", lambda: door.post(d).status == 200)
        assert "restart it to enter the sandbox" in place.words()


def private_memory(pid):
    """(flags, bytes) of each mapping that the process could have written."""
    flags = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            place = words[0], words[1]
        elif words[0] == "VmFlags:":
            flags[place] = words[1:]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for (where, mode), how in flags.items():
            if mode.startswith("rw"):
                begin, end = (int(n, 16) for n in where.split("-"))
                memory.seek(begin)
                yield how, memory.read(end - begin)


def kept(pid, what):
    """The flags of the mappings that hold these bytes."""
    return [how for how, data in private_memory(pid) if what in data]


@case
def memory(Door):
    """Keys lie in locked pages that are not dumped, and nowhere else"""
    if os.getuid() != 0:
        raise Skip("needs root to look into the process")
    if scene.is_sanitized():
        raise Skip("AddressSanitizer locks no memory")
    with Door(HOOKCASK_SECRET=None,
              HOOKCASK_SECRET_FILE=lambda s: s.secret_file) as door:
        place, pid = door.scene, door.process.pid
        whole(door)
        refused(door, door.post(door.delivery(age=900)), 401, "too-old")
        place.secret, old = wire.fresh_secret(), place.secret
        refused(door, door.post(door.delivery()), 401, "no-match")
        key = wire.key_of(old)
        found = kept(pid, key)
        assert found and all("dd" in how and "lo" in how for how in found)
        # the text, and what HMAC makes of a key before it hashes
        for what in (old.removeprefix("whsec_").encode(),
                     bytes(b ^ 0x36 for b in key),
                     bytes(b ^ 0x5c for b in key)):
            assert not kept(pid, what), kept(pid, what)
        place.put(place.secret_file, place.secret + "\n", 0o600)
        whole(door)
        assert not kept(pid, key), "a key that was taken away is there"


@case
def memory_of_a_variable(Door):
    """A secret from the environment is there, too, text and key"""
    if os.getuid() != 0:
        raise Skip("needs root to look into the process")
    if scene.is_sanitized():
        raise Skip("AddressSanitizer locks no memory")
    with Door() as door:
        whole(door)
        secret = door.scene.secret
        for what in (wire.key_of(secret),
                     secret.removeprefix("whsec_").encode()):
            found = kept(door.process.pid, what)
            assert found and all("dd" in how and "lo" in how
                                 for how in found), found


@case
def revoked_under_load(Door):
    """A key that is taken away counts for no request that begins later"""
    with Door(HOOKCASK_SECRET=None,
              HOOKCASK_SECRET_FILE=lambda s: s.secret_file) as door, \
            concurrent.futures.ThreadPoolExecutor(8) as pool:
        place, old = door.scene, door.scene.secret
        new = wire.fresh_secret()
        for _ in range(5):
            early = [pool.submit(door.post, wire.Delivery(old))
                     for _ in range(30)]
            place.put(place.secret_file, new + "\n", 0o600)
            late = [pool.submit(door.post, wire.Delivery(secret))
                    for _ in range(15) for secret in (old, new)]
            assert {a.result().status for a in early} <= {200, 401}
            assert [a.result().status for a in late] == [401, 200] * 15
            old, new = new, old
