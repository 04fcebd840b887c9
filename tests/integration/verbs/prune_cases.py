# SPDX-License-Identifier: ISC
"""prune: what goes by age and by size, and what stays whatever it costs."""

import datetime
import gzip
import json
import os
import re
import sqlite3
import time

from drain_run_cases import both
from drain_scene import Store
from tool_scene import DATAERR, TEMPFAIL, USAGE, make_record

NAME = "prune"
DAY = 86400


def stamp(age_days):
    """RFC 3339, this many days ago."""
    at = datetime.datetime.fromtimestamp(time.time() - age_days * DAY,
                                         datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def old_record(msg_id, age_days):
    line = make_record(b'{"type":"phone_call.ended"}', msg_id=msg_id)
    line = re.sub(rb'"time":"[^"]*"',
                  b'"time":"%sZ"' % stamp(age_days).encode(), line)
    return re.sub(rb'"received":"[^"]*"', b'"received":"%s.000000Z"' %
                  stamp(age_days).encode(), line)


def old_file(store, age_days, compress=False, name=None):
    """A rotated file whose one event came then."""
    path = store.var / (name or f"levers.jsonl-{age_days}")
    data = old_record(f"msg_{age_days}", age_days)
    if compress:
        path = path.with_name(path.name + ".gz")
        data = gzip.compress(data)
    path.write_bytes(data)
    path.chmod(0o600)
    at = time.time() - age_days * DAY
    os.utime(path, (at, at))
    return path


def begin(place, ages=(100, 50, 10)):
    """A log with old files, one of them compressed, and a current one."""
    store = Store(place)
    store.seen_file.touch()
    files = {age: old_file(store, age, compress=age == 50) for age in ages}
    store.deliver()
    return store, files


def prune(store, *options):
    return store.place.run("prune", "-c", store.conf, *options)


def left(files):
    return sorted(age for age, path in files.items() if path.exists())


def by_age(place):
    store, files = begin(place)
    result = prune(store, "--max-age", "30d", "--dry-run")
    assert result.code == 0 and left(files) == [10, 50, 100], result
    assert result.text.count("would be removed") == 3, result
    result = prune(store, "--max-age", "30d")
    assert result.code == 0 and left(files) == [10], result
    first, second, last = result.text.splitlines()
    assert first.startswith("levers.jsonl-100: removed, "), result
    assert second.startswith("levers.jsonl-50.gz: removed, "), result
    assert last.startswith("2 files (") and "removed, 2 left" in last, result
    assert store.log.exists()
    result = prune(store, "--max-age", "30d")
    assert result.text.startswith("0 files (0 bytes) removed"), result


def by_size(place):
    store, files = begin(place, ages=(100, 90, 80, 70))
    size = files[70].stat().st_size
    current = store.log.stat().st_size
    result = prune(store, "--max-size", str(2 * size + current))
    assert result.code == 0 and left(files) == [70, 80], result
    prune(store, "--max-size", "1M")
    assert left(files) == [70, 80]
    prune(store, "--max-size", "0")
    assert left(files) == [] and store.log.exists()


def what_the_index_would_be_made_from(place):
    """Within the dedup window (7 days here) nothing goes."""
    store, files = begin(place, ages=(10, 5, 2))
    result = prune(store, "--max-age", "1h", "--max-size", "0")
    assert result.code == 0 and left(files) == [2, 5], result
    assert result.text.count("stays: it holds ids of the dedup") == 2
    assert "levers.jsonl: stays: it is the current file" in result.text


def what_a_file_holds_counts_not_its_time(place):
    store, files = begin(place, ages=(100, 20))
    os.utime(files[20], (1, 1))
    young = old_file(store, 101)
    os.utime(young, (time.time(), time.time()))
    result = prune(store, "--max-age", "30d")
    assert result.code == 0 and left(files) == [20], result
    assert young.exists()


def what_a_consumer_has_not_finished(place):
    store, files = begin(place, ages=(100, 90, 80))
    store.good("--name", "quick")
    store.shell('[ "$(wc -l <"$SEEN")" -lt 5 ] || exit 75; echo x 1 >>"$SEEN"',
                "--once", "--name", "slow")
    result = prune(store, "--max-age", "30d")
    assert result.code == 0 and left(files) == [80, 90], result
    assert result.text.count('stays: consumer "slow" has not') == 2, result
    store.good("--name", "slow")
    prune(store, "--max-age", "30d")
    assert left(files) == []


def what_has_changed_since_a_consumer_finished_it(place):
    """Grown, replaced by another copy, or only packed."""
    store, files = begin(place, ages=(100, 90, 80))
    store.good()
    packed = files[80].with_name(files[80].name + ".gz")
    packed.write_bytes(gzip.compress(files[80].read_bytes()))
    files[80].unlink()
    with open(files[100], "ab") as file:
        file.write(old_record("msg_late", 99))
    first = files[90].read_bytes()
    files[90].write_bytes(first + old_record("msg_other", 90))
    store.good()
    files[90].write_bytes(first + old_record("msg_new", 89))
    with open(files[100], "ab") as file:
        file.write(old_record("msg_later", 99))
    for path in (packed, files[90], files[100]):
        os.utime(path, (time.time() - 80 * DAY, time.time() - 80 * DAY))
    result = prune(store, "--max-age", "30d")
    assert result.code == 0 and left(files) == [90, 100], result
    assert not packed.exists(), result
    assert result.text.count('stays: consumer "default" has not') == 2, result
    store.good()
    prune(store, "--max-age", "30d")
    assert left(files) == []


KEEPER = """n=0; echo "hookcask-stay 1"; echo resume
while read -r line; do
    case $line in "{"*) n=$((n + 1)); echo "ok $n $TOKEN$n"; esac
done"""


def stay(store, token):
    """A program that gives each event a checkpoint."""
    store.place.env["TOKEN"] = token
    result = store.shell(KEEPER, "--stay")
    assert result.code == 0, result


def sum_of(text):
    """FNV-1a, as lines of a journal have it."""
    found = 2166136261
    for byte in text:
        found = (found ^ byte) * 16777619 % 2 ** 32
    return b"%08x " % found


def move_checkpoints(store, **hours):
    """Those whose token begins so, with the sums of the journal's lines."""
    path = store.state / "drain-default"
    rows = path.read_bytes().splitlines()
    for i, row in enumerate(rows[1:], 1):
        words = row[9:].split(b" ")
        if words[0] == b"C":
            by = hours.get(words[2][:1].decode(), 0)
            words[1] = b"%d" % (int(words[1]) + by * 3600000)
            rows[i] = sum_of(b" ".join(words)) + b" ".join(words)
    path.write_bytes(b"\n".join(rows) + b"\n")


def what_an_engine_may_still_lose(place):
    store, files = begin(place, ages=(100, 90, 80))
    stay(store, "a")
    result = prune(store, "--max-age", "30d")
    assert result.code == 0 and left(files) == [80, 90, 100], result
    assert "may still lose it" in result.text, result
    # nor later, while the engine has said nothing more
    move_checkpoints(store, a=-1)
    prune(store, "--max-age", "30d")
    assert left(files) == [80, 90, 100]
    store.deliver()
    stay(store, "b")
    prune(store, "--max-age", "30d")
    assert left(files) == []


def what_a_program_that_ends_has_finished(place):
    """No checkpoint of the one before it counts."""
    store, files = begin(place, ages=(100, 90))
    stay(store, "a")
    store.deliver()
    store.good()
    prune(store, "--max-age", "30d")
    assert left(files) == []


def what_came_into_done_just_now(place):
    store = Store(place, spool=True)
    store.put(["msg_1"])    # stored long ago, says its name
    stay(store, "a")
    prune(store, "--max-age", "30d")
    assert len(list((store.spool / "done").iterdir())) == 1
    store.put(["msg_2"])
    stay(store, "b")
    move_checkpoints(store, a=1, b=2)
    prune(store, "--max-age", "30d")
    assert not list((store.spool / "done").iterdir())


def a_consumer_that_keeps_its_place_elsewhere(place):
    store, files = begin(place, ages=(100, 90))
    mine = place.top / "mine"
    mine.mkdir(0o700)
    (mine / "drain-other").write_text(
        "hookcask drain 1 log elsewhere other\n")
    store.good()
    store.shell("exit 75", "--once", "--state", mine)
    result = prune(store, "--max-age", "30d", "--state", mine)
    assert result.code == 0 and left(files) == [90, 100], result
    store.good("--state", mine)
    prune(store, "--max-age", "30d", "--state", mine)
    assert left(files) == []


def a_state_that_it_does_not_understand(place):
    store, files = begin(place)
    (store.state / "drain-new").write_text(
        "hookcask drain 2 log levers new\n")
    result = prune(store, "--max-age", "30d")
    assert result.code == DATAERR and "newer version" in result.said, result
    assert left(files) == [10, 50, 100]


def without_an_index(place):
    store, files = begin(place)
    for path in store.state.glob("index.db*"):
        path.unlink()
    result = prune(store, "--max-age", "30d")
    assert result.code == TEMPFAIL and "rebuild" in result.said, result
    assert left(files) == [10, 50, 100]
    place.good("index", "-c", store.conf, "--rebuild")
    assert prune(store, "--max-age", "30d").code == 0
    assert left(files) == [10]


def what_is_not_of_the_log(place):
    store, files = begin(place)
    notes = store.var / "levers.jsonl-notes"
    notes.write_text("mine\n")
    other = store.var / "other.jsonl-99"
    other.write_bytes(old_record("msg_x", 99).replace(
        b'"source":"levers"', b'"source":"other"'))
    link = store.var / "levers.jsonl-link"
    link.symlink_to(other)
    for path in (notes, other):
        os.utime(path, (1, 1))
    result = prune(store, "--max-age", "30d")
    assert result.code == 0 and left(files) == [10], result
    assert notes.exists() and other.exists() and link.is_symlink()


def before_anything_was_stored(place):
    store = Store(place)
    result = prune(store, "--max-age", "30d")
    assert (result.code, result.text) == (0, "0 files (0 bytes) removed, "
                                          "0 left (0 bytes); 0 ids "
                                          "forgotten\n"), result


def spool_file(store, stage, age_days):
    path = store.spool / stage
    path.mkdir(0o700, exist_ok=True)
    micro = int((time.time() - age_days * DAY) * 1e6)
    path = path / f"{micro:016d}-msg_{age_days}.json"
    path.write_bytes(old_record(f"msg_{age_days}", age_days))
    return path


def of_a_spool_only_what_is_done(place):
    store = Store(place, spool=True)
    store.state.mkdir(0o700)
    kept = [spool_file(store, stage, 100)
            for stage in ("new", "cur", "failed")]
    done = {age: spool_file(store, "done", age) for age in (100, 50, 10)}
    result = prune(store, "-a", "30d", "-n")
    assert result.text.startswith("2 files (") and "would be removed" in result.text
    assert left(done) == [10, 50, 100]
    prune(store, "-a", "30d")
    assert left(done) == [10] and all(path.exists() for path in kept)
    more = {age: spool_file(store, "done", age) for age in (9, 8, 7)}
    prune(store, "-s", 2 * more[7].stat().st_size)
    assert left(more) == [7, 8] and left(done) == []
    assert not (store.state / "index.db").exists()


def ids_that_the_window_has_left_behind(place):
    store, _ = begin(place)
    # those of the old files, which no delivery has come upon yet
    assert "; 2 ids forgotten" in prune(store, "-a", "999d").text
    with sqlite3.connect(store.state / "index.db") as db:
        for n in range(3):
            db.execute("INSERT INTO event VALUES(?, ?, 0, 1, 0, NULL)",
                       (f"msg_old{n}", int(time.time() - (8 + n) * DAY)))
    db.close()
    for option, words in (("-n", "3 ids would be"), ("-j", '"ids":3'),
                          ("-j", '"ids":0')):
        result = prune(store, "-a", "999d", option)
        assert words in result.text, result
    assert store.place.good("index", "-c", store.conf).text.startswith("1 ")


def as_json(place):
    store, _ = begin(place)
    rows = [json.loads(line) for line in
            prune(store, "-a", "1d", "--json").text.splitlines()]
    assert [row.get("file") for row in rows] == \
        ["levers.jsonl-100", "levers.jsonl-50.gz", "levers.jsonl-10", None]
    assert all(row["removed"] for row in rows[:3])
    assert rows[-1]["files"] == 3 and rows[-1]["left_files"] == 1, rows


def wrong_command_lines(place):
    store, files = begin(place)
    for options in ([], ["--dry-run"], ["-a", "30"], ["-a", "-1d"],
                    ["-a", "x"], ["-s", "x"], ["-s", "-1"], ["-s", "1X"],
                    ["-s", "99999999999T"], ["-a", "1d", "extra"]):
        result = prune(store, *options)
        assert result.code == USAGE, (options, result)
    spool = place.config("spool.conf",
                         store=f'spool = "{place.top}/spool"')
    place.bad(USAGE, "prune", "-c", spool, "-a", "1d", "--state", place.top)
    assert left(files) == [10, 50, 100]


def a_time_that_is_yet_to_come_makes_nothing_old(store):
    """A record says it was signed in a hundred years."""
    sent = [store.deliver() for _ in range(2)]
    if store.spool is None:
        old_file(store, 5)
    store.place.good("index", "-c", store.conf, "--add", "-",
                     stdin=old_record("msg_future", -36500))
    *files, total = map(json.loads, prune(
        store, "--max-age", "1d", "--dry-run", "--json").text.splitlines())
    assert total["ids"] == total["files"] == 0, total
    if store.spool is None:
        assert ("levers.jsonl-5", "it holds ids of the dedup window") in \
            [(f["file"], f.get("why")) for f in files], files
    # nor is it too old for the index to have to know it
    store.place.good("index", "-c", store.conf, "--forget", sent[1])
    result = store.place.run("audit", "-c", store.conf, "--json")
    assert result.code == DATAERR, result
    assert f"{sent[1]}: the index does not know it" in result.said, result
    assert f"{sent[0]}: the index" not in result.said, result


ALL = [
    by_age, by_size, what_the_index_would_be_made_from,
    what_a_file_holds_counts_not_its_time, what_a_consumer_has_not_finished,
    what_an_engine_may_still_lose,
    what_a_program_that_ends_has_finished, what_came_into_done_just_now,
    what_has_changed_since_a_consumer_finished_it,
    a_consumer_that_keeps_its_place_elsewhere,
    a_state_that_it_does_not_understand, without_an_index,
    what_is_not_of_the_log, before_anything_was_stored,
    of_a_spool_only_what_is_done, ids_that_the_window_has_left_behind,
    *both(a_time_that_is_yet_to_come_makes_nothing_old), as_json,
    wrong_command_lines,
]
