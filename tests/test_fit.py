# SPDX-License-Identifier: BSD-3-Clause
"""Edits that find nothing to do in what their rule takes, and gates that stop nothing, are worth a warning. No others are."""

import pytest

from lib import capture
from lib.offline import Run, SLUICED, config, offline, out, write_config

BROKEN = {"no-capture"}
LEAVE = "the edit would change nothing: leave it out, or match other packets"

# A match, edits, and why these do nothing.
EDITS = [
    ("{ protocol: icmp }", "{ set: { dst-port: 5 } }", "set: dst-port: ports are those of tcp, udp and sctp"),
    ("{ protocol: [icmp, gre] }", "{ set: { src-port: 5 } }", "set: src-port: ports are those"),
    ("{ tunnel: [gre, ipip] }", "{ set: { src-port: 5 } }", "set: src-port: ports are those"),
    ("{ src: 10.0.0.0/8 }", '{ set: { dst: "2001:db8::1" } }', "set: dst: the rule takes packets of IPv4 alone, and this"),
    ('{ dst: "2000::/3" }', "{ set: { src: 10.0.0.1 } }", "set: src: the rule takes packets of IPv6 alone, and this"),
    ("{ ether-type: ipv6 }", "{ set: { src: 10.0.0.1 } }", "of IPv6 alone"),
    ('{ src: [10.0.0.0/8, "2000::/3"], dst: 0.0.0.0/0 }', '{ set: { src: "2001:db8::1" } }', "of IPv4 alone"),
    ("{ ether-type: arp }", "{ set: { ttl: 9 } }", "set: ttl: this is IP's, and the rule takes no IP packets"),
    ("{ ether-type: [arp, mpls] }", "{ set: { dscp: ef } }", "set: dscp: this is IP's"),
    ("{ tunnel: mpls }", "{ set: { src: 10.0.0.1 } }", "set: src: this is IP's"),
    ("{ vlan: 100 }", "{ set: { vlan: 100 } }", "set: vlan: the packets that the rule takes have that already"),
    ("{ protocol: udp, dst-port: 53 }", "{ set: { dst-port: 53 } }", "set: dst-port: the packets that the rule takes"),
    ('{ src: [192.168.0.0/16, 192.168.9.0/24, "2000::/3"] }', "{ set: { src: 192.168.0.0/16 } }", "set: src: the packets"),
    ('{ src: "::/0" }', "{ nat: { 10.0.0.0/8: 172.0.0.0/8 } }", "nat: the rule takes no packets of IPv4, of which its prefixes"),
    ("{ ether-type: arp }", '{ nat: { "2001:db8::/32": "2001:db9::/32" } }', "nat: the rule takes no packets of IPv6"),
    ("{ ether-type: mpls }", "{ nat: { 10.0.0.0/8: 172.0.0.0/8 } }", "nat: the rule takes neither IP packets nor ARP"),
    ("{ }", "{ nat: { 192.168.0.0/16: 192.168.0.0/16 } }", "nat: each prefix is mapped to itself"),
    ("{ src: 192.168.0.0/16, dst: 8.0.0.0/8, dst-port: 53 }", "{ nat: { 10.0.0.0/8: 172.0.0.0/8 } }",
     "nat: src and dst of the rule lie in none of its prefixes"),
    ("{ ether-type: arp }", "{ push: { mpls: { label: 5 } } }", "push: mpls: a label goes before IP or other labels"),
    ("{ protocol: tcp }", "{ strip: vxlan }", "strip: vxlan: the rule takes no packets that have it"),
    ("{ tunnel: gre }", "{ strip: vxlan }", "strip: vxlan: the rule takes"),
    ("{ tunnel: gre }", "{ strip: erspan }", "strip: erspan: the rule takes"),
    ("{ protocol: udp, dst-port: 53 }", "{ strip: [gtp-u, geneve] }", "strip: the rule takes no packets that have any of these"),
    ("{ protocol: udp }", "{ strip: mpls }", "strip: mpls: the rule takes"),
    ("{ ether-type: ipv4 }", "{ strip: vntag }", "strip: vntag: the rule takes"),
    ("{ ether-type: arp }", "{ strip: tunnel }", "strip: tunnel: the rule takes"),
    ("{ }", "{ slice: 65535 }", "slice: no frame has more than 65535 bytes"),
    ("{ }", "{ slice: { after: link, bytes: 65521 } }", "slice: no frame has more"),
    ("{ }", "{ mask: { after: network, from: 65535 } }", "mask: no frame has more"),
]

# What it says of other lists.
LISTS = [
    ("{ protocol: icmp }", "{ set: { src-port: 5, ttl: 9 } }, { forward: out }", "set: src-port: ports are those", "; it would"),
    ("{ protocol: icmp }", "{ mirror: out, with: [ { set: { dst-port: 5 } } ] }", "config.yaml:5:", LEAVE),
    ("{ protocol: icmp }", "{ edit: ports }, { forward: out }", "edit: ports: set: dst-port: ports are those", LEAVE),
    ("{ tunnel: vxlan, inner: { protocol: icmp } }", "{ strip: vxlan }, { set: { dst-port: 5 } }, { forward: out }",
     "set: dst-port: ports are those", LEAVE),
    ("{ tunnel: vxlan, inner: { tunnel: gre } }", "{ strip: vxlan }, { strip: ipip }, { forward: out }", "strip: ipip", LEAVE),
    ("{ }", "{ dedup: { window: 50ms } }, { mirror: out, with: [ { dedup: { window: 5ms } } ] }",
     "dedup: the one in line 5 lets through nothing that this one would stop; leave one out"),
    ("{ }", "{ sample: 1 }, { forward: out }", "sample: one in 1 is every packet, and it would stop nothing; leave it out"),
]

NOTHING_TO_SAY = [
    ("{ protocol: [icmp, udp] }", "{ set: { dst-port: 5 } }"), ("{ }", '{ set: { src: 10.0.0.1 } }, { set: { dst: "::1" } }'),
    ('{ src: [10.0.0.0/8, "2000::/3"] }', '{ set: { dst: "2001:db8::1" } }'), ("{ ether-type: [arp, ipv4] }", "{ set: { ttl: 9 } }"),
    # What earlier edits made of the packet.
    ("{ src: 10.0.0.0/8 }", '{ strip: vxlan }, { set: { src: "2001:db8::1" } }'),
    ("{ src: 10.0.0.0/8 }", '{ push: { gre: { src: "::1", dst: "::2" } } }, { set: { src: "2001:db8::1" } }'),
    ("{ protocol: udp, dst-port: 8472 }", "{ set: { dst-port: 4789 } }, { strip: vxlan }"),
    ("{ vlan: 100 }", "{ strip: vlan }, { set: { vlan: 100 } }"), ("{ vlan: 100 }", "{ push: { vlan: 7 } }, { set: { vlan: 100 } }"),
    ("{ dst-port: 80 }", "{ set: { dst-port: 81 } }, { mirror: out }, { set: { dst-port: 80 } }"),
    ("{ src: 10.1.0.0/16 }", "{ nat: { 10.0.0.0/8: 172.0.0.0/8 } }, { set: { src: 10.1.0.0/16 } }"),
    ("{ ether-type: 0x8100 }", "{ strip: vlans }, { set: { ttl: 9 } }"),
    ("{ }", "{ push: { vlan: 7 } }, { slice: 65535 }"), ("{ }", "{ slice: 65534 }"),
    ("{ protocol: gre }", "{ mask: { after: link, from: 9, bytes: 1, with: 17 } }, { set: { dst-port: 5 } }"),
    # Values that are not all the same, and fields beside one another.
    ("{ vlan: [100, 101] }", "{ set: { vlan: 100 } }"), ("{ vlan: 100 }", "{ set: { vlan: 101, pcp: 3 } }"),
    ("{ src: 10.0.0.0/8 }", "{ set: { src: 10.1.0.0/16 } }"), ("{ src: 10.1.0.0/16 }", "{ set: { dst: 10.1.0.0/16 } }"),
    # ICMP errors quote packets, and ARP has addresses.
    ("{ src: 192.168.0.0/16, dst: 8.0.0.0/8 }", "{ nat: { 10.0.0.0/8: 172.0.0.0/8 } }"),
    ("{ src: 192.168.0.0/16, dst-port: 53 }", "{ nat: { 10.0.0.0/8: 172.0.0.0/8 } }"),
    ("{ ether-type: arp }", "{ nat: { 10.0.0.0/8: 172.0.0.0/8 } }"), ('{ src: "::/0" }', '{ nat: { 10.0.0.0/8: 172.0.0.0/8, "::/1": "8000::/1" } }'),
    ("{ ether-type: mpls }", "{ push: { mpls: { label: 5 } } }"), ("{ ether-type: arp }", "{ strip: [tunnel, vlan] }"),
    ("{ tunnel: [gre, vxlan] }", "{ strip: [gtp-u, gre] }"), ("{ protocol: ipv6 }", "{ strip: ipip }"),
    ("{ ether-type: [ipv4, 0x8926] }", "{ strip: vntag }"), ("{ vni: 5 }", "{ strip: geneve }, { set: { dst-port: 5 } }"),
    # Lists that several rules use.
    ("{ protocol: icmp }", "{ edit: several }"),
    # The second one remembers more.
    ("{ }", "{ dedup: { window: 5ms } }, { dedup: { window: 50ms } }"),
    ("{ }", "{ dedup: { window: 5ms, across: ports } }, { dedup: { window: 5ms } }"),
    ("{ }", "{ dedup: { ignoring: [ttl] } }, { dedup: { ignoring: [mac] } }"),
    ("{ }", "{ mirror: out, with: [ { dedup: { window: 5ms } } ] }, { dedup: { window: 5ms } }"), ("{ }", "{ sample: 2 }"),
]


def check(match, actions, directory):
    path = write_config(directory / "config.yaml", "version: 1\nports: { out: { null: {} } }\n"
                        "edits: { ports: [ { set: { dst-port: 5 } } ], several: [ { set: { dst-port: 5, ttl: 7 } } ] }\n"
                        f"rules:\n  - {{ name: r, match: {match}, actions: [ {actions} ] }}\n")
    run = Run([SLUICED, "check", path], directory)
    assert run.code == 0, run.err
    return [line for line in run.err.splitlines() if "warning" in line]


@pytest.mark.parametrize("match,edit,why", EDITS)
def test_warned(match, edit, why, tmp_path):
    warnings = check(match, f"{edit}, {{ forward: out }}", tmp_path)
    assert len(warnings) == 1 and why in warnings[0] and "config.yaml:5:" in warnings[0], warnings
    assert "the edit would change nothing: leave it out, or" in warnings[0]


@pytest.mark.parametrize("match,actions,words", [(match, actions, words) for match, actions, *words in LISTS])
def test_lists_are_warned_of(match, actions, words, tmp_path):
    warnings = check(match, actions, tmp_path)
    assert len(warnings) == 1 and all(word in warnings[0] for word in words), warnings


def test_a_port_that_no_packet_has_makes_no_tunnel(tmp_path):
    """Both edits are warned of: a port may make a tunnel of a packet only where there is one."""
    first, second = check("{ protocol: icmp }", "{ set: { dst-port: 4789 } }, { strip: vxlan }, { forward: out }", tmp_path)
    assert "set: dst-port: ports are those" in first and "strip: vxlan: the rule takes" in second
    assert check("{ protocol: udp, dst-port: 53 }", "{ set: { dst-port: 4789 } }, { strip: vxlan }, { forward: out }", tmp_path) == []


@pytest.mark.parametrize("match,actions", NOTHING_TO_SAY)
def test_not_warned(match, actions, tmp_path):
    assert check(match, actions + ", { forward: out }", tmp_path) == []


def test_what_is_warned_of_changes_nothing(tmp_path):
    """Over all captures there are: each edit's rule gives what it takes unchanged."""
    fixtures = sorted(str(path) for path in capture.fixture("dns.pcap").parent.rglob("*.pcap")
                      if path.stem not in BROKEN)
    took = 0
    # Each takes a port, of which there are 64.
    for part in (EDITS[:15], EDITS[15:]):
        ports = {"in": {"pcap": {"in": fixtures, "other-links": "skip"}}}
        rules = "rules:\n"
        for number, (match, edit, _) in enumerate(part):
            ports |= {f"edited{number}": out(f"edited{number}"), f"plain{number}": out(f"plain{number}")}
            rules += f"  - {{ name: r{number}, match: {match}, actions: [ {edit}, {{ mirror: edited{number} }} ] }}\n" \
                     f"  - {{ name: p{number}, match: {match}, actions: [ {{ mirror: plain{number} }} ] }}\n"
        path = write_config(tmp_path / "parts.yaml", config(ports))
        offline(path.read_text(encoding="utf-8") + rules, tmp_path)
        for number in range(len(part)):
            edited, plain = (capture.read(tmp_path / f"{name}{number}.pcap") for name in ("edited", "plain"))
            assert edited == plain, part[number]
            took += len(plain) > 0
    assert took > len(EDITS) / 2
