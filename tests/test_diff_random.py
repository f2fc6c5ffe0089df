# SPDX-License-Identifier: BSD-3-Clause
"""`sluiced diff` of pairs of random configs: what it says of packets is what two offline runs did with each of them, and
what the oracle says of the rules that took it."""

import collections
import copy
import itertools
import json
import random

import pytest

import oracle
from lib import actions, capture
from lib.offline import SLUICED, Run, config, offline, out, write_config
from lib.random_edits import Lists, MAKERS, random_edits
from lib.random_rules import random_match

SEEDS = range(24)
RULES = 12
PACKETS = 300
LONGEST = 9000  # so that what is pushed in front leaves it one that every port takes
OUTS = ("a", "b", "c", "d")
GROUPS = ("tools", "others")
START = 1_700_000_000_000_000_000


class Edited(Lists):
    """Lists without gates, which remember: each packet is compared as if it were the first."""

    def some(self, most, chain):
        return [one for one in super().some(most, chain) if next(iter(one)) in (*MAKERS, "edit")]


def timeless(edits):
    """ERSPAN counts its packets."""
    return [edit for edit in edits if "erspan" not in str(edit.get("push"))] or [{"set": {"ttl": 9}}]


def draw(chance):
    """Packets of all captures, each with a time of its own, by which it is known where it leaves."""
    frames = [frame for name in capture.GOOD + capture.TUNNELS for frame in capture.frames(name) if len(frame) < LONGEST]
    return [capture.Packet(START + number * 1_000_000, frame, len(frame))
            for number, frame in enumerate(chance.sample(frames, PACKETS))]


class Configs:
    """A config, and what somebody may make of it."""

    def __init__(self, chance, frames):
        self.chance, self.frames = chance, frames
        self.seen = [oracle.parse(frame) for frame in frames]
        self.edits = {name: timeless(random_edits(chance, chance.choice(frames), most=2)) for name in ("n0", "n1")}
        self.lists = Edited(chance, frames, [*OUTS, *GROUPS], self.edits)

    def actions(self):
        found = self.lists.actions()
        return found if "erspan" not in str(found) else self.actions()

    def rule(self, name):
        rule = {"name": name, "match": random_match(self.chance, self.seen), "actions": self.actions()}
        if not rule["match"]:
            rule["match"] = {"protocol": self.chance.choice(["tcp", "udp", "0-255"])}
        if self.chance.random() < 0.3:
            rule["from"] = self.chance.choice([["one"], ["two"], ["one", "two"]])
        return rule

    def group(self):
        what = {"ports": self.chance.sample(OUTS, self.chance.randrange(1, 4))}
        if self.chance.random() < 0.4:
            what["weights"] = [self.chance.randrange(1, 5) for _ in what["ports"]]
        if self.chance.random() < 0.3:
            what["hash"] = "inner"
        return what

    def default(self):
        return self.chance.choice(["drop", {"forward": self.chance.choice([*OUTS, *GROUPS])}])

    def first(self):
        ports = {name: {"pcap": {"in": f"{name}.pcap"}} for name in ("one", "two")}
        ports.update({name: out(name) for name in OUTS})
        what = config(ports, [self.rule(f"r{number}") for number in range(RULES)], self.default(), edits=self.edits)
        return {**what, "groups": {name: self.group() for name in GROUPS}}

    def change(self, what):
        """One thing is another."""
        rules, chance = what["rules"], self.chance
        at = chance.randrange(len(rules))
        kind = chance.choice(["gone", "new", "place", "match", "actions", "name", "from", "default", "group", "edits"])
        if kind == "gone" and len(rules) > 2:
            del rules[at]
        elif kind == "new":
            rules.insert(at, self.rule(f"n{len(rules)}-{chance.randrange(1000)}"))
        elif kind == "place":
            rules.insert(chance.randrange(len(rules)), rules.pop(at))
        elif kind in ("match", "actions"):
            rules[at][kind] = self.rule("any")[kind]
        elif kind == "name":
            rules[at]["name"] += "x"
        elif kind == "from":
            rules[at]["from"] = chance.choice([["one"], ["two"]])
        elif kind == "default":
            what["default"] = self.default()
        elif kind == "group":
            what["groups"][chance.choice(GROUPS)] = self.group()
        elif kind == "edits":
            what["edits"][chance.choice(list(self.edits))] = timeless(random_edits(chance, chance.choice(self.frames), most=1))

    def other(self, what):
        what = copy.deepcopy(what)
        for _ in range(self.chance.choice([1, 1, 1, 2, 5])):
            self.change(what)
        return what


def drawn(make, path):
    """The first that is valid: named edits may contradict what stands beside them."""
    for _ in range(20):
        what = make()
        if Run([SLUICED, "check", "--log-level", "error", write_config(path, what)], path.parent).code == 0:
            return what
    raise AssertionError(path)


class Deeds:
    """What a config does with a packet: by the oracle who takes it, by an offline run where it leaves as what."""

    def __init__(self, what, came, packet, left):
        verdict = oracle.judge(what, packet.data, came)
        lists = {rule["name"]: rule["actions"] for rule in what["rules"]} | {"default": what["default"]}
        *before, self.rule = verdict.taken
        self.passed = [name for name in before if any(actions.verb_of(one)[0] == "mirror" for one in lists[name])]
        self.lists = [(name, lists[name]) for name in (*self.passed, self.rule)]
        self.drop, self.left = verdict.dropped, left
        self.groups = {name: what["groups"][name] for name in (one.target for one in verdict.given) if name in GROUPS}


def moved_within(old, new):
    """The groups within which nothing but members are others; none: more is."""
    one, two = list((old.left - new.left).elements()), list((new.left - old.left).elements())
    if len(one) != len(two):
        return set()
    for order in itertools.permutations(two):
        found = [{name for name, group in old.groups.items() if group != new.groups.get(name) and data == other and
                  port in group["ports"] and there in new.groups.get(name, group)["ports"]}
                 for (port, data), (there, other) in zip(one, order)]
        if all(found):
            return set.union(*found)
    return set()


class Expected:
    """What the comparison is to say."""

    def __init__(self):
        self.same = 0
        self.changes = collections.Counter()
        self.moved = collections.Counter()
        self.flows, self.first, self.groups = collections.defaultdict(set), {}, {}

    def add(self, packet, source, old, new):
        """source: the capture, and its record there, from 1."""
        deeds = old.lists == new.lists
        leaves = old.left == new.left and old.drop == new.drop
        if deeds and leaves:
            self.same += 1
            return
        groups = moved_within(old, new) if deeds and old.drop == new.drop else set()
        kind = (old.rule, *old.passed), (new.rule, *new.passed), leaves, bool(groups)
        self.moved[kind] += bool(groups)
        self.changes[kind] += not groups
        self.flows[kind].add(flow(packet.data))
        self.first.setdefault(kind, source)
        self.groups.setdefault(kind, set()).update(groups)


def flow(frame):
    """As the oracle's, with the protocol; of fragments it is that of the whole packet."""
    fields = oracle.parse(frame)
    return oracle.flow_of(frame), fields.protocol if fields.src is not None else None


def left_of(run):
    """By the time at which it came, what left of a packet."""
    left = collections.defaultdict(collections.Counter)
    for port, packets in run.sent.items():
        for packet in packets:
            left[packet.time][port, packet.data] += 1
    return left


def kind_of(told):
    sides = [(told[side]["rule"], *(one["rule"] for one in told[side]["passed"])) for side in ("old", "new")]
    return *sides, told.get("same_outcome", False), "group" in told


def check(result, expected):
    told = collections.Counter()
    for one in result["changes"] + result["moved"]:
        kind = kind_of(one)
        told[kind] += one["packets"]
        assert one.get("group") is None or one["group"] in expected.groups[kind], one
    assert told == +expected.changes + +expected.moved
    assert result["same"] == expected.same
    for kind in told:
        ones = [one for one in result["changes"] + result["moved"] if kind_of(one) == kind]
        assert min((one["example"]["capture"], one["example"]["record"]) for one in ones) == expected.first[kind]
        assert sum(one["flows"] for one in ones) >= len(expected.flows[kind])
        assert len(ones) > 1 or ones[0]["flows"] == len(expected.flows[kind])


def check_rules(result, reports):
    """What each takes; and what is said never to be reached took nothing."""
    for side, report in zip(("old", "new"), reports):
        assert result["rules"][side] == {name: rule["packets"] for name, rule in report["rules"].items() if rule["packets"]}
    took = result["rules"]["new"]
    assert set(result["unseen_rules"]) == {name for name in reports[1]["rules"] if name not in took} - {"default"}
    assert {one["rule"] for one in result["unreachable"]} <= set(result["unseen_rules"])


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_what_becomes_of_each_packet(seed, tmp_path):
    chance = random.Random(f"diff {seed}")
    packets = draw(chance)
    came = [chance.choice(["one", "two"]) for _ in packets]
    configs = Configs(chance, [packet.data for packet in packets])
    for port in ("one", "two"):
        capture.write(tmp_path / f"{port}.pcap", [packet for packet, where in zip(packets, came) if where == port])
    old = drawn(configs.first, tmp_path / "old.yaml")
    new = drawn(lambda: configs.other(old), tmp_path / "new.yaml")
    runs = [offline(what, tmp_path) for what in (old, new)]
    left = [left_of(run) for run in runs]
    expected, number = Expected(), collections.Counter()
    for where, packet in sorted(zip(came, packets)):
        number[where] += 1
        sides = [Deeds(what, where, packet, there[packet.time]) for what, there in zip((old, new), left)]
        expected.add(packet, (f"{where}.pcap", number[where]), *sides)
    run = Run([SLUICED, "diff", "old.yaml", "new.yaml", "--on", "one.pcap", "two.pcap", "--json", "--log-level", "error"], tmp_path)
    assert run.code == (expected.same != len(packets)) and run.err == "", run.err
    result = json.loads(run.out)
    check(result, expected)
    check_rules(result, [one.report for one in runs])
