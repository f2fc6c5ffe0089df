# SPDX-License-Identifier: BSD-3-Clause
"""Edits and gates offline: random lists over every capture, and each packet that leaves is compared byte by byte with
what the oracle says."""

import collections
import itertools
import random

import pytest

import oracle
from lib import actions, capture, edits
from lib.capture import Packet
from lib.offline import config, offline, out
from lib.random_edits import Lists, MAKERS, SLOW, random_edits, random_named, random_tunnel
from lib.random_rules import random_match
from test_edits_oracle import ALL

SEEDS = range(4)
RULES = 10
PACKETS = 250  # of a capture, drawn at random where it has more
START = 1_700_000_000_000_000_000
PORTS = ("a", "b", "c")
MEMBERS = ("t0", "t1", "t2")
COUNTED = ("unedited", "policed", "duplicate", "sampled_out")
MADE = ["by hand", "tunnels", "cut", "padded"]
LONGEST = 9000  # so that what is pushed in front leaves it one that every port takes


def draw(chance, packets):
    if len(packets) <= PACKETS:
        return packets
    return [packets[number] for number in sorted(chance.sample(range(len(packets)), PACKETS))]


def mixture(chance):
    """Of all captures, a few packets each."""
    found = []
    for name in capture.GOOD:
        packets = [packet for packet in capture.read(capture.fixture(name)) if len(packet.data) <= LONGEST]
        found += chance.sample(packets, min(12, len(packets)))
    return found


def in_tunnels(chance, packet):
    """The packet in a tunnel, or in a tunnel in a tunnel, with tags and labels around."""
    frame = edits.Frame(packet.data, packet.wire)
    for _ in range(chance.randrange(1, 4)):
        kind = chance.choice(["vxlan", "geneve", "gre", "erspan", "vlan", "mpls"])
        action = {"vlan": {"push": {"vlan": 9}}, "mpls": {"push": {"mpls": {"label": 77}}}}.get(kind) or random_tunnel(
            chance, kind, chance.choice([4, 6]))
        frame, _ = actions.edited([action], frame)
    return packet._replace(data=frame.data, wire=frame.wire)


def source(name, chance):
    """The packets of a fixture, or made of some."""
    if name == "by hand":
        return [Packet(0, before.data, before.wire) for _, _, before, _ in ALL]
    if name == "tunnels":
        return [in_tunnels(chance, packet) for packet in mixture(chance)]
    if name == "cut":
        return [packet._replace(data=packet.data[:chance.randrange(1, 150)]) for packet in mixture(chance)]
    if name == "padded":
        short = [packet for packet in mixture(chance) if len(packet.data) < 60 and packet.wire == len(packet.data)]
        return [Packet(0, packet.data.ljust(60, chance.choice([b"\0", b"\xff"])), 60) for packet in short]
    return draw(chance, capture.read(capture.fixture(name)))


def again(chance, packet):
    """The packet as another tap may see it a little later."""
    ways = [[], [], [{"set": {"ttl": "-1"}}], [{"set": {"src-mac": "02:00:00:00:00:09"}}], [{"push": {"vlan": 3}}]]
    frame, _ = actions.edited(chance.choice(ways), edits.Frame(packet.data, packet.wire))
    return packet._replace(data=frame.data, wire=frame.wire)


def timed(chance, packets):
    """(port, packet) in the order of their times, which are their own, so that they tell packets apart."""
    came, time = [], START
    for packet in packets:
        for one in [packet] + [again(chance, packet) for _ in range(chance.choice([0, 0, 0, 1, 2]))]:
            time += chance.choice([1, 1_000, 30_000, 200_000, 700_000, 6_000_000])
            came.append((chance.choice(["one", "two"]), one._replace(time=time)))
    for port in ("one", "two"):
        if not any(where == port for where, _ in came):
            came.append((port, packets[0]._replace(time=came[-1][1].time + 1_000)))
    return came


def random_rules(chance, frames, named):
    seen = [oracle.parse(frame) for frame in frames]
    lists, rules = Lists(chance, frames, [*PORTS, "tools"], named), []
    for number in range(RULES):
        rule = {"name": f"r{number}", "actions": lists.actions()}
        match = random_match(chance, seen) if chance.random() < 0.7 else {}
        if match:
            rule["match"] = match
        if chance.random() < 0.3 or not match:
            rule["from"] = chance.choice([["one"], ["two"]])
        rules.append(rule)
    return rules


def random_config(chance, frames):
    lists = random_named(chance, frames, ["n0", "n1"])
    ports = {"one": {"pcap": {"in": "one.pcap"}}, "two": {"pcap": {"in": "two.pcap"}}}
    ports.update({name: out(name) for name in (*PORTS, *MEMBERS)})
    return config(ports, random_rules(chance, frames, lists), chance.choice(["drop", {"forward": "c"}]),
                  groups={"tools": list(MEMBERS)}, edits=lists, policers=SLOW)


class Expected:
    """All that a run should give."""

    def __init__(self, what, came, chosen=None):
        self.rules = {name: collections.Counter() for name in [rule["name"] for rule in what["rules"]] + ["default"]}
        self.given = collections.defaultdict(list)  # by target: (time, shape, rule)
        self.drops = collections.Counter()
        judge = oracle.Judge(what, chosen)
        for port, packet in came:
            verdict = judge.judge(packet, port)
            for name in verdict.taken:
                self.rules[name].update(packets=1, bytes=len(packet.data))
            for name, word in verdict.noted:
                self.rules[name][word] += 1
            for target, shape, rule in verdict.given:
                self.given[target].append((packet.time, shape, rule))
            if verdict.dropped:
                self.drops[verdict.dropped] += 1


def first_difference(got, shape):
    want = shape.low.data
    three = enumerate(zip(got.data, want, shape.high.data))
    at = next((at for at, (a, b, c) in three if (a ^ b) & ~(b ^ c) & 255), None)
    lengths = f"{len(got.data)} of {got.wire} bytes, should be {len(want)} of {shape.low.wire}"
    return f"byte {at}; {lengths}\n{got.data.hex()}\n{want.hex()}"


def check_port(got, want, why):
    for number, (packet, (time, shape, rule)) in enumerate(zip(got, want)):
        assert packet.time == time, (why, number, rule, packet.time - START, time - START)
        assert shape.fits(packet.data, packet.wire), f"{why} #{number + 1}, {rule}: {first_difference(packet, shape)}"
    assert len(got) == len(want), why


def check_group(run, want, came):
    """What members got together is what the group was given, each flow one member's, whatever was edited."""
    flow_at = {packet.time: oracle.flow_of(packet.data) if len(packet.data) >= 14 else None for _, packet in came}
    member_of = {}
    left = collections.defaultdict(list)
    for time, shape, _ in want:
        left[time].append(shape)
    for member in MEMBERS:
        for packet in run.sent[member]:
            flow = flow_at[packet.time]
            assert flow is None or member_of.setdefault(flow, member) == member, flow
            fits = next((shape for shape in left[packet.time] if shape.fits(packet.data, packet.wire)), None)
            assert fits, f"{member}: {first_difference(packet, left[packet.time][0]) if left[packet.time] else packet}"
            left[packet.time].remove(fits)
    assert not any(left.values())


def agree(what, came, directory, chosen=None):
    for port in ("one", "two"):
        capture.write(directory / f"{port}.pcap", [packet for where, packet in came if where == port])
    expected = Expected(what, came, chosen)
    run = offline(what, directory)
    for port in PORTS:
        check_port(run.sent[port], expected.given[port], port)
    check_group(run, expected.given["tools"], came)
    for name, counter in expected.rules.items():
        got, rule = run.report["rules"][name], [rule for rule in what["rules"] if rule["name"] == name]
        assert (got["packets"], got["bytes"]) == (counter["packets"], counter["bytes"]), rule
        for word in COUNTED:
            assert got.get(word, 0) == counter[word], (word, rule)
    named = {name: count for name, count in run.report["drops"].items() if count}
    assert named == dict(expected.drops)
    assert run.report["ledger"]["out"] == sum(map(len, expected.given.values()))
    return run


def agrees(name, seed, directory):
    chance = random.Random(f"edits {name} {seed}")
    packets = [packet for packet in source(name, chance) if len(packet.data) <= LONGEST]
    came = timed(chance, packets)
    return random_config(chance, [packet.data for _, packet in came]), came, directory


@pytest.mark.parametrize("name,seed", [*itertools.product(capture.GOOD + MADE, SEEDS),
                                       *itertools.product(capture.TUNNELS, SEEDS[:2])])
def test_agrees(name, seed, tmp_path):
    agree(*agrees(name, seed, tmp_path))


def of_rules(rules, **more):
    ports = {"one": {"pcap": {"in": "one.pcap"}}, "two": {"pcap": {"in": "two.pcap"}}}
    ports.update({name: out(name) for name in (*PORTS, *MEMBERS)})
    return config(ports, rules, "drop", groups={"tools": list(MEMBERS)}, **more)


def one_rule(rule_actions, **more):
    return of_rules([{"name": "r", "actions": rule_actions}], **more)


@pytest.mark.parametrize("name", capture.GOOD + capture.TUNNELS + MADE)
def test_one_verb(name, tmp_path):
    """Each verb by itself: as a mirror's own, and for what stands behind it."""
    chance = random.Random(f"verbs {name}")
    came = timed(chance, [packet for packet in source(name, chance) if len(packet.data) <= LONGEST])
    frames, rules = [packet.data for _, packet in came], []
    for verb in MAKERS:
        for number in range(4):
            own, trunk = (random_edits(chance, chance.choice(frames), (verb,), most=1) for _ in "12")
            rules.append({"name": f"{verb}{number}",
                          "actions": [{"mirror": "a", "with": own}, {"mirror": "b"}, *trunk, {"mirror": "tools"}]})
    agree(of_rules(rules), came, tmp_path)


GATES = {"sample": {"sample": 3}, "bits": {"police": "bits"}, "packets": {"police": "packets"},
         "above": {"above": "2kpps"},
         "dedup": {"dedup": {"window": "5ms", "ignoring": ["mac", "vlan", "ttl", "checksums"]}},
         "across": {"dedup": {"window": "1ms", "ignoring": ["mac", "ttl", "checksums"], "across": "ports"}}}


@pytest.mark.parametrize("name", capture.GOOD + capture.TUNNELS + MADE)
def test_one_gate(name, tmp_path):
    """In a rule that passes on, in a mirror's own list, and before the end, each with a memory of its own."""
    chance = random.Random(f"gates {name}")
    came = timed(chance, [packet for packet in source(name, chance) if len(packet.data) <= LONGEST])
    rules = [{"name": key, "from": ["one"], "actions": [gate, {"mirror": "c"}, {"mirror": "b", "with": [gate]}]}
             for key, gate in GATES.items()]
    for key, gate in GATES.items():
        ends = [gate, chance.choice(["drop", {"forward": "a"}])]
        rules.append({"name": f"{key}-ends", "match": {"ether-type": random_type(chance, came)},
                      "actions": [*ends[:1], {"mirror": "tools"}, *ends[1:]]})
    agree(of_rules(rules, policers=SLOW), came, tmp_path)


def random_type(chance, came):
    return oracle.parse(chance.choice(came)[1].data).ether_type or 0x0800


def test_by_hand(tmp_path):
    """Each frame of the table through each edit of it."""
    frames = [before for _, _, before, _ in ALL]
    came = [(("one", "two")[place % 2], Packet(START + place, *frame)) for place, frame in enumerate(frames)]
    edits_by_rule = [[action for _, action, _, _ in ALL[first:first + 12]] for first in range(0, len(ALL), 12)]
    rules = [{"name": f"r{number}", "actions": [{"mirror": "a", "with": [action]} for action in actions_of]}
             for number, actions_of in enumerate(edits_by_rule)]
    agree(of_rules(rules), came, tmp_path)


VXLAN = {"push": {"vxlan": {"vni": 5, "src": "10.0.0.1", "dst": "10.0.0.2"}}}


def in_flows(chance):
    packets = [packet for packet in capture.read(capture.fixture("made/flows.pcap")) if len(packet.data) >= 14]
    return timed(chance, draw(chance, packets))


def test_source_ports_of_tunnels(tmp_path):
    """One a flow, both directions and fragments alike, and many in all."""
    came = in_flows(random.Random(1))
    run = agree(one_rule([VXLAN, {"forward": "a"}]), came, tmp_path)
    port_of = {}
    for (_, before), packet in zip(came, run.sent["a"]):
        port = packet.data[34:36]
        assert port_of.setdefault(oracle.flow_of(before.data), port) == port
    assert len(set(port_of.values())) > len(port_of) * 0.9


@pytest.mark.parametrize("version", [2, 3])
def test_sequence_of_erspan(version, tmp_path):
    came = in_flows(random.Random(2))
    push = {"push": {"erspan": {"version": version, "session": 3, "src": "10.0.0.1", "dst": "10.0.0.2"}}}
    run = agree(one_rule([push, {"forward": "a"}]), came, tmp_path)
    numbers = [int.from_bytes(packet.data[38:42], "big") for packet in run.sent["a"]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if version == 3:
        times = [int.from_bytes(packet.data[46:50], "big") for packet in run.sent["a"]]
        elapsed = [(packet.time // 100_000 - came[0][1].time // 100_000) & 0xFFFFFFFF for _, packet in came]
        assert [(time - times[0]) & 0xFFFFFFFF for time in times] == elapsed


def test_stamps_and_dedups_of_mirrors(tmp_path):
    """A stamp says what dedups before it found; one behind it, of which the same packet's end may know, it can't know."""
    chance = random.Random(4)
    came = in_flows(chance)
    once = {"mirror": "c", "with": [{"dedup": {"window": "50ms", "across": "any"}}]}
    stamp = {"stamp": {"device": 7}}
    rules = [{"name": "between", "actions": [stamp, {"mirror": "b"}, once, stamp, once, stamp, {"mirror": "b"}]},
             {"name": "before", "actions": [stamp, once, {"mirror": "a"}]},
             {"name": "behind", "actions": [once, stamp, {"mirror": "b"}]}]
    for those in (rules[:1], rules[1:], rules):
        run = agree(of_rules(those), came, tmp_path)
    assert 0 < run.report["rules"]["before"]["duplicate"] < len(came)


def test_sample_of_flows(tmp_path):
    """All of a flow, both directions, or nothing of it."""
    came = in_flows(random.Random(3))
    what = one_rule([{"mirror": "b"}, {"sample": {"one-in": 4, "by": "flow"}}, {"forward": "a"}])
    for port in ("one", "two"):
        capture.write(tmp_path / f"{port}.pcap", [packet for where, packet in came if where == port])
    first = offline(what, tmp_path)
    times = {packet.time for packet in first.sent["a"]}
    flows = {oracle.flow_of(packet.data) for _, packet in came}
    taken = {oracle.flow_of(packet.data) for _, packet in came if packet.time in times}
    agree(what, came, tmp_path, lambda packet: oracle.flow_of(packet.data) in taken)
    assert len(flows) * 0.1 < len(taken) < len(flows) * 0.45


def test_twice_is_the_same(tmp_path):
    """Two runs write the same bytes, those that can't be foretold among them."""
    chance = random.Random("twice")
    came = timed(chance, mixture(chance))
    push = {"push": {"erspan": {"version": 3, "session": 1, "src": "10.0.0.1", "dst": "10.0.0.2"}}}
    what = one_rule([{"mirror": "tools", "with": [VXLAN]}, push, {"sample": {"one-in": 2, "by": "flow"}},
                     {"forward": "a"}])
    runs = [agree_files(what, came, tmp_path) for _ in range(2)]
    assert runs[0] == runs[1]


def agree_files(what, came, directory):
    for port in ("one", "two"):
        capture.write(directory / f"{port}.pcap", [packet for where, packet in came if where == port])
    offline(what, directory)
    return [(directory / f"{name}.pcap").read_bytes() for name in (*PORTS, *MEMBERS)]
