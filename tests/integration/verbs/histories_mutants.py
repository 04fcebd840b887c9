#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Takes one remedy at a time out of the tool or the responder and plays
histories: each such mutant must make some history fail.

    histories_mutants.py [--places] [--seeds N] [--learn] [NAME ...]

The list is histories_mutants.txt, in the format of tests/crash/mutants.txt;
"dies: seed N" is the history that is known to fail.  --places: only looks that
each text is where it should be.  --seeds: how many are tried, from 1, where
none is known or that one passes (40).  --learn: writes the seed into the list.
Needs a build (top_builddir), as its programs are linked again.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[2]
sys.path.insert(0, str(TOP / "tests/crash"))

import mutants

BUILD = mutants.BUILD
LIST = HERE / "histories_mutants.txt"
LIBS = shlex.split(os.environ.get(
    "MUTANT_LIBS", "-lsqlite3 -lhogweed -lnettle -lgmp -ljson-c -lcurl -lz "
    "-lzstd -lfcgi -lpthread"))
# program: its own object, the archives
PROGRAMS = {
    "hookcask": ("src/cli/hookcask-main.o", ["libcli.a"]),
    "hookcask.fcgi": ("src/responder/hookcask_fcgi-main.o",
                      ["libresponder.a"]),
}


def link(mutant, folder):
    """Both programs with the mutated file in the place of its own."""
    path = TOP / mutant["file"]
    start, end = mutants.place(mutant)
    text = path.read_text()
    changed = folder / path.name
    changed.write_text(text[:start] + mutant["new"] + text[end:])
    target = folder / "mutant.o"
    mutants.compile_file(changed, target)
    for program, (main, archives) in PROGRAMS.items():
        if program != "hookcask" and "src/cli/" in mutant["file"]:
            shutil.copy(BUILD / program, folder / program)
            continue
        subprocess.run(
            mutants.CC + ["-o", str(folder / program), str(BUILD / main),
                          str(target)] +
            [str(BUILD / name) for name in
             archives + ["libcore.a", ".libs/libhkc.a"]] + LIBS, check=True)


def play(seed, folder):
    """What the history says of it, or None."""
    run = subprocess.run(
        [sys.executable, str(HERE / "histories.py"), "--seed", str(seed)],
        text=True, capture_output=True, check=False, timeout=600,
        env=dict(os.environ, top_builddir=str(folder), top_srcdir=str(TOP)))
    found = re.search(r"^not ok.*\n# (.*)", run.stdout, re.M)
    return found.group(1) if found else None


def killer(mutant, folder, seeds):
    link(mutant, folder)
    known = re.fullmatch(r"seed (\d+)", mutant["scene"] or "")
    tried = [int(known.group(1))] if known else []
    for seed in tried + list(range(1, seeds + 1)):
        said = play(seed, folder)
        if said is not None:
            return seed, said
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", action="store_true")
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    known = mutants.read_mutants(LIST.read_text())
    for mutant in known:
        mutants.place(mutant)
    if args.places:
        print(f"{len(known)} mutants of histories")
        return 0
    lives = 0
    for mutant in known:
        if args.name and not any(n in mutant["name"] for n in args.name):
            continue
        with tempfile.TemporaryDirectory(prefix="hookcask.") as name:
            found = killer(mutant, pathlib.Path(name), args.seeds)
        lives += found is None
        print(mutant["name"])
        print("    LIVES" if found is None else
              f"    killed by: seed {found[0]}\n        {found[1]}",
              flush=True)
        if found and args.learn:
            text = LIST.read_text()
            at = text.index(f"== {mutant['name']}\n")
            file_at = text.index("file: ", at)
            LIST.write_text(text[:at] + f"== {mutant['name']}\n"
                            f"dies: seed {found[0]}\n" + text[file_at:])
    print(f"{lives} live")
    return 1 if lives else 0


if __name__ == "__main__":
    sys.exit(main())
