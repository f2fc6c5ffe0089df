# SPDX-License-Identifier: BSD-3-Clause
"""`sluice top` in a real terminal."""

import contextlib
import os
import shlex
import subprocess
import time

from lib.offline import SLUICE

SECONDS = 60


class Tmux:
    """A real terminal, of its own server."""

    def __init__(self, daemon, columns=80, rows=24):
        self.name = f"sluice-{os.getpid()}-{id(self)}"
        command = shlex.join([str(SLUICE), "--socket", str(daemon.run_dir), "top", "--watch", "0.2"])
        self.run("new-session", "-d", "-x", str(columns), "-y", str(rows), f"LANG=C.UTF-8 {command}; echo ended $?; sleep 60")

    def run(self, *words):
        return subprocess.run(["tmux", "-u", "-f", "/dev/null", "-L", self.name, *words], capture_output=True, text=True,
                              timeout=SECONDS, check=True).stdout

    def lines(self):
        return self.run("capture-pane", "-p").splitlines()

    def until(self, *texts):
        deadline = time.monotonic() + SECONDS
        while not all(any(text in line for line in self.lines()) for text in texts):
            assert time.monotonic() < deadline, (texts, "\n".join(self.lines()))
            time.sleep(0.05)
        return self.lines()

    def type(self, *keys):
        self.run("send-keys", *keys)


@contextlib.contextmanager
def terminal(daemon, **more):
    tmux = Tmux(daemon, **more)
    try:
        yield tmux
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            tmux.run("kill-server")
