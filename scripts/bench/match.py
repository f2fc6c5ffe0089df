#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=match: what it costs to know which packet one that came back was, in cycles a packet of 64 bytes, while
a million that were sent are live. With the making of its key.
"""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
import machine  # noqa: E402

# name: what came back or was sent, the most that it may take, and what is said of it.
CASES = {
    "frame-back": "cycles to match a packet that came back, by one key",
    "auto-back": "cycles to match a packet that came back, by the strictest of three keys",
    "frame-sent": "cycles to note a packet that is sent, by one key, and to forget another",
    "auto-sent": "cycles to note a packet that is sent, by three keys, and to forget another",
}
CEILINGS = {"frame-back": 90, "auto-back": 160, "frame-sent": 200, "auto-sent": 600}


def measure(program):
    rows = {}
    for line in subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True, timeout=600).stdout.splitlines():
        name, median, best = line.split()
        rows[name] = {"median": float(median), "best": float(best)}
    return rows


def main():
    parser = machine.options("match", "What it costs to know what came back.", ", ".join(CASES))
    arguments = parser.parse_args()
    rows = measure(pathlib.Path(arguments.sluiced).parents[2] / "scripts" / "bench_match")

    def result(name):
        return {"name": name, "value": rows[name]["median"], "ceiling": CEILINGS[name], "rows": rows,
                "text": f"{CASES[name]}; {rows[name]['best']:.1f} in the best of the rounds:"}

    machine.run(arguments, CASES, result)


if __name__ == "__main__":
    main()
