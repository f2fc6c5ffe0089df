/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Verify: trusts a NIC's word that a checksum is good, but looks at one packet in so many itself. A
 * queue counts down over bursts; a port whose NIC says nothing of checksums never gets to zero.
 */
#ifndef ENGINE_VERIFY_H
#define ENGINE_VERIFY_H

#include "engine/worker.h"
#include "stage/burst.h"

/* one_in: packets of which one is checked; 0: none. */
void verify_start(struct worker_queue *queue, uint32_t one_in);

/* The countdown ends in this burst: checks the packet where it does, or, when the NIC has not
 * called that one good, the next of the burst that it has; then counts down anew. Worker. */
void verify_burst(struct worker_queue *queue, const struct burst *burst, struct tally_port *tally);

#endif
