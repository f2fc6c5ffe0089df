/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Report: what is told of a replay, and the tables by which it is told. Numbers are of the run
 * since the last start, times nanoseconds.
 */
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include "config/amount.h"
#include "replay/lane.h"
#include "replay/reader.h"
#include "stage/counters.h"

enum replay_state {
	REPLAY_STOPPED,
	REPLAY_OPENING, /* waits for the first packets from its files, or for a link */
	REPLAY_WAITING, /* for a time of the wall clock */
	REPLAY_RUNNING,
	REPLAY_PAUSED,
	REPLAY_DONE,
	REPLAY_FAILED, /* its files broke: what came before was sent; the reason says why */
};

struct replay_report {
	char *name, *port;
	char *server_port; /* of a pair; else NULL */
	enum replay_state state;
	const char *state_name;
	char *reason; /* of REPLAY_FAILED; else NULL */
	bool as;      /* as if received on the port, not out of it */
	bool resident, direct;
	bool ended;                     /* the numbers are final */
	uint64_t memory;                /* bytes of its arena */
	uint32_t headers, free, in_use; /* mbufs that point into it */
	struct config_pace pace;        /* as it is now */
	char pace_words[CONFIG_AMOUNT_TEXT_MAX];
	struct lane_tally sum; /* of all lanes */
	/* Packets on which an edit found nothing to do; COUNTER_UNKNOWN: there are no edits. */
	uint64_t unedited;
	char *edits[CONFIG_STEPS_MAX]; /* in words; how many each found so is in sum.idle */
	unsigned edit_count;
	/* Of these, what left through the servers' port; COUNTER_UNKNOWN: there is none. */
	uint64_t server_sent, server_bytes;
	uint64_t refused;     /* of sum.drops, the losses */
	uint64_t loops_asked; /* 0: for ever */
	uint64_t limit;       /* packets, or COUNTER_UNKNOWN: all */
	uint64_t duration_ns; /* or COUNTER_UNKNOWN: as long as it takes */
	struct reader_progress reader;
	uint64_t packets;      /* of a loop; 0 as long as that is unknown */
	double progress;       /* of all loops, 0 to 1; negative when there is no end */
	uint64_t remaining_ns; /* until the last packet is due, or COUNTER_UNKNOWN */
	uint64_t next_in_ns;   /* until the next one is; unknown unless it runs */
	/* Of one that waits for a time of the wall clock: which one, and until then; else NULL and
	 * COUNTER_UNKNOWN. */
	char *starts_at;
	uint64_t starts_in_ns;
	/* Of one that began so: the time, by how much its first packet was handed over later, and
	 * how far from the true time that may have been at most. */
	char *began_at;
	uint64_t start_error_ns, start_bound_ns;
	/* From the first packet's time to the last one's, as asked, and as they were handed
	 * over. */
	uint64_t asked_ns, taken_ns;
	double asked_pps, taken_pps;
	/* Of the error, measured where packets are handed to the NIC, which is not the wire; 0 at
	 * top pace. */
	uint64_t p50_ns, p99_ns, p99_9_ns, max_ns;
	struct histogram_sums errors;
	const char *measured;
	uint64_t tolerance_ns; /* or COUNTER_UNKNOWN */
	/* The verdict: with a tolerance of all, and always of what was lost or could not be
	 * read. */
	const char *result;
	/* What looks at what came back, which joins the verdict, and what it found; or NULL and
	 * COUNTER_UNKNOWN. */
	char *back, *back_why;
	uint64_t lost, changed, latency_p99_ns;
};

const char *replay_state_name(enum replay_state state);

/* Of struct replay_report: what every report has, what is told besides of a daemon's, and of its
 * memory. */
extern const struct counter replay_counts[], replay_details[], replay_memory[];

struct target_verdict;

/* Has a target (stage/target.h) join the verdict. It fails where the target does, and passes no
 * sooner than it; and its numbers are final no sooner than the target's. Without memory for the
 * name it is not told. */
void replay_report_join(struct replay_report *report, const struct target_verdict *verdict);

/* Frees what a report points to. */
void replay_report_clear(struct replay_report *report);

#endif
