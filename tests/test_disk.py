# SPDX-License-Identifier: BSD-3-Clause
"""Captures that a running daemon writes: what is on the disk is what the ledger says, or the port says that it is not."""

import os
import subprocess

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, check_status, test_ports
from lib.offline import config

SOURCE = "rx=300,size=1000"
SMALL = 64 << 10


@pytest.fixture(name="small")
def small_disk(tmp_path):
    path = tmp_path / "small"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "sluice-test", path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)


def writing(path, source=SOURCE, default=None):
    return config({**test_ports(source=source), "file": {"pcap": {"out": str(path)}}},
                  default=default or {"forward": "file"}, idle="sleep")


@pytest.mark.live
def test_full_disk(small, tmp_path):
    """Nobody is told that packets are on the disk which are not: the port has no link once it is seen."""
    with Daemon(writing(small / "out.pcap", "rx=endless,size=1000"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["drops"].get("port-down", 0) > 0)
        status = daemon.call("status")
        check_status(status)
        assert daemon.call("ports")["ports"]["file"]["state"] == "down"
        assert "out.pcap is incomplete" in daemon.text() and "is the disk full?" in daemon.text()
        daemon.stop(code=1)
        assert daemon.text().count("is incomplete") == 1


@pytest.mark.live
def test_disk_that_fills_at_the_end(small, tmp_path):
    """Also what was written since the last look is looked at."""
    with Daemon(writing(small / "out.pcap"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["source"]["rx_packets"] == 300)
        daemon.stop(code=1)
        assert "out.pcap is incomplete" in daemon.text()


@pytest.mark.parametrize("name", ["out.pcap", "o,u[t].pcap"])
def test_what_was_sent_is_in_the_file(name, tmp_path):
    with Daemon(writing(tmp_path / name), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["file"]["tx_packets"] == 300)
        daemon.stop()
    assert [len(record.data) for record in capture.read(tmp_path / name)] == [1000] * 300


@pytest.mark.parametrize("kind", ["null", "fifo"])
def test_what_is_no_file_has_no_length(kind, tmp_path):
    path = "/dev/null" if kind == "null" else tmp_path / "fifo"
    if kind == "fifo":
        os.mkfifo(path)
    with subprocess.Popen(["cat", path], stdout=subprocess.DEVNULL) as reader:
        with Daemon(writing(path), tmp_path, PLUGINS) as daemon:
            daemon.until(lambda status: status["ports"]["file"]["tx_packets"] == 300)
            daemon.stop()
        assert reader.wait(timeout=30) == 0
