/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Burst: the unit of work. The packets that one poll of one queue gave, what parsing found, what
 * the classifier said, and the counters that they are added to. It is the one argument that
 * travels.
 */
#ifndef STAGE_BURST_H
#define STAGE_BURST_H

#include <stdbool.h>
#include <stdint.h>

#include "packet/tunnel.h"
#include "packet/view.h"
#include "port/frames.h"
#include "stage/clock.h"
#include "stage/tally.h"

struct rte_mbuf;
struct sight;

#define BURST_MAX 32

/* A rule that took a packet and passed it on, and that has mirrors. */
struct burst_pass {
	uint32_t packet; /* index in the burst */
	uint32_t rule;
	/* Bit i: the packet did not pass the rule's gate i, as gates are read from left to right,
	 * those in `with` among them. Valid where the burst is gated BURST_EACH. */
	uint32_t stopped;
};

/* What is known of gates that packets did not pass. */
enum burst_gated {
	BURST_ALL_PASS,
	/* stopped[0] is that of each packet; all were decided by one rule, and none passed it
	 * on. */
	BURST_ALIKE,
	BURST_EACH, /* stopped is valid, here and in passed */
};

struct burst {
	struct rte_mbuf *packets[BURST_MAX];
	uint16_t count;   /* at least 1 */
	uint16_t in_port; /* the config's index of the port that received all of them */
	uint16_t worker;  /* its index, which is the index of its TX queues */
	bool parsed;      /* views and kinds are valid; see burst_parse */
	uint8_t kinds;    /* of all views, or-ed */
	bool uniform;     /* every packet has verdicts[0], and the others need not be set */
	bool timed;       /* times are valid; see burst_times */
	bool hashed;      /* hashes are valid; see burst_hashes */
	bool numbered;    /* number is valid: some target has told it from other bursts */
	uint8_t gated;    /* enum burst_gated */
	/* Which of the worker's two tallies, and of its two sets of rules' counters, is counted
	 * in. */
	uint8_t turn;
	uint64_t bytes; /* of all packets */
	uint64_t up;    /* bit i: port i had a link when the burst was received */
	const struct frame_bounds *bounds; /* of all packets; &frame_any where nothing is known */
	const struct stage_clock *clock; /* the worker's; not looked at where packets have times */
	struct sight *sight;             /* who looks on; NULL: nobody, see sight.h */

	/* Written by classify: the rule that decided, rule_count for the default. */
	uint32_t verdicts[BURST_MAX];
	struct burst_pass *passed; /* memory of classify; ordered by packet, then by rule */
	unsigned passed_count;
	uint32_t entered; /* bit i: it was seen whether packet i has a tunnel; see burst_enter */
	uint32_t stopped[BURST_MAX]; /* as in burst_pass, of the rule that decided */

	struct tally *tally;       /* the worker's, whose turn it is */
	struct tally_port *in;     /* of these, that of in_port */
	struct tally_rule *rules;  /* the worker's for this program: rule_count + 1, default last */
	struct tally_acted *acted; /* the same of edits and gates; NULL where no rule has any */
	uint64_t *steps;           /* and of each step of their lists, see config_steps */

	uint64_t number; /* the worker has given it to no other burst */
	/* Likewise what its times lack to ones since the epoch; 0: nobody has asked. */
	uint64_t epoch_ns;

	/* ns: of the packets' own clock offline, of CLOCK_MONOTONIC live. */
	uint64_t times[BURST_MAX];
	uint32_t hashes[BURST_MAX]; /* of flows, see packet_flow_hash */
	struct packet_view views[BURST_MAX];

	/* Bit i, valid after a burst_enter: packet i has a tunnel, and so there are tunnels[i] and
	 * inner[i], and views[i] in any case. */
	uint32_t tunnelled;
	struct tunnel tunnels[BURST_MAX];
	struct packet_view inner[BURST_MAX]; /* of the packets inside */
};

/* Which gates of the rule that decided packet i it did not pass. */
static inline uint32_t
burst_stopped(const struct burst *burst, unsigned i)
{
	return burst->gated == BURST_ALL_PASS ? 0
					      : burst->stopped[burst->gated == BURST_ALIKE ? 0 : i];
}

/* And those of a rule that passed it on. */
static inline uint32_t
burst_pass_stopped(const struct burst *burst, const struct burst_pass *pass)
{
	return burst->gated == BURST_EACH ? pass->stopped : 0;
}

/* Parses the packets unless that was done. */
void burst_parse(struct burst *burst);

/* Says when each packet came in, and of which flow it is, unless that was done. Packets must be as
 * they came in. */
void burst_times(struct burst *burst);
void burst_hashes(struct burst *burst);

/* Bit i: packet i may have a tunnel, as a few bytes of it tell. */
uint32_t burst_suspects(const struct burst *burst);

/* Finds the tunnels of some of the packets, by their bits, and parses what is inside, unless that
 * was done. */
void burst_enter(struct burst *burst, uint32_t some);

#endif
