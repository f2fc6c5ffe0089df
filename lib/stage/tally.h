/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tally: one worker's counters. Only that worker writes them, added up once a burst. It has two
 * that take turns, so that others read the one that rests: see engine/collect.h.
 */
#ifndef STAGE_TALLY_H
#define STAGE_TALLY_H

#include <stdint.h>

#include "config/config.h"
#include "stage/reasons.h"

/* Bursts by fill: 1, 2-3, 4-7, 8-15, 16-31, 32-63, 64 and more packets. */
#define TALLY_FILL_STEPS 7
/* Of these, those that a burst of BURST_MAX packets can have; and behind them, of bursts that were
 * interrupted, as if it were a step. */
#define TALLY_COST_STEPS 6
#define TALLY_COST_INTERRUPTED TALLY_COST_STEPS
#define TALLY_COSTS (TALLY_COST_STEPS + 1)

struct tally_rule {
	uint64_t packets, bytes;
};

/* Of a rule with edits or gates, in an array of its own: each packet that it takes counts in the
 * one above. Packets count once, whatever number of the rule's actions say it of them. */
struct tally_acted {
	uint64_t unedited; /* an edit found nothing to do in what was given away */
	uint64_t policed, duplicate, sampled_out;
};

/* By member, in its order, which verbs count so: 1 << enum config_verb, or-ed; and, of gates, why
 * packets are dropped that do not pass them. */
#define TALLY_ACTED (sizeof(struct tally_acted) / sizeof(uint64_t))
extern const struct tally_acted_row {
	unsigned verbs;
	enum drop_reason reason;
} tally_acted_rows[TALLY_ACTED];

/* The member's number of an edit's or a gate's verb. */
unsigned tally_acted_of(enum config_verb verb);

struct tally_copy {
	uint64_t packets, bytes;
};

struct tally_port {
	/* The port as such. */
	uint64_t rx_packets, rx_bytes; /* by tally_count, as are replayed and checksum_... */
	uint64_t tx_packets, tx_bytes;
	/* The ledger of packets that came in here, wherever they went:
	 * rx_packets + replayed + copies = out + sum(drops) + held. */
	uint64_t replayed; /* by replays, as if received here or straight out of here */
	uint64_t copies, out;
	uint64_t taken; /* of out, by targets that are no ports */
	/* Left with a target, which counts itself what becomes of them; see target.h. By
	 * tally_count. */
	uint64_t held;
	uint64_t drops[DROP_REASONS];
	/* Of the packets that the NIC called good, those looked at, and those that were not. */
	uint64_t checksum_checked, checksum_wrong;
} __attribute__((aligned(64)));

/* Bursts of a step of fill that were timed, see engine/costs.h. */
struct tally_cost {
	uint64_t bursts, packets, cycles;
};

struct tally {
	uint64_t packets, bursts;
	uint64_t busy_cycles, idle_cycles, sleep_ns;
	uint64_t fill[TALLY_FILL_STEPS];
	struct tally_cost costs[TALLY_COSTS];
	uint64_t cache_lookups, cache_hits;
	struct tally_copy copies[COPY_REASONS];
	struct tally_port ports[CONFIG_PORTS_MAX];
} __attribute__((aligned(64)));

/* The step of fill of a burst of so many packets, at least one. */
static inline unsigned
tally_fill_step(unsigned packets)
{
	return 31 - (unsigned)__builtin_clz(packets);
}

/* Counts where others may look at any moment: they see the number before or after, never half of
 * it. */
static inline void
tally_count(uint64_t *counter, uint64_t count)
{
	__atomic_store_n(counter, *counter + count, __ATOMIC_RELAXED);
}

static inline uint64_t
tally_look(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void tally_add(struct tally *sum, const struct tally *part);
void tally_add_port(struct tally_port *sum, const struct tally_port *part);
void tally_add_rule(struct tally_rule *sum, const struct tally_rule *part);
void tally_add_acted(struct tally_acted *sum, const struct tally_acted *part);

#endif
