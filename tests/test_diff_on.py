# SPDX-License-Identifier: BSD-3-Clause
"""`sluiced diff` says which packets another config would treat otherwise: what two offline runs show, and explain says."""

import collections
import copy
import json

import pytest

from lib import capture
from lib.offline import SLUICED, Run, config, offline, out, write_config

FIXTURES = capture.GOOD + capture.TUNNELS

SITE = config(
    {"wan": {"pcap": {"in": "in.pcap"}}, "t0": out("t0"), "t1": out("t1"), "tap": out("tap")},
    groups={"tools": ["t0", "t1"]},
    rules=[
        {"name": "dns", "match": {"protocol": "udp", "dst-port": 53}, "actions": [{"mirror": "tap"}, {"forward": "tools"}]},
        {"name": "syns", "filter": "tcp[tcpflags] & tcp-syn != 0", "actions": [{"mirror": "tap", "with": [{"slice": 54}]}]},
        {"name": "counts", "match": {"ether-type": "ipv6"}, "actions": []},
        {"name": "web", "match": {"protocol": "tcp", "dst-port": [80, 443]},
         "actions": [{"set": {"ttl": -1}}, {"forward": "tools"}]},
        {"name": "tunnels", "match": {"tunnel": ["vxlan", "gre"]}, "actions": [{"strip": "tunnel"}, {"forward": "t1"}]},
        {"name": "tagged", "match": {"vlan": "0-4095"}, "actions": [{"forward": "t1"}]},
        {"name": "never", "match": {"protocol": "tcp", "dst-port": 443, "src": "10.0.0.0/8"}, "actions": ["drop"]},
        {"name": "lab", "match": {"src": "203.0.113.0/24"}, "actions": ["drop"]}],
    default={"forward": "t0"})


def without(name, what=SITE):
    return {**what, "rules": [rule for rule in what["rules"] if rule["name"] != name]}


def replaced(which, **keys):
    return {**SITE, "rules": [{**rule, **keys} if rule["name"] == which else rule for rule in SITE["rules"]]}


def moved(name, place):
    rules = [rule for rule in SITE["rules"] if rule["name"] != name]
    rules.insert(place, next(rule for rule in SITE["rules"] if rule["name"] == name))
    return {**SITE, "rules": rules}


OTHERS = {
    "same": SITE,
    "without web": without("web"),
    "no mirror": replaced("dns", actions=[{"forward": "tools"}]),
    "other edit": replaced("web", actions=[{"set": {"ttl": -2}}, {"forward": "tools"}]),
    "narrower": replaced("web", match={"protocol": "tcp", "dst-port": 80, "dst": "0.0.0.0/1"}),
    "syns decide": replaced("syns", actions=[{"mirror": "tap"}, "drop"]),
    "tags first": moved("tagged", 0),
    "renamed": replaced("tunnels", name="overlay"),
    "whole tunnels": replaced("tunnels", actions=[{"forward": "t1"}]),
    "other default": {**SITE, "default": "drop"},
    "three tools": {**SITE, "groups": {"tools": {"ports": ["t0", "t1", "tap"]}}},
    "nothing": config(SITE["ports"], groups={"tools": ["t0", "t1"]}),
}


def diff(directory, *words, code=None):
    """The result, and its books: every packet is the same, moved or otherwise."""
    run = Run([SLUICED, "diff", *words, "--json"], directory)
    assert "Sanitizer" not in run.err, run.err
    assert run.code in (0, 1) and run.err == "", run.err
    result = json.loads(run.out)
    assert run.code == (result["same"] != result["packets"])
    kinds = result["changes"] + result["moved"]
    assert result["packets"] == result["same"] + sum(kind["packets"] for kind in kinds) + result["left_out"]
    assert all(0 < kind["flows"] <= min(kind["packets"], result["flows"]) for kind in kinds)
    assert [kind["packets"] for kind in result["changes"]] == sorted((kind["packets"] for kind in result["changes"]), reverse=True)
    if code is not None:
        assert run.code == code
    return result


@pytest.fixture(scope="module")
def packets():
    return [packet for name in FIXTURES for packet in capture.read(capture.fixture(name))[:200]]


@pytest.fixture(scope="module")
def before(packets, tmp_path_factory):
    """The site's own run, to which others are compared."""
    directory = tmp_path_factory.mktemp("before")
    capture.write(directory / "in.pcap", packets)
    return offline(SITE, directory)


def took(report):
    return {name: rule["packets"] for name, rule in report["rules"].items() if rule["packets"]}


def sent(run):
    return {name: collections.Counter(packet.data for packet in run.sent[name]) for name in run.sent}


@pytest.mark.parametrize("name", OTHERS)
def test_it_is_what_two_runs_show(name, packets, before, tmp_path):
    """Packets a rule are those of the reports; and so are the bytes that change their port."""
    capture.write(tmp_path / "in.pcap", packets)
    after = offline(OTHERS[name], tmp_path)
    write_config(tmp_path / "old.yaml", SITE)
    result = diff(tmp_path, "old.yaml", "config.yaml", "--on", "in.pcap")
    assert result["packets"] == len(packets)
    assert result["rules"] == {"old": took(before.report), "new": took(after.report)}
    assert result["unseen_rules"] == [rule["name"] for rule in OTHERS[name].get("rules", [])
                                      if not after.report["rules"][rule["name"]]["packets"]]
    # What each rule decides more or less is what the changes say of it.
    decided = collections.Counter()
    for change in result["changes"]:
        decided[change["new"]["rule"]] += change["packets"]
        decided[change["old"]["rule"]] -= change["packets"]
    passing = {rule["name"] for what in (SITE, OTHERS[name]) for rule in what.get("rules", [])
               if not any(action == "drop" or "forward" in action for action in rule["actions"])}
    for rule in {*decided, *took(before.report), *took(after.report)} - passing:
        assert decided[rule] == took(after.report).get(rule, 0) - took(before.report).get(rule, 0), rule
    # What leaves where: at least so many packets are other ones as the outputs differ by.
    others = sum(((sent(after)[port] - sent(before)[port]) + (sent(before)[port] - sent(after)[port])).total()
                 for port in before.sent)
    otherwise = sum(change["packets"] for change in result["changes"] if not change["same_outcome"])
    otherwise += sum(kind["packets"] for kind in result["moved"])
    assert (others == 0) == (otherwise == 0)
    assert others <= 4 * otherwise  # two copies each, there and here
    assert (result["same"] == len(packets)) == (name == "same")


@pytest.mark.parametrize("name", OTHERS)
def test_it_is_what_explain_says_of_each(name, packets, tmp_path):
    """Record for record, but for bytes, at which `explain --with` does not look."""
    capture.write(tmp_path / "in.pcap", packets[::5])
    write_config(tmp_path / "old.yaml", SITE)
    write_config(tmp_path / "new.yaml", OTHERS[name])
    result = diff(tmp_path, "old.yaml", "new.yaml", "--on", "in.pcap")
    run = Run([SLUICED, "explain", "old.yaml", "in.pcap#1-", "--with", "new.yaml", "--json"], tmp_path)
    assert run.code == 0, run.err
    kinds = collections.Counter()
    for answer in map(json.loads, run.out.splitlines()):
        assert answer["agrees"] and answer["with"]["agrees"]
        if not answer["with"]["same"]:
            kinds[answer["decides"]["rule"], answer["with"]["decides"]["rule"]] += 1
    told = collections.Counter()
    for change in result["changes"] + result["moved"]:
        told[said(change)] += change["packets"]
    assert told == kinds


def test_the_example_is_the_record(packets, tmp_path):
    half = len(packets) // 2
    capture.write(tmp_path / "one.pcap", packets[:half])
    capture.write(tmp_path / "two.pcap", packets[half:])
    write_config(tmp_path / "old.yaml", SITE)
    write_config(tmp_path / "new.yaml", without("web"))
    result = diff(tmp_path, "old.yaml", "new.yaml", "--on", "one.pcap", "two.pcap", code=1)
    assert [(one["file"], one["port"], one["packets"]) for one in result["captures"]] == \
        [("one.pcap", "wan", half), ("two.pcap", "wan", len(packets) - half)]
    for change in result["changes"]:
        example = change["example"]
        record = packets[example["record"] - 1 + (half if example["capture"] == "two.pcap" else 0)]
        assert example["hex"] == record.data.hex() and example["length"] == len(record.data)
        run = Run([SLUICED, "explain", "old.yaml", f"{example['capture']}#{example['record']}", "--with", "new.yaml", "--json"],
                  tmp_path)
        answer = json.loads(run.out)
        assert (answer["decides"]["rule"], answer["with"]["decides"]["rule"]) == (change["old"]["rule"], change["new"]["rule"])
        assert answer["decides"]["action"] == change["old"]["actions"]
        assert [rule["name"] for rule in answer["rules"] if rule["took"] and not rule["decides"] and rule["name"] != "counts"] == \
            [rule["rule"] for rule in change["old"]["passed"]]


def said(one):
    return one["old"]["rule"], one["new"]["rule"]


@pytest.mark.parametrize("name", OTHERS)
def test_witnesses_do_differ(name, tmp_path):
    """Packets that nobody sent are told of where explain says that they are treated otherwise, and captures show it not."""
    write_config(tmp_path / "old.yaml", SITE)
    write_config(tmp_path / "new.yaml", OTHERS[name])
    result = diff(tmp_path, "old.yaml", "new.yaml", "--on", capture.fixture("dns.pcap"))
    pairs = [said(one) for one in result["witnesses"]]
    assert len(set(pairs)) == len(pairs) and not result["untried"]
    # Where one rule decides in both it is told once more for a rule that passed the packet on and that no change shows.
    shown = {rule["rule"] for one in result["changes"] for side in ("old", "new") for rule in one[side]["passed"]}
    for one in result["witnesses"]:
        passed = {rule["rule"] for side in ("old", "new") for rule in one[side]["passed"]}
        assert said(one) not in {said(change) for change in result["changes"]} or \
            (one["old"]["rule"] == one["new"]["rule"] and passed - shown), one
        run = Run([SLUICED, "explain", "old.yaml", one["hex"], "--port", one["port"], "--with", "new.yaml", "--json"], tmp_path)
        answer = json.loads(run.out)
        assert answer["agrees"] and answer["with"]["agrees"] and not answer["with"]["same"]
        assert (answer["decides"]["rule"], answer["with"]["decides"]["rule"]) == said(one)
        assert one["old"]["actions"] == answer["decides"]["action"]
    assert set(pairs) >= {
        "without web": {("web", "never"), ("web", "default")}, "narrower": {("web", "default"), ("web", "never")},
        "other edit": {("web", "web")}, "tags first": {("web", "tagged")},
        "syns decide": {("default", "syns")}, "whole tunnels": {("tunnels", "tunnels")}, "three tools": {("web", "web")},
        "nothing": {("lab", "default"), ("web", "default")}}.get(name, set())
    assert pairs or name in ("same", "no mirror", "other default")  # which the capture shows


def test_flows_are_told_apart_in_both_directions(tmp_path):
    capture.write(tmp_path / "in.pcap", capture.read(capture.fixture("made/flows.pcap")))
    write_config(tmp_path / "old.yaml", SITE)
    write_config(tmp_path / "new.yaml", {**SITE, "rules": [], "default": "drop"})
    result = diff(tmp_path, "old.yaml", "new.yaml", "--on", "in.pcap")
    run = Run([SLUICED, "explain", "old.yaml", "in.pcap#1-", "--json"], tmp_path)
    flows = {(parsed["protocol"], frozenset([(parsed["src"], parsed.get("src-port")), (parsed["dst"], parsed.get("dst-port"))]))
             for parsed in (json.loads(line)["parsed"] for line in run.out.splitlines())}
    assert len(flows) > 10 and result["flows"] == len(flows) and result["flows_exact"]


def test_a_member_more_moves_flows(packets, before, tmp_path):
    capture.write(tmp_path / "in.pcap", packets)
    write_config(tmp_path / "old.yaml", SITE)
    write_config(tmp_path / "new.yaml", OTHERS["three tools"])
    result = diff(tmp_path, "old.yaml", "new.yaml", "--on", "in.pcap", code=1)
    assert result["changes"] == [] and {kind["group"] for kind in result["moved"]} == {"tools"}
    assert {kind["old"]["rule"] for kind in result["moved"]} == {"dns", "web"}
    moved_packets = sum(kind["packets"] for kind in result["moved"])
    run = Run([SLUICED, "offline", write_config(tmp_path / "config.yaml", OTHERS["three tools"]), "--json"], tmp_path)
    tools = json.loads(run.out)["ports"]
    gone = sum(before.report["ports"][port]["tx_packets"] - tools[port]["tx_packets"] for port in ("t0", "t1"))
    assert 0 < gone <= moved_packets < took(before.report)["dns"] + took(before.report)["web"]


def test_it_is_the_group_that_is_another(tmp_path):
    """And not one of the same members, though the rule mirrors to that."""
    capture.write(tmp_path / "in.pcap", capture.read(capture.fixture("made/flows.pcap")))
    ones, others = {"ports": ["t0", "t1"]}, {"ports": ["t1", "t0"]}

    def site(ids):
        rule = {"name": "all", "match": {"protocol": "0-255"}, "actions": [{"mirror": "ids"}, {"forward": "tools"}]}
        return {**config(SITE["ports"], [rule]), "groups": {"first": ones, "tools": ones, "ids": ids}}
    write_config(tmp_path / "old.yaml", site(ones))
    write_config(tmp_path / "new.yaml", site(others))
    result = diff(tmp_path, "old.yaml", "new.yaml", "--on", "in.pcap", code=1)
    assert result["changes"] == [] and [kind["group"] for kind in result["moved"]] == ["ids"]


ACCEPT = {"protocol": "tcp", "dst-port": "0-1023", "src": ["10.0.0.0/8", "2001:db8::/32"]}


@pytest.mark.parametrize("first, second, behind", [
    ({"match": ACCEPT}, {"match": {**ACCEPT, "dst-port": [80, "443-500"]}}, True),
    ({"match": ACCEPT}, {"match": {**ACCEPT, "src": "10.1.0.0/16"}, "filter": "greater 1000"}, True),
    ({"match": ACCEPT}, {"match": {**ACCEPT, "vlan": 7}, "from": ["wan"]}, True),
    ({"match": {"src": "10.0.0.0/8"}}, {"match": {"src": "10.0.0.0/8", "tunnel": "gre"}}, True),
    ({}, {"match": {"vlan": 7}}, True),
    ({"match": ACCEPT}, {"match": {**ACCEPT, "dst-port": [80, "443-2000"]}}, False),
    ({"match": ACCEPT}, {"match": {**ACCEPT, "src": "10.0.0.0/7"}}, False),
    ({"match": ACCEPT}, {"match": {"protocol": "tcp", "dst-port": 80}}, False),
    ({"match": ACCEPT, "filter": "greater 1000"}, {"match": ACCEPT}, False),
    ({"match": {"src": "10.0.0.0/8", "tunnel": "gre"}}, {"match": {"src": "10.0.0.0/8"}}, False),
    ({"match": ACCEPT, "from": ["wan"]}, {"match": ACCEPT}, False),
    ({"match": ACCEPT, "actions": [{"mirror": "tap"}]}, {"match": ACCEPT}, False)])
def test_what_is_never_reached_is_so(first, second, behind, tmp_path):
    what = config(SITE["ports"], groups={"tools": ["t0", "t1"]}, rules=[
        {"name": "other", "match": {"protocol": "udp"}, "actions": ["drop"]},
        {"name": "first", "actions": ["drop"], **first}, {"name": "second", "actions": [{"forward": "t0"}], **second}])
    write_config(tmp_path / "config.yaml", what)
    result = diff(tmp_path, "config.yaml", "config.yaml", "--on", capture.fixture("dns.pcap"), code=0)
    assert result["unreachable"] == ([{"rule": "second", "behind": "first"}] if behind else [])


def test_gates_are_as_for_the_first_packet(packets, tmp_path):
    """A list with another gate is another list; the rate behind a name is not looked at, as all buckets are full."""
    def policed(rate, actions):
        what = copy.deepcopy(replaced("web", actions=actions))
        return {**what, "policers": {"line": {"rate": rate}}}
    capture.write(tmp_path / "in.pcap", packets)
    one = [{"police": "line"}, {"forward": "tools"}]
    write_config(tmp_path / "old.yaml", policed("1Gbps", one))
    write_config(tmp_path / "new.yaml", policed("2Gbps", one))
    diff(tmp_path, "old.yaml", "new.yaml", "--on", "in.pcap", code=0)
    write_config(tmp_path / "new.yaml", policed("1Gbps", [{"police": "3Gbps"}, {"forward": "tools"}]))
    result = diff(tmp_path, "old.yaml", "new.yaml", "--on", "in.pcap", code=1)
    assert {(change["old"]["rule"], change["new"]["rule"], change["same_outcome"]) for change in result["changes"]} == \
        {("web", "web", True)}


def test_two_runs_say_the_same_and_standard_input_will_do(packets, tmp_path):
    capture.write(tmp_path / "in.pcap", packets)
    write_config(tmp_path / "old.yaml", SITE)
    write_config(tmp_path / "new.yaml", without("web"))
    one, two = (Run([SLUICED, "diff", "old.yaml", "new.yaml", "--on", "in.pcap", "--json"], tmp_path).out for _ in range(2))
    assert one == two
    run = Run(["sh", "-c", f"{SLUICED} diff old.yaml new.yaml --on - --json < in.pcap"], tmp_path)
    assert json.loads(run.out)["rules"] == json.loads(one)["rules"]


def test_people_read_it(packets, tmp_path):
    capture.write(tmp_path / "in.pcap", packets)
    write_config(tmp_path / "old.yaml", SITE)
    write_config(tmp_path / "new.yaml", without("web"))
    run = Run([SLUICED, "diff", "old.yaml", "new.yaml", "--on", "in.pcap"], tmp_path)
    assert (run.code, run.err) == (1, "")
    assert "web -> never" in run.out and "slice 54), next rule (syns); drop" in run.out and "in.pcap#" in run.out
    assert "rules that take nothing here: lab" in run.out and all(len(line) <= 80 for line in run.out.splitlines())
    run = Run([SLUICED, "diff", "old.yaml", "old.yaml", "--on", "in.pcap"], tmp_path)
    assert (run.code, run.err) == (0, "") and "same      all of them" in run.out
    assert "rules that no packet reaches: never (behind web)" in run.out


@pytest.mark.parametrize("words, says", [
    (["old.yaml"], "two configs are compared"),
    (["old.yaml", "new.yaml"], "--on CAPTURE is missing"),
    (["old.yaml", "new.yaml", "--on"], "missing value"),
    (["old.yaml", "none.yaml", "--on", "in.pcap"], "none.yaml"),
    (["old.yaml", "wrong.yaml", "--on", "in.pcap"], "wrong.yaml:1:"),
    (["old.yaml", "new.yaml", "--on", "none.pcap"], "none.pcap"),
    (["old.yaml", "new.yaml", "--on", "old.yaml"], "old.yaml"),
    (["old.yaml", "new.yaml", "--on", "cut.pcap"], "cut.pcap"),
    (["old.yaml", "new.yaml", "--on", "in.pcap", "--port", "won"], 'old.yaml has no port "won"'),
    (["old.yaml", "bare.yaml", "--on", "in.pcap"], 'bare.yaml has no port "wan"')])
def test_what_is_wrong_is_said(words, says, packets, tmp_path):
    capture.write(tmp_path / "in.pcap", packets[:3])
    (tmp_path / "cut.pcap").write_bytes((tmp_path / "in.pcap").read_bytes()[:-5])
    write_config(tmp_path / "old.yaml", SITE)
    write_config(tmp_path / "new.yaml", SITE)
    write_config(tmp_path / "bare.yaml", config({"lan": {"pcap": {"in": "in.pcap"}}}))
    write_config(tmp_path / "wrong.yaml", "wrong: 1\n")
    run = Run([SLUICED, "diff", *words], tmp_path)
    assert (run.code, run.out) == (2, ""), run.out
    assert says in run.err
