# SPDX-License-Identifier: BSD-3-Clause
"""How long packets are in the box, and how many come at once, as a user of a running daemon sees it."""

import datetime
import os
import re
import signal
import time

import pytest

from lib.daemon import Daemon, PLUGINS, check_status
from lib.net import Machine
from lib.offline import config

STALL_MS = 2000
TRIES = 20
NS = 1000000


def ports(slot):
    return config({"in": {"vdev": f"net_test0,orders={slot.path}"}, "out": {"vdev": "net_test1"}},
                  default={"forward": "out"})


def bring(daemon, slot, count, missed=0):
    """Has packets come, and waits until they are out."""
    before = daemon.call("status")["ports"]["out"]["tx_packets"]
    slot.order(f"miss {missed}\nbring {count}")
    return daemon.until(lambda status: status["ports"]["out"]["tx_packets"] == before + count)


def microburst(daemon, slot, count, missed=0):
    """Has so many packets come at once until one microburst is all of them, and no others: it has windows of a millisecond, and
    a worker that something keeps from its core meanwhile sees them in several, or with what came before. Returns what is
    told of it, and the moments between which it was."""
    for _ in range(TRIES):
        known = daemon.call("status")["ports"]["in"]["bursts"]
        before = datetime.datetime.now(datetime.timezone.utc)
        bring(daemon, slot, count, missed)
        daemon.until(lambda status: status["ports"]["in"]["bursts"] > known)  # pylint: disable=W0640
        after = datetime.datetime.now(datetime.timezone.utc)
        told = daemon.call("bursts", names=["in"])["bursts"]["in"][-1]
        if (told["packets"], told["lost"]) == (count, missed):
            return told, before, after
    raise AssertionError(told)


def all_lost(daemon):
    return sum(burst["lost"] for burst in daemon.call("bursts")["bursts"]["in"])


def test_a_stall_shows_in_the_upper_bound_alone(slot, tmp_path):
    """A driver that does not return: packets wait meanwhile, and when they are taken leave at once."""
    with Daemon(ports(slot), tmp_path, PLUGINS) as daemon:
        nothing = daemon.call("ports")["ports"]["in"]["latency"]
        assert nothing["upper_ns"] == nothing["lower_ns"] == {"p50": None, "p99": None, "max": None}
        bring(daemon, slot, 5)
        before = daemon.call("ports")["ports"]["in"]["latency"]
        assert 0 < before["lower_ns"]["max"] <= before["upper_ns"]["max"] < STALL_MS * NS
        slot.order(f"stall {STALL_MS}")
        status = bring(daemon, slot, 5)
        now = daemon.call("ports")["ports"]["in"]["latency"]
        assert now["upper_ns"]["max"] >= STALL_MS * NS * 0.99
        assert now["upper_ns"]["p99"] >= STALL_MS * NS * 0.95
        assert now["lower_ns"]["max"] < STALL_MS * NS / 2
        assert sum(now["upper_histogram_ns"]["counts"]) == sum(now["lower_histogram_ns"]["counts"]) == 10
        assert status["ports"]["in"]["latency"]["upper_ns"] == now["upper_ns"]
        # Five in two seconds are none at once.
        assert daemon.call("ports")["ports"]["in"]["peak_100us"]["packets"] <= 5
        check_status(daemon.call("status"))
        text = daemon.sluice("ports").stdout
        assert re.search(r"^in .* 2\.\d+ s ", text, re.MULTILINE), text
        daemon.stop()


def test_what_comes_at_once_is_told(slot, tmp_path):
    with Daemon(ports(slot), tmp_path, PLUGINS) as daemon:
        assert daemon.call("ports")["ports"]["in"]["peak_1ms"] == {"packets": 0, "pps": 0}
        bring(daemon, slot, 1000)
        now = daemon.call("snapshot")["ports"]["in"]
        for key, a_second in (("peak_1ms", 1000), ("peak_100us", 10000)):
            assert 0 < now[key]["packets"] <= 1000
            assert abs(now[key]["pps"] - now[key]["packets"] * a_second) <= now[key]["pps"] / 1000
        # All but the first burst came behind one that was full.
        assert now["latency"]["saturated"] == 1000 - 32
        assert sum(now["latency"]["upper_histogram_ns"]["counts"]) == 1000
        # It was received there, not sent.
        out = daemon.call("ports")["ports"]["out"]
        assert out["latency"]["saturated"] == out["bursts"] == 0
        daemon.stop()


def test_how_much_of_the_ring_waits(slot, tmp_path):
    """A driver that says which entries of its ring are filled is asked behind a full burst, three times at most."""
    text = config({"in": {"vdev": f"net_test0,orders={slot.path},tells=1", "rx-ring": 1024}, "out": {"vdev": "net_test1"}},
                  default={"forward": "out"})
    with Daemon(text, tmp_path, PLUGINS) as daemon:
        assert daemon.call("ports")["ports"]["in"]["backlog"] == {"now": 0, "peak": 0, "quarter": 0, "half": 0, "ninety": 0}
        # All of a burst are taken by one poll.
        bring(daemon, slot, 31)
        assert daemon.call("ports")["ports"]["in"]["backlog"]["peak"] == 0
        bring(daemon, slot, 32 + 256)
        assert daemon.call("ports")["ports"]["in"]["backlog"]["quarter"] == 0
        bring(daemon, slot, 32 + 257)
        assert daemon.call("ports")["ports"]["in"]["backlog"] == {"now": 0, "peak": 0.25, "quarter": 1, "half": 0, "ninety": 0}
        bring(daemon, slot, 1000)
        told = daemon.call("snapshot")["ports"]["in"]["backlog"]
        assert told["now"] == 0 and told["peak"] == 0.9 and told["half"] == told["ninety"] == 1 and told["quarter"] == 2
        status = daemon.until(lambda status: status["ports"]["in"]["bursts"] > 0)
        assert status["ports"]["in"]["backlog"] == told
        # The other only sends, and its driver does not say.
        assert daemon.call("ports")["ports"]["out"]["backlog"] == dict.fromkeys(told)
        daemon.stop()


def test_the_last_microbursts(slot, tmp_path):
    """What filled the ring, and what the device lost meanwhile."""
    text = config({"in": {"vdev": f"net_test0,orders={slot.path},tells=1", "rx-ring": 1024}, "out": {"vdev": "net_test1"}},
                  default={"forward": "out"})
    with Daemon(text, tmp_path, PLUGINS) as daemon:
        assert daemon.call("bursts") == {"bursts": {"in": [], "out": []}}
        assert daemon.sluice("bursts").stdout == "no microburst\n"
        bring(daemon, slot, 100)
        first, _, _ = microburst(daemon, slot, 600)
        assert first["backlog"] == 0.5 and not first["goes_on"]
        last, before, after = microburst(daemon, slot, 3000, 77)
        assert last["backlog"] == 0.9
        # It began when they can have come at the earliest: perhaps before a worker that was kept from its core.
        start = datetime.datetime.fromisoformat(last["start"][:23] + "+00:00")
        assert start <= after and start + datetime.timedelta(seconds=last["duration_ns"] / 1e9, milliseconds=1) >= before
        assert 0 < last["peak_100us"]["packets"] <= 3000 and 0 < last["peak_1ms"]["packets"] <= 3000
        assert last["duration_ns"] > 0 and first["start"] < last["start"]
        status = daemon.call("status")
        bursts = status["ports"]["in"]["bursts"]
        assert bursts == len(daemon.call("bursts")["bursts"]["in"]) >= 2 and status["ports"]["out"]["bursts"] == 0
        # A loss long behind the last is told by itself: nothing else is known of it.
        while status["ports"]["in"]["bursts"] == bursts:
            time.sleep(2.5)  # it is asked once a second
            before = all_lost(daemon)
            slot.order("miss 5")
            daemon.until(lambda _: all_lost(daemon) == before + 5)  # pylint: disable=W0640
            status = daemon.call("status")
        lost = daemon.call("bursts")["bursts"]["in"][-1]
        assert lost["lost"] == 5 and lost["packets"] is lost["backlog"] is lost["mean_pps"] is lost["peak_1ms"]["pps"] is None
        lines = daemon.sluice("bursts", "in").stdout.splitlines()
        assert lines[0].split()[0] == "PORT" and max(map(len, lines)) <= 80 and len(lines) == 2 + bursts
        assert re.fullmatch(r"in +\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} .* 3,000 .* 90 % +\d+", lines[-2]), lines
        done = daemon.sluice("bursts", "inn")
        assert done.returncode == 1 and 'did you mean "in"?' in done.stderr
        text = daemon.sluice("status").stdout
        assert re.search(r"^PORT +AT MOST p50 .*BURSTS$", text, re.MULTILINE), text
        assert re.search(rf"^in .* 90 % +{bursts + 1}$", text, re.MULTILINE), text
        assert re.search(rf"^in .* 0 % +90 % +{bursts + 1} ", daemon.sluice("ports").stdout, re.MULTILINE)
        daemon.stop()


def test_a_driver_that_does_not_tell(slot, tmp_path):
    with Daemon(ports(slot), tmp_path, PLUGINS) as daemon:
        bring(daemon, slot, 100)
        assert re.search(r"^in .* not told +\d+$", daemon.sluice("status").stdout, re.MULTILINE)
        daemon.stop()


@pytest.mark.live
def test_what_waits_with_the_kernel(tmp_path):
    """Of AF_XDP the socket's ring is looked at, of a port that has but one queue."""
    send = ("import socket\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\ns.bind(('eth0', 0))\n"
            "for _ in range(1600): s.send(b'\\xff' * 12 + b'\\x88\\xb5' + bytes(50))")
    with Machine("192.0.2.1") as machine:
        what = config({"in": {**machine.port(), "rx-ring": 2048}}, default="drop", idle="sleep")
        what["memory"]["packets"] = 32767
        with Daemon(what, tmp_path) as daemon:
            assert daemon.call("ports")["ports"]["in"]["backlog"]["now"] == 0
            for tries in range(1, TRIES + 1):
                known = daemon.call("status")["ports"]["in"]["bursts"]
                os.kill(daemon.process.pid, signal.SIGSTOP)
                try:
                    machine.run("/usr/bin/python3", "-c", send)
                finally:
                    os.kill(daemon.process.pid, signal.SIGCONT)
                port = daemon.until(lambda status: status["ports"]["in"]["bursts"] > known)["ports"]["in"]  # pylint: disable=W0640
                burst = daemon.call("bursts")["bursts"]["in"][-1]
                if burst["packets"] >= 1600:  # of a worker that is kept from its core some are of no microburst
                    break
            assert port["backlog"]["peak"] == 0.5 and port["backlog"]["half"] == tries, port
            assert burst["backlog"] == 0.5 and burst["packets"] >= 1600, burst
            daemon.stop()
