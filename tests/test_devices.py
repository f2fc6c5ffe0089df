# SPDX-License-Identifier: BSD-3-Clause
"""The devices under test that other tests use: what goes into each in the west comes out in the east as it says."""

import socket
import struct
import time

import pytest

from lib.devices import HOSTS, HOST_MACS, OWN, Bridge, Nat, Router, Worse
from lib.wire import Wire

pytestmark = [pytest.mark.live, pytest.mark.unbuilt]


def frame(number, to_mac="02:00:00:00:82:02"):
    """UDP from the host in the west to that in the east, each with another payload."""
    payload = struct.pack("!I", number) + bytes(40)
    udp = struct.pack("!HHHH", 4000 + number % 100, 53, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xffff, 0, 64, 17, 0, socket.inet_aton(HOSTS["west"]),
                     socket.inet_aton(HOSTS["east"]))
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return bytes.fromhex((to_mac + HOST_MACS["west"]).replace(":", "")) + b"\x08\x00" + ip + udp


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def until(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def through(device, frames, count=None):
    """What comes out when these go in, by and by; count: so many do."""
    wire, found = Wire(device.east), []
    count = len(frames) if count is None else count
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((device.west, 0))
        for first in range(0, len(frames), 50):
            for one in frames[first:first + 50]:
                sender.send(one)
            time.sleep(0.01)
    until(lambda: found.extend(wire.frames()) or len(found) >= (count() if callable(count) else count))
    wire.close()
    return found


def test_a_bridge():
    frames = [frame(number) for number in range(50)]
    with Bridge() as device:
        assert through(device, frames, 50) == frames


def test_a_router():
    with Router() as device:
        found = through(device, [frame(number, device.mac("west")) for number in range(50)])
        assert len(found) == 50
        for number, one in enumerate(found):
            sent = frame(number)
            assert one[:12] == bytes.fromhex((HOST_MACS["east"] + device.mac("east")).replace(":", ""))
            assert one[22] == 63 and one[26:] == sent[26:]


def test_a_nat():
    with Nat() as device:
        found = through(device, [frame(number, device.mac("west")) for number in range(50)])
        assert len(found) == 50
        for number, one in enumerate(found):
            assert one[26:34] == socket.inet_aton(OWN["east"]) + socket.inet_aton(HOSTS["east"])
            assert one[42:] == frame(number)[42:]


def test_a_worse_network():
    count = 2000
    frames = [frame(number) for number in range(count)]
    with Worse(lost=3, doubled=2, swapped=2, changed=1) as device:
        def left():
            until(lambda: device.counts["came"] == count)
            device.settle()
            return count - device.counts["lost"] + device.counts["doubled"]

        found, counts = through(device, frames, left), device.counts
    assert all(counts[what] > 0 for what in ("lost", "doubled", "swapped", "changed"))
    assert len(found) == counts["left"]
    assert len(set(found) - set(frames)) == counts["changed"]
    assert len(found) - len(set(found)) == counts["doubled"]
    numbers = [struct.unpack_from("!I", one, 42)[0] for one in found]
    assert sum(one > other for one, other in zip(numbers, numbers[1:])) == counts["swapped"]


def test_a_worse_network_that_is_slow():
    with Worse(delay=0.2) as device:
        began = time.monotonic()
        assert through(device, [frame(1)]) == [frame(1)]
        assert time.monotonic() - began >= 0.2
