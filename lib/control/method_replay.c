/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_replay.h"

#include <errno.h>

#include "config/amount.h"
#include "core/log.h"
#include "core/text.h"
#include "core/when.h"

#include "core/banned.h"

/* By how much the clock may be wrong where nothing else is said. */
#define CLOCK_ERROR_NS 1000000

static void
refuse_param(struct call *call, const char *name, const char *reason)
{
	rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", name), "%s", reason);
}

/* Gives an order and answers with where the replay is afterwards. */
static void
order(struct method_daemon *daemon, struct call *call, const struct engine_replay_order *order)
{
	char reason[ENGINE_REPLAY_REASON_MAX];
	const char *name = call_param(call, "name");
	const char *state;
	int ret = engine_replay(daemon->engine, name, order, &state, reason);

	if (ret == -ESRCH)
		refuse_param(call, "name", reason);
	else if (ret < 0)
		rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:s}", "replay", name),
			 "replay %s: %s", name, reason);
	else
		call->result = json_pack("{s:s, s:s}", "name", name, "state", state);
}

/* A duration that may be left out. False: it is refused. */
static bool
take_duration(struct call *call, const char *name, uint64_t *ns)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	const char *text = call_param(call, name);

	if (!text || config_duration_parse(text, ns, reason, sizeof(reason)) == 0)
		return true;
	refuse_param(call, name, reason);
	return false;
}

static bool
take_number(struct call *call, const char *name, uint64_t *number)
{
	const json_t *value = json_object_get(call->params, name);

	*number = (uint64_t)json_integer_value(value);
	return value != NULL;
}

/* How the run differs from the config. False: something is refused. */
static bool
take_terms(struct call *call, struct replay_terms *terms)
{
	char reason[CONFIG_AMOUNT_REASON_MAX];
	const char *pace = call_param(call, "pace"), *at = call_param(call, "at");

	terms->pace_given = pace != NULL;
	terms->loops_given = take_number(call, "loops", &terms->loops);
	if (pace && config_pace_parse(pace, &terms->pace, reason, sizeof(reason)) < 0) {
		refuse_param(call, "pace", reason);
		return false;
	}
	if (terms->loops > CONFIG_LOOPS_MAX) {
		refuse_param(call, "loops",
			     "a number of loops is at most 1000000000000; 0: for ever");
		return false;
	}
	if (take_number(call, "limit", &terms->limit) && terms->limit == 0) {
		refuse_param(call, "limit", "no packet is asked for: leave `limit` out for all");
		return false;
	}
	if (at && when_parse(at, when_now(), &terms->at_ns, reason, sizeof(reason)) < 0) {
		refuse_param(call, "at", reason);
		return false;
	}
	terms->clock_error_ns = CLOCK_ERROR_NS;
	return take_duration(call, "duration", &terms->duration_ns) &&
	       take_duration(call, "clock_error", &terms->clock_error_ns);
}

/* Of one that waits for its time, that too. */
static void
add_time(struct call *call, const struct replay_terms *terms)
{
	char at[WHEN_TEXT_MAX];

	if (!call->result || terms->at_ns == 0)
		return;
	when_format(terms->at_ns, at);
	json_object_set_new(call->result, "starts_at", json_string(at));
}

void
answer_replay_start(struct method_daemon *daemon, struct call *call)
{
	struct engine_replay_order start = {.verb = ENGINE_REPLAY_START};

	if (!take_terms(call, &start.terms))
		return;
	order(daemon, call, &start);
	add_time(call, &start.terms);
}

void
answer_replay_stop(struct method_daemon *daemon, struct call *call)
{
	order(daemon, call, &(struct engine_replay_order){.verb = ENGINE_REPLAY_STOP});
}

void
answer_replay_pause(struct method_daemon *daemon, struct call *call)
{
	order(daemon, call, &(struct engine_replay_order){.verb = ENGINE_REPLAY_PAUSE});
}

void
answer_replay_resume(struct method_daemon *daemon, struct call *call)
{
	order(daemon, call, &(struct engine_replay_order){.verb = ENGINE_REPLAY_RESUME});
}

void
answer_replay_seek(struct method_daemon *daemon, struct call *call)
{
	struct engine_replay_order seek = {.verb = ENGINE_REPLAY_SEEK};
	char reason[CONFIG_AMOUNT_REASON_MAX];

	if (config_moment_parse(call_param(call, "to"), &seek.moment, reason, sizeof(reason)) < 0)
		refuse_param(call, "to", reason);
	else
		order(daemon, call, &seek);
}

void
answer_replay_pace(struct method_daemon *daemon, struct call *call)
{
	struct engine_replay_order pace = {.verb = ENGINE_REPLAY_PACE};
	char reason[CONFIG_AMOUNT_REASON_MAX];

	if (config_pace_parse(call_param(call, "pace"), &pace.pace, reason, sizeof(reason)) < 0)
		refuse_param(call, "pace", reason);
	else
		order(daemon, call, &pace);
}
