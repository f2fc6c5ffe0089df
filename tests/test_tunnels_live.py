# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's own VXLAN ends what sluice pushes, and sluice strips what it sends: ping and iperf3 through both, by AF_XDP."""

import json
import re
import time

import pytest

from lib.daemon import Daemon, check_status
from lib.net import Machine
from lib.offline import config

pytestmark = pytest.mark.live

VNI, MTU = 5000, 1400
OUTSIDE, FAR = "192.0.2.1", "192.0.2.9"   # the ends of the tunnel: sluice's own, which no interface has, and the kernel's
NEAR_INSIDE, FAR_INSIDE = "10.1.0.1", "10.1.0.2"
OUTSIDE_MAC = "02:00:00:00:00:01"


@pytest.fixture(name="near")
def made_near():
    with Machine(NEAR_INSIDE) as machine:
        machine.run("ip", "link", "set", "eth0", "mtu", MTU)
        yield machine


@pytest.fixture(name="far")
def made_far():
    with Machine(FAR) as machine:
        machine.run("ip", "neigh", "add", OUTSIDE, "lladdr", OUTSIDE_MAC, "dev", "eth0", "nud", "permanent")
        machine.run("ip", "link", "add", "inner", "mtu", MTU, "type", "vxlan", "id", VNI, "remote", OUTSIDE, "local", FAR,
                    "dstport", 4789, "dev", "eth0")
        machine.run("sysctl", "-qw", "net.ipv6.conf.inner.disable_ipv6=1")
        machine.run("ethtool", "-K", "inner", "tx", "off")
        machine.run("ip", "addr", "add", f"{FAR_INSIDE}/24", "dev", "inner")
        machine.run("ip", "link", "set", "inner", "up")
        yield machine


def mac(machine):
    return re.search(r"link/ether (\S+)", machine.run("ip", "link", "show", "eth0")).group(1)


def tunnel(near, far):
    push = {"vxlan": {"vni": VNI, "src": OUTSIDE, "dst": FAR, "src-mac": OUTSIDE_MAC, "dst-mac": mac(far)}}
    rules = [{"name": "into", "from": ["near"], "actions": [{"push": push}, {"forward": "far"}]},
             {"name": "out", "from": ["far"], "match": {"protocol": "udp", "dst-port": 4789},
              "actions": [{"strip": "vxlan"}, {"forward": "near"}]}]
    what = config({"near": near.port(), "far": far.port()}, rules, default="drop", idle="sleep")
    what["memory"]["packets"] = 32767
    return what


def test_ping_and_iperf3(near, far, tmp_path):
    with Daemon(tunnel(near, far), tmp_path) as daemon:
        text = near.run("ping", "-c", "10", "-i", "0.05", "-W", "2", FAR_INSIDE)
        assert "10 received" in text, text
        serving = far.start("iperf3", "-s", "-1", "-B", FAR_INSIDE)
        try:
            while ":5201" not in far.run("ss", "-Hltn"):
                assert serving.poll() is None
                time.sleep(0.05)
            sent = json.loads(near.run("iperf3", "-c", FAR_INSIDE, "-J", "-n", "4M", "--connect-timeout", "10000"))
        finally:
            serving.terminate()
            serving.communicate(timeout=30)
        # Its client ends when that much was written, whatever has arrived by then.
        assert sent["end"]["sum_received"]["bytes"] > 1 << 20, sent["end"]
        assert "10 received" in far.run("ping", "-c", "10", "-i", "0.05", "-W", "2", NEAR_INSIDE)
        status = daemon.call("status")
        check_status(status)
        assert status["rules"]["into"]["unedited"] == status["rules"]["out"]["unedited"] == 0
        assert all(copied["bytes"] == 0 for copied in status["copies"].values())
        daemon.stop()
