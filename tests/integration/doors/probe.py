# SPDX-License-Identifier: ISC
"""
hookcask probe against real servers: those that are as deploy/ has them, and
those that are broken in ways that people meet. Each of these says which case
must find the fault, and a word that its meaning or its cure must have.
"""

import json
import re
import subprocess

import doors
import doors_apache
import doors_kept
import scene
from tap import Skip

SIZES = {"130k": 130 << 10, "900k": 900 << 10, "1100k": 1100 << 10}
NO_LIMIT = 1 << 30


def run(door, *arguments):
    tool = scene.BUILD / "hookcask"
    if not tool.exists():
        raise Skip("the tool is not built here")
    result = subprocess.run(
        [tool, "probe", "-s", door.scene.secret_file, "--json",
         f"http://127.0.0.1:{door.port}{door.url}", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
        check=False, env={"no_proxy": "*"})
    if b"built without libcurl" in result.stderr:
        raise Skip("built without libcurl")
    return result


def findings(door, *arguments):
    """What was found, by case."""
    lines = run(door, *arguments).stdout.splitlines()
    return {found["case"]: found for found in map(json.loads, lines)}


# -- broken on purpose ----------------------------------------------------------
class Plain(doors.Lighttpd):
    """A page that is there whatever one posts to it."""

    name = "broken-static"
    case, word = "tampered", "verifies nothing"

    def prepare(self):
        self.scene.own_directory(self.scene.public / "webhooks")
        self.scene.put(self.scene.public / "webhooks/levers", "welcome\n")

    def template(self):
        return ""

    def command(self):
        s = self.scene
        conf = s.etc / "lighttpd.conf"
        s.put(conf, f'server.document-root = "{s.public}"\n'
              f'server.bind = "127.0.0.1"\nserver.port = {self.port}\n'
              f'server.errorlog = "{s.log}/error"\n'
              f'server.upload-dirs = ( "{s.run}" )\n' + self.template())
        return [doors.LIGHTTPD, "-D", "-f", conf]


class Slash(Plain):
    """lighttpd redirects to a directory's name with a slash at its end."""

    name = "broken-slash"
    case, word = "genuine", "slash"

    def prepare(self):
        self.scene.own_directory(self.scene.public / "webhooks/levers")


class Redirect(Plain):
    name = "broken-https"
    case, word = "genuine", "https"

    def template(self):
        return ('server.modules = ( "mod_redirect" )\n'
                'url.redirect = ( "" => "https://${url.authority}'
                '${url.path}${qsa}" )\n')


class Forbidden(Plain):
    name = "broken-403"
    case, word = "genuine", "firewall"

    def template(self):
        return ('server.modules = ( "mod_access" )\n'
                'url.access-deny = ( "" )\n')


class FcgidDefault(doors_apache.ApacheFcgid):
    """FcgidMaxRequestLen as it is if nobody sets it."""

    name = "broken-fcgid-default"
    case, word = "130k", "FcgidMaxRequestLen"

    def command(self):
        command = super().command()
        conf = command[-1]
        text = conf.read_text()
        conf.write_text("".join(line for line in text.splitlines(True)
                                if "FcgidMaxRequestLen" not in line))
        return command


class FcgidLimit(doors_apache.ApacheFcgid):
    """mod_fcgid hands an empty body over when LimitRequestBody is passed."""

    name = "broken-fcgid-limit"
    case, word = "130k", "LimitRequestBody"

    def command(self):
        command = super().command()
        with command[-1].open("a") as conf:
            conf.write("LimitRequestBody 100000\n")
        return command


class CgidLimit(doors_apache.ApacheCgiHtaccess):
    name = "broken-cgid-limit"
    case, word = "900k", "LimitRequestBody"

    def prepare(self):
        super().prepare()
        with (self.scene.public / "webhooks/.htaccess").open("a") as file:
            file.write("LimitRequestBody 500000\n")


class NginxDefault(doors.NginxSystemd):
    """client_max_body_size as it is if nobody sets it."""

    name = "broken-nginx-default"
    case, word = "1100k", "client_max_body_size"

    def command(self):
        command = super().command()
        conf = self.scene.etc / "nginx.conf"
        text = conf.read_text()
        conf.write_text("".join(line for line in text.splitlines(True)
                                if "client_max_body_size" not in line))
        return command


class NginxDown(doors.NginxSystemd):
    """Nobody listens on the socket."""

    name = "broken-socket"
    case, word = "genuine", "fastcgi_pass"
    backend = None


class NoRoute(doors_kept.Caddy):
    """Caddy answers 200, and nothing was done."""

    name = "broken-caddy"
    case, word = "tampered", "no route takes"

    def command(self):
        command = super().command()
        conf = self.scene.etc / "Caddyfile"
        text = conf.read_text()
        text, found = re.subn(r"handle /\S+\*", "handle /no*", text)
        assert found == 1, text
        conf.write_text(text)
        return command


BROKEN = [Plain, Slash, Redirect, Forbidden, FcgidDefault, FcgidLimit,
          CgidLimit, NginxDefault, NginxDown, NoRoute]


def named(door):
    found = findings(door)
    wrong = [name for name, f in found.items() if f["verdict"] != "good"]
    assert wrong and door.case in wrong, f"{wrong}: {found}"
    # nothing that is good is blamed before it
    assert door.case == "tampered" or wrong[0] == door.case, found
    what = found[door.case]
    words = what["meaning"] + " ".join(what["fix"].values())
    assert door.word in words, what


PROCESSES = 12


def has_warmed_up(door):
    """mod_fcgid has a process for nearly each request that was held."""
    before = len(door.scene.ours())
    result = run(door, "--warm", str(PROCESSES))
    assert result.returncode == 0, result
    warm, burst = map(json.loads, result.stdout.splitlines())
    assert warm["accepted"] == burst["accepted"] == PROCESSES, (warm, burst)
    # each was held; whoever was not served at once waited a second for that
    assert warm["milliseconds"] >= 1500, warm
    now = len(door.scene.ours())
    assert before <= 1 and now > PROCESSES // 2, (before, now, warm, burst)
    assert not door.scene.records()


def check(tap, door, title="hookcask probe names what is wrong", test=named):
    def opened():
        try:
            door.open()
            test(door)
        finally:
            door.remove()
    tap.run(f"{door.name}: {title}", opened)


def check_warm(tap):
    check(tap, doors_apache.ApacheFcgid(),
          "hookcask probe --warm has processes started", has_warmed_up)
