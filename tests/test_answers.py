# SPDX-License-Identifier: BSD-3-Clause
"""What answers say, whatever workers and clients do: numbers that agree, in bounded memory, while the daemon goes on."""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, check_status
from lib.daemon import test_ports as ports_of
from lib.held import held
from lib.offline import SLUICED, config


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hold a thread that no user may trace")
def test_a_worker_that_does_not_answer_says_nothing_that_disagrees(tmp_path):
    """Held wherever it just is, in the middle of a burst too: its last whole numbers are shown, with their age."""
    what = config(ports_of(wan="rx=endless,queues=1", tap="", tip=""),
                  rules=[{"name": "all", "from": ["wan"], "actions": [{"mirror": "tip"}, {"forward": "tap"}]}])
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["tap"]["tx_packets"] > 10000)
        most = 0
        for _ in range(40):
            with held(daemon):
                first, status = daemon.call("workers")["workers"][0], daemon.call("status")
                second, later = daemon.call("workers")["workers"][0], daemon.call("status")
            for found in (status, later):
                check_status(found)
                assert found["rules"]["all"]["packets"] == first["packets"]
                assert found["ports"]["wan"]["rx_packets"] == first["packets"]
                assert found["ports"]["tap"]["tx_packets"] == found["ports"]["tip"]["tx_packets"] == first["packets"]
            assert not first["fresh"] and first["packets"] == second["packets"]
            assert 0 < first["age_ns"] < second["age_ns"] < 30e9
            assert status["ledger"] == later["ledger"]
            most = max(most, later["ledger"]["held"])
            time.sleep(0.002)
        assert most > 0, "what moved since is held"
        with held(daemon):
            assert "old" in daemon.sluice("workers").stdout
        daemon.until(lambda _: daemon.call("workers")["workers"][0]["fresh"])
        status = daemon.call("status")
        check_status(status)
        assert status["ledger"]["held"] == 0
        daemon.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hold a thread that no user may trace")
def test_an_order_waits_a_tenth_of_a_second_for_a_worker(tmp_path):
    """Whoever else asks waits with it."""
    capture.write(tmp_path / "slow.pcap", [capture.Packet(second * 10**9, bytes(60), 60) for second in range(100)])
    what = config({"out": {"vdev": "net_null0,no-rx=1"}})
    what["replays"] = {"one": {"file": str(tmp_path / "slow.pcap"), "to": "out", "memory": "16MiB"}}
    with Daemon(what, tmp_path) as daemon:
        daemon.until(lambda _: daemon.call("replay.list")["replays"]["one"]["state"] == "running")
        with held(daemon):
            began = time.monotonic()
            refused = daemon.sluice("replay", "pause", "one")
            assert time.monotonic() - began < 0.3
            assert refused.returncode == 1 and "a worker does not move" in refused.stderr
        daemon.until(lambda _: daemon.call("replay.list")["replays"]["one"]["state"] == "paused")
        daemon.stop()


MANY = 100000
BOUND_MIB = 64
REQUEST = b'{"jsonrpc":"2.0","id":1,"method":"%s"}\n'


def many_rules(directory, count=MANY):
    """Written by hand: to let YAML do it takes longer than the daemon needs to read it."""
    file = directory / "many.yaml"
    rules = "".join(f"- {{ name: rule-{i}, match: {{ protocol: udp, src: 10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32 }},"
                    " actions: [ { forward: b } ] }\n" for i in range(count))
    file.write_text("version: 1\nmemory: { packets: 8191, hugepages: false }\nidle: sleep\n"
                    f"run-dir: {directory / 'run'}\nports:\n"
                    '  a: { vdev: "net_null0,no-rx=1" }\n  b: { vdev: "net_null1,no-rx=1" }\nrules:\n' + rules)
    return file


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """A daemon with many rules, what it tells the service manager, and its stats.sock."""
    directory = tmp_path_factory.mktemp("many")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(directory / "notify"))
        environment = {**os.environ, "NOTIFY_SOCKET": notify.getsockname(), "WATCHDOG_USEC": "4000000"}
        with open(directory / "log", "wb") as log:
            process = subprocess.Popen([SLUICED, "run", many_rules(directory)], stderr=log, stdout=log, env=environment)
        try:
            wait_for(notify, b"READY=1", 120)
            yield process, notify, str(directory / "run" / "stats.sock")
        finally:
            process.terminate()
            process.wait(30)


def wait_for(notify, text, seconds):
    """How long until the service manager is told that."""
    began = time.monotonic()
    notify.settimeout(seconds)
    while text not in notify.recv(4096):
        assert time.monotonic() - began < seconds
    return time.monotonic() - began


def resident_mib(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)[1]) // 1024


def whole_line(path, request, seconds=60):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(seconds)
        client.connect(path)
        client.sendall(request)
        with client.makefile("rb") as answers:
            return json.loads(answers.readline())


def test_an_answer_in_pieces_is_one_line(crowded):
    process, _, path = crowded
    for method, rules in (("rules", MANY + 1), ("status", MANY + 1)):
        answer = whole_line(path, REQUEST % method.encode())
        assert len(answer["result"]["rules"]) == rules and "rule-99999" in answer["result"]["rules"]
        assert list(answer["result"]["rules"])[-1] == "default"
    text = whole_line(path, REQUEST % b"config.show")["result"]["text"]
    assert text.count("- name:") == MANY and text.index("rule-99999") < text.index("default: ")


def ran_ns(process, name):
    """Processor time of the thread of that name; of the control thread, without a name."""
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        if int(task.name) == process.pid if name is None else (task / "comm").read_text("ascii").strip() == name:
            return int((task / "schedstat").read_text("ascii").split()[0])
    raise AssertionError(f"no thread {name}")


def test_a_long_diff_is_written_beside_the_control_thread(crowded):
    process, _, path = crowded
    path = path.replace("stats", "control")
    shown = whole_line(path, REQUEST % b"config.show")["result"]["text"]
    head, rules = shown.split("\nrules:\n")
    few = f"{head}\nrules:\n" + rules[:rules.index("  - name: rule-1\n")] + rules[rules.index("default: "):]
    request = {"jsonrpc": "2.0", "id": 1, "method": "config.diff", "params": {"text": few}}
    before = [ran_ns(process, name) for name in (None, "sluiced-render")]
    result = whole_line(path, json.dumps(request).encode() + b"\n")["result"]
    control, render = (ran_ns(process, name) - then for name, then in zip((None, "sluiced-render"), before))
    assert not result["equal"] and result["diff"].count("\n-  - name: rule-") == MANY - 1
    assert result["diff"].endswith("\n")
    assert control < render, f"{control} ns of the control thread, {render} of the other"


def test_those_who_ask_and_leave_cost_nothing(crowded):
    process, notify, path = crowded
    before, most, end = resident_mib(process), 0, time.monotonic() + 5
    number = 0
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            with contextlib.suppress(OSError):
                client.connect(path)
                client.sendall(REQUEST % (b"rules", b"status", b"config.show")[number % 3])
            time.sleep(0.002)
        most = max(most, resident_mib(process))
        number += 1
    assert most - before < BOUND_MIB, f"{before} MiB before, {most} with {number} who left"


def test_those_who_never_stop_asking_starve_nobody(crowded):
    """32 clients that ask for everything, half of whom read nothing: the watchdog is fed, and others are answered."""
    process, notify, path = crowded
    before, end = resident_mib(process), time.monotonic() + 6
    stop = threading.Event()

    def ask(number):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(0.2)
            client.connect(path)
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    client.sendall(REQUEST % (b"rules", b"status", b"config.show")[number % 3])
                    while number % 2 and not client.recv(1 << 20).endswith(b"\n"):
                        pass

    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(31)]
    for thread in threads:
        thread.start()
    most, longest = 0, 0
    try:
        while time.monotonic() < end:
            longest = max(longest, wait_for(notify, b"WATCHDOG=1", 10))
            most = max(most, resident_mib(process))
        assert whole_line(path, REQUEST % b"hello", 10)["result"]["name"] == "sluiced"
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)
    # It is to be fed once a second; a loaded machine may make it later.
    assert longest < 3
    assert most - before < BOUND_MIB, f"{before} MiB before, {most} with all of them"


def test_near_names_are_looked_for_among_so_many(tmp_path):
    """A wrong name among a million is answered as soon as one among few."""
    rules = [{"name": f"rule-{number:05}", "match": {"dst-port": number}, "actions": ["drop"]}
             for number in range(1, 10101)]
    with Daemon(config(ports_of(wan="", lan=""), rules), tmp_path, PLUGINS) as daemon:
        assert 'did you mean "rule-09999"?' in daemon.sluice("rules", "rule-09999x").stderr
        far = daemon.sluice("rules", "rule-10099x")
        assert far.returncode == 1 and "there is no" in far.stderr and "rule-10099\"" not in far.stderr
        daemon.stop()


def test_lists_by_name(tmp_path):
    ports = ports_of(wan="", lan="")
    rules = [{"name": name, "actions": [{"forward": "lan"}]} for name in ("web", "dns", "rest")]
    with Daemon(config(ports, rules), tmp_path, PLUGINS) as daemon:
        shown = daemon.sluice("rules", "web", "dns").stdout
        assert "web" in shown and "dns" in shown and "rest" not in shown and "default" not in shown
        assert "lan" not in daemon.sluice("ports", "wan").stdout
        done = daemon.sluice("rules", "wbe")
        assert done.returncode == 1 and 'did you mean "web"?' in done.stderr
        assert daemon.sluice("replay", "list", "none").returncode == 1
        assert list(daemon.call("rules", limit=1, offset=1)["rules"]) == ["dns"]
        reasons = list(daemon.call("drops")["drops"])
        some = daemon.sluice("drops", *reasons[:2]).stdout.splitlines()
        assert [line.split()[0] for line in some] == ["REASON", *reasons[:2]], "and no ledger"
        some = daemon.call("drops", names=reasons[1:2])
        assert list(some["drops"]) == reasons[1:2] and "ledger" in some
        assert "did you mean" in daemon.sluice("drops", reasons[0] + "x").stderr
        kinds = {param["name"]: param["type"] for method in daemon.call("methods")["methods"]
                 if method["name"] == "rules" for param in method["params"]}
        assert kinds == {"names": "list of strings", "limit": "integer", "offset": "integer"}
        daemon.stop()


def test_workers_by_core(tmp_path):
    """As they are named, each once, though they are a list."""
    with Daemon(config(ports_of(wan="", lan=""), workers=[0, 1], idle="sleep"), tmp_path, PLUGINS) as daemon:
        assert [worker["core"] for worker in daemon.call("workers")["workers"]] == [0, 1]
        assert [worker["core"] for worker in daemon.call("workers", names=["1"])["workers"]] == [1]
        assert [worker["core"] for worker in daemon.call("workers", limit=1)["workers"]] == [0]
        shown = daemon.sluice("workers", "1").stdout.splitlines()
        assert [line.split()[0] for line in shown if line.strip()[:1].isdigit()] == ["1", "1"], "counters, and bursts"
        done = daemon.sluice("workers", "7")
        assert done.returncode == 1 and "there is no" in done.stderr
        daemon.stop()
