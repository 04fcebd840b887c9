#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The verifier against the published libraries, npm's svix and
standardwebhooks, on genuine messages and on what mutations make of them, the
same at each run.  Each difference has to be one that a rule explains.

They are not fetched here: DIFFERENTIAL_NODE_DIR names a directory in which
"npm install svix standardwebhooks" was run; without it this is skipped.

usage: verifier.py [NUMBER-OF-CASES [SEED]]
"""

import base64
import hashlib
import hmac
import json
import os
import random
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "integration", "harness"))
from tap import Tap
from verdict import ask

NOW = 1700000000
TOLERANCE = 300
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = base64.b64decode(SECRET[6:])
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
PARTS = ("id", "timestamp", "signature")
WRONG = "Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def sign(msg_id, timestamp, body, key=KEY):
    content = msg_id.encode() + b"." + timestamp.encode() + b"." + body
    return base64.b64encode(
        hmac.new(key, content, hashlib.sha256).digest()).decode()


def as_number(timestamp):
    """What JavaScript signs: parseInt(timestamp, 10), as it prints it."""
    match = re.match(r"[ \t\n\r]*([+-]?[0-9]+)", timestamp)
    return str(int(match.group(1))) if match else "NaN"


class Maker:
    """Random deliveries: most of them genuine but for one oddity."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def body(self):
        rng = self.rng
        return rng.choice([
            b'{"test": 2432232314}', b"", b"[]", b"no json",
            json.dumps({"type": "a", "n": rng.randint(0, 9999)}).encode(),
            "{\"a\":\"\u00e9\u20ac\U0001f600\"}".encode(),
            b'{"a":"\xff\xfe"}', b"\0\1\2",
            bytes(rng.randint(0, 255) for _ in range(rng.randint(1, 40)))])

    def msg_id(self):
        rng = self.rng
        good = "msg_" + "".join(rng.choice("abcXYZ019") for _ in range(27))
        return good if rng.random() < 0.7 else rng.choice([
            good + "." + "x", "", " " + good, good + " ", "\u00e9" + good,
            "a" * 256, "a" * 257, "!~", good + "\x7f", "a\tb"])

    def timestamp(self):
        rng = self.rng
        at = NOW + rng.choice([0, 0, 0, 1, -1, 299, 300, 301, -299, -300,
                               -301, rng.randint(-400, 400)])
        return str(at) if rng.random() < 0.7 else rng.choice([
            f" {at}", f"{at} ", f"+{at}", f"0{at}", f"{at}.0", f"{at}s",
            f"{at},{at}", f"{at}, {at}", "", "hello", "0", f"-{at}",
            f"{at}e0", f"0x{at:x}", "1.7e9", str(at * 1000), "9" * 20,
            f"{at:x}"])

    def header(self, good, timestamp):
        rng = self.rng
        v1 = "v1," + good
        bad = "v1," + WRONG
        i = rng.randint(0, len(good) - 1)
        flipped = good[:i] + rng.choice("ABCabc019+/=") + good[i + 1:]
        return rng.choice([
            v1, v1, v1, f"{bad} {v1}", f"{v1} {bad}", f"v2,x {v1}",
            f"v1a,{'A' * 86}== {v1}", "v1," + flipped, "v1," + good[:-1],
            "v1," + good + "=", "v1," + good[:8], "v1,", "v1", "", "v1 ,",
            f" {v1}", f"{v1} ", f"{bad}  {v1}", f"x {v1}", f"{bad}\t{v1}",
            f"{v1}\t{bad}", f"{v1},extra", f"{v1},", f"{v1},{bad}",
            f"{bad},{v1}", f"{bad}, {v1}", f"{v1}, {bad}", "V" + v1[1:],
            "v10," + good, "v1a," + good, good, "v1=" + good,
            f"t={timestamp},v1={good}", f"t={timestamp},v1={WRONG},v1={good}",
            f"t={timestamp}, v1={good}", f"t=1,v1={good}",
            f"t={timestamp} {v1}", f"{v1} t={timestamp}", f"t=,{v1}",
            "v1," + good.rstrip("="), "v1," + good.replace("+", "-"),
            "v1," + good.lower(), ",".join([bad] * 200 + [v1]),
            " ".join([bad] * 160 + [v1]), " ".join([bad] * 200 + [v1]),
            f"v2,{v1}", f"{v1[:3]} {good}", f"v1,{good}\x0b", f"v1;{good}",
            " ".join([v1] * 3)])

    def secret(self):
        rng = self.rng
        if rng.random() < 0.8:
            return SECRET
        return rng.choice([
            OTHER, SECRET[6:], SECRET + "\n", " " + SECRET, "", "whsec_",
            SECRET[:20] + "\n" + SECRET[20:], "whsec_" + SECRET,
            "v1," + SECRET, "whpk_" + SECRET[6:], "whsk_" + SECRET[6:],
            "WHSEC_" + SECRET[6:], "whsec_" + "A" * 20, "whsec_====",
            SECRET[:-1], SECRET + "=", SECRET + "A", SECRET + "AA==",
            SECRET.replace("9", "-"), "whsec_" + "A" * 200, "sk_" + SECRET])

    def message(self):
        rng = self.rng
        body, msg_id = self.body(), self.msg_id()
        timestamp = self.timestamp()
        signed = as_number(timestamp) if rng.random() < 0.7 else timestamp
        text = body
        if rng.random() < 0.5:
            text = body.decode("utf-8", "replace").encode()
        good = sign(msg_id, signed, text)
        headers = dict(zip(PARTS, (msg_id, timestamp,
                                   self.header(good, timestamp))))
        if rng.random() < 0.05:
            del headers[rng.choice(PARTS)]
        return {"secret": self.secret(), "now": NOW, "body": body,
                "headers": self.families(headers, msg_id, body)}

    def families(self, headers, msg_id, body):
        """Under which names they come."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.45:
            return {"svix-" + name: v for name, v in headers.items()}
        if kind < 0.8:
            return {"webhook-" + name: v for name, v in headers.items()}
        if kind < 0.9:
            return {rng.choice(["svix-", "webhook-"]) + name: v
                    for name, v in headers.items()}
        both = {"webhook-" + name: v for name, v in headers.items()}
        both["svix-" + rng.choice(PARTS)] = rng.choice(["", "x", msg_id])
        if rng.random() < 0.3:
            wrong = "v1," + sign(msg_id, str(NOW), body + b"!")
            both.update({"svix-id": msg_id, "svix-timestamp": str(NOW),
                         "svix-signature": wrong})
        return both


# -- what explains a difference ---------------------------------------------------
def chosen(case):
    """The three values that count here: the first complete family's."""
    for family in ("svix-", "webhook-"):
        values = [case["headers"].get(family + name, "") for name in PARTS]
        if all(values):
            return values
    return None


def per_header(case):
    """And in JavaScript, which looks at each header by itself."""
    h = case["headers"]
    return [h.get("svix-" + name, h.get("webhook-" + name))
            for name in PARTS]


def is_utf8(body):
    try:
        body.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False


def has_t_atom(header):
    return any(atom.startswith("t=") for atom in re.split("[ \t,]", header))


def javascript_tries(header):
    """The texts that JavaScript compares: the second word of v1 entries."""
    entries = [entry.split(",") for entry in header.split(" ")]
    return [e[1] for e in entries if e[0] == "v1" and len(e) > 1]


def stricter(case):
    """We refuse what a library accepts: the rule's name, or None."""
    if re.fullmatch(r"(whsec_)?([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|"
                    r"[A-Za-z0-9+/]{3}=?)?", case["secret"].strip()) is None:
        return "a secret is strict base64 after whsec_"
    text = case["secret"].strip()
    text = text[6:] if text.startswith("whsec_") else text
    text += "=" * (-len(text) % 4)
    if base64.b64encode(base64.b64decode(text)).decode() != text:
        return "a secret's spare bits are zero"
    if len(base64.b64decode(text)) < 16:
        return "a key has 16 bytes or more"
    values = chosen(case)
    if values is None or values != per_header(case):
        return "the three headers are of one family"
    msg_id, timestamp, header = values
    if re.fullmatch(r"[!-\-/-~]{1,256}", msg_id) is None:
        return "an id is 1 to 256 printable characters without a dot"
    if re.fullmatch(r"[1-9][0-9]{0,14}", timestamp) is None:
        return "a timestamp is digits, and nothing else"
    if len(header) > 8192:
        return "a signature header has 8192 bytes at most"
    if has_t_atom(header):
        return "t= makes it the comma form, which is checked as a whole"
    if not is_utf8(case["body"]):
        return "the bytes are signed, not a lossy text of them"
    return None


def wider(case):
    """We accept what a library refuses."""
    values = chosen(case)
    if values is None:
        return None
    msg_id, timestamp, header = values
    if values != per_header(case):
        return "a complete family counts, whatever comes of the other"
    if case["secret"] != case["secret"].strip():
        return "blanks and line ends around a secret do not count"
    if not is_utf8(case["body"]):
        return "the bytes are signed, not a lossy text of them"
    if header.startswith("t="):
        return "the comma form t=...,v1=... is read"
    good = sign(msg_id, timestamp, case["body"])
    if good not in javascript_tries(header):
        return "entries may be parted by commas and tabs"
    return None


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    modules = os.environ.get("DIFFERENTIAL_NODE_DIR", "")
    if shutil.which("node") is None:
        print("1..0 # SKIP node is not installed")
        return 0
    if not os.path.isdir(os.path.join(modules, "node_modules", "svix")):
        print("1..0 # SKIP DIFFERENTIAL_NODE_DIR names no directory with "
              "svix and standardwebhooks")
        return 0
    tap = Tap()
    maker = Maker(seed)
    cases = [maker.message() for _ in range(count)]
    fields = []
    for case in cases:
        h = case["headers"]
        fields += [case["secret"].encode(), str(case["now"]).encode()]
        fields += [h.get(family + name, "").encode()
                   for family in ("svix-", "webhook-") for name in PARTS]
        fields.append(case["body"])
    ours = [line == "ok" for line in ask("verify", fields)]
    lines = "".join(json.dumps(
        {**c, "body": base64.b64encode(c["body"]).decode()}) + "\n"
        for c in cases)
    done = subprocess.run(
        ["node", os.path.join(HERE, "verifier.mjs"),
         os.path.abspath(modules)], input=lines.encode(), check=True,
        stdout=subprocess.PIPE, timeout=300)
    theirs = [line.split() for line in done.stdout.decode().splitlines()]

    for i, library in enumerate(("svix", "standardwebhooks")):
        rules, unexplained, both = {}, [], 0
        for case, good, words in zip(cases, ours, theirs):
            # it knows one family only
            if i == 1 and any(n.startswith("svix-")
                              for n in case["headers"]):
                continue
            if good == (words[i] == "ok"):
                both += good
                continue
            why = wider(case) if good else stricter(case)
            if why is None:
                unexplained.append((case, good, words[i]))
            else:
                word = "accepts" if good else "refuses"
                rules[word, why] = rules.get((word, why), 0) + 1
        for (word, why), n in sorted(rules.items()):
            tap.comment(f"hookcask {word} {n}: {why}")
        tap.point(not unexplained, f"{library}: {both} of {count} accepted "
                  "by both; every difference has its rule",
                  f"first: {unexplained[:3]}")
        tap.point(both > count // 30, f"{library}: enough was accepted")
    return tap.done()


sys.exit(main())
