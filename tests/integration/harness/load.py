# SPDX-License-Identifier: ISC
"""
Senders that go on sending, each event until it is acknowledged, whatever
happens to the server meanwhile.
"""

import threading
import time

import scene
import wire

SENDERS = 4
RETRY_AFTER = 0.05  # seconds
PATIENCE = 5        # for one try; senders have more, and retry as well
GIVES_UP_AFTER = 60


class Load:
    """with Load(door) as load: ...; afterwards all is acknowledged."""

    def __init__(self, door):
        self.door = door
        self.acknowledged = {}      # id: body
        self.tries = 0
        self.wrong = []             # what no retry can fix
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._send)
                         for _ in range(SENDERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def more(self, count=20):
        """Waits until this many more are acknowledged."""
        wanted = len(self.acknowledged) + count
        scene.wait_for(f"{count} more events to be acknowledged",
                       lambda: len(self.acknowledged) >= wanted or self.wrong,
                       GIVES_UP_AFTER)

    def _send(self):
        number = 0
        while not self._enough.is_set() and not self.wrong:
            # now and then one that is written in many pages
            size = 60000 if number % 8 == 0 else 500
            number += 1
            self._deliver(wire.call_of_size(size))

    def _deliver(self, body):
        """As a sender does: the same id, signed again for each try."""
        msg_id = wire.fresh_id()
        end = time.monotonic() + GIVES_UP_AFTER
        status = None
        while time.monotonic() < end:
            what = wire.Delivery(self.door.scene.secret, body, msg_id)
            self.tries += 1
            status = self._status(what)
            if status == 200:
                self.acknowledged[msg_id] = body
                return
            if status is not None and status < 500:
                break
            time.sleep(RETRY_AFTER)
        self.wrong.append(f"{msg_id}: {status}")

    def _status(self, what):
        """None: no answer, as when the server is just not there."""
        try:
            return wire.send(self.door.port, self.door.url, what,
                             patience=PATIENCE).status
        except OSError:
            return None


def check(load, at_least_once=()):
    """
    Nothing acknowledged is lost, only what at_least_once names is doubled,
    and each body is there byte for byte.
    """
    assert not load.wrong, load.wrong
    assert load.acknowledged
    found = {}
    for record in load.door.scene.records():
        found.setdefault(record["id"], []).append(record.body)
    lost = [i for i in load.acknowledged if i not in found]
    assert not lost, f"acknowledged and lost: {lost}"
    doubled = [i for i, bodies in found.items()
               if len(bodies) > 1 and i not in at_least_once]
    assert not doubled, f"doubled: {doubled}"
    for msg_id, body in load.acknowledged.items():
        assert set(found[msg_id]) == {body}, f"another body of {msg_id}"
