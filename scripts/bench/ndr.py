#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""
make bench BENCH=ndr: how far from the truth `sluice ndr` is. Between the replay and the return is a policer, of which the
rate is known: in the same daemon, so that whoever is late is late on both sides, and by one clock. What passes at once after
a pause, its burst, is what a trial finds too much, and for so long the machine may be away: of trials of 2 s for 10 ms. On a
busy machine trials have to be longer.
"""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import machine  # noqa: E402
import peers  # noqa: E402

RATES = {"20k": 20_000, "200k": 200_000}  # a search begins at some million a second, and goes down to a thousandth of that
CASES = {name: f"of a policer of {rate:,} packets a second" for name, rate in RATES.items()}
BURST_SHARE = 0.005  # of a trial
CEILING = 2.0  # percent
FRAMES = 4096


def write_capture(path):
    """UDP packets, each another one, a millisecond apart."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for number in range(FRAMES):
            udp = struct.pack("!HHHH", 4000, 53, 26, 0) + struct.pack("!I", number) + bytes(14)
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 46, number, 0, 64, 17, 0) + bytes([10, 0, 0, 1, 10, 0, 0, 2])
            out.write(struct.pack("<IIII", number // 1000, number % 1000 * 1000, 60, 60) + bytes.fromhex("0200000000020200000000010800") + ip + udp)


def config(core, capture, rate, seconds):
    return (f"workers: [{core}]\nmemory: {{ packets: 32767, hugepages: false }}\n"
            "ports:\n  in: { null: {} }\n"
            f"replays:\n  load: {{ file: {capture}, to: {{ as: in }}, start: manual }}\n"
            "returns:\n  back: { replay: load, within: 100ms, tolerance: { lost: any, reordered: any } }\n"
            f"policers:\n  known: {{ rate: {rate}pps, burst: {max(int(rate * seconds * BURST_SHARE), 1)} }}\n"
            "rules:\n- { name: all, actions: [ { police: known }, { forward: back } ] }\n")


def search(arguments, scratch, name):
    rate, capture = RATES[name], pathlib.Path(scratch, "load.pcap")
    write_capture(capture)
    daemon = peers.Sluice(arguments.sluiced, config(arguments.core, capture, rate, arguments.seconds), os.path.join(scratch, name))
    client = pathlib.Path(arguments.sluiced).parents[1] / "sluice" / "sluice"
    try:
        done = subprocess.run([client, "--socket", daemon.socket, "ndr", "load", "back", "--json", "--duration", f"{arguments.seconds}s"],
                              capture_output=True, text=True, timeout=600 + 60 * arguments.seconds, check=False)
        if done.returncode != 0:
            raise peers.Failed(f"sluice ndr: {done.stderr or 'finds no pace at which nothing is lost'}")
        daemon.totals()
    finally:
        daemon.stop()
    found = json.loads(done.stdout)
    trials = found["trials"]
    return {"name": name, "value": abs(found["pace_pps"] - rate) / rate * 100, "ceiling": CEILING, "found": found["pace_pps"],
            "rate": rate, "trials": len(trials), "invalid": sum(trial["verdict"] == "invalid" for trial in trials),
            "text": f"{rate:,} packets a second are found as {found['pace_pps']:,.0f}, in {len(trials)} trials; percent:"}


def main():
    parser = machine.options("ndr", "How far from the truth `sluice ndr` is.", ", ".join(CASES))
    parser.add_argument("--seconds", type=float, default=2, help="length of a trial (default 2)")
    parser.add_argument("--scratch", default="/var/tmp", help="where configs are made")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        machine.run(arguments, CASES, lambda name: search(arguments, scratch, name))


if __name__ == "__main__":
    main()
