# SPDX-License-Identifier: ISC
"""Makes a file "stats" of version 2, with the counters of any week."""

import struct
import time

OUTCOMES = ["stored", "duplicate", "ignored", "probed", "missing-header",
            "bad-id", "bad-timestamp", "too-old", "too-new",
            "bad-signature-header", "no-match", "bad-method", "unknown-path",
            "too-large", "doubled-header", "short-body", "body-timeout",
            "store-error", "bad-config", "other-body"]
ROWS, GAPS, REFUSALS, TYPES = 168, 64, 1000, 16


class StatsFile:
    """
    rows: {hours ago: {column: count}}, the columns as in a row, "skew" 16
    numbers; keys: (fingerprint, count, last); gaps: (from, to, refused,
    errors); refusals: (time, outcome, remote, id, detail). Times are Unix
    seconds.
    """

    COLUMNS = ("stored", "duplicate", "ignored", "probed", "refused", "error",
               "other_body")

    def __init__(self, now=None):
        self.now = now or time.time()
        self.rows, self.keys, self.gaps, self.refusals = {}, [], [], []
        self.last_put = self.now - 60
        self.open_refused = self.open_errors = 0
        self.since = self.now - 86400 * 30

    def _head(self):
        us = [int(t * 1e6) for t in (self.since, self.last_put)]
        counters = []
        for number in range(32):
            name = OUTCOMES[number] if number < len(OUTCOMES) else ""
            count = sum(row.get(name, 0) for row in self.rows.values())
            last = 0
            if name not in ("stored", "duplicate"):
                times = [r[0] for r in self.refusals if r[1] == name]
                count, last = len(times), max(times, default=0)
            elif count:
                last = self.last_put
            counters.append(struct.pack("=Qq", count, int(last * 1e6)))
        keys = [struct.pack("=16sQq", print_.encode(), count, int(last * 1e6))
                for print_, count, last in self.keys]
        gaps = [b""] * min(GAPS, len(self.gaps))
        for number, (a, b, *counts) in enumerate(self.gaps):
            gaps[number % GAPS] = struct.pack("=qqII", int(a * 1e6),
                                              int(b * 1e6), *counts)
        return struct.pack("=8sIIQq", b"hkcstats", 0x01020304, 2, 486144,
                           us[0]) + \
            b"".join(counters) + bytes(32 * 24) + \
            b"".join(keys).ljust(16 * 32, b"\0") + \
            b"".join(gaps).ljust(GAPS * 24, b"\0") + \
            struct.pack("=QQqII", len(self.gaps), len(self.refusals), us[1],
                        self.open_refused, self.open_errors)

    def data(self):
        hour = int(self.now) // 3600
        rows = [bytes(104)] * ROWS
        for ago, row in self.rows.items():
            rows[(hour - ago) % ROWS] = struct.pack(
                "=q8I16I", hour - ago, *(row.get(c, 0) for c in self.COLUMNS),
                0, *row.get("skew", [0] * 16))
        refusals = [bytes(464)] * REFUSALS
        for number, (at, outcome, remote, msg_id, detail) in \
                enumerate(self.refusals):
            refusals[number % REFUSALS] = struct.pack(
                "=qqII48s264s128s", int(at * 1e6), 0, OUTCOMES.index(outcome),
                0, remote.encode(), msg_id.encode(), detail.encode())
        return self._head() + b"".join(rows) + b"".join(refusals) + \
            bytes(TYPES * 80)

    def write(self, store):
        store.state.mkdir(0o700, exist_ok=True)
        path = store.state / "stats"
        path.write_bytes(self.data())
        path.chmod(0o600)
