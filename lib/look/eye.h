/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Eye: all looks of the moment, as one worker takes part in them. It says of each packet that came
 * in what became of it, and takes itself back: where looking costs more than a hundredth of the
 * worker's time it looks at fewer bursts, and counts the others.
 */
#ifndef LOOK_EYE_H
#define LOOK_EYE_H

#include "look/look.h"
#include "stage/sight.h"

#define LOOKS_MAX 8
/* Of a burst, and so many are told of; of more only the others. */
#define LOOK_TARGETS_MAX 16

struct look_set;

struct look_eye {
	struct sight sight;
	const struct look_set *set;
	const struct config *config; /* of the burst's verdicts; NULL: it is given no rule */
	struct burst *burst;
	uint64_t now_ns, begun_tsc;
	unsigned worker, slot;

	/* Packets as they came in are marked in their mbufs, and so are all that edits make of
	 * them: mark, and the index in the burst, which comes back as index of those that are
	 * handed over. */
	uint64_t mark;
	uint16_t count;
	uint8_t index[BURST_MAX];
	uint64_t out[BURST_MAX];
	uint32_t drops[BURST_MAX];
	/* Targets that are no ports, which took some, and bits of these by packet. */
	struct config_target targets[LOOK_TARGETS_MAX];
	unsigned target_count;
	uint32_t taken[BURST_MAX];

	/* One burst in stride is looked at; what that cost, since when. */
	uint32_t stride, turn;
	uint64_t cost, window_tsc;
} __attribute__((aligned(64)));

/* Which looks there are: what workers find. It does not change; another takes its place. */
struct look_set {
	struct look *looks[LOOKS_MAX];
	unsigned count, workers;
	struct look_eye eyes[];
};

/* Reserves the mark's place in mbufs, once a process and before workers run. Negative errno,
 * logged, when no room is left there. */
int look_register(void);

/* NULL: no memory. Control thread. */
struct look_set *look_set_make(struct look *const *looks, unsigned count, unsigned workers);

/* Worker: before a burst is carried out, of packets that came in on the slot of a port, and config
 * decides about them; or, where config is NULL, that leave as they are. NULL: it is not looked at;
 * otherwise burst->sight is to be what comes back, and look_close follows. */
struct sight *look_open(struct look_set *set, struct burst *burst, unsigned slot,
			const struct config *config);
void look_close(struct look_set *set, struct burst *burst);

#endif
