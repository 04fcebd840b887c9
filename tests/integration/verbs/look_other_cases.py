# SPDX-License-Identifier: ISC
"""Bodies that came under a known id: kept, counted, read and removed."""

import json
import subprocess

import tool_scene
from drain_run_cases import both
from drain_scene import RESPONDER, Store
from look_status_cases import send, status
from tool_scene import NOINPUT, USAGE

NAME = "other bodies"


def bodies(store, *arguments):
    return store.place.good(*arguments[:1], "-c", store.conf, "--other-body",
                            *arguments[1:])


def they_are_kept_and_read(store):
    place = store.place
    for body in (b'{"n":1}', b'{"n":2}', b'{"n":3}', b'{"n":2}'):
        store.deliver(body, "twice")
    store.deliver(b'{"n":9}', "once")
    assert store.said.count("outcome=kept reason=other-body") == 3, store.said
    events = place.good("cat", "-c", store.conf, "--data").text
    assert sorted(events.split()) == ['{"n":1}', '{"n":9}'], events
    assert sorted(bodies(store, "cat", "--data").text.split()) == \
        ['{"n":2}', '{"n":3}']
    assert bodies(store, "list").text.count("twice") == 2
    found = [json.loads(line) for line in
             bodies(store, "list", "--json").text.splitlines()]
    assert {f["id"] for f in found} == {"twice"}
    assert all("/other-body/" in f["file"] for f in found), found
    shown = place.good("show", "-c", store.conf, "twice")
    assert '"n": 1' in shown.text, shown
    assert "2 other bodies came under this id" in shown.said, shown
    assert place.good("show", "-c", store.conf, "once").said == ""
    shown = bodies(store, "show", "twice").text
    assert '"n": 2' in shown and '"n": 3' in shown, shown
    assert place.bad(NOINPUT, "show", "-c", store.conf, "-o", "once")
    assert place.bad(USAGE, "list", "-o", found[0]["file"])


def they_are_replayed(store):
    for body in (b"[1]", b"[2]", b"[3]"):
        store.deliver(body, "twice")
    out = store.place.top / "out"
    command = ["sh", "-c", f"cat >>{out}; echo >>{out}"]
    store.place.good("replay", "-c", store.conf, "--other-body", "--",
                     *command)
    assert sorted(out.read_text().split()) == ["[2]", "[3]"]
    store.place.bad(USAGE, "replay", "-c", store.conf, "--other-body",
                    "--resume", store.place.top / "log", "--", *command)


def they_are_counted_and_warned_of(store):
    place = store.place
    for body in (b"[1]", b"[2]", b"[1]"):
        store.deliver(body, "twice")
    found = status(store)
    assert {name: o["count"] for name, o in found["outcomes"].items()
            if o["count"]} == {"stored": 1, "duplicate": 1, "other-body": 1}
    assert found["other_bodies"] == 1 and found["errors"] == 0
    text = place.good("status", "-c", store.conf).text
    assert "\n  other-body     1, last " in text, text
    assert "1 body under a known id (hookcask list --other-body)" in text
    checked = place.run("status", "-c", store.conf, "--check")
    assert checked.code in (1, 2) and \
        "1 body came under an id that was stored with another body" in \
        checked.text, checked
    prom = place.top / "prom"
    place.good("status", "-c", store.conf, "--prometheus", prom)
    assert 'hookcask_other_bodies{endpoint="levers"} 1\n' in prom.read_text()
    refused = place.good("refused", "-c", store.conf).text
    assert "other-body" in refused and "hookcask list" in \
        " ".join(refused.split()), refused
    kept, = (store.state / "other-body").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.unlink()
    assert status(store)["other_bodies"] == 0
    checked = place.run("status", "-c", store.conf, "--check")
    assert "with another body" not in checked.text, checked


def ignored_types_are_counted(place):
    store = Store(place, more='    accept-types = { "wanted" }\n')
    for kind in ("a.b", "a.b", "c.d", "wanted"):
        store.deliver(b'{"type":"%s"}' % kind.encode())
    assert [(t["type"], t["count"]) for t in
            status(store)["ignored_types"]] == [("a.b", 2), ("c.d", 1)]
    text = place.good("status", "-c", store.conf).text
    assert "\n  ignored types  a.b 2, c.d 1\n" in text, text


def refused_shows_paths_and_methods(place):
    store = Store(place, more='    path = "/levers"\n')
    send(store)
    for method, path in (("POST", "/nowhere/\x1b[2J"), ("GET", "/levers")):
        env = {**place.env, "GATEWAY_INTERFACE": "CGI/1.1",
               "REQUEST_METHOD": method, "SCRIPT_NAME": path,
               "HOOKCASK_CONFIG": str(store.conf), "CONTENT_LENGTH": "0",
               "SERVER_PROTOCOL": "HTTP/1.1"}
        subprocess.run([RESPONDER], input=b"", env=env, check=False,
                       capture_output=True, timeout=tool_scene.TIME_LIMIT)
    text = place.good("refused", "-c", store.conf).text
    assert "  /nowhere/?[2J  " in text and "  GET  " in text, text
    found = [json.loads(line) for line in
             place.good("refused", "-c", store.conf, "-j").text.splitlines()]
    assert [(f.get("path"), f.get("method")) for f in found] == \
        [("/nowhere/?[2J", None), (None, "GET")], found


ALL = [
    *both(they_are_kept_and_read), *both(they_are_replayed),
    *both(they_are_counted_and_warned_of), ignored_types_are_counted,
    refused_shows_paths_and_methods,
]
