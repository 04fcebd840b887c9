#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
The Debian packages: built twice and compared, checked by lintian, and in a
clean Debian installed, used, upgraded, removed and purged.

    deb.py [--build DIR] [--keep]

DIR is a configured build (default: $top_builddir, or the current directory);
all results are in DIR/packages. Needs root, for chroot and mounts, and
a package mirror, which is the one that this machine's apt uses.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import clean_root
from tap import Skip, Tap

SOURCE = pathlib.Path(__file__).resolve().parents[3]
PACKAGES = ("hookcask", "libhookcask0", "libhookcask-dev")
OLD = "0.0.1-1"
STORE = "var/lib/hookcask-www-data/levers.jsonl"
LIGHTTPD_CONF = "etc/lighttpd/conf-available/50-hookcask.conf"
TIME_LIMIT = 600


def run(*command, **how):
    process = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", timeout=TIME_LIMIT, check=False, **how)
    assert process.returncode == 0, \
        f"{command}: {process.returncode}\n{process.stdout[-4000:]}"
    return process.stdout


class Work:
    """Where everything is: tarball, two builds, the clean root."""

    def __init__(self, build):
        self.build = build
        self.dir = build / "packages"
        shutil.rmtree(self.dir / "first", ignore_errors=True)
        shutil.rmtree(self.dir / "second", ignore_errors=True)
        self.first = self.dir / "first"
        self.second = self.dir / "second"
        for place in (self.first, self.second):
            (place / "tmp").mkdir(parents=True)
        self.tarball = None
        self.again = None
        self.root = None

    def package(self, name, version=None):
        found = sorted(self.first.glob(f"{name}_{version or '[!~]*'}_*.deb"))
        assert found, f"{name} was not built"
        return found[-1]

    def start_build(self, place, **env):
        """build-deb.sh in a directory for temporary files of its own."""
        log = open(place / "log", "w", encoding="utf-8")
        return subprocess.Popen(
            [SOURCE / "deploy/build-deb.sh", "--output", place, self.tarball],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, "TMPDIR": str(place / "tmp"),
                 "DEBFULLNAME": "A Packager",
                 "DEBEMAIL": "packager@example.org", **env})

    @staticmethod
    def wait(process, place):
        assert process.wait(TIME_LIMIT) == 0, \
            (place / "log").read_text(errors="replace")[-4000:]


# -- building -------------------------------------------------------------------

def is_built(work):
    run("make", "-C", work.build, "dist")
    work.tarball = max(work.build.glob("hookcask-*.tar.xz"),
                       key=lambda path: path.stat().st_mtime)
    work.wait(work.start_build(work.first), work.first)
    # in the background from here on, under other circumstances
    work.again = work.start_build(
        work.second, TZ="Pacific/Kiritimati", LC_ALL="C",
        DEB_BUILD_OPTIONS="parallel=1")


def lintian_is_content(work):
    changes = next(work.first.glob("*.changes"))
    said = run("lintian", "--pedantic", "--allow-root",
               "--fail-on", "error,warning,pedantic", changes)
    assert not said.strip(), said


def digests(place):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for pattern in ("*.deb", "*.dsc", "*.debian.tar.xz")
            for path in place.glob(pattern)}


def is_reproducible(work):
    work.wait(work.again, work.second)
    first, second = digests(work.first), digests(work.second)
    assert len(first) >= 5
    differ = {name for name in first if first[name] != second.get(name)}
    assert not differ, f"{differ} in {work.first} and {work.second}"


# -- a clean root ---------------------------------------------------------------

def older(package, version, place):
    """The same package, made to look like an older version's."""
    tree = place / "old"
    shutil.rmtree(tree, ignore_errors=True)
    run("dpkg-deb", "-R", package, tree)
    control = tree / "DEBIAN/control"
    now = run("dpkg-deb", "-f", package, "Version").strip()
    control.write_text(control.read_text().replace(now, version))
    run("dpkg-deb", "--root-owner-group", "-b", tree, place)
    shutil.rmtree(tree)


def root_is_made(work):
    work.root = clean_root.CleanRoot(work.dir)
    work.root.make(clean_root.WANTED)
    shutil.copytree(SOURCE / "deploy/debian/tests", work.root.path / "tests")


def install(work, version=None):
    place = work.root.path / "packages"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in PACKAGES:
        if version:
            older(work.package(name), version, place)
        else:
            shutil.copy2(work.package(name), place)
    return work.root.apt("install", *(f"/packages/{path.name}"
                                      for path in sorted(place.iterdir())))


def old_version_is_installed(work):
    install(work, OLD)
    assert OLD in work.root.run("dpkg-query", "-W", "hookcask")
    assert "hookcask:" in (work.root.path / "etc/passwd").read_text()


def delivers(work, test):
    return work.root.run(f"/tests/{test}")


def stored(work):
    return (work.root.path / STORE).read_bytes()


def upgrade_keeps_everything(work):
    before = stored(work)
    changed = work.root.path / LIGHTTPD_CONF
    changed.write_text(changed.read_text() + "# the administrator's\n")
    config = (work.root.path / "etc/hookcask/hookcask.conf").read_bytes()
    install(work)
    assert OLD not in work.root.run("dpkg-query", "-W", "hookcask")
    assert stored(work) == before and before.count(b"\n") == 1
    assert changed.read_text().endswith("# the administrator's\n")
    assert (work.root.path / "etc/hookcask/hookcask.conf").read_bytes() == \
        config
    assert (work.root.path / "etc/lighttpd/conf-enabled/50-hookcask.conf"
            ).exists(), "disabled by the upgrade"


def removal_leaves_servers_in_order(work):
    before = stored(work)
    work.root.apt("remove", "hookcask")
    assert not (work.root.path / "usr/lib/hookcask").exists()
    assert stored(work) == before
    assert (work.root.path / "etc/hookcask/hookcask.conf").exists()
    work.root.run("lighttpd", "-tt", "-f", "/etc/lighttpd/lighttpd.conf")
    work.root.run("apache2ctl", "configtest")


def purge_keeps_events(work):
    install(work)
    delivers(work, "lighttpd")
    before = stored(work)
    said = work.root.apt("purge", *PACKAGES)
    assert "kept in: /var/lib/hookcask-www-data" in said, said
    assert stored(work) == before
    left = {str(path.relative_to(work.root.path))
            for place in ("etc", "usr", "var/lib")
            for path in (work.root.path / place).rglob("*hookcask*")
            if "apt" not in path.parts and "dpkg" not in path.parts}
    ours = {path for path in left if not path.startswith(
        "var/lib/hookcask-www-data")}
    assert not ours, ours
    work.root.run("lighttpd", "-tt", "-f", "/etc/lighttpd/lighttpd.conf")
    work.root.run("apache2ctl", "configtest")


def purge_of_nothing_says_nothing(work):
    shutil.rmtree(work.root.path / "var/lib/hookcask-www-data")
    install(work)
    said = work.root.apt("purge", *PACKAGES)
    assert "kept" not in said, said


def in_clean_root(tap, work):
    if tap.run("a clean root", root_is_made, work) != "ok":
        return
    tap.run("an older version is installed", old_version_is_installed, work)
    tap.run("it delivers through lighttpd", delivers, work, "lighttpd")
    tap.run("an upgrade keeps events, configuration and changes",
            upgrade_keeps_everything, work)
    for test in ("lighttpd", "apache-fcgid", "library"):
        tap.run(f"the package's own test: {test}", delivers, work, test)
    tap.run("its removal leaves the servers in order",
            removal_leaves_servers_in_order, work)
    tap.run("purged, it keeps what was received and says so",
            purge_keeps_events, work)
    tap.run("purged with nothing received, it says nothing",
            purge_of_nothing_says_nothing, work)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path(
        os.environ.get("top_builddir", ".")))
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    tap = Tap()
    missing = [name for name in ("dpkg-buildpackage", "dh", "lintian")
               if not shutil.which(name)]
    if missing:
        tap.skip("the Debian packages", f"{missing[0]} is missing")
        return tap.done()
    work = Work(options.build.resolve())
    try:
        if tap.run("the packages are built", is_built, work) == "ok":
            tap.run("lintian is content", lintian_is_content, work)
            try:
                clean_root.check()
                in_clean_root(tap, work)
            except Skip as why:
                tap.skip("in a clean root", str(why))
            tap.run("built again, elsewhere, they are the same bytes",
                    is_reproducible, work)
    finally:
        if work.again is not None and work.again.poll() is None:
            work.again.terminate()
            work.again.wait()
        if work.root is not None and not options.keep:
            work.root.remove()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
