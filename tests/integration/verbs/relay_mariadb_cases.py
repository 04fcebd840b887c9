# SPDX-License-Identifier: ISC
"""The example for MariaDB, with a server on a socket."""

import contextlib
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile

from drain_scene import Store, ids_of, until
from tool_scene import SOURCE, TEMPFAIL, make_record

NAME = "to-mariadb"
RELAY = SOURCE / "deploy/examples/to-mariadb.sh"
SERVER = shutil.which("mariadbd") or shutil.which(
    "mariadbd", path="/usr/sbin")
INSTALL = shutil.which("mariadb-install-db")


class Server:
    """In a directory of its own, for whoever is not root."""

    def __init__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="hk-my-"))
        self.socket = self.top / "s"
        self.who, self.process = {}, None
        self.options = ["--no-defaults", f"--datadir={self.top / 'data'}"]
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            self.who = {"user": user.pw_uid, "group": user.pw_gid,
                        "extra_groups": []}
            os.chown(self.top, user.pw_uid, user.pw_gid)
        self.conf = self.top / "client.cnf"
        self.conf.write_text(f"[client]\nsocket = {self.socket}\n"
                             "user = all\n")

    def start(self):
        with (self.top / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [SERVER, *self.options, f"--socket={self.socket}",
                 f"--pid-file={self.top / 'pid'}", "--skip-networking",
                 "--skip-grant-tables", "--innodb-buffer-pool-size=16M"],
                cwd=self.top, stdout=log, stderr=log, **self.who)
        until("it listens", lambda: self.ask("SELECT 1").returncode == 0, 120)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)
            self.process = None

    def ask(self, text):
        return subprocess.run(
            ["mariadb", f"--defaults-file={self.conf}", "-BNre", text],
            check=False, capture_output=True, text=True, timeout=60)

    def sql(self, text):
        process = self.ask(text)
        assert process.returncode == 0, process
        return process.stdout.splitlines()


@contextlib.contextmanager
def begin():
    server = Server()
    try:
        subprocess.run(
            [INSTALL, *server.options, "--skip-test-db",
             "--auth-root-authentication-method=normal"], check=True,
            capture_output=True, timeout=300, cwd=server.top, **server.who)
        server.start()
        table = re.search(r"#   (CREATE.*?;)\n", RELAY.read_text(), re.DOTALL)
        server.sql("CREATE DATABASE hooks; USE hooks; " +
                   table[1].replace("#", ""))
        yield server
    finally:
        server.kill()
        shutil.rmtree(server.top)


def each_event_is_a_row_whoever_is_killed(place):
    with begin() as server:
        store = Store(place)
        with store.log.open("ab") as file:
            for i, body in enumerate((
                    b'{"s":"x\\u0000\'\\"","n":1e400000}',
                    b"\xff\0 no JSON")):
                file.write(make_record(body, "it's", f"msg'{i}"))
        store.log.chmod(0o600)
        store.settle()
        store.put(ids_of(50))

        def hand_over(*options):
            return store.drain("--batch", 20, *options, command=[
                RELAY, server.conf, "hooks"])

        server.kill()
        result = hand_over("--once")
        assert result.code == TEMPFAIL, result
        assert store.failed("--json").text == ""
        server.start()
        # a body alone is no record
        result = store.drain("--once", command=[RELAY, server.conf, "hooks"])
        assert result.code == TEMPFAIL and "--batch" in result.said, result
        for name in ("one", "two"):
            assert hand_over("--name", name).code == 0
            assert server.sql("SELECT record FROM hooks.hookcask_event "
                              "ORDER BY seq") == \
                store.log.read_text().splitlines()
        server.kill()
        server.start()
        assert server.sql("SELECT count(*), max(type = 'it\\'s'), "
                          "max(received = '2026-01-01 00:00:00.000007') "
                          "FROM hooks.hookcask_event") == ["52\t1\t1"]


ALL = [each_event_is_a_row_whoever_is_killed]
