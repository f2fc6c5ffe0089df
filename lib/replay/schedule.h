/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedule: when each packet of a replay is due. A pace turns units (nanoseconds of the capture,
 * packets, or bytes, counted from the replay's first packet) into nanoseconds after an anchor. Each
 * time is worked out from the anchor anew, in integers of 128 bits, so that nothing adds up: the
 * last packet of a year is as exact as the first.
 */
#ifndef REPLAY_SCHEDULE_H
#define REPLAY_SCHEDULE_H

#include <stdint.h>

#include "config/pace.h"

/* How far a replay has come, in every unit that a pace may count in: what lies before a packet. */
struct schedule_units {
	uint64_t packets;
	uint64_t frame_bytes; /* without FCS */
	uint64_t wire_bytes;  /* with all that a frame takes on the wire */
	uint64_t time_ns;     /* of the capture */
};

struct schedule {
	enum config_pace_kind kind;
	uint64_t anchor_ns, anchor_units;
	uint64_t mul, div; /* nanoseconds per unit */
};

/* IEEE 802.3: preamble and start delimiter 8, FCS 4, gap between frames 12; frames are padded to
 * 60. */
#define SCHEDULE_WIRE_OVERHEAD 24
/* A time that does not come; there is room behind it to be added to. */
#define SCHEDULE_NEVER (UINT64_MAX / 4 * 3)
/* What lies between two times of a capture fits a signed number of nanoseconds, 292 years, so that
 * a loop may follow another before a sum of them is too large. */
#define SCHEDULE_SPAN_MAX ((uint64_t)INT64_MAX)
#define SCHEDULE_FRAME_MIN 60

/* So much later than a time. What lies beyond the end of time stays there: a sum that began anew
 * would be due at once. */
static inline uint64_t
schedule_later(uint64_t at_ns, uint64_t by_ns)
{
	uint64_t sum;

	if (!__builtin_add_overflow(at_ns, by_ns, &sum) && sum <= SCHEDULE_NEVER)
		return sum;
	return at_ns > SCHEDULE_NEVER ? at_ns : SCHEDULE_NEVER;
}

static inline uint64_t
schedule_units_of(enum config_pace_kind kind, const struct schedule_units *units)
{
	switch (kind) {
	case CONFIG_PACE_PACKETS:
		return units->packets;
	case CONFIG_PACE_FRAME_BITS:
		return units->frame_bytes;
	case CONFIG_PACE_WIRE_BITS:
		return units->wire_bytes;
	default:
		return units->time_ns;
	}
}

/* Counts a frame of so many bytes as passed; the time is the caller's to set. */
static inline void
schedule_units_pass(struct schedule_units *units, uint32_t length)
{
	units->packets++;
	units->frame_bytes += length;
	units->wire_bytes += (length < SCHEDULE_FRAME_MIN ? SCHEDULE_FRAME_MIN : length) +
			     SCHEDULE_WIRE_OVERHEAD;
}

/* The schedule by which the packet before which these units lie is due at anchor_ns. */
void schedule_make(struct schedule *schedule, const struct config_pace *pace, uint64_t anchor_ns,
		   const struct schedule_units *units);

/* The same for numbers that take more than 64 bits; what lies beyond the end of time is due
 * there. */
uint64_t schedule_due_far(const struct schedule *schedule, uint64_t passed);

/* When the packet before which these units lie is due; never before the anchor. */
static inline uint64_t
schedule_due(const struct schedule *schedule, const struct schedule_units *units)
{
	uint64_t at = schedule_units_of(schedule->kind, units);
	uint64_t product;

	if (schedule->kind == CONFIG_PACE_TOP || at <= schedule->anchor_units)
		return schedule->anchor_ns;
	/* Most often it fits, and a division of 64 bits takes a third of the time. */
	if (!__builtin_mul_overflow(at - schedule->anchor_units, schedule->mul, &product))
		return schedule_later(schedule->anchor_ns, product / schedule->div);
	return schedule_due_far(schedule, at - schedule->anchor_units);
}

/* The same schedule, once times of the capture count from time_ns on. Rounds what is due there to a
 * nanosecond. */
void schedule_rebase(struct schedule *schedule, uint64_t time_ns);

/* What is left of a gap when a new pace begins in the middle of it: as much of it at the new pace,
 * if both paces count in the same unit, and nothing if not: the new one knows no such gap. */
uint64_t schedule_rescale(const struct schedule *schedule, const struct config_pace *pace,
			  uint64_t rest_ns);

#endif
