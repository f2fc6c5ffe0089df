# SPDX-License-Identifier: BSD-3-Clause
"""Edited packets while others hold them: ports that free late and take little see nobody write to what they were given, and
whoever edits makes his own, in each of the ways that there are. And edits that come and go with configs, under traffic."""

import pytest

from lib import capture, jumbo
from lib.daemon import Daemon, PLUGINS, check_status, test_ports
from lib.offline import config
from lib.shapes import copied

pytestmark = pytest.mark.live

PACKETS, BUFFER = 20000, 256
SET = {"set": {"dst-mac": "02:00:00:00:00:09", "ttl": "-1"}}
VXLAN = {"push": {"vxlan": {"vni": 5, "src": "192.0.2.1", "dst": "192.0.2.2", "src-mac": "02:00:00:00:00:01",
                            "dst-mac": "02:00:00:00:00:02"}}}
# A mirror as it came first, so that all others are of packets that somebody holds; the end is one of them.
LIST = [{"mirror": "late"}, {"mirror": "late", "with": [{"slice": 50}]}, {"mirror": "slow", "with": [SET]},
        {"mirror": "late", "with": [VXLAN, {"mask": "payload"}]}, {"mirror": "slow", "with": [{"nat": {"10.0.0.0/8": "11.0.0.0/8"}}]},
        {"mirror": "flat", "with": [{"strip": "vlan"}, SET]}, {"push": {"vlan": 7}}, {"stamp": {"device": 7}}, {"forward": "late"}]


def held(source, **memory):
    ports = {"in": source, **test_ports(late="hold=300", slow="accept=5,hold=20", flat="hold=40,segments=1")}
    what = config(ports, [{"name": "all", "from": ["in"], "actions": LIST}])
    what["memory"] = {"packets": 16383, "copy-break": 256, "hugepages": False, **memory}
    return what


def untouched(daemon, status):
    """Nobody changed what a device held, nor did it get what it can't take."""
    check_status(status)
    assert "net_test:" not in daemon.text(), daemon.text()
    for name, port in daemon.call("ports")["ports"].items():
        assert port["tx_errors"] == 0, name


@pytest.mark.parametrize("size, ways", [(60, {"edit-short", "edit-flat"}), (300, {"edit-headers", "edit-flat"}),
                                        (1400, {"edit-headers", "edit-flat"})])
def test_every_way_to_own(size, ways, tmp_path):
    with Daemon(held({"vdev": f"net_test9,rx={PACKETS},size={size}"}), tmp_path, PLUGINS) as daemon:
        status = daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == PACKETS, 60)
        untouched(daemon, status)
        assert set(copied(status)) == ways
        assert {name for name, count in status["drops"].items() if count} <= {"tx-full"}, status["drops"]
        daemon.stop()


def test_chains(tmp_path):
    """What takes several buffers fits into none that a port without chains would take."""
    frames = [frame for frame in jumbo.frames(BUFFER, 1400) if len(frame) > BUFFER] * 30
    capture.write(tmp_path / "in.pcap", frames)
    with Daemon(held({"pcap": {"in": "in.pcap"}}, **{"packet-size": BUFFER}), tmp_path, PLUGINS) as daemon:
        status = daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == len(frames)
                              and status["ledger"]["held"] == 0, 60)
        untouched(daemon, status)
        assert "edit-headers" in copied(status)
        assert status["drops"]["segments"] == len(frames)
        daemon.stop()


def test_no_memory_for_headers(tmp_path):
    """What can't be made is dropped, and counted; what needs no memory goes on, and all comes back."""
    with Daemon(held({"vdev": "net_test9,rx=endless,size=1400"}, headers=255), tmp_path, PLUGINS) as daemon:
        status = daemon.until(lambda status: status["drops"]["no-buffer"] > 1000
                              and status["ports"]["late"]["tx_packets"] > 1000, 60)
        untouched(daemon, status)
        daemon.stop()


def test_edits_come_and_go(tmp_path):
    """Under traffic: what the other rule forwards is all sent, and the ledger balances after each."""
    one = {"name": "one", "filter": "udp[1] & 1 == 1"}
    rest = {"name": "rest", "from": ["in"], "actions": [{"forward": "other"}]}
    lists = [[{"forward": "out"}], [{"edit": "own"}, {"forward": "out"}], [{"police": "1mpps"}, VXLAN, {"forward": "out"}],
             [{"mirror": "out", "with": [{"slice": 50}]}, {"dedup": {"window": "1ms"}}, {"sample": 3}, {"forward": "out"}]]
    what = [config(test_ports(**{"in": "rx=endless,flows=64,size=300", "out": "hold=300", "other": "hold=50"}),
                   [{**one, "actions": actions}, rest], edits={"own": [SET]}) for actions in lists]
    with Daemon(what[0], tmp_path, PLUGINS) as daemon:
        for number in range(1, 60):
            answer = daemon.apply(what[number % len(what)])
            assert set(answer["kept"]["ports"]) == {"in", "out", "other"}, answer
            before = daemon.call("status")["ports"]["out"]["tx_packets"]
            status = daemon.until(lambda status: status["ports"]["out"]["tx_packets"] > before)
            untouched(daemon, status)
            assert not {name for name, count in status["drops"].items() if count} - {"policed", "sampled-out", "duplicate"}
        status = daemon.call("status")
        assert status["rules"]["rest"]["packets"] > 0 and status["drops"]["tx-full"] == 0
        daemon.stop()
