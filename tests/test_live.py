# SPDX-License-Identifier: BSD-3-Clause
"""sluiced between real programs: ping and iperf3 in two network namespaces, through AF_XDP."""

import contextlib
import json
import re
import signal
import subprocess
import time

import pytest

from lib import capture
from lib.daemon import Daemon, check_status
from lib.net import Machine, run
from lib.offline import config

pytestmark = pytest.mark.live


@pytest.fixture(name="left")
def made_left():
    with Machine("192.0.2.1") as machine:
        yield machine


@pytest.fixture(name="right")
def made_right():
    with Machine("192.0.2.2") as machine:
        yield machine


@pytest.fixture(name="third")
def made_third():
    with Machine("192.0.2.3") as machine:
        yield machine


CROSS = [{"name": "to-right", "from": ["left"], "actions": [{"forward": "right"}]},
         {"name": "to-left", "from": ["right"], "actions": [{"forward": "left"}]}]


def bridge(left, right, first=(), **ports):
    what = config({"left": left.port(), "right": right.port(), **ports}, [*first, *CROSS], idle="sleep")
    what["memory"]["packets"] = 32767
    return what


def ping(machine, address, count=10):
    """How many of count answers came."""
    text = machine.run("ping", "-c", count, "-i", "0.05", "-W", "1", address)
    return int(re.search(r"(\d+) received", text).group(1))


def lost_ping(machine, address):
    """Asserts that no answer comes; ping says so by its exit code."""
    done = machine.start("ping", "-c", "3", "-i", "0.05", "-W", "1", address)
    text, _ = done.communicate(timeout=30)
    assert done.returncode == 1 and ", 0 received" in text, text


def iperf(server, client, *words, seconds=2):
    """iperf3's own report of one run from client to server."""
    serving = server.start("iperf3", "-s", "-1")
    try:
        time.sleep(0.3)
        return json.loads(client.run("iperf3", "-c", server.address, "-J", "-t", seconds, *words))["end"]
    finally:
        with contextlib.suppress(Exception):
            serving.wait(timeout=5)
        if serving.poll() is None:
            serving.kill()
            serving.wait()


def test_ping_and_tcp_and_udp(left, right, tmp_path):
    with Daemon(bridge(left, right), tmp_path) as daemon:
        assert ping(left, right.address) == 10
        assert iperf(right, left)["sum_received"]["bytes"] > 1_000_000
        assert iperf(right, left, "-R")["sum_received"]["bytes"] > 1_000_000
        udp = iperf(right, left, "-u", "-b", "20M")["sum"]
        assert udp["packets"] > 1000 and udp["lost_percent"] < 5, udp
        status = daemon.call("status")
        check_status(status)
        assert status["ports"]["left"]["rx_packets"] == status["rules"]["to-right"]["packets"]
        assert status["ports"]["right"]["rx_packets"] == status["rules"]["to-left"]["packets"]
        assert all(copied["bytes"] == 0 for copied in status["copies"].values())
        daemon.stop()


def test_mirror_to_a_third_machine(left, right, third, tmp_path):
    first = [{"name": "pings", "match": {"protocol": "icmp"}, "actions": [{"mirror": "tap"}]}]
    with Daemon(bridge(left, right, first, tap=third.port()), tmp_path) as daemon:
        seen = tmp_path / "seen.pcap"
        dump = third.start("tcpdump", "-i", "eth0", "-U", "-w", seen, "icmp")
        try:
            deadline = time.monotonic() + 10
            while not seen.exists() or seen.stat().st_size < 24:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert ping(left, right.address) == 10
            daemon.until(lambda status: status["rules"]["pings"]["packets"] == 20)
            deadline = time.monotonic() + 5
            while len(capture.read(seen)) < 20 and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            dump.send_signal(signal.SIGTERM)
            dump.wait(timeout=10)
        assert len(capture.read(seen)) == 20
        assert daemon.call("status")["ports"]["tap"]["tx_packets"] == 20
        daemon.stop()


def test_mirror_into_a_capture(left, right, tmp_path):
    first = [{"name": "pings", "match": {"protocol": "icmp"}, "actions": [{"mirror": "file"}]}]
    with Daemon(bridge(left, right, first, file={"pcap": {"out": "seen.pcap"}}), tmp_path) as daemon:
        assert ping(left, right.address) == 10
        daemon.stop()
    assert len(capture.read(tmp_path / "seen.pcap")) == 20


def test_drop_of_one_protocol(left, right, tmp_path):
    first = [{"name": "no-ping", "match": {"protocol": "icmp"}, "actions": ["drop"]}]
    with Daemon(bridge(left, right, first), tmp_path) as daemon:
        lost_ping(left, right.address)
        assert iperf(right, left, seconds=1)["sum_received"]["bytes"] > 100_000
        status = daemon.call("status")
        assert status["rules"]["no-ping"]["packets"] == status["drops"]["rule"] == 3
        daemon.stop()


def test_filter_on_live_traffic(left, right, tmp_path):
    first = [{"name": "no-ping", "filter": "icmp[icmptype] == icmp-echo", "actions": ["drop"]}]
    with Daemon(bridge(left, right, first), tmp_path) as daemon:
        lost_ping(left, right.address)
        assert daemon.call("rules")["rules"]["no-ping"]["packets"] == 3
        daemon.stop()


def test_apply_while_traffic_flows(left, right, tmp_path):
    """Fifty configs under an endless ping, of which none loses an answer; then one that drops them."""
    plain, counting = bridge(left, right), bridge(left, right, [{"name": "pings", "match": {"protocol": "icmp"}, "actions": []}])
    with Daemon(plain, tmp_path) as daemon:
        pinging = left.start("ping", "-c", "150", "-i", "0.02", "-W", "1", right.address)
        for number in range(50):
            daemon.apply(plain if number % 2 else counting)
            time.sleep(0.02)
        text, _ = pinging.communicate(timeout=30)
        assert "150 received" in text, text
        daemon.apply(bridge(left, right, [{"name": "none", "match": {"protocol": "icmp"}, "actions": ["drop"]}]))
        lost_ping(left, right.address)
        daemon.stop()


def test_link_that_goes_down_and_comes_back(left, right, tmp_path):
    with Daemon(bridge(left, right), tmp_path) as daemon:
        assert ping(left, right.address) == 10
        right.run("ip", "link", "set", "eth0", "down")
        deadline = time.monotonic() + 5
        while daemon.call("ports")["ports"]["right"]["up"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        check_status(daemon.call("status"))
        right.run("ip", "link", "set", "eth0", "up")
        while not daemon.call("ports")["ports"]["right"]["up"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        right.run("ip", "neigh", "flush", "dev", "eth0")
        assert ping(left, right.address) >= 8
        daemon.stop()


def test_interface_is_given_back(left, right, tmp_path):
    """After the daemon's end the kernel has its interfaces as they were."""
    with Daemon(bridge(left, right), tmp_path) as daemon:
        assert ping(left, right.address) == 10
        daemon.stop()
    for machine in (left, right):
        shown = subprocess.run(["ip", "-d", "link", "show", machine.interface], capture_output=True, text=True, check=True)
        assert "xdp" not in shown.stdout and "PROMISC" not in shown.stdout, shown.stdout
    with Daemon(bridge(left, right), tmp_path) as daemon:
        assert ping(left, right.address) == 10
        daemon.stop()


def test_two_processes_over_memif(left, right, tmp_path):
    """left - one daemon - memif - another daemon - right."""
    socket = tmp_path / "memif.sock"
    options = f"socket={socket},socket-abstract=no,id=0"
    near = config({"left": left.port(), "right": {"vdev": f"net_memif0,role=server,{options}"}}, CROSS, idle="sleep")
    far = config({"left": {"vdev": f"net_memif0,role=client,{options}"}, "right": right.port()}, CROSS, idle="sleep")
    for name in ("near", "far"):
        (tmp_path / name).mkdir()
    with Daemon(near, tmp_path / "near") as one, Daemon(far, tmp_path / "far") as other:
        other.until(lambda _: other.call("ports")["ports"]["left"]["up"] and one.call("ports")["ports"]["right"]["up"])
        assert ping(left, right.address) == 10
        assert iperf(right, left, seconds=1)["sum_received"]["bytes"] > 100_000
        # Kernels send packets of their own at any time: what is on its way at one look has arrived at a later one.
        other.until(lambda status: status["ports"]["left"]["rx_packets"] == one.call("status")["ports"]["right"]["tx_packets"])
        check_status(other.call("status"))
        other.stop()
        one.stop()


def test_frames_as_long_as_packets(left, right, tmp_path):
    """No warning stands where they come through."""
    size = 2048
    for machine in left, right:
        run("ip", "link", "set", machine.interface, "mtu", size - 14)
        machine.run("ip", "link", "set", "eth0", "mtu", size - 14)
    what = config({"a": left.port(), "b": right.port()},
                  [{"name": "there", "from": ["a"], "actions": [{"forward": "b"}]},
                   {"name": "back", "from": ["b"], "actions": [{"forward": "a"}]}], idle="sleep")
    what["memory"] = {"packets": 16383, "packet-size": size, "hugepages": False}
    with Daemon(what, tmp_path) as daemon:
        assert "interface-mtu" not in daemon.text()
        # What IP, ICMP and Ethernet say of it are 42 bytes.
        left.run("ping", "-c", "3", "-i", "0.2", "-W", "10", "-M", "do", "-s", str(size - 42), right.address)
        daemon.stop()
