#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=headroom: what a worker under a part of its load says that it could take, by its bursts and when it is
told to rehearse, against what it takes of all that there is. One daemon does all of it, first with packets that come in
bursts of random size at random times (limit.c). A forecast and what is taken right behind it are a pair: machines change
their speed from one minute to the next.
"""

import contextlib
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import forward  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import traffic  # noqa: E402

RULES = (1, 100, 10000)
SENT = "memif"  # comes from another sluice; the others always have packets
DRIVERS = {"net_null": "net_null0", "net_pcap": "net_pcap0", "memif": "net_memif0"}
CASES = {f"{driver}-{rules}": "what is foretold under a part of the load, against what is taken of all"
         for driver in DRIVERS for rules in RULES}
SHARES = (0.1, 0.3, 0.6)  # of what it takes
FIRST_RATE = 1000000  # packets a second, before it is known how many it takes
# What a sender offers, to what is foretold: one that looks for room in a full ring all the time may take from the receiver.
OFFERED = 1.5
SETTLE = 0.3
PARTS = 4  # of the time in which it takes all
HOLD_MOST_NS = 10000000
REHEARSE = 20  # seconds, in which it is tried again where something else had the core meanwhile
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
        "hugepages: true", f"hugepages: {arguments.hugepages}").replace('" }\n', '", rx-ring: 8192, tx-ring: 8192 }\n')


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
        has_sender = driver == SENT
        limit = Limit(f"{run_dir}/limit", 0 if has_sender else rate)  # where the daemon may read
        environment = {"LIMIT_FILE": limit.path, "LIMIT_DEVICE": DRIVERS[driver]}
        daemon = peers.Sluice(arguments.sluiced, config(arguments, scratch, run_dir, driver, rules), run_dir, arguments.limit,
                              environment)
        stack.callback(daemon.stop)
        if has_sender:
            until(lambda: peers.ask(daemon.socket, "snapshot")["state"] == "running", "it does not start")
            # net_memif gives its memory back at once when the peer goes: nobody is to read it then.
            last, sender_dir = limit, tempfile.mkdtemp(dir=scratch)
            # Held back here, not behind the ring: packets that have waited there for long may cost less to read.
            limit = Limit(f"{sender_dir}/limit", rate)
            sender = peers.Sluice(arguments.sluiced, sender_config(arguments, scratch, run_dir), sender_dir, arguments.limit,
                                  {"LIMIT_FILE": limit.path, "LIMIT_DEVICE": DRIVERS["net_pcap"]})
            stack.callback(sender.stop)
            stack.callback(last.set, 1)
        until(daemon.look, "no packet came in a minute")
        yield daemon, limit


def until(holds, otherwise):
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise peers.Failed(otherwise)
        time.sleep(0.1)


def truth(daemon, limit, arguments, offered):
    """Packets a second of its core, of all that there is, in each of several parts of the time. offered: so many come; 0: as
    many as it takes."""
    limit.set(offered)
    before = fills(daemon)
    rates = [daemon.core_rate(arguments.seconds / PARTS, 0 if part else SETTLE) for part in range(PARTS)]
    bursts = [after - began for began, after in zip(before, fills(daemon))]
    if sum(bursts[FULL:]) < 0.95 * sum(bursts):
        raise peers.Failed(f"only {sum(bursts[FULL:]) / sum(bursts):.0%} of its bursts were full: nobody sends as many as it takes")
    return rates


def fills(daemon):
    worker, = peers.ask(daemon.socket, "workers")["workers"]
    return worker["fill"]


def headroom(daemon):
    worker, = peers.ask(daemon.socket, "workers")["workers"]
    return worker["headroom"]


def fitted(daemon):
    """What it says by its bursts, of the time in which nothing interrupts it: that is how the truth is measured, too."""
    told = headroom(daemon)
    if told["pps"] is None:
        raise peers.Failed("it makes no forecast")
    return told["pps"] / (1 - told["lost"])


def rehearsed(daemon):
    """What it finds out when it is told to, likewise, and for how many ns packets were left waiting for it."""
    deadline, why = time.monotonic() + REHEARSE, "it rehearsed in vain"
    while time.monotonic() < deadline:
        told = {"rehearses": True, "rehearsed": False}
        try:
            asked, = peers.ask(daemon.socket, "rehearse", most_ns=HOLD_MOST_NS)["workers"]
        except peers.Failed as failure:
            why, told["rehearses"] = failure, False
        time.sleep(0.1)
        while told["rehearses"]:
            told = headroom(daemon)
            time.sleep(0.1)
        if told["rehearsed"]:
            return told["pps"] / (1 - told["lost"]), asked["hold_ns"]
    raise peers.Failed(why)


def begin_anew(arguments, daemon):
    """Applies a config that treats each packet as before: what bursts cost is counted from then on."""
    run_dir = pathlib.Path(daemon.socket).parent
    path = run_dir / peers.CONFIG
    text = path.read_text(encoding="ascii")
    either, other = "default: drop\n", "default: { forward: out }\n"  # no packet is left for it
    path.write_text(text.replace(either, other) if either in text else text.replace(other, either), encoding="ascii")
    done = subprocess.run([arguments.sluice, "--socket", run_dir, "config", "apply", path], capture_output=True, text=True, check=False)
    if done.returncode:
        raise peers.Failed(f"config apply: {done.stderr}")


def pair_of(arguments, daemon, limit, has_sender):
    """Errors of what is foretold, by bursts and by a rehearsal; how long packets waited for it; what it takes then, and how
    far apart the parts of that are."""
    time.sleep(arguments.load)
    said = fitted(daemon)
    found, hold_ns = rehearsed(daemon)
    rates = truth(daemon, limit, arguments, found * OFFERED if has_sender else 0)
    most = statistics.median(rates)
    return {"fitted": said / most - 1, "rehearsed": found / most - 1, "hold_us": hold_ns / 1000, "truth": most,
            "spread": (max(rates) - min(rates)) / most}


def find_most(arguments, daemon):
    """About how many it takes, before anything is known."""
    until(lambda: headroom(daemon)["now_pps"] and headroom(daemon)["pps"], "it makes no forecast")
    most, _ = rehearsed(daemon)
    begin_anew(arguments, daemon)
    return most


def measure(arguments, scratch, name):
    driver, _, rules = name.rpartition("-")
    seen, most = {share: [] for share in SHARES}, None
    for start in range(arguments.starts):
        for share in SHARES:
            machine.progress(name, f"start {start + 1} of {arguments.starts}, at {share:.0%} of its load")
            with running(arguments, scratch, driver, int(rules), share * most if most else FIRST_RATE) as (daemon, limit):
                most = most or find_most(arguments, daemon)
                limit.set(share * most)
                seen[share].append(pair_of(arguments, daemon, limit, driver == SENT))
                most = seen[share][-1]["truth"]

    def median(share, member):
        return statistics.median(pair[member] for pair in seen[share])

    def errors(share):
        return "/".join(f"{pair['rehearsed']:+.1%}" for pair in seen[share])

    told = [f"{errors(share)} at {share:.0%} ({median(share, 'hold_us'):.0f} us; fitted {median(share, 'fitted'):+.1%})"
            for share in SHARES]
    every = [pair for share in SHARES for pair in seen[share]]
    truths = [pair["truth"] / 1e6 for pair in every]
    return {"name": name, "value": max(abs(median(share, "rehearsed")) for share in SHARES), "ceiling": 0.05,
            "pairs": {str(share): of_share for share, of_share in seen.items()},
            "text": f"{name}: {min(truths):.1f} to {max(truths):.1f} Mpps, within {max(pair['spread'] for pair in every):.0%} of "
                    f"each other in a second; rehearsed {', '.join(told)}: error"}


def main():
    parser = machine.options("headroom", "What a worker says that it could take, against what it takes.", ", ".join(CASES))
    parser.add_argument("--limit", help="the plugin that limits what comes (default: that of the daemon's build)")
    parser.add_argument("--sluice", help="the client (default: that of the daemon's build)")
    parser.add_argument("--starts", type=int, default=1, help="starts of the daemon a case and load (default 1)")
    parser.add_argument("--load", type=float, default=1.5, help="seconds under a part of the load (default 1.5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="seconds under all of it (default 1)")
    parser.add_argument("--sender", type=int, default=0, help="the core that sends to memif (default 0)")
    parser.add_argument("--hugepages", choices=("true", "false"), default="true", help="whether the daemon has them")
    arguments = parser.parse_args()
    arguments.limit = pathlib.Path(arguments.limit or f"{arguments.sluiced}/../../../scripts/limit.so").resolve()
    arguments.sluice = pathlib.Path(arguments.sluice or f"{arguments.sluiced}/../../sluice/sluice").resolve()
    reserved = machine.hugepages() if arguments.hugepages == "true" else contextlib.nullcontext()
    with reserved, tempfile.TemporaryDirectory() as scratch:
        traffic.write_capture(f"{scratch}/flows.pcap", forward.FLOWS)
        machine.run(arguments, CASES, lambda name: measure(arguments, scratch, name))


if __name__ == "__main__":
    main()
