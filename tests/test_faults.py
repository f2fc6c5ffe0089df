# SPDX-License-Identifier: BSD-3-Clause
"""What breaks in hardware, done to a running daemon: links that flap, devices that are taken away and come back, pools
that run dry, checksums that are called good and are not. The other ports go on, the ledger balances, nothing leaks."""

import re
import time

import pytest

from lib import capture
from lib.daemon import Daemon, PLUGINS, Refused, check_status
from lib.faults import RELEASE_SECONDS, clean, grows, plug, port, sent, until_port
from lib.offline import config


def split(slot, default=None, **more):
    """`in` receives without end; half of its flows go to `out`, which is in the slot, the others to `other`."""
    ports = {"in": {"vdev": "net_test0,rx=endless,flows=64"},
             "out": {"vdev": f"net_test1,hold=50,orders={slot.path}"},
             "other": {"vdev": "net_test2,hold=50"}}
    rules = [{"name": "out", "filter": "udp[1] & 1 == 1", "actions": [{"forward": "out"}]}]
    return config(ports, rules, default=default or {"forward": "other"}, **more)


@pytest.mark.parametrize("event", ["remove", "vanish", "die"])
def test_a_removed_device_is_released_and_comes_back(event, slot, tmp_path):
    """By either of DPDK's events or by being asked, ten times, under traffic."""
    with Daemon(split(slot), tmp_path, PLUGINS) as daemon:
        for _ in range(10):
            grows(daemon, sent("out"))
            slot.order(event)
            # Its link ends with the device, which is closed when the worker has passed.
            assert until_port(daemon, "out", state="removed", up=False, speed=0) < RELEASE_SECONDS
            gone = daemon.fresh()["ports"]["out"]
            grows(daemon, sent("other"))
            status = grows(daemon, lambda status: status["drops"]["removed"])
            check_status(status)
            assert status["ports"]["out"]["tx_packets"] == gone["tx_packets"]
            with pytest.raises(Refused, match="can't make vdev"):
                daemon.call("port.up", name="out")
            assert port(daemon)["state"] == "removed"
            assert plug(daemon, slot) == {"name": "out", "state": "up"}
        grows(daemon, sent("out"))
        clean(daemon)
        assert daemon.text().count("net_test1") >= 10
        assert daemon.text().count("was removed; what goes there is dropped") == 10
        daemon.stop()


def test_a_removed_port_that_stays_away(slot, tmp_path):
    """The daemon ends as cleanly as ever."""
    with Daemon(split(slot), tmp_path, PLUGINS) as daemon:
        grows(daemon, sent("out"))
        slot.order("remove")
        until_port(daemon, "out", state="removed")
        daemon.apply(split(slot))
        clean(daemon)
        report = daemon.stop()
    assert re.search(r"^removed +[\d,]+ ", report, re.MULTILINE), report


def test_a_port_that_receives_is_removed(slot, tmp_path):
    what = config({"in": {"vdev": f"net_test0,rx=endless,queues=4,orders={slot.path}"}, "out": {"vdev": "net_test1"},
                   "busy": {"vdev": "net_test2,rx=endless"}}, default={"forward": "out"})
    received = lambda name: lambda status: status["ports"][name]["rx_packets"]  # noqa: E731
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        for _ in range(5):
            grows(daemon, received("in"))
            slot.order("remove")
            assert until_port(daemon, "in", state="removed", up=False, speed=0) < RELEASE_SECONDS
            still = daemon.fresh()["ports"]["in"]["rx_packets"]
            grows(daemon, received("busy"))
            assert port(daemon, "in")["rx_packets"] == still
            plug(daemon, slot, "in")
        grows(daemon, received("in"))
        clean(daemon)
        daemon.stop()


def test_a_port_is_taken_out_on_purpose(slot, tmp_path):
    with Daemon(split(slot), tmp_path, PLUGINS) as daemon:
        for _ in range(5):
            grows(daemon, sent("out"))
            done = daemon.sluice("port", "down", "out")
            assert (done.returncode, done.stdout) == (0, "port out: stopped\n"), done
            assert daemon.call("port.down", name="out") == {"name": "out", "state": "stopped"}
            status = grows(daemon, lambda status: status["drops"]["port-down"])
            assert status["drops"]["removed"] == 0
            grows(daemon, sent("other"))
            assert re.search(r"^out +stopped ", daemon.sluice("ports").stdout, re.MULTILINE)
            done = daemon.sluice("port", "up", "out")
            assert (done.returncode, done.stdout) == (0, "port out: up\n"), done
            assert daemon.call("port.up", name="out") == {"name": "out", "state": "up"}
        clean(daemon)
        assert "was removed" not in daemon.text()
        daemon.stop()


def test_a_port_that_is_not_there(slot, tmp_path):
    with Daemon(split(slot), tmp_path, PLUGINS) as daemon:
        with pytest.raises(Refused, match="there is no port nowhere") as refused:
            daemon.call("port.down", name="nowhere")
        assert refused.value.error["data"]["field"] == "name"
        assert daemon.sluice("port", "up", "nowhere").returncode == 1
        assert daemon.sluice("port", "up").returncode == 2
        clean(daemon)
        daemon.stop()


def test_the_last_members_of_a_group_take_over(slot, tmp_path):
    """Flows of a removed member move to the others; of the others none moves."""
    what = split(slot, groups={"all": ["out", "other"]}, default={"forward": "all"})
    what["rules"] = []
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        grows(daemon, sent("out"))
        slot.order("remove")
        until_port(daemon, "out", state="removed", up=False, speed=0)
        before = daemon.fresh()
        status = grows(daemon, sent("other"))
        check_status(status)
        assert status["ports"]["out"]["tx_packets"] == before["ports"]["out"]["tx_packets"]
        assert status["drops"]["removed"] == before["drops"]["removed"]
        daemon.call("port.down", name="other")
        grows(daemon, lambda status: status["drops"]["no-member"])
        clean(daemon)
        daemon.stop()


@pytest.mark.parametrize("pace", ["top", "20kpps"])
def test_a_replay_to_a_removed_port(pace, slot, tmp_path):
    what = split(slot, replays={"r": {"file": str(capture.fixture("mixed.pcap")), "to": "out", "pace": pace,
                                      "loops": "forever"}})
    what["ports"]["in"] = {"vdev": "net_test0"}
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        for _ in range(3):
            grows(daemon, sent("out"))
            slot.order("remove")
            assert until_port(daemon, "out", state="removed") < RELEASE_SECONDS
            check_status(grows(daemon, lambda status: status["drops"]["removed"]))
            plug(daemon, slot)
        grows(daemon, sent("out"))
        clean(daemon)
        daemon.stop()


def test_a_link_that_flaps(slot, tmp_path):
    """Twenty times: each change is counted, and the log stays short."""
    with Daemon(split(slot), tmp_path, PLUGINS) as daemon:
        for number in range(20):
            slot.order("link down")
            until_port(daemon, "out", state="down")
            grows(daemon, lambda status: status["drops"]["port-down"])
            slot.order("link up")
            until_port(daemon, "out", state="up")
            assert port(daemon)["link_changes"] == 2 * number + 2
        grows(daemon, sent("out"))
        time.sleep(1.2)
        said = [line for line in daemon.text().splitlines() if "link is" in line]
        assert 1 <= len(said) < 20, said
        clean(daemon)
        daemon.stop()


def test_losses_before_sluice_are_named(slot, tmp_path):
    """A dry pool and a full ring: no part of the ledger, which balances, but of `drops`, and of the log with what to
    do."""
    what = config({"in": {"vdev": f"net_test0,rx=endless,orders={slot.path}"}, "out": {"vdev": "net_test1"}},
                  default={"forward": "out"})
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        grows(daemon, sent("out"))
        assert "LOST BEFORE" not in daemon.sluice("drops").stdout
        slot.order("miss 1234")
        slot.order("dry on")
        began = time.monotonic()
        while daemon.call("drops")["before"]["no-mbuf"] == 0 or "memory.packets" not in daemon.text():
            assert time.monotonic() - began < 60
            time.sleep(0.05)
        slot.order("dry off")
        grows(daemon, sent("out"))
        drops = daemon.call("drops")
        assert drops["before"]["missed"] == drops["ports"]["in"]["before"]["missed"] == 1234
        assert drops["ports"]["out"]["before"] == {"missed": 0, "no-mbuf": 0}
        assert drops["ledger"]["balanced"] is True
        assert "missed" not in drops["drops"] and sum(drops["drops"].values()) == drops["ledger"]["dropped"]
        shown = daemon.sluice("drops").stdout
        assert re.search(r"^in +1,234 +[\d,]+ +the pool was empty", shown, re.MULTILINE), shown
        slot.order("miss 1")
        time.sleep(1.5)
        for words in ("no buffer to receive into", "packets were lost before sluice"):
            assert daemon.text().count(words) == 1, daemon.text()
        # What a device lost is not forgotten with it.
        daemon.call("port.down", name="in")
        assert port(daemon, "in")["missed"] == 1235
        daemon.stop()


def checks(words, verify, directory, packets):
    """Receives so many packets from a NIC that calls them good; gives the port's words."""
    what = config({"in": {"vdev": f"net_test0,rx={packets},{words}", **verify}, "out": {"vdev": "net_test1"}},
                  default={"forward": "out"})
    with Daemon(what, directory, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == packets)
        shown, words = daemon.sluice("ports").stdout, port(daemon, "in")
        time.sleep(1.2)
        clean(daemon)
        daemon.stop()
        return words, shown, daemon.text()


@pytest.mark.parametrize("verify, one_in", [({}, 1024), ({"verify": "every"}, 1), ({"verify": 10}, 10)])
def test_good_checksums_are_checked_now_and_then(verify, one_in, tmp_path):
    words, shown, log = checks("good=1", verify, tmp_path, 20480)
    assert (words["verify"], words["checksum_checked"], words["checksum_wrong"]) == (one_in, 20480 // one_in, 0)
    assert "checksum" not in shown and "checksum" not in log


def test_wrong_checksums_are_found(tmp_path):
    """Each hundredth packet is wrong, in its IP header and in UDP by turns; they are forwarded all the same."""
    words, shown, log = checks("good=1,wrong=100,size=301", {"verify": "every"}, tmp_path, 10000)
    assert (words["checksum_checked"], words["checksum_wrong"]) == (10000, 100)
    assert "port in: of 10,000 packets checked whose checksums the NIC calls good, 100 were wrong" in shown
    assert len(re.findall(r"packets? had a wrong checksum that the NIC called good", log)) == 1, log


@pytest.mark.parametrize("device, verify", [("good=1,wrong=2", "off"), ("good=0,wrong=2", "every")])
def test_nothing_is_checked_unasked(device, verify, tmp_path):
    words, _, log = checks(device, {"verify": verify}, tmp_path, 5000)
    assert (words["verify"], words["checksum_checked"], words["checksum_wrong"]) == (0, 0, 0)
    assert "checksum" not in log
