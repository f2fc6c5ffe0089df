# SPDX-License-Identifier: BSD-3-Clause
"""Orders to replays that can't keep their pace, wait, break or stand apart: what was answered is what is done, and what the
report says of it is so."""

import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, check_status, test_ports
from lib.offline import config, offline

COUNT = len(capture.read(capture.fixture("dns.pcap")))


def live(device="", workers=None, **replays):
    what = config(test_ports(wan=device), default="drop", **({"workers": workers} if workers else {}))
    what["replays"] = {name: {"file": str(capture.fixture("dns.pcap")), "to": "wan", **keys}
                       for name, keys in replays.items()}
    return what


def look(daemon, name="one"):
    check_status(daemon.call("status"))
    return daemon.call("replay.list")["replays"][name]


def await_state(daemon, state, name="one"):
    daemon.until(lambda status: status["replays"][name]["state"] == state)
    return look(daemon, name)


def assert_still(daemon):
    daemon.until_still()
    look(daemon)


@pytest.mark.parametrize("workers", [[0], [0, 1]])
def test_slower_than_its_pace(workers, tmp_path):
    """What it owes is no reason to go on after it was told to stop, however late it may be."""
    keys = {"pace": "900Mpps", "loops": "forever", "tolerance": "1h"}
    with Daemon(live("queues=2", workers, one=keys), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 100000)
        for _ in range(5):
            assert daemon.order("pause") == "paused"
            assert_still(daemon)
            assert daemon.order("resume") == "running"
            assert daemon.order("pace", pace="800Mpps") == "running"
        assert daemon.order("stop") == "stopped"
        assert_still(daemon)
        daemon.stop()


def test_workers_have_one_time_again(tmp_path):
    """At top pace each goes as fast as it can; with a pace they are where the foremost was."""
    with Daemon(live("queues=2", [0, 1], one={"pace": "top", "loops": "forever"}), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 1000000)
        daemon.order("pace", pace="10kpps")
        daemon.until(lambda _: abs((replay := look(daemon))["sent"] - replay["packet"]) < 100)
        daemon.order("pause")
        replay = look(daemon)
        # Workers that the machine holds up at that moment stop a few packets apart.
        assert abs(replay["sent"] - replay["packet"]) < 1000
        daemon.stop()


def test_what_is_left_while_a_worker_is_done(tmp_path):
    """The pause of those that still have packets tells it, whichever worker has none any more."""
    frames = capture.frames("made/flows.pcap")[:40]
    for number in range(6):
        packets = [capture.Packet(10 ** 18, frame, len(frame)) for frame in frames]
        last = frames[number]
        capture.write(tmp_path / f"{number}.pcap", [*packets, capture.Packet(10 ** 18 + 20 * 10 ** 9, last, len(last))])
    replays = {f"r{number}": {"file": str(tmp_path / f"{number}.pcap"), "to": "wan"} for number in range(6)}
    with Daemon({**live("queues=2", [0, 1]), "replays": replays}, tmp_path, PLUGINS) as daemon:
        for name in replays:
            daemon.until(lambda status: status["replays"][name]["sent"] == 40)
        time.sleep(1)
        for name in replays:
            assert daemon.order("pause", name) == "paused"
            replay = look(daemon, name)
            assert replay["remaining_ns"] < 19.5e9 and replay["progress"] > 0.025, replay
        daemon.stop()


def test_seek_before_it_has_begun(tmp_path):
    """The beginning is where `start` begins, wherever it was sent before."""
    with Daemon(live("link=down", one={"pace": "top"}), tmp_path, PLUGINS) as daemon:
        assert await_state(daemon, "opening")["sent"] == 0
        daemon.call("replay.seek", name="one", to="#400")
        daemon.call("replay.stop", name="one")
        daemon.call("replay.start", name="one")
        assert await_state(daemon, "done")["packet"] == COUNT
        daemon.stop()


def test_names_that_begin_alike(tmp_path):
    names = [f"a-name-that-is-long-{number}" for number in range(3)]
    with Daemon(live(**{name: {"pace": "top"} for name in names}), tmp_path, PLUGINS) as daemon:
        for name in names:
            assert await_state(daemon, "done", name)["sent"] == COUNT
        daemon.stop()


def test_verdict_of_nothing(tmp_path):
    """Nothing sent, or nothing taken by the port, is nothing to be proud of."""
    with Daemon(live("link=down", one={"pace": "top", "tolerance": "1s", "start": "manual"}), tmp_path, PLUGINS) as daemon:
        assert look(daemon)["verdict"]["result"] == "not judged"
        done = daemon.sluice("replay", "start", "one", "--follow")
        assert done.returncode != 0 and f"{COUNT} not taken by the port" in done.stdout, done.stdout
        replay = look(daemon)
        assert (replay["sent"], replay["refused"], replay["verdict"]["result"]) == (0, COUNT, "fail")
        daemon.stop()


@pytest.mark.parametrize("loops", [3, "forever"])
@pytest.mark.parametrize("memory", ["8MiB", "64MiB"])
def test_a_file_that_breaks_is_no_loop(loops, memory, tmp_path):
    """Its good part leaves once, whether it streams or not, and then the replay has failed."""
    frames = [bytes([number & 255]) * 1000 for number in range(20000)]
    broken = capture.write(tmp_path / "broken.pcap", frames)
    broken.write_bytes(broken.read_bytes()[:-1008] + b"\xff" * 1008)
    keys = {"file": str(broken), "pace": "top", "loops": loops, "memory": memory, "tolerance": "1s"}
    with Daemon(live(one=keys), tmp_path, PLUGINS) as daemon:
        replay = await_state(daemon, "failed")
        assert (replay["sent"], replay["loops"], replay["verdict"]["result"]) == (len(frames) - 1, 0, "fail")
        daemon.stop()


@pytest.mark.parametrize("memory", ["8MiB", "64MiB"])
def test_loops_are_counted(memory, tmp_path):
    frames = [bytes([number & 255]) * 1000 for number in range(20000)]
    path = capture.write(tmp_path / "big.pcap", frames)
    what = config({"wan": {"vdev": "net_null0"}}, default="drop")
    what["replays"] = {"one": {"file": str(path), "to": "wan", "pace": "top", "loops": 3, "memory": memory}}
    run = offline(what, tmp_path)
    assert run.report["replays"]["one"]["loops"] == 3 and run.report["replays"]["one"]["sent"] == 3 * len(frames)
