# SPDX-License-Identifier: ISC
"""
Every hint that the responder, check, status, drain, index, audit, prune and
failed give about a store or a consumer: does it help to do what it says?

A case makes the state, finds the words in what the program says, does that
and nothing else, and looks whether it helped. ELSEWHERE names those that the
tests of a verb follow already. tests/policy/hints.py finds the hints in the
source, and fails for one that is in neither list.
"""

import contextlib
import json
import os
import pwd
import shutil
import sqlite3

import drain_files_cases
import drain_log_cases
import drain_place_cases
import drain_stay_cases
import look_option_cases
import look_other_cases
import look_status_cases
import prune_cases
import tool_audit_cases
import tool_index_cases
import tool_safety_cases
import tool_set_up_cases
from drain_log_cases import as_nobody, begin, rotated
from drain_scene import RESPONDER, Store, until
from tap import Skip
from tool_scene import CONFIG, DATAERR, NOINPUT, NOPERM

NAME = "hints"
ALL = []
FOLLOWED = []       # their words


def follows(*words):
    def register(case):
        FOLLOWED.extend(words)
        ALL.append(case)
        return case
    return register


def refused(store, words, code=503):
    """A delivery that is not taken, for this reason."""
    store.said = ""
    store.deliver(status=code)
    assert words in said(store), store.said


def said(store):
    """By the responder, whose line quotes."""
    return store.said.replace('\\"', '"')


def check(store):
    return store.place.run("check", "-c", store.conf, "--logrotate",
                           "nowhere", "--web", "nowhere")


def complains(store, words):
    result = check(store)
    assert words in result.said, result
    return result


def content(store):
    """All is well: delivered, handed over, no complaint of check."""
    new = store.deliver()
    store.good()
    assert new in store.seen_ids()
    assert check(store).code == 0, check(store)


def monitoring(store):
    result = store.place.run("status", "-c", store.conf, "--check",
                             "--disk", "0%", "--skew", "9999d")
    return result.text


# -- who may write --

@follows("; the user that writes a store must own it: chown it",
         "belongs to user %ld, neither to root nor to the store's owner %ld; "
         "chown it")
def the_owner(place):
    if os.geteuid() != 0:
        raise Skip("is not root")
    store = begin(place)
    first = store.deliver()
    path = rotated(store, 1)
    store.deliver()
    nobody = pwd.getpwnam("nobody").pw_uid
    for what in (store.state, store.log):
        os.chown(what, nobody, -1)
        refused(store, "the user that writes a store must own it: chown it")
        assert f"{what}: belongs to" in said(store), store.said
        os.chown(what, 0, -1)
        store.deliver()
    os.chown(path, nobody, -1)
    result = store.place.bad(NOINPUT, *store.arguments())
    assert f"{path}: belongs to user {nobody}, neither to root nor to " \
        "the store's owner 0; chown it" in result.said, result
    os.chown(path, 0, -1)
    content(store)
    assert first in store.seen_ids()


@follows("%s: others may write to it (mode %04o); chmod %s it",
         "others may write to the log (mode %04o); chmod o-w it",
         "%s: others may write to it (mode %04o); chmod go-w it",
         "others may write to it (mode %04o); chmod go-w it",
         "others may write to it; chmod o-w", "others may write to it; "
         "chmod go-w")
def the_mode(place):
    store = begin(place)
    first = store.deliver()
    path = rotated(store, 1)
    store.deliver()
    path.chmod(0o622)
    result = place.bad(NOINPUT, *store.arguments())
    assert f"{path}: others may write to it (mode 0622); chmod go-w it" in \
        result.said, result
    path.chmod(0o600)
    for what, mode, good, words in (
            (store.var, 0o702, 0o700, "chmod o-w"),
            (store.state, 0o770, 0o750, "chmod go-w"),
            (store.log, 0o602, 0o600, "chmod o-w")):
        what.chmod(mode)
        refused(store, f"{words} it")
        assert f"{what}: others may write to" in said(store), store.said
        complains(store, f"{what}: others may write to it; {words}")
        what.chmod(good)
        content(store)
    assert first in store.seen_ids()
    # a consumer's own directory
    own = place.top / "own"
    own.mkdir(0o700)
    own.chmod(0o770)
    words = store.arguments("--state", own)
    # root looks at what is above it, too
    result = place.bad(NOPERM, *words)
    assert f"{own}: " in result.said and "chmod go-w " in result.said, result
    own.chmod(0o750)
    place.good(*words)


@follows("%s/%s: others may write to it (mode %04o); chmod o-w it")
def the_mode_in_a_spool(place):
    store = begin(place, spool=True)
    store.deliver()
    (store.spool / "new").chmod(0o702)
    refused(store, "chmod o-w it")
    (store.spool / "new").chmod(0o700)
    content(store)


@follows("not a regular file; move it away")
def a_fifo_as_a_log(place):
    store = begin(place)
    os.mkfifo(store.log)
    refused(store, "not a regular file; move it away")
    store.log.rename(place.top / "fifo")
    store.deliver()
    content(store)


@follows("is a hard link in a directory that others may write to; chmod go-w")
def a_hard_link_where_others_may_write(place):
    store = begin(place)
    store.deliver()
    (place.top / "snapshot").hardlink_to(store.log)
    store.var.chmod(0o770)
    refused(store, "hard link in a directory that others may write to; "
                   "chmod go-w it")
    store.var.chmod(0o750)
    content(store)


# -- what is in the way --

@follows("cannot be read; move it away")
def a_tail_that_is_none(place):
    store = begin(place)
    store.deliver()
    (store.state / "tail").write_bytes(b"junk\n")
    refused(store, f"{store.state}/tail: cannot be read; move it away")
    (store.state / "tail").rename(place.top / "tail")
    content(store)


@follows("not an index of hookcask; move it away",
         "is of no hookcask; move it away")
def an_index_that_is_none(place):
    store = begin(place)
    index = store.state / "index.db"
    for change in ("user_version = -1", "application_id = 7"):
        store.deliver()
        with sqlite3.connect(index) as db:
            db.execute("ALTER TABLE state RENAME TO was")
            db.execute(f"PRAGMA {change}")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        refused(store, "hookcask; move it away")
        for path in store.state.glob("index.db*"):
            path.rename(place.top / path.name)
        content(store)


@follows("not a plain file; remove it")
def counters_that_are_none(place):
    store = begin(place)
    stats = store.state / "stats"
    store.deliver()
    stats.unlink()
    os.mkfifo(stats, 0o600)
    store.said = ""
    store.deliver()
    assert f"{stats}: not a plain file; remove it" in store.said, store.said
    stats.unlink()
    content(store)
    assert json.loads(place.good("status", "-c", store.conf, "--json").text)[
        "outcomes"]["stored"]["count"] == 1


@follows("bodies that came under a known id fill the space for them")
def no_room_for_other_bodies(place):
    store = begin(place)
    store.deliver(b"[1]", "twice")
    store.deliver(b"[2]", "twice")
    kept, = (store.state / "other-body").iterdir()
    for n in range(1000):
        kept.with_name(f"{n:016x}-{n:016x}.json").write_bytes(b"")
    store.said = ""
    store.deliver(b"[3]", "twice", status=503)
    assert 'see them with "hookcask list --other-body" and remove the ' \
        "files" in said(store), store.said
    for n in range(1000):
        kept.with_name(f"{n:016x}-{n:016x}.json").unlink()
    store.deliver(b"[3]", "twice")
    content(store)


@follows("one store serves one endpoint: choose another path")
def a_store_of_two_endpoints(place):
    store = begin(place)
    store.deliver()
    other = store.conf.read_text()
    store.conf.write_text(other.replace('"levers"', '"other"'))
    (store.state).rename(store.var / ".hookcask-other")
    refused(store, 'choose another path for "other"')
    store.conf.write_text(store.conf.read_text().replace(
        "levers.jsonl", "other/levers.jsonl"))
    (store.var / "other").mkdir(0o700)
    store.deliver()
    assert (store.var / "other/levers.jsonl").exists()


@follows("move this directory together with the log, or let \"hookcask index "
         "--rebuild\" make one")
def a_log_that_was_moved_alone(place):
    store = begin(place)
    first = store.deliver()
    away = place.top / "away"
    away.mkdir(0o700)
    store.log.rename(away / "levers.jsonl")
    text = store.conf.read_text()
    store.conf.write_text(text.replace(str(store.var), str(away)))
    moved = ("index", "-c", store.conf, "--moved")
    assert "move this directory together with the log" in \
        place.bad(NOINPUT, *moved).said
    # the second remedy
    place.good("index", "-c", store.conf, "--rebuild")
    store.deliver(msg_id=first)
    assert (away / "levers.jsonl").read_text().count(first) == 1
    # the first
    for path in (away / ".hookcask-levers").iterdir():
        path.unlink()
    (away / ".hookcask-levers").rmdir()
    store.state.rename(away / ".hookcask-levers")
    place.good(*moved)
    store.state = away / ".hookcask-levers"
    content(store)
    assert first in store.seen_ids()


# -- files of a log --

@follows("put the file itself there, or remove the link and name the file's "
         "directory as olddir")
def a_link_to_a_rotated_file(place):
    for remedy in ("put", "named"):
        store = begin(place)
        first = store.deliver()
        away = place.top / remedy
        away.mkdir(0o700)
        link = store.var / f"levers.jsonl.{len(remedy)}"
        store.log.rename(away / "x")
        link.symlink_to(away / "x")
        result = place.bad(NOINPUT, *store.arguments())
        assert "put the file itself there, or remove the link and name the " \
            "file's directory as olddir" in result.said, result
        if remedy == "put":
            (away / "x").rename(link)
        else:
            link.unlink()
            store = Store(place, more=f'    olddir = "{away}"\n')
        content(store)
        assert first in store.seen_ids(), remedy


@follows("keep what is right here, and move the other one away")
def two_that_differ(place):
    store = begin(place)
    ids = [store.deliver(), store.deliver()]
    path = rotated(store, 1)
    rows = path.read_bytes().splitlines(keepends=True)
    other = store.var / "levers.jsonl.2"
    other.write_bytes(rows[0] + b"junk\n")
    result = place.bad(DATAERR, *store.arguments())
    assert "keep what is right here, and move the other one away" in \
        result.said, result
    other.rename(place.top / "other")
    content(store)
    assert set(ids) <= set(store.seen_ids())


@follows("it was cut, edited or restored; bring it back, then \"hookcask "
         "index --rebuild\"")
def a_log_that_was_cut(place):
    store = begin(place)
    store.deliver()
    whole = store.log.read_bytes()
    lost = store.deliver()
    longer = store.log.read_bytes()
    store.log.write_bytes(whole)
    complains(store, "bring it back, then \"hookcask index --rebuild\"")
    store.log.write_bytes(longer)
    place.good("index", "-c", store.conf, "--rebuild")
    content(store)
    assert lost in store.seen_ids()


@follows("%s/%s: was set aside as broken; look at it, then remove it")
def what_was_set_aside(place):
    store = begin(place)
    store.deliver()
    with open(store.log, "ab") as log:
        log.write(b"note\n")
    store.deliver()
    path, = store.state.glob("bad-*")
    complains(store, f"{path}: was set aside as broken; look at it, then "
                     "remove it")
    for kept in path.iterdir():
        kept.unlink()
    path.rmdir()
    assert "set aside" not in check(store).said


@follows("not in use; \"hookcask index\" reads it")
def an_index_that_nobody_uses(place):
    store = begin(place)
    store.put(["msg_1"])
    (store.state / "index.db-shm").unlink()
    result = check(store)
    assert 'not in use; "hookcask index" reads it' in result.text, result
    assert place.good("index", "-c", store.conf).text == "1 ids known\n"


@follows("while a program reads the index without end; end the one that was")
def a_reader_that_was_stopped(place):
    store = begin(place)
    store.deliver()
    wal = store.state / "index.db-wal"
    words = "while a program reads the index without end; end the one that"
    with contextlib.closing(sqlite3.connect(
            store.state / "index.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchall()
        store.deliver()
        with open(wal, "r+b") as file:
            file.truncate(100 << 20)    # as thousands of them would
        for _ in range(9):
            store.deliver()
        complains(store, words)
    until("a WAL that is short again", lambda: store.deliver() and
          wal.stat().st_size < 1 << 20)
    assert words not in check(store).said


# -- what monitoring is told --

@follows("; see hookcask failed", "set aside (hookcask failed)")
def events_that_were_set_aside(place):
    store = begin(place)
    first = store.deliver()
    store.exits(1)
    assert "set aside; see hookcask failed" in \
        store.drain("--tries", 1).said
    assert "has set aside 1; see hookcask failed" in monitoring(store)
    assert "1 set aside (hookcask failed)" in \
        place.good("status", "-c", store.conf).text
    assert first in store.failed("list").text
    store.exits(None)
    store.failed("retry", first)
    store.good()
    assert "set aside" not in monitoring(store)


@follows("see hookcask refused", "; see hookcask gaps")
def what_was_refused_or_not_stored(place):
    store = begin(place)
    store.deliver()
    log = store.log
    log.chmod(0o602)
    refused(store, "chmod o-w it")
    log.chmod(0o600)
    assert "nothing has been since" in monitoring(store)
    store.deliver()
    assert "nothing has been since" not in monitoring(store)
    assert "; see hookcask refused" in monitoring(store)
    text = " ".join(place.good("refused", "-c", store.conf).text.split())
    assert "store-error" in text and "check the disk" in text, text
    told = place.run("status", "-c", store.conf, "--check", "--silence",
                     "0s,1d").text
    assert "; see hookcask gaps" in told, told
    assert "could not be stored" in \
        place.good("gaps", "-c", store.conf).text


@follows("is unknown: its place or the end of the log is uncertain; run "
         "hookcask drain", "cannot be read; see hookcask drain")
def a_backlog_that_is_unknown(place):
    store = begin(place)
    store.deliver()
    store.good()
    path = rotated(store, 1)
    store.deliver()
    path.chmod(0o622)
    assert "1 file of the log cannot be read; see hookcask drain" in \
        monitoring(store)
    assert "chmod go-w it" in store.drain().said
    path.chmod(0o600)
    assert "cannot be read" not in monitoring(store)
    with open(store.log, "ab") as log:
        log.write(store.log.read_bytes()[:-9])
    told = monitoring(store)
    assert "run hookcask drain" in told, told
    store.good()
    assert "run hookcask drain" not in monitoring(store)


@follows("the state directory is missing beside events",
         "its directory is missing beside events; see hookcask drain")
def the_state_directory_has_gone(place):
    store = begin(place)
    first = store.deliver()
    store.good()
    store.state.rename(place.top / "state")
    assert "the state directory is missing beside events" in monitoring(store)
    assert "its directory is missing beside events; see hookcask drain" in \
        place.good("status", "-c", store.conf).text
    said = place.bad(NOINPUT, *store.arguments()).said
    assert "Restore it, or let \"hookcask index --rebuild\" make a new" in said
    (place.top / "state").rename(store.state)
    content(store)
    assert store.counts()[first] == 1


@follows("which nobody drains (hookcask drain)")
def nobody_drains(place):
    store = begin(place)
    store.put(["msg_1"])
    words = "which nobody drains (hookcask drain)"
    assert words in place.good("status", "-c", store.conf).text
    store.good()
    assert words not in place.good("status", "-c", store.conf).text


# -- the configuration --

@follows("is in no rotation of")
def a_log_that_nobody_rotates(place):
    store = begin(place)
    store.deliver()
    words = ("check", "-c", store.conf, "--web", "nowhere", "--logrotate")
    mine = place.write("mine", "weekly\n")
    told = place.good(*words, mine).said
    assert '"hookcask config logrotate" prints one' in told, told
    mine.write_text(place.good("config", "-c", store.conf, "logrotate").text)
    assert "rotation" not in place.good(*words, mine).said


@follows("its disk mounted?  hookcask init makes a new one",
         "make it, owned by the user that runs the responder")
def a_directory_that_is_missing(place):
    store = begin(place)
    store.var.rmdir()
    result = complains(store, "make it, owned by the user that runs the")
    assert result.code == CONFIG
    said = place.run("index", "-c", store.conf).said
    assert "is its disk mounted?  hookcask init makes a new one" in said, said
    place.good("init", "-c", place.top / "new.conf", "-n", "levers", "-l",
               store.log, "-s", place.secret)
    store.deliver()
    store.good()
    assert check(store).code == 0


@follows("%s: others may use it (mode %04o); chmod 600",
         "%s: its group may write it (mode %04o); chmod 640",
         "%s: its group may use it (mode %04o); chmod 600",
         "no such secret file; make it (hookcask init), or fix the path")
def a_secret_file(place):
    store = begin(place)
    for mode, good, words in (
            (0o604, 0o600, "others may use it (mode 0604); chmod 600"),
            (0o660, 0o600, "(mode 0660); chmod 6")):
        place.secret.chmod(mode)
        refused(store, words)
        complains(store, words)
        place.secret.chmod(good)
        content(store)
    place.secret.rename(place.top / "else")
    refused(store, "no such secret file; make it (hookcask init), or fix "
                   "the path")
    store.conf.write_text(store.conf.read_text().replace(
        str(place.secret), str(place.top / "else")))
    content(store)


@follows("%s: it belongs to user %ld; chown it to user %ld, who runs this, or",
         "may not read it; chown it to that user and chmod 600")
def the_owner_of_a_secret(place):
    user, _ = as_nobody(place)
    store = begin(place)
    os.chown(place.secret, user.pw_uid, -1)
    refused(store, f"it belongs to user {user.pw_uid}; chown it to user 0")
    os.chown(place.secret, 0, -1)
    content(store)
    responder = shutil.copy2(RESPONDER, place.top / "responder")
    who = {"program": responder, "user": user.pw_uid, "group": user.pw_gid,
           "extra_groups": []}
    for path in (store.var, *store.var.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    store.said = ""
    store.deliver(status=503, **who)
    assert f"user {user.pw_uid} may not read it; chown it to that user and " \
        "chmod 600" in said(store), store.said
    os.chown(place.secret, user.pw_uid, user.pw_gid)
    place.secret.chmod(0o600)
    store.deliver(**who)


ELSEWHERE = {
    "run \"hookcask index --forget-lost\" before asking":
        tool_index_cases.what_a_log_lost_is_stored_when_it_is_sent_again,
    "run \"hookcask index --forget-lost %s\" before asking":
        tool_index_cases.an_id_in_any_file_is_kept,
    "run hookcask index --forget-lost, then ask":
        tool_index_cases.what_a_log_lost_is_stored_when_it_is_sent_again,
    "remove what precedes its records":
        drain_files_cases.more_than_a_few_lines_of_others,
    "only the tool can read it: run \"hookcask index --rebuild\"":
        drain_files_cases.never_a_new_index_beside_ids_it_does_not_know,
    "format 1 is of an older hookcask":
        drain_log_cases.an_index_of_an_older_version_is_waited_for,
    "if it was moved, run \"hookcask index --moved\"":
        drain_files_cases.a_directory_that_was_moved,
    "bring it back for replay": drain_stay_cases.what_has_gone_is_named,
    "the last event that was handed over of a file that has gone":
        drain_files_cases.an_edited_first_line,
    "up to which it was handed over: it was cut or replaced":
        drain_place_cases.a_place_that_is_lost,
    "and its times are in no order: it was cut":
        drain_place_cases.a_place_that_is_lost,
    "if it is a file of the log, remove those lines":
        drain_files_cases.lines_of_others_precede_the_records,
    "with --since TIME that nothing of it is wanted":
        drain_files_cases.a_file_that_has_gone_before_it_was_begun,
    "bring it back, or say with --since TIME":
        drain_files_cases.a_file_that_has_gone,
    "no index says how far the log can be relied on":
        drain_log_cases.without_an_index_it_waits,
    "Restore it, or let %s make a new one":
        drain_files_cases.without_a_state_directory,
    "\"hookcask index --rebuild\"":
        drain_files_cases.without_a_state_directory,
    "run this as its owner":
        look_option_cases.who_may_not_look_into_a_store_is_told_who_may,
    "chmod go-w the directories on its path":
        tool_safety_cases.root_acts_for_no_directory_that_others_can_swap,
    "the index does not know it, and a retry would be stored again":
        tool_audit_cases.what_the_index_does_not_know_is_found,
    "ids have no record, and a retry would not be stored":
        tool_audit_cases.what_the_log_lost_is_counted,
    "give the name that it had when its events were written":
        tool_index_cases.an_id_in_any_file_is_kept,
    "nothing is removed without it (hookcask index --rebuild)":
        prune_cases.without_an_index,
    "remove the file of each that is settled":
        look_other_cases.they_are_counted_and_warned_of,
    "under a known id (hookcask list --other-body)":
        look_other_cases.they_are_counted_and_warned_of,
    "nobody drains %s%": look_option_cases.a_backlog_that_nobody_drains,
    "cannot pass it (mode":
        tool_set_up_cases.check_walks_each_path_as_the_owner_of_the_store,
    "cannot read it (mode":
        tool_set_up_cases.check_walks_each_path_as_the_owner_of_the_store,
    "the clock is % s off the sender's":
        look_status_cases.check_judges_by_thresholds,
}
