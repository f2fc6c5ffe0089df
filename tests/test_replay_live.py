# SPDX-License-Identifier: BSD-3-Clause
"""Replays on a running daemon: what a device that frees late and takes little makes of them, orders while they
run, and a real network at the other end."""

import subprocess
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, Refused, check_status, test_ports
from lib.net import Machine
from lib.offline import config

LINE = capture.read(capture.fixture("dns.pcap"))


def live(ports, rules=(), default="drop", **replays):
    what = config(ports, rules, default)
    what["replays"] = {name: {"file": str(capture.fixture("dns.pcap")), "to": "wan", "memory": "16MiB", **keys}
                       for name, keys in replays.items()}
    return what


def ended(daemon, name="one", seconds=60):
    """Waits until a replay has ended, and returns what there is to say of it."""
    deadline = time.monotonic() + seconds
    while True:
        check_status(daemon.call("status"))
        replay = daemon.call("replay.list")["replays"][name]
        if replay["ended"]:
            return replay
        assert time.monotonic() < deadline, replay
        time.sleep(0.02)


def state(daemon, name="one"):
    return daemon.call("replay.list")["replays"][name]


@pytest.mark.parametrize("device", ["", "hold=64", "hold=500,accept=7", "accept=1"])
def test_a_device_that_holds_packets(tmp_path, device):
    """It frees late and takes few at a time, and looks whether a packet changed while it had it."""
    loops = 3000
    with Daemon(live(test_ports(wan=device), one={"pace": "top", "loops": loops}), tmp_path, PLUGINS) as daemon:
        replay = ended(daemon)
        assert replay["state"] == "done" and replay["sent"] == loops * len(LINE)
        status = daemon.fresh()
        assert status["ports"]["wan"]["tx_packets"] == loops * len(LINE)
        assert all(copied["bytes"] == 0 for copied in status["copies"].values())
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


def test_streaming_into_a_device_that_holds_packets(tmp_path):
    """Memory is filled anew only when the device has given it back."""
    frames = [bytes([number & 255, number >> 8 & 255]) * (30 + number % 700) for number in range(30000)]
    big = capture.write(tmp_path / "big.pcap", frames)
    assert big.stat().st_size > 16 << 20
    with Daemon(live(test_ports(wan="hold=500,accept=7"), one={"file": str(big), "pace": "top", "loops": 5,
                                                               "memory": "8MiB"}), tmp_path, PLUGINS) as daemon:
        replay = ended(daemon)
        assert replay["sent"] == 5 * len(frames) and replay["resident"] is False
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


def test_jumps_in_a_stream_while_the_device_holds_packets(tmp_path):
    """A device may keep its last packets for ever: what they lie in is left alone, and the rest goes on."""
    frames = [bytes([number & 255, number >> 8 & 255]) * (30 + number % 700) for number in range(30000)]
    big = capture.write(tmp_path / "big.pcap", frames)
    with Daemon(live(test_ports(wan="hold=500"), one={"file": str(big), "pace": "20kpps", "loops": "forever",
                                                      "memory": "8MiB"}), tmp_path, PLUGINS) as daemon:
        for number in range(60):
            daemon.order("seek", to=f"#{number * 7919 % 29000 + 1}")
            daemon.until(lambda status: status["replays"]["one"]["sent"] > 600)
        daemon.order("stop")
        daemon.order("start")
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 600)
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


def test_orders(tmp_path):
    with Daemon(live(test_ports(wan="hold=32"), one={"pace": "1kpps", "loops": "forever", "start": "manual"}),
                tmp_path, PLUGINS) as daemon:
        assert state(daemon)["state"] == "stopped"
        for order in ("stop", "pause", "resume"):
            with pytest.raises(Refused):
                daemon.call(f"replay.{order}", name="one")
        daemon.call("replay.start", name="one")
        with pytest.raises(Refused, match="runs already"):
            daemon.call("replay.start", name="one")
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 100)

        assert daemon.order("pause") == "paused"
        sent = daemon.until_still()
        daemon.order("resume")
        daemon.until(lambda status: status["replays"]["one"]["sent"] > sent + 100)

        assert daemon.order("pace", pace="100kpps") == "running"
        assert state(daemon)["pace"] == "100kpps"
        before = state(daemon)["sent"]
        daemon.until(lambda status: status["replays"]["one"]["sent"] > before + 20000)
        for pace in ("fast", "0pps", "-1x"):
            with pytest.raises(Refused):
                daemon.call("replay.pace", name="one", pace=pace)

        daemon.order("seek", to="#200")
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 100)
        daemon.order("seek", to="1ms")
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 100)
        with pytest.raises(Refused):
            daemon.call("replay.seek", name="one", to="soon")

        assert daemon.order("stop") == "stopped"
        sent = state(daemon)["sent"]
        daemon.call("replay.start", name="one")
        daemon.until(lambda status: 0 < status["replays"]["one"]["sent"])
        with pytest.raises(Refused, match="no replay"):
            daemon.call("replay.start", name="two")
        check_status(daemon.call("status"))
        daemon.stop()


def test_stats_socket_only_looks(tmp_path):
    with Daemon(live(test_ports(wan=""), one={}), tmp_path, PLUGINS) as daemon:
        done = subprocess.run(["socat", "-", f"UNIX:{daemon.run_dir}/stats.sock"], check=True, capture_output=True, text=True,
                              input='{"jsonrpc":"2.0","id":1,"method":"replay.stop","params":{"name":"one"}}\n')
        assert "error" in done.stdout and "control.sock" in done.stdout


def test_through_rules_with_a_config_that_changes(tmp_path):
    """A replay goes on while configs are applied, and no packet of it is lost."""
    ports = test_ports(lan="", wan="hold=32", b="")
    what = live(ports, [{"name": "all", "actions": [{"forward": "wan"}]}],
                one={"to": {"as": "lan"}, "pace": "200kpps", "loops": "forever"})
    other = {**what, "rules": [{"name": "all", "actions": [{"mirror": "b"}, {"forward": "wan"}]}]}
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 0)
        for number in range(100):
            daemon.apply(other if number % 2 == 0 else what)
        daemon.order("stop")
        status = daemon.fresh()
        check_status(status)
        sent = status["replays"]["one"]["sent"]
        assert sent > 1000
        assert status["ports"]["wan"]["tx_packets"] == status["rules"]["all"]["packets"] == sent
        daemon.apply({**what, "replays": {}})
        status = daemon.fresh()
        check_status(status)
        assert not status["replays"]
        assert status["ports"]["wan"]["tx_packets"] == status["rules"]["all"]["packets"] == sent
        daemon.stop()


def test_verdict(tmp_path):
    keys = {"pace": "10kpps", "loops": 5, "tolerance": "1s"}
    with Daemon(live(test_ports(wan=""), good=keys, bad={**keys, "tolerance": "1ns", "late": "drop"}), tmp_path,
                PLUGINS) as daemon:
        good, bad = ended(daemon, "good"), ended(daemon, "bad")
        assert good["verdict"]["result"] == "pass" and bad["verdict"]["result"] == "fail"
        asked, achieved = good["verdict"]["asked"], good["verdict"]["achieved"]
        assert abs(asked["pps"] - 10000) < 0.01
        assert asked["elapsed"] == pytest.approx((5 * len(LINE) - 1) / 10000, abs=1e-8)
        assert achieved["elapsed"] == pytest.approx(asked["elapsed"], rel=0.2)
        assert good["verdict"]["error_ns"]["max"] >= good["verdict"]["error_ns"]["p50"] > 0
        assert bad["sent"] + bad["dropped"] == 5 * len(LINE) and bad["dropped"] > 0
        daemon.stop()


def test_port_without_link(tmp_path):
    """What can't leave is dropped under a name; the replay's time goes on."""
    with Daemon(live(test_ports(wan="link=down"), one={"pace": "top", "loops": 10, "start": "manual"}), tmp_path,
                PLUGINS) as daemon:
        daemon.call("replay.start", name="one")
        ended(daemon)
        status = daemon.fresh()
        assert status["drops"]["port-down"] == 10 * len(LINE)
        daemon.stop()


@pytest.mark.parametrize("order", ["link", "start"])
def test_start_waits_for_the_link(tmp_path, slot, order):
    """Cards bring it up when they are started: nothing of a replay that starts with the daemon is lost meanwhile."""
    with Daemon(live(test_ports(wan=f"link=down,orders={slot.path}"), one={"pace": "top", "loops": 10}), tmp_path,
                PLUGINS) as daemon:
        daemon.until(lambda status: "waits for the link of wan" in daemon.text())
        assert state(daemon)["state"] == "opening"
        if order == "link":
            slot.order("link up")
        else:
            daemon.call("replay.start", name="one")
        ended(daemon)
        dropped = 0 if order == "link" else 10 * len(LINE)
        assert daemon.fresh()["drops"]["port-down"] == dropped
        daemon.stop()


def test_start_does_not_wait_for_a_link_for_ever(tmp_path):
    """And through rules not for that of a virtual device, which may be meant so."""
    ports = test_ports(wan="link=down", lan="", out="")
    rules = [{"name": "all", "from": ["lan"], "actions": [{"forward": "out"}]}]
    with Daemon(live(ports, rules, one={"pace": "top"}, two={"to": {"as": "lan"}, "pace": "top"}), tmp_path, PLUGINS) as daemon:
        ended(daemon, "two")
        assert state(daemon)["state"] == "opening"
        assert daemon.fresh()["ports"]["out"]["tx_packets"] == len(LINE)
        ended(daemon)
        assert "waits for the link of wan" in daemon.text() and "wan still has no link" in daemon.text()
        assert daemon.fresh()["drops"]["port-down"] == len(LINE)
        daemon.stop()


def test_files_that_break_leave_the_others_running(tmp_path):
    bad = tmp_path / "bad.pcap"
    bad.write_bytes(capture.fixture("dns.pcap").read_bytes()[:5000] + b"\xff" * 1000)
    with Daemon(live(test_ports(wan=""), bad={"file": str(bad), "pace": "top"}, one={"pace": "20kpps", "loops": 20}),
                tmp_path, PLUGINS) as daemon:
        bad = ended(daemon, "bad")
        assert bad["state"] == "failed" and "bad.pcap: record" in bad["reason"]
        assert ended(daemon)["sent"] == 20 * len(LINE)
        daemon.stop()


def test_two_workers_share_a_file_by_flow(tmp_path):
    what = live(test_ports(wan="queues=2,hold=16"), one={"pace": "top", "loops": 1000})
    with Daemon({**what, "workers": [0, 1]}, tmp_path, PLUGINS) as daemon:
        assert ended(daemon)["sent"] == 1000 * len(LINE)
        workers = daemon.call("workers")["workers"]
        assert len(workers) == 2
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


# Each packet takes a slot of the longest in tcpdump's ring: there is room for 32,768 of 2 KiB, and for 256 of the 256 KiB that
# it takes by itself, too few on a loaded machine.
FAST = ("--immediate-mode", "-B", "65536", "-s", "2048")


def quiet(path, seconds=2):
    """Waits until tcpdump has written nothing for so long: what it has not read when it is told to end is lost."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < seconds:
        now = path.stat().st_size
        if now != size:
            size, since = now, time.monotonic()
        time.sleep(0.05)


@pytest.mark.live
def test_over_a_veth(tmp_path):
    """What a capture holds arrives at a real network's other end: every byte, in order, through a pause, another
    pace and a jump."""
    path = tmp_path / "arrived.pcap"
    with Machine("192.0.2.9") as machine:
        dump = machine.start("tcpdump", "-i", "eth0", "-w", path, "-U", *FAST)
        assert "listening" in dump.stdout.readline()
        what = live({"wan": machine.port()}, one={"pace": "2kpps", "start": "manual", "tolerance": "1s"})
        what["memory"]["packets"] = 32767
        with Daemon(what, tmp_path) as daemon:
            daemon.until(lambda status: daemon.call("ports")["ports"]["wan"]["up"])
            daemon.call("replay.start", name="one")
            daemon.until(lambda status: status["replays"]["one"]["sent"] > 10)
            daemon.order("pause")
            paused = state(daemon)["sent"]
            assert paused < len(LINE)
            daemon.order("resume")
            daemon.order("pace", pace="5kpps")
            replay = ended(daemon)
            assert replay["sent"] == len(LINE) and replay["verdict"]["result"] == "pass"
            daemon.call("replay.start", name="one")
            daemon.order("seek", to="#100")
            ended(daemon)
            daemon.stop()
        quiet(path)
        dump.terminate()
        dump.wait(timeout=10)
    arrived = [packet.data for packet in capture.read(path)]
    frames = [packet.data for packet in LINE]
    assert arrived[:len(frames)] == frames
    # Some of the second run may have left before it jumped.
    assert arrived[-len(frames[99:]):] == frames[99:]
    assert arrived[len(frames):-len(frames[99:])] == frames[:len(arrived) - len(frames) - len(frames[99:])]


def flow_of(frame):
    """The addresses and ports of an IPv4 or IPv6 frame, in either direction the same."""
    if frame[12:14] == b"\x08\0":
        ends = [frame[26:30], frame[30:34]]
        ports = [frame[34:36], frame[36:38]]
    else:
        ends = [frame[22:38], frame[38:54]]
        ports = [frame[54:56], frame[56:58]]
    return tuple(sorted(zip(ends, ports)))


@pytest.mark.live
@pytest.mark.parametrize("flows", ["keep", "single"])
def test_order_over_several_workers(tmp_path, flows):
    """One file, split over two workers: at the other end every flow is in the file's order, and nothing is missing.
    `single` keeps the order of all."""
    path = tmp_path / "arrived.pcap"
    loops = 20
    with Machine("192.0.2.9") as machine:
        dump = machine.start("tcpdump", "-i", "eth0", "-w", path, "-U", *FAST)
        assert "listening" in dump.stdout.readline()
        what = live({"wan": machine.port()}, one={"pace": "20kpps", "loops": loops, "start": "manual", "flows": flows})
        what["memory"]["packets"] = 32767
        with Daemon({**what, "workers": [0, 1]}, tmp_path) as daemon:
            daemon.until(lambda status: daemon.call("ports")["ports"]["wan"]["up"])
            daemon.call("replay.start", name="one")
            ended(daemon)
            busy = [worker["packets"] for worker in daemon.call("workers")["workers"]]
            daemon.stop()
        quiet(path)
        dump.terminate()
        dump.wait(timeout=10)
    arrived = [packet.data for packet in capture.read(path)]
    wanted = [packet.data for packet in LINE] * loops
    assert len(arrived) == len(wanted)
    if flows == "single":
        assert arrived == wanted
    assert len({flow_of(frame) for frame in wanted}) > 20
    by_flow = [{}, {}]
    for frames, flows_seen in zip((arrived, wanted), by_flow):
        for frame in frames:
            flows_seen.setdefault(flow_of(frame), []).append(frame)
    assert by_flow[0] == by_flow[1]
    assert (flows == "keep") == (min(busy) > 0), busy
