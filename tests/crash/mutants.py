# SPDX-License-Identifier: ISC
"""Takes one sync, lock, step or look away from the stores at a time and runs
the sweep: each such mutant must die of some test, or be listed with the
reason why it does the same as the original.

    mutants.py [NAME ...]       only those whose name contains one of these

Prints a table: mutant, the test that killed it, what was seen.  Needs the
build directory's config.h and libraries (top_builddir, top_srcdir, CC, and
MUTANT_LIBS for what the linker wants).
"""

import concurrent.futures
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(os.environ.get("top_srcdir",
                                  pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("top_builddir", ".")).resolve()
CC = shlex.split(os.environ.get("CC", "cc"))
LIBS = shlex.split(os.environ.get(
    "MUTANT_LIBS", "-lsqlite3 -lhogweed -lnettle -lgmp -lpthread"))
FLAGS = ["-std=gnu11", "-O1", "-DHAVE_CONFIG_H", "-w"]
WRAP = "-Wl,--wrap=fileops_clock_ms"


def read_mutants(path):
    """Blocks: "== name", "= reason" if equivalent, file, <, text, =, text, >.
    """
    pattern = re.compile(
        r"^== (?P<name>.*)\n(?:equivalent: (?P<reason>(?:.*\n)+?))?"
        r"file: (?P<file>.*)\n<<<<\n(?P<old>(?:.*\n)*?)====\n"
        r"(?P<new>(?:.*\n)*?)>>>>$", re.M)
    return [match.groupdict() for match in pattern.finditer(
        path.read_text())]


def sources(top):
    core = [p for p in sorted((top / "src/core").glob("*.c"))
            if not p.name.startswith("config")
            and p.name not in ("keyring.c", "keyset.c")]
    tests = [p for p in sorted((TOP / "tests/crash").glob("*.c"))
             if p.name != "driver.c"]
    return core + sorted((top / "src/lib").glob("*.c")) + tests


def compile_file(path, target, top):
    include = [f"-I{BUILD}", f"-I{top}/include", f"-I{top}/src",
               f"-I{TOP}/tests/crash"]
    subprocess.run(CC + FLAGS + include + ["-c", str(path), "-o",
                                           str(target)], check=True)


def object_of(path, folder):
    return folder / f"{path.parent.name}_{path.stem}.o"


def link(objects, target):
    subprocess.run(CC + [WRAP, "-o", str(target)] +
                   [str(o) for o in objects] + LIBS, check=True)


def build_mutant(mutant, objects, folder):
    path = TOP / mutant["file"]
    text = path.read_text()
    if text.count(mutant["old"]) != 1:
        raise SystemExit(f"mutant \"{mutant['name']}\": its text stands "
                         f"{text.count(mutant['old'])} times in {path}")
    work = pathlib.Path(tempfile.mkdtemp(dir=folder))
    changed = work / path.name
    changed.write_text(text.replace(mutant["old"], mutant["new"]))
    target = object_of(path, work)
    compile_file(changed, target, TOP)
    program = work / "sweep"
    link([target if o.name == target.name else o for o in objects], program)
    # the object's name tells its folder: it was compiled from another one
    return work, program


def run_mutant(mutant, objects, folder):
    work, program = build_mutant(mutant, objects, folder)
    try:
        done = subprocess.run([str(program), "--stop"], text=True,
                              capture_output=True, timeout=900)
        output = done.stdout
    except subprocess.TimeoutExpired:
        output = "not ok 0 - it does not end\n"
    shutil.rmtree(work)
    match = re.search(r"^not ok \d+ - (.*?)(?: # .*)?\n(?:# (.*))?", output,
                      re.M)
    return (match.group(1), match.group(2) or "") if match else None


def main():
    mutants = read_mutants(TOP / "tests/crash/mutants.txt")
    wanted = sys.argv[1:]
    mutants = [m for m in mutants if not wanted or
               any(w in m["name"] for w in wanted)]
    bad = 0
    with tempfile.TemporaryDirectory(prefix="hookcask.") as name:
        folder = pathlib.Path(name)
        paths = sources(TOP)
        objects = [object_of(p, folder) for p in paths]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda p: compile_file(
                p, object_of(p, folder), TOP), paths))
        for mutant in mutants:
            killer = run_mutant(mutant, objects, folder)
            print(f"{mutant['name']}", flush=True)
            if killer is not None:
                print(f"    killed by: {killer[0]}\n        {killer[1]}")
            elif mutant["reason"]:
                print("    lives, equivalent: " +
                      " ".join(mutant["reason"].split()))
            else:
                print("    LIVES")
                bad += 1
    print(f"{len(mutants)} mutants, {bad} live and should not")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
