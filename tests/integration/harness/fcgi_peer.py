# SPDX-License-Identifier: ISC
"""
A web server's side of FastCGI, by hand: records are made one by one, so that
a test can cut, split, repeat and delay them as no web server would.
"""

import select
import socket

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = range(1, 8)
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER = 1
KEEP_CONN = 1
REQUEST_COMPLETE, CANT_MPX_CONN, UNKNOWN_ROLE = 0, 1, 3

RECORD_MAX = 65535
DEADLINE = 60  # seconds for one answer; a busy machine is no failure


def record(kind, content=b"", request=1, padding=0):
    head = bytes([1, kind]) + request.to_bytes(2, "big") + \
        len(content).to_bytes(2, "big") + bytes([padding, 0])
    return head + content + b"\0" * padding


def begin(role=RESPONDER, flags=0, request=1):
    return record(BEGIN, role.to_bytes(2, "big") + bytes([flags]) + b"\0" * 5,
                  request)


def _length(n):
    return bytes([n]) if n < 128 else (n | 1 << 31).to_bytes(4, "big")


def pairs(environment):
    """Name-value pairs; environment is a list of (name, value)."""
    out = b""
    for name, value in environment:
        name, value = _bytes(name), _bytes(value)
        out += _length(len(name)) + _length(len(value)) + name + value
    return out


def _bytes(text):
    return text if isinstance(text, bytes) else str(text).encode("latin-1")


def stream(kind, data, step=RECORD_MAX, padding=0):
    """The data in records of at most step bytes, and the end of the stream."""
    parts = [data[i:i + step] for i in range(0, len(data), step)]
    return b"".join(record(kind, part, padding=padding)
                    for part in parts) + record(kind)


def environment(headers, method="POST", path="/hooks", length=None, **more):
    """
    What a web server says about a request; headers is a list of (name,
    value) as a client sends them. length None: no CONTENT_LENGTH.
    """
    out = [("GATEWAY_INTERFACE", "CGI/1.1"), ("REQUEST_METHOD", method),
           ("SERVER_PROTOCOL", "HTTP/1.1"), ("SCRIPT_NAME", path),
           ("QUERY_STRING", ""), ("REMOTE_ADDR", "192.0.2.7")]
    if length is not None:
        out.append(("CONTENT_LENGTH", length))
    for name, value in headers:
        name = name.upper().replace("-", "_")
        out.append((name if name == "CONTENT_TYPE" else "HTTP_" + name,
                    value))
    return out + list(more.items())


def request(env, body, flags=0, params_step=RECORD_MAX, step=RECORD_MAX,
            padding=0):
    """All bytes of one request."""
    return begin(flags=flags) + \
        stream(PARAMS, pairs(env), params_step, padding) + \
        stream(STDIN, body, step, padding)


class Answer:
    """What came back: streams, and how it ended (None: cut off)."""

    def __init__(self, raw):
        self.raw = raw
        self.stdout, self.stderr = b"", b""
        self.ended, self.others = None, []
        self.records = []   # (type, request, content)
        while len(raw) >= 8:
            kind, size = raw[1], int.from_bytes(raw[4:6], "big")
            request = int.from_bytes(raw[2:4], "big")
            content, raw = raw[8:8 + size], raw[8 + size + raw[6]:]
            self.records.append((kind, request, content))
            if kind == STDOUT:
                self.stdout += content
            elif kind == STDERR:
                self.stderr += content
            elif kind == END:
                self.ended = content[4]
            else:
                self.others.append((kind, content))
        self.status, self.headers, self.body = parse(self.stdout)

    def __str__(self):
        return f"{self.status} {self.headers} {self.body!r} ({self.ended})"


def parse(response):
    """A CGI response: status (None if there is none), headers, body."""
    head, found, body = response.partition(b"\r\n\r\n")
    if not found:
        return None, {}, response
    headers = {}
    for line in head.decode("ascii").split("\r\n"):
        name, _, value = line.partition(": ")
        assert name not in headers, f"{name} comes twice"
        headers[name] = value
    return int(headers["Status"].split()[0]), headers, body


class Connection:
    """To a unix socket's path or an (address, port)."""

    def __init__(self, place):
        kind = socket.AF_INET if isinstance(place, tuple) else socket.AF_UNIX
        self.socket = socket.socket(kind)
        self.socket.connect(place if kind == socket.AF_INET else str(place))
        self.socket.settimeout(DEADLINE)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.socket.close()

    def send(self, data):
        """False once the peer has closed."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def has_answer(self, seconds):
        """Waits this long for a byte, or for the end."""
        poll = select.poll()    # for more descriptors than select() takes
        poll.register(self.socket, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def answer(self):
        """Reads until the peer closes."""
        raw = b""
        try:
            while part := self.socket.recv(65536):
                raw += part
        except ConnectionResetError:
            pass
        return Answer(raw)

    def one_answer(self):
        """Reads until the request is at its end; the peer may stay."""
        raw = b""
        while Answer(raw).ended is None and (
                part := self.socket.recv(65536)):
            raw += part
        return Answer(raw)


def ask(place, env, body, **how):
    """One whole request and its answer."""
    with Connection(place) as peer:
        peer.send(request(env, body, **how))
        return peer.answer()
