#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=edits: what edits, gates and looking inside cost. First in cycles a packet above the same config without
them, in process (`sluiced bench edits`); then the whole program beside dpdk-testpmd in the modes that write packets,
in pairs as `make bench` has them.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import forward  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
import traffic  # noqa: E402

# Cycles a packet, at most; None where a figure is only stated.
CEILINGS = {"edit-elsewhere": 1, "edit-vlan-push": 15, "edit-vlan-strip": 15, "edit-address": 20, "edit-slice": 45,
            "edit-headers": 110, "edit-vxlan": 35, "police": 15, "sample": 2, "dedup": 60, "dedup-10m": 130, "inside": 40,
            "inside-none": 2}
FLOWS = 10000


class Case(forward.Case):
    """Against testpmd in one of its modes, with the same devices."""

    def __init__(self, mode, text, config, devices, floor=None):
        super().__init__(mode, f"{text}, against testpmd's {mode}", config, devices, floor, ["--total-num-mbufs=65535"])

    def peer(self, sluiced, l3fwd, core, scratch):
        return peers.Testpmd(self.devices, core, scratch, self.options, self.name)


def cases(core, scratch):
    flows = f"{scratch}/flows.pcap"
    traffic.write_capture(flows, FLOWS)
    null, captured = "net_null0", f"net_pcap0,rx_pcap={flows},infinite_rx=1"
    for mode, text, edit, device in (
            ("macswap", "set both MACs", "src-mac: 02:00:00:00:00:01, dst-mac: 02:00:00:00:00:02", null),
            ("csum", "set the TTL", "ttl: -1", captured),
            ("5tswap", "set addresses and ports", "src: 10.9.8.7, dst: 10.6.5.4, src-port: 7, dst-port: 9", captured)):
        rule = f"  - {{ name: all, actions: [ {{ set: {{ {edit} }} }}, {{ forward: out }} ] }}"
        yield Case(mode, text, forward.config(core, device, rule, "drop"), [device, "net_null1,no-rx=1"],
                   1.0 if mode == "macswap" else None)


def in_process(sluiced):
    """The rows of `sluiced bench edits`, with what is asked of them."""
    run = subprocess.run([sluiced, "bench", "edits", "--json"], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise peers.Failed(run.stderr.strip())
    rows = [{"name": name, "text": row["text"], **row["cycles"], "ceiling": CEILINGS.get(name)}
            for name, row in json.loads(run.stdout).items()]
    width = max(len(row["text"]) for row in rows)
    print(f"{'':{width}}{'cycles':>9}{'at most':>9}")
    for row in rows:
        ceiling = row["ceiling"] if row["ceiling"] else "-"
        above = "  above" if row["ceiling"] and row["median"] > row["ceiling"] else ""
        print(f"{row['text']:{width}}{row['median']:9.1f}{ceiling:>9}{above}")
    print()
    return rows


def main():
    parser = machine.options("edits", "What edits and gates cost, and what testpmd's modes cost beside them.",
                             "process, macswap, csum, 5tswap")
    parser.add_argument("--pairs", type=int, default=3, help="pairs of starts a case (default 3)")
    parser.add_argument("--slices", type=int, default=20, help="turns that each takes in a start (default 20)")
    parser.add_argument("--seconds", type=float, default=0.1, help="measured a turn (default 0.1)")
    arguments = parser.parse_args()
    arguments.l3fwd = None
    rows, results = [], []
    try:
        with machine.hugepages(), tempfile.TemporaryDirectory() as scratch:
            if not arguments.cases or "process" in arguments.cases:
                machine.progress("process: cycles a packet above the same without")
                rows = in_process(arguments.sluiced)
            for case in cases(arguments.core, scratch):
                if not arguments.cases or case.name in arguments.cases:
                    results.append(forward.run_case(case, arguments))
    except peers.Failed as failure:
        sys.exit(f"bench: {failure}")
    machine.say(f"; Mpps, medians of {arguments.pairs} x {arguments.slices} pairs")
    if results:
        forward.print_table(results)
    print()
    machine.write(arguments.json, cycles=rows, results=results)


if __name__ == "__main__":
    main()
