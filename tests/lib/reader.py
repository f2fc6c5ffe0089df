# SPDX-License-Identifier: BSD-3-Clause
"""What a port or a replay must make of any capture: a second reader, written from the formats' documents and from
docs/captures.md alone. It reads a whole file at once, and is slow."""

import io
import lzma
import pathlib
import struct
import subprocess
import zlib
from dataclasses import dataclass, field

from lib.capture import Packet

LONGEST = 65535
RECORD_MAX, TRANSFER_MAX = 262144, 128 << 20
TRANSFERS = (189, 220, 231, 249, 279)  # USB and its like
BLOCK_MAX = 129 << 20
NS = 10 ** 9


@dataclass
class Content:
    """What is in a capture, as far as it can be read."""
    packets: list = field(default_factory=list)  # Packet, with the time that stands in the file
    truncated: int = 0
    empty: int = 0
    too_long: int = 0
    skipped: int = 0
    converted: int = 0
    cut: bool = False
    broken: bool = False
    refused: bool = False  # nothing starts


class Cut(Exception):
    """The file ends in the middle of something."""


class Broken(Exception):
    """What stands there can't be."""


class Refused(Exception):
    """It is none, or a record is not Ethernet."""


def unpacked(data):
    """The content of what may be compressed, and how it ends: None, Cut or Broken."""
    if data[:2] == b"\x1f\x8b":
        return _by_zlib(data)
    if data[:6] == b"\xfd7zXZ\0":
        decoder, out = lzma.LZMADecompressor(), b""
        try:
            out = decoder.decompress(data)
        except lzma.LZMAError:
            return _piecemeal(lzma.LZMADecompressor(), data), Broken
        return out, None if decoder.eof else Cut
    for magic, command in ((b"\x28\xb5\x2f\xfd", "zstd"), (b"\x04\x22\x4d\x18", "lz4")):
        if data[:4] == magic:
            done = subprocess.run([command, "-dc"], input=data, capture_output=True, check=False)
            return done.stdout, None if done.returncode == 0 else Cut
    return data, None


def _piecemeal(decoder, data):
    out = b""
    for byte in data:
        try:
            out += decoder.decompress(bytes([byte]))
        except lzma.LZMAError:
            break
    return out


def _by_zlib(data):
    out = io.BytesIO()
    while data.lstrip(b"\0"):
        decoder = zlib.decompressobj(31)
        try:
            out.write(decoder.decompress(data))
        except zlib.error:
            return out.getvalue(), Broken
        if not decoder.eof:
            return out.getvalue(), Cut
        data = decoder.unused_data.lstrip(b"\0")
    return out.getvalue(), None


MAGICS = {0xA1B2C3D4: (1000, 0, 16), 0xA1B23C4D: (1, 0, 16), 0xA1B2CD34: (1000, 0, 24),
          0x1C0001AC: (1, 4, 16), 0x1C0001AB: (1000, 4, 16)}


def longest(link):
    """The most bytes that a record may say it has."""
    return TRANSFER_MAX if link in TRANSFERS else RECORD_MAX


def _pcap(data):
    """Yields (time, link, data, wire)."""
    for order in "<>":
        magic, = struct.unpack_from(order + "I", data)
        if magic in MAGICS:
            break
    unit, extra, header = MAGICS[magic]
    if len(data) < 24 + extra:
        raise Refused("header")
    major, minor, _, _, _, link = struct.unpack_from(order + "HHiIII", data, 4)
    if (major, minor) not in ((2, 0), (2, 1), (2, 2), (2, 3), (2, 4), (543, 0)):
        raise Refused("version")
    at = 24 + extra
    while at < len(data):
        if len(data) - at < header:
            raise Cut
        seconds, fraction, kept, wire = struct.unpack_from(order + "IIII", data, at)
        if (major, minor) in ((2, 0), (2, 1), (2, 2), (543, 0)) or ((major, minor) == (2, 3) and kept > wire):
            kept, wire = wire, kept
        if kept > longest(link & 0xffff):
            raise Broken
        at += header
        if len(data) - at < kept:
            raise Cut
        yield seconds * NS + fraction * unit, link & 0xffff, data[at:at + kept], max(kept, wire)
        at += kept


def _options(order, body):
    at = 0
    while at + 4 <= len(body):
        code, size = struct.unpack_from(order + "HH", body, at)
        if code == 0:
            return
        if at + 4 + (size + 3) // 4 * 4 > len(body):
            raise Broken
        yield code, body[at + 4:at + 4 + size]
        at += 4 + (size + 3) // 4 * 4


def _interface(order, body):
    link, _, snap = struct.unpack_from(order + "HHI", body)
    resolution, offset = 6, 0
    for code, value in _options(order, body[8:]):
        if code == 9:
            if len(value) != 1:
                raise Broken
            resolution = value[0]
        elif code == 14:
            if len(value) != 8:
                raise Broken
            offset, = struct.unpack(order + "q", value)
    return link, snap, resolution, offset


def _ns(ticks, resolution, offset):
    if resolution & 0x80:
        time = ticks * NS >> (resolution & 0x7f)
    else:
        time = ticks * NS // 10 ** resolution
    return min(max(time + offset * NS, 0), 2 ** 64 - 1)


FIXED = {0x0A0D0D0A: 24, 1: 16, 2: 28, 3: 12, 6: 28}


def _pcapng(data):
    at, interfaces, order = 0, [], "<"
    while at < len(data):
        if len(data) - at < 12:
            raise Cut
        kind, = struct.unpack_from(order + "I", data, at)
        if kind == 0x0A0D0D0A:
            magic = data[at + 8:at + 12]
            if magic not in (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"):
                raise Broken
            order = "<" if magic == b"\x4d\x3c\x2b\x1a" else ">"
        length, = struct.unpack_from(order + "I", data, at + 4)
        if length < FIXED.get(kind, 8) + 4 or length % 4 or length > BLOCK_MAX:
            raise Broken
        if len(data) - at < length:
            raise Cut
        if length <= 66 * 1024 and struct.unpack_from(order + "I", data, at + length - 4)[0] != length:
            raise Broken
        body = data[at + 8:at + length - 4]
        if kind == 0x0A0D0D0A:
            if struct.unpack_from(order + "HH", body, 4) not in ((1, 0), (1, 2)):
                raise Broken
            interfaces = []
        elif kind == 1:
            if length > 66 * 1024:
                raise Broken
            interfaces.append(_interface(order, body))
        elif kind in (2, 3, 6):
            yield _packet(order, kind, body, interfaces)
        at += length


def _packet(order, kind, body, interfaces):
    if kind == 3:
        number, ticks, kept, start = 0, None, None, 4
        wire, = struct.unpack_from(order + "I", body)
    elif kind == 6:
        number, high, low, kept, wire = struct.unpack_from(order + "IIIII", body)
        ticks, start = high << 32 | low, 20
    else:
        number, _, high, low, kept, wire = struct.unpack_from(order + "HHIIII", body)
        ticks, start = high << 32 | low, 20
    if number >= len(interfaces):
        raise Broken
    link, snap, resolution, offset = interfaces[number]
    if kept is None:
        kept = min(wire, snap) if snap else wire
    if kept > longest(link) or kept > len(body) - start:
        raise Broken
    return None if ticks is None else _ns(ticks, resolution, offset), link, body[start:start + kept], max(kept, wire)


IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"
VERSIONS = {4: IPV4, 6: IPV6}


def _ppp(data):
    if len(data) > 4 and data[0] in (0x0F, 0x8F) and data[1] == 0:
        return (data[2:4], data[4:]) if data[2:4] in (IPV4, IPV6) else None
    if data[:2] == b"\xff\x03" and len(data) > 2:
        data = data[2:]
    if len(data) < 2:
        return None
    size = 1 if data[0] & 1 else 2
    kind = {0x21: IPV4, 0x57: IPV6}.get(int.from_bytes(data[:size], "big"))
    return (kind, data[size:]) if kind else None


def ip_of(link, data):
    """(ether-type, IP packet) of a record of another link type, or None."""
    found = None
    if link in (12, 14, 101):
        kind = VERSIONS.get(data[0] >> 4) if data else None
        found = (kind, data) if kind else None
    elif link in (228, 229):
        found = (IPV4 if link == 228 else IPV6, data)
    elif link in (0, 108) and len(data) > 4:
        for family in (int.from_bytes(data[:4], "little"), int.from_bytes(data[:4], "big")):
            if family in (2, 10, 24, 28, 30):
                found = (IPV4 if family == 2 else IPV6, data[4:])
    elif link == 113 and data[14:16] in (IPV4, IPV6):
        found = (data[14:16], data[16:])
    elif link == 276 and data[:2] in (IPV4, IPV6) and len(data) >= 20:
        found = (data[:2], data[20:])
    elif link in (9, 50):
        found = _ppp(data)
    elif link == 166:
        found = _ppp(data[2:] if data[:2] in (b"\0\3", b"\1\3") and len(data) > 2 else data)
    elif link == 204 and data:
        found = _ppp(data[1:])
    elif link == 51 and len(data) >= 6 and data[1] == 0:
        found = _ppp(data[6:])
    return found if found and found[1] else None


ADDRESSES = bytes.fromhex("020000000002" "020000000001")


def _take(content, links, time, link, data, wire):
    """What becomes of one record."""
    if link != 1:
        if links == "refuse":
            raise Refused(link)
        found = ip_of(link, data) if links == "convert" and 0 < len(data) <= LONGEST else None
        if found:
            made = ADDRESSES + found[0] + found[1]
            wire += len(made) - len(data)
            data = made
        elif links == "skip" or 0 < len(data) <= LONGEST:
            content.skipped += 1
            return
    content.truncated += len(data) < wire
    if len(data) > LONGEST:
        content.too_long += 1
    elif not data:
        content.empty += 1
    else:
        content.converted += link != 1
        content.packets.append(Packet(time, data, wire))


def read(path, links="refuse"):
    """The content of a capture."""
    data, end = unpacked(pathlib.Path(path).read_bytes())
    content = Content()
    times = []
    if data[:4] == b"\x0a\x0d\x0d\x0a" and len(data) >= 28:
        records = _pcapng(data)
    elif len(data) >= 4 and any(int.from_bytes(data[:4], order) in MAGICS for order in ("little", "big")):
        records = _pcap(data)
    else:
        return Content(refused=True)
    last = None
    try:
        for time, link, frame, wire in records:
            last = last if time is None else time
            times.append(last)
            _take(content, links, last, link, frame, wire)
        if end is not None:
            raise end
    except Cut:
        content.cut = True
        content.broken = end is Broken
        content.cut = end is not Broken
    except Broken:
        content.broken = True
    except Refused:
        content.refused = True
    first = next((time for time in times if time is not None), 0)
    content.packets = [packet._replace(time=first) if packet.time is None else packet for packet in content.packets]
    return content


__all__ = ["Content", "ip_of", "read", "unpacked"]
