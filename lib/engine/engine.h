/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engine: ports, workers and the program they run. One thread, the control thread, calls everything
 * here unless a function says otherwise.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "core/error.h"
#include "engine/snapshot.h"
#include "port/ports.h"
#include "replay/terms.h"

struct engine;
struct change;
struct look;

struct engine_options {
	struct eal_options eal;
	/* Called once ports are up, before a packet is taken in or a capture read; what it returns
	 * below 0 ends the start. May be NULL. */
	int (*ready)(const struct config *config);
};

/* "DPDK 22.11.11" or so. */
const char *engine_dpdk_version(void);

/* Starts the EAL, opens the ports, compiles the config and starts the workers. Takes the config
 * over, whatever happens. What fails is logged or in errors, everything is undone, and a negative
 * errno returned. */
int engine_start(struct config *config, const struct engine_options *options,
		 struct error_list *errors, struct engine **out);

/* Compiles a config's rules as a start would, and lets go of the result: for a process that starts
 * nothing. Opens no device, touches no hugepages, and starts the EAL, which a process does once and
 * here keeps to its end. -EINVAL and findings in errors when they can't be compiled; -EAGAIN, said
 * in the log, when the EAL does not start here. The config is not changed. */
int engine_try(struct config *config, struct error_list *errors);

#define ENGINE_CHANGE_REASON_MAX 1024

/* What becomes of a thing of two configs. */
enum engine_fate {
	ENGINE_KEPT,    /* the same in both: it goes on */
	ENGINE_CHANGED, /* of the same name, and begun anew */
	ENGINE_BEGUN,
	ENGINE_ENDED,
	ENGINE_FATES,
};

struct engine_told {
	enum engine_fate fate;
	const char *kind; /* a section of targets, "replays", "policers" or "dedups" */
	const char *name;
};

/* Compiles a config and opens the ports and replays that it has and the running one has not. Any
 * thread, one at a time; it may take seconds, and the engine goes on meanwhile. On success *out
 * owns the config, and is for engine_step and then engine_discard. On failure the config is still
 * the caller's, and nothing is open; -EINVAL: it is wrong, and the findings say where; any other:
 * the engine can't take it as it is now, and the first finding says why. */
int engine_prepare(struct engine *engine, struct config *config, struct change **out,
		   struct error_list *errors);

/* The same, but opens nothing: whether it could be applied, as far as that shows. The config is
 * freed. */
int engine_check(struct engine *engine, struct config *config, struct error_list *errors);

/* Puts a change into force, a step at a time. Above 0: engine_work is to be called, in the thread
 * that prepared it, and then this again. 0: it is in force: no worker has the old program, whose
 * counters were carried over to rules of the same name, and what is no more is closed. No packet is
 * lost or sees half of each, but for those to and from a port that is opened anew or ends. A
 * negative errno: all is as it was, and engine_change_reason says why it is refused. Where nothing
 * but rules and groups changes, a worker that does not move is waited for a moment, and what it has
 * is freed when it does. */
int engine_step(struct engine *engine, struct change *change);
void engine_work(struct change *change);
const char *engine_change_reason(const struct change *change);

/* What becomes of ports, groups and replays; valid until it is discarded. */
const struct engine_told *engine_change_told(const struct change *change, unsigned *count);

/* Frees a change that was never begun, is over, or was left when the engine drained. NULL is
 * fine. */
void engine_discard(struct change *change);

/* Whether a config is prepared or put into force at the moment: ports are left alone then. */
bool engine_is_changing(const struct engine *engine);

/* The config that runs; valid until the next change is in force. */
const struct config *engine_config(const struct engine *engine);

/* Asks every worker for its counters and adds them up. Waits some milliseconds at most for a worker
 * that does not answer and marks it. The caller frees the result with snapshot_free. NULL: no
 * memory. */
struct snapshot *engine_snapshot(struct engine *engine);

struct program;
struct stage_clock;

/* What is looked at by who explains what happens to packets. */
struct engine_look {
	const struct program *program;        /* that workers run; NULL: none, and nothing else */
	struct port *ports[CONFIG_PORTS_MAX]; /* in the config's order, as those below */
	uint64_t up;                          /* bit i: what is sent to port i leaves */
	uint8_t workers[CONFIG_PORTS_MAX];    /* that polls the port's first queue */
	const struct stage_clock *clock;
};

/* In the thread that prepares configs, while none is put into force: all of it stays until the next
 * one is. */
void engine_look(const struct engine *engine, struct engine_look *out);

/* What a user wants of a replay while it runs. */
struct engine_replay_order {
	enum {
		ENGINE_REPLAY_START,
		ENGINE_REPLAY_STOP,
		ENGINE_REPLAY_PAUSE,
		ENGINE_REPLAY_RESUME,
		ENGINE_REPLAY_SEEK,
		ENGINE_REPLAY_PACE,
	} verb;
	struct replay_terms terms;   /* of START */
	struct config_moment moment; /* of SEEK */
	struct config_pace pace;     /* of PACE */
};

#define ENGINE_REPLAY_REASON_MAX 256

/* Carries an order out, waiting some milliseconds for the workers to do so. *state is what the
 * replay is then in, as in a snapshot. Returns 0, or a negative errno with a sentence in reason
 * (ENGINE_REPLAY_REASON_MAX bytes): -ESRCH when the config has no replay of that name; -ENOENT is a
 * file's. */
int engine_replay(struct engine *engine, const char *name, const struct engine_replay_order *order,
		  const char **state, char *reason);

#define ENGINE_PORT_REASON_MAX 512

/* Whether a port can be taken up again at once; what takes time before is done by
 * engine_port_prepare, in any thread, while nothing else is asked of the port. */
bool engine_port_is_ready(const struct engine *engine, const char *name);
void engine_port_prepare(const struct engine *engine, const char *name);

/* Takes a port up again, or out of service. The device may take a second to open. *state is what
 * the port is then in, as in a snapshot. Returns 0, also when nothing had to be done, or a negative
 * errno with a sentence in reason (ENGINE_PORT_REASON_MAX bytes): -ENOENT when the config has no
 * port of that name. */
int engine_port(struct engine *engine, const char *name, bool up, const char **state, char *reason);

#define ENGINE_REHEARSAL_WHY_MAX 192

/* Of a worker that is to rehearse (engine/rehearsal.h): how long its queues are left alone, each
 * time; 0: they are not, and why. */
struct engine_rehearsal {
	unsigned core;
	uint64_t hold_ns;
	char why[ENGINE_REHEARSAL_WHY_MAX];
};

/* Has workers find out what they could take, leaving their queues alone for most_ns at most, 10 ms
 * or less. out: of each worker, see engine_worker_count. Returns how many do; what they found is in
 * a snapshot once they have ended, within 10 s, and for a minute. */
unsigned engine_rehearse(struct engine *engine, uint64_t most_ns, struct engine_rehearsal *out);

/* Shows a look (look/look.h) to workers, and takes it over on success; *id is what it is asked for
 * by. -EBUSY: there are LOOKS_MAX already; -ESHUTDOWN; -ENOMEM. */
int engine_look_begin(struct engine *engine, struct look *look, uint32_t *id);

/* NULL: it is over, as whoever asked for it ended it or did not ask for 10 s. */
struct look *engine_look_find(struct engine *engine, uint32_t id);
void engine_look_end(struct engine *engine, uint32_t id);

unsigned engine_worker_count(const struct engine *engine);

/* What a time of CLOCK_MONOTONIC lacks to one since the epoch. */
uint64_t engine_epoch(const struct engine *engine);

/* The slot of the port of that name, -ENOENT; and what the port of a slot is called. */
int engine_slot(const struct engine *engine, const char *name);
/* What the running program has of a kind of target; NULL: nothing. */
const void *engine_target(const struct engine *engine, enum config_target_kind kind);

const char *engine_slot_name(const struct engine *engine, unsigned slot);

/* Work to be done now and then by the control thread: links and devices that are gone, replays that
 * begin or end. Call every 100 ms or so. */
void engine_tick(struct engine *engine);

/* A descriptor that is readable when a replay can begin before the next tick: engine_begin_replays
 * then does it. Never -1 of a daemon. */
int engine_news(const struct engine *engine);
void engine_begin_replays(struct engine *engine);

/* Whether every worker moved within the second before the last tick. */
bool engine_moves(const struct engine *engine);

/* Stops receiving, lets what is held leave (2 s at most), stops workers and ports. The last
 * snapshot can still be taken, and says what leaked. Returns 0 or a negative errno when something
 * failed: -ETIMEDOUT when a worker does not come back, and its ports can't be closed. */
int engine_drain(struct engine *engine);

/* Frees everything, stopping first what still runs; nothing when a worker does not come back. It
 * may take long: replays' readers are waited for, and programs freed. */
void engine_free(struct engine *engine);

/* Feeds every capture to its end on a virtual clock in this thread, drains, and gives the last
 * snapshot (also when it failed half-way: *out is NULL only if there is none). Takes the config
 * over, whatever happens. Returns 0, or a negative errno with what failed logged or in errors. */
int engine_offline(struct config *config, struct error_list *errors, struct snapshot **out);

#endif
