# SPDX-License-Identifier: ISC
"""config: the places that it fills in, and what it refuses."""

import os
import shutil
import subprocess

from tool_scene import CONFIG, TOOL, USAGE

NAME = "config"
ALL = []


def case(function):
    ALL.append(function)
    return function


def written(place, *endpoints, head=""):
    """A configuration of endpoints given as (name, path, store lines)."""
    secret = place.secret
    text = head
    for name, path, store in endpoints:
        text += f'endpoint "{name}" {{\n'
        text += f'    path = "{path}"\n' if path else ""
        text += f'    secret-file = "{secret}"\n    {store}\n}}\n'
    return place.write("hookcask.conf", text.encode())


def printed(place, config, *arguments):
    return place.good("config", "--config", config, *arguments).text


@case
def lists_what_it_has(place):
    text = place.good("config").text
    for word in ("apache-suexec", "lighttpd", "nginx", "systemd",
                 "hookcask@.service", "logrotate"):
        assert word in text, text


@case
def every_listed_file_can_be_printed(place):
    config = written(
        place, ("levers", "/webhooks/levers", f'log = "{place.top}/a.jsonl"'),
        ("other", "/webhooks/other", f'spool = "{place.top}/spool"'))
    lines = place.good("config").text.splitlines()[1:]
    assert len(lines) > 20
    for line in lines:
        server, name = line.split()[:2]
        text = printed(place, config, server, name)
        assert "SPDX-License-Identifier" in text, f"{server} {name}"
        left = [word for word in text.split() if "@" in word.strip("~@=") and
                not word.startswith(("hookcask@", "hookcask-prune@",
                                     "SystemCallFilter="))
                and "@{" not in word]
        assert not left, f"{server} {name}: {left}"


@case
def first_part_of_urls(place):
    log = f'log = "{place.top}/a.jsonl"'
    spool = f'spool = "{place.top}/spool"'
    for endpoints, url in (
            ([("a", "/webhooks/levers", log)], "/webhooks"),
            ([("a", "/levers", log)], "/levers"),
            ([("a", None, log)], "/webhooks"),
            ([("a", "/in/x/a", log), ("b", "/in/y/b", spool)], "/in"),
            ([("a", "/in/a", log), ("b", "/in/ab", spool)], "/in"),
            ([("a", "/in/a/b", log), ("b", "/in/a", spool)], "/in")):
        config = written(place, *endpoints)
        text = printed(place, config, "nginx")
        assert f"\nlocation {url} {{\n" in text, text
    config = written(place, ("a", "/one", log), ("b", "/two", spool))
    result = place.run("config", "-c", config, "nginx")
    assert result.code == USAGE and "--url" in result.said, result
    assert "location /two {" in \
        printed(place, config, "--endpoint", "b", "nginx")
    assert "location /w {" in printed(place, config, "--url=/w", "nginx")
    result = place.run("config", "-c", config, "-e", "c", "nginx")
    assert result.code == USAGE and 'no endpoint "c"' in result.said, result


@case
def limits_follow_max_body(place):
    config = written(place, ("a", None, f'log = "{place.top}/a.jsonl"'),
                     head="max-body = 1000001\n")
    assert "FcgidMaxRequestLen 1065537\n" in \
        printed(place, config, "apache-fcgid")
    assert "server.max-request-size = 1041\n" in \
        printed(place, config, "lighttpd")


@case
def stores_one_by_one(place):
    config = written(
        place, ("a", "/w/a", f'log = "{place.top}/logs/a.jsonl"'),
        ("b", "/w/b", f'log = "{place.top}/logs/b.jsonl"'),
        ("c", "/w/c", f'spool = "{place.top}/spool"'),
        ("d", "/w/d", f'log = "{place.top}/days/d-%Y%m%d.jsonl"'))
    text = printed(place, config, "logrotate")
    assert f"\n{place.top}/logs/a.jsonl\n{place.top}/logs/b.jsonl\n{{\n" \
        in text, text
    assert "days" not in text and "spool" not in text, text
    text = printed(place, config, "systemd", "hookcask.service")
    for store in ("logs", "spool", "days"):
        assert text.count(f"ReadWritePaths=-{place.top}/{store}\n") == 1, text
    text = printed(place, config, "-e", "d", "systemd-drain")
    assert f"ReadWritePaths=-{place.top}/days\n" in text, text
    assert text.count("ReadWritePaths") == 1, text
    result = place.run("config", "-c", config, "-e", "d", "logrotate")
    assert result.code == CONFIG and "rotates itself" in result.said, result


@case
def a_site_has_its_public_name(place):
    config = written(place, ("a", None, f'log = "{place.top}/a.jsonl"'))
    for words, name in (((), "hooks.example.com"),
                        (("--server-name", "a.example"), "a.example")):
        assert f"    server_name {name};\n" in \
            printed(place, config, *words, "nginx-site")
    place.bad(CONFIG, "config", "-c", config, "--server-name", "a;b",
              "nginx-site")


@case
def a_user_gets_a_crontab(place):
    """The sixth word is the command there; in /etc/cron.d it is the user."""
    config = written(place, ("a", None, f'log = "{place.top}/a.jsonl"'))
    lines = [line.split() for name in ("hookcask", "crontab")
             for line in printed(place, config, "cron", name).splitlines()
             if line[0] in "*1"]
    assert len(lines) == 4
    assert [line[6].endswith("/hookcask") for line in lines[:2]] == [True] * 2
    assert [line[5].endswith("/hookcask") for line in lines[2:]] == [True] * 2
    usual = "hookcask" if os.geteuid() == 0 else "crontab"
    assert printed(place, config, "cron") == \
        printed(place, config, "cron", usual)
    if os.geteuid() == 0:
        place.top.chmod(0o755)
        tool = shutil.copy2(TOOL, place.top)
        said = subprocess.run(
            ["setpriv", "--reuid=nobody", "--clear-groups", tool, "config",
             "-c", config, "cron"], capture_output=True, text=True,
            check=True).stdout
        assert "crontab -e" in said and "root" not in said, said


@case
def several_files_stand_below_their_names(place):
    config = written(place, ("a", None, f'log = "{place.top}/a.jsonl"'))
    text = printed(place, config, "systemd")
    names = [line for line in text.splitlines() if line.startswith("## ")]
    assert names == ["## hookcask.socket", "## hookcask.service",
                     "## hookcask@.service"], names
    assert "FcgidWrapper" in \
        printed(place, config, "apache-fcgid", "--htaccess")
    assert "FcgidInitialEnv" in printed(place, config, "apache-fcgid")


@case
def places_and_names_are_those_given(place):
    config = written(place, ("a", None, f'log = "{place.top}/a.jsonl"'))
    for words, wanted in (
            (("--web-group", "www", "systemd", "hookcask.socket"),
             "\nSocketGroup=www\n"),
            (("--web-group", "www", "spawn-fcgi"), " -G www -- "),
            (("--user", "keeper", "systemd", "hookcask.service"),
             "\nUser=keeper\n"),
            (("--user", "keeper", "cron"), "\n* * * * * keeper "),
            (("--responder-dir", "/opt/x", "systemd", "hookcask.service"),
             "\nExecStart=/opt/x/hookcask.fcgi\n"),
            (("--run-dir", "/var/tmp/r", "lighttpd-socket"),
             '"/var/tmp/r/hookcask/hookcask.sock"')):
        text = printed(place, config, *words)
        assert wanted in text, text
        assert wanted not in printed(place, config, *words[2:]), words


@case
def what_a_unit_would_hide_is_told(place):
    def warnings(top, *words, secret="/etc/hookcask/secret"):
        config = place.write(
            "hookcask.conf", f'endpoint "a" {{ secret-file = "{secret}"\n'
            f'log = "{top}/a.jsonl" }}\n')
        said = place.good("config", "-c", config, "-r", "/usr/lib/hookcask",
                          *words).said
        # where these lie is not up to the test
        return [line for line in said.splitlines()
                if not line.startswith(("hookcask: warning: configuration ",
                                        "hookcask: warning: hookcask "))]
    unit = ("systemd", "hookcask.service")
    for top in ("/home/u/log", "/root", "/run/user/1000/x"):
        line, = warnings(top, *unit)
        assert f"store {top}: ProtectHome=yes of hookcask.service" in line
        assert "write ProtectHome=read-only in" in line, line
    line, = warnings("/var/tmp/x", *unit)
    assert "store /var/tmp/x: PrivateTmp=yes" in line and \
        "PrivateTmp=no" in line, line
    line, = warnings("/var/lib/x", *unit, secret="/home/u/secret")
    assert "secret /home/u/secret: ProtectHome" in line, line
    line, = warnings("/home/u", "systemd-drain", "hookcask-drain.service")
    assert "systemctl edit hookcask-drain.service" in line, line
    for top in ("/var/lib/x", "/homes/u", "/rooted", "/srv/home/u"):
        assert warnings(top, *unit) == [], top
    for words in (("systemd", "hookcask.socket"), ("nginx",), ("cron",)):
        assert warnings("/home/u", *words) == [], words
    # all of them, each once
    assert len(warnings("/home/u", "systemd")) == 2


@case
def what_is_no_path(place):
    config = written(place, ("a", None, f'log = "{place.top}/a.jsonl"'))
    for words in (("--url", "x"), ("--url", ""), ("--responder-dir", ""),
                  ("--run-dir", "")):
        result = place.run("config", "-c", config, *words, "nginx")
        assert result.code == USAGE and not result.out, (words, result)


@case
def what_is_not_there(place):
    config = written(place, ("a", None, f'log = "{place.top}/a.jsonl"'))
    for words in (["hiawatha"], ["systemd", "x.service"],
                  ["nginx", "--htaccess"]):
        result = place.run("config", "-c", config, *words)
        assert result.code == USAGE and "no such file" in result.said, result
    result = place.run("config", "nginx", env={
        "HOOKCASK_SECRET_FILE": str(place.secret),
        "HOOKCASK_LOG": f"{place.top}/a.jsonl"})
    assert result.code == USAGE and "environment" in result.said, result
    result = place.run("config", "-c", place.top / "none.conf", "nginx")
    assert result.code == CONFIG, result


@case
def what_servers_quote_differently(place):
    for name in ("a b.jsonl", "a;b.jsonl", "a'b.jsonl", "a{b.jsonl"):
        config = written(place, ("a", None, f'log = "{place.top}/{name}"'))
        result = place.run("config", "-c", config, "logrotate")
        assert result.code == CONFIG and "quote" in result.said, result
        assert not result.text, result
