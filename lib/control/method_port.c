/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/method_port.h"

#include <errno.h>

#include "core/banned.h"

static const char *
name_of(const struct call *call)
{
	return call_param(call, "name");
}

bool
has_work_port_up(const struct method_daemon *daemon, const struct call *call)
{
	return engine_is_changing(daemon->engine) ||
	       !engine_port_is_ready(daemon->engine, name_of(call));
}

void
work_port_up(const struct method_daemon *daemon, struct call *call)
{
	engine_port_prepare(daemon->engine, name_of(call));
}

/* What is behind a config that is being applied waits for it. */
bool
has_work_port_down(const struct method_daemon *daemon, const struct call *call)
{
	return engine_is_changing(daemon->engine);
}

void
work_port_down(const struct method_daemon *daemon, struct call *call)
{
}

static void
answer(struct method_daemon *daemon, struct call *call, bool up)
{
	const char *name = name_of(call);
	char reason[ENGINE_PORT_REASON_MAX];
	const char *state;
	int ret = engine_port(daemon->engine, name, up, &state, reason);

	if (ret == -ENOENT)
		rpc_fail(&call->error, RPC_INVALID_PARAMS, json_pack("{s:s}", "field", "name"),
			 "%s", reason);
	else if (ret < 0)
		rpc_fail(&call->error, RPC_REFUSED, json_pack("{s:s}", "port", name), "%s", reason);
	else
		call->result = json_pack("{s:s, s:s}", "name", name, "state", state);
}

void
answer_port_up(struct method_daemon *daemon, struct call *call)
{
	answer(daemon, call, true);
}

void
answer_port_down(struct method_daemon *daemon, struct call *call)
{
	answer(daemon, call, false);
}
