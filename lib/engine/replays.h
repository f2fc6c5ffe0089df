/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replays: those of a config, opened together, and given to workers. Control thread.
 */
#ifndef ENGINE_REPLAYS_H
#define ENGINE_REPLAYS_H

#include "engine/engine.h"
#include "engine/worker.h"
#include "replay/replay.h"

struct replays {
	struct replay *items[CONFIG_REPLAYS_MAX];
	unsigned count;
	/* Of no config any more, stopped, until devices have given back their packets. */
	struct replay *leaving[CONFIG_REPLAYS_MAX];
	unsigned leaving_count;
	int news; /* eventfd: replays_tick would begin one; -1 offline */
};

/* Opens all replays of a config. stamp: offline. Failures are in errors, with
 * their place in the config; then nothing is left open, and a negative errno is returned. */
int replays_open(struct replays *replays, const struct config *config, const struct ports *ports,
		 unsigned worker_count, bool stamp, struct error_list *errors);

/* The lanes of a worker; returns how many. */
unsigned replays_lanes(const struct replays *replays, unsigned worker,
		       struct replay_lane *lanes[CONFIG_REPLAYS_MAX]);

/* Ports must have given back every packet, and workers must have stopped. */
void replays_close(struct replays *replays);

/* The one of that name, or NULL. */
struct replay *replays_find(const struct replays *replays, const char *name);

/* Stops some, and waits for their lanes; false: a worker does not move. */
bool replays_stop(struct replay *const *replays, unsigned count, uint64_t patience_ns);

/* Starts those that start by themselves. */
void replays_start(struct replays *replays, uint64_t now_ns);
void replays_tick(struct replays *replays, const struct stage_clock *clock);

/* Offline: begins those that start by themselves, each at the time of its first packet. */
void replays_start_virtual(struct replays *replays);

/* Stops those that run, waiting a tenth of a second for all of them together, and brings the states
 * of those that are done up to date. Returns 0, or -EBADMSG when the files of one broke. */
int replays_end(struct replays *replays);

/* Mbufs of replays that are not back, after the ports were closed. */
uint64_t replays_leaked(const struct replays *replays);

/* See engine_replay. */
int replays_order(struct replays *replays, const char *name,
		  const struct engine_replay_order *order, const struct stage_clock *clock,
		  const char **state, char *reason);

#endif
