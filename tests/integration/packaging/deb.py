#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
The Debian packages: built twice and compared, checked by lintian, and in a
clean Debian installed, used, upgraded, removed and purged.

    deb.py [--build DIR] [--release NAME] [--keep]

DIR is a configured build (default: $top_builddir, or the current directory);
all results are in DIR/packages/NAME. For a release that is not this machine's
the packages are built in a root of that release, where "make check" runs
too. Needs root, for chroot and mounts, and a package mirror, which is the one
that this machine's apt uses. Roots are kept for the next run.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import clean_root
from tap import Skip, Tap

SOURCE = pathlib.Path(__file__).resolve().parents[3]
PACKAGES = ("hookcask", "libhookcask0", "libhookcask-dev")
RELAYS = ("pgsql", "nats")
ALL_PACKAGES = (*PACKAGES, *(f"hookcask-{name}" for name in RELAYS))
OLD = "0.0.1-1"
STORE = "var/lib/hookcask-www-data/levers.jsonl"
LIGHTTPD_CONF = "etc/lighttpd/conf-available/50-hookcask.conf"
TIME_LIMIT = 600    # seconds
BUILD_LIMIT = 3600  # with "make check" on a busy machine


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

    def __init__(self, build, release):
        self.build = build
        self.release = release or clean_root.mirror()[0][1]
        self.dir = build / "packages" / self.release
        self.builder = None     # a root, unless it is this machine's release
        self.first = self.dir / "first"
        self.second = self.dir / "second"
        for place in (self.first, self.second):
            shutil.rmtree(place, ignore_errors=True)
            (place / "tmp").mkdir(parents=True)
        self.tarball = None
        self.again = None
        self.root = None

    def package(self, name, version=None):
        found = sorted(self.first.glob(f"{name}_{version or '[!~]*'}_*.deb"))
        assert found, f"{name} was not built"
        return found[-1]

    def needs_builder(self):
        return self.release != clean_root.mirror()[0][1]

    def inside(self, path):
        """A path below self.dir, as what builds there sees it."""
        if self.builder is None:
            return path
        return pathlib.Path("/mnt") / path.relative_to(self.dir)

    def command(self, *command, **env):
        if self.builder is None:
            return command, {**os.environ, **env}
        return self.builder.entering(*command), \
            self.builder.environment(**env)

    def start_build(self, place, *options, **env):
        """build-deb.sh in a directory for temporary files of its own."""
        log = open(place / "log", "w", encoding="utf-8")
        command, env = self.command(
            self.inside(self.dir / "build-deb.sh"), *options, "--output",
            self.inside(place), self.inside(self.tarball), **{
                "TMPDIR": str(self.inside(place / "tmp")),
                "DEBFULLNAME": "A Packager",
                "DEBEMAIL": "packager@example.org",
                "DEB_BUILD_OPTIONS": f"parallel={os.cpu_count()}", **env})
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                stderr=log, env=env)

    @staticmethod
    def wait(process, place):
        assert process.wait(BUILD_LIMIT) == 0, \
            (place / "log").read_text(errors="replace")[-4000:]


# -- building -------------------------------------------------------------------

def builder_is_made(work):
    work.builder = clean_root.building(
        work.dir, work.release, SOURCE / "deploy/debian/control.in")


def is_built(work):
    run("make", "-C", work.build, "dist")
    tarball = max(work.build.glob("hookcask-*.tar.xz"),
                  key=lambda path: path.stat().st_mtime)
    work.tarball = shutil.copy2(tarball, work.dir / tarball.name)
    shutil.copy2(SOURCE / "deploy/build-deb.sh", work.dir)
    work.wait(work.start_build(work.first), work.first)
    # in the background from here on, under other circumstances
    work.again = work.start_build(
        work.second, *(["--check"] if work.builder else []),
        TZ="Pacific/Kiritimati", LC_ALL="C",
        DEB_BUILD_OPTIONS=f"parallel={2 if work.builder else 1}")


def no_compiler_warns(work):
    said = (work.first / "log").read_text(errors="replace")
    found = [line for line in said.splitlines()
             if re.match(r"\S+:\d+:(\d+:)? warning: ", line)]
    assert not found, "\n".join(found)


def lintian_is_content(work):
    changes = next(work.first.glob("*.changes"))
    command, env = work.command(
        "lintian", "--pedantic", "--allow-root",
        "--fail-on", "error,warning,pedantic", work.inside(changes))
    said = run(*command, env=env)
    assert not said.strip(), said


def piuparts_is_content(work):
    """Installed, upgraded and purged, they leave nothing that they brought."""
    # some need others of them, so they are a repository, too
    (work.first / "Packages").write_text(run(
        "sh", "-c", "dpkg-scanpackages . 2>/dev/null", cwd=work.first))
    run("piuparts", "--existing-chroot",
        clean_root.base(work.dir, work.release), "--distribution",
        work.release, "--keep-sources-list", "--no-eatmydata",
        "--bindmount", work.first, "--extra-repo",
        f"deb [trusted=yes] file:{work.first} ./",
        # left by systemd, which is installed for its sysusers
        "--ignore-regex", r"(/root/\.ssh|/var/(cache|lib|log)/private|"
        r"/var/lib/systemd|/etc/default/locale|/etc/vconsole\.conf)(/.*)?$",
        *(work.package(name) for name in ALL_PACKAGES),
        env=clean_root.CleanRoot.environment())


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
    work.root = clean_root.CleanRoot(work.dir, "root", work.release)
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


def relays_are_apart(work):
    """The main package needs none of their libraries."""
    needs = run("dpkg-deb", "-f", work.package("hookcask"), "Depends")
    assert "libpq" not in needs and "libnats" not in needs, needs
    names = [f"hookcask-{name}" for name in RELAYS]
    for name in names:
        shutil.copy2(work.package(name), work.root.path / "packages")
    work.root.apt("install", *(
        f"/packages/{work.package(name).name}" for name in names))
    for name in RELAYS:
        said = work.root.run(f"/usr/lib/hookcask/relay-{name}", "--help")
        assert said.startswith("usage: relay-"), said
    work.root.apt("purge", *names)


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
    tap.run("the relays are packages of their own", relays_are_apart, work)
    if shutil.which("piuparts"):
        tap.run("piuparts is content", piuparts_is_content, work)
    else:
        tap.point(False, "piuparts is content", "piuparts is missing")
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
    parser.add_argument("--release", help="such as trixie")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    tap = Tap()
    missing = [name for name in ("dpkg-buildpackage", "dh", "lintian")
               if not shutil.which(name)]
    if missing:
        tap.skip("the Debian packages", f"{missing[0]} is missing")
        return tap.done()
    work = Work(options.build.resolve(), options.release)
    try:
        clean_root.check()
        if work.needs_builder() and tap.run(
                "a root to build in", builder_is_made, work) != "ok":
            return tap.done()
        if tap.run("the packages are built", is_built, work) == "ok":
            tap.run("no compiler warns", no_compiler_warns, work)
            tap.run("lintian is content", lintian_is_content, work)
            in_clean_root(tap, work)
            tap.run("built again, elsewhere, they are the same bytes" +
                    (", and their tests pass" if work.builder else ""),
                    is_reproducible, work)
    except Skip as why:
        # as root it can be had: what is missing is a failure
        if os.geteuid() == 0:
            tap.point(False, "the Debian packages", str(why))
        else:
            tap.skip("the Debian packages", str(why))
    finally:
        if work.again is not None and work.again.poll() is None:
            # unshare passes no other signal on
            work.again.send_signal(signal.SIGKILL if work.builder else
                                   signal.SIGTERM)
            work.again.wait()
        if work.root is not None and not options.keep:
            work.root.remove()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
