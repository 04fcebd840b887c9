#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Counts the instructions of each step of a delivery (callgrind) and holds them
against instructions.txt. More than the table allows is a failure: a commit
that raises a number says why.

    instructions.py [--write] [STEP ...]

The counts are those of user space and do not depend on the machine, but on
compiler, flags and libraries: where these differ from the table's, the
numbers are printed and nothing fails. Needs top_builddir and top_srcdir.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ.get("top_builddir", ".")).resolve()
TABLE = pathlib.Path(__file__).resolve().parent / "instructions.txt"
COUNT = BUILD / "tests/bench/count"
STEPS = ("mac", "verify", "scan", "record", "log", "spool", "delivery")
MARGIN = 1.03
FEW, MORE = 100, 600  # what is done once falls out of the difference


def made_with():
    """All that the numbers depend on."""
    versions = subprocess.run([COUNT, "versions"], check=True, text=True,
                              capture_output=True).stdout.strip()
    flags = os.environ.get("CFLAGS", "")
    return f"{versions}, {os.uname().machine}, {flags}".rstrip(", ")


def instructions(step, times):
    with tempfile.TemporaryDirectory(prefix="hookcask.") as folder:
        out = pathlib.Path(folder) / "out"
        subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
             str(COUNT), step, str(times), folder], check=True,
            capture_output=True)
        return int(re.search(r"^(?:summary|totals): (\d+)",
                             out.read_text(), re.M).group(1))


def count(step):
    """A single one of that step."""
    each = round((instructions(step, MORE) - instructions(step, FEW)) /
                 (MORE - FEW))
    # the signature is the sender's work
    return each - count("sender") if step == "delivery" else each


def read_table():
    text = TABLE.read_text() if TABLE.exists() else ""
    made = re.search(r"^# made with: (.*)$", text, re.M)
    return made and made.group(1), {
        step: int(number) for step, number in
        re.findall(r"^(\w+)\t(\d+)$", text, re.M)}


def write_table(counts):
    TABLE.write_text(
        "# SPDX-License-Identifier: ISC\n"
        "# Instructions in user space, of one step each (tests/bench/count.c),"
        "\n# compared by \"make check-instructions\" with 3 % to spare.\n"
        f"# made with: {made_with()}\n" +
        "".join(f"{step}\t{number}\n" for step, number in counts.items()))


def main():
    if not shutil.which("valgrind"):
        print("valgrind is not here")
        return 77
    wanted = [a for a in sys.argv[1:] if a != "--write"] or STEPS
    made, table = read_table()
    comparable = made == made_with()
    if table and not comparable:
        print(f"the table was made with: {made}\n"
              f"this is:                 {made_with()}")
    bad = 0
    counts = {}
    for step in wanted:
        counts[step] = count(step)
        verdict = ""
        if comparable and step in table:
            ratio = counts[step] / table[step]
            verdict = "ok"
            if ratio > MARGIN:
                verdict = f"{(ratio - 1) * 100:.1f} % more than the table"
                bad += 1
            elif ratio < 1 / MARGIN:
                verdict = "fewer: write it down (--write)"
        print(f"{step:10} {counts[step]:8} {table.get(step, 0):8}  {verdict}",
              flush=True)
    if "--write" in sys.argv:
        write_table({**table, **counts})
        return 0
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
