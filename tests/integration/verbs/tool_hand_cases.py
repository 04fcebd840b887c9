# SPDX-License-Identifier: ISC
"""sign and verify."""

import base64
import gzip
import hashlib
import hmac
import json
import string
import time

import wire
from tool_scene import (CONFIG, DATAERR, DOC_BODY, DOC_ID, DOC_SECRET,
                        DOC_SIGNATURE, DOC_TIME, NOINPUT, USAGE, fingerprint)

NAME = "by hand"
DOC = ("--id", DOC_ID, "--timestamp", DOC_TIME)


def headers_of(text):
    return dict(line.split(": ", 1) for line in text.splitlines())


def sign_gives_the_published_sample(place):
    out = place.good("sign", "-s", place.secret, *DOC, stdin=DOC_BODY).text
    assert out == (f"svix-id: {DOC_ID}\nsvix-timestamp: {DOC_TIME}\n"
                   f"svix-signature: {DOC_SIGNATURE}\n"), out


def sign_reads_any_bytes(place):
    for body in (b"", bytes(range(256)), b"\0" * 5000, b"x" * 3000000):
        path = place.write("body", body)
        out = place.good("sign", "-s", place.secret, *DOC, path).text
        assert headers_of(out)["svix-signature"] == \
            wire.sign(DOC_SECRET, DOC_ID, DOC_TIME, body)


def json_says_the_same(place):
    out = json.loads(place.good("sign", "-s", place.secret, "--json", *DOC,
                                stdin=DOC_BODY).text)
    assert out == {"svix-id": DOC_ID, "svix-timestamp": str(DOC_TIME),
                   "svix-signature": DOC_SIGNATURE}, out
    given = ("verify", "-s", place.secret, "--json", *DOC, "--signature",
             DOC_SIGNATURE)
    out = json.loads(place.good(*given, "--now", DOC_TIME + 2,
                                stdin=DOC_BODY).text)
    assert out == {"verified": True, "id": DOC_ID, "skew": 2,
                   "time": "2021-02-25T15:02:10Z", "version": "v1",
                   "key": fingerprint(DOC_SECRET)}, out
    result = place.bad(DATAERR, *given, "--now", DOC_TIME, stdin=b"x")
    out = json.loads(result.text)
    assert (out["verified"], out["reason"]) == (False, "no-match"), out
    twice = place.write("twice", "svix-id: a\nsvix-id: b\n\n")
    result = place.bad(DATAERR, "verify", "-s", place.secret, "--json",
                       "--request", twice, place.write("body", "x"))
    assert json.loads(result.text)["reason"] == "doubled-header"


def number(digits):
    value = 0
    for digit in digits:
        value = value * 62 + (string.digits + string.ascii_uppercase +
                              string.ascii_lowercase).index(digit)
    return value


def sign_makes_a_fresh_message(place):
    before = int(time.time())
    heads = [headers_of(place.good("sign", "-s", place.secret,
                                   stdin=b"x").text) for _ in range(5)]
    ids = [head["svix-id"] for head in heads]
    assert len(set(ids)) == 5
    for msg_id in ids:
        assert len(msg_id) == 31 and msg_id.startswith("msg_")
        # 27 digits of base 62: seconds since 2014, and 128 random bits
        assert 0 <= number(msg_id[4:]) >> 128 <= time.time() - 1400000000
    for head in heads:
        assert before <= int(head["svix-timestamp"]) <= time.time()
    out = place.good("sign", "-s", place.secret, "-t", DOC_TIME,
                     stdin=b"x").text
    assert number(headers_of(out)["svix-id"][4:]) >> 128 == \
        DOC_TIME - 1400000000
    place.good("sign", "-s", place.secret, "-t", "now", stdin=b"x")


def sign_writes_the_other_forms(place):
    out = place.good("sign", "-s", place.secret, *DOC, "--comma", "--family",
                     "webhook", stdin=DOC_BODY).text
    assert headers_of(out) == {
        "webhook-id": DOC_ID, "webhook-timestamp": str(DOC_TIME),
        "webhook-signature": f"t={DOC_TIME},v1={DOC_SIGNATURE[3:]}"}
    place.bad(USAGE, "sign", "-s", place.secret, "-f", "other", stdin=b"x")


def sign_refuses_ids_that_no_receiver_takes(place):
    for bad in ("", "a.b", "a b", "a\nx: y", "a" * 257):
        place.bad(USAGE, "sign", "-s", place.secret, "-i", bad, stdin=b"x")


def sign_finds_its_secret_everywhere(place):
    wanted = place.good("sign", "-s", place.secret, *DOC, stdin=DOC_BODY).text
    path = place.config()
    for arguments, env in (
            (("-c", path), {}), (("-c", path, "-e", "levers"), {}),
            ((), {"HOOKCASK_SECRET": DOC_SECRET}),
            ((), {"HOOKCASK_SECRET": f"{DOC_SECRET} {wire.fresh_secret()}"}),
            ((), {"HOOKCASK_SECRET_FILE": str(place.secret)}),
            ((), {"HOOKCASK_CONFIG": str(path)})):
        out = place.good("sign", *arguments, *DOC, stdin=DOC_BODY,
                         env=env).text
        assert out == wanted, (arguments, env)
    place.bad(USAGE, "sign", "-c", path, "-e", "other", stdin=b"x")
    place.bad(USAGE, "sign", "-c", path, "-s", place.secret, stdin=b"x")
    place.bad(NOINPUT, "sign", "-s", "nowhere", stdin=b"x")
    place.bad(NOINPUT, "sign", "-s", place.secret, "nowhere")


def sign_wants_a_key_that_can_sign(place):
    public = base64.b64encode(b"k" * 32).decode()
    path = place.write("public", f"whpk_{public}\n", 0o600)
    place.bad(CONFIG, "sign", "-s", path, stdin=b"x")
    path = place.write("old", f"{DOC_SECRET} # until 2001-01-31\n", 0o600)
    place.bad(CONFIG, "sign", "-s", path, stdin=b"x")
    other = wire.fresh_secret()
    path = place.write("both", f"{DOC_SECRET} # until 2001-01-31\n{other}\n",
                       0o600)
    out = place.good("sign", "-s", path, *DOC, stdin=DOC_BODY).text
    assert headers_of(out)["svix-signature"] == \
        wire.sign(other, DOC_ID, DOC_TIME, DOC_BODY)


def judge(place, body=DOC_BODY, signature=DOC_SIGNATURE, now=DOC_TIME,
          msg_id=DOC_ID, at=DOC_TIME, secret=None, more=()):
    return place.run("verify", "-s", secret or place.secret, "--id", msg_id,
                     "--timestamp", at, "--signature", signature, "--now",
                     now, *more, stdin=body)


def step(result, name):
    for line in result.text.splitlines():
        if line.startswith(name + " "):
            return line.split()[1]
    return None


def verified(result):
    assert result.code == 0, result
    assert result.text.endswith("\nverified\n"), result
    return result


def refused(result, reason):
    assert result.code == DATAERR, result
    assert f"not verified: {reason}" in result.text, result
    assert "hint: " in result.text, result
    return result


def verify_takes_the_published_sample(place):
    result = verified(judge(place))
    for name in ("headers", "id", "timestamp", "clock", "signature"):
        assert step(result, name) == "ok", result
    assert "40b3c122" in result.text and "2021-02-25T15:02:10Z" in result.text


def verify_names_the_step_that_failed(place):
    for change, reason, name in (
            ({"msg_id": ""}, "missing-header", "headers"),
            ({"msg_id": "a.b"}, "bad-id", "id"),
            ({"at": "12x"}, "bad-timestamp", "timestamp"),
            ({"now": DOC_TIME + 301}, "too-old", "clock"),
            ({"now": DOC_TIME - 301}, "too-new", "clock"),
            ({"signature": "t=1,v1=x"}, "bad-signature-header", "signature"),
            ({"signature": "v1,abc"}, "no-match", "signature")):
        result = refused(judge(place, **change), reason)
        assert step(result, name) == "FAILED", result


def verify_says_which_header_is_missing(place):
    result = place.bad(DATAERR, "verify", "-s", place.secret, "--id", DOC_ID,
                       "--signature", DOC_SIGNATURE, stdin=DOC_BODY)
    assert "missing: svix-timestamp" in result.text, result


def verify_tells_late_from_forged(place):
    late = refused(judge(place, now=DOC_TIME + 4000), "too-old")
    assert step(late, "signature") == "ok" and "4000 s ago" in late.text
    forged = refused(judge(place, now=DOC_TIME + 4000, body=b"{}"), "too-old")
    assert step(forged, "signature") == "FAILED"


def verify_takes_the_tolerance_it_is_given(place):
    verified(judge(place, now=DOC_TIME + 4000, more=("--tolerance", 4000)))
    refused(judge(place, now=DOC_TIME + 4001, more=("--tolerance", 4000)),
            "too-old")
    path = place.config(more="    tolerance = 5000\n")
    verified(place.run("verify", "-c", path, *DOC, "-g", DOC_SIGNATURE, "-n",
                       DOC_TIME + 5000, stdin=DOC_BODY))


def verify_finds_what_happened_to_a_body(place):
    pretty = b'{\n  "test" : 2432232314\n}\n'
    for signed, came, clue in (
            (DOC_BODY, DOC_BODY + b"\n", "without its last line feed"),
            (DOC_BODY, DOC_BODY + b"\r\n", "without its last CR LF"),
            (DOC_BODY + b"\n", DOC_BODY, "with a line feed at its end"),
            (DOC_BODY + b"\r\n", DOC_BODY, "with CR LF at its end"),
            (b"a\nb\n", b"a\r\nb\r\n", "LF for CR LF"),
            (b"a\r\nb", b"a\nb", "CR LF for LF"),
            (DOC_BODY, b"\xef\xbb\xbf" + DOC_BODY, "byte order mark"),
            (b'{"test":2432232314}', pretty, "without blanks"),
            (DOC_BODY, pretty, "a blank after each comma and colon"),
            (b'{"a": "b\\",c:d"}', b'{"a":"b\\",c:d"}',
             "a blank after each comma and colon"),
            (DOC_BODY, gzip.compress(DOC_BODY), "packed in this one"),
            (b"", DOC_BODY, "an empty body")):
        signature = wire.sign(DOC_SECRET, DOC_ID, DOC_TIME, signed)
        result = refused(judge(place, body=came, signature=signature),
                         "no-match")
        found = [line for line in result.text.splitlines()
                 if line.startswith("found: ")]
        assert len(found) == 1 and clue in found[0], (clue, result.text)


def verify_finds_who_printed_a_body_again(place):
    value = {"a/b": ["\u00e9\u20ac\U0001f600", "<b>&\u2028", "\n\"\\\x01"],
             "n": 12345678901234567890123}
    compact = (",", ":")
    raw = json.dumps(value, ensure_ascii=False, separators=compact)
    php = json.dumps(value, separators=compact).replace("/", "\\/")
    go = raw
    for char in "<>&\u2028":
        go = go.replace(char, f"\\u{ord(char):04x}")
    printed = {
        "as JavaScript": raw, "as PHP prints it: ": php, "as Go": go,
        "as Python prints it: ": json.dumps(value),
        "ensure_ascii": json.dumps(value, ensure_ascii=False),
        "UNESCAPED_SLASHES": json.dumps(value, separators=compact),
        "UNESCAPED_UNICODE": raw.replace("/", "\\/"),
    }
    for clue, signed in printed.items():
        signature = wire.sign(DOC_SECRET, DOC_ID, DOC_TIME, signed.encode())
        for came in {*printed.values(), json.dumps(value, indent=1).replace(
                "\\u00e9", "\\u00E9").replace("\\n", "\\u000a")}:
            if came == signed:
                continue
            result = refused(judge(place, body=came.encode(),
                                   signature=signature), "no-match")
            found = [line for line in result.text.splitlines()
                     if line.startswith("found: ")]
            # what only differs in blanks is told as that
            assert len(found) == 1 and (
                clue in found[0] or "blank" in found[0]), (clue, came, found)


def verify_guesses_nothing_about_a_forgery(place):
    other = wire.sign(wire.fresh_secret(), DOC_ID, DOC_TIME, DOC_BODY)
    assert "found:" not in refused(judge(place, signature=other),
                                   "no-match").text


def verify_knows_a_key_of_the_secret_s_text(place):
    content = f"{DOC_ID}.{DOC_TIME}.".encode() + DOC_BODY
    for text in (DOC_SECRET, DOC_SECRET[6:]):
        mac = hmac.new(text.encode(), content, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(mac).decode()
        result = refused(judge(place, signature=signature), "no-match")
        assert "found: " in result.text and "characters" in result.text
        assert DOC_SECRET[6:] not in result.text


def verify_knows_an_expired_key(place):
    path = place.write("old", f"{DOC_SECRET} # until 2001-01-31\n", 0o600)
    result = refused(judge(place, secret=path), "no-match")
    assert "expired" in result.text


def verify_knows_url_decoding(place):
    assert "+" in DOC_SIGNATURE
    result = refused(judge(
        place, signature=DOC_SIGNATURE.replace("+", " ")), "no-match")
    assert "URL" in result.text


def verify_takes_several_signatures_and_secrets(place):
    path = place.write("two", f"{wire.fresh_secret()}\n{DOC_SECRET}\n",
                       0o600)
    result = verified(judge(
        place, secret=path, signature=f"v1,AAAA v9,x {DOC_SIGNATURE}"))
    assert "2 of 2" in result.text


def verify_takes_public_keys(place):
    path = place.write(
        "public", "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=\n",
        0o600)
    result = verified(judge(place, secret=path, signature=(
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7A"
        "ZdpXwVLPo3mNl8EM+m7TBAg==")))
    assert "v1a" in result.text


def request(place, text, *more, now=DOC_TIME):
    if isinstance(text, str):
        text = text.encode()
    return place.run("verify", "-s", place.secret, "-n", now, "--request",
                     place.write("request", text), *more)


HEAD = (f"Svix-Id: {DOC_ID}\nSVIX-TIMESTAMP:{DOC_TIME}\n"
        f"svix-signature:  {DOC_SIGNATURE} \t\n")


def verify_reads_a_raw_request(place):
    body = DOC_BODY.decode()
    whole = f"POST /x?a:b HTTP/1.1\nHost: h\n{HEAD}\n{body}"
    verified(request(place, whole))
    verified(request(place, whole.replace("\n", "\r\n")))
    verified(request(place, HEAD + "\n" + body))
    marked = "".join(f"> {line}\n"
                     for line in whole.split("\n")[:-1])
    verified(request(place, marked + body))
    verified(request(place, whole.replace("svix", "webhook")
                     .replace("Svix", "Webhook").replace("SVIX", "WebHook")))
    # exactly the length that was said; an editor has added a line feed
    verified(request(place, f"Content-Length: {len(body)}\n{HEAD}\n{body}\n"))


def verify_reads_headers_beside_a_body(place):
    path = place.write("body", DOC_BODY)
    verified(request(place, HEAD, path))
    verified(request(place, HEAD + "\nother", path))
    assert request(place, HEAD).code == USAGE


def verify_judges_doubled_headers_as_servers_hand_them_on(place):
    body = DOC_BODY.decode()
    result = refused(request(
        place, f"svix-id: other\n{HEAD}\n{body}"), "doubled-header")
    assert "svix-id" in result.text
    verified(request(place, f"svix-signature: v1,AAAA\n{HEAD}\n{body}"))


def verify_says_what_it_cannot_read(place):
    result = request(place, f"{HEAD}Transfer-Encoding: chunked\n\n0\n")
    assert result.code == DATAERR and "chunked" in result.said
    result = request(place, f"{HEAD}not a header\n\nx")
    assert result.code == DATAERR and "request:4:" in result.said
    result = request(place, f"Content-Length: 99\n{HEAD}\nx")
    assert result.code == DATAERR and "99" in result.said
    place.bad(USAGE, "verify", "-s", place.secret, "--request", "x", "--id",
              "y")


def verify_notices_a_second_family(place):
    body = DOC_BODY.decode()
    other = HEAD.lower().replace("svix", "webhook").replace(
        DOC_ID.lower(), DOC_ID).replace(DOC_SIGNATURE.lower(), DOC_SIGNATURE)
    forged = f"svix-id: a\nsvix-timestamp: {DOC_TIME}\nsvix-signature: v1,x\n"
    result = refused(request(place, f"{forged}{other}\n{body}"), "no-match")
    assert "webhook- headers" in result.text


def verify_shows_ids_escaped(place):
    result = request(place, HEAD.encode().replace(
        b"msg_", b"m\x1b]0;x\x07") + b"\n" + DOC_BODY)
    assert b"\x1b" not in result.out + result.err


def what_was_signed_verifies(place):
    for body in (b"", b"\0\n\r", b"{}" * 100000):
        path = place.write("body", body)
        head = place.write("head", place.good("sign", "-s", place.secret,
                                              path).out)
        verified(place.run("verify", "-s", place.secret, "-r", head, path))


def a_secret_in_the_wrong_place_is_not_printed(place):
    """Where a file's name is wanted, or by an option that is none."""
    secret = wire.fresh_secret()
    said = place.bad(NOINPUT, "sign", "-s", secret, stdin=b"x").said
    assert "instead of the name of its file" in said, said
    for words, env in (
            (["sign", "-s", secret], {}), (["keygen", "-f", secret], {}),
            (["audit", "-s", place.secret, "-o", secret, "x"], {}),
            (["sign"], {"HOOKCASK_SECRET_FILE": secret}),
            (["sign", "-s", place.secret, secret], {}),
            (["sign", f"--secret={secret}"], {}), ([secret], {}),
            (["help", secret], {}), (["sign", "-t", secret], {}),
            (["cat", secret, "--since", secret], {}),
            (["cat", "x", secret], {}), (["init", "--secret", secret], {}),
            (["check", "-c", secret], {}), (["dev", secret, secret], {}),
            (["send", "-s", place.secret, secret], {}),
            (["status", "-e", secret], {"HOOKCASK_CONFIG": secret})):
        result = place.run(*words, env=env)
        assert result.code not in (0, -6, -11), (words, result)
        assert secret[6:] not in result.said + result.text, (words, result)
        assert result.said != "", words


ALL = [
    sign_gives_the_published_sample, sign_reads_any_bytes,
    json_says_the_same,
    sign_makes_a_fresh_message, sign_writes_the_other_forms,
    sign_refuses_ids_that_no_receiver_takes,
    sign_finds_its_secret_everywhere, sign_wants_a_key_that_can_sign,
    verify_takes_the_published_sample, verify_names_the_step_that_failed,
    verify_says_which_header_is_missing, verify_tells_late_from_forged,
    verify_takes_the_tolerance_it_is_given,
    verify_finds_what_happened_to_a_body,
    verify_finds_who_printed_a_body_again,
    verify_guesses_nothing_about_a_forgery,
    verify_knows_a_key_of_the_secret_s_text, verify_knows_an_expired_key,
    verify_knows_url_decoding, verify_takes_several_signatures_and_secrets,
    verify_takes_public_keys, verify_reads_a_raw_request,
    verify_reads_headers_beside_a_body,
    verify_judges_doubled_headers_as_servers_hand_them_on,
    verify_says_what_it_cannot_read, verify_notices_a_second_family,
    verify_shows_ids_escaped, what_was_signed_verifies,
    a_secret_in_the_wrong_place_is_not_printed,
]
