# SPDX-License-Identifier: BSD-3-Clause
"""A real Prometheus, as Debian has it, that scrapes some exporters each second."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

from lib.exporter import free_port

START_SECONDS = 120


class Prometheus:
    def __init__(self, directory, targets, rules=()):
        self.port = free_port()
        what = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(rule) for rule in rules],
                "scrape_configs": [{"job_name": "sluice", "static_configs": [
                    {"targets": [f"127.0.0.1:{port}" for port in targets]}]}]}
        (directory / "prometheus.yml").write_text(yaml.dump(what), encoding="ascii")
        self.log = directory / "prometheus.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=60).close()
                return
            except urllib.error.URLError:
                assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text(encoding="utf-8")
            time.sleep(0.1)

    def ask(self, path, **parameters):
        words = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{words}", timeout=60) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """The samples: a list of labels and value."""
        try:
            data = self.ask("query", query=expression)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{expression}: {error.read().decode()}") from error
        assert data["resultType"] == "vector", expression
        return [(sample["metric"], float(sample["value"][1])) for sample in data["result"]]

    def until(self, expression, holds=bool):
        """Waits until there are samples, or what they are holds."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            found = self.query(expression)
            if holds(found):
                return found
            assert time.monotonic() < deadline, (expression, found, self.log.read_text(encoding="utf-8"))
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
