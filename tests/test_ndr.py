# SPDX-License-Identifier: BSD-3-Clause
"""`sluice ndr` against a daemon that is made up: its device forwards so many packets a second, and no more."""

import contextlib
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import xml.etree.ElementTree

import pytest

from lib.offline import SLUICE


class Device:
    """Answers replay.start, replay.list, replay.stop and returns as a daemon does whose device has a rate."""

    def __init__(self, rate, fastest=1_000_000, delay_above=None, **odd):
        self.rate, self.fastest, self.delay_above, self.odd = rate, fastest, delay_above, odd
        self.paces, self.run, self.missed = [], None, 0
        self.own = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.path = f"{self.own.name}/control.sock"
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.server.accept()[0]
                with client, client.makefile("rw") as stream:
                    for line in stream:
                        request = json.loads(line)
                        answer = {"jsonrpc": "2.0", "id": request["id"], **self.answer(request["method"], request.get("params"))}
                        stream.write(json.dumps(answer) + "\n")
                        stream.flush()

    def answer(self, method, params):
        if method == "replay.start":
            if params["name"] != "all":
                return {"error": {"code": -32602, "message": "there is no such replay"}}
            assert params["loops"] == 0
            asked = self.fastest if params["pace"] == "top" else int(params["pace"].removesuffix("pps"))
            self.paces.append(params["pace"])
            pps = min(asked, self.fastest) * self.odd.get("slack", 1)
            sent = int(pps * float(params["duration"].removesuffix("s")))
            lost = max(0, int(sent * (1 - self.rate / pps)))
            # Now and then something is lost for no reason of the device's.
            if self.odd.get("noise") and len(self.paces) % self.odd["noise"] == 0:
                lost += 1
            self.run = {"pps": pps, "sent": sent, "lost": lost, "looks": 0}
            return {"result": {"name": "all", "state": "running"}}
        if method == "replay.stop":
            return {"result": {"name": "all", "state": "stopped"}}
        if method == "ports":
            self.missed += self.odd.get("missed", 0)
            return {"result": {"ports": {"west": {"missed": 7, "rx_nombuf": 0}, "east": {"missed": self.missed, "rx_nombuf": 0}}}}
        run = self.run
        run["looks"] += 1
        if method == "replay.list":
            return {"result": {"replays": {"all": {
                "state": "done", "ended": run["looks"] > 1, "sent": run["sent"], "refused": 0, "dropped": self.odd.get("dropped", 0),
                # A replay fails with its return: what it says as a whole is not asked.
                "verdict": {"result": "fail" if run["lost"] else "pass", "tolerance_ns": None, "error_ns": {"p99": 10, "max": self.late()},
                            "achieved": {"pps": run["pps"]}}}}}}
        late = self.delay_above is not None and run["pps"] > self.delay_above
        return {"result": {"returns": {"back": {
            "replay": "all", "sent": run["sent"], "back": run["sent"] - run["lost"], "lost": run["lost"], "missed": 0, "crowded": 0,
            "settled": run["looks"] > 3, "latency_ns": {"p50": 1000, "p99": 90_000 if late else 20_000, "max": 100_000}}}}}

    def late(self):
        """The sender's machine was away in each so manieth trial; what is lost then it did not see."""
        away = self.odd.get("away")
        return 14_000_000 if away and len(self.paces) % away == 0 else 20_000

    def ndr(self, *words, replay="all", back="back"):
        return subprocess.run([SLUICE, "--socket", self.path, "ndr", replay, back, *words], capture_output=True, text=True,
                              timeout=120, check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()
        self.own.cleanup()


@pytest.mark.parametrize("rate", [3_000, 123_456, 500_000, 990_000])
def test_the_rate_is_found(rate):
    with Device(rate) as device:
        done = device.ndr("--json", "--duration", "10s")
        report = json.loads(done.stdout)
        assert done.returncode == 0 and 0.98 * rate <= report["pace_pps"] <= rate * 1.001 < report["fails_pps"] * 1.001, report
        assert device.paces[0] == "top" and len(device.paces) < 60
        assert report["bound"] == "device" and report["invalid"] == 0
        # Each pace that was decided has two that agree.
        for pace in {trial["pace_pps"] for trial in report["trials"]}:
            verdicts = [trial["verdict"] for trial in report["trials"] if trial["pace_pps"] == pace]
            assert 2 <= len(verdicts) <= 3 and len(set(verdicts[-1:])) == 1


def test_a_device_that_takes_all():
    with Device(5_000_000) as device:
        done = device.ndr()
        assert done.returncode == 0 and "it holds at 1.00 Mpps, which is as fast as the replay goes" in done.stdout
        assert device.paces == ["top", "top"]
        assert json.loads(device.ndr("--json").stdout)["bound"] == "replay"


def test_a_device_that_takes_nothing():
    with Device(0) as device:
        done = device.ndr()
        assert done.returncode == 1 and done.stdout.endswith("it holds at no pace\n")


def test_a_loss_now_and_then_does_not_decide():
    with Device(100_000, noise=5) as device:
        report = json.loads(device.ndr("--json").stdout)
        assert 98_000 <= report["pace_pps"] <= 100_100


def test_what_may_be(tmp_path):
    with Device(100_000, delay_above=60_000) as device:
        report = json.loads(device.ndr("--json", "--loss", "10%").stdout)
        assert 0.98 * 100_000 / 0.9 <= report["pace_pps"] <= 100_000 / 0.9 * 1.001
        report = json.loads(device.ndr("--json", "--latency", "p99=50us", "-w", str(tmp_path / "ndr.svg")).stdout)
        assert 0.98 * 60_000 <= report["pace_pps"] <= 60_000
        picture = xml.etree.ElementTree.parse(tmp_path / "ndr.svg").getroot()
        dots = picture.findall("{http://www.w3.org/2000/svg}circle")
        assert len(dots) == 2 * len(report["trials"])
        assert sum(dot.get("fill") != "none" for dot in dots) == 2 * sum(trial["verdict"] == "pass" for trial in report["trials"])
        # What is not told can't hold.
        assert device.ndr("--latency", "p90=1s").returncode == 1


@pytest.mark.parametrize("odd, said", [({"slack": 0.9}, "the pace was not kept"), ({"dropped": 3}, "packets were dropped as they were late"),
                                       ({"missed": 2}, "a port missed packets, as its worker was late")])
def test_trials_that_say_nothing(odd, said):
    with Device(300_000, **odd) as device:
        report = json.loads(device.ndr("--json", "--duration", "1s").stdout)
        invalid = [trial for trial in report["trials"] if trial["verdict"] == "invalid"]
        assert invalid and all(trial["why"] == [said] for trial in invalid)
        assert report["invalid"] == len(invalid)
        if "slack" not in odd:
            assert report["pace_pps"] == 0 and len(invalid) == len(report["trials"]) and report["bound"] == "bed"


def test_a_machine_that_is_away():
    """What is lost then may be its own doing, and what holds holds all the same; where it is away each time nothing is found."""
    with Device(300_000, away=2) as device:
        report = json.loads(device.ndr("--json").stdout)
        assert 0.98 * 300_000 <= report["pace_pps"] <= 300_000 and report["bound"] == "device", report
        away = [trial for trial in report["trials"] if trial["error_max_ns"] > 1_000_000]
        assert {trial["verdict"] for trial in away} == {"pass", "invalid"} and report["invalid"] > 0
        assert all(trial["lost"] and trial["why"] == ["the replay was up to 14.0 ms late, and then sent more at once"]
                   for trial in away if trial["verdict"] == "invalid")
        assert re.search(r"\n\d+ of \d+ trials said nothing of the device, and were repeated\n$", device.ndr().stdout)
    with Device(300_000, away=1) as device:
        done = device.ndr()
        assert done.returncode == 1 and "what is the highest can't be told: it holds at " in done.stdout, done.stdout
        assert "no two trials say anything of the device (the replay was up to 14.0 ms late" in done.stdout
        done = device.ndr("--json")
        assert done.returncode == 1 and json.loads(done.stdout)["bound"] == "bed"


def test_wrong_words_and_names():
    with Device(1000) as device:
        assert "no such replay" in device.ndr(replay="none").stderr
        done = device.ndr(back="none")
        assert done.returncode == 1 and "no none in its returns" in done.stderr
        for words, said in ((["--loss", "much"], "--loss"), (["--latency", "p98=1us"], "p98"), (["--pace", "1x"], "--duration alone"),
                            (["--duration", "long"], "--duration")):
            done = device.ndr(*words)
            assert done.returncode == 2 and said in done.stderr, done
        done = device.ndr("-w", "/nowhere/x.svg")
        assert done.returncode == 1 and "/nowhere/x.svg" in done.stderr
    assert not os.path.exists(device.path)
