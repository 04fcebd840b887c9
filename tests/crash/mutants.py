# SPDX-License-Identifier: ISC
"""Takes one sync, lock, step or look away from the stores, or from what hands
events over, at a time and runs the sweep: each such mutant must die of some
test, or be listed with the reason why it does the same as the original.

    mutants.py [--places] [--long] [--learn] [NAME ...]

NAME: only those whose name contains one of these.  --places: only looks that
each text of mutants.txt is where it should be, and that each sync and
lock of the stores and of consumers has a mutant.  --long: sweeps those that are listed as
equivalent wholly, too, not one state of 16.  --learn: writes into mutants.txt
which scene kills each.

The scene that is known to kill a mutant is played first; if it lives, all of
them.  Prints a table: mutant, the test that killed it, what was seen.  Needs
the build directory's config.h and libraries (top_builddir, top_srcdir, CC, and
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
    "MUTANT_LIBS", "-lsqlite3 -lhogweed -lnettle -lgmp -lpthread -lz "
    "-lzstd -ljson-c -lcurl"))
FLAGS = ["-std=gnu11", "-O1", "-DHAVE_CONFIG_H", "-w"] + [
    f'-D{name}DIR="/nowhere"' for name in ("BIN", "LOCALSTATE", "RESPONDER",
                                           "RUNSTATE", "SYSCONF")]
# the clock for both sweeps; what else the one of consumers replaces
WRAP = re.findall(r"-Wl,--wrap=\w+", re.search(
    r"^hand_wrap = (?:.*\\\n)*.*", (TOP / "tests/crash/local.mk").read_text(),
    re.M).group(0))
LIST = TOP / "tests/crash/mutants.txt"
# what each mutant may take away: a call that syncs, locks or doubts
CALLS = re.compile(r"ops->(?:sync|sync_data|lock)\(|sync_names\(l, err\)|"
                   r"ledger_doubt\(l, &?err\)")


def read_mutants(text):
    """Blocks: "== name", the reason if equivalent, the scene (or the unit
    test) that kills it if that is known, file, <, text, =, text, >."""
    pattern = re.compile(
        r"^== (?P<name>.*)\n(?:equivalent: (?P<reason>(?:.*\n)+?))?"
        r"(?:dies: (?P<scene>.*)\n)?"
        r"file: (?P<file>.*)\n<<<<\n(?P<old>(?:.*\n)*?)====\n"
        r"(?P<new>(?:.*\n)*?)>>>>$", re.M)
    mutants = [match.groupdict() for match in pattern.finditer(text)]
    if len(mutants) != len(re.findall(r"^== ", text, re.M)):
        raise SystemExit(f"{LIST}: a block cannot be read")
    return mutants


def place(mutant):
    """Where its text starts and ends in its file."""
    text = (TOP / mutant["file"]).read_text()
    if text.count(mutant["old"]) != 1:
        raise SystemExit(f"mutant \"{mutant['name']}\": its text stands "
                         f"{text.count(mutant['old'])} times in "
                         f"{mutant['file']}")
    start = text.index(mutant["old"])
    return start, start + len(mutant["old"])


def without_mutant(mutants):
    """Syncs and locks of stores and consumers that no mutant takes away."""
    lines = []
    for path in sorted((TOP / "src").glob("**/*.c")):
        name = str(path.relative_to(TOP))
        if not re.match(r"src/(index|store/(log|spool|ledger|statedir)|"
                        r"cli/(consumer|batch|reading/spool_dirs|keep/prune_"
                        r"spool))", name):
            continue
        taken = [place(m) for m in mutants if m["file"] == name]
        text = path.read_text()
        for call in CALLS.finditer(text):
            if not any(a <= call.start() < b for a, b in taken):
                line = text.count("\n", 0, call.start()) + 1
                lines.append(f"{name}:{line}")
    return lines


SHARED = {"heap.c", "jobs.c", "sim_disk.c", "sim_outside.c", "simfs.c",
          "simvfs.c", "walk_faults.c", "walker.c", "world.c"}


def sources():
    """Those that may be needed; those of the sweep of the stores, and of the
    one of consumers."""
    rooms = ("base", "config", "event", "index", "lib", "sandbox", "stats",
             "store", "cli/batch", "cli/consumer", "cli/engine", "cli/host",
             "cli/keep", "cli/reading", "cli/sender", "cli/term", "cli/verb")
    library = [p for room in rooms
               for p in sorted((TOP / "src" / room).glob("*.c"))]
    tests = [p for p in sorted((TOP / "tests/crash").glob("*.c"))
             if p.name != "driver.c"]
    hand = [p for p in tests
            if p.name.startswith("hand_") or p.name in SHARED]
    return library, [p for p in tests
                     if not p.name.startswith("hand_")], hand


def is_hand(mutant):
    return mutant["file"].startswith("src/cli/")


def compile_file(path, target):
    include = [f"-I{BUILD}", f"-I{TOP}/include", f"-I{TOP}/src",
               f"-I{TOP}/tests/crash"]
    subprocess.run(CC + FLAGS + include + ["-c", str(path), "-o",
                                           str(target)], check=True)


def object_of(path, folder):
    return folder / f"{path.parent.name}_{path.stem}.o"


def compile_all(folder):
    """The objects of each sweep, and the archive at their end, from which a
    mutated object takes the place of its own."""
    library, tests, hand = sources()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda p: compile_file(p, object_of(p, folder)),
                      library + tests + [p for p in hand if p not in tests]))
    archive = folder / "lib.a"
    subprocess.run(["ar", "rcs", str(archive)] +
                   [str(object_of(p, folder)) for p in library], check=True)
    return [[str(object_of(p, folder)) for p in paths] + [str(archive)]
            for paths in (tests, hand)]


def build_mutant(mutant, objects, folder):
    path = TOP / mutant["file"]
    start, end = place(mutant)
    text = path.read_text()
    work = pathlib.Path(tempfile.mkdtemp(dir=folder))
    changed = work / path.name
    changed.write_text(text[:start] + mutant["new"] + text[end:])
    target = object_of(path, work)
    compile_file(changed, target)
    program = work / "sweep"
    wrap = WRAP if is_hand(mutant) else WRAP[:1]
    subprocess.run(CC + wrap + ["-o", str(program), str(target)] +
                   objects[is_hand(mutant)] + LIBS, check=True)
    return work, program


def run_unit_test(test, mutant, work, objects):
    """The same pair from a test of tests/unit, for what no scene can hold."""
    include = [f"-I{BUILD}", f"-I{TOP}/include", f"-I{TOP}/src",
               f"-I{TOP}/tests/unit"]
    program = work / "unit"
    subprocess.run(
        CC + FLAGS + include + ["-o", str(program), str(TOP / test),
                                str(TOP / "tests/unit/scratch.c"),
                                str(TOP / "tests/unit/store_scene.c"),
                                str(object_of(TOP / mutant["file"], work)),
                                objects[0][-1]] + shlex.split(
            subprocess.run(["pkg-config", "--libs", "check"], text=True,
                           check=True, capture_output=True).stdout) + LIBS,
        check=True)
    run = subprocess.run([str(program)], text=True, capture_output=True,
                         timeout=600)
    match = re.search(r":[EF]:.*", run.stdout)
    return (test, match.group(0) if match else "") if run.returncode else None


def run_mutant(mutant, objects, folder):
    """The test that killed it and what that said, or None."""
    work, program = build_mutant(mutant, objects, folder)
    # a log knows nothing of spools, nor the other way round
    store = re.match(r"src/store/(log|spool)", mutant["file"])
    only = [f"--{store.group(1)}"] if store else []
    try:
        killer = None
        if mutant["scene"] and mutant["scene"].startswith("tests/unit/"):
            killer = run_unit_test(mutant["scene"], mutant, work, objects)
        elif mutant["scene"]:
            killer = sweep(program, "1", ["--stop", mutant["scene"]])
        sampled = mutant["reason"] and "--long" not in sys.argv
        # most die in a part of the sweep
        for thin in ["16"] if sampled else ["16", "1"]:
            killer = killer or sweep(program, thin, ["--stop", *only])
        return killer
    finally:
        shutil.rmtree(work)


def sweep(program, thin, only):
    try:
        output = subprocess.run([str(program)] + only, text=True,
                                env=dict(os.environ, SWEEP_THIN=thin),
                                capture_output=True, timeout=1800).stdout
    except subprocess.TimeoutExpired:
        return "the sweep", "it does not end"
    match = re.search(r"^not ok \d+ - (.*?)(?: # .*)?\n(?:# (.*))?", output,
                      re.M)
    return (match.group(1), match.group(2) or "") if match else None


def learn(mutant, scene):
    """Says in the list which scene kills it."""
    text = LIST.read_text()
    head = f"== {mutant['name']}\n"
    start = text.index(head) + len(head)
    end = text.index("file: ", start)
    LIST.write_text(text[:start] + f"dies: {scene}\n" + text[end:])


def scene_of(test):
    """"scene: what happened", of which the scene may hold ": ", too."""
    for what in ("killed at each call", "killed inside each write",
                 "power loss after each call",
                 "each call fails with each error",
                 "a call fails, then a kill or power loss",
                 "some is written back, then a power loss",
                 "the same while it recovers", "another process at each call",
                 "another program at each call",
                 "with nothing happening"):
        if test.endswith(": " + what):
            return test[:-len(what) - 2]
    return test


def report(mutant, killer):
    """One row of the table; 1 if it needs a look."""
    print(mutant["name"])
    if killer is not None:
        print(f"    killed by: {killer[0]}\n        {killer[1]}")
    if killer is None and mutant["reason"]:
        print("    lives, equivalent: " + " ".join(mutant["reason"].split()))
    elif killer is None:
        print("    LIVES")
    elif mutant["reason"]:
        print("    DIES, though it is listed as equivalent")
    sys.stdout.flush()
    return (killer is None) != bool(mutant["reason"])


def main():
    known = read_mutants(LIST.read_text())
    uncovered = without_mutant(known)
    wanted = [a for a in sys.argv[1:] if not a.startswith("--")]
    mutants = [m for m in known if not wanted or
               any(w in m["name"] for w in wanted)]
    for mutant in known:
        place(mutant)
    for line in uncovered:
        print(f"{line}: no mutant takes this away")
    if "--places" in sys.argv:
        print(f"{len(known)} mutants")
        return 1 if uncovered else 0
    bad = len(uncovered)
    with tempfile.TemporaryDirectory(prefix="hookcask.") as name:
        folder = pathlib.Path(name)
        objects = compile_all(folder)
        for mutant in mutants:
            killer = run_mutant(mutant, objects, folder)
            bad += report(mutant, killer)
            if killer and not mutant["reason"] and "--learn" in sys.argv:
                learn(mutant, scene_of(killer[0]))
    print(f"{len(mutants)} mutants; {bad} to look at")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
