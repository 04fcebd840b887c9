# SPDX-License-Identifier: ISC
"""
Web servers that keep their connections to the responder: nginx and Apache when
they are told to, HAProxy and h2o by themselves; and Caddy, which keeps none.
Each with the very configuration that "hookcask config" prints.
"""

import re

import backends
from doors import Door, NginxSystemd
from doors_apache import ApacheProxyFcgi

CADDY = "/usr/bin/caddy"
HAPROXY = "/usr/sbin/haproxy"
H2O = "/usr/bin/h2o"


class NginxKept(NginxSystemd):
    """With the lines that the two files have as comments."""

    name = "nginx-keepalive"
    backend = backends.Systemd

    def command(self):
        command = super().command()
        conf = self.scene.etc / "nginx.conf"
        text = conf.read_text()
        kept, = re.findall("^ *#(fastcgi_pass .*)$", text, re.M)
        upstream, = re.findall("^#(upstream .*)$", self.scene.printed(
            "--server-name", "localhost", "nginx-site"), re.M)
        text, count = re.subn("^ *fastcgi_pass unix:.*$", kept, text,
                              flags=re.M)
        assert count == 1
        conf.write_text(text.replace("server {\n",
                                     f"{upstream}\nserver {{\n", 1))
        return command


class ApacheKept(ApacheProxyFcgi):
    name = "apache-enablereuse"
    backend = backends.Systemd

    def command(self):
        command = super().command()
        conf = self.scene.etc / "apache.conf"
        text, count = re.subn("^#(</?Proxy.*>)$", r"\1", conf.read_text(),
                              flags=re.M)
        assert count == 2
        conf.write_text(text)
        return command


class Haproxy(Door):
    name = "haproxy"
    joins_lines = False
    chunked_limit = 10000       # what fits in a buffer of HAProxy's
    needs = (HAPROXY,)
    backend = backends.Systemd
    streams = True

    def command(self):
        s = self.scene
        conf = s.etc / "haproxy.cfg"
        text = s.printed("haproxy")
        rule, = re.findall("^# +(use_backend .*)$", text, re.M)
        s.put(conf, "defaults\nmode http\ntimeout client 30s\n"
              f"frontend web\nbind 127.0.0.1:{self.port}\n{rule}\n" + text)
        return [HAPROXY, "-db", "-f", conf]


class H2o(Door):
    name = "h2o"
    joins_lines = False
    takes_underscore = True
    needs = (H2O,)
    backend = backends.Systemd

    def command(self):
        s = self.scene
        conf = s.etc / "h2o.conf"
        s.put(conf, "listen:\n  host: 127.0.0.1\n"
              f"  port: {self.port}\n"
              f"error-log: {s.log}/error\npid-file: {s.run}/h2o.pid\n"
              "hosts:\n  default:\n    paths:\n" + re.sub(
                  "^(?!#)", "      ", s.printed("h2o"), flags=re.M).rstrip() +
              "\n")
        return [H2O, "-c", conf]


class Caddy(Door):
    name = "caddy"
    takes_underscore = None
    needs = (CADDY,)
    backend = backends.Systemd
    streams = True

    def command(self):
        s = self.scene
        conf = s.etc / "Caddyfile"
        s.put(conf, "{\nadmin off\nauto_https off\n"
              f"storage file_system {s.run}/caddy\n}}\n"
              f":{self.port} {{\nbind 127.0.0.1\n{s.printed('caddy')}}}\n")
        return [CADDY, "run", "--adapter", "caddyfile", "--config", conf]


ALL = [NginxKept, ApacheKept, Haproxy, H2o]
