# SPDX-License-Identifier: BSD-3-Clause
"""Captures, read strictly and written plainly: times are nanoseconds since 1970."""

import pathlib
import struct
from typing import NamedTuple

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "pcap-fixtures"
MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D
ETHERNET = 1

# What sluice takes: Ethernet, at least one packet, whole.
GOOD = ["mixed.pcap", "dns.pcap", "smb2.pcap", "vlan.pcap", "gre.pcap", "vxlan.pcap", "ipv4-fragments.pcap",
        "ipv4-truncated.pcap", "ipv6-fragments.pcap", "ipv6-malformed-fragments.pcap", "ipv6-rsmurf.pcap",
        "nanosecond.pcap", "nanosecond-big-endian.pcap", "made/vlans.pcap", "made/pppoe.pcap",
        "made/ipv6-extensions.pcap", "made/ipv4-headers.pcap", "made/cut-headers.pcap", "made/jumbo.pcap",
        "made/snaplen.pcap", "made/syn-flood.pcap", "made/flows.pcap", "made/ethernet.pcapng"]
# Of tunnels, and of tags that switches add.
TUNNELS = ["arista-timestamps.pcap", "duplicates.pcap", "erspan1.pcap", "erspan2.pcap", "erspan3.pcap", "fabricpath.pcap",
           "geneve.pcap", "gre-in-gre.pcap", "gtp-u.pcap", "mixed-vlan-mpls.pcap", "mpls-in-vlan.pcap",
           "mpls-over-udp.pcap", "pppoe-over-qinq.pcap", "qinq.pcap", "vntag.pcap", "vxlan-http.pcap"]


class Packet(NamedTuple):
    time: int
    data: bytes
    wire: int  # its length before the snap length cut it


def _blocks(data):
    """The records of a pcapng file of one section, as (time, data, wire); those without a time have their neighbour's."""
    records = list(_timed(data))
    last = next((record.time for record in records if record.time is not None), 0)
    for record in records:
        last = last if record.time is None else record.time
        yield record._replace(time=last)


def _timed(data):
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    units, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        body = data[at + 8:at + length - 4]
        assert struct.unpack_from(order + "I", data, at + length - 4)[0] == length, "block length"
        if kind == 1:
            unit, option = 1000, 8
            while option + 4 <= len(body):
                code, size = struct.unpack_from(order + "HH", body, option)
                if code == 9:
                    unit = 10 ** (9 - body[option + 4])
                option += 4 + (size + 3) // 4 * 4
            units.append(unit)
        elif kind == 6:
            interface, high, low, kept, wire = struct.unpack_from(order + "IIIII", body)
            yield Packet((high << 32 | low) * units[interface], body[20:20 + kept], wire)
        elif kind == 3:
            wire, = struct.unpack_from(order + "I", body)
            yield Packet(None, body[4:4 + wire], wire)
        at += length


def read(path):
    """Every packet of a capture; anything but whole records of Ethernet is an error."""
    data = pathlib.Path(path).read_bytes()
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return list(_blocks(data))
    for order in "<>":
        magic, _, _, _, _, _, link = struct.unpack_from(order + "IHHiIII", data)
        if magic in (MICRO, NANO):
            break
    else:
        raise ValueError(f"{path}: no capture")
    if link != ETHERNET:
        raise ValueError(f"{path}: link type {link}")
    packets, at = [], 24
    while at < len(data):
        seconds, fraction, kept, wire = struct.unpack_from(order + "IIII", data, at)
        at += 16
        if at + kept > len(data):
            raise ValueError(f"{path}: ends in the middle of a record")
        time = seconds * 1_000_000_000 + fraction * (1 if magic == NANO else 1000)
        packets.append(Packet(time, data[at:at + kept], wire))
        at += kept
    return packets


def interfaces(data):
    """Of pcapng the names of its interfaces, and of each packet its interface and id."""
    names, ids, at = [], [], 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        option = at + {1: 16, 6: 28}.get(kind, length)
        if kind == 6:
            option += (struct.unpack_from("<I", data, at + 20)[0] + 3) & ~3
        while option + 4 < at + length - 4:
            code, size = struct.unpack_from("<HH", data, option)
            value = data[option + 4:option + 4 + size]
            if (kind, code) == (1, 2):
                names.append(value)
            if (kind, code) == (6, 5):
                ids.append((struct.unpack_from("<I", data, at + 8)[0], *struct.unpack("<Q", value)))
            option += 4 + (size + 3 & ~3)
        at += length
    return names, ids


def is_nano(path):
    with open(path, "rb") as stream:
        return struct.unpack("<I", stream.read(4))[0] == NANO


def write(path, packets, magic=NANO):
    """packets: Packets, or frames' bytes, which then come one every microsecond."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262144, ETHERNET))
        for number, packet in enumerate(packets):
            if not isinstance(packet, Packet):
                packet = Packet(1_700_000_000_000_000_000 + number * 1000, packet, len(packet))
            seconds, rest = divmod(packet.time, 1_000_000_000)
            fraction = rest if magic == NANO else rest // 1000
            out.write(struct.pack("<IIII", seconds, fraction, len(packet.data), packet.wire) + packet.data)
    return path


def fixture(name):
    return FIXTURES / name


def frames(name):
    return [packet.data for packet in read(fixture(name))]
