# SPDX-License-Identifier: BSD-3-Clause
"""The blocks of a pcapng file with all that stands in them, read from the draft, as little-endian sluice writes them."""

import struct
from dataclasses import dataclass, field

SECTION, INTERFACE, STATISTICS, PACKET = 0x0a0d0d0a, 1, 5, 6
LOCAL = 1 << 31


@dataclass
class Block:
    type: int
    at: int
    size: int
    body: bytes
    options: dict = field(default_factory=dict)  # value by code
    interface: int = 0
    time: int = 0
    data: bytes = b""
    wire: int = 0


def options(body):
    found, at = {}, 0
    while at < len(body):
        code, length = struct.unpack_from("<HH", body, at)
        if code == 0:
            break
        found[code] = body[at + 4:at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
    return found


def _block(kind, at, size, body):
    block = Block(kind, at, size, body)
    if kind == SECTION:
        block.options = options(body[16:])
    elif kind == INTERFACE:
        block.options = options(body[8:])
    elif kind in (PACKET, STATISTICS):
        block.interface, high, low = struct.unpack_from("<III", body)
        block.time = high << 32 | low
        block.options = options(body[12:])
    if kind == PACKET:
        length, block.wire = struct.unpack_from("<II", body, 12)
        block.data = body[20:20 + length]
        block.options = options(body[20 + (length + 3) // 4 * 4:])
    return block


def read(path, cut=False):
    """All blocks; the file must end with one, unless it may be cut."""
    data, blocks, at = path.read_bytes(), [], 0
    while at < len(data):
        if len(data) - at < 12:
            assert cut, f"{path}: {len(data) - at} bytes are left"
            break
        kind, size = struct.unpack_from("<II", data, at)
        assert size >= 12 and size % 4 == 0, f"{path}: a block of {size} bytes at {at}"
        if at + size > len(data):
            assert cut, f"{path}: ends within the block at {at}"
            break
        assert struct.unpack_from("<I", data, at + size - 4) == (size,), f"{path}: the block at {at}"
        blocks.append(_block(kind, at, size, data[at + 8:at + size - 4]))
        at += size
    return blocks


def packets(path, cut=False):
    return [block for block in read(path, cut) if block.type == PACKET]


def number(block, code, absent=0):
    """An option that is a number."""
    value = block.options.get(code)
    return int.from_bytes(value, "little") if value is not None else absent
