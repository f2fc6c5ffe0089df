/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plain: bursts that one rule decided whose list has gates but no edits, and gives no port a packet
 * twice. What a target gets are some of the burst's packets as they came, all of them at once. They
 * need no jobs.
 */
#ifndef FORWARD_PLAIN_H
#define FORWARD_PLAIN_H

#include "forward/deliver.h"

/* As whole_run. */
bool plain_run(const struct forward_plan *plan, struct forward_local *local, struct burst *burst,
	       forward_end end);

#endif
