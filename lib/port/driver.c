/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/driver.h"

#include <string.h>

#include "core/banned.h"

/*
 * net_af_xdp hands every queue's fill ring 2,048 packets when the queue is set up, and exchanges one
 * for one with what it receives, so that exactly that many are with the kernel at any moment. Closing
 * the device deletes the socket and forgets them: nothing in the driver walks the ring (rescue.c does).
 * Packets it sent are collected from the completion ring only in a later transmit call; a call with no
 * packets does it too.
 *
 * net_tap adds up received packets in the driver when it is asked for receive checksums. net_virtio and net_vhost then
 * take packets of other machines on the same host that have no checksum yet, and whoever sends them on would have
 * to ask for one.
 *
 * net_ring has many queues; what is sent in one is received in the same.
 */
static const struct driver drivers[] = {
	{.name = "net_af_xdp", .paired = true, .flat_pool = true, .keeps = AF_XDP_FILL_PACKETS},
	{.name = "net_null", .chains = true, .blind = true},
	{.name = "net_pcap", .chains = true},
	{.name = "net_ring", .paired = true, .chains = true, .loops = true},
	{.name = "net_memif", .chains = true},
	{.name = "net_tap", .paired = true, .soft_checksums = true},
	{.name = "net_virtio", .soft_checksums = true},
	{.name = "net_virtio_user", .soft_checksums = true},
	{.name = "net_vhost", .soft_checksums = true},
};

const struct driver *
driver_find(const char *name)
{
	static const struct driver plain;

	for (unsigned i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	}
	return &plain;
}
