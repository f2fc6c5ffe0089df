#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=changes: what configs that are applied while packets flow cost the others. The error of a replay's packets on
a port that stays, alone and while another port, another replay and rules come and go beside it; and how
long a client waits for an answer while ten thousand rules are compiled.
"""

import contextlib
import json
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import machine  # noqa: E402
import peers  # noqa: E402
import traffic  # noqa: E402

# No divisor of a second that timer ticks (100, 250, 1,000 a second) share: in step with them either none of a run's packets
# meets a tick or each fortieth does, and p99 says which of both.
PACE = 9973
PAUSE = 0.02  # seconds between two applies
CASES = {
    "error": "the error of each packet's time, alone, beside other work and beside applies",
    "answers": "how long `hello` and `status` take while a config is compiled",
}


def config(core, rules=0, more=False, pace="top"):
    """A replay to a port that stays; more: a port, a replay at that pace and a rule that come and go."""
    ports = '  wan: { null: {} }\n  lan: { null: {} }\n' + ("  more: { null: {} }\n" if more else "")
    text = traffic.rules(rules, max(rules, 1), "lan") + "\n" if rules else ""
    text += "  - { name: more, actions: [ { mirror: more } ] }\n" if more else ""
    replay = "{ file: steady.pcap, start: manual, memory: 8MiB, "
    return (f"workers: [{core}]\nmemory: {{ packets: 8191, hugepages: false }}\nports:\n{ports}"
            + (f"rules:\n{text}" if text else "") + "default: { forward: lan }\n"
            f"replays:\n  steady: {replay}to: wan, pace: {PACE}pps, loops: forever }}\n"
            + (f"  more: {{ file: steady.pcap, memory: 8MiB, to: more, pace: {pace} }}\n" if more else ""))


class Client:
    """One connection, kept."""

    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(daemon.socket)
        self.stream = self.socket.makefile("rb")

    def call(self, method, **params):
        self.socket.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        answer = json.loads(self.stream.readline())
        if "error" in answer:
            raise peers.Failed(answer["error"]["message"])
        return answer["result"]

    def apply(self, run_dir, text):
        path = pathlib.Path(run_dir, "next.yaml")
        path.write_text(f"version: 1\nrun-dir: {run_dir}\n{text}", encoding="ascii")
        return self.call("config.apply", file=str(path))


@contextlib.contextmanager
def running(arguments, scratch):
    run_dir = tempfile.mkdtemp(dir=scratch)
    traffic.write_capture(f"{run_dir}/steady.pcap", 1000)
    daemon = peers.Sluice(arguments.sluiced, config(arguments.core), run_dir)
    # Clients are to cost the daemon what they ask for, not the worker's core.
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores - {arguments.core} or cores)
    try:
        yield daemon, run_dir
        if not daemon.totals() or peers.ask(daemon.socket, "status")["ledger"]["held"]:
            raise peers.Failed("packets are held")
    finally:
        os.sched_setaffinity(0, cores)
        daemon.stop()


def run(client, seconds, meanwhile):
    """Replays for a while; returns the verdict's errors."""
    client.call("replay.start", name="steady", duration=f"{seconds * 1000:.0f}ms")
    while not (replay := client.call("replay.list")["replays"]["steady"])["ended"]:
        meanwhile()
    if sum(replay["drops"].values()):
        raise peers.Failed(f"packets were lost: {replay['drops']}")
    return replay["verdict"]["error_ns"]


def burn(seconds):
    """As busy as an apply, on the cores that applies have, and it concerns nobody."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    time.sleep(PAUSE)


def compared(name, runs, other, text):
    """How many times the p99 beside applies is that of another kind of run, each with the one in the same round."""
    value = statistics.median(beside / max(before, 1) for beside, before in zip(runs["beside"], runs[other]))
    return {"name": name, "value": value, "ceiling": 2.0, other: runs[other], "beside": runs["beside"],
            "text": f"{text} {statistics.median(runs[other]):,.0f} ns: times"}


def error(arguments, scratch):
    """Two bounds: against runs that have the machine for themselves, and against runs beside as much work that is none of the
    daemon's: where cores share what is below them (a core's two threads, a hypervisor), any work costs all of them."""
    runs, took = {"alone": [], "busy": [], "beside": []}, []
    with running(arguments, scratch) as (daemon, run_dir):
        client = Client(daemon)

        def disturb():
            began = time.monotonic()
            client.apply(run_dir, config(arguments.core, rules=len(took) % 5, more=len(took) % 2,
                                              pace=arguments.pace))
            took.append(time.monotonic() - began)
            time.sleep(PAUSE)

        meanwhile = {"alone": lambda: time.sleep(PAUSE), "busy": lambda: burn(statistics.mean(took)), "beside": disturb}
        run(client, arguments.seconds, disturb)  # how long an apply takes
        for _ in range(arguments.pairs):
            for kind, errors in runs.items():
                client.apply(run_dir, config(arguments.core))
                errors.append(run(client, arguments.seconds, meanwhile[kind])["p99"])
    text = (f"p99 error of {PACE:,} packets/s beside {len(took)} applies of {statistics.mean(took) * 1e3:.1f} ms: "
            f"{statistics.median(runs['beside']):,.0f} ns,")
    return [compared("error", runs, "alone", f"{text} alone"), compared("shared", runs, "busy", f"{text} beside other work")]


def answers(arguments, scratch):
    with running(arguments, scratch) as (daemon, run_dir):
        took, over = {"hello": [], "status": []}, threading.Event()

        def ask():
            client = Client(daemon)
            while not over.is_set():
                for method, times in took.items():
                    began = time.monotonic()
                    client.call(method)
                    times.append((time.monotonic() - began) * 1e3)
                time.sleep(0.002)

        asker = threading.Thread(target=ask)
        asker.start()
        for more in (True, False, True):
            Client(daemon).apply(run_dir, config(arguments.core, rules=arguments.rules, more=more))
        over.set()
        asker.join()
    # The longest of all is the machine's own doing, where others have its cores.
    late = {method: statistics.quantiles(times, n=100)[98] for method, times in took.items()}
    return [{"name": "answers", "value": max(late.values()), "ceiling": 50.0, "p99": late,
            "max": {method: max(times) for method, times in took.items()},
            "median": {method: statistics.median(times) for method, times in took.items()},
            "asked": {method: len(times) for method, times in took.items()},
            "text": f"p99 of {len(took['hello'])} answers while {arguments.rules:,} rules and a port are applied: `hello` "
                    f"{late['hello']:.1f} ms, `status` {late['status']:.1f} ms; ms:"}]


def main():
    parser = machine.options("changes", "What configs that are applied while packets flow cost the others.", "error, answers")
    parser.add_argument("--pairs", type=int, default=100, help="pairs of runs (default 100)")
    parser.add_argument("--seconds", type=float, default=0.25, help="length of a run (default 0.25)")
    parser.add_argument("--pace", default="top", help="of the replay that comes and goes (default top)")
    parser.add_argument("--rules", type=int, default=10000, help="rules that are compiled (default 10000)")
    # In memory: a disk's interrupts come to whichever core the kernel chose, and would be counted as what an apply costs.
    parser.add_argument("--scratch", default="/dev/shm", help="where captures and configs are made (default /dev/shm)")
    arguments = parser.parse_args()
    measures = {"error": error, "answers": answers}
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        machine.run(arguments, CASES, lambda name: measures[name](arguments, scratch))


if __name__ == "__main__":
    main()
