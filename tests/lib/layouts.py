# SPDX-License-Identifier: BSD-3-Clause
"""Captures of any kind and layout, as bytes."""

import gzip
import lzma
import struct
import subprocess

NS = 10 ** 9
START = 1_700_000_000 * NS


def ip(number, version=4, size=40):
    body = bytes([number & 255]) * size
    return b"\x45" + body if version == 4 else b"\x60" + body


def ethernet(number, size=46):
    return bytes.fromhex("020000000009020000000008" "88b5") + struct.pack(">H", number) + bytes(size - 2)


def pcap(records, order="<", magic=0xA1B23C4D, link=1, snap=262144, header=16, major=2, minor=4):
    """Records are (time in the file's units, bytes, length on the wire)."""
    data = struct.pack(order + "IHHiIII", magic, major, minor, 0, 0, snap, link)
    data += bytes(4) if magic in (0x1C0001AC, 0x1C0001AB) else b""
    unit = 10 ** 6 if magic in (0xA1B2C3D4, 0xA1B2CD34, 0x1C0001AB) else NS
    for time, frame, wire in records:
        data += struct.pack(order + "IIII", *divmod(time, unit), len(frame), wire) + bytes(header - 16) + frame
    return data


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


def compressed(name, data):
    if name in ("zstd", "lz4"):
        return subprocess.run([name, "-q", "-c"], input=data, capture_output=True, check=True).stdout
    return {"gzip": gzip.compress, "xz": lzma.compress, "none": bytes}[name](data)
