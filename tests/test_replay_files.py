# SPDX-License-Identifier: BSD-3-Clause
"""A replay that starts again reads its files as they are then, whatever was read before and whoever still has
packets of it."""

import os
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, Refused, check_status, test_ports
from lib.offline import config


def frames(first, count=50, size=80):
    return [bytes([first, number & 255, number >> 8]) + bytes(size - 3) for number in range(count)]


def live(ports, path, **keys):
    what = config(ports, default="drop", idle="sleep")
    one = {"file": str(path), "to": "wan", "pace": "top", "memory": "16MiB", "start": "manual"}
    what["replays"] = {"one": {**one, **keys}}
    return what


def look(daemon):
    check_status(daemon.call("status"))
    return daemon.call("replay.list")["replays"]["one"]


def play(daemon):
    daemon.call("replay.start", name="one")
    deadline = time.monotonic() + 30
    while not (replay := look(daemon))["ended"]:
        assert time.monotonic() < deadline, replay
        time.sleep(0.02)
    return replay


def replaced(path, packets):
    """As editors and `mv` do it: another file of that name."""
    capture.write(path.with_suffix(".new"), packets)
    os.rename(path.with_suffix(".new"), path)


def overwritten(path, packets):
    """The same file; its time alone tells, where the size is the same."""
    time.sleep(0.05)
    capture.write(path, packets)


@pytest.mark.parametrize("memory", ["64MiB", "8MiB"])
def test_files_that_changed_are_read_anew(tmp_path, memory):
    """From disk to wire: whether they were whole in memory or not, fit it then or not, or broke before."""
    path, seen = capture.write(tmp_path / "replayed.pcap", frames(1)), tmp_path / "seen.pcap"
    large = frames(4, 9000, 1000)
    sent = []
    with Daemon(live({"wan": {"pcap": {"out": str(seen)}}}, path, memory=memory), tmp_path) as daemon:
        def plays(packets, change=None):
            if change:
                change(path, packets)
            replay = play(daemon)
            assert (replay["state"], replay["sent"]) == ("done", len(packets)), replay
            sent.extend(packets)

        overwritten(path, frames(2))  # since the daemon began
        plays(frames(2))
        plays(frames(2))
        plays(frames(3), overwritten)
        plays(large, replaced)
        assert look(daemon)["resident"] is (memory == "64MiB")
        plays(large)
        plays(frames(5), replaced)
        data = path.read_bytes()
        path.write_bytes(data[:-5])
        assert (one := play(daemon))["state"] == "done" and one["cut"] is True, one
        sent.extend(frames(5)[:-1])
        path.write_bytes(data[:-len(frames(5)[-1]) - 8] + b"\xff" * 8 + data[-len(frames(5)[-1]):])
        assert (one := play(daemon))["state"] == "failed" and one["cut"] is False, one
        sent.extend(frames(5)[:-1])
        plays(frames(6, 70), overwritten)
        assert daemon.text().count("are read anew") >= 6, daemon.text()
        daemon.stop()
    assert [packet.data for packet in capture.read(seen)] == sent


def test_files_that_are_gone_or_no_captures(tmp_path):
    """The start is refused, what was before stays, and the next start may be another."""
    path = capture.write(tmp_path / "replayed.pcap", frames(1))
    with Daemon(live(test_ports(wan=""), path), tmp_path, PLUGINS) as daemon:
        def refused(words):
            try:
                with pytest.raises(Refused, match=words):
                    daemon.call("replay.start", name="one")
                    # A machine with much else to do looks at files after the answer.
                    daemon.until(lambda status: status["replays"]["one"]["state"] == "failed")
                    raise Refused({"message": look(daemon)["reason"]})
            finally:
                assert look(daemon)["ended"] is True

        path.unlink()
        refused("replayed.pcap: No such file")
        assert play_after(daemon, path, frames(2))["sent"] == 50
        path.write_bytes(b"no capture")
        refused("replayed.pcap: ")
        path.unlink()
        refused("replayed.pcap: No such file")
        done = daemon.sluice("replay", "start", "one", "--follow")
        assert done.returncode == 1 and "No such file" in done.stdout + done.stderr
        assert "replay one" in done.stdout + done.stderr
        assert play_after(daemon, path, frames(3, 60))["sent"] == 60
        daemon.stop()


def play_after(daemon, path, packets):
    capture.write(path, packets)
    return play(daemon)


def test_a_device_that_has_packets_of_another_file(tmp_path):
    """They stay as they are until it gives them back, and memory is had back then."""
    path = capture.write(tmp_path / "replayed.pcap", frames(0))
    with Daemon(live(test_ports(wan="hold=300"), path), tmp_path, PLUGINS) as daemon:
        assert play(daemon)["sent"] == 50
        one = daemon.call("memory")["replays"]["one"]["bytes"]
        for number in range(1, 6):
            replaced(path, frames(number))
            assert play(daemon)["sent"] == 50
        assert daemon.call("memory")["replays"]["one"]["bytes"] == 6 * one
        replaced(path, frames(7, 5000))
        assert play(daemon)["sent"] == 5000
        deadline = time.monotonic() + 10
        while daemon.call("memory")["replays"]["one"]["bytes"] != one:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        replaced(path, frames(8))
        daemon.call("replay.start", name="one")
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


def test_orders_while_files_are_looked_at(tmp_path):
    """Whatever comes between: no run begins with what was before."""
    path = capture.write(tmp_path / "replayed.pcap", frames(0))
    orders = ((), (("stop", {}),), (("seek", {"to": "#11"}),), (("seek", {"to": "#5"}), ("stop", {})))
    with Daemon(live(test_ports(wan=""), path), tmp_path, PLUGINS) as daemon:
        for number in range(1, 25):
            replaced(path, frames(number, 50 + number))
            daemon.call("replay.start", name="one")
            for word, more in orders[number % 4]:
                try:
                    daemon.call(f"replay.{word}", name="one", **more)
                except Refused as error:
                    assert "does not run" in str(error), error
            daemon.until(lambda status: status["replays"]["one"]["state"] in ("stopped", "done"))
        assert play_after(daemon, path, frames(99, 33))["sent"] == 33
        daemon.stop()
