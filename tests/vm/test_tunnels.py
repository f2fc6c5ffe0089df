# SPDX-License-Identifier: BSD-3-Clause
"""Linux's own tunnel interfaces end what sluice pushes, and sluice strips what they send: ping and iperf3 through both, over
cards that the kernel drives at the far ends of both wires."""

import json

import pytest
import yaml

from lib.offline import Dumper
from vm.daemon import Daemon, config

IP = "/usr/sbin/ip"  # busybox's shell would take its own, which knows neither tunnels nor namespaces
MTU = 1400
OUTSIDE, FAR = "192.0.2.1", "192.0.2.9"  # the ends of the tunnel: sluice's own, which no interface has, and the kernel's
OUTSIDE6, FAR6 = "2001:db8::1", "2001:db8::9"
NEAR_INSIDE, FAR_INSIDE = "10.1.0.1", "10.1.0.2"
OUTSIDE_MAC = "02:00:00:00:00:01"
INNER_MAC = "02:00:00:00:00:02"  # always the same, so that near need not learn another
ENDS = f"local {FAR} remote {OUTSIDE}"
ENDS6 = f"local {FAR6} remote {OUTSIDE6}"
# By name: how the kernel makes its end, what sluice pushes, and the address of which version is outside. ERSPAN's
# versions are counted from 0 in what is sent, which Linux does, too, and from I in their names, as sluice does.
TUNNELS = {
    "vxlan": (f"vxlan id 5000 dstport 4789 {ENDS}", {"vxlan": {"vni": 5000}}, 4),
    "geneve": (f"geneve id 5000 remote {OUTSIDE}", {"geneve": {"vni": 5000}}, 4),
    "gretap": (f"gretap {ENDS}", {"gre": {}}, 4),
    "gretap-key": (f"gretap key 77 {ENDS}", {"gre": {"key": 77}}, 4),
    "erspan-ii": (f"erspan {ENDS} seq key 100 erspan_ver 1 erspan 123", {"erspan": {"version": 2, "session": 100}}, 4),
    "erspan-iii": (f"erspan {ENDS} seq key 100 erspan_ver 2 erspan_dir ingress erspan_hwid 7",
                   {"erspan": {"version": 3, "session": 100}}, 4),
    "ip6gretap": (f"ip6gretap key 77 {ENDS6}", {"gre": {"key": 77}}, 6),
    "ip6erspan-ii": (f"ip6erspan {ENDS6} seq key 100 erspan_ver 1 erspan 123",
                     {"erspan": {"version": 2, "session": 100}}, 6),
}

# Of those that carry IP and no frames the kernel ends nothing that sluice pushes: what near sends goes as it is, what far
# sends comes out of the tunnel. By name: how the kernel makes it, and what sluice strips.
# Over IPv6 Linux puts options before what is inside, which say how deep tunnels may be.
PACKET_TUNNELS = {
    "gre": (f"gre {ENDS}", "gre"),
    "gre-all": (f"gre key 77 ocsum oseq {ENDS}", "gre"),
    "ip6gre": (f"ip6gre {ENDS6}", "gre"),
    "ip6gre-all": (f"ip6gre key 77 ocsum oseq encaplimit none {ENDS6}", "gre"),
    "ipip": (f"ipip {ENDS}", "ipip"),
    "ip6tnl": (f"ip6tnl mode ipip6 {ENDS6}", "ipip"),
}


class Machine:
    """A namespace with the card of that name, as eth0."""

    def __init__(self, guest, name, card, address):
        self.guest, self.name, self.card = guest, name, card
        guest.bind("e1000e", card)
        device = guest.until(f"ls /sys/bus/pci/devices/{guest.address(card)}/net").strip()
        guest.do(f"{IP} netns add {name}; {IP} link set {device} netns {name} name eth0")
        self.run("sysctl -w net.ipv6.conf.default.disable_ipv6=1")
        self.run(f"{IP} link set lo up; {IP} addr add {address}/24 dev eth0; {IP} link set eth0 up")
        self.mac = self.run("cat /sys/class/net/eth0/address").strip()

    def run(self, words, seconds=60):
        return self.guest.do(f"{IP} netns exec {self.name} sh -c '{words}'", seconds)

    def ping(self, address):
        text = self.run(f"ping -c 10 -i 0.05 -W 2 {address}")
        assert "10 packets received" in text, text

    def leave(self):
        self.guest.run(f"{IP} netns del {self.name}")
        self.guest.until(f"ls /sys/bus/pci/devices/{self.guest.address(self.card)}/net")
        self.guest.bind("vfio-pci", self.card)


@pytest.fixture(name="far", scope="module")
def made_far(guest):
    # The kernel would load what it lacks by aliases, which the guest's list of modules does not have.
    for module in ("e1000e", "vxlan", "geneve", "ip_gre", "ip6_gre", "ipip", "ip6_tunnel"):
        guest.do(f"modprobe {module}")
    machine = Machine(guest, "far", "a2", FAR)
    machine.run("sysctl -w net.ipv6.conf.eth0.disable_ipv6=0; sysctl -w net.ipv6.conf.eth0.accept_dad=0; "
                f"{IP} addr add {FAR6}/64 dev eth0 nodad")
    for address in (OUTSIDE, OUTSIDE6):
        machine.run(f"{IP} neigh add {address} lladdr {OUTSIDE_MAC} dev eth0 nud permanent")
    yield machine
    machine.leave()


@pytest.fixture(name="near", scope="module")
def made_near(guest, far):
    machine = Machine(guest, "near", "a1", NEAR_INSIDE)
    machine.run(f"{IP} link set eth0 mtu {MTU}")
    yield machine
    machine.leave()


def served_by(guest, into, out):
    """The config: what it does from near to far, and the other way with what comes in a tunnel of that name."""
    rules = [{"name": "into", "from": ["near"], "actions": [*into, {"forward": "far"}]},
             {"name": "out", "from": ["far"], "match": {"tunnel": out[0]["strip"]}, "actions": [*out, {"forward": "near"}]}]
    return config({"near": guest.address("a0"), "far": guest.address("a3")}, rules, default="drop", idle="sleep")


def tunnel(guest, far, push, version):
    verb, values = next(iter(push.items()))
    ends = (OUTSIDE, FAR) if version == 4 else (OUTSIDE6, FAR6)
    push = {verb: {**values, "src": ends[0], "dst": ends[1], "src-mac": OUTSIDE_MAC, "dst-mac": far.mac}}
    return served_by(guest, [{"push": push}], [{"strip": verb}])


@pytest.fixture(name="daemon", scope="module")
def served(guest, near, far):
    with Daemon(guest, tunnel(guest, far, *TUNNELS["vxlan"][1:])) as daemon:
        daemon.await_links()
        for machine in (near, far):
            guest.until(f"[ $({IP} netns exec {machine.name} cat /sys/class/net/eth0/carrier) = 1 ]")
        yield daemon
        daemon.stop()


def iperf(near, *words):
    return json.loads(near.run(f"iperf3 -c {FAR_INSIDE} -J -n 1M {' '.join(words)}"))["end"]["sum_received"]["bytes"]


def ping_and_iperf3(guest, near, far, daemon, made):
    """Through that interface of far's, over what the daemon does now."""
    far.run(f"{IP} link add inner mtu {MTU} {made} && {IP} addr add {FAR_INSIDE}/24 dev inner && {IP} link set inner up")
    try:
        before = daemon.call("status")
        near.ping(FAR_INSIDE)
        far.run(f"iperf3 -s -D -B {FAR_INSIDE} -I /tmp/iperf3.pid")
        guest.until("[ -s /tmp/iperf3.pid ]")
        # The client ends when all is written, whatever has arrived by then.
        assert iperf(near) > 250_000
        assert iperf(near, "-R") > 250_000
        far.ping(NEAR_INSIDE)
        status = daemon.call("status")
        assert status["ledger"]["balanced"]
        assert all(rule.get("unedited", 0) == 0 for rule in status["rules"].values())
        assert {**status["drops"], "default": 0} == {**before["drops"], "default": 0}
        assert status["copies"] == before["copies"]
    finally:
        guest.run("kill $(cat /tmp/iperf3.pid); rm -f /tmp/iperf3.pid")
        far.run(f"{IP} link del inner")


def apply(daemon, what):
    daemon.call("config.apply", text=yaml.dump(what, Dumper=Dumper, sort_keys=False))


@pytest.mark.parametrize("name", TUNNELS)
def test_ping_and_iperf3(name, guest, near, far, daemon):
    made, push, version = TUNNELS[name]
    apply(daemon, tunnel(guest, far, push, version))
    ping_and_iperf3(guest, near, far, daemon, f"address {INNER_MAC} type {made}")


@pytest.mark.parametrize("name", PACKET_TUNNELS)
def test_packets_come_out(name, guest, near, far, daemon):
    made, strip = PACKET_TUNNELS[name]
    # What is left of the frame has the addresses outside.
    apply(daemon, served_by(guest, [], [{"strip": strip}, {"set": {"dst-mac": near.mac}}]))
    near.run(f"{IP} neigh replace {FAR_INSIDE} lladdr {far.mac} dev eth0 nud permanent")
    try:
        ping_and_iperf3(guest, near, far, daemon, f"type {made}")
    finally:
        near.run(f"{IP} neigh del {FAR_INSIDE} dev eth0")
