# SPDX-License-Identifier: BSD-3-Clause
"""How much of a card's receive ring waits: its driver says which descriptors are done. The kernel sends, on another card of
the wire, while the daemon stands still."""

from vm.daemon import Daemon, config

RING, SENT = 256, 200
NOBODY = "02:00:00:00:00:09"


def test_what_waits_in_the_ring(guest):
    guest.do("modprobe e1000e")
    guest.bind("e1000e", "a0")
    name = guest.do(f"ls /sys/bus/pci/devices/{guest.address('a0')}/net").strip()
    guest.do(f"ip addr add 192.0.2.1/24 dev {name}; ip link set {name} up")
    guest.until(f"[ $(cat /sys/class/net/{name}/carrier) = 1 ]")
    guest.do(f"arp -s 192.0.2.9 {NOBODY} || ip neigh replace 192.0.2.9 lladdr {NOBODY} dev {name}")
    ports = {"a1": {"pci": guest.address("a1"), "rx-ring": RING}}
    try:
        with Daemon(guest, config(ports, idle="sleep")) as daemon:
            daemon.await_links()
            assert daemon.call("ports")["ports"]["a1"]["backlog"]["now"] == 0
            past = daemon.call("status")["ports"]["a1"]["rx_packets"]
            guest.do(f"kill -STOP {daemon.pid}")
            guest.run(f"ping -q -c {SENT} -i 0.01 -W 1 192.0.2.9", 60)
            guest.do(f"kill -CONT {daemon.pid}")
            daemon.until(lambda status: status["ports"]["a1"]["rx_packets"] >= past + SENT)
            port = daemon.until(lambda status: status["ports"]["a1"]["bursts"] > 0)["ports"]["a1"]
            # 32 of them were taken before it was looked at.
            assert port["backlog"]["peak"] == 0.5 and port["backlog"]["half"] == 1 and port["backlog"]["ninety"] == 0
            burst = daemon.call("bursts")["bursts"]["a1"][-1]
            # Some of them may have come in a window before or behind it.
            assert burst["backlog"] == 0.5 and burst["packets"] >= RING // 2
            daemon.stop()
    finally:
        guest.do(f"ip addr flush dev {name}; ip link set {name} down")
        guest.bind("vfio-pci", "a0")
