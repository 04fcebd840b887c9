# SPDX-License-Identifier: ISC
"""What the tool, run as root, does not do for another user of the machine."""

import base64
import os
import pathlib
import pwd
import re
import subprocess

import tool_dev_cases
from scene import is_sanitized
from tap import Skip
from tool_scene import CONFIG, DOC_SECRET, NOPERM, TOOL, command

NAME = "safety"


def somebody():
    """An account that dev works as, and that others may have."""
    if os.getuid() != 0:
        raise Skip("only root can act for another user")
    try:
        return pwd.getpwnam("www-data")
    except KeyError as error:
        raise Skip("no www-data here") from error


def give(path, user):
    os.chown(path, user.pw_uid, user.pw_gid)


def dev_writes_as_the_other_user(place):
    """What is in that user's directory, root neither writes nor chmods."""
    user, kept = somebody(), place.top / "kept"
    place.top.chmod(0o755)
    kept.mkdir()
    give(kept, user)
    with tool_dev_cases.running(place, "--dir", kept):
        for path in (kept, *kept.iterdir()):
            assert path.lstat().st_uid == user.pw_uid, path
        assert (kept / "hookcask.fcgi").stat().st_mode & 0o7777 == 0o700


def dev_loses_no_race_against_that_user(place):
    """A link instead of the responder's copy, put there all the time."""
    user, kept = somebody(), place.top / "kept"
    place.top.chmod(0o755)
    kept.mkdir()
    give(kept, user)
    ours = place.write("ours", "root's\n", 0o600)
    racer = subprocess.Popen(
        ["sh", "-c", 'while ln -sf "$1" "$2" || :; do :; done', "sh", ours,
         kept / "hookcask.fcgi"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, user=user.pw_uid,
        group=user.pw_gid, extra_groups=[])
    try:
        for _ in range(3):
            try:
                with tool_dev_cases.running(place, "--dir", kept):
                    pass
            except AssertionError:
                pass  # the user may keep it from starting
            assert ours.lstat().st_mode & 0o7777 == 0o600
            assert ours.lstat().st_uid == os.getuid()
            assert ours.read_text() == "root's\n"
    finally:
        racer.kill()
        racer.communicate()     # its ln has ended too


def dev_follows_no_link_that_the_user_planted(place):
    user = somebody()
    theirs, ours = place.top / "theirs", place.top / "ours"
    place.top.chmod(0o755)
    theirs.mkdir()
    ours.mkdir()
    give(theirs, user)
    (theirs / "link").symlink_to(ours)
    responder = ("--responder", TOOL)
    result = place.bad(NOPERM, "dev", "--dir", theirs / "link", *responder)
    assert "may rename what is above it" in result.said, result
    result = place.run("dev", "--dir", theirs / "link/new", *responder)
    assert result.code not in (0, CONFIG), result
    assert not list(ours.iterdir()), list(ours.iterdir())


def root_acts_for_no_directory_that_others_can_swap(place):
    """status would be root's, or another user's, in a place of their choice"""
    user = somebody()
    place.top.chmod(0o755)
    config = place.config()
    var = place.top / "var"
    give(var, user)
    place.good("list", "-c", config)
    # its owner and root may rename it: nobody else
    place.top.chmod(0o777)
    for verb in ("list", "prune"):
        more = ("--max-age", "1d") if verb == "prune" else ()
        result = place.bad(NOPERM, verb, "-c", config, *more)
        assert "may rename what is above it" in result.said, result
        assert f"run this as user {user.pw_uid} ({user.pw_name})" in \
            result.said, result
    place.top.chmod(0o1777)
    place.good("list", "-c", config)
    # a link into a directory of root, in one of that user
    place.top.chmod(0o755)
    (place.top / "roots").mkdir()
    (var / "store").symlink_to(place.top / "roots")
    config = place.config(store=f'log = "{var}/store/levers.jsonl"')
    result = place.bad(NOPERM, "prune", "-c", config, "--max-age", "1d")
    assert "chmod go-w the directories on its path" in result.said, result


def reading_its_body(place, user=None):
    """sign has its secret and waits for what it shall sign."""
    if is_sanitized():
        raise Skip("the leak check needs to look at memory")
    place.top.chmod(0o755)
    if user is not None:
        give(place.secret, user)
    process = subprocess.Popen(
        command("sign", "--secret-file", place.secret), cwd=place.top,
        env=place.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **({} if user is None else
           {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}))
    tool_dev_cases.wait_for(
        lambda: process.poll() is not None or "pipe_read" in
        wait_channel(process.pid) or reads_standard_input(process.pid),
        "its read of the body")
    return process


def wait_channel(pid):
    return pathlib.Path(f"/proc/{pid}/wchan").read_text()


def reads_standard_input(pid):
    call = pathlib.Path(f"/proc/{pid}/syscall").read_text().split()
    return call[:2] == ["0", "0x0"] and os.uname().machine == "x86_64"


def the_tool_has_no_core_dumps(place):
    """The system makes none of a process whose /proc is root's."""
    user = somebody()
    try:
        process = reading_its_body(place, user)
    except PermissionError as error:
        raise Skip("the build is not readable for others") from error
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status")
        assert re.search(rf"^Uid:\t{user.pw_uid}\t", status.read_text(),
                         re.M), status.read_text()
        assert status.stat().st_uid == 0
    finally:
        process.kill()
        process.communicate()


def mappings(pid):
    """(start, end, flags) of each that can be read."""
    text = pathlib.Path(f"/proc/{pid}/smaps").read_text()
    for head, rest in re.findall(r"^([0-9a-f]+-[0-9a-f]+ r.*)\n((?:[A-Z].*\n)*)",
                                 text, re.M):
        start, end = (int(n, 16) for n in head.split()[0].split("-"))
        flags = re.search(r"^VmFlags: (.*)$", rest, re.M)
        if not head.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
            yield start, end, flags.group(1).split() if flags else []


def secrets_are_in_the_vault(place):
    """Each copy in memory is in pages that no dump has: locked, if allowed"""
    somebody()
    process = reading_its_body(place)
    words = DOC_SECRET.encode(), base64.b64decode(DOC_SECRET[6:])
    found = 0
    try:
        with open(f"/proc/{process.pid}/mem", "rb", buffering=0) as memory:
            for start, end, flags in mappings(process.pid):
                memory.seek(start)
                data = memory.read(end - start)
                for word in words:
                    if word in data:
                        found += 1
                        assert "dd" in flags, (hex(start), flags)
    finally:
        process.kill()
        process.communicate()
    assert found >= 2, "neither its text nor its key was found"


ALL = [
    dev_writes_as_the_other_user, dev_loses_no_race_against_that_user,
    dev_follows_no_link_that_the_user_planted,
    root_acts_for_no_directory_that_others_can_swap,
    the_tool_has_no_core_dumps, secrets_are_in_the_vault,
]
