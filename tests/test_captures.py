# SPDX-License-Identifier: BSD-3-Clause
"""Captures as input: a port and a replay make of any of them what a second reader (lib/reader.py) makes of it: the same
packets, times to the nanosecond, counts and ends."""

import gzip
import json
import random
import re
import subprocess

import pytest

from lib import capture, reader
from lib.capture import Packet
from lib.layouts import ethernet, ip, LAYOUTS, NS, pcap, Pcapng, START
from lib.offline import SLUICED
from lib.reading import agrees, LINKS, Read, reading, WAYS

# A time behind the year 2106 can't be written into a pcap file, and lies too far from the others to be replayed.
FAR = {("one-interface.pcapng", "convert")}
FIXTURES = sorted(str(path.relative_to(capture.FIXTURES)) for path in capture.FIXTURES.rglob("*.pcap*"))


@pytest.mark.parametrize("name", FIXTURES)
def test_fixtures(tmp_path, name):
    links = LINKS[:1] if name in capture.GOOD else LINKS
    for word in links:
        if (name, word) not in FAR:
            agrees(tmp_path, capture.fixture(name), word)


# What each link type has before an IP packet, and a record of it that has none.
OTHERS = {
    101: [ip(1), ip(2, 6), b"\x10none", b"\x45"], 12: [ip(1)], 14: [ip(2, 6)],
    228: [ip(1), b""], 229: [ip(2, 6)],
    0: [b"\2\0\0\0" + ip(1), b"\0\0\0\2" + ip(2), b"\x1e\0\0\0" + ip(3, 6), b"\x63\0\0\0" + ip(4), b"\2\0\0\0"],
    108: [b"\0\0\0\2" + ip(1), b"\0\0\0\x18" + ip(2, 6), b"\0\0"],
    113: [bytes(14) + b"\x08\0" + ip(1), bytes(14) + b"\x86\xdd" + ip(2, 6), bytes(14) + b"\x08\6" + ip(3), bytes(9)],
    276: [b"\x08\0" + bytes(18) + ip(1), b"\x86\xdd" + bytes(18) + ip(2, 6), b"\x08\6" + bytes(18) + ip(3)],
    9: [b"\0\x21" + ip(1), b"\xff\3\0\x57" + ip(2, 6), b"\x21" + ip(3), b"\xc0\x21" + ip(4), b"\x0f\0\x08\0" + ip(5), b"\0"],
    50: [b"\xff\3\0\x21" + ip(1), b"\x0f\0\x86\xdd" + ip(2, 6), b"\x8f\0\x80\x35" + ip(3)],
    166: [b"\0\3\0\x21" + ip(1), b"\1\3\x57" + ip(2, 6)],
    204: [b"\0\xff\3\0\x21" + ip(1), b"\1\0\x57" + ip(2, 6), b"\1"],
    51: [b"\x11\0\0\1\0\x2a\0\x21" + ip(1), b"\x11\x09\0\1\0\x2a" + ip(2)],
    253: [b"netlink of no use"],
}


@pytest.mark.parametrize("link", OTHERS)
def test_other_links(tmp_path, link):
    frames = [frame for frame in OTHERS[link] for _ in range(2)]
    records = [(START + number * 1000, frame, len(frame) + number % 3) for number, frame in enumerate(frames)]
    (tmp_path / "other").write_bytes(pcap(records, link=link))
    for links in LINKS:
        agrees(tmp_path, tmp_path / "other", links)


def test_converted(tmp_path):
    """The header, in full."""
    (tmp_path / "raw").write_bytes(pcap([(START, ip(1), 41), (START, ip(2, 6), 41)], link=101))
    for way in WAYS:
        read = Read(tmp_path, way, tmp_path / "raw", **{"other-links": "convert"})
        assert [packet.data for packet in read.packets] == [bytes.fromhex("020000000002020000000001" "0800") + ip(1),
                                                            bytes.fromhex("020000000002020000000001" "86dd") + ip(2, 6)]
        assert read.counts["converted"] == 2


def test_told_of_records(tmp_path):
    """In the report for people too, and in the same words of a port and of a replay."""
    for name, kept in (("raw", [(START, ip(1), 41)]), ("odd", [(START, ethernet(1), len(ethernet(1))), (START, b"", 0), (START, bytes(65536), 65536)])):
        (tmp_path / name).write_bytes(pcap(kept, link=101 if name == "raw" else 1))
    (tmp_path / "cut").write_bytes(pcap([(START, ethernet(1), len(ethernet(1)))] * 2)[:-1])
    for name, links, port, replay in (
            ("raw", "skip", "left out: 1 of other link types", "not sent: 1 left out by from, until, filter or other-links"),
            ("raw", "convert", "1 given an Ethernet header", "records: 1 given an Ethernet header"),
            ("odd", "refuse", "left out: 1 longer than 65,535 bytes, 1 empty", "not sent: 1 longer than 65,535 bytes, 1 empty"),
            ("cut", "refuse", "the last of a file incomplete", "records: the last of a file incomplete")):
        for way, words in (("port", rf"^in .*  {port}$"), ("replay", f"^one: {replay}$")):
            what = reading(way, str(tmp_path / name), **{"other-links": links})
            (tmp_path / "told.yaml").write_text(json.dumps(what))
            run = subprocess.run([SLUICED, "offline", "told.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
            assert run.returncode == 0 and re.search(words, run.stdout, re.M), (name, links, run.stdout, run.stderr)


MAGICS = {"micro": (0xA1B2C3D4, 16), "nano": (0xA1B23C4D, 16), "kuznetzov": (0xA1B2CD34, 24), "ixia": (0x1C0001AC, 16),
          "ixia-micro": (0x1C0001AB, 16)}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", MAGICS)
def test_kinds_of_pcap(tmp_path, kind, order):
    magic, header = MAGICS[kind]
    unit = 10 ** 6 if "micro" in kind or kind == "kuznetzov" else NS
    records = [(1_700_000_000 * unit + number * 7, ethernet(number), 60) for number in range(40)]
    (tmp_path / "kind").write_bytes(pcap(records, order, magic, header=header))
    agrees(tmp_path, tmp_path / "kind", "refuse")
    want = reader.read(tmp_path / "kind")
    assert [packet.data for packet in want.packets] == [frame for _, frame, _ in records]


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path, name):
    (tmp_path / name).write_bytes(LAYOUTS[name])
    for links in LINKS:
        agrees(tmp_path, tmp_path / name, links)


def test_words_of_cut_and_damaged(tmp_path):
    """Both name the record and its first byte; what came before stays, and another file goes on."""
    records = [(START + number * 1000, ethernet(number), 60) for number in range(20)]
    data, size = pcap(records), 16 + 60
    other = capture.write(tmp_path / "other.pcap", [Packet(START + 500 + number * 1000, ethernet(100 + number), 60)
                                                    for number in range(20)])
    (tmp_path / "cut").write_bytes(data[:24 + 7 * size + 30])
    (tmp_path / "bad").write_bytes(data[:24 + 7 * size + 8] + b"\xff" * 8 + data[24 + 7 * size + 16:])
    for way in WAYS:
        read = Read(tmp_path, way, [tmp_path / "cut", other])
        assert read.code == 0 and read.counts["cut"] is True and len(read.packets) == 27, read.err
        assert f"cut: record 8 at byte {24 + 7 * size}: the record says it is 60 bytes long" in read.err
        read = Read(tmp_path, way, [tmp_path / "bad", other])
        assert read.code == 1 and read.counts["cut"] is False and len(read.packets) == 27, read.err
        assert f"bad: record 8 at byte {24 + 7 * size}: the record says it is 4294967295 bytes long" in read.err


@pytest.mark.parametrize("seed", range(16))
def test_damaged_anywhere(tmp_path, seed):
    """Bytes that are others: whatever comes of it, all agree."""
    chance = random.Random(seed)
    name = chance.choice(["dns.pcap", "mixed", "sections", "large", "made/ethernet.pcapng"])
    data = bytearray(LAYOUTS.get(name) or capture.fixture(name).read_bytes())
    for _ in range(chance.choice([1, 1, 4])):
        # Not times: what lies centuries away is not sent, for reasons of its own.
        at = chance.randrange(40, len(data)) // 4 * 4 if name == "dns.pcap" else chance.randrange(40, len(data))
        data[at] = chance.choice([0, 1, 255, data[at] ^ 1 << chance.randrange(8)])
    (tmp_path / "damaged").write_bytes(data)
    want = reader.read(tmp_path / "damaged", "skip")
    times = [packet.time for packet in want.packets]
    if not times or max(times) - min(times) < 200 * 365 * 86400 * NS and max(times) < 2 ** 32 * NS:
        agrees(tmp_path, tmp_path / "damaged", "skip")


@pytest.mark.parametrize("way", WAYS)
def test_long_records_that_are_cut(tmp_path, way):
    """A record that no packet can hold is one if it is there to its end, and else where the file ends."""
    data = pcap([(START, ethernet(1), 60), (START, bytes(200000), 200000), (START, bytes(90), 90)])
    for kept, too_long in ((data[:-100000], 0), (data[:-150], 0), (data[:-20], 1)):
        (tmp_path / "plain").write_bytes(kept)
        (tmp_path / "packed").write_bytes(gzip.compress(kept))
        with open(tmp_path / "plain", "rb") as stdin:
            reads = [Read(tmp_path, way, "-", stdin)] + [Read(tmp_path, way, tmp_path / name) for name in ("plain", "packed")]
        assert [(read.counts["too_long"], read.counts["cut"]) for read in reads] == [(too_long, True)] * 3


def test_no_packets(tmp_path):
    """A port of such captures has nothing to give, and warns; a replay of them is refused before anything starts."""
    for name, data in (("header", pcap([])), ("sections", Pcapng().interface().section("<").data), ("packed", gzip.compress(pcap([])))):
        (tmp_path / name).write_bytes(data)
        for files, words in ((tmp_path / name, f"{name}: has no packets"),
                             ([tmp_path / name, tmp_path / name], f"{name} and the files after it: have no packets")):
            read = Read(tmp_path, "replay", files)
            assert read.code == 1 and not read.started and words in read.err, read.err
            read = Read(tmp_path, "port", files)
            assert read.code == 0 and read.counts["rx_packets"] == 0 and f"warning: port in: {words}\n" in read.err, read.err
