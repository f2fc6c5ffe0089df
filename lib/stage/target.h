/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Target: the contract between forward and what takes packets beside ports and groups. A kind is
 * one `const struct target`; forward gathers what each of its targets gets, and hands it over once
 * a burst, before what was given to ports leaves. The engine compiles the kinds before the stages,
 * and knows none by name.
 */
#ifndef STAGE_TARGET_H
#define STAGE_TARGET_H

#include "stage/handed.h"
#include "stage/stage.h"

/* What became of packets that bursts left with a target (exit_hold), of those that came in on the
 * port of one slot. */
struct target_done_port {
	uint64_t out; /* they are where they were to be */
	uint64_t drops[DROP_REASONS];
};

struct target_done {
	struct target_done_port ports[CONFIG_PORTS_MAX]; /* by slot */
	struct tally_copy copies[COPY_REASONS];
};

/* What a target has to say of a replay. */
struct target_verdict {
	const char *name; /* the target's */
	bool settled;     /* nothing of what the replay has sent is open */
	bool judged, passes;
	char why[1024]; /* what is not tolerated, one beside the other; or "" */
	uint64_t lost, changed, latency_p99_ns;
};

struct target {
	enum config_target_kind kind;

	/* Control thread. As those of struct stage, for all targets of the kind; called where the
	 * config has any, or the program before had a state, which env->before is: so what one of
	 * them counts is not lost when it is gone. Where nothing is to run (env->use) it makes
	 * nothing that outlives the state, and opens nothing. */
	int (*compile)(const struct stage_env *env, void **state, struct error_list *errors);
	void (*release)(void *state);

	/* Control thread, just before workers are given the program; may be NULL. What was compiled
	 * and never begins is released. */
	void (*begin)(const void *state);

	/* Worker (burst->worker), and as bound as a stage. The packets, count of them from 1 to
	 * BURST_MAX, are those for the target of this index, and its own: of each the burst is told
	 * by exit_end, exit_hold or exit_drop of exit/exit.h. from[i]: which of the burst's packets
	 * it is, or was made of. marked: bits of those that `marks` says it of. */
	void (*take)(const void *state, unsigned index, struct burst *burst,
		     struct rte_mbuf **packets, const uint8_t *from, uint16_t count,
		     uint32_t marked);

	/* Control thread, and NULL where it is never so. Whether what a rule (rule_count: the
	 * default) gives to the target of this index is to be told from what others give it. */
	bool (*marks)(const struct config *config, uint32_t rule, unsigned index);

	/* What is told of each of them; may be NULL. */
	const struct stage_section *sections;

	/* Control thread, and NULL where packets are never held. Adds what was done with those that
	 * are not held any more, since the first program that had any: of each a target counts this
	 * when it lets go of it, whoever's thread does that. */
	void (*done)(const void *state, struct target_done *sum);

	/* Control thread, when no worker runs any more; may be NULL. Brings all that is held to its
	 * end, until this time (now_ns) at most. false: there was not enough time. */
	bool (*drain)(void *state, uint64_t until_ns);

	/* Control thread; may be NULL. Where a worker is to note what it hands over of a replay,
	 * see handed.h; NULL: nowhere. It stays as long as the state does. */
	struct handed *(*notes)(const void *state, const char *replay, unsigned worker);
	/* And what came of it: the replay passes only if this does. False: nothing. */
	bool (*judges)(const void *state, const char *replay, struct target_verdict *verdict);
};

/* What a program has of a kind; kind is NULL behind the last. */
struct target_state {
	const struct target *kind;
	void *state; /* NULL: the config has no use for it */
};

#endif
