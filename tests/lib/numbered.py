# SPDX-License-Identifier: BSD-3-Clause
"""Packets that can be told apart: UDP, each with another payload, and checksums that are right."""

import socket
import struct

from lib import sums


def frame(number, macs="020000000001020000000002", addresses=("10.0.0.1", "10.0.0.2")):
    """macs: of the receiver and of the sender; addresses: of the sender and of the receiver."""
    payload = struct.pack("!I", number) * 12
    pair = b"".join(socket.inet_aton(address) for address in addresses)
    udp = struct.pack("!HHHH", 4000 + number % 50, 53, 8 + len(payload), 0) + payload
    udp = udp[:6] + struct.pack("!H", sums.checksum(pair + struct.pack("!HH", 17, len(udp)) + udp)) + udp[8:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), number & 0xffff, 0, 64, 17, 0) + pair
    ip = ip[:10] + struct.pack("!H", sums.checksum(ip)) + ip[12:]
    return bytes.fromhex(macs.replace(":", "")) + b"\x08\x00" + ip + udp
