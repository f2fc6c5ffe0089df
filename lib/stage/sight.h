/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sight: somebody who looks on while a burst is carried out. burst->sight is NULL of nearly all;
 * where it is not, the one way out tells it what becomes of packets. Worker.
 */
#ifndef STAGE_SIGHT_H
#define STAGE_SIGHT_H

#include <stdint.h>

#include "config/config.h"
#include "stage/reasons.h"

struct burst;
struct rte_mbuf;

struct sight {
	/* Packets are about to be handed to the port of a slot; they are whole still. count is at
	 * most BURST_MAX. */
	void (*leaving)(struct sight *sight, const struct burst *burst, unsigned slot,
			struct rte_mbuf *const *packets, uint16_t count);
	/* And then so many of these, from the front, were taken; none may be touched. */
	void (*left)(struct sight *sight, unsigned slot, uint16_t sent);
	/* Packets are about to be taken by a target that is no port. */
	void (*taken)(struct sight *sight, struct config_target target,
		      struct rte_mbuf *const *packets, uint16_t count);
	/* Packets are about to be freed. */
	void (*dropped)(struct sight *sight, struct rte_mbuf *const *packets, uint16_t count,
			enum drop_reason reason);
};

#endif
