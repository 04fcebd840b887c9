# SPDX-License-Identifier: ISC
"""
What a sender, a stranger or bad luck may do at a door, and what must come of
it. Each case is a function of an open door; its first line of documentation
is its name. ALL keeps their order; LAST run after the server has stopped.
"""

import concurrent.futures
import json
import pathlib
import re
import shutil

import load
import probe
import scene
import wire
from tap import Skip

SUCCESS = b'{"status":"success"}'
ERRORS = {400: "Bad request", 401: "Invalid signature", 404: "Not found",
          405: "Method not allowed", 413: "Too large", 503: "Try again"}
LOGROTATE = "/usr/sbin/logrotate"
MAX_BODY = 2 << 20  # the default, which the templates are made for

ALL = []
LAST = []


def case(function):
    function.title = function.__doc__.strip().splitlines()[0]
    ALL.append(function)
    return function


def last(function):
    function.title = function.__doc__.strip().splitlines()[0]
    LAST.append(function)
    return function


# -- words that the cases are made of ----------------------------------------
def delivery(door, body=None, **more):
    return wire.Delivery(door.scene.secret, body, **more)


def post(door, what, **more):
    return wire.send(door.port, more.pop("url", door.url), what, **more)


def answered(reply, status):
    """The documented answer, and not one word more."""
    assert reply.status == status, f"{reply}, not {status}"
    wanted = SUCCESS if status == 200 else \
        json.dumps({"error": ERRORS[status]}, separators=(",", ":")).encode()
    assert reply.body.strip() == wanted, f"{reply}, not {wanted}"
    kind = reply.headers.get("content-type")
    assert kind == "application/json", f"Content-Type: {kind}"
    return reply


def stored(door, what, reply):
    """Answered 200, and exactly once in the log, byte for byte."""
    answered(reply, 200)
    found = door.scene.records(what.id)
    assert len(found) == 1, f"{len(found)} records of {what.id}"
    assert found[0].body == what.body, \
        f"body came back as {found[0].body[:200]!r}"
    return found[0]


def refused(door, what, reply, status):
    answered(reply, status)
    unseen(door, what)


def unseen(door, what):
    """Not in the log now; nothing_refused looks again at the end."""
    assert not door.scene.records(what.id), f"{what.id} was stored"
    door.never.add(what.id)


def servers_own(door, size):
    """Is such a body answered by the server itself, 500?"""
    return door.body_limit is not None and size > door.body_limit


def reason_told(door, reason, what):
    """The operator's line about one message, as a dictionary."""
    lines = [line for line in door.scene.operator_lines()
             if reason in line and what.id in line]
    assert lines, f"the operator was not told {reason} of {what.id}"
    return dict(re.findall(r'([a-z-]+)=("[^"]*"|\S+)', lines[-1]))


# -- deliveries that are genuine ---------------------------------------------
@case
def good(door):
    """good"""
    what = delivery(door)
    record = stored(door, what, post(door, what))
    assert record["specversion"] == "1.0"
    assert record["source"] == "levers"
    assert record["type"] == "phone_call.ended"
    assert record["svixsignature"] == what.signature
    assert record["datacontenttype"] == "application/json"
    assert re.fullmatch(r"[0-9a-f]{8}", record["svixkey"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["time"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
                        record["received"])
    assert list(record.members)[-1] == "data"
    assert record["data"]["data"]["providerCallId"] == "CA0001"


@case
def white_label(door):
    """webhook-* headers"""
    what = delivery(door, family="webhook")
    stored(door, what, post(door, what))


@case
def duplicate(door):
    """duplicate"""
    first = delivery(door, age=7)
    stored(door, first, post(door, first))
    stored(door, first, post(door, first))
    # a retry has a new timestamp and signature, and the same id
    again = delivery(door, msg_id=first.id)
    answered(post(door, again), 200)
    record, = door.scene.records(first.id)
    assert record["svixsignature"] == first.signature


@case
def several_signatures(door):
    """several signatures, one of them ours"""
    what = delivery(door)
    other = wire.sign(wire.fresh_secret(), what.id, what.timestamp, what.body)
    header = f"{other} v1a,{'A' * 88} {what.signature} v2,x"
    what.without("svix-signature").plus("svix-signature", header)
    assert stored(door, what, post(door, what))["svixsignature"] == \
        what.signature


@case
def comma_form(door):
    """comma form of the signature"""
    what = delivery(door)
    header = f"t={what.timestamp},v1={'A' * 43}=,v1={what.signature[3:]}"
    what.without("svix-signature").plus("svix-signature", header)
    stored(door, what, post(door, what))


@case
def any_letter_case(door):
    """header names in any letter case"""
    what = delivery(door)
    what.headers = [(name.upper(), value) for name, value in what.headers]
    stored(door, what, post(door, what))


@case
def no_content_type(door):
    """no Content-Type"""
    what = delivery(door).without("Content-Type")
    stored(door, what, post(door, what))


@case
def body_not_json(door):
    """body that is not JSON"""
    for body in (b"not json \x00\xff\r\n\n", b"{'a':0}", b"[NaN]",
                 b"\xef\xbb\xbf{}", b'"\\ud800"', b'{"a":"\xc3("}'):
        what = delivery(door, body)
        record = stored(door, what, post(door, what))
        assert "data_base64" in record.members, f"{body!r} as data"
        assert record["datacontenttype"] == "application/octet-stream"
        assert record["type"] == "svix.webhook"


@case
def body_empty(door):
    """empty body"""
    what = delivery(door, b"")
    stored(door, what, post(door, what))


@case
def body_pretty(door):
    """pretty-printed body with CRLF"""
    body = (b'\r\n{\r\n\t"type": "a\\u002eb",\n  "n": 1e999999,\r'
            b'  "n": -0.0,\n  "u": "\xe2\x80\xa8 \xf0\x9f\x93\x9e \\u0000"\n}\n')
    what = delivery(door, body)
    record = stored(door, what, post(door, what))
    assert record["type"] == "a.b"
    assert "raw" in record.members


def sized(door, size):
    what = delivery(door, wire.call_of_size(size))
    assert len(what.body) == size
    reply = post(door, what)
    if servers_own(door, size):
        assert reply.status == 500, f"{reply}, not the server's own 500"
        unseen(door, what)
    else:
        stored(door, what, reply)


@case
def body_130k(door):
    """body of 130 KiB"""
    sized(door, 130 << 10)


@case
def body_900k(door):
    """body of 900 KiB"""
    sized(door, 900 << 10)


@case
def body_of_limit(door):
    """body of exactly max-body"""
    sized(door, MAX_BODY)


@case
def in_chunks(door):
    """chunked"""
    for size in (200, 15 << 10, 100 << 10):
        what = delivery(door, wire.call_of_size(size))
        reply = post(door, what, in_chunks=True)
        if not too_many_chunks(door, what, reply):
            stored(door, what, reply)


def too_many_chunks(door, what, reply):
    """A server that hands no such body over says so itself."""
    if door.chunked_limit is None or len(what.body) <= door.chunked_limit:
        return False
    assert reply.status == 400 and b"{" not in reply.body, reply
    unseen(door, what)
    return True


@case
def in_many_chunks(door):
    """chunked, 600 KiB"""
    what = delivery(door, wire.call_of_size(600 << 10))
    reply = post(door, what, in_chunks=True)
    if too_many_chunks(door, what, reply):
        return
    if servers_own(door, len(what.body)):
        assert reply.status == 500, f"{reply}, not the server's own 500"
        unseen(door, what)
    else:
        stored(door, what, reply)


@case
def no_length(door):
    """no length: an empty body"""
    what = delivery(door, b"")
    reply = wire.exchange(door.port, wire.request_head(
        "POST", door.url, what.headers))
    if door.takes_no_length:
        stored(door, what, reply)
    else:
        assert reply.status == 411, f"{reply}, not the server's own 411"
        unseen(door, what)
    # what follows such a head is another request, and no body of this one
    what = delivery(door)
    reply = wire.exchange(door.port, wire.request_head(
        "POST", door.url, what.headers) + what.body)
    assert reply.status in (400, 401, 411), f"{reply}"
    unseen(door, what)


@case
def expect_continue(door):
    """Expect: 100-continue"""
    what = delivery(door).plus("Expect", "100-continue")
    stored(door, what, post(door, what))


# -- deliveries that are not -------------------------------------------------
@case
def tampered(door):
    """tampered"""
    what = delivery(door)
    what.body = what.body.replace(b"CA0001", b"CA0002")
    refused(door, what, post(door, what), 401)
    reason_told(door, "no-match", what)


@case
def other_secret(door):
    """signed with another secret"""
    what = wire.Delivery(wire.fresh_secret())
    refused(door, what, post(door, what), 401)


@case
def stale(door):
    """stale"""
    what = delivery(door, age=400)
    refused(door, what, post(door, what), 401)
    told = reason_told(door, "too-old", what)
    assert 400 <= int(told["skew"]) <= 460, f"skew={told['skew']}"


@case
def from_the_future(door):
    """from the future"""
    what = delivery(door, age=-400)
    refused(door, what, post(door, what), 401)
    reason_told(door, "too-new", what)


@case
def missing_header(door):
    """missing header"""
    for name in ("svix-id", "svix-timestamp", "svix-signature"):
        what = delivery(door).without(name)
        refused(door, what, post(door, what), 400)
    what = delivery(door)
    what.headers = []
    refused(door, what, post(door, what), 400)


@case
def families_mixed(door):
    """headers of two families mixed"""
    what = delivery(door).without("svix-id").plus("webhook-id", "x")
    refused(door, what, post(door, what), 400)


@case
def malformed_header(door):
    """malformed header"""
    for name, value in (("svix-id", "a.b"), ("svix-id", "a b"),
                        ("svix-timestamp", "12x"), ("svix-timestamp", "007"),
                        ("svix-signature", "v1=x,t=1")):
        what = delivery(door).without(name).plus(name, value)
        refused(door, what, post(door, what), 400)


@case
def doubled_header(door):
    """doubled header"""
    for name in ("svix-id", "svix-timestamp"):
        what = delivery(door)
        what.headers += [h for h in what.headers if h[0] == name]
        refused(door, what, post(door, what), 400)


@case
def doubled_signature(door):
    """doubled signature header"""
    what = delivery(door).plus("svix-signature", f"v1,{'A' * 43}=")
    reply = post(door, what)
    if door.joins_lines:
        stored(door, what, reply)
    else:
        refused(door, what, reply, 400)


@case
def underscore_twin(door):
    """Svix_Id beside svix-id"""
    what = delivery(door).plus("Svix_Id", "msg_other")
    reply = post(door, what)
    if door.takes_underscore is None and reply.status == 401:
        unseen(door, what)
    elif door.takes_underscore:
        refused(door, what, reply, 400)
    else:
        stored(door, what, reply)


def too_large(door, in_chunks):
    what = delivery(door, wire.call_of_size(MAX_BODY + 1))
    reply = post(door, what, in_chunks=in_chunks)
    if in_chunks and too_many_chunks(door, what, reply):
        return
    if servers_own(door, len(what.body)):
        assert reply.status == 500, f"{reply}, not the server's own 500"
        unseen(door, what)
    else:
        refused(door, what, reply, 413)


@case
def oversized(door):
    """oversized"""
    too_large(door, False)


@case
def oversized_in_chunks(door):
    """oversized, chunked"""
    too_large(door, True)


@case
def wrong_method(door):
    """wrong method"""
    for method in ("GET", "HEAD"):
        reply = wire.ask(door.port, door.url, method)
        assert reply.status == 405, f"{method}: {reply}"
        assert reply.headers.get("allow") == "POST", f"{method}: {reply}"
        assert b"error" in reply.body or method == "HEAD"
    what = delivery(door)
    refused(door, what, post(door, what, method="PUT"), 405)


@case
def unknown_path(door):
    """unknown path"""
    what = delivery(door)
    refused(door, what, post(door, what, url=door.url + "/nowhere"), 404)


@case
def cut_short(door):
    """cut short"""
    for part in (0, 10, 70000):
        what = delivery(door, wire.call_of_size(100000))
        reply = wire.send_cut(door.port, door.url, what, part)
        assert reply.status is None or reply.status >= 400, f"{reply}"
        if door.streams and part > 16384:
            # mod_proxy begins once it has 16 KiB; then it answers by itself,
            # and the responder may be still at it
            scene.wait_for("short-body", lambda: any(
                "short-body" in line and what.id in line
                for line in door.scene.operator_lines()))
        unseen(door, what)
    what = delivery(door, wire.call_of_size(100000))
    wire.send_and_vanish(door.port, door.url, what, 50000)
    unseen(door, what)
    what = delivery(door)
    stored(door, what, post(door, what))


# -- strangers ---------------------------------------------------------------
def evil_configuration(door):
    """A valid configuration of somebody else's: (secret, file, log)."""
    s = door.scene
    secret = wire.fresh_secret()
    log = s.public / "evil.jsonl"
    s.put(s.public / "evil.secret", secret + "\n", 0o600)
    conf = s.public / "evil.conf"
    s.put(conf, 'endpoint "evil" {\n'
          f'    secret-file = "{s.public}/evil.secret"\n'
          f'    log = "{log}"\n    allow-docroot = yes\n}}\n')
    return secret, conf, log


@case
def argument_injection(door):
    """?-c+FILE is no argument"""
    secret, conf, log = evil_configuration(door)
    for query in (f"?-c+{conf}", f"?-c{conf}", f"?--+-c+{conf}",
                  "?-c+/dev/stdin"):
        what = wire.Delivery(secret)
        refused(door, what, post(door, what, url=door.url + query), 401)
        what = delivery(door)
        stored(door, what, post(door, what, url=door.url + query))
    assert not log.exists(), "the stranger's log was made"


@case
def header_injection(door):
    """request headers configure nothing"""
    secret, conf, log = evil_configuration(door)
    for name, value in (("HOOKCASK-CONFIG", str(conf)),
                        ("HOOKCASK_CONFIG", str(conf)),
                        ("HOOKCASK-SECRET", secret)):
        what = wire.Delivery(secret).plus(name, value)
        refused(door, what, post(door, what), 401)
        what = delivery(door).plus(name, value)
        stored(door, what, post(door, what))
    assert not log.exists(), "the stranger's log was made"


# -- many at once ------------------------------------------------------------
def all_at_once(door, deliveries):
    """
    What the last try of each got. A sender tries again where Apache, which
    starts and ends children meanwhile, closes a connection, and where a
    hundred processes of plain CGI wait longer than lock-timeout for the store.
    """
    with concurrent.futures.ThreadPoolExecutor(len(deliveries)) as pool:
        replies = list(pool.map(lambda what: post(door, what), deliveries))
    return [post(door, what) if reply.status in (None, 503) else reply
            for what, reply in zip(deliveries, replies)]


@case
def parallel_distinct(door):
    """100 at once, each another"""
    before = len(door.scene.records())
    deliveries = [delivery(door, wire.call_ended(f"CA{i:04}"))
                  for i in range(100)]
    for reply in all_at_once(door, deliveries):
        answered(reply, 200)
    found = {r["id"]: r for r in door.scene.records()[before:]}
    assert len(found) == 100, f"{len(found)} ids"
    assert len(door.scene.records()) == before + 100
    for what in deliveries:
        assert found[what.id].body == what.body


@case
def parallel_same(door):
    """100 at once, all the same"""
    what = delivery(door)
    for reply in all_at_once(door, [what] * 100):
        answered(reply, 200)
    assert len(door.scene.records(what.id)) == 1


# -- asked by hookcask probe --------------------------------------------------
@case
def probed(door):
    """hookcask probe finds nothing wrong, and leaves nothing"""
    before = len(door.scene.records())
    found = probe.findings(door)
    limit = door.body_limit or probe.NO_LIMIT
    assert {name for name, f in found.items() if f["verdict"] != "good"} == \
        {name for name, size in probe.SIZES.items() if size > limit} | \
        ({"chunked"} if door.chunked_limit else set()), found
    assert all(f["hookcask"] for f in found.values()
               if f["verdict"] == "good"), found
    assert len(door.scene.records()) == before


@case
def probed_twice(door):
    """hookcask probe --store leaves one event"""
    found = probe.findings(door, "--store")
    assert found["genuine"]["id"] == found["again"]["id"]
    record, = door.scene.records(found["genuine"]["id"])
    assert record["type"] == "hookcask.probe.stored", record


# -- secrets and stores where they should not be -----------------------------
@case
def in_document_root(door):
    """store or secret in the document root: 503, or allow-docroot"""
    if not door.reads_each_time:
        raise Skip("its configuration is read at start")
    if not door.names_document_root:
        raise Skip("behind an alias it names another document root")
    s = door.scene
    text = s.config.read_text()
    secret = door.public() / "levers.secret"
    hidden = door.public() / "store"
    s.own_directory(hidden, 0o700)
    s.put(secret, s.secret + "\n", 0o600)
    try:
        for right, wrong in ((s.secret_file, secret),
                             (s.store_log, hidden / "levers.jsonl")):
            what = delivery(door)
            shown = text.replace(f'"{right}"', f'"{wrong}"')
            assert shown != text
            s.put(s.config, shown)
            answered(post(door, what), 503)
            assert "document root" in s.operator_lines()[-1]
            assert not (hidden / "levers.jsonl").exists()
            s.put(s.config, shown.replace(
                f'"{wrong}"', f'"{wrong}"\n    allow-docroot = yes'))
            answered(post(door, what), 200)
    finally:
        s.put(s.config, text)
        secret.unlink()
        shutil.rmtree(hidden)
    what = delivery(door)
    stored(door, what, post(door, what))


@case
def secret_changes(door):
    """a second secret counts at once, a missing file is 503"""
    s = door.scene
    text = s.secret_file.read_text()
    second = wire.fresh_secret()
    try:
        s.put(s.secret_file, text + second + "\n", 0o600)
        for secret in (second, s.secret):
            what = wire.Delivery(secret)
            stored(door, what, post(door, what))
        s.secret_file.unlink()
        what = delivery(door)
        reply = post(door, what)
        refused(door, what, reply, 503)
        assert reply.headers.get("retry-after") == "30", f"{reply}"
        door.never.discard(what.id)
        s.put(s.secret_file, text, 0o644)
        answered(post(door, what), 503)
    finally:
        s.put(s.secret_file, text, 0o600)
    stored(door, what, post(door, what))
    what = wire.Delivery(second)
    refused(door, what, post(door, what), 401)


# -- what happens to servers, under load -------------------------------------
@case
def restarted(door):
    """graceful restart under load"""
    with load.Load(door) as sent:
        sent.more()
        door.restart()
        sent.more(50)
    load.check(sent)


@case
def responders_killed(door):
    """responders killed under load"""
    with load.Load(door) as sent:
        for _ in range(2):
            sent.more()
            door.kill_responders()
        sent.more()
    load.check(sent)


@case
def all_killed(door):
    """server and responders killed under load"""
    with load.Load(door) as sent:
        sent.more()
        door.crash()
        sent.more()
    load.check(sent)


def rotate(door, text):
    """logrotate itself, forced; True if it is content."""
    s = door.scene
    conf = s.etc / "logrotate"
    conf.write_text(text)  # ours: logrotate takes root's files only
    process = s.start([LOGROTATE, "--force", "--state", s.run / "logrotate",
                       conf], as_root=True)
    process.wait(scene.STARTS_WITHIN)
    s.processes.remove(process)
    return process.returncode == 0


@case
def rotated(door):
    """log rotation under load"""
    if not pathlib.Path(LOGROTATE).exists():
        raise Skip(f"{LOGROTATE} is not here")
    text = door.scene.printed("logrotate")
    hasty = text.replace("    delaycompress\n", "    nodelaycompress\n")
    assert hasty != text
    before = len(list(door.scene.store_log.parent.glob("levers.jsonl-*")))
    with load.Load(door) as sent:
        for _ in range(2):
            sent.more()
            assert rotate(door, text), door.scene.words()
            scene.next_second()  # it is in the names
        sent.more()
        seen = set(sent.acknowledged)
        rotate(door, hasty)  # gzip may complain of a file that grows
        sent.more()
    # without delaycompress: an event of that moment, but not one before
    load.check(sent, set(sent.acknowledged) - seen)
    made = sorted(door.scene.store_log.parent.glob("levers.jsonl-*"))
    assert len(made) == before + 3, made
    assert made[-3].suffix == ".gz" and made[-2].suffix != ".gz", made


# -- after the server has stopped --------------------------------------------
@last
def stops(door):
    """stops, nothing is left running"""
    door.scene.stop()


@last
def nothing_refused(door):
    """nothing refused is in the log"""
    if not door.never:
        raise Skip("nothing was refused")
    found = {r["id"] for r in door.scene.records()} & door.never
    assert not found, f"stored after all: {found}"


@last
def secret_nowhere(door):
    """the secret is in its file only"""
    for words in (door.scene.secret, door.scene.secret[6:]):
        found = door.scene.files_with(words)
        assert not found, f"it is in {found}"


@last
def no_complaints(door):
    """no sanitizer and no crash in what was said"""
    words = door.scene.words()
    for sign in ("Sanitizer", "runtime error", "Segmentation", "signal 6",
                 "stack smashing"):
        assert sign not in words, words
