# SPDX-License-Identifier: ISC
"""Short-lived users of this machine, for tests that need one of their own."""

import os
import pathlib
import pwd
import secrets
import shutil
import subprocess

from tap import Skip


class Account:
    """A user with a home directory; root only. remove() takes both away."""

    def __init__(self):
        if os.getuid() != 0:
            raise Skip("only root can make a user")
        if not shutil.which("useradd"):
            raise Skip("useradd is not here")
        self.name = "hk-" + secrets.token_hex(4)
        self.home = pathlib.Path("/tmp") / self.name
        subprocess.run(["useradd", "--create-home", "--home-dir", self.home,
                        "--shell", "/usr/sbin/nologin", self.name],
                       check=True, capture_output=True)
        self.entry = pwd.getpwnam(self.name)
        # the web server goes through it
        self.home.chmod(0o711)

    def remove(self):
        subprocess.run(["userdel", self.name], check=False,
                       capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)
