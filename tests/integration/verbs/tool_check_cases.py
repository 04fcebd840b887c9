# SPDX-License-Identifier: ISC
"""check, around the store: disk, clock, index, logrotate, web servers."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import time

from tap import Skip
from tool_scene import (CONFIG, DOC_SECRET, SOURCE, TOOL, USAGE,
                        make_record, wire)

NAME = "check"


def check(place, *more):
    """Of nobody's logrotate and web server but those that are named."""
    named = dict(zip(more[::2], more[1::2]))
    arguments = ["check", "-c", place.top / "hookcask.conf"]
    for option in ("--logrotate", "--web"):
        arguments += [option, named.get(option, place.top / "nothing")]
    return place.run(*arguments)


def complaints(result):
    """But for those of who runs the tests, and of where."""
    usual = (" is on overlayfs", " is on tmpfs", "root owns the store")
    return [line for line in result.said.splitlines()
            if not any(word in line for word in usual)]


def with_store(place, more="", **how):
    """A log with one record and an index that knows it."""
    place.config(more=more, **how)
    log = place.write("var/levers.jsonl", make_record(), 0o600)
    place.good("index", "--rebuild", "-c", "hookcask.conf")
    return log


def the_disk_is_described(place):
    place.config()
    result = check(place)
    assert result.code == 0, result
    names = [line.split()[0] for line in result.text.splitlines()]
    for name in ("source", "clock", "endpoint", "path", "secrets", "log",
                 "directory", "free", "index"):
        assert name in names, result
    assert " of " in result.text and "iB" in result.text


def a_program_that_was_replaced_is_named(place):
    """By the tool of the same directory; status --check does so, too."""
    with_store(place)
    tool = place.top / "bin/hookcask"
    tool.parent.mkdir()
    shutil.copy2(TOOL, tool)
    config = ("-c", place.top / "hookcask.conf")

    def said(*arguments):
        return subprocess.run(
            [str(word) for word in (tool, *arguments, *config)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False).stdout

    old = subprocess.Popen(
        [tool, "tail", "--follow", *config], stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL)
    try:
        old.stdout.readline()   # it runs, and shows the record
        words = f"process {old.pid} still runs {tool} from before an upgrade"
        assert words not in said("check")
        assert words not in said("status", "--check")
        tool.unlink()
        shutil.copy2(TOOL, tool)
        assert words in said("check")
        assert words in said("status", "--check")
    finally:
        old.kill()
        old.communicate()
    assert words not in said("check")


def an_index_is_looked_into(place):
    log = with_store(place)
    before = {p: p.stat().st_mtime_ns for p in place.top.rglob("*")}
    result = check(place)
    assert result.code == 0 and "index       1 ids" in result.text, result
    with log.open("ab") as file:
        file.write(b"{")
    result = check(place)
    assert result.code == 0 and "1 bytes of levers.jsonl are not indexed" \
        in result.text, result
    after = {p: p.stat().st_mtime_ns for p in place.top.rglob("*")}
    assert set(after) == set(before)
    changed = {p.name for p in before if before[p] != after[p]}
    assert changed <= {"levers.jsonl", "index.db-shm"}, changed


def a_log_that_was_cut_is_a_fault(place):
    log = with_store(place)
    with log.open("r+b") as file:
        file.truncate(10)
    result = check(place)
    assert result.code == CONFIG, result
    assert "shorter than the index knows (10 bytes of" in result.said
    assert "index --rebuild" in result.said


def a_broken_index_is_a_fault(place):
    with_store(place)
    state = place.top / "var/.hookcask-levers"
    (state / "index.db").write_bytes(b"no database at all" * 100)
    (state / "index.db-wal").write_bytes(b"")
    assert check(place).code == CONFIG
    (state / "bad-20260101T000000Z").mkdir()
    assert "was set aside" in check(place).said


def skew_comes_from_the_counters(place):
    with_store(place)
    # the layout of src/stats/stats_file.h
    rows, buckets = 168, 16
    for skews, said in (({7: 9, 8: 2}, "0 to 1 seconds"),
                        ({13: 9, 7: 2}, "warning"),
                        ({1: 9}, "behind"), ({0: 5}, "over a day")):
        head = struct.pack("=8sII QQ", b"hkcstats", 0x01020304, 1,
                           355520, 1).ljust(3392, b"\0")
        row = struct.pack("=q6I16I", int(time.time()) // 3600, *[0] * 6,
                          *[skews.get(i, 0) for i in range(buckets)])
        data = head + row + b"\0" * (96 * (rows - 1)) + b"\0" * 336000
        place.write("var/.hookcask-levers/stats", data, 0o600)
        result = check(place)
        assert said in result.text + result.said, (skews, result)


def copytruncate_is_a_fault(place):
    log = with_store(place)
    found = place.top / "rotate.d/levers"
    found.parent.mkdir()
    (place.top / "rotate.d/old.dpkg-old").write_text(f"{log} {{\n"
                                                      "copytruncate\n}\n")
    main = place.write("rotate.conf", "weekly\ninclude "
                       f"{found.parent}\n")
    for text, line in (
            (f"# a\n{log} {{\n\tcopytruncate\n}}\n", 3),
            (f'/a\n"{log.parent}/*.jsonl" /b\n{{\n  daily\n  postrotate\n'
             "  } /x {\n  endscript\n  copytruncate\n}\n", 8),
            (f"copytruncate\n/a {{\nnocopytruncate\n}}\n{log} {{ \n}}\n",
             1)):
        found.write_text(text)
        result = check(place, "--logrotate", main)
        assert result.code == CONFIG, (text, result)
        assert f"{found}:{line}: copytruncate" in result.said, result
    for text, said in (
            (f"{log} {{\nnocreate\ncompress\ndelaycompress\n}}\n", ""),
            (f"{log} {{\ncompress\n}}\n", "delaycompress"),
            (f"/a {{\ncopytruncate\n}}\n{log} {{\nrotate 3\n}}\n", ""),
            (f"{log}.1 {{\ncopytruncate\n}}\n", "in no rotation of"),
            ("}}}\n{\n\"\n", "in no rotation of"),
            ("\0\0{", "in no rotation of")):
        found.write_text(text)
        result = check(place, "--logrotate", main)
        assert result.code == 0, (text, result)
        assert bool(complaints(result)) == bool(said), (text, result)
        assert said in result.said, (text, result)


def a_log_that_rotates_itself_needs_no_logrotate(place):
    store = f'log = "{place.top}/var/levers-%Y.jsonl"'
    place.config(store=store)
    main = place.write("rotate.conf", "weekly\n")
    assert not complaints(check(place, "--logrotate", main))
    # and where there is no logrotate nothing is known
    place.config()
    assert complaints(check(place, "--logrotate", main))
    assert not complaints(check(place))


def an_include_that_goes_round_ends(place):
    with_store(place)
    main = place.write("rotate.conf", f"include {place.top}/rotate.conf\n")
    assert check(place, "--logrotate", main).code == 0


def a_store_below_a_web_root_is_a_fault(place):
    with_store(place)
    web = place.top / "web/sites-enabled"
    web.mkdir(parents=True)
    site = web / "site.conf"
    var = place.top / "var"
    for text, line in (
            (f'# DocumentRoot "{var}"\nDocumentRoot "{var}"\n', 2),
            (f"server {{\n root {place.top};\n}}\n", 2),
            (f"location / {{ alias {var}/; }}\n", 1),
            (f'Alias "/x" "{var}"\n', 1),
            (f'server.document-root = "{var}"\n', 1)):
        site.write_text(text)
        result = check(place, "--web", place.top / "web")
        assert result.code == CONFIG, (text, result)
        assert f"{site}:{line} shows to everybody" in result.said, (text, result)
    for text in (f"# root {var};\n", "root html;\n", "root /nowhere;\n",
                 f"error_log {var};\n", f"root {var}x;\n"):
        site.write_text(text)
        result = check(place, "--web", place.top / "web")
        assert result.code == 0 and not complaints(result), (text, result)
    site.unlink()
    (place.top / "web/sites-available").mkdir()
    (place.top / "web/sites-available/a").write_text(f"root {var};\n")
    assert check(place, "--web", place.top / "web").code == 0


def a_secret_below_a_web_root_is_a_fault(place):
    with_store(place, more="    allow-docroot = true\n")
    site = place.write("site.conf", f"root {place.top};\n")
    result = check(place, "--web", site)
    assert result.code == CONFIG and "the secret " in result.said, result
    assert "as allow-docroot allows" in result.text, result


def usual_names_of_web_roots_are_warned_of(place):
    (place.top / "public_html").mkdir(0o700)
    place.config(store=f'log = "{place.top}/public_html/l.jsonl"')
    (place.top / "public_html").chmod(0o700)
    # in a directory below it, as one would
    store = place.top / "public_html/store"
    store.mkdir(0o700)
    place.config(store=f'log = "{store}/l.jsonl"')
    result = check(place)
    assert result.code == 0 and "public_html" in result.said, result


def every_secret_expired_is_a_fault(place):
    place.config()
    old = f"{DOC_SECRET} # until 2020-01-31\n"
    place.write("levers.secret", old, 0o600)
    result = check(place)
    assert result.code == CONFIG and "every secret" in result.said, result
    place.write("levers.secret", old + wire.fresh_secret() + "\n", 0o600)
    result = check(place)
    assert result.code == 0 and "(expired)" in result.text, result


def a_clock_from_the_past_is_a_fault(place):
    place.config()
    library = next(pathlib.Path("/usr/lib").glob(
        "*/faketime/libfaketime.so.1"), None)
    if library is None:
        raise Skip("libfaketime is not here")
    result = place.run("check", "-c", "hookcask.conf", env={
        "LD_PRELOAD": str(library), "FAKETIME": "2001-01-01 00:00:00"})
    assert result.code == CONFIG, result
    assert "clock says 2001-01-01" in result.said, result


def the_sandbox_is_described(place):
    for how in ("auto", "off", "strict"):
        text = place.config().read_text(encoding="utf-8")
        place.write("hookcask.conf", f"sandbox = {how}\n{text}")
        result = check(place)
        line, = [line for line in result.text.splitlines()
                 if line.split()[0] == "sandbox"]
        assert f"{how}; here is: " in line, result
        # strict is a fault where a part is missing, and only there
        is_whole = "Landlock" in line and "seccomp" in line
        assert (result.code == 0) == (is_whole or how != "strict"), result


def a_full_disk_is_a_fault(place):
    """/dev/full has no statistics: a small tmpfs, where one may mount."""
    small = place.top / "small"
    small.mkdir(0o700)
    if os.geteuid() != 0 or os.system(
            f"mount -t tmpfs -o size=1m,mode=700 none {small} "
            "2>/dev/null") != 0:
        raise Skip("nothing can be mounted here")
    try:
        place.config(store=f'log = "{small}/l.jsonl"')
        result = check(place)
        assert result.code == CONFIG and "make room" in result.said, result
        assert "on tmpfs: it is lost" in result.said, result
    finally:
        os.system(f"umount {small}")


def json_says_the_same(place):
    with_store(place)
    (place.top / "var").chmod(0o777)
    result = place.run("check", "-c", "hookcask.conf", "--json")
    assert result.code == CONFIG, result
    found = [json.loads(line) for line in result.text.splitlines()]
    assert {f["level"] for f in found} >= {"fact", "fault"}
    fault, = [f for f in found if f["level"] == "fault"]
    assert fault["endpoint"] == "levers" and "chmod" in fault["text"]
    assert fault["where"].endswith("hookcask.conf:1"), fault
    assert result.said.count("\n") == 1  # the sum alone
    place.bad(USAGE, "check", "-c", "hookcask.conf", "--json", "--print")


def the_logrotate_file_of_the_tree_is_good(place):
    """Whatever deploy/ ships for logrotate must pass."""
    shipped = [p for p in (SOURCE / "deploy").rglob("*logrotate*")
               if p.is_file()]
    if not shipped:
        raise Skip("none is shipped")
    log = with_store(place)
    for path in shipped:
        text = path.read_text()
        for word in ("/var/lib/hookcask", "@localstatedir@/lib/hookcask"):
            text = text.replace(word, str(log.parent))
        main = place.write("rotate.conf", text)
        result = check(place, "--logrotate", main)
        assert result.code == 0 and not complaints(result), (path, result)


ALL = [
    the_disk_is_described, a_program_that_was_replaced_is_named,
    an_index_is_looked_into,
    a_log_that_was_cut_is_a_fault, a_broken_index_is_a_fault,
    skew_comes_from_the_counters, copytruncate_is_a_fault,
    a_log_that_rotates_itself_needs_no_logrotate,
    an_include_that_goes_round_ends, a_store_below_a_web_root_is_a_fault,
    a_secret_below_a_web_root_is_a_fault,
    usual_names_of_web_roots_are_warned_of, every_secret_expired_is_a_fault,
    a_clock_from_the_past_is_a_fault, the_sandbox_is_described,
    a_full_disk_is_a_fault, json_says_the_same, the_logrotate_file_of_the_tree_is_good,
]
