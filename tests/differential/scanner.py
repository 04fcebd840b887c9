#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The JSON scanner against Python's json, made strict, and against json-c.

Texts are those of the tables below, and generated ones, the same at each run:
valid ones written in every way the grammar allows, and what a few changed
bytes make of them.  Each difference has to be one that a rule explains.

usage: scanner.py [NUMBER-OF-TEXTS [SEED]]
"""

import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "integration", "harness"))
from tap import Tap
from verdict import ask

DEPTH_MAX = 64

# What decides for others, by the names that such tables usually bear.
VALID = [
    b"[]", b"{}", b"0", b"-0", b"null", b"true", b"false", b'""', b" [1] ",
    b"[1,2]", b"[[]   ]", b"[-0]", b"[0e+1]", b"[0e1]", b"[123e65]",
    b"[1E+2]", b"[1E-2]", b"[123.456e78]", b"[-123]", b"[20e1]", b"[1E22]",
    b"[123456789123456789123456789]", b"[1e400]", b"[-1e-400]",
    b'{"a":"b","a":"b"}', b'{"a":"b","a":"c"}', b'{"":0}',
    b'{"foo\\u0000bar": 42}', b'{ "min": -1.0e+28, "max": 1.0e+28 }',
    b'["\\u0060\\u012a\\u12AB"]', b'["\\uD801\\udc37"]',
    b'["\\ud83d\\ude39\\ud83d\\udc8d"]', b'["\\"\\\\\\/\\b\\f\\n\\r\\t"]',
    b'["\\\\u0000"]', b'["\\u0000"]', b'["\x7f"]', b'["\xf4\x8f\xbf\xbf"]',
    b'["\xef\xbf\xbf"]', b'["\xe2\x80\xa8\xe2\x80\xa9"]',
    b'["\xe2\x81\xa4"]', b'["asd "]', b'" "', b'{"a":[]}', b"[ 4]",
    b"[null,1,\"1\",{}]", b"[1\n]", b"\t[\r\n]\n", b'["a/*b*/c/*d//e"]',
    b"[" * 64 + b"]" * 64,
]
INVALID = [
    b"", b" ", b"[1 true]", b"[a\xe5]", b'["": 1]', b'[""],', b"[,1]",
    b"[1,,2]", b'["x",,]', b'["x"]]', b'["",]', b'["x"', b"[x", b"[3[ 4]]",
    b"[\xff]", b"[1:2]", b"[,]", b"[-]", b'[   , ""]', b'["a",\n4\n,1,',
    b"[1,]", b"[1,,]", b'["\x0ba"\\f]', b"[*]", b'[""', b"[1,", b"[{}",
    b"[fals]", b"[nul]", b"[tru]", b"123\0", b"[++1234]", b"[+1]",
    b"[+Inf]", b"[-01]", b"[-1.0.]", b"[-2.]", b"[-NaN]", b"[.-1]",
    b"[.2e-3]", b"[0.1.2]", b"[0.3e+]", b"[0.3e]", b"[0.e1]", b"[0E+]",
    b"[0E]", b"[0e+]", b"[0e]", b"[1.0e+]", b"[1.0e-]", b"[1.0e]",
    b"[1 000.0]", b"[1eE2]", b"[2.e+3]", b"[2.e-3]", b"[2.e3]", b"[9.e+]",
    b"[Inf]", b"[NaN]", b"[\xef\xbc\x91]", b"[1+2]", b"[0x1]", b"[0x42]",
    b"[Infinity]", b"[0e+-1]", b"[-123.123foo]", b"[123\xe5]", b"[1e1\xe5]",
    b"[0\xe5]", b"[-Infinity]", b"[-foo]", b"[- 1]", b"[-012]", b"[-.123]",
    b"[-1x]", b"[1ea]", b"[1e\xe5]", b"[1.]", b"[.123]", b"[1.2a-3]",
    b"[1.8011670033376514H-308]", b"[012]", b'["x", truth]',
    b'{[: "x"}\n', b'{"x", null}', b'{"x"::"b"}',
    b'{"a":"a" 123}', b"{key: 'value'}", b'{"\xb9":"0",}', b'{"a" b}',
    b'{:"b"}', b'{"a" "b"}', b'{"a":', b'{"a"', b"{1:1}",
    b"{9999E9999:1}", b"{null:null,null:null}", b'{"id":0,,,,,}',
    b"{'a':0}", b'{"id":0,}', b'{"a":"b"}/**/', b'{"a":"b"}/**//',
    b'{"a":"b"}//', b'{"a":"b"}/', b'{"a":"b",,"c":"d"}',
    b'{a: "b"}', b'{"a":"a', b'{ "foo" : "bar", "a" }', b'{"a":"b"}#',
    b'["\\uD800\\"]', b'["\\uD800\\u"]', b'["\\uD800\\u1"]',
    b'["\\uD800\\u1x"]', b"[\xc3\xa9]", b'["\\\0"]', b'["\\x00"]',
    b'["\\\\\\"]', b'["\\\t"]', b'["\\\xf0\x9f\x8c\x80"]', b'["\\"]',
    b'["\\u00A"]', b'["\\uD834\\Dd"]', b'["\\uD800\\uD800\\x"]',
    b'["\\u\xe5"]', b'["\\a"]', b'["\\uqqqq"]', b'["\\\xe5"]',
    b"[\\u0020\"asd\"]", b"[\\n]", b'"', b"['single quote']", b"abc",
    b'["\\', b'["a\0a"]', b'["new\nline"]', b'["\t"]', b'"\\UA66D"',
    b'""x', b"[\xe2\x81\xa0]", b"\xef\xbb\xbf", b"<.>", b"[<null>]",
    b"[1]x", b"[1]]", b'["asd]', b"a\xc3\xa5", b"[True]", b"1]",
    b'{"x": true,', b"[][]", b"]", b"\xef\xbb\xbf{}", b"\xe5", b"[",
    b'{"', b'{"a', b"{]", b"{,", b"{[", b"{\"\\", b"*", b'{"a":"b"}#{}',
    b"[\\u000A\"\"]", b"[1", b'[ false, nul', b'[ true, fals',
    b"\xc2\x85", b"[\x0c]", b"[\xe2\x81\xa0]", b"\xa0[]",
    b'"\xc0\xaf"', b'"\xe0\x80\x80"', b'"\xed\xa0\x80"',
    b'"\xf4\x90\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\x80"',
    b'"\xfc\x84\x80\x80\x80\x80"', b'"\xc3"', b'"\xe2\x82"',
    b"\xff\xfe[\0]\0", b"/1", b"[1]\0", b"nan", b"-nan", b"NULL",
    # refused beyond the RFC, because common readers stop at them
    b'["\\uDADA"]', b'["\\uD888\\u1234"]', b'["\\uDd1e\\uD834"]',
    b'["\\ud800"]', b'["\\uDFAA"]', b"[" * 65 + b"]" * 65,
    b'{"a":' * 65 + b"1" + b"}" * 65, b"[" * 100000,
]

WORDS = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud800",
         b"\\udc00", b"0", b"-", b"1e", b"E+", b".", b"true", b"null",
         b"NaN", b"'", b"/*", b"\n", b"\t", b"\0", b"\x1f", b"\xc3\xa9",
         b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff", b'"type":', b"00",
         b"Infinity", b'"type":"a.b"']


class Writer:
    """Writes random valid texts, a different way each time."""

    def __init__(self, rng):
        self.rng = rng

    def blank(self):
        if self.rng.random() < 0.8:
            return b""
        return b"".join(self.rng.choice([b" ", b"\t", b"\n", b"\r"])
                        for _ in range(self.rng.randint(1, 3)))

    def number(self):
        rng = self.rng
        text = rng.choice(["", "-"])
        text += rng.choice(["0", str(rng.randint(1, 9)),
                            str(rng.randint(10, 10 ** rng.randint(2, 40)))])
        if rng.random() < 0.4:
            text += "." + str(rng.randint(0, 10 ** rng.randint(1, 20)))
        if rng.random() < 0.4:
            text += rng.choice("eE") + rng.choice(["", "+", "-"])
            text += str(rng.randint(0, 999))
        return text.encode()

    def character(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.6:
            c = chr(rng.randint(0x20, 0x7E))
            return b"\\" + c.encode() if c in '"\\' else c.encode()
        if kind < 0.7:
            return b"\\" + rng.choice([b'"', b"\\", b"/", b"b", b"f", b"n",
                                       b"r", b"t"])
        point = rng.choice([rng.randint(0x80, 0x7FF),
                            rng.randint(0x800, 0xD7FF),
                            rng.randint(0xE000, 0xFFFF),
                            rng.randint(0x10000, 0x10FFFF),
                            rng.randint(0, 0x7F)])
        if point >= 0x80 and kind < 0.85:
            return chr(point).encode()
        units = chr(point).encode("utf-16-be")
        return b"".join(b"\\u" + (b"%02x%02X" % (units[i], units[i + 1]))
                        for i in range(0, len(units), 2))

    def string(self):
        if self.rng.random() < 0.1:
            return self.rng.choice([b'"type"', b'"t\\u0079pe"'])
        return b'"' + b"".join(
            self.character() for _ in range(self.rng.randint(0, 12))) + b'"'

    def value(self, depth):
        rng = self.rng
        kind = rng.random()
        if depth > 0 and kind < 0.35:
            text = b"{" + self.blank() + b",".join(
                self.blank() + self.string() + self.blank() + b":" +
                self.value(depth - 1) for _ in range(rng.randint(0, 4)))
            text += b"}"
        elif depth > 0 and kind < 0.55:
            text = b"[" + self.blank() + b",".join(
                self.value(depth - 1) for _ in range(rng.randint(0, 4)))
            text += b"]"
        elif kind < 0.75:
            text = self.string()
        elif kind < 0.9:
            text = self.number()
        else:
            text = rng.choice([b"true", b"false", b"null"])
        return self.blank() + text + self.blank()

    def mutate(self, text):
        rng = self.rng
        text = bytearray(text)
        for _ in range(rng.randint(1, 3)):
            at = rng.randint(0, len(text))
            kind = rng.randint(0, 4)
            if kind == 0 and at < len(text):
                text[at] ^= 1 << rng.randint(0, 7)
            elif kind == 1:
                del text[at:at + rng.randint(1, 4)]
            elif kind == 2:
                text[at:at] = rng.choice(WORDS)
            elif kind == 3 and at < len(text):
                text[at] = rng.randint(0, 255)
            else:
                text[at:at] = text[at:at + rng.randint(1, 6)]
        return bytes(text)


def generate(count, seed):
    writer = Writer(random.Random(seed))
    texts = []
    while len(texts) < count:
        text = writer.value(writer.rng.randint(0, 5))
        texts.append(text)
        for _ in range(3):
            texts.append(writer.mutate(text))
    return texts[:count]


class Lone(Exception):
    """A surrogate without its other half."""


def has_lone(value):
    if isinstance(value, str):
        return re.search("[\ud800-\udfff]", value) is not None
    if isinstance(value, tuple):
        return any(has_lone(name) or has_lone(item) for name, item in value)
    return isinstance(value, list) and any(map(has_lone, value))


def depth_of(value):
    """Arrays are lists here, objects tuples of pairs."""
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    if isinstance(value, tuple):
        return 1 + max((depth_of(item) for _, item in value), default=0)
    return 0


def refuse(word):
    raise ValueError(word)


def python_reads(text):
    """(is it JSON, its value) by Python's reader."""
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=refuse,
                           parse_int=float, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return False, None
    return True, value


def type_of(value):
    """The top-level "type", if all of that name agree on a usable one."""
    if not isinstance(value, tuple):
        return ""
    found = [item for name, item in value if name == "type"]
    good = found and all(item == found[0] for item in found) and \
        isinstance(found[0], str) and \
        re.fullmatch("[\x21-\x7e]{1,255}", found[0])
    return found[0] if good else ""


def json_c_is_wider(text):
    """Why json-c's strict mode accepts what is no JSON: a name, or None."""
    rules = [
        ("single quotes", rb"'"),
        ("NaN and Infinity, in any case", rb"(?i)nan|inf"),
        ("leading zeros", rb"-?0[0-9]"),
        ("control bytes within a string", rb"[\x00-\x1f]"),
        ("comments", rb"/[*/]"),
        ("lone surrogate escapes", rb"\\u[dD][89a-fA-F]"),
        ("a number that breaks off",
         rb"[0-9]\.(?![0-9])|[eE][-+]?(?![0-9])|-(?![0-9])"),
    ]
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "UTF-8 that is too long, a surrogate, or past U+10FFFF"
    for name, pattern in rules:
        if re.search(pattern, text):
            return name
    return None


def json_c_is_narrower(text):
    """Why json-c 0.18's strict mode refuses what is JSON: a name, or None."""
    if any(byte >= 0x80 for byte in text):
        return "bytes past ASCII"
    if any(not -2**63 <= int(number) < 2**64 for number in
           re.findall(rb"-?[0-9]+", text)):
        return "integers past 64 bits"
    return None


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tap = Tap()
    generated = generate(count, seed)
    texts = VALID + INVALID + generated
    answers = [line.split(" ", 2) for line in ask("json", texts)]
    scanned = [answer[0] == "1" for answer in answers]

    wrong = [t for t, good in zip(VALID, scanned) if not good]
    tap.point(not wrong, f"{len(VALID)} valid texts are JSON",
              f"refused: {wrong}")
    n = len(VALID)
    wrong = [t for t, good in zip(INVALID, scanned[n:]) if good]
    tap.point(not wrong, f"{len(INVALID)} others are none",
              f"accepted: {wrong}")

    differ, types, valid = [], [], 0
    for text, good, answer in zip(texts, scanned, answers):
        theirs, value = python_reads(text)
        if theirs and (has_lone(value) or depth_of(value) > DEPTH_MAX):
            theirs = False
        if good != theirs:
            differ.append((text, good))
        elif good:
            valid += 1
            if type_of(value) != answer[2]:
                types.append((text, answer[2]))
    tap.point(not differ, f"{len(texts)} texts, {valid} of them JSON: "
              "Python says the same", f"first: {differ[:3]}")
    tap.point(not types, "and finds the same type", f"first: {types[:3]}")
    tap.point(valid > len(texts) // 5 and valid < len(texts) * 4 // 5,
              "neither kind is rare")

    wider, narrower, unexplained, unread = {}, {}, [], []
    for text, good, answer in zip(texts, scanned, answers):
        theirs = answer[1] == "1"
        if good and not theirs:
            why = json_c_is_narrower(text)
            if why is None:
                unread.append(text)
            else:
                narrower[why] = narrower.get(why, 0) + 1
        elif theirs and not good:
            why = json_c_is_wider(text)
            if why is None:
                unexplained.append(text)
            else:
                wider[why] = wider.get(why, 0) + 1
    for why in sorted(wider):
        tap.comment(f"json-c accepts: {why}: {wider[why]}")
    for why in sorted(narrower):
        tap.comment(f"json-c refuses: {why}: {narrower[why]}")
    tap.point(not unexplained, "what json-c accepts beside is known",
              f"first: {unexplained[:5]}")
    tap.point(not unread, "what json-c refuses beside is known",
              f"first: {unread[:5]}")
    return tap.done()


sys.exit(main())
