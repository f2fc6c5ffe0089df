# SPDX-License-Identifier: BSD-3-Clause
"""The client: what it says, takes and returns."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest

from lib.fake import config_file, Daemon
from lib.offline import SLUICE


@pytest.fixture(name="daemon")
def running():
    with Daemon() as daemon:
        yield daemon


@pytest.mark.parametrize("words, code, reason", [
    ([], 2, "Usage"), (["stats"], 2, "`status`"), (["config"], 2, "show, check, diff, apply"),
    (["config", "aply", "x"], 2, "`config apply`"), (["config", "apply"], 2, "FILE"), (["status", "now"], 2, "too many"),
    (["--jsn", "status"], 2, "`--json`"), (["--watch"], 2, "needs a value"), (["--watch", "0", "status"], 2, "seconds"),
    (["--watch", "nan", "status"], 2, "seconds"), (["shutdown", "--watch", "1"], 2, "--watch"),
    (["rules", "--sort", "packts"], 2, "`packets`"), (["drops", "--sort", "bytes"], 2, "takes name, packets, now"),
    (["memory", "--top", "1"], 2, "rules, policers, dedups, returns, drops, ports and workers"), (["rules", "--top", "0"], 2, "from 1 on"),
    (["rules", "--top", "x"], 2, "from 1 on"),
    (["status", "--nonzero"], 2, "rules, policers, dedups, returns, drops, ports and workers"), (["wait", "runninge"], 2, "`running`"), (["wait", "--timeout", "0"], 2, "seconds"),
    (["status", "--timeout", "1"], 2, "sluice wait"), (["replay", "pause", "--all"], 2, "replay start"),
    (["replay", "start", "a", "--all"], 2, "in place of"), (["replay", "start", "--all", "--follow"], 2, "one replay"),
    (["call", "stauts"], 1, "status"), (["call", "status", "{"], 2, "JSON"), (["call", "status", "[]"], 1, "params"),
    (["call", "log.level", '{"level":"loud"}'], 1, "level"), (["config", "check", "/none"], 2, "/none"),
    (["replay", "list", "nosuch"], 1, 'there is no "nosuch"; without names all are listed\n'),
])
def test_refusals(daemon, words, code, reason):
    done = daemon.sluice(*words)
    assert done.returncode == code
    assert reason in done.stderr
    assert not done.stdout
    # The same for a program: the client's own errors have its exit code, the daemon's one below zero.
    said = daemon.sluice(*words, "--json")
    error = json.loads(said.stdout)["error"]
    assert said.returncode == code and said.stderr
    assert error["code"] == code or error["code"] < 0
    assert error["message"]


def test_errors_are_json_everywhere(daemon, tmp_path):
    """Wherever it fails: options, words, files, an answer that is none, a daemon that goes away."""
    def error(*words, **more):
        done = daemon.sluice(*words, **more)
        assert done.returncode != 0 and done.stderr.startswith("sluice: ")
        return json.loads(done.stdout)["error"]

    assert error("--js", "bogus")["code"] == 2
    assert error("status", "--watch", "--json")["code"] == 2
    assert error("config", "apply", str(tmp_path), "--json")["code"] == 1
    assert error("config", "check", "/", "--json")["message"]
    assert error("call", "config.check", json.dumps({"text": "#" * 70000}), "--json")["code"] == 1
    assert error("replay", "start", "none", "--follow", "--json")["code"] < 0
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "other"))
        other.listen()
        done = subprocess.Popen([SLUICE, "--json", "--socket", tmp_path / "other", "status"], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
        client = other.accept()[0]
        client.sendall(b"220 smtp\r\n")
        assert "JSON-RPC" in json.loads(done.communicate(timeout=10)[0])["error"]["message"]
        client.close()
    with daemon.client("--json", "--watch", "0.1", "status") as process:
        time.sleep(0.3)
        daemon.stop()
        lines = process.communicate(timeout=10)[0].splitlines()
        assert process.returncode == 3 and json.loads(lines[-1])["error"]["code"] == 3


def test_no_daemon(tmp_path):
    for words in (["status"], ["shutdown"], ["config", "apply", __file__], ["--json", "status"]):
        done = subprocess.run([SLUICE, "--socket", tmp_path / "none", *words], capture_output=True, text=True,
                              timeout=10, check=False)
        assert done.returncode == 3 and "sluiced" in done.stderr
        assert json.loads(done.stdout)["error"]["code"] == 3 if "--json" in words else not done.stdout


def test_config_round_trip(daemon, tmp_path):
    path = config_file(tmp_path, daemon)
    same = daemon.sluice("config", "diff", path)
    assert same.returncode == 0 and "the same" in same.stdout
    assert daemon.sluice("config", "diff", path, "--json").returncode == 0
    changed = config_file(tmp_path, daemon, "name: dns", "name: names")
    diff = daemon.sluice("config", "diff", changed)
    assert diff.returncode == 1 and not diff.stderr and "\n+  - name: names\n" in diff.stdout
    assert daemon.sluice("config", "diff", changed, "--json").returncode == 1
    assert daemon.sluice("config", "check", changed).returncode == 0
    assert "name: dns" in daemon.sluice("config", "show").stdout
    # What can't be compared is no difference.
    for words in (["diff", tmp_path / "none"], ["diff", tmp_path], ["diff", "-"]):
        done = daemon.sluice("config", *words, input="#" * 700000)
        assert done.returncode == 2 and done.stderr and not done.stdout
    done = daemon.sluice("config", "apply", "config.yaml", cwd=tmp_path)
    assert done.returncode == 0 and "2 lines" in done.stdout
    assert daemon.sluice("config", "show").stdout == changed.read_text(encoding="utf-8")


def test_socket_from_the_environment(daemon, tmp_path):
    def said(environment, *words):
        return subprocess.run([SLUICE, *words], capture_output=True, text=True, timeout=10, check=False,
                              env={**os.environ, **environment})

    for value in (daemon.run_dir, daemon.stats):
        assert said({"SLUICE_SOCKET": value}, "status").returncode == 0
    assert said({"SLUICE_SOCKET": daemon.run_dir}, "status", "--socket", tmp_path / "none").returncode == 3
    done = said({"SLUICE_SOCKET": str(tmp_path / "none")}, "status")
    assert done.returncode == 3 and str(tmp_path / "none") in done.stderr


def test_wait_for_a_daemon_that_comes(daemon):
    assert daemon.sluice("wait").stdout == "sluiced: running\n"
    assert daemon.sluice("wait", "running", "--json").stdout == '{"state":"running"}\n'
    daemon.stop()
    with daemon.client("wait", "--timeout", "20") as process:
        time.sleep(0.3)
        assert process.poll() is None
        daemon.start()
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "sluiced: running\n", "")


def test_wait_for_a_daemon_that_goes(daemon):
    with daemon.client("wait", "stopped") as process:
        time.sleep(0.3)
        assert process.poll() is None
        daemon.stop()
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "sluiced: stopped\n", "")


def test_wait_in_vain(daemon, tmp_path):
    start = time.monotonic()
    done = daemon.sluice("wait", "draining", "--timeout", "0.3")
    assert done.returncode == 1 and "running, not draining" in done.stderr and not done.stdout
    done = subprocess.run([SLUICE, "--socket", tmp_path / "none", "wait", "--timeout", "0.3", "--json"],
                          capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 3 and done.stderr.count("sluice: ") == 1
    assert json.loads(done.stdout)["error"]["code"] == 3
    # A daemon that does not answer takes no longer than one that is not there.
    daemon.process.send_signal(signal.SIGSTOP)
    done = daemon.sluice("wait", "--timeout", "0.3")
    daemon.process.send_signal(signal.SIGCONT)
    assert done.returncode == 3 and done.stderr.count("sluice: ") == 1
    assert time.monotonic() - start < 5


def test_config_from_standard_input(daemon):
    text = daemon.sluice("config", "show").stdout
    assert daemon.sluice("config", "apply", "-", input=text).returncode == 0
    assert daemon.sluice("config", "apply", "/dev/stdin", input=text).returncode == 0
    assert daemon.sluice("config", "apply", "-", input=text + "#" * 700000).returncode == 0


def test_findings(daemon, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("version: 1\nports:\n  a: { vdv: net_null0 }\nrulez: []\n", encoding="ascii")
    done = daemon.sluice("config", "apply", "bad.yaml", cwd=tmp_path)
    assert done.returncode == 2
    places = [line.split(": ")[0] for line in done.stderr.splitlines()]
    assert "bad.yaml:3:8" in places and "bad.yaml:4:1" in places
    done = daemon.sluice("--json", "config", "apply", path)
    assert done.returncode == 2
    assert {finding["line"] for finding in json.loads(done.stdout)["error"]["data"]["errors"]} == {3, 4}
    # What has no name that lasts is called as whoever typed called it.
    for name in ("-", "/dev/stdin"):
        done = daemon.sluice("config", "check", name, input=path.read_text(encoding="ascii"))
        assert done.returncode == 2 and f"{name}:3:8: " in done.stderr and f"{name}:4:1: " in done.stderr


def test_shutdown_waits_for_the_end(daemon):
    assert daemon.sluice("shutdown").returncode == 0
    assert not os.path.exists(daemon.control)
    assert daemon.process.wait(timeout=5) == 0


def test_readers_that_leave(daemon):
    command = f"set -o pipefail; {SLUICE} --socket {daemon.run_dir} status --watch 0.05 | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1 and not done.stderr


def test_full_disk(daemon):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([SLUICE, "--socket", daemon.run_dir, "status"], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=10, check=False)
    assert done.returncode == 1 and "write" in done.stderr


def test_what_answers_is_no_daemon(tmp_path):
    with tempfile.TemporaryDirectory(prefix="sluice-test-") as directory, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{directory}/s")
        server.listen()

        def serve():
            client = server.accept()[0]
            client.recv(1000)
            client.sendall(b"220 mail ready\n")
            client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        done = subprocess.run([SLUICE, "--socket", f"{directory}/s", "status"], capture_output=True, text=True,
                              timeout=10, check=False)
        thread.join()
        assert done.returncode == 1 and "JSON-RPC" in done.stderr


def test_starts_in_milliseconds(daemon):
    times = []
    for _ in range(20):
        start = time.monotonic()
        subprocess.run([SLUICE, "--version"], check=True, capture_output=True)
        times.append(time.monotonic() - start)
    assert sorted(times)[10] < 0.05
