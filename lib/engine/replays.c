/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/replays.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/now.h"
#include "core/text.h"
#include "engine/wall.h"

#include "core/banned.h"

/* How long workers may take to stop replays, all together. */
#define STOP_NS UINT64_C(100000000)
#define STOP_STEP_NS 20000

int
replays_open(struct replays *replays, const struct config *config, const struct ports *ports,
	     unsigned worker_count, bool stamp, struct error_list *errors)
{
	char reason[REPLAY_REASON_MAX];
	int ret = 0;

	replays->news = -1;
	if (!stamp) {
		replays->news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (replays->news < 0)
			return log_fail(errno, "replays");
	}
	for (unsigned i = 0; i < config->replay_count; i++) {
		const struct config_replay *wanted = &config->replays[i];
		const struct replay_wish wish = {.config = config,
						 .index = i,
						 .port = ports->items[wanted->port],
						 .server = ports->items[wanted->server],
						 .ports = ports,
						 .workers = worker_count,
						 .stamp = stamp,
						 .news = replays->news};
		struct replay *replay;
		int opened = replay_open(&wish, &replay, reason);

		if (opened < 0) {
			error_add(errors, wanted->place.line, wanted->place.column, NULL,
				  "replay %s: %s", wanted->name, reason);
			ret = opened;
			continue;
		}
		replays->items[replays->count++] = replay;
	}
	if (ret < 0) {
		replays_close(replays);
		return ret;
	}
	return 0;
}

unsigned
replays_lanes(const struct replays *replays, unsigned worker,
	      struct replay_lane *lanes[CONFIG_REPLAYS_MAX])
{
	unsigned count = 0;

	for (unsigned i = 0; i < replays->count; i++) {
		struct replay_lane *lane = replay_lane(replays->items[i], worker);

		if (lane)
			lanes[count++] = lane;
	}
	return count;
}

void
replays_close(struct replays *replays)
{
	for (unsigned i = 0; i < replays->count; i++)
		replay_close(replays->items[i]);
	for (unsigned i = 0; i < replays->leaving_count; i++)
		replay_close(replays->leaving[i]);
	replays->count = replays->leaving_count = 0;
	if (replays->news >= 0)
		close(replays->news);
	replays->news = -1;
}

void
replays_start(struct replays *replays, uint64_t now_ns)
{
	for (unsigned i = 0; i < replays->count; i++) {
		if (replay_config(replays->items[i])->start_auto)
			replay_start_with_link(replays->items[i], now_ns);
	}
}

void
replays_tick(struct replays *replays, const struct stage_clock *clock)
{
	eventfd_t count;

	if (replays->news >= 0)
		eventfd_read(replays->news, &count);
	for (unsigned i = 0; i < replays->count; i++) {
		wall_tick(replays->items[i], clock);
		replay_tick(replays->items[i], clock_now(clock));
	}
}

void
replays_start_virtual(struct replays *replays)
{
	for (unsigned i = 0; i < replays->count; i++) {
		if (replay_config(replays->items[i])->start_auto)
			replay_start_virtual(replays->items[i]);
	}
}

/* Of all, a step to their stop. How many are not there yet. */
static unsigned
stop_all(struct replay *const *replays, unsigned count)
{
	unsigned left = 0;

	for (unsigned i = 0; i < count; i++)
		left += !replay_stops(replays[i]);
	return left;
}

bool
replays_stop(struct replay *const *replays, unsigned count, uint64_t patience_ns)
{
	uint64_t deadline = now_ns() + patience_ns;
	unsigned left;

	while ((left = stop_all(replays, count)) && now_ns() < deadline)
		nanosleep(&(struct timespec){.tv_nsec = STOP_STEP_NS}, NULL);
	return left == 0;
}

int
replays_end(struct replays *replays)
{
	int failed = 0;

	replays_stop(replays->items, replays->count, STOP_NS);
	for (unsigned i = 0; i < replays->count; i++) {
		if (!replay_stops(replays->items[i]))
			log_warning("replay %s: its worker does not move, and it is left as it is",
				    replay_config(replays->items[i])->name);
		if (replay_state(replays->items[i]) == REPLAY_FAILED)
			failed = -EBADMSG;
	}
	return failed;
}

uint64_t
replays_leaked(const struct replays *replays)
{
	uint64_t leaked = 0;

	for (unsigned i = 0; i < replays->count; i++)
		leaked += replay_leaked(replays->items[i]);
	for (unsigned i = 0; i < replays->leaving_count; i++)
		leaked += replay_leaked(replays->leaving[i]);
	return leaked;
}

struct replay *
replays_find(const struct replays *replays, const char *name)
{
	for (unsigned i = 0; i < replays->count; i++) {
		if (strcmp(replay_config(replays->items[i])->name, name) == 0)
			return replays->items[i];
	}
	return NULL;
}

static int
unknown(const struct replays *replays, const char *name, char *reason)
{
	int used = snprintf(reason, REPLAY_REASON_MAX, "there is no replay %s; there %s",
			    text_quote(name).text, replays->count ? "are" : "are none");

	for (unsigned i = 0; i < replays->count && used < REPLAY_REASON_MAX; i++)
		used += snprintf(reason + used, REPLAY_REASON_MAX - used, "%s %s", i ? "," : "",
				 replay_config(replays->items[i])->name);
	return -ESRCH;
}

int
replays_order(struct replays *replays, const char *name, const struct engine_replay_order *order,
	      const struct stage_clock *clock, const char **state, char *reason)
{
	struct replay *replay = replays_find(replays, name);
	uint64_t now_ns = clock_now(clock);
	int ret = -EINVAL;

	if (!replay)
		return unknown(replays, name, reason);
	replay_tick(replay, now_ns);
	switch (order->verb) {
	case ENGINE_REPLAY_START:
		ret = wall_admit(&order->terms, reason);
		if (ret == 0)
			ret = replay_start(replay, &order->terms, now_ns, reason);
		break;
	case ENGINE_REPLAY_STOP:
		ret = replay_stop(replay, reason);
		break;
	case ENGINE_REPLAY_PAUSE:
		ret = replay_pause(replay, now_ns, reason);
		break;
	case ENGINE_REPLAY_RESUME:
		ret = replay_resume(replay, now_ns, reason);
		break;
	case ENGINE_REPLAY_SEEK:
		ret = replay_seek(replay, order->moment, now_ns, reason);
		break;
	case ENGINE_REPLAY_PACE:
		ret = replay_pace(replay, &order->pace, now_ns, reason);
		break;
	}
	if (ret == 0 && replay_state(replay) == REPLAY_OPENING) {
		replay_await_files(replay);
		replay_tick(replay, clock_now(clock));
	}
	*state = replay_state_name(replay_state(replay));
	return ret;
}
