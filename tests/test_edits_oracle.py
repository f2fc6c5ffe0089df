# SPDX-License-Identifier: BSD-3-Clause
"""The oracle of edits and gates is looked at itself: against frames by hand, against tshark, against what must hold."""

import pathlib
import random

import pytest
import yaml

import oracle
from lib import actions, capture, edits, gates, layers, shark, sums
from lib.capture import Packet
from lib.random_edits import random_edits, random_tunnel

pytestmark = pytest.mark.unbuilt
CASES = pathlib.Path(__file__).parent / "lib" / "edit_cases.txt"
KINDS = {layers.TCP: "tcp", layers.UDP: "udp", layers.ICMP: "icmp", layers.ICMPV6: "icmpv6", layers.SCTP: "sctp"}
CONTEXT = edits.Context(time=1_700_000_000_000_000_005, port=2)
PACKETS = 300  # of a capture, drawn at random where it has more

needs_shark = pytest.mark.skipif(shark.SHARK is None, reason="tshark is not installed")


def frame_of(text):
    data, _, more = text.partition("+")
    data = bytes.fromhex(data.replace("|", ""))
    return edits.Frame(data, len(data) + int(more or 0))


def cases():
    """(name, action, frame before, frame after or None)."""
    blocks = [[line for line in block.splitlines() if not line.startswith("#")]
              for block in CASES.read_text(encoding="utf-8").split("\n\n")]
    for name, words, before, after in filter(None, blocks):
        assert before[:2] == "< " and after[:2] == "> ", name
        yield (name, yaml.safe_load("{ " + words + " }"), frame_of(before[2:]),
               None if after == "> -" else frame_of(after[2:]))


ALL = list(cases())


def some(name, chance):
    packets = capture.read(capture.fixture(name))
    if len(packets) > PACKETS:
        packets = [packets[number] for number in sorted(chance.sample(range(len(packets)), PACKETS))]
    return packets


def packed(frame):
    return Packet(CONTEXT.time, frame.data, frame.wire)


@pytest.mark.parametrize("name,action,before,after", ALL, ids=[case[0] for case in ALL])
def test_by_hand(name, action, before, after):
    got, idle = actions.edited([action], before, CONTEXT)
    assert idle == (after is None), name
    assert got == (after or before)


@needs_shark
def test_tshark_agrees_by_hand(tmp_path):
    """What had right checksums and was well formed is so behind the edit."""
    whole = [case for case in ALL if case[3] and all(frame.wire == len(frame.data) for frame in case[2:])]
    before = shark.checks([packed(case[2]) for case in whole], tmp_path)
    after = shark.checks([packed(case[3]) for case in whole], tmp_path)
    good = 0
    for case, old, new in zip(whole, before, after):
        if "0" in "".join(old[name] for name in shark.STATUS):
            continue
        good += 1
        assert "0" not in "".join(new[name] for name in shark.STATUS), case[0]
        # A payload that is masked is none of its protocol any more.
        assert "mask" in case[1] or not new["_ws.malformed"] or old["_ws.malformed"], case[0]
    assert good > 60


def test_known_sums():
    assert sums.crc32c(b"123456789") == 0xE3069283
    assert sums.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D  # RFC 1071's own
    assert sums.checksum(b"\xff") == 0x00FF


@pytest.mark.parametrize("name", capture.GOOD)
def test_reads_what_the_oracle_of_rules_reads(name):
    for packet in capture.read(capture.fixture(name)):
        fields, found = oracle.parse(packet.data), layers.read(packet.data)
        assert fields.ether_type == found.ether_type and (fields.vlan is not None) == bool(found.tags)
        network = found.network
        assert (fields.src is None) == (network is None)
        if network:
            assert fields.src == packet.data[slice(*network.src)] and fields.dst == packet.data[slice(*network.dst)]
            assert (fields.protocol, fields.fragment) == (network.protocol, network.fragment)
            ports = network.transport() in oracle.WITH_PORTS and network.end + 4 <= len(packet.data)
            assert (fields.src_port is not None) == ports


@needs_shark
@pytest.mark.parametrize("name", capture.GOOD)
def test_tshark_agrees_on_what_is_right(name, tmp_path):
    """Of each whole packet, the outermost headers' checksums."""
    whole = [packet for packet in capture.read(capture.fixture(name)) if len(packet.data) == packet.wire]
    for packet, seen in zip(whole, shark.checks(whole, tmp_path)):
        network = layers.read(packet.data).network
        if network is None or network.fragment or not network.end <= network.packet_end <= len(packet.data):
            continue
        for one in sums.checksums(packet.data):
            kind = "ip" if one.at < network.end else KINDS[network.protocol]
            said = seen[f"{kind}.checksum.status"].split(",")[0]
            if said in ("0", "1"):
                right = one.stored(packet.data) == one.right(packet.data)
                assert right == (said == "1"), (packet.data.hex(), kind)


@needs_shark
@pytest.mark.parametrize("verb", ["set", "nat"])
@pytest.mark.parametrize("name", capture.GOOD)
def test_tshark_sees_right_stay_right(name, verb, tmp_path):
    """Behind edits of fields tshark says of the checksums what it said before; behind nat of those in quotes, too."""
    chance = random.Random(f"{name} {verb}")
    packets = some(name, chance)
    after = []
    for one in packets:
        frame, _ = actions.edited(random_edits(chance, one.data, (verb,)), edits.Frame(one.data, one.wire), CONTEXT)
        after.append(one._replace(data=frame.data, wire=frame.wire))
    old, new = shark.checks(packets, tmp_path), shark.checks(after, tmp_path)
    for number, (one, other) in enumerate(zip(old, new)):
        for field in shark.STATUS:
            said, says = one[field].split(","), other[field].split(",")
            if verb == "set":
                # Ports decide what tshark takes a payload for, and so whether it finds more checksums inside.
                said, says = said[:1], says[:1] if says[0] else said[:1]
            assert said == says, (number, field, packets[number].data.hex(), after[number].data.hex())


@needs_shark
@pytest.mark.parametrize("kind,layer", [("vxlan", "udp:vxlan"), ("geneve", "udp:geneve"), ("gre", "gre"),
                                        ("erspan", "gre:erspan")])
@pytest.mark.parametrize("version", [4, 6])
def test_tshark_reads_what_is_pushed(kind, layer, version, tmp_path):
    chance = random.Random(f"{kind} {version}")
    packets = capture.read(capture.fixture("mixed.pcap"))[:100]
    after = []
    for packet in packets:
        push = random_tunnel(chance, kind, version)
        frame, idle = actions.edited([push], edits.Frame(packet.data, packet.wire), CONTEXT)
        assert not idle
        after.append(packet._replace(data=frame.data, wire=frame.wire))
    outer = f"eth:ethertype:{'ip' if version == 4 else 'ipv6'}:{layer}:"
    inside = shark.fields(packets, tmp_path, "frame.protocols", "_ws.malformed")
    for old, new in zip(inside, shark.fields(after, tmp_path, "frame.protocols", "_ws.malformed")):
        assert new["frame.protocols"].startswith(outer + "eth:"), new
        # Deep inside tshark gives up earlier with protocols of which it keeps state.
        assert new["frame.protocols"].startswith((outer + old["frame.protocols"])[:len(outer) + 18]), (old, new)
        assert bool(new["_ws.malformed"]) <= bool(old["_ws.malformed"])


@needs_shark
def test_tshark_reads_stamps(tmp_path):
    packets = capture.read(capture.fixture("mixed.pcap"))[:200]
    after = []
    for packet in packets:
        frame, _ = actions.edited([{"stamp": {"device": 513}}], edits.Frame(packet.data, packet.wire),
                                  edits.Context(packet.time, 3, duplicate=len(packet.data) % 2 == 1))
        after.append(packet._replace(data=frame.data, wire=frame.wire))
    names = ("metamako.srcdevice", "metamako.srcport", "metamako.flags", "metamako.time")
    found = 0
    for one, seen in zip(after, shark.fields(after, tmp_path, *names)):
        # Behind what is no IP packet it has no way to know of a trailer.
        if seen["metamako.time"]:
            found += 1
            assert (seen["metamako.srcdevice"], seen["metamako.srcport"]) == ("513", "3"), seen
            assert int(seen["metamako.flags"], 16) == (4 if len(one.data) % 2 else 0), seen
    assert found > 150


@pytest.mark.parametrize("name", capture.GOOD)
def test_what_is_pushed_is_stripped(name):
    chance = random.Random(f"strip {name}")
    for packet in some(name, chance):
        before = edits.Frame(packet.data, packet.wire)
        if len(packet.data) < 14:
            continue
        pushed = [(kind, random_tunnel(chance, kind, version))
                  for kind in ("vxlan", "geneve", "gre", "erspan") for version in (4, 6)]
        for word, action in [("vlan", {"push": {"vlan": 7}}), *pushed]:
            there, idle = actions.edited([action], before, CONTEXT)
            assert not idle and there.wire - len(there.data) == before.wire - len(before.data)
            for strip in (word, "tunnel") if word != "vlan" else (word,):
                assert actions.edited([{"strip": strip}], there, CONTEXT) == (before, False), (word, packet.data.hex())


@pytest.mark.parametrize("name", capture.GOOD)
def test_there_and_back(name):
    """What is set and set back is what it was: all that was wrong is wrong by as much."""
    for packet in capture.read(capture.fixture(name)):
        found, before = layers.read(packet.data), edits.Frame(packet.data, packet.wire)
        network = found.network
        if network is None:
            continue
        back = {"src": str(oracle.ipaddress.ip_address(packet.data[slice(*network.src)])),
                "dst": str(oracle.ipaddress.ip_address(packet.data[slice(*network.dst)]))}
        there = {4: {"src": "203.0.113.77", "dst": "198.51.100.3"},
                 6: {"src": "2001:db8:ffff::77", "dst": "ff02::9"}}[network.version]
        if network.transport() in (layers.TCP, layers.UDP, layers.SCTP) and network.end + 4 <= len(packet.data):
            there.update({"src-port": 1, "dst-port": 65535})
            back.update({"src-port": layers.number(packet.data[network.end:network.end + 2]),
                         "dst-port": layers.number(packet.data[network.end + 2:network.end + 4])})
        away, idle = actions.edited([{"set": there}], before)
        assert not idle
        home, _ = actions.edited([{"set": back}], away)
        differ = [at for at in range(len(home.data)) if home.data[at] != before.data[at]]
        # Both are 0 to a one's complement sum: ffff is written as 0 but by UDP.
        assert all(home.data[at] in (0, 255) and before.data[at] in (0, 255) for at in differ), packet.data.hex()


# ---- gates and lists

def packet(time, data=b"", size=100):
    return Packet(time, data.ljust(size, b"\0"), max(size, len(data)))


def passed(gate, packets):
    return [number for number, (one, port) in enumerate(packets) if gate.stops(one, port) is None]


def test_sample():
    assert passed(gates.Sample(3), [(packet(0), "a")] * 8) == [0, 3, 6]


def test_meter_of_bits():
    """1 kbit/s, and 100 bytes at once: the second fits after 0.8 s, and not a nanosecond earlier."""
    what = {"rate": "1kbps", "burst": "100"}
    second = 800_000_000
    came = [(packet(time), "a") for time in (0, second - 1, second)]
    assert passed(gates.Police(gates.Meter(what)), came) == [0, 2]
    assert passed(gates.Above(gates.Meter(what)), came) == [1]


def test_meter_of_packets():
    what = {"rate": "10pps", "burst": 2}
    times = [0, 0, 0, 50, 100, 199, 200, 600, 600, 600]
    came = [(packet(time * 1_000_000), "a") for time in times]
    assert passed(gates.Police(gates.Meter(what)), came) == [0, 1, 4, 6, 7, 8]


def udp_frame(**changes):
    values = {"macs": "020000000002020000000001", "tag": "", "tos": "00", "ttl": "40", "sum": "1111", "udp": "16d8",
              "load": "61626364", "pad": "", **changes}
    return bytes.fromhex("{macs}{tag}080045{tos}002000010000{ttl}11{sum}0a0000010a000002"
                         "10000035000c{udp}{load}{pad}".format(**values))


@pytest.mark.parametrize("changes,ignoring,same", [
    ({}, [], True), ({"pad": "ffff"}, [], True),
    ({"load": "61626365"}, ["mac", "vlan", "ttl", "checksums", "dscp"], False),
    ({"macs": "020000000002020000000003"}, [], False), ({"macs": "020000000002020000000003"}, ["mac"], True),
    ({"tag": "81000005"}, ["mac"], False), ({"tag": "81000005"}, ["vlan"], True),
    ({"ttl": "3f"}, ["ttl"], True), ({"ttl": "3f", "sum": "1211"}, ["ttl"], False),
    ({"ttl": "3f", "sum": "1211"}, ["ttl", "checksums"], True),
    ({"udp": "0000"}, ["checksums"], True), ({"tos": "b8"}, ["dscp"], True), ({"tos": "01"}, ["dscp"], False)])
def test_what_is_a_duplicate(changes, ignoring, same):
    gate = gates.Dedup({"window": "50ms", "ignoring": ignoring})
    both = [(Packet(0, udp_frame(), 46), "a"), (Packet(1000, udp_frame(**changes), 46), "a")]
    assert passed(gate, both) == ([0] if same else [0, 1])


def test_window():
    """A duplicate does not make it longer; the end is no part of it."""
    times = [0, 30, 49, 50, 99, 100]
    assert passed(gates.Dedup({"window": "50ms"}), [(packet(time * 1_000_000), "a") for time in times]) == [0, 3, 5]


def test_across_ports():
    came = [(0, "a"), (1, "a"), (2, "b"), (49, "a"), (60, "b"), (120, "b"), (121, "a")]
    gate = gates.Dedup({"window": "50ms", "across": "ports"})
    assert passed(gate, [(packet(time * 1_000_000), port) for time, port in came]) == [0, 1, 3, 5]


def run(rules, packets, default="drop", **more):
    config = {"ports": {"in": {}, "a": {}, "b": {}, "c": {}}, "rules": rules, "default": default, **more}
    judge = oracle.Judge(config)
    return [judge.judge(one, "in") for one in packets]


def lengths(verdict):
    return [(target, len(shape.low.data), shape.low.wire) for target, shape, _ in verdict.given]


def test_list_from_left_to_right():
    """Edits and gates hold for what stands behind them; a mirror's own for it alone."""
    first, second = run([{"name": "r", "actions": [
        {"mirror": "a"}, {"slice": 60}, {"mirror": "b", "with": [{"slice": 20}, {"sample": 2}]}, {"mirror": "b"},
        {"sample": 2}, {"slice": 50}, {"forward": "c"}]}], [packet(0), packet(1)])
    assert lengths(first) == [("a", 100, 100), ("b", 20, 100), ("b", 60, 100), ("c", 50, 100)]
    assert lengths(second) == [("a", 100, 100), ("b", 60, 100)]
    assert (first.dropped, second.dropped) == (None, "sampled-out")
    assert (first.noted, second.noted) == (frozenset(), {("r", "sampled_out")})


def test_rule_that_passes_on():
    """It passes on what came, whether its gate was passed or not."""
    rules = [{"name": "p", "actions": [{"sample": 2}, {"slice": 20}, {"mirror": "a"}]},
             {"name": "e", "actions": [{"forward": "b"}]}]
    first, second = run(rules, [packet(0), packet(1)])
    assert lengths(first) == [("a", 20, 100), ("b", 100, 100)] and lengths(second) == [("b", 100, 100)]
    assert first.taken == second.taken == ["p", "e"] and second.dropped is None


def test_unedited_is_what_somebody_was_given():
    rules = [{"name": "r", "actions": [{"strip": "vlan"}, {"sample": 2}, {"mirror": "a", "with": [{"slice": 999}]},
                                       {"forward": "b"}]}]
    first, second = run(rules, [packet(0), packet(1)])
    assert first.noted == {("r", "unedited")} and second.noted == {("r", "sampled_out")}


def test_named_lists_and_policers():
    rules = [{"name": "r", "actions": [{"edit": "short"}, {"police": "slow"}, {"mirror": "a"}]},
             {"name": "s", "actions": [{"police": "slow"}, {"forward": "b"}]}]
    more = {"edits": {"short": [{"slice": 40}]}, "policers": {"slow": {"rate": "1kbps", "burst": "100B"}}}
    (verdict,) = run(rules, [packet(0)], **more)
    assert lengths(verdict) == [("a", 40, 100)] and verdict.dropped == "policed"


def test_shapes_leave_open_what_can_not_be_foretold():
    push = {"push": {"vxlan": {"vni": 5, "src": "10.0.0.1", "dst": "10.0.0.2"}}}
    (verdict,) = run([{"name": "r", "actions": [push, {"forward": "a"}]}], [packet(0)])
    given = verdict.given[0].shape
    good = bytearray(given.low.data)
    good[34:36] = b"\xd2\x34"
    assert given.fits(bytes(good), given.low.wire) and not given.fits(bytes(good), 1)
    for at in (33, 34, 36):
        bad = bytearray(good)
        bad[at] ^= 0x40 if at != 34 else 0x80
        assert not given.fits(bytes(bad), given.low.wire)


INSIDE = {
    "labels": ("mpls", {"label": 16}), "labels and a control word": ("mpls", {"label": 16}),
    "VXLAN's": ("vxlan", {"vni": 0x123456}), "Geneve with options": ("geneve", {"vni": 5}),
    "GRE's frame": ("gre", {"key": 9}), "GRE's packet": ("gre", {}), "ERSPAN I's": ("erspan", {}),
    "ERSPAN II's": ("erspan", {"session": 1023}), "ERSPAN III's": ("erspan", {"session": 5}),
    "GTP-U's": ("gtp-u", {"teid": 1}), "IP in IP": ("ipip", {}), "IPv6 in IP": ("ipip", {})}


@pytest.mark.parametrize("name", INSIDE)
def test_inside(name):
    before = next(case[2] for case in ALL if case[0] == name)
    kind, ids = INSIDE[name]
    source = {"labels": "10.0.0.1", "GRE's packet": "10.0.0.1", "GTP-U's": "10.0.0.1", "IP in IP": "10.0.0.1",
              "IPv6 in IP": "2001:db8::1"}.get(name, "192.168.0.1")
    right = {"tunnel": [kind, "vxlan"], **ids, "inner": {"src": source, "dst-port": "9-10"}}
    assert oracle.matches_frame(right, before.data)
    other = "ipip" if kind != "ipip" else "gre"
    for wrong in ({"tunnel": other}, {"inner": {"dst-port": 10}}, {"inner": {"vlan": "0-4095"}},
                  {"inner": {"tunnel": kind}}, *({key: 0} for key in ("vni", "teid", "key", "label", "session"))):
        assert not oracle.matches_frame({**right, **wrong}, before.data), wrong
    assert not oracle.matches_frame(right, before.data[:30])
