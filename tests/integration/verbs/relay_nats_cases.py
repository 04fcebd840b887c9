# SPDX-License-Identifier: ISC
"""
Events in a stream of NATS JetStream: none is lost, whoever is killed and
whatever the server forgets. Each case has a server of its own, on loopback.
"""

import collections
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
import urllib.parse

from certificate import make_certificate
from drain_scene import Store, ids_of, lines, stop, until
from nats_server import PROGRAM as SERVER
from nats_server import Cluster, Refused, Server
from tap import Skip
from tool_scene import BUILD, DATAERR, TEMPFAIL, USAGE, make_record

NAME = "relay-nats"
RELAY = BUILD / "relay-nats"
EVENTS = 1500


def relay(*arguments, **how):
    return subprocess.run([RELAY, *map(str, arguments)], check=False,
                          capture_output=True, text=True, timeout=60, **how)


def hand_over(store, server, *options, more=()):
    return store.drain("--stay", "--retry-delay", "0.05", *options,
                       command=[RELAY, *more, server.url])


def good(result):
    assert result.code == 0, result
    return result


@contextlib.contextmanager
def begin(place, *init, more=""):
    with Server(more) as server:
        process = relay("--init", *init, server.url)
        assert process.returncode == 0, process
        yield Store(place), server


def make(server, **config):
    """A stream as somebody else makes it."""
    with server.client() as client:
        client.api("STREAM.CREATE.hook", **{
            "name": "hook", "subjects": ["hook.>", "hook-other-body.>"],
            "retention": "limits", "storage": "file", "discard": "new",
            "num_replicas": 1, **config})


def messages(server, subject="hook.>"):
    with server.client() as client:
        return client.messages("hook", subject)


def kept(server):
    return [json.loads(m.data)["id"] for m in messages(server)]


def put(store, *records):
    with store.log.open("ab") as file:
        file.write(b"".join(records))
    store.log.chmod(0o600)
    store.settle()


def each_event_is_a_message(place):
    with Server() as server:
        store = Store(place)
        store.put(ids_of(25))
        # not before somebody made the stream
        result = hand_over(store, server, "--once")
        assert result.code == TEMPFAIL and "hook" in result.said, result
        assert relay("--check", server.url).returncode == TEMPFAIL
        assert relay("--init", server.url).returncode == 0
        again = relay("--init", server.url)
        assert again.returncode == 0 and "left as it is" in again.stderr
        good(hand_over(store, server, "--batch", 10))
        found = messages(server)
        assert b"".join(m.data + b"\n" for m in found) == lines(ids_of(25))
        assert {m.subject for m in found} == {"hook.levers.phone_call.ended"}
        assert found[3].headers["Nats-Msg-Id"] == "levers/msg_00003"
        assert found[3].headers["Content-Type"] == \
            "application/cloudevents+json"
        assert good(hand_over(store, server)).said == ""
        assert len(kept(server)) == 25


def a_type_is_never_more_than_its_subject(place):
    types = {"a.b": "a.b", "*": "%2A", ">": "%3E", "a..b": "a.%2Eb",
             ".a.": "%2Ea%2E", "a\"%b": "a%22%25b",
             "x." * 9: "x." * 8 + "x%2E", "*" * 100: "%2A" * 66, "y" * 110 + ".": "y" * 110 +
             "%2E"}
    with begin(place) as (store, server):
        put(store, *(make_record(b'{"n":1}', kind, f"msg_{i}")
                     for i, kind in enumerate(types)))
        good(hand_over(store, server))
        found = {m.headers["Nats-Msg-Id"]: m.subject for m in
                 messages(server)}
        assert found == {
            f"levers/msg_{i}": f"hook.levers.{subject}"
            for i, subject in enumerate(types.values())}, found


BODIES = (b'{"n":1}', b'{\n"n":2}', b"\xff\0 no JSON")
KIND = 'a"%'


def put_bodies(store):
    """A record is kept as it was signed; its type is for the headers."""
    put(store, *(make_record(body, KIND, f'msg"%{i}')
                 for i, body in enumerate(BODIES)))


def binary_mode_has_the_exact_body(place):
    with begin(place) as (store, server):
        put_bodies(store)
        good(hand_over(store, server, more=("--binary",)))
        found = messages(server)
        assert tuple(m.data for m in found) == BODIES, found
        for line, message in zip(store.log.read_text().splitlines(), found):
            record = json.loads(line)
            want = {f"ce-{name}": urllib.parse.quote(
                value, "!#$&'()*+,/:;<=>?@[\\]^`{|}~")
                for name, value in record.items()
                if name not in ("data", "data_base64", "raw")}
            assert len(want) == 9, want
            have = {name: value for name, value in message.headers.items()
                    if not name.startswith(("Nats-", "Hookcask-"))}
            assert have == want, have
        # the keys are the same in both modes
        good(hand_over(store, server, "--name", "again"))
        assert len(messages(server)) == 3


def cloudevents_reads_it_back(place):
    """npm's library, in the directory that CLOUDEVENTS_NODE_DIR names."""
    where = os.environ.get("CLOUDEVENTS_NODE_DIR")
    if where is None or shutil.which("node") is None:
        raise Skip("no CLOUDEVENTS_NODE_DIR")
    script = """const { HTTP } = require("cloudevents");
        const text = require("fs").readFileSync(0, "utf8");
        console.log(JSON.stringify(JSON.parse(text).map(m => {
            const e = HTTP.toEvent(m); e.validate(); return e; })))"""
    with begin(place) as (store, server):
        put_bodies(store)
        good(hand_over(store, server))
        read = json.loads(subprocess.run(
            ["node", "-e", script], cwd=where, check=True, timeout=60,
            capture_output=True, text=True, input=json.dumps(
                [{"headers": m.headers, "body": m.data.decode()}
                 for m in messages(server)])).stdout)
        for line, event in zip(store.log.read_text().splitlines(), read,
                               strict=True):
            record = json.loads(line)
            # as its Date has it
            record["time"] = record["time"].replace("Z", ".000Z")
            assert event == record, event


def another_body_under_a_known_id_is_kept_apart(place):
    with begin(place) as (store, server):
        first = make_record(b'{"n":1}', msg_id="msg_1")
        put(store, first, make_record(b'{"n":2}', msg_id="msg_1"), first)
        result = good(hand_over(store, server))
        assert "1 events have another body" in result.said, result
        put(store, make_record(b'{"n":3}', msg_id="msg_1"))
        result = good(hand_over(store, server))
        assert "1 events have another body" in result.said, result
        # a new consumer asks what is there
        result = good(hand_over(store, server, "--name", "other"))
        assert "2 events have another body" in result.said, result
        bodies = [[json.loads(m.data)["data"]["n"] for m in messages(
            server, subject)] for subject in ("hook.>", "hook-other-body.>")]
        assert bodies == [[1], [2, 3]], bodies


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
        place.good("drain", "-c", conf, "--stay", "--", RELAY, server.url)
        assert [m.headers["Nats-Msg-Id"] for m in messages(server)] == \
            ["levers/msg_1", "fax/msg_1"]


def two_front_ends_may_have_one_event(place):
    """Each has a log; within the window the stream takes an id once."""
    with begin(place) as (store, server):
        store.put(ids_of(30))
        good(hand_over(store, server))
        other = place.top / "var2"
        other.mkdir(0o700)
        conf = place.config("two.conf",
                            store=f'log = "{other}/levers.jsonl"')
        (other / "levers.jsonl").write_bytes(lines(ids_of(30, 20)))
        (other / "levers.jsonl").chmod(0o600)
        place.good("index", "-c", conf, "--rebuild")
        place.good("drain", "-c", conf, "--stay", "--", RELAY, server.url)
        assert kept(server) == ids_of(50)


def what_is_too_large_is_named_and_others_go_on(place):
    large = [make_record(b'{"n":"%s"}' % (b"x" * size), msg_id=f"msg_{size}")
             for size in (10, 9000, 20000)]
    with begin(place, more="max_payload: 16384") as (store, server):
        put(store, *large)
        result = hand_over(store, server, "--tries", 1)
        assert result.code == DATAERR, result
        found = json.loads(store.failed("--json").text)
        assert found["id"] == "msg_20000", found
        assert "max_payload" in found["stderr"], found
        assert kept(server) == ["msg_10", "msg_9000"]
    with Server() as server:
        make(server, max_msg_size=4000)
        result = hand_over(store, server, "--name", "two", "--tries", 1)
        assert result.code == DATAERR, result
        said = store.place.run("failed", "-c", store.conf, "--name", "two",
                               "--json").text.splitlines()
        assert [json.loads(each)["id"] for each in said] == \
            ["msg_9000", "msg_20000"], said
        assert kept(server) == ["msg_10"]


def a_stream_that_is_full_is_waited_for(place):
    with Server() as server:
        make(server, max_msgs=10)
        store = Store(place)
        store.put(ids_of(25))
        result = hand_over(store, server, "--tries", 2)
        assert result.code == TEMPFAIL and "maximum" in result.said, result
        assert store.failed("--json").text == ""
        with server.client() as client:
            client.api("STREAM.UPDATE.hook", **{
                **client.api("STREAM.INFO.hook")["config"], "max_msgs": -1})
        good(hand_over(store, server))
        assert sorted(kept(server)) == ids_of(25)


@contextlib.contextmanager
def small_disk(path):
    path.mkdir()
    if os.geteuid() != 0 or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=3m", "none", path],
            check=False, capture_output=True).returncode != 0:
        raise Skip("cannot mount here")
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


def a_full_disk_of_the_server_is_waited_for(place):
    with small_disk(place.top / "one") as disk, \
            Server(top=place.top) as server:
        assert relay("--init", server.url).returncode == 0
        store = Store(place)
        store.put(ids_of(2000))
        free = os.statvfs(disk)
        filler = disk / "filler"
        filler.write_bytes(bytes(free.f_bavail * free.f_frsize - 300000))
        result = hand_over(store, server, "--tries", 2)
        assert result.code == TEMPFAIL, result
        assert store.failed("--json").text == ""
        # the server gives up until it is started again
        filler.unlink()
        server.kill()
        server.start()
        good(hand_over(store, server))
        assert sorted(set(kept(server))) == ids_of(2000)


def what_cannot_be_asked_is_refused(place):
    for config in ({"retention": "workqueue"}, {"retention": "interest"},
                   {"no_ack": True}):
        with Server() as server:
            make(server, **config)
            store = Store(place)
            store.put(ids_of(3))
            process = relay("--check", server.url)
            assert process.returncode == DATAERR, process
            result = hand_over(store, server, "--tries", 1)
            assert result.code == TEMPFAIL, result
            with server.client() as client:
                assert client.api("STREAM.INFO.hook")["state"][
                    "messages"] == 0


def what_a_stream_may_lose_is_said(place):
    with Server() as server:
        make(server, storage="memory", max_age=3600 * 10 ** 9,
             duplicate_window=10 ** 9, discard="old", max_msgs=10 ** 6)
        process = relay("--check", server.url)
        assert process.returncode == 0, process
        for word in ("window", "replica", "memory", "age", "discard"):
            assert word in process.stderr, process
    with Server() as server:
        process = relay("--init", "--window", "28h", "--max-age", "30d",
                        server.url)
        assert process.returncode == 0, process
        assert process.stderr.count("\n") == 1, process  # one replica
        with server.client() as client:
            config = client.api("STREAM.INFO.hook")["config"]
        assert config["duplicate_window"] == 28 * 3600 * 10 ** 9, config
        assert config["max_age"] == 30 * 86400 * 10 ** 9, config
        assert (config["discard"], config["retention"]) == ("new", "limits")


def a_store_that_was_put_back_gets_what_it_lost(place):
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
        assert "has lost what it acknowledged" in result.said, result
        assert kept(server) == ids_of(100)
        assert good(hand_over(store, server)).said == ""


def another_message_in_its_place_is_a_loss(place):
    """Put back, and others have written since, beyond the checkpoint."""
    with begin(place) as (store, server):
        store.put(ids_of(10))
        good(hand_over(store, server))
        server.kill(signal.SIGTERM)
        server.copy("older")
        server.start()
        store.put(ids_of(5, 10))
        good(hand_over(store, server))
        server.kill(signal.SIGTERM)
        server.put_back("older")
        server.start()
        with server.client() as client:
            for n in range(20):
                client.request("hook.other.x", b"%d" % n)
        result = good(hand_over(store, server))
        assert "has lost what it acknowledged" in result.said, result
        assert [json.loads(m.data)["id"] for m in
                messages(server, "hook.levers.>")] == ids_of(15)


def what_is_purged_or_deleted_is_no_loss(place):
    with begin(place) as (store, server):
        store.put(ids_of(10))
        good(hand_over(store, server))
        with server.client() as client:
            client.api("STREAM.MSG.DELETE.hook", seq=10)
        store.put(ids_of(10, 10))
        assert good(hand_over(store, server)).said == ""
        with server.client() as client:
            client.api("STREAM.PURGE.hook")
        store.put(ids_of(5, 20))
        assert good(hand_over(store, server)).said == ""
        assert kept(server) == ids_of(5, 20)


def a_new_stream_stops_and_asks(place):
    with begin(place) as (store, server):
        store.put(ids_of(20))
        for answer, first, ids in (("all", 20, ids_of(25)),
                                   ("rest", 25, ids_of(5, 25))):
            good(hand_over(store, server))
            with server.client() as client:
                client.api("STREAM.DELETE.hook")
            make(server)
            store.put(ids_of(5, first))
            result = hand_over(store, server, "--tries", 1)
            assert result.code == TEMPFAIL, result
            assert "was made again" in result.said, result
            assert kept(server) == []
            good(hand_over(store, server, more=("--new-stream", answer)))
            assert kept(server) == ids, (answer, kept(server))
            # from then on its checkpoints are of the new one
            assert good(hand_over(store, server)).said == ""


def an_outage_beyond_the_window_doubles_nothing(place):
    with Server() as server:
        make(server, duplicate_window=100 * 10 ** 6)
        store = Store(place)
        store.put(ids_of(EVENTS))
        for n in range(4):
            process = store.start("--stay", "--retry-delay", "0.05",
                                  "--batch", 20,
                                  command=[RELAY, server.url])
            until("some have arrived", lambda n=n: len(kept(server)) >
                  n * EVENTS // 5)
            process.kill()
            # before its journal says so, as a rule
            process.communicate(timeout=60)
            server.kill()
            time.sleep(0.2)  # the window
            server.start()
        good(hand_over(store, server))
        found = collections.Counter(kept(server))
        assert sorted(found) == ids_of(EVENTS)
        assert set(found.values()) == {1}, found.most_common(5)


def killed_at_any_moment(place):
    """Both sides, at random; and the store put back once more."""
    rng = random.Random(11)
    with begin(place) as (store, server):
        store.put(ids_of(EVENTS))
        for kill in range(8):
            process = store.start("--stay", "--retry-delay", "0.05",
                                  "--batch", 20,
                                  command=[RELAY, server.url])
            time.sleep(rng.uniform(0.05, 0.4))
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
        assert messages(server, "hook-other-body.>") == []


def an_outage_is_waited_for(place):
    with begin(place) as (store, server):
        store.put(ids_of(5))
        process = store.start("--stay", "--follow", "--retry-delay", "0.05",
                              command=[RELAY, server.url])
        until("five", lambda: len(kept(server)) == 5)
        server.kill()
        store.put(ids_of(5, 5))
        server.start()
        until("ten", lambda: len(kept(server)) == 10)
        code, _ = stop(process)
        assert code == 0 and kept(server) == ids_of(10)


def a_loss_is_noticed_while_connected(place):
    """It looks once a minute, also while nothing comes."""
    with begin(place) as (store, server):
        store.put(ids_of(5))
        process = store.start("--stay", "--follow", "--retry-delay", "0.05",
                              command=[RELAY, "--new-stream", "all",
                                       server.url])
        until("five", lambda: len(kept(server)) == 5)
        with server.client() as client:
            client.api("STREAM.DELETE.hook")
        make(server)
        until("five again", lambda: len(kept(server)) == 5, 150)
        code, said = stop(process)
        assert code == 0 and "no longer has what" in said, (code, said)


def what_is_not_safe_is_refused(_):
    for arguments in ([], ["a", "b"], ["--no", "a"], ["http://a/b"],
                      ["nats://h"], ["nats:///hook"], ["nats://h/a.b"],
                      ["nats://me:secret@h/hook"], ["--cert", "a", "nats://h/s"],
                      ["--window", "x", "nats://h/s"],
                      ["--new-stream", "x", "nats://h/s"],
                      ["--password-file", "/dev/null", "nats://127.0.0.1/s"]):
        process = relay(*arguments)
        assert process.returncode == USAGE, process
        assert "secret" not in process.stderr, process
    # nobody there: later
    with Server() as server:
        url = server.url
    process = relay("--check", url)
    assert process.returncode == TEMPFAIL, process


def passwords_are_in_files(place):
    with Server("authorization { user: me, password: secret }") as server:
        for text, code in (("me:secret\n", 0), ("me:wrong\n", TEMPFAIL)):
            file = place.write("password", text)
            process = relay("--init", "--password-file", file, server.url)
            assert process.returncode == code, process
            assert "wrong" not in process.stderr, process
        store = Store(place)
        store.put(ids_of(3))
        result = hand_over(store, server, "--tries", 1,
                           more=("--password-file", file))
        assert result.code == TEMPFAIL, result
        assert store.failed("--json").text == ""
        file = place.write("password", "me:secret\n")
        good(hand_over(store, server, more=("--password-file", file)))


def a_server_is_known_by_its_certificate(place):
    for name, host, code in (("good", "IP:127.0.0.1", 0),
                             ("bad", "DNS:other.example.org", TEMPFAIL)):
        file, key = make_certificate(place.top, name, host)
        with Server(f'tls {{ cert_file: "{file}", key_file: "{key}" }}') \
                as server:
            process = relay("--init", "--ca", file,
                            server.url.replace("nats:", "tls:"))
            assert process.returncode == code, process
            # nobody who knows it has signed it
            process = relay("--init", server.url.replace("nats:", "tls:"))
            assert process.returncode == TEMPFAIL, process
    # only on loopback without TLS; 0.0.0.0 is the same server
    with Server() as server:
        assert relay("--init", server.url).returncode == 0
        process = relay("--check", server.url.replace("127.0.0.1", "0.0.0.0"))
        assert process.returncode == TEMPFAIL, process
        assert "ecure" in process.stderr or "TLS" in process.stderr, process


def is_whole(cluster):
    """Three replicas, all of which have everything."""
    try:
        with cluster.client() as client:
            found = client.api("STREAM.INFO.hook").get("cluster", {})
    except (OSError, Refused):
        return False
    return bool(found.get("leader")) and len(found["replicas"]) == 2 and all(
        r.get("current") and not r.get("offline") for r in found["replicas"])


def kept_by(cluster):
    """[] while one of them does not answer yet."""
    try:
        return kept(cluster)
    except (OSError, Refused):
        return []


def a_node_of_three_is_killed(place):
    """Each in turn, the leader among them, while events are handed over."""
    with Cluster() as cluster:
        until("a leader is elected", lambda: relay(
            "--init", "--replicas", 3, cluster.url).returncode == 0, 120)
        store = Store(place)
        store.put(ids_of(EVENTS))
        process = store.start("--stay", "--follow", "--retry-delay", "0.05",
                              "--batch", 5, command=[RELAY, cluster.url])
        for n, server in enumerate(cluster.servers):
            until("it is whole", lambda: is_whole(cluster), 120)
            server.kill()
            store.put(ids_of(20, EVENTS + 20 * n))
            time.sleep(0.5)
            server.start()
        until("it is whole again", lambda: is_whole(cluster), 120)
        until("all are there", lambda: len(kept_by(cluster)) >= EVENTS + 60,
              120)
        code, _ = stop(process)
        found = collections.Counter(kept_by(cluster))
        assert code == 0 and sorted(found) == ids_of(EVENTS + 60)
        assert set(found.values()) == {1}, found.most_common(5)


ALL = [
    a_loss_is_noticed_while_connected, a_node_of_three_is_killed,
    killed_at_any_moment,
    an_outage_beyond_the_window_doubles_nothing,
    a_store_that_was_put_back_gets_what_it_lost,
    another_message_in_its_place_is_a_loss,
    what_is_purged_or_deleted_is_no_loss, a_new_stream_stops_and_asks,
    each_event_is_a_message, a_type_is_never_more_than_its_subject,
    binary_mode_has_the_exact_body, cloudevents_reads_it_back,
    another_body_under_a_known_id_is_kept_apart,
    two_endpoints_may_have_one_id, two_front_ends_may_have_one_event,
    what_is_too_large_is_named_and_others_go_on,
    a_stream_that_is_full_is_waited_for,
    a_full_disk_of_the_server_is_waited_for, what_cannot_be_asked_is_refused,
    what_a_stream_may_lose_is_said, an_outage_is_waited_for,
    what_is_not_safe_is_refused, passwords_are_in_files,
    a_server_is_known_by_its_certificate,
]
