# SPDX-License-Identifier: BSD-3-Clause
"""Who sends most: shares of a known mix within the error that is told, and `sluice top` in a real terminal beside them."""

import json
import subprocess
import time

import pytest

from lib.daemon import Daemon, check_status
from lib.mix import MIX, site
from lib.offline import SLUICE, config
from lib.tmux import terminal

pytestmark = pytest.mark.live

SECONDS = 60
# Standard deviations that a share may be off.
SIGMAS = 6


@pytest.fixture(name="daemon", scope="module")
def running(tmp_path_factory):
    directory = tmp_path_factory.mktemp("talkers")
    with Daemon(site(directory), directory) as daemon:
        yield daemon
        check_status(daemon.call("status"))


def talkers(daemon, *words):
    done = daemon.sluice("talkers", "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def grouped(key):
    shares = {}
    for text, count in MIX.items():
        shares[key(text)] = shares.get(key(text), 0) + count / sum(MIX.values())
    return shares


def address(end):
    return end.rsplit(":", 1)[0].strip("[]")


@pytest.mark.parametrize("by, key", [
    ("flow", lambda text: text),
    ("source", lambda text: address(text.split()[1])),
    ("destination", lambda text: address(text.split()[3])),
    ("port", lambda text: "wan"),
    ("rule", lambda text: "dns" if text.endswith(":53") else "web" if text.startswith("tcp") else "default")])
def test_a_known_mix(daemon, by, key):
    truth = grouped(key)
    deadline = time.monotonic() + SECONDS
    # Where other programs keep the client or a worker from its core there may be few, or some that were not kept.
    while (found := talkers(daemon, "--by", by, "-n", "100", "--for", "1"))["samples"] < 50 or found["not_kept"]:
        assert time.monotonic() < deadline, found
    assert found["by"] == by
    shares = {talker["name"]: talker["share"] for talker in found["talkers"]}
    assert abs(sum(shares.values()) - 1) < 1e-9 and set(shares) <= set(truth)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    for name, share in truth.items():
        if share > 0.1:
            sigma = (share * (1 - share) / found["samples"]) ** 0.5
            assert abs(shares[name] - share) <= SIGMAS * sigma + 1e-9, (name, shares[name], share, found["samples"])
    for talker in found["talkers"]:
        share = talker["share"]
        assert talker["error"] == pytest.approx(((1 - share) / (share * found["samples"])) ** 0.5)


def test_table(daemon):
    done = daemon.sluice("talkers", "--for", "1", "-n", "2")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and lines[0].split() == ["TALKER", "SHARE", "ERROR", "NOW", "WENT"] and len(lines) == 3
    assert lines[1].startswith(next(iter(MIX))) and lines[1].endswith("dns -> lan")
    assert "packets looked at, one in" in done.stderr


def test_who_may_not_look(daemon):
    done = subprocess.run([SLUICE, "--socket", f"{daemon.run_dir}/stats.sock", "talkers"], capture_output=True, text=True,
                          timeout=SECONDS, check=False)
    assert done.returncode == 1 and "only the daemon's owner may look at packets" in done.stderr
    done = subprocess.run([SLUICE, "--socket", f"{daemon.run_dir}/stats.sock", "top", "--once"], capture_output=True,
                          text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0 and "only the daemon's owner may look at packets" in done.stdout


def test_looks_off(tmp_path):
    with Daemon({**config({"wan": {"null": {}}}, []), "looks": "off"}, tmp_path) as daemon:
        assert "looks: off" in daemon.sluice("talkers").stderr
        assert "looks: off" in daemon.sluice("top", "--once").stdout


def test_wrong_usage(daemon):
    for words in (["--by", "colour"], ["-n", "0"], ["--for", "0"], ["--rule", "dns"], ["more"]):
        assert daemon.sluice("talkers", *words).returncode == 2, words
    assert "did you mean `port`" in daemon.sluice("talkers", "--by", "prt").stderr
    assert daemon.sluice("status", "--by", "flow").returncode == 2


def test_one_in_so_many(daemon):
    """At random, about as many as asked for, and not in the rhythm in which they come."""
    def passed(client):
        return sum(rule["packets"] for rule in client.call("rules")["rules"].values())

    with daemon.client() as client:
        # However long something keeps this from its core meanwhile: between the outer two all came that were seen first, and
        # between the inner two nothing passed that was not to be seen at last.
        before = passed(client)
        look = client.call("look.begin", one_in=50, snap=64)["look"]
        begun = passed(client)
        seen, deadline = [], time.monotonic() + SECONDS
        while len(seen) < 500:
            assert time.monotonic() < deadline
            seen += client.call("look.read", look=look)["packets"]
            time.sleep(0.05)
        first, after = len(seen), passed(client)
        while (answer := client.call("look.read", look=look))["more"]:
            seen += answer["packets"]
        seen += answer["packets"]
        counts = client.call("look.end", look=look)["counts"]
    # Gaps are spread evenly from 1 to 99: a standard deviation of 29 each.
    assert after - before > first * 50 * 0.65
    assert after - begun - counts["not_looked_at"] < (len(seen) + counts["full"]) * 50 * 1.35
    assert len({packet["text"] for packet in seen}) > 20


def test_figures_add_up(daemon):
    """Rates are of one moment and the daemon's own clock: what a rule took is what its ports let out."""
    figures = json.loads(daemon.sluice("top", "--once", "--json").stdout)
    rules = figures["rules"]
    forwarded = rules["dns"]["pps"] + rules["web"]["pps"]
    assert forwarded > 0 and figures["ports"]["lan"]["tx_pps"] == pytest.approx(forwarded)
    assert figures["drops"]["default"]["pps"] == pytest.approx(rules["default"]["pps"])
    assert sum(rule["share"] for rule in rules.values()) == pytest.approx(1)
    # What repeats with the capture repeats exactly, but for a part of it.
    assert rules["web"]["packets"] / sum(rule["packets"] for rule in rules.values()) == pytest.approx(0.25, abs=0.02)
    assert figures["talkers"]["samples"] > 0


def test_top_in_a_real_terminal(daemon):
    first = next(iter(MIX))
    with terminal(daemon) as tmux:
        lines = tmux.until("1 PORT", "2 RULE", "8 TALKER", first)
        assert "ledger balanced" in lines[0] and "quit" in lines[23]
        assert any(block in line for line in lines for block in "▁▂▃▄▅▆▇█")
        tmux.type("8", "8")
        tmux.until(">8 TALKER", first)
        tmux.type("/", "2001", "Enter")
        lines = tmux.until("8 TALKER /2001", "2001:db8::1", "quit")
        assert not [line for line in lines if first in line]
        tmux.run("resize-window", "-x", "120", "-y", "40")
        tmux.until("2001:db8::1")
        assert "quit" in tmux.until("quit")[39]
        tmux.type("q")
        lines = tmux.until("ended 0")
        assert not any("PORT" in line for line in lines)
