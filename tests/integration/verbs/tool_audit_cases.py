# SPDX-License-Identifier: ISC
"""audit: what is wrong in an archive is found, counted and placed."""

import gzip
import json
import os
import subprocess
import sys

import wire
from drain_scene import Store, forbid
from scene import is_sanitized
from tool_scene import (CONFIG, DATAERR, DOC_SECRET, command, fingerprint,
                        make_record)

NAME = "audit"
ZERO = {"broken": 0, "forged": 0, "late": 0, "unproven": 0, "foreign": 0,
        "twice": 0}
# Runs a command and says last how much memory it had at most, in KiB.
COUNTED = """import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)"""


def audit(place, *arguments, **how):
    """Exit code, what was counted, and what was said."""
    result = place.run("audit", "--json", *arguments, **how)
    return result.code, json.loads(result.text), result.said


def wrong(counts):
    return {name: counts[name] for name in ZERO if counts[name]}


def a_good_archive_is_proven(place):
    lines = [make_record(), make_record(b"[]", "svix.webhook"),
             make_record(b"\xff\0"), make_record(b'{\n "a": 1\n}',
                                                 "svix.webhook")]
    log = place.write("log", b"".join(lines))
    code, counts, said = audit(place, "-s", place.secret, log)
    assert code == 0 and said == "", said
    assert counts["good"] and not wrong(counts), counts
    assert counts["records"] == counts["proven"] == 4
    assert counts["keys"] == {fingerprint(DOC_SECRET): 4}
    assert counts["bytes"] == log.stat().st_size
    result = place.good("audit", "-s", place.secret, log)
    assert "proven     4\n" in result.text and "forged     0" in result.text


def one_changed_byte_is_forged(place):
    good, bad = make_record(), make_record(msg_id="msg_changed")
    for old, new in ((b'ended"}}', b'enbed"}}'), (b"msg_changed", b"msg_Changed"),
                     (b"2021-02-25T15:02:10Z", b"2021-02-25T15:02:11Z")):
        changed = bad.replace(old, new)
        if old == b'ended"}}':
            changed = changed.replace(b'"phone_call.ended","time',
                                      b'"phone_call.enbed","time')
        assert changed != bad
        log = place.write("log", good + changed)
        code, counts, said = audit(place, "-s", place.secret, log)
        assert code == DATAERR and wrong(counts) == {"forged": 1}, said
        assert f"{log}: at byte {len(good)}: " in said, said
        assert "does not fit" in said and not counts["good"]


def torn_lines_are_broken(place):
    record = make_record()
    data = record + b"{\n" + b"\0" * 5000 + b"\n" + make_record() + \
        b"\x1b]0;x\x07\n" + make_record()[:80]
    log = place.write("log", data)
    result = place.bad(DATAERR, "audit", "-s", place.secret, log)
    assert b"\x1b" not in result.err and "broken     4 " in result.text, \
        result
    assert f"at byte {len(record)}: not a record" in result.said, result


def one_id_is_there_once(place):
    twice = make_record(msg_id="msg_twice")
    log = place.write("log", twice + make_record() + twice)
    code, counts, said = audit(place, "-s", place.secret, log)
    assert code == DATAERR and wrong(counts) == {"twice": 1}, said
    assert "msg_twice: stored twice" in said, said
    other = place.write("other", make_record() + twice)
    code, counts, _ = audit(place, "-s", place.secret, log, other)
    assert wrong(counts) == {"twice": 2} and counts["records"] == 5


def secrets_are_judged_by_their_time(place):
    new, old = wire.fresh_secret(), DOC_SECRET
    place.write("new", new + "\n", 0o600)
    log = place.write("log", make_record() + make_record(secret=new))
    code, counts, said = audit(place, "-s", "new", log)
    assert code == DATAERR and wrong(counts) == {"unproven": 1}, said
    assert fingerprint(old) in said
    # an old one that ended later than the record was signed: as it should be
    place.write("older", f"{old} # until 2021-02-25\n", 0o600)
    code, counts, said = audit(place, "-s", "new", "--older", "older", log)
    assert code == 0 and counts["proven"] == 2, said
    text = place.good("audit", "-s", "new", "-o", "older", log).text
    assert f"by {fingerprint(old)}  1, an older secret, until 2021-02-25" \
        in text, text
    # an expired one: whoever has it now could write history
    place.write("older", f"{old} # until 2021-02-24\n", 0o600)
    code, counts, said = audit(place, "-s", "new", "--older", "older", log)
    assert code == DATAERR and wrong(counts) == {"late": 1}, said
    place.write("older", "whsec_bad!\n", 0o600)
    place.bad(CONFIG, "audit", "-s", "new", "-o", "older", log)


def a_whole_store_is_read(place):
    place.config()
    old = [make_record() for _ in range(3)]
    place.write("var/levers.jsonl", b"".join(old[:1]), 0o600)
    place.write("var/levers.jsonl.1", b"".join(old[1:2]), 0o600)
    place.write("var/levers.jsonl.2.gz", gzip.compress(old[2]), 0o600)
    place.good("index", "--rebuild", "-c", "hookcask.conf")
    packed = place.top / "var/levers.jsonl.2.gz"
    place.good("index", "-c", "hookcask.conf", "--add", "-", stdin=old[2])
    code, counts, said = audit(place, "-c", "hookcask.conf")
    assert code == 0 and counts["records"] == 3, said
    assert counts["unknown"] == 0 and counts["good"]
    packed.write_bytes(packed.read_bytes()[:-12])
    code, counts, said = audit(place, "-c", "hookcask.conf")
    assert code == DATAERR and wrong(counts) == {"broken": 1}, said


def what_the_index_does_not_know_is_found(place):
    place.config()
    first, second = make_record(), make_record(msg_id="msg_missing")
    place.write("var/levers.jsonl", first + second, 0o600)
    place.good("index", "--rebuild", "-c", "hookcask.conf")
    place.good("index", "--forget", "msg_missing", "-c", "hookcask.conf")
    code, counts, said = audit(place, "-c", "hookcask.conf")
    assert code == DATAERR and counts["unknown"] == 1, said
    assert "msg_missing: the index does not know it" in said, said
    place.good("index", "--rebuild", "-c", "hookcask.conf")
    code, counts, said = audit(place, "-c", "hookcask.conf")
    assert code == 0 and counts["unknown"] == 0, said


def what_the_log_lost_is_counted(place):
    """Known, but no record: sent again, it would not be stored."""
    store = Store(place)
    sent = [store.deliver() for _ in range(3)]
    code, counts, said = audit(place, "-c", store.conf)
    assert code == 0 and counts["lost"] == 0, (counts, said)
    store.log.write_bytes(store.log.read_bytes().splitlines(True)[0])
    # its mark reaches further than the file now
    store.deliver()
    code, counts, said = audit(place, "-c", store.conf)
    assert code == DATAERR and counts["lost"] == 2, (counts, said)
    assert "2 ids have no record" in said and "--forget-lost" in said, said
    place.good("index", "-c", store.conf, "--forget-lost")
    code, counts, said = audit(place, "-c", store.conf)
    assert code == 0 and counts["lost"] == 0, (counts, said)
    for msg_id in sent:
        store.deliver(msg_id=msg_id)
    code, counts, said = audit(place, "-c", store.conf)
    assert code == 0 and counts["records"] == 4, (counts, said)
    # one that was moved away is no loss; one that it may not read is none yet
    store.log.rename(store.var / "levers.jsonl.1")
    store.deliver()
    (store.var / "levers.jsonl.1").rename(place.top / "elsewhere")
    code, counts, said = audit(place, "-c", store.conf)
    assert code == 0 and counts["lost"] == 0, (counts, said)
    (place.top / "elsewhere").rename(store.var / "levers.jsonl.1")
    forbid(store, store.var / "levers.jsonl.1")
    os.chown(place.secret, os.getuid(), os.getgid())
    code, counts, said = audit(place, "-c", store.conf)
    assert code != 0 and "lost" not in counts, (counts, said)


def a_spool_is_read_too(place):
    place.config(store=f'spool = "{place.top}/spool"')
    for stage in ("new", "done"):
        (place.top / "spool" / stage).mkdir(parents=True)
    record = make_record()
    place.write("spool/new/0000000000000001-a.json", record)
    place.write("spool/done/0000000000000002-b.json", make_record())
    code, counts, said = audit(place, "-c", "hookcask.conf")
    assert code == 0 and counts["records"] == 2, said
    place.write("spool/new/0000000000000003-c.json", record)
    code, counts, said = audit(place, "-c", "hookcask.conf")
    assert code == DATAERR and wrong(counts) == {"twice": 1}, said


def a_record_of_another_endpoint_is_foreign(place):
    place.config()
    log = place.write("log", make_record() + make_record(source="other"))
    code, counts, said = audit(place, "-c", "hookcask.conf", log)
    assert code == DATAERR and wrong(counts) == {"foreign": 1}, said


def many_ids_need_little_memory(place):
    """They are sorted in files, which nobody sees."""
    count = 300000
    body = b'{"type":"a"}'
    line = make_record(body, "a", "msg_XXXXXXX")
    # their secret is not given: only the ids are checked
    place.write("other", wire.fresh_secret() + "\n", 0o600)
    path = place.top / "log"
    with path.open("wb") as out:
        for i in range(count):
            out.write(line.replace(b"msg_XXXXXXX", b"msg_%07d" % i))
        out.write(line.replace(b"msg_XXXXXXX", b"msg_0000007"))
    (place.top / "tmp").mkdir()
    # What it needs is counted by a small process between: a child also counts
    # what its parent was before exec.  Freed memory is not kept for a
    # sanitizer, which would count it all.
    options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    process = subprocess.run(
        [sys.executable, "-c", COUNTED, *command(
            "audit", "--json", "-s", place.top / "other", path)],
        env={**place.env, "TMPDIR": str(place.top / "tmp"),
             "ASAN_OPTIONS": options},
        stdin=subprocess.DEVNULL, capture_output=True, check=False)
    *said, kibibytes = process.stderr.splitlines()
    counts = json.loads(process.stdout)
    assert counts["twice"] == 1 and counts["records"] == count + 1, counts
    assert any(b"msg_0000007: stored twice" in line for line in said)
    # said so often, then only counted
    assert sum(b"was not given" in line for line in said) == 20
    assert not list((place.top / "tmp").iterdir())
    assert int(kibibytes) <= (100000 if is_sanitized() else 22000), kibibytes


ALL = [
    a_good_archive_is_proven, one_changed_byte_is_forged,
    torn_lines_are_broken, one_id_is_there_once,
    secrets_are_judged_by_their_time, a_whole_store_is_read,
    what_the_index_does_not_know_is_found, what_the_log_lost_is_counted,
    a_spool_is_read_too,
    a_record_of_another_endpoint_is_foreign, many_ids_need_little_memory,
]
