# SPDX-License-Identifier: BSD-3-Clause
"""A card that is pulled out, and put back: the port is taken out of service and comes back when it is told to, and
what the others forward in the meantime arrives."""

from lib import capture
from vm.daemon import Daemon, config

REMOVALS = 20
RELEASE_SECONDS = 1
RULES = [{"name": "all", "from": ["a1"], "actions": [{"forward": "a2"}]}]
REPLAY = {"long": {"file": "/real.pcap", "to": "a0", "pace": "500pps", "loops": "forever", "start": "manual"}}

# How long the group's file is still held once the kernel asked for the device back, in hundredths of a second.
HELD = """
read -r before _ < /proc/uptime
while [ -e /sys/bus/pci/devices/{address} ]; do sleep 0.01; done
read -r after _ < /proc/uptime
echo $((${{after%.*}}${{after#*.}} - ${{before%.*}}${{before#*.}}))
"""


def removed(daemon):
    return daemon.guest.wait(lambda: daemon.call("ports")["ports"]["a3"], lambda port: port["state"] == "removed")


def test_removals(guest, sent):
    ports = {name: guest.address(name) for name in ("a0", "a1", "a2", "a3")}
    with Daemon(guest, config(ports, RULES, REPLAY)) as daemon:
        daemon.await_links()
        past = len(capture.read(guest.dump("a2")))
        daemon.call("replay.start", name="long")
        held = []
        for _ in range(REMOVALS):
            guest.tell("device_del", id="a3")
            held.append(int(guest.do(HELD.format(address=ports["a3"]))))
            guest.await_event("DEVICE_DELETED")
            removed(daemon)
            guest.plug("a3")
            guest.bind("vfio-pci", "a3")
            assert guest.address("a3") == ports["a3"]
            daemon.call("port.up", name="a3")
        daemon.await_links()
        daemon.call("replay.stop", name="long")
        status = daemon.until(lambda status: status["ledger"]["held"] == 0)
        count = status["ports"]["a0"]["tx_packets"]
        daemon.until(lambda status: status["ports"]["a2"]["tx_packets"] == count)
        daemon.stop()
    assert max(held) <= RELEASE_SECONDS * 100, held
    frames = [packet.data for packet in capture.read(guest.dump("a2"))[past:]]
    assert frames == [sent[i % len(sent)] for i in range(count)]
