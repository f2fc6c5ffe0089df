/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sides: whether a packet was sent by a client or by a server, told from the packets of a capture
 * in their order:
 *
 * - TCP: who sent the first SYN is the client, and who answered it the server;
 * - else the lower one of two ports is the server's;
 * - else, of two addresses of which one is a client's, the other one is a server's. ARP has
 *   addresses, too;
 * - else it is taken for a client's.
 *
 * A later fragment goes with the first, and what came before a flow's SYN is not thought over
 * again. The reader's thread only.
 */
#ifndef REPLAY_SIDES_H
#define REPLAY_SIDES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/prefix.h"
#include "packet/view.h"

#define SIDES_FRAGMENTS 1024
/* Flows remembered at most of which there was a SYN; the others are what their ports say. */
#define SIDES_FLOWS_MAX (1u << 20)

struct sides {
	const struct config_prefixes *clients;
	/* A hash of each flow, whose lowest bit says that of its two ends the second in order is
	 * the client; 0: free. size is a power of two, or 0. */
	uint64_t *flows;
	uint32_t size, count;
	/* Datagrams by their hash, of which the first fragment was seen; the lowest bit says that a
	 * server sent it. */
	uint64_t fragments[SIDES_FRAGMENTS];
};

/* Begins as zeros. Forgets what it has seen, and goes by these prefixes, which must outlive it. */
void sides_begin(struct sides *sides, const struct config_prefixes *clients);
void sides_free(struct sides *sides);

/* Whether a server sent the next packet of the capture, which is one segment. */
bool sides_is_server(struct sides *sides, const struct rte_mbuf *packet,
		     const struct packet_view *view);

#endif
