# SPDX-License-Identifier: BSD-3-Clause
"""`sluiced replay FILE --to PORT --return PORT`: what came back, without a config."""

import json
import re
import subprocess

import pytest

from lib import capture, numbered
from lib.devices import HOST_MACS, HOSTS, Bridge, Router, Worse
from lib.offline import SLUICED
from lib.wire import Pair

PACKETS = 300
GENERAL = ["--pace", "1000pps", "--within", "2s", "--hugepages", "false", "-q"]


def replay(tmp_path, *words):
    return subprocess.run([SLUICED, "replay", *map(str, words)], cwd=tmp_path, capture_output=True, text=True,
                          timeout=120, check=False)


def through(tmp_path, device, *words, to_mac="02:00:00:00:82:02"):
    macs = to_mac + HOST_MACS["west"]
    file = capture.write(tmp_path / "sent.pcap", [numbered.frame(number, macs, (HOSTS["west"], HOSTS["east"])) for number in range(PACKETS)])
    ports = device.ports()
    done = replay(tmp_path, file, "--to", ports["west"]["af-xdp"], "--return", ports["east"]["af-xdp"], *GENERAL, "--json", *words)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    found, = report["returns"].values()
    verdict = report["replays"]["sent"]["verdict"]["result"]
    assert found["sent"] == PACKETS and found["verdict"] == verdict and (done.returncode == 0) == (verdict == "pass"), report
    return found


@pytest.mark.live
def test_through_a_bridge(tmp_path):
    with Bridge() as device:
        assert through(tmp_path, device)["matched"] == PACKETS


@pytest.mark.live
def test_through_a_router(tmp_path):
    with Router() as device:
        assert through(tmp_path, device, to_mac=device.mac("west"))["changed"] == PACKETS
        found = through(tmp_path, device, "--ignoring", "mac,ttl", to_mac=device.mac("west"))
        assert found["matched"] == PACKETS and found["by"] == "ignoring mac, ttl"
        assert through(tmp_path, device, "--ignoring", "auto", to_mac=device.mac("west"))["by"] == "network"


@pytest.mark.live
def test_what_is_lost_fails(tmp_path):
    with Worse(lost=5) as device:
        found = through(tmp_path, device)
        assert 0 <= found["lost"] - device.counts["lost"] <= 1 and found["why"] == [f"{found['lost']} lost"]


@pytest.mark.live
def test_nothing_comes_back(tmp_path):
    """Of a veth that sends what it sends, to nobody; and it may be one port, which then takes all that is on the line. For
    people the table stands below the verdict."""
    capture.write(tmp_path / "sent.pcap", [numbered.frame(number) for number in range(PACKETS)])
    with Pair() as pair:
        done = replay(tmp_path, "sent.pcap", "--to", pair.interface, "--return", pair.interface, *GENERAL)
        assert done.returncode == 1, done.stderr
        assert f"verdict  fail: return back: {PACKETS} lost" in done.stdout, done.stdout
        assert "RETURN" in done.stdout and re.search(rf"back +sent +frame +{PACKETS} +0 +{PACKETS} ", done.stdout), done.stdout


@pytest.mark.parametrize("words, reason", [
    (["--ignoring", "mac"], "goes with --return PORT: ignoring"),
    (["--within", "1s"], "goes with --return PORT: within"),
    (["--return", "null", "--ignoring", "colour"], "ignoring"),
    (["--return", "null", "--within", "long"], "within: expected"),
    (["--return", "tap:x"], "--return tap:x: before a colon stands"),
])
def test_refusals(tmp_path, words, reason):
    done = replay(tmp_path, capture.fixture("dns.pcap"), "--to", "null", *words)
    assert done.returncode == 2 and reason in done.stderr and not done.stdout, done.stderr
