# SPDX-License-Identifier: BSD-3-Clause
"""`sluice config diff --on` and `--live`: what a file would do otherwise than what runs, which nothing in the daemon feels."""

import contextlib
import json
import os
import time

import pytest

from lib import capture
from lib.daemon import Daemon, check_status
from lib.offline import SLUICED, Run, config, write_config

pytestmark = pytest.mark.live

MIXED = capture.fixture("mixed.pcap")
PATH = {"PATH": f"{SLUICED.parent}:{os.environ['PATH']}"}
DNS = {"name": "dns", "match": {"protocol": "udp", "dst-port": 53}, "actions": [{"mirror": "ids"}]}
WEB = {"name": "web", "match": {"protocol": "tcp"}, "actions": [{"push": {"vlan": 7}}, {"forward": "lan"}]}
OLD = {"name": "old", "match": {"vlan": 7}, "actions": ["drop"]}


def site(rules=(DNS, WEB, OLD), **more):
    what = config({name: {"null": {}} for name in ("wan", "lan", "ids")}, list(rules), default={"forward": "lan"}, **more)
    what["replays"] = {"one": {"file": str(MIXED), "to": {"as": "wan"}, "pace": "2kpps", "loops": "forever", "start": "manual"}}
    return what


@contextlib.contextmanager
def running(tmp_path, what=None, traffic=True):
    with Daemon(what or site(), tmp_path) as daemon:
        if traffic:
            daemon.call("replay.start", name="one")
        yield daemon
        check_status(daemon.call("status"))


def diff(daemon, *words, code=None):
    done = daemon.sluice("config", "diff", *map(str, words), "--json", environment=PATH)
    assert done.returncode in (0, 1) and done.stderr == "", done.stderr
    result = json.loads(done.stdout)
    assert done.returncode == (result["same"] != result["packets"])
    assert code is None or done.returncode == code
    return result


def other(tmp_path, daemon, rules):
    return write_config(tmp_path / "new.yaml", {**site(rules), "run-dir": str(daemon.run_dir)})


def test_captures_are_compared_with_what_runs(tmp_path):
    """As without a daemon, by the same code; and the daemon has counted nothing."""
    with running(tmp_path, traffic=False) as daemon:
        new = other(tmp_path, daemon, [WEB, OLD])
        result = diff(daemon, new, "--on", MIXED, capture.fixture("dns.pcap"), "--on", capture.fixture("vlan.pcap"), code=1)
        assert result["old"] == "what runs" and result["new"] == str(new)
        run = Run([SLUICED, "diff", daemon.path, new, "--on", MIXED, "--on", capture.fixture("vlan.pcap"), capture.fixture("dns.pcap"),
                   "--json"], tmp_path)
        assert {**json.loads(run.out), "old": "what runs"} == result
        assert {one["old"]["passed"][0]["rule"] for one in result["changes"]} == {"dns"}
        assert all(not rule["packets"] for rule in daemon.call("rules")["rules"].values())
        shown = daemon.sluice("config", "diff", str(new), "--on", str(MIXED), environment=PATH)
        assert shown.returncode == 1 and "mirror ids, next rule (dns); forward lan" in shown.stdout and shown.stderr == ""
        assert diff(daemon, daemon.path, "--on", MIXED, code=0)["changes"] == []


def test_what_passes_is_compared(tmp_path):
    frames = {packet.data.hex() for packet in capture.read(MIXED)}
    with running(tmp_path) as daemon:
        daemon.until(lambda status: status["rules"]["dns"]["packets"], 30)
        result = diff(daemon, other(tmp_path, daemon, [WEB, OLD]), "--live", "3s", code=1)
        kinds = {(one["old"]["rule"], one["new"]["rule"], one["old"]["passed"][0]["rule"]) for one in result["changes"]}
        assert kinds == {("default", "default", "dns")} and "at_most_share" not in result
        assert all(one["example"]["hex"] in frames and one["example"]["port"] == "wan" for one in result["changes"])
        assert result["rules"]["old"]["dns"] == sum(one["packets"] for one in result["changes"])


def test_silence_is_told_for_what_it_is(tmp_path):
    with running(tmp_path) as daemon:
        same = other(tmp_path, daemon, [DNS, WEB, {**OLD, "actions": [{"forward": "ids"}]}])
        deadline = time.monotonic() + 60
        # Of a machine whose cores others take so few may be looked at that dns has none of them, which is told, too.
        while (result := diff(daemon, same, "--live", "1s", code=0))["unseen_rules"] != ["old"]:
            assert result["unseen_rules"][-1] == "old" and time.monotonic() < deadline, result
        assert result["packets"] > 20 and result["at_most_share"] == pytest.approx(3 / result["packets"])
        assert result["not_looked_at"] >= 0
        shown = daemon.sluice("config", "diff", str(same), "--live", "0.5", environment=PATH)
        assert shown.returncode == 0 and shown.stderr == ""
        assert "all of them: at 95 % fewer than 1 in" in shown.stdout and "that passed" in shown.stdout


def test_where_nothing_comes_in_nothing_is_said(tmp_path):
    with running(tmp_path) as daemon:
        new = other(tmp_path, daemon, [WEB])
        quiet = daemon.sluice("config", "diff", str(new), "--live", "0.3", "--port", "lan", environment=PATH)
        assert (quiet.returncode, quiet.stdout) == (2, "") and "nothing can be said" in quiet.stderr


def test_what_was_traced_is_compared_later(tmp_path):
    with running(tmp_path) as daemon:
        traced = daemon.sluice("trace", "--json", "--snap", "65535", "-n", "300").stdout
        new = other(tmp_path, daemon, [DNS, {**WEB, "actions": [{"forward": "ids"}]}])
        (tmp_path / "seen.jsonl").write_text(traced)
        run = Run([SLUICED, "diff", daemon.path, new, "--traced", "seen.jsonl", "--json"], tmp_path)
        result = json.loads(run.out)
        lines = [json.loads(line) for line in traced.splitlines()]
        assert result["packets"] == len(lines) == 300 and "at_most_share" not in result
        assert result["rules"]["old"].get("web") == sum(line["rule"] == "web" for line in lines)
        assert {one["old"]["rule"] for one in result["changes"]} == {"web"}
        # Of another config than ran it is no comparison.
        run = Run([SLUICED, "diff", new, daemon.path, "--traced", "seen.jsonl"], tmp_path)
        assert run.code == 1
        strange = write_config(tmp_path / "strange.yaml", {**site([DNS]), "run-dir": str(daemon.run_dir)})
        run = Run([SLUICED, "diff", strange, daemon.path, "--traced", "seen.jsonl"], tmp_path)
        assert (run.code, run.out) == (2, "") and "was another config applied meanwhile?" in run.err
        (tmp_path / "wrong.jsonl").write_text(lines[0]["time"] + "\n")
        run = Run([SLUICED, "diff", new, daemon.path, "--traced", "wrong.jsonl"], tmp_path)
        assert (run.code, run.out) == (2, "") and "line 1 is no packet that came in" in run.err


def test_it_leaves_the_cores_of_workers(tmp_path):
    """What stands on PATH is asked; this one says where it may run."""
    (tmp_path / "sluiced").write_text("#!/bin/sh\ngrep Cpus_allowed_list /proc/self/status\nnice\nexit 1\n")
    (tmp_path / "sluiced").chmod(0o755)
    with running(tmp_path, traffic=False) as daemon:
        done = daemon.sluice("config", "diff", str(daemon.path), "--on", str(MIXED),
                             environment={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
        assert done.returncode == 1, done.stderr
        workers = {worker["core"] for worker in daemon.call("workers")["workers"]}
    allowed, nice = done.stdout.split()[1:]
    cores = {core for part in allowed.split(",") for core in range(int(part.split("-")[0]), int(part.split("-")[-1]) + 1)}
    free = os.sched_getaffinity(0) - workers
    assert cores == (free or os.sched_getaffinity(0)) and (free or int(nice) >= 19)


@pytest.mark.parametrize("words, says", [
    (["none.yaml", "--on", str(MIXED)], "none.yaml"),
    (["-", "--live", "1"], "FILE is a file"),
    (["new.yaml", "--on", "none.pcap"], "none.pcap"),
    (["new.yaml", "--on", str(MIXED), "--live", "1"], "leave one out"),
    (["new.yaml", "--live", "1", str(MIXED)], "one word too many"),
    (["new.yaml", str(MIXED)], "one word too many"),
    (["new.yaml", "--port", "wan"], "--port is for --on and --live"),
    (["new.yaml", "--on", str(MIXED), "--port", "won"], 'what runs has no port "won"'),
    (["new.yaml", "--live", "1", "--port", "won"], "there is no port won"),
    (["new.yaml", "--live", "soon"], "--live takes seconds")])
def test_what_is_wrong_is_said(words, says, daemon, tmp_path_factory):
    directory = tmp_path_factory.mktemp("new")
    write_config(directory / "new.yaml", site())
    words = [str(directory / word) if word.endswith((".yaml", "none.pcap")) else word for word in words]
    done = daemon.sluice("config", "diff", *words, environment=PATH)
    assert (done.returncode, done.stdout) == (2, ""), done.stdout
    assert says in done.stderr


@pytest.fixture(name="daemon", scope="module")
def daemon_fixture(tmp_path_factory):
    with running(tmp_path_factory.mktemp("daemon"), traffic=False) as daemon:
        yield daemon


def test_who_may_not_look_is_told(tmp_path):
    with running(tmp_path, site(looks="off"), traffic=False) as daemon:
        done = daemon.sluice("config", "diff", str(daemon.path), "--live", "1", environment=PATH)
        assert done.returncode == 2 and "looks: off" in done.stderr and done.stdout == ""


def test_without_sluiced_it_says_so(daemon):
    began = time.monotonic()
    done = daemon.sluice("config", "diff", str(daemon.path), "--on", str(MIXED), environment={"PATH": "/nowhere"})
    assert (done.returncode, done.stdout) == (2, "") and "sluiced is not there" in done.stderr
    assert time.monotonic() - began < 30
