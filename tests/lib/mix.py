# SPDX-License-Identifier: BSD-3-Clause
"""A known mix of flows, which a daemon's replay sends for ever as if it came in on wan."""

import random

from scapy.all import IP, UDP, Ether, IPv6, Raw, TCP

from lib import capture
from lib.offline import config

MIX = {"udp 10.0.0.1:1000 > 192.0.2.1:53": 500, "tcp [2001:db8::1]:2000 > [2001:db8::2]:443": 250,
       "udp 10.0.0.3:3000 > 192.0.2.2:53": 150, **{f"udp 10.0.1.{i}:4000 > 192.0.2.2:4000": 2 for i in range(50)}}
RULES = [{"name": "dns", "match": {"protocol": "udp", "dst-port": 53}, "actions": [{"forward": "lan"}]},
         {"name": "web", "match": {"protocol": "tcp"}, "actions": [{"forward": "lan"}]}]


def frame(text):
    protocol, source, _, destination = text.split()
    (src, sport), (dst, dport) = (end.rsplit(":", 1) for end in (source, destination))
    network = IPv6 if "[" in src else IP
    transport = TCP if protocol == "tcp" else UDP
    # Without addresses of its own scapy would ask the network for them.
    return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / network(src=src.strip("[]"), dst=dst.strip("[]"))
                 / transport(sport=int(sport), dport=int(dport)) / Raw(bytes(40)))


def write_mix(path):
    frames = [frame(text) for text, count in MIX.items() for _ in range(count)]
    random.Random(7).shuffle(frames)
    capture.write(path, frames)


def site(directory, **more):
    """A config with the mix, written into the directory."""
    write_mix(directory / "mix.pcap")
    what = config({name: {"null": {}} for name in ("wan", "lan")}, RULES, idle="sleep", **more)
    what["replays"] = {"one": {"file": str(directory / "mix.pcap"), "to": {"as": "wan"}, "pace": "20kpps", "loops": "forever"}}
    return what
