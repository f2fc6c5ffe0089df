# SPDX-License-Identifier: BSD-3-Clause
"""What the benchmarks say while they measure; measuring takes a machine of its own."""

import json
import os
import pty
import shutil
import subprocess
import tempfile

from lib.offline import BUILD, ROOT, SLUICED

SCRIPT = """
import sys
sys.path.insert(0, "scripts/bench")
import machine
for case in ("one", "two"):
    machine.progress(f"{case}: what it measures")
    for number in (1, 2):
        machine.progress(case, f"pair {number} of 2")
    machine.progress("")
"""


def test_a_line_a_case_where_nobody_watches():
    done = subprocess.run(["/usr/bin/python3", "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not done.stdout and done.stderr == "bench: one: what it measures\nbench: two: what it measures\n"


def test_one_line_on_a_terminal():
    leader, follower = pty.openpty()
    subprocess.run(["/usr/bin/python3", "-c", SCRIPT], cwd=ROOT, stderr=follower, check=True)
    os.close(follower)
    text = os.read(leader, 65536).decode()
    os.close(leader)
    assert "\n" not in text and text.count("\r\033[K") == 8
    assert "\r\033[Kone: what it measures" in text and "\r\033[Ktwo: pair 2 of 2" in text and text.endswith("\033[K")


def test_every_case_has_a_text():
    text = "import sys; sys.path.insert(0, 'scripts/bench'); import replay, types; " \
           "assert {name for name, _ in replay.cases(types.SimpleNamespace(), '')} <= replay.CASES.keys()"
    subprocess.run(["/usr/bin/python3", "-c", text], cwd=ROOT, check=True)


def test_changes_are_measured(tmp_path):
    """Whatever the figures are: they are this machine's."""
    out = tmp_path / "changes.json"
    subprocess.run(["/usr/bin/python3", "scripts/bench/changes.py", "--sluiced", SLUICED, "--json", out, "--scratch", tmp_path,
                    "--pairs", "1", "--seconds", "1", "--rules", "200"], cwd=ROOT, check=True, timeout=120)
    results = {result["name"]: result for result in json.loads(out.read_text(encoding="ascii"))["results"]}
    assert len(results["error"]["beside"]) == len(results["shared"]["busy"]) == 1 and results["answers"]["asked"]["hello"] > 1


def test_scrapes_are_measured(tmp_path):
    out = tmp_path / "metrics.json"
    subprocess.run(["/usr/bin/python3", "scripts/bench/metrics.py", "--sluiced", SLUICED, "--json", out, "--scratch", tmp_path,
                    "--pairs", "1", "--seconds", "0.5", "--rules", "700", "--scrapes", "5", "--rate", "5"], cwd=ROOT, check=True,
                   timeout=240)
    results = {result["name"]: result for result in json.loads(out.read_text(encoding="ascii"))["results"]}
    assert results["worker"]["scrapes"] > 0 and results["scrape"]["all"]["series"] == results["scrape"]["capped"]["series"] + 400


def test_looks_are_measured(tmp_path):
    """A few turns, whose rates say nothing; that clients look while they are measured is looked at by the benchmark."""
    out = tmp_path / "looks.json"
    subprocess.run(["/usr/bin/python3", "scripts/bench/looks.py", "--sluiced", SLUICED, "--json", out, "--starts", "1", "--pairs",
                    "1", "--rules", "50", "--seconds", "0.3", "--explanations", "3", "--hugepages", "false"], cwd=ROOT, check=True,
                   timeout=240)
    results = {result["name"]: result for result in json.loads(out.read_text(encoding="ascii"))["results"]}
    assert all(results[name]["looked"] > 0 for name in ("trace", "top", "both")) and results["explain"]["least"] > 0


def test_forecasts_are_measured(tmp_path):
    """On a machine that does other things they may be anything."""
    out = tmp_path / "headroom.json"
    # DPDK loads no plugin from where everybody may write, as a build below /tmp is.
    with tempfile.TemporaryDirectory(dir="/run", prefix="sluice-test-") as folder:
        limit = shutil.copy(BUILD / "scripts" / "limit.so", folder)
        subprocess.run(["/usr/bin/python3", "scripts/bench/headroom.py", "--sluiced", SLUICED, "--json", out, "--starts", "1",
                        "--load", "1", "--seconds", "0.3", "--hugepages", "false", "--limit", limit, "net_pcap-100"], cwd=ROOT,
                       check=True, timeout=240)
    result, = json.loads(out.read_text(encoding="ascii"))["results"]
    assert result["name"] == "net_pcap-100" and sorted(result["pairs"]) == ["0.1", "0.3", "0.6"]
    for pair, in result["pairs"].values():
        assert min(pair["truth"], pair["hold_us"]) > 0 and min(pair["fitted"], pair["rehearsed"]) > -1
