# SPDX-License-Identifier: ISC
"""drain with the programs and the schedules that are shipped as examples."""

import json
import shutil
import subprocess

from drain_run_cases import both
from drain_scene import Store
from tap import Skip
from tool_scene import BUILD, DATAERR, SOURCE, make_record

NAME = "drain, examples"
EXAMPLES = {"sh": "jq", "py": "python3", "php": "php", "pl": "perl"}
KINDS = (
    ("msg_1", {"type": "phone_call.ended",
               "data": {"providerCallId": "CA-1"}}),
    ("msg_2", {"type": "phone_call.started",
               "data": {"providerCallId": "no"}}),
    ("msg_3", b"\xff\0"),
    ("msg_4", {"type": "phone_call.ended",
               "data": {"providerCallId": "\u00dcn\u00ef\u20282"}}),
)
WANTED = "Call ended: CA-1\nCall ended: \u00dcn\u00ef\u20282\n"


def fill(store):
    records = []
    for msg_id, event in KINDS:
        raw = isinstance(event, bytes)
        body = event if raw else json.dumps(
            event, ensure_ascii=False, indent=1).encode()
        records.append(make_record(body, "" if raw else event["type"],
                                   msg_id))
    if store.spool:
        store.put([msg_id for msg_id, _ in KINDS])
        for path, record in zip(sorted((store.spool / "new").iterdir()),
                                records):
            path.write_bytes(record)
        return
    store.log.write_bytes(b"".join(records))
    store.log.chmod(0o600)
    store.settle()


def example(suffix):
    interpreter = EXAMPLES[suffix]
    if shutil.which(interpreter) is None:
        raise Skip(f"no {interpreter}")
    return SOURCE / "deploy" / "examples" / f"ended.{suffix}"


def _example(suffix):
    def each_event(store):
        fill(store)
        result = store.drain(command=[example(suffix)])
        assert (result.code, result.text) == (0, WANTED), result
        assert store.drain(command=[example(suffix)]).text == ""

    def batch(store):
        fill(store)
        result = store.drain("--batch", 3, command=[example(suffix)])
        assert (result.code, result.text) == (0, WANTED), result

    def one_without_a_call(store):
        body = b'{"type":"phone_call.ended","data":{}}'
        store.log.write_bytes(make_record(body, "phone_call.ended", "msg_1"))
        store.log.chmod(0o600)
        store.settle()
        result = store.drain("--tries", 1, command=[example(suffix)])
        assert (result.code, result.text) == (DATAERR, ""), result
        assert len(store.failed("--json").text.splitlines()) == 1

    def a_number_stays_what_it_is(store):
        if suffix == "sh" and subprocess.run(
                ["jq", "-n", "12345678901234567890123"], check=True,
                capture_output=True).stdout[:17] != b"12345678901234567":
            raise Skip("this jq rounds numbers")
        body = b'{"type":"phone_call.ended",' \
            b'"data":{"providerCallId":12345678901234567890123}}'
        store.log.write_bytes(make_record(body, "phone_call.ended", "msg_1"))
        store.log.chmod(0o600)
        store.settle()
        for options in ((), ("--batch", 2, "--name", "other")):
            result = store.drain(*options, command=[example(suffix)])
            assert result.text == \
                "Call ended: 12345678901234567890123\n", result

    for case in (each_event, batch, one_without_a_call,
                 a_number_stays_what_it_is):
        case.__name__ = f"ended.{suffix}_{case.__name__}"
    return [*both(each_event), *both(batch), both(one_without_a_call)[0],
            both(a_number_stays_what_it_is)[0]]


def _cron_lines():
    """(times, user, program's verb and the rest) of the shipped table."""
    text = (BUILD / "deploy" / "cron" / "hookcask").read_text()
    for row in text.splitlines():
        if not row or row.startswith("#"):
            continue
        words = row.split(None, 6)
        program, rest = words[6].split(" ", 1)
        assert program.endswith("/bin/hookcask"), row
        assert "%" not in row, "cron makes a line feed of it"
        yield words[:5], words[5], rest


def the_lines_for_cron(place):
    """Run as cron would: by sh, with an environment of next to nothing."""
    store = Store(place)
    store.put(["msg_1"])
    lines = list(_cron_lines())
    assert [rest.split()[0] for _, _, rest in lines] == ["drain", "prune"]
    assert lines[0][0] == ["*"] * 5 and lines[1][0][2:] == ["*"] * 3
    (place.top / "bin").mkdir()
    logger = place.write("bin/logger", "#!/bin/sh\nexec cat >>said\n", 0o755)
    for _, user, rest in lines * 2:
        assert user == "hookcask", user
        words = rest.split(" ")
        words[words.index("--config") + 1] = str(store.conf)
        if "--" in words:
            words[words.index("--") + 1] = str(store.consumer)
        subprocess.run(
            ["sh", "-c", f"{BUILD}/hookcask {' '.join(words)}"],
            cwd=place.top, check=True, timeout=60, env={
                "PATH": f"{logger.parent}:/usr/bin:/bin",
                "SEEN": str(store.seen_file)})
    assert store.seen() == [("msg_1", 1)]
    said = (place.top / "said").read_text().splitlines()
    removed = [row for row in said if not row.startswith("hookcask: files")]
    assert len(removed) == 2 and removed[0].startswith("0 files"), said


def the_units_for_systemd(place):
    """What systemd can check without running them."""
    if shutil.which("systemd-analyze") is None:
        raise Skip("no systemd-analyze")
    units = place.top / "units"
    units.mkdir()
    program = place.write("hookcask-event", "#!/bin/sh\n", 0o755)
    for path in (BUILD / "deploy" / "systemd").iterdir():
        if path.suffix not in (".service", ".socket"):
            continue
        rows = []
        for row in path.read_text().splitlines():
            if row.startswith("ExecStart="):
                row = f"ExecStart={program}"
            rows.append(row + "\n")
        (units / path.name).write_text("".join(rows))
    names = sorted(str(path) for path in units.iterdir()
                   if path.name.startswith("hookcask-drain"))
    assert len(names) == 1, names
    process = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        capture_output=True, check=False, timeout=60)
    said = process.stderr.decode() + process.stdout.decode()
    if "Failed to" in said and process.returncode != 0 and \
            "hookcask" not in said:
        raise Skip(said)
    assert process.returncode == 0 and "hookcask" not in said, said


ALL = [case for suffix in EXAMPLES for case in _example(suffix)]
ALL += [the_lines_for_cron, the_units_for_systemd]
