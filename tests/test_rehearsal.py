# SPDX-License-Identifier: BSD-3-Clause
"""What a worker says that it could take once it was told to find out, as a user of a running daemon sees it: packets of a
device that always has some, let through by the plugin of the benchmarks so many at a time."""

import re
import shutil
import struct
import tempfile
import time
from pathlib import Path

import pytest

from lib.daemon import Daemon, Refused, check_status
from lib.offline import BUILD, config

RATE = 1000000
HOLD_NS = 288 * 10**9 / RATE


@pytest.fixture(name="limited")
def limited_fixture(tmp_path):
    """A daemon to which RATE packets a second come, and what changes that."""
    # DPDK loads no plugin from where everybody may write, as a build below /tmp is.
    with tempfile.TemporaryDirectory(dir="/run", prefix="sluice-test-") as folder:
        plugin = shutil.copy(BUILD / "scripts" / "limit.so", folder)
        limit = f"{folder}/limit"

        def let(rate):
            with open(limit, "r+b") as out:  # it is never empty: the plugin has it mapped
                out.write(struct.pack("<Q", rate))

        Path(limit).write_bytes(struct.pack("<Q", RATE))
        # Rings so long that a machine whose cores others take, too, does not seem to bring more than they hold.
        what = config({"in": {"vdev": "net_null0", "rx-ring": 32768, "tx-ring": 32768},
                       "out": {"vdev": "net_null1,no-rx=1", "rx-ring": 32768, "tx-ring": 32768}},
                      default={"forward": "out"})
        environment = {"LIMIT_FILE": limit, "LIMIT_DEVICE": "net_null0"}
        with Daemon(what, tmp_path, [plugin], run_dir=folder, environment=environment) as daemon:
            yield daemon, let


def headroom(daemon):
    return daemon.call("workers")["workers"][0]["headroom"]


def until(daemon, holds):
    deadline = time.monotonic() + 60
    while not holds(headroom(daemon)):
        assert time.monotonic() < deadline, headroom(daemon)
        time.sleep(0.1)


def test_a_worker_finds_out_what_it_could_take(limited):
    daemon, _ = limited
    until(daemon, lambda now: now["now_pps"] and now["pps"])
    assert not headroom(daemon)["rehearsed"]
    for _ in range(5):  # on a machine that has other things to do too few bursts may be full
        done = daemon.sluice("rehearse", "5ms")
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stdout + done.stderr
    hold, unit = re.search(r"\n +\d+ +([0-9.]+) (us|ms) +[0-9.]+ [kM]?pps +[0-9.]+x\n", done.stdout).groups()
    # As long as it takes until so many wait, and not as long as was allowed.
    assert HOLD_NS / 4 < float(hold) * {"us": 1e3, "ms": 1e6}[unit] <= 5e6
    now = headroom(daemon)
    assert now["rehearsed"] and not now["at_least"] and now["pps"] > RATE
    assert "rehearsed: " in daemon.sluice("workers").stdout
    # Nobody pays for it with a packet, and what waited is told to have waited.
    check_status(daemon.call("status"))
    assert daemon.call("ports")["ports"]["in"]["latency"]["upper_ns"]["max"] >= HOLD_NS / 4

    # Another config may cost something else.
    daemon.apply({**daemon.what, "default": "drop"})
    assert not headroom(daemon)["rehearsed"]
    daemon.stop()


def test_who_would_harm_or_learn_nothing_does_not_rehearse(limited):
    daemon, let = limited
    until(daemon, lambda now: now["now_pps"] and now["pps"])
    refused = daemon.sluice("rehearse", "1us")
    assert refused.returncode == 1 and re.search(r"core \d+, 288 packets, which it takes, come in no less than ", refused.stderr)
    for wrong in ("0us", "11ms", "soon"):
        assert daemon.sluice("rehearse", wrong).returncode != 0
    with pytest.raises(Refused):
        daemon.call("rehearse", most_ns=10000001)

    # Of what is never idle there is nothing to find out. That it is so is known once a whole second was.
    let(0)
    until(daemon, lambda now: not now["at_least"] and now["now_pps"] > 2 * RATE)
    deadline = time.monotonic() + 60
    while True:
        full = daemon.sluice("rehearse")
        assert full.returncode == 1
        if "it takes all that it can already" in full.stderr or "too few bursts were full" in full.stdout:
            break
        assert time.monotonic() < deadline, full
    daemon.stop()


def test_a_worker_to_which_nothing_comes_is_told_so(tmp_path):
    what = config({"in": {"vdev": "net_null0,no-rx=1"}, "out": {"vdev": "net_null1,no-rx=1"}}, default={"forward": "out"})
    with Daemon(what, tmp_path) as daemon:
        until(daemon, lambda now: now["now_pps"] == 0)
        assert "no packet came in the last second" in daemon.sluice("rehearse").stderr
        daemon.stop()
