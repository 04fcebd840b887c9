#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Writes what a run has seen where people look: doc/bench.svg, and the tables of
README.md and doc/measurements.md, between two comments each.

    run.sh --json doc/bench.json && bench_publish.py doc/bench.json
"""

import html
import json
import pathlib
import re
import statistics
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(HERE))

import bench_table  # noqa: E402

CONNECTIONS = 32
BODY = 1500
# what the README shows: program, server, what it promises
SHOWN = [
    ("null", "lighttpd", "nothing: the ceiling of the door"),
    ("hookcask log", "lighttpd", "durable, once per id"),
    ("hookcask log", "nginx", "durable, once per id"),
    ("hookcask spool", "lighttpd", "durable, once per id, a file each"),
    ("C, group commit, no dedupe", "lighttpd", "durable"),
    ("Go, group commit, no dedupe", "nginx", "durable"),
    ("PHP-FPM, a sync each (b1)", "lighttpd", "durable"),
    ("PHP-FPM, SQLite, once per id (c)", "lighttpd", "durable, once per id"),
    ("PHP-FPM, no sync (a)", "lighttpd", "nothing"),
]
BAR, LEFT, WIDTH = 26, 330, 760


def rows(result):
    """(name, promise, rates, CPU times, p99s) of one door each."""
    for program, server, promise in SHOWN:
        runs = bench_table.find(result, (program, server), CONNECTIONS, BODY)
        if runs:
            yield (f"{program}, {server}", promise,
                   [r["rate"] for r in runs], [r["cpu_ms"] for r in runs],
                   [r["p99"] / 1000 for r in runs])


def made(result):
    machine = result["machine"]
    return (f"{result['date']}, {machine['processors']} x "
            f"{machine['model']}, load {machine['load_before']:.0f} before, "
            f"`{result['command']}`, {result['rounds']} rounds")


def readme_table(result):
    lines = ["![requests a second](doc/bench.svg)", "",
             "| what answers, behind | it promises | requests/s | CPU ms a "
             "request | p99 ms |", "| --- | --- | --- | --- | --- |"]
    for name, promise, rates, cpu, p99 in rows(result):
        lines.append(f"| {name} | {promise} | "
                     f"{statistics.median(rates):,.0f} | "
                     f"{statistics.median(cpu):.3f} | "
                     f"{statistics.median(p99):.1f} |")
    lines += ["", f"Medians, {CONNECTIONS} connections, bodies of {BODY} "
              f"bytes, all of them in one run ({made(result)}). "
              "Rates are of that machine, its disk and what else ran on it; "
              "the ratios are in `doc/measurements.md`."]
    return "\n".join(lines)


def chart(result):
    """A bar for each median, a line from the least to the most."""
    shown = list(rows(result))
    most = max(max(rates) for _, _, rates, _, _ in shown)
    height = BAR * len(shown) + 64
    scale = (WIDTH - LEFT - 90) / most
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
           f'height="{height}" viewBox="0 0 {WIDTH} {height}" '
           'font-family="sans-serif" font-size="12">',
           "<!-- SPDX-License-Identifier: ISC -->",
           f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
           f'<text x="8" y="20" font-size="14">Requests a second, '
           f'{CONNECTIONS} connections, signed bodies of {BODY} bytes</text>']
    for i, (name, _, rates, _, _) in enumerate(shown):
        y = 32 + BAR * i
        middle = statistics.median(rates)
        ours = name.startswith("hookcask")
        out += [f'<text x="{LEFT - 8}" y="{y + 16}" text-anchor="end">'
                f"{html.escape(name)}</text>",
                f'<rect x="{LEFT}" y="{y + 4}" height="{BAR - 10}" '
                f'width="{middle * scale:.1f}" '
                f'fill="{"#2a6f97" if ours else "#adb5bd"}"/>',
                f'<path d="M{LEFT + min(rates) * scale:.1f} {y + 12}H'
                f'{LEFT + max(rates) * scale:.1f}" stroke="#333"/>',
                f'<text x="{LEFT + max(rates) * scale + 6:.1f}" '
                f'y="{y + 16}">{middle:,.0f}</text>']
    out += [f'<text x="8" y="{height - 12}" fill="#555" font-size="11">'
            f"{html.escape(made(result).replace('`', ''))}</text>", "</svg>"]
    return "\n".join(out) + "\n"


def put_between(path, text):
    """What stands between the two comments of a file becomes this."""
    old = path.read_text()
    new, count = re.subn(
        r"(<!-- bench -->\n).*?(<!-- /bench -->)",
        lambda m: m.group(1) + text + "\n" + m.group(2), old, flags=re.S)
    if count != 1:
        raise SystemExit(f"{path}: no place for the table")
    path.write_text(new)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    result = json.loads(pathlib.Path(sys.argv[1]).read_text())
    if result["errors"]:
        raise SystemExit("a run with errors is not shown to anybody")
    (TOP / "doc/bench.svg").write_text(chart(result))
    put_between(TOP / "README.md", readme_table(result))
    put_between(TOP / "doc/measurements.md", bench_table.text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
