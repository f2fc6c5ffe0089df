# SPDX-License-Identifier: BSD-3-Clause
"""sluiced as a service: signals, its run-dir, readiness, logs."""

import datetime
import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import time

import pytest

from lib.daemon import Client, Daemon, PLUGINS, Refused, STAMP, check_status, test_ports
from lib.offline import SLUICE, SLUICED, Run, config, write_config

IDLE = {"idle": "sleep"}


def endless(default=None, **more):
    return config(test_ports(source="rx=endless", sink="hold=64"), default=default or {"forward": "sink"}, **IDLE,
                  **more)


@pytest.fixture(name="daemon")
def running(tmp_path):
    with Daemon(endless(), tmp_path, PLUGINS) as daemon:
        yield daemon


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_drains_and_reports(number, daemon):
    daemon.until(lambda status: status["ports"]["sink"]["tx_packets"] > 10000)
    text = daemon.stop(number)
    assert "balanced" in text and "sink" in text


def test_shutdown_by_the_client(daemon):
    done = daemon.sluice("shutdown")
    assert done.returncode == 0, done.stderr
    assert daemon.process.wait(timeout=5) == 0


def test_hangup_reads_the_config_again(daemon):
    daemon.what["default"] = "drop"
    write_config(daemon.path, daemon.what)
    daemon.process.send_signal(signal.SIGHUP)
    daemon.until(lambda status: status["applied"] == 1 and status["drops"]["default"] > 0)
    daemon.stop()


def test_hangup_follows_a_link_anew(tmp_path):
    """The name is what was given, wherever it leads now."""
    what = config(test_ports(source="rx=endless", sink=""), default={"forward": "sink"}, idle="sleep")
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        os.rename(daemon.path, tmp_path / "first.yaml")
        os.symlink("first.yaml", daemon.path)
        write_config(tmp_path / "second.yaml", {**daemon.what, "default": "drop"})
        os.symlink("second.yaml", tmp_path / "link")
        os.rename(tmp_path / "link", daemon.path)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until(lambda status: status["applied"] == 1 and status["drops"]["default"] > 0)
        daemon.stop()


def test_config_from_a_pipe(tmp_path):
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as run_dir:
        path = write_config(tmp_path / "config.yaml", {**endless(), "run-dir": run_dir})
        with subprocess.Popen([SLUICED, "run", "/dev/stdin", "--plugin", PLUGINS[0]], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL) as process:
            process.stdin.write(path.read_bytes())
            process.stdin.close()
            deadline = time.monotonic() + 60
            while not os.path.exists(f"{run_dir}/control.sock"):
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.05)
            with Client(f"{run_dir}/control.sock") as client:
                client.call("shutdown")
            assert process.wait(timeout=30) == 0


def test_hangup_with_a_bad_config_changes_nothing(daemon):
    before = daemon.call("config.show")["text"]
    daemon.path.write_text("version: 1\nprots: {}\n", encoding="ascii")
    daemon.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 5
    while "prots" not in daemon.text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert daemon.call("config.show")["text"] == before
    assert daemon.call("status")["applied"] == 0
    daemon.stop()


def test_second_daemon_on_the_run_dir_is_refused(daemon, tmp_path):
    (tmp_path / "second").mkdir()
    with Daemon(endless(), tmp_path / "second", PLUGINS, run_dir=daemon.run_dir, wait=False) as second:
        assert second.process.wait(timeout=20) == 1
        assert str(daemon.process.pid) in second.text()
    assert daemon.call("hello")["pid"] == daemon.process.pid
    daemon.stop()


def test_what_a_killed_daemon_left_is_not_in_the_way(daemon, tmp_path):
    daemon.kill()
    assert os.path.exists(daemon.socket)
    (tmp_path / "next").mkdir()
    with Daemon(endless(), tmp_path / "next", PLUGINS, run_dir=daemon.run_dir) as following:
        following.until(lambda status: status["ports"]["sink"]["tx_packets"] > 0)
        following.stop()


def test_sockets_and_who_may_use_them(daemon):
    control = os.stat(daemon.socket)
    stats = os.stat(os.path.join(daemon.run_dir, "stats.sock"))
    assert stat.S_IMODE(control.st_mode) & 0o077 == 0
    assert stat.S_IMODE(stats.st_mode) & 0o007 == 0 and stat.S_IMODE(stats.st_mode) & 0o060
    with Client(os.path.join(daemon.run_dir, "stats.sock")) as client:
        assert client.call("status")["state"] == "running"
        with pytest.raises(Refused):
            client.call("shutdown")
    daemon.stop()


def test_hangups_are_joined(daemon, tmp_path):
    """Those that come while a reload is under way are one behind it, which sees what all of them meant."""
    rules = [{"name": f"r{number}", "match": {"dst-port": number % 65535 + 1}, "actions": ["drop"]} for number in range(50_000)]
    long = tmp_path / "long.yaml"
    long.write_text(json.dumps({**daemon.what, "rules": rules}), encoding="utf-8")
    with Client(daemon.socket) as other, socket.socket(socket.AF_UNIX) as asker:
        # A check that takes the thread's time meanwhile.
        asker.connect(daemon.socket)
        asker.sendall(b'{"jsonrpc":"2.0","id":1,"method":"config.check","params":{"file":"%s"}}\n' % bytes(long))
        for _ in range(20):
            other.call("hello")
            daemon.process.send_signal(signal.SIGHUP)
        daemon.what["default"] = "drop"
        write_config(daemon.path, daemon.what)
        daemon.process.send_signal(signal.SIGHUP)
        assert b'"valid":true' in asker.makefile("rb").readline()
        daemon.until(lambda status: status["applied"] == 2 and status["drops"]["default"] > 0)
        # Were there another, it would be worked on before this.
        with pytest.raises(Refused):
            other.call("config.check", text="version: 1")
    assert daemon.text().count("reading") == 2
    daemon.stop()


def test_tells_systemd(tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(10)
        with Daemon(endless(), tmp_path, PLUGINS, environment={"NOTIFY_SOCKET": path}) as daemon:
            assert b"READY=1" in notify.recv(4096)
            daemon.stop()
            assert b"STOPPING=1" in notify.recv(4096)


def test_log_lines_have_a_time_and_a_level(daemon):
    before = time.time()
    daemon.call("log.level", level="debug")
    daemon.apply({**daemon.what, "default": "drop"})
    daemon.stop()
    for line in daemon.text().splitlines():
        assert re.match(rf"{STAMP} sluiced: (info|warning|debug): ", line), line
    applied = re.search(rf"^({STAMP}) sluiced: info: config applied", daemon.text(), re.MULTILINE)
    written = datetime.datetime.fromisoformat(applied[1].replace("Z", "+00:00")).timestamp()
    assert before - 0.001 <= written <= time.time()


def test_log_lines_for_the_journal(tmp_path):
    """systemd.exec(5): $JOURNAL_STREAM names the stream, sd-daemon(3): lines begin with their priority."""
    log = tmp_path / "journal"
    with open(log, "wb") as stream:
        about = os.fstat(stream.fileno())
        environment = {**os.environ, "JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"}
        what = config({"x": {"vdev": "no_such_driver"}}, **{"run-dir": str(tmp_path)})
        path = write_config(tmp_path / "config.yaml", what)
        done = subprocess.run([SLUICED, "run", path], stderr=stream, env=environment, check=False)
    assert done.returncode == 1
    assert "<3>" in log.read_text()


def test_log_level(tmp_path):
    with Daemon(endless(), tmp_path, PLUGINS, options=["--log-level", "error"]) as daemon:
        daemon.stop()
        assert daemon.text() == ""


def test_late_frees_short_bursts_and_several_workers(tmp_path):
    """A device that keeps packets, takes few at once, and two workers: the books balance at every moment."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    ports = test_ports(source="rx=endless,queues=2", a="hold=500,accept=7,tx-queues=2", b="hold=100,tx-queues=1")
    rules = [{"name": "all", "actions": [{"mirror": "b"}, {"forward": "a"}]}]
    what = config(ports, rules, workers=cores, **IDLE)
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        for _ in range(30):
            check_status(daemon.call("status"))
            time.sleep(0.02)
        status = daemon.call("status")
        assert status["workers"] == len(cores)
        assert status["ports"]["a"]["tx_packets"] > 0 and status["ports"]["b"]["tx_packets"] > 0
        assert "balanced" in daemon.stop()


def test_full_ring_drops_under_a_name(tmp_path):
    """A device that takes a thousand packets and no more: the rest is tx-full, and its mirror goes on."""
    rules = [{"name": "all", "actions": [{"mirror": "open"}, {"forward": "full"}]}]
    what = config(test_ports(source="rx=endless", full="room=1000", open=""), rules, **IDLE)
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        status = daemon.until(lambda status: status["drops"]["tx-full"] > 1000)
        check_status(status)
        assert status["ports"]["full"]["tx_packets"] == 1000
        assert status["ports"]["open"]["tx_packets"] == status["ports"]["source"]["rx_packets"]
        daemon.stop()


def test_dead_ports_and_members(tmp_path):
    ports = test_ports(source="rx=endless", dead="link=down", alive="")
    rules = [{"name": "mirrored", "actions": [{"mirror": "dead"}, {"mirror": "none"}, {"forward": "some"}]}]
    what = config(ports, rules, groups={"some": ["dead", "alive"], "none": ["dead"]}, **IDLE)
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        status = daemon.until(lambda status: status["ports"]["alive"]["tx_packets"] > 1000)
        check_status(status)
        assert status["drops"]["port-down"] > 0 and status["drops"]["no-member"] > 0
        assert status["ports"]["dead"]["tx_packets"] == 0
        daemon.stop()


def test_pool_that_runs_dry(tmp_path):
    """A device that keeps nearly every buffer there is: nothing breaks, and all of them come back."""
    what = config(test_ports(source="rx=endless", sink="hold=60000"), default={"forward": "sink"}, **IDLE)
    what["memory"]["packets"] = 16383
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["sink"]["tx_packets"] > 1000)
        time.sleep(0.3)
        check_status(daemon.call("status"))
        daemon.stop()


@pytest.mark.parametrize("failure", ["probe", "info", "configure", "rx-queue", "tx-queue", "start"])
def test_device_that_fails_at_start(failure, tmp_path):
    what = config(test_ports(good="", bad=f"fail={failure}"), **IDLE)
    with Daemon(what, tmp_path, PLUGINS, wait=False) as daemon:
        assert daemon.process.wait(timeout=30) == 1
        assert "bad" in daemon.text()
        assert not os.path.exists(daemon.socket)


def test_client_without_a_daemon(tmp_path):
    run = Run([SLUICE, "--socket", tmp_path, "status"], tmp_path)
    assert run.code == 3 and run.err
