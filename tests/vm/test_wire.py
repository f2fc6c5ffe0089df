# SPDX-License-Identifier: BSD-3-Clause
"""Real packets over NICs behind an IOMMU: replayed out of a0, received on a1, classified, forwarded to a2; on both
wires the host dumps what passes."""

import pytest

from lib import capture
from vm.daemon import Daemon, config

RULES = [{"name": "dns", "from": ["a1"], "match": {"protocol": "udp", "dst-port": 53}, "actions": [{"forward": "a2"}]},
         {"name": "rest", "from": ["a1"], "actions": [{"forward": "a2"}]}]
REPLAY = {"real": {"file": "/real.pcap", "to": "a0", "pace": "4kpps", "start": "manual"}}
FAULTS = "dmesg | grep -c 'DMAR:.*fault' || true"


def dns_packets(frames):
    """How many UDP packets to port 53 over untagged IPv4 and IPv6 without extension headers there are, counted by
    another way than sluice's."""
    count = 0
    for frame in frames:
        if frame[12:14] == b"\x08\x00" and frame[23] == 17 and not (frame[20] & 0x1f or frame[21]):
            start = 14 + (frame[14] & 15) * 4
        elif frame[12:14] == b"\x86\xdd" and frame[20] == 17:
            start = 54
        else:
            continue
        count += frame[start + 2:start + 4] == b"\0\x35"
    return count


def dumped(guest, name, past):
    """The frames on a NIC's wire since there were so many, once they have all been written."""
    return [packet.data for packet in capture.read(guest.dump(name))[past:]]


@pytest.mark.parametrize("user", [False, True], ids=["root", "user"])
def test_real_packets(guest, sent, user):
    ports = {name: guest.address(name) for name in ("a0", "a1", "a2")}
    faults = int(guest.do(FAULTS))
    past = {name: len(capture.read(guest.dump(name))) for name in ("a1", "a2")}
    with Daemon(guest, config(ports, RULES, REPLAY), user=user, memlock=524288 if user else None) as daemon:
        if user:
            status = guest.do(f"cat /proc/{daemon.pid}/status")
            assert "Uid:\t990\t990\t990\t990" in status, status
            assert "CapEff:\t0000000000000000" in status and "CapPrm:\t0000000000000000" in status, status
        sandbox = daemon.call("status")["sandbox"]
        assert sandbox["on"] and sandbox["landlock"] > 0 and sandbox["seccomp"] and sandbox["no_new_privs"], sandbox
        assert not sandbox["core_dumps"] and (sandbox["capabilities"] == [] or not user), sandbox
        daemon.await_links()
        daemon.call("replay.start", name="real")
        status = daemon.until(lambda status: status["ports"]["a2"]["tx_packets"] >= len(sent), 60)
        daemon.until(lambda status: status["ledger"]["held"] == 0)
        status = daemon.call("status")
        assert status["ledger"] == {**status["ledger"], "in": 2 * len(sent), "out": 2 * len(sent), "dropped": 0,
                                    "balanced": True}
        total = sum(len(frame) for frame in sent)
        for name, way in (("a0", "tx"), ("a1", "rx"), ("a2", "tx")):
            port = status["ports"][name]
            assert (port[f"{way}_packets"], port[f"{way}_bytes"]) == (len(sent), total), (name, port)
        assert status["rules"]["dns"]["packets"] == dns_packets(sent)
        assert status["rules"]["rest"]["packets"] == len(sent) - dns_packets(sent)
        assert status["copies"] == {} or not any(copy["packets"] for copy in status["copies"].values())
        daemon.stop()
    for name in ("a1", "a2"):
        assert dumped(guest, name, past[name]) == sent, f"the wire at {name} saw other packets"
    assert int(guest.do(FAULTS)) == faults, guest.do("dmesg | tail -n 20")
