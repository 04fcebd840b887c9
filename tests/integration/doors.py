# SPDX-License-Identifier: ISC
"""
The web servers, each with the very configuration file that deploy/ ships,
paths and ports filled in.
"""

import pathlib
import shutil

import scene
from tap import Skip

APACHE = "/usr/sbin/apache2"
MODULES = pathlib.Path("/usr/lib/apache2/modules")
LIGHTTPD = "/usr/sbin/lighttpd"
NGINX = "/usr/sbin/nginx"
FCGIWRAP = "/usr/sbin/fcgiwrap"
TRIES = 5  # another program may take a free port before the server does


class Door:
    """One way through a web server to the responder."""

    name = ""
    needs = ()
    url = "/webhooks/levers"    # the configured path of the endpoint
    body_limit = None           # the server's own, answered 500
    joins_lines = True          # two header lines become one, with a comma
    takes_underscore = False    # Svix_Id arrives beside svix-id
    streams = False             # the responder hears of a cut body

    def __init__(self):
        self.scene = None
        self.port = None

    def open(self):
        for path in self.needs:
            if not pathlib.Path(path).exists():
                raise Skip(f"{path} is not here")
        self.scene = scene.Scene(self.url)
        self.prepare()
        for _ in range(TRIES):
            self.port = scene.free_port()
            if self.scene.start_server(self.command(), self.port):
                return
        raise AssertionError(f"does not start:\n{self.scene.words()}")

    def prepare(self):
        """What must be there before the server starts."""

    def command(self):
        """Writes the server's configuration for self.port."""
        raise NotImplementedError


class Lighttpd(Door):
    needs = (LIGHTTPD,)
    takes_underscore = True
    include = ""

    def command(self):
        s = self.scene
        conf = s.etc / "lighttpd.conf"
        s.put(conf, f'server.document-root = "{s.public}"\n'
              f'server.bind = "127.0.0.1"\nserver.port = {self.port}\n'
              f'server.errorlog = "{s.log}/error"\n'
              f'server.upload-dirs = ( "{s.run}" )\n'
              f'server.modules = ()\n' + s.template(self.include))
        return [LIGHTTPD, "-D", "-f", conf]


class LighttpdSpawn(Lighttpd):
    name = "lighttpd-spawn"
    include = "lighttpd/hookcask-spawn.conf.in"

    def prepare(self):
        self.scene.own_directory(self.scene.run / "lighttpd")


class LighttpdSocket(Lighttpd):
    name = "lighttpd-socket"
    include = "lighttpd/hookcask-socket.conf.in"

    def prepare(self):
        self.scene.start_responder(HOOKCASK_CONFIG=str(self.scene.config))


class LighttpdCgi(Lighttpd):
    name = "lighttpd-cgi"
    include = "lighttpd/hookcask-cgi.conf.in"


class Apache(Door):
    needs = (APACHE,)
    modules = ()
    include = ""

    def command(self):
        s = self.scene
        conf = s.etc / "apache.conf"
        modules = ("mpm_event", "authz_core", "alias", "env", "mime",
                   *self.modules)
        s.put(conf, f'ServerRoot "{s.top}"\nServerName localhost\n'
              f'Listen 127.0.0.1:{self.port}\nPidFile "{s.run}/apache.pid"\n'
              f'DefaultRuntimeDir "{s.run}"\nMutex "file:{s.run}"\n'
              f'ErrorLog "{s.log}/error"\n' +
              "".join(f'LoadModule {m}_module "{MODULES}/mod_{m}.so"\n'
                      for m in modules) +
              # mod_fcgid does not start as a plain user beside suexec
              f'Suexec Off\n'
              f'TypesConfig /dev/null\nDocumentRoot "{s.public}"\n'
              '<IfModule fcgid_module>\n'
              f'FcgidIPCDir "{s.run}"\n'
              f'FcgidProcessTableFile "{s.run}/fcgid_shm"\n'
              '</IfModule>\n<IfModule cgid_module>\n'
              f'ScriptSock "{s.run}/cgid.sock"\n</IfModule>\n'
              f'<Directory "{s.public}">\n'
              'AllowOverride FileInfo AuthConfig Options=ExecCGI\n'
              'Require all granted\n</Directory>\n' +
              (s.template(self.include) if self.include else ""))
        return [APACHE, "-DFOREGROUND", "-f", conf]

    def shared_host(self, htaccess):
        """A user's folder on a host that only reads .htaccess."""
        s = self.scene
        folder = s.public / "webhooks"
        place = s.home / "hookcask"
        s.own_directory(folder)
        s.own_directory(place)
        s.put(folder / ".htaccess", s.template(htaccess))
        s.put(place / "hookcask.conf", s.config.read_text())
        s.install(s.responder, place)
        return folder


class ApacheFcgid(Apache):
    name = "apache-fcgid"
    needs = (APACHE, MODULES / "mod_fcgid.so")
    modules = ("fcgid",)
    include = "apache/hookcask-fcgid.conf.in"


class ApacheFcgidHtaccess(Apache):
    name = "apache-fcgid-htaccess"
    needs = (APACHE, MODULES / "mod_fcgid.so")
    modules = ("fcgid",)
    url = "/webhooks/levers.fcgi"
    body_limit = 131072

    def prepare(self):
        folder = self.shared_host("apache/fcgid.htaccess")
        self.scene.put(folder / "levers.fcgi", "")


class ApacheCgid(Apache):
    name = "apache-cgid"
    modules = ("cgid",)
    url = "/webhooks/levers.cgi"

    def prepare(self):
        folder = self.shared_host("apache/cgi.htaccess")
        self.scene.install(self.scene.responder, folder, "levers.cgi")


class ApacheCgidWrapper(ApacheCgid):
    name = "apache-cgid-wrapper"

    def prepare(self):
        folder = self.shared_host("apache/cgi.htaccess")
        s = self.scene
        # suexec would drop the variable, so this folder does not set it
        s.put(folder / ".htaccess",
              "".join(line for line in
                      s.template("apache/cgi.htaccess").splitlines(True)
                      if not line.startswith("SetEnv")))
        s.put(folder / "levers.cgi", s.template("apache/wrapper.cgi"), 0o755)


class ApacheProxyFcgi(Apache):
    name = "apache-proxy-fcgi"
    modules = ("proxy", "proxy_fcgi", "reqtimeout")
    include = "apache/hookcask-proxy-fcgi.conf.in"
    streams = True

    def prepare(self):
        self.scene.start_responder(HOOKCASK_CONFIG=str(self.scene.config))


class Nginx(Door):
    needs = (NGINX, "/etc/nginx/fastcgi_params")
    joins_lines = False
    include = ""

    def command(self):
        s = self.scene
        conf = s.etc / "nginx.conf"
        shutil.copy("/etc/nginx/fastcgi_params", s.etc)
        places = "".join(f"{kind}_temp_path {s.run}/{kind};\n" for kind in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        s.put(conf, f"daemon off;\npid {s.run}/nginx.pid;\n"
              f"error_log {s.log}/error;\nevents {{ }}\nhttp {{\n"
              f"access_log off;\n{places}server {{\n"
              f"listen 127.0.0.1:{self.port};\n" +
              s.template(self.include) + "}\n}\n")
        return [NGINX, "-c", conf, "-e", s.log / "error"]


class NginxFastcgi(Nginx):
    name = "nginx-fastcgi"
    include = "nginx/hookcask.conf.in"

    def prepare(self):
        self.scene.start_responder(HOOKCASK_CONFIG=str(self.scene.config))


class NginxFcgiwrap(Nginx):
    name = "nginx-fcgiwrap"
    needs = (*Nginx.needs, FCGIWRAP)
    include = "nginx/hookcask-fcgiwrap.conf.in"

    def prepare(self):
        self.scene.start_on_socket([FCGIWRAP, "-f", "-c", "4"],
                                   self.scene.run / "fcgiwrap.socket")


ALL = [LighttpdSpawn, LighttpdSocket, LighttpdCgi, ApacheFcgid,
       ApacheFcgidHtaccess, ApacheCgid, ApacheCgidWrapper, ApacheProxyFcgi,
       NginxFastcgi, NginxFcgiwrap]
