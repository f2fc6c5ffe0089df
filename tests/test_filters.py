# SPDX-License-Identifier: BSD-3-Clause
"""pcap filters mean what tcpdump says they mean on the same frame."""

import subprocess

import pytest

from lib import capture
from lib.offline import SLUICED, config, offline, out, write_config

EXPRESSIONS = [
    "tcp", "udp port 53", "icmp or icmp6", "ip6", "arp", "vlan", "vlan 10", "vlan and ip", "vlan 100 and vlan 10",
    "tcp[tcpflags] & tcp-syn != 0 and not src net 10.0.0.0/8", "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
    "ip[6:2] & 0x3fff != 0", "ip[8] < 64", "ip6[6] == 44", "ip6 protochain 17", "ip proto 47 or ip proto 50",
    "ether host 02:00:00:00:00:01", "ether broadcast or ether multicast", "ether[12:2] > 1500", "greater 1000",
    "less 100", "len == 60", "portrange 1000-50000", "src portrange 1-1023 and tcp", "sctp", "pppoes", "pppoed",
    "pppoes and ip", "host 10.2.0.2", "net 10.0.0.0/8", "src net 2001:db8::/32", "dst host 2001:db8:ff::2",
    "tcp port 80 or tcp port 443", "udp[4:2] > 100", "ether proto 0x88a8", "mpls", "not ip and not ip6",
    "ip[0] & 0xf != 5", "ip and not (tcp or udp)", "ip6 and udp and dst port 53", "icmp[icmptype] = icmp-echo",
    "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420", "len - 14 > ip[2:2]", "ether[len - 1] = 0",
    "host 10.2.0.2 or host 10.1.0.1 or net 192.0.2.0/24 or net 2001:db8::/32",
]
NAMES = ["mixed.pcap", "dns.pcap", "vlan.pcap", "gre.pcap", "vxlan.pcap", "ipv4-fragments.pcap", "ipv6-fragments.pcap",
         "ipv6-malformed-fragments.pcap", "smb2.pcap", "made/vlans.pcap", "made/pppoe.pcap", "made/ipv6-extensions.pcap",
         "made/ipv4-headers.pcap", "made/cut-headers.pcap", "made/jumbo.pcap", "made/snaplen.pcap",
         "made/flows.pcap", "made/syn-flood.pcap"]


def tcpdump_says(path, expression, directory):
    """The packets tcpdump lets through."""
    kept = directory / "kept.pcap"
    subprocess.run(["tcpdump", "-n", "-r", path, "-w", kept, "--nano", expression], check=True, capture_output=True)
    return capture.read(kept)


def counting(expressions, last):
    """Each filter counts and mirrors to a port of its own as far as there are ports, and lets pass."""
    rules = [{"name": f"f{number}", "filter": text, "actions": [{"mirror": f"p{number}"}] if number < 60 else []}
             for number, text in enumerate(expressions)]
    return rules + [{"name": "last", "actions": last}]


@pytest.mark.parametrize("name", NAMES)
def test_every_packet_as_tcpdump(name, tmp_path):
    ports = {"in": name, **{f"p{number}": out(f"p{number}") for number in range(len(EXPRESSIONS))}}
    run = offline(config(ports, counting(EXPRESSIONS, ["drop"])), tmp_path)
    for number, expression in enumerate(EXPRESSIONS):
        wanted = tcpdump_says(capture.fixture(name), expression, tmp_path)
        assert [p.data for p in run.sent[f"p{number}"]] == [p.data for p in wanted], expression
        assert run.report["rules"][f"f{number}"]["packets"] == len(wanted), expression


def test_match_and_filter_must_both_hold(tmp_path):
    rules = [{"name": "both", "match": {"protocol": "udp"}, "filter": "src port 53", "actions": [{"forward": "a"}]},
             {"name": "neither", "match": {"protocol": "tcp"}, "filter": "udp", "actions": [{"forward": "a"}]}]
    run = offline(config({"in": "dns.pcap", "a": out("a")}, rules), tmp_path)
    wanted = tcpdump_says(capture.fixture("dns.pcap"), "udp and src port 53", tmp_path)
    assert [p.data for p in run.sent["a"]] == [p.data for p in wanted]
    assert run.report["rules"]["neither"]["packets"] == 0


def test_filters_and_matches_in_one_order(tmp_path):
    """First match wins across both kinds."""
    rules = [{"name": "m1", "match": {"dst-port": 53}, "actions": [{"forward": "a"}]},
             {"name": "f1", "filter": "udp port 53", "actions": [{"forward": "b"}]},
             {"name": "m2", "match": {"protocol": "udp"}, "actions": [{"forward": "c"}]},
             {"name": "f2", "filter": "ip or ip6 or arp", "actions": [{"forward": "d"}]}]
    ports = {"in": "made/flows.pcap", **{port: out(port) for port in "abcd"}}
    run = offline(config(ports, rules), tmp_path)
    path = capture.fixture("made/flows.pcap")
    later = "(ip[6:2] & 0x1fff != 0)"
    first = tcpdump_says(path, f"dst port 53 and not {later}", tmp_path)
    assert [p.data for p in run.sent["a"]] == [p.data for p in first]
    total = sum(run.report["rules"][name]["packets"] for name in ("m1", "f1", "m2", "f2"))
    assert total == len(capture.frames("made/flows.pcap"))
    for name in ("m1", "f1", "m2", "f2"):
        assert run.report["rules"][name]["packets"] > 0, name


def test_expressions_that_no_jit_takes(tmp_path):
    """Many IPv6 addresses: what can't be turned into machine code is interpreted, with the same result."""
    text = " or ".join(f"host 2001:db8:9::{number:x}" for number in range(1, 21))
    run = offline(config({"in": "made/flows.pcap", "a": out("a")},
                         [{"name": "many", "filter": text, "actions": [{"forward": "a"}]}]), tmp_path)
    wanted = tcpdump_says(capture.fixture("made/flows.pcap"), text, tmp_path)
    assert [p.data for p in run.sent["a"]] == [p.data for p in wanted] and wanted


def test_a_loop_that_never_ends(tmp_path):
    """On this packet libpcap's program for this filter goes round for ever, and so does tcpdump."""
    frame = bytearray(256)
    frame[:18] = bytes.fromhex("020000000001020000000002" "81000014" "86dd")
    for at, header in ((58, "3c07"), (122, "2c07"), (186, "330700010000000100")):
        frame[at:at + len(header) // 2] = bytes.fromhex(header)
    path = capture.write(tmp_path / "chain.pcap", [bytes(frame), bytes(60)])
    text = "((ip6 protochain 17) or (vlan 10)) or (not (ip6 protochain 17))"
    what = config({"in": {"pcap": {"in": str(path)}}, "a": out("a")}, [{"name": "x", "filter": text, "actions": ["drop"]}])
    what["replays"] = {"one": {"file": str(path), "to": "a", "filter": text}}
    run = offline(what, tmp_path)
    assert run.report["rules"]["x"]["packets"] + run.report["rules"]["default"]["packets"] == 2
    assert run.report["replays"]["one"]["sent"] == 1


@pytest.mark.parametrize("text", ["inbound", "ifindex 1"])
def test_what_no_packet_says_is_no_valid_config(text, tmp_path):
    path = write_config(tmp_path / "config.yaml", config({"in": "dns.pcap"}, [{"name": "x", "filter": text, "actions": ["drop"]}]))
    done = subprocess.run([SLUICED, "check", path], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "inbound, outbound" in done.stdout + done.stderr, (done.stdout, done.stderr)


def test_lengths_are_those_on_the_wire(tmp_path):
    """What the snap length cut off a record counts, as it does for tcpdump."""
    texts = ["less 60", "len > 1000", "greater 100 and ip", "len = 60 or len = 1500"]
    frame = bytes(12) + b"\x08\x00\x45" + bytes(45)
    path = capture.write(tmp_path / "cut.pcap", [capture.Packet(number, frame, wire)
                                                 for number, wire in enumerate((60, 61, 1500, 60000, 60))])
    rules = [{"name": f"r{number}", "filter": text, "actions": []} for number, text in enumerate(texts)]
    run = offline(config({"in": {"pcap": {"in": str(path)}}}, rules), tmp_path)
    for number, text in enumerate(texts):
        assert run.report["rules"][f"r{number}"]["packets"] == len(tcpdump_says(path, text, tmp_path)), text
