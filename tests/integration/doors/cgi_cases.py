# SPDX-License-Identifier: ISC
"""
What only a CGI server can do. Each case gets the class of a door, opens what
it needs, and has its documentation as its name.
"""

import subprocess
import time

import fcgi_peer
import wire
from responder_cases import answered, refused, stored

ALL = []


def case(function):
    ALL.append(function)
    return function


def env_of(d, **more):
    more.setdefault("length", len(d.body))
    return fcgi_peer.environment(d.headers, **more)


@case
def no_end_of_file(Door):
    """Exactly CONTENT_LENGTH bytes are read; no end of file is awaited"""
    with Door() as door:
        d = door.delivery()
        process = door.start(env_of(d))
        process.stdin.write(d.body)
        process.stdin.flush()
        stored(door, door.finish(process), d)
        process.stdin.close()


@case
def more_than_declared(Door):
    """What follows CONTENT_LENGTH bytes is not the body"""
    with Door() as door:
        d = door.delivery()
        answer = door.ask(env_of(d), d.body + b"and more")
        stored(door, answer, d)


@case
def no_body_no_end(Door):
    """A request without length and chunks is answered without waiting"""
    with Door() as door:
        for method in ("GET", "POST"):
            process = door.start(fcgi_peer.environment([], method=method))
            begun = time.monotonic()
            answer = door.finish(process)
            assert answer.status == (405 if method == "GET" else 400)
            assert time.monotonic() - begun < 4
            process.stdin.close()


@case
def in_pieces(Door):
    """A body in small writes is one body"""
    with Door() as door:
        d = door.delivery(wire.call_of_size(5000))
        process = door.start(env_of(d))
        for i in range(0, len(d.body), 100):
            process.stdin.write(d.body[i:i + 100])
            process.stdin.flush()
        stored(door, door.finish(process), d)
        process.stdin.close()


@case
def stalled(Door):
    """A body that stalls is 400 after body-timeout"""
    with Door(HOOKCASK_BODY_TIMEOUT="1") as door:
        d = door.delivery()
        process = door.start(env_of(d))
        process.stdin.write(d.body[:-1])
        process.stdin.flush()
        refused(door, door.finish(process), 400, "body-timeout", d)
        process.stdin.close()


@case
def early_refusal(Door):
    """A refused body is taken off the server's hands before the answer"""
    with Door() as door:
        process = door.start(fcgi_peer.environment([], length=150_000))
        process.stdin.write(b"x" * 150_000)
        process.stdin.close()
        refused(door, door.finish(process), 413, "too-large")


@case
def no_arguments(Door):
    """No argument is read, whatever the query string made of itself"""
    for arguments in (["-c", "/dev/stdin"], ["-c/dev/stdin"], ["--help"],
                      ["--version"], ["x", "y"]):
        with Door() as door:
            door.arguments = arguments
            secret = wire.fresh_secret()
            other = door.scene.var / "other.jsonl"
            body = (f'endpoint "x" {{ log = "{other}" }}\n').encode()
            d = wire.Delivery(secret, body)
            refused(door, door.post(d), 401, "no-match", d)
            assert not other.exists()
            d = door.delivery()
            stored(door, door.post(d), d)


@case
def broken(Door):
    """A broken configuration is 503, with the reason on standard error"""
    with Door(HOOKCASK_TOLERANCE="soon") as door:
        answered(door.post(door.delivery()), 503)
        assert "HOOKCASK_TOLERANCE" in door.scene.words()
        answered(door.ask(fcgi_peer.environment([], method="GET")), 503)


@case
def broken_lines(Door):
    """While nothing can count, a request writes one bounded line, not more"""
    for broken in ({"HOOKCASK_TOLERANCE": "never"},
                   {"HOOKCASK_LOG": "/nowhere/at/all.jsonl"}):
        with Door(HOOKCASK_DIAG=None, **broken) as door:
            for n in range(12):
                d = door.delivery(msg_id="x" * 300 if n % 2 else None)
                answer = door.ask(env_of(d, path="/hooks" + "y" * 5000 if
                                         n % 3 == 0 else "/hooks"), d.body)
                assert answer.status in (400, 404, 503), answer
            said = (door.scene.log / "output").read_bytes().splitlines()
            assert len(said) == 12, said
            assert max(map(len, said)) <= 2100, said


@case
def secret_file(Door):
    """Secrets from a file: gone is 503, there again is 200"""
    with Door(HOOKCASK_SECRET=None,
              HOOKCASK_SECRET_FILE=lambda s: s.secret_file) as door:
        d = door.delivery()
        stored(door, door.post(d), d)
        door.scene.secret_file.rename(door.scene.etc / "away.secret")
        answered(door.post(d), 503)


@case
def closed_descriptors(Door):
    """With descriptors 0 and 2 closed it still answers"""
    with Door() as door:
        env = dict(env_of(door.delivery(b""), length="0"))
        out = subprocess.run(
            ["/bin/sh", "-c", 'exec "$0" <&- 2>&-',
             str(door.scene.responder)],
            env={**door.settings, **env}, stdout=subprocess.PIPE,
            check=True).stdout
        assert fcgi_peer.parse(out)[0] == 200, out
        lines = door.scene.records()
        assert len(lines) == 1


@case
def by_hand(Door):
    """Started by a person it says what it is and exits with 64"""
    with Door() as door:
        def run(*arguments):
            return subprocess.run(
                [str(door.scene.responder), *arguments], env={},
                stdin=subprocess.DEVNULL, capture_output=True, check=False)
        for arguments in ((), ("-c", "/nonexistent"), ("-x",)):
            got = run(*arguments)
            assert got.returncode == 64 and not got.stdout, got
            assert b"web server" in got.stderr, got
        got = run("--version")
        assert got.returncode == 0 and got.stdout.startswith(b"hookcask "), got
        got = run("--help")
        assert got.returncode == 0 and b"usage:" in got.stdout, got
