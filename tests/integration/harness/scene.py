# SPDX-License-Identifier: ISC
"""
A place to try things in: one short-lived directory with programs, secret,
configuration and store, and the processes that were started for it. All runs
as an unprivileged user; everything is ended by its process id.
"""

import ctypes
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

import records
import wire

STARTS_WITHIN = 20  # seconds
ENDS_WITHIN = 20

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("top_builddir", ".")).resolve()


def unprivileged_user():
    """The user that the servers run as: our own, unless that is root."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    for name in ("www-data", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise RuntimeError("neither www-data nor nobody exists")


def is_sanitized():
    """Is it a build with AddressSanitizer?"""
    return b"__asan_init" in (BUILD / "hookcask.fcgi").read_bytes()


def sandbox():
    """
    The value of that key: strict, so that a call which the responder should
    not make ends it, where the system and the build have a sandbox.
    """
    if not sys.platform.startswith("linux") or is_sanitized():
        return "auto"
    # landlock_create_ruleset(2), asked for its version
    version = ctypes.CDLL(None).syscall(444, None, 0, 1)
    return "strict" if version > 0 else "auto"


def wait_for(what, condition, seconds=STARTS_WITHIN):
    """Polls until condition() is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.01)


def next_second():
    """Waits until the clock shows another second."""
    now = int(time.time())
    wait_for("the next second", lambda: int(time.time()) > now)


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def program_of(entry):
    """The program of a process, as the system or itself names it."""
    try:
        return os.fsencode(os.readlink(entry / "exe"))
    except OSError:
        pass
    try:
        return (entry / "cmdline").read_bytes().split(b"\0")[0]
    except OSError:
        return b""


def _leave(number, _frame):
    """Ends this program in good order; a second signal does not hurry it."""
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def leave_on_signals():
    """So that "finally:" ends the servers, whatever happens."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, _leave)


class Scene:
    """
    Under top: bin/ programs, etc/ configuration and secret, var/ the store,
    run/ sockets and pid files, log/ what the servers say, public/ the
    document root, home/ a user of a shared host.
    """

    def __init__(self, path=None, user=None):
        leave_on_signals()
        self.user = user or unprivileged_user()
        # short: a socket's path has at most 107 bytes
        self.top = pathlib.Path(tempfile.mkdtemp(
            prefix="hk-", dir=os.environ.get("HOOKCASK_SCENES", "/tmp")))
        self.top.chmod(0o755)
        self.processes = []
        self.secret = wire.fresh_secret()
        for name in ("bin", "etc", "var", "run", "log", "public", "home"):
            setattr(self, name, self.top / name)
            self.own_directory(self.top / name)
        self.responder = self.install(BUILD / "hookcask.fcgi", self.bin)
        self.secret_file = self.etc / "levers.secret"
        self.store_log = self.var / "levers.jsonl"
        self.diag = self.log / "diag"
        self.config = self.etc / "hookcask.conf"
        self.put(self.secret_file, self.secret + "\n", 0o600)
        self.configure(path)

    # -- files ---------------------------------------------------------------
    def own_directory(self, path, mode=0o755):
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, self.user.pw_uid, self.user.pw_gid)
        path.chmod(mode)

    def put(self, path, text, mode=0o644):
        """Writes a file of the servers' user, and replaces an old one."""
        new = path.with_name(path.name + "." + secrets.token_hex(4))
        with open(new, "w", encoding="utf-8",
                  opener=lambda p, f: os.open(p, f, mode)) as out:
            out.write(text)
        os.chmod(new, mode)
        os.chown(new, self.user.pw_uid, self.user.pw_gid)
        new.replace(path)

    def install(self, program, directory, name=None):
        """A copy: the build tree may be closed to the servers' user."""
        with open(program, "rb") as start:
            if start.read(4) != b"\x7fELF":
                program = program.parent / ".libs" / program.name
        target = directory / (name or program.name)
        shutil.copy(program, target)
        target.chmod(0o755)
        return target

    def configure(self, path, extra=""):
        where = f'    path = "{path}"\n' if path else ""
        # a busy machine is no failure
        self.put(self.config, f'diag = "{self.diag}"\n{extra}'
                 f"sandbox = {sandbox()}\nlock-timeout = 10\n"
                 'endpoint "levers" {\n' + where +
                 f'    secret-file = "{self.secret_file}"\n'
                 f'    log = "{self.store_log}"\n}}\n')

    def printed(self, *arguments, programs=None):
        """What "hookcask config" prints for this scene's places."""
        done = subprocess.run(
            [BUILD / "hookcask", "config", "--config", self.config,
             "--responder-dir", programs or self.bin, "--run-dir", self.run,
             *arguments], capture_output=True, text=True,
            timeout=STARTS_WITHIN)
        # it warns of places below /tmp, where a scene may be
        assert done.returncode == 0, done.stderr
        return done.stdout

    # -- what came of it -----------------------------------------------------
    def records(self, msg_id=None):
        """All records, strictly read, or those of one message."""
        found = []
        for log in sorted(self.store_log.parent.glob("levers.jsonl*")):
            found += records.read(log)
        return [r for r in found if msg_id in (None, r["id"])]

    def operator_lines(self):
        try:
            return self.diag.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return []

    def files_with(self, text):
        """Files that hold the text, but for secret files."""
        wanted = text.encode()
        return [p for place in {self.top, self.home} for p in place.rglob("*")
                if stat.S_ISREG(p.lstat().st_mode) and p.suffix != ".secret"
                and wanted in p.read_bytes()]

    # -- processes -----------------------------------------------------------
    def start(self, command, **more):
        """
        In a session of its own, as the unprivileged user; as_root: as our own
        user, for a program that drops its rights itself.
        """
        if not more.pop("as_root", False) and os.getuid() == 0:
            more.update(user=self.user.pw_uid, group=self.user.pw_gid,
                        extra_groups=[])
        said = open(self.log / "output", "ab")
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                       **more.pop("environment", {})}
        more.setdefault("stdin", subprocess.DEVNULL)
        with said:
            process = subprocess.Popen(
                [str(word) for word in command], env=environment,
                cwd=self.top, stdout=more.pop("stdout", said), stderr=said,
                start_new_session=True, **more)
        self.processes.append(process)
        return process

    def start_server(self, command, port, **more):
        """The process, once it listens; None if it ended before that."""
        process = self.start(command, **more)
        wait_for(f"{command[0]} on port {port}",
                 lambda: process.poll() is not None or listens(port))
        if process.poll() is None:
            return process
        self.processes.remove(process)
        return None

    def start_on_socket(self, command, place, **environment):
        listener = socket.socket(socket.AF_UNIX)
        with listener:
            listener.bind(str(place))
            os.chown(place, self.user.pw_uid, self.user.pw_gid)
            listener.listen(256)
            return self.start(command, stdin=listener,
                              environment=environment)

    def kill(self, process):
        """SIGKILL to all of the session that start() made for it."""
        self.processes.remove(process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_ours(self):
        """SIGKILL to the programs of this scene; they are gone then."""
        killed = set(self.ours())
        for pid in killed:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for process in self.processes:
            if process.pid in killed:
                process.wait(ENDS_WITHIN)
        wait_for("what was killed to end",
                 lambda: not killed & set(self.ours()))

    def end(self, process):
        """Ends one process that start() made; True if it obeyed SIGTERM."""
        self.processes.remove(process)
        process.terminate()
        try:
            process.wait(ENDS_WITHIN)
            return True
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False

    def ours(self):
        """
        Ids of running processes whose program is in this scene. (The
        responder hides its memory, and with it "exe", from its own user.)
        """
        wanted = tuple(os.fsencode(place) + b"/"
                       for place in (self.top, self.home))
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit() and program_of(entry).startswith(wanted):
                found.append(int(entry.name))
        return found

    def stop(self):
        """SIGTERM to what was started; fails if anything outlives it."""
        late = [process.args[0] for process in reversed(self.processes)
                if not self.end(process)]
        try:
            wait_for("responders to end", lambda: not self.ours(),
                     ENDS_WITHIN)
        except AssertionError:
            late.append("responders")
            self.kill_ours()
        assert not late, f"still there {ENDS_WITHIN} s after SIGTERM: {late}"

    def words(self):
        """The last of what servers and responder said, for a failure."""
        out = []
        for path in sorted(self.log.iterdir()):
            lines = path.read_text(errors="replace").splitlines()[-15:]
            out += [f"{path.name}: {line}" for line in lines]
        return "\n".join(out)

    def remove(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.top, ignore_errors=True)
