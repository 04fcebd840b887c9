# SPDX-License-Identifier: ISC
"""Asks tests/differential/verdict about many cases at once."""

import os
import struct
import subprocess


def ask(mode, fields):
    """One line of answer for each case; fields are those of all, in order."""
    program = os.path.join(os.environ.get("top_builddir", "."),
                           "tests/differential/verdict")
    data = b"".join(struct.pack(">I", len(f)) + f for f in fields)
    done = subprocess.run([program, mode], input=data, check=True,
                          stdout=subprocess.PIPE, timeout=300)
    return done.stdout.decode("latin-1").split("\n")[:-1]
