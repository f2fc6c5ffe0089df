# SPDX-License-Identifier: BSD-3-Clause
"""A daemon without packets (unit/fake_daemon.c), for tests of the socket and the client: no privileges, no DPDK."""

import os
import subprocess
import tempfile
import time

from control_stress import Client
from lib.offline import BUILD, SLUICE

FAKE_DAEMON = BUILD / "tests" / "unit" / "fake_daemon"


class Daemon:
    """Sockets' paths are short, so the run-dir is not below pytest's."""

    def __init__(self, prepare_ms=0):
        self.own = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.run_dir = f"{self.own.name}/run"
        self.control = f"{self.run_dir}/control.sock"
        self.stats = f"{self.run_dir}/stats.sock"
        self.prepare_ms = prepare_ms
        self.process = None
        self.start()

    def start(self):
        # A sanitizer keeps what is freed, to find who uses it; the tests look for what is not freed.
        environment = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
        self.process = subprocess.Popen([FAKE_DAEMON, self.run_dir, str(self.prepare_ms)], stderr=subprocess.PIPE,
                                        text=True, env=environment)
        deadline = time.monotonic() + 10
        while True:
            try:
                Client(self.stats).close()
                return
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None
                time.sleep(0.01)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        err = self.process.communicate(timeout=20)[1]
        return self.process.returncode, err

    def __enter__(self):
        return self

    def __exit__(self, *_):
        code, err = self.stop()
        self.own.cleanup()
        assert code == 0, err

    def sluice(self, *words, **more):
        """What the client made of it."""
        return subprocess.run([SLUICE, "--socket", self.run_dir, *words], capture_output=True, text=True, timeout=60,
                              check=False, **more)

    def client(self, *words):
        """The client, while it goes on."""
        return subprocess.Popen([SLUICE, "--socket", self.run_dir, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)


def config_file(tmp_path, daemon, old="", new=""):
    path = tmp_path / "config.yaml"
    path.write_text(daemon.sluice("config", "show").stdout.replace(old, new), encoding="utf-8")
    return path
