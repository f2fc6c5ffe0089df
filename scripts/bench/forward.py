#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench: sluice against dpdk-testpmd, in pairs: both run on the same core and take turns, a tenth of a second
each, and the median of the pairs' ratios counts. Shared machines drift; a ratio within a pair drifts with both.
"""

import contextlib
import os
import statistics
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import machine  # noqa: E402
import peers  # noqa: E402
import traffic  # noqa: E402

# What l3fwd-acl with its best algorithm gave beside testpmd's io of 103 Mpps from the same capture.
L3FWD_ACL = {100: 37 / 103, 1000: 36 / 103, 10000: 33 / 103}
# 45 Mpps where that testpmd gives 103.
RULES_FLOOR = 45 / 103
L3FWD_FLOOR = {100: 1.6, 1000: 1.6, 10000: None}
FLOWS = 10000
FLOOD = 1000000
SETTLE = 0.01  # seconds of a turn until caches hold what the program needs


class Case:
    """One comparison. `floor` is the ratio that is promised, None where a figure is only stated."""

    def __init__(self, name, text, config, devices, floor, options=(), baseline=None, l3fwd_rules=None,
                 workers=1):
        self.name, self.text, self.config = name, text, config
        self.devices, self.floor, self.options, self.baseline = devices, floor, options, baseline
        self.l3fwd_rules, self.workers = l3fwd_rules, workers

    def peer(self, sluiced, l3fwd, core, scratch):
        """The other program of a pair, started."""
        if self.baseline:
            return peers.Sluice(sluiced, self.baseline, scratch)
        if self.l3fwd_rules:
            return peers.L3fwd(l3fwd, self.devices, core, self.l3fwd_rules, scratch)
        return peers.Testpmd(self.devices, core, scratch, self.options)


def config(core, rx, rules="", default="{ forward: out }", packets=65535, size=2048, extra_ports="",
           workers=None):
    text = f"workers: {workers or [core]}\nmemory: {{ packets: {packets}, packet-size: {size}, hugepages: true }}\n"
    text += f"ports:\n  in: {{ vdev: \"{rx}\" }}\n{extra_ports}  out: {{ vdev: \"net_null1,no-rx=1\" }}\n"
    if rules:
        text += f"rules:\n{rules}\n"
    return text + f"default: {default}\n"


def cases(core, scratch, l3fwd=None):
    """All cases, in the order of the table; those against l3fwd where there is one."""
    null_pair = ["net_null0", "net_null1,no-rx=1"]
    flows, flood = f"{scratch}/flows.pcap", f"{scratch}/flood.pcap"
    from_flows, from_flood = (f"net_pcap0,rx_pcap={p},infinite_rx=1" for p in (flows, flood))
    traffic.write_capture(flows, FLOWS)
    traffic.write_capture(flood, FLOOD)
    pcap_pair = [from_flows, "net_null1,no-rx=1"]
    mbufs = ["--total-num-mbufs=65535"]
    yield Case("forward-null", "forward, no rules, net_null to net_null", config(core, "net_null0"),
               null_pair, 0.95, mbufs)
    yield Case("forward-pcap", "forward, no rules, net_pcap to net_null", config(core, from_flows),
               pcap_pair, 0.95, mbufs)
    for count in (100, 1000, 10000):
        yield Case(f"rules-{count}", f"{count:,} rules, {FLOWS:,} flows",
                   config(core, from_flows, traffic.rules(count, FLOWS, "out"), "drop"), pcap_pair,
                   RULES_FLOOR, mbufs)
    for count in (100, 1000, 10000) if l3fwd else ():
        routes = f"{scratch}/l3fwd-{count}"
        traffic.write_l3fwd_rules(routes, count, FLOWS, 1)
        yield Case(f"l3fwd-{count}", f"{count:,} rules, {FLOWS:,} flows, against l3fwd-acl",
                   config(core, from_flows, traffic.rules(count, FLOWS, "out"), "drop"), pcap_pair,
                   L3FWD_FLOOR[count], l3fwd_rules=routes)
    for count in (100, 1000, 10000):
        yield Case(f"flood-{count}", f"{count:,} rules, {FLOOD:,} flows",
                   config(core, from_flood, traffic.rules(count, FLOOD, "out"), "drop", 1300000, 128),
                   [from_flood, "net_null1,no-rx=1"], L3FWD_ACL[count],
                   ["--total-num-mbufs=1300000", "--mbuf-size=256"])
    mirrors = "  - { name: all, actions: [ { mirror: m1 }, { mirror: m2 }, { forward: out } ] }"
    ports = "".join(f"  {p}: {{ vdev: \"net_null{i},no-rx=1\" }}\n" for i, p in ((2, "m1"), (3, "m2")))
    yield Case("mirror-2", "mirror to two ports and forward", config(core, from_flows, mirrors,
               extra_ports=ports), pcap_pair, None, mbufs)
    if os.cpu_count() >= 2:
        # A port each: the counters of net_null's queues lie side by side in memory, and two cores that write
        # to them slow each other down, which says nothing of the workers.
        second = "  in2: { vdev: \"net_null2\", queues: 1 }\n"
        one, two = (config(core, "net_null0", extra_ports=second, workers=workers).replace(
            "\"net_null0\"", "\"net_null0\", queues: 1") for workers in ([core], [core - 1, core]))
        yield Case("workers-2", "two workers against one, a net_null each", two, None, 1.8, baseline=one,
                   workers=2)


def take_turns(ours, theirs, slices, seconds):
    """Lets the one run while the other stands still, and the other way round, so many times: the rates, in pairs."""
    rates = []
    for number in range(slices):
        turns = {}
        for program in (ours, theirs) if number % 2 else (theirs, ours):
            program.go_on()
            turns[program] = program.core_rate(seconds, SETTLE)
            program.halt()
        rates.append((turns[ours], turns[theirs]))
    return rates


def run_case(case, arguments):
    """Starts both programs several times, for what differs from one start to the next."""
    rates, totals, hz = [], [], 0
    machine.progress(f"{case.name}: {case.text}")
    for number in range(arguments.pairs):
        with tempfile.TemporaryDirectory() as run_dir, tempfile.TemporaryDirectory() as scratch, \
                contextlib.ExitStack() as stack:
            ours = peers.Sluice(arguments.sluiced, case.config, run_dir)
            stack.callback(ours.stop)
            hz = hz or ours.hz()
            ours.halt()
            theirs = case.peer(arguments.sluiced, arguments.l3fwd, arguments.core, scratch)
            stack.callback(theirs.stop)
            theirs.halt()
            rates.append(take_turns(ours, theirs, arguments.slices, arguments.seconds))
            ours.go_on()
            totals.append(ours.totals())
        machine.progress(case.name, f"pair {number + 1} of {arguments.pairs}")
    machine.progress("")
    everything = [pair for start in rates for pair in start]
    pps = statistics.median(ours for ours, _ in everything)
    return {
        "name": case.name,
        "text": case.text,
        "mpps": pps / 1e6,
        "peer_mpps": statistics.median(theirs for _, theirs in everything) / 1e6,
        "ratio": statistics.median(ours / theirs for ours, theirs in everything),
        "ratios": [round(statistics.median(ours / theirs for ours, theirs in start), 3) for start in rates],
        "floor": case.floor,
        "cycles_per_packet": hz * case.workers / pps,
        "cache_hits": statistics.median(total["cache_hits"] for total in totals),
        "copied_bytes": max(total["copied_bytes"] for total in totals),
        "dropped": max(total["dropped"] for total in totals),
    }


def print_table(results):
    width = max(len(result["text"]) for result in results)
    print(f"{'':{width}}{'sluice':>9}{'peer':>9}{'ratio':>8}{'at least':>10}{'cycles/packet':>15}")
    for result in results:
        floor = f"{result['floor']:.2f}" if result["floor"] else "-"
        verdict = "" if not result["floor"] or result["ratio"] >= result["floor"] else "  below"
        print(f"{result['text']:{width}}{result['mpps']:9.1f}{result['peer_mpps']:9.1f}{result['ratio']:8.2f}"
              f"{floor:>10}{result['cycles_per_packet']:15.1f}{verdict}")


def main():
    parser = machine.options("forward", "Compares sluice with dpdk-testpmd in paired runs.", "names of cases")
    parser.add_argument("--pairs", type=int, default=3, help="pairs of starts a case (default 3)")
    parser.add_argument("--slices", type=int, default=20, help="turns that each takes in a start (default 20)")
    parser.add_argument("--seconds", type=float, default=0.1, help="measured a turn (default 0.1)")
    parser.add_argument("--l3fwd", metavar="PATH",
                        help="a built l3fwd of DPDK's examples, without offloads: measured beside testpmd")
    arguments = parser.parse_args()

    results = []
    try:
        with machine.hugepages(), tempfile.TemporaryDirectory() as scratch:
            for case in cases(arguments.core, scratch, arguments.l3fwd):
                if not arguments.cases or case.name in arguments.cases:
                    results.append(run_case(case, arguments))
    except peers.Failed as failure:
        sys.exit(f"bench: {failure}")
    machine.say(f"; Mpps, medians of {arguments.pairs} x {arguments.slices} pairs; peer: dpdk-testpmd io where no other is "
                "named")
    print_table(results)
    print()
    machine.write(arguments.json, results=results)


if __name__ == "__main__":
    main()
