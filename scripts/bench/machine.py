# SPDX-License-Identifier: BSD-3-Clause
"""The machine that a benchmark runs on: what it is, its hugepages, and the frame that all benchmarks have."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import peers

HUGE = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
HUGEPAGES = 1600


@contextlib.contextmanager
def hugepages():
    """Reserves what the benchmarks need, and gives it back."""
    reserved = HUGE.read_text(encoding="ascii")
    if int(reserved) < HUGEPAGES:
        HUGE.write_text(str(HUGEPAGES), encoding="ascii")
    if int(HUGE.read_text(encoding="ascii")) < HUGEPAGES:
        raise SystemExit(f"bench: {HUGEPAGES} hugepages of 2 MiB are needed: run as root on a machine with 4 GiB free")
    try:
        yield
    finally:
        HUGE.write_text(reserved, encoding="ascii")


def progress(case, step=""):
    """What is being measured: on a terminal one line that is written over at each step and by "", else a line a case."""
    if sys.stderr.isatty():
        text = f"{case}: {step}" if step else case
        print(f"\r\033[K{text[:79]}", end="", file=sys.stderr, flush=True)
    elif case and not step:
        print(f"bench: {case}", file=sys.stderr, flush=True)


def conclude(result):
    """Prints a result's text, value and bound, its "ceiling" or its "floor", and whether it was missed."""
    bound, word = (result["ceiling"], "most") if "ceiling" in result else (result["floor"], "least")
    beyond = result["value"] > bound if word == "most" else result["value"] < bound
    print(f"{result['text']} {result['value']:.3g}, at {word} {bound:g}{'  missed' if beyond else ''}", flush=True)


def describe():
    """What the figures were measured on."""
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True, check=False)
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "dpdk": dpdk.stdout.strip(), "date": time.strftime("%Y-%m-%d")}


def options(name, description, cases):
    """A parser with the options that all have. cases: what may be named to be measured alone."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--sluiced", default="build/app/sluiced/sluiced", help="the daemon to measure")
    parser.add_argument("--json", default=f"build/bench-{name}.json", help="where the JSON goes")
    parser.add_argument("--core", type=int, default=os.cpu_count() - 1, help="the core that polls")
    parser.add_argument("cases", nargs="*", help=f"{cases} (default: all)")
    return parser


def say(more=""):
    """Prints what the figures were measured on."""
    where = describe()
    print(f"{where['cpu']}, {where['cores']} cores, Linux {where['kernel']}, DPDK {where['dpdk']}, {where['date']}{more}")


def run(arguments, cases, measure):
    """Measures the cases that were named, or all: texts by name; a case has a result or a list of them. Prints each and writes
    them."""
    results = []
    try:
        for name, text in cases.items():
            if arguments.cases and name not in arguments.cases:
                continue
            progress(f"{name}: {text}")
            found = measure(name)
            progress("")
            for result in found if isinstance(found, list) else [found]:
                conclude(result)
                results.append(result)
    except peers.Failed as failure:
        sys.exit(f"bench: {failure}")
    print()
    say()
    write(arguments.json, results=results)


def write(path, **figures):
    pathlib.Path(path).write_text(json.dumps({"machine": describe(), **figures}, indent=2) + "\n", encoding="ascii")
    print(f"JSON: {path}")
