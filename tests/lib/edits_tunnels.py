# SPDX-License-Identifier: BSD-3-Clause
"""Tunnels that are pushed and stripped; see edits.py, which this is a part of."""

import struct

from lib import layers, sums
from lib.edits import Frame, mac, prefix, push_mpls, push_vlan

VXLAN_PORT, GENEVE_PORT, GTP_PORT = 4789, 6081, 2152
BRIDGED, ERSPAN_2, ERSPAN_3 = 0x6558, 0x88BE, 0x22EB
PPPOE, VNTAG, ETAG, FABRICPATH = 0x8864, 0x8926, 0x893F, 0x8903

# ---- push

FIRST_PORT, PORT_BITS = 0xC000, 0x3FFF  # Question: the flow's hash, in RFC 7348's 49152 to 65535


def _outer(frame, given, protocol, behind):
    """The frame behind a new Ethernet header and IP header. Question: without src-mac or dst-mac the frame's own; a TTL
    of 64, no DSCP, no identification and don't-fragment (RFC 6864); lengths are of what is there of the packet."""
    src, dst = prefix(given["src"]), prefix(given["dst"])
    macs = [mac(given[key]) if key in given else frame.data[at:at + 6] for key, at in (("dst-mac", 0), ("src-mac", 6))]
    length = len(behind) + len(frame.data)
    if src.version == 4:
        kind = layers.IPV4
        head = bytearray(struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + length, 0, 0x4000, 64, protocol, 0,
                                     src.network_address.packed, dst.network_address.packed))
        head[10:12] = struct.pack(">H", sums.checksum(head))
    else:
        kind = layers.IPV6
        head = struct.pack(">IHBB16s16s", 0x60000000, length, protocol, 64,
                           src.network_address.packed, dst.network_address.packed)
    return frame.become(b"".join(macs) + struct.pack(">H", kind) + head + behind + frame.data)


def _udp(frame, given, port, behind, context):
    source = FIRST_PORT | PORT_BITS & context.entropy
    udp = struct.pack(">HHHH", source, port, 8 + len(behind) + len(frame.data), 0)
    return _outer(frame, given, layers.UDP, udp + behind)


def push_vxlan(frame, given, context):
    return _udp(frame, given, VXLAN_PORT, struct.pack(">II", 0x08000000, given["vni"] << 8), context)


def push_geneve(frame, given, context):
    return _udp(frame, given, GENEVE_PORT, struct.pack(">HHI", 0, BRIDGED, given["vni"] << 8), context)


def push_gre(frame, given, _):
    """Question: the whole frame is in it, as in RFC 7637 (NVGRE) and Linux's gretap."""
    key = struct.pack(">I", given["key"]) if "key" in given else b""
    return _outer(frame, given, layers.GRE, struct.pack(">HH", 0x2000 if key else 0, BRIDGED) + key)


def push_erspan(frame, given, context):
    """draft-foschiano-erspan. Question: VLAN and class are the outermost tag's, which stays in the frame (En 3); T says
    that the frame is not whole; index, group, hardware, direction are 0; times of version 3 are in units of 100 ns
    (Gra 0). Question: the version is 2 where none is given."""
    found = layers.read(frame.data)
    tci = layers.number(frame.data[found.tags[0] + 2:found.tags[0] + 4]) if found.tags else 0
    version = given.get("version", 2)
    word = (version - 1) << 28 | (tci & 0xFFF) << 16 | (tci >> 13) << 13 | given.get("session", 0)
    word |= (len(frame.data) < frame.wire) << 10
    open_bits = context.entropy & 0xFFFFFFFF
    if version == 2:
        head = struct.pack(">II", word | (3 if found.tags else 0) << 11, 0)
    else:
        head = struct.pack(">III", word, open_bits, 0x8000)  # P: an Ethernet frame
    kind = ERSPAN_2 if version == 2 else ERSPAN_3
    return _outer(frame, given, layers.GRE, struct.pack(">HHI", 0x1000, kind, open_bits) + head)


def push(frame, given, context):
    if len(frame.data) < 14:
        return None
    if "vlan" in given:
        return push_vlan(frame, given)
    (kind, values), = given.items()
    if kind == "mpls":
        return push_mpls(frame, values)
    return {"vxlan": push_vxlan, "geneve": push_geneve, "gre": push_gre, "erspan": push_erspan}[kind](
        frame, values, context)


# ---- strip: only headers go. Question: what an outer header's length leaves behind its end stays where it is.

def _ethernet(frame, at):
    """The frame that begins at `at`, if its header is there."""
    return frame.become(frame.data[at:]) if at + 14 <= len(frame.data) else None


def _behind_link(frame, found, kind, at):
    """What is at `at`, behind the link header that there was. Question: its tags stay."""
    if at >= len(frame.data):
        return None
    return frame.become(frame.data[:found.type_at] + struct.pack(">H", kind) + frame.data[at:])


def _ip(frame, found, at):
    """The IP packet at `at`. Question: the version must be right, the rest is not judged: it may be cut."""
    version = frame.data[at] >> 4 if at < len(frame.data) else 0
    kind = {4: layers.IPV4, 6: layers.IPV6}.get(version)
    return _behind_link(frame, found, kind, at) if kind else None


def strip_vlan(frame):
    """Question: one whose type behind it is cut off stays."""
    found = layers.read(frame.data)
    if not found.tags or len(frame.data) < 18:
        return None
    return frame.become(frame.data[:12] + frame.data[16:])


def strip_vlans(frame):
    """Question: all that stand there, not only the two that are looked through."""
    result = None
    while stripped := strip_vlan(result or frame):
        result = stripped
    return result


def strip_mpls(frame):
    """The whole stack. What is behind it is told by its first bits: IP by the version, in version 4 with a header of five
    words or more, though it may be cut; then a control word (RFC 4448: 0, and the next twelve bits 0) with an Ethernet
    frame; else an Ethernet frame, but nothing that says that it is an associated channel (0001). Question: all of
    that."""
    found = layers.read(frame.data)
    if found.ether_type not in (layers.MPLS, layers.MPLS_MULTICAST):
        return None
    at, bottom = found.link_end, False
    while not bottom:
        if at + 4 > len(frame.data):
            return None
        bottom, at = frame.data[at + 2] & 1, at + 4
    first = frame.data[at] if at < len(frame.data) else 0
    if first >> 4 == 6 or 0x45 <= first < 0x50:
        return _ip(frame, found, at)
    if at + 2 <= len(frame.data) and frame.data[at:at + 2] == b"\0\0":
        return _ethernet(frame, at + 4)
    return None if at < len(frame.data) and frame.data[at] >> 4 == 1 else _ethernet(frame, at)


def _udp_behind(frame, port):
    """Where what a UDP datagram to this port carries begins. Question: a first fragment counts, too."""
    network = layers.read(frame.data).network
    if network is None or network.transport() != layers.UDP or network.end + 8 > len(frame.data):
        return None
    return network.end + 8 if layers.number(frame.data[network.end + 2:network.end + 4]) == port else None


def strip_vxlan(frame):
    """Question: only with the flag that a VNI is there."""
    at = _udp_behind(frame, VXLAN_PORT)
    if at is None or at + 8 > len(frame.data) or not frame.data[at] & 8:
        return None
    return _ethernet(frame, at + 8)


def strip_geneve(frame):
    """Question: version 0; an Ethernet frame, or what has an ether-type, which then stands behind the link header."""
    at = _udp_behind(frame, GENEVE_PORT)
    if at is None or at + 8 > len(frame.data) or frame.data[at] >> 6:
        return None
    kind, end = layers.number(frame.data[at + 2:at + 4]), at + 8 + (frame.data[at] & 63) * 4
    return _typed(frame, kind, end)


def _typed(frame, kind, at):
    if kind == BRIDGED:
        return _ethernet(frame, at)
    return _behind_link(frame, layers.read(frame.data), kind, at) if kind >= 0x600 else None


def _gre(frame):
    """(protocol, has a sequence number, end) of a GRE header. Question: version 0, without source routes."""
    network = layers.read(frame.data).network
    if network is None or network.protocol != layers.GRE or network.later or network.end + 4 > len(frame.data):
        return None
    flags, kind = struct.unpack_from(">HH", frame.data, network.end)
    if flags & 0x4007:
        return None
    size = 4 + 4 * sum(bool(flags & bit) for bit in (0x8000, 0x2000, 0x1000))
    return (kind, bool(flags & 0x1000), network.end + size) if network.end + size <= len(frame.data) else None


def strip_gre(frame):
    gre = _gre(frame)
    return _typed(frame, gre[0], gre[2]) if gre and gre[0] not in (ERSPAN_2, ERSPAN_3) else None


def strip_erspan(frame):
    """Version I has no header of its own and no sequence number; III may have eight bytes more (O), and what is not an
    Ethernet frame in it (FT) is IP (2) or not known."""
    gre = _gre(frame)
    if gre is None or gre[0] not in (ERSPAN_2, ERSPAN_3):
        return None
    kind, numbered, at = gre
    if kind == ERSPAN_2 and not numbered:
        return _ethernet(frame, at)
    size = 8 if kind == ERSPAN_2 else 12
    if at + size > len(frame.data) or frame.data[at] >> 4 != (1 if kind == ERSPAN_2 else 2):
        return None
    if kind == ERSPAN_2:
        return _ethernet(frame, at + 8)
    end = at + 12 + 8 * (frame.data[at + 11] & 1)
    carried = frame.data[at + 10] >> 2 & 31
    if carried == 2:
        return _ip(frame, layers.read(frame.data), end)
    return _ethernet(frame, end) if carried == 0 else None


def strip_gtp_u(frame):
    """A G-PDU (255) of version 1 with IP in it; the rest is signalling."""
    at = _udp_behind(frame, GTP_PORT)
    if at is None or at + 8 > len(frame.data) or frame.data[at] & 0xF0 != 0x30 or frame.data[at + 1] != 255:
        return None
    end = at + 8
    if frame.data[at] & 7:
        end += 4
        if end > len(frame.data):
            return None
        following = frame.data[end - 1] if frame.data[at] & 4 else 0
        while following:
            if end >= len(frame.data) or frame.data[end] == 0:
                return None
            end += frame.data[end] * 4
            if end > len(frame.data):
                return None
            following = frame.data[end - 1]
    return _ip(frame, layers.read(frame.data), end)


def strip_ipip(frame):
    """Either version in either. Question: IPv6 in IP (41), too."""
    found = layers.read(frame.data)
    version = {layers.IPIP: 4, layers.IPV6_IN_IP: 6}.get(found.network.protocol) if found.network else None
    if version is None or found.network.later or found.network.end >= len(frame.data):
        return None
    return _ip(frame, found, found.network.end) if frame.data[found.network.end] >> 4 == version else None


def strip_pppoe(frame):
    """A session's packet with IP in it."""
    found = layers.read(frame.data)
    at = found.link_end
    if found.ether_type != PPPOE or at + 8 > len(frame.data) or frame.data[at:at + 2] != b"\x11\0":
        return None
    kind = {0x0021: layers.IPV4, 0x0057: layers.IPV6}.get(layers.number(frame.data[at + 6:at + 8]))
    return _behind_link(frame, found, kind, at + 8) if kind else None


def _strip_tag(frame, kind, size):
    """A tag, type and all, behind which an ether-type stands. Question: outermost or behind tags."""
    found = layers.read(frame.data)
    if found.ether_type != kind or found.type_at + size + 2 > len(frame.data):
        return None
    return frame.become(frame.data[:found.type_at] + frame.data[found.type_at + size:])


def strip_vntag(frame):
    return _strip_tag(frame, VNTAG, 6)


def strip_etag(frame):
    return _strip_tag(frame, ETAG, 8)


def strip_fabricpath(frame):
    """Question: an untagged one."""
    if len(frame.data) < 16 or layers.number(frame.data[12:14]) != FABRICPATH:
        return None
    return _ethernet(frame, 16)


TUNNELS = {"mpls": strip_mpls, "vxlan": strip_vxlan, "geneve": strip_geneve, "gre": strip_gre, "erspan": strip_erspan,
           "gtp-u": strip_gtp_u, "ipip": strip_ipip, "pppoe": strip_pppoe, "vntag": strip_vntag, "etag": strip_etag,
           "fabricpath": strip_fabricpath}


def strip_tunnel(frame):
    """Question: the outermost of these, once; a VLAN tag is none."""
    return next((stripped for strip_one in TUNNELS.values() if (stripped := strip_one(frame))), None)


WORDS = {"vlan": strip_vlan, "vlans": strip_vlans, "tunnel": strip_tunnel, **TUNNELS}


def strip(frame, given, _):
    """One word, or several from left to right. Question: those that find nothing are passed over, as fields of a set
    are."""
    result = None
    for word in given if isinstance(given, list) else [given]:
        result = WORDS[word](result or frame) or result
    return result


__all__ = ["Frame", "push", "strip"]
