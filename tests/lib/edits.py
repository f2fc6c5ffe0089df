# SPDX-License-Identifier: BSD-3-Clause
"""What edits make of a frame: a second implementation, from the words of sluice.yaml(5) alone, byte by byte. Each edit
looks at the frame that the ones before it left. Where the words leave something open, "Question:" says what was taken.

An edit is a function (frame, its value in the YAML, context) that returns the frame after it, or None if it finds
nothing to do. That is: it finds none of the fields or headers that it names, or nothing behind them.
Question: a field that has the value already is one that was found, so the packet is not unedited."""

import ipaddress
import struct
from typing import NamedTuple

from lib import layers, sums

SHORTEST = 60  # of an Ethernet frame without its FCS


class Frame(NamedTuple):
    data: bytes
    wire: int  # the length that it has on the wire, however much of it was captured

    def become(self, data):
        """Other bytes in place of these; what was not captured is still missing."""
        return Frame(bytes(data), self.wire + len(data) - len(self.data))


class Context(NamedTuple):
    """What edits know beside the frame."""
    time: int = 0
    port: int = 0  # Question: the place of the port that it came in on among the config's, from 0
    duplicate: bool = False  # Question: a dedup of an earlier rule found that it was one
    entropy: int = 0  # 0 or -1: the bits that are not foretold (a tunnel's source port, ERSPAN's sequence and time)


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def prefix(text):
    return ipaddress.ip_network(str(text))


def moved(address, network):
    """An address with the bits of a prefix, and its own behind them."""
    own = int.from_bytes(address, "big") & int(network.hostmask)
    return (int(network.network_address) | own).to_bytes(len(address), "big")


# ---- set

# RFC 2474, 2597, 3246, 5865, 8622: what tcpdump and tc call them, too.
DSCP = {"default": 0, "be": 0, "le": 1, "ef": 46, "va": 44, "voice-admit": 44,
        **{f"cs{n}": n * 8 for n in range(8)}, **{f"af{c}{d}": c * 8 + d * 2 for c in range(1, 5) for d in range(1, 4)}}


def _set_tag(data, at, value, shift, mask):
    word = layers.number(data[at + 2:at + 4]) & ~(mask << shift) | value << shift
    data[at + 2:at + 4] = struct.pack(">H", word)


def _set_ttl(old, value):
    """A number, or a text that begins with its sign."""
    text = str(value)
    return min(255, max(1, old + int(text))) if text[0] in "+-" else int(text)


def _set_network(data, network, given):
    done = False
    if "dscp" in given:
        value = given["dscp"]
        value = DSCP[value] if value in DSCP else int(str(value), 0)
        if network.version == 4:
            data[network.at + 1] = value << 2 | data[network.at + 1] & 3
        else:
            word = layers.number(data[network.at:network.at + 2]) & ~0x0FC0 | value << 6
            data[network.at:network.at + 2] = struct.pack(">H", word)
        done = True
    if "ttl" in given:
        at = network.at + (8 if network.version == 4 else 7)
        data[at] = _set_ttl(data[at], given["ttl"])
        done = True
    for key, (start, end) in (("src", network.src), ("dst", network.dst)):
        if key in given and prefix(given[key]).version == network.version:
            data[start:end] = moved(bytes(data[start:end]), prefix(given[key]))
            done = True
    if network.transport() in (layers.TCP, layers.UDP, layers.SCTP) and network.end + 4 <= len(data):
        for key, at in (("src-port", network.end), ("dst-port", network.end + 2)):
            if key in given:
                data[at:at + 2] = struct.pack(">H", given[key])
                done = True
    return done


def set_fields(frame, given, _):
    data, found, done = bytearray(frame.data), layers.read(frame.data), False
    # Question: a frame of less than 14 bytes has no Ethernet header, so no addresses that could be set.
    for key, at in (("dst-mac", 0), ("src-mac", 6)):
        if key in given and len(data) >= 14:
            data[at:at + 6] = mac(given[key])
            done = True
    for key, shift, mask in (("vlan", 0, 0xFFF), ("pcp", 13, 7)):
        if key in given and found.tags:
            _set_tag(data, found.tags[0], given[key], shift, mask)
            done = True
    if found.network:
        done = _set_network(data, found.network, given) or done
    return frame.become(sums.mended(frame.data, data)) if done else None


# ---- nat

def _nat_address(data, start, end, pairs):
    for old, new in pairs:
        if old.version == (4 if end - start == 4 else 6) and ipaddress.ip_address(bytes(data[start:end])) in old:
            data[start:end] = moved(bytes(data[start:end]), new)
            return True
    return False


def _arp_addresses(data, at):
    """Question: of the ARP that has IPv4 addresses, whatever the hardware's are, if all four lie in the frame."""
    if len(data) < at + 8 or data[at + 2:at + 4] != b"\x08\x00" or data[at + 5] != 4:
        return []
    first = at + 8 + data[at + 4]
    second = first + 4 + data[at + 4]
    return [(first, first + 4), (second, second + 4)] if second + 4 <= len(data) else []


def nat(frame, given, _):
    pairs = [(prefix(old), prefix(new)) for old, new in given.items()]
    data, found = bytearray(frame.data), layers.read(frame.data)
    places = _arp_addresses(data, found.link_end) if found.ether_type == layers.ARP else []
    if found.network:
        places = [found.network.src, found.network.dst]
        # Question: an error's quote of an error is not looked into.
        inner, _ = layers.quoted(frame.data, found.network)
        places += [inner.src, inner.dst] if inner else []
    done = [_nat_address(data, start, end, pairs) for start, end in places]
    return frame.become(sums.mended(frame.data, data, quotes=True)) if any(done) else None


# ---- slice and mask

def behind(data, after):
    """Where a header ends; the next one further out where there is none.
    Question: the contract says so of `mask: payload` alone; it is taken for every `after`."""
    if after is None:
        return 0
    found = layers.read(data)
    if after == "link" or found.network is None:
        return found.link_end
    return found.network.end if after == "network" else layers.transport_end(data, found.network)


def cut(frame, given, _):
    """`slice`. Question: a packet that is no longer is one on which it finds nothing to do."""
    given = given if isinstance(given, dict) else {"bytes": given}
    length = behind(frame.data, given.get("after")) + given["bytes"]
    return Frame(frame.data[:length], frame.wire) if length < len(frame.data) else None


def mask(frame, given, _):
    given = {"after": "transport"} if given == "payload" else given
    start = behind(frame.data, given.get("after")) + given.get("from", 0)
    end = min(len(frame.data), start + given["bytes"]) if given.get("bytes") else len(frame.data)
    if start >= end:
        return None
    data = bytearray(frame.data)
    data[start:end] = bytes([given.get("with", 0)]) * (end - start)
    # Question: a checksum that is itself masked, and those of a quote, are left as the mask leaves them.
    return frame.become(sums.mended(frame.data, data, masked=(start, end)))


# ---- stamp

STAMP_DUPLICATE = 0x04


def stamp(frame, given, context):
    """The trailer of Metamako: FCS as it was, seconds, nanoseconds, flags, device, port.
    Question: the FCS was not captured, so it is 0 and its flag says so; what is shorter than a frame of Ethernet can be
    is filled with zeros first, since padding behind a trailer would hide it."""
    seconds, nanoseconds = divmod(context.time, 1_000_000_000)
    trailer = struct.pack(">IIIBHB", 0, seconds & 0xFFFFFFFF, nanoseconds, STAMP_DUPLICATE * context.duplicate,
                          given["device"], context.port & 255)
    return frame.become(frame.data + bytes(max(0, SHORTEST - len(frame.data))) + trailer)


# ---- push of tags and labels

def push_vlan(frame, given):
    if len(frame.data) < 14:
        return None
    tag = struct.pack(">HH", given.get("type", 0x8100), given.get("pcp", 0) << 13 | given["vlan"])
    return frame.become(frame.data[:12] + tag + frame.data[12:])


def push_mpls(frame, given):
    """Question: behind the tags; only before IP or other labels, since a label does not say what is behind it."""
    found = layers.read(frame.data)
    if found.ether_type not in (layers.IPV4, layers.IPV6, layers.MPLS, layers.MPLS_MULTICAST):
        return None
    bottom = found.ether_type in (layers.IPV4, layers.IPV6)
    label = given["label"] << 12 | given.get("tc", 0) << 9 | bottom << 8 | given.get("ttl", 64)
    head = frame.data[:found.type_at] + struct.pack(">HI", layers.MPLS, label)
    return frame.become(head + frame.data[found.link_end:])
