# SPDX-License-Identifier: BSD-3-Clause
"""A device that is told to write outside what it was given: the IOMMU stops it, sluice says so and goes on."""

import re

from lib import capture
from vm.canary import PATTERN, Canary
from vm.daemon import Daemon, config

FAULTY = "/usr/lib/sluice-faults/sluiced"
PACKETS = 600  # more than a receive ring holds, so that every descriptor filled anew is used
WRONG = 32     # descriptors
RULES = [{"name": "all", "from": ["a1"], "actions": [{"forward": "a2"}]}]
REPLAY = {"some": {"file": "/real.pcap", "until": f'#{PACKETS + 1}', "to": "a0", "pace": "2kpps", "start": "manual"}}


def replay(daemon, past):
    """Sends the packets out of a0 and waits until a2 has sent on all there are then."""
    daemon.call("replay.start", name="some")
    return daemon.until(lambda status: status["ports"]["a2"]["tx_packets"] >= past + PACKETS)


def test_wrong_address(guest, sent):
    with Canary(guest) as canary:
        check_wrong_address(guest, canary, sent)


def check_wrong_address(guest, canary, sent):
    ports = {name: guest.address(name) for name in ("a0", "a1", "a2")}
    with Daemon(guest, config(ports, RULES, REPLAY), program=FAULTY) as daemon:
        daemon.await_links()
        assert canary.page() == PATTERN
        guest.do("dmesg -c > /dev/null")
        past = len(capture.read(guest.dump("a2")))
        daemon.call("fault.dma", port="a1", address=f"{canary.address:x}", packets=WRONG)
        status = replay(daemon, 0)
        faults = re.findall(r"DMAR: \[DMA Write.*device \[(\S+)\] fault addr (\S+)", guest.do("dmesg"))
        assert faults, guest.do("dmesg | tail -n 20")
        assert {device for device, _ in faults} == {ports["a1"].removeprefix("0000:")}
        assert {int(address, 16) for _, address in faults} == {canary.address}
        assert canary.changed() == 0 and canary.page() == PATTERN
        # No packet is lost to the counters; those that the device could not write hold what was there before.
        assert status["ledger"]["balanced"] and status["ledger"]["dropped"] == 0
        damaged = [packet.data for packet in capture.read(guest.dump("a2"))[past:]]
        assert len(damaged) == PACKETS
        assert sum(one != other for one, other in zip(damaged, sent, strict=False)) == WRONG
        guest.wait(lambda: daemon.call("ports")["ports"], lambda ports: ports["a1"]["iommu_faults"] >= len(faults))
        assert {name: port["iommu_faults"] for name, port in daemon.call("ports")["ports"].items()
                if name != "a1"} == {"a0": 0, "a2": 0}
        assert "port a1: the IOMMU has blocked" in daemon.log()

        past += PACKETS
        replay(daemon, PACKETS)
        assert [packet.data for packet in capture.read(guest.dump("a2"))[past:]] == sent[:PACKETS]
        assert canary.changed() == 0
        assert len(re.findall(r"DMAR: \[DMA", guest.do("dmesg"))) == len(faults)
        daemon.stop()


def test_kernel_log(guest):
    """An ordinary user may not open the kernel's log, but use one that was opened before."""
    what = config({"a0": guest.address("a0")})
    for stdin, faults in (("/dev/null", None), ("/dev/kmsg", 0)):
        with Daemon(guest, what, user=True, memlock=524288, stdin=stdin) as daemon:
            assert daemon.call("ports")["ports"]["a0"]["iommu_faults"] == faults
            assert ("the kernel's log can't be read" in daemon.log()) == (faults is None)
            daemon.stop()


def test_release_has_no_faults(guest):
    with Daemon(guest, config({"a0": guest.address("a0")})) as daemon:
        assert not [method["name"] for method in daemon.call("methods")["methods"] if "fault" in method["name"]]
        status, text = guest.run("""sluice call fault.dma '{"port": "a0", "address": "0"}'""")
        assert status == 1 and "no method" in text, text
        daemon.stop()
    assert guest.do("grep -c 'fault\\.dma' /usr/bin/sluiced || true") == "0\n"
    assert int(guest.do(f"grep -c 'fault\\.dma' {FAULTY}")) > 0
