# SPDX-License-Identifier: BSD-3-Clause
"""What the whole jobs of docs/actions.md write is what their first lines promise."""

import collections
import json
import shutil
import struct

import pytest

from lib import actions, capture, edits, layers, shark, sums, tunnelled
from lib.offline import ROOT, Run, SLUICED

MIXED = "mixed.pcap"
TRAILER = 16  # of Metamako

needs_shark = pytest.mark.skipif(shark.SHARK is None, reason="tshark is not installed")


def job(name, directory, *others):
    """Runs an example in a tree of its own; its files are read when they are asked for. others: (text, what stands in
    its place)."""
    shutil.copytree(ROOT / "docs" / "examples", directory / "docs" / "examples")
    (directory / "build").mkdir()
    (directory / "pcap-fixtures").symlink_to(ROOT / "pcap-fixtures")
    path = directory / "docs" / "examples" / f"job-{name}.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in others:
        assert old in text
        text = text.replace(old, str(new))
    path.write_text(text, encoding="utf-8")
    run = Run([SLUICED, "offline", "--json", path], directory)
    assert run.code == 0, run.err
    report = json.loads(run.out)
    assert report["ledger"]["balanced"] and report["leaked"] == 0
    return report, lambda file: capture.read(directory / "build" / f"job-{file}.pcap")


def packets(*names):
    """Those of fixtures, by their times."""
    return sorted((packet for name in names for packet in capture.read(capture.fixture(name))),
                  key=lambda packet: packet.time)


def network_of(frame):
    return layers.read(frame).network


def flow_of(frame):
    """Both directions alike; all that two MAC addresses send each other without IP is one."""
    network = network_of(frame)
    if network is None:
        return frozenset((frame[:6], frame[6:12]))
    ports = [b"", b""]
    if network.transport() in layers.TRANSPORTS and not network.fragment:
        ports = [frame[network.end:network.end + 2], frame[network.end + 2:network.end + 4]]
    return frozenset((frame[slice(*end)], port) for end, port in zip((network.src, network.dst), ports))


def right_sums(frame):
    return [one.stored(frame) == one.right(frame) for one in sums.checksums(frame)]


def headers_end(frame):
    network = network_of(frame)
    return layers.transport_end(frame, network) if network else layers.read(frame).link_end


def cut(packet, length):
    return packet._replace(data=packet.data[:length])


def without_tags_and_vxlan(frame):
    while frame[12:14] in (b"\x81\0", b"\x88\xa8"):
        frame = frame[:12] + frame[16:]
    return frame[50:] if frame[12:14] == b"\x08\0" and frame[23] == layers.UDP and frame[36:38] == b"\x12\xb5" else frame


STAMP = ("metamako.srcdevice", "metamako.srcport", "metamako.flags")


def check_stamps(stamped, device, directory):
    """The trailers are tshark's and say: that device, the first port, no duplicate, and the packet's time."""
    for packet, row in zip(stamped, shark.fields(stamped, directory, *STAMP), strict=True):
        assert list(row.values()) == [str(device), "0", "0x00"]
        assert struct.unpack(">II", packet.data[-12:-4]) == divmod(packet.time, 10 ** 9)


@needs_shark
def test_taps(tmp_path):
    """Once each; for the IDS without tags and tunnels, and stamped; of one flow in four the headers alone."""
    report, written = job("taps", tmp_path)
    seen = packets(MIXED, "mixed-vlan-mpls.pcap", "vxlan-http.pcap")
    recorder, ids, flows = written("recorder"), written("ids"), written("flows")

    # All of mixed.pcap came from the second tap again, and one packet of it is in it twice.
    assert {packet.data for packet in recorder} == {packet.data for packet in seen}
    assert len(recorder) == len(seen) - 1 == len({packet.data for packet in seen})
    assert report["drops"]["duplicate"] == len(packets(MIXED)) + 1

    for before, after in zip(recorder, ids, strict=True):
        bare = without_tags_and_vxlan(before.data).ljust(60, b"\0")
        assert after.data[:-TRAILER] == bare and after.time == before.time
    assert sum(len(without_tags_and_vxlan(packet.data)) < len(packet.data) for packet in recorder) == 14 + 12
    for row in shark.fields(ids, tmp_path, "vlan.id", "vxlan.vni"):
        assert list(row.values()) == ["", ""]
    check_stamps(ids, 1, tmp_path)

    chosen, all_flows = {flow_of(packet.data) for packet in flows}, {flow_of(packet.data) for packet in recorder}
    wanted = [cut(packet, headers_end(packet.data)) for packet in recorder if flow_of(packet.data) in chosen]
    assert flows == wanted
    assert len(all_flows) / 8 < len(chosen) < len(all_flows) / 2


MILLISECOND = 10 ** 6


def across(packet, later):
    """What the other tap sees of an IPv4 packet: behind a router, tagged, marked, and not at once."""
    ways = [{"push": {"vlan": 7}}, {"set": {"src-mac": "02:00:00:00:00:09", "ttl": "-1", "dscp": "cs1"}}]
    frame, _ = actions.edited(ways, edits.Frame(packet.data, packet.wire))
    return capture.Packet(packet.time + later, frame.data, frame.wire)


def test_taps_on_two_sides(tmp_path):
    """A copy counts as one within 50 ms, whatever routers and switches make of it."""
    first = [packet for packet in packets("dns.pcap") if network_of(packet.data)]
    first = [packet._replace(time=number * 100 * MILLISECOND) for number, packet in enumerate(first[:200])]
    second = [across(packet, (49 if number % 2 else 51) * MILLISECOND) for number, packet in enumerate(first)]
    files = [capture.write(tmp_path / name, those) for name, those in (("first.pcap", first), ("second.pcap", second))]
    _, written = job("taps", tmp_path, ("../../pcap-fixtures/mixed.pcap } }", f"{files[1]} }} }}"),
                     ("[../../pcap-fixtures/mixed.pcap, ", f"[{files[0]}, "), ("../../pcap-fixtures/mixed-vlan-mpls.pcap, ", ""))
    recorder = [packet for packet in written("recorder") if packet.time <= second[-1].time]
    assert recorder == sorted(first + second[::2], key=lambda packet: packet.time)


def test_alarm(tmp_path):
    """An ordinary day gives no evidence; a flood gives all of it that is too much, and everything goes on."""
    report, written = job("alarm", tmp_path)
    flood, seen = packets("made/syn-flood.pcap"), packets(MIXED, "made/syn-flood.pcap")
    assert written("evidence") == flood[16:]  # what passes at once after a pause is 16
    assert written("begins") == [cut(packet, 64) for packet in seen]
    assert report["ports"]["lan"]["tx_packets"] == len(seen)
    assert report["ports"]["lan"]["tx_bytes"] == sum(len(packet.data) for packet in seen)


def test_alarm_of_answers(tmp_path):
    """It is by SYNs that a flood is told, and not by what answers them."""
    answers = []
    for packet in packets("made/syn-flood.pcap"):
        frame = bytearray(packet.data)
        frame[47] |= 0x10
        answers.append(packet._replace(data=bytes(frame)))
    file = capture.write(tmp_path / "answers.pcap", answers)
    _, written = job("alarm", tmp_path, ("../../pcap-fixtures/made/syn-flood.pcap", file))
    assert not written("evidence")


@needs_shark
def test_device(tmp_path):
    """Addresses of the device's network at twice the speed; payloads, order and right checksums are the capture's."""
    _, written = job("device", tmp_path)
    seen, device, recorder = packets(MIXED), written("device"), written("sent")
    moved = collections.Counter()
    for before, after in zip(seen, device, strict=True):
        assert (after.time - device[0].time) == (before.time - seen[0].time) // 2
        assert len(after.data) == len(before.data) and after.data[:6] == bytes.fromhex("020000000009")
        assert right_sums(after.data) == right_sums(before.data)
        assert after.data[headers_end(after.data):] == before.data[headers_end(before.data):] or b"\x08\x06" == after.data[12:14]
        network = network_of(before.data)
        if network and network.version == 4:
            assert after.data[network.at + 8] == 64
            for start, end in (network.src, network.dst):
                old, new = before.data[start:end], after.data[start:end]
                moved[old[:2]] += old != new
                assert new == (bytes([172, 16]) + old[2:] if old[:2] == bytes([10, 0]) else old)
    assert moved[bytes([10, 0])] > 4000
    # As long as a frame of Ethernet has to be, so that what is behind is not taken for padding.
    assert [packet.data[:-TRAILER] for packet in recorder] == [packet.data.ljust(60, b"\0") for packet in device]
    assert [packet.time for packet in recorder] == [packet.time for packet in device]
    check_stamps(recorder, 7, tmp_path)


@needs_shark
def test_collector(tmp_path):
    """Queries in ERSPAN as the collector reads it; everything but telnet goes on."""
    report, written = job("collector", tmp_path)
    seen, uplink = packets(MIXED, "mixed-vlan-mpls.pcap"), written("collector")
    asked = ["udp.dstport", "tcp.dstport"]
    rows = shark.fields(seen, tmp_path, *asked)
    queries = [packet for packet, row in zip(seen, rows) if row["udp.dstport"] == "53"]
    telnet = sum(row["tcp.dstport"] == "23" for row in rows)
    assert len(queries) == 69 and telnet == 11
    assert report["ports"]["lan"]["tx_packets"] == len(seen) - telnet and report["drops"]["rule"] == telnet

    assert [packet.data[50:] for packet in uplink] == [packet.data for packet in queries]
    assert [packet.time for packet in uplink] == [packet.time for packet in queries]
    names = ("eth.dst", "ip.src", "ip.dst", "erspan.spanid", "erspan.version", "gre.sequence_number", "udp.dstport")
    for number, (before, row) in enumerate(zip(queries, shark.fields(uplink, tmp_path, *names), strict=True)):
        network = network_of(before.data)
        inner = [".".join(map(str, before.data[slice(*ends)])) for ends in (network.src, network.dst)]
        macs = ["02:00:00:00:00:fe", before.data[:6].hex(":")]
        assert list(row.values()) == [",".join(macs), f"192.0.2.1,{inner[0]}", f"198.51.100.9,{inner[1]}", "7", "1",
                                      str(number), "53"]
    for before, row in zip(shark.checks(queries, tmp_path), shark.checks(uplink, tmp_path)):
        assert row["_ws.malformed"] == "" and row["ip.checksum.status"] == f"1,{before['ip.checksum.status']}"
        assert row["udp.checksum.status"] == before["udp.checksum.status"]


def carried(frame):
    """The IP packet in GTP-U, if it has TCP; None otherwise."""
    network = network_of(frame)
    if not network or network.transport() != layers.UDP or frame[network.end + 2:network.end + 4] != b"\x08\x68":
        return None
    at = network.end + 8
    packet = frame[at + (12 if frame[at] & 7 else 8):]
    return packet if frame[at + 1] == 255 and packet[9] == layers.TCP else None


def check_mobile(directory, core, *others):
    """The probes together got what TCP there was in tunnels, and silent; returns how many flows each got."""
    report, written = job("mobile", directory, *others)
    probes = [written("probe-1"), written("probe-2")]
    inside = [(packet, carried(packet.data)) for packet in core if carried(packet.data)]
    assert written("rest") == [packet for packet in core if not carried(packet.data)]
    assert report["rules"]["subscribers"]["packets"] == len(inside) > 50
    got = sorted((packet for probe in probes for packet in probe), key=lambda packet: packet.time)
    for (before, packet), after in zip(inside, got, strict=True):
        bare = before.data[:12] + b"\x08\0" + packet
        network, end = network_of(bare), headers_end(bare)
        silent = bare[:end] + bytes(len(bare) - end)
        at = network.end + 16
        assert (after.time, after.data[:at], after.data[at + 2:]) == (before.time, silent[:at], silent[at + 2:])
        whole = network.packet_end <= len(bare)
        assert not whole or right_sums(after.data) == right_sums(bare)
    flows = [{flow_of(packet.data) for packet in probe} for probe in probes]
    assert not flows[0] & flows[1]
    return [len(those) for those in flows]


def test_mobile(tmp_path):
    assert sorted(check_mobile(tmp_path, packets("gtp-u.pcap"))) == [0, 1]


def test_mobile_of_many(tmp_path):
    """Of three flows inside, which are all of one tunnel, the first probe has two."""
    core = []
    for number, packet in enumerate(packets("made/flows.pcap")):
        network = network_of(packet.data)
        if network and network.version == 4:
            frame = tunnelled.gtp_u(number & 1, packet.data[network.at:])
            core.append(capture.Packet(packet.time, frame, len(frame)))
    file = capture.write(tmp_path / "many.pcap", core)
    first, second = check_mobile(tmp_path, core, ("../../pcap-fixtures/gtp-u.pcap", file))
    assert first + second > 100 and 0.5 < first / (first + second) < 0.8


def test_sites(tmp_path):
    """Each loop alike: web of one site, tagged and marked; all else of another; lengths and checksums hold."""
    report, written = job("sites", tmp_path)
    seen, device = packets(MIXED), written("sites")
    assert len(device) == 2 * len(seen)
    gold = 0
    for before, after in zip(seen * 2, device):
        network, tagged = network_of(before.data), after.data[12:14] == b"\x81\0"
        bare = after.data[:12] + after.data[16:] if tagged else after.data
        ports = network and network.transport() in layers.TRANSPORTS and before.data[network.end + 2:network.end + 4]
        assert tagged == (ports == (443).to_bytes(2, "big"))
        assert not tagged or after.data[14:16] == b"\0\x78"
        gold += tagged
        assert len(bare) == len(before.data) and right_sums(bare) == right_sums(before.data)
        assert bare[headers_end(bare):] == before.data[headers_end(before.data):]
        if network and network.version == 4:
            start, end = network.src
            assert bare[start:end] == bytes([10, 20 if tagged else 30]) + before.data[start + 2:end]
            assert bare[slice(*network.dst)] == before.data[slice(*network.dst)]
            assert bare[network.at + 1] == (46 << 2 | before.data[network.at + 1] & 3 if tagged else before.data[network.at + 1])
            assert bare[network.at + 8] == (before.data[network.at + 8] if tagged else 64)
    assert gold == report["rules"]["gold"]["packets"] == 46
    gaps = {after.time - before.time for before, after in zip(device, device[1:])}
    assert gaps == {1000}
    assert sum(copy["bytes"] for copy in report["copies"].values()) < report["ports"]["device"]["tx_bytes"] / 10
