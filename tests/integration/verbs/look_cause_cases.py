# SPDX-License-Identifier: ISC
"""
The true cause: what went wrong, what the operator is told, and that doing so
helps. Each case is refused first, and accepted with the remedy alone.
"""

import base64
import hashlib
import hmac
import json
import resource
import subprocess
import time

import tool_scene
import wire
from drain_scene import RESPONDER, Store
from tool_scene import CONFIG, DOC_SECRET

NAME = "cause"
PATH = "/levers"
ALL = []


def case(function):
    ALL.append(function)
    return function


def mac(key, sent):
    return base64.b64encode(hmac.new(
        key, f"{sent.id}.{sent.timestamp}.".encode() + sent.body,
        hashlib.sha256).digest()).decode()


class Scene:
    """A store, and deliveries to it whose headers a case may spoil."""

    def __init__(self, place):
        self.place = place
        self.store = Store(place, more=f'    path = "{PATH}"\n')
        self.said = ""

    def secret(self, text):
        self.place.write("levers.secret", text + "\n", 0o600)

    def post(self, key=None, signature=None, age=0, path=PATH, without=(),
             **how):
        """The answer's status; what the operator is told is in said."""
        sent = wire.Delivery(DOC_SECRET, age=age)
        if key is not None:
            signature = "v1," + mac(key, sent)
        env = {**self.place.env, "GATEWAY_INTERFACE": "CGI/1.1",
               "REQUEST_METHOD": "POST", "SCRIPT_NAME": path,
               "HOOKCASK_CONFIG": str(self.store.conf),
               "CONTENT_LENGTH": str(len(sent.body)),
               "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "192.0.2.7"}
        for name, value in sent.headers:
            if name == "svix-signature" and signature is not None:
                value = signature
            if name not in without:
                env["HTTP_" + name.upper().replace("-", "_")] = value
        done = subprocess.run(
            [RESPONDER], input=sent.body, env=env, check=True,
            capture_output=True, timeout=tool_scene.TIME_LIMIT, **how)
        self.said = done.stderr.decode()
        return int(done.stdout.split()[1])

    def refused(self):
        """The newest refusal, as an object."""
        lines = self.place.good("refused", "-c", self.store.conf,
                                "--json").text.splitlines()
        return json.loads(lines[-1])

    def told(self, words):
        """By the operator's line, and by hookcask refused."""
        assert words in self.said, self.said
        assert words in self.refused()["hint"], self.refused()

    def check(self):
        """What hookcask check complains of."""
        return self.place.run("check", "-c", self.store.conf, "--logrotate",
                              "nowhere", "--web", "nowhere")


@case
def another_scheme(place):
    scene = Scene(place)
    for signature in ("sha256=" + "ab" * 32, "ab" * 32, "q" * 43 + "="):
        assert scene.post(signature=signature) == 401
        scene.told("this sender signs in another way")
    assert scene.post() == 200


@case
def no_signing_secret_at_the_sender(place):
    scene = Scene(place)
    assert scene.post(without=("svix-signature",)) == 400
    scene.told("the sender has no signing secret for this endpoint")
    assert scene.post() == 200


@case
def headers_that_were_dropped(place):
    scene = Scene(place)
    for names in (("svix-id",), ("svix-id", "svix-timestamp",
                                 "svix-signature")):
        assert scene.post(without=names) == 400
        scene.told("drops or renames headers")
    assert scene.post() == 200


def bad_secret(place, text, words, right, key=None):
    """503 for all; the line, check and the remedy."""
    scene = Scene(place)
    scene.secret(text)
    assert scene.post(key) == 503
    assert words in scene.said, scene.said
    result = scene.check()
    assert result.code == CONFIG and words in result.said, result
    scene.secret(right)
    assert scene.post(key) == 200, scene.said
    assert scene.check().code == 0


@case
def a_secret_in_quotes(place):
    bad_secret(place, f'"{DOC_SECRET}"', "in quotes; take them off",
               DOC_SECRET)


@case
def a_version_before_the_secret(place):
    bad_secret(place, f"v1,{DOC_SECRET}", "drop the version", DOC_SECRET)


@case
def a_secret_that_is_the_key(place):
    text = "polar_whs_0123456789abcdefghij"
    bad_secret(place, text, "write text: in front of it", f"text:{text}",
               text.encode())


def doubtful_secret(place, text, words, right, key, status=401):
    """It is accepted as a secret; check names what may be meant."""
    scene = Scene(place)
    scene.secret(text)
    assert scene.post(key) == status
    result = scene.check()
    assert result.code == 0 and words in result.said, result
    scene.secret(right)
    assert scene.post(key) == 200, scene.said
    assert words not in scene.check().said


@case
def hexadecimal_digits(place):
    digits = "00112233445566778899aabbccddeeff" * 2
    doubtful_secret(place, digits, "write hex: in front", f"hex:{digits}",
                    bytes.fromhex(digits))


@case
def a_text_that_is_base64(place):
    doubtful_secret(place, f"text:{DOC_SECRET}", "drop text:", DOC_SECRET,
                    wire.key_of(DOC_SECRET))


@case
def the_same_secret_twice(place):
    doubtful_secret(place, f"{DOC_SECRET}\n{DOC_SECRET}",
                    "the same secret twice", DOC_SECRET,
                    wire.key_of(DOC_SECRET), 200)


@case
def another_endpoint_s_secret(place):
    scene = Scene(place)
    scene.secret(wire.fresh_secret())
    assert scene.post() == 401
    assert "another endpoint's" in scene.refused()["hint"]
    scene.secret(DOC_SECRET)
    assert scene.post() == 200


@case
def an_expired_secret(place):
    scene = Scene(place)
    assert scene.post() == 200
    scene.secret(f"{DOC_SECRET} # until 2020-01-01")
    assert scene.post() == 401
    assert "expired here" in scene.refused()["hint"], scene.refused()
    assert "every secret has expired" in scene.check().said
    scene.secret(DOC_SECRET)
    assert scene.post() == 200


@case
def one_sender_s_clock(place):
    scene = Scene(place)
    assert scene.post(age=-3600) == 401
    scene.told("set this machine's clock by NTP; if for one sender only, it "
               "is that sender's clock")
    time.sleep(0.01)    # a match that is younger, by the clock
    assert scene.post() == 200
    assert "agrees with the sender's now" in scene.refused()["hint"]


@case
def a_path_that_no_endpoint_has(place):
    scene = Scene(place)
    path = "/levers/\x1b[31m" + "x" * 200
    assert scene.post(path=path) == 404
    scene.told("compare the path with those of the endpoints")
    shown = scene.refused()["path"]
    assert shown.startswith("/levers/") and len(shown) <= 128, shown
    assert "\x1b" not in shown
    assert f"configured={PATH}" in scene.said.replace('"', ""), scene.said
    assert scene.post() == 200


@case
def too_few_open_files(place):
    """The disk is not to blame, wherever they run out."""
    scene = Scene(place)
    assert scene.post() == 200
    seen = []
    for most in range(5, 32):
        status = scene.post(preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (most, most)))
        if status == 200:
            break
        seen.append(scene.said)
    blamed = [said for said in seen if "Too many open files" in said]
    assert blamed and all("raise LimitNOFILE=" in said and
                          "check the disk" not in said
                          for said in blamed), blamed
