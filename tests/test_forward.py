# SPDX-License-Identifier: BSD-3-Clause
"""Actions: what is forwarded, mirrored, dropped and balanced is there, packet by packet, and nothing else."""

import collections

import pytest

import oracle
from lib import capture
from lib.offline import config, offline, out

ALL = [{"name": "all", "actions": [{"forward": "a"}]}]


def data_of(packets):
    return [packet.data for packet in packets]


@pytest.mark.parametrize("name", capture.GOOD)
def test_forwards_every_packet_as_it_came(name, tmp_path):
    run = offline(config({"in": name, "a": out("a")}, default={"forward": "a"}), tmp_path)
    came = capture.read(capture.fixture(name))
    assert run.sent["a"] == came
    assert all(copied["bytes"] == 0 for copied in run.report["copies"].values())


def test_drops_by_default(tmp_path):
    run = offline(config({"in": "dns.pcap", "a": out("a")}), tmp_path)
    assert run.sent["a"] == []
    assert run.report["drops"]["default"] == 464
    assert run.report["rules"]["default"]["packets"] == 464


def test_drop_by_rule(tmp_path):
    rules = [{"name": "answers", "match": {"protocol": "udp", "src-port": 53}, "actions": ["drop"]}]
    run = offline(config({"in": "dns.pcap", "a": out("a")}, rules, {"forward": "a"}), tmp_path)
    kept = [frame for frame in capture.frames("dns.pcap") if oracle.parse(frame).src_port != 53]
    assert data_of(run.sent["a"]) == kept
    assert 0 < run.report["drops"]["rule"] == 464 - len(kept)


def test_first_match_wins(tmp_path):
    rules = [{"name": "first", "match": {"protocol": "udp"}, "actions": [{"forward": "a"}]},
             {"name": "never", "match": {"protocol": "udp"}, "actions": ["drop"]}]
    run = offline(config({"in": "dns.pcap", "a": out("a")}, rules), tmp_path)
    assert run.report["rules"]["never"]["packets"] == 0
    assert len(run.sent["a"]) == run.report["rules"]["first"]["packets"] > 0


def test_mirrors_are_references_in_order(tmp_path):
    rules = [{"name": "all", "actions": [{"mirror": "a"}, {"mirror": "b"}, {"mirror": "a"}, {"forward": "c"}]}]
    run = offline(config({"in": "smb2.pcap", "a": out("a"), "b": out("b"), "c": out("c")}, rules), tmp_path)
    came = capture.frames("smb2.pcap")
    assert data_of(run.sent["b"]) == data_of(run.sent["c"]) == came
    assert data_of(run.sent["a"]) == [frame for frame in came for _ in range(2)]
    assert run.report["copies"]["filter-segments"]["bytes"] == 0


def test_mirror_and_forward_to_one_port(tmp_path):
    rules = [{"name": "all", "actions": [{"mirror": "a"}, {"forward": "a"}]}]
    run = offline(config({"in": "dns.pcap", "a": out("a")}, rules), tmp_path)
    assert data_of(run.sent["a"]) == [frame for frame in capture.frames("dns.pcap") for _ in range(2)]


def test_mirror_then_drop(tmp_path):
    rules = [{"name": "all", "actions": [{"mirror": "a"}, "drop"]}]
    run = offline(config({"in": "dns.pcap", "a": out("a")}, rules), tmp_path)
    assert data_of(run.sent["a"]) == capture.frames("dns.pcap")
    assert run.report["drops"]["rule"] == 464


def test_forwards_to_the_port_it_came_from(tmp_path):
    ports = {"both": {"pcap": {"in": str(capture.fixture("dns.pcap")), "out": "back.pcap"}}}
    run = offline(config(ports, default={"forward": "both"}), tmp_path)
    assert data_of(run.sent["both"]) == capture.frames("dns.pcap")


def test_rules_that_pass_on_count_and_mirror(tmp_path):
    rules = [{"name": "count", "match": {"protocol": "udp"}, "actions": []},
             {"name": "unlisted", "match": {"protocol": "udp"}},
             {"name": "queries", "match": {"dst-port": 53}, "actions": [{"mirror": "a"}]},
             {"name": "again", "match": {"dst-port": 53}, "actions": [{"mirror": "b"}]},
             {"name": "rest", "actions": [{"forward": "a"}]}]
    run = offline(config({"in": "dns.pcap", "a": out("a"), "b": out("b")}, rules), tmp_path)
    queries = [frame for frame in capture.frames("dns.pcap") if oracle.parse(frame).dst_port == 53]
    assert data_of(run.sent["b"]) == queries
    expected = [frame for one in capture.frames("dns.pcap") for frame in [one] * (2 if one in queries else 1)]
    assert data_of(run.sent["a"]) == expected
    assert run.report["rules"]["rest"]["packets"] == 464
    assert run.report["rules"]["unlisted"] == run.report["rules"]["count"]


def test_from_tells_ports_apart(tmp_path):
    ports = {"x": "dns.pcap", "y": "vlan.pcap", "a": out("a"), "b": out("b")}
    rules = [{"name": "x", "from": ["x"], "actions": [{"forward": "a"}]},
             {"name": "y", "from": ["y"], "actions": [{"forward": "b"}]}]
    run = offline(config(ports, rules), tmp_path)
    assert data_of(run.sent["a"]) == capture.frames("dns.pcap")
    assert data_of(run.sent["b"]) == capture.frames("vlan.pcap")
    assert run.report["rules"]["default"]["packets"] == 0


def balanced(name, directory, members=4):
    """Forwards a capture to a group; returns the run and each flow's members."""
    names = [f"m{number}" for number in range(members)]
    what = config({"in": name, **{member: out(member) for member in names}}, default={"forward": "all"},
                  groups={"all": names})
    run = offline(what, directory)
    members_of = collections.defaultdict(set)
    for member in names:
        for packet in run.sent[member]:
            members_of[oracle.flow_of(packet.data)].add(member)
    everything = [data for member in names for data in data_of(run.sent[member])]
    assert sorted(everything) == sorted(capture.frames(name))
    return run, members_of


@pytest.mark.parametrize("name", ["made/flows.pcap", "mixed.pcap", "smb2.pcap", "ipv4-fragments.pcap",
                                  "ipv6-fragments.pcap", "vlan.pcap", "made/vlans.pcap"])
def test_group_keeps_flows_together(name, tmp_path):
    """Both directions of a flow, and all fragments of a datagram."""
    _, members_of = balanced(name, tmp_path)
    whole = {flow: members for flow, members in members_of.items() if len(flow) > 1}
    assert whole and all(len(members) == 1 for members in whole.values())


def test_group_spreads(tmp_path):
    run, members_of = balanced("made/flows.pcap", tmp_path)
    share = collections.Counter(next(iter(members)) for members in members_of.values())
    assert len(share) == 4 and min(share.values()) > len(members_of) / 4 * 0.7, share
    assert all(run.report["ports"][member]["tx_packets"] for member in share)


def test_group_spreads_a_flood(tmp_path):
    run, _ = balanced("made/syn-flood.pcap", tmp_path, members=7)
    counts = [run.report["ports"][f"m{number}"]["tx_packets"] for number in range(7)]
    assert min(counts) > 2000 / 7 * 0.75 and max(counts) < 2000 / 7 * 1.25, counts


def test_weights(tmp_path):
    """A member gets as much as it weighs, whole flows."""
    shares = {"m0": 3, "m1": 1, "m2": 2}
    what = config({"in": "made/syn-flood.pcap", **{member: out(member) for member in shares}}, default={"forward": "all"},
                  groups={"all": list(shares)})
    what["groups"]["all"]["weights"] = [12, 4, 8]
    run = offline(what, tmp_path)
    for member, share in shares.items():
        wanted = 2000 * share / 6
        assert wanted * 0.85 < run.report["ports"][member]["tx_packets"] < wanted * 1.15, run.report["ports"]


def test_group_of_one(tmp_path):
    run, _ = balanced("dns.pcap", tmp_path, members=1)
    assert data_of(run.sent["m0"]) == capture.frames("dns.pcap")


def test_mirror_to_a_group_and_to_another(tmp_path):
    ports = {"in": "made/flows.pcap", **{name: out(name) for name in ("a", "b", "c", "d")}}
    rules = [{"name": "all", "actions": [{"mirror": "left"}, {"mirror": "right"}, "drop"]}]
    run = offline(config(ports, rules, groups={"left": ["a", "b"], "right": ["c", "d"]}), tmp_path)
    came = sorted(capture.frames("made/flows.pcap"))
    assert sorted(data_of(run.sent["a"] + run.sent["b"])) == came
    assert sorted(data_of(run.sent["c"] + run.sent["d"])) == came


@pytest.mark.parametrize("vlan, packets", [(10, 15), (100, 23), (0, 3), (4095, 3), ("0-4095", 44), ([10, 4095], 18)])
def test_vlan(vlan, packets, tmp_path):
    """The outermost tag, of three kinds."""
    rules = [{"name": "tagged", "match": {"vlan": vlan}, "actions": [{"forward": "a"}]}]
    run = offline(config({"in": "made/vlans.pcap", "a": out("a")}, rules), tmp_path)
    wanted = [frame for frame in capture.frames("made/vlans.pcap")
              if oracle.matches({"vlan": vlan}, oracle.parse(frame))]
    assert data_of(run.sent["a"]) == wanted
    assert len(wanted) == packets


def test_jumbo_frames_in_small_buffers(tmp_path):
    """Frames of several buffers are sent whole, mirrored without a copy, and found by their headers."""
    rules = [{"name": "dns", "match": {"dst-port": 53}, "actions": [{"mirror": "b"}, {"forward": "a"}]}]
    what = config({"in": "made/jumbo.pcap", "a": out("a"), "b": out("b")}, rules)
    what["memory"]["packet-size"] = 256
    run = offline(what, tmp_path)
    assert data_of(run.sent["a"]) == data_of(run.sent["b"]) == capture.frames("made/jumbo.pcap")
    assert run.report["copies"]["filter-segments"]["bytes"] == 0


def test_longest_frames_into_a_port_that_reads_too(tmp_path):
    """What a port writes does not go through the device that it reads with, nor by what that one could send."""
    frames = [bytes([length % 251]) * length for length in (16128, 16129, 65535)]
    capture.write(tmp_path / "long.pcap", [capture.Packet(second * 10**9, data, len(data))
                                           for second, data in enumerate(frames, 1)])
    both = {"pcap": {"in": str(capture.fixture("made/jumbo.pcap")), "out": "both.pcap"}}
    rules = [{"name": "long", "from": ["long"], "actions": [{"mirror": "out"}, {"forward": "both"}]}]
    run = offline(config({"long": {"pcap": {"in": "long.pcap"}}, "both": both, "out": out("out")}, rules), tmp_path)
    assert data_of(run.sent["both"]) == data_of(run.sent["out"]) == frames


def test_headers_that_lie_across_buffers(tmp_path):
    what = config({"in": "made/ipv6-extensions.pcap", "a": out("a")},
                  [{"name": "dns", "match": {"dst-port": 53}, "actions": [{"forward": "a"}]}])
    what["memory"]["packet-size"] = 64
    run = offline(what, tmp_path)
    assert data_of(run.sent["a"]) == [frame for frame in capture.frames("made/ipv6-extensions.pcap")
                                      if oracle.parse(frame).dst_port == 53]
