# SPDX-License-Identifier: BSD-3-Clause
"""Groups by what is in tunnels: each flow inside has one member, whichever tunnel it comes in and whichever way it goes,
members get what they weigh, and that stays so while members come and go."""

import collections
import random
import struct
import time

import pytest

from lib import capture, layers, tunnelled
from lib.capture import Packet
from lib.daemon import Daemon
from lib.offline import config, offline, out

START = 1_700_000_000_000_000_000
NAMES = ["m0", "m1", "m2"]


def members_of(flows, directory, group):
    """Sends both directions of each flow, in VXLAN of one flow and bare, and GTP-U; the members that each flow came to."""
    def udp(flow, back):
        ends = ["c0a8%04x" % flow, "0a000001"]
        packet = struct.pack(">HHHH", *((53, 2000) if back else (2000, 53)), 12, 0) + b"flow"
        return tunnelled.ipv4(17, packet, src=ends[back], dst=ends[not back])

    frames = []
    for flow in range(flows):
        for frame in (udp(flow, False), udp(flow, True)):
            frames += [frame, tunnelled.vxlan(5, frame), tunnelled.gtp_u(5, tunnelled.packet_of(frame))]
    capture.write(directory / "in.pcap", [Packet(START + number, frame, len(frame)) for number, frame in enumerate(frames)])
    names = NAMES
    what = config({"in": {"pcap": {"in": "in.pcap"}}, **{name: out(name) for name in names}}, default={"forward": "all"})
    what["groups"] = {"all": {"ports": names, **group}}
    run = offline(what, directory)
    came = {number: name for name in names for number in [packet.time - START for packet in run.sent[name]]}
    return [[came[flow * 6 + number] for number in range(6)] for flow in range(flows)]


def test_groups_by_what_is_inside(tmp_path):
    found = members_of(300, tmp_path, {"hash": "inner"})
    assert all(len(set(members)) == 1 for members in found)
    shares = collections.Counter(members[0] for members in found)
    assert min(shares.values()) > 70 and len(shares) == 3, shares


def test_groups_by_what_is_inside_and_weights(tmp_path):
    found = members_of(300, tmp_path, {"hash": "inner", "weights": [1, 1, 4]})
    assert all(len(set(members)) == 1 for members in found)
    assert collections.Counter(members[0] for members in found)["m2"] > 160


def test_groups_by_what_is_outside(tmp_path):
    found = members_of(100, tmp_path, {"hash": "outer"})
    assert len({members[number] for members in found for number in (1, 4)}) == 1
    assert len({members[0] for members in found}) == 3


def flows_of(chance, count):
    """For each flow two IP packets, one a direction: TCP, UDP, ICMP, IPv4 and IPv6, and fragments, which go by addresses."""
    found = []
    for flow in range(count):
        v6, kind = flow % 3 == 0, chance.choice(["udp", "tcp", "icmp", "fragment"])
        ends = [chance.randbytes(16 if v6 else 4) for _ in "12"]
        numbers = [chance.randrange(65536) for _ in "12"]
        pair = []
        for back in (0, 1):
            src, dst = (ends[back], ends[not back])
            ports = struct.pack(">HH", numbers[back], numbers[not back])
            behind = {"udp": ports + struct.pack(">HH", 12, 0), "tcp": ports + bytes(8) + b"\x50" + bytes(7)}.get(kind, bytes(8)) + b"flow"
            protocol = {"udp": 17, "tcp": 6, "icmp": 58 if v6 else 1, "fragment": 17}[kind]
            if v6:
                if kind == "fragment":
                    protocol, behind = 44, struct.pack(">BBHI", 17, 0, back * 800 | (not back), 7) + ports + behind
                pair.append(struct.pack(">IHBB", 6 << 28, len(behind), protocol, 64) + src + dst + behind)
            else:
                fragment = 0x2000 if kind == "fragment" and not back else 100 if kind == "fragment" else 0
                pair.append(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(behind), 7, fragment, 64, protocol, 0) + src + dst + behind)
        found.append(pair)
    return found


def in_ethernet(chance, packet):
    """With one of several pairs of addresses, and seldom with a tag."""
    kind = layers.IPV6 if packet[0] >> 4 == 6 else layers.IPV4
    tag = chance.choice([b"", b"", struct.pack(">HH", 0x8100, chance.randrange(4096))])
    return chance.choice([tunnelled.MACS, tunnelled.MACS[6:] + tunnelled.MACS[:6]]) + tag + struct.pack(">H", kind) + packet


KINDS = ("vxlan", "geneve", "gre", "erspan", "gtp-u", "ipip", "mpls", "pseudowire")


def wrapped(chance, packet):
    """Bare, in one tunnel of any kind, or behind a tag around it."""
    frame = in_ethernet(chance, packet)
    if chance.random() < 0.2:
        return frame
    kind = chance.choice(KINDS)
    if kind == "gtp-u":  # of a whole datagram: what is of a fragment's inside goes by what the fragment has of it
        return tunnelled.gtp_u(chance.getrandbits(32), packet)
    frame = tunnelled.wrapped(chance, frame, kind)
    return tunnelled.wrapped(chance, frame, "vlan") if chance.random() < 0.3 else frame


def shared(frames, directory, **group):
    """The member of each frame, and that each came to one, whole."""
    capture.write(directory / "in.pcap", [Packet(START + number, frame, len(frame)) for number, frame in enumerate(frames)])
    names = [f"m{number}" for number in range(len(group.get("weights", NAMES)))]
    what = config({"in": {"pcap": {"in": "in.pcap"}}, **{name: out(name) for name in names}}, default={"forward": "all"})
    what["groups"] = {"all": {"ports": names, **group}}
    run = offline(what, directory)
    came = {packet.time - START: (name, packet.data) for name in names for packet in run.sent[name]}
    assert [came[number][1] for number in range(len(frames))] == frames
    return [came[number][0] for number in range(len(frames))]


@pytest.mark.parametrize("weights", [[1, 1, 1], [2, 1], [1, 1, 4], [7, 5, 3, 2, 1], [1023, 1], [3]])
def test_flows_inside_stay_together(weights, tmp_path):
    chance = random.Random(f"groups {weights}")
    flows, frames, owner = flows_of(chance, 800), [], []
    for number, pair in enumerate(flows):
        for packet in pair * 3:
            frames.append(wrapped(chance, packet))
            owner.append(number)
    order = chance.sample(range(len(frames)), len(frames))
    members = shared([frames[place] for place in order], tmp_path, hash="inner", weights=weights)
    member_of = {}
    for place, member in zip(order, members):
        flow = owner[place]
        assert member_of.setdefault(flow, member) == member, (flow, frames[place].hex())
    shares = collections.Counter(member_of.values())
    for number, weight in enumerate(weights):
        wanted = len(flows) * weight / sum(weights)
        # Within five standard deviations of what chance gives.
        assert abs(shares[f"m{number}"] - wanted) <= 5 * (wanted * (1 - wanted / len(flows))) ** 0.5 + 1, (shares, weights)


def test_what_is_inside_and_unknown_goes_by_its_addresses(tmp_path):
    """Frames without IP by their MAC addresses, either way; an inside without addresses by those of the tunnel; of tunnels
    in tunnels the outer one is looked into."""
    ends = [bytes([2, 0, 0, 0, flow >> 8, flow & 255]) for flow in range(200)]
    router = b"\x02\x00\x00\x00\xff\xff"
    frames = []
    for end in ends:
        for macs in (router + end, end + router):
            frame = macs + b"\x88\xcc" + bytes(50)
            frames += [frame, tunnelled.vxlan(9, frame), tunnelled.wrapped(random.Random(1), frame, "gre")]
    members = shared(frames, tmp_path, hash="inner")
    for flow in range(len(ends)):
        assert len(set(members[flow * 6:flow * 6 + 6])) == 1
    assert len(set(members)) == 3

    # A packet of five bytes has no addresses, so all such are one flow of the tunnel; what is in VXLAN in GTP-U is
    # told by the ends of the VXLAN.
    cut = [tunnelled.gtp_u(teid, b"\x45" + bytes(4)) for teid in range(50)]
    inner = [tunnelled.packet_of(tunnelled.vxlan(1, tunnelled.udp(port, b"", src=f"c0a8{port:04x}"))) for port in range(50)]
    members = shared(cut + [tunnelled.gtp_u(1, packet) for packet in inner], tmp_path, hash="inner")
    assert len(set(members[:50])) == 1 and len(set(members[50:])) == 1


def of_run(packets, mark):
    """By flow: the members that have packets of a run, and how many."""
    found = collections.defaultdict(collections.Counter)
    for name, data in packets:
        if data.endswith(mark):
            found[data[-4 - len(mark):-len(mark)]][name] += 1
    return found


def test_members_come_and_go(tmp_path):
    """While one has no link its flows go to the others by weight and no other flow moves; a config with another group, too,
    loses and doubles nothing and keeps both directions together."""
    chance, marks = random.Random(5), [b"all!", b"two!", b"back", b"more", b"less"]
    flows = flows_of(chance, 300)
    what = config({"lan": {"vdev": "net_null0,no-rx=1"}, **{name: out(name) for name in [*NAMES, "m3"]}}, default={"forward": "all"}, idle="sleep")
    what["groups"] = {"all": {"ports": NAMES, "hash": "inner", "weights": [2, 1, 1]}}
    what["replays"] = {}
    for mark in marks:
        frames = [wrapped(chance, packet) + struct.pack(">I", flow) + mark
                  for flow, pair in enumerate(flows) for packet in pair for _ in "12"]
        name = mark.decode().rstrip("!")
        capture.write(tmp_path / f"{name}.pcap", frames)
        what["replays"][name] = {"file": f"{name}.pcap", "to": {"as": "lan"}, "pace": "top", "start": "manual"}

    def play(name):
        daemon.call("replay.start", name=name)
        daemon.until(lambda status: status["replays"][name]["state"] == "done")

    with Daemon(what, tmp_path) as daemon:
        play("all")
        daemon.call("port.down", name="m0")
        play("two")
        daemon.call("port.up", name="m0")
        while daemon.call("ports")["ports"]["m0"]["state"] != "up":
            time.sleep(0.02)
        play("back")
        what["groups"]["all"] = {"ports": [*NAMES, "m3"], "hash": "inner", "weights": [1, 1, 1, 3]}
        daemon.apply(what)
        play("more")
        what["groups"]["all"] = {"ports": ["m3", "m1"], "hash": "inner"}
        daemon.apply(what)
        play("less")
        daemon.stop()
    packets = [(name, packet.data) for name in [*NAMES, "m3"] for packet in capture.read(tmp_path / f"{name}.pcap")]
    runs = [of_run(packets, mark) for mark in marks]
    for run in runs:
        assert len(run) == len(flows)
        assert all(len(members) == 1 and sum(members.values()) == 4 for members in run.values())
    every, two, back, more, less = [{flow: next(iter(members)) for flow, members in run.items()} for run in runs]
    assert back == every and set(every.values()) == set(NAMES)
    assert all(two[flow] == member for flow, member in every.items() if member != "m0")
    moved = collections.Counter(two[flow] for flow, member in every.items() if member == "m0")
    assert set(moved) == {"m1", "m2"} and min(moved.values()) > sum(moved.values()) / 4, moved
    assert collections.Counter(more.values())["m3"] > 100 and set(more.values()) == {*NAMES, "m3"}
    assert set(less.values()) == {"m3", "m1"}
