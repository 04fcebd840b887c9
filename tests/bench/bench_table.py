# SPDX-License-Identifier: ISC
"""
Tables of what bench.py has seen: rates, and the ratios that were promised,
each from pairs of one round: minimum, median, maximum.
"""

import statistics

# name, program, its connections, divided by, with connections, bound, at least
DOOR_TARGETS = [
    ("log / null, lighttpd, 32 connections", "hookcask log", 32,
     "null", 32, "rate", 0.60, True),
    ("log / null, lighttpd, 64 connections", "hookcask log", 64,
     "null", 64, "rate", 0.60, True),
    ("log / PHP-FPM c, 32 connections", "hookcask log", 32,
     "PHP-FPM, SQLite, once per id (c)", 32, "rate", 4, True),
    ("log / C group commit without dedupe, 32", "hookcask log", 32,
     "C, group commit, no dedupe", 32, "rate", None, True),
    ("log behind nginx / Go behind nginx, 32", ("hookcask log", "nginx"), 32,
     "Go, group commit, no dedupe", 32, "rate", 0.9, True),
    ("CPU a request: log / PHP-FPM b1, 32", "hookcask log", 32,
     "PHP-FPM, a sync each (b1)", 32, "cpu_ms", 0.6, False),
    ("log / C group commit without dedupe, 1", "hookcask log", 1,
     "C, group commit, no dedupe", 1, "rate", 1, True),
]
# the same for mod_fcgid: the end of the program's name, connections
FCGID = [("mod_fcgid", 32), ("mod_fcgid, 4 processes", 4)]
for _door, _n in FCGID:
    DOOR_TARGETS += [
        (f"log / null, {_door}, {_n}", f"hookcask log, {_door}", _n,
         f"null, {_door}", _n, "rate", 0.6, True),
        (f"log / C with a sync each, {_door}, {_n}",
         f"hookcask log, {_door}", _n,
         f"C, a sync each, no dedupe, {_door}", _n, "rate", 1, True),
        (f"CPU a request: log / null, {_door}, {_n}",
         f"hookcask log, {_door}", _n, f"null, {_door}", _n, "cpu_ms", 2.2,
         False)]


def of_three(values, form="{:.2f}"):
    if not values:
        return "-"
    return " / ".join(form.format(v) for v in (
        min(values), statistics.median(values), max(values)))


def find(result, program, connections, body=1500):
    server = None
    if isinstance(program, tuple):
        program, server = program
    for cell in result.get("doors", []):
        if cell["program"] == program and cell["body"] == body and \
                cell["connections"] == connections and \
                server in (None, cell["server"]):
            return cell["runs"]
    return None


def store_runs(result, mode, threads, body=1500):
    for cell in result.get("stores", []):
        if cell["threads"] == threads and cell["body"] == body:
            return cell["modes"].get(mode)
    return None


def ratios(above, below, what="rate"):
    return [a[what] / b[what] for a, b in zip(above, below) if b[what]]


def targets(result):
    """(name, ratios or values, bound, True if it is a lower bound)."""
    rows = []

    def add(name, above, below, bound, lower, what="rate"):
        if above and below:
            rows.append((name, ratios(above, below, what), bound, lower))

    for name, a, ca, b, cb, what, bound, lower in DOOR_TARGETS:
        add(name, find(result, a, ca), find(result, b, cb), bound, lower,
            what)
    add("log, lighttpd, 32 / raw group commit, 32",
        find(result, "hookcask log", 32), store_runs(result, "raw", 32),
        0.30, True)
    add("log, lighttpd, 1 / raw fdatasync, 1",
        find(result, "hookcask log", 1), store_runs(result, "raw", 1),
        0.60, True)
    add("log store / raw group commit, 32 threads",
        store_runs(result, "log", 32), store_runs(result, "raw", 32),
        0.60, True)
    add("spool store / raw group commit, 32 threads",
        store_runs(result, "spool", 32), store_runs(result, "raw", 32),
        None, True)
    add("log store, 8 processes of a thread / 8 threads",
        store_runs(result, "log", "8x1"), store_runs(result, "log", 8), 0.6,
        True)
    runs = find(result, "hookcask log", 32)
    if runs:
        rows.append(("CPU ms a request, log, lighttpd, 32",
                     [r["cpu_ms"] for r in runs], 0.12, False))
        rows.append(("p99 ms, log, lighttpd, 32",
                     [r["p99"] / 1000 for r in runs], 10, False))
        syncs = [r["slowest"] for cell in result.get("stores", [])
                 for r in cell["modes"].get("raw", [])]
        if syncs:
            rows.append(("slowest answer of a round, the same / slowest raw "
                         "sync of the run",
                         [r["max"] / max(syncs) for r in runs], 3, False))
    runs = find(result, "hookcask log", 64)
    if runs:
        rows.append(("requests of the slowest / of the fastest connection, "
                     "64", [r["least"] / max(r["most"], 1) for r in runs],
                     0.5, True))
    for door, n in FCGID:
        ours = find(result, f"hookcask log, {door}", n)
        null = find(result, f"null, {door}", n)
        if ours and null:
            rows.append((f"p99 ms above null's, {door}, {n}",
                         [(a["p99"] - b["p99"]) / 1000
                          for a, b in zip(ours, null)], 25, False))
            rows.append((f"slowest answer ms, {door}, {n}",
                         [r["max"] / 1000 for r in ours], 100, False))
    if "endpoints" in result:
        rows.append(("two endpoints with 16 threads each / one with 32",
                     [r["two"] / r["one"] for r in result["endpoints"]], None,
                     True))
    for program, name, bound in (
            ("static", "plain CGI, the archive for shared hosts / null C CGI "
             "with one fdatasync", 1.5),
            ("responder", "plain CGI, shared libraries / the same", 1.5),
            ("php-cgi", "plain CGI, PHP with a sync (b1) / the same", None)):
        seen = [r[program] / r["null"] for r in result.get("cgi", [])
                if program in r]
        if seen:
            rows.append((name, seen, bound, False))
    if "scale" in result:
        put = result["scale"]["put"]
        rows.append((f"a put with {result['scale']['ids']:,} ids / with none",
                     ratios(put["log"], put["full"]), 2, False))
        rows.append(("catching up: the slowest request, s",
                     [result["scale"]["catch_up"]["slowest_ms"] / 1000], 5,
                     False))
    for seen in result.get("memory", []):
        if seen["deliveries"] > 100000 or seen["threads"] == 32:
            rows.append((f"PSS after {seen['deliveries']:,} deliveries / at "
                         "work", [seen["after"] / seen["at_work"]], 1.1,
                         False))
            rows.append(("PSS then, MB", [seen["after"] / 1024], 12, False))
    return rows


def target_lines(result):
    for name, values, bound, lower in targets(result):
        middle = statistics.median(values)
        met = "" if bound is None else \
            "met" if (middle >= bound if lower else middle <= bound) else \
            "MISSED"
        sign = "" if bound is None else \
            f"{'>=' if lower else '<='} {bound:g}"
        yield name, of_three(values), sign, met


def text(result):
    lines = [f"# {result['date']}, {result['command']}, "
             f"{result['machine']['processors']} x "
             f"{result['machine']['model']}, {result['rounds']} rounds, "
             f"load before {result['machine']['load_before']:.1f}; "
             "minimum / median / maximum"]
    if "doors" in result:
        lines += ["", "| program | server | body | connections | requests/s "
                  "| CPU ms a request | p50 ms | p99 ms | p99.9 ms | max ms |",
                  "| --- " * 10 + "|"]
    for cell in result.get("doors", []):
        runs = cell["runs"]
        ms = [of_three([r[q] / 1000 for r in runs]) for q in
              ("p50", "p99", "p999", "max")]
        lines.append("| " + " | ".join(
            [cell["program"], cell["server"], str(cell["body"]),
             str(cell["connections"]),
             of_three([r["rate"] for r in runs], "{:.0f}"),
             of_three([r["cpu_ms"] for r in runs], "{:.3f}"), *ms]) + " |")
    if "stores" in result:
        lines += ["", "| store | threads | body | puts/s | slowest ms |",
                  "| --- " * 5 + "|"]
    for cell in result.get("stores", []):
        for mode, runs in cell["modes"].items():
            lines.append("| " + " | ".join(
                [mode, str(cell["threads"]), str(cell["body"]),
                 of_three([r["rate"] for r in runs], "{:.0f}"),
                 of_three([r["slowest"] / 1000 for r in runs])]) + " |")
    if "memory" in result:
        lines += ["", "| threads | PSS idle KiB | at work | after | "
                  "deliveries |", "| --- " * 5 + "|"]
    for seen in result.get("memory", []):
        lines.append(f"| {seen['threads']} | {seen['idle']} | "
                     f"{seen['at_work']} | {seen['after']} | "
                     f"{seen['deliveries']} |")
    if "scale" in result:
        lines += ["", "| records | catch-up/s | show ms | audit/s | MiB | "
                  "drain/s | MiB |", "| --- " * 7 + "|"]
        lines += ["| " + " | ".join(str(seen[key]) for key in (
            "records", "catch_up_per_s", "show_ms", "audit_per_s",
            "audit_mib", "drain_per_s", "drain_mib")) + " |"
            for seen in result["scale"]["verbs"]]
        lines += ["", "catching up: " + ", ".join(
            f"{k} {v}" for k, v in result["scale"]["catch_up"].items())]
    lines += ["", "| ratio | minimum / median / maximum | target | |",
              "| --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in target_lines(result)]
    return "\n".join(lines)
