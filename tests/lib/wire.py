# SPDX-License-Identifier: BSD-3-Clause
"""What really arrives on an interface, byte for byte: a packet socket on it, and pairs of interfaces to be one end of."""

import itertools
import os
import socket
import struct

from lib.net import run

NUMBERS = itertools.count()
ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA = 263, 8
SO_RCVBUFFORCE = 33
STATUS_VLAN, STATUS_TPID = 1 << 4, 1 << 6
OUTGOING = 4
BUFFER_BYTES = 16 << 20


class Wire:
    """Everything that arrives on an interface from now on."""

    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        self.socket.bind((interface, ETH_P_ALL))
        self.socket.setblocking(False)

    def frames(self):
        """Those that came since it was asked last."""
        found = []
        while True:
            try:
                frame, more, _, address = self.socket.recvmsg(1 << 17, 256)
            except BlockingIOError:
                return found
            if address[2] == OUTGOING:
                continue
            for level, kind, data in more:
                if level != SOL_PACKET or kind != PACKET_AUXDATA:
                    continue
                status, _, _, _, _, tag, ether_type = struct.unpack_from("IIIHHHH", data)
                if status & STATUS_VLAN:
                    ether_type = ether_type if status & STATUS_TPID else 0x8100
                    frame = frame[:12] + struct.pack("!HH", ether_type, tag) + frame[12:]
            found.append(frame)

    def close(self):
        self.socket.close()


class Pair:
    """A veth: `.interface` is left to sluice, `.wire` is what arrives at its other end. Nobody else speaks on it."""

    def __init__(self, mtu=1500):
        number = next(NUMBERS)
        self.interface, self.other = (f"w{os.getpid() % 1000000}x{number}{side}" for side in "ab")
        run("ip", "link", "add", self.interface, "mtu", mtu, "type", "veth", "peer", "name", self.other, "mtu", mtu)
        try:
            for name in self.interface, self.other:
                run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
                run("ip", "link", "set", name, "up", "promisc", "on")
            self.wire = Wire(self.other)
        except BaseException:
            self.remove()
            raise

    def remove(self):
        run("ip", "link", "del", self.interface)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()
        self.remove()
