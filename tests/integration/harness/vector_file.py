# SPDX-License-Identifier: ISC
"""
Reads tests/vectors/*.txt (their format is in tests/vectors/README).
All values are bytes.
"""

import re

HEADERS = [f"{family}-{name}" for family in ("svix", "webhook")
           for name in ("id", "timestamp", "signature")]
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def _unescape(value):
    assert b"\\" not in _ESCAPE.sub(b"", value), f"bad escape in {value!r}"
    return _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), value)


class Vector:
    """One delivery: what it is made of and what is expected of it."""

    def __init__(self, block):
        self.values = {}
        self.secrets = []
        for line in block:
            key, colon, value = line.partition(b":")
            assert colon, f"no colon in {line!r}"
            self._add(key.decode("ascii"), value.removeprefix(b" "))
        self.name = self.values["case"].decode("ascii")
        self.expect = self.values["expect"].decode("ascii")
        self.door = self.values.get("door", b"").decode("ascii")

    def _add(self, key, value):
        if key == "secret":
            self.secrets.append(_unescape(value))
            return
        if key.endswith("-repeat"):
            key = key.removesuffix("-repeat")
            text, _, count = value.rpartition(b" ")
            value = _unescape(text) * int(count)
        else:
            value = _unescape(value)
        self.values[key] = self.values.get(key, b"") + value

    def number(self, key, otherwise=None):
        return int(self.values[key]) if key in self.values else otherwise

    @property
    def body(self):
        return self.values.get("body", b"")

    @property
    def headers(self):
        """Those that the delivery has, by their names in lower case."""
        return {name: self.values[name] for name in HEADERS
                if name in self.values}


def _blocks(data):
    block = []
    for line in data.split(b"\n") + [b""]:
        if line.startswith(b"#"):
            continue
        if line:
            block.append(line)
        elif block:
            yield block
            block = []


def read(directory):
    """All deliveries; cases about the text of a secret are left out."""
    found = []
    for path in sorted(directory.glob("*.txt")):
        for block in _blocks(path.read_bytes()):
            if not any(line.startswith(b"secret-text") for line in block):
                found.append(Vector(block))
    names = [vector.name for vector in found]
    assert len(names) == len(set(names)), "a name is there twice"
    return found
