# SPDX-License-Identifier: BSD-3-Clause
"""Captures as input: a port and a replay make of any of them what a second reader (lib/reader.py) makes of it: the same
packets, times to the nanosecond, counts and ends."""

import bz2
import gzip
import json
import lzma
import os
import random
import resource
import struct
import subprocess
import threading

import pytest

from lib import capture, reader, schedule
from lib.capture import Packet
from lib.daemon import Daemon
from lib.offline import Run, SLUICED, config, out, write_config

WAYS = ("port", "replay")
LINKS = ("refuse", "skip", "convert")
COUNTS = ("truncated", "empty", "too_long", "skipped", "converted", "cut")
NS = 10 ** 9
START = 1_700_000_000 * NS


def reading(way, files, default="wan", **keys):
    """A config in which all that is read leaves by a port."""
    files = [str(file) for file in files] if isinstance(files, list) else str(files)
    if way == "port":
        return config({"in": {"pcap": {"in": files, **keys}}, default: out(default)}, default={"forward": default})
    what = config({default: out(default)})
    what["replays"] = {"one": {"file": files, "to": default, "memory": "8MiB", "truncated": "send", **keys}}
    return what


class Read:
    """What one run made of its captures: code, err, counts (of the port or replay), packets."""

    def __init__(self, tmp_path, way, files, stdin=subprocess.DEVNULL, limit=None, **keys):
        path = write_config(tmp_path / f"{way}.yaml", reading(way, files, **keys))
        sent = tmp_path / "wan.pcap"
        sent.unlink(missing_ok=True)
        run = subprocess.run([SLUICED, "offline", path, "--json"], cwd=tmp_path, stdin=stdin, capture_output=True, text=True,
                             timeout=120, check=False, preexec_fn=limit)
        assert "Sanitizer" not in run.stderr, run.stderr
        self.code, self.err, self.way = run.returncode, run.stderr, way
        self.started = run.stdout.startswith("{")
        self.counts = None
        if self.started:
            report = json.loads(run.stdout)
            assert report["ledger"]["balanced"] is True and report["leaked"] == 0, report
            self.counts = report["ports"]["in"] if way == "port" else report["replays"]["one"]
        self.packets = capture.read(sent) if sent.exists() else []


def same_packets(read, wanted, why=""):
    """A port keeps times as they stand in a file, a replay's never step back, and what it sends has its own length."""
    wanted = list(schedule.monotonic(wanted)) if read.way == "replay" else wanted
    assert len(read.packets) == len(wanted), (why, read.err)
    for number, (got, want) in enumerate(zip(read.packets, wanted)):
        assert got.data == want.data, (why, number)
        assert got.time == want.time, (why, number, got.time - want.time)
        assert got.wire == (want.wire if read.way == "port" else len(want.data)), (why, number)


def agrees(tmp_path, path, links):
    """One file, both ways, against the second reader."""
    want = reader.read(path, links)
    for way in WAYS:
        why = f"{path} {way} {links}"
        read = Read(tmp_path, way, path, **{"other-links": links})
        if not read.started:
            assert read.code == 1 and (want.refused or not want.packets), (why, read.err)
            continue
        if want.refused:
            assert read.code == 1, why
            continue
        assert {key: read.counts[key] for key in COUNTS} == {key: getattr(want, key) for key in COUNTS}, (why, read.err)
        same_packets(read, want.packets, why)
        nothing = way == "replay" and not want.packets and not want.cut and not want.skipped
        assert read.code == (1 if want.broken or nothing else 0), (why, read.err)


# A time behind the year 2106 can't be written into a pcap file, and lies too far from the others to be replayed.
FAR = {("one-interface.pcapng", "convert")}
FIXTURES = sorted(str(path.relative_to(capture.FIXTURES)) for path in capture.FIXTURES.rglob("*.pcap*"))


@pytest.mark.parametrize("name", FIXTURES)
def test_fixtures(tmp_path, name):
    links = LINKS[:1] if name in capture.GOOD else LINKS
    for word in links:
        if (name, word) not in FAR:
            agrees(tmp_path, capture.fixture(name), word)


def ip(number, version=4, size=40):
    body = bytes([number & 255]) * size
    return b"\x45" + body if version == 4 else b"\x60" + body


def ethernet(number, size=46):
    return bytes.fromhex("020000000009020000000008" "88b5") + struct.pack(">H", number) + bytes(size - 2)


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


def pcap(records, order="<", magic=0xA1B23C4D, link=1, snap=262144, header=16, major=2, minor=4):
    """Records are (time in the file's units, bytes, length on the wire)."""
    data = struct.pack(order + "IHHiIII", magic, major, minor, 0, 0, snap, link)
    data += bytes(4) if magic in (0x1C0001AC, 0x1C0001AB) else b""
    unit = 10 ** 6 if magic in (0xA1B2C3D4, 0xA1B2CD34, 0x1C0001AB) else NS
    for time, frame, wire in records:
        data += struct.pack(order + "IIII", *divmod(time, unit), len(frame), wire) + bytes(header - 16) + frame
    return data


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


class Pcapng:
    """Blocks of any layout, in either byte order."""

    def __init__(self, order="<"):
        self.data = b""
        self.section(order)

    def block(self, kind, body):
        body += bytes(-len(body) % 4)
        length = struct.pack(self.order + "I", len(body) + 12)
        self.data += struct.pack(self.order + "I", kind) + length + body + length
        return self

    def section(self, order, length=-1, minor=0):
        self.order = order
        return self.block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, minor, length))

    def interface(self, link=1, snap=0, options=()):
        body = struct.pack(self.order + "HHI", link, 0, snap)
        for code, value in options:
            body += struct.pack(self.order + "HH", code, len(value)) + value + bytes(-len(value) % 4)
        return self.block(1, body + (bytes(4) if options else b""))

    def packet(self, time, frame, interface=0, wire=None, kind=6):
        head = (interface, time >> 32, time & 0xffffffff, len(frame), wire or len(frame))
        if kind == 2:
            return self.block(2, struct.pack(self.order + "HHIIII", interface, 0, *head[1:]) + frame)
        return self.block(6, struct.pack(self.order + "IIIII", *head) + frame)

    def simple(self, frame, wire=None):
        return self.block(3, struct.pack(self.order + "I", wire or len(frame)) + frame)


def layouts():
    """Names and files."""
    made = Pcapng()
    made.block(10, struct.pack("<II", 0x544C534B, 8) + b"secrets!")  # before any interface
    made.interface(snap=64, options=[(9, b"\x09"), (2, b"eth0")]).interface(101, 1500, [(9, b"\x06")]).interface(snap=262144)
    made.simple(ethernet(0)).block(4, b"").block(5, struct.pack("<III", 0, 0, 0))
    for number in range(30):
        made.packet(START + number * 1000, ethernet(number)[:64], 0, 300)
        made.packet((START + number * 1000) // 1000, ip(number), 1)
        made.packet((START + number * 1000) // 1000, ethernet(number, 3000), 2, kind=6 if number % 2 else 2)
        made.simple(ethernet(number, 64)[:64], 200)
        made.block(0xBAD, struct.pack("<I", 32473) + b"custom").block(0x40000BAD, struct.pack("<I", 32473))
    yield "mixed", made.data
    made.section(">", minor=2).interface(options=[(9, b"\x09"), (14, struct.pack(">q", 1_700_000_000))])
    for number in range(10):
        made.packet(number * 1000 + NS, ethernet(number))
    made.section("<", 4096).interface(options=[(9, b"\x8a")])
    for number in range(10):
        made.packet((1_700_000_002 << 10) + number, ethernet(number))
    yield "sections", made.data
    untimed = Pcapng(">").interface(snap=60)
    for number in range(5):
        untimed.simple(ethernet(number), 60 + number)
    yield "untimed", untimed.data
    yield "untimed-then-timed", untimed.packet(START // 1000, ethernet(9)).data
    large = Pcapng().interface(snap=65535).interface(113)
    large.packet(1, ethernet(1)).packet(2, bytes(65535)).packet(3, bytes(65536)).packet(4, bytes(262144)).packet(5, b"")
    large.block(0xBAD, struct.pack("<I", 32473) + bytes(5 << 20)).packet(6, ethernet(6))
    yield "large", large.data
    yield "late-other-link", large.packet(7, bytes(90), 1).packet(8, ethernet(8)).data
    yield "interface-less", Pcapng().packet(1, ethernet(1)).data
    yield "no-packets", Pcapng().interface().data
    usb = Pcapng().interface(249).interface()
    usb.packet(1, bytes(300000)).packet(2, ethernet(2), 1).packet(3, bytes(30), 0)
    yield "transfers", usb.block(0xBAD, struct.pack("<I", 32473) + bytes(17 << 20)).packet(4, ethernet(4), 1).data
    yield "transfers.pcap", pcap([(START, bytes(300000), 300000), (START, bytes(90), 90)], link=220)
    ends = Pcapng().interface().packet(1, ethernet(1)).block(4, bytes(8))
    ends.data = ends.data[:-4] + bytes(4)
    yield "other-end", ends.packet(2, ethernet(2)).data
    yield "nothing-of-use", pcap([(START, b"", 60), (START, bytes(70000), 70000)])


LAYOUTS = dict(layouts())


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(tmp_path, name):
    (tmp_path / name).write_bytes(LAYOUTS[name])
    for links in LINKS:
        agrees(tmp_path, tmp_path / name, links)


def compressed(name, data):
    if name in ("zstd", "lz4"):
        return subprocess.run([name, "-q", "-c"], input=data, capture_output=True, check=True).stdout
    return {"gzip": gzip.compress, "xz": lzma.compress, "none": bytes}[name](data)


SKIPPED = struct.pack("<II", 0x184D2A50, 4) + b"none"


def packings(data):
    """Names and files of the same content, as programs write them that compress in several threads or pieces."""
    half = len(data) // 2
    for name, padding in (("gzip", b"\0" * 9), ("xz", b"\0" * 8), ("zstd", SKIPPED), ("lz4", SKIPPED)):
        parts = compressed(name, data[:half]), compressed(name, data[half:])
        yield f"{name} in two", padding.join(parts if name != "gzip" else (parts[0] + parts[1], b""))
    for name in ("zstd", "lz4"):
        yield f"{name} behind a skippable frame", SKIPPED + compressed(name, data)
    for command in ("pzstd -p 2 -q -c", "lz4 -BD -B4 -9 -q -c", "zstd -q -c --long=27 --no-check"):
        yield command, subprocess.run(command.split(), input=data, capture_output=True, check=True).stdout


def test_packings(tmp_path):
    data = capture.fixture("dns.pcap").read_bytes()
    want = reader.read(capture.fixture("dns.pcap")).packets
    for name, packed in packings(data):
        (tmp_path / "packed").write_bytes(packed)
        for way in WAYS:
            read = Read(tmp_path, way, tmp_path / "packed")
            assert read.code == 0, (name, read.err)
            same_packets(read, want, name)


@pytest.mark.parametrize("packing", ["none", "gzip", "xz", "zstd", "lz4"])
@pytest.mark.parametrize("name", ["dns.pcap", "mixed"])
def test_cut_anywhere(tmp_path, name, packing):
    """All whole packets, a warning, and no error."""
    data = compressed(packing, LAYOUTS.get(name) or capture.fixture(name).read_bytes())
    for part in random.Random(name + packing).sample(range(100, len(data)), 4):
        path = tmp_path / "cut"
        path.write_bytes(data[:part])
        want = reader.read(path, "skip")
        for way in WAYS:
            read = Read(tmp_path, way, path, **{"other-links": "skip"})
            if not read.started:  # so little that nothing of its content can be had
                assert read.code == 1 and "cut: " in read.err and not want.packets
                continue
            same_packets(read, want.packets, part)
            assert (read.code, read.counts["cut"]) == (0, want.cut), (part, read.err)
            assert ("warning" in read.err) is want.cut, read.err


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


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def parts(tmp_path, count=3, directory="all"):
    """Captures of which each goes on where the one before ended, or lies before it, by name."""
    (tmp_path / directory).mkdir()
    files, packets = [], []
    for part in range(count):
        start = START + (count - part) * NS
        packets.append([Packet(start + number * 1000, ethernet(part * 100 + number), 60) for number in range(10)])
        files.append(capture.write(tmp_path / directory / f"part-{part:03}.pcap", packets[part]))
    return files, packets


def merged(packets):
    return sorted((packet for part in packets for packet in part), key=lambda packet: packet.time)


def in_row(packets, gap):
    line = []
    for part in packets:
        shift = line[-1].time + gap - part[0].time if line else 0
        line += [packet._replace(time=packet.time + shift) for packet in part]
    return line


@pytest.mark.parametrize("way", WAYS)
def test_several(tmp_path, way):
    """A list, a glob and a directory are the same files, by name; beside them may lie what is none."""
    files, packets = parts(tmp_path)
    (tmp_path / "all" / "notes.txt").write_text("no capture")
    (tmp_path / "all" / "below").mkdir()
    capture.write(tmp_path / "all" / "below" / "part-9.pcap", [ethernet(9)])
    for what in (files, tmp_path / "all", tmp_path / "all" / "part-*.pcap", [files[0], tmp_path / "all" / "part-00[12].pcap"]):
        same_packets(Read(tmp_path, way, what), merged(packets), what)
        read = Read(tmp_path, way, what, order="sequential", gap="5ms")
        same_packets(read, in_row(packets, 5_000_000), what)
    same_packets(Read(tmp_path, way, files[::-1], order="sequential"), in_row(packets[::-1], 0))


@pytest.mark.parametrize("links", ["refuse", "convert"])
def test_a_part_of_a_row(tmp_path, links):
    """Places are counted along all files, from the first packet of the first one; whether files stay in memory or stream."""
    _, packets = parts(tmp_path, 5)
    row = in_row(packets, 5_000_000)
    since = [packet.time - row[0].time for packet in row]
    for keys, wanted in (({"from": "#15"}, row[14:]), ({"from": "#11", "until": "#31"}, row[10:30]), ({"from": "#50"}, row[49:]),
                         ({"from": "6ms"}, [packet for packet, time in zip(row, since) if time >= 6_000_000]),
                         ({"until": "6ms"}, [packet for packet, time in zip(row, since) if time < 6_000_000])):
        read = Read(tmp_path, "replay", tmp_path / "all", order="sequential", gap="5ms", **{"other-links": links}, **keys)
        assert read.code == 0 and wanted, (keys, read.err)
        same_packets(read, wanted, keys)


@pytest.mark.parametrize("way", WAYS)
def test_several_that_are_none(tmp_path, way):
    (tmp_path / "empty").mkdir()
    for what, words in ((tmp_path / "none-*.pcap", "no file has such a name"), (tmp_path / "none.pcap", "No such file"),
                        (tmp_path / "empty", "is a directory without a capture in it")):
        read = Read(tmp_path, way, what)
        assert read.code == 1 and words in read.err, read.err


@pytest.mark.parametrize("order", ["merged", "sequential"])
@pytest.mark.parametrize("way", WAYS)
def test_hundreds(tmp_path, way, order):
    """No descriptor for each, and no memory: 400 files with 64 descriptors in 8 MiB."""
    _, packets = parts(tmp_path, 400)
    read = Read(tmp_path, way, tmp_path / "all", order=order, limit=few_descriptors)
    assert read.code == 0, read.err
    same_packets(read, merged(packets) if order == "merged" else in_row(packets, 0))


@pytest.mark.parametrize("way", WAYS)
def test_many_at_once(tmp_path, way):
    """Files that all lie in each other, more than a replay's memory has blocks for."""
    (tmp_path / "all").mkdir()
    packets = [[Packet(START + number * 1_000_000 + part * 1000, ethernet(part * 100 + number), 60) for number in range(20)]
               for part in range(100)]
    for part, some in enumerate(packets):
        capture.write(tmp_path / "all" / f"{part:03}.pcap", some)
    read = Read(tmp_path, way, tmp_path / "all")
    assert read.code == 0, read.err
    same_packets(read, merged(packets))


@pytest.mark.parametrize("packing", ["none", "gzip"])
@pytest.mark.parametrize("way", WAYS)
def test_many_at_once_with_few_descriptors(tmp_path, way, packing):
    """Files that all lie in each other are open while they are read, and no longer."""
    (tmp_path / "all").mkdir()
    packets = [[Packet(START + number * 1_000_000 + part * 1000, ethernet(part), 60) for number in range(10)] for part in range(150)]
    for part, some in enumerate(packets):
        path = capture.write(tmp_path / "all" / f"{part:03}.pcap", some)
        path.write_bytes(compressed(packing, path.read_bytes()))
    read = Read(tmp_path, way, tmp_path / "all", limit=few_descriptors)
    assert read.code == 0, read.err
    same_packets(read, merged(packets))


def test_more_at_once_than_blocks(tmp_path):
    """A replay takes 2 MiB for each of the files that lie in each other. It says so when they are more than it has, and takes
    what others hold of what comes later before that."""
    (tmp_path / "all").mkdir()
    packets = [[Packet(START + number * 1_000_000 + part * 1000, ethernet(part, 60000), 60014) for number in range(80)]
               for part in range(6)]
    for part, some in enumerate(packets):
        capture.write(tmp_path / "all" / f"{part:02}.pcap", some)
    few = reading("replay", tmp_path / "all", memory="8MiB")
    run = Run([SLUICED, "offline", write_config(tmp_path / "few.yaml", few)], tmp_path)
    assert run.code == 1 and "5 captures or more lie in each other in time" in run.err, run.err
    assert "`memory: 20MiB` is enough" in run.err
    same_packets(Read(tmp_path, "replay", tmp_path / "all", memory="14MiB"), merged(packets))
    for part in range(6, 20):
        packets.append([packet._replace(time=packet.time + part * 1000) for packet in packets[0]])
        capture.write(tmp_path / "all" / f"{part:02}.pcap", packets[part])
    same_packets(Read(tmp_path, "replay", tmp_path / "all", limit=few_descriptors, memory="44MiB"), merged(packets))


@pytest.mark.parametrize("sandbox", ["on", {"opener": "off"}])
@pytest.mark.parametrize("what", ["all", "all/*.pcap", "*/part-*.pcap"])
def test_links_and_later_files_in_the_sandbox(tmp_path, what, sandbox):
    """Links that lead elsewhere, more files than stay open, and those that come between two starts."""
    files, _ = parts(tmp_path, 20, "elsewhere")
    (tmp_path / "config" / "all").mkdir(parents=True)
    for file in files:
        (tmp_path / "config" / "all" / file.name).symlink_to(file)
    config_of = reading("replay", tmp_path / "config" / what, start="manual", pace="top")
    config_of = {**config_of, "ports": {"wan": {"null": {}}}, "sandbox": sandbox}
    with Daemon(config_of, tmp_path / "config") as daemon:
        for count in (20, 20, 21):
            if count > 20:
                (tmp_path / "config" / "all" / "part-999.pcap").write_bytes(files[0].read_bytes())
            daemon.call("replay.start", name="one")
            daemon.until(lambda status: status["replays"]["one"]["state"] not in ("opening", "running"))
            told = daemon.call("replay.list")["replays"]["one"]
            assert (told["state"], told["sent"]) == ("done", 10 * count), told
        daemon.stop()


def fed(path, data, pieces=7):
    """Writes into a FIFO, piece by piece, as a thread."""
    def write():
        with open(path, "wb", buffering=0) as stream:
            step = max(1, len(data) // pieces)
            for at in range(0, len(data), step):
                stream.write(data[at:at + step])
    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("packing", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("way", WAYS)
def test_fifo(tmp_path, way, packing):
    os.mkfifo(tmp_path / "fifo")
    thread = fed(tmp_path / "fifo", compressed(packing, capture.fixture("dns.pcap").read_bytes()))
    read = Read(tmp_path, way, tmp_path / "fifo")
    thread.join(60)
    assert read.code == 0 and not thread.is_alive(), read.err
    same_packets(read, reader.read(capture.fixture("dns.pcap")).packets)


@pytest.mark.parametrize("way", WAYS)
def test_standard_input(tmp_path, way):
    for data in (capture.fixture("dns.pcap").read_bytes(), capture.fixture("dns.pcap").read_bytes()[:-3]):
        (tmp_path / "stdin").write_bytes(data)
        with open(tmp_path / "stdin", "rb") as stdin:
            read = Read(tmp_path, way, "-", stdin)
        want = reader.read(tmp_path / "stdin")
        assert (read.code, read.counts["cut"]) == (0, want.cut), read.err
        same_packets(read, want.packets)


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


def test_live_ports(tmp_path):
    """A running daemon's ports read them by the same code."""
    (tmp_path / "data").write_bytes(compressed("zstd", LAYOUTS["mixed"]))
    want = reader.read(tmp_path / "data", "convert")
    what = config({"in": {"pcap": {"in": str(tmp_path / "data"), "other-links": "convert"}}, "wan": out("wan")},
                  default={"forward": "wan"})
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == len(want.packets))
        counts = daemon.call("ports")["ports"]["in"]
        daemon.stop()
    got = capture.read(tmp_path / "wan.pcap")
    assert [packet.data for packet in got] == [packet.data for packet in want.packets]
    assert counts["converted"] == want.converted > 0


def test_live_fifo(tmp_path):
    """What comes is taken at once, and not when there is more of it."""
    os.mkfifo(tmp_path / "fifo")
    what = config({"in": {"pcap": {"in": str(tmp_path / "fifo")}}, "wan": {"null": {}}}, default={"forward": "wan"})
    packets = [ethernet(number) for number in range(10)]
    data = capture.write(tmp_path / "data", packets).read_bytes()
    with Daemon(what, tmp_path) as daemon:
        assert daemon.call("ports")["ports"]["in"]["rx_packets"] == 0
        with open(tmp_path / "fifo", "wb", buffering=0) as stream:
            stream.write(data[:24])
            for number in range(10):
                at = 24 + number * 76
                stream.write(data[at:at + 76])
                daemon.until(lambda status, wanted=number + 1: status["ports"]["in"]["rx_packets"] == wanted)
        daemon.stop()


def test_live_damage(tmp_path):
    """It shows when the daemon ends, and is told of at once."""
    (tmp_path / "bad").write_bytes(capture.fixture("dns.pcap").read_bytes()[:-500] + b"\xff" * 500)
    want = reader.read(tmp_path / "bad")
    assert want.broken
    what = config({"in": {"pcap": {"in": str(tmp_path / "bad")}}, "wan": {"null": {}}}, default={"forward": "wan"})
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == len(want.packets))
        assert f"bad: record {len(want.packets) + 1} at byte " in daemon.text()
        daemon.stop(code=1)


def test_other_compressions_are_named(tmp_path):
    data = capture.fixture("dns.pcap").read_bytes()
    legacy = subprocess.run(["lz4", "-l", "-q", "-c"], input=data, capture_output=True, check=True).stdout
    for packed, words in ((bz2.compress(data), "bzip2"), (legacy, "lz4 in its legacy format")):
        (tmp_path / "packed").write_bytes(packed)
        for way in WAYS:
            read = Read(tmp_path, way, tmp_path / "packed")
            assert read.code == 1 and f"packed: is compressed with {words}; unpack it first" in read.err, read.err


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
