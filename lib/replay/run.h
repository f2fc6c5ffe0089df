/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Run: the inside of a replay, for the files of this room alone.
 */
#ifndef REPLAY_RUN_H
#define REPLAY_RUN_H

#include <stdio.h>

#include "replay/material.h"
#include "replay/renewal.h"
#include "replay/replay.h"

struct replay {
	const struct config *whole; /* kept */
	const struct config_replay *config;
	const struct ports *ports;
	uint16_t port;   /* slot of the one that it feeds */
	uint16_t server; /* and of the servers', of a pair; else the same */
	struct material material;
	struct material *retired;  /* of files that were others */
	struct renewal *renewal;   /* its files are looked at; else NULL */
	struct renewal *abandoned; /* that nobody waits for, and which takes memory; else NULL */
	bool looks;                /* its files are to be looked at */
	struct lane_plan plan;
	struct edit *edit;                             /* NULL: none */
	struct replay_lane *lanes[CONFIG_WORKERS_MAX]; /* by lane, not by worker */
	unsigned lane_count;
	unsigned first_worker; /* lane i is the worker's that many behind */
	unsigned workers;
	bool live; /* workers poll the lanes */
	enum replay_state state;
	struct config_pace pace, usual_pace; /* of this run; and of starts that name none */
	struct replay_terms terms;           /* of this run, or the next */
	/* When it is to begin, on the wall clock, as long as it waits for that; else 0. */
	uint64_t at_ns;
	/* When it began so, and how wrong that clock was at most. */
	struct replay_kept {
		uint64_t at_ns, bound_ns;
	} kept;
	uint64_t loops_to_read; /* as the reader was told */
	bool changed_pace;      /* it changed while paused: lanes do not know it yet */
	bool goes_on;           /* it pauses for a new pace alone */
	/* The LANE_START that lanes' numbers are of; 0: they are of one before, or of none. */
	uint32_t run;
	struct reader_progress read; /* what was read until it ended; the reader may go on */
	struct config_moment moment; /* where it began, or is to begin */
	bool stale;                  /* the reader is not there, and has to be sent there */
	int news;                    /* see reader_open */
	uint64_t patience_ns;        /* until when it waits for links; 0: it does not */
	char reason[REPLAY_REASON_MAX];
};

/* Anchors the resume of lanes that are paused where they have one schedule again, of the replay's
 * pace. */
void replay_rejoin(const struct replay *replay, struct lane_order *resume);

/* Of the run that is under way, or to begin. */
static inline uint64_t
replay_loops(const struct replay *replay)
{
	return replay->terms.loops_given ? replay->terms.loops : replay->config->loops;
}

/* Whether lanes have no part in it yet. */
static inline bool
replay_has_not_begun(const struct replay *replay)
{
	return replay->state == REPLAY_OPENING || replay->at_ns;
}

/* Whether it neither runs nor is about to: every number is final. */
static inline bool
replay_stands(const struct replay *replay)
{
	return replay->state == REPLAY_STOPPED || replay->state == REPLAY_DONE ||
	       replay->state == REPLAY_FAILED;
}

static inline int
replay_refuse(int error, char *reason, const char *text)
{
	snprintf(reason, REPLAY_REASON_MAX, "%s", text);
	return error;
}

#endif
