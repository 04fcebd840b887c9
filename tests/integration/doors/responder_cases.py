# SPDX-License-Identifier: ISC
"""
What both doors must answer alike. Each case is a function of an open door;
its documentation is its name.
"""

import json

import fcgi_peer
import wire
from responder_doors import MAX_BODY, PATH

SUCCESS = b'{"status":"success"}'
ERRORS = {400: "Bad request", 401: "Invalid signature", 404: "Not found",
          405: "Method not allowed", 413: "Too large", 503: "Try again"}

ALL = []


def case(function):
    ALL.append(function)
    return function


def title(function):
    return " ".join(function.__doc__.split())


def answered(answer, status):
    """The documented reply to the last byte, and no header beside it."""
    body = SUCCESS if status == 200 else \
        b'{"error":"%s"}' % ERRORS[status].encode()
    headers = {"Content-Type": "application/json",
               "Content-Length": str(len(body)),
               "Cache-Control": "no-store"}
    if status == 405:
        headers["Allow"] = "POST"
    if status == 503:
        headers["Retry-After"] = "30"
    assert answer.status == status, f"{answer}, not {status}"
    assert answer.ended == fcgi_peer.REQUEST_COMPLETE, answer
    assert answer.body == body, answer
    got = dict(answer.headers)
    del got["Status"]
    assert got == headers, f"{got}, not {headers}"


def stored(door, answer, delivery):
    answered(answer, 200)
    found = door.scene.records(delivery.id)
    assert len(found) == 1, f"{len(found)} records"
    assert found[0].body == delivery.body
    return found[0]


def refused(door, answer, status, reason, delivery=None):
    """It is refused and not kept; the operator learns why and what to do."""
    answered(answer, status)
    if delivery is not None:
        assert not door.scene.records(delivery.id), "a record was kept"
    lines = door.lines(reason)
    assert lines, f"no line with {reason}:\n{door.scene.words()}"
    assert ' hint="' in lines[-1], lines[-1]
    return lines[-1]


@case
def good(door):
    """A good delivery is stored, byte for byte"""
    d = door.delivery()
    record = stored(door, door.post(d), d)
    assert record["source"] == "svix"
    assert record["type"] == "phone_call.ended"
    assert record["svixsignature"] == d.signature


@case
def duplicate(door):
    """The same again is answered 200 and leaves one record"""
    d = door.delivery()
    stored(door, door.post(d), d)
    stored(door, door.post(d), d)


@case
def other_body(door):
    """Another body under the same id is kept aside, once, and said"""
    d = door.delivery()
    stored(door, door.post(d), d)
    other = door.delivery(b'{"type":"other"}', msg_id=d.id)
    for _ in range(2):
        answered(door.post(other), 200)
    assert len(door.scene.records(d.id)) == 1
    line = door.lines("other-body")[-1]
    assert d.id in line and "outcome=kept" in line, line
    kept = [json.loads(path.read_text()) for path in
            door.scene.store_log.parent.glob(
                ".hookcask-*/other-body/*.json")]
    assert [r["data"] for r in kept if r["id"] == d.id] == [{"type": "other"}]


@case
def tampered(door):
    """A changed body is 401"""
    d = door.delivery()
    answer = door.post(d, body=d.body.replace(b"ended", b"begun"))
    line = refused(door, answer, 401, "no-match", d)
    assert f"id={d.id} " in line and "endpoint=svix " in line, line
    assert "remote=192.0.2.7 " in line, line


@case
def stale(door):
    """A stale or future timestamp is 401, and the skew is reported"""
    old, new = door.delivery(age=400), door.delivery(age=-400)
    line = refused(door, door.post(old), 401, "too-old", old)
    assert " skew=40" in line, line
    line = refused(door, door.post(new), 401, "too-new", new)
    assert " skew=-" in line, line


@case
def missing(door):
    """A missing or empty signature header is 400"""
    for name in ("svix-id", "svix-timestamp", "svix-signature"):
        d = door.delivery().without(name)
        refused(door, door.post(d), 400, "missing-header", d)
        d.plus(name, " \t")
        refused(door, door.post(d), 400, "missing-header", d)


@case
def malformed(door):
    """A malformed id, timestamp or signature header is 400"""
    spoilt = [("svix-id", "msg.1", "bad-id"),
              ("svix-id", "msg\x01", "bad-id"),
              ("svix-timestamp", "1e9", "bad-timestamp"),
              ("svix-timestamp", "01", "bad-timestamp"),
              ("svix-signature", "t=1,v1=AA", "bad-signature-header"),
              ("svix-signature", "v1," + "A" * 8192, "bad-signature-header")]
    for name, value, reason in spoilt:
        d = door.delivery().without(name).plus(name, value)
        refused(door, door.post(d), 400, reason)


@case
def joined(door):
    """An id or timestamp that the server joined from two is 400"""
    for name in ("svix-id", "svix-timestamp"):
        d = door.delivery()
        value = dict(d.headers)[name]
        d.without(name).plus(name, f"{value}, {value}")
        refused(door, door.post(d), 400, "doubled-header", d)


@case
def comma_in_id(door):
    """A comma may be part of an id"""
    d = door.delivery(msg_id=wire.fresh_id() + ",2")
    stored(door, door.post(d), d)


@case
def signature_list(door):
    """Signatures that the server joined with a comma are a list"""
    d = door.delivery()
    wrong = wire.sign(wire.fresh_secret(), d.id, d.timestamp, d.body)
    d.without("svix-signature").plus("svix-signature",
                                     f"{wrong}, {d.signature}")
    stored(door, door.post(d), d)


@case
def blanks(door):
    """Blanks around header values do not count"""
    d = door.delivery()
    d.headers = [(name, f" \t{value}\t ") for name, value in d.headers]
    stored(door, door.post(d), d)


@case
def white_label(door):
    """The webhook- headers count when the svix- ones are not complete"""
    d = door.delivery(family="webhook").plus("svix-id", "msg_other")
    stored(door, door.post(d), d)


@case
def wrong_method(door):
    """Anything but POST is 405 with Allow, and HEAD gets no body"""
    for method in ("GET", "PUT", "DELETE", "post", ""):
        env = fcgi_peer.environment([], method=method, path=PATH)
        refused(door, door.ask(env), 405, "bad-method")
    answer = door.ask(fcgi_peer.environment([], method="HEAD", path=PATH))
    assert answer.status == 405 and answer.body == b"", answer


@case
def unknown_path(door):
    """Another path is 404; the line shows it escaped, and the right ones"""
    d = door.delivery()
    for path in ("/", PATH + "/x", PATH[:-1], "/\x1b[31m\n"):
        env = fcgi_peer.environment(d.headers, path=path, length=len(d.body))
        line = refused(door, door.ask(env, d.body), 404, "unknown-path", d)
        assert f" configured={PATH} " in line, line
    assert "path=/\\x1b[31m\\x0a " in line, line


@case
def path_info(door):
    """SCRIPT_NAME and PATH_INFO together are the path"""
    d = door.delivery()
    env = fcgi_peer.environment(d.headers, path=PATH[:3], PATH_INFO=PATH[3:],
                                length=len(d.body))
    stored(door, door.ask(env, d.body), d)


@case
def long_path(door):
    """A path of 100,000 bytes is just unknown"""
    env = fcgi_peer.environment([], path="/" + "x" * 100_000)
    refused(door, door.ask(env), 404, "unknown-path")


@case
def too_large(door):
    """A body over the cap is 413, declared or not"""
    d = door.delivery(wire.call_of_size(MAX_BODY + 1))
    refused(door, door.post(d), 413, "too-large", d)
    refused(door, door.post(d, length=None, HTTP_TRANSFER_ENCODING="chunked"),
            413, "too-large", d)


@case
def just_fits(door):
    """A body of exactly the cap is stored, its length declared or not"""
    d = door.delivery(wire.call_of_size(MAX_BODY))
    stored(door, door.post(d), d)
    d = door.delivery(wire.call_of_size(MAX_BODY))
    stored(door, door.post(d, length=None), d)


@case
def without_length(door):
    """Without a length, or an empty one, the body goes to its end"""
    for length in (None, ""):
        d = door.delivery()
        stored(door, door.post(d, length=length), d)


@case
def bad_length(door):
    """A length that is no plain number is 400"""
    for length in ("-2", "+5", "5 ", " 5", "0x5", "1e3", "5,5", "9" * 30):
        d = door.delivery()
        line = refused(door, door.post(d, length=length), 400, "short-body",
                       d)
        # which one it was, as it would be for any shell
        assert f" length={length} " in line or f' length="{length}" ' in line


@case
def length_of_caddy(door):
    """A length of -1, which Caddy 2.6 sends for chunks, is none"""
    d = door.delivery()
    stored(door, door.post(d, length="-1"), d)


@case
def short_body(door):
    """A body shorter than its length is 400"""
    d = door.delivery()
    answer = door.post(d, length=len(d.body) + 1)
    refused(door, answer, 400, "short-body", d)


@case
def empty_body(door):
    """An empty body is stored if it was signed, else 401"""
    d = door.delivery(b"")
    stored(door, door.post(d), d)
    d = door.delivery()
    refused(door, door.post(d, body=b""), 401, "no-match", d)


@case
def not_json(door):
    """A verified body that is no JSON comes back whole"""
    d = door.delivery(bytes(range(256)))
    record = stored(door, door.post(d), d)
    assert record["type"] == "svix.webhook"
    assert record["datacontenttype"] == "application/octet-stream"


@case
def probe(door):
    """A genuine probe is 200 and not stored, a false one 401"""
    d = door.delivery(b'{"type":"hookcask.probe"}')
    answered(door.post(d), 200)
    assert not door.scene.records(d.id)
    refused(door, door.post(d, body=d.body + b" "), 401, "no-match", d)


@case
def no_word_to_strangers(door):
    """No header of a request configures anything"""
    secret = wire.fresh_secret()
    d = wire.Delivery(secret)
    other = door.scene.var / "other.jsonl"
    for name in ("HOOKCASK_SECRET", "HOOKCASK-SECRET"):
        d.plus(name, secret)
    d.plus("HOOKCASK_LOG", str(other)).plus("PROXY", "x")
    refused(door, door.post(d), 401, "no-match", d)
    assert not other.exists()


@case
def document_root(door):
    """A store under DOCUMENT_ROOT is refused with 503, by its real name too"""
    link = door.scene.public / "link"
    if not link.is_symlink():
        link.symlink_to(door.scene.var)
    for root in (door.scene.var, door.scene.top, link, f"{door.scene.var}//"):
        d = door.delivery()
        answer = door.post(d, DOCUMENT_ROOT=str(root))
        line = refused(door, answer, 503, "store-error", d)
        assert "document root" in line, line
    for root in (door.scene.public, str(door.scene.var) + "x", "", "var"):
        d = door.delivery()
        stored(door, door.post(d, DOCUMENT_ROOT=str(root)), d)


@case
def secret_unseen(door):
    """The secret is in no file and no line"""
    found = door.scene.files_with(door.scene.secret)
    assert not found, found
    key = door.scene.secret.removeprefix("whsec_")
    found = door.scene.files_with(key)
    assert not found, found
