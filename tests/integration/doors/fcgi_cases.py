# SPDX-License-Identifier: ISC
"""
What only a FastCGI peer can do. Each case gets the class of a door, opens
what it needs, and has its documentation as its name.
"""

import concurrent.futures
import contextlib
import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import signal
import stat
import struct
import subprocess
import time

import fcgi_peer
import scene
import wire
from fcgi_peer import PARAMS, STDIN
from responder_cases import answered, refused, stored
from tap import Skip

ALL = []


def case(function):
    ALL.append(function)
    return function


def whole(door, d=None):
    """The process is well: it stores another one."""
    d = d or door.delivery()
    stored(door, door.post(d), d)


def env_of(d, **more):
    return fcgi_peer.environment(d.headers, length=len(d.body), **more)


@case
def split_records(Door):
    """Parameters and body may come in records of any size"""
    with Door() as door:
        for how in ({"params_step": 1, "step": 1, "padding": 255},
                    {"params_step": 7, "step": 13},
                    {"step": 8191}, {"padding": 3}):
            d = door.delivery(wire.call_of_size(9000))
            stored(door, door.ask(env_of(d), d.body, **how), d)


@case
def byte_by_byte(Door):
    """A request that comes byte by byte, in time, is stored"""
    with Door() as door:
        d = door.delivery()
        with door.connect() as peer:
            for byte in door.request(d):
                peer.send(bytes([byte]))
            stored(door, peer.answer(), d)


@case
def doubled_entries(Door):
    """Two entries of a signature header are 400, of another one nothing"""
    with Door() as door:
        for name in ("svix-id", "svix-timestamp", "svix-signature"):
            d = door.delivery()
            d.plus(name, dict(d.headers)[name])
            refused(door, door.post(d), 400, "doubled-header", d)
        d = door.delivery().plus("svix-id", "")
        refused(door, door.post(d), 400, "doubled-header", d)
        d = door.delivery().plus("webhook-id", "a").plus("webhook-id", "b")
        d.plus("content-length", "1").plus("content-length", "2")
        stored(door, door.post(d), d)


@case
def longer_body(Door):
    """A body longer than its length is 400"""
    with Door() as door:
        d = door.delivery()
        answer = door.post(d, length=len(d.body) - 1)
        refused(door, answer, 400, "short-body", d)


@case
def cut_off(Door):
    """A peer that goes away at any byte leaves nothing and harms nothing"""
    with Door() as door:
        d = door.delivery()
        data = door.request(d)
        end = len(data) - 8  # the end of the body's stream
        for cut in (*range(0, end, 37), end - 1):
            with door.connect() as peer:
                peer.send(data[:cut])
        scene.wait_for("the cut body to be noticed",
                       lambda: door.lines("short-body"))
        assert not door.scene.records(d.id)
        whole(door, d)


@case
def closed_before_reply(Door):
    """A peer that does not wait for the answer does not undo the event"""
    with Door() as door:
        d = door.delivery()
        with door.connect() as peer:
            peer.send(door.request(d))
        scene.wait_for("the event", lambda: door.scene.records(d.id))
        whole(door, d)


@case
def aborted(Door):
    """An aborted request stores nothing"""
    with Door() as door:
        d = door.delivery()
        with door.connect() as peer:
            peer.send(fcgi_peer.begin() +
                      fcgi_peer.stream(PARAMS, fcgi_peer.pairs(env_of(d))) +
                      fcgi_peer.record(STDIN, d.body) +
                      fcgi_peer.record(fcgi_peer.ABORT))
            refused(door, peer.answer(), 400, "short-body", d)
        with door.connect() as peer:
            peer.send(fcgi_peer.begin() +
                      fcgi_peer.record(PARAMS, fcgi_peer.pairs(env_of(d))) +
                      fcgi_peer.record(fcgi_peer.ABORT))
            assert peer.answer().records == [
                (fcgi_peer.END, 1, b"\0" * 8)]
        whole(door)


@case
def nonsense(Door):
    """Broken protocol is dropped at once, and the next request served"""
    params = fcgi_peer.pairs([("A", "B")])
    with Door(HOOKCASK_THREADS="1") as door:
        begun = time.monotonic()
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x02" * 64,
                     fcgi_peer.begin(role=9), fcgi_peer.record(STDIN, b"x"),
                     fcgi_peer.begin() + fcgi_peer.record(77, b"x" * 9),
                     fcgi_peer.begin() +
                     fcgi_peer.stream(PARAMS, b"\x85" + params)):
            with door.connect() as peer:
                peer.send(data)
                peer.socket.shutdown(1)
                assert peer.answer().status is None
        assert time.monotonic() - begun < 2, "somebody was waited for"
        whole(door)


@case
def asked_for_values(Door):
    """FCGI_GET_VALUES is answered at once, each name once, and again"""
    names = ["FCGI_MPXS_CONNS", "FCGI_MAX_REQS", "OTHER", "FCGI_MPXS_CONNS",
             "FCGI_MPXS_CONNS", "FCGI_MPXS_CONNS", "FCGI_MPXS_CONNS"]
    question = fcgi_peer.record(
        fcgi_peer.GET_VALUES, fcgi_peer.pairs((n, "") for n in names), 0)
    wanted = fcgi_peer.pairs([("FCGI_MAX_REQS", "1"),
                              ("FCGI_MPXS_CONNS", "0")])
    with Door() as door:
        d, begun = door.delivery(), time.monotonic()
        with door.connect() as peer:
            peer.send(question)
            assert peer.has_answer(1.5), "no answer before a request"
            peer.send(question + door.request(d))
            answer = peer.answer()
        stored(door, answer, d)
        assert answer.others == [(fcgi_peer.GET_VALUES_RESULT, wanted)] * 2
        assert time.monotonic() - begun < 2
        # and nobody makes it talk for ever
        with door.connect() as peer:
            peer.send(question * 1000)
            assert len(peer.answer().others) < 100
        whole(door)


@case
def unknown_types(Door):
    """Types that nobody knows are named, and the request goes on"""
    with Door() as door:
        d = door.delivery()
        with door.connect() as peer:
            peer.send(fcgi_peer.record(77, b"x" * 70, 0, padding=9) +
                      fcgi_peer.begin() +
                      fcgi_peer.record(fcgi_peer.END, b"x" * 8) +
                      door.request(d)[len(fcgi_peer.begin()):])
            answer = peer.answer()
        stored(door, answer, d)
        assert answer.others == [
            (fcgi_peer.UNKNOWN_TYPE, bytes([kind]) + b"\0" * 7)
            for kind in (77, fcgi_peer.END)]


@case
def any_id(Door):
    """A request may have any number, and others between are not taken"""
    with Door() as door:
        for number in (1, 255, 256, 0xffff):
            d = door.delivery()
            env = fcgi_peer.pairs(env_of(d))
            data = (fcgi_peer.begin(request=number) +
                    fcgi_peer.record(PARAMS, env[:9], number) +
                    fcgi_peer.record(PARAMS, b"A", 9) +
                    fcgi_peer.begin(request=9) +
                    fcgi_peer.record(PARAMS, env[9:], number) +
                    fcgi_peer.record(fcgi_peer.ABORT, request=9) +
                    fcgi_peer.record(PARAMS, request=number) +
                    fcgi_peer.record(STDIN, b"other", 9) +
                    fcgi_peer.record(STDIN, d.body, number) +
                    fcgi_peer.record(STDIN, request=number))
            with door.connect() as peer:
                peer.send(data)
                answer = peer.answer()
            stored(door, answer, d)
            ends = [(kind, request) for kind, request, _ in answer.records
                    if kind == fcgi_peer.END]
            assert ends == [(fcgi_peer.END, 9), (fcgi_peer.END, number)]


@case
def other_role(Door):
    """A request for an authorizer is answered that there is none"""
    with Door() as door, door.connect() as peer:
        peer.send(fcgi_peer.begin(role=2) + fcgi_peer.record(PARAMS))
        assert peer.answer().ended == fcgi_peer.UNKNOWN_ROLE


@case
def many_parameters(Door):
    """64 KiB of headers are nothing; over 256 KiB, or 1024 of them, are 413"""
    with Door() as door:
        for count, size, is_fine in ((8, 8192, True), (900, 60, True),
                                     (33, 8192, False), (1100, 1, False)):
            d = door.delivery()
            env = env_of(d) + [(f"HTTP_X_{n}", "x" * size)
                               for n in range(count)]
            answer = door.ask(env, d.body)
            if is_fine:
                stored(door, answer, d)
            else:
                refused(door, answer, 413, "too-large", d)
        # a name that would be another one as a string is no header of ours
        d = door.delivery().without("svix-id")
        env = env_of(d) + [("HTTP_SVIX_ID=" + d.id, "")]
        refused(door, door.ask(env, d.body), 400, "missing-header", d)
        d = door.delivery()
        env = [(n, v + "\0" if n == "HTTP_SVIX_ID" else v)
               for n, v in env_of(d)]
        refused(door, door.ask(env, d.body), 400, "missing-header", d)


@case
def own_socket(Door):
    """-s makes a socket for owner and group, and takes the place of none"""
    with Door() as door:
        place = door.scene.run / "own"
        command = [door.scene.responder, "-s", place]
        for _ in range(2):
            process = door.scene.start(command, environment=door.settings)
            d = door.delivery()
            scene.wait_for("the socket", lambda: accepts(place))
            assert stat.S_IMODE(place.stat().st_mode) == 0o660
            stored(door, fcgi_peer.ask(place, env_of(d), d.body), d)
            process.send_signal(signal.SIGTERM)
            assert process.wait(scene.ENDS_WITHIN) == 0
            door.scene.processes.remove(process)
        door.scene.put(door.scene.run / "file", "kept")
        for wrong, word in ((door.scene.run / "file", "not a socket"),
                            ("relative", "absolute"), (":9000", "absolute"),
                            ("/" + "x" * 200, "bytes"),
                            (door.scene.run / "not/there", "directory")):
            process = door.scene.start([door.scene.responder, "-s", wrong],
                                       environment=door.settings)
            assert process.wait(scene.ENDS_WITHIN) == os.EX_CANTCREAT, wrong
            door.scene.processes.remove(process)
            assert word in door.scene.words(), door.scene.words()
        assert (door.scene.run / "file").read_text() == "kept"


def accepts(place):
    try:
        fcgi_peer.Connection(place).socket.close()
        return True
    except OSError:
        return False


@case
def kept_connection(Door):
    """A connection that shall be kept carries one request after the other"""
    with Door(HOOKCASK_THREADS="1") as door, door.connect() as kept:
        for _ in range(20):
            d = door.delivery()
            kept.send(door.request(d, flags=fcgi_peer.KEEP_CONN))
            stored(door, kept.one_answer(), d)
            whole(door)
            refusal = door.delivery(age=900)
            kept.send(door.request(refusal, flags=fcgi_peer.KEEP_CONN))
            answered(kept.one_answer(), 401)
        assert not kept.has_answer(0), "it was closed"
        # the last one
        d = door.delivery()
        kept.send(door.request(d))
        stored(door, kept.answer(), d)


@case
def kept_and_told(Door):
    """A kept connection is served once more when the process shall leave"""
    with Door() as door, door.connect() as kept, door.connect() as idle:
        for peer in (kept, idle):
            d = door.delivery()
            peer.send(door.request(d, flags=fcgi_peer.KEEP_CONN))
            stored(door, peer.one_answer(), d)
        door.process.send_signal(signal.SIGTERM)
        d = door.delivery()
        kept.send(door.request(d, flags=fcgi_peer.KEEP_CONN))
        stored(door, kept.answer(), d)
        assert idle.answer().raw == b""
        assert door.process.wait(scene.ENDS_WITHIN) == 0
        door.scene.processes.remove(door.process)


@case
def complete(Door):
    """With CONTENT_LENGTH bytes no end is waited for; more are 400"""
    with Door(HOOKCASK_BODY_TIMEOUT="60") as door:
        d = door.delivery()
        end = len(fcgi_peer.record(STDIN))
        with door.connect() as peer:
            peer.send(door.request(d)[:-end])
            stored(door, peer.answer(), d)
        d = door.delivery()
        with door.connect() as peer:
            peer.send(door.request(d)[:-end] + fcgi_peer.record(STDIN, b"x"))
            refused(door, peer.answer(), 400, "short-body", d)


@case
def refused_at_once(Door):
    """What the head forbids is answered before the body has come"""
    with Door(HOOKCASK_BODY_TIMEOUT="60", HOOKCASK_THREADS="1") as door:
        d = door.delivery()
        for env, status in (
                (fcgi_peer.environment([], method="GET"), 405),
                (fcgi_peer.environment([], path="/other", length=5), 404),
                (fcgi_peer.environment([], length=5), 400),
                (fcgi_peer.environment(d.headers, length=200_000), 413)):
            with door.connect() as peer, door.connect() as kept:
                head = fcgi_peer.stream(PARAMS, fcgi_peer.pairs(env))
                peer.send(fcgi_peer.begin() + head)
                answered(peer.answer(), status)
                kept.send(fcgi_peer.begin(flags=fcgi_peer.KEEP_CONN) + head)
                answered(kept.one_answer(), status)
                # what follows is passed over, and then it goes on
                kept.send(fcgi_peer.stream(STDIN, b"x" * 50_000, 1000) +
                          door.request(d, flags=fcgi_peer.KEEP_CONN))
                stored(door, kept.one_answer(), d)


@case
def silent_peers(Door):
    """Silent connections hold no thread, and end after body-timeout"""
    for on_tcp in (False, True):
        with Door(on_tcp=on_tcp, HOOKCASK_THREADS="1",
                  HOOKCASK_BODY_TIMEOUT="1") as door:
            with door.connect() as peer, door.connect() as other:
                other.send(fcgi_peer.begin()[:5])
                whole(door)
                assert peer.answer().raw == other.answer().raw == b""
            whole(door)


@case
def slow_parameters(Door):
    """Parameters that do not come within body-timeout end the connection"""
    for on_tcp in (False, True):
        with Door(on_tcp=on_tcp, HOOKCASK_BODY_TIMEOUT="1",
                  HOOKCASK_THREADS="1") as door:
            d = door.delivery()
            with door.connect() as peer:
                drip(peer, door.request(d), 1)
                answer = peer.answer()
                assert answer.status is None, answer
            whole(door)


def drip(peer, data, seconds, step=0.02):
    """A byte now and then, until the peer closes; it must not take long."""
    begun = time.monotonic()
    for byte in data:
        if not peer.send(bytes([byte])) or peer.has_answer(step):
            break
    took = time.monotonic() - begun
    assert seconds * 0.9 <= took < seconds + 3, f"{took} s"


@case
def slow_body(Door):
    """A byte every now and then does not outlive body-timeout: 400"""
    for on_tcp in (False, True):
        with Door(on_tcp=on_tcp, HOOKCASK_BODY_TIMEOUT="1",
                  HOOKCASK_THREADS="1") as door:
            d = door.delivery()
            env = fcgi_peer.pairs(env_of(d))
            with door.connect() as peer:
                peer.send(fcgi_peer.begin() + fcgi_peer.stream(PARAMS, env))
                drip(peer, fcgi_peer.stream(STDIN, d.body, 1), 1)
                refused(door, peer.answer(), 400, "body-timeout", d)
            whole(door, d)


@case
def stalled_body(Door):
    """A body that stalls is 400 after body-timeout; others go on"""
    with Door(HOOKCASK_BODY_TIMEOUT="1") as door:
        d = door.delivery()
        with door.connect() as peer:
            peer.send(door.request(d)[:-20])
            whole(door)
            refused(door, peer.answer(), 400, "body-timeout", d)


@case
def endless_records(Door):
    """Records that belong to no request do not outlive body-timeout"""
    for on_tcp in (False, True):
        with Door(on_tcp=on_tcp, HOOKCASK_BODY_TIMEOUT="1",
                  HOOKCASK_THREADS="1") as door:
            d, begun = door.delivery(), time.monotonic()
            flood = fcgi_peer.record(STDIN, b"x" * 60000, request=5)
            with door.connect() as peer:
                peer.send(door.request(d)[:-20])
                while peer.send(flood):
                    assert time.monotonic() - begun < 10
            whole(door, d)


@case
def deaf_peer(Door):
    """A peer that makes it talk and does not listen is cut off"""
    for on_tcp in (False, True):
        with Door(on_tcp=on_tcp, HOOKCASK_BODY_TIMEOUT="1",
                  HOOKCASK_THREADS="1") as door:
            begun = time.monotonic()
            # each of them is answered that there is no multiplexing
            flood = fcgi_peer.begin(request=2) * 10_000
            with door.connect() as peer:
                peer.send(fcgi_peer.begin())
                while peer.send(flood):
                    assert time.monotonic() - begun < 20
            whole(door)


@case
def early_refusal(Door):
    """A refused body is taken off the peer's hands before the answer"""
    with Door() as door:
        env = fcgi_peer.environment([], length=150_000)
        with door.connect() as peer:
            assert peer.send(fcgi_peer.request(env, b"x" * 150_000))
            refused(door, peer.answer(), 413, "too-large")


def state_of(door):
    state, = door.scene.store_log.parent.glob(".hookcask-*")
    return state


def counted(door):
    """How many were stored and were duplicates: src/stats/stats_file.h."""
    data = (state_of(door) / "stats").read_bytes()
    return tuple(struct.unpack_from("=Q", data, 32 + 16 * outcome)[0]
                 for outcome in (0, 1))


@case
def hundred(Door):
    """100 parallel deliveries leave 100 lines, 100 copies one"""
    with Door() as door, \
            concurrent.futures.ThreadPoolExecutor(100) as pool:
        several = [door.delivery(wire.call_of_size(3000))
                   for _ in range(100)]
        for answer in pool.map(door.post, several):
            answered(answer, 200)
        ids = [r["id"] for r in door.scene.records()]
        assert sorted(ids) == sorted(d.id for d in several)
        d = door.delivery()
        for answer in pool.map(door.post, [d] * 100):
            answered(answer, 200)
        assert len(door.scene.records(d.id)) == 1
        # all counted, those of the threads that others wrote for, too
        assert counted(door) == (101, 99), counted(door)
        # the main one, those that serve, and the store's two
        assert door.threads() <= 1 + 8 + 2, f"{door.threads()} threads"


@case
def leaves_others_running(Door):
    """A thread that is woken does not take the place of one that runs"""
    with Door() as door:
        whole(door)
        for task in pathlib.Path(f"/proc/{door.process.pid}/task").iterdir():
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            assert int(fields[38]) == os.SCHED_BATCH, fields


@case
def threads_on_demand(Door):
    """One request at a time needs no crowd of threads"""
    with Door(HOOKCASK_THREADS="64") as door:
        for _ in range(20):
            whole(door)
        # one may still be closing when the next connection is there
        assert door.threads() < 8, f"{door.threads()} threads"


@contextlib.contextmanager
def waiting_requests(door, count):
    """So many, all of them taken, while somebody else has the store's lock."""
    place = pathlib.Path(f"/proc/{door.process.pid}/fd")

    def taken():
        return sum(os.readlink(fd).startswith("socket:")
                   for fd in place.iterdir()) - 1

    whole(door)
    sent = [door.delivery() for _ in range(count)]
    peers = [door.connect() for _ in sent]
    lock = os.open(state_of(door), os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for peer, d in zip(peers, sent):
            assert peer.send(door.request(d))
        scene.wait_for("all to be taken", lambda: taken() == count)
        yield lock, list(zip(peers, sent))
    finally:
        os.close(lock)
        for peer in peers:
            peer.socket.close()


@case
def waits_without_thread(Door):
    """Two threads hold twenty requests for the store, and end them all"""
    with Door(HOOKCASK_THREADS="2", HOOKCASK_LOCK_TIMEOUT="10") as door, \
            waiting_requests(door, 20) as (lock, requests):
        # the main one, those that serve, and the store's helper
        assert door.threads() <= 1 + 2 + 1, f"{door.threads()} threads"
        door.process.send_signal(signal.SIGTERM)
        fcntl.flock(lock, fcntl.LOCK_UN)
        for peer, d in requests:
            stored(door, peer.answer(), d)
        assert door.process.wait(scene.ENDS_WITHIN) == 0
        door.scene.processes.remove(door.process)


@case
def waits_no_longer(Door):
    """Nor do they wait longer than lock-timeout; afterwards all is well"""
    with Door(HOOKCASK_THREADS="2", HOOKCASK_LOCK_TIMEOUT="1") as door:
        with waiting_requests(door, 20) as (_, requests):
            for peer, _ in requests:
                answered(peer.answer(), 503)
        for _, d in requests:
            whole(door, d)


@case
def leaves_idle(Door):
    """SIGTERM and others end an idle process at once, all its threads"""
    for sig in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        with Door() as door, \
                concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(door.post, [door.delivery() for _ in range(40)]))
            assert door.threads() > 2
            took = door.leave(sig)
            assert took < 2, f"took {took} s"


@case
def leaves_after_body(Door):
    """SIGTERM in the middle of a body lets the request finish"""
    with Door() as door:
        d = door.delivery()
        data = door.request(d)
        with door.connect() as peer:
            peer.send(data[:-20])
            # the second worker is there when the first one reads the body
            scene.wait_for("a worker", lambda: door.threads() >= 3)
            door.process.send_signal(signal.SIGTERM)
            scene.wait_for("others to leave", lambda: door.threads() == 2)
            peer.send(data[-20:])
            stored(door, peer.answer(), d)
        assert door.process.wait(scene.ENDS_WITHIN) == 0
        door.scene.processes.remove(door.process)


@case
def signal_at_worker(Door):
    """A signal straight at a thread does not cut the body it reads"""
    try:
        tgkill = ctypes.CDLL(None).tgkill
    except AttributeError as why:
        raise Skip("no tgkill() here") from why
    with Door() as door:
        d = door.delivery()
        data = door.request(d)
        with door.connect() as peer:
            peer.send(data[:-20])
            scene.wait_for("a worker", lambda: door.threads() >= 3)
            for thread in os.listdir(f"/proc/{door.process.pid}/task"):
                if int(thread) != door.process.pid:
                    tgkill(door.process.pid, int(thread), signal.SIGTERM)
            peer.send(data[-20:])
            stored(door, peer.answer(), d)
        whole(door)


@case
def leaves_stalled(Door):
    """SIGTERM while a peer stalls: the process leaves after body-timeout"""
    with Door(HOOKCASK_BODY_TIMEOUT="1") as door:
        d = door.delivery()
        with door.connect() as peer:
            peer.send(door.request(d)[:-20])
            scene.wait_for("a worker", lambda: door.threads() >= 3)
            took = door.leave()
            assert took < 5, f"took {took} s"
            refused(door, peer.answer(), 400, "body-timeout", d)


@case
def shared_socket(Door):
    """Two processes on one socket: when one leaves, the other serves on"""
    with Door(count=2) as door:
        both = [door.delivery() for _ in range(60)]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for answer in pool.map(door.post, both):
                answered(answer, 200)
        door.leave()
        for answer in map(door.post, both):
            answered(answer, 200)
        assert len(door.scene.records()) == 60


@case
def welcome_peers(Door):
    """FCGI_WEB_SERVER_ADDRS says which TCP peers are served"""
    for addresses, is_served in (("192.0.2.1, 127.0.0.1", True),
                                 ("192.0.2.1,127.0.0.10", False)):
        with Door(on_tcp=True, FCGI_WEB_SERVER_ADDRS=addresses) as door:
            d = door.delivery()
            answer = door.post(d)
            assert (answer.status == 200) == is_served, answer


@case
def broken_start(Door):
    """A broken configuration is 503 for all, with the reason in the log"""
    with Door(HOOKCASK_MAX_BODY="many") as door:
        for method in ("POST", "GET"):
            env = fcgi_peer.environment([], method=method)
            answered(door.ask(env), 503)
        said = door.scene.words()
        assert "HOOKCASK_MAX_BODY" in said, said
        assert door.scene.secret not in said
    with Door(arguments=["-x"]) as door:
        answered(door.ask(fcgi_peer.environment([])), 503)
        assert "-c FILE" in door.scene.words()


@case
def mended_secret(Door):
    """A secret file that comes late repairs it within about a second"""
    def late(place):
        return place.etc / "late.secret"

    with Door(HOOKCASK_SECRET=None, HOOKCASK_SECRET_FILE=late) as door:
        d, place = door.delivery(), late(door.scene)
        answered(door.post(d), 503)
        assert str(place) in door.scene.words()
        door.scene.put(place, door.scene.secret + "\n", 0o600)
        scene.wait_for("the secret", lambda: door.post(d).status == 200, 10)
        stored(door, door.post(d), d)
        place.unlink()
        refused(door, door.post(d), 503, "bad-config")


@case
def mended_store(Door):
    """A store whose directory comes late is repaired within about a second"""
    def late(place):
        return place.var / "late/levers.jsonl"

    with Door(HOOKCASK_LOG=late) as door:
        d = door.delivery()
        answered(door.post(d), 503)
        assert "late" in door.scene.words()
        door.scene.own_directory(door.scene.store_log.parent)
        scene.wait_for("the store", lambda: door.post(d).status == 200, 10)
        stored(door, door.post(d), d)


@contextlib.contextmanager
def btrfs(place):
    """A small one of its own, mounted at var/b."""
    if os.getuid() != 0 or shutil.which("mkfs.btrfs") is None:
        raise Skip("needs root and mkfs.btrfs")
    image, at = place.top / "image", place.var / "b"
    with open(image, "wb") as file:
        file.truncate(130 << 20)
    subprocess.run(["mkfs.btrfs", "-q", "-f", image], check=True,
                   capture_output=True)
    at.mkdir()
    done = subprocess.run(["mount", "-o", "loop", image, at],
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise Skip(f"no btrfs here: {done.stderr.decode().strip()}")
    try:
        place.own_directory(at, 0o700)
        yield at
    finally:
        subprocess.run(["umount", "-l", at], check=True)


@case
def full_btrfs(Door):
    """A full btrfs, where a store to shared memory is a SIGBUS, is 503"""
    def elsewhere(place):
        return place.var / "b/levers.jsonl"

    with Door(HOOKCASK_LOG=elsewhere) as door, btrfs(door.scene) as at:
        first, second = door.delivery(), door.delivery()
        scene.wait_for("the store",
                       lambda: door.post(first).status == 200, 10)
        fillers = at / "64k", at / "512"
        for path, size in zip(fillers, (65536, 512)):
            with open(path, "wb", buffering=0) as file, \
                    contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
            # what is written next needs new blocks
            subprocess.run(["sync", "-f", at], check=True)
        answered(door.post(second), 503)
        assert door.process.poll() is None
        for path in fillers:
            path.unlink()
        subprocess.run(["sync", "-f", at], check=True)
        stored(door, door.post(second), second)


@case
def few_lines(Door):
    """Strangers get 10 lines a minute, whatever the number of processes"""
    with Door() as door:
        d = door.delivery().without("svix-id")
        for _ in range(60):
            answered(door.post(d), 400)
        # a minute may have ended in between
        assert 10 <= len(door.lines("missing-header")) <= 21


@case
def hidden(Door):
    """The secret is in no list of processes; no core would be dumped"""
    with Door() as door:
        whole(door)
        key = door.scene.secret.removeprefix("whsec_").encode()
        assert key not in door.proc("cmdline")
        if os.getuid() == 0:
            assert key not in door.proc("environ")
        limit = re.search(rb"Max core file size +(\d+) +(\d+)",
                          door.proc("limits"))
        assert limit.groups() == (b"0", b"0"), limit[0]


@case
def closed_descriptors(Door):
    """With descriptors 1 and 2 closed no file gets what was for them"""
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        with Door(shell=f'exec "$0" "$@" {closed}') as door:
            whole(door)
            d = door.delivery(age=900)
            refused(door, door.post(d), 401, "too-old", d)
            assert len(door.lines("too-old")) == 1
            whole(door)
            assert len(door.scene.records()) == 2
