/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lane: one worker's part of a replay. It walks the timeline, takes what is due, and points mbufs
 * at it. The control thread gives it orders, one at a time; all lanes of a replay carry an order
 * out at the same packet, because all work out the same times from the same entries.
 */
#ifndef REPLAY_LANE_H
#define REPLAY_LANE_H

#include <rte_mbuf.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "config/config.h"
#include "core/histogram.h"
#include "port/port.h"
#include "replay/gap.h"
#include "replay/schedule.h"
#include "replay/timeline.h"
#include "stage/burst.h"
#include "stage/handed.h"

enum lane_state {
	LANE_STOPPED, /* holds no packet */
	LANE_RUNNING,
	LANE_PAUSED, /* where it is, it goes on */
	LANE_DONE, /* every loop is out, and the port took it or it was dropped; holds no packet */
};

/* Where a lane stands: at an entry, or before a packet that does not exist yet. */
struct lane_place {
	uint64_t next; /* entry */
	uint64_t loops, base_ns, past_ns;
	struct schedule_units units; /* that lie before it */
	struct gap gap;
};

/* What happens, and from when on: at_ns is on the engine's clock. Given to every lane alike. */
struct lane_order {
	enum lane_verb {
		LANE_START, /* from the timeline's first entry, which is due at at_ns */
		LANE_STOP,  /* now */
		LANE_PAUSE, /* before the first packet that is due at at_ns or later */
		/* What was due at the pause's at_ns is due at at_ns, and the rest as much later;
		 * when anchored, the packet at this place is due at at_ns, what lies before it at
		 * once, and it goes on at the pace. */
		LANE_RESUME,
		/* From at_ns on it goes at the new pace. With lanes that may not stand at one
		 * packet it is a pause, and an anchored resume where the foremost stands. */
		LANE_PACE,
	} verb;
	uint64_t at_ns;
	struct config_pace pace; /* of LANE_START, LANE_PACE and an anchored LANE_RESUME */
	bool anchored;           /* LANE_RESUME */
	struct lane_place place; /* of an anchored LANE_RESUME */
};

/* Only the worker writes it; the control thread has the copy that the worker makes when asked.
 * Times are the engine's clock's; those of the first and the last packet are 0 before there was
 * one. */
struct lane_tally {
	uint32_t run; /* number of the LANE_START since which it counts */
	uint64_t sent, bytes;
	uint64_t unedited;                  /* packets on which an edit found nothing to do */
	uint64_t idle[CONFIG_STEPS_MAX];    /* the same of each edit, as the list is written */
	uint64_t server_sent, server_bytes; /* of these, through the servers' port */
	uint64_t late;    /* handed over more than the replay's late_ns after they were due */
	uint64_t dropped; /* not sent, because they were late */
	/* Of these packets, or of mirrored references to them; see tally.h. */
	uint64_t drops[DROP_REASONS];
	uint64_t underruns; /* times that nothing was there to send because the reader was behind */
	uint64_t loops;     /* done */
	uint64_t packet;    /* entries passed, of all lanes, since the start */
	uint64_t waiting;   /* of those, packets that the port has no room for */
	uint64_t time_ns;   /* of the capture, of the next packet, since the start */
	/* What lies before the next packet, without what was cut off pauses. */
	struct schedule_units at;
	uint64_t due_ns; /* of the packet that it waits for, or waited for last */
	uint64_t first_due_ns, last_due_ns, first_ns, last_ns;
	uint64_t shifted_ns; /* by how much lateness moved the schedule */
};

/* What all lanes of a replay share; written by the control thread while they stand still. */
struct lane_plan {
	struct timeline *timeline;
	struct rte_mempool *headers;
	uint8_t *zeros; /* 64 KiB of them, when something may be padded */
	rte_iova_t zeros_iova;
	uint64_t loops;                 /* 0: for ever */
	char name[CONFIG_NAME_MAX + 1]; /* for those who trace */
	uint64_t max_gap_ns;            /* no pause is longer; 0: any may be */
	uint64_t limit; /* packets, of all lanes and loops together; 0: all there are */
	uint64_t late_ns;
	enum config_late late;
	bool stamp;        /* packets carry their due time: offline */
	_Atomic bool flat; /* edited packets may reach a port that takes one segment alone */
	/* On the engine's clock: nothing that is due then or later leaves, and lanes are done;
	 * UINT64_MAX: never. */
	uint64_t ends_ns;

	struct lane_order order;
	_Atomic uint32_t ordered; /* order number */
	uint32_t opened;          /* a number that no other replay has had */
	/* By how much lateness moved the schedule of all lanes; they write it too. */
	_Atomic uint64_t shift_ns;
};

struct lane_edits;

struct replay_lane {
	struct lane_plan *plan;
	unsigned index;
	uint16_t port; /* the slot of the port that it feeds */
	bool as;       /* as if received there, not sent there */
	/* It feeds two: what servers sent goes to the other. Packets know their slot: it is their
	 * port. */
	bool pair;
	uint16_t server;
	bool serves;               /* what was taken last is for that one */
	struct lane_edits *edits;  /* NULL: packets leave as they are */
	bool fresh;                /* what was taken last is yet to be edited */
	uint64_t loops[BURST_MAX]; /* of the packets taken last, where there are edits */
	/* Where what it hands over is noted; NULL: nowhere. Written by the control thread, which
	 * lets workers pass before it frees what stood here. */
	_Atomic(struct handed *) sent;

	/* The worker's own. */
	enum lane_state state;
	uint64_t due_ns;    /* when the next packet is due; 0 when that is to be found out */
	bool waits;         /* due_ns is known */
	uint64_t next;      /* entry */
	uint64_t base_ns;   /* of this loop, on the timeline */
	uint64_t past_ns;   /* taken off base_ns so far, which else would outgrow its 64 bits */
	uint64_t published; /* as last seen */
	struct schedule schedule;
	struct gap gap;
	struct schedule_units units; /* before the next entry */
	struct config_pace pace;
	bool anchor; /* the next entry is due at anchor_ns */
	uint64_t anchor_ns;
	bool changes_pace;         /* the next entry keeps its time, and is the first at the pace */
	struct lane_order pending; /* PAUSE or PACE, at its time */
	bool is_pending;
	uint64_t paused_ns; /* at_ns of the pause */
	uint64_t shift_ns;  /* of plan->shift_ns, what is in the schedule */
	bool dry;
	uint16_t stash_count;
	struct rte_mbuf *stash[BURST_MAX]; /* unused mbufs */
	/* Since when the port took nothing of those that wait, and last did so. */
	uint64_t refused_ns, tried_ns;
	uint16_t waiting; /* packets that the port had no room for, due at dues[] */
	struct rte_mbuf *held[BURST_MAX];
	uint64_t dues[BURST_MAX]; /* of the packets taken last */
	/* At rest while state_seen is LANE_STOPPED or LANE_DONE: then anybody may read it. */
	struct lane_tally tally;
	/* Of this run, ns from due to handed over. Too long to be copied between two bursts: the
	 * control thread looks at it while it changes. */
	struct histogram errors;

	/* Between worker and control. */
	/* Number of the last order that was looked at. */
	_Atomic uint32_t taken __attribute__((aligned(64)));
	_Atomic uint32_t obeyed;     /* of the last one carried out */
	_Atomic uint32_t state_seen; /* enum lane_state, with obeyed */
	struct lane_tally answer;    /* the worker's copy, when it was last asked */
	struct lane_tally known;     /* what the control thread made of it; its own */
};

/* Packets that are due at now_ns, at most BURST_MAX; the caller owns them. Worker. */
uint16_t replay_lane_take(struct replay_lane *lane, uint64_t now_ns, struct rte_mbuf **packets);

/* Looks at its orders and at its next packet, and gives nothing. False: it is not known yet when
 * that is due, as the reader is behind or other lanes' packets come first; ask again. True: at
 * *due_ns, which may be any time from 0 on; UINT64_MAX: not before an order. Worker. */
bool replay_lane_look(struct replay_lane *lane, uint64_t *due_ns);

/* Makes what was taken last of a lane with edits, into a burst, what it is to be; what comes again
 * for want of room is so already. in_port is what stamps say. Packets for which there is no memory
 * are dropped. False: nothing is left. Worker. */
bool replay_lane_edit(struct replay_lane *lane, struct burst *burst, uint16_t in_port);

/* A burst of a lane that feeds two ports, in parts: packets that follow each other to one of
 * them. */
struct lane_parts {
	uint16_t count, next;
	struct rte_mbuf *packets[BURST_MAX];
	uint64_t dues[BURST_MAX];
};

/* Takes a burst, which was taken last from the lane, apart. Worker. */
void replay_lane_part(struct replay_lane *lane, const struct burst *burst,
		      struct lane_parts *parts);

/* Makes the burst the next part, as if it had been taken last, and says whose port it is for.
 * False: there is none, or packets of the part before wait for room; then the rest waits behind
 * them, so that all leave in their order. Worker. */
bool replay_lane_next_part(struct replay_lane *lane, struct burst *burst, struct lane_parts *parts,
			   uint16_t *port);

/* Says that the first count of the packets taken last, of so many bytes, were handed over at at_ns.
 * Worker. */
void replay_lane_handed(struct replay_lane *lane, uint16_t count, uint64_t bytes, uint64_t at_ns);

/* Notes, where somebody wants to know, that a burst, which was taken last and handed to nobody yet,
 * comes in on a port at at_ns. Worker. */
void replay_lane_enters(struct replay_lane *lane, const struct burst *burst, uint64_t at_ns);

/* Counts as the replay's own what was dropped while its packets were handled: the drops of the port
 * that they entered on or left by, before and after. Worker. */
void replay_lane_lost(struct replay_lane *lane, const uint64_t before[DROP_REASONS],
		      const uint64_t after[DROP_REASONS]);

/* Hands all packets of a burst, which were taken last, to a port at now_ns, and counts them. Those
 * that the port has no room for come again with the next replay_lane_take. Worker. */
void replay_lane_send(struct replay_lane *lane, struct burst *burst, struct port *port,
		      uint64_t now_ns);

/* When the lane next has something to do, on the engine's clock; 0: at once; UINT64_MAX: not before
 * an order. Worker. */
uint64_t replay_lane_wakes(const struct replay_lane *lane);

#endif
