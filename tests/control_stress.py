#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Stalled and garbage clients beside a good one, which must hardly notice.

    control_stress.py SOCKET [PID]

A stalled client stands still in the middle of a line or of an answer; a garbage client sends what is no request.
The good client's answers are timed, and the daemon's memory must come back to where it was."""

import json
import os
import pathlib
import random
import socket
import struct
import sys
import threading
import time

STALLED = 100
GARBAGE = 1000
P99_SECONDS = 0.050
PAUSE_SECONDS = 0.002  # between two requests of the good client
SETTLE_SECONDS = 15.0  # stalled clients are closed after 10
# What allocators, a sanitizer's too, keep for later; a buffer lost with each client would be 64 MiB.
MEMORY_SLACK_KIB = 16384


class Client:
    """A client that speaks JSON-RPC, one object a line."""

    def __init__(self, path, timeout=30.0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.buffer = b""
        self.number = 0

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next line as an object; None at the end."""
        while b"\n" not in self.buffer:
            data = self.socket.recv(1 << 20)
            if not data:
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def ask(self, method, **params):
        """The whole answer, result or error."""
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method}
        if params:
            request["params"] = params
        self.send(json.dumps(request).encode() + b"\n")
        answer = self.receive()
        assert answer is not None, f"closed instead of answering {method}"
        assert answer["id"] == self.number, answer
        return answer

    def result(self, method, **params):
        answer = self.ask(method, **params)
        assert "result" in answer, answer
        return answer["result"]

    def close(self):
        self.socket.close()


def memory_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def stalled_client(path, i):
    """Stands still: in a line, before reading a heap of answers, or half-way through both."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(0.2)
    request = b'{"jsonrpc":"2.0","id":1,"method":"rules"}\n'
    try:
        client.connect(str(path))
        client.sendall([b"{", b"x" * 65000, request * 500, request * 3 + b"{"][i % 4])
    except OSError:
        pass  # turned away, or its requests are taken no faster than it reads
    return client


def garbage(rng):
    """Bytes that no client of good will sends."""
    kinds = [
        lambda: rng.randbytes(rng.randrange(1, 4000)),
        lambda: b"[" * rng.randrange(1, 70000) + b"\n",
        lambda: b"\n" * rng.randrange(1, 70000),
        lambda: b'{"jsonrpc":"2.0","id":' + rng.randbytes(20) + b"}\n",
        lambda: b'{"jsonrpc":"2.0","id":1,"method":"\xc3\x28"}\n',
        lambda: b"x" * rng.randrange(60000, 200000),
        lambda: b'{"jsonrpc":"2.0","id":1,"method":"status"}\n' * rng.randrange(1, 40),
        lambda: b'{"a":1,"a":2}\r\n\0\0\0\n',
    ]
    return rng.choice(kinds)()


def garbage_clients(path, count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.settimeout(0.5)
        try:
            client.connect(str(path))
            client.sendall(garbage(rng))
            if rng.random() < 0.3:
                client.recv(4096)
            if rng.random() < 0.2:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass  # refused, closed or slow: what garbage gets
        client.close()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def beside_garbage(path, good, count):
    """The good client's answer times while garbage comes in."""
    feeders = [threading.Thread(target=garbage_clients, args=(path, count // 4, seed)) for seed in range(4)]
    for feeder in feeders:
        feeder.start()
    times = []
    while any(feeder.is_alive() for feeder in feeders) or len(times) < 500:
        start = time.monotonic()
        good.result("status")
        times.append(time.monotonic() - start)
        time.sleep(PAUSE_SECONDS)
    return times


def stress(path, pid, stalled=STALLED, count=GARBAGE):
    """Returns the good client's answer times in seconds; raises AssertionError when something is not as promised."""
    good = Client(path)
    for _ in range(50):
        good.result("status")
    before = memory_kib(pid)

    # First garbage alone, which then gets in; beside stalled clients much of it is turned away.
    times = beside_garbage(path, good, count)
    still = [stalled_client(path, i) for i in range(stalled)]
    times += beside_garbage(path, good, count)
    for client in still:
        client.close()

    deadline = time.monotonic() + SETTLE_SECONDS
    while memory_kib(pid) > before + MEMORY_SLACK_KIB and time.monotonic() < deadline:
        time.sleep(0.2)
    after = memory_kib(pid)
    p99 = percentile(times, 0.99)
    print(f"{len(times)} answers: median {percentile(times, 0.5) * 1e3:.2f} ms, 99th percentile {p99 * 1e3:.2f} ms, "
          f"worst {max(times) * 1e3:.2f} ms; memory {before} KiB before, {after} KiB after")
    assert p99 < P99_SECONDS, f"99th percentile {p99 * 1e3:.1f} ms"
    assert after <= before + MEMORY_SLACK_KIB, f"memory was {before} KiB and is {after} KiB"
    good.result("hello")
    good.close()
    return times


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    path = sys.argv[1]
    pid = int(sys.argv[2]) if len(sys.argv) == 3 else Client(path).result("hello")["pid"]
    os.kill(pid, 0)
    stress(path, pid)
    return 0


if __name__ == "__main__":
    sys.exit(main())
