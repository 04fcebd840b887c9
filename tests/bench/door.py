#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
What a request costs at the FastCGI door: instructions (callgrind), CPU time
and requests a second of one process, without a web server.

    door.py [--requests N] [--kind WORD]... RESPONDER...

Several programs are measured in turn, round by round, so that all see the
same machine. Kinds are a stored delivery and refusals that strangers can
cause, against an endpoint with 16 secrets.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import base64
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration/harness"))

import fcgi_peer
import scene
import wire

KEYS = 16
CANDIDATES = 170    # as many as 8192 bytes hold
ROUNDS = 3
CLIENTS = 4


def changed(d, signature):
    return d.without("svix-signature").plus("svix-signature", signature)


def spoiled(secret, size):
    """A delivery whose signature fits nothing, with a body of that size."""
    d = wire.Delivery(secret, wire.call_of_size(size))
    return changed(d, wire.sign(wire.fresh_secret(), d.id, d.timestamp, b""))


def good(secret):
    d = wire.Delivery(secret, wire.call_of_size(1500))
    return fcgi_peer.environment(d.headers, length=len(d.body)), d.body


def no_match(secret, size=1500):
    d = spoiled(secret, size)
    return fcgi_peer.environment(d.headers, length=len(d.body)), d.body


def missing_header(secret, size=1500):
    d = spoiled(secret, size).without("svix-id")
    return fcgi_peer.environment(d.headers, length=len(d.body)), d.body


def too_old(secret):
    d = wire.Delivery(secret, wire.call_of_size(1500), age=900)
    return fcgi_peer.environment(d.headers, length=len(d.body)), d.body


def many_candidates(secret):
    d = wire.Delivery(secret, wire.call_of_size(1500))
    each = "v1," + base64.b64encode(os.urandom(32)).decode()
    changed(d, " ".join([each] * CANDIDATES))
    return fcgi_peer.environment(d.headers, length=len(d.body)), d.body


def many_headers(secret):
    env, body = no_match(secret)
    return env + [(f"HTTP_X_{n}", "x" * 8000) for n in range(8)], body


def unknown_path(secret):
    env, body = no_match(secret)
    return [(n, "/elsewhere" if n == "SCRIPT_NAME" else v)
            for n, v in env], body


KINDS = {
    "stored": good,
    "no match": no_match,
    "no match, 1 MiB": lambda secret: no_match(secret, 1 << 20),
    "no match, 170 candidates x 16 keys": many_candidates,
    "no match, 64 KiB of headers": many_headers,
    "too old": too_old,
    "missing header": missing_header,
    "missing header, 1 MiB": lambda secret: missing_header(secret, 1 << 20),
    "unknown path": unknown_path,
}


class Place:
    """A responder on a socket, with its own store."""

    def __init__(self, program, prefix=()):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="hookcask-bench."))
        keys = [wire.fresh_secret() for _ in range(KEYS)]
        self.secret = keys[0]
        secret_file = self.top / "secret"
        secret_file.touch(0o600)
        secret_file.write_text("\n".join(keys) + "\n", encoding="ascii")
        self.socket = self.top / "socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.socket))
            listener.listen(256)
            self.process = subprocess.Popen(
                [*prefix, program], stdin=listener,
                stderr=subprocess.DEVNULL, env={
                    "PATH": os.environ["PATH"], "HOOKCASK_PATH": "/hooks",
                    "HOOKCASK_SECRET_FILE": str(secret_file),
                    "HOOKCASK_LOG": str(self.top / "log.jsonl")})

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.top)

    def ask(self, kind, times):
        """So many requests of that kind, each with an id of its own."""
        for _ in range(times):
            env, body = KINDS[kind](self.secret)
            answer = fcgi_peer.ask(self.socket, env, body)
            assert (answer.status == 200) == (kind == "stored"), answer

    def cpu(self):
        """Seconds of processor time until now."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        words = stat.rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def instructions(program, kind, times):
    """Of one request, from a run of n and one of twice as many."""
    counts = []
    with tempfile.TemporaryDirectory() as out:
        for n in (times, times * 2):
            place = Place(program, (
                "valgrind", "--tool=callgrind", "-q",
                f"--callgrind-out-file={out}/{n}"))
            with place:
                place.ask(kind, n)
            said = pathlib.Path(out, str(n)).read_text(encoding="utf-8")
            counts.append(int(re.search(r"^(?:summary|totals): (\d+)", said,
                                        re.M)[1]))
    return (counts[1] - counts[0]) // times


def load(program, kind, times):
    """Requests a second with some clients, and CPU microseconds of each."""
    with Place(program) as place:
        place.ask(kind, 5)
        data = [fcgi_peer.request(*KINDS[kind](place.secret))
                for _ in range(times)]

        def client(part):
            for each in part:
                with fcgi_peer.Connection(place.socket) as peer:
                    peer.send(each)
                    peer.answer()
        threads = [threading.Thread(target=client, args=(data[i::CLIENTS],))
                   for i in range(CLIENTS)]
        cpu, begun = place.cpu(), time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begun
        return times / took, (place.cpu() - cpu) / times * 1e6


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("program", nargs="*", type=pathlib.Path,
                        default=[scene.BUILD / "hookcask.fcgi"])
    options = parser.parse_args()
    kinds = [k for k in KINDS if not options.kind or
             any(word in k for word in options.kind)]
    has_valgrind = shutil.which("valgrind") is not None
    print("kind\tprogram\tinstructions\trequests/s\tCPU us")
    for kind in kinds:
        times = options.requests // (20 if "MiB" in kind else 1)
        rounds = [[load(p.resolve(), kind, times) for p in options.program]
                  for _ in range(ROUNDS)]
        for i, program in enumerate(options.program):
            rate, cpu = (statistics.median(r[i][n] for r in rounds)
                         for n in (0, 1))
            count = instructions(program.resolve(), kind,
                                 2 if "MiB" in kind else 50) \
                if has_valgrind else "-"
            print(f"{kind}\t{program}\t{count}\t{rate:.0f}\t{cpu:.1f}",
                  flush=True)


if __name__ == "__main__":
    main()
