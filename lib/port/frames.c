/* SPDX-License-Identifier: BSD-3-Clause */
#include "port/frames.h"

#include <net/if.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <stdlib.h>
#include <string.h>

#include "port/driver.h"
#include "port/output.h"
#include "port/pool.h"
#include "port/port.h"

#include "core/banned.h"

const struct frame_bounds frame_any = {.min = 0, .max = UINT32_MAX, .chains = true};

/* An argument of a virtual device, such as `bsize` in "net_memif,bsize=1024". False when it is not
 * given. */
static bool
find_argument(const struct port *port, const char *key, char *value, size_t size)
{
	const char *text = port->config->kind == CONFIG_PORT_VDEV ? port->config->device : NULL;
	size_t length = strlen(key);

	while (text && (text = strchr(text, ','))) {
		text++;
		if (strncmp(text, key, length) != 0 || text[length] != '=')
			continue;
		text += length + 1;
		length = strcspn(text, ",");
		if (length >= size)
			return false;
		memmove(value, text, length);
		value[length] = '\0';
		return true;
	}
	return false;
}

static uint32_t
find_number(const struct port *port, const char *key, uint32_t otherwise)
{
	char value[16];

	return find_argument(port, key, value, sizeof(value)) ? strtoul(value, NULL, 0) : otherwise;
}

bool
frames_interface(const struct port *port, char *name, size_t size)
{
	const struct driver *driver = port->quirks;

	if (port->config->kind == CONFIG_PORT_AF_XDP) {
		if (strlen(port->config->device) >= size)
			return false;
		memmove(name, port->config->device, strlen(port->config->device) + 1);
		return true;
	}
	for (unsigned i = 0; i < DRIVER_INTERFACES && driver->interfaces[i]; i++) {
		if (find_argument(port, driver->interfaces[i], name, size))
			return true;
	}
	return false;
}

static uint32_t
packet_room(const struct port *port)
{
	return rte_pktmbuf_data_room_size(port->pool->pool) - RTE_PKTMBUF_HEADROOM;
}

/* What a frame is copied into on its way out, at the most. */
static uint32_t
find_room(const struct port *port)
{
	const struct driver *driver = port->quirks;
	uint32_t room = FRAME_MAX;

	if (driver->copies)
		room = RTE_MIN(room, packet_room(port));
	if (driver->slot) {
		uint32_t slot = find_number(port, driver->slot, driver->slot_bytes);

		room = RTE_MIN(room, slot - RTE_MIN(slot, (uint32_t)driver->slot_taken));
	}
	return room;
}

static void
set_longest(struct port *port, uint32_t untagged, uint32_t tags)
{
	const struct driver *driver = port->quirks;
	struct frame_limits *sends = &port->sends;
	uint32_t longest = RTE_MIN(untagged + tags, port->frame_room);

	if (!driver->tagged_only)
		untagged = longest;
	atomic_store_explicit(&sends->max, longest, memory_order_relaxed);
	atomic_store_explicit(&sends->untagged, RTE_MIN(untagged, longest), memory_order_relaxed);
}

void
frames_follow_mtu(struct port *port, uint16_t mtu)
{
	if (port->frames_by_mtu)
		set_longest(port, mtu + RTE_ETHER_HDR_LEN, port->quirks->tags);
}

/* What the device can give; of most drivers nobody knows. */
static void
judge_received(struct port *port)
{
	const struct driver *driver = port->quirks;
	struct frame_bounds *gives = &port->gives;

	*gives = frame_any;
	if (driver->blind) {
		gives->min = find_number(port, "size", RTE_ETHER_MIN_LEN);
		gives->max = gives->min;
		gives->chains = false;
	} else if (driver->strict) {
		gives->min = RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN;
		gives->max = port->mtu + RTE_ETHER_HDR_LEN + DRIVER_TAGS;
		gives->chains = gives->max > packet_room(port);
	}
}

/* Of a frame that the card does not cut into several: for those the second number is another
 * one. */
static uint32_t
most_segments(const struct rte_eth_desc_lim *limit)
{
	uint32_t most = UINT32_MAX;

	if (limit->nb_seg_max)
		most = limit->nb_seg_max;
	if (limit->nb_mtu_seg_max)
		most = RTE_MIN(most, (uint32_t)limit->nb_mtu_seg_max);
	return most;
}

void
frames_judge(struct port *port, const struct rte_eth_dev_info *info)
{
	const struct driver *driver = port->quirks;
	struct frame_limits *sends = &port->sends;
	char interface[IF_NAMESIZE];
	bool kernel = frames_interface(port, interface, sizeof(interface));

	if (port->writes) {
		frames_judge_writer(port);
		return;
	}
	port->frame_room = find_room(port);
	/* One that bounds its MTU knows what that is. */
	port->frames_by_mtu =
		kernel || driver->own_mtu || (!driver->any_length && info->max_mtu != UINT16_MAX);
	sends->min = kernel ? RTE_ETHER_HDR_LEN : driver->shortest;
	if (port->frames_by_mtu)
		frames_follow_mtu(port, port->mtu);
	else
		set_longest(port, FRAME_MAX, 0);
	sends->chained = !port->chains ? 0 : driver->chained ? driver->chained : FRAME_MAX;
	sends->segments = most_segments(&info->tx_desc_lim);
	if (driver->any_frame) {
		atomic_store_explicit(&sends->max, UINT32_MAX, memory_order_relaxed);
		atomic_store_explicit(&sends->untagged, UINT32_MAX, memory_order_relaxed);
		sends->chained = UINT32_MAX;
	}
	judge_received(port);
}

void
frames_judge_writer(struct port *port)
{
	port->frame_room = FRAME_MAX;
	port->sends.min = 0;
	set_longest(port, FRAME_MAX, 0);
	port->sends.chained = FRAME_MAX;
	port->sends.segments = port->output ? OUTPUT_SEGMENTS_MAX : UINT32_MAX;
	port->gives = frame_any;
}
