# SPDX-License-Identifier: BSD-3-Clause
"""A program on a terminal that an emulator (pyte) shows: what a person would see, and keys as a person types them."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pyte

SECONDS = 60
# What an environment may say of terminals.
FOREIGN = ("COLUMNS", "LINES", "NO_COLOR", "LC_ALL", "LC_CTYPE")


class Screen:
    def __init__(self, words, columns=80, rows=24, **environment):
        self.leader, follower = pty.openpty()
        self.before = termios.tcgetattr(follower)
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.size(columns, rows)
        clean = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        self.process = subprocess.Popen([str(word) for word in words], stdin=follower, stdout=follower, stderr=follower,
                                        env={**clean, "TERM": "xterm", "LANG": "C.UTF-8", **environment},
                                        start_new_session=True)
        self.follower = follower

    def size(self, columns, rows):
        fcntl.ioctl(self.leader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def resize(self, columns, rows):
        """As a terminal's window does."""
        self.size(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def type(self, text):
        os.write(self.leader, text.encode())

    def read(self, seconds=0.05):
        """Shows what was written. False: nothing came."""
        if not select.select([self.leader], [], [], seconds)[0]:
            return False
        with contextlib.suppress(OSError):
            part = os.read(self.leader, 65536)
            self.raw += part
            self.stream.feed(part)
            return bool(part)
        return False

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self):
        return "\n".join(self.lines)

    def until(self, holds, what=""):
        """Waits until holds(screen) and returns its lines; a text is to be on it."""
        deadline = time.monotonic() + SECONDS
        check = (lambda shown: holds in shown.text) if isinstance(holds, str) else holds
        while not check(self):
            assert time.monotonic() < deadline, f"{what or holds}\n{self.text}"
            assert self.process.poll() is None or self.read(), f"{what or holds}: it ended\n{self.text}"
            self.read()
        return self.lines

    def end(self, key="q"):
        """Types a key that ends it, or sends a signal; returns the exit code."""
        if isinstance(key, str):
            self.type(key)
        elif key:
            self.process.send_signal(key)
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.text
            self.read()
        while self.read(0):
            pass
        return self.process.returncode

    def is_as_before(self):
        return termios.tcgetattr(self.follower) == self.before

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.leader)
        os.close(self.follower)
