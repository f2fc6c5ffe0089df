# SPDX-License-Identifier: BSD-3-Clause
"""The two programs that are compared, each started, measured for a while, and stopped."""

import json
import os
import re
import signal
import socket
import subprocess
import time

WARM_UP = 0.7  # seconds before the first look


class Failed(Exception):
    """A program that did not start or ended early; the text is what it said."""


def ask(path, method):
    """One call over the control socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(path)
        client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            part = client.recv(1 << 20)
            if not part:
                raise Failed("the daemon closed the connection")
            answer += part
    return json.loads(answer)["result"]


class Sluice:
    """A running sluiced; `rate` measures packets sent per second and cycles per packet."""

    def __init__(self, sluiced, config, run_dir):
        os.makedirs(run_dir, exist_ok=True)
        self.socket = os.path.join(run_dir, "control.sock")
        path = os.path.join(run_dir, "bench.yaml")
        with open(path, "w", encoding="ascii") as out:
            out.write(f"version: 1\nrun-dir: {run_dir}\n{config}")
        self.process = subprocess.Popen(
            [sluiced, "run", path, "--log-level", "error"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed("sluiced: " + self.process.stderr.read())
            time.sleep(0.05)

    def rate(self, seconds):
        time.sleep(WARM_UP)
        before, workers_before = ask(self.socket, "status"), ask(self.socket, "workers")
        time.sleep(seconds)
        after, workers_after = ask(self.socket, "status"), ask(self.socket, "workers")
        sent = sum(after["ports"][p]["tx_packets"] - before["ports"][p]["tx_packets"] for p in after["ports"])
        received = sum(after["ports"][p]["rx_packets"] - before["ports"][p]["rx_packets"] for p in after["ports"])
        elapsed = after["uptime"] - before["uptime"]
        workers = list(zip(workers_before["workers"], workers_after["workers"]))
        busy = sum(b["busy_cycles"] - a["busy_cycles"] for a, b in workers)
        packets = sum(b["packets"] - a["packets"] for a, b in workers)
        lookups = sum(b["cache"]["lookups"] - a["cache"]["lookups"] for a, b in workers)
        hits = sum(b["cache"]["hits"] - a["cache"]["hits"] for a, b in workers)
        if not after["ledger"]["balanced"]:
            raise Failed(f"the ledger does not balance: {after['ledger']}")
        return {
            "pps": received / elapsed,
            "sent_pps": sent / elapsed,
            "cycles": busy / packets if packets else 0,
            "cache_hits": hits / lookups if lookups else 0,
            "dropped": sum(after["drops"].values()) - sum(before["drops"].values()),
            "copied_bytes": sum(c["bytes"] for c in after["copies"].values()),
        }

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=20)
        if self.process.returncode != 0:
            raise Failed(f"sluiced ended with {self.process.returncode}: {errors}")


class Testpmd:
    """A running dpdk-testpmd on one core."""

    def __init__(self, devices, core, options=(), mode="io"):
        command = ["dpdk-testpmd", "--in-memory", "--no-telemetry", "--no-pci", "-l", f"0,{core}"]
        for device in devices:
            command += ["--vdev", device]
        command += ["--", "-i", "--nb-cores=1", f"--forward-mode={mode}", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, bufsize=1)
        self._until("testpmd>", 60)
        self._say("start")

    def _say(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def _until(self, text, seconds):
        """Reads output until text stands in it; the prompt has no line end, so byte by byte."""
        seen = ""
        deadline = time.monotonic() + seconds
        while text not in seen:
            part = self.process.stdout.read(1)
            if not part or time.monotonic() > deadline:
                raise Failed("dpdk-testpmd: " + seen[-2000:])
            seen += part
        return seen

    def rate(self, seconds, direction="Rx"):
        """Packets a second over all ports, by testpmd's own clock between two looks. It ends testpmd: what
        it prints into a pipe comes out only then."""
        time.sleep(WARM_UP)
        self._say("show port stats all")
        time.sleep(seconds)
        self._say("show port stats all")
        self._say("stop")
        self._say("quit")
        text, _ = self.process.communicate(timeout=30)
        rates = [int(x) for x in re.findall(direction + r"-pps:\s+(\d+)", text)]
        if not rates:
            raise Failed("dpdk-testpmd: " + text[-2000:])
        return {"pps": sum(rates[len(rates) // 2:])}

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=20)


class L3fwd:
    """DPDK's example l3fwd with its ACL look-up, on one core, from the first of two devices to the second."""

    @staticmethod
    def _algorithm():
        """The fastest that rte_acl has on this processor."""
        with open("/proc/cpuinfo", encoding="ascii") as info:
            return "avx512x32" if " avx512bw" in info.read() else "avx2"

    def __init__(self, program, devices, core, rules, scratch):
        self.files = f"sluice-bench-{os.getpid()}"
        self.socket = f"/run/dpdk/{self.files}/dpdk_telemetry.v2"
        rules6 = os.path.join(scratch, "rules6")
        with open(rules6, "w", encoding="ascii") as out:
            out.write("R2001:db8:0:0:0:0:0:0/32 2001:db8:0:0:0:0:0:0/32 0 : 65535 0 : 65535 0x00/0x00 1\n")
        command = [program, "--in-memory", f"--file-prefix={self.files}", "--no-pci",
                   "--force-max-simd-bitwidth=512", "-l", str(core)]
        for device in devices:
            command += ["--vdev", device]
        command += ["--", "-P", "-p", "3", "--rx-queue-size=16384", "--parse-ptype", "--lookup=acl", f"--alg={self._algorithm()}",
                    f"--config=(0,0,{core}),(1,0,{core})", f"--rule_ipv4={rules}", f"--rule_ipv6={rules6}"]
        self.log = open(os.path.join(scratch, "l3fwd.log"), "w+", encoding="utf-8")  # pylint: disable=R1732
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while self._sent() == 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.log.seek(0)
                raise Failed("l3fwd: " + self.log.read()[-2000:])
            time.sleep(0.1)

    def _sent(self):
        """Packets that left by the second device, from l3fwd's telemetry; it prints none itself."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
                client.connect(self.socket)
                client.recv(16384)
                client.send(b"/ethdev/stats,1")
                return json.loads(client.recv(16384))["/ethdev/stats"]["opackets"]
        except OSError:
            return 0

    def rate(self, seconds):
        time.sleep(WARM_UP)
        before, start = self._sent(), time.monotonic()
        time.sleep(seconds)
        after, end = self._sent(), time.monotonic()
        return {"pps": (after - before) / (end - start)}

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()
