# SPDX-License-Identifier: BSD-3-Clause
"""Returns, offline, where it is known to the packet what becomes of what a replay sends: what rules drop, edit and mirror,
and what a model makes of a capture that comes in as if a device had sent it back."""

import collections
import json
import random

import pytest

from lib import capture
from lib.offline import SLUICED, Run, config, offline, out

FIXTURE = "dns.pcap"
LINE = capture.read(capture.fixture(FIXTURE))
PORT_53 = {"protocol": "udp", "src-port": 53}
ZERO = dict.fromkeys(("lost", "changed", "duplicated", "reordered", "late", "unknown", "missed", "crowded"), 0)


def bed(rules, replay=None, ports=None, **keys):
    """A replay into the rules, whose packets come back at once."""
    return config(ports or {"west": out("west")}, rules,
                  replays={"one": {"file": str(capture.fixture(FIXTURE)), "to": {"as": "west"}, **(replay or {})}},
                  returns={"through": {"replay": "one", **keys}})


def back(what, tmp_path, code=0):
    run = offline(what, tmp_path, code=code)
    assert run.report["ledger"]["balanced"] and run.report["ledger"]["held"] == 0
    return run.report["returns"]["through"]


def counts(found):
    return {name: found[name] for name in ZERO}


def of_port_53():
    """How many the rule takes, as sluice counts them without a return."""
    return sum(1 for packet in LINE if packet.data[12:14] == b"\x08\x00" and packet.data[23] == 17 and
               packet.data[34:36] == b"\x00\x35")


def test_all_comes_back(tmp_path):
    found = back(bed([{"name": "all", "actions": [{"forward": "through"}]}]), tmp_path)
    assert counts(found) == ZERO and found["verdict"] == "pass" and found["why"] == []
    assert found["sent"] == found["back"] == found["matched"] == len(LINE)
    assert found["by"] == "frame" and found["settled"] and found["run"] == 1
    assert found["latency_ns"] == dict.fromkeys(("min", "p50", "p99", "p99.9", "p99.99", "max"), 0)


def test_what_rules_drop_is_lost(tmp_path):
    what = bed([{"name": "dropped", "match": PORT_53, "actions": ["drop"]}, {"name": "all", "actions": [{"forward": "through"}]}])
    found = back(what, tmp_path, code=1)
    lost = of_port_53()
    assert lost > 0 and counts(found) == {**ZERO, "lost": lost}
    assert found["verdict"] == "fail" and found["why"] == [f"{lost} lost"]
    # Within what is tolerated it passes: as a number, as a share, and any.
    for tolerated in lost, f"{-(-100 * lost // len(LINE))}%", "any":
        what["returns"]["through"]["tolerance"] = {"lost": tolerated}
        found = back(what, tmp_path)
        assert found["verdict"] == "pass" and found["lost"] == lost
    for tolerated in lost - 1, f"{100 * lost // len(LINE) - 1}%":
        what["returns"]["through"]["tolerance"] = {"lost": tolerated}
        assert back(what, tmp_path, code=1)["verdict"] == "fail"


def test_what_is_mirrored_comes_twice(tmp_path):
    actions = [{"mirror": "through"}, {"forward": "through"}]
    found = back(bed([{"name": "twice", "match": PORT_53, "actions": actions}, {"name": "all", "actions": [{"forward": "through"}]}]), tmp_path,
                 code=1)
    assert counts(found) == {**ZERO, "duplicated": of_port_53()}
    assert found["back"] == len(LINE) + of_port_53()


def edited(ignoring=None, **keys):
    rules = [{"name": "edited", "match": PORT_53, "actions": [{"set": {"ttl": 9}}, {"forward": "through"}]},
             {"name": "all", "actions": [{"forward": "through"}]}]
    return bed(rules, **({"ignoring": ignoring} if ignoring else {}), **keys)


def test_what_is_edited_is_changed(tmp_path):
    found = back(edited(), tmp_path, code=1)
    assert counts(found) == {**ZERO, "changed": of_port_53()}
    # The first three, with what was and what is: the TTL stands in byte 22.
    assert found["changes"][0] == f"ttl, ip-checksum: {of_port_53()} packets"
    first = next(number for number, packet in enumerate(LINE) if packet.data[34:36] == b"\x00\x35" and packet.data[23] == 17)
    assert found["changes"][1].startswith(f"packet {first + 1} byte 22: {LINE[first].data[22]:02x} -> 09")
    assert len(found["changes"]) == 4


@pytest.mark.parametrize("ignoring", [["ttl"], ["ttl", "mac"], "auto"])
def test_what_may_change_did_not(tmp_path, ignoring):
    found = back(edited(ignoring), tmp_path)
    assert counts(found) == ZERO and found["matched"] == len(LINE)
    assert found["by"] == {"auto": "frame", 1: "ignoring ttl", 2: "ignoring mac, ttl"}["auto" if ignoring == "auto" else len(ignoring)]


@pytest.mark.parametrize("zeros", range(8))
def test_a_tag_makes_no_difference_to_padding(tmp_path, zeros):
    """A short frame that says nowhere how long it is: whether zeros at its end are padding can't depend on who pushed a tag."""
    frames = [bytes.fromhex("0180c200000e02000000000188cc") + number.to_bytes(2, "big") + b"x" * (44 - zeros) + bytes(zeros) for number in range(40)]
    sent = capture.write(tmp_path / "sent.pcap", frames)
    actions = [{"push": {"vlan": 7}}, {"forward": "through"}]
    found = back(bed([{"name": "all", "actions": actions}], replay={"file": str(sent)}, ignoring=["vlan"]), tmp_path)
    assert counts(found) == ZERO and found["matched"] == len(frames)


def test_what_left_is_compared_not_what_was_read(tmp_path):
    """Edits of the replay make the packet that is expected; padding too."""
    found = back(bed([{"name": "all", "actions": [{"forward": "through"}]}],
                     replay={"edits": [{"set": {"dst-mac": "02:00:00:00:00:07", "ttl": 3}}, {"push": {"vlan": 7}}]}), tmp_path)
    assert counts(found) == ZERO and found["matched"] == len(LINE)
    taken = capture.write(tmp_path / "cut.pcap", [packet._replace(data=packet.data[:60], wire=len(packet.data)) for packet in LINE])
    found = back(bed([{"name": "all", "actions": [{"forward": "through"}]}], replay={"file": str(taken), "truncated": "pad"}),
                 tmp_path)
    assert counts(found) == ZERO and found["sent"] == len(LINE)


@pytest.mark.parametrize("replay", [{"loops": 5}, {"loops": 3, "memory": "8MiB"}])
def test_loops_and_a_capture_that_streams(tmp_path, replay):
    frames = [bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5]) + number.to_bytes(4, "big") * 200 for number in range(15000)]
    big = capture.write(tmp_path / "big.pcap", frames)
    found = back(bed([{"name": "all", "actions": [{"forward": "through"}]}], replay={"file": str(big), **replay}), tmp_path)
    assert counts(found) == ZERO and found["matched"] == 15000 * replay["loops"]


def model(frames, seed):
    """What a device makes of packets that are a millisecond apart: who comes back when, and what that is."""
    draw, came, did = random.Random(seed), [], collections.Counter()
    for number, frame in enumerate(frames):
        fate = draw.choices(["same", "lost", "changed", "doubled", "held", "late"], [85, 4, 3, 3, 3, 2])[0]
        did[fate] += 1
        at = number * 1_000_000 + draw.randrange(1000, 200_000)
        if fate == "lost":
            continue
        if fate == "changed":
            frame = frame[:-3] + bytes([frame[-3] ^ 0x5a]) + frame[-2:]
        if fate == "held":
            # Behind the one after it, which comes at most 0.2 ms after its own time.
            at += 1_300_000
        if fate == "late":
            at += 60_000_000
        came.append((at, frame))
        if fate == "doubled":
            came.append((at + 100_000, frame))
    return sorted(came), did


@pytest.mark.parametrize("seed", range(6))
def test_a_device_of_which_everything_is_known(tmp_path, seed):
    start = 1_700_000_000_000_000_000
    frames = [bytes([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0]) + ip_udp(number) for number in range(1500)]
    sent = capture.write(tmp_path / "sent.pcap", [capture.Packet(start + number * 1_000_000, frame, len(frame)) for number, frame in enumerate(frames)])
    came, did = model(frames, seed)
    returned = capture.write(tmp_path / "came.pcap", [capture.Packet(start + at, frame, len(frame)) for at, frame in came])
    what = config({"west": out("west"), "east": {"pcap": {"in": str(returned)}}},
                  [{"name": "back", "from": ["east"], "actions": [{"forward": "through"}]}],
                  replays={"one": {"file": str(sent), "to": "west"}},
                  returns={"through": {"replay": "one", "within": "50ms", "tolerance": {"p99": "1us"}}})
    found = back(what, tmp_path, code=1)
    # Of what is late the return sees that it comes out of order, too.
    assert counts(found) == {**ZERO, "lost": did["lost"], "changed": did["changed"], "duplicated": did["doubled"], "late": did["late"],
                             "reordered": found["reordered"]}
    assert found["sent"] == len(frames) and found["back"] == len(came)
    assert reordered(came, frames) == found["reordered"] > 0
    latencies = sorted(at - frames.index(frame) * 1_000_000 for at, frame in first(came, frames, 50_000_000))
    assert found["latency_ns"]["min"] == latencies[0] and found["latency_ns"]["max"] == latencies[-1]
    p99 = latencies[-(-99 * len(latencies) // 100) - 1]
    assert p99 <= found["latency_ns"]["p99"] <= p99 * 33 / 32
    assert any(line.startswith("p99 is ") and line.endswith("more than 1us") for line in found["why"])
    # Again, to the byte.
    assert json.dumps(back(what, tmp_path, code=1)) == json.dumps(found)


def ip_udp(number):
    payload = number.to_bytes(4, "big") * 8
    return (bytes([0x45, 0, 0, 28 + len(payload)]) + number.to_bytes(2, "big") + bytes([0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]) +
            (4000).to_bytes(2, "big") + (53).to_bytes(2, "big") + (8 + len(payload)).to_bytes(2, "big") + bytes(2) + payload)


def first(came, frames, within):
    """Those that came back unchanged and in time, each once."""
    places, seen = {frame: number for number, frame in enumerate(frames)}, set()
    for at, frame in came:
        if frame in places and frame not in seen and at - places[frame] * 1_000_000 <= within:
            yield at, frame
        seen.add(frame)


def reordered(came, frames):
    """RFC 4737, 3: of those that came, each once, behind which one is here already that was sent later."""
    places, seen, following, count = {frame: number for number, frame in enumerate(frames)}, set(), 0, 0
    for _, frame in came:
        if frame not in places or frame in seen:
            continue
        seen.add(frame)
        count += places[frame] < following
        following = max(following, places[frame] + 1)
    return count


def test_what_the_replay_did_not_send_is_unknown(tmp_path):
    what = config({"west": out("west"), "east": {"pcap": {"in": str(capture.fixture("mixed.pcap"))}}},
                  [{"name": "back", "actions": [{"forward": "through"}]}],
                  replays={"one": {"file": str(capture.fixture(FIXTURE)), "to": "west"}},
                  returns={"through": {"replay": "one", "tolerance": {"lost": "any", "unknown": "any"}}})
    found = back(what, tmp_path)
    # What comes before its replay begins is no part of the run.
    assert found["unknown"] == found["back"] <= found["taken"] == len(capture.read(capture.fixture("mixed.pcap")))
    assert found["lost"] == found["sent"] == len(LINE)


def test_bench(tmp_path):
    """What docs/performance.md speaks of; it fails by itself where packets are not found."""
    run = Run([SLUICED, "bench", "return", "--json"], tmp_path)
    assert run.code == 0, run.err
    rows = json.loads(run.out)
    assert list(rows) == ["return-sent", "return-back", "return-thread"] and all(row["cycles"]["best"] > 0 for row in rows.values())


def test_a_replay_that_has_not_sent(tmp_path):
    found = back(bed([{"name": "all", "actions": [{"forward": "through"}]}], replay={"start": "manual"}), tmp_path)
    assert found["verdict"] == "none" and found["why"] == ["its replay has sent nothing yet"] and found["run"] == 0


@pytest.mark.parametrize("change, says", [
    ({"replay": "onne"}, 'replay: there is no replay "onne"; did you mean "one"?'),
    ({"ignoring": ["tll"]}, '"ttl"'),
    ({"within": "0s"}, "within"),
    ({"tolerance": {"lost": "half"}}, "lost: expected a number of packets, a share of those sent such as 0.5%, or any"),
    ({"tolerance": {"lots": 0}}, 'unknown key "lots"; did you mean "lost"?'),
    ({"memory": "1MiB"}, "memory"),
])
def test_what_is_refused(tmp_path, change, says):
    what = bed([])
    what["returns"]["through"].update(change)
    assert says in offline(what, tmp_path, code=2).err


def test_names_and_replays_are_one_returns(tmp_path):
    what = bed([])
    what["returns"]["again"] = {"replay": "one"}
    assert "returns: through and again are both of replay one, which has one verdict" in offline(what, tmp_path, code=2).err
    what["returns"] = {"west": {"replay": "one"}}
    assert "returns: \"west\" is a port already" in offline(what, tmp_path, code=2).err


def test_workers_that_send_at_once_have_no_order(tmp_path):
    what = bed([])
    what["workers"] = [0, 1]
    assert 'leaves from 2 workers at once, so its packets have no one order; give it "flows: single"' in \
        offline(what, tmp_path, code=2).err
    what["returns"]["through"]["tolerance"] = {"reordered": "any"}
    what["memory"]["packets"] = 16383
    what["rules"] = [{"name": "all", "actions": [{"forward": "through"}]}]
    offline(what, tmp_path)
