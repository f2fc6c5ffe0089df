# SPDX-License-Identifier: BSD-3-Clause
"""From a capture through a replay into a capture, and once more: the same bytes at the nanoseconds of the schedule
offline; live at those times within the error that the replay tells of itself."""

import json
import time

import pytest

from lib import blocks, capture
from lib.daemon import Daemon
from lib.offline import Run, SLUICE, SLUICED, config, write_config

NAMES = ["dns.pcap", "vlan.pcap", "nanosecond.pcap"]


def recording(directory, files, **keys):
    """What is replayed is forwarded to a capture, which writes into the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    what = config({"lan": {"null": {}}}, [{"name": "all", "actions": [{"forward": "evidence"}]}],
                  memory={"packets": 32767, "hugepages": False})
    what["captures"] = {"evidence": {"directory": str(directory), "memory": "8MiB"}}
    what["replays"] = {"one": {"file": str(files), "to": {"as": "lan"}, "memory": "16MiB", **keys}}
    return what


def record(directory, files, **keys):
    """What was written."""
    path = write_config(directory.parent / f"{directory.name}.yaml", recording(directory, files, **keys))
    run = Run([SLUICED, "offline", path, "--json"], directory.parent)
    assert run.code == 0, run.err
    report = json.loads(run.out)
    assert report["ledger"]["balanced"] and report["captures"]["evidence"]["packets"] == report["ledger"]["in"]
    return sorted(directory.glob("*.pcapng"))


def packets_of(paths):
    return [packet for path in paths for packet in blocks.packets(path)]


def line_of(packets):
    """When they leave: times never step back."""
    line = [packets[0].time]
    for before, packet in zip(packets, packets[1:]):
        line.append(line[-1] + max(0, packet.time - before.time))
    return line


@pytest.mark.parametrize("name", NAMES)
def test_the_same_to_the_byte(tmp_path, name):
    given = capture.read(capture.fixture(name))
    one = record(tmp_path / "one", capture.fixture(name))
    assert [(packet.time, packet.data) for packet in packets_of(one)] == list(zip(line_of(given), (packet.data for packet in given)))
    other = record(tmp_path / "other", tmp_path / "one")
    assert [path.name for path in one] == [path.name for path in other]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
    assert [path.with_name(path.name + ".index").read_bytes() for path in one] == [
        path.with_name(path.name + ".index").read_bytes() for path in other]


def test_the_nanoseconds_of_the_schedule(tmp_path):
    """At half and at twice the pace; what came of one is where the other began."""
    given = capture.read(capture.fixture("dns.pcap"))
    first = given[0].time
    record(tmp_path / "slow", capture.fixture("dns.pcap"), pace="0.5x")
    slow = packets_of(sorted((tmp_path / "slow").glob("*.pcapng")))
    assert [packet.time - slow[0].time for packet in slow] == [2 * (packet.time - first) for packet in given]
    again = packets_of(record(tmp_path / "again", tmp_path / "slow", pace="2x"))
    assert [packet.time - again[0].time for packet in again] == [packet.time - first for packet in given]
    assert [packet.data for packet in again] == [packet.data for packet in given]


def test_a_part_by_the_index(tmp_path):
    """What is begun in the middle of a capture that sluice wrote, and what is taken out of it, are the same packets."""
    given = capture.read(capture.fixture("dns.pcap"))
    record(tmp_path / "one", capture.fixture("dns.pcap"), loops=40)
    count = 40 * len(given)
    part = packets_of(record(tmp_path / "part", tmp_path / "one", **{"from": f"#{count - 99}"}))
    whole = packets_of(sorted((tmp_path / "one").glob("*.pcapng")))
    assert len(whole) == count and [(packet.time, packet.data) for packet in part] == [(packet.time, packet.data) for packet in whole[-100:]]
    since = whole[-100].time
    taken = Run([SLUICE, "capture", "read", tmp_path / "one", "--from", f"@{since // 10**9}.{since % 10**9:09}", "-w", "taken.pcapng"], tmp_path)
    assert taken.code == 0, taken.err
    assert [(packet.time, packet.data) for packet in packets_of([tmp_path / "taken.pcapng"])] == [
        (packet.time, packet.data) for packet in whole if packet.time >= since]


@pytest.mark.live
def test_live_within_the_error_that_it_tells(tmp_path):
    given = capture.read(capture.fixture("dns.pcap"))
    what = {**recording(tmp_path / "kept", capture.fixture("dns.pcap"), pace="1kpps", start="manual"), "idle": "sleep"}
    with Daemon(what, tmp_path) as daemon:
        daemon.call("replay.start", name="one")
        deadline = time.monotonic() + 30
        while not (replay := daemon.call("replay.list")["replays"]["one"])["ended"]:
            assert time.monotonic() < deadline, replay
            time.sleep(0.02)
        # By its name the daemon knows its files, also the one that it writes.
        while daemon.call("captures")["captures"]["evidence"]["packets"] < len(given):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        count = daemon.sluice("capture", "read", "evidence", "--count")
        daemon.stop()
    assert count.stdout == f"{len(given)}\n", count
    kept = packets_of(sorted((tmp_path / "kept").glob("*.pcapng")))
    assert [packet.data for packet in kept] == [packet.data for packet in given]
    worst = replay["verdict"]["error_ns"]["max"]
    late = sorted(packet.time - kept[0].time - number * 10**6 for number, packet in enumerate(kept))
    # A capture's times are of the wall clock, which the kernel may slew by 500 ppm meanwhile, and are read behind the replay's: the
    # first, which is late by most, was so by 3 us more.
    apart = 500_000
    assert -worst - apart <= late[0] and late[-1] <= worst + apart, (worst, late[0], late[-1])
