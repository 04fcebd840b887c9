# SPDX-License-Identifier: ISC
"""
What is measured through a web server: hookcask behind each door, a responder
that does nothing, and what a user would write by hand.
"""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

import scene
from tap import Skip

HERE = pathlib.Path(__file__).resolve().parent
APACHE = "/usr/sbin/apache2"
MODULES = pathlib.Path("/usr/lib/apache2/modules")
LIGHTTPD = "/usr/sbin/lighttpd"
NGINX = "/usr/sbin/nginx"
FPM = next(iter(sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"))), None)
TRIES = 5  # another program may take a free port before the server does


def children(pids):
    """These processes and all that came of them."""
    parent = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(errors="replace")
            except OSError:
                continue
            parent[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = set(pids)
    while True:
        more = {p for p, of in parent.items() if of in found} - found
        if not more:
            return found
        found |= more


def cpu_seconds(pids):
    """User and system time of these, and of children that they reaped."""
    ticks = 0
    for pid in pids:
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def pss_kib(pids):
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines()
                     if line.startswith("Pss:"))
    return total


class Door:
    """A web server and the program that answers."""

    program = ""        # what is measured
    server = ""
    path = "/webhooks/levers"
    threads = 32
    needs = ()
    packages = ""       # that have them

    def open(self):
        for path in self.needs:
            if path is None or not pathlib.Path(path).exists():
                raise Skip(f"{path or 'a program'} is not here (Debian: "
                           f"{self.packages})")
        self.scene = scene.Scene(self.path)
        self.socket = self.scene.run / "responder.sock"
        self.configure()
        self.start_behind()
        for _ in range(TRIES):
            self.port = scene.free_port()
            if self.scene.start_server(self.command(), self.port):
                return
        raise AssertionError(f"does not start:\n{self.scene.words()}")

    def configure(self):
        self.scene.configure(self.path, f"threads = {self.threads}\n")

    def start_behind(self):
        """The responder, where the web server does not start it."""
        self.scene.start_on_socket(
            [self.scene.responder], self.socket,
            HOOKCASK_CONFIG=str(self.scene.config))

    def command(self):
        """Writes the server's configuration for self.port."""
        raise NotImplementedError

    def pids(self):
        return children({p.pid for p in self.scene.processes})

    def responder_pids(self):
        return self.scene.ours()

    def ids(self):
        """One for each record that was kept; None: the store has no ids."""
        with open(self.scene.store_log, encoding="utf-8") as lines:
            return [json.loads(line)["id"] for line in lines]

    def count(self):
        """Records that were kept; None: nothing is."""
        return len(self.ids())


class Lighttpd(Door):
    server = "lighttpd"
    packages = "lighttpd"
    needs = (LIGHTTPD,)

    def behind(self):
        return ('fastcgi.server = ( "/webhooks" => (( '
                f'"socket" => "{self.socket}", '
                '"check-local" => "disable" )))\n')

    def command(self):
        s = self.scene
        conf = s.etc / "lighttpd.conf"
        s.put(conf, f'server.document-root = "{s.public}"\n'
              f'server.bind = "127.0.0.1"\nserver.port = {self.port}\n'
              f'server.errorlog = "{s.log}/error"\n'
              f'server.upload-dirs = ( "{s.run}" )\n'
              'server.max-request-size = 2112\n'
              # reconnecting is not what is measured
              'server.max-keep-alive-requests = 1000000\n'
              'server.max-keep-alive-idle = 60\n'
              'server.modules = ( "mod_fastcgi" )\n' + self.behind())
        return [LIGHTTPD, "-D", "-f", conf]


class Nginx(Door):
    server = "nginx"
    packages = "nginx-light"
    needs = (NGINX, "/etc/nginx/fastcgi_params")
    upstream = ""

    def location(self):
        return ("include fastcgi_params;\n"
                f"fastcgi_pass unix:{self.socket};\n")

    def command(self):
        s = self.scene
        conf = s.etc / "nginx.conf"
        shutil.copy("/etc/nginx/fastcgi_params", s.etc)
        places = "".join(f"{kind}_temp_path {s.run}/{kind};\n" for kind in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        s.put(conf, f"daemon off;\npid {s.run}/nginx.pid;\n"
              f"error_log {s.log}/error;\nevents {{ }}\nhttp {{\n"
              f"access_log off;\nkeepalive_requests 1000000;\n{places}"
              f"{self.upstream}server {{\nlisten 127.0.0.1:{self.port};\n"
              "location / {\nclient_max_body_size 2112k;\n"
              "client_body_buffer_size 128k;\n" + self.location() +
              "}\n}\n}\n")
        return [NGINX, "-c", conf, "-e", s.log / "error"]


class Apache(Door):
    server = "apache"
    packages = "apache2 libapache2-mod-fcgid"
    needs = (APACHE, MODULES / "mod_fcgid.so")
    modules = ()

    def where(self):
        raise NotImplementedError

    def command(self):
        s = self.scene
        conf = s.etc / "apache.conf"
        modules = ("mpm_event", "authz_core", "alias", *self.modules)
        s.put(conf, f'ServerRoot "{s.top}"\nServerName localhost\n'
              f'Listen 127.0.0.1:{self.port}\nPidFile "{s.run}/apache.pid"\n'
              f'DefaultRuntimeDir "{s.run}"\nMutex "file:{s.run}"\n'
              f'ErrorLog "{s.log}/error"\n'
              'MaxKeepAliveRequests 0\nKeepAliveTimeout 60\n' +
              "".join(f'LoadModule {m}_module "{MODULES}/mod_{m}.so"\n'
                      for m in modules) +
              f'Suexec Off\nDocumentRoot "{s.public}"\n' + self.where())
        return [APACHE, "-DFOREGROUND", "-f", conf]


class Log(Lighttpd):
    program = "hookcask log"


class LogNginx(Nginx):
    program = "hookcask log"


class Spool(Lighttpd):
    program = "hookcask spool"

    def configure(self):
        s = self.scene
        self.place = s.var / "spool"
        s.own_directory(self.place, 0o700)
        super().configure()
        s.put(s.config, s.config.read_text().replace(
            f'log = "{s.store_log}"', f'spool = "{self.place}"'))

    def ids(self):
        return [json.loads(p.read_text())["id"]
                for p in (self.place / "new").iterdir()]


class LogProcesses(Lighttpd):
    program = "hookcask log, 4 processes of 8 threads"
    threads = 8

    def start_behind(self):
        pass

    def behind(self):
        s = self.scene
        return (f'fastcgi.server = ( "/webhooks" => (( "bin-path" => '
                f'"{s.responder}", "socket" => "{self.socket}", '
                '"min-procs" => 4, "max-procs" => 4, '
                '"check-local" => "disable", "bin-environment" => ( '
                f'"HOOKCASK_CONFIG" => "{s.config}" ) )))\n')


class Fcgid(Apache):
    """Apache starts as many processes as its limits allow."""

    modules = ("fcgid",)
    limits = ("FcgidMaxProcessesPerClass 64\n"
              "FcgidMinProcessesPerClass 40\n"
              "FcgidSpawnScoreUpLimit 10000\n")

    def start_behind(self):
        pass

    def program_file(self):
        return self.scene.responder

    def where(self):
        s = self.scene
        return (f'FcgidIPCDir "{s.run}"\nFcgidProcessTableFile '
                f'"{s.run}/fcgid_shm"\nFcgidMaxRequestLen 2162688\n'
                f'{self.limits}'
                f'FcgidInitialEnv HOOKCASK_CONFIG "{s.config}"\n'
                f'ScriptAlias "/webhooks" "{self.program_file()}"\n'
                f'<Directory "{s.bin}">\nOptions +ExecCGI\n'
                'SetHandler fcgid-script\nRequire all granted\n'
                '</Directory>\n')


class FcgidFour(Fcgid):
    """As on a shared host, where nobody can set them."""

    limits = ("FcgidMaxProcessesPerClass 4\n"
              "FcgidMinProcessesPerClass 4\n")


class LogFcgid(Fcgid):
    program = "hookcask log, mod_fcgid"


class LogFcgidFour(FcgidFour):
    program = "hookcask log, mod_fcgid, 4 processes"


class LogProxyFcgi(Apache):
    program = "hookcask log, mod_proxy_fcgi"
    modules = ("proxy", "proxy_fcgi")

    def where(self):
        return ('<Location "/webhooks">\nRequire all granted\nSetHandler '
                f'"proxy:unix:{self.socket}|fcgi://hookcask/"\n'
                '</Location>\n')


class Peer:
    """A C program of tests/bench on the responder's socket."""

    mode = ""
    peer_threads = 8

    def start_behind(self):
        s = self.scene
        peer = s.install(scene.BUILD / "tests/bench/peer", s.bin)
        self.lines = s.var / "lines"
        s.start_on_socket([peer, self.mode, str(self.peer_threads),
                           self.lines, s.secret], self.socket)

    def ids(self):
        return None

    def count(self):
        return None if self.mode == "null" else count_lines(self.lines)


class Null(Peer, Lighttpd):
    program = "null"
    mode = "null"


class NullNginx(Peer, Nginx):
    program = "null"
    mode = "null"


class Group(Peer, Lighttpd):
    program = "C, group commit, no dedupe"
    mode = "group"
    peer_threads = 32


class PeerFcgid(Peer):
    """The same, as a program that mod_fcgid starts."""

    def start_behind(self):
        self.lines = self.scene.var / "lines"

    def program_file(self):
        s = self.scene
        peer = s.install(scene.BUILD / "tests/bench/peer", s.bin)
        script = s.bin / "peer.fcgi"
        s.put(script, f"#!/bin/sh\nexec {peer} {self.mode} 1 {self.lines} "
              f"{s.secret}\n")
        script.chmod(0o755)
        return script


class NullFcgid(PeerFcgid, Fcgid):
    program = "null, mod_fcgid"
    mode = "null"


class SyncFcgid(PeerFcgid, Fcgid):
    program = "C, a sync each, no dedupe, mod_fcgid"
    mode = "sync"


class NullFcgidFour(PeerFcgid, FcgidFour):
    program = "null, mod_fcgid, 4 processes"
    mode = "null"


class SyncFcgidFour(PeerFcgid, FcgidFour):
    program = "C, a sync each, no dedupe, mod_fcgid, 4 processes"
    mode = "sync"


class Php(Lighttpd):
    """PHP-FPM with eight processes."""

    needs = (LIGHTTPD, FPM)
    packages = "lighttpd php-fpm php-sqlite3"
    mode = ""

    def start_behind(self):
        s = self.scene
        self.path = f"/{self.mode}.php"
        self.data = s.var / f"php-{self.mode}"
        shutil.copy(HERE / "peers/receive.php",
                    s.public / f"{self.mode}.php")
        if self.mode == "c":
            base = sqlite3.connect(self.data)
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("CREATE TABLE event(id TEXT PRIMARY KEY, body TEXT)")
            base.commit()
            base.close()
            for path in s.var.iterdir():
                os.chown(path, s.user.pw_uid, s.user.pw_gid)
        conf = s.etc / "fpm.conf"
        s.put(conf, f"[global]\nerror_log = {s.log}/fpm\ndaemonize = no\n"
              f"[bench]\nlisten = {self.socket}\npm = static\n"
              "listen.backlog = 511\npm.max_children = 8\n"
              f"env[BENCH_SECRET] = {s.secret}\nenv[BENCH_DIR] = {s.var}\n")
        s.start([FPM, "-F", "-y", conf])
        scene.wait_for("php-fpm", self.socket.exists)

    def behind(self):
        return ('fastcgi.server = ( ".php" => (( "socket" => '
                f'"{self.socket}" )))\n')

    def ids(self):
        return None

    def count(self):
        if self.mode != "c":
            return count_lines(self.data)
        base = sqlite3.connect(self.data)
        try:
            return base.execute("SELECT count(*) FROM event").fetchone()[0]
        finally:
            base.close()


class PhpA(Php):
    program = "PHP-FPM, no sync (a)"
    mode = "a"


class PhpB1(Php):
    program = "PHP-FPM, a sync each (b1)"
    mode = "b1"


class PhpC(Php):
    program = "PHP-FPM, SQLite, once per id (c)"
    mode = "c"


class Go(Nginx):
    program = "Go, group commit, no dedupe"

    def start_behind(self):
        s = self.scene
        built = scene.BUILD / "tests/bench/receive"
        if not built.exists():
            raise Skip("no Go here (Debian: golang-go)")
        program = s.install(built, s.bin)
        self.lines = s.var / "lines"
        for _ in range(TRIES):
            port = scene.free_port()
            if s.start_server([program, f"127.0.0.1:{port}", self.lines,
                               s.secret], port):
                self.upstream = ("upstream behind { server "
                                 f"127.0.0.1:{port}; keepalive 64; }}\n")
                return
        raise AssertionError("the Go program does not start")

    def location(self):
        return ('proxy_http_version 1.1;\nproxy_set_header Connection "";\n'
                "proxy_pass http://behind;\n")

    def ids(self):
        return None

    def count(self):
        return count_lines(self.lines)


def count_lines(path):
    with open(path, "rb") as lines:
        return sum(1 for _ in lines)


def load(door, connections, seconds, body, acks, prefix):
    """One run of the sender; what it has seen, and the CPU time spent."""
    pids = door.pids()
    before = cpu_seconds(pids)
    run = subprocess.run(
        [str(scene.BUILD / "tests/bench/load"), str(door.port), door.path,
         str(connections), str(seconds), str(body), door.scene.secret,
         str(acks), prefix], capture_output=True, text=True, check=False)
    if not run.stdout.startswith("{"):
        raise RuntimeError(f"{door.program}: {run.stderr}")
    seen = json.loads(run.stdout)
    pids |= door.pids()
    seen["cpu_ms"] = (cpu_seconds(pids) - before) * 1000 / \
        max(seen["answers"], 1)
    return seen
