# SPDX-License-Identifier: ISC
"""Somebody at a terminal of a machine, who types commands and answers."""

import os
import pty
import select
import subprocess
import time

from machine import ENVIRONMENT

LIMIT = 900     # seconds for one command: some build all there is


class Terminal:
    """In a directory as root, or where a user's login leads."""

    def __init__(self, host, directory, user="root"):
        self.host = host
        self.start = ["runuser", "-l", user, "-c"] if user != "root" else \
            ["sh", "-c", f'cd {directory} && exec sh -c "$0"']

    def type(self, line, answers=(), status=0):
        """
        Types one line; of answers, what follows a prompt is typed when that
        appears. Returns what was to be seen.
        """
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            self.host.entering("setsid", "--ctty", "--wait", *self.start,
                               line),
            stdin=theirs, stdout=theirs, stderr=theirs, env=ENVIRONMENT,
            start_new_session=True)
        os.close(theirs)
        try:
            said = self._talk(ours, dict(answers))
            process.wait(LIMIT)
        finally:
            os.close(ours)      # hangs up
            if process.poll() is None:
                process.kill()
                process.wait()
        assert process.returncode == status, \
            f"{line}: {process.returncode}\n{said[-4000:]}"
        return said

    @staticmethod
    def _talk(ours, answers):
        said, end = b"", time.monotonic() + LIMIT
        while select.select([ours], [], [], max(0, end - time.monotonic()))[0]:
            try:
                some = os.read(ours, 65536)
            except OSError:     # nobody has it open
                return said.decode(errors="replace").replace("\r\n", "\n")
            if not some:
                break
            said += some
            for prompt in [p for p in answers if p.encode() in said]:
                os.write(ours, answers.pop(prompt).encode())
        raise AssertionError(f"no end within {LIMIT} s: {said[-4000:]!r}")
