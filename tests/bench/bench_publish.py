#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Writes the results of a run to doc/bench.svg, and to README.md and
doc/measurements.md, between two comments each.

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
# what the picture shows: program, server
SHOWN = [
    ("null", "lighttpd"),
    ("hookcask log", "lighttpd"),
    ("hookcask log", "nginx"),
    ("hookcask spool", "lighttpd"),
    ("C, group commit, no dedupe", "lighttpd"),
    ("Go, group commit, no dedupe", "nginx"),
    ("PHP-FPM, a sync each (b1)", "lighttpd"),
    ("PHP-FPM, SQLite, once per id (c)", "lighttpd"),
    ("PHP-FPM, no sync (a)", "lighttpd"),
]
BAR, LEFT, WIDTH = 26, 330, 760


def rows(result):
    """(name, rates) of each program shown."""
    for program, server in SHOWN:
        runs = bench_table.find(result, (program, server), CONNECTIONS, BODY)
        if runs:
            yield f"{program}, {server}", [r["rate"] for r in runs]


def made(result):
    machine = result["machine"]
    return (f"{result['date']}, {machine['processors']} x "
            f"{machine['model']}, load {machine['load_before']:.0f} before, "
            f"`{result['command']}`, {result['rounds']} rounds")


def readme_picture(result):
    return "\n".join([
        "![requests a second](doc/bench.svg)", "",
        f"Medians, {CONNECTIONS} connections, bodies of {BODY} bytes, all of "
        "them in one run", f"({made(result)}).",
        "CPU time, latency and ratios: `doc/measurements.md`."])


def chart(result):
    """A bar for each median, a line from the least to the most."""
    shown = list(rows(result))
    most = max(max(rates) for _, rates in shown)
    height = BAR * len(shown) + 64
    scale = (WIDTH - LEFT - 90) / most
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
           f'height="{height}" viewBox="0 0 {WIDTH} {height}" '
           'font-family="sans-serif" font-size="12">',
           "<!-- SPDX-License-Identifier: ISC -->",
           f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
           f'<text x="8" y="20" font-size="14">Requests a second, '
           f'{CONNECTIONS} connections, signed bodies of {BODY} bytes</text>']
    for i, (name, rates) in enumerate(shown):
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
    """Replaces the text between the two comments of a file."""
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
    put_between(TOP / "README.md", readme_picture(result))
    put_between(TOP / "doc/measurements.md", bench_table.text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
