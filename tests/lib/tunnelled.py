# SPDX-License-Identifier: BSD-3-Clause
"""Packets in tunnels, made of others, for tests."""

import struct

from lib import actions, edits, layers
from lib.random_edits import random_tunnel

KINDS = ("vxlan", "geneve", "gre", "erspan", "gtp-u", "ipip", "mpls", "pseudowire", "vlan")
MACS = bytes.fromhex("020000000002020000000001")


def ethernet(kind, behind):
    return MACS + struct.pack(">H", kind) + behind


def ipv4(protocol, behind, src="0a000003", dst="0a000004", fragment=0):
    return ethernet(layers.IPV4, struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(behind), 7, fragment, 64, protocol, 0) +
                    bytes.fromhex(src + dst) + behind)


def udp(port, behind, **more):
    return ipv4(layers.UDP, struct.pack(">HHHH", 0xC001, port, 8 + len(behind), 0) + behind, **more)


def gtp_u(teid, packet, **more):
    return udp(2152, struct.pack(">BBHI", 0x30, 255, len(packet), teid) + packet, **more)


def vxlan(vni, frame, **more):
    return udp(4789, struct.pack(">II", 0x08000000, vni << 8) + frame, **more)


def label(number, bottom=True):
    return struct.pack(">I", number << 12 | bottom << 8 | 64)


def packet_of(frame):
    """The IP packet in a frame, or None."""
    network = layers.read(frame).network
    return frame[network.at:] if network else None


def wrapped(chance, frame, kind):
    """The frame, or the IP packet in it, in a tunnel or behind a tag; as it is where it has no IP and must."""
    packet = packet_of(frame)
    version = chance.choice([4, 6])
    if kind in ("gtp-u", "ipip") and packet is None:
        return frame
    if kind == "gtp-u":
        return gtp_u(chance.choice([1, 2, chance.getrandbits(32)]), packet, fragment=chance.choice([0, 0, 0, 0x2000, 5]))
    if kind == "ipip":
        return ipv4(layers.IPIP if packet[0] >> 4 == 4 else layers.IPV6_IN_IP, packet)
    if kind == "mpls" and packet:
        stack = label(chance.getrandbits(20), False) * chance.randrange(3) + label(chance.getrandbits(20))
        return ethernet(layers.MPLS, stack + packet)
    if kind == "pseudowire":
        return ethernet(layers.MPLS, label(chance.choice([16, 17])) + chance.choice([b"", bytes(4)]) + frame)
    push = {"vlan": {"push": {"vlan": 9}}, "mpls": {"push": {"mpls": {"label": 77}}}}.get(kind)
    edited, _ = actions.edited([push or random_tunnel(chance, kind, version)], edits.Frame(frame, len(frame)))
    return edited.data
