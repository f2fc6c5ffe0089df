# SPDX-License-Identifier: BSD-3-Clause
"""Where the headers of a frame begin and end, read byte by byte, for the oracle of edits. Offsets are from the frame's
beginning and may lie behind its end: a header may say that it is longer than what was captured of it."""

from typing import NamedTuple, Optional

TAGS = (0x8100, 0x88A8, 0x9100)
IPV4, IPV6, ARP, MPLS, MPLS_MULTICAST = 0x0800, 0x86DD, 0x0806, 0x8847, 0x8848
ICMP, IPIP, TCP, UDP, IPV6_IN_IP, GRE, ICMPV6, SCTP = 1, 4, 6, 17, 41, 47, 58, 132
FRAGMENT, AUTHENTICATION, ROUTING = 44, 51, 43
EXTENSIONS = (0, ROUTING, FRAGMENT, AUTHENTICATION, 60, 135, 139, 140)
TRANSPORTS = {TCP: 20, UDP: 8, SCTP: 12}
# The errors, which quote a packet behind their eight bytes: RFC 1122 3.2.2, RFC 4443 2.1.
ERRORS = {ICMP: (3, 4, 5, 11, 12), ICMPV6: (1, 2, 3, 4)}


def number(data):
    return int.from_bytes(data, "big")


class Network(NamedTuple):
    """An IP packet's headers."""
    version: int
    at: int
    end: int  # of the header with options or extension headers
    packet_end: int  # as the IP length says, however far that is
    protocol: Optional[int]  # None: the chain of extension headers leaves the frame
    later: bool  # a fragment that is not the first
    fragment: bool  # a part of a datagram, the first or a later one
    src: tuple  # (from, to) of the address
    dst: tuple
    final: tuple  # where it goes in the end: what a pseudo-header has (RFC 8200 8.1, RFC 791 3.1)

    def transport(self):
        """TCP, UDP, SCTP, ICMP or ICMPV6, if that stands behind the header; None otherwise."""
        known = (TCP, UDP, SCTP, ICMP if self.version == 4 else ICMPV6)
        return self.protocol if self.protocol in known and not self.later else None


class Layers(NamedTuple):
    """The outermost headers. Up to two tags are looked through."""
    tags: tuple  # where the type of each tag stands whose number lies in the frame
    type_at: Optional[int]  # where the ether-type behind them stands, if it lies in the frame
    link_end: int
    ether_type: Optional[int]
    network: Optional[Network]


def final_of(frame, at, end):
    """The last address that a routing header at `at` names, as (from, to), if there is still a way to go."""
    kind, left, size = frame[at + 2], frame[at + 3], frame[at + 1] * 8
    if left == 0 or size < 16 or at + 8 + size > end:
        return None
    if kind in (0, 2):
        return at + 8 + size // 16 * 16 - 16, at + 8 + size // 16 * 16
    return (at + 8, at + 24) if kind == 4 else None


def last_hop(frame, at, end):
    """The last address of a loose or strict source route among IPv4's options, as (from, to), if there is still a way
    to go: the destination is then the next hop."""
    while at + 3 <= end and frame[at] != 0:
        if frame[at] == 1:
            at += 1
            continue
        size = max(2, frame[at + 1])
        if frame[at] in (131, 137):
            return (at + size - 4, at + size) if 7 <= size <= end - at and frame[at + 2] <= size else None
        at += size
    return None


def packet_end(start, size, end):
    """Question: a length of 0 is what a packet has that was captured before a card cut it up, or that is longer than
    the field can say: it goes on to the end of the frame, as Wireshark has it."""
    return start + size if size else end


def ipv4(frame, at, end):
    if at + 20 > end or frame[at] >> 4 != 4:
        return None
    length = (frame[at] & 15) * 4
    if length < 20 or at + length > end:
        return None
    flags = number(frame[at + 6:at + 8])
    dst = (at + 16, at + 20)
    return Network(4, at, at + length, packet_end(at, number(frame[at + 2:at + 4]), end), frame[at + 9], bool(flags & 0x1FFF),
                   bool(flags & 0x3FFF), (at + 12, at + 16), dst,
                   last_hop(frame, at + 20, at + length) or dst)


def ipv6(frame, at, end):
    if at + 40 > end or frame[at] >> 4 != 6:
        return None
    start, protocol, at = at, frame[at + 6], at + 40
    fragment, final = False, (start + 24, start + 40)
    size = number(frame[start + 4:start + 6])
    last = packet_end(start, size and 40 + size, end)

    def network(protocol, later=False):
        return Network(6, start, at, last, protocol, later, fragment, (start + 8, start + 24),
                       (start + 24, start + 40), final)

    while protocol in EXTENSIONS:
        if at + 8 > end:
            at += 8
            return network(None)
        kind, protocol = protocol, frame[at]
        if kind == FRAGMENT:
            word = number(frame[at + 2:at + 4])
            fragment = fragment or bool(word & 0xFFF9)
            at += 8
            if word >> 3:
                return network(protocol, True)
            continue
        if kind == ROUTING:
            final = final_of(frame, at, end) or final
        at += (frame[at + 1] + 2) * 4 if kind == AUTHENTICATION else (frame[at + 1] + 1) * 8
    return network(protocol)


def ip(frame, at, end=None):
    """The IP packet at `at`, whichever version it says it is; None if its header does not count."""
    end = len(frame) if end is None else end
    return ipv4(frame, at, end) or ipv6(frame, at, end)


def read(frame):
    if len(frame) < 14:
        return Layers((), None, 14, None, None)
    tags, at = [], 14
    while number(frame[at - 2:at]) in TAGS and len(tags) < 2 and len(frame) >= at + 2:
        tags.append(at - 2)
        at += 4
        if len(frame) < at:
            return Layers(tuple(tags), None, at, None, None)
    kind = number(frame[at - 2:at])
    network = {IPV4: ipv4, IPV6: ipv6}.get(kind, lambda *_: None)(frame, at, len(frame))
    return Layers(tuple(tags), at - 2, at, kind, network)


def transport_end(frame, network):
    """Where the transport header ends, or the network header if there is no transport that is known."""
    kind = network.transport()
    if kind is None:
        return network.end
    if kind == TCP and network.end + 12 < len(frame):
        # Question: a data offset of less than five words is taken for five.
        return network.end + max(20, (frame[network.end + 12] >> 4) * 4)
    return network.end + TRANSPORTS.get(kind, 8)


def quoted(frame, network):
    """The IP packet that an ICMP error quotes, and where what there is of it ends; (None, 0) if there is none."""
    kind = network.transport()
    if kind not in ERRORS or network.end >= len(frame) or frame[network.end] not in ERRORS[kind]:
        return None, 0
    end = min(len(frame), network.packet_end)
    return (ipv4 if kind == ICMP else ipv6)(frame, network.end + 8, end), end
