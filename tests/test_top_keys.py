# SPDX-License-Identifier: BSD-3-Clause
"""Keys of `sluice top` that ask for more: why a talker's packets go where they go, and a tap of what is marked."""

import contextlib
import json
import re
import subprocess
import tempfile
import time

import pytest

from lib.daemon import Daemon, Refused, check_status
from lib.mix import MIX, site
from lib.offline import SLUICE
from lib.screen import SECONDS, Screen
from lib.tmux import terminal

pytestmark = pytest.mark.live

UDP, TCP = list(MIX)[:2]
LOOKS_MAX = 8


@pytest.fixture(name="daemon", scope="module")
def running(tmp_path_factory):
    directory = tmp_path_factory.mktemp("top")
    with Daemon(site(directory), directory) as daemon:
        yield daemon
        check_status(daemon.call("status"))


def top(daemon, socket=None, **more):
    return Screen([SLUICE, "--socket", socket or daemon.run_dir, "top", "--watch", "0.1"], **more)


def mark(screen, pane, name):
    """The pane is the one that keys are for, and only rows of that name are in it."""
    screen.type(pane + "/\x1b/" + name + "\r")
    screen.until(lambda shown: any(">" + pane in line and "/" + name[:8] in line for line in shown.lines)
                 and ">" + name in shown.text)


def packets(screen):
    """Lines of a tap, and none of what is below them."""
    return [line for line in screen.lines[1:-1] if line[2:3] == ":" and line[8:9] == "."]


def tap(screen, title):
    screen.type("t")
    screen.until(lambda shown: f"tap of {title}: " in shown.text and packets(shown))
    return packets(screen)


def shown_by(screen):
    found = re.search(r"tap of .*: ([0-9,]+) shown", screen.text)
    return int(found[1].replace(",", "")) if found else 0


def begins(client, count):
    """Whether so many looks find room beside those that there are."""
    looks = []
    with contextlib.suppress(Refused):
        while len(looks) < count:
            looks.append(client.call("look.begin", filter="less 1")["look"])
    for look in looks:
        client.call("look.end", look=look)
    return len(looks) == count


def until(holds):
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_explain(daemon):
    with top(daemon, columns=120) as screen:
        screen.until(UDP)
        mark(screen, "8", TCP)
        screen.type("e")
        lines = screen.until("agrees")
        text = "\n".join(lines)
        assert TCP in lines[1] and "web -> lan" in lines[1] and "e: again" in lines[-1]
        assert "decides   web: forward lan" in text and "protocol is tcp, not udp" in text
        # As the command says it of the same words, but for the bytes that words do not have.
        said = daemon.sluice("explain", "--port", "wan", TCP).stdout.splitlines()
        assert [line for line in said if line.startswith(("decides", "  dns", "  web", "agrees"))] == \
               [line for line in lines if line.startswith(("decides", "  dns", "  web", "agrees"))]
        screen.type("\x1b")
        screen.until("1 PORT")
        # Another talker, from another pane.
        mark(screen, "8", UDP)
        screen.type("1e")
        screen.until("decides   dns: forward lan")
        screen.type("e")
        screen.until("decides   dns: forward lan")
        assert screen.end() == 0 and screen.is_as_before()


def test_explain_in_few_columns(daemon):
    with top(daemon, columns=40, rows=16) as screen:
        screen.until("IN/s")
        screen.type("88")
        screen.until(">8 TALKER")
        screen.until(lambda shown: shown.lines[2].strip())
        screen.type("e")
        screen.until("decides")
        screen.type("\x1b[F")
        screen.until("same")
        assert screen.end() == 0


@pytest.mark.parametrize("pane, name, title, all_of", [
    ("1", "wan", "port wan", "in  wan "), ("1", "lan", "port lan", "out lan "), ("2", "web", "rule web", "  web -> lan"),
    ("5", "default", "what is dropped as default", "dropped (default)"), ("6", "one", "replay one", "in  wan "),
    ("8", TCP, TCP, f"in  wan {TCP}, ")])
def test_tap(daemon, pane, name, title, all_of):
    with top(daemon, columns=120) as screen:
        screen.until(UDP)
        mark(screen, pane, name)
        screen.type("t")
        screen.until(lambda shown: f"tap of {title}" in shown.text and len(packets(shown)) > 3)
        assert all(all_of in line for line in packets(screen)), screen.text
        screen.type("t")
        screen.until("1 PORT")
        assert screen.end() == 0


def test_tap_goes_on_and_can_be_held(daemon):
    with top(daemon, columns=120) as screen:
        screen.until(UDP)
        before = tap(screen, "port wan")[-1]
        screen.until(lambda shown: packets(shown)[-1] > before and "more passed" in shown.text and shown_by(shown) > 40)
        # Up: no longer the latest; end: again.
        screen.type("\x1b[A\x1b[A\x1b[A")
        screen.until(lambda shown: "tap of" not in shown.text)
        screen.type("\x1b[F")
        screen.until("tap of port wan")
        screen.type("p")
        screen.until("p: go on")
        held = packets(screen)
        time.sleep(0.5)
        screen.read()
        assert packets(screen) == held
        screen.type("p")
        screen.until(lambda shown: packets(shown)[-1] > held[-1])
        assert screen.end() == 0 and screen.is_as_before()


def test_a_tap_that_is_left_ends(daemon):
    """However it is left: who looks at packets is counted."""
    with daemon.client() as client, top(daemon, columns=120) as screen:
        screen.until(UDP)
        for key in ("t", "\x1b", "t"):
            tap(screen, "port wan")
            # Its own, and that of the talkers, in whose place another comes where there is more traffic, or less.
            until(lambda: not begins(client, LOOKS_MAX - 1))
            screen.type(key)
            screen.until("1 PORT")
            until(lambda: begins(client, LOOKS_MAX - 1))
        tap(screen, "port wan")
        assert screen.end() == 0
        until(lambda: begins(client, LOOKS_MAX))
    with daemon.client() as client:
        with top(daemon, columns=120) as screen:
            screen.until(UDP)
            tap(screen, "port wan")
            screen.process.kill()
            screen.process.wait()
        until(lambda: begins(client, LOOKS_MAX))


def test_nothing_to_tap_or_explain(daemon):
    with top(daemon) as screen:
        screen.until(UDP)
        screen.type("3t")
        screen.until("no tap: a port, a rule, a reason, a replay or a talker can be tapped")
        screen.type("t")
        screen.until("1 PORT")
        screen.type("8/nobody\r")
        screen.until("none of that name")
        screen.type("e")
        screen.until("there is no talker of that name")
        screen.type("\x1b")
        screen.until("1 PORT")
        screen.type("t")
        screen.until("no tap: there is nothing in that pane")
        assert screen.end() == 0


def test_who_may_not_look(daemon):
    with top(daemon, socket=f"{daemon.run_dir}/stats.sock") as screen:
        screen.until("IN/s")
        screen.until("only the daemon's owner may look at packets")
        screen.type("t")
        screen.until("no tap: only the daemon's owner may look at packets")
        screen.type("t")
        screen.until("1 PORT")
        screen.type("e")
        screen.until(lambda shown: "only the daemon's owner may look at packets" in shown.lines[1])
        assert screen.end() == 0


@pytest.mark.parametrize("looks", ["off", "headers"])
def test_looks(tmp_path, looks):
    with Daemon(site(tmp_path, looks=looks), tmp_path) as daemon:
        with top(daemon) as screen:
            screen.until("looks: off" if looks == "off" else UDP)
            screen.type("t")
            screen.until("no tap: the config says `looks: off`" if looks == "off" else "tap of port wan")
            screen.type("t")
            screen.until("1 PORT")
            screen.type("e")
            screen.until("looks: off" if looks == "off" else "decides")
            assert screen.end() == 0
        check_status(daemon.call("status"))


def test_a_capture(tmp_path):
    """What reached its disk, what is held and lost, and in which file; no look can be aimed at it."""
    (tmp_path / "disk").mkdir()
    what = site(tmp_path)
    what["memory"] = {**what.get("memory", {}), "packets": 65535}
    what["captures"] = {"kept": {"directory": str(tmp_path / "disk")}}
    what["rules"].insert(0, {"name": "keep", "match": {"protocol": "tcp"}, "actions": [{"mirror": "kept"}]})
    with Daemon(what, tmp_path) as daemon:
        status = daemon.until(lambda status: status["captures"]["kept"]["packets"] > 0)
        kept = json.loads(daemon.sluice("top", "--once", "--json", "--watch", "2").stdout)["captures"]["kept"]
        assert kept["file"] == status["captures"]["kept"]["file"] and kept["port"] is None and kept["state"] == "recording"
        assert kept["packets"] > 0 and kept["bytes"] > 0 and kept["lost"] == 0 and kept["held"] >= 0 and kept["pps"] > 0
        with top(daemon, columns=120, rows=40) as screen:
            screen.until(lambda shown: re.search(r"7 CAPTURE +/s +bit/s +HELD +LOST FILE", shown.text) and "kept-000001-" in shown.text)
            screen.type("7")
            screen.type("t")
            screen.until("a rule that gives it packets can be tapped")
            assert screen.end() == 0


def test_what_comes_in_and_what_is_written(tmp_path):
    """A port that packets come in on, one that writes a capture, and one that a replay feeds."""
    what = site(tmp_path)
    what["ports"] |= {"load": {"vdev": "net_null0,size=64"}, "file": {"pcap": {"out": str(tmp_path / "web.pcap")}}}
    what["rules"].insert(0, {"name": "keep", "match": {"protocol": "tcp"}, "actions": [{"mirror": "file"}]})
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["ports"]["file"]["tx_packets"] > 0 and status["ports"]["load"]["peak_1ms"]["pps"] > 0)
        done = daemon.sluice("top", "--once", "--json", "--watch", "2")
        assert done.returncode == 0, done
        figures = json.loads(done.stdout)
        wan, load = figures["ports"]["wan"], figures["ports"]["load"]
        # What enters the pipeline as wan is no packet that wan received.
        assert wan["rx_pps"] == 0 and wan["replayed_pps"] == figures["replays"]["one"]["pps"] > 0
        assert load["peak_1ms_pps"] > 0 and load["peak_ratio"] == pytest.approx(load["peak_1ms_pps"] / load["rx_pps"])
        assert load["lower_ns"]["max"] > 0 and load["upper_ns"]["max"] >= load["lower_ns"]["p50"]
        assert wan["lower_ns"]["max"] is None
        assert list(figures["captures"]) == ["file"] and figures["captures"]["file"]["packets"] > 0
        assert figures["captures"]["file"]["file"] == daemon.call("ports")["ports"]["file"]["writes"]
        assert load["backlog"] is None and figures["rules_omitted"] == 0
        with top(daemon, columns=120, rows=40) as screen:
            screen.until(lambda shown: "7 CAPTURE" in shown.text and "web.pcap" in shown.text)
            screen.until(lambda shown: re.search(r"^[ >]wan +[0-9.]+k ", shown.text, re.MULTILINE))
            assert re.search(r"^[ >]load .* - +[0-9.]+[kMG] x[0-9.]+$", screen.text, re.MULTILINE), screen.text
            assert re.search(r"^ 4 IN BOX .*\n load +[0-9.]+[num]s +[0-9.]+[num]s", screen.text, re.MULTILINE), screen.text
            assert screen.end() == 0
        check_status(daemon.call("status"))


def test_rules_that_are_not_shown(tmp_path):
    what = site(tmp_path)
    rule = what["rules"].pop()
    what["rules"] += [{**rule, "name": f"rule-{i}", "match": {"dst-port": i}} for i in range(1, 10020)]
    with Daemon(what, tmp_path) as daemon:
        figures = json.loads(daemon.sluice("top", "--once", "--json").stdout)
        assert figures["rule_count"] == 10021 and figures["rules_omitted"] == 10021 - len(figures["rules"]) > 0
        with top(daemon) as screen:
            screen.until("/10021")
            screen.type("2/and\r")
            screen.until(f">and {figures['rules_omitted']} more")
            assert screen.end() == 0


def test_a_tap_of_a_daemon_that_comes_back(tmp_path):
    """It goes on with the next one, and keys work in between."""
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as run_dir, contextlib.ExitStack() as stack:
        with Daemon(site(tmp_path), tmp_path, run_dir=run_dir) as daemon:
            screen = stack.enter_context(top(daemon, columns=120))
            screen.until(UDP)
            last = tap(screen, "port wan")[-1]
        screen.until(lambda shown: "running" not in shown.lines[0])
        assert packets(screen)
        with Daemon(site(tmp_path), tmp_path, run_dir=run_dir):
            screen.until(lambda shown: "running" in shown.lines[0] and packets(shown)[-1] > last)
            assert screen.end() == 0 and screen.is_as_before()


def test_in_a_real_terminal(daemon):
    with terminal(daemon) as tmux:
        tmux.until("1 PORT", UDP)
        tmux.type("e")
        tmux.until("decides", "agrees", "e: again")
        tmux.type("Escape")
        tmux.until("1 PORT", "e explain  t tap")
        tmux.type("t")
        lines = tmux.until("tap of port wan: ", "in  wan", "p: pause")
        assert len(lines) == 24 and all(len(line) <= 80 for line in lines)
        tmux.run("resize-window", "-x", "120", "-y", "40")
        assert "p: pause" in tmux.until("tap of port wan: ")[39]
        tmux.type("t")
        tmux.until("1 PORT")
        tmux.type("q")
        assert not any("PORT" in line for line in tmux.until("ended 0"))


def test_help_says_them(daemon):
    with top(daemon, rows=40) as screen:
        screen.until("1 PORT")
        screen.type("?")
        screen.until("explain a talker's last packet")
        assert "tap the port, rule, reason, replay or talker" in screen.text
        assert screen.end() == 0


def test_no_more_than_a_terminal_takes(daemon):
    """A tap's client that does not move for a while costs no packet."""
    with daemon.client() as client, top(daemon) as screen:
        screen.until(UDP)
        tap(screen, "port wan")
        subprocess.run(["kill", "-STOP", str(screen.process.pid)], check=True)
        try:
            before = client.call("status")["ledger"]["in"]
            until(lambda: client.call("status")["ledger"]["in"] > before + 20000)
        finally:
            subprocess.run(["kill", "-CONT", str(screen.process.pid)], check=True)
        status = client.call("status")
        assert status["ledger"]["balanced"]
        assert {name for name, count in status["drops"].items() if count} == {"default"}
        last = packets(screen)[-1]
        screen.until(lambda shown: packets(shown) and packets(shown)[-1] > last)
        assert screen.end() == 0
