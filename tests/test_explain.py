# SPDX-License-Identifier: BSD-3-Clause
"""`sluiced explain` says what `sluiced offline` does, of every packet; and why, in words that hold."""

import collections
import json
import re
import socket
import subprocess
import tempfile
import threading

import pytest
import yaml

from lib import capture
from lib.offline import GATES, ROOT, SLUICE, SLUICED, Run, config, offline, out, write_config

EXAMPLES = sorted(path for path in (ROOT / "docs").glob("*/*.yaml"))
FIXTURES = capture.GOOD + capture.TUNNELS
MOST = 25  # of one fixture, where a config does not get them all

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
    """An example whose ports are captures, each of which brings the same packets and writes what it is given."""
    what = yaml.safe_load(path.read_text(encoding="utf-8"))
    for key in ("replays", "run-dir", "workers", "allow", "sandbox", "idle"):
        what.pop(key, None)
    what["memory"] = {"packets": 8191, "hugepages": False}
    what["ports"] = {name: {"pcap": {"in": "in.pcap", "out": f"{name}.pcap"}} for name in what["ports"]}
    for rule in what.get("rules", []):
        for side in [rule.get("match", {})]:
            for key, value in list(side.items()):
                if isinstance(value, dict) and "file" in value:
                    del side[key]
        if not gates:
            rule["actions"] = without_gates(rule.get("actions", []))
    what["rules"] = [rule for rule in what.get("rules", []) if gates or gives(rule)]
    return what


def packets_of(names, most=None):
    return [packet for name in names for packet in capture.read(capture.fixture(name))[:most]]


def explained(directory, packet, *options, code=0, where="config.yaml"):
    """The answers, one a record and port."""
    run = Run([SLUICED, "explain", directory / where, packet, "--json", *options], directory)
    assert run.code == code, run.out[-2000:] + run.err
    assert "Sanitizer" not in run.err, run.err
    return [json.loads(line) for line in run.out.splitlines()]


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
                del port["pcap"]["in"]
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


RULES = config(
    {"wan": {"pcap": {"in": "in.pcap"}}, "t0": out("t0"), "t1": out("t1"), "tap": out("tap")},
    groups={"tools": ["t0", "t1"]},
    rules=[
        {"name": "dns", "match": {"protocol": "udp", "dst-port": 53}, "actions": [{"mirror": "tap"}, {"forward": "tools"}]},
        {"name": "scans", "filter": "tcp and src net 10.0.0.0/8 and dst net 11.0.0.0/8", "actions": ["drop"]},
        {"name": "seen", "match": {"protocol": "tcp"}, "actions": [{"mirror": "tap", "with": [{"slice": 40}]}]},
        {"name": "web", "from": ["wan"], "match": {"protocol": "tcp", "dst-port": [80, 443]},
         "actions": [{"set": {"ttl": -1}}, {"forward": "tools"}]},
        {"name": "lab", "match": {"protocol": "tcp", "dst-port": 443}, "actions": ["drop"]}])
WEB = "tcp 10.0.0.6:43211 > 192.0.2.1:443"


@pytest.fixture
def site(tmp_path):
    write_config(tmp_path / "config.yaml", RULES)
    capture.write(tmp_path / "in.pcap", packets_of(["dns.pcap"], 3))
    return tmp_path


def line_of(directory, rule):
    """Where it begins."""
    lines = (directory / "config.yaml").read_text(encoding="utf-8").splitlines()
    return 1 + lines.index(f"- name: {rule}")


def test_each_rule_says_which_key_failed(site):
    answer, = explained(site, WEB)
    rules = {rule["name"]: rule for rule in answer["rules"]}
    assert list(rules) == ["dns", "scans", "seen", "web"] and answer["not_reached"] == 1
    assert rules["dns"] == {
        "name": "dns", "line": line_of(site, "dns"), "took": False, "decides": False,
        "action": "mirror tap, forward tools",
        "fails": [{"field": "protocol", "has": "tcp", "wants": "udp"}, {"field": "dst-port", "has": 443, "wants": "53"}]}
    assert rules["scans"]["fails"][0]["part"] == "dst net 11.0.0.0/8"
    assert rules["seen"]["took"] and not rules["seen"]["decides"] and rules["seen"]["fails"] == []
    assert answer["decides"] == {"rule": "web", "line": line_of(site, "web"), "action": "set (ttl -1), forward tools"}
    assert answer["near"][0] == {"rule": "lab", "line": line_of(site, "lab"), "distance": 0,
                                 "why": "it would take it, but web comes first"}
    assert [near["distance"] for near in answer["near"]] == sorted(near["distance"] for near in answer["near"])
    assert answer["parsed"] == {"ether-type": "ipv4", "src": "10.0.0.6", "dst": "192.0.2.1", "protocol": "tcp",
                                "src-port": 43211, "dst-port": 443}


def test_edits_show_what_they_change(site):
    answer, = explained(site, WEB)
    sliced, edited = answer["leaves"]
    assert (sliced["port"], sliced["rule"], sliced["length"]) == ("tap", "seen", 40)
    step, = edited["edits"]
    before, after = bytes.fromhex(step["before"]), bytes.fromhex(step["after"])
    assert before == bytes.fromhex(answer["packet"]["bytes"]) and after == bytes.fromhex(edited["bytes"])
    assert step["does"] and (before[22], after[22]) == (64, 63)
    assert [at for at in range(60) if before[at] != after[at]] == [22, 24]


def test_a_group_says_whose_flow_it_is(site):
    answer, = explained(site, WEB)
    member = answer["group"]["member"]
    other, = {"t0", "t1"} - {member}
    assert answer["group"]["flow_of"] == member and answer["leaves"][1]["port"] == member
    answer, = explained(site, WEB, "--down", member)
    assert (answer["group"]["flow_of"], answer["group"]["member"]) == (member, other)
    assert answer["leaves"][1]["port"] == other and answer["agrees"]
    answer, = explained(site, WEB, "--down", "t0", "--down", "t1", "--down", "tap")
    assert answer["drop"]["reason"] == "no-member" and answer["mirrors"][0]["drop"]["reason"] == "port-down"
    assert answer["leaves"] == [] and answer["agrees"]


def test_another_config_stands_beside_it(site):
    other = {**RULES, "rules": [rule for rule in RULES["rules"] if rule["name"] != "web"]}
    write_config(site / "other.yaml", other)
    answer, = explained(site, WEB, "--with", "other.yaml")
    assert answer["with"]["same"] is False
    assert (answer["with"]["decides"]["rule"], answer["with"]["drop"]["reason"]) == ("lab", "rule")
    answer, = explained(site, "udp 10.0.0.6:43211 > 192.0.2.1:53", "--with", "other.yaml")
    assert answer["with"]["same"] is True


def test_a_mirror_that_leaves_nothing_is_a_difference_nevertheless(site):
    write_config(site / "other.yaml", {**RULES, "rules": [rule for rule in RULES["rules"] if rule["name"] != "seen"]})
    answer, = explained(site, WEB, "--with", "other.yaml", "--down", "tap")
    assert answer["mirrors"][0]["drop"]["reason"] == "port-down" and not answer["with"]["mirrors"]
    assert answer["with"]["same"] is False and answer["with"]["leaves"] == answer["leaves"]


def test_the_cost_is_measured_where_it_is_asked_for(site):
    answer, = explained(site, WEB, "--cost")
    assert 0 < answer["cost"]["classify_cycles"] < 1e6 and answer["agrees"]
    assert "cost" not in explained(site, WEB)[0]


def test_every_port(site):
    answers = explained(site, WEB, "--all")
    assert [answer["port"] for answer in answers] == list(RULES["ports"])
    assert [answer["decides"]["rule"] for answer in answers] == ["web", "lab", "lab", "lab"]


def test_the_port_is_the_one_that_reads_the_capture(site):
    what = {**RULES, "ports": {"first": {"pcap": {"in": str(capture.fixture("vlan.pcap"))}}, **RULES["ports"]}}
    write_config(site / "config.yaml", what)
    assert explained(site, "in.pcap#2")[0]["port"] == "wan"
    assert explained(site, WEB)[0]["port"] == "first"
    assert explained(site, WEB, "--port", "t1")[0]["port"] == "t1"


@pytest.mark.parametrize("words, fields", [
    ("udp [2001:db8::1]:53 > [2001:db8::2]:5353", {"ether-type": "ipv6", "protocol": "udp", "src-port": 53}),
    ("icmp 10.0.0.1 > 10.0.0.2 vlan 12", {"protocol": "icmp", "vlan": 12}),
    ("sctp 10.0.0.1:1 > 10.0.0.2:2", {"protocol": "sctp", "src-port": 1, "dst-port": 2}),
    ("89 10.0.0.1 > 10.0.0.2", {"protocol": "ospf"}),
    ("00 11 22 33 44 55 66 77 88 99 aa bb 08 06 00", {"ether-type": "arp"}),
    ("0011", {})])
def test_words_make_packets(site, words, fields):
    answer, = explained(site, words)
    assert fields.items() <= answer["parsed"].items()


def test_made_packets_have_right_checksums(site):
    for words in (WEB + " syn payload 33", "udp [2001:db8::1]:53 > [2001:db8::2]:5353 payload 7", "icmp 1.2.3.4 > 1.2.3.5"):
        frame = bytes.fromhex(explained(site, words)[0]["packet"]["bytes"])
        if frame[12:14] == b"\x08\x00":
            total = int.from_bytes(frame[16:18], "big")
            assert folded(frame[14:34]) == 0xffff
            source, payload, protocol = frame[26:34], frame[34:14 + total], frame[23]
        else:
            source, payload, protocol = frame[22:54], frame[54:54 + int.from_bytes(frame[18:20], "big")], frame[20]
        pseudo = b"" if protocol == 1 else source + protocol.to_bytes(2, "big") + len(payload).to_bytes(2, "big")
        assert folded(pseudo + payload) == 0xffff, words


def folded(data):
    data += b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(data[at:at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


@pytest.mark.parametrize("words, code, says", [
    (["in.pcap"], 2, "say which record of it, as in FILE#1"),
    (["in.pcap#0"], 2, "records are numbered from 1"),
    (["in.pcap#3-2"], 2, "records are numbered from 1"),
    (["in.pcap#9"], 1, "has 3 records; there is no record 9"),
    (["nowhere.pcap#1"], 1, "nowhere.pcap"),
    (["00112"], 2, "5 digits are no whole bytes"),
    (["tcp 10.0.0.1 > 10.0.0.2"], 2, "have two ports"),
    (["icmp 10.0.0.1:5 > 10.0.0.2"], 2, "only tcp, udp and sctp have ports"),
    (["10.0.0.1:5 > 10.0.0.2:6"], 2, "the protocol is missing"),
    (["tcp 10.0.0.1:5 > [2001:db8::1]:6"], 2, "one address is IPv4, the other IPv6"),
    (["tcp 10.0.0.1:5"], 2, "two addresses are needed"),
    (["tcp 10.0.0.1:70000 > 10.0.0.2:6"], 2, 'nothing is known of "10.0.0.1:70000"'),
    (["udp 10.0.0.1:5 > 10.0.0.2:6 syn"], 2, "flags of tcp"),
    (["tcp 10.0.0.1:5 > 10.0.0.2:6 vlan 5000"], 2, "vlan takes a number from 0 to 4095"),
    ([WEB, "--port", "won"], 2, "did you mean wan?"),
    ([WEB, "--down", "nothing-like-it"], 2, "it has wan, t0, t1 and tap"),
    ([WEB, "--near", "x"], 2, "--near takes a number"),
    ([WEB, "--nowhere"], 2, "unknown option"),
    ([WEB, "--with", "none.yaml"], 2, "none.yaml"),
    ([], 2, "the packet is missing")])
def test_what_is_wrong_is_said(site, words, code, says):
    run = Run([SLUICED, "explain", site / "config.yaml", *words], site)
    assert (run.code, run.out) == (code, ""), run.out
    assert says in run.err


def test_a_record_that_gives_no_packet_is_named(site):
    empty = capture.Packet(0, b"", 0)
    capture.write(site / "gaps.pcap", [*packets_of(["dns.pcap"], 1), empty, *packets_of(["dns.pcap"], 1)])
    assert [answer["packet"]["record"] for answer in explained(site, "gaps.pcap#1-")] == [1, 3]
    run = Run([SLUICED, "explain", site / "config.yaml", "gaps.pcap#2"], site)
    assert run.code == 1 and "record 2 gives no packet" in run.err and "gives one is 3" in run.err


def test_the_text_fits_a_terminal(site):
    for packet in (WEB, "in.pcap#1-", "0011", WEB + " vlan 7"):
        run = Run([SLUICED, "explain", site / "config.yaml", packet, "--with", site / "config.yaml", "--near", "9"], site)
        assert run.code == 0
        assert max(map(len, run.out.splitlines())) <= 80, run.out


def test_the_text_says_the_verdict(site):
    text = re.sub(r"\s+", " ", Run([SLUICED, "explain", site / "config.yaml", WEB], site).out)
    for words in ("dns no protocol is tcp, not udp; dst-port is 443, not 53",
                  'scans no of its filter "dst net 11.0.0.0/8" does not hold',
                  "seen took mirror tap with (slice 40), next rule", "<- decides",
                  "near lab: it would take it, but web comes first", "set (ttl -1): byte 22: 40",
                  "agrees the tables, and the config read rule by rule, say the same"):
        assert words in text, text


@pytest.mark.parametrize("filter_, part", [
    ("tcp and port 80", "port 80"),
    ("tcp && (port 80 or port 81) && less 2000", "(port 80 or port 81)"),
    ("src net 10.0.0.0/8 and tcp and dst net 11.0.0.0/8", "dst net 11.0.0.0/8"),
    ("tcp and port 80 or udp", None),
    ("src and dst port 443", None),
    ("not (tcp and port 443)", None),
    ("vlan and tcp", "vlan"),
    ("tcp[tcpflags] & tcp-syn != 0", None)])
def test_parts_of_filters_are_named_where_that_is_certain(site, filter_, part):
    write_config(site / "config.yaml", config(RULES["ports"], [{"name": "one", "filter": filter_, "actions": ["drop"]}]))
    answer, = explained(site, WEB)
    fail, = answer["rules"][0]["fails"]
    assert (fail["wants"], fail.get("part")) == (filter_, part)


def test_a_filter_that_does_not_look_behind_a_tag_is_noted(site):
    answer, = explained(site, WEB + " vlan 7")
    assert "only where it says vlan" in answer["rules"][1]["fails"][0]["note"]
    answer, = explained(site, WEB)
    assert "note" not in answer["rules"][1]["fails"][0]


def test_many_rules_are_told_by_those_that_count(site):
    rules = [{"name": f"r{number}", "match": {"protocol": "udp", "src-port": number}, "actions": ["drop"]}
             for number in range(500)]
    write_config(site / "config.yaml", config(RULES["ports"], [*rules, {"name": "last", "match": {"protocol": "tcp"},
                                                                        "actions": ["drop"]}]))
    answer, = explained(site, WEB)
    assert [rule["name"] for rule in answer["rules"]] == ["last"] and answer["left_out"] == 500
    answer, = explained(site, WEB, "--rules")
    assert len(answer["rules"]) == 501 and answer["left_out"] == 0


def test_a_disagreement_is_loud(site):
    """A daemon that says so is stood in for: none is known that does."""
    answer, = explained(site, WEB)
    answer.update(agrees=False, differs=["the tables take it by other rules than the config says"])
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as directory, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{directory}/control.sock")
        server.listen()

        def serve():
            connection, _ = server.accept()
            with connection, connection.makefile("rwb") as stream:
                number = json.loads(stream.readline())["id"]
                stream.write(json.dumps({"jsonrpc": "2.0", "id": number, "result": answer}).encode() + b"\n")
                stream.flush()

        thread = threading.Thread(target=serve)
        thread.start()
        run = Run([SLUICE, "--socket", directory, "explain", WEB], site)
        thread.join()
    assert run.code == 1 and "IT DOES NOT AGREE" in run.out and "other rules than the config says" in run.out


def test_the_client_that_reads_captures_links_no_dpdk():
    libraries = subprocess.run(["ldd", SLUICE], capture_output=True, text=True, check=True).stdout
    assert "libpcap" in libraries and "librte_" not in libraries
