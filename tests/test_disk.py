# SPDX-License-Identifier: BSD-3-Clause
"""Captures that a running daemon writes: what is on the disk is what the ledger says, or the port says that it is not."""

import json
import os
import subprocess
import threading

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, check_status, test_ports
from lib.offline import SLUICED, Run, config, write_config

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


def link(daemon):
    port = daemon.call("ports")["ports"]["file"]
    return port["state"], port["why"]


def until_link(daemon, state):
    daemon.until(lambda _: link(daemon)[0] == state, 20, state)


@pytest.mark.live
def test_port_up_goes_on_after_a_full_disk(small, tmp_path):
    """The file is whole up to where it ended, and goes on behind it; what was sent is in it, no more and no less."""
    filler = small / "filler"
    filler.write_bytes(bytes(SMALL // 2))
    with Daemon(writing(small / "out.pcap", "rx=endless,size=1000"), tmp_path, PLUGINS) as daemon:
        until_link(daemon, "down")
        assert link(daemon)[1] == "its disk is full"
        before = len(capture.read(small / "out.pcap"))
        # A worker may be late with what it counted.
        daemon.until(lambda status: status["ports"]["file"]["tx_packets"] == before)
        filler.unlink()
        daemon.call("port.up", name="file")
        daemon.until(lambda status: status["ports"]["file"]["tx_packets"] > before, 20)
        until_link(daemon, "down")
        sent = len(capture.read(small / "out.pcap"))
        daemon.until(lambda status: status["ports"]["file"]["tx_packets"] == sent)
        check_status(daemon.call("status"))
        daemon.stop(code=1)
    assert len(capture.read(small / "out.pcap")) == sent > before


def test_port_up_goes_on_behind_what_was_written(tmp_path):
    """So does a port that a config changes, and another port for that file: nothing that was sent is lost."""
    path = tmp_path / "out.pcap"

    def what(name="file", **more):
        return config({**test_ports(source="rx=endless,size=1000"), name: {"pcap": {"out": str(path)}, **more}},
                      default={"forward": name}, idle="sleep")

    def sent(status):
        return sum(port["tx_packets"] for port in [*status["ports"].values(), status.get("ended", {"tx_packets": 0})])

    def until_more():
        before = sent(daemon.call("status"))
        daemon.until(lambda status: sent(status) > before + 100)

    with Daemon(what(), tmp_path, PLUGINS) as daemon:
        until_more()
        daemon.call("port.down", name="file")
        daemon.call("port.up", name="file")
        until_more()
        daemon.apply(what(mtu=1400))
        until_more()
        daemon.apply(what("other"))
        until_more()
        daemon.call("port.down", name="other")
        # A worker may be late with what it counted.
        daemon.until(lambda status: sent(status) == len(capture.read(path)))
        daemon.stop()
    assert {len(packet.data) for packet in capture.read(path)} == {1000}


@pytest.mark.live
def test_fifo_waits_for_its_reader(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with Daemon(writing(path, "rx=endless,size=1000"), tmp_path, PLUGINS) as daemon:
        assert link(daemon) == ("down", "nobody reads its FIFO")
        assert "file: nobody reads its FIFO" in daemon.sluice("ports").stdout
        with open(path, "rb") as reader:
            assert reader.read(4) == b"\x4d\x3c\xb2\xa1"
            until_link(daemon, "up")
            assert len(reader.read(100_000)) == 100_000
        # It left.
        until_link(daemon, "down")
        check_status(daemon.call("status"))
        # The next one gets a capture of its own.
        with open(path, "rb") as reader:
            assert reader.read(4) == b"\x4d\x3c\xb2\xa1"
        daemon.stop(code=1)


@pytest.mark.live
def test_fifo_that_is_read_after_an_apply(tmp_path):
    """The config in which its name stood is gone by then."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    what = writing(path, "rx=endless,size=1000")
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        for name in ("one", "two"):
            daemon.apply({**what, "rules": [{"name": name, "match": {"vlan": 5}, "actions": ["drop"]}]})
        with open(path, "rb") as reader:
            assert reader.read(4) == b"\x4d\x3c\xb2\xa1"
            until_link(daemon, "up")
        until_link(daemon, "down")
        assert f"nobody reads {path} any more" in daemon.text()
        daemon.stop(code=1)


@pytest.mark.live
def test_fifo_that_nobody_ever_reads(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with Daemon(writing(tmp_path / "fifo"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["drops"].get("port-down", 0) == 300)
        daemon.stop()


@pytest.mark.live
def test_fifo_whose_reader_does_not_read(tmp_path):
    """No worker waits for it, and what it read at last is whole."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with Daemon(writing(path, "rx=endless,size=1000"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["drops"].get("tx-full", 0) > 1000)
        check_status(daemon.call("status"))
        daemon.process.send_signal(15)
        with open(tmp_path / "got.pcap", "wb") as got:
            os.set_blocking(reader, True)
            while piece := os.read(reader, 1 << 16):
                got.write(piece)
        daemon.process.wait(timeout=30)
    os.close(reader)
    assert {len(record.data) for record in capture.read(tmp_path / "got.pcap")} == {1000}


def test_device_that_is_full(tmp_path):
    with Daemon(writing("/dev/full"), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: sum(status["drops"].values()) == 300)
        assert daemon.call("status")["ports"]["file"]["tx_packets"] == 0
        assert link(daemon) == ("down", "its disk is full")
        daemon.stop(code=1)


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


def replaying(tmp_path, path, count, pace):
    packets = [capture.Packet(number * 1000, bytes([number % 256]) * 1000, 1000) for number in range(count)]
    capture.write(tmp_path / "replayed.pcap", packets)
    what = config({"file": {"pcap": {"out": str(path)}}}, idle="sleep")
    what["replays"] = {"one": {"file": str(tmp_path / "replayed.pcap"), "to": "file", "memory": "16MiB",
                               "start": "manual", "pace": pace, "tolerance": "100s"}}
    return what


def check_failed(daemon, done, count):
    """Client, daemon and ledger say the same of a replay that did not get through."""
    assert done.returncode == 1 and "verdict  fail: " in done.stdout, done.stdout
    replay = daemon.call("replay.list")["replays"]["one"]
    assert replay["ended"] and replay["verdict"]["result"] == "fail"
    assert replay["sent"] + sum(replay["drops"].values()) == count and replay["drops"]["port-down"] > 0, replay
    status = daemon.call("status")
    check_status(status)
    assert status["ports"]["file"]["tx_packets"] == replay["sent"]
    daemon.stop(code=1)
    return replay["sent"]


@pytest.mark.live
def test_replay_onto_a_disk_that_fills(small, tmp_path):
    with Daemon(replaying(tmp_path, small / "out.pcap", 300, "top"), tmp_path) as daemon:
        sent = check_failed(daemon, daemon.sluice("replay", "start", "one", "--follow"), 300)
    assert len(capture.read(small / "out.pcap")) == sent < 300


@pytest.mark.live
def test_replay_whose_reader_leaves(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)

    def read():
        with open(path, "rb") as reader:
            reader.read(100_000)

    reader = threading.Thread(target=read)
    reader.start()
    with Daemon(replaying(tmp_path, path, 500, "250pps"), tmp_path) as daemon:
        until_link(daemon, "up")
        done = daemon.sluice("replay", "start", "one", "--follow")
        reader.join()
        assert 98 <= check_failed(daemon, done, 500) < 500


def offline_onto(path, tmp_path, way):
    """Runs 500 frames onto a file that can't take them, offline; returns the report and what stderr says."""
    capture.write(tmp_path / "in.pcap", [bytes([number & 255]) * 1000 for number in range(500)])
    out = {"pcap": {"out": str(path)}}
    source = {"pcap": {"in": str(tmp_path / "in.pcap")}}
    if way == "replayed":
        what = config({"file": out})
        what["replays"] = {"one": {"file": str(tmp_path / "in.pcap"), "to": "file"}}
    elif way == "mirrored":
        what = config({"in": source, "file": out}, [{"name": "all", "actions": [{"mirror": "file"}, "drop"]}])
    else:
        what = config({"in": source, "file": out}, default={"forward": "file"})
    run = Run([SLUICED, "offline", write_config(tmp_path / "config.yaml", what), "--json"], tmp_path)
    assert run.code == 1, run.err
    report = json.loads(run.out)
    ledger = report["ledger"]
    assert report["leaked"] == 0 and ledger["balanced"] and ledger["out"] == report["ports"]["file"]["tx_packets"]
    return report, run.err


@pytest.mark.parametrize("way", ["forwarded", "mirrored", "replayed"])
def test_offline_counts_what_is_in_the_file(way, small, tmp_path):
    """Behind a full disk nothing counts as sent, and the file ends with a whole record."""
    report, said = offline_onto(small / "out.pcap", tmp_path, way)
    written = len(capture.read(small / "out.pcap"))
    assert 0 < written == report["ports"]["file"]["tx_packets"]
    assert sum(report["drops"][reason] for reason in ("tx-full", "port-down")) == 500 - written
    assert "out.pcap is incomplete" in said and "No space left" in said
    if way == "replayed":
        assert report["replays"]["one"]["sent"] == written and report["replays"]["one"]["refused"] == 500 - written


@pytest.mark.parametrize("way", ["forwarded", "mirrored", "replayed"])
def test_offline_onto_a_fifo_whose_reader_leaves(way, tmp_path):
    os.mkfifo(tmp_path / "fifo")

    def read():
        with open(tmp_path / "fifo", "rb") as reader:
            reader.read(100)

    thread = threading.Thread(target=read)
    thread.start()
    report, said = offline_onto(tmp_path / "fifo", tmp_path, way)
    thread.join()
    assert report["drops"]["port-down"] > 0 and report["ports"]["file"]["tx_packets"] < 500
    assert "fifo is incomplete" in said


def test_offline_onto_a_device_that_is_full(tmp_path):
    report, said = offline_onto("/dev/full", tmp_path, "forwarded")
    assert report["ports"]["file"]["tx_packets"] == 0 and report["drops"]["port-down"] == 500
    assert "/dev/full is incomplete" in said
