#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
What README.md and README.Debian tell people to type, typed word by word, where
systemd has booted, up to an event that is stored and read.

    typed.py [--build DIR] [--release NAME] [CASE ...]

DIR is a configured build (default: $top_builddir, or the current directory);
NAME is a release of Debian (default: this machine's). The tarball and the
packages are those that deb.py has left in DIR/packages/NAME. Needs root,
cgroup2 and, for its first run, a package mirror.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import clean_root
import machine
import systemd
import terminal
from tap import Skip, Tap

SOURCE = pathlib.Path(__file__).resolve().parents[3]
SERVERS = ("apache2", "apache2-suexec-pristine", "libapache2-mod-fcgid",
           "lighttpd", "nginx")
TREE = "/root/tree"     # where the tarball is unpacked
PATH = "/webhooks/levers"
URL = "http://127.0.0.1" + PATH     # nobody else's port in there
cases = []


def case(function):
    cases.append(function)
    return function


# -- what is typed -------------------------------------------------------------

def commands(file, after):
    """The commands of the first indented block after some words of a file."""
    text = (SOURCE / file).read_text(encoding="utf-8")
    assert after in text, f"{file} does not say: {after}"
    block = re.search(r"\n\n((?:    .+\n)+)",
                      text[text.index(after):]).group(1)
    lines = [line[4:] for line in block.splitlines()]
    return re.sub(r"\\\n *", "", "\n".join(lines)).splitlines()


class Scene:
    """The roots, and what every machine gets."""

    def __init__(self, options):
        self.build = options.build.resolve()
        self.release = options.release or clean_root.mirror()[0][1]
        self.dir = self.build / "packages" / self.release

    def tarball(self):
        found = sorted(self.dir.glob("hookcask-*.tar.xz"))
        assert found, f"deb.py has left no tarball in {self.dir}"
        return found[-1]

    def to_build(self):
        """Has all that deploy/quickstart.sh would install, and servers."""
        words = subprocess.run(
            ["sh", "-c", '. "$0"; echo $packages_build',
             SOURCE / "deploy/packages.sh"],
            check=True, capture_output=True, text=True).stdout.split()
        return clean_root.booting(
            self.dir, self.release, (*words, *SERVERS, "jq", "xz-utils"), (),
            "typed-root")

    def to_install(self):
        packages = list((self.dir / "first").glob("*[!m]_*.deb"))
        assert packages, f"deb.py has left no packages in {self.dir}/first"
        return clean_root.booting(self.dir, self.release, systemd.WANTED,
                                  packages)

    @contextlib.contextmanager
    def built(self):
        with machine.Machine(self.to_build(), self.dir / "typing") as host:
            shutil.copy2(self.tarball(), host.outside("/root"))
            host.shell(f"mkdir {TREE} && tar -C {TREE} --strip-components=1 "
                       "-xf /root/hookcask-*.tar.xz")
            yield host

    @contextlib.contextmanager
    def installed(self):
        with machine.Machine(self.to_install(), self.dir / "typing") as host:
            host.outside("/packages").mkdir()
            for path in (self.dir / "first").glob("*hookcask*_*.deb"):
                if "dbgsym" not in path.name:
                    shutil.copy2(path, host.outside("/packages"))
            host.run("dpkg", "-i", *(f"/packages/{path.name}" for path in
                     host.outside("/packages").iterdir()))
            yield host


def lines(host, path):
    place = host.outside(path)
    return place.read_bytes().count(b"\n") if place.exists() else 0


def receives(host, url, log, secret):
    """An event is stored, once; a tampered one is not."""
    before = lines(host, log)
    host.run("hookcask", "send", "--secret-file", secret,
             "--type", "phone_call.ended", url)
    assert lines(host, log) == before + 1, "not stored"
    host.run("hookcask", "send", "--secret-file", secret, "--tamper",
             "--expect", "401", url)
    assert lines(host, log) == before + 1, "tampered, but stored"


def reads(user, tool, program, result):
    """Then it is handed over, and its refused twin is shown."""
    said = user.type(f"{tool} drain --tries 1 -- {program}")
    assert result in said, said
    said = user.type(f"{tool} status")
    assert re.search(r"\b1 stored|stored +1\b|1 event", said), said
    said = user.type(f"{tool} refused")
    assert "no-match" in said, said


def refusals_are_where_the_readme_says(host, server):
    """The line of the tampered event."""
    where = {"lighttpd": "journalctl -u lighttpd",
             "apache": "/var/log/apache2/error.log",
             "nginx": "journalctl -u hookcask"}[server]
    assert f"`{where}`" in (SOURCE / "README.md").read_text()
    show = f"cat {where}" if where.startswith("/") else where
    systemd.wait_for("the operator's line", lambda: "reason=no-match" in
                     host.shell(show + " 2>&1 || :"))


# -- README.md -----------------------------------------------------------------

def readme_install(host, tap):
    root = terminal.Terminal(host, TREE)
    start = time.monotonic()
    for line in commands("README.md", "## Install"):
        line = line.replace("probe URL", f"probe {URL}")
        said = root.type(line, {"now? [y/N] ": "y\n"})
        # that the test's own file system is an overlay is true
        warnings = [word for word in said.splitlines()
                    if "warning:" in word and "overlayfs" not in word]
        assert "hookcask check" not in line or not warnings, said
    tap.comment(f"built and installed: {time.monotonic() - start:.0f} s")
    store = "/var/lib/hookcask-www-data/levers"
    receives(host, URL, store + ".jsonl", store + ".secret")
    (line,) = commands("README.md", "## Process each event once")
    reads(root, "hookcask", "deploy/examples/ended.sh", "Call ended: ")
    assert line == "hookcask drain -- ./my-program", line


def snippets_go_where_the_manual_says(host):
    """init --server of lighttpd has put one there, and it is the same."""
    rows = re.findall(r"^\.It Pa (/etc/\S+)\n\.Cm ([a-z -]+\w)",
                      (SOURCE / "man/hookcask-config.1").read_text(), re.M)
    assert len(rows) >= 5, rows
    for place, words in rows:
        parent = place.rpartition("/")[0]
        if "systemd" not in parent and not host.outside(parent).is_dir():
            raise AssertionError(f"{parent} is no directory of Debian's")
        text = host.run("hookcask", "config", *words.split())
        if words == "lighttpd":
            assert host.outside(place).read_text() == text
        elif "apache" in words or words == "logrotate system":
            host.write(place, text)
    host.run("a2enmod", "-q", "fcgid")
    host.run("a2enconf", "-q", "hookcask")
    host.run("apache2ctl", "configtest")


@case
def readme(scene, tap):
    with scene.built() as host:
        readme_install(host, tap)
        refusals_are_where_the_readme_says(host, "lighttpd")
        snippets_go_where_the_manual_says(host)


# -- README.Debian -------------------------------------------------------------

def debian(scene, server, user, ready=lambda host: None):
    (line,) = commands("deploy/debian/README.Debian", {
        "lighttpd": "for lighttpd", "apache": "for lighttpd",
        "nginx": "For nginx"}[server])
    line = line.replace("--server lighttpd", f"--server {server}")
    store = f"/var/lib/hookcask{user}/levers"
    with scene.installed() as host:
        ready(host)
        root = terminal.Terminal(host, "/root")
        said = root.type(line, {"now? [y/N] ": "y\n"})
        receives(host, URL, store + ".jsonl", store + ".secret")
        reads(root, "hookcask", "cat", '"type":"phone_call.ended"')
        refusals_are_where_the_readme_says(host, server)
        assert "undone" not in said, said
        host.run("systemctl", "is-active", server.replace("apache", "apache2"))


@case
def debian_with_lighttpd(scene, _tap):
    debian(scene, "lighttpd", "-www-data",
           lambda host: host.run("systemctl", "start", "lighttpd"))


@case
def debian_with_apache(scene, _tap):
    debian(scene, "apache", "-www-data",
           lambda host: host.run("systemctl", "start", "apache2"))


@case
def debian_with_nginx(scene, _tap):
    """The line that README.Debian has for a server { } that is there."""
    def ready(host):
        site = host.outside("/etc/nginx/sites-available/default")
        text = site.read_text()
        include = "include snippets/hookcask.conf;"
        assert f'"{include}"' in (
            SOURCE / "deploy/debian/README.Debian").read_text()
        site.write_text(text.replace("root /var/www/html;",
                                     f"root /var/www/html;\n{include}", 1))
        host.run("systemctl", "start", "nginx")
    debian(scene, "nginx", "", ready)


# -- all of them ---------------------------------------------------------------

def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path(
        os.environ.get("top_builddir", ".")))
    parser.add_argument("--release", help="such as trixie")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    tap = Tap()
    try:
        clean_root.check()
        scene = Scene(options)
        for function in cases:
            if not options.cases or function.__name__ in options.cases:
                start = time.monotonic()
                tap.run(function.__name__.replace("_", " "), function, scene,
                        tap)
                tap.comment(f"{time.monotonic() - start:.0f} s")
    except Skip as why:
        # as root it can be had: what is missing is a failure
        tap.point(os.geteuid() != 0, "a machine of its own", str(why))
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
