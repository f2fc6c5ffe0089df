/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames: which a port can send, and which can come in on it. Drivers don't say, and do what they
 * like with the others: they copy over the end of a buffer, lose them without a word, or refuse
 * them for ever. Lengths are those of a packet: from the destination address to the end, without
 * the checksum behind it.
 */
#ifndef PORT_FRAMES_H
#define PORT_FRAMES_H

#include <rte_mbuf.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct port;
struct rte_eth_dev_info;

/* An mbuf counts the bytes of a segment in 16 bits, and no device gives longer chains. */
#define FRAME_MAX 65535

/* What a port can send. The control thread changes single numbers when the MTU changes; workers
 * read them. */
struct frame_limits {
	uint32_t min;
	_Atomic uint32_t max;      /* with a VLAN tag; UINT32_MAX: whatever there is */
	_Atomic uint32_t untagged; /* without; at most max */
	uint32_t chained;          /* of several segments; 0: takes none of those */
	uint32_t segments;         /* the most of one frame; UINT16_MAX and more: any number */
};

/* What is known of all frames of a burst. */
struct frame_bounds {
	uint32_t min, max;
	bool chains; /* some may have several segments */
};

/* Nothing is known. */
extern const struct frame_bounds frame_any;

/* Whether a port can send whatever lies within the bounds. */
static inline bool
frame_limits_hold(const struct frame_limits *limits, const struct frame_bounds *bounds)
{
	return bounds->min >= limits->min &&
	       bounds->max <= atomic_load_explicit(&limits->untagged, memory_order_relaxed) &&
	       (!bounds->chains ||
		(bounds->max <= limits->chained && limits->segments >= UINT16_MAX));
}

/* Fills in port->sends and port->gives, from the driver's peculiarities (driver.h), the port's MTU
 * and its pool. Control thread, after the device was started. */
void frames_judge(struct port *port, const struct rte_eth_dev_info *info);

/* Of a port whose packets are written to a capture, not given to its device, if it has one: all of
 * them can be. */
void frames_judge_writer(struct port *port);

/* The MTU of the interface below it is another one. Control thread. */
void frames_follow_mtu(struct port *port, uint16_t mtu);

/* The interface of the kernel that a port sends on, by its name, of at most size - 1 characters;
 * false when there is none, or its driver sees to the MTU itself. */
bool frames_interface(const struct port *port, char *name, size_t size);

#endif
