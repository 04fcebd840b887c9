#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Every hint about a store or a consumer, as the source has it, is followed by a
test: its words are in a list of tests/integration/verbs/hint_cases.py. Each
word of these lists is in the source.
"""

import ast
import os
import pathlib
import re
import sys

TOP = pathlib.Path(os.environ.get("top_srcdir",
                                  pathlib.Path(__file__).parents[2]))
CASES = TOP / "tests/integration/verbs/hint_cases.py"
ROOMS = ("store", "index", "stats", "cli/batch", "cli/consumer", "cli/engine",
         "cli/keep", "cli/look", "cli/reading", "cli/host", "cli/setup",
         "config")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
PART = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
TEXT = re.compile(PART.pattern + r'(?:\s*(?:PRI[du]64\s*)?' + PART.pattern +
                  ")*")
# what it is told to do: a verb of ours, or by hand
HINT = re.compile(
    r'\b(?:see|run) "?hookcask|"hookcask (?:index|drain)|\(hookcask [fdil]|'
    r"\bch(?:mod|own) |\b(?:move|bring) (?:it|this|the)|[Rr]estore it|"
    r"(?:;|then) remove |remove (?:the|those) |\bput the file|--from-start says|"
    r"with --since TIME|set by NTP|end the one|"
    r"set it by NTP|choose another path|disk mounted|make it|run this as|"
    r"give the name|\"hookcask config")
# not of a store or a consumer
OTHER = ("config_", "cmd_init", "cmd_probe", "cmd_config", "cmd_dev", "parts",
         "places", "plan", "probe_", "server", "template", "hidden")
NONE = {
    "see hookcask failed --help": "usage",
    "remove the oldest files": "usage",
    "remove the files of a spool": "usage",
    "let the spool's owner make it": "drain_log_cases.py",
    "exists already; choose": "usage",
    "the same secret twice; remove one": "look_cause_cases.py",
    "remove those that the sender no longer uses": "test_keyset.c",
    "usually show to everybody; move it": "tool_check_cases.py",
    "shows to everybody; move it": "tool_check_cases.py",
    "every delivery will be refused; set it by NTP": "nothing of ours",
    "or deliveries will be refused": "nothing of ours",
}


def hints():
    for room in ROOMS:
        for path in sorted((TOP / "src" / room).glob("*.c")):
            if path.stem.startswith(OTHER):
                continue
            text = COMMENT.sub("", path.read_text())
            for found in TEXT.finditer(text):
                joined = "".join(PART.findall(found.group()))
                joined = joined.replace('\\"', '"')
                if HINT.search(joined):
                    yield path.relative_to(TOP), joined


def listed():
    """The words that decorators give, and the keys of ELSEWHERE."""
    tree = ast.parse(CASES.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and \
                getattr(node.func, "id", "") == "follows":
            yield from (ast.literal_eval(word) for word in node.args)
        if isinstance(node, ast.Assign) and \
                getattr(node.targets[0], "id", "") == "ELSEWHERE":
            yield from (ast.literal_eval(key) for key in node.value.keys)


def point(number, faults, name):
    print(f"{'not ok' if faults else 'ok'} {number} - {name}")
    for fault in faults:
        print(f"# {fault}")


def main():
    known, source = list(listed()), list(hints())
    point(1, [f"{path}: {text}" for path, text in source
              if not any(word in text for word in (*known, *NONE))],
          "each hint is followed by a test")
    point(2, [word for word in (*known, *NONE)
              if not any(word in text for _, text in source)],
          "each hint of the list is in the source")
    point(3, [] if len(source) > 40 else [f"{len(source)} hints"],
          "hints were found")
    print("1..3")
    return 0


if __name__ == "__main__":
    sys.exit(main())
