# SPDX-License-Identifier: BSD-3-Clause
"""The two programs that are compared, each started, measured for a while, and stopped."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time

WARM_UP = 0.7  # seconds before the first look
CONFIG = "bench.yaml"  # in the run-dir


class Failed(Exception):
    """A program that did not start or ended early; the text is what it said."""


def ask(path, method, **params):
    """One call over the control socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(path)
        client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            part = client.recv(1 << 20)
            if not part:
                raise Failed("the daemon closed the connection")
            answer += part
    answer = json.loads(answer)
    if "error" in answer:
        raise Failed(f"{method}: {answer['error']['message']}")
    return answer["result"]


class Program:
    """A running program that sends packets from one core, and can be made to stand still meanwhile. `look` says how
    many it has sent."""

    def __init__(self, process):
        self.process = process

    def look(self):
        raise NotImplementedError

    def halt(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def rate(self, seconds, warm_up=WARM_UP):
        """Packets a second, over so many seconds."""
        time.sleep(warm_up)
        before, began = self.look(), time.monotonic()
        time.sleep(seconds)
        after, ended = self.look(), time.monotonic()
        return (after - before) / (ended - began)

    def _threads(self):
        """Seconds that each thread has had a core."""
        seconds = {}
        tasks = f"/proc/{self.process.pid}/task"
        for thread in os.listdir(tasks):
            with contextlib.suppress(OSError), \
                    open(f"{tasks}/{thread}/schedstat", encoding="ascii") as schedstat:  # it may just have ended
                seconds[thread] = int(schedstat.read().split()[0]) / 1e9
        return seconds

    def core_rate(self, seconds, warm_up=WARM_UP):
        """Packets a second that its busiest thread had a core: what else runs on the machine takes nothing away. Of a
        program that polls on one core."""
        time.sleep(warm_up)
        before, began = self.look(), self._threads()
        deadline = time.monotonic() + 10
        busiest = 0
        while busiest < seconds / 2 and time.monotonic() < deadline:
            time.sleep(seconds)
            after, ended = self.look(), self._threads()
            busiest = max(ended[thread] - began[thread] for thread in began if thread in ended)
        if not busiest or after == before:
            raise Failed("it had no core for 10 s: something else keeps it busy")
        return (after - before) / busiest


class Sluice(Program):
    """A running sluiced, with a plugin if one is named, for which the environment has more. before: a command that runs it."""

    def __init__(self, sluiced, config, run_dir, plugin=None, environment=(), before=()):
        os.makedirs(run_dir, exist_ok=True)
        self.socket = os.path.join(run_dir, "control.sock")
        path = os.path.join(run_dir, CONFIG)
        with open(path, "w", encoding="ascii") as out:
            out.write(f"version: 1\nrun-dir: {run_dir}\n{config}")
        super().__init__(subprocess.Popen(
            [*before, sluiced, "run", path, "--log-level", "error", *(["--plugin", plugin] if plugin else [])],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **dict(environment)}))
        deadline = time.monotonic() + 60
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed("sluiced: " + self.process.stderr.read())
            time.sleep(0.05)

    def look(self):
        """As of now: a worker that something else keeps from its core tells no newer numbers for so long."""
        deadline = time.monotonic() + 10
        while True:
            workers = ask(self.socket, "workers")["workers"]
            if all(worker["fresh"] for worker in workers) or time.monotonic() > deadline:
                return sum(worker["packets"] for worker in workers)

    def hz(self):
        """Cycles a second of the clock that cycles are counted in."""
        return ask(self.socket, "workers")["tsc_hz"]

    def totals(self):
        """What it did since its start, once it is known that its ledger balances."""
        status = ask(self.socket, "status")
        if not status["ledger"]["balanced"]:
            raise Failed(f"the ledger does not balance: {status['ledger']}")
        workers = ask(self.socket, "workers")["workers"]
        lookups = sum(worker["cache"]["lookups"] for worker in workers)
        return {
            "cache_hits": sum(worker["cache"]["hits"] for worker in workers) / lookups if lookups else 0,
            "dropped": sum(status["drops"].values()),
            "copied_bytes": sum(copied["bytes"] for copied in status["copies"].values()),
        }

    def stop(self):
        if self.process.poll() is None:
            self.go_on()
            self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=20)
        if self.process.returncode != 0:
            raise Failed(f"sluiced ended with {self.process.returncode}: {errors}")


class DpdkProgram(Program):
    """A program of DPDK's, asked over its telemetry socket. options: the EAL's, and behind "--" its own."""

    def __init__(self, program, options, devices, scratch):
        prefix = f"sluice-bench-{os.getpid()}"
        self.socket = f"/run/dpdk/{prefix}/dpdk_telemetry.v2"
        command = [program, "--in-memory", f"--file-prefix={prefix}", "--no-pci"]
        for device in devices:
            command += ["--vdev", device]
        self.log = open(os.path.join(scratch, "peer.log"), "w+", encoding="utf-8")  # pylint: disable=R1732
        super().__init__(subprocess.Popen(command + options, stdin=subprocess.DEVNULL, stdout=self.log,
                                          stderr=self.log))
        deadline = time.monotonic() + 60
        while not self._sends():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                self.log.seek(0)
                raise Failed(f"{program}: " + self.log.read()[-2000:])
            time.sleep(0.1)

    def _ask(self, client, words):
        client.send(words.encode())
        return json.loads(client.recv(16384))[words.partition(",")[0]]

    def look(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.connect(self.socket)
            client.recv(16384)
            ports = self._ask(client, "/ethdev/list")
            return sum(self._ask(client, f"/ethdev/stats,{port}")["opackets"] for port in ports)

    def _sends(self):
        try:
            return self.look() > 0
        except (OSError, ValueError, TypeError):
            return False

    def stop(self):
        self.go_on()
        self.process.terminate()
        self.process.wait(timeout=20)


class Testpmd(DpdkProgram):
    """A running dpdk-testpmd on one core."""

    def __init__(self, devices, core, scratch, options=(), mode="io"):
        super().__init__("dpdk-testpmd", ["-l", f"0,{core}", "--", "--nb-cores=1", "--auto-start", "--stats-period=3600",
                                          f"--forward-mode={mode}", *options], devices, scratch)


class L3fwd(DpdkProgram):
    """DPDK's example l3fwd with its ACL look-up, on one core, from the first of two devices to the second."""

    def __init__(self, program, devices, core, rules, scratch):
        rules6 = os.path.join(scratch, "rules6")
        with open(rules6, "w", encoding="ascii") as out:
            out.write("R2001:db8:0:0:0:0:0:0/32 2001:db8:0:0:0:0:0:0/32 0 : 65535 0 : 65535 0x00/0x00 1\n")
        super().__init__(
            program, ["--force-max-simd-bitwidth=512", "-l", str(core), "--", "-P", "-p", "3", "--rx-queue-size=16384",
                      "--parse-ptype", "--lookup=acl", f"--alg={self._algorithm()}",
                      f"--config=(0,0,{core}),(1,0,{core})", f"--rule_ipv4={rules}", f"--rule_ipv6={rules6}"], devices, scratch)

    @staticmethod
    def _algorithm():
        """The fastest that rte_acl has on this processor."""
        with open("/proc/cpuinfo", encoding="ascii") as info:
            return "avx512x32" if " avx512bw" in info.read() else "avx2"
