# SPDX-License-Identifier: BSD-3-Clause
"""Which edits of a rule's list found nothing to do, counted where it runs, against the oracle."""

import collections
import json
import random

import pytest

import oracle
from lib import capture
from lib.daemon import Daemon
from lib.offline import config
from lib.random_edits import Lists, random_named

NULL = {"vdev": "net_null0,no-rx=1"}
TARGETS = ("a", "b")
PACKETS, RULES = 300, 30


def said(steps, place=()):
    """{place: unedited} of the edits of a list, those of mirrors' own lists among them."""
    found = {}
    for number, step in enumerate(steps):
        if "unedited" in step:
            found[(*place, number)] = step["unedited"]
        found.update(said(step.get("with", []), (*place, number)))
    return found


def run(rules, packets, directory, named=None):
    """What the rules say, by name, once they have taken the packets; and what the oracle says."""
    capture.write(directory / "in.pcap", packets)
    what = config({"in": {"pcap": {"in": "in.pcap"}}, "a": dict(NULL), "b": {"vdev": "net_null1,no-rx=1"}}, rules,
                  idle="sleep", edits=named or {})
    judge, taken, idle = oracle.Judge(what), collections.Counter(), collections.Counter()
    for packet in packets:
        verdict = judge.judge(packet, "in")
        taken.update(verdict.taken)
        idle.update(verdict.idle)
    with Daemon(json.loads(json.dumps(what)), directory) as daemon:
        daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == len(packets))
        told = daemon.call("rules")["rules"]
    assert {name: rule["packets"] for name, rule in told.items()} == {name: taken[name] for name in told}
    return {name: said(rule.get("steps", [])) for name, rule in told.items()}, idle


def test_each_edit_says_where_it_found_nothing(tmp_path):
    """Once a packet, though several forms have it; of a list with a name, if any of it did; and of what nobody got
    nothing."""
    packets = [packet for name in ("vlan.pcap", "dns.pcap") for packet in capture.read(capture.fixture(name))][:PACKETS]
    named = {"both": [{"strip": "vlan"}, {"set": {"ttl": 9}}]}
    rules = [{"name": "all", "actions": [
        {"strip": "vxlan"}, {"mirror": "a"}, {"mirror": "a", "with": [{"slice": 9000}, {"strip": "vlan"}]},
        {"edit": "both"}, {"mirror": "b"}, {"mirror": "b", "with": [{"slice": 9000}]}, {"mirror": "a", "with": [{"slice": 9000}]},
        {"sample": 10}, {"set": {"dst-port": 53}}, {"forward": "a"}]}]
    told, idle = run(rules, packets, tmp_path, named)
    assert told["all"] == {place: idle["all", place] for place in told["all"]}
    assert told["all"][0,] == told["all"][2, 0] == told["all"][5, 0] == told["all"][6, 0] == len(packets)
    assert 0 < told["all"][2, 1] < len(packets) and told["all"][3,] >= told["all"][2, 1]
    assert told["all"][8,] <= len(packets) / 10 + 1


def test_a_list_in_which_all_is_done_says_so(tmp_path):
    packets = capture.read(capture.fixture("dns.pcap"))
    told, _ = run([{"name": "all", "actions": [{"push": {"vlan": 5}}, {"set": {"src-mac": "02:00:00:00:00:01"}},
                                               {"forward": "a"}]}], packets, tmp_path)
    assert told["all"] == {(0,): 0, (1,): 0}


@pytest.mark.parametrize("seed", range(4))
def test_lists_at_random(seed, tmp_path):
    chance = random.Random(f"unedited {seed}")
    packets = [packet for name in capture.GOOD for packet in capture.read(capture.fixture(name))]
    packets = [packet for packet in packets if len(packet.data) <= 1500]
    packets = chance.sample(packets, min(PACKETS, len(packets)))
    named = random_named(chance, [packet.data for packet in packets], ["n0", "n1"])
    lists = Lists(chance, [packet.data for packet in packets], TARGETS, named)
    rules = []
    while len(rules) < RULES:
        actions = lists.actions()
        # The times of a live run are its own: of gates only sample counts packets alone.
        if any(word in str(actions) for word in ("police", "above", "dedup", "drop")):
            continue
        # All but the last rule pass on.
        if len(rules) < RULES - 1 and "forward" in actions[-1]:
            actions[-1] = {"mirror": actions[-1]["forward"]}
        rules.append({"name": f"r{len(rules)}", "actions": actions})
    told, idle = run(rules, packets, tmp_path, named)
    for rule in rules:
        assert told[rule["name"]] == {place: idle[rule["name"], place] for place in told[rule["name"]]}, rule
    assert sum(idle.values()) == sum(count for rule in told.values() for count in rule.values()) > 1000
