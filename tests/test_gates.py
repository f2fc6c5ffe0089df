# SPDX-License-Identifier: BSD-3-Clause
"""What is told of policers and dedups, and what becomes of them when a config is applied."""

import json
import random

import pytest

from lib import actions, capture, edits
from lib.capture import Packet
from lib.daemon import Daemon, PLUGINS, test_ports
from lib.offline import config, offline, out

START = 1_700_000_000_000_000_000

TOOLS = {"rate": "2Gbps", "burst": "1MiB"}
FATES = ("kept", "changed", "begun", "ended")


def fates(answer, kind):
    return {fate: answer[fate][kind] for fate in FATES if answer[fate][kind]}


def base(**more):
    # Nothing twice in memory: YAML would refer to it.
    return config({"a": {"null": {}}, "b": {"null": {}}}, idle="sleep", **more)


def test_policers_are_in_the_report(tmp_path):
    """Also one that no list asks."""
    what = config({"in": "dns.pcap", "out": out("out")}, default={"forward": "out"},
                  policers={"tools": TOOLS, "few": {"rate": "50kpps"}})
    report = offline(what, tmp_path).report
    nothing = {"passed": 0, "passed_bytes": 0, "over": 0, "over_bytes": 0, "shares": [1.0]}
    assert report["policers"] == {"tools": {"rate": 2_000_000_000, "unit": "bits", "burst": 1 << 20, **nothing},
                                  "few": {"rate": 50_000, "unit": "packets", "burst": 500, **nothing}}
    assert "dedups" not in report


def without_length(payload, protocol=6):
    """IPv6 that says that it has no payload, as one of more than 65,535 bytes does, and one that a card was to cut up."""
    return bytes(12) + bytes.fromhex(f"86dd600000000000{protocol:02x}40") + bytes(32) + payload


def test_without_a_length_all_counts(tmp_path):
    """Not the header alone, which is the same in all packets of a flow; where nothing follows, the rest is padding."""
    payloads = [bytes([number]) * 40 for number in (1, 2, 1)]
    frames = [without_length(payload) for payload in payloads] + [without_length(payload, 59) for payload in payloads]
    capture.write(tmp_path / "in.pcap", [Packet(START + at, frame, 94) for at, frame in enumerate(frames)])
    rules = [{"name": "r", "actions": [{"dedup": {"window": "1ms"}}, {"forward": "out"}]}]
    run = offline(config({"in": {"pcap": {"in": "in.pcap"}}, "out": out("out")}, rules), tmp_path)
    assert [packet.time - START for packet in run.sent["out"]] == [0, 1, 3]


@pytest.mark.parametrize("end", ["forward", "drop"])
@pytest.mark.parametrize("mirror", ["seldom", "out"])
def test_gates_part_bursts(tmp_path, mirror, end):
    """Of bursts of which gates stop some packets each port gets its own, in order; alike if one of them gets a packet twice."""
    frames = [bytes(12) + b"\x88\xb5" + number.to_bytes(4, "big") + bytes(60) for number in range(400)]
    chance = random.Random(3)
    came = [frame for frame in frames for _ in range(1 + (chance.random() < 0.2))]
    capture.write(tmp_path / "in.pcap", [Packet(START + at, frame, len(frame)) for at, frame in enumerate(came)])
    rules = [{"name": "r", "actions": [{"mirror": mirror, "with": [{"sample": 7}]}, {"mirror": "all"}, {"dedup": {"window": "1ms"}},
                                       {"mirror": "once", "with": [{"sample": 2}]}, {"forward": "out"} if end == "forward" else "drop"]}]
    ports = {name: out(name) for name in ("seldom", "all", "once", "out")}
    run = offline(config({"in": {"pcap": {"in": "in.pcap"}}, **ports}, rules), tmp_path)
    wanted = {name: [] for name in ports}
    for number, (before, frame) in enumerate(zip([None, *came], came)):
        first = frame != before
        if number % 7 == 0:
            wanted[mirror].append(frame)
        wanted["all"].append(frame)
        if first and frames.index(frame) % 2 == 0:
            wanted["once"].append(frame)
        if first and end == "forward":
            wanted["out"].append(frame)
    assert {name: [packet.data for packet in run.sent[name]] for name in ports} == wanted
    report = run.report
    assert report["rules"]["r"]["duplicate"] == len(came) - len(frames)
    drops = {"duplicate": len(came) - len(frames)} if end == "forward" else {"rule": len(came)}
    assert {name: count for name, count in report["drops"].items() if count} == drops
    assert report["ledger"]["balanced"] and report["leaked"] == 0 and report["ledger"]["out"] == sum(map(len, wanted.values()))


def test_no_gates_no_sections(tmp_path):
    report = offline(config({"in": "dns.pcap"}), tmp_path).report
    assert "policers" not in report and "dedups" not in report


def test_policers_come_and_go(tmp_path):
    with Daemon(base(policers={"tools": TOOLS, "few": {"rate": "50kpps"}}), tmp_path) as daemon:
        assert list(daemon.call("policers")["policers"]) == ["tools", "few"]
        assert daemon.call("dedups") == {"dedups": {}}
        assert daemon.call("policers", names=["few"])["policers"]["few"]["burst"] == 500
        assert list(daemon.call("status")["policers"]) == ["tools", "few"]
        table = daemon.sluice("policers", "tools").stdout
        assert "2.00 Gbit/s" in table and "few" not in table
        assert json.loads(daemon.sluice("policers", "--json").stdout)["policers"]["tools"]["unit"] == "bits"

        answer = daemon.apply(base(policers={"tools": {**TOOLS, "rate": "1Gbps"}, "more": {"rate": "5pps"}}))
        assert fates(answer, "policers") == {"changed": ["tools"], "begun": ["more"], "ended": ["few"]}
        assert daemon.call("policers")["policers"]["tools"]["rate"] == 1_000_000_000
        answer = daemon.apply(base(policers={"more": {"rate": "5pps"}}))
        assert fates(answer, "policers") == {"kept": ["more"], "ended": ["tools"]}
        daemon.apply(base())
        assert daemon.call("policers") == {"policers": {}} and "policers" not in daemon.call("status")


def twice(chance, packets):
    """What two taps of one link see, one behind a router: by tap, and how many packets the second one has again."""
    one, two, again = [], [], 0
    for number, packet in enumerate(packets):
        time = START + number * 1_000_000
        one.append(packet._replace(time=time))
        if chance.random() < 0.5:
            continue
        again += 1
        later = time + chance.randrange(1, 900_000)
        frame, _ = actions.edited([{"set": {"ttl": "-1", "src-mac": "02:00:00:00:00:09"}}],
                                  edits.Frame(packet.data, packet.wire))
        two.append(packet._replace(time=later, data=frame.data))
    return one, two, again


def test_two_taps_of_one_link(tmp_path):
    packets = capture.read(capture.fixture("dns.pcap"))
    one, two, again = twice(random.Random(7), packets)
    capture.write(tmp_path / "one.pcap", one)
    capture.write(tmp_path / "two.pcap", two)
    dedup = {"window": "950us", "ignoring": ["mac", "ttl", "checksums"], "across": "ports"}
    what = config({"one": {"pcap": {"in": "one.pcap"}}, "two": {"pcap": {"in": "two.pcap"}}, "out": out("out")},
                  [{"name": "taps", "actions": [{"dedup": dedup}, {"forward": "out"}]}])
    run = offline(what, tmp_path)
    told = run.report["dedups"]["taps"]
    assert again and told["duplicates"] == told["cross_port"] == again
    assert told["looked_at"] == len(one) + len(two) and told["overwritten"] == 0
    assert 0 < told["lag_ns"]["p50"] <= told["lag_ns"]["p99"] <= told["lag_ns"]["max"] < 900_000
    assert run.report["drops"]["duplicate"] == run.report["rules"]["taps"]["duplicate"] == again
    assert [packet.data for packet in run.sent["out"]] == [packet.data for packet in one]


def policed(**more):
    """Two sources without end, each polled by a worker of its own."""
    ports = test_ports(one="rx=endless,flows=1000", two="rx=endless,flows=1000", a="")
    rules = [{"name": "all", "actions": [{"police": "few"}, {"forward": "a"}]}]
    return json.loads(json.dumps(config(ports, rules, workers=[0, 1], idle="sleep", **more)))


def test_two_workers_share_a_rate(tmp_path):
    # A burst of a tenth of a second: what workers that other programs hold up so long may have is not lost.
    rate, burst = 20_000_000, 262_144
    what = policed(policers={"few": {"rate": "20Mbps", "burst": "256KiB"}})
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        def look():
            status = daemon.call("status")
            return status["uptime"], status["policers"]["few"]

        daemon.until(lambda status: status["policers"]["few"]["over"] > 1000)
        (began, first), (ended, last) = look(), (0, None)
        while ended < began + 2:
            ended, last = look()
        assert all(worker["packets"] > 1000 for worker in daemon.call("workers")["workers"])
        passed, allowed = 8 * (last["passed_bytes"] - first["passed_bytes"]), rate * (ended - began)
        assert 0.98 * allowed - 8 * burst < passed < 1.01 * allowed + 8 * burst
        assert sum(last["shares"]) == pytest.approx(1)


def test_what_gates_remember_outlives_applies(tmp_path):
    """A policer that began anew would let a hundred more pass, and a dedup each packet once more."""
    ports = test_ports(source="rx=endless,flows=1000", a="")
    gates = [{"dedup": {"window": "60s"}}, {"forward": "a"}]
    once = {"name": "once", "from": ["source"], "actions": gates}

    def what(number):
        few = {"name": "few", "actions": [{"police": "few"}, {"mirror": "a"}]}
        other = {"name": f"other-{number}", "match": {"dst-port": number + 1}, "actions": ["drop"]}
        return json.loads(json.dumps(config(ports, [other, few, once], idle="sleep",
                                            policers={"few": {"rate": f"{number + 1}pps", "burst": 100}})))

    with Daemon(what(0), tmp_path, PLUGINS) as daemon:
        for number in range(1, 6):
            daemon.until(lambda status: status["policers"]["few"]["over"] > 1000)
            answer = daemon.apply(what(number))
            assert fates(answer, "dedups") == {"kept": ["once"]}
            assert fates(answer, "policers") == {"changed": ["few"]}
        status = daemon.until(lambda status: status["dedups"]["once"]["looked_at"] > 100_000)
        few, once = status["rules"]["few"], status["rules"]["once"]
        assert 100 <= few["packets"] - few["policed"] <= 100 + 6 * (status["uptime"] + 1)
        assert once["packets"] - once["duplicate"] == 1000
        # They count on, too: of a moment a little later.
        assert status["policers"]["few"]["over"] >= few["policed"] > 0
        assert status["dedups"]["once"]["duplicates"] >= once["duplicate"]


def test_tables_say_what_edits_and_gates_counted(tmp_path):
    """Columns for what some rule counts, and for nothing else; rows that only gates count in."""
    ports = test_ports(source="rx=3000", a="")
    plain = {"name": "plain", "match": {"protocol": "tcp"}, "actions": ["drop"]}
    rules = [{"name": "few", "actions": [{"strip": "vlan"}, {"police": "tools"}, {"forward": "a"}]}, plain]
    what = config(ports, rules, idle="sleep", policers={"tools": {"rate": "1pps", "burst": 100}, "idle": {"rate": "5pps"}})
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["rules"]["few"]["packets"] == 3000)
        few = daemon.call("rules")["rules"]["few"]
        head, *rows = daemon.sluice("rules").stdout.splitlines()
        assert head.split() == ["RULE", "PACKETS", "BYTES", "SHARE", "UNEDITED", "POLICED", "ACTIONS", "FILTER"]
        assert rows[0].split()[6:8] == [str(few["unedited"]), f"{few['policed']:,}"]
        assert rows[1][head.index("UNEDITED"):head.index("ACTIONS")].isspace(), "a rule without"
        assert daemon.sluice("rules", "--sort", "policed").stdout.splitlines()[1].startswith("few")
        shown = daemon.sluice("policers", "--nonzero").stdout
        assert "tools" in shown and "idle" not in shown
        daemon.apply(config(ports, [plain], idle="sleep"))
        head = daemon.sluice("rules").stdout.splitlines()[0]
        assert "POLICED" in head, "of earlier configs"


def test_each_action_says_what_it_counted(tmp_path):
    """Those of lists with edits or gates, in the list's order, for those that ask for the rule; and over an apply."""
    ports = test_ports(source="rx=3000", a="", b="")
    tools = {"mirror": "b", "with": [{"sample": 100}, {"slice": 20}]}
    listed = [{"mirror": "b"}, tools, {"police": "tools"}, {"mirror": "b"}, {"dedup": {"window": "1ns"}}, {"forward": "a"}]
    rules = [{"name": "counts", "actions": [{"sample": 10}, {"mirror": "a"}]},
             {"name": "ends", "actions": [{"sample": 1000}, {"mirror": "a"}, "drop"], "match": {"src": "255.0.0.0/8"}},
             {"name": "all", "actions": listed}, {"name": "plain", "actions": ["drop"]}]
    what = config(ports, rules, idle="sleep", policers={"tools": {"rate": "1pps", "burst": 100}})
    with Daemon(json.loads(json.dumps(what)), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["rules"]["all"]["packets"] == 3000)
        told = daemon.call("rules")["rules"]
        assert "steps" not in told["plain"] and "steps" not in told["default"]
        assert told["counts"]["steps"] == [{"action": "sample 10", "passed": 300, "stopped": 2700},
                                           {"action": "mirror a", "packets": 300}]
        assert [step.get("packets") for step in told["ends"]["steps"]] == [None, 0, 0]
        steps = told["all"]["steps"]
        passed, policed = 3000 - told["all"]["policed"], told["all"]["policed"]
        assert 100 <= passed < 200 and told["all"]["sampled_out"] == 2970
        first, second, police, third, dedup, end = steps
        assert first == {"action": "mirror b", "packets": 3000}
        assert second["with"] == [{"action": "sample 100", "passed": 30, "stopped": 2970},
                                  {"action": "slice 20", "unedited": 0}] and second["packets"] == 30
        assert police == {"action": "police tools", "passed": passed, "stopped": policed}
        assert third["packets"] == passed and dedup["stopped"] == told["all"]["duplicate"]
        assert end == {"action": "forward a", "packets": dedup["passed"]}
        ports = daemon.call("status")["ports"]
        assert ports["a"]["tx_packets"] == 300 + end["packets"] and ports["b"]["tx_packets"] == 3030 + third["packets"]
        table = daemon.sluice("rules", "all").stdout.split("all, each action\n")[1].splitlines()
        assert table[0].split() == ["ACTION", "GIVEN", "PASSED", "STOPPED", "UNEDITED"]
        assert [line.split()[0] for line in table[1:]] == ["mirror", "mirror", "with", "with", "police", "mirror", "dedup", "forward"]
        assert "each action" not in daemon.sluice("rules").stdout
        # The same list counts on, another one begins anew, whatever becomes of the rule.
        daemon.apply(json.loads(json.dumps({**what, "rules": [{**rules[0], "actions": [{"sample": 5}, {"mirror": "a"}]}, rules[2]]})))
        told = daemon.call("rules")["rules"]
        assert told["all"]["steps"] == steps and told["counts"]["packets"] == 3000
        assert told["counts"]["steps"] == [{"action": "sample 5", "passed": 0, "stopped": 0}, {"action": "mirror a", "packets": 0}]
