# SPDX-License-Identifier: ISC
"""
NATS servers with JetStream that a test starts itself, on ports that are free,
and a client that speaks just enough of their protocol to look into a stream.
"""

import base64
import collections
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROGRAM = shutil.which("nats-server") or (
    "/usr/sbin/nats-server"
    if pathlib.Path("/usr/sbin/nats-server").exists() else None)

Message = collections.namedtuple("Message", "seq subject headers data")


class Refused(Exception):
    """An answer of the server with an error."""


class Client:
    """A connection; what goes wrong raises OSError or Refused."""

    def __init__(self, port, **login):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.early = []  # what has come before the answer to a request
        self.file = self.socket.makefile("rb")
        json.loads(self.file.readline().split(b" ", 1)[1])
        self.send("CONNECT " + json.dumps({
            "verbose": False, "headers": True, "no_responders": True,
            "lang": "python", "version": "0", "protocol": 1, **login}))
        self.send("SUB test.answer 1")
        self.send("SUB test.messages 2")
        self.send("PING")
        while (line := self.file.readline()) != b"PONG\r\n":
            if not line or line.startswith(b"-ERR"):
                raise OSError(line.decode() or "closed")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, text, data=None):
        text = text.encode() + b"\r\n"
        self.socket.sendall(text if data is None else text + data + b"\r\n")

    def receive(self):
        """(subject, reply, headers, data) of the next message."""
        while True:
            words = self.file.readline().decode().split()
            if not words:
                raise OSError("closed")
            if words[0] == "PING":
                self.send("PONG")
            if words[0] not in ("MSG", "HMSG"):
                continue
            both = self.file.read(int(words[-1]) + 2)[:-2]
            size = int(words[-2]) if words[0] == "HMSG" else 0
            place = 3 if words[0] == "MSG" else 4
            reply = words[3] if len(words) > place + 1 else ""
            return words[1], reply, _headers(both[:size]), both[size:]

    def request(self, subject, data=b""):
        self.send(f"PUB {subject} test.answer {len(data)}", data)
        while True:
            message = self.receive()
            if message[0] == "test.answer":
                break
            self.early.append(message)
        _, _, headers, answer = message
        if not answer:
            raise Refused(str(headers))
        answer = json.loads(answer)
        if "error" in answer:
            raise Refused(answer["error"].get("description", "?"))
        return answer

    def api(self, what, **asked):
        return self.request("$JS.API." + what, json.dumps(asked).encode()
                            if asked else b"")

    def messages(self, stream, subject=None):
        """All that a stream holds."""
        config = {"deliver_subject": "test.messages", "ack_policy": "none",
                  "deliver_policy": "all", "replay_policy": "instant"}
        if subject:
            config["filter_subject"] = subject
        info = self.api(f"CONSUMER.CREATE.{stream}", stream_name=stream,
                        config=config)
        left = info["num_pending"] + info["delivered"]["consumer_seq"]
        found = []
        while left:
            subject, reply, headers, data = \
                self.early.pop(0) if self.early else self.receive()
            if reply.startswith("$JS.ACK."):
                seq = int(reply.split(".")[5])
                found.append(Message(seq, subject, headers, data))
                if reply.endswith(".0"):
                    break
        self.api(f"CONSUMER.DELETE.{stream}.{info['name']}")
        return found

    def message(self, stream, seq):
        found = self.api(f"STREAM.MSG.GET.{stream}", seq=seq)["message"]
        return Message(found["seq"], found["subject"], _headers(
            base64.b64decode(found.get("hdrs", ""))),
            base64.b64decode(found.get("data", "")))


def _headers(raw):
    rows = (row.split(":", 1) for row in raw.decode().split("\r\n")[1:]
            if ":" in row)
    return {name: value.strip() for name, value in rows}


class Server:
    """One server. more: lines of its configuration."""

    def __init__(self, more="", top=None, name="one", ports=None):
        self.own = top is None
        self.top = pathlib.Path(top or tempfile.mkdtemp(prefix="hk-nats-"))
        self.name = name
        self.store = self.top / name
        self.more = more
        self.port = ports or -1
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.kill()
        if self.own:
            shutil.rmtree(self.top)

    def start(self, wait=True):
        conf = self.top / f"{self.name}.conf"
        conf.write_text(
            f'listen: "127.0.0.1:{self.port}"\nserver_name: {self.name}\n'
            f'jetstream {{ store_dir: "{self.store}" }}\n{self.more}\n')
        with (self.top / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "-c", conf, "--ports_file_dir", self.top],
                cwd=self.top, stdout=log, stderr=log)
        if self.port == -1:
            self.port = self._port()
        if wait:
            until("it answers", self.answers)

    def _port(self):
        # the name has the program's process in it
        name = f"nats-server_{self.process.pid}.ports"
        file = self.top / name
        until("it listens", lambda: file.exists() and file.read_text())
        nats = json.loads(file.read_text())["nats"]
        return int(nats[0].rsplit(":", 1)[1])

    def answers(self):
        """Also after an error of its login it is there."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                return s.recv(4) == b"INFO"
        except OSError:
            return False

    def kill(self, signo=signal.SIGKILL):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signo)
            self.process.wait(60)

    def copy(self, name):
        shutil.copytree(self.store, self.top / name)

    def put_back(self, name):
        shutil.rmtree(self.store)
        (self.top / name).rename(self.store)

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}/hook"

    def client(self, **login):
        return Client(self.port, **login)


def free_ports(count):
    """Nobody has them now; a cluster must know them before it starts."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for each in sockets:
        each.close()
    return ports


class Cluster:
    """Three servers that keep streams together."""

    def __init__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="hk-nats-"))
        ports = free_ports(6)
        routes = ", ".join(f'"nats://127.0.0.1:{p}"' for p in ports[:3])
        self.servers = [Server(
            f'cluster {{ name: c, listen: "127.0.0.1:{ports[i]}", '
            f"routes: [{routes}] }}", self.top, f"n{i}", ports[3 + i])
            for i in range(3)]

    def __enter__(self):
        try:
            for server in self.servers:
                server.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.kill()
        shutil.rmtree(self.top)

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{s.port}" for s in self.servers)
        return f"nats://{hosts}/hook"

    def client(self, **login):
        """Of whichever answers."""
        return next(s for s in self.servers if s.answers()).client(**login)


def until(what, condition, seconds=60):
    """Waits for a fact, not for a time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.02)

