# SPDX-License-Identifier: BSD-3-Clause
"""Edited packets over two families of cards: mirrors leave as chains of buffers, and the host sees on the wires what the
oracle says, byte for byte."""

from lib import capture, jumbo
from lib.shapes import check_wire, copied, mirrors, shapes
from vm.daemon import Daemon, config
from vm.test_wire import dumped

COUNT = 1000
NAT = {"nat": {"10.0.0.0/8": "172.0.0.0/8"}}
OWN = {"set": {"dst-mac": "02:00:00:00:00:09", "ttl": "-1"}}
VXLAN = {"push": {"vxlan": {"vni": 5, "src": "192.0.2.1", "dst": "192.0.2.2", "src-mac": "02:00:00:00:00:01",
                            "dst-mac": "02:00:00:00:00:02"}}}
# Those that write nothing are windows, others headers and windows.
ON_E1000E = [[{"slice": 100}], [OWN], [{"mask": "payload"}], [{"slice": 1400}, VXLAN]]
ON_VMXNET3 = [[{"push": {"vlan": 100}}], [{"slice": {"after": "network", "bytes": 40}}], [{"strip": "vlan"}, NAT]]
NAMES = ("a0", "a1", "a2", "v1")
MEMORY = {"packets": 16383, "copy-break": 256}  # and none measured, that it be known what is copied


def past(guest, *names):
    return {name: len(capture.read(guest.dump(name))) for name in names}


def dropped(status):
    return {name: count for name, count in status["drops"].items() if count}


def lost(daemon):
    return sum(port["tx_errors"] for port in daemon.call("ports")["ports"].values())


def test_mirrors(guest, sent):
    """Of a packet that a card brought there are eight references: seven mirrors and the packet itself, which two cards
    hold at once."""
    guest.bind("vfio-pci", "v0", "v1")
    rules = [{"name": "all", "from": ["a1"],
              "actions": [*mirrors("a2", ON_E1000E), *mirrors("v1", ON_VMXNET3), {"forward": "a2"}]}]
    replay = {"real": {"file": "/real.pcap", "until": f"#{COUNT + 1}", "to": "a0", "pace": "1kpps", "start": "manual"}}
    frames, before = sent[:COUNT], past(guest, "a2", "v1")
    with Daemon(guest, config({name: guest.address(name) for name in NAMES}, rules, replay, idle="sleep", memory=MEMORY)) as daemon:
        daemon.await_links()
        daemon.call("replay.start", name="real")
        status = daemon.until(lambda status: status["ports"]["a1"]["rx_packets"] == COUNT
                              and status["ledger"]["held"] == 0, 60)
        assert status["ports"]["a2"]["tx_packets"] == COUNT * (len(ON_E1000E) + 1)
        assert status["ports"]["v1"]["tx_packets"] == COUNT * len(ON_VMXNET3)
        assert dropped(status) == {} and lost(daemon) == 0
        assert set(copied(status)) <= {"edit-headers", "edit-short"}, status["copies"]
        headers = status["copies"]["edit-headers"]
        assert 0 < headers["bytes"] < 64 * headers["packets"], headers
        daemon.stop()
    check_wire("a2", dumped(guest, "a2", before["a2"]), shapes(frames, [*ON_E1000E, []]), padded=True)
    check_wire("v1", dumped(guest, "v1", before["v1"]), shapes(frames, ON_VMXNET3), padded=True)


def test_long_chains(guest):
    """Frames that come in several buffers each leave as they are, and edited."""
    guest.bind("vfio-pci", "v0", "v1")
    frames, before = jumbo.frames(2048), past(guest, "a2", "v1")
    lists = [[{"push": {"vlan": 7}}], [{"slice": 4100}, OWN], [{"slice": 5000}], [{"mask": {"from": 3000, "bytes": 100}}]]
    rules = [{"name": "all", "from": ["a1"],
              "actions": [*mirrors("a2", lists), *mirrors("v1", lists), {"forward": "v1"}]}]
    replay = {"jumbo": {"file": "/jumbo.pcap", "to": "a0", "pace": "100pps", "start": "manual"}}
    ports = {name: {"pci": guest.address(name), "mtu": jumbo.MTU} for name in NAMES}
    with Daemon(guest, config(ports, rules, replay, idle="sleep", memory=MEMORY)) as daemon:
        daemon.await_links()
        daemon.call("replay.start", name="jumbo")
        count = {"a0": len(frames), "a2": len(frames) * len(lists), "v1": len(frames) * (len(lists) + 1)}
        status = daemon.until(lambda status: status["ports"]["a1"]["rx_packets"] == len(frames)
                              and status["ledger"]["held"] == 0)
        assert {name: status["ports"][name]["tx_packets"] for name in count} == count
        assert dropped(status) == {} and lost(daemon) == 0
        assert set(copied(status)) <= {"edit-headers", "edit-deep"}, status["copies"]
        daemon.stop()
    check_wire("a2", dumped(guest, "a2", before["a2"]), shapes(frames, lists))
    check_wire("v1", dumped(guest, "v1", before["v1"]), shapes(frames, [*lists, []]))
