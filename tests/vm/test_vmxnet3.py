# SPDX-License-Identifier: BSD-3-Clause
"""A second family of cards, with a queue of its own for each worker. QEMU's card puts all that it receives into the
first queue, so several are shown in what is sent."""

from vm.daemon import Daemon, config

QUEUES = 2
REPLAY = {"real": {"file": "/real.pcap", "to": "v0", "pace": "4kpps", "start": "manual"}}


def test_queues(guest, sent):
    guest.bind("vfio-pci", "v0", "v1")
    ports = {name: {"pci": guest.address(name), "queues": QUEUES} for name in ("v0", "v1")}
    with Daemon(guest, config(ports, replays=REPLAY, workers=[0, 1], idle="sleep")) as daemon:
        daemon.await_links()
        told = daemon.call("ports")["ports"]
        assert {(port["driver"], port["rx_queues"], port["tx_queues"]) for port in told.values()} == {
            ("net_vmxnet3", QUEUES, QUEUES)}
        daemon.call("replay.start", name="real")
        status = daemon.until(lambda status: status["ports"]["v1"]["rx_packets"] == len(sent))
        assert status["ports"]["v1"]["rx_bytes"] == sum(len(frame) for frame in sent)
        assert status["ledger"]["balanced"]
        assert all(worker["packets"] > 0 for worker in daemon.call("workers")["workers"])
        daemon.stop()
