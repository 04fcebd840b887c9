# SPDX-License-Identifier: ISC
"""
Measures everything side by side: in each round each thing once, in an order
that changes, so that what disturbs the machine disturbs all of them. Prints
the table of ratios and writes all that was seen as JSON.

    bench.py [--quick] [--json FILE] [--seconds S] [--rounds N] [ONLY ...]

ONLY: parts to run, of "doors", "fcgid", "stores", "endpoints", "cgi", "memory", "scale".
Run by run.sh, which builds what is needed.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import argparse
import datetime
import json
import os
import pathlib
import platform
import random
import re
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration/harness")]

import bench_doors as bd  # noqa: E402
import bench_table  # noqa: E402
import scene  # noqa: E402
from tap import Skip  # noqa: E402

BODY = 1500
RANDOM = random.Random(1)
PARTS = ("doors", "fcgid", "stores", "endpoints", "cgi", "memory", "scale")
BIG = (65536, 1048576)
PHP_CGI = shutil.which("php-cgi")

# (door, connections, bytes of a body)
QUICK = [(bd.Null, 1, BODY), (bd.Null, 32, BODY), (bd.Log, 1, BODY),
         (bd.Log, 32, BODY), (bd.Spool, 32, BODY), (bd.Group, 1, BODY),
         (bd.Group, 32, BODY),
         (bd.PhpB1, 32, BODY), (bd.PhpC, 32, BODY), (bd.Go, 32, BODY),
         (bd.LogNginx, 32, BODY)]
FULL = [(bd.Null, c, BODY) for c in (1, 8, 32, 64)] + \
    [(bd.NullNginx, c, BODY) for c in (1, 32, 64)] + \
    [(bd.Log, c, BODY) for c in (1, 8, 32, 64)] + \
    [(bd.LogNginx, c, BODY) for c in (1, 32, 64)] + \
    [(bd.Spool, c, BODY) for c in (1, 32)] + \
    [(bd.Group, c, BODY) for c in (1, 32, 64)] + \
    [(door, 32, size) for size in (200, *BIG) for door in (bd.Null, bd.Log)] + \
    [(bd.LogProcesses, 32, BODY), (bd.LogProxyFcgi, 32, BODY)] + \
    [(door, c, BODY) for door in (bd.PhpA, bd.PhpB1, bd.PhpC, bd.Go)
     for c in (1, 32)]
FCGID = [(door, c, BODY) for door in (bd.NullFcgid, bd.SyncFcgid, bd.LogFcgid)
         for c in (1, 32)] + \
    [(door, c, BODY) for door in (bd.NullFcgidFour, bd.SyncFcgidFour,
                                  bd.LogFcgidFour) for c in (4, 32)]


class Doors:
    """The servers, all of them running, and what each has acknowledged."""

    def __init__(self, cells, folder):
        self.folder = folder
        self.open = {}
        self.acks = {}
        self.number = 0
        for door_class in dict.fromkeys(door for door, _, _ in cells):
            door = door_class()
            try:
                door.open()
            except Skip as why:
                print(f"# {door.program}: left out: {why}")
                continue
            except BaseException:
                self.close()
                raise
            self.open[door_class] = door
            self.acks[door_class] = []
        self.cells = [c for c in cells if c[0] in self.open]
        self.seen = {cell: [] for cell in self.cells}

    def run_cell(self, cell, seconds):
        door_class, connections, body = cell
        door = self.open[door_class]
        self.number += 1
        acks = self.folder / f"acks{self.number}"
        seen = bd.load(door, connections, seconds, body, acks,
                       f"b{self.number:05d}x")
        self.acks[door_class] += acks.read_text().split()
        acks.unlink()
        return seen

    def run_round(self, seconds):
        order = list(self.cells)
        RANDOM.shuffle(order)
        for cell in order:
            self.seen[cell].append(self.run_cell(cell, seconds))

    def check(self):
        """Every acknowledged event is there, once; and no error was seen."""
        bad = []
        for door_class, door in self.open.items():
            acked = self.acks[door_class]
            ids = door.ids()
            if ids is not None and (len(ids) != len(set(ids)) or
                                    not set(acked) <= set(ids)):
                bad.append(f"{door.program}: {len(acked)} acknowledged, "
                           f"{len(ids)} kept, {len(set(ids))} different")
            elif ids is None and (kept := door.count()) is not None and \
                    kept < len(acked):
                bad.append(f"{door.program}: {len(acked)} acknowledged, "
                           f"{kept} kept")
        for (door_class, connections, _), runs in self.seen.items():
            for run in runs:
                if run["errors"]:
                    bad.append(f"{door_class.program} with {connections} "
                               f"connections: {run['errors']} errors, first: "
                               f"{run['first_error']}; its row is left "
                               "out")
        return bad

    def result(self):
        """But for those that answered errors: they are no rates."""
        return [{"program": door.program, "server": door.server,
                 "connections": connections, "body": body,
                 "runs": self.seen[(door, connections, body)]}
                for door, connections, body in self.cells
                if not any(run["errors"] for run in
                           self.seen[(door, connections, body)])]

    def close(self):
        late = []
        for door in self.open.values():
            # one that does not end keeps none of the others
            try:
                door.scene.remove()
            except AssertionError as why:
                late.append(f"{door.program}: {why}")
        if late:
            raise AssertionError("\n".join(late))


def run_put(folder, threads, seconds, rounds, body, modes, **environment):
    """Lines of tests/bench/put: {mode: [(puts a second, slowest in us)]}."""
    place = tempfile.mkdtemp(dir=folder)
    output = subprocess.run(
        [str(scene.BUILD / "tests/bench/put"), place, str(threads),
         str(seconds), str(rounds), str(body), *modes], text=True, check=True,
        capture_output=True, env=dict(os.environ, **environment)).stdout
    subprocess.run(["rm", "-rf", place], check=True)
    seen = {}
    for line in output.splitlines():
        mode, _, rate, slowest = line.split("\t")
        seen.setdefault(mode, []).append(
            {"rate": float(rate), "slowest": float(slowest)})
    return seen


def measure_stores(folder, quick):
    """Without a web server: raw syncs and both stores, by turns."""
    rounds, seconds = (2, 0.4) if quick else (5, 1)
    cells = [(t, BODY) for t in ((1, 32) if quick else (1, 8, 32, 64))]
    if not quick:
        cells += [(32, 200), (32, 65536), (8, 1048576)]
    result = [{"threads": t, "body": body, "modes": run_put(
        folder, t, seconds, rounds, body, ("raw", "log", "spool"))}
        for t, body in cells]
    if not quick:
        result += [{"threads": t, "body": BODY, "modes": run_put(
            folder, t, seconds, rounds, BODY, ("log", "spool"))}
            for t in ("4x8", "8x1")]
    return result


def measure_endpoints(folder, quick):
    """Two stores at work at once, against one with as many threads."""
    seconds = "0.4" if quick else "1"
    result = []
    for _ in range(3 if quick else 5):
        rates = []
        for stores, threads in ((1, 32), (2, 16)):
            places = [tempfile.mkdtemp(dir=folder) for _ in range(stores)]
            children = [subprocess.Popen(
                [str(scene.BUILD / "tests/bench/put"), place, str(threads),
                 seconds, "1", str(BODY), "log"], text=True,
                stdout=subprocess.PIPE) for place in places]
            rates.append(sum(float(child.communicate()[0].split("\t")[2])
                             for child in children))
            subprocess.run(["rm", "-rf", *places], check=True)
        result.append(dict(zip(("one", "two"), rates)))
    return result


def measure_cgi(folder, quick):
    """
    Plain CGI by turns with a null C program that syncs once and needs the C
    library alone: the responder of this build, the one of the archive for shared hosts, php-cgi.
    """
    programs = {"responder": str(scene.BUILD / "hookcask.fcgi")}
    static = scene.BUILD / "hosting/hookcask.fcgi"
    if static.exists():
        programs["static"] = str(static)
    if PHP_CGI:
        programs["php-cgi"] = PHP_CGI
    shutil.copy(HERE / "peers/receive.php", folder / "b1.php")
    output = subprocess.run(
        [str(scene.BUILD / "tests/bench/cgi"), str(folder),
         "40" if quick else "150",
         str(scene.BUILD / "tests/bench/null_cgi"), *programs.values()],
        text=True, check=True, capture_output=True).stdout
    return [dict(zip(("null", *programs), map(float, line.split("\t"))))
            for line in output.splitlines()]


def measure_memory(folder, quick):
    """PSS of the responder: idle, at work, after many deliveries."""
    result = []
    total = 20000 if quick else 1000000
    for threads in (1, 8, 32):
        class Door(bd.Log):
            pass
        Door.threads = threads
        doors = Doors([(Door, threads, 200)], folder)
        cell = (Door, threads, 200)
        door = doors.open[Door]
        seen = {"threads": threads,
                "idle": bd.pss_kib(door.responder_pids())}
        # threads start when all others are busy: more than they can serve
        doors.run_cell((Door, 2 * threads, 200), 1)
        answers = doors.run_cell(cell, 1)["answers"]
        seen["at_work"] = bd.pss_kib(door.responder_pids())
        # one of them for a long time
        while threads == 32 and answers < total:
            answers += doors.run_cell(cell, 5)["answers"]
        seen["after"] = bd.pss_kib(door.responder_pids())
        seen["deliveries"] = answers
        bad = doors.check()
        doors.close()
        if bad:
            raise SystemExit("\n".join(bad))
        result.append(seen)
    return result


def run_tool(config, *words):
    """Seconds and greatest memory (KiB) of one verb at a store."""
    memory = 0
    started = time.monotonic()
    with subprocess.Popen(
            [str(scene.BUILD / "hookcask"), *words[:1], "-c", str(config),
             *words[1:]], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) as child:
        status = pathlib.Path(f"/proc/{child.pid}/status")
        while child.poll() is None:
            # its own: what wait4(2) says counts ours before exec
            seen = re.search(r"VmHWM:\s*(\d+)", status.read_text())
            memory = max(memory, int(seen[1]) if seen else 0)
            time.sleep(0.001)
    # the signatures of these records are nobody's: audit says so
    if child.returncode not in (0, 65):
        raise SystemExit(f"{words[0]}: exit {child.returncode}")
    return time.monotonic() - started, memory


def measure_verbs(place, records):
    """The operator's tool at the log and index that catch_up has left."""
    config = pathlib.Path(place) / "hookcask.conf"
    secret = config.with_name("secret")
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    secret.chmod(0o600)
    config.write_text(f'endpoint "bench" {{\n    secret-file = "{secret}"\n'
                      f'    log = "{place}/catch-up"\n}}\n')
    wanted = f"msg_{records // 2:024d}"
    show = min(run_tool(config, "show", wanted)[0] for _ in range(5))
    seen = {"records": records, "show_ms": round(1000 * show, 1)}
    for verb, words in (("audit", ()), ("drain", (
            "--once", "--batch", "1000", "--", "sh", "-c",
            "cat >/dev/null"))):
        took, memory = run_tool(config, verb, *words)
        seen[f"{verb}_per_s"] = round(records / took)
        seen[f"{verb}_mib"] = round(memory / 1024, 1)
    return seen


def measure_scale(folder, quick):
    """
    An index of many ids against an empty one; catching up on logs of several
    sizes, and the verbs at what that leaves.
    """
    ids = 200000 if quick else 10000000
    result = {"ids": ids, "verbs": [], "put": run_put(
        folder, 1, 0.5 if quick else 2, 3, BODY, ("log", "full"),
        HOOKCASK_BENCH_IDS=str(ids))}
    for size in (ids // 100, ids // 10, ids):
        place = tempfile.mkdtemp(dir=folder)
        output = subprocess.run(
            [str(scene.BUILD / "tests/bench/catch_up"), place, str(size)],
            text=True, check=True, capture_output=True).stdout
        result["catch_up"] = json.loads(output)
        result["verbs"].append({**measure_verbs(place, size), "catch_up_per_s":
                                round(size / max(result["catch_up"]["seconds"],
                                                 0.05))})
        subprocess.run(["rm", "-rf", place], check=True)
    return result


def machine():
    model = next((line.partition(":")[2].strip() for line in
                  pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return {"processors": os.cpu_count(), "model": model,
            "kernel": platform.release(),
            "load_before": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    if not set(options.only) <= set(PARTS):
        parser.error(f"parts are: {', '.join(PARTS)}")
    parts = options.only or PARTS
    seconds = options.seconds or (0.6 if options.quick else 1.2)
    rounds = options.rounds or (2 if options.quick else 5)
    result = {"date": datetime.date.today().isoformat(),
              "command": "tests/bench/run.sh" +
              "".join(" " + word for word in sys.argv[1:]
                      if word == "--quick" or word in PARTS),
              "machine": machine(), "rounds": rounds, "seconds": seconds}
    bad = []
    started = time.monotonic()
    # where the scenes are, so that all stores are on one file system
    top = os.environ.setdefault("HOOKCASK_SCENES", "/var/tmp")
    with tempfile.TemporaryDirectory(prefix="hk-", dir=top) as name:
        folder = pathlib.Path(name)
        for part, cells, warm in (
                ("doors", QUICK if options.quick else FULL, 0.3),
                # mod_fcgid starts its processes one after the other
                ("fcgid", FCGID, 3)):
            if part not in parts:
                continue
            doors = Doors(cells, folder)
            try:
                doors.run_round(warm)   # not counted
                for runs in doors.seen.values():
                    runs.clear()
                for _ in range(rounds):
                    doors.run_round(seconds)
                bad += doors.check()
                result["doors"] = result.get("doors", []) + doors.result()
            finally:
                doors.close()
        for part, call in (("stores", measure_stores),
                           ("endpoints", measure_endpoints),
                           ("cgi", measure_cgi), ("memory", measure_memory),
                           ("scale", measure_scale)):
            if part in parts:
                result[part] = call(folder, options.quick)
    result["took"] = round(time.monotonic() - started)
    result["errors"] = bad
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(bench_table.text(result))
    for line in bad:
        print(f"ERROR: {line}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
