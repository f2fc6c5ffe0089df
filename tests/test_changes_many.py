# SPDX-License-Identifier: BSD-3-Clause
"""Many changes, at once and one after the other, and the end amid them."""

import contextlib
import json
import os
import threading
import time

import pytest
import yaml

from lib.changes import base, check, descriptors, mirror, NOTHING, replay
from lib.daemon import Daemon, PLUGINS, Refused

pytestmark = pytest.mark.usefixtures("dns_beside")
APPLIES = int(os.environ.get("SLUICE_APPLIES", "60"))


def test_orders_of_many_at_once(tmp_path):
    """Applies of two clients, ports that go down and up, one that leaves before it is answered: one after the other."""
    def what(number):
        ring = {"tx-ring": 256 << number % 3}
        ports = {f"p{number}": NOTHING, "c": {**NOTHING, **ring}, "in": {"pcap": {"in": "dns.pcap"}, **ring}}
        return base(ports, [{"name": "read", "from": ["in"], "actions": ["drop"]}, mirror("c")], replays={"one": replay("c", pace="top", loops="forever")} if number % 2 else {})

    with Daemon(what(0), tmp_path, PLUGINS) as daemon:
        errors = []

        def repeat(order):
            try:
                for number in range(15):
                    order(number)
            except Exception as error:  # of a thread it would not be seen
                errors.append(repr(error))
                raise

        def leave(number):
            text = yaml.dump({**what(number), "run-dir": str(daemon.run_dir)}, sort_keys=False)
            client = daemon.client()
            request = {"jsonrpc": "2.0", "id": 1, "method": "config.apply",
                       "params": {"text": text, "directory": str(tmp_path)}}
            client.socket.sendall(json.dumps(request).encode() + b"\n")
            client.close()

        def ask(_):
            # What is closed and opened meanwhile is looked at.
            for method in ("status", "ports", "drops", "memory") * 20:
                daemon.call(method)

        def up_and_down(number):
            daemon.call("port.down" if number % 2 else "port.up", name="c")
            # One that ends meanwhile, or was never there.
            for name in (f"p{number % 4}", "nosuch"):
                with contextlib.suppress(Refused):
                    daemon.call("port.up", name=name)

        threads = [threading.Thread(target=repeat, args=[order]) for order in
                   (lambda number: daemon.apply(what(number % 4)), lambda number: daemon.apply(what(5 + number % 3)), leave,
                    up_and_down, ask)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        daemon.apply(what(1))
        daemon.call("port.up", name="c")
        status = check(daemon, losses=("port-down", "removed", "rule"))
        assert list(status["ports"]) == ["source", "a", "p1", "c", "in"] and status["applied"] >= 31
        assert status["ports"]["a"]["tx_packets"] == status["ports"]["source"]["rx_packets"]
        daemon.stop()


def test_many_applies_under_traffic(tmp_path):
    """Ports, replays and rules come and go; one replay and all that flows know nothing of it, and nothing is left over."""
    steady = {"steady": replay("a", pace="1000pps", loops="forever")}

    def variant(number):
        if number % 2 == 0:
            return base(replays=steady)
        ports = {"c": {**NOTHING, "tx-ring": 256 << number % 3}, f"p{number % 5}": NOTHING}
        return base(ports, [mirror("c")], replays={**steady, "more": replay("c", pace="top", loops=1 + number % 4)})

    with Daemon(base(replays=steady), tmp_path, PLUGINS) as daemon:
        daemon.apply(variant(1))
        daemon.apply(variant(2))
        files = descriptors(daemon)
        before = check(daemon, losses=("port-down",))
        for number in range(3, 3 + APPLIES):
            daemon.apply(variant(number))
            if number % 20 == 0:
                check(daemon, losses=("port-down",))
        daemon.apply(variant(0))
        status = check(daemon, losses=("port-down",))
        assert status["replays"]["steady"]["state"] == "running"
        assert status["replays"]["steady"]["sent"] > before["replays"]["steady"]["sent"]
        assert sum(status["replays"]["steady"]["drops"].values()) == 0
        # Mirrors to what ends or begins are all that may be dropped: whatever came in left on a.
        assert status["ports"]["a"]["tx_packets"] == \
            status["ports"]["source"]["rx_packets"] + status["replays"]["steady"]["sent"]
        assert descriptors(daemon) == files
        assert list(daemon.call("memory")["replays"]) == ["steady"]
        daemon.stop()


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.01, 0.03])
def test_the_end_comes_during_an_apply(tmp_path, delay):
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        refusals = []

        def applies():
            for number in range(1000):
                ports = {f"p{port}": NOTHING for port in range(number % 7)}
                try:
                    daemon.apply(base({**ports, "c": {**NOTHING, "tx-ring": 256 << number % 3}}, [mirror("c")],
                                      replays={"one": replay("c", pace="top", loops="forever")} if number % 2 else {}))
                except (OSError, ValueError, Refused) as error:
                    refusals.append(repr(error))
                    return

        thread = threading.Thread(target=applies)
        thread.start()
        daemon.until(lambda status: status["applied"] > 2 or refusals)
        assert not refusals
        time.sleep(delay)
        daemon.stop()
        thread.join()
