# SPDX-License-Identifier: BSD-3-Clause
"""Frames of every length out of every driver that a user may name: what is counted as sent arrives byte for byte, and
everything else is dropped under a name."""

import collections
import contextlib
import os
import struct
import tempfile
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, check_status, test_ports
from lib.net import run
from lib.offline import config
from lib.wire import Pair, Wire

pytestmark = pytest.mark.live

MTU, BUFFER, FRAME_MAX = 1500, 2048, 65535
PCAP_CHAIN_MAX = 16128  # what net_pcap puts together
LENGTHS = [1, 13, 14, 15, 59, 60, 61, MTU, MTU + 1, MTU + 14, MTU + 15, MTU + 18, MTU + 19, MTU + 22, MTU + 23,
           BUFFER - 32, BUFFER - 31, BUFFER, BUFFER + 1, 2512, 4096, 9014, PCAP_CHAIN_MAX,
           PCAP_CHAIN_MAX + 1, FRAME_MAX]
TAGGED = [MTU + 14, MTU + 15, MTU + 18, MTU + 19]
CUT = 20               # of a record's bytes, where the rest is padded
LATE_SECONDS = 10
SETTLE = 0.2             # for what should not come
START_NS = 1_700_000_000_000_000_000


def frame(length, number, tagged=False):
    """Told apart by its number, and by every byte."""
    head = bytes.fromhex("020000000002020000000001") + (b"\x81\x00\x00\x05" if tagged else b"") + b"\x88\xb5"
    return (head + struct.pack("!H", number) + bytes((number * 7 + i) & 255 for i in range(length)))[:length]


class Socket:
    """The port's other end is an interface of the kernel's, which may be there only when the daemon made it."""

    before, after, rules = {}, {}, []

    def __init__(self, interface):
        self.interface = interface
        self.wire, self.got = None, []

    def begin(self):
        self.wire = Wire(self.interface)

    def take(self, count):
        """Before the daemon takes its interface away; without what the kernel itself says there."""
        deadline = time.monotonic() + LATE_SECONDS
        while len(self.got) < count and time.monotonic() < deadline:
            time.sleep(0.02)
            self.got += [got for got in self.wire.frames() if got[:6] == frame(6, 0)]

    def received(self):
        return self.got


class File:
    """All that came is in a capture."""

    before, after, rules = {}, {}, []

    def __init__(self, path):
        self.path = path

    def begin(self):
        pass

    def take(self, count):
        pass

    def received(self):
        return [packet.data for packet in capture.read(self.path)]


class Through(File):
    """The other end is a port of the same daemon, which forwards into a capture."""

    def __init__(self, tmp_path, other, before=None, after=None):
        super().__init__(tmp_path / "got.pcap")
        self.before = {other: before} if before else {}
        self.after = {"got": {"pcap": {"out": str(self.path)}}, **({other: after} if after else {})}
        self.rules = [{"name": "back", "from": [other], "actions": [{"forward": "got"}]}]


class Nowhere(File):
    """There is no other end."""

    def __init__(self):
        super().__init__(None)

    def received(self):
        return None


class Peer(File):
    """The other end is a port of another daemon, which forwards into a capture."""

    def __init__(self, tmp_path, device):
        super().__init__(tmp_path / "got.pcap")
        self.what = config({"other": {"vdev": device}, "got": {"pcap": {"out": str(self.path)}}},
                           [{"name": "back", "from": ["other"], "actions": [{"forward": "got"}]}], "drop")
        self.directory = tmp_path / "peer"
        self.directory.mkdir()
        self.daemon = None

    def start(self):
        self.daemon = self.daemon or Daemon(self.what, self.directory)

    begin = start

    def take(self, count):
        wait(lambda: self.daemon.call("status")["ports"]["other"]["rx_packets"] >= count,
             lambda: self.daemon.call("status"))

    def received(self):
        self.daemon.stop()
        return super().received()

    def close(self):
        if self.daemon:
            self.daemon.__exit__()


@contextlib.contextmanager
def on_pair(words):
    with Pair() as pair:
        yield words(pair.interface), Socket(pair.other)


def af_xdp(_):
    return on_pair(lambda name: {"af-xdp": name})


def af_packet(_):
    return on_pair(lambda name: {"vdev": f"net_af_packet0,iface={name}"})


def small_slots(_):
    return on_pair(lambda name: {"vdev": f"net_af_packet0,iface={name},framesz=1024,blocksz=4096,framecnt=64"})


def pcap_interface(_):
    return on_pair(lambda name: {"vdev": f"net_pcap7,iface={name}"})


@contextlib.contextmanager
def tap(_):
    name = f"wt{os.getpid() % 1000000}"
    yield {"vdev": f"net_tap0,iface={name}"}, Socket(name)


@contextlib.contextmanager
def memif_server(tmp_path):
    words = f"id=0,socket={tmp_path}/memif.sock,socket-abstract=no"
    yield ({"vdev": f"net_memif0,role=server,{words}"},
           Through(tmp_path, "other", after={"vdev": f"net_memif1,role=client,{words}"}))


@contextlib.contextmanager
def memif_small_client(tmp_path):
    """The buffers are the client's, whatever the server was told."""
    words = f"id=0,socket={tmp_path}/memif.sock,socket-abstract=no"
    yield ({"vdev": f"net_memif0,role=server,{words}"},
           Through(tmp_path, "other", after={"vdev": f"net_memif1,role=client,bsize=1024,{words}"}))


@contextlib.contextmanager
def memif_client(tmp_path):
    words = f"id=0,socket={tmp_path}/memif.sock,socket-abstract=no"
    yield ({"vdev": f"net_memif1,role=client,{words}"},
           Through(tmp_path, "other", before={"vdev": f"net_memif0,role=server,{words}"}))


@contextlib.contextmanager
def ring(tmp_path):
    yield {"vdev": "net_ring0"}, Through(tmp_path, "out")


@contextlib.contextmanager
def null(_):
    yield {"vdev": "net_null0,no-rx=1"}, Nowhere()


@contextlib.contextmanager
def pcap(tmp_path):
    yield {"pcap": {"out": str(tmp_path / "out.pcap")}}, File(tmp_path / "out.pcap")


@contextlib.contextmanager
def vhost(tmp_path):
    with tempfile.TemporaryDirectory() as short:
        end = Peer(tmp_path, f"net_virtio_user0,path={short}/v")
        with contextlib.closing(end):
            yield {"vdev": f"net_vhost0,iface={short}/v"}, end


@contextlib.contextmanager
def virtio_user(tmp_path):
    with tempfile.TemporaryDirectory() as short:
        end = Peer(tmp_path, f"net_vhost0,iface={short}/v")
        with contextlib.closing(end):
            end.start()
            yield {"vdev": f"net_virtio_user0,path={short}/v"}, end


DRIVERS = [af_xdp, af_packet, small_slots, pcap_interface, tap, memif_server, memif_small_client, memif_client,
           ring, null, pcap, vhost,
           virtio_user]


def reason(port, data, chained):
    """Why the port says that it can't send it, or None."""
    if len(data) < port["min_frame"]:
        return "too-short"
    if len(data) > (port["max_frame"] if data[12:14] == b"\x81\x00" else port["max_untagged"]):
        return "too-long"
    if not chained:
        return None
    if port["max_chained"] == 0:
        return "segments"
    return "too-long" if len(data) > port["max_chained"] else None


def wait(holds, what):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


def sent(port, frames, chained):
    """Those that go out, and how many of the others are dropped for which reason."""
    out, drops = [], collections.Counter()
    for data in frames:
        why = reason(port, data, data in chained)
        if why:
            drops[why] += 1
        else:
            out.append(data)
    return out, drops


def made(first, way):
    """What is sent: frames of every length among good ones, and those of them that are in several segments."""
    lengths = [(length, False) for length in LENGTHS] + [(length, True) for length in TAGGED]
    frames = []
    for number, (length, tagged) in enumerate(lengths):
        frames += [frame(length, first + 2 * number, tagged), frame(100, first + 2 * number + 1)]
    records = [capture.Packet(START_NS, data[:CUT if way == "padded" else FRAME_MAX], len(data)) for data in frames]
    frames = [record.data + bytes(record.wire - len(record.data)) for record in records]
    return records, frames, {data for data, record in zip(frames, records) if record.wire > len(record.data)}


def run_all(daemon, replays, end):
    """One after the other, so that what comes out is in order, and room for it: a mirror waits for no peer, which may
    have had no core meanwhile."""
    for name in replays:
        daemon.call("replay.start", name=name)
        wait(lambda name=name: daemon.call("replay.list")["replays"][name]["ended"], lambda: daemon.call("replay.list"))
        end.take(daemon.call("status")["ports"]["out"]["tx_packets"])


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.__name__)
def test_every_length(driver, tmp_path):
    """Replayed in one segment and in two, and as a mirror of what a rule drops. Good ones among them all leave."""
    frames, chained, replays = [], set(), {}
    for number, way in enumerate(("replayed", "padded", "mirrored")):
        records, more, parts = made(number * 1000, way)
        capture.write(tmp_path / f"{way}.pcap", records)
        frames += more
        chained |= parts
        replays[way] = {"file": str(tmp_path / f"{way}.pcap"), "to": {"as": "in"} if way == "mirrored" else "out",
                        "truncated": "pad", "start": "manual", "memory": "16MiB", "pace": "20kpps"}
    with driver(tmp_path) as (port, end):
        what = config({**end.before, "out": port, **end.after, "in": {"vdev": "net_null8,no-rx=1"}},
                      [*end.rules, {"name": "on", "from": ["in"], "actions": [{"mirror": "out"}, "drop"]}])
        what["replays"] = replays
        with Daemon(what, tmp_path) as daemon:
            end.begin()
            wait(lambda: all(port["up"] for port in daemon.call("ports")["ports"].values()),
                 lambda: daemon.call("ports"))
            run_all(daemon, replays, end)
            out, drops = sent(daemon.call("ports")["ports"]["out"], frames, chained)
            # A worker may be late with what it counted.
            wait(lambda: daemon.call("status")["ports"]["out"]["tx_packets"] >= len(out), lambda: daemon.call("status"))
            end.take(len(out))
            time.sleep(SETTLE)
            status = daemon.call("status")
            daemon.stop()
            got = end.received()
    check_status(status)
    assert status["ports"]["out"]["tx_packets"] == len(out), status
    drops["rule"] = len(frames) // len(replays)
    # The kernel has something to say on a TAP device, which no rule takes.
    assert {name: count for name, count in status["drops"].items() if count and name != "default"} == +drops
    if got is not None:
        assert [len(data) for data in got] == [len(data) for data in out]
        assert got == out


def test_a_frame_that_a_port_never_takes(tmp_path):
    """It is given up after a second, and those behind it leave; the log says so. A full ring is waited for."""
    frames = [frame(100 if number % 50 != 7 else 333, number) for number in range(200)]
    capture.write(tmp_path / "in.pcap", frames)
    ports = test_ports(wan="refuse=333", full="room=5")
    what = config(ports)
    what["replays"] = {name: {"file": str(tmp_path / "in.pcap"), "to": port, "pace": "top", "memory": "16MiB"}
                       for name, port in (("one", "wan"), ("two", "full"))}
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        wait(lambda: daemon.call("replay.list")["replays"]["one"]["ended"], lambda: daemon.call("replay.list"))
        status = daemon.call("status")
        check_status(status)
        assert status["drops"]["refused"] == 4 and status["ports"]["wan"]["tx_packets"] == 196
        replays = daemon.call("replay.list")["replays"]
        assert replays["one"]["verdict"]["result"] == "fail"
        assert replays["two"]["state"] == "running" and status["ports"]["full"]["tx_packets"] == 5
        wait(lambda: "given up" in daemon.text(), daemon.text)
        daemon.stop()


def test_what_the_kernel_refused(tmp_path):
    """The other end of a veth takes no more than its own MTU: the interface counts what it loses."""
    frames = [frame(1400, number) for number in range(50)]
    capture.write(tmp_path / "in.pcap", frames)
    with Pair() as pair:
        what = config({"out": {"af-xdp": pair.interface}})
        what["replays"] = {"one": {"file": str(tmp_path / "in.pcap"), "to": "out", "start": "manual",
                                   "memory": "16MiB"}}
        with Daemon(what, tmp_path) as daemon:
            wait(lambda: daemon.call("ports")["ports"]["out"]["up"], lambda: daemon.call("ports"))
            run("ip", "link", "set", pair.other, "mtu", 600)
            daemon.call("replay.start", name="one")
            wait(lambda: daemon.call("ports")["ports"]["out"]["tx_errors"] >= len(frames), lambda: daemon.call("ports"))
            run("ip", "link", "set", pair.interface, "mtu", 700)
            wait(lambda: daemon.call("ports")["ports"]["out"]["max_frame"] == 718, lambda: daemon.call("ports"))
            daemon.stop()
