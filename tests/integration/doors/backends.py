# SPDX-License-Identifier: ISC
"""
What runs the responder on a unix socket beside a web server, each as the
files of deploy/ say it.
"""

import os
import pathlib
import re
import signal
import socket

import scene
from tap import Skip

SPAWN_FCGI = "/usr/bin/spawn-fcgi"
MULTIWATCH = "/usr/bin/multiwatch"
RUNSV = "/usr/bin/runsv"
SOCKET_ACTIVATE = "/usr/bin/systemd-socket-activate"


def unit(text):
    """The directives of a systemd unit: {name: [values]}."""
    found = {}
    for line in text.splitlines():
        if re.match(r"[A-Z]\w*=", line):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


class Backend:
    """needs: programs of the system; place: the socket."""

    needs = ()

    def __init__(self, where):
        for path in self.needs:
            if not pathlib.Path(path).exists():
                raise Skip(f"{path} is not here")
        self.scene = where
        self.place = where.run / "hookcask/hookcask.sock"
        where.own_directory(self.place.parent)

    def listens(self):
        with socket.socket(socket.AF_UNIX) as sock:
            return sock.connect_ex(str(self.place)) == 0

    def start(self):
        raise NotImplementedError

    def restart(self):
        """As an operator does it: what is under way is finished."""
        raise NotImplementedError

    def revive(self):
        """After the responders were killed; the rest still runs."""


class Systemd(Backend):
    """
    A stand-in for systemd as process 1: does what the units' directives for
    socket activation say, with as many workers as asked for.
    """

    workers = 0  # of hookcask@.service, beside hookcask.service

    def start(self):
        sock = unit(self.scene.printed("systemd", "hookcask.socket"))
        assert sock["ListenStream"] == [str(self.place)]
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.place))
        self.place.chmod(int(sock["SocketMode"][0], 8))
        os.chown(self.place, self.scene.user.pw_uid, self.scene.user.pw_gid)
        self.listener.listen(int(sock["Backlog"][0]))
        self.services = [unit(self.scene.printed("systemd", name)) for name in
                         ["hookcask.service"] +
                         ["hookcask@.service"] * self.workers]
        self.processes = [self.run(service) for service in self.services]

    def run(self, service):
        assert service["Sockets"] == ["hookcask.socket"]
        assert service["StandardInput"] == ["socket"]
        environment = dict(word.split("=", 1)
                           for word in service["Environment"])
        return self.scene.start(
            service["ExecStart"][0].split(), stdin=self.listener,
            environment=environment, umask=int(service["UMask"][0], 8))

    def restart(self):
        """systemctl restart, of one after the other; the socket stays."""
        for i, service in enumerate(self.services):
            assert self.scene.end(self.processes[i]), "it was not quick enough"
            self.processes[i] = self.run(service)

    def revive(self):
        """Restart=always"""
        for i, service in enumerate(self.services):
            if self.processes[i].poll() is not None:
                assert service["Restart"] == ["always"]
                self.scene.processes.remove(self.processes[i])
                self.processes[i] = self.run(service)


class SystemdWorkers(Systemd):
    workers = 2


class SocketActivate(Backend):
    """systemd-socket-activate, which becomes the responder."""

    needs = (SOCKET_ACTIVATE,)

    def start(self):
        service = unit(self.scene.printed("systemd", "hookcask.service"))
        self.place.unlink(missing_ok=True)
        self.process = self.scene.start(
            [SOCKET_ACTIVATE, "--inetd", "-l", self.place] +
            ["-E" + word for word in service["Environment"]] +
            service["ExecStart"][0].split())
        scene.wait_for("systemd-socket-activate", self.place.exists)

    def restart(self):
        assert self.scene.end(self.process), "it was not quick enough"
        self.start()

    def revive(self):
        scene.wait_for("the end", lambda: self.process.poll() is not None)
        self.scene.processes.remove(self.process)
        self.start()


class SpawnFcgi(Backend):
    """Becomes the responder."""

    needs = (SPAWN_FCGI,)
    printed = ("spawn-fcgi",)

    def start(self):
        script = self.scene.etc / "start"
        # -n: no daemon, and "as root" is for somebody else's machine
        self.scene.put(script, self.scene.printed(*self.printed), 0o755)
        self.process = self.scene.start([script])
        scene.wait_for(self.printed[0], self.listens)

    restart = SocketActivate.restart
    revive = SocketActivate.revive


class Multiwatch(SpawnFcgi):
    """Starts again what has died."""

    needs = (SPAWN_FCGI, MULTIWATCH)
    printed = ("multiwatch",)

    def revive(self):
        scene.wait_for("multiwatch to start two again",
                       lambda: len(self.scene.ours()) >= 2)


class Runit(Backend):
    """runsv, without the rest of runit."""

    needs = (SPAWN_FCGI, RUNSV)

    def start(self):
        service = self.scene.etc / "runit"
        self.scene.own_directory(service)
        self.scene.put(service / "run",
                       self.scene.printed("runit", "run"), 0o755)
        self.process = self.scene.start([RUNSV, service])
        scene.wait_for("runsv", self.listens)

    def restart(self):
        """sv restart"""
        before = set(self.scene.ours())
        for pid in before:
            os.kill(pid, signal.SIGTERM)
        scene.wait_for("runsv to start another",
                       lambda: set(self.scene.ours()) - before)

    def revive(self):
        scene.wait_for("runsv to start it again", self.listens)
