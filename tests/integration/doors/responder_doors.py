# SPDX-License-Identifier: ISC
"""
The responder without a web server between: FastCGI on a socket that it gets
as descriptor 0, and plain CGI with an environment and pipes.
"""

import pathlib
import signal
import socket
import subprocess
import time

import fcgi_peer
import scene
import wire

PATH = "/hooks"
MAX_BODY = 100_000


class Direct:
    """A scene, and how requests get to the responder in it."""

    name = None

    def __init__(self, **settings):
        self.scene = scene.Scene(PATH)
        self.settings = {
            "HOOKCASK_SECRET": self.scene.secret,
            "HOOKCASK_LOG": str(self.scene.store_log),
            "HOOKCASK_DIAG": str(self.scene.diag),
            "HOOKCASK_PATH": PATH,
            "HOOKCASK_MAX_BODY": str(MAX_BODY),
            "HOOKCASK_SANDBOX": scene.sandbox(),
        }
        self.settings.update(settings)
        # a function of the scene, or None, which takes a setting away
        self.settings = {k: str(v(self.scene) if callable(v) else v)
                         for k, v in self.settings.items() if v is not None}
        if "HOOKCASK_LOG" in self.settings:
            self.scene.store_log = pathlib.Path(self.settings["HOOKCASK_LOG"])

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.scene.remove()

    def delivery(self, body=None, **more):
        return wire.Delivery(self.scene.secret, body, **more)

    def ask(self, env, body=b"", **how):
        raise NotImplementedError

    def post(self, delivery, length=..., body=None, **more):
        """The delivery as a web server hands it over."""
        body = delivery.body if body is None else body
        if length is ...:
            length = len(body)
        env = fcgi_peer.environment(delivery.headers, length=length, **more)
        return self.ask(env, body)

    def lines(self, reason):
        """The operator's lines that hold reason=..."""
        return [line for line in self.scene.operator_lines()
                if f"reason={reason} " in line]


class Cgi(Direct):
    """A process a request."""

    name = "cgi"
    arguments = ()

    def start(self, env):
        """Environment as the web server makes it; both pipes are ours."""
        return self.scene.start(
            [self.scene.responder, *self.arguments], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            environment={**self.settings,
                         **{n: str(v) for n, v in env}})

    def finish(self, process):
        """What it answered; it must end by itself, and well."""
        with process.stdout:
            out = process.stdout.read()
        assert process.wait(fcgi_peer.DEADLINE) == 0, \
            f"exit status {process.returncode}"
        self.scene.processes.remove(process)
        answer = fcgi_peer.Answer(b"")
        answer.status, answer.headers, answer.body = fcgi_peer.parse(out)
        answer.ended = 0
        return answer

    def ask(self, env, body=b"", **how):
        process = self.start(env)
        try:
            with process.stdin:
                process.stdin.write(body)
        except BrokenPipeError:
            pass
        return self.finish(process)


class FastCgi(Direct):
    """One process or several on one socket, many requests."""

    name = "fastcgi"

    def __init__(self, arguments=(), on_tcp=False, shell=None, count=1,
                 **settings):
        super().__init__(**settings)
        command = [self.scene.responder, *arguments]
        if shell:
            command = ["/bin/sh", "-c", shell, *command]
        with self.listener(on_tcp) as listener:
            self.processes = [
                self.scene.start(command, stdin=listener,
                                 environment=self.settings)
                for _ in range(count)]
        self.process = self.processes[0]

    def listener(self, on_tcp):
        if on_tcp:
            out = socket.create_server(("127.0.0.1", 0), backlog=256)
            self.place = out.getsockname()
            return out
        self.place = self.scene.run / "socket"
        out = socket.socket(socket.AF_UNIX)
        out.bind(str(self.place))
        out.listen(256)
        return out

    def connect(self):
        return fcgi_peer.Connection(self.place)

    def ask(self, env, body=b"", **how):
        return fcgi_peer.ask(self.place, env, body, **how)

    def request(self, delivery, **more):
        """The bytes of a whole request."""
        env = fcgi_peer.environment(delivery.headers,
                                    length=len(delivery.body))
        return fcgi_peer.request(env, delivery.body, **more)

    def proc(self, name):
        return pathlib.Path(f"/proc/{self.process.pid}/{name}").read_bytes()

    def threads(self):
        status = self.proc("status").decode()
        return int(status.split("\nThreads:")[1].split()[0])

    def leave(self, sig=signal.SIGTERM):
        """Ends it; returns the seconds that took."""
        begun = time.monotonic()
        self.process.send_signal(sig)
        status = self.process.wait(fcgi_peer.DEADLINE)
        assert status == 0, f"exit status {status}\n{self.scene.words()}"
        self.scene.processes.remove(self.process)
        return time.monotonic() - begun
