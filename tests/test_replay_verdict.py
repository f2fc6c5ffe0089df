# SPDX-License-Identifier: BSD-3-Clause
"""A replay's verdict knows of every packet that did not leave where its rules or its port should have sent it, and is
there only when nothing can change it."""

import contextlib
import json
import shutil
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, Refused, check_status, test_ports
from lib.offline import Run, SLUICED, config, offline, out

MS = 10 ** 6
FRAMES = [bytes([number]) * 80 for number in range(50)]
# Thirty packets a millisecond apart, then twenty at once.
ENDS_IN_A_BURST = [number * MS for number in range(30)] + [31 * MS] * 20


def recorded(directory, times=None, frames=None):
    frames = frames or FRAMES
    times = times or [number * 1000 for number in range(len(frames))]
    packets = [capture.Packet(10 ** 18 + since, frame, len(frame)) for frame, since in zip(frames, times)]
    return capture.write(directory / "replayed.pcap", packets)


def live(ports, path, rules=(), default="drop", **keys):
    what = config(ports, rules, default, idle="sleep")
    what["replays"] = {"one": {"file": str(path), "to": "wan", "memory": "16MiB", "start": "manual", **keys}}
    return what


def look(daemon):
    check_status(daemon.call("status"))
    return daemon.call("replay.list")["replays"]["one"]


def ended(daemon, seconds=30):
    deadline = time.monotonic() + seconds
    while not (replay := look(daemon))["ended"]:
        assert time.monotonic() < deadline, replay
        time.sleep(0.02)
    return replay


def waits(daemon, sent):
    """Until the port has taken what it has room for; what the rest is doing then."""
    daemon.until(lambda status: status["replays"]["one"]["sent"] == sent)
    time.sleep(0.1)
    return look(daemon)


def losses(replay):
    return {reason: count for reason, count in replay["drops"].items() if count}


@pytest.mark.parametrize("pace, room", [("top", 40), ("original", 40), ("top", 49), ("1Mpps", 33)])
def test_a_port_with_room_for_a_part_of_the_last_burst(tmp_path, slot, pace, room):
    """The replay is not done before the rest has left too."""
    path = recorded(tmp_path, ENDS_IN_A_BURST)
    ports = test_ports(wan=f"room={room},orders={slot.path}")
    with Daemon(live(ports, path, pace=pace, tolerance="10s"), tmp_path, PLUGINS) as daemon:
        daemon.call("replay.start", name="one")
        replay = waits(daemon, room)
        assert (replay["state"], replay["ended"]) == ("running", False)
        waiting = replay["waiting"]
        assert replay["packet"] == room and 1 <= waiting <= 50 - room and replay["progress"] < 1
        words = "packets wait" if waiting > 1 else "packet waits"
        assert f"one: {waiting} {words} for room in wan\n" in daemon.sluice("replay", "list").stdout
        slot.order("room 100")
        replay = ended(daemon)
        assert (replay["state"], replay["sent"], replay["verdict"]["result"]) == ("done", 50, "pass")
        assert losses(replay) == {} and daemon.call("status")["ports"]["wan"]["tx_packets"] == 50
        daemon.stop()


@pytest.mark.parametrize("how", ["port", "stop", "pause", "seek"])
def test_what_waits_at_a_full_port(tmp_path, slot, how):
    """It leaves when it may, is dropped under a name when the port goes, and is never part of another run."""
    ports = test_ports(wan=f"room=40,orders={slot.path}")
    with Daemon(live(ports, recorded(tmp_path), pace="top"), tmp_path, PLUGINS) as daemon:
        daemon.call("replay.start", name="one")
        waits(daemon, 40)
        if how == "port":
            slot.order("link down")
            replay = ended(daemon)
            assert losses(replay) == {"port-down": 10} and replay["verdict"]["result"] == "fail"
            slot.order("link up")
            daemon.until(lambda _: daemon.call("ports")["ports"]["wan"]["up"])
        elif how == "pause":
            assert daemon.order("pause") == "paused"
            slot.order("room 1000")
            time.sleep(0.1)
            assert look(daemon)["sent"] == 40
            assert daemon.order("resume") in ("running", "done")
            assert ended(daemon)["sent"] == 50
        else:
            if how == "seek":
                daemon.order("seek", to="#41")
            assert daemon.order("stop") == "stopped"
            replay = look(daemon)
            assert replay["sent"] == replay["packet"] == (40 if how == "stop" else 0) and replay["waiting"] == 0
        slot.order("room 1000")
        daemon.call("replay.start", name="one")
        replay = ended(daemon)
        assert (replay["sent"], replay["packet"], losses(replay)) == (50, 50, {})
        daemon.stop()
        assert "net_test" not in daemon.text(), daemon.text()


def forward(to):
    return [{"name": "all", "actions": [{"forward": to}]}]


@pytest.mark.parametrize("behind, rules, sums, tolerance", [
    ("link=down", forward("out"), {"port-down": 50}, None),
    ("room=20", forward("out"), {"tx-full": 30}, "10s"),
    ("room=20", [{"name": "all", "actions": [{"mirror": "out"}, {"forward": "spare"}]}], {"tx-full": 30}, None),
    ("", [{"name": "all", "actions": ["drop"]}], {"rule": 50}, "10s"),
    ("", [{"name": "none", "match": {"ether-type": 0x1234}, "actions": [{"forward": "out"}]}], {"default": 50}, None),
])
def test_behind_rules(tmp_path, behind, rules, sums, tolerance):
    """A replay has failed whose packets a port behind its rules did not take, also where no exactness is asked; what
    rules drop they drop as they were told."""
    ports = test_ports(wan="", out=behind, spare="")
    keys = {"to": {"as": "wan"}, "pace": "top", **({"tolerance": tolerance} if tolerance else {})}
    told = set(sums) <= {"rule", "default"}
    with Daemon(live(ports, recorded(tmp_path), rules, **keys), tmp_path, PLUGINS) as daemon:
        done = daemon.sluice("replay", "start", "one", "--follow")
        replay = look(daemon)
        result = ("pass" if tolerance else "not judged") if told else "fail"
        assert losses(replay) == sums and replay["refused"] == (0 if told else sum(sums.values()))
        assert (replay["sent"], replay["verdict"]["result"]) == (50, result)
        assert done.returncode == int(not told), done.stdout
        for reason, count in sums.items():
            assert f"not sent {count} {reason}\n" in done.stdout
            assert f"one: not sent: {count} {reason}\n" in daemon.sluice("replay", "list").stdout
            if not told:
                words = f"verdict  fail: {count} not taken by the ports behind its rules ({count} {reason})\n"
                assert words in done.stdout, done.stdout
        daemon.stop()


def test_at_any_pace_and_without_a_tolerance(tmp_path):
    with Daemon(live(test_ports(wan="link=down"), recorded(tmp_path), pace="top"), tmp_path, PLUGINS) as daemon:
        for pace in ("top", "original", "1Mpps"):
            daemon.call("replay.pace", name="one", pace=pace)
            done = daemon.sluice("replay", "start", "one", "--follow")
            replay = look(daemon)
            assert losses(replay) == {"port-down": 50} and (replay["sent"], replay["refused"]) == (0, 50)
            assert replay["verdict"]["result"] == "fail" and replay["verdict"]["tolerance_ns"] is None
            assert done.returncode == 1 and "fail: 50 not taken by the port (50 port-down)" in done.stdout
        daemon.stop()


@pytest.mark.parametrize("workers, after", [([0], "top"), ([0, 1], "top"), ([0, 1], "3600x")])
def test_a_new_pace_in_a_gap(tmp_path, workers, after):
    """Of an hour: it takes effect at once, for whatever lane the next packet is."""
    hour = 3600 * 10 ** 9
    path = recorded(tmp_path, [0, 1, 2] + [hour + number for number in range(47)])
    what = {**live(test_ports(wan="queues=2"), path, pace="original"), "workers": workers}
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.call("replay.start", name="one")
        daemon.until(lambda status: status["replays"]["one"]["sent"] == 3)
        began = time.monotonic()
        daemon.order("pace", pace=after)
        assert ended(daemon)["sent"] == 50
        assert after == "top" or time.monotonic() - began > 0.5
        daemon.stop()


def test_orders_at_the_very_end(tmp_path):
    """Whatever an order meets, it is answered by what then holds, and the replay comes to its end."""
    with Daemon(live(test_ports(wan=""), recorded(tmp_path), pace="top", loops=3), tmp_path, PLUGINS) as daemon:
        with daemon.client() as client:
            for number in range(80):
                client.call("replay.start", name="one")
                for word in (("pause",), ("pause", "resume"), ("stop",), ())[number % 4]:
                    with contextlib.suppress(Refused):
                        client.call(f"replay.{word}", name="one")
                deadline = time.monotonic() + 10
                while not (replay := client.call("replay.list")["replays"]["one"])["ended"]:
                    assert time.monotonic() < deadline, replay
                    if replay["state"] == "paused":
                        with contextlib.suppress(Refused):
                            client.call("replay.resume", name="one")
                assert replay["state"] in ("done", "stopped")
                if replay["state"] == "done":
                    assert replay["sent"] == 150, replay
        daemon.stop()


@pytest.mark.parametrize("memory", ["8MiB", "64MiB"])
def test_the_first_answer_that_says_ended_is_final(tmp_path, memory):
    """With two workers, of which one may have been taken its core away."""
    frames = [bytes([number & 255, number >> 8 & 255]) * (30 + number % 700) for number in range(30000)]
    path = recorded(tmp_path, frames=frames)
    what = {**live(test_ports(wan="queues=2"), path, pace="top", memory=memory), "workers": [0, 1]}
    with Daemon(what, tmp_path, PLUGINS) as daemon, daemon.client() as client:
        for _ in range(5):
            client.call("replay.start", name="one")
            while not (replay := client.call("replay.list")["replays"]["one"])["ended"]:
                pass
            assert (replay["state"], replay["sent"], replay["packet"]) == ("done", len(frames), len(frames))
            assert client.call("replay.list")["replays"]["one"] == replay
        daemon.stop()


def test_a_replay_that_failed_is_not_whole(tmp_path):
    path = recorded(tmp_path)
    last = 8 + len(FRAMES[-1])
    path.write_bytes(path.read_bytes()[:-last] + b"\xff" * last)
    with Daemon(live(test_ports(wan=""), path, pace="top"), tmp_path, PLUGINS) as daemon:
        done = daemon.sluice("replay", "start", "one", "--follow")
        replay = look(daemon)
        assert (replay["state"], replay["sent"], replay["verdict"]["result"]) == ("failed", 49, "fail")
        assert replay["progress"] < 1 and "100.0 %" not in done.stdout
        assert "100.0 %" not in daemon.sluice("replay", "list").stdout
        assert "verdict  fail: not all of its files could be read" in done.stdout and done.returncode == 1
        daemon.stop()


def test_why_records_were_not_sent(tmp_path):
    """Numbers before the start, while it opens, and of a run that was stopped before it began are those of no run."""
    frames = [bytes(60)] * 10
    path = recorded(tmp_path, frames=frames)
    what = live(test_ports(wan=""), path, pace="top", **{"from": "#4"})
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.call("replay.start", name="one")
        replay = ended(daemon)
        assert (replay["sent"], replay["skipped"], replay["empty"], replay["too_long"]) == (7, 3, 0, 0)
        assert "one: not sent: 3 left out by from, until, filter or other-links\n" in daemon.sluice("replay", "list").stdout
        daemon.stop()


@pytest.mark.parametrize("actions, dropped", [([{"forward": "wan"}], 0), (["drop"], 50)])
def test_offline_reports_say_why_too(tmp_path, actions, dropped):
    """And an expectation of a version that did not know the reasons goes on holding where there is none."""
    what = config({"wan": out("wan"), "lan": out("lan")}, [{"name": "all", "actions": actions}])
    what["replays"] = {"one": {"file": str(recorded(tmp_path)), "to": {"as": "lan"}}}
    run = offline(what, tmp_path)
    replay = run.report["replays"]["one"]
    assert (replay["sent"], losses(replay)) == (50, {"rule": dropped} if dropped else {})
    expected = tmp_path / "expected"
    expected.mkdir()
    for name in ("drops", "empty"):
        del replay[name]
    for name in ("wan", "lan"):
        shutil.copy(tmp_path / f"{name}.pcap", expected)
    (expected / "report.json").write_text(json.dumps(run.report))
    offline(what, tmp_path, "--expect", expected, code=1 if dropped else 0)
    text = Run([SLUICED, "offline", tmp_path / "config.yaml"], tmp_path).out
    assert (f"one: not sent: {dropped} rule" in text) == bool(dropped), text
