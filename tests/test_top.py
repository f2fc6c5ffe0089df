# SPDX-License-Identifier: BSD-3-Clause
"""`sluice top` on a terminal: what is seen, keys, other sizes, slow terminals, and daemons that go away."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

from lib.fake import Daemon
from lib.offline import BUILD, ROOT, SLUICE
from lib.screen import SECONDS, Screen

QUICK = ["--watch", "0.1"]
# Replays and captures are not there where the config has none.
HEADS = {1: "PORT", 2: "RULE", 3: "WORKER", 4: "IN BOX", 5: "DROPPED", 8: "TALKER"}


@pytest.fixture(name="daemon", scope="module")
def running():
    with Daemon() as daemon:
        yield daemon


def top(daemon, *words, **more):
    return Screen([SLUICE, "--socket", daemon.run_dir, "top", *QUICK, *words], **more)


def shows(*texts):
    return lambda screen: all(text in screen.text for text in texts)


def rows_below(screen, head):
    """Of the pane with that number and name, the names."""
    lines = screen.lines
    names, at = [], next((i for i, line in enumerate(lines) if line[1:].startswith(head)), len(lines))
    for line in lines[at + 1:]:
        if re.match(r"[ >]\d [A-Z]", line) or not line[1:2].strip():
            break
        names.append(line[1:].split()[0])
    return names


def test_all_is_on_one_screen(daemon):
    with top(daemon) as screen:
        lines = screen.until(shows("ledger", "quit", *(f"{key} {head}" for key, head in HEADS.items())))
        status = json.loads(daemon.sluice("status", "--json").stdout)
        assert lines[0].startswith(" sluice  running")
        assert all(any(line[1:].startswith(name) for line in lines) for name in status["ports"])
        assert "quit" in lines[-1] and len(lines) == 24
        assert screen.end() == 0 and screen.is_as_before()
        # Another screen with a hidden cursor and no wrapping, and back again as the last; frames are shown at once.
        text = screen.raw.decode()
        assert text.startswith("\033[?1049h\033[?25l\033[?7l") and text.endswith("\033[?7h\033[?25h\033[?1049l")
        assert 0 < text.count("\033[?2026h") <= text.count("\033[?2026l")


def test_the_screen_that_the_manual_shows():
    """What was recorded of a daemon (tests/top/figures.json), drawn as it is drawn now."""
    manual = (ROOT / "docs/seeing.md").read_text(encoding="utf-8")
    shown = re.search(r"```text\n( sluice  running.*?)\n```", manual, re.DOTALL)[1].splitlines()
    with open(ROOT / "tests/top/figures.json", encoding="utf-8") as figures:
        drawn = subprocess.run([BUILD / "tests/unit/draw_top", "80", "24", "1796000000"], stdin=figures, capture_output=True,
                               text=True, env={**os.environ, "TZ": "UTC"}, timeout=SECONDS, check=True).stdout.splitlines()
    assert max(map(len, drawn)) == 80 and len(drawn) == 24
    assert shown == [line.rstrip() for line in drawn]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_what_ends_it(daemon, end):
    with top(daemon) as screen:
        screen.until("PORT")
        assert screen.end(end) == 0 and screen.is_as_before()
        assert screen.raw.endswith(b"\033[?1049l")


def test_only_what_changes_is_written(daemon):
    """Slow lines are spared: a frame is seldom more than the clock and a few numbers."""
    with top(daemon) as screen:
        screen.until("PORT")
        while screen.read(0.3):
            if screen.raw.count(b"\033[?2026h") > 8:
                break
        frames = screen.raw.split(b"\033[?2026h")[1:]
        whole = max(map(len, frames))
        assert len(frames) > 8 and sum(len(frame) < whole / 2 for frame in frames) > len(frames) / 2
        assert screen.end() == 0


def test_panes_filter_and_sort(daemon):
    rules = list(json.loads(daemon.sluice("rules", "--json").stdout)["rules"])
    with top(daemon) as screen:
        screen.until(lambda shown: rows_below(shown, "2 RULE"))
        screen.type("22")
        screen.until(lambda shown: "PORT" not in shown.text and shown.lines[1].startswith(">2 RULE"))
        assert {"default", *rules} == set(rows_below(screen, "2 RULE"))
        screen.type("/DEF")
        screen.until("/DEF_")
        screen.type("x\x7f\r")
        screen.until(lambda shown: rows_below(shown, "2 RULE") == ["default"] and "quit" in shown.lines[-1])
        screen.type("/")
        screen.until("_")
        screen.type("zz")
        screen.until("none of that name")
        screen.type("\x1b")
        screen.until(lambda shown: len(rows_below(shown, "2 RULE")) > 1)
        # Each key's effect is waited for: a frame may be late.
        while not screen.lines[1].startswith(">*2 RULE"):
            before = screen.lines[1]
            screen.type("s")
            screen.until(lambda shown, before=before: shown.lines[1] != before)
        names = rows_below(screen, "*2 RULE")
        assert names == sorted(names) and len(names) > 1
        # Down to the next row, where the mark is.
        screen.type("\x1b[B")
        screen.until(lambda shown: shown.lines[3].startswith(">" + names[1]))
        screen.type("\x1b")
        screen.until("1 PORT")
        assert screen.end() == 0


def test_panes_that_a_config_has_no_use_for(daemon):
    """They take no room from others, and say so where somebody asks for them."""
    with top(daemon) as screen:
        screen.until("8 TALKER")
        assert "REPLAY" not in screen.text and "CAPTURE" not in screen.text
        screen.type("66")
        screen.until(shows(">6 REPLAY", "the config has no replays"))
        screen.type("7")
        screen.until(shows(">7 CAPTURE", "nothing is written to a capture"))
        assert screen.end() == 0


def test_totals_and_pause(daemon):
    with top(daemon) as screen:
        screen.until("IN/s")
        screen.type("u")
        screen.until(shows("PACKETS", "BYTES", "u rates"))
        assert "IN/s" not in screen.text
        screen.type("p")
        screen.until(shows("PAUSED", "p go on"))
        before = screen.lines[1:-1]
        time.sleep(0.5)
        screen.read()
        assert screen.lines[1:-1] == before
        screen.type("p")
        screen.until(lambda shown: "PAUSED" not in shown.text)
        assert screen.end() == 0


def test_help(daemon):
    with top(daemon) as screen:
        screen.until("1 PORT")
        screen.type("?")
        screen.until(shows("that keys are for", "q: quit"))
        assert "1 PORT" not in screen.text
        screen.type("\x1b")
        screen.until("1 PORT")
        assert screen.end() == 0


@pytest.mark.parametrize("columns,rows", [(80, 24), (100, 30), (200, 60), (60, 20), (40, 12), (20, 6), (10, 2)])
def test_any_size(daemon, columns, rows):
    with top(daemon, columns=columns, rows=rows) as screen:
        screen.until("sluice")
        screen.type("u")
        screen.until(lambda shown: shown.raw.count(b"\033[?2026l") > 0)
        assert screen.end() == 0


def test_resize(daemon):
    with top(daemon) as screen:
        screen.until("8 TALKER")
        screen.resize(132, 40)
        lines = screen.until(lambda shown: "quit" in shown.lines[39])
        assert "1 PORT" in lines[1] and len(lines[1]) > 100
        screen.resize(80, 24)
        screen.until(lambda shown: "quit" in shown.lines[23] and [line[1:7] for line in shown.lines].count("1 PORT") == 1)
        assert screen.end() == 0


def test_colours_are_for_meaning(daemon):
    with top(daemon) as screen:
        screen.until("8 TALKER")
        assert screen.end() == 0
        assert b"\033[2m" in screen.raw
    with top(daemon, NO_COLOR="1") as screen:
        screen.until("8 TALKER")
        assert screen.end() == 0
        assert not re.search(rb"\033\[[0-9;]*m", screen.raw)


def test_no_utf8(daemon):
    with top(daemon, LANG="C", LC_ALL="C", columns=120) as screen:
        screen.until("8 TALKER")
        screen.type("u")
        screen.until("PACKETS")
        assert screen.end() == 0
        assert screen.raw.isascii() and b"#" in screen.raw
    with top(daemon, columns=120) as screen:
        screen.until("\u2588")
        assert screen.end() == 0


def test_a_terminal_that_takes_nothing(daemon):
    """Nobody reads what it writes, and far more frames come than there is room for: keys and signals work all the same."""
    for end in ("q", signal.SIGTERM):
        with top(daemon, columns=200, rows=60) as screen:
            screen.until("8 TALKER")
            for _ in range(100):
                screen.type("22")
                time.sleep(0.01)
            drawn = len(screen.raw)
            if end == "q":
                screen.type("q")
            else:
                screen.process.send_signal(end)
            assert screen.process.wait(timeout=SECONDS) == 0
            while screen.read(0):
                pass
            # Much was left out, and the terminal is as it was.
            assert len(screen.raw) - drawn < 300000
            assert screen.is_as_before()


def test_a_terminal_that_goes_away(daemon):
    screen = top(daemon)
    screen.until("8 TALKER")
    process, screen.process = screen.process, subprocess.Popen(["true"])
    screen.__exit__()
    assert process.wait(timeout=SECONDS) in (0, -signal.SIGHUP)


def test_a_daemon_that_goes_away_and_comes_back():
    own = Daemon()
    with top(own) as screen:
        screen.until("8 TALKER")
        own.stop()
        screen.until(lambda shown: "daemon" in shown.lines[0] and "running" not in shown.lines[0])
        # What was known is still there, and keys work.
        assert "1 PORT" in screen.text
        screen.type("?")
        screen.until("that keys are for")
        screen.type("\x1b")
        own.start()
        screen.until(lambda shown: shown.lines[0].startswith(" sluice  running") and "1 PORT" in shown.text)
        own.stop()
        screen.until(lambda shown: "running" not in shown.lines[0])
        assert screen.end() == 0 and screen.is_as_before()
    own.own.cleanup()


def test_a_daemon_that_does_not_move():
    with Daemon() as own:
        with top(own) as screen:
            screen.until("8 TALKER")
            own.process.send_signal(signal.SIGSTOP)
            try:
                screen.until("does not answer")
                screen.type("?")
                screen.until("that keys are for")
                assert screen.end() == 0
            finally:
                own.process.send_signal(signal.SIGCONT)


def test_a_script_waits_longer():
    """For as long as for any answer, where one who looks at a screen is told."""
    with Daemon() as own:
        own.process.send_signal(signal.SIGSTOP)
        with subprocess.Popen([SLUICE, "--socket", own.run_dir, "top", "--once", "--json", *QUICK], stdout=subprocess.PIPE) as asks:
            try:
                with pytest.raises(subprocess.TimeoutExpired):
                    asks.wait(4)
            finally:
                own.process.send_signal(signal.SIGCONT)
            assert "ports" in json.loads(asks.communicate(timeout=SECONDS)[0])


def test_no_daemon(tmp_path):
    done = subprocess.run([SLUICE, "--socket", tmp_path, "top"], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 3 and "can't reach the daemon" in done.stderr and not done.stdout


def test_once(daemon):
    done = daemon.sluice("top", "--once", *QUICK)
    assert done.returncode == 0 and not done.stderr and "\033" not in done.stdout
    assert all(re.search(rf"\b{head}\b", done.stdout) for head in HEADS.values())
    assert max(map(len, done.stdout.splitlines())) <= 80 and "quit" not in done.stdout


@pytest.mark.parametrize("socket", ["control", "stats"])
def test_once_json(daemon, socket):
    """A member of the group reads stats.sock, and sees the same."""
    done = subprocess.run([SLUICE, "--socket", getattr(daemon, socket), "top", "--once", "--json", *QUICK],
                          capture_output=True, text=True, timeout=SECONDS, check=True)
    figures = json.loads(done.stdout)
    status = json.loads(daemon.sluice("status", "--json").stdout)
    assert figures["seconds"] > 0 and figures["state"] == "running" and figures["ledger"] == status["ledger"]
    assert list(figures["ports"]) == list(status["ports"])
    for name, port in figures["ports"].items():
        assert port["rx_packets"] == status["ports"][name]["rx_packets"]
    assert {name: drop["packets"] for name, drop in figures["drops"].items() if drop["kind"] != "card"} == status["drops"]


@contextlib.contextmanager
def ended(client):
    """Whatever happens: it would go on for ever."""
    with client:
        try:
            yield client
        finally:
            client.kill()


def test_json_again_and_again():
    with Daemon() as own:
        with ended(own.client("top", "--json", *QUICK)) as client:
            seen = [json.loads(client.stdout.readline()) for _ in range(3)]
            assert seen[0]["uptime"] < seen[1]["uptime"] < seen[2]["uptime"]
            own.stop()
            assert client.wait(timeout=SECONDS) == 3 and "daemon" in client.stderr.read()
            own.start()


def test_a_reader_that_goes_away(daemon):
    with ended(daemon.client("top", *QUICK)) as client:
        assert client.stdout.readline()
        client.stdout.close()
        assert client.wait(timeout=SECONDS) == 0 and not client.stderr.read()


def test_wrong_usage(daemon):
    assert daemon.sluice("status", "--once").returncode == 2
    assert daemon.sluice("top", "more").returncode == 2
