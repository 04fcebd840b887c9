# SPDX-License-Identifier: ISC
"""
Web servers that keep their connections to the responder: nginx and Apache when
they are told to, HAProxy and h2o by themselves.
"""

import backends
from doors import Door, NginxSystemd
from doors_apache import ApacheProxyFcgi

HAPROXY = "/usr/sbin/haproxy"
H2O = "/usr/bin/h2o"


class NginxKept(NginxSystemd):
    name = "nginx-keepalive"
    backend = backends.Systemd

    def command(self):
        command = super().command()
        conf = self.scene.etc / "nginx.conf"
        to = f"unix:{self.scene.run}/hookcask/hookcask.sock"
        text = conf.read_text()
        assert to in text
        conf.write_text(text.replace(
            f"fastcgi_pass {to};",
            "fastcgi_pass kept; fastcgi_keep_conn on;").replace(
            "server {\n", f"upstream kept {{ server {to}; keepalive 8; }}\n"
            "server {\n", 1))
        return command


class ApacheKept(ApacheProxyFcgi):
    name = "apache-enablereuse"
    backend = backends.Systemd

    def command(self):
        command = super().command()
        with open(self.scene.etc / "apache.conf", "a",
                  encoding="ascii") as conf:
            conf.write('<Proxy "fcgi://hookcask/" enablereuse=on>\n'
                       "</Proxy>\n")
        return command


class Haproxy(Door):
    name = "haproxy"
    needs = (HAPROXY,)
    backend = backends.Systemd

    def command(self):
        s = self.scene
        conf = s.etc / "haproxy.cfg"
        s.put(conf, "defaults\nmode http\ntimeout client 30s\n"
              "timeout server 30s\ntimeout connect 5s\n"
              f"frontend web\nbind 127.0.0.1:{self.port}\n"
              "default_backend hooks\n"
              f"fcgi-app hooks\ndocroot {s.public}\n"
              "backend hooks\nuse-fcgi-app hooks\n"
              f"server one unix@{s.run}/hookcask/hookcask.sock proto fcgi\n")
        return [HAPROXY, "-db", "-f", conf]


class H2o(Door):
    name = "h2o"
    needs = (H2O,)
    backend = backends.Systemd

    def command(self):
        s = self.scene
        conf = s.etc / "h2o.conf"
        s.put(conf, "listen:\n  host: 127.0.0.1\n"
              f"  port: {self.port}\n"
              f"error-log: {s.log}/error\npid-file: {s.run}/h2o.pid\n"
              "hosts:\n  default:\n    paths:\n"
              f'      "{self.url}":\n        fastcgi.connect:\n'
              f"          port: {s.run}/hookcask/hookcask.sock\n"
              "          type: unix\n"
              "        fastcgi.timeout.keepalive: 5000\n")
        return [H2O, "-c", conf]


ALL = [NginxKept, ApacheKept, Haproxy, H2o]
