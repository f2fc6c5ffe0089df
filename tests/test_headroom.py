# SPDX-License-Identifier: BSD-3-Clause
"""How much more a worker could take, and for how long it may stand still, as a user of a running daemon sees it."""

import re
import time

from lib.daemon import Daemon, PLUGINS, check_status
from lib.offline import config

BURST = 32


def ports(slot):
    return config({"in": {"vdev": f"net_test0,orders={slot.path}", "rx-ring": 512}, "out": {"vdev": "net_test1"}},
                  default={"forward": "out"})


def headroom(daemon):
    return daemon.call("workers")["workers"][0]["headroom"]


def bring(daemon, slot, packets, times):
    """Has so many packets come at once, so many times, and waits until they are out."""
    sent = daemon.call("status")["ports"]["out"]["tx_packets"]
    for number in range(1, times + 1):
        slot.order(f"bring {packets}")
        wanted = sent + packets * number
        daemon.until(lambda status: status["ports"]["out"]["tx_packets"] == wanted)  # pylint: disable=W0640


def until(daemon, holds, meanwhile=lambda: time.sleep(0.1)):
    """The headroom once so much is known of it."""
    deadline = time.monotonic() + 60
    while True:
        now = headroom(daemon)
        if holds(now):
            return now
        assert time.monotonic() < deadline, now
        meanwhile()


def test_what_a_worker_could_take_is_known_when_it_took_something(slot, tmp_path):
    with Daemon(ports(slot), tmp_path, PLUGINS) as daemon:
        nothing = until(daemon, lambda now: now["now_pps"] is not None)
        assert (nothing["now_pps"], nothing["seen_pps"]) == (0, 0)
        assert nothing["pps"] is nothing["room"] is nothing["per_packet"] is nothing["lost"] is None
        assert nothing["delay_ns"] == {key: None for key in ("1", "32", "256", "1024", "4096")}
        assert "could take" not in daemon.sluice("workers").stdout

        # Small bursts: there is a forecast, which says that it is one.
        # Bursts in which the worker was interrupted don't count, and here they may be most.
        small = until(daemon, lambda now: now["pps"], lambda: bring(daemon, slot, 3, 20))
        assert small["at_least"] and small["per_packet"] > 0 and small["per_burst"] >= 0 and 0 <= small["lost"] < 1
        delays = list(small["delay_ns"].values())
        assert all(delays) and delays == sorted(delays)
        text = daemon.sluice("workers").stdout
        assert re.search(r"what each could take.*\n.*COULD TAKE.*\n.* at least [0-9.]+ [kM]?pps ", text), text

        # Full ones are what was seen.
        full = until(daemon, lambda now: not now["at_least"], lambda: bring(daemon, slot, 200 * BURST, 1))
        assert full["pps"] and full["per_packet"] > 0
        later = until(daemon, lambda now: now["now_pps"] == 0 and now["seen_pps"] >= 20 * BURST)
        assert later["room"] is None
        assert headroom(daemon)["pps"] == later["pps"]
        assert "at least" not in daemon.sluice("workers").stdout
        check_status(daemon.call("status"))

        # Another config may cost something else.
        daemon.apply(ports(slot) | {"default": "drop"})
        assert until(daemon, lambda now: now["pps"] is None)["seen_pps"] == later["seen_pps"]
        daemon.stop()


def test_how_long_a_ring_lasts(slot, tmp_path):
    """512 packets of the ring, by what came in a second, and in the fullest millisecond."""
    with Daemon(ports(slot), tmp_path, PLUGINS) as daemon:
        nothing = daemon.call("ports")["ports"]["in"]
        assert nothing["survives"] == {"now_ns": None, "peak_ns": None} and nothing["latency"]["model_ns"] is None
        until(daemon, lambda now: now["now_pps"] == 0)
        deadline = time.monotonic() + 60
        while True:
            now = daemon.call("snapshot")
            port, worker = now["ports"]["in"], now["workers"][0]
            if worker["headroom"]["pps"] and worker["headroom"]["now_pps"]:
                break
            assert time.monotonic() < deadline, now
            bring(daemon, slot, 10000, 1)
        assert port["rx_ring"] == 512
        assert port["survives"]["now_ns"] == 512 * 10**9 // worker["headroom"]["now_pps"]
        assert port["survives"]["peak_ns"] == 512 * 10**9 // port["peak_1ms"]["pps"]
        # As the model has it: at least as long as that many packets take by themselves.
        hz = now["tsc_hz"]
        alone = port["peak_100us"]["packets"] * worker["headroom"]["per_packet"] * 1e9 / hz
        assert port["latency"]["model_ns"] >= alone * 0.99
        assert now["ports"]["out"]["survives"] == {"now_ns": None, "peak_ns": None}
        assert "FULL IN" in daemon.sluice("ports").stdout
        daemon.stop()
