# SPDX-License-Identifier: ISC
"""The sender's side: signed deliveries, and HTTP/1.1 by hand on a socket."""

import base64
import hashlib
import hmac
import itertools
import json
import os
import socket
import time

DEADLINE = 60  # seconds for one exchange; a busy machine is no failure

_serial = itertools.count()


def fresh_id():
    """A message id as the sender makes them: msg_ and 27 of base62."""
    return "msg_" + f"{next(_serial):07x}" + os.urandom(10).hex()


def key_of(secret):
    """The bytes after whsec_..."""
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def fresh_secret():
    return "whsec_" + base64.b64encode(os.urandom(24)).decode()


def sign(secret, msg_id, timestamp, body):
    content = f"{msg_id}.{timestamp}.".encode() + body
    digest = hmac.new(key_of(secret), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def call_ended(number="CA0001", pad=0):
    """The documentation's example event; pad makes it longer."""
    data = {"providerCallId": number}
    if pad:
        data["transcript"] = "x" * pad
    return json.dumps({"type": "phone_call.ended",
                       "timestamp": "2026-01-31T12:00:00.000Z",
                       "data": data}).encode()


def call_of_size(size):
    """Likewise, in exactly this many bytes."""
    return call_ended(pad=size - len(call_ended(pad=1)) + 1)


class Delivery:
    """One signed message; headers is a list, so that a test can spoil it."""

    def __init__(self, secret, body=None, msg_id=None, age=0,
                 family="svix"):
        self.body = call_ended() if body is None else body
        self.id = msg_id or fresh_id()
        self.timestamp = int(time.time()) - age
        self.signature = sign(secret, self.id, self.timestamp, self.body)
        self.headers = [
            ("Content-Type", "application/json"),
            (f"{family}-id", self.id),
            (f"{family}-timestamp", str(self.timestamp)),
            (f"{family}-signature", self.signature),
        ]

    def without(self, name):
        self.headers = [h for h in self.headers if h[0] != name]
        return self

    def plus(self, name, value):
        self.headers.append((name, value))
        return self


class Reply:
    """status is None when the server closed without an answer."""

    def __init__(self, raw):
        self.raw = raw
        self.status, self.headers, self.body = None, {}, b""
        head, found, rest = raw.partition(b"\r\n\r\n")
        while found and head.startswith(b"HTTP/1.1 100"):
            head, found, rest = rest.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            rest = unchunk(rest)
        self.body = rest

    def __str__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


def unchunk(data):
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if length == 0:
            break
        out += data[:length]
        data = data[length + 2:]
    return out


def chunked(body, step=7000):
    out = b""
    for i in range(0, len(body), step):
        part = body[i:i + step]
        out += b"%x\r\n%s\r\n" % (len(part), part)
    return out + b"0\r\n\r\n"


def exchange(port, request, half_close=False, patience=DEADLINE):
    """Sends bytes, reads to the end; an early answer is an answer."""
    with socket.create_connection(("127.0.0.1", port), patience) as sock:
        try:
            sock.sendall(request)
            if half_close:
                sock.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        raw = b""
        try:
            while part := sock.recv(65536):
                raw += part
        except ConnectionResetError:
            pass
    return Reply(raw)


def request_head(method, url, headers):
    lines = [f"{method} {url} HTTP/1.1", "Host: localhost",
             "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def send(port, url, delivery, method="POST", in_chunks=False,
         patience=DEADLINE):
    """The whole delivery, its body in one piece or in chunks."""
    body = delivery.body
    if in_chunks:
        length = ("Transfer-Encoding", "chunked")
        body = chunked(body)
    else:
        length = ("Content-Length", str(len(body)))
    head = request_head(method, url, delivery.headers + [length])
    return exchange(port, head + body, patience=patience)


def ask(port, url, method):
    """A request without a body."""
    return exchange(port, request_head(method, url, []))


def send_cut(port, url, delivery, part):
    """Promises the whole body, sends part of it and ends the stream."""
    length = ("Content-Length", str(len(delivery.body)))
    head = request_head("POST", url, delivery.headers + [length])
    return exchange(port, head + delivery.body[:part], half_close=True)


def send_and_vanish(port, url, delivery, part):
    """Likewise, but the sender is gone at once."""
    length = ("Content-Length", str(len(delivery.body)))
    head = request_head("POST", url, delivery.headers + [length])
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as sock:
        sock.sendall(head + delivery.body[:part])
