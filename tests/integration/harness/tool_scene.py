# SPDX-License-Identifier: ISC
"""What the tests of the operator's tool share: a directory, runs, records."""

import base64
import datetime
import hashlib
import http.server
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import threading
import time

import wire

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("top_builddir", ".")).resolve()
TOOL = BUILD / "hookcask"
TIME_LIMIT = 120
given = None  # a file; see write_down()

DOC_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
DOC_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
DOC_TIME = 1614265330
DOC_BODY = b'{"test": 2432232314}'
DOC_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

# sysexits(3)
USAGE, DATAERR, NOINPUT, UNAVAILABLE = 64, 65, 66, 69
CANTCREAT, TEMPFAIL, NOPERM, CONFIG = 73, 75, 77, 78


def write_down(test):
    """Records from now on what the tool is given: tests/policy/options.py."""
    global given
    given = BUILD / "tests/integration" / f"{test}.given"
    given.parent.mkdir(parents=True, exist_ok=True)
    given.write_bytes(b"")


def note(words):
    if given is not None:
        with open(given, "a", encoding="utf-8") as file:
            file.write(json.dumps(words) + "\n")


def command(*arguments):
    """The words that run the tool, by subprocess; Place.run() suffices."""
    words = [*map(str, arguments)]
    note(words)
    return [str(TOOL), *words]


def fingerprint(secret):
    digest = hashlib.sha256(b"hookcask key" + wire.key_of(secret))
    return digest.hexdigest()[:8]


def make_record(body=b'{"type":"phone_call.ended"}', kind="phone_call.ended",
                msg_id=None, secret=DOC_SECRET, source="levers"):
    """One line of a log, made from its description, not by our own code."""
    msg_id = msg_id or wire.fresh_id()
    at = datetime.datetime.fromtimestamp(DOC_TIME, datetime.timezone.utc)
    head = {
        "specversion": "1.0", "id": msg_id, "source": source, "type": kind,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "received": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "svixsignature": wire.sign(secret, msg_id, DOC_TIME, body),
        "svixkey": fingerprint(secret),
    }
    plain = True
    try:
        json.loads(body.decode())
    except ValueError:
        plain = False
    head["datacontenttype"] = \
        "application/json" if plain else "application/octet-stream"
    if not plain:
        head["type"] = "svix.webhook"
        head["data_base64"] = base64.b64encode(body).decode()
        return json.dumps(head, separators=(",", ":")).encode() + b"\n"
    shown = body.replace(b"\r", b" ").replace(b"\n", b" ")
    if shown != body:
        head["raw"] = base64.b64encode(body).decode()
    text = json.dumps(head, separators=(",", ":")).encode()
    return text[:-1] + b',"data":' + shown + b"}\n"


class Result:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr
        self.text = process.stdout.decode("utf-8", "replace")
        self.said = process.stderr.decode("utf-8", "replace")

    def __str__(self):
        return f"exit {self.code}\n{self.text[:2000]}\n{self.said[:2000]}"


class Place:
    """A directory of its own, and the tool run in it."""

    def __enter__(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="hk-", dir="/tmp"))
        self.env = {
            "PATH": f"{BUILD}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            "HOME": str(self.top), "LC_ALL": "C", "no_proxy": "*",
            "TZ": "UTC",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.secret = self.write("levers.secret", DOC_SECRET + "\n", 0o600)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top)

    def write(self, name, data, mode=0o644):
        path = self.top / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        path.chmod(mode)
        return path

    def config(self, name="hookcask.conf", endpoint="levers", more="",
               store=None):
        (self.top / "var").mkdir(0o700, exist_ok=True)
        store = store or f'log = "{self.top}/var/levers.jsonl"'
        return self.write(
            name, f'endpoint "{endpoint}" {{\n'
            f'    secret-file = "{self.secret}"\n    {store}\n{more}}}\n')

    def run(self, *arguments, stdin=b"", env=None):
        words = [*map(str, arguments)]
        process = subprocess.run(
            [TOOL, *words], input=stdin, cwd=self.top,
            env={**self.env, **(env or {})}, capture_output=True,
            timeout=TIME_LIMIT, check=False)
        if process.returncode != USAGE:  # then none of it was looked at
            note(words)
        return Result(process)

    def good(self, *arguments, **how):
        result = self.run(*arguments, **how)
        assert result.code == 0, f"{arguments}: {result}"
        return result

    def bad(self, code, *arguments, **how):
        """It must fail with this code."""
        result = self.run(*arguments, **how)
        assert result.code == code, f"{arguments}: not {code}: {result}"
        return result

    def on_terminal(self, *arguments, typed=b"", prompt=b"", columns=0,
                    env=None, times=None):
        """
        Exit code, and all output in one stream, as a terminal gets it; times
        gets (when, what) of each piece.
        """
        words = command(*arguments)
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.top)
            if columns:  # before anything asks
                termios.tcsetwinsize(0, (24, columns))
            os.execve(TOOL, words, {**self.env, **(env or {})})
        seen = b""
        try:
            while True:
                if not select.select([fd], [], [], TIME_LIMIT)[0]:
                    os.kill(pid, signal.SIGKILL)
                    break
                try:
                    data = os.read(fd, 65536)
                except OSError:  # the other side has closed
                    break
                if not data:
                    break
                seen += data
                if times is not None:
                    times.append((time.monotonic(), data))
                if typed and prompt in seen:
                    os.write(fd, typed)
                    typed = b""
        finally:
            _, status = os.waitpid(pid, 0)
            os.close(fd)
        return os.waitstatus_to_exitcode(status), seen

    def broken_pipe(self, *arguments):
        """Its reader leaves at once: how does it end, what does it say?"""
        process = subprocess.Popen(
            command(*arguments), cwd=self.top, env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()
        code = process.wait(TIME_LIMIT)
        process.stderr.close()
        return code in (0, -signal.SIGPIPE), said


def read_body(handler):
    """The body of a request to an HTTP server, chunked or not."""
    if handler.headers["Transfer-Encoding"] is None:
        return handler.rfile.read(int(handler.headers["Content-Length"] or 0))
    parts = []
    while size := int(handler.rfile.readline(), 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(parts)


class Server:
    """
    An HTTP server on a free port that keeps what was posted to it.  Its
    statuses come in turn, or from a function of the headers.
    """

    def __init__(self, statuses=(200,), reply=b'{"status":"success"}',
                 headers=(), name="", port=0):
        seen = self.seen = []
        if not callable(statuses):
            statuses = list(statuses)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = read_body(self)
                seen.append((dict(self.headers.items()), body, self.path))
                status = statuses(self.headers) if callable(statuses) \
                    else statuses[min(len(seen), len(statuses)) - 1]
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            do_GET = do_POST

            def version_string(self):
                return name or super().version_string()

            def log_message(self, *_):
                pass

        self.serve(Handler, port)

    def serve(self, handler, port=0):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port),
                                                      handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/webhooks/levers"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Endpoint(Server):
    """
    One that verifies and answers as the responder does; a secret is its
    text, or the path of a file that may appear later.
    """

    def __init__(self, secrets=(DOC_SECRET,), date=None):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, word):
                self.send_response(status)
                self.send_header("Content-Length", str(len(word)))
                self.end_headers()
                self.wfile.write(word)

            def is_genuine(self, body):
                sent = self.headers["svix-timestamp"]
                if abs(time.time() - int(sent)) > 300:
                    return False
                known = [secret if isinstance(secret, str) else
                         secret.read_text().strip() for secret in secrets
                         if isinstance(secret, str) or secret.exists()]
                return self.headers["svix-signature"] in [
                    wire.sign(secret, self.headers["svix-id"], sent, body)
                    for secret in known]

            def do_POST(self):
                body = read_body(self)
                seen.append(("POST", dict(self.headers.items()), body))
                if self.headers["svix-id"] is None:
                    self.answer(400, b'{"error":"Bad request"}')
                elif self.is_genuine(body):
                    self.answer(200, b'{"status":"success"}')
                else:
                    self.answer(401, b'{"error":"Invalid signature"}')

            def do_GET(self):
                seen.append(("GET", dict(self.headers.items()), b""))
                self.answer(405, b'{"error":"Method not allowed"}')

            def date_time_string(self, timestamp=None):
                return date or super().date_time_string(timestamp)

            def log_message(self, *_):
                pass

        self.serve(Handler)
