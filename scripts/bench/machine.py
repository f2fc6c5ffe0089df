# SPDX-License-Identifier: BSD-3-Clause
"""The machine that a benchmark runs on: what it is, and its hugepages."""

import contextlib
import os
import pathlib
import platform
import subprocess
import time

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
