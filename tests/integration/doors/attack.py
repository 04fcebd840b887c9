#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Attacks from the threat model (SECURITY.md), by people who know the source.
Each case is a function; its documentation is its name. Arguments choose cases
by their names. Output is TAP.
"""

import base64
import pathlib
import sys
import threading

sys.dont_write_bytecode = True  # the source tree may be read-only
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import fcgi_peer
import scene
import wire
from responder_cases import answered, refused, stored, title
from responder_doors import FastCgi
from tap import Tap, skip_all

FLOOD = 1000            # refusals
LINES_A_MINUTE = 10     # of each reason, as the manual says
THREADS = 4

ALL = []


def case(function):
    ALL.append(function)
    return function


class Configured(FastCgi):
    """The same door, with a configuration file that a case may write."""

    def __init__(self, text=None, **settings):
        self.text = text
        names = ("SECRET", "LOG", "DIAG", "PATH", "MAX_BODY", "SANDBOX")
        super().__init__(HOOKCASK_CONFIG=self.write, **settings,
                         **{"HOOKCASK_" + name: None for name in names})

    def write(self, place):
        if self.text is not None:
            place.put(place.config, self.text(place))
        return place.config


def size_of(directory):
    return sum(p.lstat().st_size for p in directory.rglob("*"))


# -- the internet -----------------------------------------------------------------
@case
def parameters_configure_nothing():
    """Request parameters of our own names configure nothing"""
    with FastCgi() as door:
        secret = wire.fresh_secret()
        theirs = door.scene.var / "theirs.jsonl"
        config = door.scene.etc / "theirs.conf"
        door.scene.put(config, f'endpoint "x" {{ log = "{theirs}" }}\n')
        d = wire.Delivery(secret)
        answer = door.post(
            d, HOOKCASK_SECRET=secret, HOOKCASK_LOG=theirs,
            HOOKCASK_CONFIG=config, HOOKCASK_SECRET_FILE=config,
            HOOKCASK_TOLERANCE="86400", HOOKCASK_SANDBOX="off",
            HOOKCASK_SPOOL=door.scene.var, HOOKCASK_NAME="x",
            QUERY_STRING=f"-c+{config}")
        refused(door, answer, 401, "no-match", d)
        assert not theirs.exists()
        old = door.delivery(age=400)
        refused(door, door.post(old, HOOKCASK_TOLERANCE="86400"), 401,
                "too-old", old)
        d = door.delivery()
        stored(door, door.post(d), d)


@case
def flood_of_refusals():
    """A flood of refusals writes no log, and a few lines a minute"""
    with FastCgi(HOOKCASK_THREADS=THREADS) as door:
        d = door.delivery()
        stored(door, door.post(d), d)
        kept, words = door.scene.store_log.stat().st_size, door.scene.words
        before = size_of(door.scene.var)

        def flood():
            for i in range(FLOOD // THREADS):
                bad = door.delivery(msg_id=f"msg_{'x' * (i % 200)}{i}")
                bad.headers = bad.headers[:3 - i % 3]
                door.post(bad.plus("svix-signature", "v1," + "A" * 44))
        threads = [threading.Thread(target=flood) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert door.scene.store_log.stat().st_size == kept, words()
        # counted in a file of one size; a page or two of the index's
        assert size_of(door.scene.var) - before < 100_000
        lines = door.scene.operator_lines()
        # the flood may go over the end of a minute or two
        assert len(lines) <= 3 * 3 * LINES_A_MINUTE, f"{len(lines)} lines"
        d = door.delivery()
        stored(door, door.post(d), d)


@case
def one_message_in_many_clothes():
    """A captured message is kept once, however it is dressed again"""
    with FastCgi() as door:
        d = door.delivery()
        stored(door, door.post(d), d)
        digest = d.signature.removeprefix("v1,")
        for family, signature in (
                ("webhook", d.signature),
                ("svix", f"t={d.timestamp},v1={digest}"),
                ("webhook", f"v1,{'A' * 44} {d.signature}"),
                ("svix", f"v9,x,{d.signature}")):
            again = wire.Delivery(door.scene.secret, d.body, d.id,
                                  family=family)
            again.headers = [(f"{family}-id", d.id),
                             (f"{family}-timestamp", str(d.timestamp)),
                             (f"{family}-signature", signature)]
            stored(door, door.post(again), d)


@case
def cut_elsewhere():
    """A captured message cut into another id, time and body is refused"""
    with FastCgi() as door:
        at = wire.Delivery(door.scene.secret).timestamp
        old = wire.Delivery(door.scene.secret, age=900_000,
                            body=f'{{"note":".{at}.5"}}'.encode())
        head = f'{old.id}.{old.timestamp}.{{"note":"'
        rest = b'5"}'
        for msg_id in (head, head.replace('"', "%22")):
            d = wire.Delivery(door.scene.secret, rest, msg_id)
            d.headers = [("svix-id", msg_id), ("svix-timestamp", str(at)),
                         ("svix-signature", old.signature)]
            refused(door, door.post(d), 400, "bad-id")
        assert not door.scene.records()


@case
def paths_by_other_names():
    """Only the configured path is served, byte for byte"""
    with FastCgi() as door:
        for path in ("/Hooks", "/hooks/", "//hooks", "/hooks/../hooks",
                     "/x/../hooks", "/%68ooks", "/hooks%00", "/hooks?",
                     "/hooks;x", "/hook", "/hooksx", "", "hooks",
                     "/hooks" + "/" * 5000):
            d = door.delivery()
            answer = door.ask(fcgi_peer.environment(
                d.headers, path=path, length=len(d.body)), d.body)
            refused(door, answer, 404, "unknown-path", d)


@case
def steered_terminals():
    """What strangers write cannot steer the operator's terminal"""
    with FastCgi() as door:
        evil = "\x1b]0;owned\x07\x1b[2J\r\nhookcask: note: all is well\x9b"
        for _ in range(3):
            d = door.delivery()
            door.post(d, method=evil)
            door.post(d, path="/" + evil)
            door.post(d, REMOTE_ADDR=evil, method="PUT")
            d.headers = [(n, evil if n == "svix-id" else v)
                         for n, v in d.headers]
            door.post(d)
        said = (door.scene.diag.read_bytes() +
                (door.scene.log / "output").read_bytes())
        assert said and all(c == 10 or 0x20 <= c <= 0x7e for c in said)
        assert all(line.startswith(b"hookcask: ") or b"Z hookcask: " in line
                   for line in said.splitlines()), said.decode()


# -- other tenants ----------------------------------------------------------------
@case
def secret_of_another_endpoint():
    """A message of one endpoint is not genuine at another"""
    other = wire.fresh_secret()

    def text(place):
        place.put(place.etc / "other.secret", other + "\n", 0o600)
        return (f'diag = "{place.diag}"\n'
                'endpoint "levers" {\n path = "/hooks"\n'
                f' secret-file = "{place.secret_file}"\n'
                f' log = "{place.store_log}"\n}}\n'
                'endpoint "other" {\n path = "/other"\n'
                f' secret-file = "{place.etc}/other.secret"\n'
                f' log = "{place.var}/other.jsonl"\n}}\n')

    with Configured(text) as door:
        d = door.delivery()
        answer = door.ask(fcgi_peer.environment(
            d.headers, path="/other", length=len(d.body)), d.body)
        refused(door, answer, 401, "no-match", d)
        assert not (door.scene.var / "other.jsonl").exists()
        d = wire.Delivery(other)
        refused(door, door.post(d), 401, "no-match", d)
        answered(door.ask(fcgi_peer.environment(
            d.headers, path="/other", length=len(d.body)), d.body), 200)
        assert not door.scene.records(d.id)


# -- the operator, in a hurry -------------------------------------------------------
@case
def revoked_under_load():
    """A key that is taken out of the file is dead at once, under load"""
    with Configured() as door:
        old, new = door.scene.secret, wire.fresh_secret()
        revoked, enough = threading.Event(), threading.Event()
        wrong, counts = [], {"before": 0, "after": 0}
        guard = threading.Lock()

        def post():
            while not enough.is_set():
                d = wire.Delivery(old)
                was_revoked = revoked.is_set()
                status = door.post(d).status
                with guard:
                    counts["after" if was_revoked else "before"] += 1
                    if was_revoked and status != 401:
                        wrong.append(status)
                    if not was_revoked and status not in (200, 401):
                        wrong.append(status)

        threads = [threading.Thread(target=post) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            scene.wait_for("deliveries", lambda: counts["before"] > 20)
            door.scene.put(door.scene.secret_file, new + "\n", 0o600)
            revoked.set()
            scene.wait_for("refusals", lambda: counts["after"] > 20)
            d = wire.Delivery(new)
            stored(door, door.post(d), d)
            # gone altogether: nothing is genuine, and nothing is refused
            d = wire.Delivery(new)
            kept = door.scene.secret_file.rename(door.scene.etc / "kept")
            answered(door.post(d), 503)
            kept.rename(door.scene.secret_file)
            stored(door, door.post(d), d)
        finally:
            enough.set()
            for thread in threads:
                thread.join()
        wrong = [status for status in wrong if status != 503]
        assert not wrong, f"answers with a dead key: {wrong[:5]}"


# -- a lost disk --------------------------------------------------------------------
@case
def lost_disk():
    """Whoever finds the store's disk finds events, and no key"""
    with FastCgi() as door:
        d = door.delivery()
        stored(door, door.post(d), d)
        bad = door.delivery(b'{"unsigned":"never kept"}')
        door.post(bad, body=bad.body + b" ")
        text = door.scene.secret.removeprefix("whsec_")
        assert not door.scene.files_with(text)
        assert not door.scene.files_with("never kept")
        key = base64.b64decode(text)
        right = wire.sign(door.scene.secret, bad.id, bad.timestamp,
                          bad.body + b" ").removeprefix("v1,")
        assert not door.scene.files_with(right), "a forgery was kept"
        for path in door.scene.var.rglob("*"):
            assert not path.is_file() or key not in path.read_bytes()
            assert path.lstat().st_mode & 0o077 == 0, f"{path} is open"


def main():
    wanted = sys.argv[1:]
    if not (scene.BUILD / "hookcask.fcgi").exists():
        skip_all("hookcask.fcgi is not built here")
    tap = Tap()
    for each in ALL:
        if not wanted or each.__name__ in wanted:
            tap.run(title(each), each)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
