# SPDX-License-Identifier: BSD-3-Clause
"""Returns on a running daemon, over devices of the kernel's and a bad network that counts to the packet what it does."""

import subprocess
import time

import pytest

from lib import capture, numbered
from lib.daemon import SLUICE, Daemon, check_status
from lib.devices import HOSTS, HOST_MACS, Bridge, Nat, Router, Worse
from lib.offline import config

pytestmark = pytest.mark.live
RULES = [{"name": "back", "from": ["east"], "actions": [{"forward": "through"}]}]
WITHIN = "3s"  # machines are loaded
PACKETS = 1000


def frame(number, to_mac):
    """From the host in the west to that in the east."""
    return numbered.frame(number, to_mac + HOST_MACS["west"], (HOSTS["west"], HOSTS["east"]))


def bed(device, directory, to_mac="02:00:00:00:82:02", rules=None, replay=None, **keys):
    file = capture.write(directory / "sent.pcap", [frame(number, to_mac) for number in range(PACKETS)])
    return {**config(device.ports(), rules or RULES,
                     replays={"one": {"file": str(file), "to": "west", "pace": "1000pps", "start": "manual", **(replay or {})}},
                     returns={"through": {"replay": "one", "within": WITHIN, **keys}}),
            "idle": "sleep", "memory": {"packets": 32767, "hugepages": False}}


def through(daemon, code=0):
    """Starts it, waits for the verdict, and gives the return's numbers."""
    done = daemon.sluice("replay", "start", "one", "--follow")
    assert done.returncode == code, done.stdout + done.stderr
    found = daemon.call("returns")["returns"]["through"]
    assert found["settled"] and found["waiting"] == 0 and found["missed"] == 0
    check_status(daemon.call("status"))
    return found, done.stdout


def whole(found):
    return found["sent"] == found["matched"] == found["back"] == PACKETS and found["verdict"] == "pass"


def test_a_bridge(tmp_path):
    with Bridge() as device, Daemon(bed(device, tmp_path), tmp_path) as daemon:
        found, said = through(daemon)
        assert whole(found) and found["by"] == "frame", found
        assert 0 < found["latency_ns"]["min"] <= found["latency_ns"]["p50"] <= found["latency_ns"]["max"]
        # While it went, and in the verdict.
        assert "0 lost  p99 " in said and "return   through: 0 lost, 0 changed, p99 " in said
        assert "verdict  pass: return through passes" in said
        replay = daemon.call("replay.list")["replays"]["one"]
        assert replay["return"] == "through" and replay["lost"] == 0 and replay["verdict"]["result"] == "pass"
        assert daemon.call("status")["ledger"]["out"] == 2 * PACKETS
        # Another run counts anew.
        assert whole(through(daemon)[0])
        assert daemon.call("returns")["returns"]["through"]["run"] > found["run"]
        assert "through  one     frame  1,000  1,000" in daemon.sluice("returns").stdout
        daemon.stop()


def test_too_late_for_its_tolerance(tmp_path):
    with Bridge() as device, Daemon(bed(device, tmp_path, tolerance={"p50": "1us"}), tmp_path) as daemon:
        found, said = through(daemon, code=1)
        assert found["verdict"] == "fail" and found["why"][0].startswith("p50 is ") and len(found["why"]) == 1
        assert "verdict  fail: return through: p50 is " in said
        daemon.stop()


@pytest.mark.parametrize("keys", [{"ignoring": ["mac", "ttl"]}, {"ignoring": "auto"}])
def test_a_router(tmp_path, keys):
    with Router() as device, Daemon(bed(device, tmp_path, device.mac("west"), **keys), tmp_path) as daemon:
        found, _ = through(daemon)
        assert whole(found), found
        assert found["by"] == ("network" if keys["ignoring"] == "auto" else "ignoring mac, ttl")
        daemon.stop()


def test_a_router_that_may_change_nothing(tmp_path):
    with Router() as device, Daemon(bed(device, tmp_path, device.mac("west")), tmp_path) as daemon:
        found, _ = through(daemon, code=1)
        assert found["changed"] == PACKETS and found["why"] == [f"{PACKETS} changed"]
        assert found["changes"][0] == f"mac, ttl, ip-checksum: {PACKETS} packets"
        assert ", byte 22: 40 -> 3f, byte 24: " in found["changes"][1]
        assert "through: changed: mac, ttl" in daemon.sluice("returns").stdout
        check_changed(daemon, tmp_path)
        daemon.stop()


def check_changed(daemon, tmp_path):
    """The first three stand beside what they became, at the times at which they left and came."""
    pairs = tmp_path / "pairs.pcapng"
    done = daemon.sluice("returns", "through", "-w", str(pairs))
    assert done.returncode == 0 and "through  one " in done.stdout, done.stderr
    packets = capture.read(pairs)
    sent = capture.read(tmp_path / "sent.pcap")
    assert [packet.data for packet in packets[::2]] == [packet.data for packet in sent[:3]] and len(packets) == 6
    for before, after in zip(packets[::2], packets[1::2]):
        assert after.data[22] == before.data[22] - 1 and after.data[34:] == before.data[34:]
        assert before.time <= after.time <= before.time + 3_000_000_000
        assert abs(before.time - time.time_ns()) < 600_000_000_000
    names, ids = capture.interfaces(pairs.read_bytes())
    assert names == [b"sent", b"back"] and ids == [(0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3)]
    # The same, and nothing else, on standard output: but for what the wall clock was set by meanwhile.
    done = subprocess.run([SLUICE, "--socket", daemon.socket, "returns", "through", "-w", "-"], capture_output=True, timeout=60, check=False)
    (tmp_path / "again.pcapng").write_bytes(done.stdout)
    assert done.returncode == 0 and [packet.data for packet in capture.read(tmp_path / "again.pcapng")] == [packet.data for packet in packets]
    answer = daemon.call("return.changed", name="through")
    assert answer["changed"] == PACKETS and [one["packet"] for one in answer["packets"]] == [1, 2, 3]
    for words, code, says in [(("returns", "-w", str(pairs)), 2, "of one return"), (("returns", "nobody", "-w", str(pairs)), 1, "no return nobody"),
                              (("returns", "through", "-w", str(tmp_path / "none" / "x")), 1, "No such file")]:
        done = daemon.sluice(*words)
        assert done.returncode == code and says in done.stderr, done.stderr


@pytest.mark.parametrize("keys", [{"ignoring": ["nat", "mac", "ttl"]}, {"ignoring": "auto"}])
def test_a_nat(tmp_path, keys):
    with Nat() as device, Daemon(bed(device, tmp_path, device.mac("west"), **keys), tmp_path) as daemon:
        found, _ = through(daemon)
        assert whole(found), found
        assert keys["ignoring"] != "auto" or found["by"] == "nat"
        daemon.stop()


def test_a_bad_network(tmp_path):
    """Each of its packets is found for what it is, to the packet."""
    with Worse(lost=4, doubled=3, swapped=3, changed=2) as device, Daemon(bed(device, tmp_path), tmp_path) as daemon:
        found, _ = through(daemon, code=1)
        did = device.counts
        # The last packet may wait for one behind it.
        assert did["came"] == PACKETS and found["lost"] - did["lost"] in (0, 1)
        assert found["duplicated"] == did["doubled"] and found["changed"] == did["changed"]
        assert abs(found["reordered"] - did["swapped"]) <= 1
        assert found["reordering"]["extent_max"] <= 3 and found["unknown"] == found["late"] == 0
        daemon.stop()


def test_a_slow_network(tmp_path):
    with Worse(delay=0.05) as device, Daemon(bed(device, tmp_path), tmp_path) as daemon:
        found, _ = through(daemon)
        assert whole(found) and found["latency_ns"]["min"] >= 50_000_000
        daemon.stop()


def test_one_that_is_slower_than_within(tmp_path):
    with Worse(delay=0.3) as device, Daemon(bed(device, tmp_path, within="20ms"), tmp_path) as daemon:
        daemon.order("start")
        daemon.until(lambda status: status["returns"]["through"]["late"] == PACKETS)
        found = daemon.call("returns")["returns"]["through"]
        assert found["lost"] == 0 and found["why"] == [f"{PACKETS} late"]
        daemon.stop()


def test_it_goes_on_over_an_apply_and_comes_and_goes(tmp_path):
    with Bridge() as device:
        what = bed(device, tmp_path, replay={"pace": "500pps"})
        with Daemon(what, tmp_path) as daemon:
            daemon.order("start")
            daemon.until(lambda status: status["returns"]["through"]["matched"] > 100)
            what["rules"] = [{"name": "other", "from": ["west"], "actions": ["drop"]}, *RULES]
            what["returns"]["through"]["tolerance"] = {"lost": 1}
            daemon.apply(what)
            daemon.until(lambda status: status["replays"]["one"]["ended"], seconds=60)
            assert whole(daemon.call("returns")["returns"]["through"])
            # Without it.
            del what["returns"]
            what["rules"] = []
            daemon.apply(what)
            assert "returns" not in daemon.call("status") and "return" not in daemon.call("replay.list")["replays"]["one"]
            check_status(daemon.call("status"))
            daemon.order("start")
            # And with a new one, for the next run.
            what = bed(device, tmp_path, replay={"pace": "500pps"})
            daemon.until(lambda status: status["replays"]["one"]["ended"], seconds=60)
            daemon.apply(what)
            assert whole(through(daemon)[0])
            daemon.stop()
