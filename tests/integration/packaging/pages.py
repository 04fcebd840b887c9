#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
usage: pages.py [--build DIR] [CASE]...

Looks at the page of "hookcask report --html" in a headless Chromium: of a week
that a real responder went through, and of a store to which nothing came.  The
pictures are left in DIR/pages.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder)
                for folder in ("doors", "harness", "verbs")]

WIDTHS = (360, 768, 1200)
PAPER = 718  # A4 within its margins, in CSS pixels
OUTAGE = range(60, 66)  # hours ago: the sender's secret is another one

# What the page's own styles come to: {text: ratio} of all that is below what
# WCAG 2 AA wants (1.4.3, 1.4.11), and what is wider than the page.
MEASURE = """(() => {
    const rgb = text => (text.match(/[0-9.]+/g) || []).map(Number);
    const light = text => {
        const [r, g, b] = rgb(text).map(v => v / 255).map(
            v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => {
        const [x, y] = [light(a), light(b)].sort((m, n) => n - m);
        return (x + 0.05) / (y + 0.05);
    };
    const back = node => {
        for (; node; node = node.parentElement) {
            const color = getComputedStyle(node).backgroundColor;
            if (rgb(color)[3] !== 0) return color;
        }
        return "rgb(255, 255, 255)";
    };
    const faults = [];
    let texts = 0, shapes = 0;
    const walk = document.createTreeWalker(document.body,
                                           NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode());) {
        const range = document.createRange();
        range.selectNodeContents(node);
        if (!node.data.trim() || !range.getClientRects().length) continue;
        texts++;
        const style = getComputedStyle(node.parentElement);
        const size = parseFloat(style.fontSize);
        const big = size >= 24 ||
            size >= 18.66 && style.fontWeight >= 700;
        const found = ratio(style.color, back(node.parentElement));
        if (found < (big ? 3 : 4.5))
            faults.push(node.data.slice(0, 40) + ": " + found.toFixed(2));
        if (size < 12) faults.push(node.data.slice(0, 40) + ": too small");
    }
    for (const node of document.querySelectorAll(
            "svg rect:not(.grid):not(.none), .key i")) {
        const style = getComputedStyle(node);
        const behind = back(node.closest("svg, ul"));
        const found = ratio(node.tagName === "I" ? style.backgroundColor :
                            style.fill, behind);
        shapes++;
        if (found < 3)
            faults.push("." + node.getAttribute("class") +
                        ": " + found.toFixed(2));
    }
    const page = document.documentElement;
    if (page.scrollWidth > innerWidth)
        faults.push(page.scrollWidth + " pixels wide");
    for (const node of document.querySelectorAll("td, th, p, li, h3, code"))
        if (node.scrollWidth > node.clientWidth + 1 && node.clientWidth)
            faults.push(node.textContent.slice(0, 40) + ": cut off");
    return {texts, shapes, faults: [...new Set(faults)]};
})()"""


def deliver(store, at, secret, msg_id=None, kind="phone_call.ended",
            remote="203.0.113.7", delay=1):
    """A delivery while it is that time; its id, and whether it was taken."""
    msg_id = msg_id or wire.fresh_id()
    size = random.Random(msg_id).randrange(3000)
    body = f'{{"type":"{kind}","data":"{"x" * size}"}}'.encode()
    sent = wire.Delivery(secret, body, msg_id,
                         age=int(time.time()) - int(at) + delay)
    env = {**store.place.env, **vectors.clock_at(int(at)),
           "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST",
           "HOOKCASK_CONFIG": str(store.conf), "SCRIPT_NAME": "/levers",
           "CONTENT_LENGTH": str(len(sent.body)),
           "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": remote}
    env.update((f"HTTP_{name.upper().replace('-', '_')}", value)
               for name, value in sent.headers)
    done = subprocess.run([RESPONDER], input=sent.body, env=env, check=True,
                          capture_output=True,
                          timeout=tool_scene.TIME_LIMIT)
    assert done.stdout.startswith(b"Status: "), done
    return sent.id, done.stdout.split()[1] == b"200"


def a_week(place):
    """Of a responder whose clock passed through it, hour by hour."""
    store = Store(place, more='ignore-types = { "sms.*" }\n')
    chance = random.Random(20)
    now = int(time.time())
    counts = {True: 0, False: 0}
    for ago in range(167, -1, -1):
        secret = wire.fresh_secret() if ago in OUTAGE else DOC_SECRET
        for i in range(count := (1, 2, 3, 2)[ago % 24 // 6]):
            at = now - ago * 3600 - 3540 + i * 3600 // count
            kind = chance.choice(("phone_call.ended", "phone_call.ended",
                                  "phone_call.began", "voicemail.left"))
            msg_id, good = deliver(
                store, at, secret, f"msg_{int(at)}", kind, delay=chance.choice(
                    (0, 1, 1, 1, 2, 5, 40)))
            counts[good] += 1
            if good and chance.random() < 0.1:
                deliver(store, at + 60, secret, msg_id, kind)
        if ago % 9 == 0:
            deliver(store, now - ago * 3600, wire.fresh_secret(),
                    remote="198.51.100.9")
        if ago % 13 == 0:
            deliver(store, now - ago * 3600, DOC_SECRET, kind="sms.received")
    assert counts[True] > 250 and counts[False] > 5, counts
    # which the counters have forgotten, after 64 shorter ones
    gaps = json.loads(place.good("report", "-c", store.conf,
                                 "--json").text)["gaps"]
    assert any(gap["refused"] > 8 for gap in gaps), gaps
    place.good("audit", "-c", store.conf)
    store.shell("exit 0", "--once", "--name", "mail")
    return store


def page_of(store, name):
    path = PICTURES / f"{name}.html"
    store.place.good("report", "-c", store.conf, "--html", path)
    return path


def looks_well(browser, path, width, media, dark):
    name = "-".join([path.stem, media or str(width),
                     *(["dark"] if dark else [])])
    browser.show(path, width, media, dark)
    browser.picture(PICTURES / f"{name}.png")
    found = browser.value(MEASURE)
    assert found["texts"] > 25 and found["shapes"] > 2, found
    assert not found["faults"], found["faults"]
    requests = [event["request"]["url"] for event in
                browser.told("Network.requestWillBeSent")]
    assert requests == [path.as_uri()], requests
    assert not browser.told("Runtime.consoleAPICalled", "Log.entryAdded",
                            "Runtime.exceptionThrown"), browser.events
    return found


def is_read_out(browser, path):
    """Each drawing has a name and a description for a screen reader."""
    browser.show(path, 768)
    drawn = browser.value("document.querySelectorAll('svg').length")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    images = [node for node in nodes if not node["ignored"] and
              node["role"]["value"] in ("image", "img")]
    assert len(images) == drawn > 0, (len(images), drawn)
    for node in images:
        assert node["name"]["value"] and \
            node["description"]["value"], node


def is_printed(browser, path, dark):
    """Dark screens print on white paper."""
    browser.show(path, PAPER, "print", dark)
    assert browser.value("getComputedStyle(document.body).backgroundColor") \
        == "rgb(255, 255, 255)"
    browser.paper(PICTURES / f"{path.stem}.pdf")
    assert (PICTURES / f"{path.stem}.pdf").read_bytes()[:5] == b"%PDF-"


def look_at(tap, browser, store, name):
    path = page_of(store, name)
    for dark in (False, True):
        for width, media in (*((width, "") for width in WIDTHS),
                             (PAPER, "print")):
            tap.run(f"{name}: {media or f'{width} pixels'}"
                    f"{', dark' if dark else ''}", looks_well, browser, path,
                    width, media, dark)
        tap.run(f"{name}: on paper{', dark' if dark else ''}", is_printed,
                browser, path, dark)
    tap.run(f"{name}: read out", is_read_out, browser, path)


def main():
    tap = Tap()
    program = shutil.which("chromium")
    if program is None:
        skip_all("chromium is not installed")
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    with tool_scene.Place() as place, tool_scene.Place() as other:
        (place.top / "browser").mkdir()
        browser = Browser(program, place.top / "browser")
        try:
            look_at(tap, browser, Store(other), "empty")
            look_at(tap, browser, a_week(place), "week")
        finally:
            browser.close()
    return tap.done()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", type=pathlib.Path)
    options = parser.parse_args()
    if options.build:
        os.environ["top_builddir"] = str(options.build)
    import tool_scene
    import vectors
    import wire
    from browser import Browser
    from drain_scene import RESPONDER, Store
    from tap import Tap, skip_all
    from tool_scene import DOC_SECRET
    PICTURES = tool_scene.BUILD / "pages"
    sys.exit(main())
