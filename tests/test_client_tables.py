# SPDX-License-Identifier: BSD-3-Clause
"""Tables of the client: which rows and in what order, and again and again."""

import json
import signal
import time

import pytest

from control_stress import Client
from lib.fake import Daemon

READING = ["status", "ports", "bursts", "rules", "policers", "dedups", "returns", "workers", "drops", "memory", "config show", "replay list"]


@pytest.fixture(name="daemon")
def running():
    with Daemon() as daemon:
        yield daemon


@pytest.mark.parametrize("command", READING)
def test_reading(daemon, command):
    words = command.split()
    done = daemon.sluice(*words)
    assert done.returncode == 0 and done.stdout and not done.stderr
    assert "\033" not in done.stdout
    result = json.loads(daemon.sluice("--json", *words).stdout)
    assert result.keys() == Client(daemon.stats).result(command.replace(" ", ".")).keys()
    assert json.loads(daemon.sluice(*words, "--json").stdout).keys() == result.keys()


def table(daemon, *words):
    """The rows of the first table by their first word."""
    done = daemon.sluice(*words)
    assert done.returncode == 0 and not done.stderr, done.stderr
    lines = done.stdout.split("\n\n", maxsplit=1)[0].splitlines()[1:]
    return {line.split()[0]: line for line in lines if not line.startswith("---")}


def test_sorted_tables(daemon):
    rules = json.loads(daemon.sluice("rules", "--json").stdout)["rules"]
    by_packets = sorted(rules, key=lambda name: -rules[name]["packets"])
    assert by_packets != list(rules)
    assert list(table(daemon, "rules", "--sort", "packets"))[:-2] == by_packets
    assert list(table(daemon, "rules", "--sort", "NAME"))[:-2] == sorted(rules)
    drops = json.loads(daemon.sluice("drops", "--json").stdout)["drops"]
    by_count = sorted(drops, key=lambda reason: -drops[reason])
    assert by_count != list(drops) and list(table(daemon, "drops", "--sort", "packets")) == by_count
    ports = json.loads(daemon.sluice("ports", "--json").stdout)["ports"]
    assert list(table(daemon, "ports", "--sort", "name")) == sorted(ports)
    for column, member in (("in", "rx_packets"), ("out", "tx_packets"), ("missed", "missed")):
        assert list(table(daemon, "ports", "--sort", column)) == sorted(ports, key=lambda name: -ports[name][member])
    assert table(daemon, "workers", "--sort", "busy").keys() == table(daemon, "workers").keys()


def test_the_first_rows(daemon):
    rules = json.loads(daemon.sluice("rules", "--json").stdout)["rules"]
    busiest = max(rules, key=lambda name: rules[name]["packets"])
    some = table(daemon, "rules", "--sort", "packets", "--top", "1")
    assert list(some) == [busiest, f"({len(rules) - 1}", "(rules", "decided"]
    # The sum stays that of all.
    assert some["decided"] == table(daemon, "rules")["decided"]
    assert list(table(daemon, "drops", "--top", "2")) == list(table(daemon, "drops"))[:2]
    assert table(daemon, "rules", "--top", "1000") == table(daemon, "rules")


def test_rows_that_counted(daemon):
    drops = json.loads(daemon.sluice("drops", "--json").stdout)["drops"]
    some = [reason for reason, count in drops.items() if count]
    assert 0 < len(some) < len(drops) and list(table(daemon, "drops", "--nonzero")) == some
    ports = json.loads(daemon.sluice("ports", "--json").stdout)["ports"]
    assert list(table(daemon, "ports", "--nonzero")) == [name for name, port in ports.items()
                                                          if port["rx_packets"] + port["tx_packets"]]


def test_picked_rows_have_their_own_rates(daemon):
    with daemon.client("workers", "--watch", "0.1", "--sort", "now", "--top", "1") as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=5)[0]
        assert process.returncode == 0
    assert out.count("CYCLES/PACKET") >= 2 and "NOW" in out


def test_watch_ends_with_ctrl_c(daemon):
    with daemon.client("--watch", "0.1", "ports") as process:
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=5)[0]
        assert process.returncode == 0
    assert out.count("PACKETS IN") >= 3 and "bit/s" in out


def test_watch_ends_with_the_daemon(daemon):
    with daemon.client("--watch", "0.1", "status") as process:
        time.sleep(0.3)
        daemon.stop()
        err = process.communicate(timeout=5)[1]
        assert process.returncode == 3 and "daemon" in err


def test_rows_are_no_answers(daemon):
    """What is printed as it came is not chosen from."""
    done = daemon.sluice("rules", "--top", "1", "--json")
    assert done.returncode == 2 and "tables" in json.loads(done.stdout)["error"]["message"]
