# SPDX-License-Identifier: BSD-3-Clause
"""When a replay's packets are due, worked out a second time: with fractions, and from the definitions alone."""

import fractions

from lib.capture import Packet

UNITS = {"pps": 1, "kpps": 10 ** 3, "Mpps": 10 ** 6, "bps": 1, "kbps": 10 ** 3, "Mbps": 10 ** 6, "Gbps": 10 ** 9}


def monotonic(packets):
    """A record that is earlier than the one before it leaves at that one's time, and the rest keeps its gaps."""
    line = before = None
    for packet in packets:
        line = packet.time if before is None else line + max(0, packet.time - before)
        before = packet.time
        yield packet._replace(time=line)


def looped(packets, loops, gap=None):
    """The packets of all loops, each with its time on one line."""
    packets = list(packets)
    length = packets[-1].time - packets[0].time
    if gap is None:
        gap = length // (len(packets) - 1) if len(packets) > 1 else 0
    return [packet._replace(time=packet.time + loop * (length + gap)) for loop in range(loops) for packet in packets]


def due(packets, pace="original"):
    """The packets with the times at which a pace lets them go, the first at its own time."""
    start = packets[0].time
    passed = fractions.Fraction(0)
    result = []
    for packet in packets:
        if pace == "original":
            after = packet.time - start
        elif pace == "top":
            after = 0
        elif pace.endswith("x"):
            after = (packet.time - start) / fractions.Fraction(pace[:-1])
        else:
            number = pace.rstrip("kMGbps-wire")
            unit = pace[len(number):]
            after = passed * 10 ** 9 / (fractions.Fraction(number) * UNITS[unit.removesuffix("-wire")])
            if unit.endswith("pps"):
                passed += 1
            elif unit.endswith("-wire"):
                passed += 8 * (max(len(packet.data), 60) + 24)
            else:
                passed += 8 * len(packet.data)
        result.append(Packet(start + int(after), packet.data, len(packet.data)))
    return result
