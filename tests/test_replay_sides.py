# SPDX-License-Identifier: BSD-3-Clause
"""Replays through two ports: who is a client is told a second time in lib/sides.py."""

import struct

import pytest

from lib import capture, schedule, sides
from lib.daemon import Daemon, PLUGINS, test_ports
from lib.offline import config, offline, out
from test_replay import packets_of
from test_replay_live import ended, state

PAIR = {"client": "west", "server": "east"}
NAMES = ["mixed.pcap", "dns.pcap", "ipv4-fragments.pcap", "ipv6-fragments.pcap", "smb2.pcap", "vlan.pcap", "vxlan.pcap", "gre.pcap", "ipv6-rsmurf.pcap", "made/ethernet.pcapng"]


def replay(tmp_path, file, **keys):
    what = config({"west": out("west"), "east": out("east")})
    what["replays"] = {"one": {"file": str(file), "to": PAIR, "memory": "64MiB", "truncated": "send", **keys}}
    return offline(what, tmp_path)


def check(run, line, loops=1, clients=()):
    """line: of all loops, each of them as long as the others."""
    wanted = [], []
    for loop in range(loops):
        part = sides.split(line[loop * len(line) // loops:(loop + 1) * len(line) // loops], clients)
        wanted[0].extend(part[0])
        wanted[1].extend(part[1])
    for port, packets in zip(("west", "east"), wanted):
        got = [(packet.time, packet.data) for packet in run.sent[port]]
        assert got == [(packet.time, packet.data) for packet in packets], port
    counted = run.report["replays"]["one"]
    assert counted["sent"] == len(line)
    assert counted["server_sent"] == len(wanted[1])
    assert counted["server_bytes"] == sum(len(packet.data) for packet in wanted[1])
    assert run.report["ports"]["east"]["tx_packets"] == len(wanted[1])
    return wanted


@pytest.mark.parametrize("name", NAMES)
def test_fixtures(tmp_path, name):
    line = list(schedule.monotonic(packets_of(name)))
    wanted = check(replay(tmp_path, capture.fixture(name)), line)
    if name == "mixed.pcap":
        assert min(map(len, wanted)) > 50


@pytest.mark.parametrize("clients", [["10.0.0.0/8"], ["192.168.0.0/17", "172.16.0.0/12", "fe80::/10", "2001::/16"],
                                     ["0.0.0.0/1", "::/1"]])
def test_clients(tmp_path, clients):
    for name in NAMES:
        line = list(schedule.monotonic(packets_of(name)))
        check(replay(tmp_path, capture.fixture(name), clients=clients), line, clients=clients)


def test_loops(tmp_path):
    """Streaming and not: each loop is judged as the first."""
    line = schedule.looped(schedule.monotonic(packets_of("mixed.pcap")), 3)
    check(replay(tmp_path, capture.fixture("mixed.pcap"), loops=3), line, 3)


def tcp(src, dst, flags, sport, dport):
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, bytes(src), bytes(dst))
    return bytes(12) + b"\x08\0" + ip + struct.pack(">HHIIBBHHH", sport, dport, 0, 0, 0x50, flags, 0, 0, 0) + bytes(6)


ONE, TWO = (10, 0, 0, 1), (10, 0, 0, 2)
SYN, SYN_ACK, ACK = 2, 18, 16


def made(tmp_path, frames):
    path = tmp_path / "made.pcap"
    capture.write(path, [capture.Packet(10 ** 9 + number, frame, len(frame)) for number, frame in enumerate(frames)])
    return path


@pytest.mark.parametrize("words, servers", [
    # A client on a lower port than its server's, as active FTP has it: the SYN tells, from then on.
    ([(ONE, TWO, ACK, 20, 40000), (ONE, TWO, SYN, 20, 40000), (TWO, ONE, SYN_ACK, 40000, 20), (ONE, TWO, ACK, 20, 40000),
      (TWO, ONE, ACK, 40000, 20)], [0, 2, 4]),
    # Its beginning was not captured, but for the answer.
    ([(TWO, ONE, SYN_ACK, 40000, 20), (ONE, TWO, ACK, 20, 40000)], [0]),
    # Two SYNs that crossed: the first.
    ([(ONE, TWO, SYN, 7, 7), (TWO, ONE, SYN, 7, 7), (TWO, ONE, ACK, 7, 7), (ONE, TWO, ACK, 7, 7)], [1, 2]),
    # Nothing tells.
    ([(ONE, TWO, ACK, 7, 7), (TWO, ONE, ACK, 7, 7)], []),
    # Another connection of the same two.
    ([(ONE, TWO, SYN, 20, 40000), (TWO, ONE, ACK, 40001, 20), (ONE, TWO, ACK, 20, 40001)], [2]),
])
def test_who_is_who(tmp_path, words, servers):
    frames = [tcp(*word) for word in words]
    run = replay(tmp_path, made(tmp_path, frames))
    assert [packet.data for packet in run.sent["east"]] == [frames[number] for number in servers]
    check(run, capture.read(tmp_path / "made.pcap"))


def test_clients_are_asked_last(tmp_path):
    """A SYN and ports say more than addresses."""
    frames = [tcp(TWO, ONE, ACK, 40000, 80), tcp(ONE, TWO, ACK, 80, 40000), tcp(TWO, ONE, ACK, 7, 7), tcp(ONE, TWO, ACK, 7, 7)]
    run = replay(tmp_path, made(tmp_path, frames), clients="10.0.0.1")
    assert [packet.data for packet in run.sent["east"]] == [frames[1], frames[2]]


def test_many_connections(tmp_path):
    """More than a first table holds."""
    frames = []
    for number in range(3000):
        one = (10, 1, number >> 8, number & 255)
        frames += [tcp(one, TWO, SYN, 20, 1024 + number), tcp(TWO, one, ACK, 1024 + number, 20)]
    run = replay(tmp_path, made(tmp_path, frames))
    assert [packet.data for packet in run.sent["east"]] == frames[1::2]


LINE = packets_of("dns.pcap")
SERVERS = len(sides.split(LINE)[1])


def live(ports, **keys):
    what = config(ports)
    what["replays"] = {"one": {"file": str(capture.fixture("dns.pcap")), "to": PAIR, "memory": "16MiB", **keys}}
    return what


def counts(daemon):
    return [daemon.call("status")["ports"][port]["tx_packets"] for port in ("west", "east")]


@pytest.mark.parametrize("west, east", [("", ""), ("accept=1", "hold=64"), ("hold=300,accept=7", "accept=1")])
def test_two_devices(tmp_path, west, east):
    """Of which one takes little at a time, or gives back late."""
    loops = 1000
    with Daemon(live(test_ports(west=west, east=east), pace="top", loops=loops), tmp_path, PLUGINS) as daemon:
        replay = ended(daemon)
        assert replay["state"] == "done" and replay["sent"] == loops * len(LINE) and replay["loops"] == loops
        assert replay["server_port"] == "east" and replay["server_sent"] == loops * SERVERS
        assert counts(daemon) == [loops * (len(LINE) - SERVERS), loops * SERVERS]
        ports = daemon.call("status")["ports"]
        assert ports["east"]["tx_bytes"] == replay["server_bytes"]
        assert "west, east" in daemon.sluice("replay", "list").stdout
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


def test_one_without_a_link(tmp_path):
    """What is for it is dropped under a name, and the other goes on."""
    what = live(test_ports(west="", east="link=down"), pace="top", loops=10, start="manual")
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.call("replay.start", name="one")
        replay = ended(daemon)
        assert replay["sent"] == 10 * (len(LINE) - SERVERS) and replay["server_sent"] == 0
        assert replay["drops"]["port-down"] == 10 * SERVERS and replay["verdict"]["result"] == "fail"
        daemon.until(lambda _: counts(daemon) == [replay["sent"], 0])
        daemon.stop()


def test_waits_for_both_links(tmp_path):
    with Daemon(live(test_ports(west="", east="link=down"), pace="top"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: "waits for the link of east" in daemon.text())
        daemon.call("replay.start", name="one")
        ended(daemon)
        daemon.stop()


def test_orders(tmp_path):
    what = {**live(test_ports(west="queues=2", east="queues=2,accept=3"), pace="20kpps", loops="forever"), "workers": [0, 1]}
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["replays"]["one"]["server_sent"] > 100)
        assert daemon.order("pause") == "paused"
        sent = daemon.until_still()
        daemon.order("resume")
        daemon.until(lambda status: status["replays"]["one"]["sent"] > sent + 100)
        daemon.call("replay.seek", name="one", to="#50")
        daemon.until(lambda status: status["replays"]["one"]["server_sent"] > 100)
        daemon.apply(what)
        assert state(daemon)["state"] == "running"
        # The ports change places.
        other = {**what, "replays": {"one": {**what["replays"]["one"], "to": {"client": "east", "server": "west"}}}}
        daemon.apply(other)
        daemon.until(lambda status: status["replays"]["one"]["server_sent"] > 100)
        assert state(daemon)["server_port"] == "west"
        daemon.call("replay.stop", name="one")
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()
