# SPDX-License-Identifier: BSD-3-Clause
"""A running `sluiced run`, asked and steered over its socket as any client would."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

import yaml

from lib.offline import SLUICE, SLUICED, TEST_DEVICE, write_config

START_SECONDS = 60
# What a line of the log of `run` begins with, where no journal reads it.
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
DRAIN_SECONDS = 2
STILL_SECONDS = 3
NAP_SECONDS = 0.01


class Client:
    """One connection; an error of the daemon's is raised as Refused."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rb")
        self.number = 0

    def call(self, method, **params):
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, **({"params": params} if params else {})}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self.stream.readline())
        assert answer["id"] == self.number
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def close(self):
        self.stream.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Refused(Exception):
    """An answer that is an error; .error has code, message and data."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.error = error


class Daemon:
    """Starts sluiced with a config (a dict), waits until it answers, and ends it at last whatever happened.
    Sockets' paths are short, so the run-dir is not below pytest's. before: words of a command that becomes the daemon.
    stdout, stderr: descriptors in place of the files that out and log are."""

    def __init__(self, what, directory, plugins=(), options=(), environment=None, run_dir=None, wait=True,
                 before=(), stdout=None, stderr=None):
        self.directory = directory
        self.own_dir = None if run_dir else tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.run_dir = run_dir or self.own_dir.name
        self.what = {**what, "run-dir": str(self.run_dir)}
        self.path = write_config(directory / "daemon.yaml", self.what)
        self.log = directory / f"daemon-{id(self)}.log"
        self.out = directory / f"daemon-{id(self)}.out"
        command = [*before, SLUICED, "run", self.path, *options]
        for plugin in plugins:
            command += ["--plugin", plugin]
        with open(self.log, "wb") as err, open(self.out, "wb") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                            stdout=out if stdout is None else stdout,
                                            stderr=err if stderr is None else stderr,
                                            env={**os.environ, **(environment or {})})
        if wait:
            self.wait_ready()

    @property
    def socket(self):
        return os.path.join(self.run_dir, "control.sock")

    def text(self):
        return self.log.read_text(errors="replace")

    def client(self):
        return Client(self.socket)

    def wait_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None, f"sluiced ended with {self.process.returncode}: {self.text()}"
            with contextlib.suppress(OSError):
                with self.client() as client:
                    assert client.call("hello")["pid"] == self.process.pid
                    return
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.02)

    def call(self, method, **params):
        with self.client() as client:
            return client.call(method, **params)

    def order(self, word, name="one", **more):
        """Gives an order to a replay, and returns its state then. Where other programs keep a worker from its core
        it is answered too early, and carried out all the same."""
        before = self.call("replay.list")["replays"][name]["state"]
        try:
            return self.call(f"replay.{word}", name=name, **more)["state"]
        except Refused as refused:
            if "does not move" not in str(refused):
                raise
        if word == "seek":
            return before
        if word == "pace":
            return self.until(lambda status: status["replays"][name]["state"] != "paused", 30)["replays"][name]["state"]
        return self.until(lambda status: status["replays"][name]["state"] != before, 30)["replays"][name]["state"]

    def sluice(self, *words, environment=None):
        """The client as a user runs it."""
        return subprocess.run([SLUICE, "--socket", self.run_dir, *words], capture_output=True, text=True, timeout=60,
                              check=False, env={**os.environ, **(environment or {})})

    def apply(self, what):
        text = yaml.dump({**what, "run-dir": str(self.run_dir)}, sort_keys=False, width=1000)
        return self.call("config.apply", text=text, directory=str(self.directory))

    def until(self, holds, seconds=60, what=""):
        """Waits until holds(status) and returns that status."""
        deadline = time.monotonic() + seconds
        while True:
            status = self.call("status")
            if holds(status):
                return status
            assert time.monotonic() < deadline, (what, status)
            time.sleep(0.02)

    def fresh(self):
        """What `snapshot` says once every worker has answered, and so all that was counted before: in the place of one that
        something keeps from its core stands what it said last."""
        deadline = time.monotonic() + 60
        while True:
            snapshot = self.call("snapshot")
            if all(worker["fresh"] for worker in snapshot["workers"]):
                return snapshot
            assert time.monotonic() < deadline, snapshot["workers"]
            time.sleep(0.02)

    def until_still(self, name="one"):
        """Waits until a replay has sent nothing for a while, and returns what it sent: an order is carried out later than
        it is answered where other programs keep a worker from its core, but not much."""
        deadline = time.monotonic() + STILL_SECONDS
        sent = None
        while sent != (sent := self.call("replay.list")["replays"][name]["sent"]):
            assert time.monotonic() < deadline, f"{name} goes on"
            time.sleep(0.2)
        return sent

    def stop(self, number=signal.SIGTERM, code=0):
        """Ends it by a signal, checks that it drained in time with nothing leaked, and returns its report. Time is counted in
        naps: that a whole machine stands still for a while is nobody's fault on it."""
        took = 0
        self.process.send_signal(number)
        while self.process.poll() is None:
            assert took < 30, self.text()
            time.sleep(NAP_SECONDS)
            took += NAP_SECONDS
        text = self.out.read_text()
        assert self.process.returncode == code, (self.process.returncode, self.text())
        # Draining takes two seconds at most; closing devices comes on top.
        assert took < DRAIN_SECONDS + 3, took
        assert "Sanitizer" not in self.text(), self.text()
        assert not os.path.exists(self.socket)
        return text

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        if self.own_dir:
            self.own_dir.cleanup()


def test_ports(**arguments):
    """Ports of the device in tests/device, by name from its arguments."""
    return {name: {"vdev": f"net_test{number}" + (f",{words}" if words else "")}
            for number, (name, words) in enumerate(arguments.items())}


test_ports.__test__ = False  # not a test, though pytest would take it for one

PLUGINS = (TEST_DEVICE,)


def check_status(status):
    """What holds at any moment of a running daemon."""
    ledger = status["ledger"]
    assert ledger["balanced"] is True, ledger
    assert ledger["in"] == ledger["out"] + ledger["dropped"] + ledger["held"], ledger
