# SPDX-License-Identifier: BSD-3-Clause
"""What is in tunnels, matched: random rules against the oracle over captures with tunnels and over packets that are put
into some, and what the keys say where they are told, refused and shown."""

import collections
import random

import pytest

import oracle
from lib import capture, inside, layers, tunnelled
from lib.capture import Packet
from lib.daemon import Daemon
from lib.offline import SLUICED, Run, config, offline, out, write_config
from lib.random_rules import random_actions, random_match, range_around
from test_edits_oracle import ALL
from test_oracle import agree

SEEDS = range(4)
RULES = 25
PACKETS = 400
START = 1_700_000_000_000_000_000
MOST = {"vni": 0xFFFFFF, "teid": 0xFFFFFFFF, "key": 0xFFFFFFFF, "label": 0xFFFFF, "session": 1023}
HAS = {"vni": ("vxlan", "geneve"), "teid": ("gtp-u",), "key": ("gre",), "label": ("mpls",), "session": ("erspan",)}
CAPTURES = ["vxlan.pcap", "gre.pcap", "made/ipv4-headers.pcap", "made/ipv6-extensions.pcap"]


def mixture(chance):
    """Of all captures, a few packets each."""
    found = []
    for name in capture.GOOD:
        packets = [packet.data for packet in capture.read(capture.fixture(name)) if 14 <= len(packet.data) <= 3000]
        found += chance.sample(packets, min(8, len(packets)))
    return found


def source(name, chance):
    """The frames of a fixture, or made of some."""
    if name == "by hand":
        return [before.data for _, _, before, _ in ALL if len(before.data) >= 14]
    if name in CAPTURES:
        return [packet.data for packet in capture.read(capture.fixture(name))]
    frames = []
    for frame in mixture(chance):
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            frame = tunnelled.wrapped(chance, frame, chance.choice(tunnelled.KINDS))
        frames.append(frame[:chance.randrange(14, 150)] if name == "cut" else frame)
    return frames


def random_id(chance, key, value):
    return [range_around(chance, value, MOST[key]) if chance.random() < 0.5 else value
            for _ in range(chance.choice([1, 1, 3]))]


def random_inside(chance, frame, bare=False):
    """Keys cut from a packet, and from what is inside of it."""
    fields = oracle.parse(frame)
    match = random_match(chance, [fields._replace(vlan=None) if bare else fields]) if chance.random() < 0.5 else {}
    found = inside.look(frame)
    if found is None:
        return match
    kinds = {found.kind, *chance.sample(inside.KINDS, chance.choice([0, 0, 0, 3]))}
    if chance.random() < 0.5:
        match["tunnel"] = sorted(kinds) if len(kinds) > 1 or chance.random() < 0.2 else found.kind
    key, value = next(iter(found.ids.items()), (None, 0))
    if key is None and chance.random() < 0.2:
        key = chance.choice([key for key in HAS if kinds & set(HAS[key])] or [None])
    if key and chance.random() < 0.5:
        match[key] = random_id(chance, key, chance.choice([value, value, value, 5]))
    if chance.random() < 0.6:
        match["inner"] = random_inside(chance, found.frame, found.bare)
    return match


def random_config(chance, frames):
    rules = []
    for number in range(RULES):
        frame = chance.choice(frames)
        rule = {"name": f"r{number}", "match": random_inside(chance, frame), "actions": random_actions(chance)}
        if not set(rule["match"]) - {"inner"} and chance.random() < 0.8:
            rule["match"]["dst"] = "192.0.2.0/24"
        if chance.random() < 0.3:
            rule["from"] = chance.choice([["one"], ["two"]])
        rules.append(rule)
    ports = {"one": {"pcap": {"in": "one.pcap"}}, "two": {"pcap": {"in": "two.pcap"}}}
    ports.update({name: out(name) for name in ("a", "b", "c", "t0", "t1", "t2")})
    return config(ports, rules, chance.choice(["drop", {"forward": "c"}]), groups={"tools": ["t0", "t1", "t2"]})


def judge(chance, frames, directory):
    frames = frames if len(frames) <= PACKETS else chance.sample(frames, PACKETS)
    came = [(chance.choice(["one", "two"]), Packet(START + number * 1_000, frame, len(frame)))
            for number, frame in enumerate(frames)]
    came += [(port, Packet(START + (len(came) + number) * 1_000, frames[0], len(frames[0])))
             for number, port in enumerate(("one", "two"))]
    for port in ("one", "two"):
        capture.write(directory / f"{port}.pcap", [packet for where, packet in came if where == port])
    what = random_config(chance, frames)
    agree(what, came, directory)
    tunnels = [rule for rule in what["rules"] if {"tunnel", "inner", *inside.IDS} & set(rule["match"])]
    return sum(oracle.matches_frame(rule["match"], frame) for rule in tunnels for frame in frames)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["made", "cut", "by hand", *CAPTURES])
def test_agrees(name, seed, tmp_path):
    chance = random.Random(f"{name} {seed}")
    taken = judge(chance, source(name, chance), tmp_path)
    assert taken > {"made": 20, "by hand": 0}.get(name, -1), taken


def counts(rules, frames, directory, *options):
    capture.write(directory / "in.pcap", [Packet(START + number, frame, len(frame)) for number, frame in enumerate(frames)])
    what = config({"in": {"pcap": {"in": "in.pcap"}}}, rules)
    return [offline(what, directory, *options).report["rules"][rule["name"]]["packets"] for rule in rules]


INNER = tunnelled.udp(53, b"12345678", src="c0a80001", dst="c0a80002")


def test_plain_rules_stand_where_they_stand(tmp_path):
    """First match, between rules with and without tunnels, the same flow outside again and again."""
    frames = [tunnelled.vxlan(vni, INNER) for vni in (7, 8, 9) * 40] + [INNER] * 20
    rules = [{"name": "pass", "match": {"vni": "7-8"}, "actions": []},
             {"name": "seven", "match": {"vni": 7}, "actions": ["drop"]},
             {"name": "filtered", "match": {"tunnel": "vxlan"}, "filter": "udp[12:4] >> 8 = 9", "actions": ["drop"]},
             {"name": "outside", "match": {"dst-port": 4789}, "actions": ["drop"]},
             {"name": "never", "match": {"vni": 8}, "actions": ["drop"]},
             {"name": "dns", "match": {"dst-port": 53}, "actions": ["drop"]}]
    assert counts(rules, frames, tmp_path) == [80, 40, 40, 40, 0, 20]


@pytest.mark.parametrize("kind", inside.KINDS)
def test_flows_that_come_again_are_looked_into_again(kind, tmp_path):
    """What is known of a flow outside says nothing of what is inside; a rule that decides stands right behind."""
    chance = random.Random(kind)
    some = [tunnelled.wrapped(chance, INNER, each) for each in tunnelled.KINDS for _ in range(6)]
    frames = [chance.choice(some) for _ in range(1500)]
    rules = [{"name": "inside", "match": {"tunnel": kind, "inner": {"protocol": "udp"}}, "actions": ["drop"]},
             {"name": "outside", "match": {"src": ["0.0.0.0/0", "::/0"]}, "actions": ["drop"]},
             {"name": "labels", "match": {"ether-type": layers.MPLS}, "actions": ["drop"]}]
    taken = collections.Counter(next(rule["name"] for rule in rules if oracle.matches_frame(rule["match"], frame))
                                for frame in frames)
    assert counts(rules, frames, tmp_path) == [taken[rule["name"]] for rule in rules] and min(taken.values()) > 50, taken


def test_what_lacks_a_field_does_not_have_it(tmp_path):
    arp = tunnelled.ethernet(0x0806, bytes(28))
    frames = [tunnelled.vxlan(7, arp), tunnelled.vxlan(7, tunnelled.ipv4(1, bytes(8))), tunnelled.vxlan(0, INNER),
              tunnelled.ipv4(47, b"\0\0\x65\x58" + INNER)]
    rules = [{"name": "ports", "match": {"inner": {"dst-port": "0-100"}}},
             {"name": "ip", "match": {"inner": {"protocol": "0-255"}}},
             {"name": "key", "match": {"key": "0-4294967295"}}, {"name": "zero", "match": {"vni": 0}},
             {"name": "tag", "match": {"tunnel": "vxlan", "inner": {"vlan": "0-4095"}}}]
    assert counts(rules, frames, tmp_path) == [2, 3, 0, 1, 0]


def test_many_ids_in_a_file(tmp_path):
    (tmp_path / "teids.txt").write_text("".join(f"{teid * 2}\n" for teid in range(50000)) + "4294967295\n")
    packet = tunnelled.packet_of(INNER)
    frames = [tunnelled.gtp_u(teid, packet) for teid in (0, 1, 2, 99997, 99998, 99999, 100000, 2**32 - 2, 2**32 - 1)]
    rules = [{"name": "even", "match": {"teid": {"file": "teids.txt"}}, "actions": ["drop"]}]
    assert counts(rules, frames, tmp_path) == [4]


def test_many_inner_prefixes(tmp_path):
    wanted = [f"192.168.{number}.0/24" for number in range(0, 200, 2)] + ["2001:db8::/32", "10.0.0.0/9"]
    sources = ["c0a80001", "c0a80101", "c0a8c601", "c0a8c801", "0a7fffff", "0a800000", "09ffffff"]
    frames = [tunnelled.vxlan(1, tunnelled.udp(53, b"", src=src)) for src in sources]
    rules = [{"name": "some", "match": {"inner": {"src": wanted}}, "actions": ["drop"]}]
    assert counts(rules, frames, tmp_path) == [3]


def checked(match, directory):
    path = write_config(directory / "config.yaml", "version: 1\nports: { a: { null: {} } }\nrules:\n"
                        f"  - {{ name: r, match: {match}, actions: [ drop ] }}\n")
    return Run([SLUICED, "check", path], directory)


@pytest.mark.parametrize("match,words", [
    ("{ tunnel: vxlam }", 'did you mean "vxlan"?'),
    ("{ tunnel: gtp }", "write gtp-u"),
    ("{ tunnel: [vxlan, nvgre] }", "write gre"),
    ("{ tunnel: [] }", "an empty list; name one, or leave tunnel out"),
    ("{ tunnel: 7 }", "expected vxlan, geneve, gre, erspan, gtp-u, ipip or mpls"),
    ("{ vxlan: 5 }", "write tunnel: vxlan, vni: 5000"),
    ("{ tunnel: vxlan, teid: 5 }", "teid: vxlan has no teid; gtp-u has one"),
    ("{ tunnel: [gre, ipip], vni: 5 }", "vni: gre or ipip has no vni; vxlan and geneve have one"),
    ("{ vni: 5, key: 6 }", "key: the rule names vni, too, and no tunnel has both; leave one out"),
    ("{ vni: 16777216 }", "expected a number from 0 to 16777215"),
    ("{ session: 1024 }", "expected a number from 0 to 1023"),
    ("{ inner: { dst-prot: 5 } }", 'did you mean "dst-port"?'),
    ("{ inner: { inner: { tunnel: mpls, key: 4 } } }", "key: mpls has no key; gre has one"),
    ("{ inner: [ ] }", "expected a mapping such as"),
])
def test_refused(match, words, tmp_path):
    run = checked(match, tmp_path)
    assert run.code == 2 and "config.yaml:4:" in run.err and words in run.err, run.err


@pytest.mark.parametrize("match,words", [
    ("{ tunnel: vxlan, protocol: tcp }", "a packet with vxlan has protocol: udp, dst-port: 4789, which the other keys"),
    ("{ vni: 5, dst-port: 80 }", "vni: the other keys leave out each tunnel that it may be (vxlan or geneve)"),
    ("{ tunnel: mpls, src: 10.0.0.0/8 }", "a packet with mpls has ether-type: mpls"),
    ("{ tunnel: ipip, dst-port: 5 }", "the rule takes nothing"),
    ("{ tunnel: gre, ether-type: arp }", "the rule takes nothing"),
    ("{ teid: 5, inner: { vlan: 5 } }", "what is in gtp-u is an IP packet, which has no tags"),
    ("{ inner: { protocol: icmp, dst-port: 5 } }", "ports are those of tcp, udp and sctp"),
    ("{ tunnel: vxlan, inner: { tunnel: gre, protocol: udp } }", "a packet with gre has protocol: gre"),
])
def test_warned(match, words, tmp_path):
    run = checked(match, tmp_path)
    assert run.code == 0 and words in run.err, run.err


@pytest.mark.parametrize("match", [
    "{ tunnel: vxlan, protocol: udp, vlan: 5 }", "{ vni: 5, dst-port: [80, 6081] }", "{ tunnel: [ipip, gre], src: \"::/0\" }",
    "{ tunnel: mpls, ether-type: mpls-multicast, label: 3, inner: { vlan: 3 } }", "{ inner: { } }",
    "{ tunnel: geneve, vni: 5, inner: { tunnel: gtp-u, teid: 7, inner: { dst-port: 53 } } }",
])
def test_not_warned(match, tmp_path):
    run = checked(match, tmp_path)
    assert run.code == 0 and "warning" not in run.err, run.err


def test_live_and_shown(tmp_path):
    """What is shown can be applied again; counters are the rules', and a change of what is inside is one."""
    capture.write(tmp_path / "in.pcap", [Packet(START, tunnelled.vxlan(7, INNER), 90)] * 50 + [Packet(START, INNER, 60)] * 9)
    match = {"vni": [7, "9-11"], "tunnel": ["geneve", "vxlan"], "inner": {"dst-port": 53, "inner": {}}}
    again = {**match, "inner": {"dst-port": 53}}
    rules = [{"name": "deep", "match": match, "actions": ["drop"]}, {"name": "flat", "match": again, "actions": []}]
    what = config({"in": {"pcap": {"in": "in.pcap"}}}, rules, idle="sleep")
    with Daemon(what, tmp_path) as daemon:
        status = daemon.until(lambda status: status["rules"]["default"]["packets"] == 59)
        assert [status["rules"][name]["packets"] for name in ("deep", "flat")] == [0, 50]
        shown = daemon.sluice("config", "show").stdout
        assert "match: { tunnel: [vxlan, geneve], vni: [7, 9-11], inner: { dst-port: 53, inner: { } } }\n" in shown
        assert "match: { tunnel: [vxlan, geneve], vni: [7, 9-11], inner: { dst-port: 53 } }\n" in shown
        assert "flat" in daemon.sluice("rules").stdout
        (tmp_path / "shown.yaml").write_text(shown, encoding="utf-8")
        assert daemon.sluice("config", "diff", str(tmp_path / "shown.yaml")).returncode == 0
        (tmp_path / "other.yaml").write_text(shown.replace("9-11", "9-12", 1), encoding="utf-8")
        done = daemon.sluice("config", "diff", str(tmp_path / "other.yaml"))
        assert done.returncode == 1 and "+    match: { tunnel: [vxlan, geneve], vni: [7, 9-12]" in done.stdout, done.stdout
        assert daemon.sluice("config", "apply", str(tmp_path / "other.yaml")).returncode == 0
        daemon.stop()
