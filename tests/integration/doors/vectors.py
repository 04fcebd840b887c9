#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""
Every vector through the plain CGI door and the FastCGI door of the built
responder, at the vector's own time of day (libfaketime stops the clock). No
web server takes part. Output is TAP.
"""

import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

import base64
import concurrent.futures
import glob
import hashlib
import json
import os
import pathlib
import subprocess

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import fcgi_peer
import records
import scene
import vector_file
from tap import Tap, skip_all

AT_ONCE = 4         # processes
TOGETHER = 40       # endpoints of one FastCGI process
DEADLINE = 60       # seconds

STATUS = {"ok": 200, "missing-header": 400, "bad-id": 400,
          "bad-timestamp": 400, "bad-signature-header": 400, "too-old": 401,
          "too-new": 401, "no-match": 401}
ANSWER = {200: {"status": "success"}, 400: {"error": "Bad request"},
          401: {"error": "Invalid signature"}, 503: {"error": "Try again"}}


def clock_at(now):
    """Environment under which it is that second, for ever."""
    libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") + \
        glob.glob("/usr/lib*/faketime/libfaketimeMT.so.1")
    if not libraries:
        skip_all("libfaketime is not installed")
    return {"LD_PRELOAD": libraries[0], "FAKETIME_FMT": "%s",
            "FAKETIME": str(now), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "ASAN_OPTIONS": "verify_asan_link_order=0"}


class Endpoint:
    """One vector's own path, secret file and log."""

    def __init__(self, place, vector, door, number):
        self.vector = vector
        self.name = f"{door}-{number}"
        self.path = f"/webhooks/{self.name}"
        self.log = place.var / f"{self.name}.jsonl"
        secret_file = place.etc / f"{self.name}.secret"
        secret_file.write_bytes(b"".join(s + b"\n" for s in vector.secrets))
        secret_file.chmod(0o600)
        os.chown(secret_file, place.user.pw_uid, place.user.pw_gid)
        self.section = (
            f'endpoint "{self.name}" {{\n    path = "{self.path}"\n'
            f'    secret-file = "{secret_file}"\n    log = "{self.log}"\n'
            f'    tolerance = {vector.number("tolerance", 300)}\n}}\n')

    def parameters(self):
        """What CGI has in the environment and FastCGI in its records."""
        return fcgi_peer.environment(
            [("content-type", "application/json"),
             *self.vector.headers.items()],
            path=self.path, length=len(self.vector.body))

    def judge(self, output, diagnosis):
        """output: a CGI response; diagnosis: the operator's lines."""
        vector = self.vector
        status, _, body = fcgi_peer.parse(output)
        wanted = STATUS.get(vector.expect, 503)
        assert status == wanted, \
            f"{status}, not {wanted}\n{diagnosis[-2000:]}"
        assert json.loads(body) == ANSWER[wanted], f"{body!r}"
        found = records.read(self.log)
        if vector.expect != "ok":
            assert not found, "a refused delivery was stored"
            if wanted != 503:
                self.reason_is_told(diagnosis)
            return
        assert len(found) == 1, f"{len(found)} records"
        assert found[0].body == vector.body, "another body came back"
        self.signature_is(found[0])

    def reason_is_told(self, diagnosis):
        reasons = [self.vector.expect]
        if any(b"," in self.vector.headers.get(f"{family}-timestamp", b"")
               for family in ("svix", "webhook")):
            # which a door takes for two header lines that a server joined
            reasons.append("doubled-header")
        lines = [line for line in diagnosis.splitlines()
                 if f"endpoint={self.name} " in line]
        assert any(f"reason={reason} " in line for line in lines
                   for reason in reasons), \
            f"the operator is not told {self.vector.expect}: {lines}"

    def signature_is(self, record):
        """The entry that matched, and the key that it matched."""
        headers = self.vector.headers
        version, _, signature = record["svixsignature"].partition(",")
        told = self.vector.values.get("match-version", b"").decode()
        assert told in ("", version), f"matched by {version}"
        assert any(signature.encode() in headers.get(name, b"") for name in
                   ("svix-signature", "webhook-signature"))
        secret = self.vector.secrets[self.vector.number("match-key", 0)]
        text = secret.strip().removeprefix(b"whsec_").removeprefix(b"whpk_")
        key = base64.b64decode(text + b"=" * (-len(text) % 4))
        print_ = hashlib.sha256(b"hookcask key" + key).hexdigest()[:8]
        assert record["svixkey"] == print_, \
            f'svixkey is {record["svixkey"]}, not {print_}'


# -- the two doors -----------------------------------------------------------
def through_cgi(place, vector, number):
    """A process for this one delivery."""
    endpoint = Endpoint(place, vector, "cgi", number)
    config = place.etc / f"cgi-{number}.conf"
    place.put(config, endpoint.section)
    environment = {name: value if isinstance(value, bytes) else str(value)
                   for name, value in endpoint.parameters()}
    environment.update(clock_at(vector.number("now")),
                       HOOKCASK_CONFIG=str(config))
    more = {}
    if os.getuid() == 0:
        more = {"user": place.user.pw_uid, "group": place.user.pw_gid,
                "extra_groups": []}
    done = subprocess.run([place.responder], input=vector.body,
                          env=environment, capture_output=True, cwd=place.top,
                          timeout=DEADLINE, **more)
    diagnosis = done.stderr.decode("ascii")
    assert done.returncode == 0, f"status {done.returncode}\n{diagnosis}"
    endpoint.judge(done.stdout, diagnosis)


def groups(vectors):
    """Those of one time of day share a process, but for bad secrets."""
    together = {}
    for number, vector in enumerate(vectors):
        alone = number if vector.expect not in STATUS else -1
        key = (vector.number("now"), alone)
        parts = together.setdefault(key, [[]])
        if len(parts[-1]) == TOGETHER:
            parts.append([])
        parts[-1].append((number, vector))
    return [(key[0], part) for key, parts in together.items()
            for part in parts]


def through_fcgi(place, now, group):
    """{number: what checks it} for the deliveries of one process."""
    first = group[0][0]
    endpoints = {number: Endpoint(place, vector, "fcgi", number)
                 for number, vector in group}
    config = place.etc / f"fcgi-{first}.conf"
    diag = place.log / f"diag-{first}"
    place.put(config, f'diag = "{diag}"\nthreads = 2\n' + "".join(
        endpoint.section for endpoint in endpoints.values()))
    name = f"f{first}.sock"
    process = place.start_on_socket([place.responder, "-c", config],
                                    place.run / name, **clock_at(now))
    outputs = {}
    try:
        for number, endpoint in endpoints.items():
            outputs[number] = fcgi_peer.ask(
                place.run / name, endpoint.parameters(),
                endpoint.vector.body).stdout
    finally:
        place.end(process)
    diagnosis = diag.read_text(encoding="ascii") if diag.exists() else ""
    return {number: (endpoints[number], outputs[number], diagnosis)
            for number in outputs}


def main():
    if not (scene.BUILD / "hookcask.fcgi").exists():
        skip_all("hookcask.fcgi is not built")
    clock_at(0)
    tap = Tap()
    vectors = [v for v in vector_file.read(scene.SOURCE / "tests/vectors")
               if v.door != "lib"]
    place = scene.Scene()
    try:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            cgi = [pool.submit(through_cgi, place, vector, number)
                   for number, vector in enumerate(vectors)]
            fcgi = [pool.submit(through_fcgi, place, now, group)
                    for now, group in groups(vectors)]
            judged = {}
            for vector, future in zip(vectors, cgi):
                tap.run(f"cgi: {vector.name}", future.result)
            for future in fcgi:
                try:
                    judged.update(future.result())
                except Exception as why:
                    tap.point(False, "fcgi: a responder", why)
            for number, vector in enumerate(vectors):
                if number not in judged:
                    tap.point(False, f"fcgi: {vector.name}", "no answer")
                    continue
                endpoint, output, diagnosis = judged[number]
                tap.run(f"fcgi: {vector.name}", endpoint.judge, output,
                        diagnosis)
    finally:
        place.remove()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
