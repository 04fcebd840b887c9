#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
What slow peers cost a good delivery: at the FastCGI socket itself, and through
Apache with mod_proxy_fcgi as it is shipped.

    slow.py [--seconds N] BUILD...

Each is a build directory that holds hookcask and hookcask.fcgi; they are
measured in turn. A line says how long good deliveries took that were sent one
after the other while the slow peers were there.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import contextlib
import http.client
import pathlib
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "integration/harness"),
                str(HERE.parent / "integration/doors")]

import fcgi_peer
import flood_cases
import scene
import wire
from doors_apache import ApacheProxyFcgi
from fcgi_peer import PARAMS
from responder_doors import FastCgi

CROWD = 500
PATIENCE = 15       # seconds, as senders have
THROUGH_APACHE = (16, 48, 200)


class Deep(FastCgi):
    """With room in its socket's queue for those that it does not accept."""

    def listener(self, on_tcp):
        out = super().listener(on_tcp)
        out.listen(4 * CROWD)
        return out


def half_body(door):
    return flood_cases.stuck(door, "half a body")


def silent(door):
    return door.connect()


def refused(door):
    env = fcgi_peer.pairs(fcgi_peer.environment([], length=1000))
    peer = door.connect()
    peer.send(fcgi_peer.begin() + fcgi_peer.stream(PARAMS, env))
    return peer


def slow_client(door):
    d = wire.Delivery(door.scene.secret)
    client = http.client.HTTPConnection("127.0.0.1", door.port)
    client.putrequest("POST", door.url)
    for name, value in (*d.headers, ("content-length", 5000)):
        client.putheader(name, value)
    client.endheaders(b"x" * 1000)
    return client


def deliver(post, seconds):
    """Milliseconds of each good delivery, sorted; how many failed."""
    took, failed, begun = [], 0, time.monotonic()
    while time.monotonic() < begun + seconds:
        start = time.monotonic()
        try:
            failed += post() != 200
        except TimeoutError:
            failed += 1
        took.append((time.monotonic() - start) * 1000)
    return sorted(took), failed


def memory(pids):
    """MiB that they hold."""
    return sum(int(pathlib.Path(f"/proc/{pid}/status").read_text()
                   .split("\nVmRSS:")[1].split()[0]) for pid in pids) / 1024


def line(build, scene_name, measured, pids):
    took, failed = measured
    print(f"| {scene_name} | {build} | {len(took)} | {failed} | "
          f"{took[len(took) // 2]:.1f} | {took[len(took) * 99 // 100]:.1f} | "
          f"{took[-1]:.1f} | {memory(pids):.1f} |", flush=True)


def at_socket(build, seconds):
    for name, make in (("nobody", ()), ("500 half bodies", (half_body,)),
                       ("500 refused heads", (refused,)),
                       ("500 silent", (silent,)),
                       ("all 1,500", (half_body, refused, silent))):
        with Deep() as door:
            def post(door=door):
                return door.post(door.delivery()).status

            post()
            peers = [one(door) for one in make for _ in range(CROWD)]
            line(build, name, deliver(post, seconds), [door.process.pid])
            for peer in peers:
                peer.socket.close()


def through_apache(build, seconds):
    for count in THROUGH_APACHE:
        door = ApacheProxyFcgi()
        door.open()
        try:
            def post(door=door):
                return wire.send(door.port, door.url, wire.Delivery(
                    door.scene.secret), patience=PATIENCE).status

            post()
            peers = [slow_client(door) for _ in range(count)]
            line(build, f"Apache, {count} half bodies", deliver(post, seconds),
                 door.scene.ours())
            for peer in peers:
                peer.close()
        finally:
            door.remove()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("builds", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    print("| slow peers | build | deliveries | failed | p50 ms | p99 ms | "
          "slowest ms | MiB |\n| --- | --- | --- | --- | --- | --- | --- | "
          "--- |")
    fcgi_peer.DEADLINE = PATIENCE
    with flood_cases.files(4000):
        for measure in (at_socket, through_apache):
            for build in options.builds:
                scene.BUILD = build.resolve()
                with contextlib.suppress(KeyboardInterrupt):
                    measure(build.name, options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
