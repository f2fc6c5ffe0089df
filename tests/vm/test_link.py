# SPDX-License-Identifier: BSD-3-Clause
"""A link that comes and goes: the port follows it, and what other ports forward is not touched."""

from lib import capture
from vm.daemon import Daemon, config

FLAPS = 100
RULES = [{"name": "all", "from": ["a1"], "actions": [{"forward": "a2"}]}]
# Longer than all flaps take; what it sends while v1 flaps must all arrive at a2.
REPLAY = {"long": {"file": "/real.pcap", "to": "a0", "pace": "500pps", "loops": "forever", "start": "manual"}}


def set_link(guest, daemon, name, up):
    guest.tell("set_link", name=f"net-{name}", up=up)
    guest.wait(lambda: daemon.call("ports")["ports"][name], lambda port: port["up"] == up)


def test_flaps(guest, sent):
    """v1 is of the family whose links come up at once, so that each of its flaps is seen."""
    guest.bind("vfio-pci", "v1")
    ports = {name: guest.address(name) for name in ("a0", "a1", "a2", "v1")}
    with Daemon(guest, config(ports, RULES, REPLAY)) as daemon:
        daemon.await_links()
        past = len(capture.read(guest.dump("a2")))
        daemon.call("replay.start", name="long")
        for _ in range(FLAPS):
            set_link(guest, daemon, "v1", False)
            set_link(guest, daemon, "v1", True)
        daemon.call("replay.stop", name="long")
        status = daemon.until(lambda status: status["ledger"]["held"] == 0)
        count = status["ports"]["a0"]["tx_packets"]
        assert count > FLAPS
        status = daemon.until(lambda status: status["ports"]["a2"]["tx_packets"] == count)
        assert not any(status["drops"].values()), status["drops"]
        assert status["ledger"]["balanced"] and status["ports"]["a1"]["rx_packets"] == count
        log = daemon.log()
        assert "port v1: link is down" in log
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
            set_link(guest, daemon, name, False)
            set_link(guest, daemon, name, True)
        daemon.await_links()
        daemon.call("replay.start", name="some")
        daemon.until(lambda status: status["ports"]["a1"]["rx_packets"] == 200)
        daemon.stop()


def test_starts_when_the_link_is_there(guest):
    """The card's link comes up some time after the daemon; a replay that starts with the daemon loses nothing by that."""
    replay = {"some": {"file": "/real.pcap", "until": "#201", "to": "a0", "pace": "1kpps"}}
    with Daemon(guest, config({"a0": guest.address("a0")}, replays=replay)) as daemon:
        status = daemon.until(lambda status: status["replays"]["some"]["state"] == "done")
        assert status["ports"]["a0"]["tx_packets"] == 200 and status["drops"]["port-down"] == 0, status
        assert "replay some: waits for the link of a0" in daemon.log()
        daemon.stop()
