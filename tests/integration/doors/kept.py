#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Connections that web servers keep, and slow clients at a server that streams
bodies; libfcgi's own client.

    kept.py [--requests N] [NAME ...]

The names are those of doors or of cases. Output is TAP.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import concurrent.futures
import http.client
import os
import pathlib
import shutil
import subprocess
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import doors_kept
import fcgi_peer
import scene
import wire
from doors_apache import ApacheProxyFcgi
from responder_cases import answered
from responder_doors import FastCgi
from tap import Skip, Tap, skip_all

REQUESTS = 2000     # for make check
CLIENTS = 8
PATIENCE = 5        # seconds for a good delivery on a busy machine
WORKERS = 50        # of Apache
FREE = 4            # of them, that nobody holds


def sender(door, count):
    """Deliveries one after the other on one connection: what was answered."""
    statuses, ids = {}, []
    web = http.client.HTTPConnection("127.0.0.1", door.port, timeout=60)
    for _ in range(count):
        d = wire.Delivery(door.scene.secret)
        try:
            web.request("POST", door.url, d.body, dict(d.headers))
            answer = web.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException) as why:
            status = type(why).__name__
            web.close()
        statuses[status] = statuses.get(status, 0) + 1
        if status == 200:
            ids.append(d.id)
    web.close()
    return statuses, ids


def held(door):
    """Connections that the responder holds now."""
    return sum(os.readlink(fd).startswith("socket:")
               for pid in door.scene.ours()
               for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()) - 1


def keeps(door, requests):
    """All are stored, over connections that are still there afterwards."""
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        results = list(pool.map(sender, [door] * CLIENTS,
                                [requests // CLIENTS] * CLIENTS))
    wrong = [statuses for statuses, _ in results if set(statuses) != {200}]
    assert not wrong, f"{wrong}\n{door.scene.words()}"
    kept = {record["id"] for record in door.scene.records()}
    lost = [i for _, ids in results for i in ids if i not in kept]
    assert not lost, f"{len(lost)} are lost"
    if os.getuid() == 0:
        assert 0 < held(door) <= 4 * CLIENTS, f"{held(door)} connections"


def through(tap, Door, requests):
    door = Door()
    try:
        door.open()
        tap.run(f"{door.name}: {requests} deliveries over kept connections",
                keeps, door, requests)
    except Skip as why:
        tap.skip(f"{door.name}: kept connections", why)
    finally:
        door.remove()


class FewWorkers(ApacheProxyFcgi):
    """As it is shipped, with a limit that a test can reach."""

    def command(self):
        command = super().command()
        with open(self.scene.etc / "apache.conf", "a",
                  encoding="ascii") as conf:
            conf.write(f"StartServers 2\nThreadsPerChild {WORKERS // 2}\n"
                       f"ServerLimit 2\nMaxRequestWorkers {WORKERS}\n")
        return command


def slow_clients():
    """Apache as shipped: clients that hold all but four workers delay none"""
    door = FewWorkers()
    try:
        door.open()
        slow = []
        for _ in range(WORKERS - FREE):
            d = wire.Delivery(door.scene.secret)
            client = http.client.HTTPConnection("127.0.0.1", door.port)
            client.putrequest("POST", door.url)
            for name, value in (*d.headers, ("content-length", 5000)):
                client.putheader(name, value)
            client.endheaders(b"x" * 1000)
            slow.append(client)
        for _ in range(5):
            d, begun = wire.Delivery(door.scene.secret), time.monotonic()
            assert wire.send(door.port, door.url, d).status == 200
            took = time.monotonic() - begun
            assert took < PATIENCE, f"{took} s"
        for client in slow:
            client.close()
    finally:
        door.remove()


def libfcgi():
    """libfcgi's client cgi-fcgi gets each answer, whole"""
    program = shutil.which("cgi-fcgi")
    if not program:
        raise Skip("cgi-fcgi is not here")
    with FastCgi() as door:
        good, bad = door.delivery(), door.delivery(age=900)
        empty = door.delivery(b"")
        large = door.delivery(wire.call_of_size(90_000))
        for d, status in ((good, 200), (bad, 401), (large, 200),
                          (good, 200), (empty, 200)):
            env = fcgi_peer.environment(d.headers, length=len(d.body))
            done = subprocess.run(
                [program, "-bind", "-connect", str(door.place)], input=d.body,
                env={name: str(value) for name, value in env},
                capture_output=True, check=True, timeout=60)
            answer = fcgi_peer.Answer(b"")
            answer.status, answer.headers, answer.body = \
                fcgi_peer.parse(done.stdout)
            answer.ended = fcgi_peer.REQUEST_COMPLETE
            answered(answer, status)
        assert [r["id"] for r in door.scene.records()] == \
            [good.id, large.id, empty.id]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--build", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.build:
        scene.BUILD = options.build.resolve()
    if not (scene.BUILD / "hookcask").exists() or \
            not (scene.BUILD / "hookcask.fcgi").exists():
        skip_all("hookcask and hookcask.fcgi are not built here")
    tap = Tap()
    for case in (slow_clients, libfcgi):
        if not options.names or case.__name__ in options.names:
            tap.run(case.__doc__, case)
    for Door in doors_kept.ALL:
        if not options.names or Door.name in options.names:
            through(tap, Door, options.requests)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
