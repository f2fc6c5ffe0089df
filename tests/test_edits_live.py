# SPDX-License-Identifier: BSD-3-Clause
"""Edited mirrors out of every driver that a user may name: what leaves arrives as the oracle says, byte for byte, in chains
of buffers where the driver takes them, and as whole copies where not."""

import contextlib
import time

import pytest

from lib import actions, capture, edits, jumbo
from lib.daemon import Daemon, PLUGINS, check_status, test_ports
from lib.offline import config, out
from lib.shapes import check_wire, copied, mirrors, shapes
from test_frames import DRIVERS, Peer, af_xdp, wait

pytestmark = pytest.mark.live

# So few that they fit into every ring, should nobody look; what is pushed in front leaves a frame that every port takes.
COUNT, LONGEST = 40, 900
LATE_SECONDS = 10
THERE = "02:00:00:00:00:02"  # who is meant on a wire on which the kernel speaks, too
VXLAN = {"push": {"vxlan": {"vni": 5, "src": "192.0.2.1", "dst": "192.0.2.2", "src-mac": "02:00:00:00:00:01",
                            "dst-mac": THERE}}}
WINDOWS = [[{"slice": 100}], [{"slice": {"after": "network", "bytes": 20}}]]
WRITES = [[{"set": {"src-mac": "02:00:00:00:00:09", "ttl": "-1"}}], [VXLAN], [{"push": {"vlan": 100}}],
          [{"mask": "payload"}]]


@contextlib.contextmanager
def memif_of_another(tmp_path):
    words = f"id=0,socket={tmp_path}/memif.sock,socket-abstract=no"
    with contextlib.closing(Peer(tmp_path, f"net_memif1,role=client,{words}")) as end:
        yield {"vdev": f"net_memif0,role=server,{words}"}, end


def frames_of(name):
    frames = [frame for frame in capture.frames(name) if 60 <= len(frame) <= LONGEST]
    return [bytes.fromhex(THERE.replace(":", "")) + frame[6:] for frame in frames][:COUNT // 2]


@pytest.mark.parametrize("driver", [*DRIVERS, memif_of_another], ids=lambda driver: driver.__name__)
def test_every_driver(driver, tmp_path):
    """Of packets in a replay's memory, which nobody may write."""
    frames, lists = frames_of("dns.pcap") + frames_of("smb2.pcap"), WINDOWS + WRITES
    capture.write(tmp_path / "in.pcap", frames)
    with driver(tmp_path) as (port, end):
        what = config({**end.before, "out": port, **end.after, "in": {"vdev": "net_null8,no-rx=1"}},
                      [*end.rules, {"name": "on", "from": ["in"], "actions": [*mirrors("out", lists), "drop"]}])
        what["memory"]["copy-break"] = 256  # a number, that it be known what is copied
        what["replays"] = {"one": {"file": str(tmp_path / "in.pcap"), "to": {"as": "in"}, "start": "manual",
                                   "memory": "16MiB", "pace": "100pps"}}
        with Daemon(what, tmp_path) as daemon:
            end.begin()
            wait(lambda: all(port["up"] for port in daemon.call("ports")["ports"].values()),
                 lambda: daemon.call("ports"))
            daemon.call("replay.start", name="one")
            count = len(frames) * len(lists)
            daemon.until(lambda status: status["ports"]["out"]["tx_packets"] == count, LATE_SECONDS)
            end.take(count)
            time.sleep(0.2)  # for what should not come
            status = daemon.call("status")
            daemon.stop()
            got = end.received()
    check_status(status)
    assert all(count == 0 for name, count in status["drops"].items() if name not in ("default", "rule"))
    written = sum(not actions.edited(one, edits.Frame(frame, len(frame)))[1] for frame in frames for one in WRITES)
    assert sum(copied(status).values()) == written
    assert set(copied(status)) == {"edit-flat"} if driver is af_xdp else {"edit-headers", "edit-short"}
    if got is not None:
        check_wire(driver.__name__, got, shapes(frames, lists))


ROOM, MOST, LENGTH = 64, 16, 1514


def of_chains(ports, actions, tmp_path, frames):
    capture.write(tmp_path / "in.pcap", frames)
    what = config({"in": {"pcap": {"in": "in.pcap"}}, **ports}, [{"name": "all", "from": ["in"], "actions": actions}])
    what["memory"] = {"packets": 16383, "packet-size": ROOM, "hugepages": False}
    return what


def finish(daemon, frames):
    return daemon.until(lambda status: status["ports"]["in"]["rx_packets"] == len(frames)
                        and status["ledger"]["held"] == 0)


def test_as_many_buffers_as_a_port_takes(tmp_path):
    """A header and windows that are too many together are copied whole, for all who get the same; what is too long even then is
    dropped, and nothing is left to the driver, which would free it."""
    frames, own = jumbo.frames(ROOM, LENGTH), [{"set": {"dst-mac": "02:00:00:00:00:09"}}]
    ports = {**test_ports(few=f"segments={MOST}", any=""), "seen": out("seen")}
    what = of_chains(ports, [{"mirror": "any", "with": own}, *own, {"mirror": "few"}, {"mirror": "seen"}, "drop"],
                     tmp_path, frames)
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        status = finish(daemon, frames)
        check_status(status)
        fit = sum(len(frame) <= MOST * ROOM for frame in frames)
        assert status["ports"]["few"]["tx_packets"] == fit
        assert status["ports"]["any"]["tx_packets"] == len(frames)
        assert status["drops"]["segments"] == len(frames) - fit
        assert copied(status)["edit-flat"] == sum(len(frame) > (MOST - 1) * ROOM for frame in frames)
        assert daemon.call("ports")["ports"]["few"]["tx_errors"] == 0
        daemon.stop()
    check_wire("seen", [packet.data for packet in capture.read(tmp_path / "seen.pcap")], shapes(frames, [own]))


def test_what_a_driver_takes_and_frees(tmp_path):
    """As net_vmxnet3 does where its ring has some room for a chain, but too little. The port tells of each, beside all that it
    refused and took later."""
    long, short = jumbo.frame_of(5 * ROOM), jumbo.frame_of(ROOM)
    frames = [long, short, short, short, short, long] * 500
    with Daemon(of_chains(test_ports(out="ring=4"), [{"forward": "out"}], tmp_path, frames), tmp_path, PLUGINS) as daemon:
        status = finish(daemon, frames)
        check_status(status)
        assert status["ports"]["out"]["tx_packets"] == len(frames)
        assert daemon.call("ports")["ports"]["out"]["tx_errors"] == frames.count(long)
        daemon.stop()
