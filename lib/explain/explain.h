/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Explain: what would happen to one packet, and why. The stages' own state answers, as workers ask
 * it, with memory, ports and pools that are nobody else's; and the config is read once more, rule
 * by rule and target by target, as the manual says it. Both must say the same. Nothing changes by
 * it: no counter, no cache, no gate; no packet leaves. One thread at a time; it compiles filters,
 * which libpcap does one at a time.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/error.h"

struct explain;
struct port;
struct program;
struct stage_clock;

#define EXPLAIN_NEAR 3   /* rules that nearly took it, unless more are asked for */
#define EXPLAIN_RULES 64 /* rules that are told of one by one, unless all are asked for */

/* Starts the EAL for programs that are compiled for questions alone: no rights, no hugepages, no
 * devices. 0, or a negative errno, logged. ports_stop_eal ends it. */
int explain_start(const struct config *config);

/* Compiles a config, and takes it over on success. Gates are as a run begins. clock: where packets
 * have no times of their own, as in a daemon, otherwise NULL. Findings in errors and a negative
 * errno on failure. */
int explain_compile(struct config *config, const struct stage_clock *clock, struct explain **out,
		    struct error_list *errors);

/* What runs: its tables, and its gates as they stand, of one worker. */
struct explain_live {
	const struct program *program; /* of which nothing is changed; it outlives the answers */
	struct port *const *ports;     /* by the config's order */
	const struct stage_clock *clock;
	unsigned worker;
};

int explain_running(const struct explain_live *live, struct explain **out,
		    struct error_list *errors);

void explain_free(struct explain *explain); /* NULL is fine */

/* The config that it answers of. */
const struct config *explain_config(const struct explain *explain);

struct explain_question {
	const uint8_t *bytes; /* of the frame: 1 to 65,535 */
	uint32_t length, wire_length;
	uint64_t time_ns; /* of CLOCK_REALTIME; not looked at where it runs */
	unsigned port;    /* as if received there: the config's index */
	uint64_t down;    /* bit i: port i has no link */
	unsigned near;    /* so many rules that nearly took it */
	bool every_rule;
	bool cost; /* and what it costs to classify, which is measured */
};

/* The answer, as docs/seeing.md has it; a new reference, or NULL without memory. */
json_t *explain_ask(struct explain *explain, const struct explain_question *question);

/* Whether all ways of reading it came to the same, in all that an answer holds. */
bool explain_agrees(const json_t *answer);

/* Whether two answers come to the same, for one who does not ask why: the rule that decides, its
 * action, the mirrors before it, and what leaves. */
bool explain_same(const json_t *a, const json_t *b);

#endif
