/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks: who looks at packets at the moment. A look is in the set that workers find, or waits until
 * no worker can have it any more. Control thread.
 */
#ifndef ENGINE_LOOKS_H
#define ENGINE_LOOKS_H

#include "engine/worker.h"
#include "look/eye.h"

/* Those that are over keep their place until workers have passed. */
#define LOOKS_PLACES (2 * LOOKS_MAX)

struct looks {
	struct worker_shared *shared;
	unsigned worker_count;
	struct looks_place {
		struct look *look; /* NULL: nobody's */
		uint32_t id;
		uint64_t asked_ns; /* when its client last asked for it */
		/* It is to leave the set, and then: it has left. */
		bool over, away;
	} places[LOOKS_PLACES];
	bool due;             /* what workers find is to be replaced, when old is free */
	struct look_set *old; /* replaced, but a worker may still have it */
	uint64_t token;
	uint32_t last_id;
};

/* Shows a look to workers, as soon as they have left the looks before, and takes it over on
 * success. -EBUSY: there are LOOKS_MAX already; -ENOMEM. */
int looks_begin(struct looks *looks, struct look *look, uint32_t *id);

/* NULL: it is over. That it is asked for is a sign of life of its client. */
struct look *looks_find(struct looks *looks, uint32_t id);

void looks_end(struct looks *looks, uint32_t id);

/* Ends those whose clients are gone, or which the config that runs does not allow, and frees what
 * workers have left. */
void looks_tick(struct looks *looks, const struct config *config);

/* Ends all. Workers have stopped. */
void looks_close(struct looks *looks);

#endif
