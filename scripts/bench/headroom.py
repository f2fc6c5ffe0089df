#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=headroom: what a worker under a part of its load says that it could take, by its bursts and when it is
told to rehearse, against what it takes of all that there is. One daemon does all of it, first with packets that come in
bursts of random size at random times (limit.c).
"""

import contextlib
import os
import pathlib
import statistics
import struct
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import forward  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import traffic  # noqa: E402

RULES = (1, 100, 10000)
DRIVERS = {"net_null": "net_null0", "net_pcap": "net_pcap0", "memif": "net_memif0"}
CASES = {f"{driver}-{rules}": "what is foretold under a part of the load, against what is taken of all"
         for driver in DRIVERS for rules in RULES}
SHARES = (0.1, 0.3, 0.6)  # of what it takes
SETTLE = 0.3
HOLD_MOST_NS = 5000000
TRIES = 3
FULL = 5  # the first step of a worker's `fill` with full bursts


class Limit:
    """The file that says how many packets a second may come; 0: all."""

    def __init__(self, path, rate):
        self.path = path
        self.set(rate)

    def set(self, rate):
        with open(self.path, "r+b" if os.path.exists(self.path) else "w+b") as out:
            out.write(struct.pack("<Q", int(rate)))


def config(arguments, scratch, run_dir, driver, rules):
    capture = f"{scratch}/flows.pcap"
    devices = {"net_null": "net_null0", "net_pcap": f"net_pcap0,rx_pcap={capture},infinite_rx=1",
               "memif": f"net_memif0,role=server,socket={run_dir}"}
    # Of memif the sender, which copies each packet, has to be the faster one.
    mirrors = "  - { name: mirrors, actions: [ " + "{ mirror: out }, " * 12 + "] }\n" if driver == "memif" else ""
    return forward.config(arguments.core, devices[driver], mirrors + traffic.rules(rules, forward.FLOWS, "out"), "drop").replace(
        "hugepages: true", f"hugepages: {arguments.hugepages}").replace('" }\n', '", rx-ring: 4096, tx-ring: 4096 }\n')


def sender_config(arguments, scratch, run_dir):
    """As many as it can, by one thread alone: the other core is the receiver's."""
    return (f"workers: [{arguments.sender}]\nmemory: {{ packets: 32767, hugepages: {arguments.hugepages} }}\nports:\n"
            f"  in: {{ vdev: \"net_pcap0,rx_pcap={scratch}/flows.pcap,infinite_rx=1\" }}\n"
            f"  out: {{ vdev: \"net_memif0,role=client,socket={run_dir}\" }}\ndefault: {{ forward: out }}\n")


@contextlib.contextmanager
def running(arguments, scratch, driver, rules, rate=0):
    """The daemon with its limit, and who sends to it where the driver has nothing of its own."""
    with contextlib.ExitStack() as stack:
        run_dir = tempfile.mkdtemp(dir=scratch)
        limit = Limit(f"{run_dir}/limit", rate)  # where the daemon may read
        environment = {"LIMIT_FILE": limit.path, "LIMIT_DEVICE": DRIVERS[driver]}
        daemon = peers.Sluice(arguments.sluiced, config(arguments, scratch, run_dir, driver, rules), run_dir, arguments.limit,
                              environment)
        stack.callback(daemon.stop)
        if driver == "memif":
            until(lambda: peers.ask(daemon.socket, "snapshot")["state"] == "running", "it does not start")
            sender = peers.Sluice(arguments.sluiced, sender_config(arguments, scratch, run_dir), tempfile.mkdtemp(dir=scratch))
            stack.callback(sender.stop)
            # net_memif gives its memory back at once when the peer goes: nobody is to read it then.
            stack.callback(limit.set, 1)
        until(daemon.look, "no packet came in a minute")
        yield daemon, limit


def until(holds, otherwise):
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise peers.Failed(otherwise)
        time.sleep(0.1)


def truth(daemon, limit, arguments):
    """Packets a second of its core, of all that there is."""
    limit.set(0)
    before = fills(daemon)
    rate = daemon.core_rate(arguments.seconds, SETTLE)
    bursts = [after - began for began, after in zip(before, fills(daemon))]
    if sum(bursts[FULL:]) < 0.95 * sum(bursts):
        raise peers.Failed(f"only {sum(bursts[FULL:]) / sum(bursts):.0%} of its bursts were full: nobody sends as many as it takes")
    return rate


def fills(daemon):
    worker, = peers.ask(daemon.socket, "workers")["workers"]
    return worker["fill"]


def forecast(daemon, arguments):
    """What it says, of the time in which nothing interrupts it: that is how the truth is measured, too."""
    deadline = time.monotonic() + arguments.load
    while time.monotonic() < deadline:
        time.sleep(0.1)
    worker, = peers.ask(daemon.socket, "workers")["workers"]
    told = worker["headroom"]
    if told["pps"] is None:
        raise peers.Failed("it makes no forecast")
    return told["pps"] / (1 - told["lost"])


def rehearsed(daemon):
    """What it finds out when it is told to, likewise, and for how many ns packets were left waiting for it. Where something
    else had the core meanwhile it is tried again."""
    for _ in range(TRIES):
        hold, = [worker["hold_ns"] for worker in peers.ask(daemon.socket, "rehearse", most_ns=HOLD_MOST_NS)["workers"]]
        told = {"rehearses": True}
        while told["rehearses"]:
            time.sleep(0.1)
            told = peers.ask(daemon.socket, "workers")["workers"][0]["headroom"]
        if told["rehearsed"]:
            return told["pps"] / (1 - told["lost"]), hold
    raise peers.Failed("it rehearsed in vain")


def one_start(arguments, scratch, driver, rules, rate):
    """Errors of what is foretold at that rate, by bursts and by a rehearsal; how long packets waited for it; the truth."""
    with running(arguments, scratch, driver, rules, rate) as (daemon, limit):
        said = forecast(daemon, arguments)
        found, hold_ns = rehearsed(daemon)
        rate = truth(daemon, limit, arguments)
        return {"fitted": said / rate - 1, "rehearsed": found / rate - 1, "hold_us": hold_ns / 1000, "truth": rate}


def measure(arguments, scratch, name):
    driver, _, rules = name.rpartition("-")
    with running(arguments, scratch, driver, int(rules)) as (daemon, limit):
        most = truth(daemon, limit, arguments)
    seen = {share: [] for share in SHARES}
    for start in range(arguments.starts):
        for share in SHARES:
            machine.progress(name, f"start {start + 1} of {arguments.starts}, at {share:.0%} of its load")
            seen[share].append(one_start(arguments, scratch, driver, int(rules), share * most))

    def median(share, member):
        return statistics.median(one[member] for one in seen[share])

    told = [f"{median(share, 'rehearsed'):+.1%} at {share:.0%} ({median(share, 'hold_us'):.0f} us; "
            f"fitted {median(share, 'fitted'):+.1%})" for share in SHARES]
    return {"name": name, "value": max(abs(median(share, "rehearsed")) for share in SHARES), "ceiling": 0.05,
            "starts": {str(share): of_share for share, of_share in seen.items()},
            "text": f"{name}: {statistics.median(one['truth'] for share in SHARES for one in seen[share]) / 1e6:.1f} Mpps, "
                    f"rehearsed {', '.join(told)}: error"}


def main():
    parser = machine.options("headroom", "What a worker says that it could take, against what it takes.", ", ".join(CASES))
    parser.add_argument("--limit", help="the plugin that limits what comes (default: that of the daemon's build)")
    parser.add_argument("--starts", type=int, default=3, help="starts of the daemon a case and load (default 3)")
    parser.add_argument("--load", type=float, default=3.0, help="seconds under a part of the load (default 3)")
    parser.add_argument("--seconds", type=float, default=1.0, help="seconds under all of it (default 1)")
    parser.add_argument("--sender", type=int, default=0, help="the core that sends to memif (default 0)")
    parser.add_argument("--hugepages", choices=("true", "false"), default="true", help="whether the daemon has them")
    arguments = parser.parse_args()
    arguments.limit = pathlib.Path(arguments.limit or f"{arguments.sluiced}/../../../scripts/limit.so").resolve()
    reserved = machine.hugepages() if arguments.hugepages == "true" else contextlib.nullcontext()
    with reserved, tempfile.TemporaryDirectory() as scratch:
        traffic.write_capture(f"{scratch}/flows.pcap", forward.FLOWS)
        machine.run(arguments, CASES, lambda name: measure(arguments, scratch, name))


if __name__ == "__main__":
    main()
