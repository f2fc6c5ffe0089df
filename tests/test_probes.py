# SPDX-License-Identifier: BSD-3-Clause
"""The probes of a running daemon, listened to by bpftrace with the scripts that are shipped: they tell what was
counted, packet for packet, and cost nothing any more when nobody listens."""

import contextlib
import os
import re
import shutil
import signal
import struct
import subprocess
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, check_status, test_ports
from lib.held import held
from lib.offline import ROOT, SLUICED, config

pytestmark = pytest.mark.live

SCRIPTS = ROOT / "scripts" / "bpftrace"
SECONDS = 60
PROBES = {"burst", "drop", "copy", "swap", "stall", "late", "look_full"}
# Name, and the addresses of the instruction and of the semaphore.
NOTE = re.compile(r"Provider: sluice\s+Name: (\w+)\s+Location: 0x([0-9a-f]+), Base: \S+, Semaphore: 0x([0-9a-f]+)")
TRAP = 0xCC


def probes():
    notes = subprocess.run(["readelf", "-n", SLUICED], capture_output=True, text=True, check=True).stdout
    return {name: (int(place, 16), int(semaphore, 16)) for name, place, semaphore in NOTE.findall(notes)}


def obstacle():
    """Why nobody can listen here, or None."""
    if not probes():
        return "this build has no probes: sys/sdt.h was missing, or -Dusdt=disabled"
    if not shutil.which("bpftrace"):
        return "bpftrace is not installed"
    done = subprocess.run(["bpftrace", "-e", "BEGIN { exit(); }"], capture_output=True, text=True, timeout=SECONDS, check=False)
    return None if done.returncode == 0 else f"bpftrace can't run here: {done.stdout}{done.stderr}"


@pytest.fixture(name="listening", scope="module", autouse=True)
def can_listen():
    why = obstacle()
    if why:
        pytest.skip(why)


class Listener:
    """One of the scripts."""

    def __init__(self, daemon, name):
        self.daemon = daemon
        self.probe = (SCRIPTS / f"{name}.bt").read_text(encoding="ascii").split("sluice:")[1].split("\n")[0]
        self.out = daemon.directory / f"{name}.out"
        with open(self.out, "wb") as out:
            self.process = subprocess.Popen(["bpftrace", "-p", str(daemon.process.pid), SCRIPTS / f"{name}.bt"],
                                            stdout=out, stderr=subprocess.STDOUT)
        self.until(True)
        # The trap is there before the program behind it; where there is an interval, that comes last.
        deadline = time.monotonic() + SECONDS
        while "interval:" in (SCRIPTS / f"{name}.bt").read_text(encoding="ascii") and not re.search(r"^\d\d:\d\d", self.text, re.M):
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)

    @property
    def text(self):
        return self.out.read_text(errors="replace")

    def heard(self):
        """Whether the daemon's own memory has a trap at the probe, and the semaphore up; or both are as without."""
        place, semaphore = probes()[self.probe]
        with open(f"/proc/{self.daemon.process.pid}/maps", encoding="utf-8") as maps:
            base = int(next(line for line in maps if str(SLUICED) in line).split("-")[0], 16)
        with open(f"/proc/{self.daemon.process.pid}/mem", "rb") as memory:
            memory.seek(base + place)
            trap = memory.read(1)[0] == TRAP
            memory.seek(base + semaphore)
            raised = struct.unpack("H", memory.read(2))[0] > 0
        return raised if raised == trap else None

    def until(self, heard):
        deadline = time.monotonic() + SECONDS
        while self.heard() is not heard:
            assert self.process.poll() is None or not heard, self.text
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(SECONDS)
        self.until(False)
        return self.text

    def sums(self, name):
        """Of a map, as it was printed last, by its keys."""
        return {key: int(value) for key, value in re.findall(rf"^@{name}\[(.*)\]: (\d+)$", self.text, re.MULTILINE)}


@contextlib.contextmanager
def listener(daemon, name):
    script = Listener(daemon, name)
    try:
        yield script
    finally:
        if script.process.poll() is None:
            script.process.kill()
            script.process.wait()


RULES = [{"name": "dns", "match": {"protocol": "udp", "dst-port": 53}, "actions": ["drop"]},
         {"name": "web", "match": {"protocol": "tcp"}, "actions": [{"mirror": "ids"}, {"push": {"vlan": 7}}, {"forward": "lan"}]}]


def site(**replay):
    what = config({name: {"null": {}} for name in ("wan", "lan", "ids")}, RULES)
    what["replays"] = {"one": {"file": str(capture.fixture("mixed.pcap")), "to": {"as": "wan"}, "pace": "20kpps",
                               "start": "manual", **replay}}
    return what


def play(daemon):
    daemon.call("replay.start", name="one")
    daemon.until(lambda status: status["replays"]["one"]["state"] == "done", SECONDS)
    daemon.until_still()
    return daemon.call("status")


def test_there_is_each():
    assert set(probes()) == PROBES
    assert {path.read_text(encoding="ascii").split("sluice:")[1].split("\n")[0] for path in SCRIPTS.glob("*.bt")} == PROBES


def test_drops(tmp_path):
    """As many as were counted, by port and reason."""
    with Daemon(site(), tmp_path) as daemon:
        with listener(daemon, "drops") as script:
            drops = play(daemon)["drops"]
            script.end()
        assert script.sums("drops") == {"wan, rule": drops["rule"], "wan, default": drops["default"]}
        assert drops["rule"] > 10 and drops["default"] > 10
        check_status(daemon.call("status"))


def test_drops_of_received_packets(tmp_path):
    """Of a port that polls, for one that takes little at a time."""
    what = config(test_ports(lan="room=1") | {"wan": {"vdev": "net_null7,size=64"}},
                  [{"name": "all", "actions": [{"forward": "lan"}]}])
    with Daemon(what, tmp_path, plugins=PLUGINS) as daemon, listener(daemon, "drops") as script:
        before = daemon.call("status")["drops"]["tx-full"]
        daemon.until(lambda status: status["drops"]["tx-full"] > before + 10000, SECONDS)
        script.end()
        sums = script.sums("drops")
        assert set(sums) == {"wan, tx-full"} and 0 < sums["wan, tx-full"] <= daemon.call("status")["drops"]["tx-full"]


def test_copies(tmp_path):
    """Of edits, and of somebody who looks on: packets and bytes."""
    with Daemon(site(), tmp_path) as daemon, daemon.client() as client:
        client.call("look.begin", snap=64)
        with listener(daemon, "copies") as script:
            copies = play(daemon)["copies"]
            script.end()
        counted = {name: what for name, what in copies.items() if what["packets"]}
        assert {"look", "edit-headers"} <= set(counted)
        assert script.sums("packets") == {name: what["packets"] for name, what in counted.items()}
        assert script.sums("bytes") == {name: what["bytes"] for name, what in counted.items()}


def test_bursts(tmp_path):
    with Daemon(site(), tmp_path) as daemon, listener(daemon, "bursts") as script:
        play(daemon)
        shown = script.end()
        bursts = sum(worker["bursts"] for worker in daemon.call("workers")["workers"])
        last = shown.split("@cycles_a_packet")[-1].split("@fill")[0]
        counted = [int(count) for count in re.findall(r"^\[.*\) +(\d+) \|", last, re.MULTILINE)]
        assert sum(counted) == bursts


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hold a thread that no user may trace")
def test_stalls(tmp_path):
    """Told after a second, and at the end."""
    with Daemon(site(), tmp_path) as daemon, listener(daemon, "stalls") as script:
        with held(daemon):
            daemon.until(lambda _: daemon.call("workers")["workers"][0]["stalled"], SECONDS)
        daemon.until(lambda _: not daemon.call("workers")["workers"][0]["stalled"], SECONDS)
        core = daemon.call("workers")["workers"][0]["core"]
        told = re.findall(r"core (\d+) has stood still for (\d+) ms", script.end())
        assert [int(where) for where, _ in told] == [core, core]
        assert 1000 <= int(told[0][1]) <= int(told[1][1])


def test_swaps(tmp_path):
    with Daemon(site(), tmp_path) as daemon, listener(daemon, "swaps") as script:
        for _ in range(5):
            daemon.apply(daemon.what)
        told = [int(number) for number in re.findall(r"config (\d+) runs", script.end())]
        assert told == list(range(told[0], 6)) and daemon.call("status")["applied"] == 5


def test_late_replays(tmp_path):
    """A daemon that gets no time for a while is late afterwards, by that while."""
    with Daemon(site(pace="1kpps", loops="forever"), tmp_path) as daemon, listener(daemon, "late") as script:
        daemon.call("replay.start", name="one")
        daemon.until(lambda status: status["replays"]["one"]["sent"] > 100, SECONDS)
        daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        daemon.process.send_signal(signal.SIGCONT)
        daemon.until(lambda status: status["replays"]["one"]["late"] > 0, SECONDS)
        shown = script.end()
        assert script.sums("bursts")["one"] > 0 and "[256K, 512K)" in shown


def test_looks_that_are_full(tmp_path):
    """Told where it begins, though every packet after it has no room."""
    with Daemon(site(pace="top", loops="forever"), tmp_path) as daemon, daemon.client() as client:
        look = client.call("look.begin", snap=65535)["look"]
        with listener(daemon, "looks") as script:
            daemon.call("replay.start", name="one")
            for _ in range(4):
                packets = daemon.call("status")["rules"]["web"]["packets"]
                daemon.until(lambda status, before=packets: status["rules"]["web"]["packets"] > before + 100000, SECONDS)
                full = client.call("look.read", look=look)["counts"]["full"]
            shown = script.end()
        core = str(daemon.call("workers")["workers"][0]["core"])
        told = re.findall(r"no more room for packets of core (\d+)", shown)
        # A read takes a ring apart piece by piece, each of which may be filled at once.
        assert set(told) == {core} and len(told) < full / 100
