# SPDX-License-Identifier: ISC
"""
A second reader of the log, by another language's standard library: every
line must be one strict JSON text, and the exact body must come back.
"""

import base64
import gzip
import json

MEMBERS = ["specversion", "id", "source", "type", "time", "received",
           "svixsignature", "svixkey", "datacontenttype"]


def _refuse(constant):
    raise AssertionError(f"not JSON: {constant}")


_decoder = json.JSONDecoder(parse_constant=_refuse, strict=True)


class Record:
    """One line; members in order, body the exact bytes that were signed."""

    def __init__(self, line):
        assert line.endswith(b"\n"), f"a torn line: {line[-80:]!r}"
        text = line[:-1].decode("utf-8")
        self.line = line
        self.members = _decoder.decode(text)
        names = list(self.members)
        assert names[:len(MEMBERS)] == MEMBERS, f"members are {names}"
        last = names[-1]
        assert last in ("data", "data_base64"), f"last member is {last}"
        if last == "data_base64":
            self.body = self._decoded("data_base64")
        elif "raw" in self.members:
            self.body = self._decoded("raw")
        else:
            self.body = _last_value(text).encode("utf-8")

    def _decoded(self, name):
        return base64.b64decode(self.members[name], validate=True)

    def __getitem__(self, name):
        return self.members[name]


def _last_value(text):
    """The text between "data": and the final brace, untouched."""
    position = 1
    while True:
        name, position = _decoder.raw_decode(text, position)
        assert text[position] == ":", "no colon after a name"
        position += 1
        if name == "data":
            assert text.endswith("}")
            return text[position:-1]
        _, position = _decoder.raw_decode(text, position)
        assert text[position] == ",", "no comma after a value"
        position += 1


def read(path):
    """All records of a log; a log that is not there yet is empty."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as log:
            return [Record(line) for line in log]  # ends at LF only
    except FileNotFoundError:
        return []
