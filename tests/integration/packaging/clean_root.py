# SPDX-License-Identifier: ISC
"""A Debian of its own in a directory, for what must be tried on a clean one."""

import os
import shutil
import subprocess

from tap import Skip

TIME_LIMIT = 600
SERVICES = ("apache2", "lighttpd", "nginx")
# what the tests of the package depend on, beside the package itself
WANTED = ("apache2", "gcc", "libapache2-mod-fcgid", "libc6-dev", "lighttpd",
          "pkgconf", "systemd-standalone-sysusers",
          "systemd-standalone-tmpfiles")


def mirror():
    """Address and suite of Debian's main archive, as apt knows them."""
    said = subprocess.run(
        ["apt-get", "indextargets", "--format",
         "$(REPO_URI) $(RELEASE)", "Created-By: Packages", "Origin: Debian",
         "Component: main"], capture_output=True, text=True, check=False)
    found = [line.split() for line in said.stdout.splitlines()]
    plain = [pair for pair in found if "-" not in pair[1]]
    if not plain:
        raise Skip("apt knows no Debian mirror; apt-get update may help")
    return plain[0], found


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


class CleanRoot:
    """Programs in it run in namespaces that end with the call."""

    def __init__(self, place, name="root"):
        self.path = place / name
        self.archives = place / "archives"

    def make(self, wanted):
        self.remove()
        self.archives.mkdir(parents=True, exist_ok=True)
        (address, suite), sources = mirror()
        done = subprocess.run(
            ["debootstrap", "--variant=minbase",
             f"--cache-dir={self.archives}", suite, self.path, address],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=TIME_LIMIT, check=False)
        if done.returncode != 0:
            raise Skip("debootstrap: " + done.stdout.strip()[-200:])
        (self.path / "etc/apt/sources.list").write_text("".join(
            f"deb {at} {suite} main\n" for at, suite in sources))
        policy = self.path / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        self.apt("update")
        self.apt("install", *wanted)

    def remove(self):
        assert not os.path.ismount(self.path / "proc"), self.path
        shutil.rmtree(self.path, ignore_errors=True)

    def run(self, *command):
        inside = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
        process = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh",
             "-c", inside, str(self.path), *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=TIME_LIMIT, check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                 "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
                 **{name: os.environ[name] for name in
                    ("http_proxy", "https_proxy") if name in os.environ}})
        assert process.returncode == 0, \
            f"{command}: {process.returncode}\n{process.stdout[-4000:]}"
        return process.stdout

    def apt(self, *arguments):
        return self.run("apt-get", "-q", "-y", "--no-install-recommends",
                        "-o", "Dpkg::Options::=--force-confold",
                        "-o", "Dpkg::Use-Pty=0", *arguments)


def depends_of(packages):
    """What these packages need that is not among them."""
    words = set()
    for package in packages:
        said = subprocess.run(["dpkg-deb", "-f", package, "Depends"],
                              capture_output=True, text=True, check=True)
        words.update(word.strip() for word in said.stdout.split(","))
    return sorted(word for word in words if word and
                  not word.startswith(("hookcask", "libhookcask")))


def kept(place, wanted, packages):
    """
    A root with systemd and all that these packages need, but not them. It is
    made once, and again when it has to hold something else.
    """
    root = CleanRoot(place, "booted-root")
    stamp = place / "booted-root.made"
    depends = ", ".join(depends_of(packages))
    asked = f"{mirror()[0]}\n{wanted}\n{depends}\n"
    if stamp.exists() and stamp.read_text() == asked:
        return root.path
    stamp.unlink(missing_ok=True)
    root.make(("dbus", "systemd-sysv", *wanted))
    root.apt("satisfy", depends)
    root.apt("clean")
    root.run("systemctl", "disable", *SERVICES)
    (root.path / "usr/sbin/policy-rc.d").unlink()
    stamp.write_text(asked)
    return root.path
