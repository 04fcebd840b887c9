# SPDX-License-Identifier: ISC
"""Takes one sync, lock, step or look away from the stores at a time and runs
the sweep: each such mutant must die of some test, or be listed with the
reason why it does the same as the original.

    mutants.py [--quick] [NAME ...]

NAME: only those whose name contains one of these.  --quick: a part of the
sweep only, so that more of them live.

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


def sources():
    """Those of the stores and what they may need, those of the sweep."""
    core = [p for p in sorted((TOP / "src/core").glob("*.c"))
            if not p.name.startswith("config")]
    tests = [p for p in sorted((TOP / "tests/crash").glob("*.c"))
             if p.name != "driver.c"]
    return core + sorted((TOP / "src/lib").glob("*.c")), tests


def compile_file(path, target):
    include = [f"-I{BUILD}", f"-I{TOP}/include", f"-I{TOP}/src",
               f"-I{TOP}/tests/crash"]
    subprocess.run(CC + FLAGS + include + ["-c", str(path), "-o",
                                           str(target)], check=True)


def object_of(path, folder):
    return folder / f"{path.parent.name}_{path.stem}.o"


def compile_all(folder):
    """An archive, from which a mutated object takes the place of its own, and
    the objects of the sweep."""
    library, tests = sources()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda p: compile_file(p, object_of(p, folder)),
                      library + tests))
    archive = folder / "lib.a"
    subprocess.run(["ar", "rcs", str(archive)] +
                   [str(object_of(p, folder)) for p in library], check=True)
    return [str(object_of(p, folder)) for p in tests] + [str(archive)]


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
    compile_file(changed, target)
    program = work / "sweep"
    subprocess.run(CC + [WRAP, "-o", str(program), str(target)] + objects +
                   LIBS, check=True)
    return work, program


def run_mutant(mutant, objects, folder):
    work, program = build_mutant(mutant, objects, folder)
    try:
        # most die in a part of the sweep
        return sweep(program, "16") or (
            None if "--quick" in sys.argv else sweep(program, "1"))
    finally:
        shutil.rmtree(work)


def sweep(program, thin):
    """The test that failed first and what it said, or None."""
    try:
        output = subprocess.run([str(program), "--stop"], text=True,
                                env=dict(os.environ, SWEEP_THIN=thin),
                                capture_output=True, timeout=1800).stdout
    except subprocess.TimeoutExpired:
        return "the sweep", "it does not end"
    match = re.search(r"^not ok \d+ - (.*?)(?: # .*)?\n(?:# (.*))?", output,
                      re.M)
    return (match.group(1), match.group(2) or "") if match else None


def main():
    mutants = read_mutants(TOP / "tests/crash/mutants.txt")
    wanted = [a for a in sys.argv[1:] if a != "--quick"]
    mutants = [m for m in mutants if not wanted or
               any(w in m["name"] for w in wanted)]
    bad = 0
    with tempfile.TemporaryDirectory(prefix="hookcask.") as name:
        folder = pathlib.Path(name)
        objects = compile_all(folder)
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
