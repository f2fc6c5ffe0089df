# SPDX-License-Identifier: BSD-3-Clause
"""A link that comes and goes: the port follows it, and what other ports forward is not touched."""

from lib import capture
from vm.daemon import Daemon, config

FLAPS = 100
DOWN_SECONDS, UP_SECONDS = 0.1, 0.2
RULES = [{"name": "all", "from": ["a1"], "actions": [{"forward": "a2"}]}]
# Longer than all flaps take; what it sends while a3 flaps must all arrive at a2.
REPLAY = {"long": {"file": "/real.pcap", "to": "a0", "pace": "500pps", "loops": "forever", "start": "manual"}}


def test_flaps(guest, sent):
    ports = {name: guest.address(name) for name in ("a0", "a1", "a2", "a3")}
    with Daemon(guest, config(ports, RULES, REPLAY)) as daemon:
        daemon.await_links()
        past = len(capture.read(guest.dump("a2")))
        daemon.call("replay.start", name="long")
        for _ in range(FLAPS):
            guest.tell("set_link", name="net-a3", up=False)
            guest.rest(DOWN_SECONDS)
            guest.tell("set_link", name="net-a3", up=True)
            guest.rest(UP_SECONDS)
        daemon.await_links()
        daemon.call("replay.stop", name="long")
        status = daemon.until(lambda status: status["ledger"]["held"] == 0)
        count = status["ports"]["a0"]["tx_packets"]
        assert count > FLAPS
        status = daemon.until(lambda status: status["ports"]["a2"]["tx_packets"] == count)
        # a3 receives from its hub all that a2 sends; no rule names it, so that goes by the default.
        assert status["drops"] == {**dict.fromkeys(status["drops"], 0), "default": status["ports"]["a3"]["rx_packets"]}
        assert status["ledger"]["balanced"] and status["ports"]["a1"]["rx_packets"] == count
        log = daemon.log()
        assert "port a3: link is down" in log and "port a3: link is up" in log
        assert "port a1: link is down" not in log and "port a2: link is down" not in log
        daemon.stop()
    frames = [packet.data for packet in capture.read(guest.dump("a2"))[past:]]
    assert frames == [sent[i % len(sent)] for i in range(count)]


def test_goes_on_after_a_flap(guest):
    """The port whose link was away sends and receives again."""
    ports = {name: guest.address(name) for name in ("a0", "a1")}
    replay = {"some": {"file": "/real.pcap", "until": "#201", "to": "a0", "pace": "1kpps", "start": "manual"}}
    with Daemon(guest, config(ports, replays=replay)) as daemon:
        for name in ("a0", "a1"):
            daemon.await_links()
            guest.tell("set_link", name=f"net-{name}", up=False)
            guest.wait(lambda: daemon.call("ports")["ports"], lambda ports, name=name: not ports[name]["up"])
            guest.tell("set_link", name=f"net-{name}", up=True)
        daemon.await_links()
        daemon.call("replay.start", name="some")
        daemon.until(lambda status: status["ports"]["a1"]["rx_packets"] == 200)
        daemon.stop()
