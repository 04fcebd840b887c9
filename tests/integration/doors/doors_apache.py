# SPDX-License-Identifier: ISC
"""
Apache, for its administrator and for users of a shared host, with the very
configuration that "hookcask config" prints.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

import accounts
import backends
import scene
from doors import Door
from tap import Skip

APACHE = "/usr/sbin/apache2"
MODULES = pathlib.Path("/usr/lib/apache2/modules")
FCGID = MODULES / "mod_fcgid.so"
SUEXEC = pathlib.Path("/usr/lib/apache2/suexec")
SUEXEC_LOG = pathlib.Path("/var/log/apache2")  # compiled in


@contextlib.contextmanager
def suexec_log():
    """The directory that suexec has compiled in, while it is needed."""
    if SUEXEC_LOG.exists() or os.getuid() != 0:
        yield
        return
    SUEXEC_LOG.mkdir()
    try:
        yield
    finally:
        (SUEXEC_LOG / "suexec.log").unlink(missing_ok=True)
        SUEXEC_LOG.rmdir()


class Apache(Door):
    needs = (APACHE,)
    modules = ()
    server_name = ""
    graceful = signal.SIGUSR1
    suexec = "Suexec Off\n"  # beside it mod_fcgid starts for root only

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
                      for m in modules) + self.suexec +
              f'TypesConfig /dev/null\nDocumentRoot "{s.public}"\n'
              '<IfModule fcgid_module>\n'
              f'FcgidIPCDir "{s.run}"\n'
              f'FcgidProcessTableFile "{s.run}/fcgid_shm"\n'
              '</IfModule>\n<IfModule cgid_module>\n'
              f'ScriptSock "{s.run}/cgid.sock"\n</IfModule>\n'
              f'<Directory "{self.public()}">\n'
              'AllowOverride FileInfo AuthConfig Options=ExecCGI\n'
              'Require all granted\n</Directory>\n' +
              (s.printed(self.server_name) if self.server_name else ""))
        return [APACHE, "-DFOREGROUND", "-f", conf]

    def shared_host(self, server, **files):
        """A user's folders on a host that only reads .htaccess."""
        s = self.scene
        folder = self.public() / "webhooks"
        place = s.home / "hookcask"
        s.own_directory(folder)
        s.own_directory(place)
        s.put(place / "hookcask.conf", s.config.read_text())
        s.install(s.responder, place)
        s.config = place / "hookcask.conf"
        for name, arguments in {".htaccess": ("--htaccess",),
                                **files}.items():
            s.put(folder / name.replace("_", "."), s.printed(
                server, *arguments, programs=place), 0o644 if name == ".htaccess" else 0o755)
        return folder


class ApacheFcgid(Apache):
    name = "apache-fcgid"
    needs = (APACHE, FCGID)
    modules = ("fcgid",)
    server_name = "apache-fcgid"


class ApacheFcgidHtaccess(Apache):
    """FcgidWrapper names program and configuration."""

    name = "apache-fcgid-htaccess"
    needs = (APACHE, FCGID)
    modules = ("fcgid",)
    url = "/webhooks/levers.fcgi"
    body_limit = 131072

    def prepare(self):
        folder = self.shared_host("apache-fcgid")
        self.scene.put(folder / "levers.fcgi", "")


class ApacheCgi(Apache):
    name = "apache-cgi"
    reads_each_time = True
    modules = ("cgid",)
    server_name = "apache-cgi"


class ApacheCgiHtaccess(Apache):
    """A copy of the responder in the folder; SetEnv."""

    name = "apache-cgi-htaccess"
    reads_each_time = True
    modules = ("cgid",)
    url = "/webhooks/levers.cgi"

    def prepare(self):
        folder = self.shared_host("apache-cgi")
        self.scene.install(self.scene.responder, folder, "levers.cgi")


class ApacheFcgidWrapper(Apache):
    """A wrapper script; the same files serve where suexec is in use."""

    name = "apache-fcgid-wrapper"
    needs = (APACHE, FCGID)
    modules = ("fcgid",)
    url = "/webhooks/levers.fcgi"
    body_limit = 131072

    def prepare(self):
        self.shared_host("apache-suexec", levers_fcgi=("wrapper",))


class ApacheCgiWrapper(Apache):
    name = "apache-cgi-wrapper"
    reads_each_time = True
    modules = ("cgid",)
    url = "/webhooks/levers.cgi"

    def prepare(self):
        self.shared_host("apache-suexec", levers_cgi=("wrapper",))


class Suexec(Apache):
    """
    A user's ~/public_html under Apache's own suexec: nothing of the server's
    environment arrives, and the responder runs as that user.
    """

    needs = (APACHE, SUEXEC)
    as_root = True
    suexec = "User www-data\nGroup www-data\nUserDir public_html\n"

    def make_scene(self):
        self.account = accounts.Account()
        made = scene.Scene(f"/~{self.account.name}{self.url}",
                           self.account.entry)
        self.url = f"/~{self.account.name}{self.url}"
        made.home = self.account.home
        return made

    def public(self):
        return self.scene.home / "public_html"

    def prepare(self):
        s = self.scene
        self.shared_host("apache-suexec", **{
            self.url.rpartition("/")[2].replace(".", "_"): ("wrapper",)})
        # as secret as it can be: suexec's user is the only one who needs it
        (s.home / "hookcask").chmod(0o700)
        server = scene.unprivileged_user()
        os.chown(s.run, server.pw_uid, server.pw_gid)

    def remove(self):
        try:
            super().remove()
        finally:
            if self.scene is not None:
                self.account.remove()


class Hosting(Suexec):
    """
    A fresh user's home, the archive of "make dist-hosting" in it, and the
    commands of its README, nothing else.
    """

    packer = "gz"

    def make_scene(self):
        self.archive = next(scene.BUILD.glob(
            f"hookcask-*-hosting-*.tar.{self.packer}"), None)
        if self.archive is None:
            raise Skip("no archive here: make dist-hosting, in a build with "
                       "--enable-static-deps")
        return super().make_scene()

    def as_user(self, command, text=""):
        result = subprocess.run(
            ["/bin/sh", "-e", "-c", command], cwd=self.scene.home,
            env={"HOME": str(self.scene.home), "PATH": "/usr/bin:/bin"},
            input=text, text=True, capture_output=True, check=False,
            timeout=scene.STARTS_WITHIN, user=self.account.entry.pw_uid,
            group=self.account.entry.pw_gid, extra_groups=[], umask=0o022)
        assert result.returncode == 0, f"{command}: {result}"

    def prepare(self):
        s = self.scene
        own = s.home / "hookcask"
        shutil.copy(self.archive, s.home)
        self.as_user(f"tar xf {self.archive.name}")
        commands = [line.strip() for line in
                    (own / "README").read_text().splitlines()
                    if line.startswith("    ")]
        commands = commands[:5]  # the next one only reads
        script = self.url.rpartition("/")[2]
        for line in commands:
            self.as_user(line.replace("levers.fcgi", script),
                         s.secret + "\n" if "--secret -" in line else "")
        s.config = own / "hookcask.conf"
        s.secret_file = own / "levers.secret"
        s.store_log = own / "levers.jsonl"
        # where the tests look for the operator's lines; and a path,
        # which the first of them demands to be compared
        s.put(s.config, f'diag = "{s.diag}"\nlock-timeout = 10\n' +
              s.config.read_text().replace(
                  "secret-file", f'path = "{self.url}"\n    secret-file', 1))
        server = scene.unprivileged_user()
        os.chown(s.run, server.pw_uid, server.pw_gid)


class SuexecFcgid(Suexec):
    name = "suexec-fcgid"
    needs = (*Suexec.needs, FCGID)
    modules = ("userdir", "suexec", "fcgid")
    url = "/webhooks/levers.fcgi"
    body_limit = 131072


class SuexecCgi(Suexec):
    name = "suexec-cgi"
    reads_each_time = True
    modules = ("userdir", "suexec", "cgid")
    url = "/webhooks/levers.cgi"


class HostingFcgid(Hosting):
    name = "hosting-suexec-fcgid"
    packer = "xz"
    needs = SuexecFcgid.needs
    modules = SuexecFcgid.modules
    url = SuexecFcgid.url
    body_limit = SuexecFcgid.body_limit


class HostingCgi(Hosting):
    """No suexec: Apache itself runs as the user."""

    name = "hosting-cgi"
    reads_each_time = True
    modules = ("userdir", "cgid")
    url = "/webhooks/levers.cgi"
    as_root = False
    suexec = "Suexec Off\nUserDir public_html\n"

    def prepare(self):
        super().prepare()
        self.scene.own_directory(self.scene.run)


class ApacheProxyFcgi(Apache):
    name = "apache-proxy-runit"
    modules = ("proxy", "proxy_fcgi", "reqtimeout")
    server_name = "apache-proxy"
    streams = True
    backend = backends.Runit


ALL = [ApacheFcgid, ApacheFcgidHtaccess, ApacheFcgidWrapper, SuexecFcgid,
       HostingFcgid, ApacheCgi, ApacheCgiHtaccess, ApacheCgiWrapper,
       SuexecCgi, HostingCgi, ApacheProxyFcgi]
