# SPDX-License-Identifier: BSD-3-Clause
"""The socket and the client, against a daemon without packets: no privileges, no DPDK."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time

import pytest

import control_stress
from control_stress import Client
from lib.offline import BUILD, ROOT, SLUICE

FAKE_DAEMON = BUILD / "tests" / "unit" / "fake_daemon"
READING = ["status", "ports", "rules", "policers", "dedups", "workers", "drops", "memory", "config show", "replay list"]


class Daemon:
    """Sockets' paths are short, so the run-dir is not below pytest's."""

    def __init__(self, prepare_ms=0):
        self.own = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.run_dir = f"{self.own.name}/run"
        self.control = f"{self.run_dir}/control.sock"
        self.stats = f"{self.run_dir}/stats.sock"
        self.prepare_ms = prepare_ms
        self.process = None
        self.start()

    def start(self):
        # A sanitizer keeps what is freed, to find who uses it; the tests look for what is not freed.
        environment = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
        self.process = subprocess.Popen([FAKE_DAEMON, self.run_dir, str(self.prepare_ms)], stderr=subprocess.PIPE,
                                        text=True, env=environment)
        deadline = time.monotonic() + 10
        while True:
            try:
                Client(self.stats).close()
                return
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None
                time.sleep(0.01)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        err = self.process.communicate(timeout=20)[1]
        return self.process.returncode, err

    def sluice(self, *words, **more):
        return subprocess.run([SLUICE, "--socket", self.run_dir, *words], capture_output=True, text=True, timeout=60,
                              check=False, **more)


@pytest.fixture(name="daemon")
def running():
    daemon = Daemon()
    yield daemon
    code, err = daemon.stop()
    daemon.own.cleanup()
    assert code == 0, err


def config_file(tmp_path, daemon, old="", new=""):
    path = tmp_path / "config.yaml"
    path.write_text(daemon.sluice("config", "show").stdout.replace(old, new), encoding="utf-8")
    return path


# The sockets

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


def test_nobody_waits_for_a_compile(daemon, tmp_path):
    slow = Daemon(prepare_ms=1500)
    path = str(config_file(tmp_path, slow))
    applier, other = Client(slow.control), Client(slow.control)
    applier.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "config.apply", "params": {"file": path}}).encode()
                 + b"\n")
    start = time.monotonic()
    while time.monotonic() - start < 1:
        asked = time.monotonic()
        assert other.result("status")["applied"] == 0
        assert time.monotonic() - asked < 0.2
    assert applier.receive()["result"]["applied"] is True
    # Whoever leaves while it goes on: it is done all the same.
    leaver = Client(slow.control)
    leaver.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "config.apply", "params": {"file": path}}).encode()
                + b"\n")
    leaver.close()
    deadline = time.monotonic() + 10
    while other.result("status")["applied"] != 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert slow.stop()[0] == 0
    slow.own.cleanup()


def test_a_pipe_is_no_config(daemon, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    answer = Client(daemon.control).ask("config.apply", file=str(tmp_path / "pipe"))
    assert answer["error"]["code"] == -32602


def test_stalled_and_garbage_clients(daemon):
    control_stress.stress(daemon.control, daemon.process.pid)


# The client

@pytest.mark.parametrize("command", READING)
def test_reading(daemon, command):
    words = command.split()
    done = daemon.sluice(*words)
    assert done.returncode == 0 and done.stdout and not done.stderr
    assert "\033" not in done.stdout
    result = json.loads(daemon.sluice("--json", *words).stdout)
    assert result.keys() == Client(daemon.stats).result(command.replace(" ", ".")).keys()
    assert json.loads(daemon.sluice(*words, "--json").stdout).keys() == result.keys()


def table(daemon, *words):
    """The rows of the first table by their first word."""
    done = daemon.sluice(*words)
    assert done.returncode == 0 and not done.stderr, done.stderr
    lines = done.stdout.split("\n\n", maxsplit=1)[0].splitlines()[1:]
    return {line.split()[0]: line for line in lines if not line.startswith("---")}


def test_sorted_tables(daemon):
    rules = json.loads(daemon.sluice("rules", "--json").stdout)["rules"]
    by_packets = sorted(rules, key=lambda name: -rules[name]["packets"])
    assert by_packets != list(rules)
    assert list(table(daemon, "rules", "--sort", "packets"))[:-2] == by_packets
    assert list(table(daemon, "rules", "--sort", "NAME"))[:-2] == sorted(rules)
    drops = json.loads(daemon.sluice("drops", "--json").stdout)["drops"]
    by_count = sorted(drops, key=lambda reason: -drops[reason])
    assert by_count != list(drops) and list(table(daemon, "drops", "--sort", "packets")) == by_count
    ports = json.loads(daemon.sluice("ports", "--json").stdout)["ports"]
    assert list(table(daemon, "ports", "--sort", "name")) == sorted(ports)
    for column, member in (("in", "rx_packets"), ("out", "tx_packets"), ("missed", "missed")):
        assert list(table(daemon, "ports", "--sort", column)) == sorted(ports, key=lambda name: -ports[name][member])
    assert table(daemon, "workers", "--sort", "busy").keys() == table(daemon, "workers").keys()


def test_the_first_rows(daemon):
    rules = json.loads(daemon.sluice("rules", "--json").stdout)["rules"]
    busiest = max(rules, key=lambda name: rules[name]["packets"])
    some = table(daemon, "rules", "--sort", "packets", "--top", "1")
    assert list(some) == [busiest, f"({len(rules) - 1}", "(rules", "decided"]
    # The sum stays that of all.
    assert some["decided"] == table(daemon, "rules")["decided"]
    assert list(table(daemon, "drops", "--top", "2")) == list(table(daemon, "drops"))[:2]
    assert table(daemon, "rules", "--top", "1000") == table(daemon, "rules")


def test_rows_that_counted(daemon):
    drops = json.loads(daemon.sluice("drops", "--json").stdout)["drops"]
    some = [reason for reason, count in drops.items() if count]
    assert 0 < len(some) < len(drops) and list(table(daemon, "drops", "--nonzero")) == some
    ports = json.loads(daemon.sluice("ports", "--json").stdout)["ports"]
    assert list(table(daemon, "ports", "--nonzero")) == [name for name, port in ports.items()
                                                          if port["rx_packets"] + port["tx_packets"]]


def test_picked_rows_have_their_own_rates(daemon):
    with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "workers", "--watch", "0.1", "--sort", "now", "--top", "1"],
                          stdout=subprocess.PIPE, text=True) as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=5)[0]
        assert process.returncode == 0
    assert out.count("CYCLES/PACKET") >= 2 and "NOW" in out


def test_watch_ends_with_ctrl_c(daemon):
    with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "--watch", "0.1", "ports"], stdout=subprocess.PIPE,
                          text=True) as process:
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=5)[0]
        assert process.returncode == 0
    assert out.count("PACKETS IN") >= 3 and "bit/s" in out


def test_watch_ends_with_the_daemon(daemon):
    with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "--watch", "0.1", "status"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        time.sleep(0.3)
        daemon.stop()
        err = process.communicate(timeout=5)[1]
        assert process.returncode == 3 and "daemon" in err


@pytest.mark.parametrize("words, code, reason", [
    ([], 2, "Usage"), (["stats"], 2, "`status`"), (["config"], 2, "show, check, diff, apply"),
    (["config", "aply", "x"], 2, "`config apply`"), (["config", "apply"], 2, "FILE"), (["status", "now"], 2, "too many"),
    (["--jsn", "status"], 2, "`--json`"), (["--watch"], 2, "needs a value"), (["--watch", "0", "status"], 2, "seconds"),
    (["--watch", "nan", "status"], 2, "seconds"), (["shutdown", "--watch", "1"], 2, "--watch"),
    (["rules", "--sort", "packts"], 2, "`packets`"), (["drops", "--sort", "bytes"], 2, "takes name, packets, now"),
    (["memory", "--top", "1"], 2, "rules, policers, dedups, drops, ports and workers"), (["rules", "--top", "0"], 2, "from 1 on"),
    (["rules", "--top", "x"], 2, "from 1 on"),
    (["status", "--nonzero"], 2, "rules, policers, dedups, drops, ports and workers"), (["wait", "runninge"], 2, "`running`"), (["wait", "--timeout", "0"], 2, "seconds"),
    (["status", "--timeout", "1"], 2, "sluice wait"), (["replay", "pause", "--all"], 2, "replay start"),
    (["replay", "start", "a", "--all"], 2, "in place of"), (["replay", "start", "--all", "--follow"], 2, "one replay"),
    (["call", "stauts"], 1, "status"), (["call", "status", "{"], 2, "JSON"), (["call", "status", "[]"], 1, "params"),
    (["call", "log.level", '{"level":"loud"}'], 1, "level"), (["config", "check", "/none"], 2, "/none"),
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
    with subprocess.Popen([SLUICE, "--json", "--socket", daemon.run_dir, "--watch", "0.1", "status"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(0.3)
        daemon.stop()
        lines = process.communicate(timeout=10)[0].splitlines()
        assert process.returncode == 3 and json.loads(lines[-1])["error"]["code"] == 3


@pytest.mark.parametrize("group", ["config", "port", "replay"])
def test_help_of_a_group(group):
    done = subprocess.run([SLUICE, group, "--help"], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 0 and not done.stderr
    described = re.findall(r"^  sluice ((?:[a-z]+ ?)+)", done.stdout, re.MULTILINE)
    assert [words.strip() for words in described] == [words for words in commands() if words.startswith(group + " ")]
    alone = subprocess.run([SLUICE, group], capture_output=True, text=True, timeout=10, check=False)
    assert alone.returncode == 2 and not alone.stdout
    assert all(words.split()[1] in alone.stderr for words in commands() if words.startswith(group + " "))


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
    with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "wait", "--timeout", "20"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        time.sleep(0.3)
        assert process.poll() is None
        daemon.start()
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "sluiced: running\n", "")


def test_wait_for_a_daemon_that_goes(daemon):
    with subprocess.Popen([SLUICE, "--socket", daemon.run_dir, "wait", "stopped"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
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


# One table of words

def commands():
    text = subprocess.run([SLUICE, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  sluice ([a-z]+(?: [a-z]+)?)", text, re.MULTILINE)


def options():
    text = subprocess.run([SLUICE, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"--[a-z][a-z-]*", text))


def test_commands_are_those_of_the_manual():
    page = (ROOT / "docs" / "man" / "sluice.1").read_text(encoding="ascii")
    described = re.findall(r"^\.It Cm ([a-z ]+?)(?: Ar .*)?$", page, re.MULTILINE)
    assert sorted(described) == sorted(commands())
    assert set("--" + name for name in re.findall(r"Fl -([a-z][a-z-]*)", page)) == options()


def test_rows_are_no_answers(daemon):
    """What is printed as it came is not chosen from."""
    done = daemon.sluice("rules", "--top", "1", "--json")
    assert done.returncode == 2 and "tables" in json.loads(done.stdout)["error"]["message"]


def complete(*words):
    """What bash offers for the last of the words."""
    script = ("source /usr/share/bash-completion/bash_completion; source app/sluice/completion.bash; "
              "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}; "
              "COMP_TYPE=9; COMP_KEY=9; _sluice; printf '%s\\n' \"${COMPREPLY[@]}\"")
    environment = {**os.environ, "PATH": f"{SLUICE.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script, "bash", "sluice", *words], cwd=ROOT, capture_output=True, text=True,
                          env=environment, check=True)
    return done.stdout.split()


def test_completion():
    assert sorted(complete("")) == sorted({command.split()[0] for command in commands()})
    follow = [command.split()[1] for command in commands() if command.startswith("config ")]
    assert sorted(complete("config", "")) == sorted(follow)
    assert set(complete("--")) == options()
    assert complete("--json", "sta") == ["status"]
    assert complete("--socket", "/tmp", "config", "ap") == ["apply"]
    assert complete("ports", "--sort", "in-") == ["in-bytes", "in-now"]
    assert complete("--top", "5", "drops", "--sort", "") == ["name", "packets", "now"]
    assert "README.md" in complete("config", "apply", "READ")


def test_completion_of_methods(daemon):
    assert complete("--socket", daemon.run_dir, "call", "config.a") == ["config.apply"]
    assert complete("--socket", "/none", "call", "config.a") == []
    assert complete("--socket", daemon.run_dir, "drops", "no-memb") == ["no-member"]
    assert complete("--socket", daemon.run_dir, "workers", "") == ["2"]
