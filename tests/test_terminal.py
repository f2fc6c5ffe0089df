# SPDX-License-Identifier: BSD-3-Clause
"""The client on a terminal: tables fit, --watch draws one screen and leaves the terminal as it was."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time

import pytest

from lib.fake import Daemon
from lib.offline import SLUICE

ESCAPES = re.compile(r"\033\[[0-9;?]*[a-zA-Z]")


@pytest.fixture(name="daemon", scope="module")
def running():
    with Daemon() as daemon:
        yield daemon


class Terminal:
    """A client on a terminal of so many columns and rows."""

    def __init__(self, daemon, *words, columns=80, rows=24, **environment):
        self.leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        clean = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR", "LC_ALL")}
        self.process = subprocess.Popen([SLUICE, "--socket", daemon.run_dir, *words], stdin=follower, stdout=follower,
                                        stderr=follower, env={**clean, "TERM": "xterm", "LANG": "C.UTF-8", **environment})
        os.close(follower)
        self.text = b""

    def read(self, until=None):
        """What was written, up to where a text has come, or to the end."""
        deadline = time.monotonic() + 20
        with contextlib.suppress(OSError):  # its other side is closed
            while until is None or until not in self.text:
                assert time.monotonic() < deadline
                part = os.read(self.leader, 65536)
                if not part:
                    break
                self.text += part
        return self.text.decode().replace("\r\n", "\n")

    def end(self, number=None):
        if number:
            self.process.send_signal(number)
        text = self.read()
        os.close(self.leader)
        return self.process.wait(timeout=10), text


def shown(text):
    return ESCAPES.sub("", text)


def lines_of(daemon, *words, **more):
    code, text = Terminal(daemon, *words, **more).end()
    assert code == 0, text
    return shown(text).splitlines()


def table_lines(lines):
    """Those below a head, up to a blank line; sentences beside tables are wrapped by the terminal."""
    found, inside = [], False
    for line in lines:
        inside = bool(line) and (inside or line == line.upper())
        found += [line] if inside else []
    return found


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 132])
@pytest.mark.parametrize("words", ["ports", "rules", "workers", "drops", "memory"])
def test_tables_fit(daemon, words, columns):
    plain = daemon.sluice(words).stdout
    lines = lines_of(daemon, words, columns=columns)
    assert table_lines(plain.splitlines()) and not [line for line in table_lines(lines) if len(line) > columns]
    # No number is cut, and none is left out.
    for number in re.findall(r"(?<= )[\d,.]+(?= |$)", plain):
        assert any(number in line for line in lines), number


def test_wide_enough_is_as_elsewhere(daemon):
    for words in ("ports", "rules", "workers", "drops", "memory"):
        assert "\n".join(lines_of(daemon, words, columns=300)) + "\n" == daemon.sluice(words).stdout


def test_words_are_cut_with_a_sign(daemon):
    cut = [line for line in lines_of(daemon, "drops", columns=60) if line.endswith("…")]
    assert cut and all(len(line) == 60 for line in cut)
    assert any(line.endswith("~") for line in lines_of(daemon, "drops", columns=60, LANG="C"))


def test_columns_without_room_go_on_below(daemon):
    lines = lines_of(daemon, "workers", columns=40)
    heads = [line.split() for line in lines if line.strip().startswith("CORE")]
    assert len(heads) > 2
    assert {"PACKETS", "BUSY", "SLEPT"} <= {word for head in heads for word in head}


def test_below_words_are_whole_and_nothing_is_empty(daemon):
    plain = daemon.sluice("ports").stdout
    macs = re.findall(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", plain)
    for columns in (40, 60, 80):
        assert len(macs) > 1 and set(macs) <= set(" ".join(lines_of(daemon, "ports", columns=columns)).split())
        for words in ("ports", "rules", "status"):
            assert not [line for line in lines_of(daemon, words, columns=columns) if line in ("PORT", "RULE")]
    # A table of rules without filters has no such column but where all stand side by side.
    chosen = ("rules", "default")
    assert "FILTER" in daemon.sluice(*chosen).stdout
    assert not any("FILTER" in line for line in lines_of(daemon, *chosen, columns=40))


def test_columns_in_the_environment_go_first(daemon):
    assert lines_of(daemon, "drops", columns=80, COLUMNS="300") == lines_of(daemon, "drops", columns=300)
    assert lines_of(daemon, "drops", columns=60, COLUMNS="wide") == lines_of(daemon, "drops", columns=60)
    # Elsewhere nothing is cut, whatever they say.
    whole = daemon.sluice("drops").stdout
    assert daemon.sluice("drops", env={**os.environ, "COLUMNS": "20"}).stdout == whole


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_watch_draws_one_screen(daemon, number):
    terminal = Terminal(daemon, "ports", "--watch", "0.1", columns=100, rows=30)
    for _ in range(4):
        terminal.read(b"\033[H")
        terminal.text = terminal.text.replace(b"\033[H", b"<HOME>", 1)
    code, text = terminal.end(number)
    assert code == 0
    # Another screen with a hidden cursor and no wrapping, and back again as the last.
    assert text.startswith("\033[?1049h\033[?25l\033[?7l") and text.endswith("\033[?7h\033[?25h\033[?1049l")
    assert text.count("\033[?1049") == 2 and "\033[2J" not in text
    frames = re.split(r"<HOME>|\033\[H", text)[1:]
    assert len(frames) >= 4
    for frame in frames:
        lines = shown(frame).splitlines()
        assert len(lines) <= 30 and all(len(line) <= 100 for line in lines)
    assert "NOW" in frames[1]


@pytest.mark.parametrize("columns", [20, 37])
def test_watch_shows_long_lines_whole(daemon, columns):
    """Sentences go on in the next row: on a screen that does not wrap their ends would be lost."""
    terminal = Terminal(daemon, "status", "--watch", "0.1", columns=columns, rows=200)
    terminal.read(b"\033[J")
    _, text = terminal.end(signal.SIGINT)
    frame = shown(re.split(r"\033\[H", text)[1])
    assert all(len(line) <= columns for line in frame.splitlines())
    copied = next(line for line in daemon.sluice("status").stdout.splitlines() if line.startswith("copied "))
    assert len(copied) > columns and copied.split() == frame[frame.index("copied"):].split()[:len(copied.split())]


def test_watch_never_scrolls(daemon):
    terminal = Terminal(daemon, "drops", "--watch", "0.1", rows=8)
    terminal.read(b"more than fit here")
    _, text = terminal.end(signal.SIGINT)
    for frame in text.split("\033[H")[1:-1]:
        assert frame.count("\n") == 7 and re.search(r"\(\d+ lines more than fit here\)$", shown(frame))


def test_what_ends_a_watch_is_told_on_the_old_screen():
    own = Daemon()
    terminal = Terminal(own, "status", "--watch", "0.1")
    terminal.read(b"\033[H")
    own.stop()
    code, text = terminal.end()
    own.own.cleanup()
    assert code == 3 and re.search(r"\033\[\?1049lsluice: .*daemon", text)


def test_a_dumb_terminal_is_not_drawn_on(daemon):
    terminal = Terminal(daemon, "workers", "--watch", "0.1", TERM="dumb")
    terminal.read(b"CYCLES/PACKET")
    code, text = terminal.end(signal.SIGINT)
    assert code == 0 and "\033" not in text
