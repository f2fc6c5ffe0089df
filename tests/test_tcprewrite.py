# SPDX-License-Identifier: BSD-3-Clause
"""The table of docs/replay.md: what stands beside an option of tcprewrite makes the bytes that tcprewrite makes. Of
packets whose checksums are right, since it makes them right and sluice leaves them wrong."""

import shutil
import subprocess

import pytest

from lib import capture, layers, sums, tunnelled
from lib.offline import config, offline, out

TCPREWRITE = shutil.which("tcprewrite")
pytestmark = pytest.mark.skipif(TCPREWRITE is None, reason="tcprewrite is not installed")
CAPTURES = ["dns.pcap", "mixed.pcap", "vlan.pcap", "made/flows.pcap"]
PAIRS = {"10.0.0.0/8": "172.0.0.0/8", "192.168.0.0/16": "10.9.0.0/16"}
PNAT = ",".join(f"{old}:{new}" for old, new in PAIRS.items())
ONE, OTHER = "02:00:00:00:00:08", "02:00:00:00:00:09"


def is_plain(frame):
    """Whether both take it for the same: whole, without padding, which tcprewrite 4.4 makes part of the packet, no
    fragment, whose checksum it does not know, and no multicast, of which it makes up the MAC address."""
    network = layers.read(frame).network
    return bool(network and frame[0] % 2 == 0 and not network.fragment and network.packet_end == len(frame) and
                all(one.stored(frame) == one.right(frame) for one in sums.checksums(frame)))


def plain(name, directory):
    packets = [packet for packet in capture.read(capture.fixture(name)) if is_plain(packet.data)]
    return packets, capture.write(directory / "plain.pcap", packets)


def theirs(options, file, directory):
    written = directory / "theirs.pcap"
    subprocess.run([TCPREWRITE, *options, "-i", str(file), "-o", str(written)], check=True, capture_output=True, timeout=300)
    return [packet.data for packet in capture.read(written)]


def ours(file, directory, edits=None, rules=None, **keys):
    what = config({"gen": {"null": {}}, "wan": out("wan")}, rules or [], {"forward": "wan"})
    what["replays"] = {"one": {"file": str(file), "to": {"as": "gen"} if rules else "wan", "memory": "64MiB", **keys}}
    if edits:
        what["replays"]["one"]["edits"] = edits
    return [packet.data for packet in offline(what, directory).sent["wan"]]


def by(name, match, **fields):
    return {"name": name, **match, "actions": [{"set": fields}, {"forward": "wan"}]}


def where(**match):
    return {"match": {key.replace("_", "-"): value for key, value in match.items()}}


EDITS = {
    "pnat": ([f"--pnat={PNAT}"], [{"nat": PAIRS}]),
    "ttl": (["--ttl=64"], [{"set": {"ttl": 64}}]),
    "ttl-more": (["--ttl=+1"], [{"set": {"ttl": "+1"}}]),
    "ttl-less": (["--ttl=-1"], [{"set": {"ttl": "-1"}}]),
    "ttl-least": (["--ttl=-200"], [{"set": {"ttl": "-200"}}]),
    "ttl-most": (["--ttl=+250"], [{"set": {"ttl": "+250"}}]),
    "tos": (["--tos=184", "--tclass=184"], [{"set": {"dscp": "ef"}}]),
    "enet": ([f"--enet-dmac={ONE}", f"--enet-smac={OTHER}"], [{"set": {"dst-mac": ONE, "src-mac": OTHER}}]),
    "vlan-add": (["--enet-vlan=add", "--enet-vlan-tag=5", "--enet-vlan-pri=3", "--enet-vlan-cfi=0", "--enet-vlan-proto=802.1ad"],
                 [{"push": {"vlan": 5, "pcp": 3, "type": 0x88A8}}]),
    "vlan-del": (["--enet-vlan=del"], [{"strip": "vlan"}]),
}
RULES = {
    "srcipmap": (["--srcipmap=10.0.0.0/8:172.0.0.0/8"], [by("a", where(src="10.0.0.0/8"), src="172.0.0.0/8")]),
    "dstipmap": (["--dstipmap=10.0.0.0/8:172.0.0.0/8"], [by("a", where(dst="10.0.0.0/8"), dst="172.0.0.0/8")]),
    "portmap": (["--portmap=53:5353,80:8080,445:4450"],
                [by(f"{side}-{old}", where(**{side: old}), **{side.replace("_", "-"): new})
                 for old, new in ((53, 5353), (80, 8080), (445, 4450)) for side in ("dst_port", "src_port")]),
}


def same(wanted, got, packets):
    """Of IPv6 tcprewrite 4.4 makes up the MAC addresses, whatever it is asked for."""
    changed = 0
    for number, (want, have, packet) in enumerate(zip(wanted, got, packets, strict=True)):
        start = 12 if layers.read(packet.data).network.version == 6 else 0
        assert want[start:] == have[start:], f"#{number + 1}\n{want.hex()}\n{have.hex()}\n{packet.data.hex()}"
        changed += have != packet.data
    return changed


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize("option", [*EDITS, *RULES])
def test_bytes(option, name, tmp_path):
    packets, file = plain(name, tmp_path)
    options, what = {**EDITS, **RULES}[option]
    same(theirs(options, file, tmp_path), ours(file, tmp_path, **{"edits" if option in EDITS else "rules": what}), packets)


def test_what_is_changed(tmp_path):
    """Most packets are, by most options: what is equal is not equal by being left alone."""
    packets, file = plain("mixed.pcap", tmp_path)
    for option in ("pnat", "ttl", "tos", "enet", "vlan-add"):
        assert sum(got != packet.data for got, packet in zip(theirs(EDITS[option][0], file, tmp_path), packets)) > 1000, option


def cached(file, directory):
    """Whoever is in 10.0.0.0/8 is a client, as tcpprep has it."""
    subprocess.run(["tcpprep", "--cidr=10.0.0.0/8", "-i", str(file), "-o", str(directory / "cache")], check=True, capture_output=True)
    return ["-c", str(directory / "cache")]


@pytest.mark.parametrize("options, of_client, of_server", [
    (["--endpoints=192.0.2.1:198.51.100.1"], {"src": "192.0.2.1", "dst": "198.51.100.1"}, {"src": "198.51.100.1", "dst": "192.0.2.1"}),
    (["--enet-dmac=02:00:00:00:00:01,02:00:00:00:00:02", "--enet-smac=02:00:00:00:00:11,02:00:00:00:00:12"],
     {"dst-mac": "02:00:00:00:00:01", "src-mac": "02:00:00:00:00:11"},
     {"dst-mac": "02:00:00:00:00:02", "src-mac": "02:00:00:00:00:12"}),
])
def test_of_two_sides(options, of_client, of_server, tmp_path):
    packets, file = plain("mixed.pcap", tmp_path)
    rules = [by("clients", where(src="10.0.0.0/8"), **of_client), by("servers", {}, **of_server)]
    wanted = theirs([*options, *cached(file, tmp_path)], file, tmp_path)
    assert same(wanted, ours(file, tmp_path, rules=rules), packets) == len(packets)


def test_other_macs_for_some(tmp_path):
    packets, file = plain("mixed.pcap", tmp_path)
    known = "30:46:9a:23:fb:fa"
    rules = [by(side, {"filter": f"ether {side} {known}"}, **{f"{side}-mac": ONE}) for side in ("src", "dst")]
    assert same(theirs([f"--enet-subsmac={known},{ONE}"], file, tmp_path), ours(file, tmp_path, rules=rules), packets) > 1000


def without_lengths(frame):
    """Lengths in headers, and checksums, which cover them, 0."""
    network = layers.read(frame).network
    frame = bytearray(frame)
    zeros = [network.at + 2, network.at + 10] if network.version == 4 else [network.at + 4]
    zeros += [network.end + {layers.TCP: 16, layers.UDP: 6}[network.transport()]]
    for at in zeros:
        frame[at:at + 2] = b"\0\0"
    return frame


def test_cut_to_an_mtu(tmp_path):
    """At the same byte; tcprewrite writes the lengths anew."""
    packets, file = plain("mixed.pcap", tmp_path)
    wanted = theirs(["--mtu=200", "--mtu-trunc"], file, tmp_path)
    for want, have in zip(wanted, ours(file, tmp_path, [{"slice": 214}]), strict=True):
        assert without_lengths(want) == without_lengths(have)
    assert sum(len(packet.data) > 214 for packet in packets) > 1000


@pytest.mark.parametrize("how, truncated", [("pad", "pad"), ("trunc", "send")])
def test_what_was_cut(how, truncated, tmp_path):
    file = capture.fixture("made/snaplen.pcap")
    for want, have in zip(theirs([f"--fixlen={how}"], file, tmp_path), ours(file, tmp_path, truncated=truncated), strict=True):
        assert without_lengths(want) == without_lengths(have)


def test_arp(tmp_path):
    addresses = ["0a000001", "0a0000ff", "c0a80001", "08080808"]
    frames = [tunnelled.ethernet(layers.ARP, bytes.fromhex(f"000108000604000{kind}020000000001{src}000000000000{dst}"))
              for kind in (1, 2) for src in addresses for dst in addresses]
    file = capture.write(tmp_path / "arp.pcap", frames)
    got = ours(file, tmp_path, EDITS["pnat"][1])
    assert got == theirs(EDITS["pnat"][0], file, tmp_path) and sum(a != b for a, b in zip(got, frames)) == 30
