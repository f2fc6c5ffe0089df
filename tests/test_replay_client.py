# SPDX-License-Identifier: BSD-3-Clause
"""The client's commands about replays, against a daemon with virtual devices: tables, orders, errors, exit codes, and
following a replay to its end."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import time

import pytest

from lib import capture
from lib.daemon import Daemon
from lib.offline import Run, SLUICE, SLUICED, config, out, write_config
from lib.words import commands, complete

LINE = capture.read(capture.fixture("dns.pcap"))
ORDERS = ["start", "stop", "pause", "resume", "seek", "pace"]


def replays(**more):
    """Of each kind one: short ones with every verdict, and some that wait for orders."""
    common = {"file": str(capture.fixture("dns.pcap")), "to": "wan", "memory": "8MiB", "start": "manual"}
    kinds = {
        "good": {"pace": "2kpps", "tolerance": "10s"},
        "bad": {"pace": "2kpps", "tolerance": "1ns"},
        "plain": {"pace": "top", "loops": 7},
        "slow": {"pace": "10pps", "tolerance": "10s"},
        "endless": {"pace": "1kpps", "loops": "forever", "to": {"as": "lan"}},
    }
    return {name: {**common, **keys} for name, keys in {**kinds, **more}.items()}


@pytest.fixture(name="daemon", scope="module")
def running(tmp_path_factory):
    """One for all tests, since each takes a while to start; replays are left stopped."""
    directory = tmp_path_factory.mktemp("client")
    damaged = directory / "damaged.pcap"
    damaged.write_bytes(capture.fixture("dns.pcap").read_bytes()[:5000] + b"\xff" * 500)
    what = config({"wan": {"vdev": "net_null0,no-rx=1"}, "lan": {"vdev": "net_null1,no-rx=1"}},
                  [{"name": "dns", "match": {"dst-port": 53}, "actions": [{"forward": "wan"}]}])
    what["replays"] = replays(damaged={"file": str(damaged), "pace": "top"})
    with Daemon({**what, "idle": "sleep"}, directory) as daemon:
        yield daemon
        report = daemon.stop()
        assert re.search(r"^replay good done: 464 packets", report, re.MULTILINE)
        assert "every packet is back in its pool" in report


@pytest.fixture(autouse=True)
def stand_still(daemon):
    yield
    for name in daemon.what["replays"]:
        daemon.sluice("replay", "stop", name)
        daemon.sluice("replay", "pace", name, str(daemon.what["replays"][name]["pace"]))


def looked(daemon, name):
    return daemon.call("replay.list")["replays"][name]


def rows(daemon, *words):
    """The table of `replay list`: a list of words for each replay by name."""
    done = daemon.sluice("replay", "list", *words)
    assert done.returncode == 0 and not done.stderr
    lines = [line for line in done.stdout.splitlines() if line]
    assert lines[0].split()[:4] == ["REPLAY", "TO", "STATE", "PACE"]
    return {line.split()[0]: line for line in lines[1:]}


def test_list(daemon):
    table = rows(daemon)
    assert list(table) == list(daemon.what["replays"])
    assert re.match(r"endless +as lan +stopped +1kpps +- +0 +0 B +0/forever +0 +- +-$", table["endless"])
    assert re.match(r"slow +wan +stopped +10pps +0\.0 % +0 +0 B +0/1 +0 +- +-$", table["slow"])
    assert daemon.sluice("replay", "start", "plain", "--follow").returncode == 0
    assert re.match(r"plain +wan +done +top +100\.0 % +[#▇]+ +3,248 +\S+ kB +7/7 +0 +- +not judged$",
                    rows(daemon)["plain"])
    assert daemon.sluice("replay", "start", "good", "--follow").returncode == 0
    assert re.match(r"good .* 1/1 +\d+ +[\d.]+ [num]?s +pass$", rows(daemon)["good"])


def test_list_as_json(daemon):
    result = json.loads(daemon.sluice("replay", "list", "--json").stdout)
    assert result.keys() == {"replays"} and list(result["replays"]) == list(daemon.what["replays"])
    assert result["replays"]["endless"]["progress"] is None
    assert result["replays"]["good"]["verdict"]["tolerance_ns"] == 10 ** 10


def test_list_again_and_again(daemon):
    daemon.sluice("replay", "start", "endless")
    with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "--watch", "0.2", "replay", "list"],
                          stdout=subprocess.PIPE, text=True) as process:
        text = ""
        while text.count("REPLAY") < 4:
            text += process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=5)
        assert process.returncode == 0
    assert re.search(r"^REPLAY .* NOW ", text, re.MULTILINE) and re.search(r"^endless .* k?pps ", text, re.MULTILINE)


def test_orders(daemon):
    def said(*words):
        done = daemon.sluice("replay", *words)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout

    assert re.fullmatch("replay endless: (opening|running)\n", said("start", "endless"))
    daemon.until(lambda status: status["replays"]["endless"]["sent"] > 0)
    assert said("pause", "endless") == "replay endless: paused\n"
    assert looked(daemon, "endless")["state"] == "paused"
    assert said("resume", "endless") == "replay endless: running\n"
    assert said("pace", "endless", "2x") == "replay endless: running, pace 2x\n"
    assert looked(daemon, "endless")["pace"] == "2x"
    assert re.fullmatch("replay endless: (opening|running), to #460\n", said("seek", "endless", "#460"))
    assert said("stop", "endless") == "replay endless: stopped\n"
    assert looked(daemon, "endless")["ended"] is True
    # What an order answers is printed as it came.
    assert json.loads(said("start", "slow", "--json"))["name"] == "slow"
    assert json.loads(said("--json", "pace", "slow", "20pps")) == {"name": "slow", "state": "running"}


def test_orders_to_all(daemon):
    names = list(daemon.what["replays"])
    daemon.sluice("replay", "start", "slow")
    done = daemon.sluice("replay", "start", "--all")
    started = [line.split(":")[0] for line in done.stdout.splitlines() if line.startswith("replay ")]
    assert started == [f"replay {name}" for name in names if name != "slow"]
    assert looked(daemon, "endless")["state"] in ("opening", "running")
    daemon.until(lambda status: status["replays"]["endless"]["sent"] > 0)
    done = daemon.sluice("--json", "replay", "stop", "--all")
    stopped = json.loads(done.stdout)
    assert done.returncode == 0 and {"slow", "endless"} <= stopped.keys() <= set(names)
    assert stopped["slow"] == {"name": "slow", "state": "stopped"}
    done = daemon.sluice("replay", "stop", "--all")
    assert (done.returncode, done.stdout, done.stderr) == (0, "no replay runs\n", "")


@pytest.mark.parametrize("words, code, reason", [
    (["replay"], 2, "list, start, stop, pause, resume, seek, pace"), (["replay", "strat", "good"], 2, "`replay start`"),
    *[(["replay", order], 2, "needs NAME") for order in ORDERS], (["replay", "seek", "good"], 2, "NAME TO"),
    (["replay", "pace", "good"], 2, "NAME PACE"), (["replay", "stop", "good", "bad"], 2, "too many"),
    (["replay", "list", "goodd"], 1, "good"), (["replay", "start", "good", "--watch", "1"], 2, "--watch"),
    (["replay", "list", "--follow"], 2, "--follow"), (["replay", "stop", "good", "--follow"], 2, "--follow"),
    (["status", "--follow"], 2, "replay start"), (["replay", "start", "good", "--folow"], 2, "`--follow`"),
    *[(["replay", order, "nobody", *(["top"] if order == "pace" else ["1s"] if order == "seek" else [])], 1, "good")
      for order in ORDERS],
    (["replay", "pause", "good"], 1, "does not run"), (["replay", "resume", "good"], 1, "not paused"),
    (["replay", "stop", "good"], 1, "does not run"), (["replay", "seek", "good", "1s"], 1, "start it first"),
    (["replay", "seek", "good", "soon"], 2, "1.5s"), (["replay", "pace", "good", "quick"], 2, "10Gbps-wire"),
    (["replay", "start", "b\udcffd"], 2, "UTF-8"), (["replay", "pace", "good", "\udcff"], 2, "UTF-8"),
])
def test_refusals(daemon, words, code, reason):
    done = daemon.sluice(*words)
    assert done.returncode == code, done.stderr
    assert reason in done.stderr and not done.stdout


def test_refusal_as_json(daemon):
    done = daemon.sluice("replay", "start", "nobody", "--follow", "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["error"]["data"]["field"] == "name"
    daemon.sluice("replay", "start", "slow")
    done = daemon.sluice("--json", "replay", "start", "slow")
    assert done.returncode == 1 and json.loads(done.stdout)["error"]["data"] == {"replay": "slow"}


def test_no_daemon(tmp_path):
    for words in (["list"], ["start", "a", "--follow"], ["stop", "a"], ["pace", "a", "top"]):
        done = subprocess.run([SLUICE, "--socket", tmp_path / "none", "replay", *words], capture_output=True, text=True,
                              timeout=10, check=False)
        assert done.returncode == 3 and "sluiced" in done.stderr and not done.stdout


# Following

def test_follow_to_the_verdict(daemon):
    done = daemon.sluice("replay", "start", "good", "--follow")
    assert done.returncode == 0 and not done.stderr and "\033" not in done.stdout and "\r" not in done.stdout
    lines = done.stdout.splitlines()
    assert re.match(r" *\d+\.\d % \[[ #▇]{20}\]  \d+ sent", lines[0])
    assert lines[-6] == f"replay good done: 464 packets, {sum(len(packet.data) for packet in LINE) / 1000:.1f} kB, 1 of 1 loop"
    assert lines[-5] == "asked    2.00 kpps for 0.231500 s"
    assert re.match(r"achieved [\d.]+ k?pps for \d+\.\d{6} s, [\d.]+ [num]?s \(\d+\.\d{4} %\) (longer|shorter)$", lines[-4])
    assert re.match(r"error    p50 .*, p99 .*, p99\.9 .*, max .* [num]?s, handed to the NIC$", lines[-3])
    assert re.match(r"late     \d+; 0 dropped, 0 underruns$", lines[-2])
    assert lines[-1] == "verdict  pass: p99 is within 10.0 s, nothing dropped, no underrun"


def test_follow_without_tolerance(daemon):
    done = daemon.sluice("--follow", "replay", "start", "plain")
    assert done.returncode == 0
    assert "asked    as fast as it goes" in done.stdout and "error    not measured" in done.stdout
    assert done.stdout.endswith("verdict  not judged: the replay has no tolerance\n")


def test_follow_to_a_verdict_of_fail(daemon):
    done = daemon.sluice("replay", "start", "bad", "--follow")
    assert done.returncode == 1 and not done.stderr
    assert done.stdout.endswith("verdict  fail: p99 is more than 1 ns\n")


def test_follow_what_fails(daemon):
    done = daemon.sluice("replay", "start", "damaged", "--follow")
    assert done.returncode == 1
    assert "replay damaged failed" in done.stdout and "damaged.pcap: record" in done.stdout.splitlines()[-1]
    assert "damaged failed: damaged.pcap: record" in daemon.sluice("replay", "list").stdout


def test_follow_as_json(daemon):
    """No progress, but the last answer as it came; the exit code says the same."""
    for name, code, result in (("good", 0, "pass"), ("bad", 1, "fail")):
        done = daemon.sluice("replay", "start", name, "--follow", "--json")
        assert done.returncode == code and len(done.stdout.splitlines()) == 1
        replay = json.loads(done.stdout)["replays"][name]
        assert replay["ended"] is True and replay["verdict"]["result"] == result


@contextlib.contextmanager
def following(daemon, name, **more):
    with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "replay", "start", name, "--follow"], text=True,
                          **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}) as process:
        try:
            daemon.until(lambda status: status["replays"][name]["state"] == "running")
            time.sleep(0.4)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_following_alone(daemon, number):
    with following(daemon, "slow") as process:
        process.send_signal(number)
        text, err = process.communicate(timeout=5)
    assert process.returncode == 1 and "goes on" in err and "replay stop slow" in err
    assert "verdict" not in text
    assert looked(daemon, "slow")["state"] == "running"


def test_somebody_else_stops_it(daemon):
    with following(daemon, "slow") as process:
        daemon.sluice("replay", "stop", "slow")
        text, err = process.communicate(timeout=5)
    assert process.returncode == 0 and not err
    assert "replay slow stopped: " in text and "verdict  pass" in text


def test_remaining_time(daemon):
    """At 10 packets a second, in lines a second apart; a pause makes no difference."""
    with following(daemon, "slow") as process:
        time.sleep(2.5)
        daemon.sluice("replay", "pause", "slow")
        time.sleep(2.2)
        daemon.sluice("replay", "resume", "slow")
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        lines = process.communicate(timeout=5)[0].splitlines()
    assert 5 <= len(lines) <= 9, lines
    assert any(line.endswith("paused") for line in lines)
    told = [match for line in lines if (match := re.search(r"(\d+) sent .* ([\d.]+) s left$", line))]
    assert len(told) >= 3 and all(float(match[2]) == pytest.approx((464 - int(match[1])) / 10, rel=0.25)
                                  for match in told[1:]), lines


def test_endless_has_no_share(daemon):
    with following(daemon, "endless") as process:
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        text = process.communicate(timeout=5)[0]
    assert re.search(r"^loop [123]  [\d,]+ sent  [\d.]+ k?pps$", text, re.MULTILINE) and "%" not in text


def test_reader_that_leaves(daemon):
    command = f"set -o pipefail; {SLUICE} --socket {daemon.run_dir} replay start slow --follow | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 1 and len(done.stdout.splitlines()) == 1 and "goes on" in done.stderr


def test_bar_on_a_terminal(daemon):
    """One line, written again and again, within the terminal's width."""
    ours, theirs = pty.openpty()
    subprocess.run(["stty", "cols", "40"], stdin=theirs, check=True)
    environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    with following(daemon, "slow", stdout=theirs, env=environment) as process:
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert "goes on" in process.communicate(timeout=5)[1]
    os.close(theirs)
    text = b""
    with contextlib.suppress(OSError):
        while part := os.read(ours, 65536):
            text += part
    os.close(ours)
    drawn = text.decode().split("\033[A")
    assert len(drawn) >= 4
    for line in drawn:
        match = re.fullmatch(r"\r(.*)\033\[K\r\n", line)
        assert match and len(match[1]) <= 39, line
        assert re.match(r" +\d\.\d % \[▇? {19,20}\]", match[1])


def test_daemon_that_ends_meanwhile(tmp_path):
    what = config({"wan": {"vdev": "net_null0,no-rx=1"}})
    what["replays"] = {"slow": replays()["slow"]}
    with Daemon(what, tmp_path) as daemon:
        with following(daemon, "slow") as process:
            daemon.stop()
            err = process.communicate(timeout=5)[1]
        assert process.returncode == 3 and "daemon" in err


# Where else replays show

def test_status(daemon):
    daemon.sluice("replay", "start", "good", "--follow")
    text = daemon.sluice("status").stdout
    assert re.search(r"^REPLAY +TO ", text, re.MULTILINE)
    assert re.search(r"^replay good done: 464 packets", text, re.MULTILINE) and "\nverdict  pass" in text
    assert "replay endless running" not in text


def test_drops(daemon):
    daemon.sluice("replay", "start", "good", "--follow")
    lines = daemon.sluice("drops").stdout.splitlines()
    head = next(line for line in lines if line.startswith("PACKETS OF"))
    assert head.split()[2:5] == ["RECEIVED", "REPLAYED", "MIRRORED"]
    row = next(line for line in lines if line.startswith("wan "))
    replayed = daemon.call("drops")["ports"]["wan"]["replayed"]
    assert row.split()[2] == f"{replayed:,}" and row.endswith("balanced")


def test_offline_report(tmp_path):
    what = config({"wan": out("wan")})
    what["replays"] = {name: {**keys, "start": start} for (name, keys), start in
                       zip(replays().items(), ["auto", "manual"]) if keys["to"] == "wan"}
    run = Run([SLUICED, "offline", write_config(tmp_path / "config.yaml", what)], tmp_path)
    assert run.code == 0, run.err
    assert re.search(r"^REPLAY +SENT +BYTES +LOOPS +LATE +TRUNCATED$", run.out, re.MULTILINE)
    assert re.search(r"^good +464 +\S+ kB +1 +0 +0$", run.out, re.MULTILINE)
    assert re.search(r"^bad +0 +0 B +0 +0 +0$", run.out, re.MULTILINE)
    assert "verdict" not in run.out


def test_a_config_without_replays(tmp_path):
    with Daemon(config({"wan": {"vdev": "net_null0,no-rx=1"}}), tmp_path) as daemon:
        assert daemon.sluice("replay", "list").stdout == "the config has no replays\n"
        assert "REPLAY" not in daemon.sluice("status").stdout
        assert "REPLAYED" not in daemon.sluice("drops").stdout
        assert "no replay" in daemon.sluice("replay", "start", "a").stderr
        assert "no replays" in daemon.sluice("replay", "start", "--all").stderr


def test_completion(daemon):
    follow = [command.split()[1] for command in commands() if command.startswith("replay ")]
    assert sorted(complete("replay", "")) == sorted(follow)
    for order in ORDERS:
        assert complete("--socket", daemon.run_dir, "replay", order, "") == list(daemon.what["replays"])
    assert complete("--socket", daemon.run_dir, "replay", "stop", "en") == ["endless"]
    assert complete("replay", "pace", "good", "to") == ["top"]
    assert complete("replay", "seek", "good", "") == []
    assert complete("--socket", "/none", "replay", "start", "") == []
