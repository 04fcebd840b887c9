# SPDX-License-Identifier: ISC
"""The command line itself: verbs, options, help, exit codes."""

import re
import subprocess

from tap import Skip
from tool_scene import (BUILD, DOC_BODY, DOC_ID, DOC_SIGNATURE, DOC_TIME,
                        NOINPUT, SOURCE, USAGE, Endpoint, command)

NAME = "usage"
HAVE_CURL = "#define HAVE_CURL 1" in (BUILD / "config.h").read_text()
VERBS = re.findall(r"&verb_(\w+),",
                   (SOURCE / "src/cli/main.c").read_text())


def no_verb_is_an_error_that_leads_to_help(place):
    assert "hookcask help" in place.bad(USAGE).said


def an_unknown_verb_is_refused(place):
    assert "frob" in place.bad(USAGE, "frob").said
    place.bad(USAGE, "help", "frob")


def help_lists_every_verb(place):
    text = place.good("help").text
    assert VERBS
    for verb in VERBS:
        assert f"\n  {verb} " in text, verb
    for words in (["--help"], ["-h"], ["help", "--help"], ["help", "-h"]):
        assert place.good(*words).text == text, words
    assert "not one of bash" in place.bad(USAGE, "help", "--completion").said


def each_verb_explains_itself(place):
    for verb in VERBS:
        text = place.good("help", verb).text
        assert text.startswith(f"usage: hookcask {verb} "), text
        assert place.good(verb, "--help").text == text
        assert place.good(verb, "-h", "--", "x").text == text


def the_version_is_the_package_s(place):
    assert place.good("--version").text.startswith("hookcask 0.")


def unknown_options_are_refused(place):
    place.bad(USAGE, "sign", "--no-such-thing")
    place.bad(USAGE, "sign", "-Z")
    # never guessed from its first letters
    place.bad(USAGE, "sign", "--secret", "x")


def options_are_not_taken_twice(place):
    place.bad(USAGE, "sign", "--id", "a", "--id", "b")
    place.bad(USAGE, "sign", "-i", "a", "--id=b")


def values_are_needed_and_only_where_they_belong(place):
    place.bad(USAGE, "sign", "--id")
    place.bad(USAGE, "sign", "-i")
    place.bad(USAGE, "sign", "--comma=yes")


def values_attach_in_every_usual_way(place):
    place.write("body", "x")
    for form in (["--secret-file", place.secret],
                 [f"--secret-file={place.secret}"],
                 ["-s", place.secret], [f"-s{place.secret}"]):
        place.good("sign", *form, "body")
        place.good("sign", "body", *form)


def two_dashes_end_the_options(place):
    place.write("--comma", "x")
    out = place.good("sign", "-s", place.secret, "--", "--comma").text
    assert "v1," in out and "t=" not in out


def too_many_operands_are_refused(place):
    place.bad(USAGE, "sign", "a", "b")
    place.bad(USAGE, "send")
    place.bad(USAGE, "check", "a")


def numbers_are_whole_and_in_range(place):
    for number in ("", "x", "1x", " 1", "+1", "0", "1.5", "0x10",
                   "999999999999999", "99999999999999999999"):
        place.bad(USAGE, "sign", "-s", place.secret, "-t", number)


def what_is_named_in_a_message_cannot_steer_a_terminal(place):
    said = place.bad(NOINPUT, "cat", "a\x1b]0;b\x07\nc\x9b").err
    assert said.count(b"\n") == 1, said
    assert b"a\\x1B]0;b\\x07\\x0Ac" in said, said
    assert not any(byte < 0x20 and byte != 10 or byte > 0x7e
                   for byte in said)


def a_full_disk_behind_standard_output_is_an_error(place):
    try:
        full = open("/dev/full", "wb")
    except OSError as why:
        raise Skip("there is no /dev/full here") from why
    conf = place.config()
    place.write("body", DOC_BODY)
    doc = ["-s", place.secret, "-i", DOC_ID, "-t", DOC_TIME, "body"]
    verdict = ["verify", "-n", DOC_TIME, "-g", DOC_SIGNATURE, *doc]
    words = [["keygen"], ["keygen", "-f", place.secret], ["sign", *doc],
             ["sign", "--json", *doc], verdict, [*verdict, "--json"],
             ["config"], ["config", "-c", conf, "nginx"], ["help"],
             ["help", "cat"], ["cat", "--help"], ["--version"],
             ["help", "--completion", "bash"], ["check", "-c", conf],
             ["check", "-c", conf, "--print"],
             ["init", "--config", place.top / "c/h.conf", "--log",
              place.top / "l/l.jsonl", "--secret-file",
              place.top / "c/secret"]]
    with Endpoint() as server, full:
        if HAVE_CURL:
            words += [[verb, "-s", place.secret, *more, server.url]
                      for verb in ("send", "probe")
                      for more in ([], ["--json"])]
        for each in words:
            process = subprocess.run(
                command(*each), stdout=full, stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL, env=place.env, cwd=place.top,
                timeout=60, check=False)
            assert process.returncode == 74, (each, process)
            assert b"standard output: " in process.stderr, (each, process)


ALL = [
    no_verb_is_an_error_that_leads_to_help, an_unknown_verb_is_refused,
    help_lists_every_verb, each_verb_explains_itself,
    the_version_is_the_package_s, unknown_options_are_refused,
    options_are_not_taken_twice,
    values_are_needed_and_only_where_they_belong,
    values_attach_in_every_usual_way, two_dashes_end_the_options,
    too_many_operands_are_refused, numbers_are_whole_and_in_range,
    what_is_named_in_a_message_cannot_steer_a_terminal,
    a_full_disk_behind_standard_output_is_an_error,
]
