# SPDX-License-Identifier: BSD-3-Clause
"""Times that captures should not have, and do: none, 0, earlier than the ones before, years ahead. Offline, where each
packet's time is to be the scheduled one, to the nanosecond; ports and replays alike."""

import json
import struct
import subprocess

import pytest

from lib import capture, schedule
from lib.daemon import Daemon, check_status
from lib.offline import Run, SLUICE, SLUICED, config, offline, out, write_config
from test_replay import offline_replay, replay, same

SECOND = 10 ** 9
START = 1_700_000_000 * SECOND


def packets_at(*times):
    return [capture.Packet(time, bytes([number]) * 60, 60) for number, time in enumerate(times)]


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def section(*interfaces):
    """A pcapng section, with an interface of nanoseconds and so many seconds' offset each."""
    head = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    return head + b"".join(block(1, struct.pack("<HHIHHB3xHHq", 1, 0, 0, 9, 1, 9, 14, 8, offset) + bytes(4))
                           for offset in interfaces)


def timed(ticks, data, interface=0):
    return block(6, struct.pack("<IIIII", interface, ticks >> 32, ticks & 0xffffffff, len(data), len(data)) + data)


def untimed(data):
    return block(3, struct.pack("<I", len(data)) + data)




@pytest.mark.parametrize("times", [[0] * 4, [0, 1000, 2000, 3000], [0], [0, 0, 5 * SECOND, 1]])
@pytest.mark.parametrize("pace", ["original", "2x", "1kpps", "1Gbps", "top"])
def test_time_0(tmp_path, times, pace):
    """It is a time as any other: nothing is lost."""
    packets = packets_at(*times)
    run = replay(tmp_path, str(capture.write(tmp_path / "zero.pcap", packets)), pace=pace, loops=2)
    same(run, schedule.due(schedule.looped(schedule.monotonic(packets), 2), pace))
    assert run.report["leaked"] == 0


def test_time_0_through_ports_and_rules(tmp_path):
    """A port's packets come before those of replays at the same time, and all of them are there."""
    packets = packets_at(0, 0, 7)
    zero = str(capture.write(tmp_path / "zero.pcap", packets))
    what = config({"in": {"pcap": {"in": zero}}, "wan": out("wan")}, default={"forward": "wan"})
    what["replays"] = {"straight": {"file": zero, "to": "wan"}, "ruled": {"file": zero, "to": {"as": "in"}}}
    run = offline_replay(what, tmp_path)
    assert [packet.time for packet in run.sent["wan"]] == [0] * 6 + [7] * 3
    assert sorted(packet.data for packet in run.sent["wan"]) == sorted(packet.data for packet in packets * 3)


STEPS = {
    "ahead": [0, 65536 * SECOND + 28000, 49000, 92000, 104000] + [(1 + i) * SECOND for i in range(10)],
    "back": [1000 * SECOND] + [i * SECOND for i in range(12)],
    "first": [5, 4],
    "small": [10, 20, 15, 25, 24, 24, 30],
    "twice": [100, 50, 60, 10, 20, 30],
    "down": [50, 40, 30, 20, 60],
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_back(tmp_path, name):
    """The one that is earlier leaves at once, the rest keeps its gaps, and it counts once."""
    times = STEPS[name]
    packets = packets_at(*(START + time for time in times))
    run = replay(tmp_path, str(capture.write(tmp_path / "steps.pcap", packets)))
    line = list(schedule.monotonic(packets))
    same(run, line)
    counts = run.report["replays"]["one"]
    assert counts["backwards"] == sum(b < a for a, b in zip(times, times[1:]))
    # A part begins and ends where these times say.
    middle = line[len(line) // 2].time - START - times[0]
    run = replay(tmp_path, str(tmp_path / "steps.pcap"), **{"from": f"{middle}ns"})
    same(run, [packet for packet in line if packet.time - line[0].time >= middle])


def test_steps_of_one_file_do_not_move_others(tmp_path):
    one, other = packets_at(*(START + t for t in (0, 100, 50, 60))), packets_at(*(START + t for t in (10, 95, 115, 200)))
    files = [str(capture.write(tmp_path / name, packets)) for name, packets in (("a.pcap", one), ("b.pcap", other))]
    run = replay(tmp_path, files)
    line = sorted([*schedule.monotonic(one), *other], key=lambda packet: packet.time)
    same(run, line)
    assert run.report["replays"]["one"]["backwards"] == 1


def test_records_without_a_time(tmp_path):
    """They have that of the one before; the first ones that of the first that has one. A port says the same."""
    frames = [bytes([number]) * 60 for number in range(7)]
    (tmp_path / "simple.pcapng").write_bytes(
        section(0) + untimed(frames[0]) + untimed(frames[1]) + timed(START, frames[2]) + untimed(frames[3]) +
        timed(START + 5000, frames[4]) + timed(START + 6000, frames[5]) + untimed(frames[6]))
    line = [capture.Packet(START + after, frame, 60) for after, frame in zip((0, 0, 0, 0, 5000, 6000, 6000), frames)]
    run = replay(tmp_path, str(tmp_path / "simple.pcapng"))
    same(run, line)
    assert run.report["replays"]["one"]["backwards"] == 0
    what = config({"in": {"pcap": {"in": "simple.pcapng"}}, "wan": out("wan")}, default={"forward": "wan"})
    same(offline(what, tmp_path), line)


def test_no_record_has_a_time(tmp_path):
    frames = [bytes([number]) * 60 for number in range(3)]
    (tmp_path / "simple.pcapng").write_bytes(section(0) + b"".join(untimed(frame) for frame in frames))
    run = replay(tmp_path, str(tmp_path / "simple.pcapng"))
    same(run, [capture.Packet(0, frame, 60) for frame in frames])


@pytest.mark.parametrize("offset", [9223372037, 1 << 40])
def test_spans_that_no_clock_counts(tmp_path, offset):
    """Refused by name, and what came before is sent."""
    (tmp_path / "far.pcapng").write_bytes(section(0, offset) + timed(0, bytes(60)) + timed(5, bytes(60)) +
                                          timed(0, bytes(60), 1) + timed(9, bytes(60)))
    run = replay(tmp_path, str(tmp_path / "far.pcapng"), code=1)
    assert len(run.sent["wan"]) == 2
    counts = run.report["replays"]["one"]
    assert counts["state"] == "failed"
    assert counts["reason"].startswith("far.pcapng: record 3: its time lies more than 292 years behind")


def test_records_that_are_no_packets(tmp_path):
    """A port and a replay leave the same ones out, and count them alike."""
    lengths = [60, 0, 61, 65535, 65536, 0, 62, 131072, 64]
    packets = [capture.Packet(START + number, bytes([number]) * length, length) for number, length in enumerate(lengths)]
    path = capture.write(tmp_path / "odd.pcap", packets)
    wanted = [packet for packet in packets if 0 < len(packet.data) < 65536]
    run = replay(tmp_path, str(path))
    same(run, wanted)
    counts = run.report["replays"]["one"]
    assert (counts["empty"], counts["too_long"], counts["sent"]) == (2, 2, len(wanted))

    what = config({"in": {"pcap": {"in": str(path)}}, "wan": out("wan")}, default={"forward": "wan"})
    run = Run([SLUICED, "offline", write_config(tmp_path / "port.yaml", what), "--json"], tmp_path)
    assert run.code == 0, run.err
    report = json.loads(run.out)
    counts = report["ports"]["in"]
    assert (counts["empty"], counts["too_long"], counts["rx_packets"]) == (2, 2, len(wanted))
    assert report["leaked"] == 0
    assert capture.read(tmp_path / "wan.pcap") == wanted


def test_records_that_are_no_packets_have_no_place_in_time(tmp_path):
    """Nor does what stands there as their time move the others."""
    hour = 3600 * 10**9
    packets = [capture.Packet(START, bytes(60), 60), capture.Packet(START - hour, b"", 60),
               capture.Packet(START + 5, bytes(61), 61), capture.Packet(START + hour, bytes(65536), 65536),
               capture.Packet(START + 7, bytes(62), 62)]
    path = capture.write(tmp_path / "odd.pcap", packets)
    same(replay(tmp_path, str(path)), [packets[0], packets[2], packets[4]])


def test_nothing_but_records_that_are_no_packets(tmp_path):
    """All of them are counted, so a port has lost nothing. A replay that sent nothing has failed."""
    path = capture.write(tmp_path / "empty.pcap", [capture.Packet(START, b"", 60)])
    what = config({"in": {"pcap": {"in": str(path)}}}, default="drop")
    run = Run([SLUICED, "offline", write_config(tmp_path / "port.yaml", what), "--json"], tmp_path)
    assert run.code == 0 and "warning: port in: empty.pcap: has no packets that can be sent" in run.err, run.err
    assert json.loads(run.out)["ports"]["in"]["empty"] == 1
    run = replay(tmp_path, str(path), code=1)
    assert "has no packets to replay" in run.report["replays"]["one"]["reason"]


def test_a_running_port_leaves_them_out_too(tmp_path):
    """net_pcap would give frames of no byte, and count the bytes of long ones in 16 bits."""
    lengths = [60, 0, 65536 + 60, 61, 131072]
    packets = [capture.Packet(START + number, bytes([number]) * length, length) for number, length in enumerate(lengths)]
    path = capture.write(tmp_path / "odd.pcap", packets)
    what = config({"in": {"pcap": {"in": str(path)}}, "wan": {"vdev": "net_null0,no-rx=1"}}, default={"forward": "wan"})
    with Daemon({**what, "idle": "sleep"}, tmp_path) as daemon:
        status = daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == 2)
        check_status(status)
        port = status["ports"]["in"]
        assert (port["empty"], port["too_long"], port["rx_bytes"]) == (1, 2, 121)
        daemon.stop()


@pytest.mark.parametrize("pace, speed", [("original", 1), ("2x", 2), ("0.25x", 0.25)])
def test_max_gap(tmp_path, pace, speed):
    """No pause on the wire is longer, between loops neither; shorter ones are as long as they are."""
    times = [0, SECOND, 65536 * SECOND, 65537 * SECOND, 65546 * SECOND, 65547 * SECOND]
    packets = packets_at(*(START + time for time in times))
    path = str(capture.write(tmp_path / "pauses.pcap", packets))
    run = replay(tmp_path, path, pace=pace, loops=2, gap="1h", **{"max-gap": "5s"})
    sent = [packet.time for packet in run.sent["wan"]]
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert [b - a for a, b in zip(sent, sent[1:])] == [
        min(gap / speed, 5 * SECOND) for gap in [*gaps, 3600 * SECOND, *gaps]]


def live(directory, times, **keys):
    path = capture.write(directory / "pauses.pcap", packets_at(*(START + time for time in times)))
    what = config({"wan": {"vdev": "net_null0,no-rx=1"}}, default="drop", idle="sleep")
    what["replays"] = {"one": {"file": str(path), "to": "wan", "start": "manual", **keys}}
    return what


def test_a_long_pause_is_told_of(tmp_path):
    """A capture whose clock leapt ahead by 18 hours: the table and whoever follows it say when it goes on."""
    with Daemon(live(tmp_path, [0, SECOND // 10, 65536 * SECOND, 49000]), tmp_path) as daemon:
        line = follow(daemon)
        assert line.lstrip().startswith("0.0 %") and "18 h 12 min left" in line and "next packet in 18 h 12 min" in line
        one = daemon.call("replay.list")["replays"]["one"]
        assert 65000 * SECOND < one["next_in_ns"] < 65536 * SECOND
        assert one["next_in_ns"] - SECOND < one["remaining_ns"] < 65536 * SECOND
        # The pause is most of the schedule, so it has only begun.
        assert one["progress"] < 0.01
        assert "one: the next packet is due in 18 h 12 min" in daemon.sluice("replay", "list").stdout
        # Where it stands still, the time that is left stands still as well; a new pace shortens what is left.
        daemon.call("replay.pause", name="one")
        one = daemon.call("replay.list")["replays"]["one"]
        assert one["next_in_ns"] is None and one["progress"] < 0.01 and one["remaining_ns"] > 65000 * SECOND
        daemon.call("replay.resume", name="one")
        daemon.call("replay.pace", name="one", pace="100000000x")
        status = daemon.until(lambda status: status["replays"]["one"]["state"] == "done")
        one = status["replays"]["one"]
        assert (one["sent"], one["backwards"], one["progress"]) == (4, 1, 1)
        assert one["next_in_ns"] is None and one["remaining_ns"] is None
        daemon.stop()


def follow(daemon):
    """Starts it, and returns what --follow says when it has begun to wait."""
    with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "replay", "start", "one", "--follow"],
                          stdout=subprocess.PIPE, text=True) as client:
        line = next(line for line in client.stdout if "2 sent" in line)
        client.terminate()
        client.stdout.read()
    return line


@pytest.mark.parametrize("workers", [[0], [0, 1]])
def test_max_gap_on_the_wire(tmp_path, workers):
    """Hours become tenths of a second, at the pace it begins with and at others that it is given."""
    hours = [number * 3600 * SECOND for number in range(6)]
    what = live(tmp_path, hours, **{"max-gap": "300ms"})
    with Daemon({**what, "workers": workers}, tmp_path) as daemon:
        daemon.call("replay.start", name="one")
        daemon.until(lambda status: status["replays"]["one"]["sent"] >= 2)
        one = daemon.call("replay.list")["replays"]["one"]
        assert 0 <= one["next_in_ns"] <= SECOND * 3 // 10 and one["remaining_ns"] <= SECOND * 12 // 10
        for pace in ("0.001x", "1000x", "2x"):
            daemon.call("replay.pace", name="one", pace=pace)
            one = daemon.call("replay.list")["replays"]["one"]
            assert one["state"] != "running" or one["next_in_ns"] <= SECOND * 3 // 10
        daemon.until(lambda status: status["replays"]["one"]["state"] == "done")
        one = daemon.call("replay.list")["replays"]["one"]
        assert one["sent"] == 6
        # Its time in the capture goes on as in the file.
        assert one["time"] == 5 * 3600
        assert one["verdict"]["asked"]["elapsed"] <= 1.6
        daemon.stop()
