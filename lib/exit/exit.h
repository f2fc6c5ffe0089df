/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exit: the one way out. Whatever sends packets, a stage or a replay, sends them here: what a port
 * can't take is dropped under a name before a driver sees it, what leaves is counted for both sides
 * of the ledger. Worker. Drops are added to burst->in->drops: who wants to know what became of its
 * own packets takes the difference of these before and after.
 */
#ifndef EXIT_EXIT_H
#define EXIT_EXIT_H

#include <rte_mbuf.h>
#include <stdint.h>

#include "port/port.h"
#include "stage/burst.h"

/* Sends packets of this burst on a port, and drops under a name what it doesn't take. bytes is
 * their sum. */
void exit_send(struct port *port, struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	       uint64_t bytes);

/* Frees packets and counts them as dropped in the ledger of the port that received the burst. */
void exit_drop(struct burst *burst, struct rte_mbuf **packets, uint16_t count,
	       enum drop_reason reason);

/* For the targets that are no ports (stage/target.h), of packets that they were given. They are
 * done with, as if they had left on a port: freed, and counted as out. */
void exit_end(struct burst *burst, struct config_target target, struct rte_mbuf **packets,
	      uint16_t count);

/* They are kept, and no part of the burst any more: counted as held, until the target counts what
 * became of them. Comes before anybody else may see them. */
void exit_hold(struct burst *burst, struct config_target target, struct rte_mbuf *const *packets,
	       uint16_t count);

/* The two halves of exit_send, for whoever keeps what a port has no room for. First drops what the
 * port can't send at all: bit i of what is returned says that packets[i] was. The others, in order,
 * are then at the front, and *bytes is theirs. count is at most BURST_MAX. */
uint32_t exit_sift(const struct port *port, struct burst *burst, struct rte_mbuf **packets,
		   uint16_t count, uint64_t *bytes);

/* Then hands over what the port takes; returns how many, from the front, and *bytes is theirs. The
 * rest are the caller's as before. */
uint16_t exit_offer(struct port *port, struct burst *burst, struct rte_mbuf **packets,
		    uint16_t count, uint64_t *bytes);

#endif
