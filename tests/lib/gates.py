# SPDX-License-Identifier: BSD-3-Clause
"""Who passes a gate, on the packets' own times and with one worker: from the words of sluice.yaml(5) alone. Where they
leave something open, "Question:" says what was taken. `stops(packet, port)` is the reason, or None."""

import re
from fractions import Fraction

from lib import layers, sums

NS = 1_000_000_000
UNITS = {"": 1, "k": 10 ** 3, "M": 10 ** 6, "G": 10 ** 9, "Ki": 2 ** 10, "Mi": 2 ** 20, "Gi": 2 ** 30}
TIMES = {"ns": 1, "us": 1000, "ms": 10 ** 6, "s": NS, "min": 60 * NS, "h": 3600 * NS}
NO_NEXT = 59  # behind IPv6
BURSTS_A_SECOND, BYTES_MIN, PACKETS_MIN = 100, 16384, 16  # of a rate without a burst


def _number(text, units, ends=("",)):
    """What "1.5Mpps" is, and which of the ends it has."""
    found = re.fullmatch(r"([0-9.]+)\s*([A-Za-z]*?)(%s)" % "|".join(ends), str(text))
    return Fraction(found[1]) * units[found[2]], found[3]


def time_of(text):
    found = re.fullmatch(r"([0-9.]+)\s*([a-z]+)", text)
    return int(Fraction(found[1]) * TIMES[found[2]])


class Meter:
    """A bucket of bits or packets: full at first, and it fills with the rate. Question: the contract says "within the
    rate"; it is taken for a bucket of exactly this size, in exact fractions, from which a packet takes what it has or
    nothing. A burst is in bytes, or in packets where the rate is."""

    def __init__(self, what):
        what = what if isinstance(what, dict) else {"rate": what}
        self.rate, unit = _number(what["rate"], UNITS, ("bps", "pps"))
        self.packets = unit == "pps"
        if "burst" in what:
            burst, _ = _number(what["burst"], UNITS, ("packets", "B", ""))
            self.burst = burst if self.packets else burst * 8
        elif self.packets:
            self.burst = max(self.rate // BURSTS_A_SECOND, PACKETS_MIN)
        else:
            self.burst = max(self.rate // BURSTS_A_SECOND // 8, BYTES_MIN) * 8
        self.held, self.time = self.burst, None

    def within(self, packet):
        """Question: the bytes of a frame are those that there are of it, not those that a snap length cut off."""
        if self.time is not None:
            self.held = min(self.burst, self.held + self.rate * max(0, packet.time - self.time) / NS)
        self.time = max(packet.time, self.time or 0)
        cost = 1 if self.packets else len(packet.data) * 8
        if cost > self.held:
            return False
        self.held -= cost
        return True


class Police:
    def __init__(self, meter):
        self.meter = meter

    def stops(self, packet, _):
        return None if self.meter.within(packet) else "policed"


class Above:
    """Question: what does not exceed the rate is counted and dropped as `policed`, since there is no other name."""

    def __init__(self, meter):
        self.meter = meter

    def stops(self, packet, _):
        return "policed" if self.meter.within(packet) else None


class Sample:
    def __init__(self, one_in):
        self.one_in, self.seen = one_in, 0

    def stops(self, _, __):
        self.seen += 1
        return None if (self.seen - 1) % self.one_in == 0 else "sampled-out"


class SampleFlows:
    def __init__(self, chosen):
        self.chosen = chosen

    def stops(self, packet, _):
        return None if self.chosen(packet) else "sampled-out"


def sample(what, chosen=None):
    what = what if isinstance(what, dict) else {"one-in": what}
    return SampleFlows(chosen) if what.get("by") == "flow" else Sample(what["one-in"])


def _without(data, spans):
    data = bytearray(data)
    for start, end in spans:
        data[start:end] = bytes(len(data[start:end]))
    return bytes(data)


def same_as(frame, ignoring):
    """What two packets have alike that are equal.
    Question: MACs and tags stand in front of the network header; named in `ignoring`, they make no difference, and
    otherwise they do. A TTL that is ignored leaves the IPv4 checksum, which is ignored with `checksums`; those are
    IPv4's, TCP's, UDP's, ICMP's and SCTP's. Of the type of service dscp is the six bits without ECN."""
    found = layers.read(frame)
    key = [None if "mac" in ignoring else frame[:12],
           None if "vlan" in ignoring or found.type_at is None else frame[12:found.type_at]]
    if found.network is None:
        # Question: a frame that ends within its tags or its Ethernet header is compared whole.
        return (*key, frame[found.type_at:]) if found.type_at is not None else (frame,)
    network, spans = found.network, []
    end = network.packet_end
    # Question: a length that denies the header itself gives no end; nor does IPv6's of 0, unless nothing follows.
    endless = network.version == 6 and end == network.at + 40 and network.protocol != NO_NEXT
    end = len(frame) if end < network.end or endless else end
    if "ttl" in ignoring:
        at = network.at + (8 if network.version == 4 else 7)
        spans.append((at, at + 1))
    if "checksums" in ignoring:
        if network.version == 4:
            spans.append((network.at + 10, network.at + 12))
        field = sums.FIELDS.get(network.transport())
        if field is not None:
            spans.append((network.end + field, network.end + field + (4 if network.protocol == layers.SCTP else 2)))
    data = bytearray(_without(frame, spans))
    if "dscp" in ignoring:
        if network.version == 4:
            data[network.at + 1] &= 3
        else:
            data[network.at], data[network.at + 1] = data[network.at] & 0xF0, data[network.at + 1] & 0x3F
    return (*key, bytes(data[network.at:end]))


class Dedup:
    """A duplicate is dropped and does not make the window longer: it did not pass."""

    def __init__(self, what, _=None):
        self.window = time_of(what["window"])
        # Question: nothing is ignored, and copies from any port count, where nothing else is said.
        self.ignoring, self.ports = what.get("ignoring", []), what.get("across", "any") == "ports"
        self.passed = {}  # by what is alike: the time of the last that passed, by port

    def stops(self, packet, port):
        times = self.passed.setdefault(same_as(packet.data, self.ignoring), {})
        if any(packet.time - time < self.window for other, time in times.items() if not (self.ports and other == port)):
            return "duplicate"
        times[port] = packet.time
        return None
