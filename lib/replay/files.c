/* SPDX-License-Identifier: BSD-3-Clause */
#include "replay/files.h"

#include <errno.h>
#include <time.h>

#include "core/log.h"
#include "core/now.h"
#include "port/memory.h"
#include "replay/order.h"

#include "core/banned.h"

/* Most files are looked at, opened anew and begun to be read in much less; clients wait no longer
 * when a disk does not answer. */
#define LOOK_NS 15000000
#define OPEN_NS 30000000
#define STEP_NS 20000

/* What is read is what the new reader reads; devices may have packets of the old one for long. */
static int
take_over(struct replay *replay, struct reader *reader, char *reason)
{
	const struct port *port = ports_at(replay->ports, replay->port);
	struct material material, unused = {.reader = reader};
	int ret = material_make(&material, reader, replay->config, replay->ports, 0,
				memory_replay_spare(replay->whole, replay->workers),
				replay->lane_count, port->numa, reason);

	if (ret < 0) {
		material_retire(&unused, &replay->retired);
		return ret;
	}
	log_info("replay %s: its files are read anew: they have changed, or may have",
		 replay->config->name);
	material_retire(&replay->material, &replay->retired);
	replay->material = material;
	replay->loops_to_read = replay->config->loops;
	material_use(&material, &replay->plan);
	replay->stale = replay->moment.kind != CONFIG_MOMENT_NONE;
	return 0;
}

/* Lets go of what a look took that nobody wanted any more. */
static void
clear_away(struct replay *replay)
{
	struct material unused = {0};
	char reason[REPLAY_REASON_MAX];

	renewal_end(replay->abandoned, &unused.reader, reason, sizeof(reason));
	replay->abandoned = NULL;
	if (unused.reader)
		material_retire(&unused, &replay->retired);
}

void
files_tidy(struct replay *replay)
{
	if (replay->abandoned && renewal_is_over(replay->abandoned))
		clear_away(replay);
	material_tidy(&replay->retired);
}

/* One at a time has memory of its own: where one before still takes it, this waits. */
static int
begin_look(struct replay *replay, char *reason)
{
	const struct port *port = ports_at(replay->ports, replay->port);

	replay->looks = false;
	replay->renewal = renewal_begin(replay->config, replay->material.reader, replay->lane_count,
					port->numa, replay->news, replay_orders(replay) > 0);
	return replay->renewal ? 0
			       : replay_refuse(-ENOMEM, reason, "no memory to look at its files");
}

int
files_settle(struct replay *replay, char *reason)
{
	struct renewal *renewal;
	struct reader *reader;
	int ret = 0;

	if (replay->looks && replay->abandoned)
		return 0;
	if (replay->looks)
		ret = begin_look(replay, reason);
	if (ret < 0)
		return ret;
	renewal = replay->renewal;
	if (renewal) {
		if (!renewal_is_over(renewal))
			return 0;
		replay->renewal = NULL;
		ret = renewal_end(renewal, &reader, reason, REPLAY_REASON_MAX);
		if (ret == 0 && reader)
			ret = take_over(replay, reader, reason);
		if (ret < 0)
			return ret;
	}
	if (replay->stale ||
	    (!replay->plan.timeline->resident && replay->loops_to_read != replay_loops(replay))) {
		replay->loops_to_read = replay_loops(replay);
		reader_seek(replay->material.reader, replay->moment, replay->loops_to_read);
	}
	replay->stale = false;
	return 1;
}

int
files_look(struct replay *replay, char *reason)
{
	uint64_t deadline = now_ns() + LOOK_NS;
	int ret;

	files_tidy(replay);
	replay->looks = true;
	while ((ret = files_settle(replay, reason)) == 0 && now_ns() < deadline)
		nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
	return ret < 0 ? ret : 0;
}

void
files_give_up(struct replay *replay)
{
	if (!replay->renewal && !replay->looks)
		return;
	if (replay->renewal && !renewal_give_up(replay->renewal))
		replay->abandoned = replay->renewal;
	replay->renewal = NULL;
	replay->looks = false;
	/* What was begun with is not where the reader stands. */
	replay->stale = true;
}

void
files_close(struct replay *replay)
{
	files_give_up(replay);
	if (replay->abandoned)
		clear_away(replay);
}

void
replay_await_files(const struct replay *replay)
{
	uint64_t deadline = now_ns() + OPEN_NS;

	while (replay->state == REPLAY_OPENING && !reader_is_ready(replay->material.reader) &&
	       now_ns() < deadline)
		nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
}
