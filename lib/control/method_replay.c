/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_replay.h"

#include <errno.h>

#include "config/amount.h"
#include "core/log.h"
#include "core/text.h"

#include "core/banned.h"

static const char *
param(const struct call *call, const char *name)
{
	return json_string_value(json_object_get(call->params, name));
}

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
	const char *name = param(call, "name");
	const char *state;
	int ret = engine_replay(daemon->engine, name, order, &state, reason);

	if (ret == -ENOENT)
		refuse_param(call, "name", reason);
	else if (ret < 0)
		rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:s}", "replay", name),
			 "replay %s: %s", name, reason);
	else
		call->result = json_pack("{s:s, s:s}", "name", name, "state", state);
}

void
answer_replay_start(struct method_daemon *daemon, struct call *call)
{
	order(daemon, call, &(struct engine_replay_order){.verb = ENGINE_REPLAY_START});
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

	if (config_moment_parse(param(call, "to"), &seek.moment, reason, sizeof(reason)) < 0)
		refuse_param(call, "to", reason);
	else
		order(daemon, call, &seek);
}

void
answer_replay_pace(struct method_daemon *daemon, struct call *call)
{
	struct engine_replay_order pace = {.verb = ENGINE_REPLAY_PACE};
	char reason[CONFIG_AMOUNT_REASON_MAX];

	if (config_pace_parse(param(call, "pace"), &pace.pace, reason, sizeof(reason)) < 0)
		refuse_param(call, "pace", reason);
	else
		order(daemon, call, &pace);
}
