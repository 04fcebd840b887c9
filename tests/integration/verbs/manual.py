#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Runs the examples of the tool's manual pages: each line that begins with "$ "
under EXAMPLES, in the order of the page, as an unprivileged user. Files that
the examples take for granted lie there: levers.secret, body.json,
levers.jsonl, its rotated events.jsonl-20261101.gz, and hookcask.conf with a
log in var/, which HOOKCASK_CONFIG names; 127.0.0.1:8080 is a server that
verifies.
"""

import gzip
import os
import pathlib
import pwd
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import tool_scene
from tap import Tap, skip_all

PAGES = sorted((tool_scene.SOURCE / "man").glob("hookcask*.1"))


def examples(page):
    lines, inside = [], False
    for line in page.read_text().splitlines():
        if line.startswith(".Sh "):
            inside = line == ".Sh EXAMPLES"
        elif inside and line.startswith("$ "):
            lines.append(line[2:].replace("\\e", "\\"))
    return lines


def prepare(place):
    place.write("body.json", b'{"type":"phone_call.ended"}\n')
    log = tool_scene.make_record(msg_id=tool_scene.DOC_ID) + \
        tool_scene.make_record(b"[]", "svix.webhook")
    place.write("levers.jsonl", log)
    place.write("events.jsonl-20261101.gz",
                gzip.compress(tool_scene.make_record()))
    place.env["HOOKCASK_CONFIG"] = str(place.config())
    place.write("var/levers.jsonl", log, 0o600)
    place.good("index", "--rebuild")
    tool = shutil.copy2(tool_scene.TOOL, place.top / "hookcask.bin")
    shutil.copy2(tool_scene.BUILD / "hookcask.fcgi", place.top)
    (place.top / "bin").mkdir()
    os.symlink(tool, place.top / "bin/hookcask")
    place.env["PATH"] = f"{place.top}/bin:{place.env['PATH']}"
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    for path in [place.top, *place.top.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def run(place, lines, who, port):
    """All lines in one shell, which stops at the first that fails."""
    script = "\n".join(lines).replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    process = subprocess.run(
        ["/bin/sh", "-e", "-x", "-c", script], cwd=place.top, env=place.env,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
        check=False, **who)
    said = process.stderr.decode("utf-8", "replace")
    assert process.returncode == 0, \
        process.stdout.decode("utf-8", "replace") + said
    for line in said.splitlines():  # what -x shows was run
        if line.startswith("+ hookcask "):
            tool_scene.note(shlex.split(line)[2:])


def page_examples(page):
    lines = examples(page)
    assert lines, "no example"
    with tool_scene.Place() as place:
        who = prepare(place)
        made = place.top / "hookcask/svix.secret"
        with tool_scene.Endpoint((place.secret, made)) as server:
            run(place, lines, who, server.port)


def needs(page):
    """Programs beside our own that a page uses and this machine lacks."""
    text = " ".join(examples(page))
    missing = [name for name in ("curl", "jq", "zcat")
               if f"{name} " in text and not shutil.which(name)]
    if "hookcask dev" in text and not shutil.which(
            "lighttpd", path="/usr/sbin:/usr/local/sbin:/usr/bin"):
        missing.append("lighttpd")
    posts = any(f"hookcask {verb}" in text
                for verb in ("probe", "replay", "send"))
    if posts and "#define HAVE_CURL 1" not in \
            (tool_scene.BUILD / "config.h").read_text():
        missing.append("libcurl")
    return missing


def main():
    if not tool_scene.TOOL.exists():
        skip_all("the tool is not built here")
    tool_scene.write_down("manual")
    tap = Tap()
    for page in PAGES:
        name = f"the examples of {page.name} work"
        missing = needs(page)
        if missing:
            tap.skip(name, f"{missing[0]} is missing")
        else:
            tap.run(name, page_examples, page)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
