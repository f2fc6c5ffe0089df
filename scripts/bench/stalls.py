# SPDX-License-Identifier: BSD-3-Clause
"""How long the machine itself keeps a program that never sleeps from running: interrupts, other programs, a hypervisor."""

import os
import time

# What reading the clock in Python takes by itself; a gap below this is no stall.
NOISE_NS = 1000


def gaps(seconds):
    """Stalls of the calling thread in ns, and for how long it looked."""
    clock, found = time.perf_counter_ns, []
    began = before = clock()
    end = began + int(seconds * 1e9)
    while before < end:
        now = clock()
        if now - before > NOISE_NS:
            found.append(now - before)
        before = now
    return found, before - began


def wait_quantile(found, looked, share):
    """What an instant of the time looked at waits at most for its stall to end, for all instants but `share` of them."""
    low, high = 0, max(found, default=0)
    while low < high:
        middle = (low + high) // 2
        if sum(gap - middle for gap in found if gap > middle) > share * looked:
            low = middle + 1
        else:
            high = middle
    return low


def measure(core, seconds):
    """The longest stall of a core, and what 99 of 100 packets would wait for one to end, in ns."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        found, looked = gaps(seconds)
    finally:
        os.sched_setaffinity(0, before)
    return {"max": max(found, default=0), "p99": wait_quantile(found, looked, 0.01)}
