# SPDX-License-Identifier: BSD-3-Clause
"""Interfaces of the kernel that go and come back below a running daemon. The other ports go on and lose nothing, the
ledger balances, nothing leaks."""

import contextlib
import os
import re
import time

import pytest

from lib.daemon import Daemon
from lib.faults import RELEASE_SECONDS, clean, grows, port, sent, until_port
from lib.net import Machine, run
from lib.offline import config


@contextlib.contextmanager
def machines(count):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Machine(f"192.0.2.{number + 1}")) for number in range(count)]


def recreate(machine):
    """The interface again, under its old name."""
    run("ip", "link", "add", machine.interface, "type", "veth", "peer", "name", "eth0", "netns", machine.name)
    run("sysctl", "-qw", f"net.ipv6.conf.{machine.interface}.disable_ipv6=1")
    for line in ("link set eth0 up", f"addr add {machine.address}/24 dev eth0"):
        run("ip", "-n", machine.name, *line.split())
    run("ip", "netns", "exec", machine.name, "ethtool", "-K", "eth0", "tx", "off")
    run("ip", "link", "set", machine.interface, "up")


def three(left, right, third, **more):
    """left and right talk through sluice; third gets a copy of all, and what it sends goes to right."""
    rules = [{"name": "copy", "from": ["left", "right"], "actions": [{"mirror": "third"}]},
             {"name": "to-right", "from": ["left", "third"], "actions": [{"forward": "right"}]},
             {"name": "to-left", "from": ["right"], "actions": [{"forward": "left"}]}]
    what = config({"left": left.port(), "right": right.port(), "third": third.port()}, rules, idle="sleep", **more)
    what["memory"]["packets"] = 32767
    return what


@contextlib.contextmanager
def steady_ping(machine, address):
    """A ping every 10 ms meanwhile, of which none may be lost."""
    pinging = machine.start("ping", "-i", "0.01", "-W", "2", address)
    try:
        time.sleep(0.3)
        yield
        time.sleep(1)
        pinging.send_signal(2)
        text, _ = pinging.communicate(timeout=30)
    finally:
        if pinging.poll() is None:
            pinging.kill()
            pinging.wait()
    sent = int(re.search(r"(\d+) packets transmitted", text).group(1))
    answered = [int(number) for number in re.findall(r"icmp_seq=(\d+)", text)]
    # When ping is told to end, answers may be on their way: on a loaded machine a worker waits a fifth of a second for
    # its turn. One that was lost before stands between those that came.
    assert sent > 20 and len(answered) >= sent - 50 and answered == list(range(1, len(answered) + 1)), text


@contextlib.contextmanager
def nothing_lost(daemon, times):
    """Neither packet buffers nor descriptors are fewer afterwards, but for what is on its way just then, and one or
    two of BPF objects that libxdp 1.3 keeps each time a port is closed."""
    def have():
        pools = daemon.call("memory")["pools"]
        return sum(pool["in_use"] for pool in pools), len(os.listdir(f"/proc/{daemon.process.pid}/fd"))

    packets, files = have()
    yield
    deadline = time.monotonic() + 5
    while have()[0] > packets + 64 or have()[1] > files + 2 * times + 1:
        assert time.monotonic() < deadline, (packets, files, have())
        time.sleep(0.1)


@pytest.mark.live
def test_a_live_link_flaps(tmp_path):
    with machines(3) as (left, right, third), Daemon(three(left, right, third), tmp_path) as daemon:
        with steady_ping(left, right.address):
            for _ in range(20):
                third.run("ip", "link", "set", "eth0", "down")
                until_port(daemon, "third", state="down")
                third.run("ip", "link", "set", "eth0", "up")
                until_port(daemon, "third", state="up")
        assert port(daemon, "third")["link_changes"] == 40
        assert daemon.call("status")["drops"]["port-down"] > 0
        clean(daemon, away="third")
        daemon.stop()


@pytest.mark.live
def test_a_live_interface_is_deleted(tmp_path):
    with machines(3) as (left, right, third), Daemon(three(left, right, third), tmp_path) as daemon:
        with nothing_lost(daemon, 5), steady_ping(left, right.address):
            for number in range(5):
                run("ip", "link", "del", third.interface)
                assert until_port(daemon, "third", state="removed") < RELEASE_SECONDS
                done = daemon.sluice("port", "up", "third")
                assert done.returncode == 1 and "is not there" in done.stderr, done
                grows(daemon, lambda status: status["drops"]["removed"])
                recreate(third)
                done = daemon.sluice("port", "up", "third")
                assert (done.returncode, done.stderr) == (0, ""), (number, done)
                until_port(daemon, "third", state="up")
                grows(daemon, sent("third"))
        clean(daemon, away="third")
        daemon.stop()


@pytest.mark.live
def test_a_live_interface_is_replaced_at_once(tmp_path):
    """Between two looks of the daemon's: another interface of the same name is not the one it has."""
    with machines(3) as (left, right, third), Daemon(three(left, right, third), tmp_path) as daemon:
        with steady_ping(left, right.address):
            run("ip", "link", "del", third.interface)
            recreate(third)
            assert until_port(daemon, "third", state="removed") < RELEASE_SECONDS
            daemon.call("port.up", name="third")
            grows(daemon, sent("third"))
        clean(daemon, away="third")
        daemon.stop()


@pytest.mark.live
def test_a_live_interface_that_stays_away(tmp_path):
    with machines(3) as (left, right, third), Daemon(three(left, right, third), tmp_path) as daemon:
        with steady_ping(left, right.address):
            run("ip", "link", "del", third.interface)
            until_port(daemon, "third", state="removed")
        clean(daemon, away="third")
        daemon.stop()


@pytest.mark.live
def test_a_live_port_is_given_back(tmp_path):
    """While a port is out of service the kernel has its interface as it was."""
    with machines(3) as (left, right, third), Daemon(three(left, right, third), tmp_path) as daemon:
        with nothing_lost(daemon, 5), steady_ping(left, right.address):
            for _ in range(5):
                daemon.call("port.down", name="third")
                # The device is closed when the worker has passed, which on a busy machine is later than the answer.
                until_port(daemon, "third", state="stopped", up=False)
                shown = run("ip", "-d", "link", "show", third.interface)
                assert "xdp" not in shown and "PROMISC" not in shown, shown
                daemon.call("port.up", name="third")
                grows(daemon, sent("third"))
        clean(daemon, away="third")
        daemon.stop()
