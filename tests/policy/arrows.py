#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The arrows between the rooms of src/, as the linker sees them: which room
may use another is the table ARROWS, no room and no file is part of a circle,
no global symbol is defined in two files, and each header has its .c.

With --draw it prints the rooms and the symbols of each arrow instead."""
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("top_srcdir") or
                      pathlib.Path(__file__).resolve().parents[2]) / "src"
BUILD = pathlib.Path(os.environ.get("top_builddir") or "build/plain")
NM = (os.environ.get("NM") or "nm").split()

# What each room may use.  base uses nothing; nothing uses the programs.
SHARED = {
    "lib": "",
    "base": "lib",
    "config": "base lib",
    "sandbox": "config base",
    "event": "config base lib",
    "index": "config base",
    "stats": "config event base",
    "store": "index event stats config base lib",
}
CORE = "store index event stats config sandbox base lib"
GROUND = "cli/verb cli/term cli/host cli/sender "
ARROWS = {room: uses.split() for room, uses in {
    **SHARED,
    "responder": CORE,
    "relay": "event config base lib",
    "cli/verb": CORE,
    "cli/term": "cli/verb " + CORE,
    "cli/host": "cli/verb cli/term " + CORE,
    "cli/sender": "cli/verb cli/term cli/host " + CORE,
    "cli/consumer": GROUND + CORE,
    "cli/reading": "cli/consumer " + GROUND + CORE,
    "cli/engine": "cli/consumer " + GROUND + CORE,
    "cli/batch": "cli/engine cli/reading cli/consumer " + GROUND + CORE,
    **{f"cli/{group}": "cli/reading cli/consumer " + GROUND + CORE
       for group in ("setup", "hand", "look", "keep")},
    "cli/report": "cli/look cli/reading cli/consumer " + GROUND + CORE,
    "cli": "cli/setup cli/hand cli/look cli/report cli/batch cli/keep "
           "cli/reading cli/consumer " + GROUND + CORE,
}.items()}


def objects():
    """(source, object) of each source of ours; a source that several targets
    compile counts once, an object whose source has gone not at all."""
    found = {}
    for path in sorted(BUILD.glob("src/**/*.o")):
        if ".libs" in path.parts:
            continue
        name = re.sub(r"^.*-", "", path.stem) + ".c"
        place = path.parent.relative_to(BUILD / "src")
        if (SOURCE / place / name).exists():
            found.setdefault(str(place / name), path)
    return found


def symbols(path):
    """The global symbols that an object defines, and those it needs."""
    text = subprocess.run(NM + ["-g", str(path)], text=True, check=True,
                          capture_output=True).stdout
    rows = re.findall(r"^[0-9a-f ]{16} (\w) (\S+)$", text, re.M)
    return ({name for kind, name in rows if kind in "TDBRVW"},
            {name for kind, name in rows if kind == "U"})


def circles(graph):
    """The strongly connected parts of more than one node (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(part) > 1:
                found.append(sorted(part))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def room(source):
    return str(pathlib.PurePath(source).parent)


def included():
    """(file, header) of each include of ours."""
    for path in sorted(SOURCE.glob("**/*.[ch]")):
        for header in re.findall(r'^#\s*include\s+"([^"]+)"',
                                 path.read_text(), re.M):
            if header != "hookcask.h":
                yield str(path.relative_to(SOURCE)), header


def not_allowed(arrows):
    return sorted({f"{a} -> {b}: {what}" for a, b, what in arrows
                   if room(a) != room(b) and
                   room(b) not in ARROWS.get(room(a), ())})


def alone():
    """Headers without a .c of their name that do not say why."""
    return [str(path.relative_to(SOURCE)) for path in
            sorted(SOURCE.glob("**/*.h"))
            if not path.with_suffix(".c").exists() and
            "No .c:" not in path.read_text()]


def main():
    sys.setrecursionlimit(10000)
    defines, uses = {}, {}
    for source, path in objects().items():
        defines[source], uses[source] = symbols(path)
    owners = {}
    for source, names in defines.items():
        for name in names:
            owners.setdefault(name, []).append(source)
    arrows = [(source, owner, name) for source, names in uses.items()
              for name in names for owner in owners.get(name, ())[:1]
              if owner != source]
    if "--draw" in sys.argv:
        pairs = {}
        for a, b, name in arrows:
            if room(a) != room(b):
                pairs.setdefault((room(a), room(b)), set()).add(name)
        for (a, b), names in sorted(pairs.items()):
            print(f"{a} -> {b}: {' '.join(sorted(names))}")
        return
    files = {source: {b for a, b, _ in arrows if a == source}
             for source in defines}
    rooms = {}
    for a, b, _ in arrows:
        if room(a) != room(b):
            rooms.setdefault(room(a), set()).add(room(b))
    points = [
        ("every object was found",
         [] if len(defines) > 100 else [f"{len(defines)} in {BUILD}"]),
        ("symbols follow the table of arrows", not_allowed(arrows)),
        ("includes follow the table of arrows",
         not_allowed((a, b, "include") for a, b in included())),
        ("no circle of rooms",
         [" ".join(part) for part in circles(rooms)]),
        ("no circle of files",
         [" ".join(part) for part in circles(files)]),
        ("no global symbol in two files",
         sorted(f"{name}: {' '.join(where)}"
                for name, where in owners.items()
                if len(where) > 1 and name != "main")),
        ("no header without its .c unless it says why", alone()),
    ]
    for number, (name, faults) in enumerate(points, 1):
        print(f"{'not ok' if faults else 'ok'} {number} - {name}")
        for fault in faults:
            print(f"# {fault}")
    print(f"1..{len(points)}")


main()
