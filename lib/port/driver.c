/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/driver.h"

#include <rte_ether.h>
#include <string.h>

#include "core/banned.h"

#define HEADER RTE_ETHER_HDR_LEN
#define INTEL_SHORTEST 17
#define ONE_TAG 4
#define NIC(bytes) .shortest = (bytes), .tags = DRIVER_TAGS, .strict = true

/*
 * net_af_xdp hands every queue's fill ring 2,048 packets when the queue is set up, and exchanges
 * one for one with what it receives, so that exactly that many are with the kernel at any moment.
 * Closing the device deletes the socket and forgets them: nothing in the driver walks the ring
 * (rescue.c does). Packets it sent are collected from the completion ring only in a later transmit
 * call; a call with no packets does it too.
 *
 * net_tap adds up received packets in the driver when it is asked for receive checksums. net_virtio
 * and net_vhost then take packets of other machines on the same host that have no checksum yet, and
 * whoever sends them on would have to ask for one.
 *
 * net_ring has many queues; what is sent in one is received in the same.
 *
 * What they do with frames that they can't send, as of 22.11. net_af_xdp copies a frame of another
 * pool into a packet of its own, as long as it is; the kernel loses what is longer than its
 * interface's MTU with one tag. net_tap refuses what is longer than its MTU with two for ever, and
 * what has no Ethernet header. net_af_packet frees what is longer than its slots; of the rest the
 * kernel stops at the first frame that is longer than the MTU, for which it takes one tag of 802.1Q
 * alone, or has no Ethernet header; packets that libpcap sends are judged by the same rule.
 * net_memif spreads a frame over several slots and never takes back the mark that says so: later
 * frames grow together. An empty one has the length of what was in its slot before. net_pcap cuts
 * chains at the longest jumbo frame. virtio discards what has no Ethernet header at the other end.
 * Intel's 40G NICs and later ones stop a queue at frames below 17 bytes.
 */
static const struct driver drivers[] = {
	{.name = "net_af_xdp",
	 .paired = true,
	 .flat_pool = true,
	 .keeps = AF_XDP_FILL_PACKETS,
	 .shortest = HEADER,
	 .copies = true,
	 .tags = ONE_TAG,
	 .interfaces = {"iface"}},
	{.name = "net_af_packet",
	 .shortest = HEADER,
	 .tags = ONE_TAG,
	 .tagged_only = true,
	 .slot = "framesz",
	 .slot_bytes = 2048,
	 .slot_taken = 32, /* TPACKET2_HDRLEN less a sockaddr_ll */
	 .interfaces = {"iface"}},
	{.name = "net_null", .chains = true, .blind = true, .any_length = true, .any_frame = true},
	{.name = "capture",
	 .chains = true,
	 .any_length = true,
	 .any_frame = true}, /* see input.h */
	{.name = "net_pcap",
	 .chains = true,
	 .any_length = true,
	 .tags = ONE_TAG,
	 .tagged_only = true,
	 .chained = RTE_ETHER_MAX_JUMBO_FRAME_LEN,
	 .interfaces = {"iface", "tx_iface"}},
	{.name = "net_ring",
	 .paired = true,
	 .chains = true,
	 .loops = true,
	 .any_length = true,
	 .any_frame = true},
	{.name = "net_memif",
	 .chains = true,
	 .shortest = 1,
	 .any_length = true,
	 .slot = "bsize",
	 .slot_bytes = 2048},
	{.name = "net_tap",
	 .paired = true,
	 .soft_checksums = true,
	 .shortest = HEADER,
	 .own_mtu = true,
	 .tags = DRIVER_TAGS},
	{.name = "net_virtio", .soft_checksums = true, .shortest = HEADER, .any_length = true},
	{.name = "net_virtio_user", .soft_checksums = true, .shortest = HEADER, .any_length = true},
	{.name = "net_vhost", .soft_checksums = true, .shortest = HEADER, .any_length = true},
	{.name = "net_ixgbe", NIC(HEADER)},
	{.name = "net_ixgbe_vf", NIC(HEADER)},
	{.name = "net_e1000_igb", NIC(HEADER)},
	{.name = "net_igc", NIC(HEADER)},
	{.name = "mlx5_pci", NIC(HEADER)},
	{.name = "net_i40e", NIC(INTEL_SHORTEST)},
	{.name = "net_ice", NIC(INTEL_SHORTEST)},
	{.name = "net_iavf", NIC(INTEL_SHORTEST)},
};

/* net_ring by either of its names. */
bool
driver_loops(const char *device)
{
	return strncmp(device, "net_ring", 8) == 0 || strncmp(device, "eth_ring", 8) == 0;
}

const struct driver *
driver_find(const char *name)
{
	static const struct driver plain = {.shortest = HEADER, .tags = DRIVER_TAGS};

	for (unsigned i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	}
	return &plain;
}
