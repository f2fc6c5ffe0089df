/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Service: which ports take part. A port that is to go is taken out of what workers look at first:
 * its bit in shared->up and its queues in their lists. When every worker has passed a quiescent
 * state none can touch it any more, and its device is closed and handed back. A port that comes
 * back goes the other way. Control thread.
 */
#ifndef ENGINE_SERVICE_H
#define ENGINE_SERVICE_H

#include "engine/replays.h"
#include "engine/worker.h"
#include "port/ports.h"

#define SERVICE_REASON_MAX 512

struct service {
	struct worker_shared *shared;
	struct ports *ports;
	const struct replays *replays;
	struct worker *const *workers;
	unsigned worker_count;

	/* Of the change that is under way. */
	bool changing;
	uint64_t token; /* of the quiescent state that ends it */
	uint64_t began_ns;
	bool told; /* that it takes long */
	bool held; /* ports whose devices are gone are left alone: others are opened elsewhere */
	/* Bit i: what is sent to slot i leaves, though its port is not among ports yet. */
	uint64_t coming;
	uint64_t leaving; /* bit i: port i is to be closed then */
	struct worker_sources *old[CONFIG_WORKERS_MAX];
};

/* Gives every worker its queues and lanes, of all ports and replays. -ENOMEM, logged. */
int service_begin(struct service *service);

/* Frees the lists, and what workers noted. Workers have stopped. */
void service_end(struct service *service);

/* Tells the workers which ports have a link. What they may use of a port was written before. */
void service_publish(const struct service *service);

/* Looks at the links, takes ports out whose devices are gone, and goes on with the change under
 * way. */
void service_tick(struct service *service);

/* Takes a port out, or back in with the config's words for it. Returns 0, also when it is so
 * already, or a negative errno with a sentence in reason: -ENOENT: there is no such port; -EBUSY: a
 * worker does not move. */
int service_down(struct service *service, const char *name, char reason[SERVICE_REASON_MAX]);
int service_up(struct service *service, const struct config *config, const char *name,
	       char reason[SERVICE_REASON_MAX]);

/* Slots whose ports are open and up, and which workers know as soon as they have the next program:
 * nothing that this sends to them is dropped. */
void service_announce(struct service *service, uint64_t coming);

/* Has workers take what port->service says of all ports, and the replays' lanes, without waiting
 * for them: *token is that of the quiescent states from which on they have it. -EBUSY: a worker
 * does not move; -ENOMEM. */
int service_replace(struct service *service, uint64_t *token);

/* Ends the change under way. Workers have stopped. */
void service_settle(struct service *service);

#endif
