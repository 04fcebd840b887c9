# SPDX-License-Identifier: ISC
"""A Debian of its own in a directory, for what must be tried on a clean one."""

import os
import shutil
import subprocess

from tap import Skip

TIME_LIMIT = 900
SERVICES = ("apache2", "lighttpd", "nginx")
# what the tests of the package depend on, beside the package itself
WANTED = ("apache2", "gcc", "libapache2-mod-fcgid", "libc6-dev", "lighttpd",
          "pkgconf", "systemd-standalone-sysusers",
          "systemd-standalone-tmpfiles")
# beside what the build itself needs: lintian, and what "make check" can use
BUILDING = ("build-essential", "curl", "gdb", "lintian", "mandoc", "perl",
            "procps", "spawn-fcgi", "valgrind", "zstd")
INSIDE = """
mount -t proc proc "$0/proc"
mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$0/dev/pts"
mount --bind "$1" "$0/mnt"
root=$0
shift
exec chroot "$root" "$@"
"""


def mirror(release=None):
    """
    Address and suite of Debian's main archive, and all its sources, as apt
    knows them here; of another release those at the same addresses.
    """
    said = subprocess.run(
        ["apt-get", "indextargets", "--format",
         "$(REPO_URI) $(RELEASE)", "Created-By: Packages", "Origin: Debian",
         "Component: main"], capture_output=True, text=True, check=False)
    found = [line.split() for line in said.stdout.splitlines()]
    plain = [pair for pair in found if "-" not in pair[1]]
    if not plain:
        raise Skip("apt knows no Debian mirror; apt-get update may help")
    address, own = plain[0]
    release = release or own
    if release == "sid":
        return (address, release), [(address, release)]
    return (address, release), [(at, suite.replace(own, release, 1))
                                for at, suite in found]


def check():
    if os.geteuid() != 0:
        raise Skip("not root")
    for name in ("debootstrap", "apt-get", "unshare", "chroot"):
        if not shutil.which(name):
            raise Skip(f"{name} is missing")
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"],
                      capture_output=True, check=False).returncode != 0:
        raise Skip("no namespaces here")
    mirror()


def base(place, release):
    """What debootstrap makes of a release: made once, and copied."""
    root = CleanRoot(place, "base-root", release)
    stamp = place / "base-root.made"
    (address, suite), sources = mirror(release)
    asked = f"{sources}\n"
    if not stamp.exists() or stamp.read_text() != asked:
        stamp.unlink(missing_ok=True)
        root.remove()
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["debootstrap", "--variant=minbase", suite, root.path, address],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=TIME_LIMIT, check=False)
        if done.returncode != 0:
            raise Skip("debootstrap: " + done.stdout.strip()[-200:])
        (root.path / "etc/apt/sources.list").write_text("".join(
            f"deb {at} {name} main\n" for at, name in sources))
        # what is thrown away need not be synced
        (root.path / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text(
            "force-unsafe-io\n")
        policy = root.path / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        root.apt("clean")
        stamp.write_text(asked)
    return root.path


class CleanRoot:
    """
    Programs in it run in namespaces that end with the call, and find the place
    that it was made in as /mnt.
    """

    def __init__(self, place, name="root", release=None):
        self.place = place
        self.path = place / name
        self.release = release

    def make(self, wanted):
        self.remove()
        # reflinks where the file system has them
        subprocess.run(["cp", "-a", "--reflink=auto",
                        base(self.place, self.release), self.path], check=True)
        self.apt("update")
        self.apt("install", *wanted)

    def remove(self):
        assert not os.path.ismount(self.path / "proc"), self.path
        shutil.rmtree(self.path, ignore_errors=True)

    def entering(self, *command):
        """The command line that runs a command in there."""
        return ["unshare", "--mount", "--pid", "--ipc", "--fork",
                "--kill-child", "sh", "-ec", INSIDE, str(self.path),
                str(self.place), *map(str, command)]

    @staticmethod
    def environment(**more):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
                **{name: os.environ[name] for name in
                   ("http_proxy", "https_proxy") if name in os.environ},
                **more}

    def run(self, *command):
        process = subprocess.run(
            self.entering(*command), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", timeout=TIME_LIMIT, check=False,
            env=self.environment())
        assert process.returncode == 0, \
            f"{command}: {process.returncode}\n{process.stdout[-4000:]}"
        return process.stdout

    def apt(self, *arguments):
        return self.run("apt-get", "-q", "-y", "--no-install-recommends",
                        "-o", "Dpkg::Options::=--force-confold",
                        "-o", "Dpkg::Use-Pty=0", *arguments)


def depends_of(packages):
    """What these packages need that is not among them."""
    names = set()
    for package in packages:
        said = subprocess.run(["dpkg-deb", "-f", package, "Depends"],
                              capture_output=True, text=True, check=True)
        # of alternatives the first; no release here is too old
        names.update(words.split()[0] for words in said.stdout.split(",")
                     if words.strip())
    return sorted(name for name in names
                  if not name.startswith(("hookcask", "libhookcask")))


def kept(root, wanted, prepare, reason=""):
    """
    Makes a root once, and again when it has to hold something else, or when
    the reason for what is prepared in it has changed.
    """
    stamp = root.place / f"{root.path.name}.made"
    asked = f"{mirror(root.release)}\n{wanted}\n{reason}\n"
    if not stamp.exists() or stamp.read_text() != asked:
        stamp.unlink(missing_ok=True)
        root.make(wanted)
        prepare(root)
        root.apt("clean")
        stamp.write_text(asked)
    return root


def booting(place, release, wanted, packages, name="booted-root"):
    """A root with systemd and all that these packages need, but not them."""
    def prepare(root):
        root.run("systemctl", "disable", *(
            name for name in SERVICES if name in wanted))
        (root.path / "usr/sbin/policy-rc.d").unlink()
    return kept(CleanRoot(place, name, release), (
        "dbus", "systemd-sysv", *wanted, *depends_of(packages)),
        prepare).path


def building(place, release, control):
    """A root in which packages with this debian/control can be built."""
    def prepare(root):
        needs = place / "needs/debian"
        needs.mkdir(parents=True, exist_ok=True)
        shutil.copy2(control, needs / "control")
        root.apt("build-dep", "/mnt/needs")
    return kept(CleanRoot(place, "build-root", release), BUILDING, prepare,
                control.read_text())
