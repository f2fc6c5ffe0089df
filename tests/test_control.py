# SPDX-License-Identifier: BSD-3-Clause
"""The sockets: who is let in, what is understood, and that nobody waits for another."""

import json
import os
import socket
import stat
import subprocess
import time

import pytest

import control_stress
from control_stress import Client
from lib.fake import config_file, Daemon, FAKE_DAEMON


@pytest.fixture(name="daemon")
def running():
    with Daemon() as daemon:
        yield daemon


def test_who_may_connect(daemon):
    assert stat.S_IMODE(os.stat(daemon.control).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(daemon.stats).st_mode) == 0o660


def test_second_daemon_is_refused_and_the_first_goes_on(daemon):
    second = subprocess.run([FAKE_DAEMON, daemon.run_dir], capture_output=True, text=True, timeout=10, check=False)
    assert second.returncode == 1
    assert str(daemon.process.pid) in second.stderr
    assert Client(daemon.control).result("hello")["pid"] == daemon.process.pid


def test_what_a_killed_daemon_leaves_is_not_in_the_way(daemon):
    daemon.process.kill()
    daemon.process.communicate()
    assert os.path.exists(daemon.control)
    daemon.start()
    assert Client(daemon.control).result("hello")["pid"] == daemon.process.pid


def test_nothing_is_left_at_a_clean_end(daemon):
    assert daemon.stop()[0] == 0
    assert os.listdir(daemon.run_dir) == []


def test_run_dir_that_everyone_can_write_to(daemon):
    os.mkdir(f"{daemon.own.name}/open")
    os.chmod(f"{daemon.own.name}/open", 0o777)
    done = subprocess.run([FAKE_DAEMON, f"{daemon.own.name}/open"], capture_output=True, text=True, timeout=10,
                          check=False)
    assert done.returncode == 1 and "everyone" in done.stderr


def raw(path, data, end=True):
    """Sends bytes, and returns all that comes until the daemon closes."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(path)
        client.sendall(data)
        if end:
            client.shutdown(socket.SHUT_WR)
        received = b""
        while data := client.recv(1 << 20):
            received += data
    return received


HELLO = b'{"jsonrpc":"2.0","id":1,"method":"hello"}'


LINES = {
    "one": (HELLO + b"\n", 1), "no end": (HELLO, 1), "carriage return": (HELLO + b"\r\n", 1),
    "empty lines": (b"\n\r\n\n" + HELLO + b"\n", 1), "many": ((HELLO + b"\n") * 1000, 1000),
    "two": (HELLO + b"\n" + HELLO, 2), "nothing": (b"", 0), "line feeds": (b"\n" * 100000, 0),
    "batch": (b"[]\n" + HELLO, 2), "no UTF-8": (b"\xff\xfe\n" + HELLO, 2), "NUL": (b"\0\n" + HELLO, 2),
    "longest": (b"x" * 65536 + b"\n" + HELLO, 2),
}


@pytest.mark.parametrize("method", ["rules", "status", "config.show"])
def test_an_id_is_the_clients_own(daemon, method):
    """Also one that looks like the place in an answer where rules are to stand."""
    identity = r'"\u0001rules\u0001"'
    answer = raw(daemon.control, b'{"jsonrpc":"2.0","id":%s,"method":"%s"}\n' % (identity.encode(), method.encode()))
    assert json.loads(answer)["id"] == json.loads(identity)
    plain = raw(daemon.control, b'{"jsonrpc":"2.0","id":1,"method":"%s"}\n' % method.encode())
    assert json.loads(answer)["result"].keys() == json.loads(plain)["result"].keys()


@pytest.mark.parametrize("name", LINES)
def test_lines(daemon, name):
    data, answers = LINES[name]
    lines = raw(daemon.control, data).splitlines()
    assert len(lines) == answers
    for line in lines:
        answer = json.loads(line)
        assert ("result" in answer) != ("error" in answer)


TOO_MUCH = {
    "byte": b"x" * 65537, "byte and end": b"x" * 65537 + b"\n", "megabytes": b"x" * 3000000, "nesting": b"[" * 17 + b"\n",
    "nesting, then more": b"[" * 17 + b"\n" + HELLO,
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_past_a_limit_the_client_is_told_and_closed(daemon, name):
    data = TOO_MUCH[name]
    lines = raw(daemon.control, data, end=False).splitlines()
    assert [json.loads(line)["error"]["code"] for line in lines] == [-32000]


def test_client_beyond_the_limit(daemon):
    """Each socket has its own number, so that who may only read can't keep the owner out."""
    clients = [Client(daemon.stats) for _ in range(32)]
    for client in clients:
        client.result("hello")
    refused = Client(daemon.stats)
    assert refused.receive()["error"]["code"] == -32000
    assert refused.receive() is None
    Client(daemon.control).result("hello")
    clients.pop().close()
    time.sleep(0.1)
    Client(daemon.stats).result("hello")
    for client in clients:
        client.result("hello")


def test_ten_seconds_for_a_line(daemon):
    """However often a byte of it comes."""
    client = Client(daemon.control)
    start = time.monotonic()
    client.socket.settimeout(0.5)
    answer = None
    while answer is None and time.monotonic() - start < 20:
        client.send(b" ")
        try:
            answer = client.receive()
        except TimeoutError:
            continue
    assert 9.5 < time.monotonic() - start < 12
    assert answer["error"]["code"] == -32000 and "10 s" in answer["error"]["message"]


def test_nobody_waits_for_a_compile(tmp_path):
    with Daemon(prepare_ms=1500) as daemon:
        apply = {"jsonrpc": "2.0", "id": 1, "method": "config.apply", "params": {"file": str(config_file(tmp_path, daemon))}}
        apply = json.dumps(apply).encode() + b"\n"
        applier, other, leaver = (Client(daemon.control) for _ in range(3))
        applier.send(apply)
        start = time.monotonic()
        while time.monotonic() - start < 1:
            asked = time.monotonic()
            assert other.result("status")["applied"] == 0
            assert time.monotonic() - asked < 0.2
        assert applier.receive()["result"]["applied"] is True
        # Whoever leaves while it goes on: it is done all the same.
        leaver.send(apply)
        leaver.close()
        deadline = time.monotonic() + 10
        while other.result("status")["applied"] != 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_pipe_is_no_config(daemon, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    answer = Client(daemon.control).ask("config.apply", file=str(tmp_path / "pipe"))
    assert answer["error"]["code"] == -32602


def test_stalled_and_garbage_clients(daemon):
    control_stress.stress(daemon.control, daemon.process.pid)
