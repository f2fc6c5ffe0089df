/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/wall.h"

#include <errno.h>
#include <stdio.h>
#include <sys/timex.h>

#include "core/units.h"
#include "core/when.h"

#include "core/banned.h"

/* A replay is given its time so long before: ticks may be late, and the clocks drift apart. */
#define AHEAD_NS UINT64_C(250000000)
/* What its order takes to be seen by every worker. */
#define LEAST_NS 200000
/* The kernel lets a clock's rate be changed by 500 millionths at most (MAXFREQ), and takes as much
 * for its drift. */
#define DRIFT_NS(ns) ((ns) / 2000)
/* What is known of a clock that nobody sets: the kernel's own limit of what it still calls set
 * (NTP_PHASE_LIMIT). */
#define UNSET_NS UINT64_C(16000000000)
#define LOOKS 16

/* Both clocks at one moment, as far as that can be told. */
struct wall {
	uint64_t engine_ns, wall_ns, spread_ns;
};

static struct wall
look(const struct stage_clock *clock)
{
	struct wall best = {.spread_ns = UINT64_MAX};

	for (unsigned i = 0; i < LOOKS; i++) {
		uint64_t before = clock_now(clock), wall = when_now(), after = clock_now(clock);

		if (after - before < best.spread_ns)
			best = (struct wall){before + (after - before) / 2, wall, after - before};
	}
	return best;
}

/* How wrong the wall clock is at most, as the kernel knows; *set is whether somebody sets it. */
static uint64_t
clock_error(bool *set)
{
	struct timex now = {0};
	int state = adjtimex(&now);
	uint64_t error_ns = state < 0 ? UNSET_NS : (uint64_t)now.maxerror * 1000;

	*set = state >= 0 && state != TIME_ERROR && !(now.status & STA_UNSYNC);
	return *set || error_ns > UNSET_NS ? error_ns : UNSET_NS;
}

static int
admit_clock(uint64_t most_ns, char *reason)
{
	bool set;
	uint64_t error_ns = clock_error(&set);

	if (error_ns <= most_ns)
		return 0;
	if (set)
		snprintf(reason, REPLAY_REASON_MAX,
			 "this machine's clock may be wrong by %s, as its kernel says, and %s is "
			 "the most that was asked for: wait until it is set better, or allow more "
			 "with --clock-error",
			 units_ns(error_ns).text, units_ns(most_ns).text);
	else
		snprintf(reason, REPLAY_REASON_MAX,
			 "this machine's clock is not set by anybody, as its kernel says: start "
			 "chrony or another that does, or allow an error of %s with --clock-error",
			 units_ns(error_ns).text);
	return -EINVAL;
}

int
wall_admit(const struct replay_terms *terms, char *reason)
{
	uint64_t now = when_now();
	char at[WHEN_TEXT_MAX];

	if (terms->at_ns == 0)
		return 0;
	if (terms->at_ns <= now + AHEAD_NS) {
		when_format(terms->at_ns, at);
		snprintf(reason, REPLAY_REASON_MAX,
			 "%s is %s; a start takes a quarter of a second to be made ready", at,
			 terms->at_ns <= now ? "over" : "too soon");
		return -EINVAL;
	}
	return admit_clock(terms->clock_error_ns, reason);
}

void
wall_tick(struct replay *replay, const struct stage_clock *clock)
{
	uint64_t at_ns, clock_error_ns, ahead_ns;
	char reason[REPLAY_REASON_MAX];
	struct wall wall;
	bool set;

	if (!replay_waits(replay, &at_ns, &clock_error_ns))
		return;
	wall = look(clock);
	if (at_ns > wall.wall_ns + AHEAD_NS)
		return;
	if (at_ns < wall.wall_ns + LEAST_NS) {
		replay_miss(replay, "its time went by before it could start: the clock was set, or "
				    "the machine was too busy");
		return;
	}
	if (admit_clock(clock_error_ns, reason) < 0) {
		replay_miss(replay, reason);
		return;
	}
	ahead_ns = at_ns - wall.wall_ns;
	replay_keep_time(replay, wall.engine_ns + ahead_ns,
			 clock_error(&set) + wall.spread_ns + DRIFT_NS(ahead_ns));
}
