# SPDX-License-Identifier: BSD-3-Clause
"""Who sent a packet, a client or a server, told a second time from the words of docs/replay.md."""

import ipaddress

from lib import layers

SYN, ACK = 2, 16


def ports(frame, network):
    """The two ports, if the first four bytes of TCP, UDP or SCTP are there."""
    if network.transport() not in layers.TRANSPORTS or network.end + 4 > len(frame):
        return None
    return tuple(layers.number(frame[at:at + 2]) for at in (network.end, network.end + 2))


class Sides:
    """Asked packet by packet, in the order of the capture, through one loop."""

    def __init__(self, clients=()):
        self.clients = [ipaddress.ip_network(text) for text in clients]
        self.connections = {}  # of both ends: which of them is the client
        self.fragments = {}

    def is_client(self, address):
        address = ipaddress.ip_address(address)
        return any(address in prefix for prefix in self.clients if prefix.version == address.version)

    def by_addresses(self, src, dst):
        src, dst = self.is_client(src), self.is_client(dst)
        return dst and not src

    def by_syn(self, frame, network, src, dst, found):
        at = network.end + 13
        flags = frame[at] if at < len(frame) else 0
        ends = (src, found[0]), (dst, found[1])
        if flags & SYN:
            self.connections.setdefault(frozenset(ends), ends[1] if flags & ACK else ends[0])
        client = self.connections.get(frozenset(ends))
        return None if client is None else client != ends[0]

    def is_server(self, frame):
        link = layers.read(frame)
        network, at = link.network, link.link_end
        if link.ether_type == layers.ARP and len(frame) >= at + 28 and frame[at:at + 6] == b"\0\1\x08\0\6\4":
            return self.by_addresses(frame[at + 14:at + 18], frame[at + 24:at + 28])
        if network is None:
            return False
        src, dst = frame[slice(*network.src)], frame[slice(*network.dst)]
        datagram = (src, dst, network.protocol, frame[network.at + 4:network.at + 6] if network.version == 4 else b"")
        found = ports(frame, network)
        if network.later:
            return self.fragments.get(datagram, self.by_addresses(src, dst))
        server = None
        if found and network.protocol == layers.TCP:
            server = self.by_syn(frame, network, src, dst, found)
        if server is None and found and found[0] != found[1]:
            server = found[0] < found[1]
        if server is None:
            server = self.by_addresses(src, dst)
        if network.fragment and found:
            self.fragments[datagram] = server
        return server


def split(packets, clients=()):
    """The packets of one loop: those of clients, and those of servers."""
    sides, parts = Sides(clients), ([], [])
    for packet in packets:
        parts[sides.is_server(packet.data)].append(packet)
    return parts
