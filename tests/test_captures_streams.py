# SPDX-License-Identifier: BSD-3-Clause
"""Captures that come through pipes, and to ports of a running daemon."""

import os
import re
import threading

import pytest

from lib import capture, reader
from lib.daemon import Daemon
from lib.layouts import compressed, ethernet, LAYOUTS
from lib.offline import config, out
from lib.reading import Read, same_packets, WAYS


def fed(path, data, pieces=7):
    """Writes into a FIFO, piece by piece, as a thread."""
    def write():
        with open(path, "wb", buffering=0) as stream:
            step = max(1, len(data) // pieces)
            for at in range(0, len(data), step):
                stream.write(data[at:at + step])
    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("packing", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("way", WAYS)
def test_fifo(tmp_path, way, packing):
    os.mkfifo(tmp_path / "fifo")
    thread = fed(tmp_path / "fifo", compressed(packing, capture.fixture("dns.pcap").read_bytes()))
    read = Read(tmp_path, way, tmp_path / "fifo")
    thread.join(60)
    assert read.code == 0 and not thread.is_alive(), read.err
    same_packets(read, reader.read(capture.fixture("dns.pcap")).packets)


@pytest.mark.parametrize("way", WAYS)
def test_standard_input(tmp_path, way):
    for data in (capture.fixture("dns.pcap").read_bytes(), capture.fixture("dns.pcap").read_bytes()[:-3]):
        (tmp_path / "stdin").write_bytes(data)
        with open(tmp_path / "stdin", "rb") as stdin:
            read = Read(tmp_path, way, "-", stdin)
        want = reader.read(tmp_path / "stdin")
        assert (read.code, read.counts["cut"]) == (0, want.cut), read.err
        same_packets(read, want.packets)


def test_live_ports(tmp_path):
    """A running daemon's ports read them by the same code."""
    (tmp_path / "data").write_bytes(compressed("zstd", LAYOUTS["mixed"]))
    want = reader.read(tmp_path / "data", "convert")
    what = config({"in": {"pcap": {"in": str(tmp_path / "data"), "other-links": "convert"}}, "wan": out("wan")},
                  default={"forward": "wan"})
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == len(want.packets))
        counts = daemon.call("ports")["ports"]["in"]
        assert re.search(f"^in: records: .*{want.converted} given an Ethernet header", daemon.sluice("ports").stdout, re.M)
        daemon.stop()
    got = capture.read(tmp_path / "wan.pcap")
    assert [packet.data for packet in got] == [packet.data for packet in want.packets]
    assert counts["converted"] == want.converted > 0


def test_live_fifo(tmp_path):
    """What comes is taken at once, and not when there is more of it."""
    os.mkfifo(tmp_path / "fifo")
    what = config({"in": {"pcap": {"in": str(tmp_path / "fifo")}}, "wan": {"null": {}}}, default={"forward": "wan"})
    packets = [ethernet(number) for number in range(10)]
    data = capture.write(tmp_path / "data", packets).read_bytes()
    with Daemon(what, tmp_path) as daemon:
        assert daemon.call("ports")["ports"]["in"]["rx_packets"] == 0
        with open(tmp_path / "fifo", "wb", buffering=0) as stream:
            stream.write(data[:24])
            for number in range(10):
                at = 24 + number * 76
                stream.write(data[at:at + 76])
                daemon.until(lambda status, wanted=number + 1: status["ports"]["in"]["rx_packets"] == wanted)
        daemon.stop()


def test_live_damage(tmp_path):
    """It shows when the daemon ends, and is told of at once."""
    (tmp_path / "bad").write_bytes(capture.fixture("dns.pcap").read_bytes()[:-500] + b"\xff" * 500)
    want = reader.read(tmp_path / "bad")
    assert want.broken
    what = config({"in": {"pcap": {"in": str(tmp_path / "bad")}}, "wan": {"null": {}}}, default={"forward": "wan"})
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == len(want.packets))
        assert f"bad: record {len(want.packets) + 1} at byte " in daemon.text()
        daemon.stop(code=1)
