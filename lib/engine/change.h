/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Change: one config in the place of another while packets flow, with the ports and replays of
 * each. What is the same in both stays as it is; what is new is opened before anything ends; what
 * ends is closed when nobody refers to it any more. It goes in steps, by turns: those of the
 * control thread are quick, and change what workers look at; those of the thread that prepares
 * configs open and close devices and files, and wait for workers. Before workers are given the
 * program everything can be undone, and is when something fails.
 */
#ifndef ENGINE_CHANGE_H
#define ENGINE_CHANGE_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/engine.h"
#include "engine/service.h"
#include "engine/swap.h"
#include "engine/targets.h"

/* What changes need of an engine, and keep from one to the next. */
struct changes {
	struct worker_shared *shared;
	struct ports *ports;
	struct replays *replays;
	struct service *service;
	struct swap *swap;
	struct worker *const *workers;
	unsigned worker_count;
	struct surges *surges;
	uint64_t budget; /* bytes that ports and replays may take, see memory_live_bytes */

	/* Held while devices are opened or closed for a change; the end waits for it. */
	pthread_mutex_t devices;
	_Atomic bool ending;
	_Atomic bool busy;      /* a config is prepared, or under way */
	struct change *current; /* has opened something, and is not through */

	/* Of ports that are no more: slots whose counters are not in the sum yet, those that may be
	 * used again, and the sum. */
	uint64_t gone, spare;
	struct tally_port ended;
	uint64_t ended_count;
	struct target_done settled; /* what of targets is in the sum */
};

#define CHANGE_STUCK "a worker has not moved for a while: see `sluice workers`"

enum change_phase {
	CHANGE_PREPARED, /* control: ports whose devices are to be opened anew are taken out */
	CHANGE_CLEARED,  /* work: they are closed, and opened */
	CHANGE_READY,    /* control: replays end, workers are given the program */
	CHANGE_STOPPING, /* work: a moment for workers, until replays have ended */
	CHANGE_SWAPPED,  /* work: every worker has it */
	CHANGE_PASSED, /* control: ports that came take part, those that end don't; replays start */
	CHANGE_LEAVING, /* work: what ended drains, and is closed */
	CHANGE_CLOSED,  /* control: its numbers are added up */
	CHANGE_UNDOING, /* work: all is as it was before */
	CHANGE_UNDONE,  /* control: ports that were taken out take part again */
	CHANGE_OVER,
};

struct change_port {
	enum engine_fate fate;
	uint16_t slot;
	struct port *port; /* that will stand there */
	bool late;         /* its device is to be had only when others were closed */
	bool reads_on;     /* and what it reads is what one of these has read */
	bool opened;
};

struct change_replay {
	enum engine_fate fate;
	struct replay *replay;
};

struct change {
	struct changes *changes;
	enum change_phase phase;
	struct config *config, *before; /* held */
	struct program *program;        /* until workers are given it */
	bool committed;                 /* they were */
	struct change_port ports[CONFIG_PORTS_MAX];
	struct change_replay replays[CONFIG_REPLAYS_MAX];
	bool moves;      /* ports or replays come, go or change */
	uint64_t clear;  /* slots whose devices are closed before others are opened */
	uint64_t out;    /* of these, those that were in service */
	uint64_t closed; /* and those that are closed by now */
	uint64_t ends;   /* slots whose ports are no more */
	struct port *old[CONFIG_PORTS_MAX]; /* by slot, of ports that were opened anew */
	uint64_t token;                     /* of the workers' quiescent states */
	uint64_t stop_ns;                   /* since when replays are told to stop */
	struct engine_told *told;
	unsigned told_count;
	int error;
	char reason[ENGINE_CHANGE_REASON_MAX];
};

/* Pairs what both configs have, and finds slots and findings. -ENOSPC, -ENOTSUP: not while it
 * runs. */
int change_pair(struct change *change, struct error_list *errors);

void change_tell(struct change *change, enum engine_fate fate, const char *kind, const char *name);

/* Tells of targets that are no ports; and how many a config has of any kind. */
void change_pair_targets(struct change *change);
unsigned change_targets(const struct config *config);

/* Tells of policers and of dedups, which are called after their rules; and how many there are, at
 * most. */
void change_pair_gates(struct change *change);
unsigned change_gates(const struct config *config);

/* Whether they would be on one device, or write one file. */
bool change_same_device(const struct config_port *a, const struct config_port *b);

/* Devices and files, in the thread that prepares. Those that return less than 0 leave the reason in
 * change. */
int change_make_ports(struct change *change);
int change_open_ports(struct change *change, bool late);
int change_open_replays(struct change *change);
void change_close_cleared(struct change *change);
void change_undo(struct change *change);
void change_close_ended(struct change *change);

/* Waits until every worker has passed the change's token; 0: for ever. False: one did not, or the
 * daemon ends. */
bool change_await(const struct change *change, uint64_t patience_ns);

int change_fail(struct change *change, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* See engine_prepare and what follows it. only_check: opens nothing. */
int change_prepare(struct changes *changes, struct config *config, bool only_check,
		   struct change **out, struct error_list *errors);
int change_step(struct change *change);
void change_work(struct change *change);
void change_free(struct change *change);

/* The daemon ends: waits for work under way, and closes what nobody was given. Workers may still
 * run. */
void changes_end(struct changes *changes);

#endif
