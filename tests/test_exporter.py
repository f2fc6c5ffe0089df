# SPDX-License-Identifier: BSD-3-Clause
"""sluice-exporter: what it answers, to whom, for how long, and what it says when it can't."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

from lib import fake
from lib.exporter import EXPORTER, Exporter, free_port
from lib.offline import ROOT, SLUICE
from lib.prometheus import Text


@pytest.fixture(name="daemon")
def running():
    with fake.Daemon() as daemon:
        yield daemon


@pytest.fixture(name="exporter")
def serving(daemon):
    with Exporter(daemon.run_dir) as exporter:
        yield exporter


def test_says_what_the_client_says(daemon, exporter):
    told, printed = exporter.metrics(), Text(daemon.sluice("metrics").stdout)
    assert told.samples.keys() == printed.samples.keys()
    assert told.get("sluice_ledger_in_packets_total") == printed.get("sluice_ledger_in_packets_total")
    assert exporter.stop() == ""


def test_memory_is_given_back(daemon, exporter):
    """What a scrape takes is there for the next, also of a daemon that is not there."""
    def memory():
        with open(f"/proc/{exporter.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmData:\s+(\d+) kB", status.read()).group(1))

    for _ in range(20):
        exporter.metrics()
    before = memory()
    for _ in range(200):
        assert exporter.metrics().get("sluice_up") == 1
    daemon.stop()
    for _ in range(20):
        assert exporter.metrics().get("sluice_up") == 0
    assert memory() <= before + 1024


def test_paths_and_methods(exporter):
    status, headers, text = exporter.ask("/")
    assert status == 200 and headers["Content-Type"].startswith("text/html") and 'href="/metrics"' in text
    status, headers, text = exporter.ask(method="HEAD")
    assert status == 200 and text == "" and int(headers["Content-Length"]) > 1000
    status, headers, text = exporter.ask(method="POST")
    assert status == 405 and headers["Allow"] == "GET, HEAD"
    for path in ("/metrics/", "/../metrics", "/x"):
        assert exporter.ask(path)[0] == 404
    assert exporter.ask("/metrics?name=x")[0] == 200


def test_rules_are_capped(daemon):
    with Exporter(daemon.run_dir, "--rules", "1") as exporter:
        told = exporter.metrics()
        assert len(told.labelled("sluice_rule_packets_total", "rule")) == 2
        assert told.get("sluice_exporter_rules_omitted") == told.get("sluice_rules") - 2


def test_a_daemon_that_is_not_there(daemon, exporter):
    """200, so that what is down is seen in the numbers; said once, however often it is asked."""
    daemon.stop()
    for _ in range(5):
        told = exporter.metrics()
        assert told.get("sluice_up") == 0 and "sluice_ledger_balanced" not in told.types
    daemon.start()
    assert exporter.metrics().get("sluice_up") == 1
    said = exporter.stop().splitlines()
    assert len(said) == 2 and "is sluiced running?" in said[0] and said[1] == "the daemon answers again"


def test_a_daemon_that_does_not_move(daemon):
    """Who asks is answered in the time that is left to it, and not kept waiting one after the other."""
    with Exporter(daemon.run_dir, "--timeout", "1") as exporter:
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            for _ in range(20):
                assert exporter.metrics().get("sluice_up") == 0
            assert 1 <= time.monotonic() - began < 15
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + 30
        while exporter.metrics().get("sluice_up") == 0:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert "took more than 1 s" in exporter.stop()


def test_a_socket_that_takes_nobody(tmp_path):
    """Connecting itself may wait for ever, where a daemon does not move and its queue is full."""
    with socket.socket(socket.AF_UNIX) as full:
        full.bind(str(tmp_path / "stats.sock"))
        full.listen(0)
        waiting = []
        for _ in range(4):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(0.2)
            waiting.append(client)
            try:
                client.connect(str(tmp_path / "stats.sock"))
            except OSError:
                break
        with Exporter(tmp_path / "stats.sock", "--timeout", "0.5") as exporter:
            assert exporter.metrics().get("sluice_up") == 0
            assert "does not move" in exporter.stop()
        for client in waiting:
            client.close()


def test_the_time_that_prometheus_has(daemon):
    with Exporter(daemon.run_dir, "--timeout", "60") as exporter:
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            assert exporter.metrics(headers={"X-Prometheus-Scrape-Timeout-Seconds": "1"}).get("sluice_up") == 0
            assert time.monotonic() - began < 30
        finally:
            daemon.process.send_signal(signal.SIGCONT)
    for words in ("", "x", "nan", "-1", "1e999"):
        with Exporter(daemon.run_dir) as exporter:
            assert exporter.ask(headers={"X-Prometheus-Scrape-Timeout-Seconds": words})[0] == 200


def test_slow_clients_are_in_nobodys_way(exporter):
    """More of them than are served at once: whoever came first leaves."""
    slow, began = [], time.monotonic()
    for words in (b"", b"GET /metr", b"GET /metrics HTTP/1.1\r\nA: "):
        for _ in range(40):
            client = exporter.connect()
            client.sendall(words)
            slow.append(client)
    assert exporter.metrics().get("sluice_up") == 1
    # Those that ask and do not read are no different.
    for _ in range(60):
        client = exporter.connect()
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        slow.append(client)
    assert exporter.metrics().get("sluice_up") == 1
    # Otherwise who comes waits until those before have had their 20 seconds.
    assert time.monotonic() - began < 19
    assert len(os.listdir(f"/proc/{exporter.process.pid}/fd")) < 80
    for client in slow:
        client.close()
    assert exporter.stop() == ""


ODD = {
    "long path": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    "bytes": b"\x00\xff\xfe\r\n\r\n", "another version": b"GET /metrics HTTP/9.9\r\n\r\n", "empty lines": b"\r\n" * 1000,
    "large chunk": b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    "below zero": b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100_000,
    "many requests": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 500, "for the daemon": b'{"jsonrpc":"2.0","id":1,"method":"hello"}\n',
}


@pytest.mark.parametrize("words", ODD.values(), ids=ODD)
def test_what_is_no_request_harms_nobody(exporter, words):
    with exporter.connect() as client:
        try:
            client.settimeout(1)
            client.sendall(words)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        except OSError:
            pass
    assert exporter.metrics().get("sluice_up") == 1
    assert exporter.stop() == ""


def test_it_ends_while_others_wait(exporter):
    with exporter.connect() as client:
        client.sendall(b"GET /metrics")
        exporter.metrics()
        exporter.process.send_signal(signal.SIGINT)
        assert exporter.process.wait(timeout=20) == 0


def test_after_a_kill_the_port_is_free(daemon, exporter):
    exporter.metrics()
    exporter.process.kill()
    exporter.stop(-signal.SIGKILL)
    again = subprocess.Popen([EXPORTER, "--socket", daemon.run_dir, "--listen", str(exporter.port)])
    exporter.process = again
    deadline = time.monotonic() + 20
    while True:
        try:
            assert exporter.metrics().get("sluice_up") == 1
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline and again.poll() is None
    again.terminate()
    assert again.wait(timeout=20) == 0


def test_a_socket_of_the_service_manager(daemon):
    port = free_port()
    with subprocess.Popen(["systemd-socket-activate", "-l", f"127.0.0.1:{port}", f"--setenv=SLUICE_SOCKET={daemon.stats}",
                           EXPORTER], stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while True:
            done = subprocess.run(["/usr/bin/python3", "-c", "import sys, urllib.request as ask\n"
                                   f"sys.stdout.write(ask.urlopen('http://127.0.0.1:{port}/metrics').read().decode())"],
                                  capture_output=True, text=True, check=False)
            if done.returncode == 0:
                break
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        assert Text(done.stdout).get("sluice_up") == 1
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.parametrize("words, code, reason", [
    (["--listen", "x"], 2, "--listen takes"), (["--listen", "1:2:3"], 2, "--listen takes"), (["--listen", "[::1]"], 2, "--listen takes"),
    (["--listen", "127.0.0.1:65536"], 2, "--listen takes"), (["--listen", "localhost:1"], 2, "--listen takes"),
    (["--listen", ":1"], 2, "--listen takes"), (["--listen", ""], 2, "--listen takes"),
    (["--listen", "192.0.2.1:29812"], 1, "another place"), (["--rules", "x"], 2, "--rules takes"),
    (["--timeout", "0"], 2, "--timeout takes"), (["--timeout", "nan"], 2, "--timeout takes"), (["--lsten", "1"], 2, "`--listen`"),
    (["--listen"], 2, "needs a value"), (["metrics"], 2, "unknown word"),
])
def test_refusals(words, code, reason):
    done = subprocess.run([EXPORTER, *words], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == code and done.stderr.startswith("sluice-exporter: ") and reason in done.stderr
    assert not done.stdout


def test_a_place_that_is_taken(exporter):
    done = subprocess.run([EXPORTER, "--listen", str(exporter.port)], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1 and "somebody else does" in done.stderr


def test_the_other_protocol(daemon):
    port = free_port()
    with subprocess.Popen([EXPORTER, "--socket", daemon.run_dir, "--listen", f"[::1]:{port}"]) as process:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("::1", port)).close()
                break
            except OSError:
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.02)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", port))
        process.terminate()


def test_help_manual_and_completion_say_the_same():
    text = subprocess.run([EXPORTER, "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"--[a-z]+", text))
    assert max(map(len, text.split("\n"))) <= 80
    page = (ROOT / "docs" / "man" / "sluice-exporter.8").read_text(encoding="ascii")
    assert {f"--{name}" for name in re.findall(r"^\.It .*?Fl -([a-z]+)", page, re.MULTILINE)} == options
    script = ("source /usr/share/bash-completion/bash_completion; source app/exporter/completion.bash; "
              "COMP_WORDS=(sluice-exporter --); COMP_CWORD=1; COMP_LINE='sluice-exporter --'; COMP_POINT=${#COMP_LINE}; "
              "COMP_TYPE=9; COMP_KEY=9; _sluice_exporter; printf '%s\\n' \"${COMPREPLY[@]}\"")
    offered = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert set(offered) == options
    version = subprocess.run([EXPORTER, "--version"], capture_output=True, text=True, check=True).stdout
    assert version.split()[1] == subprocess.run([SLUICE, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
