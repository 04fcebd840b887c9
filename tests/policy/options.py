#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Every option of every verb that --help lists is given by a test or by an
example of the manual. What they gave the tool they wrote down while they ran:
a list of words a line, in tests/integration/*.given of the build.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

BUILD = pathlib.Path(os.environ.get("top_builddir", ".")).resolve()
TOOL = BUILD / "hookcask"
LINE = re.compile(r"  (?:-(\w), |    )--([a-z-]+) (\S*)  ")


def told(*words):
    return subprocess.run([TOOL, *words], capture_output=True, check=True,
                          text=True).stdout


def options(verb):
    """{"-c" and "--config": (name, takes a value)}, as --help has them."""
    found = {}
    for letter, name, value in LINE.findall(told(verb, "--help")):
        found["--" + name] = found["-" + letter] = (name, value != "")
    found.pop("-", None)
    return found


def names_given(words, known):
    """The options among the words after a verb, read as the tool does."""
    words = iter(words)
    for word in words:
        if word == "--":
            return
        if word.startswith("--"):
            option, equals, _ = word.partition("=")
            name, takes_value = known.get(option, (None, False))
            yield name
            if takes_value and not equals:
                next(words, None)
            continue
        for i, letter in enumerate(word[1:] if word[:1] == "-" else ""):
            name, takes_value = known.get("-" + letter, (None, False))
            yield name
            if takes_value:
                if i + 2 == len(word):
                    next(words, None)
                break


def lacking(verb):
    """What the tests of a verb need, and this build or machine has not."""
    if verb in ("probe", "replay", "send") and \
            "#define HAVE_CURL 1" not in (BUILD / "config.h").read_text():
        return "libcurl"
    if verb == "dev" and not shutil.which(
            "lighttpd", path="/usr/sbin:/usr/local/sbin:/usr/bin"):
        return "lighttpd"
    return ""


def main():
    if not TOOL.exists():
        print("1..0 # SKIP the tool is not built here")
        return 0
    lines = [json.loads(line) for path in
             sorted((BUILD / "tests/integration").glob("*.given"))
             for line in path.read_text(encoding="utf-8").splitlines()]
    verbs = re.findall(r"^  ([a-z]+)  ", told("help"), re.M)
    bad = 0
    for number, verb in enumerate(verbs, 1):
        known = options(verb)
        given = {name for words in lines if words[:1] == [verb]
                 for name in names_given(words[1:], known)}
        missing = {name for name, _ in known.values()} - given
        point = f"ok {number} - {verb}: each of its options is given by a test"
        if missing and lacking(verb):
            print(f"{point} # SKIP {lacking(verb)} is missing")
            continue
        bad += bool(missing)
        print(f"{'not ' if missing else ''}{point}")
        for name in sorted(missing):
            print(f"# --{name}: by none")
    print(f"1..{len(verbs)}")
    return 1 if bad or not verbs else 0


if __name__ == "__main__":
    sys.exit(main())
