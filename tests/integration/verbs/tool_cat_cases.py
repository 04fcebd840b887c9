# SPDX-License-Identifier: ISC
"""cat: good records, and everything else that a file may hold."""

import json
import resource
import subprocess

import tool_scene
from tool_scene import CONFIG, DATAERR, NOINPUT, USAGE, make_record

NAME = "cat"
BODIES = [b'{"type":"phone_call.ended"}', b" [1,\n 2]\r\n", b"", b"\0\xff\n",
          b'"\xc2\x9b\xe2\x80\xa8"', b"not json", b"7", b"1" * 300000]
TYPES = ["phone_call.ended"] + ["svix.webhook"] * 7


def records():
    return [make_record(body, kind) for body, kind in zip(BODIES, TYPES)]


def records_come_as_they_stand(place):
    lines = records()
    path = place.write("log", b"".join(lines))
    assert place.good("cat", path).out == b"".join(lines)
    assert place.good("cat", "-", stdin=b"".join(lines)).out == \
        b"".join(lines)
    assert place.good("cat", path, path).out == b"".join(lines) * 2


def bodies_come_byte_for_byte(place):
    path = place.write("log", b"".join(records()))
    assert place.good("cat", "--data", path).out == \
        b"".join(body + b"\n" for body in BODIES)
    assert place.good("cat", "--data", "--null", path).out == \
        b"".join(body + b"\0" for body in BODIES)
    assert place.good("cat", "-db", path).out == b"".join(BODIES)
    place.bad(USAGE, "cat", "-d0b", path)


def one_record_can_be_chosen(place):
    lines = [make_record(body, kind, msg_id=f"msg_{i}")
             for i, (body, kind) in enumerate(zip(BODIES, TYPES))]
    path = place.write("log", b"".join(lines))
    for i, body in enumerate(BODIES):
        assert place.good("cat", "-db", "-i", f"msg_{i}", path).out == body
    assert place.good("cat", "-t", "phone_call.ended", path).out == lines[0]
    assert place.good("cat", "-i", "msg_none", path).out == b""


def what_is_no_record_is_left_out(place):
    good = make_record()
    evil = b"\x1b]0;title\x07\xff"
    junk = [evil, b"", b"{}", good[:-2], b"\0" * 70, good[:-1] + b" ",
            good.replace(b"1.0", b"1.1")[:-1]]
    for line in junk:
        path = place.write("log", good + line + b"\n" + good)
        result = place.bad(DATAERR, "cat", path)
        assert result.out == good * 2, line
        assert f"log: at byte {len(good)}:" in result.said, result
        assert b"\x1b" not in result.err


def an_unfinished_line_is_left_out(place):
    good = make_record()
    path = place.write("log", good + good[:-1])
    result = place.bad(DATAERR, "cat", path)
    assert result.out == good and f"at byte {len(good)}" in result.said


def a_reprinted_record_is_none(place):
    import json
    reprinted = json.dumps(json.loads(make_record())).encode() + b"\n"
    assert place.bad(DATAERR, "cat", place.write("log", reprinted)).out == b""


def the_endpoint_s_log_is_read(place):
    path = place.config()
    assert place.good("cat", "-c", path).out == b""  # none yet
    good = make_record()
    # a writer is at work: its half line is nobody's fault
    place.write("var/levers.jsonl", good + good[:50], 0o600)
    for arguments in (("-c", path), ("-c", path, "-e", "levers")):
        assert place.good("cat", *arguments).out == good
    assert place.good("cat", env={"HOOKCASK_CONFIG": str(path)}).out == good
    place.bad(USAGE, "cat", "-c", path, "-e", "other")
    place.bad(USAGE, "cat", "-c", path, "file")
    place.bad(CONFIG, "cat", "-c", "nowhere")


def a_dated_log_is_read_at_its_present_name(place):
    import time
    path = place.config(store=f'log = "{place.top}/var/%Y-%m.jsonl"')
    good = make_record()
    for at in (time.time(), time.time() + 60):
        name = time.strftime("%Y-%m.jsonl", time.gmtime(at))
        place.write(f"var/{name}", good, 0o600)
    assert place.good("cat", "-c", path).out == good


def the_endpoint_s_spool_is_read_in_order(place):
    spool = place.top / "var/spool"
    path = place.config(store=f'spool = "{spool}"')
    assert place.good("cat", "-c", path).out == b""
    (spool / "new").mkdir(0o700, parents=True)
    lines = []
    for i in range(30):
        lines.append(make_record(msg_id=f"msg_{29 - i}"))
        (spool / "new" / f"{i:016}-msg_{29 - i}.json").write_bytes(lines[-1])
    (spool / "new" / ".hidden.json").write_bytes(b"no")
    (spool / "new" / "README").write_bytes(b"no")
    assert place.good("cat", "-c", path).out == b"".join(lines)


def several_endpoints_must_be_told_apart(place):
    good = make_record(source="other")
    first = place.config().read_text()
    path = place.write("two.conf", first + first.replace(
        "levers", "other").replace("other.secret", "levers.secret").replace(
        "{\n", '{\n    path = "/other"\n', 1))
    place.write("var/other.jsonl", good, 0o600)
    path.write_text(path.read_text().replace(
        '"levers" {\n', '"levers" {\n    path = "/levers"\n'))
    assert "--endpoint" in place.bad(USAGE, "cat", "-c", path).said
    assert place.good("cat", "-c", path, "-e", "other").out == good


def missing_files_are_said(place):
    place.bad(NOINPUT, "cat", "nowhere")
    assert "directory" in place.run("cat", place.top).said


def a_reader_that_leaves_is_no_trouble(place):
    path = place.write("log", make_record() * 20000)
    quiet, said = place.broken_pipe("cat", path)
    assert quiet and said == b"", said


def limited(place, stdin_path, megabytes):
    """Runs cat with this much memory at most; a sanitizer needs far more."""
    sanitized = b"__asan_init" in tool_scene.TOOL.read_bytes()

    def limit():
        size = megabytes << 20
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    with open(stdin_path, "rb") as stdin:
        return tool_scene.Result(subprocess.run(
            tool_scene.command("cat", "-"), stdin=stdin, cwd=place.top,
            env=place.env, capture_output=True, timeout=300, check=False,
            preexec_fn=None if sanitized else limit))


def gigabytes_without_a_line_end_need_no_memory(place):
    good = make_record()
    path = place.top / "huge"
    with open(path, "wb") as huge:
        huge.write(good)
        huge.seek(1 << 30, 1)  # a hole reads as NULs
        huge.write(b"\n" + good)
    result = limited(place, path, 256)
    assert result.code == DATAERR, result
    assert result.out == good * 2
    assert result.said.count("at byte") == 1, result.said
    assert f"at byte {len(good)}:" in result.said


def the_longest_record_passes(place):
    body = b"[" + b"1" * ((16 << 20) - 3) + b"\n]"
    line = make_record(body, "svix.webhook")
    path = place.write("log", line + make_record())
    result = place.good("cat", "-db", path)
    assert result.out == body + b'{"type":"phone_call.ended"}'


def a_terminal_gets_no_control_characters(place):
    body = "\"\u009b\u2028\u00e9\"".encode()
    raw = b"\x1b[2J\x9b2J\x07ok\tend"
    path = place.write("log", make_record(body, "svix.webhook") +
                       make_record(raw, "svix.webhook"))
    code, seen = place.on_terminal("cat", "--data", path)
    assert code == 0, seen
    assert b"\x1b" not in seen and b"\x07" not in seen
    assert b"\xc2\x9b" not in seen and b"\x9b2J" not in seen
    assert "\u2028\u00e9".encode() in seen  # text stays text
    assert b"\\x1B[2J\\x9B2J\\x07ok\tend" in seen, seen


def a_terminal_gets_nothing_that_is_not_seen(place):
    """What turns the direction of writing would show another text."""
    unseen = "\u202e\u2066\u2069\u200b\ufeff\u00ad\U000e0041"
    body = json.dumps({"a": f"caf\u00e9{unseen}\u4e2d\U0001f600end"},
                      ensure_ascii=False).encode()
    path = place.write("unseen", make_record(body))
    assert place.good("cat", "--data", path).out.strip() == body
    seen = place.on_terminal("cat", "--data", path)[1].decode()
    assert not [c for c in unseen if c in seen], seen
    escaped = "".join(f"\\x{byte:02X}" for byte in unseen.encode())
    assert f"caf\u00e9{escaped}\u4e2d\U0001f600end" in seen, seen


ALL = [
    records_come_as_they_stand, bodies_come_byte_for_byte,
    one_record_can_be_chosen, what_is_no_record_is_left_out,
    an_unfinished_line_is_left_out, a_reprinted_record_is_none,
    the_endpoint_s_log_is_read, a_dated_log_is_read_at_its_present_name,
    the_endpoint_s_spool_is_read_in_order,
    several_endpoints_must_be_told_apart, missing_files_are_said,
    a_reader_that_leaves_is_no_trouble,
    gigabytes_without_a_line_end_need_no_memory, the_longest_record_passes,
    a_terminal_gets_no_control_characters,
    a_terminal_gets_nothing_that_is_not_seen,
]
