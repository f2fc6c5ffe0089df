# SPDX-License-Identifier: BSD-3-Clause
"""Addresses that are others in each loop, worked out a second time from the words of docs/replay.md."""

from lib import edits, layers, sums

RING = 222 * 2 ** 24 - 1
STEP, STEP_IPV6 = 2301893641, 0x9E3779B97F4A7C15


def ring():
    """The first bytes of addresses that move, in order."""
    return [first for first in range(1, 224) if first != 127]


BLOCKS = ring()


def address(old, loop):
    if len(old) == 16:
        if loop == 0 or old[0] in (0, 255):
            return old
        low = (int.from_bytes(old[8:], "big") + loop * STEP_IPV6) % 2 ** 64
        return old[:8] + low.to_bytes(8, "big")
    if loop == 0 or old[0] not in BLOCKS or old == b"\xdf\xff\xff\xff":
        return old
    place = BLOCKS.index(old[0]) << 24 | int.from_bytes(old[1:], "big")
    place = (place + loop * STEP) % RING if loop < RING else ((loop - RING) * STEP - place) % RING
    return bytes([BLOCKS[place >> 24]]) + (place & 0xFFFFFF).to_bytes(3, "big")


def moved(frame, loop):
    """As lib/edits.py's nat has it: in IP, ARP and what an ICMP error quotes."""
    found, data = layers.read(frame.data), bytearray(frame.data)
    places = []
    if found.ether_type == layers.ARP:
        places = edits._arp_addresses(data, found.link_end)  # pylint: disable=protected-access
    if found.network:
        places = [found.network.src, found.network.dst]
        inner, _ = layers.quoted(frame.data, found.network)
        places += [inner.src, inner.dst] if inner else []
    for start, end in places:
        data[start:end] = address(bytes(data[start:end]), loop)
    return frame.become(sums.mended(frame.data, data, quotes=True))
