#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=looks: what it costs to look. What a saturated worker with a thousand rules loses while `sluice trace`,
`sluice top` or `sluice config diff --live` runs, each with a look at its packets, to the same daemon without; and how
long an explanation takes.
"""

import contextlib
import os
import pathlib
import pty
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import forward  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import traffic  # noqa: E402

PROGRAMS = {"trace": ("trace", "-n", "0"), "top": ("top",), "live": ("config", "diff", peers.CONFIG, "--live", "1000")}
LOOKERS = {"trace": ("trace",), "top": ("top",), "both": ("trace", "top"), "live": ("live",)}
CASES = {**{name: f"packets a second beside {' and '.join(names)}, to without" for name, names in LOOKERS.items()},
         "explain": "how long `sluice explain` of one packet takes"}
# Until `top` knows how many packets come, so that its look begins, and until workers know how much of it they can have.
SETTLE = 0.8


def drain(descriptor):
    """Reads what is written to a terminal until nobody can write there any more."""
    with contextlib.suppress(OSError):
        while os.read(descriptor, 65536):
            pass
    os.close(descriptor)


class Looker:
    """A client that looks, on a terminal of its own."""

    def __init__(self, sluice, run_dir, words, path):
        leader, follower = pty.openpty()
        self.reader = threading.Thread(target=drain, args=(leader,))
        self.process = subprocess.Popen([sluice, "--socket", run_dir, *words], stdin=follower, stdout=follower, cwd=run_dir,
                                        stderr=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm", "PATH": path})
        os.close(follower)
        self.reader.start()

    def stop(self):
        ended = self.process.poll()
        self.process.terminate()
        self.process.wait(timeout=20)
        self.reader.join()
        if ended is not None:
            raise peers.Failed(f"sluice ended with {ended} while it was measured")


@contextlib.contextmanager
def looking(arguments, run_dir, names):
    """Clients that look, off the worker's core."""
    path = f"{pathlib.Path(arguments.sluiced).resolve().parent}:{os.environ['PATH']}"  # the client asks it to compare
    lookers = [Looker(arguments.sluice, run_dir, PROGRAMS[name], path) for name in names]
    try:
        yield
    finally:
        for looker in lookers:
            looker.stop()


@contextlib.contextmanager
def running(arguments, scratch):
    run_dir, capture = tempfile.mkdtemp(dir=scratch), f"{scratch}/flows.pcap"
    traffic.write_capture(capture, forward.FLOWS)
    rules = traffic.rules(arguments.rules, forward.FLOWS, "out")
    config = forward.config(arguments.core, f"net_pcap0,rx_pcap={capture},infinite_rx=1", rules, "drop").replace(
        "hugepages: true", f"hugepages: {arguments.hugepages}")
    daemon = peers.Sluice(arguments.sluiced, config, run_dir)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores - {arguments.core} or cores)
    try:
        yield daemon, run_dir
        daemon.totals()
    finally:
        os.sched_setaffinity(0, cores)
        daemon.stop()


def copied(daemon):
    """Packets that were looked at."""
    return peers.ask(daemon.socket, "status")["copies"]["look"]["packets"]


def beside(arguments, scratch, case):
    """Turns with and without, each pair in another order than the last."""
    starts, alone, besides, looked = [], [], [], 0
    for start in range(arguments.starts):
        ratios = []
        with running(arguments, scratch) as (daemon, run_dir):
            for pair in range(arguments.pairs):
                machine.progress(case, f"start {start + 1} of {arguments.starts}, pair {pair + 1} of {arguments.pairs}")
                rates = {}
                for looks in (True, False) if pair % 2 else (False, True):
                    with looking(arguments, run_dir, LOOKERS[case] if looks else ()):
                        rates[looks] = daemon.core_rate(arguments.seconds, SETTLE)
                alone.append(rates[False])
                besides.append(rates[True])
                ratios.append(rates[True] / rates[False])
            looked += copied(daemon)
        starts.append(ratios)
    if not looked:
        raise peers.Failed("nobody looked at any packet")
    return {"name": case, "value": statistics.median(ratio for ratios in starts for ratio in ratios), "floor": 0.98,
            "starts": [statistics.median(ratios) for ratios in starts], "alone": alone, "beside": besides, "looked": looked,
            "text": f"{statistics.median(besides) / 1e6:.2f} Mpps of a core with {arguments.rules:,} rules beside {' and '.join(LOOKERS[case])}, "
                    f"{statistics.median(alone) / 1e6:.2f} without: times"}


def explain(arguments, scratch):
    """The whole command: process, question, answer, text."""
    frame = traffic.frame(forward.FLOWS // 2).hex()
    took = []
    with running(arguments, scratch) as (_, run_dir):
        for number in range(arguments.explanations):
            machine.progress("explain", f"{number + 1} of {arguments.explanations}")
            began = time.monotonic()
            done = subprocess.run([arguments.sluice, "--socket", run_dir, "explain", "--port", "in", frame], capture_output=True,
                                  text=True, check=False)
            took.append((time.monotonic() - began) * 1e3)
            if done.returncode or "decides" not in done.stdout:
                raise peers.Failed(f"explain: {done.stdout}{done.stderr}")
    return {"name": "explain", "value": statistics.median(took), "ceiling": 10.0, "least": min(took), "most": max(took),
            "text": f"`sluice explain` of a packet among {arguments.rules:,} rules takes {min(took):.1f} ms at least and "
                    f"{max(took):.1f} at most, mostly"}


def main():
    parser = machine.options("looks", "What it costs to look.", ", ".join(CASES))
    parser.add_argument("--sluice", help="the client (default: that of the daemon's build)")
    parser.add_argument("--rules", type=int, default=1000, help="rules of the config (default 1000)")
    parser.add_argument("--starts", type=int, default=3, help="starts of the daemon a case (default 3)")
    parser.add_argument("--pairs", type=int, default=10, help="pairs of turns in a start (default 10)")
    parser.add_argument("--seconds", type=float, default=0.5, help="measured a turn (default 0.5)")
    parser.add_argument("--hugepages", choices=("true", "false"), default="true", help="whether the daemon has them")
    parser.add_argument("--explanations", type=int, default=100, help="packets that are explained (default 100)")
    arguments = parser.parse_args()
    arguments.sluice = pathlib.Path(arguments.sluice or f"{arguments.sluiced}/../../sluice/sluice").resolve()
    reserved = machine.hugepages() if arguments.hugepages == "true" else contextlib.nullcontext()
    with reserved, tempfile.TemporaryDirectory() as scratch:
        machine.run(arguments, CASES, lambda name: explain(arguments, scratch) if name == "explain"
                    else beside(arguments, scratch, name))


if __name__ == "__main__":
    main()
