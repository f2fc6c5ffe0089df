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

static const struct config_actions *
named(const struct config *config, const struct config_action *action)
{
	return &config->edits[action->edits].actions;
}

/* Adds the edits of a list, with those of named ones, to what is counted; out NULL: counts
 * alone. */
static unsigned
flatten(const struct config *config, const struct config_actions *list,
	const struct config_action **out)
{
	unsigned count = 0;

	for (unsigned i = 0; i < list->count; i++) {
		const struct config_action *action = &list->items[i];

		if (action->verb == CONFIG_EDIT)
			count += flatten(config, named(config, action), out ? out + count : NULL);
		else if (out)
			out[count++] = action;
		else
			count++;
	}
	return count;
}

int
edits_make(const struct config *config, const struct config_replay *replay, struct edit **edit)
{
	unsigned count = flatten(config, &replay->edits, NULL), strips = 0;
	const struct config_action **actions;
	int ret;

	*edit = NULL;
	if (count == 0 && !replay->unique)
		return 0;
	actions = calloc(count + 1, sizeof(const struct config_action *));
	if (!actions)
		return -ENOMEM;
	/* Addresses are the loop's for all edits but the strips that stand first, which bring them
	 * to light. */
	flatten(config, &replay->edits, actions);
	while (strips < count && actions[strips]->verb == CONFIG_STRIP)
		strips++;
	if (replay->unique) {
		for (unsigned i = count; i > strips; i--)
			actions[i] = actions[i - 1];
		actions[strips] = NULL;
		count++;
	}
	ret = edit_make(actions, count, edit);
	free(actions);
	return ret;
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
	lane->tally.unedited += __builtin_popcount(idle.packets);
	edit_count_copies(&edits->local, burst->tally->copies);
	if (likely(burst->count == count))
		return true;
	for (uint16_t i = 0; i < burst->count; i++)
		lane->dues[i] = lane->dues[from[i]];
	drop(lane, burst, count);
	return burst->count > 0;
}
