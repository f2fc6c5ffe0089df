# SPDX-License-Identifier: BSD-3-Clause
"""Random rules cut from real packets: sluice and the oracle must agree on every packet of every capture."""

import random

import pytest

import oracle
from lib import capture
from lib.offline import config, offline, out
from lib.random_rules import random_actions, random_match

SEEDS = range(4)
RULES = 60
PACKETS = 1200  # of a capture, drawn at random where it has more


def random_config(chance, seen):
    rules = []
    for number in range(RULES):
        rule = {"name": f"r{number}", "match": random_match(chance, seen)}
        if not rule["match"]:
            del rule["match"]
            if chance.random() < 0.9:
                rule["match"] = {"protocol": chance.randrange(256)}
        if chance.random() < 0.3:
            rule["from"] = chance.choice([["one"], ["two"], ["one", "two"]])
        rule["actions"] = random_actions(chance)
        rules.append(rule)
    ports = {"one": {"pcap": {"in": "one.pcap"}}, "two": {"pcap": {"in": "two.pcap"}}}
    ports.update({name: out(name) for name in ("a", "b", "c", "t0", "t1", "t2")})
    default = chance.choice(["drop", {"forward": "c"}, {"forward": "tools"}])
    return config(ports, rules, default, groups={"tools": ["t0", "t1", "t2"]})


def expected(what, packets):
    """By rule: packets and bytes. By target: (time, data) in the order of time. By drop: packets."""
    counts = {rule["name"]: [0, 0] for rule in what["rules"]} | {"default": [0, 0]}
    sent = {name: [] for name in ("a", "b", "c", "tools")}
    drops = {"rule": 0, "default": 0}
    for came_in, packet in packets:
        verdict = oracle.judge(what, packet.data, came_in)
        for name in verdict.taken:
            counts[name][0] += 1
            counts[name][1] += len(packet.data)
        for target in verdict.targets:
            sent[target].append((packet.time, packet.data))
        if verdict.dropped:
            drops[verdict.dropped] += 1
    return counts, sent, drops


def check_members(run):
    """Each flow's packets went to one member of the group."""
    member_of = {}
    for member in ("t0", "t1", "t2"):
        for packet in run.sent[member]:
            flow = oracle.flow_of(packet.data)
            assert member_of.setdefault(flow, member) == member, flow


def agree(what, packets, directory):
    run = offline(what, directory)
    counts, sent, drops = expected(what, packets)
    for name, (count, size) in counts.items():
        got = run.report["rules"][name]
        assert (got["packets"], got["bytes"]) == (count, size), (name, [r for r in what["rules"] if r["name"] == name])
    assert {name: run.report["drops"][name] for name in drops} == drops
    for port in ("a", "b", "c"):
        assert [(p.time, p.data) for p in run.sent[port]] == sent[port], port
    together = sorted((p.time, p.data) for member in ("t0", "t1", "t2") for p in run.sent[member])
    assert together == sorted(sent["tools"])
    if all(len(packet.data) >= 14 for _, packet in packets):
        check_members(run)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", capture.GOOD)
def test_agrees(name, seed, tmp_path):
    chance = random.Random(f"{name} {seed}")
    packets = capture.read(capture.fixture(name))
    if len(packets) > PACKETS:
        packets = [packets[number] for number in sorted(chance.sample(range(len(packets)), PACKETS))]
    # Times of their own tell packets with the same bytes apart; two ports make `from` matter.
    packets = [packet._replace(time=1_700_000_000_000_000_000 + number * 1_000)
               for number, packet in enumerate(packets)]
    came = [(chance.choice(["one", "two"]), packet) for packet in packets]
    came[0] = ("one", packets[0])
    came.append(("two", packets[-1]._replace(time=packets[-1].time + 1_000)))
    for port in ("one", "two"):
        capture.write(tmp_path / f"{port}.pcap", [packet for where, packet in came if where == port])
    seen = [oracle.parse(packet.data) for packet in packets]
    agree(random_config(chance, seen), came, tmp_path)
