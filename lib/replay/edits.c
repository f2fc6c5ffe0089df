/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/edits.h"

#include <errno.h>
#include <rte_branch_prediction.h>
#include <stdlib.h>
#include <time.h>

#include "exit/exit.h"
#include "replay/run.h"

#include "core/banned.h"

/* An edited packet has its headers, windows on the capture and on padding, and what is put
 * behind. */
#define SEGMENTS 4

/* Lays out the program of a replay's edits: those of named lists where these stand, and NULL, which
 * makes addresses the loop's, behind the strips that stand first and bring them to light. ops: for
 * each edit of the list, as it is written, a bit for each of the program that it is; or NULL. out
 * NULL: counts alone. */
static unsigned
lay_out(const struct config *config, const struct config_replay *replay,
	const struct config_action **out, uint64_t *ops)
{
	unsigned count = 0, moves = replay->unique;

	for (unsigned i = 0; i < replay->edits.count; i++) {
		const struct config_action *item = &replay->edits.items[i];
		const struct config_actions *named =
			item->verb == CONFIG_EDIT ? &config->edits[item->edits].actions : NULL;

		for (unsigned j = 0; j < (named ? named->count : 1); j++) {
			const struct config_action *action = named ? &named->items[j] : item;

			if (moves && action->verb != CONFIG_STRIP) {
				if (out)
					out[count] = NULL;
				count++;
				moves = 0;
			}
			if (ops)
				ops[i] |= UINT64_C(1) << count;
			if (out)
				out[count] = action;
			count++;
		}
	}
	if (moves && out)
		out[count] = NULL;
	return count + moves;
}

int
edits_make(const struct config *config, const struct config_replay *replay, struct edit **edit)
{
	unsigned count = lay_out(config, replay, NULL, NULL);
	const struct config_action **actions;
	int ret;

	*edit = NULL;
	if (count == 0)
		return 0;
	actions = calloc(count, sizeof(const struct config_action *));
	if (!actions)
		return -ENOMEM;
	lay_out(config, replay, actions, NULL);
	ret = edit_make(actions, count, edit);
	free(actions);
	return ret;
}

void
edits_place(const struct config *config, const struct config_replay *replay,
	    struct lane_edits *edits)
{
	edits->count = replay->edits.count;
	lay_out(config, replay, NULL, edits->ops);
}

bool
replay_same_edits(const struct config *a_config, const struct config_replay *a,
		  const struct config *b_config, const struct config_replay *b)
{
	struct edit *one, *two = NULL;
	bool same = edits_make(a_config, a, &one) == 0 && edits_make(b_config, b, &two) == 0 &&
		    !one == !two && (!one || edit_same(one, two));

	edit_free(one);
	edit_free(two);
	return same;
}

static bool
is_flat(const struct port *port)
{
	const struct frame_limits *limits = &port->sends;

	return limits->segments < SEGMENTS ||
	       limits->chained < atomic_load_explicit(&limits->max, memory_order_relaxed);
}

bool
edits_for_flat(const struct replay *replay)
{
	for (unsigned i = 0; i < replay->ports->count; i++) {
		bool counts = replay->config->as || i == replay->port || i == replay->server;
		const struct port *port = replay->ports->items[i];

		if (counts && !port->ended && is_flat(port))
			return true;
	}
	return false;
}

/* Those behind the first burst->count: there was no memory for them. */
static void
drop(struct replay_lane *lane, struct burst *burst, uint16_t count)
{
	for (uint16_t i = burst->count; i < count; i++) {
		uint16_t slot = lane->pair ? burst->packets[i]->port : lane->port;

		burst->in = &burst->tally->ports[slot];
		exit_drop(burst, &burst->packets[i], 1, DROP_NO_BUFFER);
		tally_count(&burst->in->replayed, 1);
		lane->tally.drops[DROP_NO_BUFFER]++;
	}
}

static void
count_idle(const struct lane_edits *edits, const struct edit_idle *idle, struct lane_tally *tally)
{
	tally->unedited += __builtin_popcount(idle->packets);
	for (uint32_t left = idle->packets; left; left &= left - 1) {
		uint64_t ops = idle->ops[__builtin_ctz(left)];

		for (unsigned i = 0; i < edits->count; i++)
			tally->idle[i] += (ops & edits->ops[i]) != 0;
	}
}

static void
tell_time(struct lane_edits *edits, uint16_t count)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	for (uint16_t i = 0; i < count; i++)
		edits->times[i] = (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool
replay_lane_edit(struct replay_lane *lane, struct burst *burst, uint16_t in_port)
{
	struct lane_edits *edits = lane->edits;
	unsigned manner = OWN_ALONE;
	uint16_t count = burst->count;
	uint8_t from[BURST_MAX];
	struct edit_idle idle;

	if (!lane->fresh)
		return true;
	for (uint16_t i = 0; i < count; i++)
		from[i] = i;
	if (edit_reach(edits->edit)->parses)
		packet_parse(burst->packets, count, 0, burst->views);
	if (atomic_load_explicit(&lane->plan->flat, memory_order_relaxed))
		manner |= OWN_ONE_SEGMENT;
	if (edits->local.moment.times)
		tell_time(edits, count);
	edits->local.moment.in_port = in_port;
	burst->count = edit_run(edits->edit, &edits->local, burst->packets, from, burst->views,
				count, manner, &idle);
	count_idle(edits, &idle, &lane->tally);
	edit_count_copies(&edits->local, burst->tally->copies);
	if (likely(burst->count == count))
		return true;
	for (uint16_t i = 0; i < burst->count; i++)
		lane->dues[i] = lane->dues[from[i]];
	drop(lane, burst, count);
	return burst->count > 0;
}
