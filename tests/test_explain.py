# SPDX-License-Identifier: BSD-3-Clause
"""`sluiced explain` says what becomes of a packet, and why, in words that hold; test_explain_runs.py sees whether it does."""

import json
import re
import socket
import subprocess
import tempfile
import threading

import pytest

from lib import capture
from lib.explained import explained, packets_of
from lib.offline import SLUICE, SLUICED, Run, config, out, write_config

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
    assert 0 < answer["cost"]["classify_cycles"] < 1e6 and 0 <= answer["cost"]["act_cycles"] < 1e6 and answer["agrees"]
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
