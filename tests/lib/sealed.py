# SPDX-License-Identifier: BSD-3-Clause
"""Captures as sluice writes them: pcapng whose blocks of packets end with a seal, and the index beside it. Written
from lib/format/index.h a second time, so that both must mean the same."""

import struct

SEAL = 0x80736C78
MASK = (1 << 64) - 1
NONE = (MASK, 0)


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def section():
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + struct.pack("<HH8sHH", 4, 6, b"tester", 0, 0))


def interface(name):
    """Of a port, in nanoseconds."""
    text = name.encode()
    return block(1, struct.pack("<HHI", 1, 0, 262144) + struct.pack("<HH", 2, len(text)) + text + bytes(-len(text) % 4)
                 + struct.pack("<HHBxxx", 9, 1, 9) + bytes(4))


def packet(ns, data, port, wire=None, flags=1):
    data_room = data + bytes(-len(data) % 4)
    return block(6, struct.pack("<IIIII", port, ns >> 32, ns & 0xFFFFFFFF, len(data), wire or len(data)) + data_room
                 + struct.pack("<HHI", 2, 4, flags) + bytes(4))


def fnv(data):
    value = 14695981039346656037
    for byte in data:
        value = (value ^ byte) * 1099511628211 & MASK
    return value


class Writer:
    """A capture; its file ends with statistics when it is closed, and is a .part before."""

    def __init__(self, path, ports=("wan", "lan"), align=4096):
        self.path, self.align = path, align
        self.index = path.parent / (path.name.removesuffix(".part") + ".index")
        head = section() + b"".join(map(interface, ports))
        self.file = bytearray(head)
        self.digest = fnv(head)
        header = struct.pack("<8sIIQ", b"sluiceix", 1, len(head), self.digest)
        self.rows = bytearray(header + struct.pack("<Q", fnv(header)))
        self.packets = self.bytes = self.raw = self.line = 0
        self.span = NONE

    def add(self, ns, data, port=0, wire=None):
        self.file += packet(ns, data, port, wire)
        self.line = ns if self.packets == 0 else self.line + max(0, ns - self.raw)
        self.packets, self.bytes, self.raw = self.packets + 1, self.bytes + len(data), ns
        self.span = (min(self.span[0], ns), max(self.span[1], ns))

    def seal(self):
        size = -(-(len(self.file) + 84) // self.align) * self.align - len(self.file)
        numbers = [len(self.file) + size, self.packets, self.bytes, *self.span, self.raw, self.line]
        for number in numbers:
            self.digest = (self.digest ^ number) * 0x9E3779B97F4A7C15 & MASK
            self.digest ^= self.digest >> 32
        row = struct.pack("<8Q", *numbers, self.digest)
        self.file += block(SEAL, bytes(size - 84) + b"sluicesl" + row)
        self.rows += row
        self.span = NONE

    def write(self, statistics=True):
        self.path.write_bytes(self.file + (block(5, struct.pack("<III", 0, 0, 0)) if statistics else b""))
        self.index.write_bytes(self.rows)
        return self.path
