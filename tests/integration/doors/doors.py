# SPDX-License-Identifier: ISC
"""
lighttpd and nginx, each with the very configuration that "hookcask config"
prints: the text of deploy/.
"""

import os
import pathlib
import shutil
import signal

import backends
import scene
from tap import Skip

LIGHTTPD = "/usr/sbin/lighttpd"
NGINX = "/usr/sbin/nginx"
FCGIWRAP = "/usr/sbin/fcgiwrap"
TRIES = 5  # another program may take a free port before the server does


class Door:
    """One way through a web server to the responder."""

    name = ""
    needs = ()
    backend = None              # what runs the responder beside the server
    url = "/webhooks/levers"    # the configured path of the endpoint
    body_limit = None           # the server's own, answered 500
    chunked_limit = None        # of bodies in chunks; above it the server's 400
    joins_lines = True          # two header lines become one, with a comma
    takes_underscore = False    # Svix_Id arrives beside svix-id; None: or
                                # instead of it, by chance
    takes_no_length = True      # a POST without any length reaches us
    reads_each_time = False     # plain CGI reads the configuration again
    names_document_root = True  # DOCUMENT_ROOT is the server's
    streams = False             # the responder hears of a cut body
    as_root = False             # the server drops its rights itself
    graceful = None             # the signal for a graceful restart, if any

    def __init__(self):
        self.scene = None
        self.port = None
        self.server = None

    def open(self):
        for path in self.needs:
            if not pathlib.Path(path).exists():
                raise Skip(f"{path} is not here")
        self.scene = self.make_scene()
        self.prepare()
        if self.backend:
            self.backend = type(self).backend(self.scene)
            self.backend.start()
        self.start()

    def make_scene(self):
        return scene.Scene(self.url)

    def prepare(self):
        """What must be there before the server starts."""

    def public(self):
        """What the server shows to everybody."""
        return self.scene.public

    def start(self):
        for _ in range(TRIES):
            self.port = scene.free_port()
            self.server = self.scene.start_server(
                self.command(), self.port, as_root=self.as_root)
            if self.server:
                return
        raise AssertionError(f"does not start:\n{self.scene.words()}")

    def command(self):
        """Writes the server's configuration for self.port."""
        raise NotImplementedError

    # -- what happens to servers ---------------------------------------------
    def restart(self):
        """As an operator does it, with requests under way."""
        if self.graceful:
            os.kill(self.server.pid, self.graceful)
        if self.backend:
            self.backend.restart()

    def kill_responders(self):
        self.scene.kill_ours()
        if self.backend:
            self.backend.revive()

    def crash(self):
        """Ends the server and all that it started; then starts it again."""
        self.scene.kill(self.server)
        self.kill_responders()
        self.start()

    def remove(self):
        if self.scene is not None:
            self.scene.remove()


class Lighttpd(Door):
    needs = (LIGHTTPD,)
    takes_underscore = True
    takes_no_length = False
    graceful = signal.SIGUSR1
    server_name = ""

    def command(self):
        s = self.scene
        conf = s.etc / "lighttpd.conf"
        s.put(conf, f'server.document-root = "{s.public}"\n'
              f'server.bind = "127.0.0.1"\nserver.port = {self.port}\n'
              f'server.errorlog = "{s.log}/error"\n'
              f'server.upload-dirs = ( "{s.run}" )\n'
              f'server.modules = ()\n' + s.printed(self.server_name))
        return [LIGHTTPD, "-D", "-f", conf]


class LighttpdSpawn(Lighttpd):
    name = "lighttpd"
    server_name = "lighttpd"

    def prepare(self):
        self.scene.own_directory(self.scene.run / "lighttpd")


class LighttpdSocket(Lighttpd):
    name = "lighttpd-systemd"
    server_name = "lighttpd-socket"
    backend = backends.Systemd


class LighttpdMultiwatch(LighttpdSocket):
    name = "lighttpd-multiwatch"
    backend = backends.Multiwatch


class LighttpdCgi(Lighttpd):
    name = "lighttpd-cgi"
    reads_each_time = True
    names_document_root = False
    server_name = "lighttpd-cgi"


class Nginx(Door):
    needs = (NGINX, "/etc/nginx/fastcgi_params")
    joins_lines = False
    graceful = signal.SIGHUP
    server_name = ""

    def command(self):
        s = self.scene
        conf = s.etc / "nginx.conf"
        shutil.copy("/etc/nginx/fastcgi_params", s.etc)
        places = "".join(f"{kind}_temp_path {s.run}/{kind};\n" for kind in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        s.put(conf, f"daemon off;\npid {s.run}/nginx.pid;\n"
              f"error_log {s.log}/error;\nevents {{ }}\nhttp {{\n"
              f"access_log off;\n{places}server {{\nroot {s.public};\n"
              f"listen 127.0.0.1:{self.port};\n" +
              s.printed(self.server_name) + "}\n}\n")
        return [NGINX, "-c", conf, "-e", s.log / "error"]


class NginxSystemd(Nginx):
    name = "nginx-systemd-workers"
    server_name = "nginx"
    backend = backends.SystemdWorkers


class NginxSocketActivate(NginxSystemd):
    name = "nginx-socket-activate"
    backend = backends.SocketActivate


class NginxSpawnFcgi(NginxSystemd):
    name = "nginx-spawn-fcgi"
    backend = backends.SpawnFcgi


class NginxFcgiwrap(Nginx):
    name = "nginx-fcgiwrap"
    reads_each_time = True
    needs = (*Nginx.needs, FCGIWRAP)
    server_name = "nginx-fcgiwrap"
    wrapper = None

    def prepare(self):
        self.wrapper = self.scene.start_on_socket(
            [FCGIWRAP, "-f", "-c", "4"], self.scene.run / "fcgiwrap.socket")

    def remove(self):
        """It would leave its children behind."""
        if self.wrapper:
            os.killpg(self.wrapper.pid, signal.SIGTERM)
        super().remove()


ALL = [LighttpdSpawn, LighttpdSocket, LighttpdMultiwatch, LighttpdCgi,
       NginxSystemd, NginxSocketActivate, NginxSpawnFcgi, NginxFcgiwrap]
