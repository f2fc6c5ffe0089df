# SPDX-License-Identifier: BSD-3-Clause
"""A running sluice-exporter, asked as Prometheus would."""

import http.client
import os
import re
import socket
import subprocess
import time

from lib.offline import BUILD
from lib.prometheus import Text

EXPORTER = BUILD / "app" / "exporter" / "sluice-exporter"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Exporter:
    def __init__(self, run_dir, *words):
        self.port = free_port()
        # A sanitizer keeps what is freed, to find who uses it; a test looks for what is not freed.
        environment = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
        self.process = subprocess.Popen([EXPORTER, "--socket", run_dir, "--listen", str(self.port), *words],
                                        stderr=subprocess.PIPE, text=True, env=environment)
        self.err = None
        deadline = time.monotonic() + 20
        while True:
            try:
                self.connect().close()
                return
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None
                time.sleep(0.01)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, path="/metrics", method="GET", headers=None):
        """Status, headers and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    def metrics(self, **more):
        status, headers, text = self.ask(**more)
        assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return Text(text)

    def stop(self, code=0):
        """What it said."""
        if self.err is None:
            if self.process.poll() is None:
                self.process.terminate()
            self.err = self.process.communicate(timeout=30)[1]
            assert self.process.returncode == code, self.err
            assert "Sanitizer" not in self.err, self.err
        return re.sub(r"^sluice-exporter: ", "", self.err, flags=re.MULTILINE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
