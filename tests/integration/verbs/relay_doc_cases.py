# SPDX-License-Identifier: ISC
"""The commands of doc/relay.md, as they are there, with three front ends."""

import os
import re
import subprocess

import relay_nats_cases
import relay_pgsql_cases
from drain_scene import ids_of, lines, until
from nats_server import Cluster
from tap import Skip
from tool_scene import BUILD, SOURCE

NAME = "doc/relay.md"


def commands(title):
    """The blocks of that section."""
    text = (SOURCE / "doc/relay.md").read_text()
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return [re.sub("^    ", "", block, flags=re.M).strip() for block in
            re.findall(r"(?:^    .*\n)+", section, re.M)]


class FrontEnds:
    """Three of them, each with 20 events of its own and one that all got."""

    def __init__(self, place, **env):
        self.place = place
        place.write("hostname", '#!/bin/sh\necho "$FRONT"\n', 0o755)
        self.env = dict(place.env, **env)
        self.env["PATH"] = os.pathsep.join(
            (str(place.top), str(BUILD), *filter(None, (
                env.get("PATH"), os.environ["PATH"]))))
        self.confs, self.running = [], []
        for n in range(3):
            home = place.top / f"front{n}"
            home.mkdir(0o700)
            self.confs.append(place.config(
                f"front{n}.conf", store=f'log = "{home}/levers.jsonl"'))
            log = home / "levers.jsonl"
            log.write_bytes(lines(["msg_77777", *ids_of(20, 100 * n)]))
            log.chmod(0o600)
            place.good("index", "-c", self.confs[n], "--rebuild")

    def how(self, n):
        return {"cwd": self.place.top, "text": True, "env": {
            **self.env, "FRONT": f"front{n}",
            "HOOKCASK_CONFIG": str(self.confs[n])}}

    def run(self, script, n=0):
        process = subprocess.run(
            ["sh", "-e", "-c", script], check=False, capture_output=True,
            timeout=120, **self.how(n))
        assert process.returncode == 0, (script, process)
        return process.stdout

    def start(self, script, n):
        """One that follows; the shell is replaced by it."""
        script = script.replace("hookcask drain", "exec hookcask drain")
        self.running.append(subprocess.Popen(
            ["sh", "-e", "-c", script], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, **self.how(n)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.communicate(timeout=60)

    def follow(self, block, before=""):
        """A block of what each front end does."""
        for n in range(3):
            first, drain = block.split("\n", 1)
            self.run(before + first, n)
            self.start(before + drain, n)


ALL_IDS = sorted(["msg_77777"] + [i for n in range(3)
                                  for i in ids_of(20, 100 * n)])


def into_postgresql(place):
    if not relay_pgsql_cases.RELAY.exists() or not relay_pgsql_cases.BIN:
        raise Skip("no relay-pgsql, or no PostgreSQL server")
    once, each, look = commands("PostgreSQL")
    again, = commands("Again")
    with relay_pgsql_cases.Server() as server:
        # the page makes the role relay
        server.sql("CREATE ROLE admin SUPERUSER LOGIN")
        server.role = "admin"
        server.sql("ALTER ROLE relay RENAME TO first")
        service = place.write(
            "service", f"[hooks]\nhost={server.top}\ndbname=hooks\n"
            "user=relay\n")
        with FrontEnds(place, PATH=str(relay_pgsql_cases.BIN),
                       PGHOST=str(server.top), PGUSER="admin",
                       PGSERVICEFILE=str(service)) as fronts:
            fronts.run(once)
            fronts.follow(each)
            until("all rows are there", lambda: "|61" in fronts.run(
                "psql -XAt -d hooks -c 'SELECT endpoint, count(*) FROM "
                "hookcask_event GROUP BY 1'"))
            assert "61" in fronts.run(look)
            assert fronts.run(
                "psql -XAt -d hooks -c 'SELECT id FROM hookcask_event "
                "ORDER BY id'").split() == ALL_IDS
            fronts.run(again)
            assert "61" in fronts.run(look)


def works(fronts, script):
    try:
        fronts.run(script)
    except AssertionError:
        return False
    return True


def into_nats(place):
    if not relay_nats_cases.RELAY.exists() or not relay_nats_cases.SERVER:
        raise Skip("no relay-nats, or no nats-server")
    once, each, look = commands("NATS JetStream")
    name, once = once.split("\n")
    with Cluster() as cluster, FrontEnds(place) as fronts:
        assert name == "url=nats://n1,n2,n3/hook"
        url = f"url={cluster.url}\n"
        until("a leader is elected", lambda: works(fronts, url + once), 120)
        fronts.follow(each, url)
        until("all messages are there",
              lambda: len(relay_nats_cases.kept_by(cluster)) == 61)
        fronts.run(look)
        assert sorted(relay_nats_cases.kept_by(cluster)) == ALL_IDS


def ten_commands_suffice(_):
    """A command begins a line; what goes on is indented, or after a quote."""
    for title in ("PostgreSQL", "NATS JetStream"):
        text = re.sub(r"\\\n", "", "\n".join(commands(title)))
        text = re.sub(r"'[^']*'", "''", text)
        assert len(text.splitlines()) <= 10, text


def help_and_manual_agree(_):
    for relay in (relay_pgsql_cases.RELAY, relay_nats_cases.RELAY):
        if not relay.exists():
            continue
        done = subprocess.run([relay, "--help"], check=True,
                              capture_output=True, text=True)
        assert done.stdout.startswith(f"usage: {relay.name} "), done
        page = (SOURCE / f"man/hookcask-{relay.name}.8").read_text()
        for text in re.findall(r"^\.It (Fl -.*)", page, re.M):
            for option in re.findall(r"Fl -([\w-]+)", text):
                assert f"--{option} " in done.stdout, option
        # and without operand
        done = subprocess.run([relay], check=False, capture_output=True,
                              text=True)
        assert done.returncode == 64 and "usage: " in done.stderr, done


ALL = [into_postgresql, into_nats, ten_commands_suffice,
       help_and_manual_agree]
