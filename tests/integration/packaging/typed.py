#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
What README.Debian tells people to type, typed word by word where systemd has
booted, up to an event that is stored, read and shown; the refusal of another is
where README.md says.

    typed.py [--build DIR] [--release NAME] [CASE ...]

DIR is a configured build (default: $top_builddir, or the current directory);
NAME is a release of Debian (default: this machine's). The packages are those
that deb.py has left in DIR/packages/NAME. Needs root, cgroup2 and, for its
first run, a package mirror.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import clean_root
import machine
import systemd
import terminal
from tap import Skip, Tap

SOURCE = pathlib.Path(__file__).resolve().parents[3]
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
    """The packages, and what every machine gets."""

    def __init__(self, options):
        self.build = options.build.resolve()
        self.release = options.release or clean_root.mirror()[0][1]
        self.dir = self.build / "packages" / self.release

    def to_install(self):
        packages = list((self.dir / "first").glob("*[!m]_*.deb"))
        assert packages, f"deb.py has left no packages in {self.dir}/first"
        return clean_root.booting(self.dir, self.release, systemd.WANTED,
                                  packages)

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


def reads(user):
    """Then it is handed over, and its refused twin is shown."""
    said = user.type("hookcask drain --tries 1 -- cat")
    assert '"type":"phone_call.ended"' in said, said
    said = user.type("hookcask status")
    assert re.search(r"\b1 stored|stored +1\b|1 event", said), said
    said = user.type("hookcask refused")
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
        reads(root)
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
