# SPDX-License-Identifier: BSD-3-Clause
"""What answers say, whatever workers and clients do: numbers that agree, in bounded memory, while the daemon goes on."""

import os
import time

import pytest

from lib.daemon import Daemon, PLUGINS, check_status
from lib.daemon import test_ports as ports_of
from lib.offline import config
from test_sandbox import held


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hold a thread that no user may trace")
def test_a_worker_that_does_not_answer_says_nothing_that_disagrees(tmp_path):
    """Held wherever it just is, in the middle of a burst too: its last whole numbers are shown, with their age."""
    what = config(ports_of(wan="rx=endless,queues=1", tap="", tip=""),
                  rules=[{"name": "all", "from": ["wan"], "actions": [{"mirror": "tip"}, {"forward": "tap"}]}])
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["tap"]["tx_packets"] > 10000)
        most = 0
        for _ in range(40):
            with held(daemon):
                first, status = daemon.call("workers")["workers"][0], daemon.call("status")
                second, later = daemon.call("workers")["workers"][0], daemon.call("status")
            for found in (status, later):
                check_status(found)
                assert found["rules"]["all"]["packets"] == first["packets"]
                assert found["ports"]["wan"]["rx_packets"] == first["packets"]
                assert found["ports"]["tap"]["tx_packets"] == found["ports"]["tip"]["tx_packets"] == first["packets"]
            assert not first["fresh"] and first["packets"] == second["packets"]
            assert 0 < first["age_ns"] < second["age_ns"] < 30e9
            assert status["ledger"] == later["ledger"]
            most = max(most, later["ledger"]["held"])
            time.sleep(0.002)
        assert most > 0, "what moved since is held"
        with held(daemon):
            assert "old" in daemon.sluice("workers").stdout
        daemon.until(lambda _: daemon.call("workers")["workers"][0]["fresh"])
        status = daemon.call("status")
        check_status(status)
        assert status["ledger"]["held"] == 0
        daemon.stop()
