# SPDX-License-Identifier: BSD-3-Clause
"""A second implementation of what a config means for a packet, written from the words of sluice.yaml(5) alone, for
clarity and not for speed. It reads frames byte by byte and rules as YAML gives them."""

import ipaddress
from typing import NamedTuple, Optional

from lib import actions as lists, inside
from lib.capture import Packet

ETHER_TYPES = {"ipv4": 0x0800, "arp": 0x0806, "ipv6": 0x86DD, "pppoe-session": 0x8864, "lldp": 0x88CC}
PROTOCOLS = {"icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51,
             "icmpv6": 58, "ospf": 89, "pim": 103, "sctp": 132}
TAGS = (0x8100, 0x88A8, 0x9100)
# IPv6 extension headers: hop-by-hop, routing, fragment, AH, destination, mobility, HIP, shim6.
FRAGMENT, AUTHENTICATION = 44, 51
EXTENSIONS = (0, 43, FRAGMENT, AUTHENTICATION, 60, 135, 139, 140)
WITH_PORTS = (6, 17, 132)


class Fields(NamedTuple):
    """What a packet has; None where it has no such field."""
    ether_type: Optional[int] = None
    vlan: Optional[int] = None
    src: Optional[bytes] = None
    dst: Optional[bytes] = None
    protocol: Optional[int] = None
    src_port: Optional[int] = None
    dst_port: Optional[int] = None
    fragment: bool = False


def number(data):
    return int.from_bytes(data, "big")


def ports(frame, at, protocol):
    """Source and destination port, if the protocol has them and all four bytes lie in the frame."""
    if protocol not in WITH_PORTS or at + 4 > len(frame):
        return None, None
    return number(frame[at:at + 2]), number(frame[at + 2:at + 4])


def ipv4(frame, at, base):
    if at + 20 > len(frame) or frame[at] >> 4 != 4:
        return base
    length = (frame[at] & 15) * 4
    if length < 20 or at + length > len(frame):
        return base
    protocol = frame[at + 9]
    flags = number(frame[at + 6:at + 8])
    src_port, dst_port = (None, None) if flags & 0x1FFF else ports(frame, at + length, protocol)
    return base._replace(src=frame[at + 12:at + 16], dst=frame[at + 16:at + 20], protocol=protocol,
                         src_port=src_port, dst_port=dst_port, fragment=bool(flags & 0x3FFF))


def ipv6(frame, at, base):
    if at + 40 > len(frame) or frame[at] >> 4 != 6:
        return base
    protocol = frame[at + 6]
    base = base._replace(src=frame[at + 8:at + 24], dst=frame[at + 24:at + 40])
    at += 40
    while protocol in EXTENSIONS:
        if at + 8 > len(frame):
            return base  # the chain ends outside the frame: nobody knows what is behind it
        kind, protocol = protocol, frame[at]
        if kind == FRAGMENT:
            word = number(frame[at + 2:at + 4])
            if word & 0xFFF9:
                base = base._replace(fragment=True)
            if word >> 3:
                return base._replace(protocol=protocol)
            at += 8
        elif kind == AUTHENTICATION:
            at += (frame[at + 1] + 2) * 4
        else:
            at += (frame[at + 1] + 1) * 8
    src_port, dst_port = ports(frame, at, protocol)
    return base._replace(protocol=protocol, src_port=src_port, dst_port=dst_port)


def parse(frame):
    if len(frame) < 14:
        return Fields()
    ether_type, at, vlan = number(frame[12:14]), 14, None
    for tag in range(2):
        if ether_type not in TAGS or len(frame) < at + 2:
            break
        if tag == 0:
            vlan = number(frame[at:at + 2]) & 0xFFF
        if len(frame) < at + 4:
            return Fields(vlan=vlan)
        ether_type, at = number(frame[at + 2:at + 4]), at + 4
    base = Fields(ether_type=ether_type, vlan=vlan)
    if ether_type == 0x0800:
        return ipv4(frame, at, base)
    if ether_type == 0x86DD:
        return ipv6(frame, at, base)
    return base


def values(given):
    return given if isinstance(given, list) else [given]


def in_set(field, given, names):
    """Whether a number is one of the values, names or ranges given."""
    if field is None:
        return False
    for value in values(given):
        if isinstance(value, str) and value in names:
            value = names[value]
        if isinstance(value, str) and "-" in value:
            low, high = (int(end, 0) for end in value.split("-"))
        else:
            low = high = int(value) if isinstance(value, int) else int(value, 0)
        if low <= field <= high:
            return True
    return False


def in_prefixes(field, given):
    if field is None:
        return False
    address = ipaddress.ip_address(field)
    return any(address in network for network in map(ipaddress.ip_network, values(given))
               if network.version == address.version)


KEYS = {"ether-type": ("ether_type", ETHER_TYPES), "vlan": ("vlan", {}), "protocol": ("protocol", PROTOCOLS),
        "src-port": ("src_port", {}), "dst-port": ("dst_port", {})}


def matches(match, fields):
    for key, given in match.items():
        if key in ("src", "dst"):
            if not in_prefixes(getattr(fields, key), given):
                return False
        else:
            name, names = KEYS[key]
            if not in_set(getattr(fields, name), given, names):
                return False
    return True


def matches_frame(match, frame, bare=False):
    """With what is said of a tunnel in it. Of a bare packet there are no tags."""
    outer = {key: given for key, given in match.items() if key not in ("tunnel", "inner", *inside.IDS)}
    fields = parse(frame)
    if not matches(outer, fields._replace(vlan=None) if bare else fields):
        return False
    if len(outer) == len(match):
        return True
    found = inside.look(frame)
    if found is None or ("tunnel" in match and found.kind not in values(match["tunnel"])):
        return False
    if not all(in_set(found.ids.get(key), match[key], {}) for key in inside.IDS if key in match):
        return False
    return "inner" not in match or matches_frame(match["inner"], found.frame, found.bare)


class Verdict(NamedTuple):
    taken: list  # names of the rules that count the packet, in order; the last one decides
    given: list  # lists.Given, in the order in which it is, mirrors first within each rule
    dropped: Optional[str]  # the drop's name, or None
    noted: frozenset = frozenset()  # (rule, what it counts of the packet beside having taken it)
    idle: frozenset = frozenset()  # (rule, place in its list) of edits that found nothing to do

    @property
    def targets(self):
        return [one.target for one in self.given]


class Judge:
    """What becomes of one packet after the other: gates remember those before."""

    def __init__(self, config, chosen=None):
        self.config, self.state = config, lists.State(config, chosen)

    def takes(self, rule, frame, came_in, filter_says):
        return (("from" not in rule or came_in in rule["from"]) and matches_frame(rule.get("match", {}), frame) and
                ("filter" not in rule or filter_says(rule["name"])))

    def judge(self, packet, came_in, filter_says=None):
        """The verdict over one packet. filter_says(rule's name) answers for rules with a filter."""
        taken = []
        walk = lists.Walk(self.config, self.state, packet, came_in)

        def verdict(dropped):
            return Verdict(taken, walk.given, dropped, frozenset(walk.noted), frozenset(walk.idle))

        for rule in self.config.get("rules", []):
            if not self.takes(rule, packet.data, came_in, filter_says):
                continue
            taken.append(rule["name"])
            end = walk.take(rule["name"], rule.get("actions", []))
            last = end_of(rule.get("actions"))
            if end and (end[0] != "gate" or last):
                # Question: where the list ends in drop, that is the drop's name, and not the gate's.
                return verdict("rule" if last[0] == "drop" else end[1] if end[0] == "gate" else None)
        taken.append("default")
        if self.config["default"] == "drop":
            return verdict("default")
        walk.give("default", self.config["default"]["forward"], walk.whole, frozenset())
        return verdict(None)


def end_of(actions):
    """The last action: ("drop", None), ("forward", target) or None."""
    verb, value = lists.verb_of(actions[-1]) if actions else (None, None)
    return (verb, value) if verb in ("drop", "forward") else None


def judge(config, frame, came_in, filter_says=None):
    """The verdict over a packet that is the only one."""
    return Judge(config).judge(Packet(0, frame, len(frame)), came_in, filter_says)


def flow_of(frame):
    """What names a flow, the same for both directions and for all fragments of a datagram."""
    fields = parse(frame)
    if fields.src is None:
        return frozenset((frame[0:6], frame[6:12]))
    if fields.fragment or fields.src_port is None:
        return frozenset((fields.src, fields.dst))
    return frozenset(((fields.src, fields.src_port), (fields.dst, fields.dst_port)))
