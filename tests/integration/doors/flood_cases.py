# SPDX-License-Identifier: ISC
"""
Denial of service at the FastCGI door: what strangers may do without a key,
and that good deliveries are answered meanwhile. Each case gets the class of
a door and has its documentation as its name.
"""

import base64
import contextlib
import os
import resource
import threading
import time

import fcgi_peer
import scene
import wire
from fcgi_peer import PARAMS, STDIN
from responder_cases import answered, refused, stored
from responder_doors import MAX_BODY
from tap import Skip

ALL = []

# slow peers hold nothing up; a busy machine may
PATIENCE = 5


def case(function):
    ALL.append(function)
    return function


def stuck(door, how):
    """A connection that goes no further."""
    env = fcgi_peer.pairs(fcgi_peer.environment(door.delivery().headers,
                                                length=1000))
    begin = fcgi_peer.begin() + fcgi_peer.stream(PARAMS, env)
    peer = door.connect()
    peer.send({"silent": b"",
               "half a record": fcgi_peer.begin()[:5],
               "half the parameters": fcgi_peer.begin() +
               fcgi_peer.record(PARAMS, env[:30]),
               "no body": begin,
               "half a body": begin + fcgi_peer.record(STDIN, b"x" * 500)}[how])
    return peer


def prompt(door, count):
    """So many good deliveries are stored, each of them in time."""
    for _ in range(count):
        begun = time.monotonic()
        d = door.delivery()
        stored(door, door.post(d), d)
        took = time.monotonic() - begun
        assert took < PATIENCE, f"{took} s"


@contextlib.contextmanager
def files(wanted):
    """Descriptors of our own; what the responder may have is the same."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < wanted:
        raise Skip(f"needs {wanted} descriptors (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (max(wanted, before[0]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@case
def stuck_peers(Door):
    """More stuck peers than threads hold no good delivery up"""
    with Door(HOOKCASK_BODY_TIMEOUT="60", HOOKCASK_THREADS="2") as door:
        peers = [stuck(door, how) for how in
                 ("silent", "half a record", "half the parameters",
                  "no body", "half a body") for _ in range(2)]
        prompt(door, 5)
        for peer in peers:
            assert not peer.has_answer(0)
            peer.socket.close()


@case
def crowd(Door):
    """Nor do 500 slow bodies, 500 refused heads and 500 silent peers"""
    with files(2600), Door(HOOKCASK_BODY_TIMEOUT="60",
                           HOOKCASK_THREADS="4") as door:
        slow = [stuck(door, "half a body") for _ in range(500)]
        env = fcgi_peer.pairs(fcgi_peer.environment([], length=1000))
        head = fcgi_peer.begin() + fcgi_peer.stream(PARAMS, env)
        refusals = [door.connect() for _ in range(500)]
        for peer in refusals:
            peer.send(head)
        silent = [door.connect() for _ in range(500)]
        prompt(door, 30)
        for peer in refusals:
            assert peer.has_answer(PATIENCE), "no refusal"
        for peer in slow + silent:
            assert not peer.has_answer(0), "it had to go"
        assert door.threads() <= 1 + 4 + 2, f"{door.threads()} threads"
        for peer in slow + refusals + silent:
            peer.socket.close()


@case
def no_descriptors_for_all(Door):
    """Where descriptors are few, the idle go first and then the slowest"""
    with Door(shell='ulimit -n 100; exec "$0" "$@"',
              HOOKCASK_BODY_TIMEOUT="60", HOOKCASK_THREADS="2") as door:
        place = door.scene
        silent = [door.connect() for _ in range(60)]
        slow = [stuck(door, "half a body") for _ in range(10)]
        prompt(door, 2)
        assert any(peer.has_answer(0) for peer in silent)
        assert "ulimit -n" in place.words()
        assert not any(peer.has_answer(0) for peer in slow)
        slow += [stuck(door, "half a body") for _ in range(60)]
        prompt(door, 2)
        ended = [peer for peer in slow if peer.has_answer(0)]
        assert ended and len(ended) < len(slow)
        for peer in ended:
            answered(peer.answer(), 503)
        assert "slowest" in door.lines("store-error")[-1]
        for peer in silent + slow:
            peer.socket.close()
        prompt(door, 2)


@case
def unfinished_bodies(Door):
    """Unfinished bodies hold 32 times max-body in memory, and no more"""
    with Door(HOOKCASK_BODY_TIMEOUT="60", HOOKCASK_THREADS="2") as door:
        head = fcgi_peer.begin() + fcgi_peer.stream(
            PARAMS, fcgi_peer.pairs(fcgi_peer.environment(
                door.delivery().headers, length=MAX_BODY)))
        most = 32 * (MAX_BODY + (256 << 10))
        peers = []
        for _ in range(most // MAX_BODY + 10):
            peers.append(door.connect())
            peers[-1].send(head + fcgi_peer.record(STDIN, b"x" * 60_000) +
                           fcgi_peer.record(STDIN, b"x" * 39_000))
        prompt(door, 2)
        ended = [peer for peer in peers if peer.has_answer(0)]
        assert 5 < len(ended) < 40, f"{len(ended)} were ended"
        answered(ended[0].answer(), 503)
        assert "memory" in door.lines("store-error")[-1]
        for peer in peers:
            peer.socket.close()


def signature(door, text):
    d = door.delivery(wire.call_of_size(1500))
    return d.without("svix-signature").plus("svix-signature", text)


def bad_megabyte(door):
    d = door.delivery(wire.call_of_size(1 << 20))
    forged = "v1," + base64.b64encode(os.urandom(32)).decode()
    d.without("svix-signature").plus("svix-signature", forged)
    return fcgi_peer.environment(d.headers, length=len(d.body)), d.body


def many_candidates(door):
    """As many as 8192 bytes hold, against 16 keys, public ones among them."""
    forged = "v1," + base64.b64encode(os.urandom(32)).decode()
    public = "v1a," + base64.b64encode(os.urandom(64)).decode()
    d = signature(door, " ".join([forged] * 85 + [public] * 40))
    return fcgi_peer.environment(d.headers, length=len(d.body)), d.body


def many_headers(door):
    env, body = many_candidates(door)
    return env + [(f"HTTP_X_{n}", "x" * 8000) for n in range(8)], body


def keys(scene):
    """15 secrets and a public key beside the one that counts."""
    more = [wire.fresh_secret() for _ in range(14)]
    public = "whpk_" + base64.b64encode(os.urandom(32)).decode()
    path = scene.etc / "many.secret"
    scene.put(path, "\n".join([*more, public, scene.secret]) + "\n", 0o600)
    return path


@case
def refusals_at_full_rate(Door):
    """A flood of costly forgeries leaves good deliveries their turn"""
    with Door(HOOKCASK_MAX_BODY=str(2 << 20), HOOKCASK_SECRET=None,
              HOOKCASK_SECRET_FILE=keys) as door:
        stop, sent = threading.Event(), []

        def flood(make):
            data = fcgi_peer.request(*make(door))
            while not stop.is_set():
                with door.connect() as peer:
                    peer.send(data)
                    sent.append(peer.answer().status)
        threads = [threading.Thread(target=flood, args=(make,))
                   for make in (bad_megabyte, many_candidates, many_headers)
                   for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            slowest = 0
            for _ in range(20):
                d, begun = door.delivery(), time.monotonic()
                stored(door, door.post(d), d)
                slowest = max(slowest, time.monotonic() - begun)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert len(sent) > 20 and set(sent) == {401}, sent
        assert slowest < 5, f"{slowest} s beside {len(sent)} forgeries"
        assert len(door.scene.records()) == 20


@case
def other_process(Door):
    """A process under full load leaves the store's lock to another one"""
    with Door(HOOKCASK_THREADS="32") as busy:
        place = busy.scene
        busy_place = busy.place.rename(place.run / "busy")
        with busy.listener(False) as listener:
            place.start([place.responder], stdin=listener,
                        environment=busy.settings)
        other_place, stop, statuses = busy.place, threading.Event(), []

        def post(where):
            d = busy.delivery()
            env = fcgi_peer.environment(d.headers, length=len(d.body))
            return fcgi_peer.ask(where, env, d.body).status

        def load():
            while not stop.is_set():
                statuses.append(post(busy_place))
        threads = [threading.Thread(target=load) for _ in range(16)]
        for thread in threads:
            thread.start()
        try:
            scene.wait_for("the load", lambda: len(statuses) > 50)
            slowest = 0
            for _ in range(50):
                begun = time.monotonic()
                assert post(other_place) == 200, place.words()
                slowest = max(slowest, time.monotonic() - begun)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert set(statuses) == {200}, set(statuses)
        assert slowest < 3, f"{slowest} s beside {len(statuses)}"
        assert len(place.records()) == 50 + len(statuses)


@case
def no_injection(Door):
    """No byte of a stranger gets into a line or a file name as it is"""
    spite = "\x1b[2J\r\nhookcask: outcome=stored \x00\x7f\x9b\xff%s%n\u202e../"
    spite = spite.encode("utf-8")
    with Door() as door:
        place = door.scene
        before = sorted(place.top.rglob("*"))
        for name in ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO",
                     "REMOTE_ADDR", "CONTENT_LENGTH", "QUERY_STRING",
                     "HTTP_SVIX_ID", "HTTP_SVIX_TIMESTAMP",
                     "HTTP_SVIX_SIGNATURE", "DOCUMENT_ROOT", spite):
            d = door.delivery()
            env = fcgi_peer.environment(d.headers, length=len(d.body))
            for value in (spite, spite.replace(b"\0", b""), spite * 300):
                changed = [(n, v) for n, v in env if n != name]
                answer = door.ask(changed + [(name, value)], d.body)
                assert answer.status in (200, 400, 401, 404, 405), answer
        # an id that is signed, but is no id
        for bad in ("../../../etc/x", "a b", "x" * 300, "\x1b]0;x\x07"):
            d = wire.Delivery(place.secret, msg_id=bad)
            assert door.post(d).status in (200, 400)
        assert len(door.lines("unknown-path")) > 3, place.words()
        for path in (place.diag, place.log / "output"):
            for line in path.read_bytes().splitlines():
                assert all(0x20 <= byte < 0x7f for byte in line), line
                assert b"hookcask: " in line[:31], line
        after = [p for p in sorted(place.top.rglob("*")) if p not in before]
        assert {p.name for p in after} <= {
            "levers.jsonl", ".hookcask-svix", "index.db", "index.db-wal",
            "index.db-shm", "stats", "waiting", "offers", "offer-000",
            "diag", "diag.1"}, after


def peak(door):
    """The most bytes of memory until now."""
    status = door.proc("status").decode()
    return int(status.split("\nVmHWM:")[1].split()[0]) * 1024


@case
def bounded_memory(Door):
    """A request takes no more than 3.4 times max-body"""
    if scene.is_sanitized():
        raise Skip("AddressSanitizer keeps what was freed")
    most = 4 << 20
    with Door(HOOKCASK_THREADS="1", HOOKCASK_MAX_BODY=str(most)) as door:
        d = door.delivery()
        stored(door, door.post(d), d)
        before = peak(door)
        # a body that is twice in its record, once in base64
        worst = (b"[" + b"1,\r\n" * most)[:most - 2] + b"1]"
        for body in (wire.call_of_size(most), worst, b"\0" * most):
            d = door.delivery(body)
            stored(door, door.post(d), d)
        # what is thrown away takes nothing
        for _ in range(3):
            d = door.delivery(b"x" * most).without("svix-id")
            refused(door, door.post(d), 400, "missing-header")
            env = fcgi_peer.environment([], length=3 * most)
            with door.connect() as peer:
                peer.send(fcgi_peer.request(env, b"x" * 3 * most))
                answered(peer.answer(), 413)
        took = peak(door) - before
        assert took <= 3.4 * most, f"{took / most:.2f} times"


@case
def bounded_parameters(Door):
    """Parameters take no more than twice what came, and 10 MiB"""
    if scene.is_sanitized():
        raise Skip("AddressSanitizer keeps what was freed")
    count = 24
    with Door(HOOKCASK_THREADS="2", HOOKCASK_MAX_BODY="1000") as door:
        prompt(door, 1)
        env = fcgi_peer.environment(door.delivery().headers, length=1000)
        env += [(f"HTTP_X_{n}", "x" * 65000) for n in range(4)]
        peers = [door.connect() for _ in range(count)]
        for peer in peers:
            peer.send(fcgi_peer.begin() +
                      fcgi_peer.stream(PARAMS, fcgi_peer.pairs(env)))
        # all of them wait for a body at the same time
        prompt(door, 1)
        for peer in peers:
            peer.send(fcgi_peer.stream(STDIN, b"x" * 1000))
        for peer in peers:
            answered(peer.answer(), 401)
        took = peak(door)
        assert took < count * (512 << 10) + (10 << 20), f"{took >> 10} KiB"
