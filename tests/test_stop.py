# SPDX-License-Identifier: BSD-3-Clause
"""Whatever the daemon waits for, its clients and the service manager do not, and SIGTERM ends it."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import threading
import time

import pytest
import yaml

from lib import capture, stall
from lib.daemon import Daemon, DRAIN_SECONDS, PLUGINS, Refused, STAMP, test_ports
from lib.held import WALL, held, threads
from lib.offline import SLUICED, config, write_config

# What is promised besides the drain, and what a machine that does much else may add.
END_SECONDS = 2 + DRAIN_SECONDS
BUSY_SECONDS = 3
ANSWER_SECONDS = 0.05
WATCHDOG_SECONDS = 2
PIPE_BYTES = 65536

SLOW_FILTERS = 14


class Manager:
    """The service manager: hears what it is told, and when."""

    def __init__(self, path):
        self.fed = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(WATCHDOG_SECONDS * 1000000)}
        threading.Thread(target=self.hear, daemon=True).start()

    def hear(self):
        while True:
            if b"WATCHDOG=1" in self.socket.recv(4096):
                self.fed.append(time.monotonic())

    def longest(self, since):
        times = [since, *(when for when in self.fed if when > since), time.monotonic()]
        return max(b - a for a, b in zip(times, times[1:]))


def assert_answers(daemon, rounds=20):
    """As clients feel it who come one after the other: the machine may be slow at times, the daemon not as a rule."""
    times = []
    for _ in range(rounds):
        for method in ("hello", "status"):
            began = time.monotonic()
            daemon.call(method)
            times.append(time.monotonic() - began)
        time.sleep(0.02)
    assert statistics.median(times) < ANSWER_SECONDS, times


def end(daemon, code=0, number=signal.SIGTERM):
    began = time.monotonic()
    daemon.process.send_signal(number)
    daemon.process.wait(timeout=60)
    took = time.monotonic() - began
    assert daemon.process.returncode == code, (daemon.process.returncode, daemon.text())
    assert took < END_SECONDS + BUSY_SECONDS, (took, daemon.text())
    assert not os.path.exists(daemon.socket)


def simple(**more):
    return config(test_ports(source="rx=300", sink=""), default={"forward": "sink"}, idle="sleep", **more)


def slow():
    """Filters of a kind that takes libpcap seconds each."""
    words = " or ".join(f"port {number}" for number in range(1, 330))
    rules = [{"name": f"f{number}", "filter": f"port {1000 + number} or {words}", "actions": ["drop"]}
             for number in range(SLOW_FILTERS)]
    return config(test_ports(source="rx=300", sink=""), rules, {"forward": "sink"}, idle="sleep")


def asked(daemon, method, **params):
    """Asks and goes on; the answer, or why there was none, ends up in the list that is returned."""
    answers = []

    def ask():
        try:
            answers.append(daemon.call(method, **params))
        except (Refused, OSError, json.JSONDecodeError) as error:
            answers.append(error)

    threading.Thread(target=ask, daemon=True).start()
    return answers


def replayed(disk):
    return {"big": {"file": str(disk / "big.pcap"), "to": "wan", "pace": "5kpps", "loops": "forever", "memory": "16MiB",
                    "start": "manual"}}


@pytest.fixture(name="disk")
def stalling_disk(tmp_path):
    if stall.obstacle():
        pytest.skip(stall.obstacle())
    (tmp_path / "files").mkdir()
    capture.write(tmp_path / "files" / "big.pcap", [bytes([n & 255, n >> 8]) * 600 for n in range(30000)])
    with stall.StallingDisk(tmp_path / "files", tmp_path / "disk") as disk:
        yield disk


def until_state(daemon, state):
    daemon.until(lambda _: daemon.call("replay.list")["replays"]["big"]["state"] == state, what=state)


def test_a_disk_that_stalls(disk, tmp_path):
    """A seek, a stop and a start are answered while a read is not, and what was asked for last is done when it is."""
    manager = Manager(tmp_path / "notify")
    what = config(test_ports(wan=""), idle="sleep", replays=replayed(disk.path))
    with Daemon(what, tmp_path, PLUGINS, environment=manager.environment) as daemon:
        daemon.call("replay.start", name="big")
        until_state(daemon, "running")
        disk.stall()
        began = time.monotonic()
        daemon.until(lambda _: daemon.call("replay.list")["replays"]["big"]["underruns"] > 0, 30)
        for _ in range(3):
            assert daemon.call("replay.seek", name="big", to="#25000")["state"] == "opening"
            assert daemon.call("replay.stop", name="big")["state"] == "stopped"
            assert daemon.call("replay.start", name="big")["state"] == "opening"
            assert daemon.call("replay.seek", name="big", to="#20000")["state"] == "opening"
            assert_answers(daemon)
        assert manager.longest(began) < WATCHDOG_SECONDS
        disk.go_on()
        until_state(daemon, "running")
        daemon.until(lambda _: daemon.call("replay.list")["replays"]["big"]["sent"] > 1000)
        disk.stall()
        daemon.until(lambda _: daemon.call("replay.list")["replays"]["big"]["underruns"] > 0, 30)
        daemon.call("replay.seek", name="big", to="#100")
        end(daemon)
        assert "leaked" not in daemon.text()


def test_a_disk_that_stalls_when_it_is_time(disk, tmp_path):
    """A start whose packets are not there does not come late: it fails, and says so."""
    what = config(test_ports(wan=""), idle="sleep", replays=replayed(disk.path))
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.call("replay.start", name="big")
        until_state(daemon, "running")
        daemon.call("replay.stop", name="big")
        disk.stall()
        assert daemon.call("replay.start", name="big", at="+1s", clock_error="1h")["state"] == "waiting"
        assert_answers(daemon)
        until_state(daemon, "failed")
        replay = daemon.call("replay.list")["replays"]["big"]
        assert "was not there" in replay["reason"] and replay["sent"] == 0 and replay["starts_at"] is None
        disk.go_on()
        assert daemon.call("replay.start", name="big")["state"] in ("opening", "running")
        until_state(daemon, "running")
        end(daemon)


def test_a_disk_that_stalls_at_the_start(disk, tmp_path):
    what = config(test_ports(wan=""), idle="sleep", replays=replayed(disk.path))
    disk.stall()
    with Daemon(what, tmp_path, PLUGINS, wait=False) as daemon:
        time.sleep(1)
        began = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(timeout=60) == -signal.SIGTERM
        assert time.monotonic() - began < END_SECONDS


@contextlib.contextmanager
def unread(full=b""):
    """A pipe that nobody reads yet, with something in it."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        os.write(writer, full)
    os.set_blocking(writer, True)
    try:
        yield reader, writer
    finally:
        for number in (reader, writer):
            with contextlib.suppress(OSError):
                os.close(number)


def wordy(count):
    """The log has a line for each rule of these: bits behind a prefix are taken off."""
    rules = [{"name": f"r{number}", "match": {"src": f"10.{number >> 8}.{number & 255}.1/24"}, "actions": ["drop"]}
             for number in range(count)]
    return config(test_ports(source="rx=300", sink=""), rules, {"forward": "sink"}, idle="sleep")


def read_all(reader):
    """What comes until nothing more does for a second."""
    os.set_blocking(reader, False)
    found, end_time = b"", time.monotonic() + 1
    while time.monotonic() < end_time:
        try:
            found += os.read(reader, PIPE_BYTES)
            end_time = time.monotonic() + 1
        except BlockingIOError:
            time.sleep(0.02)
    return found


@pytest.mark.parametrize("full", [b"", b"x" * PIPE_BYTES], ids=["later", "from the start"])
def test_a_log_that_nobody_reads(full, tmp_path):
    manager = Manager(tmp_path / "notify")
    with unread(full) as (reader, writer):
        with Daemon(simple(), tmp_path, PLUGINS, environment=manager.environment, stderr=writer) as daemon:
            began = time.monotonic()
            for level in ("debug", "info") * 10:
                daemon.call("log.level", level=level)
                daemon.apply(wordy(500))
            assert_answers(daemon)
            assert manager.longest(began) < WATCHDOG_SECONDS * 2
            end(daemon)


def test_what_the_log_lost_is_said(tmp_path):
    """Nothing mixes, all is in its order, and what is missing is counted where it is."""
    with unread(b"") as (reader, writer):
        with Daemon(simple(), tmp_path, PLUGINS, stderr=writer) as daemon:
            for _ in range(12):
                daemon.apply(wordy(500))
            lines = read_all(reader).decode().splitlines()
            daemon.apply(simple())
            lines += read_all(reader).decode().splitlines()
            assert all(re.match(f"{STAMP} sluiced: ", line) for line in lines)
            assert any("lost here, as nobody read the log in time" in line for line in lines), lines[-3:]
            assert "config applied" in lines[-1]
            end(daemon)
            assert b"draining" in read_all(reader)


def test_a_report_that_nobody_reads(tmp_path):
    with unread(b"x" * PIPE_BYTES) as (_, writer):
        with Daemon(simple(), tmp_path, PLUGINS, stdout=writer) as daemon:
            end(daemon)


def test_a_manager_that_does_not_listen(tmp_path):
    """Its socket is full after some messages."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "notify"))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other, contextlib.suppress(BlockingIOError):
            other.setblocking(False)
            while True:
                other.sendto(b"x", str(tmp_path / "notify"))
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        with Daemon(simple(), tmp_path, PLUGINS, environment=environment) as daemon:
            time.sleep(0.5)
            assert_answers(daemon)
            end(daemon)


@pytest.mark.parametrize("method", ["config.apply", "config.check"])
def test_a_long_compile(method, tmp_path):
    manager = Manager(tmp_path / "notify")
    with Daemon(simple(), tmp_path, PLUGINS, environment=manager.environment) as daemon:
        text = yaml.dump({**slow(), "run-dir": str(daemon.run_dir)}, sort_keys=False, width=100000)
        answers = asked(daemon, method, text=text, directory=str(tmp_path))
        began = time.monotonic()
        assert_answers(daemon)
        assert manager.longest(began) < WATCHDOG_SECONDS
        assert not answers, "the compile is too quick for this test"
        end(daemon)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_long_compile_at_the_start(number, tmp_path):
    with Daemon(slow(), tmp_path, PLUGINS, wait=False) as daemon:
        time.sleep(1)
        assert daemon.process.poll() is None
        began = time.monotonic()
        daemon.process.send_signal(number)
        assert daemon.process.wait(timeout=60) == -number
        assert time.monotonic() - began < END_SECONDS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", ["run", "check", "offline"])
def test_a_config_that_does_not_come(command, number, tmp_path):
    """A pipe that nobody writes to."""
    os.mkfifo(tmp_path / "config.yaml")
    with subprocess.Popen([SLUICED, command, tmp_path / "config.yaml"], stderr=subprocess.PIPE) as process:
        time.sleep(0.3)
        process.send_signal(number)
        assert process.wait(timeout=10) == -number


@pytest.mark.parametrize("command", ["check", "offline"])
def test_commands_that_take_long(command, tmp_path):
    rules = "".join(f"- {{name: r{number}, match: {{src: 10.{number >> 8}.{number & 255}.1}}, actions: [drop]}}\n"
                    for number in range(60000))
    path = write_config(tmp_path / "config.yaml", f"version: 1\nports: {{a: {{vdev: net_null0}}}}\nrules:\n{rules}")
    with subprocess.Popen([SLUICED, command, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(timeout=30) == -signal.SIGTERM
        assert time.monotonic() - began < END_SECONDS


def thread_names(daemon):
    return {path.read_text().strip() for path in pathlib.Path(f"/proc/{daemon.process.pid}/task").glob("*/comm")}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hold a thread that no user may trace")
def test_a_worker_that_does_not_come_back(tmp_path):
    """It is given up, and the report says what it had; the exit code, that this was no drain."""
    with Daemon(simple(), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["sink"]["tx_packets"] == 300)
        number = next(int(thread["Pid"]) for thread in threads(daemon) if thread["Name"].startswith("pmd-"))
        with held(daemon):
            began = time.monotonic()
            daemon.process.send_signal(signal.SIGTERM)
            os.waitpid(number, WALL)
            assert daemon.process.wait(timeout=60) == 1
            assert time.monotonic() - began < END_SECONDS + BUSY_SECONDS
        assert "does not come back from a driver" in daemon.text()
        assert "300" in daemon.out.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hold a thread that no user may trace")
def test_many_replays_of_a_worker_that_does_not_move(tmp_path):
    """They are waited for together, so that their number is no matter and the drain keeps its time."""
    keys = {"file": str(capture.fixture("dns.pcap")), "to": "wan", "pace": "1pps", "memory": "8MiB"}
    what = config(test_ports(wan=""), idle="sleep", replays={f"r{number}": {**keys} for number in range(64)})
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: all(replay["state"] == "running" for replay in status["replays"].values()), 30)
        with held(daemon):
            began = time.monotonic()
            daemon.process.send_signal(signal.SIGTERM)
            while "does not come back from a driver" not in daemon.text():
                assert time.monotonic() - began < END_SECONDS + BUSY_SECONDS, daemon.text()
                time.sleep(0.05)
        assert daemon.process.wait(timeout=60) == 1


def test_programs_are_freed_beside_the_control_thread(tmp_path):
    with Daemon(simple(), tmp_path, PLUGINS) as daemon:
        assert "sluiced-free" not in thread_names(daemon)
        daemon.apply(simple())
        for _ in range(1000):  # a thread gives itself its name once it runs
            if "sluiced-free" in thread_names(daemon):
                break
            time.sleep(0.01)
        assert "sluiced-free" in thread_names(daemon)
        end(daemon)
