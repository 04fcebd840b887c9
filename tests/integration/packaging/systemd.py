#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
The Debian packages under a systemd that has booted: its units, upgrades under
load, the packages' own tests, removal.

    systemd.py [--build DIR] [--release NAME] [--packages DIR]
        [--previous DIR] [CASE ...]

DIR is a configured build (default: $top_builddir, or the current directory);
NAME is a release of Debian (default: this machine's); the packages are those in
DIR/packages/NAME/first, as deb.py leaves them. --previous
names the packages that were released before; without it, these are made to
look older. Needs root, cgroup2 and, for its first run, a package mirror.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import clean_root
import deb
import machine
from tap import Skip, Tap

RELAYS = tuple(f"hookcask-{name}" for name in deb.RELAYS)
WANTED = ("apache2", "autopkgtest", "dpkg-dev", "gcc",
          "libapache2-mod-fcgid", "libc6-dev", "lighttpd", "nginx", "pkgconf",
          "procps")
UNITS = ("hookcask.socket", "hookcask.service", "hookcask@2.service")
CONFIG = "/etc/hookcask/hookcask.conf"
LOG = "/var/lib/hookcask/levers.jsonl"
SECRET = "/var/lib/hookcask/levers.secret"
URL = "http://127.0.0.1/webhooks/levers"    # nobody else's port in there
NGINX = """
server {
    listen 127.0.0.1:80 default_server;
    root /var/www/html;
    include snippets/hookcask.conf;
}
"""
ANSWERS = 10000
CONNECTIONS = 32
SLOWEST_US = 2000000
PATIENCE = 60   # seconds; a busy machine is no failure
PAUSE = 5       # RestartSec of hookcask-drain.service

cases = []


def case(function):
    cases.append(function)
    return function


def wait_for(what, is_so, patience=PATIENCE):
    end = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < end, f"not within {patience} s: {what}"
        time.sleep(0.05)


# -- what is set up in the machine ---------------------------------------------

class Scene:
    """The build, and what every machine gets."""

    def __init__(self, options):
        self.build = options.build.resolve()
        self.release = options.release or clean_root.mirror()[0][1]
        self.dir = self.build / "packages" / self.release
        self.packages = (options.packages or self.dir / "first").resolve()
        self.previous = options.previous and options.previous.resolve()
        self.load = self.build / "tests/bench/load"
        self.place = self.dir / "booted"
        self.base = None

    def prepare(self):
        clean_root.check()
        subprocess.run(["make", "-C", self.build, "tests/bench/load"],
                       check=True, stdout=subprocess.DEVNULL)
        self.base = clean_root.booting(
            self.dir, self.release, WANTED, self.packages.glob("*[!m]_*.deb"))

    @contextlib.contextmanager
    def booted(self):
        with machine.Machine(self.base, self.place) as host:
            (host.outside("/packages")).mkdir()
            for path in self.packages.iterdir():
                if "dbgsym" not in path.name and path.is_file():
                    shutil.copy2(path, host.outside("/packages"))
            yield host


def install(host, place="/packages"):
    host.shell("dpkg --force-confold --force-unsafe-io -i "
               f"{place}/*hookcask*.deb")


def install_previous(scene, host):
    place = host.outside("/previous")
    place.mkdir()
    if scene.previous:
        for path in scene.previous.glob("*.deb"):
            if "dbgsym" not in path.name:
                shutil.copy2(path, place)
    else:
        for path in host.outside("/packages").glob("*.deb"):
            deb.older(path, deb.OLD, place)
    install(host, "/previous")


def set_up(host):
    """As README.Debian says it, with nginx."""
    host.run("hookcask", "init", "--user", "hookcask", "--name", "levers",
             "--path", "/webhooks/levers")
    config = host.outside(CONFIG)
    config.write_text("sandbox = strict\n" + config.read_text())
    host.run("systemctl", "enable", "--now", "hookcask.socket",
             "hookcask.service")
    host.run("rm", "/etc/nginx/sites-enabled/default")
    host.write("/etc/nginx/conf.d/hookcask.conf", NGINX)
    host.run("systemctl", "start", "nginx")


def send(host, *options):
    return host.run("hookcask", "send", "--secret-file", SECRET, *options,
                    URL)


def lines(host, path=LOG):
    place = host.outside(path)
    return place.read_bytes().count(b"\n") if place.exists() else 0


def running_deleted(host):
    """Programs of ours that run from a file that is gone."""
    return [line for line in host.shell(
        "ls -l /proc/[0-9]*/exe 2>/dev/null || :").splitlines()
            if "hookcask" in line and "(deleted)" in line]


def identity(host, unit):
    """Changes when the unit is stopped and started."""
    return host.run("systemctl", "show", "-P", "InvocationID", unit).strip()


class Load:
    """32 connections that send without a pause until what is within is done."""

    STRETCH = 5     # seconds of one run of the program

    def __init__(self, scene, host):
        self.host = host
        self.acks = tempfile.NamedTemporaryFile()
        secret = host.outside(SECRET).read_text().split()[-1]
        # the program is that of this machine, the network that of the other
        self.command = [
            "nsenter", "--target", host.pid, "--net", "--", str(scene.load),
            "80", "/webhooks/levers", str(CONNECTIONS), str(self.STRETCH),
            "500", secret, self.acks.name]
        self.results = []
        self.is_enough = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.is_enough.is_set() or self.answers() < ANSWERS:
            said = subprocess.run(
                [*self.command, f"load{len(self.results)}"], check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            self.results.append(json.loads(said.stdout))
            if self.results[-1]["errors"]:
                break

    def answers(self):
        return sum(result["answers"] for result in self.results)

    def __enter__(self):
        before = lines(self.host)
        self.thread.start()
        wait_for("the load to arrive", lambda: lines(self.host) > before)
        return self

    def __exit__(self, *_):
        self.is_enough.set()
        self.thread.join()


# -- the cases -----------------------------------------------------------------

@case
def installed_afresh_nothing_is_started(_scene, host, _tap):
    install(host)
    for unit in UNITS:
        assert host.state(unit) in ("inactive", "unknown"), unit
        enabled = host.attempt("systemctl", "is-enabled", unit).stdout
        assert "disabled" in enabled, f"{unit}: {enabled}"
    assert not host.attempt("pgrep", "-f", "hookcask.fcgi").stdout


@case
def the_socket_starts_the_service(_scene, host, _tap):
    set_up(host)
    host.run("systemctl", "stop", "hookcask.service")
    assert host.state("hookcask.socket") == "active"
    before = lines(host)
    send(host)
    assert lines(host) == before + 1
    assert host.state("hookcask.service") == "active"


@case
def several_workers_share_the_socket(_scene, host, _tap):
    workers = ("hookcask@2.service", "hookcask@3.service")
    host.run("systemctl", "enable", "--now", *workers)
    pids = {host.main_pid(unit) for unit in ("hookcask.service", *workers)}
    assert len(pids) == 3 and "0" not in pids, pids
    before = lines(host)
    for _ in range(6):
        send(host)
    assert lines(host) == before + 6
    # one that was killed comes back, however often
    for _ in range(8):
        pid = host.main_pid("hookcask@3.service")
        host.run("kill", "-9", pid)
        wait_for("hookcask@3 again", lambda: host.main_pid(
            "hookcask@3.service") not in ("0", pid))
    send(host)


@case
def units_are_tight_and_say_nothing_twice(_scene, host, _tap):
    for unit, most in (("hookcask.service", 10), ("hookcask@2.service", 10)):
        host.run("systemd-analyze", "security", "--no-pager",
                 f"--threshold={most}", unit)
        text = host.run("systemctl", "cat", unit)
        calls = [line.split("=", 1)[1].split() for line in text.splitlines()
                 if line.startswith("SystemCallFilter=")]
        calls = sum(calls, [])
        assert calls and len(calls) == len(set(calls)), calls
    host.run("systemd-analyze", "--man=no", "verify",
             *(f"{host.units()}/{name}" for name in
               ("hookcask.socket", "hookcask.service")))


def upgrade(host):
    """One upgrade, and what it must leave as it was."""
    host.run("systemctl", "enable", "--now", "hookcask@2.service")
    host.run("systemctl", "disable", "--now", "hookcask@3.service")
    socket = identity(host, "hookcask.socket")
    pids = {unit: host.main_pid(unit) for unit in UNITS[1:]}
    install(host)
    assert identity(host, "hookcask.socket") == socket, \
        "the socket was restarted"
    for unit, pid in pids.items():
        assert host.state(unit) == "active", unit
        assert host.main_pid(unit) not in ("0", pid), f"{unit} was not"
    assert host.state("hookcask@3.service") == "inactive"
    assert not running_deleted(host), running_deleted(host)


@case
def upgraded_to_itself(_scene, host, _tap):
    upgrade(host)
    send(host)


@case
def what_a_web_server_has_started_is_named(_scene, host, _tap):
    program = "/usr/lib/hookcask/hookcask.fcgi"
    host.run("systemd-run", "--unit=other", "--uid=hookcask", "--", program,
             "-s", "/var/lib/hookcask/other.sock")
    wait_for("it to listen", host.outside(
        "/var/lib/hookcask/other.sock").is_socket)
    words = f"process {host.main_pid('other')} still runs {program} "
    for command in (["check"], ["status", "--check"]):
        assert words not in host.attempt("hookcask", *command).stdout
    install(host)
    for command in (["check"], ["status", "--check"]):
        said = host.attempt("hookcask", *command).stdout
        assert said.count(words) == 1, said
    host.run("systemctl", "stop", "other")


def drain_unit(host, program):
    """hookcask-drain.service, and the program that it runs."""
    host.outside("/var/lib/drained").mkdir(exist_ok=True)
    host.run("chown", "hookcask:", "/var/lib/drained")
    host.write("/usr/local/bin/hookcask-event", program, 0o755)
    text = host.run("hookcask", "config", "systemd-drain")
    host.write("/etc/systemd/system/hookcask-drain.service", text.replace(
        "ReadWritePaths=-", "ReadWritePaths=/var/lib/drained\n"
        "ReadWritePaths=-", 1))
    host.run("systemctl", "daemon-reload")


WAITS = """#!/bin/sh
touch /var/lib/drained/begun
until [ -e /var/lib/drained/enough ]; do sleep 0.1; done
"""
TAKES = '#!/bin/sh\ncat >/dev/null\necho "$HOOKCASK_ID" >>/var/lib/drained/ids'


def drained(host):
    return lines(host, "/var/lib/drained/ids")


def restarts(host):
    return int(host.run("systemctl", "show", "-P", "NRestarts",
                        "hookcask-drain.service"))


@case
def drain_takes_twelve_events_one_after_the_other(_scene, host, _tap):
    drain_unit(host, TAKES + "\n")
    host.run("systemctl", "enable", "--now", "hookcask-drain.service")
    wait_for("what was stored before",
             lambda: drained(host) == lines(host))
    for _ in range(12):
        due = time.monotonic() + 0.6
        send(host)
        wait_for("the event", lambda: drained(host) == lines(host), PAUSE)
        time.sleep(max(0, due - time.monotonic()))
    assert restarts(host) == 0
    assert host.state("hookcask-drain.service") == "active"


@case
def drain_takes_a_burst_of_a_hundred(_scene, host, _tap):
    host.shell(f"""for i in $(seq 100); do
        hookcask send --secret-file {SECRET} {URL} >/dev/null
    done""")
    wait_for("a hundred", lambda: drained(host) == lines(host))
    assert restarts(host) == 0
    assert host.state("hookcask-drain.service") == "active"


def neither_spins_nor_dies(host, seconds=4 * PAUSE):
    """Starts no more often than its pause allows, and does start."""
    before, start = restarts(host), time.monotonic()
    time.sleep(seconds)
    count = restarts(host) - before
    most = (time.monotonic() - start) / PAUSE + 1
    assert 2 <= count <= most, f"{count} starts in {seconds} s"
    assert host.state("hookcask-drain.service") != "failed"


@case
def drain_outlives_a_bad_configuration(_scene, host, _tap):
    good = host.outside(CONFIG).read_text()
    host.write(CONFIG, good + "nonsense\n", 0o644)
    host.attempt("systemctl", "restart", "hookcask-drain.service")
    neither_spins_nor_dies(host)
    host.write(CONFIG, good, 0o644)
    send(host)
    wait_for("the event", lambda: drained(host) == lines(host))


@case
def drain_outlives_a_held_lease(_scene, host, _tap):
    host.run("systemctl", "stop", "hookcask-drain.service")
    host.run("systemd-run", "--unit=other", "--", "hookcask", "drain",
             "--follow", "--", "/bin/true")
    wait_for("the other drain", lambda: host.attempt(
        "hookcask", "drain", "--once", "--", "/bin/true").returncode == 75)
    host.attempt("systemctl", "start", "hookcask-drain.service")
    neither_spins_nor_dies(host)
    host.run("systemctl", "stop", "other")
    wait_for("it to take over", lambda: host.attempt(
        "hookcask", "drain", "--once", "--", "/bin/true").returncode == 75)
    before = drained(host)
    send(host)
    wait_for("the event", lambda: drained(host) == before + 1)


@case
def drain_outlives_a_program_that_wants_more_time(_scene, host, _tap):
    host.write("/usr/local/bin/hookcask-event", "#!/bin/sh\ndate +%s.%N "
               ">>/var/lib/drained/tries\nexit 75\n", 0o755)
    before = drained(host), restarts(host)
    send(host)
    time.sleep(2 * PAUSE)
    tries = lines(host, "/var/lib/drained/tries")
    assert 2 <= tries <= 4 * PAUSE, tries
    assert restarts(host) <= before[1] + 2
    host.write("/usr/local/bin/hookcask-event", TAKES + "\n", 0o755)
    wait_for("the event", lambda: drained(host) == before[0] + 1)


@case
def an_upgrade_restarts_drain(_scene, host, _tap):
    """It waits for what drain runs, but dpkg does not wait for either."""
    pid, before = host.main_pid("hookcask-drain.service"), drained(host)
    host.write("/usr/local/bin/hookcask-event", WAITS + TAKES + "\n", 0o755)
    send(host)
    wait_for("the program", host.outside("/var/lib/drained/begun").exists)
    install(host)
    assert host.main_pid("hookcask-drain.service") == pid
    assert host.state("hookcask-drain.service") == "deactivating"
    host.run("touch", "/var/lib/drained/enough")
    wait_for("another drain", lambda: host.main_pid(
        "hookcask-drain.service") not in ("0", pid))
    assert not running_deleted(host), running_deleted(host)
    assert drained(host) == before + 1
    # the load is not for it
    host.run("systemctl", "disable", "--now", "hookcask-drain.service")


def upgrade_under_load(scene, host, tap):
    before = lines(host)
    with Load(scene, host) as load:
        for _ in range(2):
            upgrade(host)
    slowest = max(result["max"] for result in load.results)
    tap.comment(f"{load.answers()} answers, the slowest after {slowest} us")
    wrong = [result for result in load.results if result["errors"]]
    assert not wrong, wrong
    assert load.answers() >= ANSWERS
    assert slowest < SLOWEST_US, slowest
    assert lines(host) == before + load.answers(), lines(host) - before


@case
def under_load_two_upgrades_refuse_nothing(scene, host, tap):
    upgrade_under_load(scene, host, tap)


@case
def removal_ends_what_runs(_scene, host, _tap):
    host.run("systemctl", "start", *UNITS, "hookcask-drain.service")
    host.run("dpkg", "-r", "hookcask", *RELAYS)
    for unit in (*UNITS, "hookcask-drain.service"):
        assert host.state(unit) != "active", unit
    assert not running_deleted(host), running_deleted(host)
    assert not host.attempt("pgrep", "-f", "hookcask").stdout


@case
def purged_nothing_of_ours_is_enabled(_scene, host, _tap):
    host.run("rm", "/etc/systemd/system/hookcask-drain.service")
    host.run("dpkg", "-P", "hookcask", *RELAYS)
    left = host.shell("find /etc/systemd /var/lib/systemd -name 'hookcask*'"
                      " ! -name 'hookcask-drain*'")
    assert not left, left
    assert lines(host) > 0, "what was received is gone"


def from_the_previous_release(scene, host, tap):
    install_previous(scene, host)
    set_up(host)
    send(host)
    upgrade_under_load(scene, host, tap)


def the_packages_own_tests_pass(_scene, host, tap):
    install(host)
    said = host.attempt(
        "autopkgtest", "--ignore-restrictions=breaks-testbed",
        "--no-built-binaries",
        *(f"/packages/{path.name}" for path in
          sorted(host.outside("/packages").glob("*.dsc"))), "--", "null")
    summary = said.stdout.rpartition("@@@@@@@@@@@@@@@@@@@@ summary")[2]
    tap.comment(summary.strip())
    assert said.returncode == 0, said.stdout[-4000:]
    assert summary.count("PASS") >= 3 and "SKIP" not in summary, summary


# -- all of them ---------------------------------------------------------------

def name_of(function):
    return function.__name__.replace("_", " ")


def in_one_machine(tap, scene, functions):
    with scene.booted() as host:
        for function in functions:
            if tap.run(name_of(function), function, scene, host,
                       tap) == "FAIL":
                tap.comment(host.attempt(
                    "journalctl", "--no-pager", "-n", "15",
                    "-u", "hookcask*", "-u", "nginx").stdout)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path(
        os.environ.get("top_builddir", ".")))
    parser.add_argument("--release", help="such as trixie")
    parser.add_argument("--packages", type=pathlib.Path)
    parser.add_argument("--previous", type=pathlib.Path)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tap = Tap()
    scene = Scene(options)
    try:
        scene.prepare()
    except Skip as why:
        # as root it can be had: what is missing is a failure
        tap.point(os.geteuid() != 0, "a machine of its own", str(why))
        return tap.done()
    for group in (cases, [from_the_previous_release],
                  [the_packages_own_tests_pass]):
        chosen = [function for function in group
                  if not options.cases or function.__name__ in options.cases]
        if chosen:
            in_one_machine(tap, scene, chosen)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
