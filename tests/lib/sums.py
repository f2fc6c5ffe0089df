# SPDX-License-Identifier: BSD-3-Clause
"""The checksums of a frame, each computed anew over what it covers. What is not in the frame (cut by a snap length,
quoted in part, in other fragments) is the same before and after an edit, so it is part of by how much a checksum is
wrong; and that stays."""

import struct
from typing import NamedTuple

from lib import layers

ONES, UDP, CRC = "ones", "udp", "crc"
FIELDS = {layers.TCP: 16, layers.UDP: 6, layers.ICMP: 2, layers.ICMPV6: 2, layers.SCTP: 8}


def folded(data):
    """The one's complement sum, 0 to 0xffff."""
    data = bytes(data) + b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(data):
    return folded(data) ^ 0xFFFF


def _crc_row(value):
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value


CRC_ROWS = [_crc_row(byte) for byte in range(256)]


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ CRC_ROWS[(value ^ byte) & 255]
    return value ^ 0xFFFFFFFF


class Sum(NamedTuple):
    """One checksum: where it stands and what it covers."""
    kind: str
    at: int
    spans: tuple  # of the frame, beside the body
    constant: bytes
    body: tuple  # (from, to), with the checksum in it, which counts as 0

    @property
    def end(self):
        return self.at + (4 if self.kind == CRC else 2)

    def covered(self, frame):
        start, end = self.body
        return (b"".join(bytes(frame[a:b]) for a, b in self.spans) + self.constant +
                bytes(frame[start:self.at]) + bytes(self.end - self.at) + bytes(frame[self.end:end]))

    def stored(self, frame):
        return bytes(frame[self.at:self.end])

    def right(self, frame):
        """What should stand there, as bytes."""
        if self.kind == CRC:
            return struct.pack("<I", crc32c(self.covered(frame)))
        value = checksum(self.covered(frame))
        return struct.pack(">H", 0xFFFF if self.kind == UDP and value == 0 else value)

    def moved(self, before, after):
        """What stands there after an edit: right what was right, wrong by as much what was wrong."""
        old, new, was = self.right(before), self.right(after), self.stored(before)
        if self.kind == CRC:
            return bytes(a ^ b ^ c for a, b, c in zip(old, new, was))
        value = (layers.number(new) + layers.number(was) - layers.number(old)) % 0xFFFF
        return struct.pack(">H", 0xFFFF if self.kind == UDP and value == 0 else value)


def _transport(frame, network, limit):
    """The transport's checksum, if it lies before `limit`."""
    kind, start = network.transport(), network.end
    if kind is None or start + FIELDS[kind] + (4 if kind == layers.SCTP else 2) > limit:
        return None
    at = start + FIELDS[kind]
    # What is behind the end that the IP length gives is padding.
    # Question: a length that denies the transport's header is no judge of it; then the header alone is covered.
    end = min(limit, max(network.packet_end, layers.transport_end(frame, network)))
    if kind == layers.SCTP:
        # Question: of a CRC32c over bytes that are not all here nothing is said; it stays as it is.
        whole = not network.fragment and start + 12 <= network.packet_end <= limit
        return Sum(CRC, at, (), b"", (start, network.packet_end)) if whole else None
    if kind == layers.ICMP:
        return Sum(ONES, at, (), b"", (start, end))
    length = network.packet_end - start
    if kind == layers.UDP:
        if frame[at:at + 2] == b"\0\0":
            return None
        said = layers.number(frame[start + 4:start + 6])
        if said >= 8:
            length, end = said, min(end, start + said)
    return Sum(UDP if kind == layers.UDP else ONES, at, (network.src, network.final),
               struct.pack(">IHH", length & 0xFFFFFFFF, 0, kind), (start, end))


def _of(frame, network, limit):
    found = _transport(frame, network, limit)
    if found:
        yield found
    if network.version == 4:
        yield Sum(ONES, network.at + 10, (), b"", (network.at, network.end))


def checksums(frame, quotes=False):
    """Those of the outermost headers; with quotes first those of the packet that an ICMP error quotes, as the error's
    own covers them."""
    network = layers.read(frame).network
    if network is None:
        return []
    found = []
    if quotes:
        inner, end = layers.quoted(frame, network)
        found += _of(frame, inner, end) if inner else []
    return found + list(_of(frame, network, len(frame)))


def mended(before, after, quotes=False, masked=None):
    """`after`, which has other bytes than `before` in the same places, with its checksums. What was masked stays so."""
    after = bytearray(after)
    for one in checksums(before, quotes):
        if masked and one.at < masked[1] and one.end > masked[0]:
            continue
        if one.covered(before) != one.covered(after):
            after[one.at:one.end] = one.moved(before, after)
    return bytes(after)
