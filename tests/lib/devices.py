# SPDX-License-Identifier: BSD-3-Clause
"""Devices under test: each has two interfaces, `.west` and `.east`, that are left to sluice, and does something with
what comes in on one of them before it leaves through the other. Bridge, Router and Nat are the kernel's own, in a
namespace; Worse does by itself, and counts to the packet, what a bad network does. All is gone at the end."""

import ctypes
import heapq
import itertools
import os
import random
import select
import socket
import subprocess
import threading
import time

from lib.net import run
from lib.wire import BUFFER_BYTES, ETH_P_ALL, OUTGOING, SO_RCVBUFFORCE

NUMBERS = itertools.count()
SIDES = ("west", "east")
# Of a router, on either side; and of whoever is meant to be behind it there.
OWN = {"west": "10.81.0.1", "east": "10.82.0.1"}
HOSTS = {"west": "10.81.0.2", "east": "10.82.0.2"}
HOST_MACS = {"west": "02:00:00:00:81:02", "east": "02:00:00:00:82:02"}
# Seconds after which it looks whether it is to end.
LOOK = 0.05
LIBC = ctypes.CDLL(None, use_errno=True)


class Device:
    """A namespace with the other ends of both interfaces, which are called west and east there."""

    def __init__(self):
        number = next(NUMBERS)
        self.name = f"sluice-dut-{os.getpid()}-{number}"
        self.west, self.east = (f"d{os.getpid() % 1000000}x{number}{side[0]}" for side in SIDES)
        run("ip", "netns", "add", self.name)
        try:
            for side, interface in zip(SIDES, (self.west, self.east)):
                run("ip", "link", "add", interface, "type", "veth", "peer", "name", side, "netns", self.name)
                self.quiet(side)
                run("sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1")
                run("ip", "link", "set", interface, "up", "promisc", "on")
                self.inside("ip", "link", "set", side, "up")
            self.set_up()
        except BaseException:
            self.remove()
            raise

    def quiet(self, interface):
        """Nothing but what a test sends."""
        self.inside("sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1")
        self.inside("ethtool", "-K", interface, "tx", "off")

    def inside(self, *words, **options):
        return run("ip", "netns", "exec", self.name, *words, **options)

    def set_up(self):
        raise NotImplementedError

    def mac(self, side):
        """To which a router is spoken on that side."""
        return self.inside("cat", f"/sys/class/net/{side}/address").strip()

    def ports(self):
        return {"west": {"af-xdp": self.west}, "east": {"af-xdp": self.east}}

    def remove(self):
        for interface in self.west, self.east:
            subprocess.run(["ip", "link", "del", interface], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


class Bridge(Device):
    """What comes in leaves as it is; it learns no addresses, so a capture with both directions passes, too."""

    def set_up(self):
        self.inside("ip", "link", "add", "bridge", "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        self.quiet("bridge")
        for side in SIDES:
            self.inside("ip", "link", "set", side, "master", "bridge")
            self.inside("bridge", "link", "set", "dev", side, "learning", "off")
        self.inside("ip", "link", "set", "bridge", "up")


class Router(Device):
    """From the host in the west to that in the east and back: MACs are others behind it, the TTL is one less."""

    def set_up(self):
        for side in SIDES:
            self.inside("ip", "address", "add", f"{OWN[side]}/24", "dev", side)
            self.inside("ip", "neigh", "add", HOSTS[side], "lladdr", HOST_MACS[side], "dev", side, "nud", "permanent")
        self.inside("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0")


class Nat(Router):
    """And what leaves in the east seems to come from the router."""

    def set_up(self):
        super().set_up()
        self.inside("nft", "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; "
                    "add rule ip nat out oifname east masquerade")


class Worse(Device):
    """Loses, doubles, swaps, changes and delays what comes from the west, each of so many in a hundred, at random but
    with a seed; `.counts` says of how many packets. What it does beside copying happens to a packet once."""

    def __init__(self, seed=1, delay=0.0, **percent):
        self.random, self.delay, self.percent = random.Random(seed), delay, percent
        self.counts = dict.fromkeys(("came", "left", "lost", "doubled", "swapped", "changed"), 0)
        self.queue, self.held, self.order = [], None, itertools.count()
        self.ends, self.thread = threading.Event(), None
        super().__init__()

    def set_up(self):
        # A socket stays in the namespace that it was made in, whoever uses it.
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        made = []
        maker = threading.Thread(target=lambda: made.extend(self.sockets(there)))
        maker.start()
        maker.join()
        os.close(there)
        self.west_end, self.east_end = made
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    @staticmethod
    def sockets(namespace):
        """In a thread of its own, which alone is in the namespace."""
        if LIBC.setns(namespace, 0) != 0:
            raise OSError("setns")
        for side in SIDES:
            end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            end.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
            end.bind((side, ETH_P_ALL))
            yield end

    def leave(self, frame):
        heapq.heappush(self.queue, (time.monotonic() + self.delay, next(self.order), frame))

    def fate(self):
        drawn = self.random.random() * 100
        for what, percent in self.percent.items():
            drawn -= percent
            if drawn < 0:
                return what
        return None

    def handle(self, frame):
        fate = self.fate()
        if self.held is not None:
            # Behind exactly one other.
            self.leave(frame)
            self.leave(self.held)
            self.held = None
            return
        if fate:
            self.counts[fate] += 1
        if fate == "lost":
            return
        if fate == "swapped":
            self.held = frame
            return
        if fate == "changed":
            last = len(frame) - 1
            frame = frame[:last] + bytes([frame[last] ^ 0x55])
        self.leave(frame)
        if fate == "doubled":
            self.leave(frame)

    def send_due(self):
        """Until when there is time."""
        while self.queue and self.queue[0][0] <= time.monotonic():
            self.east_end.send(heapq.heappop(self.queue)[2])
            self.counts["left"] += 1
        return max(0, self.queue[0][0] - time.monotonic()) if self.queue else LOOK

    def work(self):
        while not self.ends.is_set():
            readable, _, _ = select.select([self.west_end], [], [], self.send_due())
            if not readable:
                continue
            frame, address = self.west_end.recvfrom(1 << 16)
            if address[2] != OUTGOING:
                self.handle(frame)
                self.counts["came"] += 1

    def settle(self):
        """Lets go of what waits for another packet."""
        if self.held is not None:
            self.leave(self.held)
            self.held = None

    def remove(self):
        self.ends.set()
        if self.thread:
            self.thread.join()
            self.west_end.close()
            self.east_end.close()
        super().remove()
