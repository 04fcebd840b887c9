# SPDX-License-Identifier: ISC
"""
A Debian with systemd as its first process, in namespaces of its own: an
overlay over a root that is made once and kept, so that each start is fresh.
"""

import os
import pathlib
import shutil
import subprocess
import time

from tap import Skip

START_LIMIT = 60   # seconds
TIME_LIMIT = 300
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
               "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
NAMESPACES = ("--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup")
# What a container's manager prepares; systemd's CONTAINER_INTERFACE names it.
PREPARE = """
set -e
base=$1 place=$2 root=$2/root
mkdir -p "$root" "$place/upper" "$place/work"
mount --make-rprivate /
mount -t overlay -o \
    "lowerdir=$base,upperdir=$place/upper,workdir=$place/work" overlay "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/full" c 1 7
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
mknod -m 666 "$root/dev/tty" c 5 0
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ip link set lo up
hostname booted
cd "$root"
pivot_root . mnt
umount -l /mnt
exec env -i container=lxc PATH="$PATH" /lib/systemd/systemd
"""


def cgroups():
    """Where the unified hierarchy is mounted."""
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, place, kind = line.split()[:3]
        if kind == "cgroup2":
            return pathlib.Path(place)
    raise Skip("no cgroup2 is mounted")


class Machine:
    """with Machine(base, place) as machine: machine.run("systemctl", ...)"""

    def __init__(self, base, place):
        self.base = base
        self.place = place
        self.root = place / "root"
        self.cgroup = cgroups() / f"hookcask-{os.getpid()}"
        self.process = None
        self.pid = None     # of systemd, as the machine outside counts

    def __enter__(self):
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        self.cgroup.mkdir()
        with open(self.place / "console", "wb") as console:
            self.process = subprocess.Popen(
                ["sh", "-c",
                 'echo $$ >"$0/cgroup.procs" && exec unshare "$@"',
                 self.cgroup, *NAMESPACES, "--fork", "--kill-child",
                 "sh", "-c", PREPARE, "sh", self.base, self.place],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        try:
            self._wait_for_start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_for_start(self):
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end and self.process.poll() is None:
            children = pathlib.Path(
                f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            self.pid = children.read_text().strip()
            if self.pid and self.attempt("systemctl", "is-system-running"
                                         ).stdout.strip() in (
                                             "running", "degraded"):
                return
            time.sleep(0.1)
        raise AssertionError("systemd did not start: " + (
            self.place / "console").read_text(errors="replace")[-2000:])

    def __exit__(self, *_):
        self.process.kill()     # unshare; its child is killed with it
        self.process.wait()
        end = time.monotonic() + START_LIMIT
        while self.cgroup.exists():
            try:
                for place, _, _ in os.walk(self.cgroup, topdown=False):
                    os.rmdir(place)
            except OSError:         # what was killed is still leaving
                assert time.monotonic() < end, self.cgroup
                time.sleep(0.05)
        shutil.rmtree(self.place)

    def entering(self, *command):
        """The command line that runs a command in there."""
        return ["nsenter", "--target", self.pid, *NAMESPACES, "--",
                *map(str, command)]

    def attempt(self, *command, **how):
        return subprocess.run(
            self.entering(*command), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", timeout=TIME_LIMIT, check=False,
            env=ENVIRONMENT, **how)

    def run(self, *command):
        process = self.attempt(*command)
        assert process.returncode == 0, \
            f"{command}: {process.returncode}\n{process.stdout[-4000:]}"
        return process.stdout

    def shell(self, text):
        return self.run("sh", "-ec", text)

    def outside(self, path):
        """A place in there, as it is seen from here: no link leads out."""
        root = pathlib.Path(f"/proc/{self.pid}/root")
        place = root
        for part in pathlib.PurePath(path).parts[1:]:
            place /= part
            assert not (place.is_symlink() and
                        os.readlink(place).startswith("/")), place
        return place

    def write(self, path, text, mode=0o644):
        place = self.outside(path)
        place.write_text(text)
        place.chmod(mode)

    def units(self):
        """Where packages of this release put units."""
        return self.run("dpkg-query", "-S", "*/hookcask.socket"
                        ).split()[-1].rpartition("/")[0]

    def state(self, unit):
        return self.attempt("systemctl", "is-active", unit).stdout.strip()

    def main_pid(self, unit):
        return self.run("systemctl", "show", "-P", "MainPID", unit).strip()
