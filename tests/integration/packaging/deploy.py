#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
The files of deploy/: what make fills is what "hookcask config" prints, which
is what the server tests run; and what the system's own checkers say of them.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder)
                for folder in ("doors", "harness")]

import backends
import tool_scene
from tap import Skip, Tap, skip_all

BUILD, SOURCE = tool_scene.BUILD, tool_scene.SOURCE
PLACES = {name: os.environ.get(name, "") for name in
          ("bindir", "localstatedir", "responderdir", "runstatedir",
           "sysconfdir")}


def run(*command, **more):
    """What it said; it must be content."""
    for name in command[:1]:
        if not shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin"):
            raise Skip(f"{name} is not here")
    more.setdefault("env", {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                            "LC_ALL": "C"})
    result = subprocess.run([str(word) for word in command], text=True,
                            stdin=more.pop("stdin", subprocess.DEVNULL),
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            check=False, timeout=60, **more)
    assert result.returncode == 0, f"{command}: {result.stdout}"
    return result.stdout


def table():
    """[(server, file, template)] as the tool has them."""
    text = (SOURCE / "src/cli/setup/cmd_config.c").read_text()
    return re.findall(r'\{ "([^"]+)", "([^"]+)",\s+"([^"]+)",', text)


def standard(place):
    """A configuration with the places that make fills in."""
    lib = PLACES["localstatedir"] + "/lib/hookcask"
    return place.write(
        "hookcask.conf",
        f'diag = "{PLACES["localstatedir"]}/log/hookcask/diag.log"\n'
        'endpoint "svix" {\n    path = "/webhooks/svix"\n'
        f'    secret-file = "{PLACES["sysconfdir"]}/svix.secret"\n'
        f'    log = "{lib}/svix.jsonl"\n}}\n')


def printed(place, config, *arguments):
    return place.good("config", "--config", config, "--user", "hookcask",
                      *arguments).text


def same_as_made(place):
    """what make fills in is what hookcask config prints"""
    if not all(PLACES.values()):
        raise Skip("started by hand: make check knows the places")
    config = standard(place)
    for server, name, template in table():
        text = printed(place, config, "--responder-dir",
                       PLACES["responderdir"], server, name)
        # the two that differ here: a file of the test's, a tool not installed
        text = text.replace(str(config), PLACES["sysconfdir"] +
                            "/hookcask.conf")
        text = re.sub(re.escape(f"{BUILD}/hookcask") + r"\b(?!/)",
                      PLACES["bindir"] + "/hookcask", text)
        made = (BUILD / "deploy" / template).read_text()
        assert text == made, f"{server} {name}:\n{text}\n{made}"


def all_listed(place):
    """every template is printed by some server's name"""
    known = {template for _, _, template in table()}
    made = {line for line in re.findall(
        r'^\t\{ "([^"]+)",$', (BUILD / "src/cli/setup/templates.c").read_text(),
        re.M)}
    assert made and made == known, made ^ known


def units(place):
    """systemd's units, with programs that are there; their directory"""
    config = standard(place)
    for server, name, _ in table():
        if server.startswith("systemd"):
            text = printed(place, config, server, name)
            place.write(name, text.replace("/usr/local/bin/hookcask-event",
                                           "/bin/true"))
    return place.top


def units_verified(place):
    """systemd-analyze verify finds nothing"""
    names = sorted(path for path in units(place).iterdir()
                   if path.name.startswith("hookcask") and
                   path.suffix in (".socket", ".service", ".timer"))
    assert len(names) >= 6, names
    # a template is verified as one of its instances
    names = [path if "@" not in path.name else
             shutil.copy(path, path.with_name(
                 path.name.replace("@.", "@2.")))
             for path in names]
    said = run("systemd-analyze", "--man=no", "verify", *names)
    ours = [line for line in said.splitlines() if "hookcask" in line]
    assert not ours, said


def units_hardened(place):
    """systemd-analyze security: the responder is as shut in as it can be"""
    top = units(place)
    for name, most in (("hookcask.service", 10), ("hookcask@.service", 10),
                       ("hookcask-drain.service", 60)):
        run("systemd-analyze", "security", "--offline=true", "--no-pager",
            f"--threshold={most}", top / name)


def drained(place):
    """hookcask-drain.service hands each event to the program"""
    place.write("event", f'#!/bin/sh\ncat >>"{place.top}/bodies"\n', 0o755)
    config = place.config()
    place.write("var/levers.jsonl", tool_scene.make_record(), 0o600)
    place.good("index", "--config", config, "--rebuild")
    service = backends.unit(place.good(
        "config", "-c", config, "systemd-drain").text)
    command, = service["ExecStart"]
    command = command.replace(" --follow ", " --once ").replace("/usr/local/bin/hookcask-event",
                              f"{place.top}/event").split()
    run(*command)
    run(*command)
    assert (place.top / "bodies").read_bytes() == \
        b'{"type":"phone_call.ended"}'


def rotated(place):
    """logrotate understands its files"""
    for name in ("hookcask", "system"):
        text = printed(place, standard(place), "logrotate", name)
        # the users need not exist on the machine that builds
        conf = place.write("logrotate", re.sub(r"(?m)^ *su .*\n", "", text))
        said = run("logrotate", "--debug", "--state", place.top / "state",
                   conf)
        assert "error" not in said and "rotating pattern" in said, said


def made_at_boot(place):
    """sysusers.d and tmpfiles.d make user and directory"""
    if os.getuid() != 0:
        raise Skip("only root can make users and give files away")
    config = standard(place)
    root = place.top / "root"
    (root / "etc").mkdir(parents=True)
    users = place.write("users.conf", printed(place, config, "sysusers"))
    files = place.write("files.conf", printed(
        place, config, "--run-dir", "/run", "tmpfiles"))
    run("systemd-sysusers", f"--root={root}", users)
    entry = next(line for line in
                 (root / "etc/passwd").read_text().splitlines()
                 if line.startswith("hookcask:")).split(":")
    assert entry[6].endswith("nologin"), entry
    (root / "run").mkdir()
    run("systemd-tmpfiles", f"--root={root}", "--create", files)
    made = (root / "run/hookcask").stat()
    assert made.st_uid == int(entry[2]) and made.st_mode & 0o777 == 0o755


def confined(place):
    """apparmor_parser understands the profile"""
    profile = place.write("profile", printed(place, standard(place),
                                             "apparmor"))
    run("apparmor_parser", "--skip-kernel-load", "--skip-cache", profile)


def scripts(place):
    """shell scripts are well formed"""
    config = standard(place)
    for server, name in (("spawn-fcgi", "hookcask-spawn-fcgi"),
                         ("multiwatch", "hookcask-multiwatch"),
                         ("openrc", "hookcask"), ("runit", "run"),
                         ("apache-suexec", "wrapper")):
        script = place.write("script", printed(place, config, server, name))
        run("sh", "-n", script)


def main():
    if not tool_scene.TOOL.exists():
        skip_all("the tool is not built here")
    tap = Tap()
    for point in (same_as_made, all_listed, units_verified, units_hardened,
                  drained, rotated, made_at_boot, confined, scripts):
        with tool_scene.Place() as place:
            tap.run(point.__doc__.strip().splitlines()[0], point, place)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
