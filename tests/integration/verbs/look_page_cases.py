# SPDX-License-Identifier: ISC
"""report --html: one page, of which strangers choose nothing but letters."""

import gzip
import html.parser
import math
import re
import time

import tool_scene
import wire
from drain_scene import Store
from look_report_cases import line, put
from stats_file import StatsFile
from tool_scene import CANTCREAT, DOC_SECRET, USAGE

NAME = "page"
OLD_SECRET = wire.fresh_secret()
HOSTILE = '<svg/onload="alert(1)"\'>&amp;</title>'


def a_week(store, hostile=False):
    """Of an endpoint on which a bit of everything has happened."""
    now = time.time()
    stats = StatsFile(now)
    print_ = tool_scene.fingerprint(DOC_SECRET)
    lines = []
    for ago in range(168):
        day = math.sin((int(now) // 3600 - ago) % 24 / 24 * math.pi)
        stored = 0 if 50 < ago < 56 else int(4 + 36 * day * day)
        stats.rows[ago] = {
            "stored": stored, "duplicate": stored // 12,
            "ignored": stored // 9, "refused": 3 if ago % 11 else 40,
            "error": 25 if 50 < ago < 53 else 0,
            "skew": [0, 0, 0, 0, 0, 1, stored, stored // 2, 2, 1, 0, 0, 0, 1,
                     0, 0]}
        for i in range(stored):
            kind = ("phone_call.ended", "phone_call.began", "sms.received",
                    "voicemail.left")[i * i % 7 % 4]
            at = now - ago * 3600 - 60 - i
            lines.append(line(at, kind, delay=1 + i % 3 + (i % 29 == 0) * 60,
                              body=b'{"type":"%s","x":"%s"}' %
                              (kind.encode(), b"x" * (i * 37 % 3000))))
    stats.keys = [(print_, 4000, now - 60),
                  (tool_scene.fingerprint(OLD_SECRET), 70, now - 9 * 86400)]
    store.place.secret.write_text(f"{DOC_SECRET}\n{OLD_SECRET}\n")
    stats.gaps = [(now - 56 * 3600, now - 50.2 * 3600, 4, 50)]
    for i in range(300):
        stats.refusals.append(
            (now - 86400 + i * 200, ("no-match", "bad-method",
                                     "unknown-path")[i % 5 % 3],
             HOSTILE[:47] if hostile else f"203.0.113.{7 + i % 3}",
             HOSTILE if hostile else f"msg_{i:08x}",
             HOSTILE if hostile and i % 2 else ""))
    stats.refusals[-1] = (*stats.refusals[-1][:3], "",
                          HOSTILE if hostile else "/wp-login.php")
    if hostile:
        lines.append(line(now - 30, HOSTILE.replace(" ", ""), body=(
            '{"type":"%s"}' % HOSTILE.replace('"', '\\"')).encode()))
        stats.keys.append((HOSTILE[:15], 1, now))
    put(store, sorted(lines, key=lambda text: re.search(
        rb'"received":"([^"]*)', text).group(1)))
    if not store.spool:
        store.settle()
    stats.write(store)


class Page(html.parser.HTMLParser):
    """Its elements, and what each drawing says to those who do not see."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.values, self.text, self.drawings = [], [], "", []
        self.inside = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.values += [(tag, *pair) for pair in attributes]
        self.inside.append(tag)
        if tag == "svg":
            self.drawings.append({})

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        self.text += data
        if self.inside and self.inside[-1] in ("title", "desc") and \
                self.drawings:
            self.drawings[-1].setdefault(self.inside[-1], data)


def one_page_without_anything_from_elsewhere(place):
    store = Store(place)
    for number in "12":
        store.var.joinpath(f"levers.jsonl.{number}.gz").write_bytes(
            gzip.compress(line(time.time() - 86400 * 7 - int(number))))
    a_week(store)
    path = place.top / "week.html"
    place.good("report", "-c", store.conf, "--html", path)
    assert path.stat().st_mode & 0o777 == 0o640
    text = path.read_text("ascii")
    assert len(text) < 150000, len(text)
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "form",
                "image", "use"} & set(page.tags), set(page.tags)
    assert not [v for v in page.values if v[1].startswith("on") or
                v[1] == "src" or (v[1] == "href" and v[2][0] != "#")]
    assert not re.search(r"https?:|url\(|@import|@font-face", text)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert len(page.drawings) == 7, page.drawings
    assert all(d["title"] and d["desc"] for d in page.drawings)
    for wanted in ("Recover since", "no-match", "203.0.113.7",
                   "phone_call.ended", "/wp-login.php", "answered 503 50",
                   tool_scene.fingerprint(DOC_SECRET), "can be retired",
                   "2 files had to be unpacked"):
        assert wanted in page.text, wanted
    said = place.good("report", "-c", store.conf, "--html", "-").text
    assert Page(said).tags == page.tags
    for name in ("var", "nowhere/x.html"):
        place.bad(CANTCREAT, "report", "-c", store.conf, "--html",
                  place.top / name)
    shown = place.top / "public_html"
    shown.mkdir()
    result = place.bad(USAGE, "report", "-c", store.conf, "--html",
                       shown / "week.html")
    assert "--allow-docroot" in result.said and not list(shown.iterdir())
    place.good("report", "-c", store.conf, "--html", shown / "week.html",
               "--allow-docroot")
    assert Page((shown / "week.html").read_text()).tags == page.tags
    place.bad(USAGE, "report", "-c", store.conf, "--html", "-", "--json")
    place.bad(USAGE, "report", "-c", store.conf, "--text", "--json")
    text = place.good("report", "-c", store.conf, "--text").text
    assert text.startswith("levers: ") and "; can be retired\n" in text, text


def hostile_texts_stay_texts(place):
    for spool in (False, True):
        store = Store(place, spool=spool)
        a_week(store)
        tags = Page(place.good("report", "-c", store.conf, "--html",
                               "-").text).tags
        a_week(store, hostile=True)
        page = Page(place.good("report", "-c", store.conf, "--html",
                               "-").text)
        assert set(page.tags) == set(tags)
        assert page.tags.count("svg") == tags.count("svg") == 7
        # the type, the addresses, and the ids or paths of the latest
        assert page.text.count("<svg/onload=") >= 7, page.text
        assert not [v for v in page.values if v[1].startswith("on")]


def several_endpoints_have_an_overview(place):
    store = Store(place)
    a_week(store)
    first = store.conf.read_text()
    store.conf.write_text(
        first.replace("{\n", '{\n    path = "/levers"\n', 1) +
        first.replace('"levers"', '"other"').replace(
            "levers.jsonl", "other.jsonl").replace(
            "{\n", '{\n    path = "/other"\n', 1))
    page = Page(place.good("report", "-c", store.conf, "--html", "-").text)
    links = [v[2] for v in page.values if v[1] == "href"]
    assert links == ["#e0", "#e1"]
    assert [v[2] for v in page.values if v[1] == "id"] == ["e0", "e1"]
    alone = Page(place.good("report", "-c", store.conf, "-e", "other",
                            "--html", "-").text)
    assert not [v for v in alone.values if v[1] == "href"]


ALL = [one_page_without_anything_from_elsewhere, hostile_texts_stay_texts,
       several_endpoints_have_an_overview]
