/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trial: one packet through a program's own stages, in memory of its own and out of ports that show
 * what leaves. Gates are looked at, not asked. For this room alone.
 */
#ifndef EXPLAIN_TRIAL_H
#define EXPLAIN_TRIAL_H

#include "engine/program.h"
#include "explain/explain.h"
#include "gate/look.h"
#include "port/ports.h"

#define TRIAL_SENT_MAX 4096
#define TRIAL_LOOKS_MAX 4096

/* A packet that left. */
struct trial_sent {
	uint16_t slot; /* of a port; or CONFIG_PORTS_MAX and the number of another target */
	uint32_t length;
	uint8_t *bytes; /* owned */
	bool claimed;   /* by a target of the reading */
};

struct trial {
	const struct program *program;
	const struct config *config;
	const struct stage_clock *clock;
	struct port *ports[CONFIG_PORTS_MAX]; /* by slot; owned */
	struct port_pool pool;                /* owned */
	struct trial_step {
		const struct stage *stage;
		const void *state;
		void *local; /* owned */
	} classify, forward;
	const struct forward_plan *plan; /* forward's state, */
	struct forward_plan *shadow;     /* and what stands for it here; owned */
	const void *gates, *gate_memory;
	unsigned worker;

	/* What came of the last run. */
	struct burst *burst;
	struct tally *tally;
	uint32_t verdict; /* rule_count: the default */
	bool steady;      /* twice the same: looked up, and out of the flow cache if it took it */
	struct trial_sent sent[TRIAL_SENT_MAX];
	unsigned sent_count;
	bool lost; /* something left that there was no memory to note */
	/* What leaves is counted, and not noted. */
	bool counts;
	unsigned counted;
	struct gate_look looks[TRIAL_LOOKS_MAX];
	unsigned look_count;
};

/* live: NULL where the program was compiled for this; its ports are then those of the trial, see
 * trial_ports. -ENOMEM. */
int trial_make(const struct program *program, const struct explain_live *live, struct trial *trial);

/* The pools and ports of one, before its program is compiled. -ENOMEM. limits: of ports that run,
 * in the config's order, or NULL. */
int trial_ports(const struct config *config, const uint8_t *slots, struct port *const *limits,
		struct trial *trial);
void trial_free(struct trial *trial);

/* The packet that is asked about, in an mbuf; NULL: no memory. */
struct rte_mbuf *trial_packet(const struct trial *trial, const struct explain_question *question);

/* The slot of what is sent to a target that is no group, and the target's name by it. */
uint16_t trial_slot(const struct trial *trial, const struct config_target *target);
const char *trial_name(const struct trial *trial, uint16_t slot);

/* A burst of count packets, which are in it, as a worker begins with what a port gave. */
void trial_begin(struct trial *trial, const struct explain_question *question, uint16_t count);

/* Runs it. -ENOMEM. */
int trial_run(struct trial *trial, const struct explain_question *question);

/* Runs it once, and what rules take adds up: for many packets in a row. -ENOMEM. */
int trial_pass(struct trial *trial, const struct explain_question *question);

/* That of an explanation. */
struct trial *explain_trial(struct explain *explain);

/* Cycles that a packet takes to classify in a full burst of such, whose flow is known if such flows
 * are remembered: the median of several. What the last run left of counters is gone. 0: no
 * memory. */
uint64_t trial_cost(struct trial *trial, const struct explain_question *question);

/* And what it takes to do to it what rules ask for, as if it passed all gates: edits, copies of
 * headers, which member of a group it is. Neither gates, which would be other ones afterwards, nor
 * what drivers do. In place of that cost, once the last run told all that leaves; below 0: it can't
 * be said, as there are too few buffers for a burst. */
int64_t trial_cost_acts(struct trial *trial, const struct explain_question *question);

/* Bits of slots that have a link in this question. */
uint64_t trial_up(const struct trial *trial, const struct explain_question *question);

/* When the last run's packet came in, ns since the epoch, where its packets have no times of their
 * own. */
uint64_t trial_time(const struct trial *trial);

/* A step's memory, zeroed, as a worker has it. -ENOMEM. */
int trial_local(struct trial_step *step);
void trial_free_local(struct trial_step *step);

/* What left is forgotten. */
void trial_forget(struct trial *trial);

#endif
