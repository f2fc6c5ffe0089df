# SPDX-License-Identifier: BSD-3-Clause
"""AF_XDP ports that come and go under traffic: the pool and the descriptors are afterwards what they were before."""

import contextlib
import os
import select
import subprocess
import sys
import time

import pytest

from lib import capture
from lib.daemon import SLUICE, Daemon, Refused, check_status
from lib.net import Machine, run
from lib.offline import config

# 200 take two minutes, on a machine that has nothing else to do.
CYCLES = int(os.environ.get("SLUICE_AF_XDP_CYCLES", "24"))
QUEUE_PACKETS = 2048
# So small that every packet has been in the kernel's hands before the last cycle.
PACKETS = 16383

SENDER = """
import socket, time
while True:
    try:
        out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        out.bind(("eth0", 0))
        while True:
            out.send(b"\\xff" * 12 + b"\\x08\\x00" + b"x" * 60)
    except OSError:
        time.sleep(0.02)
"""


def until_state(daemon, state):
    daemon.until(lambda _: daemon.call("ports")["ports"]["a"]["state"] == state, 30, state)


def delete(machine, daemon):
    run("ip", "link", "del", machine.interface)
    until_state(daemon, "removed")
    run("ip", "link", "add", machine.interface, "type", "veth", "peer", "name", "eth0", "netns", machine.name)
    run("ip", "-n", machine.name, "link", "set", "eth0", "up")
    run("ip", "link", "set", machine.interface, "up")


def link_down(machine, daemon):
    run("ip", "link", "set", machine.interface, "down")
    until_state(daemon, "down")
    run("ip", "link", "set", machine.interface, "up")
    until_state(daemon, "up")


def port_down(machine, daemon):
    run("ip", "link", "set", machine.interface, "down")
    order(daemon, "port.down", "a")
    run("ip", "link", "set", machine.interface, "up")


def order(daemon, method, name):
    """A worker on a busy machine may not have moved since the last change."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return daemon.call(method, name=name)
        except Refused:
            assert time.monotonic() < deadline, daemon.text()
            time.sleep(0.05)


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


@pytest.mark.live
def test_pool_is_whole_after_many_cycles(tmp_path):
    with contextlib.ExitStack() as stack:
        a, b = stack.enter_context(Machine("10.9.0.1")), stack.enter_context(Machine("10.9.0.2"))
        what = config({"a": a.port(), "b": b.port()},
                      [{"name": "both", "from": ["a"], "actions": [{"mirror": "b"}, {"forward": "b"}]},
                       {"name": "back", "from": ["b"], "actions": [{"forward": "a"}]}], idle="sleep")
        what["memory"] = {"packets": PACKETS, "hugepages": False}
        what["replays"] = {"one": {"file": str(capture.fixture("mixed.pcap")), "to": "a", "pace": "20kpps",
                                   "loops": "forever", "memory": "16MiB"}}
        daemon = stack.enter_context(Daemon(what, tmp_path))
        sender = subprocess.Popen(["ip", "netns", "exec", a.name, sys.executable, "-c", SENDER])
        stack.callback(lambda: (sender.kill(), sender.wait()))
        before = None
        for cycle in range(CYCLES):
            moved = daemon.call("status")["ports"]["a"]
            daemon.until(lambda status: status["ports"]["a"]["rx_packets"] > moved["rx_packets"] and
                         status["ports"]["a"]["tx_packets"] > moved["tx_packets"], 30)
            (delete, port_down, link_down, port_down)[cycle % 4](a, daemon)
            order(daemon, "port.up", "a")
            before = before or descriptors(daemon)
        # libxdp has one or two more of an interface that was made anew.
        assert descriptors(daemon) <= before + 4
        for name in "a", "b":
            order(daemon, "port.down", name)
        daemon.call("replay.stop", name="one")
        check_status(daemon.call("status"))
        # The worker's hands are empty, and the kernel's too.
        pool = daemon.call("memory")["pools"][0]
        assert pool["in_use"] == 0, pool
        for name in "a", "b":
            order(daemon, "port.up", name)
        assert daemon.call("memory")["pools"][0]["in_use"] >= 2 * QUEUE_PACKETS
        daemon.stop()


@pytest.mark.live
def test_queue_that_another_has_costs_nothing(tmp_path):
    """However often somebody asks for it."""
    (tmp_path / "other").mkdir()
    with Machine("10.9.0.1") as a, Machine("10.9.0.2") as b:
        what = config({"a": a.port(), "b": b.port()}, idle="sleep",
                      memory={"packets": PACKETS, "hugepages": False})
        with Daemon(what, tmp_path) as daemon:
            order(daemon, "port.down", "a")
            before = daemon.call("memory")["pools"][0]["in_use"]
            with Daemon(config({"x": a.port()}, idle="sleep"), tmp_path / "other") as other:
                for _ in range(5):
                    with pytest.raises(Refused, match=f"another process has an AF_XDP socket on queue 0 of interface "
                                                      f"{a.interface}; end it"):
                        daemon.call("port.up", name="a")
                other.stop()
            assert daemon.call("memory")["pools"][0]["in_use"] == before
            order(daemon, "port.up", "a")
            daemon.stop()


@pytest.mark.live
def test_nobody_waits_while_the_kernel_lets_go(tmp_path):
    """Of the queues of a port that was taken out a moment ago."""
    with Machine("10.9.0.1") as a, Daemon(config({"a": a.port()}, idle="sleep"), tmp_path) as daemon:
        # Where this program is kept from its core for long, nothing is left to be waited for.
        for _ in range(20):
            with daemon.client() as one, daemon.client() as two:
                order(daemon, "port.down", "a")
                one.socket.sendall(b'{"jsonrpc": "2.0", "id": 1, "method": "port.up", "params": {"name": "a"}}\n')
                two.call("hello")
                waits = not select.select([one.socket], [], [], 0)[0]
                assert b'"state":"up"' in one.stream.readline().replace(b" ", b"")
            if waits:
                break
        assert waits
        daemon.stop()


def test_nobody_waits_while_a_port_looks_at_its_captures(tmp_path):
    """A port that is taken up again looks at all it is to receive: no answer takes half as long as that."""
    (tmp_path / "all").mkdir()
    path = capture.write(tmp_path / "one.pcap", [bytes(60)])
    for number in range(5000):
        os.link(path, tmp_path / "all" / f"{number}.pcap")
    what = config({"in": {"pcap": {"in": str(tmp_path / "all")}}, "out": {"vdev": "net_null0,no-rx=1"}}, idle="sleep")
    with Daemon(what, tmp_path) as daemon:
        daemon.call("port.down", name="in")
        began, longest = time.monotonic(), 0
        with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "port", "up", "in"]) as up:
            while up.poll() is None:
                asked = time.monotonic()
                daemon.call("hello")
                longest = max(longest, time.monotonic() - asked)
        assert up.returncode == 0 and longest < (time.monotonic() - began) / 2, longest
        check_status(daemon.call("status"))
        daemon.stop()
