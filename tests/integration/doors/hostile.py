#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
A hostile peer: records of every wrong length, type, version, padding, id and
order against the FastCGI door, and a good delivery now and then in between.

    hostile.py [--records N] [--seed N]

The responder must live, and answer every good delivery as if nobody else were
there. The same seed sends the same bytes, but for ids and times. Output is
TAP.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import pathlib
import random
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import fcgi_peer
import scene
from fcgi_peer import PARAMS, STDIN
from responder_cases import stored
from responder_doors import FastCgi
from tap import Tap, skip_all

RECORDS = 6000          # for make check; some seconds
GOOD_EVERY = 400        # records
WAITS = 100             # one connection of this many is open until it is late
THREADS = 4
BODY_TIMEOUT = 1        # seconds, the shortest
# nobody holds a good delivery up, but the machine may be busy
PATIENCE = 5
# what is open when it shall leave: body-timeout, and 2 s to read a refusal
LEAVES_WITHIN = BODY_TIMEOUT + 2 + PATIENCE

TYPES = (*range(0, 13), 77, 255)
ROLES = (0, 1, 1, 1, 2, 3, 0x101, 0xffff)
IDS = (0, 1, 1, 1, 1, 2, 7, 255, 256, 0xffff)
VALUES = ("FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS", "OTHER", "")


class Peer:
    """Makes one connection's worth of spite at a time."""

    def __init__(self, seed, door):
        self.random = random.Random(seed)
        self.door = door
        self.signed = {}    # bodies by id: what may be stored

    def raw(self, kind, content, version=1, request=1, length=None,
            padding=0, padded=None):
        """A record whose head may say anything."""
        length = len(content) if length is None else length
        padded = padding if padded is None else padded
        return bytes([version, kind, *request.to_bytes(2, "big"),
                      *(length & 0xffff).to_bytes(2, "big"), padding,
                      self.random.randrange(256)]) + content + b"p" * padded

    def bytes(self, most):
        size = self.random.choice((0, 1, 2, 7, 8, 9, 64, 511, 512, 513,
                                   self.random.randrange(most + 1)))
        return self.random.randbytes(min(size, most))

    def absurd_pairs(self):
        """Lengths that are not there, or are everything there is."""
        r = self.random
        out = b""
        for _ in range(r.randrange(1, 6)):
            for _ in range(2):
                out += r.choice((b"\x00", b"\x01", b"\x7f", b"\x80",
                                 b"\x80\x00\x00\x01", b"\x7f\xff\xff\xff",
                                 b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe",
                                 b"\x80\x01\x00\x00", r.randbytes(4)))
            out += r.randbytes(r.randrange(20))
        return out

    def values(self):
        """Names that are asked for repeatedly."""
        r = self.random
        names = [(r.choice(VALUES), r.choice(("", "x" * r.randrange(200))))
                 for _ in range(r.choice((0, 1, 3, 4, 5, 30, 200, 2000)))]
        return fcgi_peer.pairs(names)[:fcgi_peer.RECORD_MAX]

    def record(self):
        """One record, more or less wrong."""
        r = self.random
        kind = r.randrange(12)
        request = r.choice(IDS)
        if kind == 0:
            return self.raw(r.choice(TYPES), self.bytes(3000),
                            version=r.choice((0, 2, 255)), request=request)
        if kind == 1:
            return self.raw(r.choice(TYPES), self.bytes(3000),
                            request=request, padding=r.randrange(256))
        if kind == 2:
            return self.raw(r.choice(TYPES), self.bytes(200),
                            request=request, length=r.randrange(0x10000))
        if kind == 3:
            return self.raw(fcgi_peer.GET_VALUES, self.values(),
                            request=r.choice((0, 0, 0, 1)))
        if kind == 4:
            return self.raw(fcgi_peer.GET_VALUES, self.absurd_pairs(),
                            request=0)
        if kind == 5:
            return self.raw(PARAMS, self.absurd_pairs(), request=request)
        if kind == 6:
            return self.raw(PARAMS, b"", request=request)
        if kind == 7:
            return self.raw(STDIN, self.bytes(60000), request=request)
        if kind == 8:
            return self.raw(fcgi_peer.ABORT, self.bytes(20), request=request)
        if kind == 9:
            return self.raw(fcgi_peer.BEGIN,
                            r.choice(ROLES).to_bytes(2, "big") +
                            r.randbytes(r.choice((6, 6, 6, 0, 5, 7, 500))),
                            request=request)
        if kind == 10:
            return self.raw(r.choice(TYPES), b"", request=request,
                            padding=255, padded=r.choice((0, 255)))
        return self.raw(PARAMS, fcgi_peer.pairs(
            [("X" * r.randrange(200), "y" * r.randrange(40000))]),
            request=request)

    def spoiled(self):
        """A good request with one thing wrong in the middle of it."""
        r = self.random
        d = self.door.delivery()
        self.signed[d.id] = d.body
        data = bytearray(self.door.request(
            d, params_step=r.choice((1, 50, 65535)),
            step=r.choice((1, 100, 65535)), padding=r.choice((0, 0, 255))))
        where = r.randrange(len(data))
        how = r.randrange(4)
        if how == 0:
            data[where] ^= 1 << r.randrange(8)
        elif how == 1:
            del data[where:where + r.randrange(1, 40)]
        elif how == 2:
            data[where:where] = self.record()
        else:
            del data[where:]
        return bytes(data)

    def spite(self):
        """The bytes of one connection, and how many records that makes."""
        r = self.random
        if r.randrange(4) == 0:
            return self.spoiled(), 5
        count = r.randrange(1, 12)
        out = b"" if r.randrange(3) == 0 else fcgi_peer.begin()
        for _ in range(count):
            out += self.record()
        if r.randrange(6) == 0:
            out = out[:r.randrange(len(out) + 1)]
        return out, count

    def talk(self):
        """One connection; the number of records. Few wait for its end."""
        data, count = self.spite()
        with self.door.connect() as peer:
            peer.send(data)
            is_patient = self.random.randrange(WAITS) == 0
            if not is_patient:
                peer.socket.shutdown(1)
            if is_patient or self.random.randrange(3) == 0:
                peer.answer()
        return count


def alive(door):
    assert door.process.poll() is None, \
        f"it died of {door.process.returncode}\n{door.scene.words()}"


def go(door, seed, records):
    """
    Sends them; the seconds that the slowest good delivery took. Nothing is
    stored but what was signed: a flipped bit may hit padding.
    """
    peer = Peer(seed, door)
    sent = slowest = next_good = 0
    while sent < records:
        sent += peer.talk()
        if sent >= next_good:
            next_good += GOOD_EVERY
            d, begun = door.delivery(), time.monotonic()
            stored(door, door.post(d), d)
            slowest = max(slowest, time.monotonic() - begun)
            peer.signed[d.id] = d.body
            alive(door)
    for record in door.scene.records():
        assert peer.signed.get(record["id"]) == record.body, record["id"]
    return slowest


def survives(tap, seed, records):
    with FastCgi(HOOKCASK_THREADS=str(THREADS),
                 HOOKCASK_BODY_TIMEOUT=str(BODY_TIMEOUT)) as door:
        slowest = go(door, seed, records)
        tap.comment(f"{records} records; the slowest good delivery took "
                    f"{slowest:.3f} s")
        assert slowest < PATIENCE, f"a good delivery took {slowest} s"
        assert door.leave() < LEAVES_WITHIN


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not (scene.BUILD / "hookcask.fcgi").exists():
        skip_all("hookcask.fcgi is not built here")
    tap = Tap()
    tap.run(f"{options.records} hostile records (seed {options.seed}) harm "
            "nobody", survives, tap, options.seed, options.records)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
