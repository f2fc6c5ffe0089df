# SPDX-License-Identifier: BSD-3-Clause
"""What `sluiced explain` says of each record is what `sluiced offline` does with it."""

import collections
import json

import pytest
import yaml

from lib import capture
from lib.explained import explained, packets_of
from lib.offline import BUILD, GATES, ROOT, SLUICED, Run, config, offline, out, write_config

EXAMPLES = sorted(path for path in (ROOT / "docs").glob("*/*.yaml"))
FIXTURES = capture.GOOD + capture.TUNNELS
# Of one fixture: all, but where a sanitizer makes everything several times as long.
MOST = 25 if "sanitize" in BUILD.name else None

MATCHES = config(
    {"in": {"pcap": {"in": "in.pcap"}}, "a": out("a"), "b": out("b"), "c": out("c")}, groups={"g": ["a", "b", "c"]},
    rules=[
        {"name": "from", "from": ["a"], "actions": ["drop"]},
        {"name": "counts", "match": {"ether-type": ["ipv4", "ipv6"]}, "actions": []},
        {"name": "vlans", "match": {"vlan": ["10-200", 5]}, "actions": [{"mirror": "g"}, {"mirror": "a"}]},
        {"name": "addresses", "match": {"src": ["10.0.0.0/8", "2001::/16", "fe80::/10"], "dst-port": ["0-1023", 8080]},
         "filter": "tcp and (port 80 or port 8080)", "actions": [{"mirror": "b"}, {"forward": "g"}]},
        {"name": "syns", "filter": "tcp[tcpflags] & tcp-syn != 0 and not port 22", "actions": [{"mirror": "c"}]},
        {"name": "inside", "match": {"tunnel": ["vxlan", "geneve"], "inner": {"protocol": "tcp"}},
         "actions": [{"forward": "a"}]},
        {"name": "deeper", "match": {"tunnel": "gre", "inner": {"tunnel": "gre", "inner": {"ether-type": "ipv4"}}},
         "actions": [{"forward": "b"}]},
        {"name": "subscribers", "match": {"teid": "0-4000000000", "inner": {"src": "0.0.0.0/0"}},
         "actions": [{"forward": "c"}]},
        {"name": "long", "filter": "greater 1000", "actions": ["drop"]},
        {"name": "udp", "match": {"protocol": [17, "sctp"]}, "actions": [{"forward": "g"}]}],
    default={"forward": "c"})
EDITS = config(
    {"in": {"pcap": {"in": "in.pcap"}}, "a": out("a"), "b": out("b"), "c": out("c")},
    groups={"g": ["b", "c"]},
    rules=[
        {"name": "tagged", "match": {"vlan": "0-4095"},
         "actions": [{"strip": "vlan"}, {"mirror": "a", "with": [{"set": {"ttl": -1, "src": "192.0.2.0/24"}}]},
                     {"mirror": "b", "with": [{"slice": 60}]}]},
        {"name": "tunnels", "match": {"tunnel": ["vxlan", "gre", "geneve", "gtp-u"]},
         "actions": [{"strip": "tunnel"}, {"push": {"vlan": 7, "pcp": 3}}, {"forward": "g"}]},
        {"name": "web", "match": {"protocol": "tcp"},
         "actions": [{"nat": {"10.0.0.0/8": "172.0.0.0/8"}}, {"mask": "payload"}, {"mirror": "g"},
                     {"push": {"vxlan": {"vni": 5, "src": "10.9.9.9", "dst": "10.9.9.1"}}}, {"forward": "a"}]},
        {"name": "stamped", "match": {"protocol": "udp"}, "actions": [{"stamp": {"device": 7}}, {"forward": "b"}]}],
    default={"forward": "c"})


def without_gates(actions):
    kept = []
    for action in actions:
        if action != "drop" and set(action) & GATES:
            continue
        if action != "drop" and "with" in action:
            action = {**action, "with": without_gates(action["with"])}
            if not action["with"]:
                del action["with"]
        kept.append(action)
    return kept


def gives(rule):
    return any(action == "drop" or set(action) & {"forward", "mirror"} for action in rule["actions"]) or \
        not rule["actions"]


def example(path, gates=False):
    """An example whose ports are captures, each of which brings the same packets and writes what it is given; so do its other
    targets."""
    what = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in ("replays", "run-dir", "workers", "allow", "sandbox", "idle"):
        what.pop(key, None)
    what["memory"] = {"packets": 8191, "hugepages": False}
    what["ports"] = {name: {"pcap": {"in": "in.pcap", "out": f"{name}.pcap"}} for name in what["ports"]}
    # There are no replays that returns could be of: what they would be given is written; and so is what captures are.
    for kind in ("captures", "returns"):
        what["ports"].update({name: out(name) for name in what.pop(kind, {})})
    for rule in what.get("rules", []):
        for side in [rule.get("match", {})]:
            for key, value in list(side.items()):
                if isinstance(value, dict) and "file" in value:
                    del side[key]
        if not gates:
            rule["actions"] = without_gates(rule.get("actions", []))
    what["rules"] = [rule for rule in what.get("rules", []) if gates or gives(rule)]
    return what


def sequenced(what):
    return "erspan" in json.dumps(what)


def check_same(what, packets, directory, down=()):
    """What explain says of each packet on each port is what a run did."""
    capture.write(directory / "in.pcap", packets)
    sources = [name for name, port in what["ports"].items() if "in" in port.get("pcap", {})]
    run = offline(what, directory)
    leaves, drops, rules = collections.defaultdict(list), collections.Counter(), collections.Counter()
    count = 0
    for answer in explained(directory, "in.pcap#1-", *(["--all"] if len(sources) > 1 else [])):
        if answer["port"] not in sources:
            continue
        count += 1
        assert answer["agrees"] is True, answer
        for one in answer["leaves"]:
            leaves[one["port"]].append(one["bytes"])
        drops.update(place["drop"]["reason"] for place in [answer, *answer["mirrors"]] if place["drop"])
        rules.update(rule["name"] for rule in answer["rules"] if rule["took"])
        rules.update(["default"] if answer["decides"]["rule"] == "default" else [])
    assert count == len(packets) * len(sources)
    for name, sent in run.sent.items():
        got, said = [packet.data.hex() for packet in sent], leaves[name]
        if sequenced(what):
            got, said = map(len, got), map(len, said)
        assert collections.Counter(got) == collections.Counter(said), name
    assert {name: number for name, number in run.report["drops"].items() if number} == dict(drops)
    assert {name: rule["packets"] for name, rule in run.report["rules"].items() if rule["packets"]} == dict(rules)
    return run


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_explained_as_they_run(path, tmp_path):
    check_same(example(path), packets_of(FIXTURES, MOST), tmp_path)


@pytest.mark.parametrize("what", [MATCHES, EDITS], ids=["matches", "edits"])
def test_every_record_of_every_fixture_is_explained_as_it_runs(what, tmp_path):
    check_same(what, packets_of(FIXTURES), tmp_path)


@pytest.mark.parametrize("path", [path for path in EXAMPLES if any(
    set(action) & GATES for rule in yaml.safe_load(path.read_text(encoding="utf-8")).get("rules", [])
    for action in rule.get("actions", []) if isinstance(action, dict))], ids=lambda path: path.stem)
def test_gates_are_told_as_a_run_begins(path, tmp_path):
    what = example(path, gates=True)
    for packet in packets_of(["vxlan-http.pcap", "gtp-u.pcap", "made/flows.pcap", "made/syn-flood.pcap"], 1):
        one = {**what, "ports": {name: {"pcap": {**port["pcap"]}} for name, port in what["ports"].items()}}
        first = next(iter(one["ports"]))
        for name, port in one["ports"].items():
            if name != first:
                port["pcap"].pop("in", None)
        check_same(one, [packet], tmp_path)


def test_other_links_are_explained_as_they_are_converted(tmp_path):
    name = capture.fixture("linktype-cooked.pcap")
    what = {**MATCHES, "ports": {**MATCHES["ports"], "in": {"pcap": {"in": str(name), "other-links": "convert"}}}}
    write_config(tmp_path / "config.yaml", what)
    answers = explained(tmp_path, f"{name}#1-")
    run = Run([SLUICED, "offline", tmp_path / "config.yaml", "--json"], tmp_path)
    said = collections.Counter(one["port"] for answer in answers for one in answer["leaves"])
    assert {port: counts["tx_packets"] for port, counts in json.loads(run.out)["ports"].items()
            if counts["tx_packets"]} == dict(said)
    assert all(answer["packet"]["converted"] for answer in answers)
