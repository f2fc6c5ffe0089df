# SPDX-License-Identifier: BSD-3-Clause
"""`sluiced diff` makes packets that show what captures do not: each of them two offline runs do treat otherwise, and of
what none shows it says so."""

import json

import pytest

from lib import capture
from lib.offline import SLUICED, Run, config, offline, out, write_config

PORTS = {"wan": {"pcap": {"in": "in.pcap"}}, "t0": out("t0"), "t1": out("t1"), "tap": out("tap")}
TO = [{"forward": "t0"}]


def site(match=None, actions=None, filter_=None, **more):
    rule = {"name": "r", "match": match or {"protocol": "sctp"}, "actions": actions or TO}
    return {**config(PORTS, [{**rule, "filter": filter_} if filter_ else rule]), **more}


def filtered(filter_):
    return config(PORTS, [{"name": "r", "filter": filter_, "actions": TO}])


def grouped(**group):
    return site(match={"ether-type": ["ipv4", "ipv6"]}, actions=[{"forward": "g"}], groups={"g": group})


def edited(*edits, match=None, actions=None):
    return site(match=match, actions=actions or [{"edit": "e"}, *TO], edits={"e": list(edits)})


def policed(**policer):
    return site(actions=[{"police": "p"}, *TO], policers={"p": policer})


def sampled(one_in):
    return site(actions=[{"sample": {"one-in": one_in, "by": "flow"}}, *TO])


MIRROR = [{"mirror": "tap", "with": [{"edit": "e"}]}]
UDP = {"protocol": "udp"}
PAIRS = {
    "a member more": (grouped(ports=["t0", "t1"]), grouped(ports=["t0", "t1", "tap"])),
    "members in another order": (grouped(ports=["t0", "t1"]), grouped(ports=["t1", "t0"])),
    "a flow in a hundred": (grouped(ports=["t0", "t1"], weights=[99, 1]), grouped(ports=["t0", "t1"], weights=[98, 2])),
    "hash": (grouped(ports=["t0", "t1"]), grouped(ports=["t0", "t1"], hash="inner")),
    "ttl": (edited({"set": {"ttl": "-1"}}), edited({"set": {"ttl": "-2"}})),
    "tag": (edited({"set": {"vlan": 1}}), edited({"set": {"vlan": 2}})),
    "nat": (edited({"nat": {"10.0.0.0/8": "11.0.0.0/8"}}), edited({"nat": {"10.0.0.0/8": "12.0.0.0/8"}})),
    "nat of IPv6": (edited({"nat": {"2001:db8::/32": "2001:db9::/32"}}), edited({"nat": {"2001:db8::/32": "2001:dba::/32"}})),
    "slice": (edited({"slice": 700}), edited({"slice": 710})),
    "mask": (edited({"mask": {"after": "transport", "bytes": 20}}), edited({"mask": "payload"})),
    "strip": (edited({"strip": "vxlan"}, match=UDP), edited({"strip": "gtp-u"}, match=UDP)),
    "strip tags": (edited({"strip": "vlan"}), edited({"set": {"ttl": 7}})),
    "with": (edited({"slice": 64}, actions=MIRROR), edited({"slice": 68}, actions=MIRROR)),
    "a bucket": (policed(rate="1Gbps", burst="1KiB"), policed(rate="1Gbps", burst="1MiB")),
    "chosen flows": (sampled(10), sampled(5)),
    "syn": (site(filter_="tcp[tcpflags] & tcp-syn != 0", match={"protocol": "tcp"}),
            site(filter_="tcp[tcpflags] & tcp-fin != 0", match={"protocol": "tcp"})),
    "fin": (filtered("tcp[tcpflags] = tcp-fin|tcp-push"), filtered("tcp[tcpflags] = tcp-fin")),
    "ports in a filter": (filtered("sctp port 53"), filtered("sctp port 54")),
    "either port": (filtered("udp port 53 or tcp port 8080"), filtered("udp port 53 or tcp port 8081")),
    "a range": (filtered("udp portrange 100-200"), filtered("udp portrange 100-201")),
    "hosts": (filtered("src host 192.0.2.7 and dst host 198.51.100.3"),
                  filtered("src host 192.0.2.7 and dst host 198.51.100.4")),
    "an IPv6 host": (filtered("ip6 host 2001:db8::7"), filtered("ip6 host 2001:db8::8")),
    "a net": (filtered("dst net 203.0.113.0/24"), filtered("dst net 203.0.113.0/25")),
    "not a host": (filtered("ip and not host 192.0.2.7"), filtered("ip and not host 192.0.2.8")),
    "a station": (filtered("ether src 02:00:00:00:00:77"), filtered("ether src 02:00:00:00:00:78")),
    "a tag in a filter": (filtered("vlan 300 and udp port 53"), filtered("vlan 301 and udp port 53")),
    "two tags": (filtered("vlan 300 and vlan 7"), filtered("vlan 300 and vlan 8")),
    "arp": (filtered("arp host 192.0.2.7"), filtered("arp host 192.0.2.8")),
    "icmp": (filtered("icmp[icmptype] = icmp-echo"), filtered("icmp[icmptype] = icmp-echoreply")),
    "payload": (filtered("tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420"),
                filtered("tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x504f5354")),
    "length": (filtered("greater 700"), filtered("greater 600")),
    "filter and match": (site(match={"dst": "10.1.0.0/16"}, filter_="tcp port 443"),
                         site(match={"dst": "10.1.0.0/16"}, filter_="tcp port 444")),
    "a list": (site(match={"src": {"file": "wide.txt"}}), site(match={"src": {"file": "narrow.txt"}})),
    "vni": (site(match={"tunnel": "vxlan", "vni": 5}), site(match={"tunnel": "vxlan", "vni": 6})),
    "geneve": (site(match={"tunnel": "geneve"}), site(match={"tunnel": "vxlan"})),
    "teid": (site(match={"teid": "0-9"}), site(match={"teid": "0-10"})),
    "key": (site(match={"key": 5}), site(match={"key": 4294967295})),
    "label": (site(match={"label": 100}), site(match={"label": 101})),
    "session": (site(match={"session": 3}), site(match={"session": "3-4"})),
    "ipip": (site(match={"tunnel": "ipip"}), site(match={"tunnel": "mpls"})),
    "inner": (site(match={"inner": {"dst-port": 53}}), site(match={"inner": {"dst-port": [53, 54]}})),
    "inner of IPv6": (site(match={"tunnel": "gre", "inner": {"src": "2001:db8::/32"}}),
                      site(match={"tunnel": "gre", "inner": {"src": "2001:db8::/33"}})),
    "inner tag": (site(match={"inner": {"vlan": 5}}), site(match={"inner": {"vlan": 6}})),
    "outer": (site(match={"tunnel": "vxlan", "src": "10.0.0.0/8"}), site(match={"tunnel": "vxlan", "src": "10.0.0.0/9"})),
}
# Why none is found.
UNSHOWN = {
    "a rate": (policed(rate="1Gbps", burst="1MiB"), policed(rate="2Gbps", burst="1MiB"), "search"),
    "a sum in a filter": (filtered("ip[8] + ip[9] = 400"), filtered("ip[8] + ip[9] = 401"), "filter"),
    "a tunnel in a tunnel": (site(match={"inner": {"tunnel": "gre"}}), site(match={"inner": {"tunnel": "vxlan"}}), "tunnel"),
    "no common tag": (edited({"strip": "pppoe"}, match={"ether-type": 0x8864}), edited({"strip": "etag"}, match={"ether-type": 0x8864}),
                      "search"),
}


def diff(directory, old, new, *words):
    (directory / "wide.txt").write_text("10.0.0.0/8\n")
    (directory / "narrow.txt").write_text("10.0.0.0/9\n")
    capture.write(directory / "in.pcap", capture.read(capture.fixture("dns.pcap"))[:3])
    write_config(directory / "old.yaml", old)
    write_config(directory / "new.yaml", new)
    return Run([SLUICED, "diff", "old.yaml", "new.yaml", "--on", "in.pcap", "--log-level", "error", *words], directory)


def left(what, directory):
    """What an offline run gives for the one packet: bytes by port."""
    run = offline(what, directory)
    return {name: [packet.data for packet in packets] for name, packets in run.sent.items() if packets}


@pytest.mark.parametrize("name", PAIRS)
def test_a_witness_is_one(name, tmp_path):
    old, new = PAIRS[name]
    result = json.loads(diff(tmp_path, old, new, "--json").out)
    shown = result["changes"] + result["moved"] + result["witnesses"]
    assert shown and result["unshown"] == [] and not result["untried"]
    for one in result["witnesses"]:
        capture.write(tmp_path / "in.pcap", [bytes.fromhex(one["hex"])])
        before, after = left(old, tmp_path), left(new, tmp_path)
        sides = one["old"], one["new"]
        assert [sorted(side["leaves"]) for side in sides] == [sorted(before), sorted(after)]
        assert before != after or [side["actions"] for side in sides] == \
            [f"sample (one-in {each}, by flow), forward t0" for each in (10, 5)]
        assert one.get("group") == ("g" if "groups" in old and one["old"]["rule"] == "r" else None)


@pytest.mark.parametrize("name", UNSHOWN)
def test_what_no_packet_shows_is_said(name, tmp_path):
    old, new, why = UNSHOWN[name]
    run = diff(tmp_path, old, new, "--json")
    result = json.loads(run.out)
    assert (run.code, result["changes"], result["witnesses"]) == (0, [], [])
    assert result["unshown"] == [{"rule": "r", "why": why}]
    text = diff(tmp_path, old, new).out
    assert "unshown   rules that differ, and no packet shows it: r" in text
    assert {"search": "r\n", "filter": "r (a filter)\n", "tunnel": "r (a tunnel in a tunnel)\n"}[why] in text


def test_what_is_the_same_is_neither(tmp_path):
    for old, _ in PAIRS.values():
        result = json.loads(diff(tmp_path, old, old, "--json").out)
        assert (result["witnesses"], result["unshown"]) == ([], [])


def said(directory, old, new):
    """What people read, whatever the lines."""
    return " ".join(diff(directory, old, new).out.split())


def test_people_read_where_it_leaves(tmp_path):
    assert "r (forward t0) -> default (drop)" in said(tmp_path, *PAIRS["vni"])
    assert "r (edit e, forward t0) by the same words, but what leaves is other bytes" in said(tmp_path, *PAIRS["ttl"])
    assert "default (mirror tap with (edit e), next rule (r); drop) by the same words" in said(tmp_path, *PAIRS["with"])
    assert "r (forward g) leaves through t0 -> t1, within group g" in \
        said(tmp_path, *(site(actions=[{"forward": "g"}], groups={"g": {"ports": [port]}}) for port in ("t0", "t1")))
