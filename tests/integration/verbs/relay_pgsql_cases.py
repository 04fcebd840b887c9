# SPDX-License-Identifier: ISC
"""
Events in a PostgreSQL database: once each, whoever is killed, and again what
the database has lost. Each case has a server of its own, on a socket.
"""

import contextlib
import itertools
import json
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time

from certificate import make_certificate
from drain_scene import Store, alive, ids_of, lines, stop, until
from nats_server import free_ports
from tap import Skip
from tool_scene import (BUILD, DATAERR, SOURCE, TEMPFAIL, USAGE,
                        make_record)

NAME = "relay-pgsql"
RELAY = BUILD / "relay-pgsql"
EVENTS = 1500
POOLER = shutil.which("pgbouncer") or shutil.which(
    "pgbouncer", path="/usr/sbin")


def _bin():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    path = found[-1] if found else shutil.which("postgres")
    return pathlib.Path(path).resolve().parent if path else None


BIN = SERVER = _bin()


class Server:
    """PostgreSQL in a directory of its own, for whoever is not root."""

    def __init__(self):
        self.who = {}
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="hk-pg-"))
        self.data = self.top / "data"
        self.process = None
        self.role = "relay"
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            self.who = {"user": user.pw_uid, "group": user.pw_gid,
                        "extra_groups": []}
            os.chown(self.top, user.pw_uid, user.pw_gid)

    def __enter__(self):
        self._run("initdb", "-D", self.data, "-U", "relay", "-A", "trust",
                  "-E", "UTF8", "--locale=C", "--no-sync")
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.top)

    def _run(self, name, *arguments):
        subprocess.run([BIN / name, *map(str, arguments)], check=True,
                       cwd=self.top, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=300, **self.who)

    def start(self, *settings):
        """Settings in place of those that keep it to its socket."""
        words = itertools.chain.from_iterable(("-c", setting) for setting in (
            "restart_after_crash=off", "shared_buffers=16MB",
            *(settings or ["listen_addresses="])))
        with (self.top / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [BIN / "postgres", "-D", self.data, "-k", self.top, *words],
                cwd=self.top, stdout=log, stderr=log, **self.who)
        until("it listens", self.answers, 120)

    def answers(self):
        return subprocess.run(
            [BIN / "psql", "-XAtc", "SELECT 1", self.url], check=False,
            capture_output=True, timeout=60).returncode == 0

    def kill(self, signo=signal.SIGKILL):
        """All of it: its children end with the first process."""
        if self.process.poll() is None:
            pids = [int(pid) for pid in subprocess.run(
                ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
                capture_output=True, check=False).stdout.split()]
            self.process.send_signal(signo)
            self.process.wait(60)
            until("its children end",
                  lambda: not any(alive(pid) for pid in pids))
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def copy(self, name):
        shutil.copytree(self.data, self.top / name)

    def put_back(self, name):
        shutil.rmtree(self.data)
        (self.top / name).rename(self.data)
        for path in (self.data, *self.data.rglob("*")):
            if self.who:
                os.chown(path, self.who["user"], self.who["group"])

    @property
    def url(self):
        return f"host={self.top} user={self.role} dbname=postgres"

    def sql(self, text):
        return subprocess.run(
            [BIN / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text,
             self.url], check=True, capture_output=True, text=True,
            timeout=60).stdout.splitlines()


def relay(server, *options):
    return subprocess.run([RELAY, *options, server.url], check=False,
                          capture_output=True, text=True, timeout=60)


def command(server, *options):
    return [RELAY, *options, server.url]


def hand_over(store, server, *options, more=()):
    return store.drain("--stay", "--retry-delay", "0.05", *options,
                       command=command(server, *more))


@contextlib.contextmanager
def begin(place):
    with Server() as server:
        assert relay(server, "--init").returncode == 0
        yield Store(place), server


def kept(server):
    return server.sql("SELECT id FROM hookcask_event ORDER BY seq")


def good(result):
    assert result.code == 0, result
    return result


def put(store, *records):
    with store.log.open("ab") as file:
        file.write(b"".join(records))
    store.log.chmod(0o600)
    store.settle()


def each_event_is_a_row(place):
    with Server() as server:
        store = Store(place)
        store.put(ids_of(25))
        # not before somebody made the tables
        result = hand_over(store, server, "--once")
        assert result.code == TEMPFAIL and "hookcask_event" in result.said
        assert relay(server, "--check").returncode == TEMPFAIL
        for _ in range(2):
            assert relay(server, "--init").returncode == 0
        assert relay(server, "--check").returncode == 0
        good(hand_over(store, server, "--batch", 10))
        assert kept(server) == ids_of(25)
        assert server.sql("SELECT record FROM hookcask_event ORDER BY seq") \
            == lines(ids_of(25)).decode().splitlines()
        assert server.sql(
            "SELECT DISTINCT endpoint, type, data->>'type', "
            "time = '2021-02-25T15:02:10Z' FROM hookcask_event") == \
            ["levers|phone_call.ended|phone_call.ended|t"]
        assert server.sql("SELECT received AT TIME ZONE 'UTC' FROM "
                          "hookcask_event WHERE id = 'msg_00007'") == \
            ["2026-01-01 00:00:00.000007"]
        good(hand_over(store, server))
        assert len(kept(server)) == 25


def what_jsonb_cannot_hold_is_kept_as_json(place):
    with begin(place) as (store, server):
        bodies = (b'{"type":"a","n":1}', b'{"type":"b","s":"x\\u0000y"}',
                  b'{"type":"c","n":1e400000}', b"\xff\0 no JSON",
                  b'{"q":"\\"{},\\\\"}')
        put(store, *(make_record(body, msg_id=f"msg_{i}")
                     for i, body in enumerate(bodies)))
        good(hand_over(store, server))
        assert server.sql("SELECT id, data IS NULL FROM hookcask_event "
                          "ORDER BY seq") == \
            ["msg_0|f", "msg_1|t", "msg_2|t", "msg_3|t", "msg_4|f"]
        assert server.sql("SELECT record FROM hookcask_event ORDER BY seq") \
            == store.log.read_text("latin-1").splitlines()
        assert server.sql("SELECT count(*) FROM hookcask_other_body") == ["0"]


def another_body_under_a_known_id_is_kept_apart(place):
    with begin(place) as (store, server):
        put(store, make_record(b'{"n":1}', msg_id="msg_1"))
        good(hand_over(store, server))
        put(store, make_record(b'{"n":2}', msg_id="msg_1"),
            make_record(b'{"n":1}', msg_id="msg_1"))
        result = good(hand_over(store, server))
        assert "1 events have another body" in result.said, result
        assert server.sql("SELECT data->>'n' FROM hookcask_event") == ["1"]
        assert server.sql("SELECT id, data->>'n' FROM hookcask_other_body") \
            == ["msg_1|2"]


def two_endpoints_may_have_one_id(place):
    with begin(place) as (store, server):
        store.put(["msg_1"])
        good(hand_over(store, server))
        (place.top / "var2").mkdir(0o700)
        conf = place.config("two.conf", "fax",
                            store=f'log = "{place.top}/var2/fax.jsonl"')
        other = place.top / "var2/fax.jsonl"
        other.write_bytes(re.sub(b'"source":"levers"', b'"source":"fax"',
                                 lines(["msg_1"])))
        other.chmod(0o600)
        place.good("index", "-c", conf, "--rebuild")
        place.good("drain", "-c", conf, "--stay", "--", *command(server))
        assert server.sql("SELECT endpoint, id FROM hookcask_event "
                          "ORDER BY seq") == ["levers|msg_1", "fax|msg_1"]
        assert server.sql("SELECT name, number FROM hookcask_place "
                          "ORDER BY name") == ["fax|1", "levers|1"]


def one_that_is_refused_is_named_and_others_go_on(place):
    with begin(place) as (store, server):
        server.sql("ALTER TABLE hookcask_event ADD CHECK "
                   "(id NOT IN ('msg_00033', 'msg_00190'))")
        store.put(ids_of(200))
        result = hand_over(store, server, "--tries", 1)
        assert result.code == DATAERR, result
        found = {f["id"]: f["stderr"] for f in map(
            json.loads, store.failed("--json").text.splitlines())}
        assert sorted(found) == ["msg_00033", "msg_00190"], found
        assert all("23514" in why for why in found.values()), found
        assert sorted(kept(server) + list(found)) == ids_of(200)


def a_new_constraint_sets_nothing_aside(place):
    with begin(place) as (store, server):
        store.put(ids_of(60))
        server.sql("ALTER TABLE hookcask_event ADD CONSTRAINT c CHECK "
                   "(endpoint <> 'levers')")
        result = hand_over(store, server, "--tries", 2)
        assert result.code == TEMPFAIL, result
        assert "something is wrong with the table" in result.said, result
        assert store.failed("--json").text == "" and kept(server) == []
        server.sql("ALTER TABLE hookcask_event DROP CONSTRAINT c")
        good(hand_over(store, server))
        assert kept(server) == ids_of(60)


def a_new_constraint_and_few_events(place):
    """Less than ten in a row, each time the relay is started."""
    with begin(place) as (store, server):
        store.put(ids_of(3))
        server.sql("ALTER TABLE hookcask_event ADD CONSTRAINT c CHECK "
                   "(endpoint <> 'levers')")
        for _ in range(3):
            result = hand_over(store, server, "--tries", 1)
            assert result.code == TEMPFAIL, result
            assert "nothing was accepted since" in result.said, result
            assert store.failed("--json").text == ""
        server.sql("ALTER TABLE hookcask_event DROP CONSTRAINT c")
        server.sql("ALTER TABLE hookcask_event ADD CONSTRAINT c CHECK "
                   "(id <> 'msg_00000')")
        # one that is to blame is named as soon as another one is accepted
        assert hand_over(store, server, "--tries", 1).code == DATAERR
        assert kept(server) == ids_of(2, 1)


def more_than_one_of_a_hundred_sets_nothing_aside(place):
    """Not in a row, and each for a reason that blames it."""
    with begin(place) as (store, server):
        store.put(ids_of(300))
        bad = ids_of(300)[::50]
        server.sql("ALTER TABLE hookcask_event ADD CONSTRAINT c CHECK "
                   f"(id NOT IN {tuple(bad)})")
        result = hand_over(store, server, "--tries", 1, "--once")
        assert result.code == TEMPFAIL, result
        assert "5 others of the last 500 events" in result.said, result
        assert store.failed("--json").text == ""
        server.sql("ALTER TABLE hookcask_event DROP CONSTRAINT c")
        server.sql("ALTER TABLE hookcask_event ADD CONSTRAINT c CHECK "
                   f"(id NOT IN {tuple(bad[1:])})")
        result = hand_over(store, server, "--tries", 1)
        assert result.code == DATAERR, result
        assert store.failed("--json").text.count("\n") == 5
        assert len(kept(server)) == 295


def small_batches_are_counted_together(place):
    """Every third is refused: no batch of three has more than one."""
    with begin(place) as (store, server):
        store.put(ids_of(60))
        bad = ids_of(60)[::3]
        server.sql("ALTER TABLE hookcask_event ADD CONSTRAINT c CHECK "
                   f"(id NOT IN {tuple(bad)})")
        result = hand_over(store, server, "--batch", 3, "--once")
        assert result.code == TEMPFAIL, result
        assert "5 others of the last 500 events" in result.said, result
        server.sql("ALTER TABLE hookcask_event DROP CONSTRAINT c")
        good(hand_over(store, server))
        assert sorted(kept(server)) == ids_of(60)


def one_that_is_tried_again_counts_once(place):
    with begin(place) as (store, server):
        store.put(ids_of(2))
        server.sql("ALTER TABLE hookcask_event ADD CONSTRAINT c CHECK "
                   "(id <> 'msg_00001')")
        result = store.drain("--stay", "--retry-delay", "0.001", "--tries",
                             12, command=command(server))
        assert result.code == DATAERR, result
        assert "something is wrong" not in result.said, result
        assert store.failed("--json").text.count("\n") == 1


def an_error_that_blames_nobody_sets_nothing_aside(place):
    """Such as that of a trigger: no SQLSTATE of the manual's list."""
    page = (SOURCE / "man/hookcask-relay-pgsql.8").read_text()
    listed = re.findall(r"\b[0-9][0-9A-Z]{4}\b", " ".join(re.findall(
        r"^\.It Li ([0-9].*)", page, re.MULTILINE)))
    code = (SOURCE / "src/relay/pgsql_keep.c").read_text()
    assert listed == re.findall(r'"([0-9][0-9A-Z]{4})"', code), listed
    with begin(place) as (store, server):
        server.sql(
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = "
            "CASE NEW.id WHEN 'msg_00003' THEN '22023' WHEN 'msg_00004' "
            "THEN '22001' END; END $$")
        for one, code in (("msg_00003", TEMPFAIL), ("msg_00004", DATAERR)):
            server.sql("CREATE OR REPLACE TRIGGER t BEFORE INSERT ON "
                       "hookcask_event FOR EACH ROW WHEN "
                       f"(NEW.id = '{one}') EXECUTE FUNCTION stop()")
            if code == TEMPFAIL:
                store.put(ids_of(6))
            result = hand_over(store, server, "--tries", 1, "--once")
            assert result.code == code, result
            assert (store.failed("--json").text == "") == (code == TEMPFAIL)
        assert kept(server) == [i for i in ids_of(6) if i != one]


def a_database_that_was_put_back_gets_what_it_lost(place):
    with begin(place) as (store, server):
        store.put(ids_of(40))
        good(hand_over(store, server, "--batch", 10))
        server.kill(signal.SIGTERM)
        server.copy("older")
        server.start()
        store.put(ids_of(40, 40))
        store.log.rename(store.var / "levers.jsonl.1")
        store.put(ids_of(20, 80))
        good(hand_over(store, server, "--batch", 10))
        assert kept(server) == ids_of(100)
        server.kill(signal.SIGTERM)
        server.put_back("older")
        server.start()
        assert kept(server) == ids_of(40)
        result = good(hand_over(store, server))
        assert "going back" in result.said, result
        assert kept(server) == ids_of(100)
        # an empty one gets all
        server.sql("DROP TABLE hookcask_event, hookcask_place")
        assert relay(server, "--init").returncode == 0
        good(hand_over(store, server))
        assert kept(server) == ids_of(100)
        assert good(hand_over(store, server)).said == ""


def killed_at_any_moment(place):
    """Both sides, at random; and the database put back once more."""
    rng = random.Random(11)
    with begin(place) as (store, server):
        store.put(ids_of(EVENTS))
        for kill in range(8):
            process = store.start("--stay", "--retry-delay", "0.05",
                                  "--batch", 20, command=command(server))
            time.sleep(rng.uniform(0.05, 0.6))
            if kill % 2:
                server.kill()
                time.sleep(rng.uniform(0, 0.3))
                if kill == 3:
                    server.copy("older")
                server.start()
                time.sleep(rng.uniform(0, 0.3))
            process.kill()
            process.communicate(timeout=60)
        good(hand_over(store, server))
        assert sorted(kept(server)) == ids_of(EVENTS)
        server.kill()
        server.put_back("older")
        server.start()
        good(hand_over(store, server))
        assert sorted(kept(server)) == ids_of(EVENTS)
        assert store.failed("--json").text == ""
        assert server.sql("SELECT count(*) FROM hookcask_other_body") == ["0"]


def an_outage_is_waited_for(place):
    with begin(place) as (store, server):
        store.put(ids_of(5))
        process = store.start("--stay", "--follow", "--retry-delay", "0.05",
                              command=command(server))
        until("five", lambda: len(kept(server)) == 5)
        server.kill()
        store.put(ids_of(5, 5))
        server.start()
        until("ten", lambda: len(kept(server)) == 10)
        code, _ = stop(process)
        assert code == 0 and kept(server) == ids_of(10)


def what_is_not_safe_is_refused(place):
    for url, said in (("host=db.example.org sslmode=require", "sslmode"),
                      ("service=x sslmode=disable", "sslmode"),
                      ("host=/tmp password=secret", "PGPASSFILE"),
                      ("nonsense", "nonsense")):
        process = subprocess.run([RELAY, "--check", url], check=False,
                                 env=place.env, capture_output=True,
                                 text=True, timeout=60)
        assert process.returncode == USAGE, process
        assert said in process.stderr, process
    for arguments in ([], ["a", "b"], ["--place"], ["--no", "a"]):
        process = subprocess.run([RELAY, *arguments], check=False,
                                 capture_output=True, timeout=60)
        assert process.returncode == USAGE, process
    # nobody there: later
    process = subprocess.run([RELAY, "--check", f"host={place.top}"],
                             check=False, capture_output=True, timeout=60)
    assert process.returncode == TEMPFAIL, process


def a_server_is_known_by_its_certificate(place):
    """By its name, too: who has another host's is not believed."""
    with begin(place) as (store, server):
        store.put(ids_of(3))
        for host in ("other.example.org", "db.example.org"):
            file, key = make_certificate(server.top, host, f"DNS:{host}")
            if server.who:
                os.chown(key, server.who["user"], server.who["group"])
            server.kill()
            (port,) = free_ports(1)
            server.role = f"relay port={port}"
            server.start("listen_addresses=127.0.0.1", f"port={port}",
                         "ssl=on", f"ssl_cert_file={file}",
                         f"ssl_key_file={key}")
            url = "host=db.example.org hostaddr=127.0.0.1 sslmode=verify-full"
            url += f" port={port} user=relay dbname=postgres sslrootcert="
            known = host.startswith("db.")
            result = store.drain("--stay", "--once", "--tries", 1, command=[
                RELAY, url + str(file)])
            assert result.code == (0 if known else TEMPFAIL), result
            assert known or host in result.said, result
            assert kept(server) == (ids_of(3) if known else [])
        # nobody who is trusted has signed it
        store.put(ids_of(1, 3))
        result = store.drain("--stay", "--once", "--tries", 1, command=[
            RELAY, f"{url}{server.top}/other.example.org.pem"])
        assert result.code == TEMPFAIL, result
        assert "certificate" in result.said, result
        assert store.failed("--json").text == ""


def a_role_with_few_rights_is_enough(place):
    page = (SOURCE / "man/hookcask-relay-pgsql.8").read_text()
    grants = re.findall(r"GRANT [^;']*", page)
    assert len(grants) == 2, grants
    with begin(place) as (store, server):
        server.sql("CREATE ROLE few LOGIN")
        owner = server.url
        server.role = "few"
        store.put(ids_of(3))
        result = hand_over(store, server, "--once")
        assert result.code == TEMPFAIL and "permission" in result.said, result
        server.role = "relay"
        for grant in grants:
            server.sql(grant.replace("TO relay", "TO few"))
        server.role = "few"
        assert server.url != owner
        good(hand_over(store, server))
        assert kept(server) == ids_of(3)


def the_statements_of_the_manual_work(place):
    page = (SOURCE / "man/hookcask-relay-pgsql.8").read_text()
    (take,) = re.findall(r"^SELECT [^;]*", page, re.M)
    (remove,) = re.findall(r"^DELETE [^;]*", page, re.M)
    with begin(place) as (store, server):
        store.put(ids_of(3))
        good(hand_over(store, server))
        server.sql("ALTER TABLE hookcask_event ADD done bool NOT NULL "
                   "DEFAULT false")
        assert len(server.sql(take)) == 3
        server.sql("UPDATE hookcask_event SET received = now() "
                   "WHERE id = 'msg_00001'")
        server.sql(remove)
        assert kept(server) == ["msg_00001"]
        # what has gone is not handed over again
        store.put(ids_of(1, 3))
        good(hand_over(store, server))
        assert kept(server) == ["msg_00001", "msg_00003"]


def a_server_that_forgets_is_named(place):
    with begin(place) as (_, server):
        server.sql("ALTER SYSTEM SET fsync = off")
        server.sql("SELECT pg_reload_conf()")
        until("it is off", lambda: server.sql("SHOW fsync") == ["off"])
        process = relay(server, "--check")
        assert process.returncode == DATAERR, process
        assert "fsync = off" in process.stderr, process


def a_wrong_password_sets_nothing_aside(place):
    with begin(place) as (store, server):
        server.sql("CREATE ROLE few LOGIN PASSWORD 'right'; GRANT ALL ON ALL "
                   "TABLES IN SCHEMA public TO few")
        hba = server.data / "pg_hba.conf"
        hba.write_text("local all few scram-sha-256\n" + hba.read_text())
        server.sql("SELECT pg_reload_conf()")
        store.put(ids_of(5))
        for word, code in (("wrong", TEMPFAIL), ("right", 0)):
            file = place.write("pgpass", f"*:*:*:*:{word}\n", 0o600)
            server.role = f"few passfile={file}"
            # the server reads its new rules when it gets to it
            until(f"{word} is answered {code}", lambda code=code: relay(
                server, "--check").returncode == code)
            result = hand_over(store, server, "--tries", 1)
            assert result.code == code, result
            assert word not in result.said, result
        server.role = "relay"
        assert store.failed("--json").text == ""
        assert kept(server) == ids_of(5)


@contextlib.contextmanager
def small_disk(server):
    """2 MB in a directory of the server."""
    path = server.top / "small"
    path.mkdir()
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m", "none", path],
            check=False, capture_output=True).returncode != 0:
        raise Skip("cannot mount here")
    try:
        os.chown(path, server.who["user"], server.who["group"])
        yield path
    finally:
        server.kill()
        subprocess.run(["umount", path], check=True)


def a_full_disk_of_the_server_is_waited_for(place):
    with begin(place) as (store, server), small_disk(server) as disk:
        server.sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
        server.sql("ALTER TABLE hookcask_event SET TABLESPACE small")
        filler = disk / "filler"
        store.put(ids_of(1000))
        free = os.statvfs(disk)
        filler.write_bytes(bytes(free.f_bavail * free.f_frsize - 65536))
        result = hand_over(store, server, "--tries", 2, "--batch", 100)
        assert result.code == TEMPFAIL and "53100" in result.said, result
        assert store.failed("--json").text == ""
        assert len(kept(server)) < 1000
        filler.unlink()
        good(hand_over(store, server))
        assert kept(server) == ids_of(1000)


@contextlib.contextmanager
def pooled(server):
    """Through pgbouncer, which gives each transaction any connection."""
    conf = server.top / "pgbouncer.ini"
    conf.write_text(
        f"[databases]\npostgres = host={server.top} user=relay\n[pgbouncer]\n"
        f"unix_socket_dir = {server.top}\nlisten_addr =\n"
        "listen_port = 6432\nauth_type = any\npool_mode = transaction\n"
        "default_pool_size = 3\n")
    conf.chmod(0o644)
    process = subprocess.Popen(
        [POOLER, conf], cwd=server.top, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, **server.who)
    try:
        # the name of a file, not a port
        server.role = "relay port=6432"
        until("the pooler answers", server.answers)
        yield
    finally:
        server.role = "relay"
        process.terminate()
        process.wait(60)


def a_pooler_may_be_between(place):
    if POOLER is None:
        raise Skip("no pgbouncer")
    with Server() as server:
        store = Store(place)
        # auth_type any has one user, that of the database's line
        with pooled(server):
            assert relay(server, "--init").returncode == 0
            store.put(ids_of(100))
            good(hand_over(store, server, "--batch", 10))
            store.put(ids_of(20, 100))
            good(hand_over(store, server, "--batch", 10))
            assert kept(server) == ids_of(120)
            assert server.sql("SELECT number FROM hookcask_place") == ["12"]


def a_table_of_another_form_is_named(place):
    with Server() as server:
        server.sql("CREATE TABLE hookcask_event (endpoint text, id text)")
        for _ in range(2):
            process = relay(server, "--init")
            assert process.returncode == TEMPFAIL, process
            assert '"type" does not exist' in process.stderr, process
            assert "it gets" not in process.stderr, process
        # it may be somebody else's: nothing was added
        assert server.sql("SELECT string_agg(attname, ',' ORDER BY attnum) "
                          "FROM pg_attribute WHERE attnum > 0 AND attrelid = "
                          "'hookcask_event'::regclass") == ["endpoint,id"]
        assert server.sql("SELECT to_regclass('hookcask_place')") == [""]


def an_older_table_is_upgraded_by_init_alone(place):
    with begin(place) as (store, server):
        store.put(ids_of(3))
        good(hand_over(store, server))
        rows = "SELECT id, data FROM hookcask_event ORDER BY received, id"
        before = server.sql(rows)
        server.sql("ALTER TABLE hookcask_event DROP seq, DROP data")
        store.put(ids_of(2, 3))
        for result in (relay(server, "--check"),
                       hand_over(store, server, "--tries", 1)):
            text = getattr(result, "said", None) or result.stderr
            assert '"seq" does not exist' in text, result
            assert "--init" in text, result
        process = relay(server, "--init")
        assert process.returncode == 0, process
        for column in ("seq", "data"):
            assert f"it gets the column {column}" in process.stderr, process
        assert server.sql(rows) == before
        good(hand_over(store, server))
        assert sorted(kept(server)) == ids_of(5)
        assert "it gets" not in relay(server, "--init").stderr


ALL = [
    killed_at_any_moment, a_database_that_was_put_back_gets_what_it_lost,
    each_event_is_a_row, what_jsonb_cannot_hold_is_kept_as_json,
    another_body_under_a_known_id_is_kept_apart,
    two_endpoints_may_have_one_id,
    one_that_is_refused_is_named_and_others_go_on,
    a_new_constraint_sets_nothing_aside, a_new_constraint_and_few_events,
    more_than_one_of_a_hundred_sets_nothing_aside,
    small_batches_are_counted_together, one_that_is_tried_again_counts_once,
    an_error_that_blames_nobody_sets_nothing_aside, an_outage_is_waited_for,
    a_wrong_password_sets_nothing_aside,
    a_full_disk_of_the_server_is_waited_for, a_pooler_may_be_between,
    a_table_of_another_form_is_named,
    an_older_table_is_upgraded_by_init_alone,
    what_is_not_safe_is_refused, a_server_is_known_by_its_certificate,
    a_role_with_few_rights_is_enough, the_statements_of_the_manual_work,
    a_server_that_forgets_is_named,
]
